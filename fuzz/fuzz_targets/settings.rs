//! A whole project of any bytes: options file, formation, names, ports, durations, Procfile, two env files. The fields
//! are cut at 0xff.
#![no_main]

use std::sync::Arc;

use forge::diagnostic::{Source, Span};
use forge::project::load::{Inputs, load, settle};
use forge::project::{Settings, parse_duration, parse_paths};
use forge_fuzz::{check_messages, fields, source};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let [switches, options, names, formation, except, port, inherited, procfile, env, second] =
        fields(input, 0xff);
    let switches = switches.first().copied().unwrap_or_default();
    let text = String::from_utf8_lossy(options);
    if let Ok(duration) = parse_duration(&text) {
        assert!(
            parse_duration(&format!("{}ms", duration.as_millis())).is_ok() || duration.as_secs() > 1 << 50
        );
    }
    for path in parse_paths(options) {
        assert!(!path.as_os_str().is_empty());
    }
    let command_line = Settings {
        names: (switches & 1 != 0)
            .then(|| names.split(|byte| *byte == b' ').map(|name| span("NAME", name)).collect()),
        formation: (switches & 2 != 0).then(|| span("-m", formation)),
        except: (switches & 4 != 0).then(|| span("-x", except)),
        port: (switches & 8 != 0).then(|| span("-p", port)),
        port_step: (switches & 16 != 0).then_some(u16::from(switches)),
        expand: Some(switches & 32 != 0 && count(input, b"${") < 12),
        no_override: Some(switches & 64 != 0),
        quiet: (switches & 128 != 0).then(|| span("-q", except)),
        ..Settings::default()
    };
    let settings = settle(command_line, Some(&source(".foreman", options)));
    check_messages(&settings.diagnostics);
    let inputs = Inputs {
        root: "/project".into(),
        procfile: Some(source("Procfile", procfile)),
        env_files: vec![source(".env", env), source(".env.local", second)],
        inherited: vec![(b"PORT".to_vec(), inherited.to_vec()), (b"PATH".to_vec(), b"/bin".to_vec())],
        settings: settings.value,
        ..Inputs::default()
    };
    let project = load(&inputs);
    check_messages(&project.diagnostics);
    let broken = project.has_errors();
    let project = project.value;
    assert!(broken || !project.instances.is_empty(), "a project without errors has something to start");
    assert!(project.environment.is_sorted_by(|a, b| a.name < b.name), "each name once, in order");
    // All instances are alike; a thousand of them would only take time.
    for instance in project.instances.iter().take(20) {
        let variables = project.environment_of(instance);
        assert!(variables.iter().all(|variable| !variable.value.contains(&0) || broken));
        assert!(variables.iter().any(|variable| variable.name == b"PS"));
        assert!(broken || project.port_rule.is_none() || instance.port.is_some());
    }
    let _ = project.addresses();
});

fn count(bytes: &[u8], pair: &[u8; 2]) -> usize {
    bytes.windows(2).filter(|window| window == pair).count()
}

fn span(name: &str, text: &[u8]) -> Span {
    let source: Arc<Source> = source(name, text);
    let end = source.text.len();
    Span::new(&source, 0..end)
}
