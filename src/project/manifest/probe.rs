//! How a process is asked whether it is ready, or still works: `ready` and `live`.

use std::path::Path;
use std::time::Duration;

use super::super::lifecycle::{HttpProbe, Liveness, Probe, Readiness};
use super::process::{command, duration};
use super::value::{Content, Entry};
use super::words;
use crate::diagnostic::Diagnostic;

/// What `ready` and `live` have in common; `None` if no way is given.
fn probe(entry: &Entry, has_port: bool, directory: &Path, complaints: &mut Vec<Diagnostic>) -> Option<Probe> {
    let Content::Table(table) = &entry.value.content else { return None };
    let path = |name: &str| table.text(name).map(|path| super::super::text::clean(&directory.join(path)));
    if table.get("http").is_none() {
        for name in ["status", "headers"] {
            if let Some(alone) = table.entry(name) {
                complaints.push(
                    Diagnostic::error(
                        "only-with-http",
                        format!("`{name}` says something about `http` alone"),
                    )
                    .at(alone.key.clone(), "there is no `http` beside it"),
                );
            }
        }
    }
    let own_port = table.entry("port").or_else(|| {
        let target = words::http(table.text("http")?).ok()?;
        if target.port.is_none() { table.entry("http") } else { None }
    });
    if let Some(own_port) = own_port.filter(|_| !has_port) {
        complaints.push(
            Diagnostic::error(
                "no-port",
                format!("`{}` asks for the port of a process that has none", own_port.name),
            )
            .at(own_port.key.clone(), "")
            .hint("leave `port = false` out, or ask in another way"),
        );
    }
    if let Some(target) = table.text("http").and_then(|text| words::http(text).ok()) {
        let headers = table.table("headers").into_iter().flat_map(|headers| &headers.entries);
        return Some(Probe::Http(HttpProbe {
            host: target.host,
            port: target.port,
            path: target.path,
            status: table.integer("status").and_then(|status| u16::try_from(status).ok()),
            headers: headers
                .filter_map(|header| Some((header.name.clone(), header.value.text()?.to_owned())))
                .collect(),
        }));
    }
    let listening = table.truth("port").map(|_| Probe::Listening);
    let tcp = || {
        let (host, port) = words::address(table.text("tcp")?).ok()?;
        Some(Probe::Tcp { host, port })
    };
    listening
        .or_else(tcp)
        .or_else(|| path("unix").map(Probe::Unix))
        .or_else(|| command(table, "command").map(Probe::Command))
        .or_else(|| table.text("log").map(|pattern| Probe::Log(pattern.to_owned())))
        .or_else(|| path("file").map(Probe::File))
        .or_else(|| table.truth("notify").map(|_| Probe::Notify))
        .or_else(|| duration(table, "delay").map(Probe::Delay))
}

/// Reads `ready`. Paths are relative to the directory of the process.
pub(super) fn readiness(
    entry: &Entry,
    has_port: bool,
    directory: &Path,
    complaints: &mut Vec<Diagnostic>,
) -> Option<Readiness> {
    let Content::Table(table) = &entry.value.content else { return None };
    let probe = probe(entry, has_port, directory, complaints);
    // Only the times are given: they are about the way that is taken without `ready`.
    let probe = probe.or(has_port.then_some(Probe::Listening))?;
    Some(Readiness {
        probe,
        interval: duration(table, "interval").unwrap_or(Readiness::INTERVAL),
        timeout: duration(table, "timeout").unwrap_or(Readiness::TIMEOUT),
    })
}

/// Reads `live`.
pub(super) fn liveness(
    entry: &Entry,
    has_port: bool,
    directory: &Path,
    complaints: &mut Vec<Diagnostic>,
) -> Option<Liveness> {
    let Content::Table(table) = &entry.value.content else { return None };
    let Some(probe) = probe(entry, has_port, directory, complaints) else {
        if table.entries.iter().any(|entry| matches!(entry.value.content, Content::Unusable)) {
            return None;
        }
        complaints.push(
            Diagnostic::error("missing-key", "`live` does not say how the process is asked")
                .at(entry.key.clone(), "")
                .hint("for example `live = { http = \"/up\", every = \"10s\", failures = 3 }`"),
        );
        return None;
    };
    Some(Liveness {
        probe,
        every: duration(table, "every").unwrap_or(Duration::from_secs(10)),
        timeout: duration(table, "timeout").unwrap_or(Duration::from_secs(5)),
        failures: table.integer("failures").and_then(|failures| u32::try_from(failures).ok()).unwrap_or(3),
    })
}
