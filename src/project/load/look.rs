//! How the stream looks, and what is kept of it.

use super::Inputs;
use crate::diagnostic::{Diagnostic, Span};
use crate::project::manifest::colour_number;
use crate::project::{
    Colour, InstanceId, Logs, Names, Output, Project, TimeFormat, Tty, line_patterns, time_format,
};

/// How the stream looks; `quiet` are those whose lines are not shown.
pub(super) fn output(inputs: &Inputs, quiet: Names, diagnostics: &mut Vec<Diagnostic>) -> Output {
    let settings = &inputs.settings;
    let time_format = match settings.timestamp_format.as_ref().map(time_format::parse) {
        None => TimeFormat::default(),
        Some(Ok(format)) => format,
        Some(Err(complaint)) => {
            diagnostics.push(*complaint);
            TimeFormat::default()
        }
    };

    let drop = line_patterns::parse(settings.drop.as_deref().unwrap_or_default(), diagnostics);
    let colours = inputs.manifest.colours();
    Output {
        timestamp: settings.timestamp.unwrap_or(true),
        time_format,
        prefix: !settings.no_prefix.unwrap_or(false),
        colour: settings.colour.unwrap_or(Colour::Auto),
        quiet,
        drop,
        stderr: settings.stderr.unwrap_or_default(),
        form: settings.form.unwrap_or_default(),
        tty: settings.tty.unwrap_or(Tty::Auto),
        bar: settings.bar,
        focus: None,
        colours: colours.iter().filter_map(|name| colour_number(name)).collect(),
    }
}

/// Who has the keyboard from the start.
pub(super) fn focus(
    project: &Project,
    names: &Names,
    written: &Span,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<InstanceId> {
    let meant: Vec<&InstanceId> =
        project.instances.iter().map(|instance| &instance.id).filter(|id| names.contain(id)).collect();
    match meant.as_slice() {
        [one] => return Some((*one).clone()),
        [] => diagnostics.push(
            Diagnostic::error("no-focus", "nobody of that name is started who could get the keyboard")
                .at(written.clone(), "not started"),
        ),
        [first, ..] => diagnostics.push(
            Diagnostic::error("several-processes", "the keyboard can be given to one process only")
                .at(written.clone(), "several")
                .hint(format!("for example `{first}`")),
        ),
    }
    None
}

/// What is kept of the output in files.
pub(super) fn logs(inputs: &Inputs, diagnostics: &mut Vec<Diagnostic>) -> Option<Logs> {
    let settings = &inputs.settings;
    let Some(dir) = &settings.log_dir else {
        let details = [
            ("log-rotate", settings.log_rotate.is_some()),
            ("log-keep", settings.log_keep.is_some()),
            ("log-raw", settings.log_raw.is_some()),
        ];
        if let Some((name, _)) = details.iter().find(|(_, said)| *said) {
            diagnostics.push(
                Diagnostic::warning(
                    "no-log-dir",
                    format!("`--{name}` changes nothing: there are no log files"),
                )
                .hint("name their directory: `--log-dir .forge/logs`"),
            );
        }
        return None;
    };
    let said = inputs.manifest.logs();
    let usual = Logs::at(dir.clone());
    Some(Logs {
        rotate: settings.log_rotate.or(said.rotate).unwrap_or(usual.rotate),
        keep: settings.log_keep.or(said.keep).unwrap_or(usual.keep),
        raw: settings.log_raw.unwrap_or(usual.raw),
        ..usual
    })
}
