//! Any bytes as an env file, expanded too. What stands before the first 0xff is an inherited value.
#![no_main]

use forge::project::dotenv::{last_wins, parse_all};
use forge::project::interpolate::{Winner, expand};
use forge_fuzz::{check_messages, fields, source};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let [inherited, text] = fields(input, 0xff);
    let checked = parse_all(&source(".env", text));
    check_messages(&checked.diagnostics);
    for assignment in &checked.value {
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.-".contains(byte);
        assert!(!assignment.name.is_empty() && assignment.name.iter().all(is_name));
        assert!(!assignment.value.contains(&0));
        assert!(assignment.literal_dollars.is_sorted());
        for place in &assignment.literal_dollars {
            assert_eq!(assignment.value.get(*place), Some(&b'$'));
        }
        assert_eq!(assignment.span.text(), assignment.name);
        assert!(assignment.span.source.secret);
    }
    let once = last_wins(checked.value.clone());
    assert!(once.len() <= checked.value.len());
    // What a value is worth is bounded by what exec takes; here by what a test has time for.
    let references = text.windows(2).filter(|pair| pair == b"${").count();
    if references > 12 {
        return;
    }
    let look_up = |name: &[u8]| (name == b"OUTER").then(|| inherited.to_vec());
    for winner in [Winner::Files, Winner::Inherited] {
        let expanded = expand(checked.value.clone(), &look_up, winner);
        check_messages(&expanded.diagnostics);
        assert!(!expanded.has_errors(), "{:?}", expanded.diagnostics);
        assert_eq!(expanded.value.len(), checked.value.len());
        for (before, after) in checked.value.iter().zip(&expanded.value) {
            assert_eq!(before.name, after.name);
            if !before.value.windows(2).any(|pair| pair == b"${") {
                assert_eq!(before.value, after.value, "what refers to nothing stays");
            }
        }
    }
});
