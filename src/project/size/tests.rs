use super::parse;

#[test]
fn sizes() {
    for (text, bytes) in [
        ("0", 0),
        ("4096", 4096),
        ("20M", 20 << 20),
        ("20 MB", 20 << 20),
        ("20MiB", 20 << 20),
        ("1.5k", 1536),
        ("1G", 1 << 30),
        ("100b", 100),
    ] {
        assert_eq!(parse(text), Ok(bytes), "{text}");
    }
    for text in ["", "M", "-1M", "1X", "1.M", ".5M", "1e3", "99999999999T", "1,5M"] {
        assert!(parse(text).is_err(), "{text}");
    }
}
