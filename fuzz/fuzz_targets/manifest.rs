//! Any bytes as `forge.toml`, as `forge.local.toml`, as a Procfile and as names on the command line: no panic, places that
//! lie in their files, and specifications that make sense.
#![no_main]

use forge::diagnostic::Span;
use forge::project::load::{self, Inputs};
use forge::project::manifest::{self, Manifest};
use forge::project::Settings;
use forge_fuzz::{check_messages, fields, source};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let [shared, local, procfile, names, profile] = fields::<5>(input, 0xff);
    let shared = manifest::parse(&source("forge.toml", shared));
    let local = manifest::parse(&source("forge.local.toml", local));
    check_messages(&shared.diagnostics);
    check_messages(&local.diagnostics);
    let profile = (!profile.is_empty()).then(|| source("--profile", profile));
    let profile = profile.as_ref().map(|text| Span::new(text, 0..text.text.len()));
    let manifest = Manifest::of(vec![shared.value], vec![local.value], profile.as_ref());
    check_messages(&manifest.diagnostics);
    let manifest = manifest.value;
    let _ = (manifest.settings(), manifest.env_files(), manifest.look(), manifest.logs(), manifest.secrets());
    let names = source("the command line", names);
    let span = Span::new(&names, 0..names.text.len());
    let settings = Settings {
        names: (!names.text.is_empty()).then(|| vec![span.clone()]),
        after: Some(vec![span]),
        ..manifest.settings()
    };
    let procfile = (!procfile.is_empty()).then(|| source("Procfile", procfile));
    let inputs = Inputs { root: "/app".into(), procfile, manifest, settings, ..Inputs::default() };
    let loaded = load::load(&inputs);
    check_messages(&loaded.diagnostics);
    check_messages(&load::advice(&inputs));
    for process in &loaded.value.processes {
        assert!(!process.stop.signals.is_empty() && process.life.restart.backoff.factor_percent >= 100);
        for need in &process.life.after {
            assert!(loaded.value.processes.iter().any(|other| other.name == need.on));
        }
    }
    for instance in &loaded.value.instances {
        assert!(instance.id.index >= 1);
        let _ = loaded.value.environment_of(instance);
    }
});
