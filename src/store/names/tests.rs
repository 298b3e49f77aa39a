use super::{index, name, parts, stem, text};

#[test]
fn no_name_leaves_the_directory() {
    for (given, file) in [
        ("web.1", "web.1"),
        ("my-app_2.10", "my-app_2.10"),
        ("../../etc/passwd", "%2E.%2F..%2Fetc%2Fpasswd"),
        ("..", "%2E."),
        ("", ""),
        ("a b\n\0ü%", "a%20b%0A%00%C3%BC%25"),
    ] {
        assert_eq!(stem(given), file);
        assert_eq!(name(file), given);
    }
}

#[test]
fn names_are_taken_apart_again() {
    for (stem, age) in [("web.1", 0), ("web.1", 3), ("system", 0), ("web.log.1", 12)] {
        assert_eq!(parts(&index(stem, age)), Some((stem, age)));
    }
    assert_eq!(text("web.1", 2), "web.1.log.2");
    for other in ["lock", "web.1.log", "web.1.log.x.idx", "web.1.log.0.idx", "web.1.idx"] {
        assert_eq!(parts(other), None, "{other}");
    }
}
