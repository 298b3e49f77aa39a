//! Unix, and nothing else: the one door to the kernel. It knows nobody in forge but `time` and `exit`.
//!
//! Everything `unsafe` is here or in `guard`, each block with the reason why it is sound. Where Linux offers more
//! than other Unixes, the difference is a `cfg` inside one function, never in a caller.
#![expect(clippy::disallowed_methods, unsafe_code, reason = "this is the room that talks to the kernel")]

pub mod background;
pub mod bare;
pub mod birth;
pub mod census;
#[cfg(target_os = "linux")]
pub mod cgroup;
#[cfg(not(target_os = "linux"))]
#[path = "cgroup_elsewhere.rs"]
pub mod cgroup;
pub mod changes;
pub mod clock;
pub mod clock_jumps;
pub mod descriptor;
pub mod descriptor_table;
pub mod exec;
pub mod folder;
pub mod footprint;
pub mod keepsake;
pub mod kin;
pub mod local_socket;
pub mod measure;
#[cfg(target_os = "linux")]
pub mod namespace;
#[cfg(not(target_os = "linux"))]
#[path = "namespace_elsewhere.rs"]
pub mod namespace;
pub mod notify;
pub mod oom;
pub mod own_terminal;
pub mod path;
pub mod pidfd;
pub mod pipe;
pub mod ports;
pub mod private_dir;
pub mod probe;
pub mod process;
pub mod pty;
pub mod raw_terminal;
pub mod refusal;
pub mod sheet;
pub mod signals;
pub mod socket;
pub mod titles;
pub mod unnamed_file;
pub mod wants_input;
pub mod watch;
