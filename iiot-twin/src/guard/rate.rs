//! How many changes a minute.

use std::collections::HashMap;
use std::time::{Duration, Instant};

/// Counts the changes of each principal at each endpoint.
#[derive(Debug, Default)]
pub(super) struct Rates(HashMap<(String, String), Bucket>);

/// Changes that are left at a moment.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    left: f64,
    at: Instant,
}

impl Rates {
    /// Whether one more may be made: as many as are allowed in a minute at once, then as they come back.
    pub(super) fn take(&mut self, endpoint: &str, principal: &str, per_minute: u32, now: Instant) -> bool {
        if self.0.len() >= MAX_BUCKETS {
            self.0.retain(|_, bucket| now.saturating_duration_since(bucket.at) < MINUTE);
        }
        let (full, key) = (f64::from(per_minute), (endpoint.to_owned(), principal.to_owned()));
        if self.0.len() >= MAX_BUCKETS && !self.0.contains_key(&key) {
            return false;
        }
        let bucket = self.0.entry(key).or_insert(Bucket { left: full, at: now });
        let back = now.saturating_duration_since(bucket.at).as_secs_f64() / MINUTE.as_secs_f64() * full;
        *bucket = Bucket { left: (bucket.left + back).min(full), at: now };
        let enough = bucket.left >= 1.0;
        bucket.left -= f64::from(u8::from(enough));
        enough
    }
}

const MINUTE: Duration = Duration::from_secs(60);
const MAX_BUCKETS: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_as_allowed_pass_and_come_back() {
        let (mut rates, start) = (Rates::default(), Instant::now());
        let taken = |rates: &mut Rates, who: &str, now| (0..10).filter(|_| rates.take("plc", who, 6, now)).count();
        assert_eq!(taken(&mut rates, "alice", start), 6);
        assert_eq!(taken(&mut rates, "bob", start), 6, "each for itself");
        assert_eq!(taken(&mut rates, "alice", start + Duration::from_secs(9)), 0);
        assert_eq!(taken(&mut rates, "alice", start + Duration::from_secs(31)), 3);
        assert_eq!(taken(&mut rates, "alice", start + Duration::from_secs(3_600)), 6, "not more than in a minute");
        assert!(!rates.take("plc", "carol", 0, start));
    }

    #[test]
    fn there_are_not_more_buckets_than_the_bound() {
        let (mut rates, start) = (Rates::default(), Instant::now());
        for index in 0..MAX_BUCKETS {
            assert!(rates.take("plc", &index.to_string(), 1, start));
        }
        assert!(!rates.take("plc", "one more", 1, start));
        assert!(rates.take("plc", "one more", 1, start + MINUTE), "those that are full again are forgotten");
        assert_eq!(rates.0.len(), 1);
    }
}
