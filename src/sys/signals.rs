//! Signals: their names, how forge hears them, and a clean slate for its children. `signal(7)`.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd};

use signal_hook::consts::signal::{
    SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGUSR1, SIGUSR2, SIGWINCH,
};
use signal_hook::iterator::exfiltrator::WithOrigin;
use signal_hook_tokio::SignalsInfo;

/// A signal that forge received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received {
    /// Its number.
    pub signal: i32,
    /// Whether the kernel sent it, for a key on the terminal or its hang-up.
    pub from_terminal: bool,
}

/// The signals that forge listens to, as a stream.
pub struct Signals(SignalsInfo<WithOrigin>);

impl Signals {
    /// Begins to listen. From now on none of these signals has its default effect.
    ///
    /// SIGHUP stays ignored if forge was started so (`nohup`), and so does SIGTSTP (a shell without job control).
    /// What would only turn a write into an end is ignored: the write says what is wrong.
    pub fn listen() -> io::Result<Signals> {
        let mut wanted = vec![SIGINT, SIGTERM, SIGQUIT, SIGUSR1, SIGUSR2, SIGCONT, SIGWINCH];
        wanted.extend([SIGHUP, SIGTSTP].into_iter().filter(|signal| !is_ignored(*signal)));
        for hindrance in [
            // A write from the background to a terminal with `stty tostop` would stop forge, not the stack.
            libc::SIGTTOU,
            // Nothing is read from the terminal, and a stopped forge would hear no signal.
            libc::SIGTTIN,
            // A write beyond `ulimit -f` would kill forge without a word, and leave a core.
            libc::SIGXFSZ,
        ] {
            set_disposition(hindrance, libc::SIG_IGN);
        }
        // A handler is there a moment before anybody has told it what to do, and a signal of that moment would be lost.
        let held_back = hold_back(&wanted);
        let listening = SignalsInfo::<WithOrigin>::new(wanted);
        set_mask(&held_back);
        Ok(Signals(listening?))
    }

    /// Waits for the next one. Safe to drop half way.
    pub async fn next(&mut self) -> Received {
        use futures_util::StreamExt;
        match self.0.next().await {
            Some(origin) => Received { signal: origin.signal, from_terminal: origin.process.is_none() },
            // The stream ends only when it is closed, which nobody does.
            None => std::future::pending().await,
        }
    }
}

/// The signals that a process which only stands above another one passes on to it: kept by the kernel until they are taken.
#[derive(Debug)]
pub struct Letters(#[cfg(target_os = "linux")] nix::sys::signalfd::SignalFd);

impl Letters {
    /// Begins to hold them. What this process was started to ignore stays ignored.
    ///
    /// # Errors
    /// No descriptor is left, or the system does not know such a thing.
    pub fn hold() -> io::Result<Letters> {
        #[cfg(target_os = "linux")]
        {
            use nix::sys::signal::{SigSet, Signal};
            use nix::sys::signalfd::{SfdFlags, SignalFd};
            let held = SigSet::from_iter([
                Signal::SIGINT,
                Signal::SIGTERM,
                Signal::SIGHUP,
                Signal::SIGQUIT,
                Signal::SIGUSR1,
                Signal::SIGUSR2,
            ]);
            held.thread_block()?;
            Ok(Letters(SignalFd::with_flags(&held, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)?))
        }
        #[cfg(not(target_os = "linux"))]
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Takes the next one, if there is one.
    pub fn next(&self) -> Option<Received> {
        #[cfg(target_os = "linux")]
        {
            let letter = self.0.read_signal().ok()??;
            let from_terminal = letter.ssi_code == libc::SI_KERNEL;
            Some(Received { signal: i32::try_from(letter.ssi_signo).ok()?, from_terminal })
        }
        #[cfg(not(target_os = "linux"))]
        None
    }
}

#[cfg(target_os = "linux")]
impl AsFd for Letters {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(not(target_os = "linux"))]
impl AsFd for Letters {
    fn as_fd(&self) -> BorrowedFd<'_> {
        unreachable!("`hold` has made none")
    }
}

/// Lets this process end by a signal, as another one did, without an image of its memory. Returns only if the signal ends nobody.
pub fn end_by(signal: i32) {
    super::process::leave_no_core();
    set_disposition(signal, libc::SIG_DFL);
    unblock_all();
    // SAFETY: raise(3) touches no memory.
    unsafe { libc::raise(signal) };
}

/// Stops this process as Ctrl-Z does; returns when somebody lets it go on.
///
/// The kernel refuses where nobody could: in a group without a shell that watches it, as in `ssh -t HOST forge start` or
/// in a container. There it returns at once. SIGSTOP would stop it for good.
pub fn stop_self() {
    let mut listening = MaybeUninit::<libc::sigaction>::zeroed();
    let mut default = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: zeroed memory is a valid `sigaction` with an empty mask, SIG_DFL runs no code of ours, and what was there
    // before is put back as it was. raise(3) returns after the stop: the signal is for this thread.
    unsafe {
        (*default.as_mut_ptr()).sa_sigaction = libc::SIG_DFL;
        if libc::sigaction(SIGTSTP, default.as_ptr(), listening.as_mut_ptr()) == 0 {
            libc::raise(SIGTSTP);
            libc::sigaction(SIGTSTP, listening.as_ptr(), std::ptr::null_mut());
        }
    }
}

/// Lets this process write to its terminal from the background, also where that is set to refuse it (`stty tostop`): a warning
/// before the start would stop it for good, and nobody would see why. What it starts is not concerned.
pub fn write_from_the_background() {
    set_disposition(libc::SIGTTOU, libc::SIG_IGN);
}

/// Returns whether this process ignores a signal.
pub fn is_ignored(signal: i32) -> bool {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: with a null new action, sigaction(2) only writes the present one to memory that is ours.
    let result = unsafe { libc::sigaction(signal, std::ptr::null(), action.as_mut_ptr()) };
    // SAFETY: zeroed memory is a valid `sigaction`, and the call has filled it if it succeeded.
    result == 0 && unsafe { action.assume_init() }.sa_sigaction == libc::SIG_IGN
}

/// Gives every signal its default effect and unblocks all of them: what a program expects to find at its start.
///
/// A manager started by `nohup`, or in the background of a script, would otherwise hand an ignored SIGINT or SIGHUP
/// on to everything it starts. Uses system calls only, so that it may run between fork and exec.
pub fn reset_all() {
    for signal in 1..=highest_signal() {
        set_disposition(signal, libc::SIG_DFL);
    }
    unblock_all();
}

/// Ignores every signal that can be ignored, but SIGCHLD.
pub fn ignore_all() {
    for signal in 1..=highest_signal() {
        if signal != libc::SIGCHLD {
            set_disposition(signal, libc::SIG_IGN);
        }
    }
}

/// Ignores the end of a terminal, for a process that has none.
pub fn ignore_hangup() {
    set_disposition(SIGHUP, libc::SIG_IGN);
}

/// Lets dead children be waited for, whatever the parent of this process had set.
pub fn expect_children() {
    set_disposition(libc::SIGCHLD, libc::SIG_DFL);
    unblock_all();
}

fn set_disposition(signal: i32, disposition: libc::sighandler_t) {
    // The raw system call: glibc's signal() refuses 32 and 33, which an exec would then inherit as ignored.
    #[cfg(target_os = "linux")]
    {
        #[repr(C)]
        struct KernelAction {
            handler: libc::sighandler_t,
            flags: libc::c_ulong,
            restorer: usize,
            mask: u64,
        }
        let action = KernelAction { handler: disposition, flags: 0, restorer: 0, mask: 0 };
        // SAFETY: rt_sigaction(2) reads one action of the kernel's layout; a default or ignored signal needs no
        // restorer. It refuses SIGKILL and SIGSTOP, which is fine.
        unsafe {
            libc::syscall(
                libc::SYS_rt_sigaction,
                signal,
                &raw const action,
                std::ptr::null::<KernelAction>(),
                std::mem::size_of::<u64>(),
            );
        }
    }
    #[cfg(not(target_os = "linux"))]
    // SAFETY: neither SIG_DFL nor SIG_IGN runs code of ours.
    unsafe {
        libc::signal(signal, disposition);
    }
}

/// Keeps signals waiting in the kernel; returns the mask of before. For a process with one thread.
fn hold_back(signals: &[i32]) -> libc::sigset_t {
    let mut held = MaybeUninit::<libc::sigset_t>::uninit();
    let mut before = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: sigemptyset(3) fills both sets before they are used.
    unsafe {
        libc::sigemptyset(held.as_mut_ptr());
        libc::sigemptyset(before.as_mut_ptr());
        for signal in signals {
            libc::sigaddset(held.as_mut_ptr(), *signal);
        }
        libc::pthread_sigmask(libc::SIG_BLOCK, held.as_ptr(), before.as_mut_ptr());
        before.assume_init()
    }
}

/// All signals are held back as long as this lives; then those that were let through before are let through again.
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(super) struct AllBlocked(libc::sigset_t);

/// Holds back all signals of this thread.
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(super) fn block_all() -> AllBlocked {
    let mut all = MaybeUninit::<libc::sigset_t>::uninit();
    let mut before = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: sigfillset(3) fills the one before it is used, and the kernel the other.
    unsafe {
        libc::sigfillset(all.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_BLOCK, all.as_ptr(), before.as_mut_ptr());
        AllBlocked(before.assume_init())
    }
}

#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
impl Drop for AllBlocked {
    fn drop(&mut self) {
        set_mask(&self.0);
    }
}

fn set_mask(mask: &libc::sigset_t) {
    // SAFETY: the mask was filled by the kernel.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, mask, std::ptr::null_mut()) };
}

/// Lets every signal through again. System calls only.
pub fn unblock_all() {
    let mut none = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: sigemptyset(3) fills the set before it is used.
    unsafe {
        libc::sigemptyset(none.as_mut_ptr());
        libc::sigprocmask(libc::SIG_SETMASK, none.as_ptr(), std::ptr::null_mut());
    }
}

fn highest_signal() -> i32 {
    #[cfg(target_os = "linux")]
    return libc::SIGRTMAX();
    #[cfg(not(target_os = "linux"))]
    return 31;
}

/// Returns the name of a signal: `SIGTERM`; a number if it has none.
pub fn name(signal: i32) -> String {
    signal_hook::low_level::signal_name(signal).map_or_else(|| format!("signal {signal}"), str::to_owned)
}
