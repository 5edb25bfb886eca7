#![allow(clippy::unwrap_used)]

use std::collections::{HashMap, HashSet};

use iiot_core::clock::ManualClock;
use iiot_core::testing::{wait_until, within};
use parking_lot::Mutex;
use tokio::sync::mpsc;

use super::*;
use crate::plan::QuietHours;
use crate::range::Written;

const PATIENCE: Duration = Duration::from_secs(20);

/// A network that answers as it is told, and lists who was asked.
#[derive(Debug, Default)]
struct Played {
    answers: Mutex<HashMap<SocketAddr, VecDeque<Greeting>>>,
    asked: Mutex<Vec<SocketAddr>>,
    /// Nobody answers before the probe is dropped.
    mute: bool,
    open: Arc<()>,
}

impl Prober for Played {
    fn probe(&self, at: SocketAddr, _timeout: Duration) -> BoxFuture<'_, Greeting> {
        let open = Arc::clone(&self.open);
        Box::pin(async move {
            let _open = open;
            self.asked.lock().push(at);
            if self.mute {
                std::future::pending::<()>().await;
            }
            let answer = self.answers.lock().get_mut(&at).and_then(VecDeque::pop_front);
            answer.unwrap_or(Greeting::Closed)
        })
    }
}

fn plan(addresses: &str) -> ScanPlan {
    ScanPlan { addresses: vec![addresses.into()], rate: 400, ..ScanPlan::default() }
}

fn targets(plan: &ScanPlan) -> Targets {
    Targets::of(&Written::of(plan).unwrap())
}

/// Runs a scan on made-up time to its end.
async fn run(plan: &ScanPlan, prober: &Arc<Played>, clock: &Arc<ManualClock>) -> (Tally, Vec<ScanEvent>) {
    let parts = ScanParts { clock: Arc::clone(clock) as _, prober: Arc::clone(prober) as _, seed: 1, pace: None };
    let (targets, settings, stop) = (targets(plan), ScanSettings::of(plan).unwrap(), CancellationToken::new());
    let mut events = Vec::new();
    let mut work = Box::pin(scan(&targets, &settings, &parts, &stop, |event| events.push(event)));
    let tally = loop {
        match futures::poll!(&mut work) {
            Poll::Ready(tally) => break tally,
            Poll::Pending => step(clock),
        }
    };
    drop(work);
    (tally, events)
}

/// Goes on to when somebody is waiting for.
fn step(clock: &ManualClock) {
    if let Some(next) = clock.next_deadline() {
        clock.advance(next.saturating_duration_since(clock.now()));
    }
}

fn clock(utc: &str) -> Arc<ManualClock> {
    Arc::new(ManualClock::new(utc.parse().unwrap()))
}

#[tokio::test]
async fn each_target_is_asked_once_and_counted_by_what_it_is() {
    let prober = Arc::new(Played::default());
    let at = |last: u8| SocketAddr::from(([10, 0, 0, last], 4840));
    let lacking = Greeting::NotTried { message: "no".into(), passing: false };
    let greetings = [Greeting::OpcUa, Greeting::Silent, Greeting::Hangup, Greeting::Filtered, lacking];
    for (last, greeting) in (1..).zip(greetings) {
        prober.answers.lock().insert(at(last), [greeting].into());
    }
    let clock = clock("2025-01-01T00:00:00Z");
    let start = clock.now();
    let (tally, events) = run(&plan("10.0.0.0/22"), &prober, &clock).await;
    let expected = Tally {
        planned: 1024,
        closed: 1019,
        filtered: 1,
        not_tried: 1,
        silent: 1,
        hangup: 1,
        opc_ua: 1,
        ..Tally::default()
    };
    assert_eq!(tally, expected);
    assert!(!tally.is_complete(), "one could not be tried");
    assert_eq!(prober.asked.lock().iter().collect::<HashSet<_>>().len(), 1024);
    assert_eq!(prober.asked.lock().len(), 1024);
    let mut answers: Vec<(SocketAddr, Outcome)> = events
        .iter()
        .filter_map(|event| match event {
            ScanEvent::Answer { address, outcome } => Some((*address, outcome.clone())),
            _ => None,
        })
        .collect();
    answers.sort_by_key(|(address, _)| *address);
    assert_eq!(answers, [(at(1), Outcome::OpcUa), (at(2), Outcome::Silent), (at(3), Outcome::Hangup)]);
    let took = clock.now() - start;
    assert!((2_500..2_600).contains(&took.as_millis()), "{took:?}");
    assert_eq!(events.iter().filter(|event| matches!(event, ScanEvent::Progress(_))).count(), 2);
}

#[tokio::test]
async fn a_probe_that_the_machine_has_no_room_for_is_tried_once_more() {
    let prober = Arc::new(Played::default());
    let at = |last: u8| SocketAddr::from(([10, 0, 0, last], 4840));
    let full = || Greeting::NotTried { message: "too many open files".into(), passing: true };
    prober.answers.lock().insert(at(1), [full(), Greeting::OpcUa].into());
    prober.answers.lock().insert(at(2), [full(), full(), Greeting::OpcUa].into());
    let (tally, _) = run(&plan("10.0.0.0/28"), &prober, &clock("2025-01-01T00:00:00Z")).await;
    assert_eq!(tally, Tally { planned: 16, closed: 14, not_tried: 1, opc_ua: 1, ..Tally::default() });
    assert_eq!(prober.asked.lock().len(), 18);
}

#[tokio::test]
async fn quiet_hours_are_waited_for() {
    let prober = Arc::new(Played::default());
    let hours = QuietHours { from: "22:00".into(), to: "06:00".into(), utc_offset_minutes: 0 };
    let plan = ScanPlan { rate: 1, quiet_hours: vec![hours], ..plan("10.0.0.0/27") };
    let clock = clock("2025-01-01T21:59:50Z");
    let (tally, events) = run(&plan, &prober, &clock).await;
    assert_eq!(tally.closed, 32);
    let until = "2025-01-02T06:00:00Z".parse().unwrap();
    assert_eq!(events.iter().filter(|event| **event == ScanEvent::Quiet { until }).count(), 1);
    let end = clock.utc().since(until);
    assert!((20..=23).contains(&end.as_secs()), "10 probes before the night, 22 behind it: {end:?}");
}

#[tokio::test]
async fn no_more_probes_are_open_than_allowed_and_stop_ends_them_all() {
    let prober = Arc::new(Played { mute: true, ..Played::default() });
    let plan = ScanPlan { concurrency: 7, rate: 1000, ..plan("10.0.0.0/16") };
    let parts = ScanParts { prober: Arc::clone(&prober) as _, ..ScanParts::new(1) };
    let (targets, settings, stop) = (targets(&plan), ScanSettings::of(&plan).unwrap(), CancellationToken::new());
    let (token, (heard, mut reports)) = (stop.clone(), mpsc::unbounded_channel());
    let tell = move |event| drop(heard.send(event));
    let work = tokio::spawn(async move { scan(&targets, &settings, &parts, &token, tell).await });
    wait_until("it is full", PATIENCE, || prober.asked.lock().len() == 7).await;
    // At its rate it would have begun all the others by the time of its next report.
    within("a report", PATIENCE, reports.recv()).await.unwrap();
    assert_eq!(Arc::strong_count(&prober.open), 8);
    stop.cancel();
    let tally = within("it stops", Duration::from_secs(1), work).await.unwrap();
    assert_eq!((tally.probed(), prober.asked.lock().len(), Arc::strong_count(&prober.open)), (0, 7, 1));
}

#[tokio::test]
async fn stop_is_heard_while_everything_is_answered_at_once() {
    let prober = Arc::new(Played::default());
    let plan = ScanPlan { rate: 100_000, ..plan("10.0.0.0/8") };
    let parts = ScanParts { prober: prober as _, ..ScanParts::new(1) };
    let (targets, settings, stop) = (targets(&plan), ScanSettings::of(&plan).unwrap(), CancellationToken::new());
    let (token, (heard, mut reports)) = (stop.clone(), mpsc::unbounded_channel());
    let work =
        tokio::spawn(
            async move { scan(&targets, &settings, &parts, &token, |event| heard.send(event).unwrap()).await },
        );
    assert!(matches!(within("it reports", PATIENCE, reports.recv()).await, Some(ScanEvent::Progress(_))));
    stop.cancel();
    assert!(within("it stops", Duration::from_secs(1), work).await.unwrap().closed > 0);
}

#[test]
fn numbers_out_of_their_range_are_named() {
    let refused = [
        (ScanPlan { rate: 0, ..ScanPlan::default() }, "#/plan/rate"),
        (ScanPlan { concurrency: 10_001, ..ScanPlan::default() }, "#/plan/concurrency"),
        (ScanPlan { probe_timeout_ms: 49, ..ScanPlan::default() }, "#/plan/probeTimeoutMs"),
    ];
    for (plan, place) in refused {
        let error = ScanSettings::of(&plan).unwrap_err();
        assert!(error.context().contains(&(POINTER.into(), place.into())), "{error}");
    }
}
