//! Who waits for whom: names become processes, circles and waits without an end are found, and what is needed is
//! started too.

use std::collections::BTreeSet;

use super::formation::Formation;
use super::lifecycle::{Milestone, Nature, Need};
use super::manifest::words;
use super::names::{self, Choice, Known};
use super::{ProcessSpec, Settings};
use crate::diagnostic::{Diagnostic, Severity, Span};

/// One wish to wait: the places of the processes, and where it is written.
#[derive(Debug, Clone)]
pub(super) struct Edge {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) reached: Option<Milestone>,
    pub(super) span: Span,
}

/// Reads `--after web=db,migrate:done`: whose needs it says, instead of what a file says of them, and which.
pub(super) fn of_flags(
    known: &[Known<'_>],
    settings: &Settings,
    diagnostics: &mut Vec<Diagnostic>,
) -> (BTreeSet<usize>, Vec<Edge>) {
    let (mut said, mut edges) = (BTreeSet::new(), Vec::new());
    for flag in settings.after.iter().flatten() {
        let Some(equals) = memchr::memchr(b'=', flag.text()) else {
            diagnostics.push(
                Diagnostic::error("bad-after", "who waits, and for whom?")
                    .at(flag.clone(), "expected NAME=NAME[,NAME]")
                    .hint("write `--after web=db,migrate`: web starts after these"),
            );
            continue;
        };
        let start = flag.range.start;
        let who = Span::new(&flag.source, start..start + equals);
        let whom = Span::new(&flag.source, start + equals + 1..flag.range.end);
        let waiting = names::whole(known, &who, diagnostics);
        said.extend(waiting.iter().copied());
        for item in names::items(&whom) {
            let text = names::words(&item);
            match words::need(&text) {
                Ok((name, reached)) => {
                    let span = Span::new(&item.source, item.range.start..item.range.start + name.len());
                    for from in &waiting {
                        edges.extend(edges_to(known, *from, &span, reached, diagnostics));
                    }
                }
                Err(expected) => diagnostics.push(
                    Diagnostic::error("bad-after", format!("`{text}` cannot be waited for"))
                        .at(item, expected),
                ),
            }
        }
    }
    (said, edges)
}

/// Makes edges of one name, which may mean several processes.
pub(super) fn edges_to(
    known: &[Known<'_>],
    from: usize,
    on: &Span,
    reached: Option<Milestone>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Edge> {
    let word = names::words(on);
    let targets = match names::choose(known, &word, on) {
        Ok(Choice::Process(at)) => vec![at],
        Ok(Choice::Instance(at, _)) => {
            diagnostics.push(
                Diagnostic::error(
                    "whole-process",
                    format!("`{word}` is one instance, and all of them are waited for"),
                )
                .at(on.clone(), "")
                .hint(format!("name `{}`", known[at].name)),
            );
            Vec::new()
        }
        // Nobody waits for itself because it has the label, too.
        Ok(choice) => choice.processes(known.len()).into_iter().filter(|at| *at != from).collect(),
        Err(complaint) => {
            // The same word may stand behind several names of a flag; once is enough.
            if !diagnostics.contains(&complaint) {
                diagnostics.push(*complaint);
            }
            Vec::new()
        }
    };
    targets.into_iter().map(|to| Edge { from, to, reached, span: on.clone() }).collect()
}

/// Puts the needs into the specifications, and starts what is needed and not started.
pub(super) fn settle(
    specs: &mut [ProcessSpec],
    edges: &[Edge],
    known: &[Known<'_>],
    (formation, alone): (&mut Formation, Option<bool>),
    diagnostics: &mut Vec<Diagnostic>,
) {
    let circles = circles(specs, edges);
    let broken = !circles.is_empty();
    diagnostics.extend(circles);
    let mut needs = vec![Vec::new(); specs.len()];
    for edge in edges {
        match milestone(edge, specs) {
            Ok(reached) => needs[edge.from].push((edge, reached)),
            Err(complaint) => diagnostics.push(*complaint),
        }
    }
    if broken {
        return;
    }
    if alone != Some(true) {
        bring_along(specs, &mut needs, known, formation, diagnostics);
    }
    for (spec, needs) in specs.iter_mut().zip(needs.iter()) {
        let after = &mut spec.life.after;
        after.extend(
            needs.iter().map(|(edge, reached)| Need { on: names_of(known, edge.to), reached: *reached }),
        );
        let mut seen = Vec::new();
        after.retain(|need| {
            let is_new = !seen.contains(need);
            seen.push(need.clone());
            is_new
        });
    }
}

fn names_of(known: &[Known<'_>], at: usize) -> super::ProcessName {
    super::ProcessName::new(known[at].name)
}

/// What is waited for where nobody says it, and whether it can ever be so.
fn milestone(edge: &Edge, specs: &[ProcessSpec]) -> Result<Milestone, Box<Diagnostic>> {
    let target = &specs[edge.to];
    let name = &target.name;
    match (&target.life.nature, edge.reached) {
        (Nature::Service, None) => Ok(Milestone::Ready),
        (Nature::Task { .. }, None) => Ok(Milestone::Done),
        (Nature::Service, Some(Milestone::Done)) => Err(Box::new(
            Diagnostic::error(
                "never-done",
                format!("`{name}` runs until the stack ends, so it is never done"),
            )
            .at(edge.span.clone(), "no task")
            .hint(format!("write `{name}:ready` or `{name}:started`, or make it a task: `[task.{name}]`")),
        )),
        (Nature::Scheduled(_), _) => Err(Box::new(
            Diagnostic::error(
                "never-done",
                format!("`{name}` is started by the clock; nobody can wait for it"),
            )
            .at(edge.span.clone(), "a schedule")
            .hint(format!("make it a task that runs once: `[task.{name}]`")),
        )),
        (Nature::Service | Nature::Task { .. }, Some(reached)) => Ok(reached),
    }
}

/// Starts what somebody who is started waits for. Who is left out by name on the command line is not waited for.
fn bring_along(
    specs: &[ProcessSpec],
    needs: &mut [Vec<(&Edge, Milestone)>],
    known: &[Known<'_>],
    formation: &mut Formation,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let mut brought: Vec<(usize, usize)> = Vec::new();
    let mut complained = BTreeSet::new();
    let mut waiting: Vec<usize> =
        (0..specs.len()).filter(|at| !formation.instances[*at].is_empty()).collect();
    while let Some(from) = waiting.pop() {
        needs[from].retain(|(edge, _)| {
            let to = edge.to;
            if !formation.instances[to].is_empty() {
                return true;
            }
            if formation.refused[to] {
                if complained.insert((from, to)) {
                    diagnostics.push(not_waited_for(known, edge));
                }
                return false;
            }
            if !known[to].enabled || known[to].usual == 0 {
                if complained.insert((from, to)) {
                    diagnostics.push(not_started(known, edge));
                }
                return false;
            }
            formation.instances[to] = (1..=known[to].usual).collect();
            brought.push((from, to));
            waiting.push(to);
            true
        });
    }
    brought.sort_by_key(|(_, to)| *to);
    for (from, to) in brought {
        let message = format!("`{}` is started too: `{}` needs it", known[to].name, known[from].name);
        diagnostics
            .push(Diagnostic { severity: Severity::Note, ..Diagnostic::warning("started-too", message) });
    }
}

fn not_waited_for(known: &[Known<'_>], edge: &Edge) -> Diagnostic {
    let (who, whom) = (known[edge.from].name, known[edge.to].name);
    let message = format!("`{who}` does not wait for `{whom}`, which is left out");
    Diagnostic::warning("not-waited-for", message).at(edge.span.clone(), "not started")
}

fn not_started(known: &[Known<'_>], edge: &Edge) -> Diagnostic {
    let (who, whom) = (known[edge.from].name, known[edge.to].name);
    let why = if known[edge.to].enabled { "it has no instances" } else { "it is not enabled" };
    Diagnostic::error("not-started", format!("`{who}` waits for `{whom}`, which is not started"))
        .at(edge.span.clone(), why)
        .hint(format!("start it by its name: `forge start {who} {whom}`, or without it: `-x {whom}`"))
}

/// Finds circles, each once: `web -> db -> web`.
fn circles(specs: &[ProcessSpec], edges: &[Edge]) -> Vec<Diagnostic> {
    let mut complaints = Vec::new();
    // 0: not seen, 1: on the way, 2: done.
    let mut seen = vec![0_u8; specs.len()];
    for start in 0..specs.len() {
        let mut way: Vec<&Edge> = Vec::new();
        walk(start, edges, &mut seen, &mut way, &mut |circle| complaints.push(circle_of(specs, circle)));
    }
    complaints
}

/// Goes along the edges from `at`. Not deeper than there are processes: each is on the way at most once.
fn walk<'a>(
    at: usize,
    edges: &'a [Edge],
    seen: &mut [u8],
    way: &mut Vec<&'a Edge>,
    found: &mut impl FnMut(&[&Edge]),
) {
    if seen[at] != 0 {
        return;
    }
    // A stack of our own: a chain may be as long as there are processes.
    let mut stack = vec![(at, 0_usize)];
    seen[at] = 1;
    while let Some((at, next)) = stack.last_mut() {
        let Some((index, edge)) = edges.iter().enumerate().skip(*next).find(|(_, edge)| edge.from == *at)
        else {
            seen[*at] = 2;
            stack.pop();
            way.pop();
            continue;
        };
        *next = index + 1;
        match seen[edge.to] {
            0 => {
                seen[edge.to] = 1;
                way.push(edge);
                stack.push((edge.to, 0));
            }
            1 => {
                let begin = way.iter().position(|step| step.from == edge.to).unwrap_or(way.len());
                let mut circle = way[begin..].to_vec();
                circle.push(edge);
                found(&circle);
            }
            _ => {}
        }
    }
}

fn circle_of(specs: &[ProcessSpec], circle: &[&Edge]) -> Diagnostic {
    let mut names: Vec<&str> = circle.iter().map(|edge| specs[edge.from].name.as_str()).collect();
    names.extend(names.first().copied());
    let (last, others) = circle.split_last().expect("a circle has at least one step");
    let says = |edge: &Edge| format!("`{}` waits for `{}`", specs[edge.from].name, specs[edge.to].name);
    let message = format!("these wait for each other for ever: {}", names.join(" -> "));
    let mut diagnostic = Diagnostic::error("need-cycle", message).at(last.span.clone(), says(last));
    for edge in others {
        diagnostic = diagnostic.also(edge.span.clone(), says(edge));
    }
    diagnostic.hint("take one of these out of `after`")
}

#[cfg(test)]
mod tests;
