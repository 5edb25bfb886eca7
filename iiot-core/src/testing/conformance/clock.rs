//! What every [`Clock`] keeps.

use std::time::Duration;

use futures::FutureExt;
use parking_lot::Mutex;

use crate::clock::Clock;
use crate::testing::within;

/// Runs the contract of [`Clock`]. `pass` lets so much time pass on a clock that does not go by
/// itself, and does nothing for others.
///
/// # Panics
/// Where the contract is broken.
pub async fn clock(clock: &dyn Clock, pass: impl Fn(Duration)) {
    a_deadline_that_has_come_does_not_wait(clock).await;
    a_sleeper_wakes_at_its_deadline(clock, &pass).await;
    every_sleeper_wakes_and_none_before_its_deadline(clock, &pass).await;
}

async fn a_deadline_that_has_come_does_not_wait(clock: &dyn Clock) {
    let now = clock.now();
    within("no wait", PATIENCE, clock.sleep_until(now)).await;
}

async fn a_sleeper_wakes_at_its_deadline(clock: &dyn Clock, pass: &impl Fn(Duration)) {
    let (start, utc) = (clock.now(), clock.utc());
    let mut sleep = clock.sleep_until(start + STEP);
    if sleep.as_mut().now_or_never().is_none() {
        pass(STEP);
        within("the sleeper wakes", PATIENCE, sleep).await;
    }
    assert!(clock.now() >= start + STEP, "not before its deadline");
    // The time of day can be set back, but hardly in the middle of this.
    assert!(clock.utc() > utc, "the time of day goes on");
}

async fn every_sleeper_wakes_and_none_before_its_deadline(clock: &dyn Clock, pass: &impl Fn(Duration)) {
    let start = clock.now();
    let woken = Mutex::new(Vec::new());
    let sleeper = async |steps: u32| {
        clock.sleep_until(start + steps * STEP).await;
        assert!(clock.now() >= start + steps * STEP, "none wakes before its time");
        woken.lock().push(steps);
    };
    let mut all = Box::pin(async { futures::join!(sleeper(3), sleeper(1), sleeper(2)) }).fuse();
    for _ in 0..3 {
        // Whoever waits has told the clock before it goes on.
        let _ = (&mut all).now_or_never();
        pass(STEP);
    }
    if woken.lock().len() < 3 {
        within("all wake", PATIENCE, all).await;
    }
    let mut woken = woken.lock().clone();
    // Who is late may wake with others, in any order.
    woken.sort_unstable();
    assert_eq!(woken, [1, 2, 3]);
}

const STEP: Duration = Duration::from_millis(30);
const PATIENCE: Duration = Duration::from_secs(20);
