//! What the clock starts.
//!
//! Due times are times of the wall clock, which can jump: the machine slept, or somebody has set the clock. So nothing is
//! counted, but the wall clock is compared with what is due: when it is said to have jumped, and at least once a minute,
//! because not every system says so.

use std::time::Duration;

use super::instance::Instance;
use super::{Calendar, Effect, Note, Phase, Want};
use crate::project::lifecycle::{Lifecycle, Missed, Nature, Overlap, Schedule, When};
use crate::time::{Time, WallTime};

/// How long the mind goes at most without a look at the wall clock.
const LOOK: Duration = Duration::from_secs(60);
/// A run that is later than this was missed. More than [`LOOK`], which alone can make it late.
const LATE: i64 = 90_000;
/// A clock that goes back by more than this was set; by less, it was corrected, and what is done is not done twice.
const SET_BACK: i64 = 60_000;

/// When the clock starts an instance. Times are milliseconds of the wall clock.
#[derive(Debug, Clone)]
pub(super) struct Clock {
    schedule: Schedule,
    /// When it is due; `None` before the begin, or never again.
    pub(super) due: Option<i64>,
    /// Whether it is to start as soon as it may.
    pub(super) fires: bool,
    seen: Option<i64>,
    /// When to look again.
    look_at: Option<Time>,
}

/// What the wall clock has come to.
enum Struck {
    OnTime,
    Late(Duration),
}

/// Returns a time of the wall clock in milliseconds since 1970-01-01 00:00:00 UTC.
pub(super) fn milliseconds(wall: WallTime) -> i64 {
    wall.seconds.saturating_mul(1000).saturating_add(i64::from(wall.nanos / 1_000_000))
}

fn length(milliseconds: i64) -> Duration {
    Duration::from_millis(u64::try_from(milliseconds).unwrap_or(0))
}

impl Clock {
    /// Returns the clock of a process that has one.
    pub(super) fn of(life: &Lifecycle) -> Option<Clock> {
        let Nature::Scheduled(schedule) = &life.nature else { return None };
        Some(Clock { schedule: schedule.clone(), due: None, fires: false, seen: None, look_at: None })
    }

    /// Looks at the wall clock.
    fn look(&mut self, now: Time, wall: i64, calendar: &dyn Calendar) -> Option<Struck> {
        let was_set_back = self.seen.is_some_and(|seen| wall < seen - SET_BACK);
        let begins = self.seen.is_none();
        self.seen = Some(wall);
        if begins || was_set_back {
            self.due = self.next(wall, wall, calendar);
        }
        let struck = self.due.filter(|due| *due <= wall).map(|due| {
            self.due = self.next(due, wall, calendar);
            if wall - due > LATE { Struck::Late(length(wall - due)) } else { Struck::OnTime }
        });
        self.look_at = self.due.map(|due| now + length(due - wall).min(LOOK));
        struck
    }

    /// Returns the first time after `wall`; what is due again and again counts from `last`.
    fn next(&self, last: i64, wall: i64, calendar: &dyn Calendar) -> Option<i64> {
        match self.schedule.when {
            When::Every(every) => {
                let every = i64::try_from(every.as_millis()).unwrap_or(i64::MAX).max(1);
                let rounds = (wall - last) / every + 1;
                Some(last.saturating_add(rounds.saturating_mul(every)))
            }
            When::Cron(_) | When::DailyAt { .. } => {
                let after = wall.div_euclid(1000);
                let next = calendar.next(&self.schedule, after)?;
                // A calendar that is wrong must not make the mind spin.
                Some(next.max(after + 1).saturating_mul(1000))
            }
        }
    }
}

impl Instance {
    /// Looks whether the clock wants it to run.
    pub(super) fn tend_clock(
        &mut self,
        now: Time,
        wall: i64,
        calendar: &dyn Calendar,
        effects: &mut Vec<Effect>,
    ) {
        let is_wanted = self.want != Want::Down;
        let Some(clock) = self.clock.as_mut().filter(|_| is_wanted) else { return };
        let missed = match clock.look(now, wall, calendar) {
            None => return,
            Some(Struck::OnTime) => None,
            Some(Struck::Late(late)) => Some(late),
        };
        if let Some(late) = missed {
            let (instance, follows) = (self.id.clone(), clock.schedule.missed);
            effects.push(Effect::Note(Note::WasMissed { instance, late, follows }));
            if follows == Missed::Skip {
                return;
            }
        }
        match self.phase {
            Phase::Pending | Phase::Waiting => clock.fires = true,
            Phase::Starting { .. }
            | Phase::Running { .. }
            | Phase::Stopping { .. }
            | Phase::Backoff { .. }
            | Phase::Exited { .. } => self.collide(effects),
        }
    }

    /// It is due while its last run still runs, or is about to be tried again.
    fn collide(&mut self, effects: &mut Vec<Effect>) {
        let Some(clock) = &mut self.clock else { return };
        let follows = clock.schedule.overlap;
        let says = follows != Overlap::Queue || !clock.fires;
        match follows {
            Overlap::Skip => {}
            Overlap::Queue => clock.fires = true,
            Overlap::Kill => {
                clock.fires = true;
                self.now_wants(Want::Bounce);
                if let Some(run) = &mut self.run {
                    run.because.get_or_insert(super::Because::Clock);
                }
            }
        }
        if says {
            effects.push(Effect::Note(Note::StillBusy { instance: self.id.clone(), follows }));
        }
    }

    /// Returns whether the clock keeps it from starting.
    pub(super) fn is_early(&self) -> bool {
        self.clock.as_ref().is_some_and(|clock| !clock.fires)
    }

    /// Returns when [`Instance::tend_clock`] has to look again.
    pub(super) fn clock_due(&self) -> Option<Time> {
        let clock = self.clock.as_ref().filter(|_| self.want != Want::Down)?;
        clock.look_at
    }
}
