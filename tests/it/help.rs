//! What forge says about itself.

use crate::forge::Forge;

fn says(arguments: &[&str], texts: &[&str]) {
    let ended = Forge::new().procfile("web: puppet\nworker: puppet\n").runs(arguments);
    ended.exits_with(0);
    for text in texts {
        assert!(ended.out().contains(text), "{arguments:?} is to say {text:?}:\n{}", ended.out());
    }
}

#[test]
fn the_help_lists_the_commands() {
    says(&["--help"], &["start", "run", "check", "env", "version", "completions"]);
    says(&["help"], &["start", "run", "check"]);
}

#[test]
fn the_help_of_start_explains_ports() {
    says(
        &["start", "--help"],
        &["--procfile", "--formation", "--port", "--timeout", "--env", "--root", "--color", "100", "5000"],
    );
}

#[test]
fn every_command_has_help() {
    for command in ["start", "run", "check", "env", "clean", "version", "completions", "man"] {
        says(&[command, "--help"], &["Usage"]);
    }
}

#[test]
fn the_version_is_the_packages() {
    says(&["version"], &[env!("CARGO_PKG_VERSION")]);
    says(&["--version"], &[env!("CARGO_PKG_VERSION")]);
}

#[test]
fn completions_are_made_for_three_shells() {
    for shell in ["bash", "zsh", "fish"] {
        says(&["completions", shell], &["forge"]);
    }
}

#[test]
fn the_manual_is_written_into_a_directory() {
    let forge = Forge::new().file("manual/README", "keep me\n").launch(&["man", "manual"]);
    forge.exits_with(0);
    let pages = std::fs::read_dir(forge.directory().join("manual")).expect("it is there").count();
    assert!(pages > 1, "no page was written");
}
