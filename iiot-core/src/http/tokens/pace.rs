//! When the keys of an issuer are fetched.

use std::time::{Duration, Instant};

/// When it was done, and tried.
#[derive(Debug, Default)]
pub(super) struct Pace {
    fetched: Option<Instant>,
    tried: Option<Instant>,
}

impl Pace {
    /// Whether there are keys that should be looked at again.
    pub(super) fn is_stale(&self, now: Instant) -> bool {
        self.fetched.is_some_and(|fetched| now.duration_since(fetched) >= FRESH) && self.may_try(now)
    }

    /// Whether it may be tried; if so, it counts as tried.
    pub(super) fn try_now(&mut self, now: Instant) -> bool {
        let may = self.may_try(now);
        if may {
            self.tried = Some(now);
        }
        may
    }

    pub(super) fn fetched(&mut self, now: Instant) {
        self.fetched = Some(now);
    }

    /// Whoever makes up tokens must not make us ask the issuer all the time.
    fn may_try(&self, now: Instant) -> bool {
        self.tried.is_none_or(|tried| now.duration_since(tried) >= PAUSE)
    }
}

/// After that, keys that the issuer no longer names are forgotten.
const FRESH: Duration = Duration::from_secs(600);
const PAUSE: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_fetched_at_once_then_seldom() {
        let (mut pace, start) = (Pace::default(), Instant::now());
        assert!(!pace.is_stale(start), "there is nothing yet: whoever asks waits for it");
        assert!(pace.try_now(start));
        assert!(!pace.try_now(start + PAUSE / 2));
        assert!(pace.try_now(start + PAUSE), "the first attempt has failed");
        pace.fetched(start + PAUSE);
        assert!(!pace.is_stale(start + PAUSE + FRESH / 2));
        assert!(pace.is_stale(start + PAUSE + FRESH));
        assert!(pace.try_now(start + PAUSE + FRESH));
        assert!(!pace.is_stale(start + PAUSE + FRESH), "it is being tried");
    }
}
