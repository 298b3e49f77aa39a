//! Jumps of the wall clock: somebody sets it, or the machine has slept.
//!
//! Linux tells them to whoever has a timer of that clock (`TFD_TIMER_CANCEL_ON_SET`, `timerfd_create(2)`). Nobody is woken
//! in between. Elsewhere nothing tells it, and whoever depends on the clock has to look at it now and then.

use std::io;

/// Hears of jumps from its beginning on, also of those that come while nobody waits for them.
#[derive(Debug)]
pub struct ClockJumps(system::Timer);

impl ClockJumps {
    /// Begins to listen.
    ///
    /// # Errors
    /// No descriptor is left, or the system does not tell.
    pub fn listen() -> io::Result<ClockJumps> {
        system::listen().map(ClockJumps)
    }

    /// Waits for the next jump. May be dropped at any time.
    pub async fn next(&self) {
        system::next(&self.0).await;
    }
}

#[cfg(target_os = "linux")]
mod system {
    use std::io;
    use std::os::fd::OwnedFd;

    use nix::sys::time::TimeSpec;
    use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};
    use tokio::io::unix::AsyncFd;

    use crate::sys::descriptor;

    pub(super) type Timer = AsyncFd<OwnedFd>;

    pub(super) fn listen() -> io::Result<Timer> {
        let timer =
            TimerFd::new(ClockId::CLOCK_REALTIME, TimerFlags::TFD_CLOEXEC | TimerFlags::TFD_NONBLOCK)?;
        // It is never due.
        let never = Expiration::OneShot(TimeSpec::new(libc::time_t::MAX, 0));
        let flags = TimerSetTimeFlags::TFD_TIMER_ABSTIME | TimerSetTimeFlags::TFD_TIMER_CANCEL_ON_SET;
        timer.set(never, flags)?;
        descriptor::watch_readable(OwnedFd::from(timer))
    }

    pub(super) async fn next(timer: &Timer) {
        // An error of the poller tells nothing, now or later.
        while let Ok(mut ready) = timer.readable().await {
            let mut count = [0; 8];
            match ready.try_io(|timer| descriptor::read(timer, &mut count)) {
                Ok(Err(error)) if error.raw_os_error() == Some(libc::ECANCELED) => return,
                Ok(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(_) => break,
                Err(_not_ready_after_all) => {}
            }
        }
        std::future::pending::<()>().await;
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use std::io;

    pub(super) type Timer = std::convert::Infallible;

    pub(super) fn listen() -> io::Result<Timer> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) async fn next(timer: &Timer) {
        match *timer {}
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::ClockJumps;

    #[test]
    fn a_clock_that_goes_its_way_tells_nothing() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let jumps = ClockJumps::listen().expect("a descriptor is left");
            let mut next = std::pin::pin!(jumps.next());
            // The poller has its turn in between.
            for _ in 0..100 {
                tokio::select! {
                    biased;
                    () = &mut next => panic!("nobody has set the clock"),
                    () = tokio::task::yield_now() => {}
                }
            }
        });
    }
}
