//! When a certificate is to be renewed.

use std::time::Duration;

use iiot_core::time::UtcTime;

use super::{Due, Validity};

/// Says when a certificate is to be renewed: after two thirds of its life, and again after a failure, an hour later at
/// first, then twice as late each time, up to a day.
///
/// ```
/// use std::time::Duration;
/// use iiot_core::time::UtcTime;
/// use iiot_gds::policy::{Due, RenewalEvent, RenewalSchedule, Validity};
///
/// const DAY: Duration = Duration::from_secs(86_400);
/// let from = UtcTime::UNIX_EPOCH;
/// let mut schedule = RenewalSchedule::new(Validity { from, until: from + 90 * DAY });
/// assert_eq!(schedule.next(from), Due::At(from + 60 * DAY));
/// schedule.handle(RenewalEvent::Failed, from + 60 * DAY);
/// assert_eq!(schedule.next(from + 60 * DAY), Due::At(from + 60 * DAY + Duration::from_secs(3600)));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenewalSchedule {
    validity: Validity,
    failures: u32,
    /// When it may be tried again.
    retry: Option<UtcTime>,
    under_way: bool,
}

/// What happened to a renewal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RenewalEvent {
    /// It is under way.
    Started,
    /// It has failed.
    Failed,
    /// There is a new certificate.
    Renewed(Validity),
}

impl RenewalSchedule {
    /// Of a certificate with this validity.
    #[must_use]
    pub fn new(validity: Validity) -> Self {
        Self { validity, failures: 0, retry: None, under_way: false }
    }

    /// What has happened.
    pub fn handle(&mut self, event: RenewalEvent, now: UtcTime) {
        match event {
            RenewalEvent::Started => self.under_way = true,
            RenewalEvent::Failed => {
                self.under_way = false;
                self.retry = Some(now + (HOUR * 2_u32.pow(self.failures.min(5))).min(LONGEST));
                self.failures += 1;
            }
            RenewalEvent::Renewed(validity) => *self = Self::new(validity),
        }
    }

    /// When it is due; [`Due::Never`] while it is under way.
    #[must_use]
    pub fn next(&self, now: UtcTime) -> Due {
        if self.under_way {
            return Due::Never;
        }
        // A retry that is far away was set by a clock that has been set back since.
        let retry = self.retry.filter(|retry| *retry <= now + LONGEST);
        let due = self.due();
        let at = retry.map_or(due, |retry| retry.max(due));
        if at <= now { Due::Now } else { Due::At(at) }
    }

    /// When two thirds of its life are over.
    #[must_use]
    pub fn due(&self) -> UtcTime {
        let Validity { from, until } = self.validity;
        from + until.since(from) / 3 * 2
    }

    /// For how long it is still valid; zero if it has expired.
    #[must_use]
    pub fn remaining(&self, now: UtcTime) -> Duration {
        self.validity.until.since(now)
    }
}

const HOUR: Duration = Duration::from_secs(3600);
const LONGEST: Duration = Duration::from_secs(86_400);
