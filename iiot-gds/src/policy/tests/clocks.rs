//! What is due when, and clocks that jump.

use std::time::Instant;

use proptest::prelude::*;

use super::*;

#[test]
fn a_certificate_ends_with_its_issuer_at_the_latest() {
    let issuer = Validity::of_root(start(), DAY * 100);
    let leaf = Validity::of(start() + DAY, DAY * 365, issuer).unwrap();
    assert_eq!(leaf.until, issuer.until);
    assert_eq!(leaf.from + BACKDATE, start() + DAY);
    let short = Validity::of(start(), DAY * 10, issuer).unwrap();
    assert_eq!((short.from, short.until), (issuer.from, start() + DAY * 10));
    assert!(Validity::of(start() + DAY * 100, DAY, issuer).is_err());
    assert!(Validity::of(UtcTime::UNIX_EPOCH, DAY, issuer).is_err());
}

#[test]
fn renewal_is_tried_again_later_and_later_up_to_a_day() {
    let until = start() + DAY * 90;
    let mut schedule = RenewalSchedule::new(Validity { from: start(), until });
    assert_eq!(schedule.next(start()), Due::At(start() + DAY * 60));
    let (mut now, mut waits) = (start() + DAY * 60, Vec::new());
    for _ in 0..8 {
        assert_eq!(schedule.next(now), Due::Now);
        schedule.handle(RenewalEvent::Started, now);
        assert_eq!(schedule.next(now), Due::Never);
        schedule.handle(RenewalEvent::Failed, now);
        let Due::At(at) = schedule.next(now) else { panic!("it waits") };
        waits.push(at.since(now).as_secs() / 3600);
        now = at;
    }
    assert_eq!(waits, [1, 2, 4, 8, 16, 24, 24, 24]);
    assert_eq!(schedule.next(UtcTime::from_ticks(now.ticks()) + DAY), Due::Now);
    let next = Validity { from: now, until: now + DAY * 90 };
    schedule.handle(RenewalEvent::Renewed(next), now);
    assert_eq!(schedule.next(now), Due::At(now + DAY * 60));
    assert_eq!(schedule.remaining(now + DAY * 91), Duration::ZERO);
}

#[test]
fn a_clock_that_was_set_back_does_not_put_off_a_renewal_for_long() {
    let validity = Validity { from: start(), until: start() + DAY * 90 };
    let mut schedule = RenewalSchedule::new(validity);
    schedule.handle(RenewalEvent::Failed, start() + DAY * 80);
    assert_eq!(schedule.next(start() + DAY * 70), Due::Now);
}

#[test]
fn there_is_a_revocation_list_from_the_start_and_a_new_one_every_day() {
    let mut schedule = CrlSchedule::new(CrlRules::default(), None);
    let mut published = Vec::new();
    let mut now = start();
    while published.len() < 10 {
        match schedule.next(now) {
            Due::Now => {
                published.push(now);
                schedule.handle(CrlEvent::Published(schedule.dates(now)), now);
                assert_eq!(schedule.dates(now).next_update, now + DAY * 30);
            }
            Due::At(at) => now = at,
            Due::Never => panic!("it goes on"),
        }
    }
    assert_eq!(published[0], start());
    assert!(published.windows(2).all(|pair| pair[1].since(pair[0]) == DAY), "{published:?}");
}

#[test]
fn a_revocation_is_published_at_once_and_a_failure_tried_again_soon() {
    let mut schedule = CrlSchedule::new(CrlRules::default(), None);
    schedule.handle(CrlEvent::Published(schedule.dates(start())), start());
    let now = start() + HOUR;
    schedule.handle(CrlEvent::Revoked, now);
    assert_eq!(schedule.next(now), Due::Now);
    schedule.handle(CrlEvent::Failed, now);
    assert_eq!(schedule.next(now), Due::At(now + Duration::from_secs(1)));
    (0..20).for_each(|_| schedule.handle(CrlEvent::Failed, now));
    assert_eq!(schedule.next(now), Due::At(now + Duration::from_secs(600)));
    assert_eq!(schedule.next(start()), Due::Now, "the clock was set back");
}

#[test]
fn half_of_the_time_raises_an_alarm() {
    let schedule = CrlSchedule::new(CrlRules::default(), None);
    assert_eq!(schedule.alarm(start()), Some(CrlAlarm { next_update: None, percent: 100 }));
    let dates = schedule.dates(start());
    let schedule = CrlSchedule::new(CrlRules::default(), Some(dates));
    assert_eq!(schedule.alarm(start() + DAY * 14), None);
    let alarm = schedule.alarm(start() + DAY * 15).unwrap();
    assert_eq!((alarm.percent, alarm.next_update), (50, Some(start() + DAY * 30)));
    assert_eq!(schedule.alarm(start() + DAY * 400).unwrap().percent, 100);
}

#[test]
fn rules_of_revocation_lists_are_sound() {
    assert!(CrlRules::default().check().is_ok() && CrlRules::of_root().check().is_ok());
    for (reissue_hours, valid_days) in [(0, 30), (169, 30), (24, 29), (24, 4000)] {
        assert!(CrlRules { reissue_hours, valid_days }.check().is_err());
    }
}

#[test]
fn an_operator_believes_a_clock_that_was_set_for_good() {
    let (then, mut guard) = (Instant::now(), ClockGuard::new(start() + DAY));
    assert!(guard.check(start(), then).is_err(), "a later time is on record");
    guard.believe(start(), then);
    assert_eq!(guard.check(start() + HOUR, then + HOUR), Ok(start() + HOUR));
    let jump = guard.check(start() + DAY, then + HOUR).unwrap_err();
    assert_eq!((jump.shows, jump.expected), (start() + DAY, start() + HOUR));
    assert!(guard.check(start() + HOUR * 2, then + HOUR * 2).is_ok(), "it is right again");
    guard.recorded(start() + DAY);
    assert!(guard.check(start() + HOUR * 3, then + HOUR * 3).is_err());
}

/// What a machine lives through: so many minutes pass, and then its clock is off by so many minutes.
fn life() -> impl Strategy<Value = Vec<(u32, i64)>> {
    let off = prop_oneof![3 => Just(0), 2 => -4_i64..=4, 1 => -1440_i64..=1440, 1 => Just(1440), 1 => Just(-1440)];
    prop::collection::vec((1_u32..2000, off), 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_the_clock_does_what_is_signed_is_dated_right(life in life()) {
        let (then, mut guard) = (Instant::now(), ClockGuard::new(start()));
        prop_assert!(guard.check(start(), then).is_ok());
        let issuer = Validity::of_root(start(), DAY * 3650);
        let mut schedule = CrlSchedule::new(CrlRules::default(), None);
        let (mut passed, mut last) = (Duration::ZERO, None::<CrlDates>);
        for (minutes, off) in life {
            passed += Duration::from_secs(60) * minutes;
            let true_time = start() + passed;
            let shown = UtcTime::from_ticks(true_time.ticks() + off * 600_000_000);
            let Ok(now) = guard.check(shown, then + passed) else {
                prop_assert!(off != 0 || guard.check(true_time, then + passed).is_err());
                continue;
            };
            let allowed = ClockGuard::STEP + passed / 10_000;
            prop_assert!(Duration::from_secs(off.unsigned_abs() * 60) <= allowed, "{off} minutes off");
            let leaf = Validity::of(now, DAY * 365, issuer).unwrap();
            let wrong = true_time.since(leaf.from).max(leaf.from.since(true_time));
            prop_assert!(wrong <= BACKDATE + Duration::from_secs(1) + allowed, "notBefore is off by {wrong:?}");
            if schedule.next(now) == Due::Now {
                let dates = schedule.dates(now);
                prop_assert!(last.is_none_or(|last| dates.this_update >= last.this_update));
                prop_assert!(dates.this_update <= now && dates.next_update >= true_time + DAY * 29);
                schedule.handle(CrlEvent::Published(dates), now);
                last = Some(dates);
            }
        }
    }

    #[test]
    fn even_a_clock_that_nobody_guards_never_makes_an_older_list(shown in prop::collection::vec(0_u32..3000, 1..50)) {
        let mut schedule = CrlSchedule::new(CrlRules::default(), None);
        let mut last: Option<CrlDates> = None;
        for minutes in shown {
            let now = start() + Duration::from_secs(60) * minutes;
            let dates = schedule.dates(now);
            prop_assert!(last.is_none_or(|last| dates.this_update >= last.this_update && dates.next_update >= last.next_update));
            prop_assert!(dates.this_update < dates.next_update);
            schedule.handle(CrlEvent::Published(dates), now);
            last = Some(dates);
        }
    }
}
