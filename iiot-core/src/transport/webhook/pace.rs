//! When the next attempt is made.

use std::time::{Duration, Instant};

use super::verdict::Verdict;
use crate::transport::backoff::Backoff;

/// Attempts of one line: at once while they succeed, then ever more seldom.
#[derive(Debug)]
pub(super) struct Pace {
    backoff: Backoff,
    next: Option<Instant>,
}

impl Default for Pace {
    fn default() -> Self {
        Self { backoff: Backoff::new(Duration::from_millis(500), Duration::from_secs(60)), next: None }
    }
}

impl Pace {
    /// An attempt came to this; `random` decides by how much the pause is shortened.
    pub(super) fn handle(&mut self, verdict: &Verdict, now: Instant, random: u32) {
        let asked = match verdict {
            Verdict::Taken => {
                self.backoff.succeeded();
                self.next = None;
                return;
            }
            Verdict::Never { .. } => Duration::ZERO,
            Verdict::Later { retry_after, .. } => retry_after.unwrap_or_default().min(MAX_ASKED),
        };
        self.next = Some(now + self.backoff.after_failure(random).max(asked));
    }

    /// When the next attempt may be made; at once where `None`.
    pub(super) fn next_attempt(&self) -> Option<Instant> {
        self.next
    }
}

/// A server that asks for more is asked again after this time.
const MAX_ASKED: Duration = Duration::from_secs(3600);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn pauses_grow_obey_the_server_and_end_with_success() {
        let mut pace = Pace::default();
        let now = Instant::now();
        let pause = |pace: &Pace| pace.next_attempt().unwrap().duration_since(now).as_millis();
        let later =
            |seconds: Option<u64>| Verdict::Later { reason: "x".into(), retry_after: seconds.map(Duration::from_secs) };
        assert_eq!(pace.next_attempt(), None);
        pace.handle(&later(None), now, 0);
        assert_eq!(pause(&pace), 500);
        pace.handle(&later(None), now, u32::MAX);
        assert_eq!(pause(&pace), 500, "1000, shortened by half");
        pace.handle(&later(Some(120)), now, 0);
        assert_eq!(pause(&pace), 120_000);
        pace.handle(&later(Some(1 << 40)), now, 0);
        assert_eq!(pause(&pace), 3_600_000);
        for _ in 0..10 {
            pace.handle(&later(Some(0)), now, 0);
        }
        assert_eq!(pause(&pace), 60_000);
        pace.handle(&Verdict::Taken, now, 0);
        assert_eq!(pace.next_attempt(), None);
        pace.handle(&later(None), now, 0);
        assert_eq!(pause(&pace), 500);
    }
}
