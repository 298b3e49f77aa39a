//! Any bytes as a Procfile.
#![no_main]

use forge::project::command::shell_line;
use forge::project::procfile::parse;
use forge_fuzz::{check_messages, source};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    let checked = parse(&source("Procfile", text));
    check_messages(&checked.diagnostics);
    assert!(!checked.value.is_empty() || !checked.diagnostics.is_empty(), "nothing is found in silence");
    let mut names = std::collections::BTreeSet::new();
    for entry in &checked.value {
        let name = entry.name.as_str();
        assert!(names.insert(name.to_owned()), "each name once");
        assert!(
            !name.is_empty()
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        );
        assert_eq!(&text[entry.name_span.clone()], name.as_bytes());
        assert!(entry.command_span.end <= text.len());
        assert!(!entry.command.is_empty() || checked.has_errors());
        assert!(!entry.command.contains(&0) && !entry.command.contains(&b'\n'));
        assert!(entry.line >= 1);
        let shell = shell_line(&entry.command);
        let added = b"exec ".len();
        assert!(shell.line == entry.command || shell.line.len() == entry.command.len() + added);
    }
});
