use proptest::prelude::*;

use super::{base64, from_base64, is_plain, quoted};

fn base64_of(bytes: &[u8]) -> String {
    let mut out = Vec::new();
    base64(bytes, &mut out);
    String::from_utf8(out).expect("ASCII")
}

#[test]
fn what_has_to_be_is_escaped() {
    let cases = [
        ("", r#""""#),
        ("plain \u{e9} \u{1f525}", "\"plain \u{e9} \u{1f525}\""),
        ("a \"b\" c\\", r#""a \"b\" c\\""#),
        ("\t\r\n\u{8}\u{1b}[31m\u{7f}", r#""\t\r\n\u0008\u001b[31m\u007f""#),
        ("\u{9b}2J \u{a0}\u{ab}", "\"\\u009b2J \u{a0}\u{ab}\""),
    ];
    for (text, expected) in cases {
        assert_eq!(quoted(text), expected);
    }
}

#[test]
fn base64_is_that_of_the_rfc() {
    let cases = [
        ("", ""),
        ("f", "Zg=="),
        ("fo", "Zm8="),
        ("foo", "Zm9v"),
        ("foob", "Zm9vYg=="),
        ("foobar", "Zm9vYmFy"),
    ];
    for (bytes, expected) in cases {
        assert_eq!(base64_of(bytes.as_bytes()), expected);
        assert_eq!(from_base64(expected).as_deref(), Some(bytes.as_bytes()));
    }
    assert_eq!(base64_of(b"\xff\xfe\xfd"), "//79");
    assert_eq!(from_base64("//79"), Some(b"\xff\xfe\xfd".to_vec()));
    assert_eq!(from_base64("not base64"), None);
}

proptest! {
    #[test]
    fn every_text_comes_back(text in "(\\PC|[\u{0}-\u{ff}\"\\\\])*") {
        let json = quoted(&text);
        prop_assert_eq!(serde_json::from_str::<String>(&json).expect("JSON"), text.clone());
        prop_assert!(!json.chars().any(char::is_control));
        if is_plain(text.as_bytes()) {
            prop_assert_eq!(&json[1..json.len() - 1], text);
        }
    }
}
