//! The only clocks of forge.

use std::cell::Cell;
use std::mem::MaybeUninit;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::time::{Time, WallTime};

/// Monotonic time since it was made, with forge's suspensions left out.
#[derive(Debug)]
pub struct Clock {
    start: Instant,
    suspended: Cell<Duration>,
}

impl Clock {
    /// Starts at [`Time::ZERO`].
    pub fn start() -> Clock {
        Clock { start: Instant::now(), suspended: Cell::default() }
    }

    /// Returns what time it is.
    pub fn now(&self) -> Time {
        Time(self.start.elapsed().saturating_sub(self.suspended.get()))
    }

    /// Leaves out `gap`, during which forge and all its processes were stopped.
    pub fn suspended(&self, gap: Duration) {
        self.suspended.set(self.suspended.get() + gap);
    }
}

/// Returns monotonic time for the guard, which has no suspensions to leave out.
pub fn instant() -> Instant {
    Instant::now()
}

/// Does nothing for a while. For loops that look for what the kernel does not announce.
pub fn pause(wait: Duration) {
    std::thread::sleep(wait);
}

/// Returns the time since 1970; a clock before that shows 1970.
pub fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Returns when this machine was booted, as time since 1970 by today's clock; 1970 where the system does not tell.
pub fn booted() -> Duration {
    #[cfg(target_os = "linux")]
    if let Ok(running) = nix::time::clock_gettime(nix::time::ClockId::CLOCK_BOOTTIME) {
        return since_epoch().saturating_sub(running.into());
    }
    Duration::ZERO
}

/// Returns the time of day.
///
/// Cheap enough for every chunk of output: no system call on Linux (vdso(7)), and the time zone is asked for
/// once a minute, as offsets change at full minutes only.
pub fn wall() -> WallTime {
    thread_local! {
        static OFFSET: Cell<(i64, i32)> = const { Cell::new((i64::MIN, 0)) };
    }
    let since_epoch = since_epoch();
    let seconds = i64::try_from(since_epoch.as_secs()).unwrap_or(i64::MAX);
    let minute = seconds / 60;
    let (cached_minute, mut utc_offset) = OFFSET.get();
    if cached_minute != minute {
        utc_offset = offset_at(seconds);
        OFFSET.set((minute, utc_offset));
    }
    WallTime { seconds, nanos: since_epoch.subsec_nanos(), utc_offset }
}

/// Returns how many seconds local time is ahead of UTC at a second since 1970; 0 where that is not known.
pub fn offset_at(seconds: i64) -> i32 {
    let mut local = MaybeUninit::<libc::tm>::uninit();
    // SAFETY: both pointers are valid for the call, and `local` is read only where localtime_r(3) says that it
    // has filled it in. It may read TZ from the environment, which forge never changes.
    let local = unsafe {
        if libc::localtime_r(&raw const seconds, local.as_mut_ptr()).is_null() {
            return 0;
        }
        local.assume_init()
    };
    i32::try_from(local.tm_gmtoff).unwrap_or(0)
}

#[cfg(test)]
mod tests;
