//! The log files of `forge start`: their directory, and the way to them.

use std::path::Path;

use anyhow::Context;

use super::read;
use crate::diagnostic::Diagnostic;
use crate::engine::Way;
use crate::project::{Logs, Project};
use crate::store::directory::{Directory, Refusal};
use crate::store::writer::{LogWriter, Missing, Rotation};
use crate::sys::folder;
use crate::ui::sinks::{FileSink, Kept};

/// Opens the directory that was named, or makes it; `flag` is what names another one.
///
/// `flag` is what names the directory on the command line.
///
/// # Errors
/// It cannot be used: somebody else does, or the file system refuses.
pub(crate) fn open(logs: &Logs, root: &Path, flag: &str) -> Result<Directory, Box<Diagnostic>> {
    // However the way to it was written.
    let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    Directory::open(&logs.dir, &root, std::process::id())
        .map_err(|refusal| Box::new(complaint(&logs.dir, &refusal, flag)))
}

fn complaint(dir: &Path, refusal: &Refusal, flag: &str) -> Diagnostic {
    let shown = dir.display();
    match refusal {
        Refusal::Taken { pid } => {
            let who =
                pid.map_or_else(|| "another forge".to_owned(), |pid| format!("another forge (pid {pid})"));
            Diagnostic::error("log-dir-taken", format!("{who} writes its logs to `{shown}`"))
                .hint(format!("end it, or name another directory with `{flag}`"))
        }
        Refusal::Foreign { project } => Diagnostic::error(
            "log-dir-foreign",
            format!("`{shown}` holds the logs of another project, `{}`", project.display()),
        )
        .hint(format!("name another directory with `{flag}`, or remove this one")),
        Refusal::Unusable { path, error } => Diagnostic::error(
            "log-dir-unusable",
            format!("could not use `{}` for log files: {}", path.display(), read::why(error)),
        )
        .hint(format!("name another directory with `{flag}`")),
    }
}

/// Makes the way on which lines get into the files; with it, how many do not.
///
/// # Errors
/// The kernel has no thread left.
pub(crate) fn way(directory: Directory, project: &Project, logs: &Logs) -> anyhow::Result<(Way, Missing)> {
    let kept = if logs.raw { Kept::Raw } else { Kept::Text };
    let bytes = if logs.rotate == 0 { u64::MAX } else { logs.rotate };
    // A part ends where the kernel would not let it grow any more.
    let bytes = bytes.min(folder::largest_file());
    let writer = LogWriter::new(directory, Rotation { bytes, keep: logs.keep });
    let missing = writer.missing();
    let way = Way::start("logs", Box::new(FileSink::new(project, kept)), writer)
        .context("could not start the thread that writes log files")?;
    Ok((way, missing))
}

/// What is said at the end, where files could not take lines until then and do not say so themselves.
pub(crate) fn incomplete(dir: &Path, lines: u64) -> Option<Diagnostic> {
    let lines = match lines {
        0 => return None,
        1 => "1 line is".to_owned(),
        lines => format!("{lines} lines are"),
    };
    Some(Diagnostic::warning(
        "log-lines-missing",
        format!("{lines} missing at the end of the log files in `{}`", dir.display()),
    ))
}
