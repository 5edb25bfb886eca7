//! When to try to connect again, and what to try.

use std::time::{Duration, Instant};

use crate::ua::StatusCode;
use crate::ua::subscribe::Backoff;

/// Pauses between attempts: the first comes at once, then they double up to a longest one.
///
/// Each pause is shortened by up to half at random, so that clients of a server that has restarted
/// do not come back in step.
#[derive(Debug)]
pub(crate) struct Reconnect {
    backoff: Backoff,
    attempts: u32,
}

const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// Even the first attempt waits a little: connections of many clients break together.
const FIRST_JITTER: Duration = Duration::from_millis(100);

impl Reconnect {
    pub(crate) fn new(max_backoff: Duration) -> Self {
        Self { backoff: Backoff::new(FIRST_PAUSE.min(max_backoff), max_backoff), attempts: 0 }
    }

    /// Attempts that have failed since the connection was lost.
    pub(crate) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The connection is lost: when to make the first attempt. `random` lies in 0..1.
    pub(crate) fn lost(&mut self, now: Instant, random: f64) -> Instant {
        self.attempts = 0;
        self.backoff.reset();
        now + FIRST_JITTER.mul_f64(random)
    }

    /// An attempt failed: when to make the next. `random` lies in 0..1.
    pub(crate) fn failed(&mut self, now: Instant, random: f64) -> Instant {
        self.attempts = self.attempts.saturating_add(1);
        now + self.backoff.next().mul_f64(1.0 - random / 2.0)
    }
}

/// Whether a status says that the session no longer exists, so that a new one is needed.
pub(crate) fn session_is_gone(status: StatusCode) -> bool {
    use StatusCode as S;
    matches!(
        status,
        S::BadSessionIdInvalid
            | S::BadSessionClosed
            | S::BadSessionNotActivated
            | S::BadSecureChannelIdInvalid
            | S::BadSecureChannelClosed
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_start_over_after_success() {
        let mut reconnect = Reconnect::new(Duration::from_secs(3));
        let now = Instant::now();
        assert_eq!(reconnect.lost(now, 0.0), now);
        let pauses: Vec<_> = (0..5).map(|_| reconnect.failed(now, 0.0) - now).collect();
        assert_eq!(pauses, [500, 1000, 2000, 3000, 3000].map(Duration::from_millis));
        assert_eq!(reconnect.attempts(), 5);
        reconnect.lost(now, 0.0);
        assert_eq!(reconnect.failed(now, 0.0) - now, Duration::from_millis(500));
    }

    #[test]
    fn chance_shortens_a_pause_by_half_at_most() {
        let mut reconnect = Reconnect::new(Duration::from_secs(30));
        let now = Instant::now();
        assert!(reconnect.lost(now, 0.999) - now < FIRST_JITTER);
        let pause = reconnect.failed(now, 0.999) - now;
        assert!(pause > Duration::from_millis(250) && pause < Duration::from_millis(260), "{pause:?}");
    }
}
