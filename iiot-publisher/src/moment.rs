//! A point of the monotonic clock in eight bytes, for what there are many of.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// An [`Instant`], to the nanosecond within three centuries around the first one that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(i64);

impl Moment {
    pub(crate) fn instant(self) -> Instant {
        let distance = Duration::from_nanos(self.0.unsigned_abs());
        let from =
            |anchor: Instant| if self.0 < 0 { anchor.checked_sub(distance) } else { anchor.checked_add(distance) };
        from(anchor(Instant::now)).expect("it was made from an instant")
    }
}

impl From<Instant> for Moment {
    fn from(instant: Instant) -> Self {
        let anchor = anchor(|| instant);
        let nanoseconds = |time: Duration| i64::try_from(time.as_nanos()).unwrap_or(i64::MAX);
        match instant.checked_duration_since(anchor) {
            Some(after) => Self(nanoseconds(after)),
            None => Self(-nanoseconds(anchor.duration_since(instant))),
        }
    }
}

/// What all moments of the process are counted from.
fn anchor(first: impl FnOnce() -> Instant) -> Instant {
    static ANCHOR: OnceLock<Instant> = OnceLock::new();
    *ANCHOR.get_or_init(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_the_instant_it_was_made_from() {
        let now = Instant::now();
        let (hour, tick) = (Duration::from_secs(3600), Duration::from_nanos(1));
        let instants = [now.checked_sub(hour).unwrap_or(now), now, now + tick, now + hour * 24 * 365];
        let moments = instants.map(Moment::from);
        assert_eq!(moments.map(Moment::instant), instants);
        assert!(moments.is_sorted());
    }
}
