//! Secrets of the env files are masked in all that forge prints, however a process writes them.

use nix::sys::signal::Signal;

use crate::clean::{clean, kill_both};
use crate::forge::Forge;
use crate::puppet::Puppet;
use crate::running::Running;
use crate::why::why;

const SECRET: &str = "hunter2hunter2";

const ENV: &str = "DB_PASSWORD=hunter2hunter2\n";

fn one(env: &str, words: &str) -> (Running, Puppet) {
    let forge = Forge::new().procfile("web: puppet\n").file(".env", env).start(words);
    let web = forge.puppet("web.1");
    (forge, web)
}

/// Lets a process with this env file say something; returns what of it was shown.
fn shown(env: &str, words: &str, said: &str) -> String {
    let (forge, web) = one(env, words);
    web.says(said).exits(0);
    let shown = forge.ends().lines_of("web.1");
    // Between the remarks that it was started and has ended.
    shown[1..shown.len() - 1].join("\n")
}

#[test]
fn a_secret_is_masked_however_the_process_is_held() {
    for way in ["pipe", "line", "full"] {
        let (forge, web) = one(ENV, &format!("--tty {way}"));
        assert_eq!(web.environment()["DB_PASSWORD"], SECRET, "the process itself has it");
        web.says("password is hunter2hunter2!").exits(0);
        forge.ends().never_showed("hunter2").showed("web.1 | password is •••!");
    }
}

#[test]
fn a_secret_in_two_halves_with_a_pause_between_is_masked() {
    let (forge, web) = one(ENV, "--tty pipe");
    web.prints("key: hunter2");
    // After a silence no more is shown than its first three characters.
    forge.sees("web.1 | key: hun");
    web.prints("hunter2.\n").says("a hunt").exits(0);
    forge.ends().never_showed("hunt2").showed("web.1 | key: hun•••.").showed("web.1 | a hunt");
}

#[test]
fn a_question_is_shown_to_its_end() {
    let (forge, web) = one(ENV, "");
    web.prints("Password: ");
    forge.sees("web.1 | Password:");
    web.prints("huh");
    // Its last letter may begin the secret, and is shown all the same.
    forge.sees("web.1 | Password: huh");
    web.exits(0);
    forge.ends().showed("web.1 | Password: huh");
}

#[test]
fn a_secret_within_a_huge_line_is_masked() {
    let (forge, web) = one(ENV, "--tty pipe");
    let mut line = "x".repeat(100_000);
    // Where the line is handed on in pieces, and at its end.
    for at in [0, 65_530, 99_986] {
        line.replace_range(at..at + SECRET.len(), SECRET);
    }
    web.says(&line).exits(0);
    let ended = forge.ends();
    ended.never_showed("hunter");
    let expected = line.replace(SECRET, "•••");
    assert!(ended.lines_of("web.1").contains(&expected), "one line in, one line out, masked");
}

#[test]
fn the_password_of_a_url_is_masked_in_every_spelling() {
    let env = "DATABASE_URL=postgres://app:p%40ss%2Fword99@db.internal:5432/app\n";
    assert_eq!(
        shown(env, "", "connecting to postgres://app:p%40ss%2Fword99@db.internal:5432/app"),
        "connecting to postgres://app:•••@db.internal:5432/app"
    );
    assert_eq!(shown(env, "", "as app with p@ss/word99 (p%40ss%2fword99)"), "as app with ••• (•••)");
    assert_eq!(shown(env, "", r#"{"password":"p@ss\/word99"}"#), r#"{"password":"•••"}"#);
}

#[test]
fn a_weak_password_of_a_url_is_masked_in_the_url_alone() {
    let env = "DATABASE_URL=postgres://postgres:postgres@localhost/shop\n";
    assert_eq!(
        shown(env, "", "postgres://postgres:postgres@localhost/shop: starting postgres"),
        "postgres://postgres:•••@localhost/shop: starting postgres"
    );
}

#[test]
fn a_secret_is_masked_in_json() {
    let env = "API_TOKEN='a\"b\\c/d<e>\u{e9}f'\n";
    for said in [
        r#"{"t":"a\"b\\c/d<e>éf"}"#,
        r#"{"t":"a\"b\\c\/d<e>éf"}"#,
        r#"{"t":"a\"b\\c\/d<e>\u00e9f"}"#,
        r#"{"t":"a\"b\\c/d\u003ce\u003eéf"}"#,
    ] {
        assert_eq!(shown(env, "", said), r#"{"t":"•••"}"#, "{said}");
    }
}

#[test]
fn each_line_of_a_key_is_masked() {
    let key = "-----BEGIN KEY-----\nMIIEowIBAAKCAQEA\nc2Vjb25kIGxpbmU=\n-----END KEY-----";
    let env = format!("SIGNING_KEY=\"{key}\"\n");
    assert_eq!(shown(&env, "", key), "-----BEGIN KEY-----\n•••\n•••\n-----END KEY-----");
    assert_eq!(shown(&env, "", &key.replace('\n', "\\n")), "•••");
}

#[test]
fn overlapping_secrets_leave_nothing_of_each_other() {
    let env = "A_TOKEN=abcdefgh\nB_TOKEN=efghijkl\nC_TOKEN=abcdefghijklmnop\n";
    assert_eq!(shown(env, "", "<abcdefghijkl> <abcdefgh> <abcdefghijklmnop>"), "<•••> <•••> <•••>");
}

#[test]
fn a_secret_that_begins_another_waits_for_no_one() {
    let (forge, web) = one("A_TOKEN=abcdefgh\nB_TOKEN=abcdefghijklmnop\n", "--tty pipe");
    web.prints("one abcdefgh");
    forge.sees("web.1 | one •••");
    web.prints("ijkl two\n").exits(0);
    forge.ends().showed("web.1 | one •••ijkl two");
}

#[test]
fn what_is_short_or_public_or_a_plain_word_is_shown() {
    assert_eq!(shown("A_TOKEN=hunter2\n", "", "hunter2"), "hunter2");
    assert_eq!(shown("STRIPE_PUBLIC_KEY=hunter2hunter2\n", "", SECRET), SECRET);
    assert_eq!(shown("A_PASSWORD=postgres\n", "", "postgres is up"), "postgres is up");
    let env = "POSTGRES_USER=bookshop\nPOSTGRES_PASSWORD=bookshop\n";
    assert_eq!(shown(env, "", "bookshop is up"), "bookshop is up");
}

#[test]
fn a_value_that_a_later_file_replaces_is_a_secret_all_the_same() {
    let forge = Forge::new().procfile("web: puppet\n").file("a", ENV).file("b", "DB_PASSWORD=other-secret\n");
    let forge = forge.start("-e a,b");
    forge.puppet("web.1").says("hunter2hunter2 and other-secret").exits(0);
    forge.ends().showed("web.1 | ••• and •••");
}

#[test]
fn masking_can_be_switched_off() {
    assert_eq!(shown(ENV, "--no-mask", SECRET), SECRET);
    let forge =
        Forge::new().procfile("web: puppet\n").file(".env", ENV).variable("FORGE_NO_MASK", "1").start("");
    forge.puppet("web.1").says(SECRET).exits(0);
    forge.ends().showed("web.1 | hunter2hunter2");
}

#[test]
fn forges_own_words_hold_no_secret() {
    let forge = || {
        Forge::new()
            .procfile("web: nosuch --password=hunter2hunter2\nbad entry hunter2hunter2\n")
            .file(".env", ENV)
    };
    let ended = forge().start("").ends();
    ended
        .never_showed("hunter2")
        .showed("unknown command: nosuch --password=•••")
        .complained(&["is ignored", "bad entry •••\n"]);
    let under =
        ended.err().lines().skip_while(|line| !line.contains("| bad entry")).nth(1).map(str::to_owned);
    let carets = under.as_deref().unwrap_or_default().matches('^').count();
    assert!((1..="bad entry •••".chars().count()).contains(&carets), "{}", ended.err());
    assert!(!ended.err().contains("hunter2"), "{}", ended.err());
    forge().start("--no-mask").ends().showed("--password=hunter2hunter2");

    let ended = forge().start("--dry-run").ends();
    ended.exits_with(0).never_showed("hunter2").showed("--password=•••");
    let ended = forge().runs(&["check", "--json"]);
    ended.never_showed("hunter2").showed("--password=•••");
    let ended = forge().runs(&["check"]);
    assert!(!ended.err().contains("hunter2"), "{}", ended.err());
}

#[test]
fn no_value_of_a_broken_env_file_is_shown() {
    let env = "DB_PASSWORD=\"hunter2hunter2\nwhat hunter2hunter2 is this\nPORT=hunter2hunter2\n";
    for arguments in [&["check"][..], &["start"], &["env"]] {
        let ended = Forge::new().procfile("web: puppet\n").file(".env", env).runs(arguments);
        ended.fails();
        assert!(!(ended.err() + &ended.out()).contains("hunter2"), "{arguments:?}: {}", ended.err());
    }
}

#[test]
fn what_was_left_behind_is_named_without_secrets() {
    let forge = Forge::new().procfile("web: setsid puppet hunter2hunter2 --as hidden & exec puppet\n");
    let forge = forge.file(".env", ENV).start("");
    forge.puppet("web.1");
    forge.puppet("hidden").ignores(Signal::SIGHUP);
    kill_both(&forge);
    let dry = clean(&forge, &["--dry-run"]);
    dry.exits_with(0).never_showed("hunter2").showed("(puppet •••, in ");
    let report = clean(&forge, &["--dry-run", "--json"]);
    report.exits_with(0).never_showed("hunter2").showed("•••");
    clean(&forge, &[]).exits_with(0).never_showed("hunter2").showed("ended web.1, pid");
}

#[test]
fn what_a_process_says_of_itself_is_kept_without_secrets() {
    let forge = Forge::new().procfile("web: puppet\n").file(".env", ENV);
    let manifest = "[process.web]\nready = { notify = true }\n";
    let forge = forge.file("forge.toml", manifest).start("");
    let web = forge.puppet("web.1");
    web.notifies("STATUS=connecting with hunter2hunter2\nREADY=1");
    forge.sees("web.1 | ready after");
    web.exits(1);
    forge.exits_with(1);
    let (_, json) = why(&forge.directory(), &["--json"]);
    assert!(json.contains("connecting with •••") && !json.contains("hunter2"), "{json}");
    let (_, told) = why(&forge.directory(), &[]);
    assert!(told.contains("connecting with •••"), "{told}");
}
