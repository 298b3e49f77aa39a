use std::collections::BTreeMap;

use crate::project::difference::tests::project;
use crate::project::{ProcessName, Project};

fn instances(project: &Project) -> Vec<String> {
    project.instances.iter().map(|one| format!("{}:{}", one.id, one.port.unwrap_or(0))).collect()
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn scaled(project: &Project, counts: &[&str]) -> Result<Project, Vec<String>> {
    let read = project.read_counts(&words(counts));
    let errors: Vec<String> = read.diagnostics.iter().map(|one| one.message.clone()).collect();
    if !errors.is_empty() {
        return Err(errors);
    }
    let mut scaled = project.with_counts(&read.value);
    scaled.counts_by_hand.extend(read.value);
    Ok(scaled)
}

#[test]
fn more_and_fewer_keep_their_ports() {
    let old = project("web: a\nworker: b\n", "", "");
    let new = scaled(&old, &["web=3", "worker=0"]).unwrap();
    assert_eq!(instances(&new), ["web.1:5000", "web.2:5001", "web.3:5002"]);
    let new = scaled(&new, &["w*=1"]).unwrap();
    assert_eq!(instances(&new), ["web.1:5000", "worker.1:5100"]);
}

#[test]
fn mistakes_are_told() {
    let old = project("web: a\nworker: b\n", "PORT=65534\n", "");
    assert_eq!(scaled(&old, &["web"]).unwrap_err(), ["`web` has no count"]);
    assert_eq!(scaled(&old, &["web=many"]).unwrap_err(), ["`many` is not a number of instances"]);
    assert_eq!(scaled(&old, &["wep=1"]).unwrap_err(), ["unknown process `wep` (web, worker)"]);
    assert_eq!(scaled(&old, &["web.2=1"]).unwrap_err(), ["`web.2` is one instance, and has no count"]);
    assert_eq!(scaled(&old, &["web=9"]).unwrap_err(), ["`web.9` would get 65542, a port above 65535"]);
}

#[test]
fn who_is_started_brings_what_it_needs() {
    let toml = "[project]\ndefault = [\"other\"]\n[process.web]\nafter = [\"db\"]\n";
    let old = project("web: a\ndb: b\nother: c\n", "", toml);
    assert_eq!(instances(&old), ["other.1:5200"]);
    let read = old.read_counts(&words(&["web=1"]));
    assert_eq!(read.diagnostics[0].message, "`db` is started, too: `web` needs it");
    assert_eq!(instances(&old.with_counts(&read.value)), ["web.1:5000", "db.1:5100", "other.1:5200"]);
}

#[test]
fn numbers_by_hand_stay_until_the_files_say_others() {
    let old = scaled(&project("web: a\nworker: b\n", "", ""), &["web=3", "worker=2"]).unwrap();
    let reread = project("web: a\nworker: b\n", "", "[process.worker]\ninstances = 4\n").with_counts_of(&old);
    let counts: BTreeMap<String, u32> =
        reread.counts().into_iter().map(|(name, count)| (name.to_string(), count)).collect();
    assert_eq!(counts, BTreeMap::from([("web".to_owned(), 3), ("worker".to_owned(), 4)]));
}

#[test]
fn a_place_in_the_file_is_no_reason_for_another_port() {
    let old = project("web: a\n", "", "");
    let mut new = project("api: x\nweb: a\n", "", "");
    new.keep_ports_of(&old);
    assert_eq!(instances(&new), ["api.1:5000", "web.1:5000"], "the ports of new ones are looked at later");
    let mut other_base = project("web: a\n", "PORT=7000\n", "");
    other_base.keep_ports_of(&old);
    assert_eq!(instances(&other_base), ["web.1:7000"]);
}

#[test]
fn in_part_only_those_who_are_meant_change() {
    let old = project("web: a\nworker: b\ngone: c\n", "A=1\n", "");
    let new = project("web: x\nworker: y\nnew: z\n", "A=2\n", "");
    let is_web = |name: &ProcessName| name.as_str() == "web";
    let part = new.clone().only_for(is_web, &old);
    let commands: Vec<_> = part
        .processes
        .iter()
        .map(|one| format!("{}: {}", one.name, String::from_utf8_lossy(&one.command)))
        .collect();
    assert_eq!(commands, ["web: x", "worker: b", "gone: c"]);
    let value = |at: usize| {
        let variables = part.environment_of(&part.instances[at]);
        variables.into_iter().find(|one| one.name == b"A").unwrap().value
    };
    assert_eq!((value(0), value(1)), (b"2".to_vec(), b"1".to_vec()));
    // Then all of it.
    let all = new.clone().only_for(|_| true, &part);
    assert_eq!(instances(&all).len(), 3);
}
