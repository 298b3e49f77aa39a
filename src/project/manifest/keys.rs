//! Every key that `forge.toml` may have: one table, from which files are checked and the JSON Schema is made.
//!
//! A new key is a line here, and a line where its value becomes a noun (`sections` or `process`).

use super::shape::{Key, Shape};

const fn key(name: &'static str, shape: Shape, help: &'static str) -> Key {
    Key { name, help, shape, rival: false }
}

/// A key that excludes the others of its table that are marked so: ways to say the same thing.
const fn rival(name: &'static str, shape: Shape, help: &'static str) -> Key {
    Key { name, help, shape, rival: true }
}

const TEXTS: Shape = Shape::OneOrMore(&Shape::Text);
const SIGNALS: Shape = Shape::OneOrMore(&Shape::Signal);
const TIME: Shape = Shape::Duration;
const PERIOD: Shape = Shape::Period;
const WHEN_FREE: &[Shape] = &[Shape::Port, Shape::Word(&["auto"]), Shape::Only(false)];
const TTYS: Shape = Shape::Word(&["auto", "full", "line", "pipe"]);

/// The names of colours in `output.colors`, in the order of their numbers.
pub(crate) const COLOURS: &[&str] = &[
    "black",
    "red",
    "green",
    "yellow",
    "blue",
    "magenta",
    "cyan",
    "white",
    "bright-black",
    "bright-red",
    "bright-green",
    "bright-yellow",
    "bright-blue",
    "bright-magenta",
    "bright-cyan",
    "bright-white",
];

/// Returns the number of a colour of this name.
pub(crate) fn colour_number(name: &str) -> Option<u8> {
    COLOURS.iter().position(|colour| *colour == name).and_then(|number| u8::try_from(number).ok())
}

/// What stands at the top of a file.
pub(super) const ROOT: Shape = Shape::Table(&[SECTIONS, FILE]);

/// What a profile may change: everything but what belongs to a file as a whole.
const SECTIONS: &[Key] = &[
    key("project", Shape::Table(&[PROJECT]), "What the project is, and what a bare `forge start` runs."),
    key("env", Shape::Table(&[ENV]), "Where the environment comes from."),
    key("secrets", Shape::Table(&[SECRETS]), "Which values are never shown."),
    key("ports", Shape::Table(&[PORTS]), "Which ports the processes get."),
    key("output", Shape::Table(&[OUTPUT]), "How the stream looks."),
    key("logs", Shape::Table(&[LOGS]), "Log files, one for each process."),
    key("stop", Shape::Table(&[STOP]), "How everything is ended."),
    key(
        "process",
        Shape::Named(&[PROCESS]),
        "Processes: entries of the Procfile, or new ones with a `command`.",
    ),
    key("task", Shape::Named(&[PROCESS, TASK]), "Processes that run to their end, once."),
    key("schedule", Shape::Named(&[PROCESS, SCHEDULE]), "Tasks that the clock starts."),
];

const FILE: &[Key] = &[
    key("include", Shape::OneOrMore(&Shape::Path), "Files that are read before this one, relative to it."),
    key("profile", Shape::Named(&[SECTIONS]), "What `--profile NAME` changes."),
];

const PROJECT: &[Key] = &[
    key("name", Shape::Text, "The name of the project; without it, that of its directory."),
    key(
        "procfile",
        Shape::OneOrMore(&Shape::Glob),
        "The Procfile, or several; of several and of globs, each in another directory runs there, under the name of that directory.",
    ),
    key("default", TEXTS, "What a bare `forge start` runs; without it, all but `release`."),
];

const ENV: &[Key] = &[
    key("files", TEXTS, "Env files, later ones stronger; one that ends in `?` may be missing."),
    key("environment", Shape::Text, "Adds the variants of the env files: `.env.NAME` and `.env.NAME.local`."),
    key("override", Shape::Bool, "Whether the files win over the environment that forge was started in."),
    key("expand", Shape::Bool, "Whether ${NAME} and ${NAME:-default} are replaced in the files."),
    key(
        "check",
        Shape::Either(&[Shape::Path, Shape::Table(&[ENV_CHECK])]),
        "A file whose keys must all be set, such as .env.example.",
    ),
];

const ENV_CHECK: &[Key] = &[
    key("file", Shape::Path, "The file with the keys."),
    key(
        "missing",
        Shape::Word(&["warning", "error"]),
        "What a key is that is not set; without it, a warning.",
    ),
];

const SECRETS: &[Key] = &[
    key("mask", Shape::Bool, "Whether the values of matching keys are shown as dots."),
    key("keys", TEXTS, "Globs of names whose values are secret, besides those that are known to be."),
    key(
        "reveal",
        TEXTS,
        "Globs of names whose values are shown all the same, besides those that are known to be harmless.",
    ),
];

const PORTS: &[Key] = &[
    key("base", Shape::Port, "The port of the first process."),
    key("step", Shape::Integer(0, 65_535), "The distance between the ports of two processes."),
    key(
        "mode",
        Shape::Word(&["fixed", "hash", "auto"]),
        "fixed: from the base; hash: from a base of this directory's own; auto: the next free ones.",
    ),
    key("on_conflict", Shape::Word(&["fail", "next"]), "What happens when somebody else has the port."),
];

const OUTPUT: &[Key] = &[
    key(
        "timestamp",
        Shape::Either(&[Shape::Bool, Shape::Text]),
        "The time before each line, as a format of strftime, or false.",
    ),
    key("colors", Shape::List(&Shape::Word(COLOURS)), "The colours of the names, in turn."),
    key("quiet", TEXTS, "Processes whose lines are not shown."),
    key("tty", TTYS, "How the processes are held."),
    key("drop", Shape::OneOrMore(&Shape::Regex), "Lines that are not shown, as regular expressions."),
    key("bar", Shape::Bool, "Whether the last line of a terminal shows the processes and the keys."),
];

const LOGS: &[Key] = &[
    key("dir", Shape::Path, "The directory of the log files."),
    key("rotate", Shape::Size(0), "The size at which a file is put aside; \"0\": never."),
    key("keep", Shape::Integer(0, 10_000), "How many of those that were put aside are kept."),
];

const STOP: &[Key] = &[
    key("signals", SIGNALS, "The signals that ask a process to end, one after the other."),
    key("timeout", TIME, "The time until SIGKILL, shared evenly by the signals."),
    key(
        "exit_on",
        Shape::Word(&["any", "failure", "all", "never"]),
        "What ends the stack when processes end.",
    ),
];

const PROCESS: &[Key] = &[
    key("command", Shape::Command, "The command; for an entry of the Procfile, instead of its own."),
    key("cwd", Shape::Path, "The directory it runs in."),
    key("labels", Shape::OneOrMore(&Shape::Label), "Groups it belongs to: `@label` names all of a group."),
    key("env", VARIABLES, "Variables of its own."),
    key("env_files", TEXTS, "Env files of its own; one that ends in `?` may be missing."),
    key(
        "instances",
        Shape::Either(&[Shape::Integer(0, 10_000), Shape::List(&VARIABLES)]),
        "How many, or the variables of each.",
    ),
    key("enabled", Shape::Bool, "Whether it is started without being named."),
    key("port", Shape::Either(WHEN_FREE), "Its port: a number, \"auto\" or false."),
    key(
        "after",
        Shape::OneOrMore(&Shape::Need),
        "What must be so before it starts: NAME[:started|ready|done].",
    ),
    key("ready", Shape::Table(&[PROBE, READY]), "When it counts as ready."),
    key("live", Shape::Table(&[PROBE, LIVE]), "How it shows that it still works."),
    key("restart", Shape::Policy, "Whether it is started again when it has ended by itself."),
    key("backoff", Shape::Table(&[BACKOFF]), "How long to wait before it is started again."),
    key(
        "max_restarts",
        Shape::Either(&[Shape::Integer(0, 1_000_000), Shape::Only(false)]),
        "How often within backoff.reset_after; false: without end.",
    ),
    key("can_die", Shape::Bool, "Whether its end never ends the stack."),
    key("success_codes", Shape::OneOrMore(&Shape::Integer(0, 255)), "The exit codes that are a success."),
    key("stop", Shape::Table(&[PROCESS_STOP]), "How it is ended."),
    key(
        "reload_signal",
        Shape::Signal,
        "The signal with which it reloads: sent by `forge reload NAME` and by `watch`, instead of a restart.",
    ),
    key(
        "watch",
        Shape::Either(&[Shape::OneOrMore(&Shape::Glob), Shape::Table(&[WATCH])]),
        "Which files restart it when they change.",
    ),
    key("limits", Shape::Table(&[LIMITS]), "What it may use at most, with everything below it."),
    key("nice", Shape::Integer(-20, 19), "Added to its niceness."),
    key("tty", TTYS, "How it is held."),
    key(
        "keyboard",
        Shape::Word(&["auto", "always", "never"]),
        "When the keyboard is offered to it: when it asks something (auto), as long as it runs (always), or never.",
    ),
    key("hooks", Shape::Table(&[HOOKS]), "Commands that run at certain moments."),
];

const VARIABLES: Shape = Shape::Variables;

const PROBE: &[Key] = &[
    rival("http", Shape::Http, "It answers this path, or URL."),
    rival("port", Shape::Only(true), "It listens on its port."),
    rival("tcp", Shape::Address, "Somebody listens at this HOST:PORT."),
    rival("unix", Shape::Path, "Somebody listens at this socket."),
    rival("command", Shape::Command, "This command ends with success."),
    rival("file", Shape::Path, "This file exists."),
    rival("notify", Shape::Only(true), "It says so by the protocol of sd_notify."),
    key("status", Shape::Integer(100, 599), "The status that http expects; without it, 200 to 399."),
    key("headers", Shape::Map(&Shape::Text), "Headers that http sends."),
    key("timeout", PERIOD, "How long it may take in all (ready), or for one answer (live)."),
];

const READY: &[Key] = &[
    rival("log", Shape::Regex, "It prints a line that matches."),
    rival("delay", TIME, "This time has passed."),
    key("interval", PERIOD, "How long to wait between two attempts, at most."),
];

const LIVE: &[Key] = &[
    key("every", PERIOD, "How often it is asked."),
    key("failures", Shape::Integer(1, 10_000), "After how many failures in a row it is restarted."),
];

const BACKOFF: &[Key] = &[
    key("first", TIME, "The first wait."),
    key("max", TIME, "The longest wait."),
    key("factor", Shape::Number(1.0, 100.0), "How much longer each wait is than the one before."),
    key("jitter", Shape::Number(0.0, 1.0), "By what part of itself a wait is changed at random."),
    key("reset_after", PERIOD, "A run that lasted this long makes everything before it forgotten."),
];

const PROCESS_STOP: &[Key] = &[
    key("signals", SIGNALS, "The signals that ask it to end, one after the other."),
    key("timeout", TIME, "The time until SIGKILL, shared evenly by the signals."),
    key("group", Shape::Bool, "Whether its whole tree gets the signals, not its leader alone."),
];

const WATCH: &[Key] = &[
    key("paths", Shape::OneOrMore(&Shape::Glob), "Globs, relative to its directory."),
    key("ignore", Shape::OneOrMore(&Shape::Glob), "Globs of what does not count, besides .gitignore."),
    key("debounce", TIME, "How long it must be quiet after a change."),
];

const LIMITS: &[Key] = &[
    key("memory", Shape::Size(1), "Memory of the whole process tree."),
    key("silence", PERIOD, "How long it may print nothing."),
    key("age", PERIOD, "How long it may run before it is replaced."),
    key("cpu", Shape::Integer(1, 100_000), "Processor time, in percent of one core."),
    key("dump_signal", Shape::Signal, "Makes it say what it is doing, before it is ended."),
    key("on_limit", Shape::Word(&["restart", "stop", "warn"]), "What follows."),
];

const HOOKS: &[Key] = &[
    key("before", Shape::Command, "Before each start; the start waits for it."),
    key("ready", Shape::Command, "When it has become ready."),
    key("crash", Shape::Command, "When it has failed."),
];

const TASK: &[Key] = &[key("timeout", PERIOD, "How long it may take.")];

const SCHEDULE: &[Key] = &[
    rival("every", PERIOD, "Again and again after this time."),
    rival("cron", Shape::Cron, "When a cron expression says so."),
    rival("daily_at", Shape::TimeOfDay, "Each day at this time."),
    key("timezone", Shape::Text, "The time zone of cron and daily_at, such as Europe/Berlin."),
    key("overlap", Shape::Word(&["skip", "queue", "kill"]), "What happens while the last run still runs."),
    key("missed", Shape::Word(&["once", "skip"]), "What happens with runs that were missed in sleep."),
    key("timeout", PERIOD, "How long one run may take."),
];
