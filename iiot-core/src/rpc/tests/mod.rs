//! A capability for tests over the memory hub and over a real broker.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use futures::future::join_all;
use futures::stream::BoxStream;
use tempfile::TempDir;
use tokio::sync::Notify;

use super::frame::Request;
use super::header::{Header, VERSION};
use super::topics::request_topic;
use super::{Caller, Destination, Place, Server};
use crate::access::keys::hex;
use crate::access::{AuditEvent, AuditRecord, SigningKey};
use crate::clock::{Clock, SystemClock};
use crate::error::{Error, ErrorKind, Result};
use crate::operation::{Dispatch, Effect, Operation, Principal, Role, Shape};
use crate::testing::{Mosquitto, MosquittoOptions, Offered, wait_until, within};
use crate::transport::{MemoryTransport, Message, MqttOptions, MqttTransport, Transport};

crate::operations! {
    /// Does what tests need.
    pub(super) trait Bench / RemoteBench = "bench" {
        calls {
            /// The sum of
            /// two numbers.
            add((i64, i64)) -> i64, Reader, Reads;
            /// Counts how often it was called.
            count(()) -> u32, Operator, Changes;
            /// Never answers.
            hang(()) -> (), Reader, Reads;
            /// Ends when it is let go.
            stick(()) -> (), Operator, Changes;
            /// Fails.
            fail(String) -> (), Reader, Reads;
            /// Has a defect.
            panic(()) -> (), Reader, Reads;
            /// Answers with as many bytes.
            large(usize) -> String, Reader, Reads;
            /// How long the text is.
            length(String) -> usize, Reader, Reads;
        }
        streams {
            /// The numbers below the limit, then an error if that is odd.
            numbers(u32) -> u32, Reader;
        }
    }
}

#[derive(Debug, Default)]
struct LocalBench {
    counted: AtomicU32,
    hanging: Arc<AtomicBool>,
    produced: Arc<AtomicU32>,
    started: Notify,
    released: Notify,
}

impl LocalBench {
    fn capabilities(self: &Arc<Self>) -> Vec<Arc<dyn Dispatch>> {
        let capability: Arc<dyn Bench> = Arc::clone(self) as _;
        vec![Arc::new(capability)]
    }
}

struct Sets(Arc<AtomicBool>);

impl Drop for Sets {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

#[crate::operation::async_trait]
impl Bench for LocalBench {
    async fn add(&self, (a, b): (i64, i64)) -> Result<i64> {
        Ok(a + b)
    }

    async fn count(&self, (): ()) -> Result<u32> {
        Ok(self.counted.fetch_add(1, Ordering::AcqRel) + 1)
    }

    async fn hang(&self, (): ()) -> Result<()> {
        self.hanging.store(true, Ordering::Release);
        let _resets = Sets(Arc::clone(&self.hanging));
        self.started.notify_one();
        std::future::pending().await
    }

    async fn stick(&self, (): ()) -> Result<()> {
        self.started.notify_one();
        self.released.notified().await;
        Ok(())
    }

    async fn fail(&self, what: String) -> Result<()> {
        Err(Error::new(ErrorKind::Conflict, "change", "it was changed meanwhile").with("what", what))
    }

    async fn panic(&self, (): ()) -> Result<()> {
        panic!("on purpose");
    }

    async fn large(&self, size: usize) -> Result<String> {
        Ok("x".repeat(size))
    }

    async fn length(&self, text: String) -> Result<usize> {
        Ok(text.len())
    }

    async fn numbers(&self, limit: u32) -> Result<BoxStream<'static, Result<u32>>> {
        let produced = Arc::clone(&self.produced);
        let numbers = futures::stream::iter(0..limit).map(move |n| {
            produced.store(n + 1, Ordering::Release);
            Ok(n)
        });
        let odd = (limit % 2 == 1).then(|| Err(Error::new(ErrorKind::Io, "count", "the limit is odd")));
        Ok(numbers.chain(futures::stream::iter(odd)).boxed())
    }
}

struct Fixture {
    bench: Arc<LocalBench>,
    hub: Arc<dyn Transport>,
    caller: Arc<Caller>,
    offered: Offered,
    folder: TempDir,
}

impl Fixture {
    async fn new(hub: Arc<dyn Transport>, other: Arc<dyn Transport>) -> Self {
        let bench = Arc::<LocalBench>::default();
        let folder = tempfile::tempdir().unwrap();
        let offered = Offered::start(other, folder.path(), bench.capabilities()).await.unwrap();
        let caller = offered.caller(Arc::clone(&hub), Role::Operator).await.unwrap();
        Self { bench, hub, caller: Arc::new(caller.with_timeout(PATIENCE)), offered, folder }
    }

    async fn in_memory() -> Self {
        let hub = MemoryTransport::new();
        Self::new(Arc::new(hub.clone()), Arc::new(hub)).await
    }

    fn remote(&self) -> RemoteBench {
        RemoteBench::new(Arc::clone(&self.caller) as _)
    }

    async fn remote_of(&self, role: Role, timeout: Duration) -> RemoteBench {
        let caller = self.offered.caller(Arc::clone(&self.hub), role).await.unwrap();
        RemoteBench::new(Arc::new(caller.with_timeout(timeout)))
    }

    fn place(&self) -> &Place {
        &self.offered.place
    }

    /// What the audit record says, oldest first.
    fn recorded(&self) -> Vec<(AuditEvent, String, String)> {
        let records = self.place().audit.read(0, 1000).unwrap();
        let told = |AuditRecord { entry, .. }| (entry.event, entry.operation, entry.reason.unwrap_or_default());
        records.into_iter().map(told).collect()
    }
}

const PATIENCE: Duration = Duration::from_secs(20);

fn operation(name: &str) -> &'static Operation {
    OPERATIONS.iter().find(|operation| operation.name == name).unwrap()
}

#[test]
fn the_table_lists_what_faces_need() {
    let names: Vec<_> = OPERATIONS.iter().map(|operation| operation.name).collect();
    assert_eq!(names, ["add", "count", "hang", "stick", "fail", "panic", "large", "length", "numbers"]);
    let (add, count, numbers) = (operation("add"), operation("count"), operation("numbers"));
    assert_eq!((add.capability, add.doc, add.role), ("bench", "The sum of two numbers.", Role::Reader));
    assert_eq!((count.role, count.effect, count.shape), (Role::Operator, Effect::Changes, Shape::Call));
    assert_eq!((numbers.effect, numbers.shape), (Effect::Reads, Shape::Stream));
    assert_eq!((add.response)().get("type").unwrap(), "integer");
}

#[tokio::test]
async fn calls_and_streams_work_over_memory() {
    everything_works(&Fixture::in_memory().await).await;
}

#[tokio::test]
async fn calls_and_streams_work_over_a_broker() {
    let broker = Mosquitto::start(MosquittoOptions::default()).await;
    let options = || MqttOptions::from_url(&broker.url()).unwrap();
    let hub = Arc::new(MqttTransport::connect(options()).await.unwrap());
    let other = Arc::new(MqttTransport::connect(options()).await.unwrap());
    everything_works(&Fixture::new(hub, other).await).await;
}

async fn everything_works(fixture: &Fixture) {
    let remote = fixture.remote();
    let sums = join_all((0..100).map(|n| remote.add((n, n)))).await;
    assert!(sums.into_iter().map(Result::unwrap).eq((0..100).map(|n| 2 * n)), "each caller gets its own answer");

    let failed = remote.fail("the lamp".to_owned()).await.unwrap_err();
    assert_eq!((failed.kind(), failed.is_retryable()), (ErrorKind::Conflict, true));
    assert_eq!(failed.report(), "change (what the lamp, at site/edge): it was changed meanwhile");

    let panicked = remote.panic(()).await.unwrap_err();
    assert_eq!(panicked.kind(), ErrorKind::Internal);
    assert_eq!(remote.add((1, 2)).await.unwrap(), 3, "the others go on");

    let numbers: Vec<u32> = remote.numbers(1000).await.unwrap().map(Result::unwrap).collect().await;
    assert_eq!(numbers, (0..1000).collect::<Vec<_>>());
    let odd: Vec<_> = remote.numbers(3).await.unwrap().collect().await;
    assert_eq!(odd.len(), 4);
    assert_eq!(odd[3].as_ref().unwrap_err().kind(), ErrorKind::Io);
}

#[tokio::test]
async fn a_stream_runs_only_as_far_ahead_as_it_was_asked_to() {
    let fixture = Fixture::in_memory().await;
    let mut numbers = fixture.remote().numbers(1_000_000).await.unwrap();
    for n in 0..100 {
        assert_eq!(numbers.next().await.unwrap().unwrap(), n);
    }
    // Whatever is asked afterwards is answered after what was sent ahead.
    fixture.remote().add((1, 1)).await.unwrap();
    let produced = fixture.bench.produced.load(Ordering::Acquire);
    assert!(produced <= 100 + 64 + 32, "{produced}");
}

#[tokio::test]
async fn a_dropped_call_or_stream_ends_the_work() {
    let fixture = Fixture::in_memory().await;
    let remote = fixture.remote();
    let call = tokio::spawn(async move { remote.hang(()).await });
    within("it hangs", PATIENCE, fixture.bench.started.notified()).await;
    call.abort();
    wait_until("the call ends", PATIENCE, || !fixture.bench.hanging.load(Ordering::Acquire)).await;

    drop(fixture.remote().numbers(1_000_000).await.unwrap());
    wait_until("the stream ends", PATIENCE, || Arc::strong_count(&fixture.bench.produced) == 1).await;
}

#[tokio::test]
async fn a_missing_answer_says_whether_to_ask_again() {
    let fixture = Fixture::in_memory().await;
    let to = Destination { root: "site/other".into(), key: fixture.place().secret.public() };
    let key = fixture.offered.key(Role::Operator).unwrap();
    let nobody = Caller::connect(Arc::clone(&fixture.hub), to, key, Arc::new(SystemClock)).await.unwrap();
    let nobody = RemoteBench::new(Arc::new(nobody.with_timeout(Duration::from_millis(20))));
    let read = nobody.add((1, 1)).await.unwrap_err();
    assert_eq!((read.kind(), read.is_retryable()), (ErrorKind::Timeout, true));
    let change = nobody.count(()).await.unwrap_err();
    assert_eq!((change.kind(), change.is_retryable()), (ErrorKind::Indeterminate, false));
    assert!(change.report().contains("bench.count (at site/other, request "), "{change}");
}

#[tokio::test(start_paused = true)]
async fn what_the_hub_lost_is_asked_again() {
    let mut fixture = Fixture::in_memory().await;
    let (place, bench) = (fixture.place().clone(), Arc::clone(&fixture.bench));
    fixture.offered.server.stop().await;
    let mut requests = fixture.hub.subscribe("site/edge/rpc/#").await.unwrap();
    let remote = RemoteBench::new(Arc::clone(&fixture.caller) as _);
    let asked = tokio::spawn(async move { remote.add((1, 2)).await });
    within("it is asked, and nobody answers", PATIENCE, requests.next()).await.unwrap();
    assert!(!asked.is_finished());
    fixture.offered.server = Server::start(place, bench.capabilities()).await.unwrap();
    assert_eq!(asked.await.unwrap().unwrap(), 3);
}

#[tokio::test]
async fn work_ends_when_its_time_is_over() {
    let fixture = Fixture::in_memory().await;
    fixture.remote_of(Role::Operator, Duration::from_millis(20)).await.hang(()).await.unwrap_err();
    wait_until("the call ends", PATIENCE, || !fixture.bench.hanging.load(Ordering::Acquire)).await;
}

#[tokio::test]
async fn late_and_foreign_answers_are_ignored() {
    let fixture = Fixture::in_memory().await;
    let mut answers = fixture.hub.subscribe("site/edge/rpc-answers/#").await.unwrap();
    assert_eq!(fixture.remote().add((1, 2)).await.unwrap(), 3);
    let late = answers.next().await.unwrap();
    let foreign = Message { correlation: Some(Bytes::from_static(b"?")), ..late.clone() };
    let rubbish = Message { payload: Bytes::from_static(b"{"), ..late.clone() };
    for message in [late, foreign, rubbish] {
        fixture.hub.publish(message).await.unwrap();
    }
    assert_eq!(fixture.remote().add((3, 4)).await.unwrap(), 7);
}

#[tokio::test]
async fn large_requests_and_answers_come_in_pieces() {
    let broker = Mosquitto::start(MosquittoOptions::default()).await;
    let options = MqttOptions { max_packet: 10_000, ..MqttOptions::from_url(&broker.url()).unwrap() };
    let hub: Arc<dyn Transport> = Arc::new(MqttTransport::connect(options).await.unwrap());
    let fixture = Fixture::new(Arc::clone(&hub), hub).await;
    let remote = fixture.remote();
    assert_eq!(remote.large(300_000).await.unwrap().len(), 300_000);
    let words: String = (0..60_000).map(|n| format!("{n} ")).collect();
    assert_eq!(remote.length(words.clone()).await.unwrap(), words.len());
    let error = remote.length("x".repeat(17 << 20)).await.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::LimitExceeded, false), "{error}");
    let error = remote.large(65 << 20).await.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::LimitExceeded, false), "{error}");
}

#[tokio::test]
async fn everything_that_waits_ends_when_the_transport_closes() {
    let fixture = Fixture::in_memory().await;
    let remote = fixture.remote();
    let call = tokio::spawn(async move { remote.hang(()).await });
    within("it hangs", PATIENCE, fixture.bench.started.notified()).await;
    fixture.hub.close().await;
    let ended = within("the call ends", PATIENCE, call).await.unwrap().unwrap_err();
    assert_eq!(ended.kind(), ErrorKind::Closed);
    assert_eq!(fixture.remote().add((1, 1)).await.unwrap_err().kind(), ErrorKind::Closed);
}

#[tokio::test]
async fn dispatch_needs_no_hub() {
    let bench: &dyn Bench = &LocalBench::default();
    let names: BTreeSet<_> = bench.operations().iter().map(|operation| operation.name).collect();
    assert_eq!(names.len(), OPERATIONS.len());
    let reader = Principal::new("r", Role::Reader);
    let refused = bench.dispatch("count", &reader, b"null").await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Forbidden);
}

mod trust;
