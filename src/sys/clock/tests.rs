use std::time::Duration;

use super::{Clock, wall};

#[test]
fn a_suspension_is_left_out() {
    let clock = Clock::start();
    let before = clock.now();
    clock.suspended(Duration::from_secs(3600));
    assert!(clock.now() < before + Duration::from_secs(1), "{} {}", before, clock.now());
}

#[test]
fn local_time_is_near_universal_time() {
    let now = wall();
    // 2025-01-01; offsets reach from -12 to +14 hours.
    assert!(now.seconds > 1_735_689_600);
    assert!((-12 * 3600..=14 * 3600).contains(&now.utc_offset));
}
