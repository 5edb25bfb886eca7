//! What is due for a device, and which devices come first. No I/O, no clock.

use std::time::Duration;

use iiot_core::time::UtcTime;

use super::essence::Change;

/// Decides what is due for devices.
///
/// ```
/// use iiot_core::time::UtcTime;
/// use iiot_gds::devices::{Change, KeeperRules, Need, PushNeed, Situation, Upkeep, Verdict};
///
/// let (upkeep, now) = (Upkeep::new(KeeperRules::default()), UtcTime::UNIX_EPOCH);
/// let current = Situation { is_confirmed: true, is_automatic: true, ..Situation::default() };
/// assert_eq!(upkeep.verdict(&current, now), Verdict::Rest { until: None });
/// let revoked = Situation { lists: Some(Change::Withdraws), ..current };
/// let push = PushNeed { need: Need::Withdraw, lists: true, certificate: false };
/// assert_eq!(upkeep.verdict(&revoked, now), Verdict::Begin(push));
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Upkeep {
    rules: KeeperRules,
}

/// When the keeper does what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeeperRules {
    /// Pushes at a time. Default 16.
    pub parallel: usize,
    /// How often it is looked whether somebody else has changed the records. Default 5 s.
    pub poll: Duration,
    /// The first pause after a push that failed; it doubles with each. Default 10 s.
    pub first_pause: Duration,
    /// The longest of these pauses: a device that was away has what it should have so long after it is back. Default 5 min.
    pub longest_pause: Duration,
    /// The first pause after a device has shown something else than what was pushed to it. Default 1 h.
    pub first_pause_of_liars: Duration,
    /// The longest of these. Default 24 h.
    pub longest_pause_of_liars: Duration,
    /// How long certificates that were replaced are collected, so that one revocation list names them all: each list that
    /// names more is pushed to all devices. Default 24 h.
    pub collect: Duration,
}

/// How it stands with a device.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Situation {
    /// Somebody has said which certificate is its own.
    pub is_confirmed: bool,
    /// It is looked after by itself.
    pub is_automatic: bool,
    /// A roll-out has it.
    pub is_held: bool,
    /// Somebody wants a push.
    pub is_asked: bool,
    /// The last push is not over.
    pub is_under_way: bool,
    /// People vote on a certificate for it.
    pub is_waiting_for_votes: bool,
    /// What differs between the trust list that it should have and the one that it has.
    pub lists: Option<Change>,
    /// Whether the trust list that differs is what failed to get there last.
    pub was_tried: bool,
    /// When the revocation lists that it has should be replaced, if nothing else brings new ones before.
    pub refresh_at: Option<UtcTime>,
    /// How it stands with its certificate.
    pub certificate: CertificateNeed,
    /// Whether certificate and trust list must come in two pushes, since people vote on certificates and trust lists do not
    /// wait for them.
    pub is_voted_on: bool,
    /// Not before this time, after failures.
    pub retry_at: Option<UtcTime>,
}

/// How it stands with the certificate of a device.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CertificateNeed {
    /// It gets none.
    #[default]
    None,
    /// A new one at this time.
    At(UtcTime),
    /// A new one now.
    Now,
}

/// What a push is for, the most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Need {
    /// Something is trusted no longer.
    Withdraw,
    /// Somebody wants it.
    Asked,
    /// The trust list differs otherwise.
    Extend,
    /// The certificate must be replaced.
    Certificate,
    /// The revocation lists get old.
    Refresh,
}

/// A push that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PushNeed {
    /// What for.
    pub need: Need,
    /// Whether it brings the trust list.
    pub lists: bool,
    /// Whether it brings a certificate.
    pub certificate: bool,
}

/// What is to be done with a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing before this time, or until something changes.
    Rest {
        /// When to look again.
        until: Option<UtcTime>,
    },
    /// The push that is under way is to be carried on.
    CarryOn,
    /// The push under way, which waits for votes, must make room.
    SetAside,
    /// A push is to begin.
    Begin(PushNeed),
}

impl Default for KeeperRules {
    fn default() -> Self {
        let (minute, hour) = (Duration::from_secs(60), Duration::from_secs(3600));
        Self {
            parallel: 16,
            poll: Duration::from_secs(5),
            first_pause: Duration::from_secs(10),
            longest_pause: minute * 5,
            first_pause_of_liars: hour,
            longest_pause_of_liars: hour * 24,
            collect: hour * 24,
        }
    }
}

impl Upkeep {
    /// By these rules.
    #[must_use]
    pub const fn new(rules: KeeperRules) -> Self {
        Self { rules }
    }

    /// The rules.
    #[must_use]
    pub const fn rules(&self) -> &KeeperRules {
        &self.rules
    }

    /// What is to be done.
    #[must_use]
    pub fn verdict(&self, of: &Situation, now: UtcTime) -> Verdict {
        if of.is_under_way {
            return if !of.is_waiting_for_votes {
                Verdict::CarryOn
            } else if of.lists.is_some() && !self.is_paused(of, now) {
                Verdict::SetAside
            } else {
                Verdict::Rest { until: None }
            };
        }
        let is_free = of.is_asked || (of.is_automatic && !of.is_held);
        if !of.is_confirmed || !is_free {
            return Verdict::Rest { until: None };
        }
        match self.wanted(of, now) {
            Ok(_) if self.is_paused(of, now) => Verdict::Rest { until: of.retry_at },
            Ok(push) => Verdict::Begin(push),
            Err(until) => Verdict::Rest { until },
        }
    }

    /// The push of a device that a roll-out wants now, whatever is due.
    #[must_use]
    pub fn rolled_out(of: &Situation, renew: bool) -> PushNeed {
        PushNeed {
            need: Need::Asked,
            lists: true,
            certificate: renew || matches!(of.certificate, CertificateNeed::Now),
        }
    }

    /// When to try again after so many failures in a row, at least one.
    #[must_use]
    pub fn retry_at(&self, failures: u32, is_liar: bool, now: UtcTime) -> UtcTime {
        let (first, longest) = match is_liar {
            true => (self.rules.first_pause_of_liars, self.rules.longest_pause_of_liars),
            false => (self.rules.first_pause, self.rules.longest_pause),
        };
        now + first.saturating_mul(2_u32.saturating_pow(failures.saturating_sub(1))).min(longest)
    }

    /// The push that is wanted; else when one will be.
    fn wanted(&self, of: &Situation, now: UtcTime) -> Result<PushNeed, Option<UtcTime>> {
        let certificate = matches!(of.certificate, CertificateNeed::Now)
            || matches!(of.certificate, CertificateNeed::At(at) if at <= now);
        let refresh = of.refresh_at.is_some_and(|at| at <= now);
        let need = match (of.lists, of.is_asked) {
            (Some(Change::Withdraws), _) => Need::Withdraw,
            (_, true) => Need::Asked,
            (Some(Change::Extends), _) => Need::Extend,
            (None, _) if certificate => Need::Certificate,
            (None, _) if refresh => Need::Refresh,
            _ => return Err(later(of)),
        };
        // What is withdrawn does not wait for a certificate that failed before; nor does a trust list for votes.
        let lists_alone = of.lists.is_some() && (of.is_voted_on || self.waits(of, now));
        Ok(PushNeed { need, lists: true, certificate: certificate && !lists_alone })
    }

    /// Whether it pauses after a failure, and nothing new is to be pushed.
    fn is_paused(&self, of: &Situation, now: UtcTime) -> bool {
        self.waits(of, now) && (of.lists.is_none() || of.was_tried)
    }

    fn waits(&self, of: &Situation, now: UtcTime) -> bool {
        // A time far away was set by a clock that has been set back since.
        let longest = self.rules.longest_pause.max(self.rules.longest_pause_of_liars);
        of.retry_at.is_some_and(|at| at > now && at <= now + longest)
    }
}

fn later(of: &Situation) -> Option<UtcTime> {
    let certificate = if let CertificateNeed::At(at) = of.certificate { Some(at) } else { None };
    [certificate, of.refresh_at].into_iter().flatten().min()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UtcTime = UtcTime::UNIX_EPOCH;
    const MINUTE: Duration = Duration::from_secs(60);

    fn current() -> Situation {
        Situation { is_confirmed: true, is_automatic: true, ..Situation::default() }
    }

    fn verdict(of: &Situation) -> Verdict {
        Upkeep::default().verdict(of, NOW)
    }

    fn needs(of: &Situation) -> Option<(Need, bool)> {
        match verdict(of) {
            Verdict::Begin(push) => Some((push.need, push.certificate)),
            _ => None,
        }
    }

    #[test]
    fn the_most_urgent_need_is_told() {
        let all = Situation {
            lists: Some(Change::Withdraws),
            certificate: CertificateNeed::Now,
            refresh_at: Some(NOW),
            is_asked: true,
            ..current()
        };
        assert_eq!(needs(&all), Some((Need::Withdraw, true)));
        assert_eq!(needs(&Situation { lists: None, ..all.clone() }), Some((Need::Asked, true)));
        let by_itself = Situation { is_asked: false, lists: Some(Change::Extends), ..all };
        assert_eq!(needs(&by_itself), Some((Need::Extend, true)));
        let same_lists = Situation { lists: None, ..by_itself };
        assert_eq!(needs(&same_lists), Some((Need::Certificate, true)));
        let same = Situation { certificate: CertificateNeed::At(NOW + MINUTE), ..same_lists };
        assert_eq!(needs(&same), Some((Need::Refresh, false)));
        let later = Situation { refresh_at: Some(NOW + MINUTE * 2), ..same };
        assert_eq!(verdict(&later), Verdict::Rest { until: Some(NOW + MINUTE) });
    }

    #[test]
    fn nothing_is_pushed_to_whom_nobody_has_confirmed_or_wants_to() {
        let differs = Situation { lists: Some(Change::Withdraws), ..current() };
        let rest = Verdict::Rest { until: None };
        assert_eq!(verdict(&Situation { is_confirmed: false, is_asked: true, ..differs.clone() }), rest);
        assert_eq!(verdict(&Situation { is_automatic: false, ..differs.clone() }), rest);
        assert_eq!(verdict(&Situation { is_held: true, ..differs.clone() }), rest);
        assert!(needs(&Situation { is_automatic: false, is_asked: true, ..differs }).is_some());
    }

    #[test]
    fn a_device_that_failed_rests_unless_something_else_is_to_be_pushed() {
        let failed = Situation {
            lists: Some(Change::Withdraws),
            was_tried: true,
            certificate: CertificateNeed::Now,
            retry_at: Some(NOW + MINUTE),
            ..current()
        };
        assert_eq!(verdict(&failed), Verdict::Rest { until: Some(NOW + MINUTE) });
        let other = Situation { was_tried: false, ..failed.clone() };
        assert_eq!(needs(&other), Some((Need::Withdraw, false)), "the certificate still rests");
        assert!(needs(&Situation { retry_at: Some(NOW), ..failed.clone() }).is_some());
        let set_back = Situation { retry_at: Some(NOW + MINUTE * 60 * 48), ..failed };
        assert!(needs(&set_back).is_some(), "the clock was set back");
    }

    #[test]
    fn trust_lists_do_not_wait_for_votes() {
        let voted = Situation {
            lists: Some(Change::Extends),
            certificate: CertificateNeed::Now,
            is_voted_on: true,
            ..current()
        };
        assert_eq!(needs(&voted), Some((Need::Extend, false)));
        assert_eq!(needs(&Situation { lists: None, ..voted.clone() }), Some((Need::Certificate, true)));
        let waiting = Situation { is_under_way: true, is_waiting_for_votes: true, ..voted };
        assert_eq!(verdict(&waiting), Verdict::SetAside);
        assert_eq!(verdict(&Situation { lists: None, ..waiting.clone() }), Verdict::Rest { until: None });
        assert_eq!(verdict(&Situation { is_waiting_for_votes: false, ..waiting }), Verdict::CarryOn);
    }

    #[test]
    fn pauses_double_and_liars_rest_longer() {
        let upkeep = Upkeep::default();
        let seconds = |failures, liar| upkeep.retry_at(failures, liar, NOW).since(NOW).as_secs();
        assert_eq!([1, 2, 3, 6, u32::MAX].map(|failures| seconds(failures, false)), [10, 20, 40, 300, 300]);
        assert_eq!([1, 2, 5, u32::MAX].map(|failures| seconds(failures, true)), [3600, 7200, 57_600, 86_400]);
    }
}
