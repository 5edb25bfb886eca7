//! When to ask for what; no I/O, no clock.

use std::time::{Duration, Instant};

use iiot_core::time::UtcTime;
use iiot_gds::policy::{Due, RenewalSchedule, Validity};

/// What to ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Task {
    /// A certificate.
    Enroll,
    /// How we stand.
    Look,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Our certificate has this validity.
    Issued(Validity),
    /// Somebody has to agree first.
    Pending,
    /// How we stand was told; whether we should ask for a certificate.
    Stands { renew: bool },
    /// It failed, and may do better soon.
    Failed,
    /// We were refused: a person has to do something first.
    Refused,
}

/// Says when to ask for what: for a certificate where there is none, how we stand at each interval, and for a certificate
/// again when that is due. What fails is tried again, ever later. Trust lists are followed while a certificate is waited for.
#[derive(Debug)]
pub(super) struct Plan {
    interval: Duration,
    renewal: Option<RenewalSchedule>,
    enroll: Track,
    look: Track,
}

/// When to ask, and how often that was in vain in a row.
#[derive(Debug, Default)]
struct Track {
    at: Option<Instant>,
    vain: u32,
}

impl Plan {
    /// `issued` is the validity of a certificate that we have already.
    pub(super) fn new(interval: Duration, issued: Option<Validity>, now: Instant) -> Self {
        let at = |wanted: bool| Track { at: wanted.then_some(now), vain: 0 };
        let renewal = issued.map(RenewalSchedule::new);
        Self { interval, enroll: at(renewal.is_none()), look: at(renewal.is_some()), renewal }
    }

    /// What is next, and when.
    pub(super) fn next(&self) -> (Task, Instant) {
        match (self.enroll.at, self.look.at) {
            (Some(enroll), Some(look)) if look < enroll => (Task::Look, look),
            (Some(enroll), _) => (Task::Enroll, enroll),
            (None, Some(look)) => (Task::Look, look),
            (None, None) => unreachable!("one of them is always wanted"),
        }
    }

    /// What became of a task. `random` spreads many edges, which all come back at once when their manager does.
    pub(super) fn handle(&mut self, task: Task, outcome: Outcome, (now, utc): (Instant, UtcTime), random: u32) {
        match (task, outcome) {
            (_, Outcome::Issued(validity)) => {
                self.renewal = Some(RenewalSchedule::new(validity));
                self.enroll = Track::default();
                // The lists may not be there yet.
                self.look.at = Some(now);
            }
            (_, Outcome::Stands { renew }) => {
                self.look = Track { at: Some(now + spread(self.interval, random)), vain: 0 };
                let due = self.renewal.as_ref().is_none_or(|renewal| renewal.next(utc) == Due::Now);
                if renew || due {
                    self.enroll.at.get_or_insert(now);
                }
            }
            (Task::Enroll, Outcome::Refused) => self.enroll.again(now, LONG..=HOUR, random),
            (Task::Enroll, _) => self.enroll.again(now, SHORT..=LONG, random),
            (Task::Look, Outcome::Refused) => {
                self.look.again(now, LONG..=HOUR, random);
                // Where nobody has enrolled with our token yet.
                self.enroll.at.get_or_insert(now);
            }
            (Task::Look, _) => self.look.again(now, SHORT..=LONG.max(self.interval), random),
        }
    }
}

impl Track {
    fn again(&mut self, now: Instant, range: std::ops::RangeInclusive<Duration>, random: u32) {
        let pause = (*range.start() * 2_u32.pow(self.vain.min(10))).min(*range.end());
        self.vain = self.vain.saturating_add(1);
        self.at = Some(now + spread(pause, random));
    }
}

/// Up to a fifth less.
fn spread(pause: Duration, random: u32) -> Duration {
    pause.mul_f64(1.0 - 0.2 * f64::from(random) / f64::from(u32::MAX))
}

const SHORT: Duration = Duration::from_secs(5);
const LONG: Duration = Duration::from_secs(300);
const HOUR: Duration = Duration::from_secs(3600);

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);
    const DAY: Duration = Duration::from_secs(86_400);

    /// A plan, and made-up time.
    struct Scene {
        plan: Plan,
        start: Instant,
    }

    impl Scene {
        fn new(issued: Option<Validity>) -> Self {
            let start = Instant::now();
            Self { plan: Plan::new(MINUTE, issued, start), start }
        }

        fn next(&self) -> (Task, Duration) {
            let (task, at) = self.plan.next();
            (task, at - self.start)
        }

        /// What comes next ends so; what is next then.
        fn ends(&mut self, outcome: Outcome) -> (Task, Duration) {
            let (task, at) = self.plan.next();
            self.plan.handle(task, outcome, (at, UtcTime::UNIX_EPOCH + (at - self.start)), 0);
            self.next()
        }
    }

    fn days(from: u32, until: u32) -> Validity {
        Validity { from: UtcTime::UNIX_EPOCH + DAY * from, until: UtcTime::UNIX_EPOCH + DAY * until }
    }

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn without_a_certificate_it_asks_for_one_ever_later_and_then_for_lists() {
        let mut scene = Scene::new(None);
        assert_eq!(scene.next(), (Task::Enroll, seconds(0)));
        assert_eq!(scene.ends(Outcome::Failed), (Task::Enroll, seconds(5)));
        assert_eq!(scene.ends(Outcome::Pending), (Task::Enroll, seconds(15)));
        let late = (0..20).map(|_| scene.ends(Outcome::Pending).1).collect::<Vec<_>>();
        assert_eq!(late[19] - late[18], LONG);
        assert_eq!(scene.ends(Outcome::Issued(days(0, 90))), (Task::Look, late[19]));
        assert_eq!(scene.ends(Outcome::Stands { renew: false }), (Task::Look, late[19] + MINUTE));
    }

    #[test]
    fn it_renews_after_two_thirds_of_the_life_or_when_it_is_told_to() {
        let mut scene = Scene::new(Some(days(0, 90)));
        assert_eq!(scene.next(), (Task::Look, seconds(0)));
        while scene.ends(Outcome::Stands { renew: false }).0 == Task::Look {}
        let at = scene.next().1;
        assert!(at >= DAY * 60 && at < DAY * 60 + MINUTE, "{at:?}");
        assert_eq!(scene.ends(Outcome::Issued(days(60, 150))), (Task::Look, at));
        assert_eq!(scene.ends(Outcome::Stands { renew: true }), (Task::Enroll, at));
    }

    #[test]
    fn lists_are_followed_while_a_renewal_is_waited_for() {
        let mut scene = Scene::new(Some(days(0, 90)));
        scene.ends(Outcome::Stands { renew: true });
        let mut looks = 0;
        for _ in 0..100 {
            let outcome = match scene.next().0 {
                Task::Enroll => Outcome::Pending,
                Task::Look => Outcome::Stands { renew: true },
            };
            looks += u32::from(scene.next().0 == Task::Look);
            scene.ends(outcome);
        }
        assert!(looks > 70, "{looks} of 100");
    }

    #[test]
    fn who_is_refused_comes_back_seldom() {
        let mut scene = Scene::new(None);
        let times = (0..9).map(|_| scene.ends(Outcome::Refused).1).collect::<Vec<_>>();
        assert_eq!(times[0], LONG);
        assert_eq!(times[8] - times[7], HOUR);
    }

    #[test]
    fn a_token_that_nobody_has_used_leads_to_enrolment() {
        let mut scene = Scene::new(Some(days(0, 90)));
        assert_eq!(scene.ends(Outcome::Refused), (Task::Enroll, seconds(0)));
    }

    #[test]
    fn many_are_spread() {
        let mut plan = Plan::new(MINUTE, Some(days(0, 90)), Instant::now());
        let now = Instant::now();
        plan.handle(Task::Look, Outcome::Stands { renew: false }, (now, UtcTime::UNIX_EPOCH), u32::MAX);
        assert_eq!(plan.next().1 - now, seconds(48));
    }
}
