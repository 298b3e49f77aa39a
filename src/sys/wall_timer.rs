//! Waiting for a moment of the calendar.
//!
//! A timer of the runtime counts time that passes while the machine is awake; a moment of the calendar also comes
//! nearer while it sleeps, and jumps when somebody sets the clock. On Linux `timerfd_create(2)` knows all that and wakes
//! nobody before. Elsewhere it is looked again every half minute.

use std::io;

use crate::time::WallTime;

/// Why the waiting is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Woken {
    /// The moment has come.
    Due,
    /// Somebody has set the clock, so that what is due next may be another moment.
    ClockSet,
}

/// Waits until `moment`. Dropped, it leaves nothing.
///
/// # Errors
/// No descriptor is left.
#[cfg(target_os = "linux")]
pub async fn until(moment: WallTime) -> io::Result<Woken> {
    use nix::sys::time::TimeSpec;
    use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};
    use std::os::fd::OwnedFd;

    let timer = TimerFd::new(ClockId::CLOCK_REALTIME, TimerFlags::TFD_CLOEXEC | TimerFlags::TFD_NONBLOCK)?;
    let flags = TimerSetTimeFlags::TFD_TIMER_ABSTIME | TimerSetTimeFlags::TFD_TIMER_CANCEL_ON_SET;
    // All zeroes would switch it off.
    let nanos = if moment.seconds <= 0 { 1 } else { moment.nanos.into() };
    timer.set(Expiration::OneShot(TimeSpec::new(moment.seconds.max(0), nanos)), flags)?;
    let timer = super::descriptor::watch_readable(OwnedFd::from(timer))?;
    loop {
        let mut ready = timer.readable().await?;
        let mut count = [0; 8];
        match ready.try_io(|timer| super::descriptor::read(timer, &mut count)) {
            Ok(Ok(_)) => return Ok(Woken::Due),
            Ok(Err(error)) if error.raw_os_error() == Some(libc::ECANCELED) => return Ok(Woken::ClockSet),
            Ok(Err(error)) => return Err(error),
            Err(_not_ready_after_all) => {}
        }
    }
}

/// Waits until `moment`. Dropped, it leaves nothing.
///
/// # Errors
/// None.
#[cfg(not(target_os = "linux"))]
pub async fn until(moment: WallTime) -> io::Result<Woken> {
    const LOOK: std::time::Duration = std::time::Duration::from_secs(30);
    loop {
        let now = super::clock::wall();
        let left = moment.seconds.saturating_sub(now.seconds);
        if (left, moment.nanos) <= (0, now.nanos) {
            return Ok(Woken::Due);
        }
        let left = std::time::Duration::from_secs(u64::try_from(left).unwrap_or(0).max(1));
        tokio::time::sleep(left.min(LOOK)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::{Woken, until};
    use crate::sys::clock;
    use crate::time::WallTime;

    fn run(future: impl Future<Output = std::io::Result<Woken>>) -> Woken {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(future).expect("a descriptor is left")
    }

    #[test]
    fn what_is_past_is_due_at_once() {
        assert_eq!(run(until(WallTime::default())), Woken::Due);
        assert_eq!(run(until(WallTime { seconds: -5, nanos: 3, utc_offset: 0 })), Woken::Due);
    }

    #[test]
    fn it_is_not_due_before_its_moment() {
        let now = clock::wall();
        let later = u64::from(now.nanos) + 60_000_000;
        let moment = WallTime {
            seconds: now.seconds + i64::try_from(later / 1_000_000_000).expect("0 or 1"),
            nanos: u32::try_from(later % 1_000_000_000).expect("below a second"),
            utc_offset: 0,
        };
        assert_eq!(run(until(moment)), Woken::Due);
        let now = clock::wall();
        assert!((now.seconds, now.nanos) >= (moment.seconds, moment.nanos));
    }
}
