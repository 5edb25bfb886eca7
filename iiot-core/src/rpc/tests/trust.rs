//! Whoever reaches the hub is not thereby allowed anything, and a change happens once.

use super::*;
use crate::rpc::Server;
use crate::time::UtcTime;
use crate::transport::Message;

/// The messages of requests as they go over the hub, and the answers.
struct Eavesdropper {
    requests: BoxStream<'static, Message>,
    answers: BoxStream<'static, Message>,
}

impl Eavesdropper {
    async fn at(fixture: &Fixture) -> Self {
        let requests = fixture.hub.subscribe("site/edge/rpc/#").await.unwrap();
        Self { requests, answers: fixture.hub.subscribe("site/edge/rpc-answers/#").await.unwrap() }
    }

    async fn request(&mut self) -> Message {
        within("a request", PATIENCE, self.requests.next()).await.unwrap()
    }
}

/// A header as a caller would write it.
fn header(fixture: &Fixture, caller: &str, id: &[u8], now: UtcTime) -> (Header, crate::rpc::seal::Keys) {
    let (keys, public) = fixture.place().secret.public().share().unwrap();
    use base64::Engine;
    let header = Header {
        version: VERSION,
        id: hex(id),
        to: fixture.place().root.clone(),
        operation: "bench.count".into(),
        caller: caller.to_owned(),
        principal: None,
        key: base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(public),
        issued: now,
        expires: now + PATIENCE,
        timeout_ms: 1000,
        credit: 0,
        answers: "answers".into(),
        pieces: 1,
    };
    (header, keys)
}

/// Publishes a request to count, signed by this key, and what was recorded about it.
async fn sent(fixture: &Fixture, signer: &SigningKey, change: impl FnOnce(&mut Header)) -> (AuditEvent, String) {
    let before = fixture.recorded().len();
    let id = uuid::Uuid::new_v4().into_bytes();
    let (mut header, keys) = header(fixture, signer.id(), &id, SystemClock.utc());
    change(&mut header);
    let header: Bytes = serde_json::to_vec(&header).unwrap().into();
    let signature = Bytes::copy_from_slice(&signer.sign(&header));
    let piece = keys.request.seal(crate::rpc::seal::counted(0), &id, &crate::rpc::pieces::pack(b"null")).into();
    publish(fixture, &id, Request::Call { header, signature, piece }.into_bytes()).await;
    wait_until("it is recorded", PATIENCE, || fixture.recorded().len() > before).await;
    let (event, operation, reason) = fixture.recorded().swap_remove(before);
    assert_eq!(operation, "bench.count");
    (event, reason)
}

async fn publish(fixture: &Fixture, id: &[u8], payload: Bytes) {
    let topic = request_topic(&fixture.place().root, "bench", "count");
    let message = Message { correlation: Some(Bytes::copy_from_slice(id)), ..Message::new(topic, payload) };
    fixture.hub.publish(message).await.unwrap();
}

fn counted(fixture: &Fixture) -> u32 {
    fixture.bench.counted.load(Ordering::Acquire)
}

#[tokio::test]
async fn requests_without_a_valid_envelope_are_refused_and_recorded() {
    let fixture = Fixture::in_memory().await;
    let operator = fixture.offered.key(Role::Operator).unwrap();
    let (event, _) = sent(&fixture, &operator, |_| ()).await;
    assert_eq!(event, AuditEvent::Began);
    wait_until("it ends", PATIENCE, || fixture.recorded().len() == 2).await;
    assert_eq!(counted(&fixture), 1, "one that is right is carried out");

    let reader = fixture.offered.key(Role::Reader).unwrap();
    let stranger = SigningKey::of(&format!("iiot_{}_{}", "0".repeat(16), "A".repeat(43))).unwrap();
    let revoked = fixture.offered.key(Role::Operator).unwrap();
    fixture.place().callers.revoke(revoked.id()).unwrap();
    let hour = Duration::from_secs(3600);
    let long_ago = UtcTime::from_ticks(SystemClock.utc().ticks() - 36_000_000_000);
    let cases = [
        (sent(&fixture, &stranger, |_| ()).await, "not of a valid API key"),
        (sent(&fixture, &revoked, |_| ()).await, "not of a valid API key"),
        (sent(&fixture, &stranger, |header| header.caller = operator.id().into()).await, "not of a valid API key"),
        (sent(&fixture, &reader, |_| ()).await, "needs the role Operator"),
        (sent(&fixture, &reader, |it| it.principal = Some(Principal::new("x", Role::Administrator))).await, "needs"),
        (sent(&fixture, &operator, |it| it.principal = Some(Principal::new("x", Role::Reader))).await, "needs"),
        (sent(&fixture, &operator, |it| (it.issued, it.expires) = (long_ago, long_ago + PATIENCE)).await, "expired"),
        (sent(&fixture, &operator, |it| it.issued = it.issued + hour).await, "only"),
        (sent(&fixture, &operator, |it| it.expires = it.expires + 2 * hour).await, "longer than"),
        (sent(&fixture, &operator, |it| it.to = "site/other".into()).await, "signed for"),
        (sent(&fixture, &operator, |it| it.operation = "bench.add".into()).await, "signed for bench.add"),
        (sent(&fixture, &operator, |it| it.id = hex(b"another")).await, "another id"),
        (sent(&fixture, &operator, |it| it.version = 2).await, "version"),
        (sent(&fixture, &operator, |it| it.key = String::new()).await, "no usable key"),
        (sent(&fixture, &operator, |it| it.answers = "x".repeat(5000)).await, "too long"),
    ];
    for ((event, reason), expected) in cases {
        assert_eq!(event, AuditEvent::Refused, "{expected}");
        assert!(reason.contains(expected), "{reason}");
    }
    let before = fixture.recorded().len();
    publish(&fixture, b"rubbish", Bytes::from_static(b"{}")).await;
    wait_until("it is recorded", PATIENCE, || fixture.recorded().len() > before).await;
    assert!(fixture.recorded()[before].2.contains("no remote call"));
    assert_eq!(counted(&fixture), 1);
}

#[tokio::test]
async fn a_changed_request_is_not_carried_out() {
    let fixture = Fixture::in_memory().await;
    let mut ear = Eavesdropper::at(&fixture).await;
    fixture.remote().add((1, 2)).await.unwrap();
    let request = ear.request().await;
    assert!(!request.payload.windows(5).any(|window| window == b"[1,2]"), "it is sealed");
    drop(ear);
    let places: Vec<usize> = (0..request.payload.len()).step_by(7).collect();
    for byte in &places {
        let mut changed = request.payload.to_vec();
        changed[*byte] ^= 1;
        fixture.hub.publish(Message { payload: changed.into(), ..request.clone() }).await.unwrap();
    }
    let refused = || fixture.recorded().iter().filter(|(event, ..)| *event == AuditEvent::Refused).count();
    wait_until("all of them are refused", PATIENCE, || refused() == places.len()).await;
    assert_eq!(fixture.remote().add((3, 4)).await.unwrap(), 7, "the others go on");
}

#[tokio::test]
async fn a_request_that_comes_twice_is_carried_out_once() {
    let fixture = Fixture::in_memory().await;
    let mut ear = Eavesdropper::at(&fixture).await;
    assert_eq!(fixture.remote().count(()).await.unwrap(), 1);
    let (request, answer) = (ear.request().await, ear.answers.next().await.unwrap());
    assert!(!answer.payload.windows(4).any(|window| window == b"body"), "it is sealed");
    fixture.hub.publish(request.clone()).await.unwrap();
    let again = within("the answer that was kept", PATIENCE, ear.answers.next()).await.unwrap();
    assert_eq!(again.correlation, answer.correlation);
    assert_ne!(again.payload, answer.payload, "sealed anew");
    assert_eq!(counted(&fixture), 1);
    let refused = |(event, _, reason): &(AuditEvent, String, String)| {
        *event == AuditEvent::Refused && reason.contains("came again")
    };
    wait_until("it is recorded", PATIENCE, || fixture.recorded().iter().any(refused)).await;
    assert_eq!(fixture.remote().count(()).await.unwrap(), 2);
}

#[tokio::test]
async fn a_change_is_known_after_a_restart() {
    let mut fixture = Fixture::in_memory().await;
    let mut ear = Eavesdropper::at(&fixture).await;
    assert_eq!(fixture.remote().count(()).await.unwrap(), 1);
    let done = ear.request().await;
    let stuck = fixture.remote();
    let stuck = tokio::spawn(async move { stuck.stick(()).await });
    within("it runs", PATIENCE, fixture.bench.started.notified()).await;
    let begun = ear.request().await;

    // As if it had been killed: what runs ends nowhere.
    let restarted = restarted(&fixture).await;
    drop(std::mem::replace(&mut fixture.offered.server, restarted));
    ear = Eavesdropper::at(&fixture).await;
    fixture.hub.publish(done).await.unwrap();
    within("the answer that was kept", PATIENCE, ear.answers.next()).await.unwrap();
    assert_eq!(counted(&fixture), 1);
    fixture.hub.publish(begun).await.unwrap();
    let error = within("it is answered", PATIENCE, stuck).await.unwrap().unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Indeterminate, false));
    assert!(error.report().contains("begun before the place was restarted"), "{}", error.report());
}

/// A new server at the place, as after a restart: with what was remembered on the disk.
async fn restarted(fixture: &Fixture) -> Server {
    let folder = fixture.folder.path();
    let copy = folder.join("after");
    std::fs::create_dir_all(&copy).unwrap();
    for file in ["place.key", "changes.jsonl"] {
        std::fs::copy(folder.join(file), copy.join(file)).unwrap();
    }
    let Place { transport, root, callers, audit, clock, .. } = fixture.place().clone();
    let place = Place::open(transport, root, &copy, callers, audit, clock).unwrap();
    Server::start(place, fixture.bench.capabilities()).await.unwrap()
}

#[tokio::test]
async fn a_change_goes_on_without_its_caller_and_is_waited_for() {
    let fixture = Fixture::in_memory().await;
    let remote = fixture.remote_of(Role::Operator, Duration::from_millis(50)).await;
    let error = remote.stick(()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Indeterminate);
    within("it runs", PATIENCE, fixture.bench.started.notified()).await;
    let Fixture { bench, offered: Offered { server, place }, .. } = fixture;
    let stopped = tokio::spawn(server.stop());
    bench.released.notify_one();
    within("it ends", PATIENCE, stopped).await.unwrap();
    let recorded: Vec<_> = place.audit.read(0, 10).unwrap().into_iter().map(|it| it.entry.event).collect();
    assert_eq!(recorded, [AuditEvent::Began, AuditEvent::Done]);
}

#[tokio::test]
async fn a_stream_ends_when_its_key_is_revoked() {
    let fixture = Fixture::in_memory().await;
    let reader = fixture.remote_of(Role::Reader, PATIENCE).await;
    let mut endless = reader.numbers(u32::MAX).await.unwrap();
    assert_eq!(endless.next().await.unwrap().unwrap(), 0);
    let id = fixture.place().callers.list().into_iter().find(|key| key.role == Role::Reader).unwrap().id;
    fixture.place().callers.revoke(&id).unwrap();
    wait_until("the work ends", PATIENCE, || Arc::strong_count(&fixture.bench.produced) == 1).await;
    let refused = reader.add((1, 1)).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unauthenticated);
}

#[tokio::test]
async fn answers_of_others_are_ignored() {
    let fixture = Fixture::in_memory().await;
    let mut ear = Eavesdropper::at(&fixture).await;
    let remote = fixture.remote();
    let hanging = tokio::spawn(async move { remote.hang(()).await });
    let request = ear.request().await;
    let forged = crate::rpc::frame::Answer {
        sequence: 0,
        index: 0,
        count: 1,
        nonce: [0; 12],
        piece: Bytes::from_static(b"{\"sequence\":0,\"more\":false}"),
    };
    let topic = request.response_topic.clone().unwrap();
    let message = Message { correlation: request.correlation, ..Message::new(topic, forged.into_bytes()) };
    fixture.hub.publish(message).await.unwrap();
    assert_eq!(fixture.remote().add((1, 2)).await.unwrap(), 3);
    assert!(!hanging.is_finished());
    hanging.abort();
}
