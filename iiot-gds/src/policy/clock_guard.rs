//! Whether the clock can be believed.

use std::fmt;
use std::time::{Duration, Instant};

use iiot_core::time::UtcTime;
use iiot_core::{Error, ErrorKind};

use super::validity::before;

/// Notices that the clock of the machine was set, by a time that only rises and by the times that are on record: nothing is
/// signed with a time that cannot be right.
///
/// It lets pass what a time service does to a clock: drift, and [steps](Self::STEP) of 5 minutes in all.
///
/// ```
/// use std::time::{Duration, Instant};
/// use iiot_core::time::UtcTime;
/// use iiot_gds::policy::ClockGuard;
///
/// const DAY: Duration = Duration::from_secs(86_400);
/// let (utc, then) = (UtcTime::UNIX_EPOCH + 365 * DAY, Instant::now());
/// let mut guard = ClockGuard::new(UtcTime::UNIX_EPOCH);
/// assert_eq!(guard.check(utc, then)?, utc);
/// assert!(guard.check(utc + DAY, then + Duration::from_secs(1)).is_err(), "a day has not passed");
/// # Ok::<(), iiot_gds::policy::ClockJump>(())
/// ```
#[derive(Debug, Clone)]
pub struct ClockGuard {
    /// The latest time that is on record.
    recorded: UtcTime,
    /// What it should show now follows from what it should have shown then.
    anchor: Option<(UtcTime, Instant)>,
}

/// The clock was set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockJump {
    /// What it shows.
    pub shows: UtcTime,
    /// What it should show, or the latest time on record if it shows an earlier one.
    pub expected: UtcTime,
}

impl ClockGuard {
    /// The largest difference that is taken for right.
    pub const STEP: Duration = Duration::from_secs(300);

    /// One that knows the latest time on record.
    #[must_use]
    pub fn new(recorded: UtcTime) -> Self {
        Self { recorded, anchor: None }
    }

    /// The time that the clock shows, if it can be right: it goes on as the other one does, and is not before what is on
    /// record.
    ///
    /// # Errors
    /// If it was set. It is right again once it shows the time that it should, or an operator
    /// [believes](Self::believe) it.
    pub fn check(&mut self, utc: UtcTime, at: Instant) -> Result<UtcTime, ClockJump> {
        let expected = self.expected(at).unwrap_or(utc).max(self.recorded);
        if utc + Self::STEP < expected || self.anchor.is_some() && before(utc, Self::STEP) > expected {
            return Err(ClockJump { shows: utc, expected });
        }
        self.anchor = Some((self.followed(utc, at), at));
        Ok(utc)
    }

    /// Something was put on record with this time.
    pub fn recorded(&mut self, at: UtcTime) {
        self.recorded = self.recorded.max(at);
    }

    /// An operator says that the clock is right as it is now.
    pub fn believe(&mut self, utc: UtcTime, at: Instant) {
        *self = Self { recorded: utc, anchor: Some((utc, at)) };
    }

    /// What the next check goes by: the time that was expected, led towards the one that is shown, no quicker than an
    /// oscillator drifts. Else many small steps would come to a large one.
    fn followed(&self, utc: UtcTime, at: Instant) -> UtcTime {
        let (Some((_, then)), Some(expected)) = (self.anchor, self.expected(at)) else { return utc };
        let drift = at.saturating_duration_since(then) / DRIFT;
        utc.clamp(before(expected, drift), expected + drift)
    }

    fn expected(&self, at: Instant) -> Option<UtcTime> {
        self.anchor.map(|(utc, then)| utc + at.saturating_duration_since(then))
    }
}

/// An oscillator loses or gains a second in so many.
const DRIFT: u32 = 10_000;

impl fmt::Display for ClockJump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the clock shows {}, and it should be {}", self.shows, self.expected)
    }
}

impl std::error::Error for ClockJump {}

impl From<ClockJump> for Error {
    fn from(jump: ClockJump) -> Self {
        let message = "the clock of this machine was set: set it right, or say that it is right now";
        Self::new(ErrorKind::Unavailable, "read clock", message).because(jump)
    }
}
