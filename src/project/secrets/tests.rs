use super::{Secret, SecretRules, find, fits};

fn shown(name: &str, value: &str) -> Option<String> {
    let shown = SecretRules::default().shown(name.as_bytes(), value.as_bytes());
    shown.map(|shown| String::from_utf8(shown).expect("text"))
}

/// What is looked for, each with `[]` round what is hidden where that is not all of it.
fn found(variables: &[(&str, &str)], names: &[&str]) -> Vec<String> {
    let variables: Vec<(&[u8], &[u8])> =
        variables.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
    let names: Vec<&[u8]> = names.iter().map(|name| name.as_bytes()).collect();
    let text = |secret: &Secret| {
        let mut text = String::from_utf8_lossy(secret.text()).into_owned();
        if secret.hidden() != (0..text.len()) {
            text.insert(secret.hidden().end, ']');
            text.insert(secret.hidden().start, '[');
        }
        text
    };
    find(&SecretRules::default(), &variables, &names).iter().map(text).collect()
}

#[test]
fn secrets_are_told_by_their_names() {
    for name in [
        "GITHUB_TOKEN",
        "SECRET_KEY_BASE",
        "DB_PASSWORD",
        "db_password",
        "STRIPE_KEY",
        "MYSQL_PASS",
        "MYSQL_PWD",
        "APIKEY",
        "RSA_PRIVATE_KEY_BASE64",
        "GPG_PASSPHRASE",
    ] {
        assert_eq!(shown(name, "hunter2").as_deref(), Some("•••"), "{name}");
    }
    for name in [
        "PORT",
        "KEYBOARD",
        "PATH",
        "PWD",
        "COMPASS",
        "MONKEY",
        "STRIPE_PUBLIC_KEY",
        "STRIPE_PUBLISHABLE_KEY",
        "POSTGRES_PASSWORD_FILE",
        "GOOGLE_APPLICATION_CREDENTIALS",
    ] {
        assert_eq!(shown(name, "hunter2"), None, "{name}");
    }
    assert_eq!(shown("DB_PASSWORD", ""), None);
}

#[test]
fn names_may_be_patterns() {
    for (key, name, expected) in [
        ("A", "A", true),
        ("A", "AB", false),
        ("a", "A", true),
        ("*", "", true),
        ("*_KEY", "_KEY", true),
        ("*_KEY", "KEY", false),
        ("*A*B", "xAyAzB", true),
        ("*A*B", "xAyBz", false),
        ("", "", true),
    ] {
        assert_eq!(fits(key.as_bytes(), name.as_bytes()), expected, "{key} {name}");
    }
}

#[test]
fn the_password_in_a_url_is_one_too() {
    for (value, expected) in [
        ("postgres://app:hunter2@db/app", Some("postgres://app:•••@db/app")),
        ("redis://:p@ss@host:6379/0?x=1", Some("redis://:•••@host:6379/0?x=1")),
        ("https://u:p@h", Some("https://u:•••@h")),
        ("amqp://a:b@one,amqp://c:d@two", Some("amqp://a:•••@one,amqp://c:•••@two")),
        (
            "jdbc:postgresql://db/app?user=a&password=b&ssl=1",
            Some("jdbc:postgresql://db/app?user=a&password=•••&ssl=1"),
        ),
        ("host=db password=b user=a", Some("host=db password=••• user=a")),
        ("Server=db;Password=b;Database=a", Some("Server=db;Password=•••;Database=a")),
        ("postgres://app@db/app", None),
        ("postgres://app:@db/app", None),
        ("http://localhost:5000/a@b:c", None),
        ("just text with a : and an @", None),
        ("password=", None),
    ] {
        assert_eq!(shown("DATABASE_URL", value).as_deref(), expected, "{value}");
    }
}

#[test]
fn a_value_is_looked_for_in_every_spelling() {
    assert_eq!(found(&[("A_TOKEN", "hunter2hunter2"), ("A", "hunter3hunter3")], &[]), ["hunter2hunter2"]);
    assert_eq!(
        found(&[("A_TOKEN", " p\"a/s\u{e9}<w rd ")], &[]),
        [
            "p\"a/s\u{e9}<w rd",
            "p%22a%2Fs%C3%A9%3Cw%20rd",
            "p%22a%2Fs%C3%A9%3Cw+rd",
            "p%22a%2fs%c3%a9%3cw%20rd",
            "p%22a/s%C3%A9%3Cw%20rd",
            "p\\\"a/s\\u00e9<w rd",
            "p\\\"a/s\u{e9}<w rd",
            "p\\\"a/s\u{e9}\\u003cw rd",
            "p\\\"a\\/s\\u00e9<w rd",
            "p\\\"a\\/s\u{e9}<w rd",
        ]
    );
}

#[test]
fn each_line_of_a_key_is_one_but_not_its_frame() {
    let key = "-----BEGIN KEY-----\nMIIEowIBAAKCAQEA\nshort\n  c2Vjb25kIGxpbmU=\n-----END KEY-----\n";
    let found = found(&[("PRIVATE_KEY", key)], &[]);
    assert!(found.contains(&"MIIEowIBAAKCAQEA".to_owned()));
    assert!(found.contains(&"c2Vjb25kIGxpbmU=".to_owned()));
    assert!(found.contains(&key.trim().replace('\n', "\\n")));
    assert!(!found.iter().any(|text| text == "short" || text == "-----BEGIN KEY-----"), "{found:?}");
}

#[test]
fn what_is_too_short_is_not_looked_for() {
    assert_eq!(found(&[("A_TOKEN", "hunter2"), ("B_TOKEN", "h\u{e9}h\u{e9}h\u{e9}h")], &[]), [""; 0]);
    assert_eq!(found(&[("A_TOKEN", "  hunter2  ")], &[]), [""; 0]);
}

#[test]
fn words_that_everybody_may_read_are_not_looked_for() {
    for value in ["password", "PostgreSQL", "development", "xxxxxxxxxx", "--------", "12345678", "abababab"] {
        assert_eq!(found(&[("A_PASSWORD", value)], &[]), [""; 0], "{value}");
    }
    let user = ("POSTGRES_USER", "bookshop");
    let password = ("POSTGRES_PASSWORD", "bookshop");
    assert_eq!(found(&[password], &[]), ["bookshop"]);
    assert_eq!(found(&[user, password], &[]), [""; 0]);
    assert_eq!(found(&[password, ("APP_TITLE", "The Bookshop")], &[]), [""; 0]);
    assert_eq!(found(&[password], &["bookshop"]), [""; 0]);
    assert_eq!(found(&[password, ("OTHER_PASSWORD", "bookshop"), ("MORE", "bookshops")], &[]), ["bookshop"]);
    // Not so what may be a real one under another name.
    assert_eq!(found(&[("POSTGRES_PASSWORD", "x7bookshop"), ("DB_PW", "x7bookshop")], &[]), ["x7bookshop"]);
}

#[test]
fn a_password_of_a_url_is_looked_for_alone_unless_it_is_weak() {
    assert_eq!(
        found(&[("DATABASE_URL", "postgres://app:hunter2hunter2@db/app")], &[]),
        ["://app:[hunter2hunter2]@", "hunter2hunter2"]
    );
    assert_eq!(
        found(&[("DATABASE_URL", "postgres://app:hunter%2Fhunter@db/app")], &[]),
        [
            "://app:[hunter%2Fhunter]@",
            "hunter%252Fhunter",
            "hunter%2Fhunter",
            "hunter%2fhunter",
            "hunter/hunter",
            "hunter\\/hunter"
        ]
    );
    assert_eq!(
        found(&[("DATABASE_URL", "postgres://postgres:postgres@db/app")], &[]),
        ["://postgres:[postgres]@"]
    );
    assert_eq!(found(&[("CACHE", "redis://:p@h")], &[]), ["redis://:[p]@"]);
    assert_eq!(found(&[("PUBLIC_KEY", "redis://:p@h")], &[]), [""; 0]);
    assert_eq!(found(&[("DSN", "host=db password=hunter2hunter2")], &[]), ["hunter2hunter2"]);
}

#[test]
fn a_long_secret_is_looked_for_in_parts() {
    let mut value = (1_000..2_000).map(|number: u32| number.to_string()).collect::<Vec<_>>().concat();
    value.truncate(2_050);
    let found = found(&[("A_KEY", &value)], &[]);
    assert_eq!(found.len(), 3);
    assert!(found.iter().all(|part| part.len() == 1024 && value.contains(part.as_str())));
    assert!(found.contains(&value[2_050 - 1024..].to_owned()));
}

#[test]
fn no_mask_no_secrets() {
    let rules = SecretRules { mask: false, ..SecretRules::default() };
    assert_eq!(find(&rules, &[(b"A_TOKEN", b"hunter2hunter2")], &[]), []);
}

#[test]
fn a_secret_is_not_shown_by_mistake() {
    let secret = Secret::whole("hunter2hunter2").expect("long enough");
    assert_eq!(format!("{secret:?}"), "Secret(••• of 14 bytes)");
    assert_eq!(Secret::whole("hunter2"), None);
    assert_eq!(Secret::whole("hunter2\nhunter2"), None);
    assert_eq!(Secret::new("hunter2hunter2", 3..3), None);
}
