use super::masked;

#[test]
fn secrets_are_told_by_their_names() {
    for name in [
        "GITHUB_TOKEN",
        "SECRET_KEY_BASE",
        "DB_PASSWORD",
        "db_password",
        "STRIPE_KEY",
        "MYSQL_PASS",
        "APIKEY",
    ] {
        assert_eq!(masked(name, "hunter2").as_deref(), Some("•••"), "{name}");
    }
    for name in ["PORT", "KEYBOARD", "PATH", "COMPASS", "MONKEY"] {
        assert_eq!(masked(name, "hunter2"), None, "{name}");
    }
    assert_eq!(masked("DB_PASSWORD", ""), None);
}

#[test]
fn the_password_in_a_url_is_one_too() {
    for (value, expected) in [
        ("postgres://app:hunter2@db/app", Some("postgres://app:•••@db/app")),
        ("redis://:p@ss@host:6379/0?x=1", Some("redis://:•••@host:6379/0?x=1")),
        ("https://u:p@h", Some("https://u:•••@h")),
        ("postgres://app@db/app", None),
        ("http://localhost:5000/a@b:c", None),
        ("just text with a : and an @", None),
    ] {
        assert_eq!(masked("DATABASE_URL", value).as_deref(), expected, "{value}");
    }
}
