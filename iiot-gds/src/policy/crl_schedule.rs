//! When an authority publishes a revocation list, and from when until when it holds.

use std::time::Duration;

use iiot_core::time::UtcTime;
use iiot_core::{Error, ErrorKind, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::BACKDATE;
use super::validity::{before, seconds};

/// How often revocation lists are published and for how long they hold.
///
/// A plant stops when its lists expire, so they hold for much longer than the time to the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CrlRules {
    /// A new one is made after so many hours, 1 to 168.
    pub reissue_hours: u32,
    /// One holds for so many days, 30 to 3,650.
    pub valid_days: u32,
}

impl Default for CrlRules {
    /// A new one every day, each for 30 days.
    fn default() -> Self {
        Self { reissue_hours: 24, valid_days: LEAST_DAYS }
    }
}

impl CrlRules {
    /// Those of an authority that is rarely used, as a root is: a new one every week, each for a year.
    #[must_use]
    pub const fn of_root() -> Self {
        Self { reissue_hours: 168, valid_days: 365 }
    }

    /// Whether they are sound.
    ///
    /// # Errors
    /// `InvalidArgument` with what is wrong.
    pub fn check(&self) -> Result<()> {
        let sound = (1..=168).contains(&self.reissue_hours) && (LEAST_DAYS..=3650).contains(&self.valid_days);
        let message = "revocation lists are made every 1 to 168 hours and hold for 30 to 3,650 days";
        let wrong = || Error::new(ErrorKind::InvalidArgument, "check revocation list rules", message);
        if sound { Ok(()) } else { Err(wrong()) }
    }

    fn reissue(&self) -> Duration {
        HOUR * self.reissue_hours
    }

    fn lifetime(&self) -> Duration {
        DAY * self.valid_days
    }
}

/// Says when the next revocation list of an authority is due.
///
/// ```
/// use iiot_core::time::UtcTime;
/// use iiot_gds::policy::{CrlEvent, CrlRules, CrlSchedule, Due};
///
/// let now = UtcTime::UNIX_EPOCH;
/// let mut schedule = CrlSchedule::new(CrlRules::default(), None);
/// assert_eq!(schedule.next(now), Due::Now, "there is one from the start");
/// schedule.handle(CrlEvent::Published(schedule.dates(now)), now);
/// assert!(matches!(schedule.next(now), Due::At(_)));
/// schedule.handle(CrlEvent::Revoked, now);
/// assert_eq!(schedule.next(now), Due::Now);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrlSchedule {
    rules: CrlRules,
    last: Option<CrlDates>,
    /// A certificate was revoked since.
    outdated: bool,
    failures: u32,
    retry: Option<UtcTime>,
}

/// From when until when a revocation list holds, in whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CrlDates {
    /// `thisUpdate`.
    pub this_update: UtcTime,
    /// `nextUpdate`.
    pub next_update: UtcTime,
}

/// What happened to the revocation lists of an authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CrlEvent {
    /// One was published.
    Published(CrlDates),
    /// A certificate was revoked that is on none yet.
    Revoked,
    /// One could not be made or published.
    Failed,
}

/// When something is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Now.
    Now,
    /// At this time.
    At(UtcTime),
    /// Not before something else has happened.
    Never,
}

/// The newest revocation list is too old: new ones fail, and nobody has seen to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CrlAlarm {
    /// When it ends to hold, and devices begin to refuse connections; `None` if there is none at all.
    pub next_update: Option<UtcTime>,
    /// So much of its time is over, in percent; 100 if there is none.
    pub percent: u32,
}

impl CrlSchedule {
    /// Of an authority whose newest list has these dates.
    #[must_use]
    pub fn new(rules: CrlRules, last: Option<CrlDates>) -> Self {
        Self { rules, last, outdated: false, failures: 0, retry: None }
    }

    /// The dates of the newest list.
    #[must_use]
    pub fn last(&self) -> Option<CrlDates> {
        self.last
    }

    /// What has happened.
    pub fn handle(&mut self, event: CrlEvent, now: UtcTime) {
        match event {
            CrlEvent::Published(dates) => *self = Self::new(self.rules, Some(dates)),
            CrlEvent::Revoked => self.outdated = true,
            CrlEvent::Failed => {
                self.retry = Some(now + (FIRST_RETRY * 2_u32.pow(self.failures.min(10))).min(LAST_RETRY));
                self.failures += 1;
            }
        }
    }

    /// When the next one is due.
    #[must_use]
    pub fn next(&self, now: UtcTime) -> Due {
        let wanted = match &self.last {
            Some(last) if !self.outdated => last.this_update + BACKDATE + self.rules.reissue(),
            _ => now,
        };
        // A retry that is far away was set by a clock that has been set back since.
        let retry = self.retry.filter(|retry| *retry <= now + LAST_RETRY);
        let at = retry.map_or(wanted, |retry| wanted.max(retry));
        if at <= now { Due::Now } else { Due::At(at) }
    }

    /// The dates of one that is made now. It is never older than the one before it, even if the clock was set back, and
    /// holds no less long.
    #[must_use]
    pub fn dates(&self, now: UtcTime) -> CrlDates {
        let this_update = seconds(before(now, BACKDATE));
        let next_update = seconds(now + self.rules.lifetime());
        match self.last {
            None => CrlDates { this_update, next_update },
            Some(last) => CrlDates {
                this_update: this_update.max(last.this_update),
                next_update: next_update.max(last.next_update),
            },
        }
    }

    /// Whether somebody must see to it: half of the newest one's time is over.
    #[must_use]
    pub fn alarm(&self, now: UtcTime) -> Option<CrlAlarm> {
        let Some(last) = self.last else { return Some(CrlAlarm { next_update: None, percent: 100 }) };
        let (life, age) = (last.next_update.since(last.this_update), now.since(last.this_update));
        let percent = (age.as_secs().saturating_mul(100) / life.as_secs().max(1)).min(100);
        let alarm = CrlAlarm { next_update: Some(last.next_update), percent: percent as u32 };
        (percent >= ALARM_PERCENT).then_some(alarm)
    }
}

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);
const LEAST_DAYS: u32 = 30;
const ALARM_PERCENT: u64 = 50;
const FIRST_RETRY: Duration = Duration::from_secs(1);
const LAST_RETRY: Duration = Duration::from_secs(600);
