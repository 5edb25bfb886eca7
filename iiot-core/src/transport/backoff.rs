//! How long to wait before the next attempt to connect.

use std::time::Duration;

/// Delays that double up to a limit, each shortened at random by up to half, so that a thousand
/// edges do not return to a restarted hub in the same moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backoff {
    /// The first delay, before it is shortened. Default 500 ms.
    pub initial: Duration,
    /// The longest delay. Default 10 s.
    pub max: Duration,
    failures: u32,
}

impl Backoff {
    /// Delays from `initial` to `max`.
    #[must_use]
    pub const fn new(initial: Duration, max: Duration) -> Self {
        Self { initial, max, failures: 0 }
    }

    /// The delay after one more failure; `random` decides by how much it is shortened.
    pub fn after_failure(&mut self, random: u32) -> Duration {
        let doubled = 2_u32.checked_pow(self.failures).and_then(|factor| self.initial.checked_mul(factor));
        self.failures = self.failures.saturating_add(1);
        let delay = doubled.unwrap_or(self.max).min(self.max);
        delay.mul_f64(1.0 - 0.5 * f64::from(random) / f64::from(u32::MAX))
    }

    /// Starts again with the shortest delay.
    pub const fn succeeded(&mut self) {
        self.failures = 0;
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Self::new(Duration::from_millis(500), Duration::from_secs(10))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_the_limit_and_start_again() {
        let mut backoff = Backoff::default();
        let delays: Vec<u128> = (0..7).map(|_| backoff.after_failure(0).as_millis()).collect();
        assert_eq!(delays, [500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
        for _ in 0..100 {
            assert!(backoff.after_failure(u32::MAX) >= Duration::from_secs(5));
        }
        backoff.succeeded();
        assert_eq!(backoff.after_failure(u32::MAX), Duration::from_millis(250));
    }
}
