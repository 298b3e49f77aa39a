//! What stands below the help of commands: examples, and what the flags alone cannot say.

/// What stands below the help of forge as a whole.
pub(super) const FORGE_EXAMPLES: &str = "\
Examples:
  forge start                       start everything in ./Procfile
  forge start -f Procfile.dev web   only web, from another Procfile
  forge run console                 one entry, with the terminal to itself
  forge run bin/rails db:migrate    any command, with .env and the rest
  forge check                       is the Procfile right?

Exit codes:
  0    stopped on request, or everything that had to end ended well
  N    of the first process that ended by itself; 128+n if signal n ended it
  1    a mistake in a file, a formation or a port; nothing was started
  2    a mistake on the command line
  3    there is nothing here to ask: no log files
  124  `--wait=TIME`, `forge ci --timeout`: it took too long
  125  forge itself failed
  126  a command is not executable
  127  a command was not found";

/// What stands below the help of `attach`.
pub(super) const ATTACH_EXAMPLES: &str = "\
Examples:
  forge attach web                  its keyboard and its screen; Ctrl-] leaves
  forge attach                      the process whose debugger waits
  forge attach web -r               only look
  echo next | forge attach web      type that, and leave

Ctrl-C, Ctrl-Z and all other keys go to the process. It goes on when you leave.";

/// What stands below the short help of `start`.
pub(super) const START_EXAMPLES: &str = "\
Examples:
  forge start                       one of each process
  forge start web worker=2          only these
  forge start -m all=1,css=0        all but css (or: -x css)
  forge start -f Procfile.dev -p 3000
  forge start --env /dev/null       without any .env
  forge start -D --wait=90s         in the background; comes back when it is ready";

/// What stands below its long help.
pub(super) const START_DETAILS: &str = "\
Ports:
  Each process gets its own PORT: base + 100 x its place in the Procfile, and
  + 1 for each further instance. With the default base of 5000 the first entry
  has 5000, the second 5100, and the second instance of the first 5001. Every
  entry counts, started or not, so that a process keeps its port. The base is
  --port, else that of forge.toml, else PORT of .env, else PORT of the
  environment, else 5000.

Environment:
  .env of the root directory, or the files of --env, win over the environment
  that forge was started in (the other way round with --no-override). Each
  process also gets PS (web.1), FORGE_PROCESS, FORGE_INSTANCE, FORGE_RUN_ID,
  and of every process FORGE_PORT_WEB and FORGE_URL_WEB.

Variables, .foreman and forge.toml:
  Each option may also stand in the environment, as FORGE_ and its name:
  FORGE_PORT_STEP=10, FORGE_NO_PREFIX=1. The ones that foreman knows may stand
  in a .foreman file in the current directory. Flags beat variables, these beat
  .foreman, and that beats forge.toml.

Getting ready:
  With --wait and -D everything has to be ready: what forge.toml says how, and
  what is given a port there, names PORT in its command or is called web, when
  it listens there; tasks have to be done. What fails for good before ends all.
  -D prints a table of what runs then (with --json an object), or the reason
  and the last lines of whoever is to blame.

Names:
  web is all of a process, web.2 one instance, 'worker*' a glob, @label a group
  of forge.toml, all everything.

Examples:
  forge start                         one of each process
  forge start web worker=2            only these
  forge start -m all=1,css=0          all but css (or: -x css)
  forge start -f Procfile.dev -p 3000
  forge start --env /dev/null         without any .env
  forge start -D --wait=90s           in the background; comes back when ready";

/// What stands below the help of `run`.
pub(super) const RUN_EXAMPLES: &str = "\
A single word that is an entry of the Procfile runs that entry, in its
directory, with its PORT and PS. Anything else is a command: its words as they
are, in the current directory. Options after it are its own.

Examples:
  forge run console
  forge run bin/rails db:migrate
  forge run -e .env.test -- bin/test --verbose";

/// What stands below the help of `clean`.
pub(super) const CLEAN_EXAMPLES: &str = "\
Only processes of this directory's stacks are ended, and only those whose forge
and guard are both gone; a stack that runs is left alone.

Examples:
  forge clean             ask them to end, wait, kill what does not
  forge clean --dry-run   only say what is there";

/// What stands below the help of `ci`.
pub(super) const CI_EXAMPLES: &str = "\
The exit code is that of the command; that of the process that ended first, if
the command could not come to its end; 124 if --timeout ended it; 128+n if a
signal to forge did.

Examples:
  forge ci -- pytest
  forge ci --timeout 5m --artifacts tmp/forge -- npx cypress run
  forge ci --only web,worker --junit forge.xml -- bin/rails test:system";
