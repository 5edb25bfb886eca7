//! Against a real broker.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesOrdered;

use super::*;
use crate::testing::{
    FaultProxy, Mosquitto, MosquittoOptions, Process, TestAuthority, conformance, free_port, wait_until, within,
};
use crate::transport::Backoff;
use crate::transport::QualityOfService;

const PATIENCE: Duration = Duration::from_secs(30);
const MESSAGES: usize = 4000;

fn quick(url: &str) -> MqttOptions {
    let backoff = Backoff::new(Duration::from_millis(20), Duration::from_millis(200));
    MqttOptions { backoff, ..MqttOptions::from_url(url).unwrap() }
}

async fn connect(broker: &Mosquitto) -> MqttTransport {
    MqttTransport::connect(quick(&broker.url())).await.unwrap()
}

#[tokio::test]
async fn mosquitto_keeps_the_contract() {
    let broker = Mosquitto::start(MosquittoOptions::default()).await;
    conformance::transport(async || connect(&broker).await).await;
}

#[tokio::test]
async fn tls_checks_the_broker_and_shows_our_certificate() {
    let extra = vec!["require_certificate true".to_owned()];
    let broker = Mosquitto::start(MosquittoOptions { tls: true, extra, ..Default::default() }).await;
    let authority = broker.authority().unwrap();
    let tls = MqttTls {
        ca_pem: Some(authority.read("ca.pem")),
        certificate_pem: Some(authority.read("client.pem")),
        key_pem: Some(authority.read("client.key")),
    };
    let options = |tls: MqttTls| MqttOptions { tls: Some(tls), ..quick(&broker.url()) };
    conformance::transport(async || MqttTransport::connect(options(tls.clone())).await.unwrap()).await;

    let public_roots = MqttTls { ca_pem: None, ..tls.clone() };
    let untrusted = MqttTransport::connect(options(public_roots)).await.unwrap_err();
    assert_eq!(untrusted.kind(), ErrorKind::Untrusted, "{untrusted:?}");
    let other_name = MqttOptions { host: "127.0.0.1".to_owned(), ..options(tls) };
    let untrusted = MqttTransport::connect(other_name).await.unwrap_err();
    assert_eq!(untrusted.kind(), ErrorKind::Untrusted, "{untrusted:?}");
}

#[tokio::test]
async fn failures_to_connect_say_what_and_where() {
    let password = Some(("edge".to_owned(), "right".to_owned()));
    let broker = Mosquitto::start(MosquittoOptions { password, ..Default::default() }).await;
    let url = |user: &str| format!("mqtt://{user}localhost:{}", broker.port());
    MqttTransport::connect(quick(&url("edge:right@"))).await.unwrap().close().await;
    for wrong in ["edge:wr0ng@", ""] {
        let refused = MqttTransport::connect(quick(&url(wrong))).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Unauthenticated, "{refused:?}");
        assert!(refused.report().contains(&url("")) && !refused.report().contains("wr0ng"), "{refused}");
    }
    let nobody = MqttTransport::connect(quick(&format!("mqtt://127.0.0.1:{}", free_port()))).await.unwrap_err();
    assert_eq!(nobody.kind(), ErrorKind::Unavailable);
    assert!(nobody.report().contains("refused"), "{nobody}");
    let nowhere = MqttTransport::connect(quick("mqtt://no-such-host.invalid")).await.unwrap_err();
    assert_eq!(nowhere.kind(), ErrorKind::Unavailable);
    assert!(nowhere.report().contains("no-such-host.invalid"), "{nowhere}");
}

#[tokio::test]
async fn a_host_that_accepts_and_stays_silent_ends_in_a_timeout() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("mqtt://{}", silent.local_addr().unwrap());
    let options = MqttOptions { connect_timeout: Duration::from_millis(200), ..quick(&url) };
    let error = within("connect gives up", PATIENCE, MqttTransport::connect(options)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
}

#[tokio::test]
async fn a_lazy_transport_waits_for_its_broker() {
    let mut broker = Mosquitto::start(MosquittoOptions::default()).await;
    broker.kill();
    let hub = MqttTransport::connect_lazy(quick(&broker.url())).unwrap();
    let mut states = hub.states();
    within("a failed attempt shows", PATIENCE, async {
        while !matches!(states.next().await, Some(MqttState::Connecting { failures: 1.., reason: Some(_) })) {}
    })
    .await;
    let publish = hub.publish(Message { retain: true, ..Message::new("late", "1") });
    let (published, ()) = futures::join!(publish, broker.restart());
    published.unwrap();
    assert_eq!(hub.state(), MqttState::Connected);
    let mut late = hub.subscribe("late").await.unwrap();
    assert_eq!(late.next().await.unwrap().payload, "1");
}

#[tokio::test]
async fn a_publish_that_was_never_sent_fails_as_unavailable() {
    let url = format!("mqtt://127.0.0.1:{}", free_port());
    let options = MqttOptions { timeout: Duration::from_millis(100), ..quick(&url) };
    let hub = MqttTransport::connect_lazy(options).unwrap();
    let error = hub.publish(Message::new("a", "x")).await.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Unavailable, true));
    let error = hub.subscribe("a").await.map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    within("close", PATIENCE, hub.close()).await;
    assert_eq!(hub.publish(Message::new("a", "x")).await.unwrap_err().kind(), ErrorKind::Closed);
}

/// Publishes 2,000 messages while the broker is killed and started again twice. An independent
/// client with a session of its own receives every one, first copies in order.
async fn kill_the_broker_of(version: MqttVersion) {
    let mut broker = Mosquitto::start(MosquittoOptions { persistence: true, ..Default::default() }).await;
    let receiver = connect(&broker).await;
    let mut messages = receiver.subscribe("count").await.unwrap();
    let hub = MqttTransport::connect(MqttOptions { version, ..quick(&broker.url()) }).await.unwrap();
    let publish_all = async {
        let mut window = FuturesOrdered::new();
        for n in 0..2000 {
            window.push_back(hub.publish(Message::new("count", n.to_string())));
            if window.len() == 50 {
                window.next().await.unwrap().unwrap();
            }
        }
        while let Some(outcome) = window.next().await {
            outcome.unwrap();
        }
    };
    let receive_all = async {
        let (mut seen, mut order, mut killed_at) = (BTreeSet::new(), Vec::new(), 0);
        while seen.len() < 2000 {
            let message = messages.next().await.unwrap();
            let n: u32 = std::str::from_utf8(&message.payload).unwrap().parse().unwrap();
            if seen.insert(n) {
                order.push(n);
            }
            if !seen.is_empty() && seen.len() % 700 == 0 && seen.len() > killed_at {
                killed_at = seen.len();
                broker.kill();
                broker.restart().await;
            }
        }
        order
    };
    let ((), order) = within("all messages", 3 * PATIENCE, async { futures::join!(publish_all, receive_all) }).await;
    assert!(order.is_sorted(), "first copies arrive in order");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_when_the_broker_is_killed() {
    kill_the_broker_of(MqttVersion::V5).await;
    kill_the_broker_of(MqttVersion::V311).await;
}

#[tokio::test]
async fn messages_that_are_published_at_once_leave_in_order() {
    let broker = Mosquitto::start(MosquittoOptions::default()).await;
    let hub = connect(&broker).await;
    let observer = listen(broker.port(), &hub).await;
    // More than tokio lets a task do at once.
    let all: FuturesOrdered<_> = (0..300).map(|n| hub.publish(Message::new("n/x", n.to_string()))).collect();
    let outcomes: Vec<_> = within("all outcomes", PATIENCE, all.collect()).await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    wait_until("all of them", PATIENCE, || observer.stdout().len() > 300).await;
    let expected: Vec<_> = (0..300).map(|n| format!("n/x={n}")).collect();
    assert_eq!(observer.stdout()[1..], expected);
}

/// More messages than the broker takes at once, over connections that are lost again and again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_keep_their_order_however_often_the_connection_is_lost() {
    let broker = Mosquitto::start(MosquittoOptions::default()).await;
    let proxy = FaultProxy::start(([127, 0, 0, 1], broker.port()).into()).await.unwrap();
    let receiver = connect(&broker).await;
    let mut messages = receiver.subscribe("n").await.unwrap();
    let hub = MqttTransport::connect(quick(&format!("mqtt://{}", proxy.address()))).await.unwrap();
    let publish_all = async {
        let mut window = FuturesOrdered::new();
        for n in 0..MESSAGES {
            window.push_back(hub.publish(Message::new("n", n.to_string())));
            if window.len() == 100 {
                window.next().await.unwrap().unwrap();
            }
        }
        while let Some(outcome) = window.next().await {
            outcome.unwrap();
        }
    };
    let receive_all = async {
        let mut order = Vec::new();
        while order.len() < MESSAGES {
            let message = messages.next().await.unwrap();
            let n: usize = std::str::from_utf8(&message.payload).unwrap().parse().unwrap();
            if !order.contains(&n) {
                order.push(n);
                if order.len() % 100 == 0 {
                    proxy.cut();
                }
            }
        }
        order
    };
    let ((), order) = within("all messages", 3 * PATIENCE, async { futures::join!(publish_all, receive_all) }).await;
    let overtaken: Vec<_> = order.windows(2).filter(|pair| pair[0] > pair[1]).collect();
    assert!(overtaken.is_empty(), "first copies arrive in order, but {overtaken:?}");
    assert!(proxy.connections() > 10, "the connection was lost too seldom: {}", proxy.connections());
}

/// As many as the broker may send ahead wait here, the others there, with a broker that would send more and with one
/// that would send fewer. Where the client finds that the broker has sent too many it connects again, and what was read
/// just then comes twice.
#[tokio::test]
async fn a_reader_that_comes_late_finds_every_message_in_order() {
    for limit in ["max_inflight_messages 0", "max_inflight_messages 20"] {
        let broker = Mosquitto::start(MosquittoOptions { extra: vec![limit.to_owned()], ..Default::default() }).await;
        let (receiver, hub) = (connect(&broker).await, connect(&broker).await);
        let mut messages = receiver.subscribe("n").await.unwrap();
        let all: FuturesOrdered<_> = (0..1000).map(|n| hub.publish(Message::new("n", n.to_string()))).collect();
        let outcomes: Vec<_> = within("all outcomes", PATIENCE, all.collect()).await;
        assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
        // Behind it nothing can be under way that was published before.
        hub.publish(Message::new("n", "last")).await.unwrap();
        let mut got = Vec::new();
        while got.last().is_none_or(|last| last != "last") {
            let message = within("the next message", PATIENCE, messages.next()).await.unwrap();
            let text = String::from_utf8(message.payload.to_vec()).unwrap();
            if !got.contains(&text) {
                got.push(text);
            }
        }
        let mut expected: Vec<_> = (0..1000).map(|n| n.to_string()).collect();
        expected.push("last".to_owned());
        assert_eq!(got, expected, "{limit}");
    }
}

/// A broker with a listener of this kind, and a plain one for others.
async fn broker(tls: bool, lines: &[&str]) -> (Mosquitto, u16) {
    let plain = free_port();
    let mut extra: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
    extra.push(format!("listener {plain} 127.0.0.1"));
    let broker = Mosquitto::start(MosquittoOptions { tls, extra, ..Default::default() }).await;
    let listens = || std::net::TcpStream::connect(("127.0.0.1", plain)).is_ok();
    wait_until("the plain listener", PATIENCE, listens).await;
    (broker, plain)
}

/// Settings of a URL that lead to the files of an authority, written to `folder`.
fn certificates(folder: &std::path::Path, authority: Option<&TestAuthority>, client: &str) -> String {
    let Some(authority) = authority else { return String::new() };
    let place = |file: &str| {
        let path = folder.join(file);
        std::fs::write(&path, authority.read(file)).unwrap();
        path.display().to_string()
    };
    let (ca, certificate, key) = (place("ca.pem"), place("client.pem"), place("client.key"));
    if client.is_empty() { format!("&ca={ca}") } else { format!("&ca={ca}&certificate={certificate}&key={key}") }
}

/// mosquitto_sub, which shares no code with us. It has subscribed when it prints what is retained.
async fn listen(port: u16, hub: &MqttTransport) -> Process {
    hub.publish(Message { retain: true, ..Message::new("n/begin", "begin") }).await.unwrap();
    let mut observer = std::process::Command::new("mosquitto_sub");
    observer.args(["-h", "127.0.0.1", "-p", &port.to_string(), "-q", "2", "-t", "n/#", "-F", "%t=%p"]);
    let observer = Process::start(&mut observer).unwrap();
    wait_until("mosquitto_sub listens", PATIENCE, || !observer.stdout().is_empty()).await;
    observer
}

#[tokio::test]
async fn every_kind_of_listener_takes_both_versions_and_each_message_once() {
    let mtls: &[&str] = &["require_certificate true"];
    let (ws, wss): (&[&str], &[&str]) =
        (&["protocol websockets"], &["protocol websockets", "require_certificate true"]);
    for (scheme, tls, lines) in
        [("mqtt", false, &[][..]), ("mqtts", true, &[]), ("mqtts", true, mtls), ("ws", false, ws), ("wss", true, wss)]
    {
        let (broker, plain) = broker(tls, lines).await;
        let folder = tempfile::tempdir().unwrap();
        let client = if lines.contains(&"require_certificate true") { "client" } else { "" };
        let files = certificates(folder.path(), broker.authority(), client);
        for version in ["3.1.1", "5"] {
            let url = format!("{scheme}://localhost:{}?version={version}&keep-alive=5{files}", broker.port());
            let hub = within("connect", PATIENCE, MqttTransport::connect(quick(&url))).await;
            let hub = hub.unwrap_or_else(|error| panic!("{scheme} {version} {lines:?}: {}", error.report()));
            let observer = listen(plain, &hub).await;
            for number in 0..30 {
                let quality =
                    [QualityOfService::AtMostOnce, QualityOfService::AtLeastOnce, QualityOfService::ExactlyOnce]
                        [number % 3];
                let properties = vec![("left out".to_owned(), "of 3.1.1".to_owned())];
                let message = Message::new(format!("n/{number}"), number.to_string());
                hub.publish(Message { quality, properties, ..message }).await.unwrap();
            }
            hub.close().await;
            wait_until("all of them", PATIENCE, || observer.stdout().len() > 30).await;
            let mut got = observer.stdout();
            got.sort();
            let mut expected: Vec<_> = (0..30).map(|number| format!("n/{number}={number}")).collect();
            expected.push("n/begin=begin".to_owned());
            expected.sort();
            assert_eq!(got, expected, "{scheme} {version} {lines:?}");
        }
    }
}

#[tokio::test]
async fn a_broker_that_does_not_trust_us_is_told_from_one_we_do_not_trust() {
    for (scheme, lines) in
        [("mqtts", &["require_certificate true"][..]), ("wss", &["protocol websockets", "require_certificate true"])]
    {
        let (broker, _) = broker(true, lines).await;
        let stranger = tempfile::tempdir().unwrap();
        let other = TestAuthority::new(stranger.path());
        let (folder, copy) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let ours = certificates(folder.path(), broker.authority(), "");
        let theirs = format!("{}/client", stranger.path().display());
        let foreign = format!("&certificate={theirs}.pem&key={theirs}.key");
        let port = broker.port();
        for (settings, kind) in [
            (ours.clone(), ErrorKind::Unauthenticated),
            (format!("{ours}{foreign}"), ErrorKind::Unauthenticated),
            (certificates(copy.path(), Some(&other), "client"), ErrorKind::Untrusted),
        ] {
            for version in ["5", "3.1.1"] {
                let url = format!("{scheme}://localhost:{port}?version={version}{settings}");
                let error = within("a refusal", PATIENCE, MqttTransport::connect(quick(&url))).await.unwrap_err();
                assert_eq!(error.kind(), kind, "{scheme} {version}: {}", error.report());
            }
        }
    }
}

#[tokio::test]
async fn over_3_1_1_nothing_is_received() {
    let broker = Mosquitto::start(MosquittoOptions::default()).await;
    let hub = MqttTransport::connect(quick(&format!("{}?version=3.1.1", broker.url()))).await.unwrap();
    let error = hub.subscribe("a").await.map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    hub.publish(Message::new("a", "1")).await.unwrap();
}

#[tokio::test]
async fn the_broker_publishes_our_last_will_when_it_loses_us() {
    let broker = Mosquitto::start(MosquittoOptions::default()).await;
    let proxy = FaultProxy::start(([127, 0, 0, 1], broker.port()).into()).await.unwrap();
    let watcher = connect(&broker).await;
    let mut messages = watcher.subscribe("edge/#").await.unwrap();
    let url = format!("mqtt://{}?will-topic=edge/state&will-payload=gone", proxy.address());
    let hub = MqttTransport::connect(quick(&url)).await.unwrap();
    proxy.outage();
    let will = within("the will", PATIENCE, messages.next()).await.unwrap();
    assert_eq!((will.topic.as_str(), will.payload.as_ref()), ("edge/state", &b"gone"[..]));
    proxy.heal();
    hub.close().await;
}

/// Passwords `p0`, `p1`, … that are each replaced after half a second.
#[derive(Debug, Default)]
struct Passwords(std::sync::atomic::AtomicUsize);

impl TokenSource for Passwords {
    fn token(&self, now: crate::time::UtcTime) -> Result<Token> {
        let number = self.0.fetch_add(1, Ordering::Relaxed);
        let renew_at = crate::time::UtcTime::from_ticks(now.ticks() + 5_000_000);
        Ok(Token { text: format!("p{number}").into(), renew_at })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_renewed_password_loses_and_doubles_nothing() {
    for version in [MqttVersion::V5, MqttVersion::V311] {
        let broker = Mosquitto::start(MosquittoOptions::default()).await;
        let passwords = Arc::new(Passwords::default());
        let token = Some(Arc::clone(&passwords) as _);
        let options = MqttOptions { version, user: Some("edge".into()), token, ..quick(&broker.url()) };
        let hub = MqttTransport::connect(options).await.unwrap();
        let observer = listen(broker.port(), &hub).await;
        let mut sent = 0;
        within("three more connections", PATIENCE, async {
            while passwords.0.load(Ordering::Relaxed) < 4 {
                let batch = (sent..sent + 20).map(|number| hub.publish(Message::new("n/x", number.to_string())));
                futures::future::try_join_all(batch).await.unwrap();
                sent += 20;
            }
        })
        .await;
        hub.close().await;
        wait_until("all of them", PATIENCE, || observer.stdout().len() > sent).await;
        let expected: Vec<_> = (0..sent).map(|number| format!("n/x={number}")).collect();
        assert_eq!(observer.stdout()[1..], expected, "{version:?}");
    }
}
