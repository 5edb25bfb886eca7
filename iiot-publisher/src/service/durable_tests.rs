#![allow(clippy::unwrap_used)]

use std::sync::atomic::AtomicUsize;

use async_trait::async_trait;
use iiot_core::session::MemoryServer;
use iiot_core::transport::Message;
use serde_json::Value;

use super::tests::{BOTH, Network, ONE, PATIENCE, node, numbers, until, value};
use super::*;
use crate::config;
use crate::ledger::LossCause;
use crate::log::LogOptions;
use crate::sink::MemorySink;

/// A folder and a server, which outlive publishers.
struct Site {
    folder: tempfile::TempDir,
    server: MemoryServer,
    ledger: Arc<Ledger>,
    options: StoreOptions,
}

impl Site {
    fn new() -> Self {
        let server = MemoryServer::new();
        for name in ["A", "B"] {
            server.add_variable(node(name), name, value(0, 0));
        }
        let folder = tempfile::tempdir().unwrap();
        Self { folder, server, ledger: Arc::new(Ledger::in_memory()), options: StoreOptions::default() }
    }

    /// With a log that a few hundred values fill.
    fn small(when_full: WhenFull) -> Self {
        let log = LogOptions { max_bytes: 40 << 10, segment_bytes: 5 << 10 };
        Self { options: StoreOptions { log, when_full, ..StoreOptions::default() }, ..Self::new() }
    }

    fn start(&self, entries: &str, sink: Arc<dyn Sink>) -> Publisher {
        let plan = config::load(&format!("[{entries}]")).unwrap().plan;
        let network = Network { servers: vec![self.server.clone()], sessions: AtomicUsize::new(0) };
        let store = Store::open(self.folder.path(), self.options).unwrap();
        let parts = Parts {
            ledger: Arc::clone(&self.ledger),
            store: Some(Arc::new(store)),
            ..Parts::new(Arc::new(network), sink, "edge")
        };
        Publisher::start(&plan, parts)
    }

    /// Sets A to each of these numbers.
    fn set(&self, range: std::ops::RangeInclusive<i32>) {
        range.for_each(|number| self.server.set(&node("A"), value(number, number as u64)));
    }

    /// Sets A to all these numbers, in many notifications: the next ones when these are taken or no more are.
    async fn trickle(&self, publisher: &Publisher, range: std::ops::RangeInclusive<i32>) {
        let log = || publisher.diagnostics().writer_groups[0].log;
        for number in range {
            self.set(number..=number);
            if number % 20 == 0 {
                let taken = || self.server.outstanding() == 0 || log().is_some_and(|log| log.paused);
                until("what was set is taken", taken).await;
            }
        }
    }

    async fn acknowledged(&self, count: usize) {
        until("acknowledgements", || self.server.acknowledged().len() >= count).await;
    }
}

/// The server keeps whatever it cannot send.
fn queued() -> String {
    ONE.replace("\"DisplayName\": \"A\"", "\"DisplayName\": \"A\", \"QueueSize\": 60000")
}

async fn published(sink: &MemorySink, number: i64) -> Vec<i64> {
    // Only the newest that has one is read: this is asked again for each message.
    let last = |message: &Message| numbers(std::slice::from_ref(message), "A").last().copied();
    let has = |messages: &[Message]| messages.iter().rev().find_map(last) == Some(number);
    let waited = tokio::time::timeout(Duration::from_secs(30), sink.wait_for(has)).await;
    assert!(waited.is_ok(), "{number} is not the last of {:?}", numbers(&sink.messages(), "A"));
    numbers(&sink.messages(), "A")
}

fn all(range: std::ops::RangeInclusive<i64>) -> Vec<i64> {
    range.collect()
}

#[tokio::test]
async fn values_are_acknowledged_when_they_are_in_the_log_and_outlast_the_process() {
    let site = Site::new();
    let away = Arc::new(MemorySink::default());
    away.pause();
    let publisher = site.start(&queued(), Arc::clone(&away) as _);
    until("the subscription", || site.server.subscriptions() == 1).await;
    site.set(1..=100);
    site.acknowledged(2).await;
    until("all of them", || publisher.diagnostics().writer_groups[0].values_in == 101).await;
    // Nobody stops it: it is gone.
    drop(publisher);
    let sink = Arc::new(MemorySink::default());
    let publisher = site.start(&queued(), Arc::clone(&sink) as _);
    let numbers = published(&sink, 100).await;
    // The new subscription begins with the present value.
    assert_eq!(numbers[..101], all(0..=100), "{numbers:?}");
    publisher.stop(PATIENCE).await;
    assert_eq!(site.ledger.losses(), []);
    let publisher = site.start(&queued(), Arc::clone(&sink) as _);
    site.set(101..=101);
    let numbers = published(&sink, 101).await;
    assert!(numbers.iter().filter(|number| **number == 50).count() == 1, "what the sink has does not come again");
    publisher.stop(PATIENCE).await;
}

#[tokio::test]
async fn what_the_sink_did_not_take_before_a_stop_waits_in_the_log() {
    let site = Site::new();
    let sink = Arc::new(MemorySink::default());
    let publisher = site.start(&queued(), Arc::clone(&sink) as _);
    published(&sink, 0).await;
    sink.pause();
    site.set(1..=20);
    until("values", || publisher.diagnostics().writer_groups[0].values_in >= 20).await;
    publisher.stop(Duration::from_millis(50)).await;
    let sink = Arc::new(MemorySink::default());
    let publisher = site.start(&queued(), Arc::clone(&sink) as _);
    let numbers = published(&sink, 20).await;
    assert!(numbers.ends_with(&all(1..=20)) || numbers[..numbers.len() - 1].ends_with(&all(1..=20)), "{numbers:?}");
    publisher.stop(PATIENCE).await;
    assert_eq!(site.ledger.losses(), []);
}

#[tokio::test]
async fn a_full_log_leaves_values_to_the_server_until_there_is_room() {
    let site = Site::small(WhenFull::Pause);
    let sink = Arc::new(MemorySink::default());
    let publisher = site.start(&queued(), Arc::clone(&sink) as _);
    published(&sink, 0).await;
    sink.pause();
    site.trickle(&publisher, 1..=5000).await;
    let taken = || publisher.diagnostics().writer_groups[0].values_in;
    let is_paused = || publisher.diagnostics().writer_groups[0].log.is_some_and(|log| log.paused);
    until("a pause although the server has more", is_paused).await;
    assert!(taken() < 4000, "{} values are in the log of 40 KiB", taken());
    sink.resume();
    assert_eq!(published(&sink, 5000).await, all(0..=5000));
    publisher.stop(PATIENCE).await;
    assert_eq!(site.ledger.losses(), []);
}

#[tokio::test]
async fn a_full_log_drops_what_it_is_told_to_and_declares_it() {
    for when_full in [WhenFull::DropOldest, WhenFull::DropNewest] {
        let mut site = Site::small(when_full);
        let sink = Arc::new(MemorySink::default());
        sink.pause();
        let publisher = site.start(&queued(), Arc::clone(&sink) as _);
        until("the subscription", || site.server.subscriptions() == 1).await;
        let mut last = 0;
        while site.ledger.losses().is_empty() && last < 50_000 {
            site.trickle(&publisher, last + 1..=last + 500).await;
            last += 500;
        }
        until("all of it in the log or declared", || site.server.outstanding() == 0).await;
        drop(publisher);
        // With room, so that nothing more is dropped.
        site.options.log = LogOptions::default();
        let sink = Arc::new(MemorySink::default());
        let publisher = site.start(&queued(), Arc::clone(&sink) as _);
        let numbers = published(&sink, last.into()).await;
        publisher.stop(PATIENCE).await;
        let losses = site.ledger.losses();
        assert!(losses.iter().all(|loss| loss.cause == LossCause::LogFull && loss.values > Some(0)), "{losses:?}");
        let declared = |number: i64| {
            let time = iiot_core::time::UtcTime::UNIX_EPOCH + Duration::from_secs(2000 + number as u64);
            losses.iter().any(|loss| loss.after < Some(time) && Some(time) < loss.before)
        };
        let missing: Vec<i64> = (0..=i64::from(last)).filter(|number| !numbers.contains(number)).collect();
        assert!(!missing.is_empty(), "{when_full:?}");
        assert!(missing.iter().all(|number| declared(*number)), "{when_full:?} {missing:?} {losses:?}");
        assert!(losses.iter().all(|loss| loss.after > Some(iiot_core::time::UtcTime::UNIX_EPOCH)), "{losses:?}");
        let counted: u64 = losses.iter().filter_map(|loss| loss.values).sum();
        // The last one comes again as the present value of a subscription, and some of the oldest that are dropped
        // were on their way.
        let arrived = counted.checked_sub(missing.len() as u64);
        assert!(
            arrived.is_some_and(|arrived| arrived <= 1 || when_full == WhenFull::DropOldest),
            "{when_full:?} {counted} {} {losses:?}",
            missing.len()
        );
    }
}

/// Keeps the messages of one group for ever.
#[derive(Debug)]
struct Stalled {
    group: &'static str,
    rest: MemorySink,
}

#[async_trait]
impl Sink for Stalled {
    async fn send(&self, message: Message) -> Result<()> {
        if message.topic.contains(self.group) {
            std::future::pending::<()>().await;
        }
        self.rest.send(message).await
    }

    fn max_message_size(&self) -> Option<usize> {
        None
    }

    fn address(&self) -> String {
        "stalled".into()
    }

    async fn close(&self) {}
}

#[tokio::test]
async fn a_group_whose_sink_is_stuck_does_not_stop_another_one() {
    let site = Site::small(WhenFull::Pause);
    let sink = Arc::new(Stalled { group: "Slow", rest: MemorySink::default() });
    let slow = queued().replace("\"G\"", "\"Slow\"");
    let publisher = site.start(&format!("{}, {slow}", queued()), Arc::clone(&sink) as _);
    published(&sink.rest, 0).await;
    for number in 1..=1500 {
        site.set(number..=number);
        tokio::task::yield_now().await;
    }
    assert_eq!(published(&sink.rest, 1500).await, all(0..=1500));
    publisher.stop(Duration::from_millis(100)).await;
    assert_eq!(site.ledger.losses(), []);
}

#[tokio::test]
async fn what_the_sink_does_not_take_waits_in_the_log_and_not_in_memory() {
    let site = Site::new();
    let sink = Arc::new(MemorySink::default());
    sink.pause();
    let publisher = site.start(&queued(), Arc::clone(&sink) as _);
    until("the subscription", || site.server.subscriptions() == 1).await;
    let received = || publisher.diagnostics().connections[0].writers[0].values;
    until("the first value", || received() == 1).await;
    for last in (20..=10_000).step_by(20) {
        site.set(last - 19..=last);
        until("twenty more", || received() == last as u64 + 1).await;
    }
    let group = publisher.diagnostics().writer_groups.remove(0);
    assert!((64..200).contains(&group.waiting), "{} messages are ready", group.waiting);
    sink.resume();
    assert_eq!(published(&sink, 10_000).await, all(0..=10_000));
    publisher.stop(PATIENCE).await;
    assert_eq!(site.ledger.losses(), []);
}

#[tokio::test]
async fn a_field_that_is_no_longer_configured_is_declared_and_the_rest_goes_on() {
    let site = Site::new();
    let away = Arc::new(MemorySink::default());
    away.pause();
    let publisher = site.start(BOTH, Arc::clone(&away) as _);
    until("values", || publisher.diagnostics().writer_groups[0].values_in == 2).await;
    drop(publisher);
    let sink = Arc::new(MemorySink::default());
    let only_b = ONE.replace("s=A", "s=B").replace("\"A\"", "\"B\"");
    let publisher = site.start(&only_b, Arc::clone(&sink) as _);
    let has = |messages: &[Message]| numbers(messages, "B").len() == 2;
    tokio::time::timeout(Duration::from_secs(20), sink.wait_for(has)).await.unwrap();
    publisher.stop(PATIENCE).await;
    let losses = site.ledger.losses();
    assert_eq!((losses.len(), losses[0].cause, losses[0].values), (1, LossCause::NoLongerWanted, Some(1)));
    let all = serde_json::from_str(r#"{"from": "1970-01-01T00:00:00Z", "until": "2100-01-01T00:00:00Z"}"#).unwrap();
    let missing = publisher.missing(all).await.unwrap();
    assert_eq!((missing.intervals, missing.values, missing.unobservable), (losses, 1, vec![]));
    let text = |message: &Message| serde_json::from_slice::<Value>(&message.payload).unwrap().to_string();
    assert!(!sink.messages().iter().any(|message| text(message).contains("\"A\"")));
}

#[tokio::test]
async fn what_nobody_has_read_between_two_processes_is_declared() {
    let site = Site::new();
    let entry = ONE.replace("\"DisplayName\"", "\"UseCyclicRead\": true, \"DisplayName\"");
    let first = Arc::new(MemorySink::default());
    let publisher = site.start(&entry, Arc::clone(&first) as _);
    let has = |number: i64| move |messages: &[Message]| numbers(messages, "A").contains(&number);
    first.wait_for(has(0)).await;
    publisher.stop(PATIENCE).await;
    assert_eq!(site.ledger.losses(), []);
    site.set(1..=2);
    let second = Arc::new(MemorySink::default());
    let publisher = site.start(&entry, Arc::clone(&second) as _);
    second.wait_for(has(2)).await;
    publisher.stop(PATIENCE).await;
    let losses = site.ledger.losses();
    let causes: Vec<_> = losses.iter().map(|loss| (loss.field.as_deref(), loss.cause)).collect();
    assert_eq!(causes, [(Some("A"), LossCause::NotRead)]);
}
