//! Against a real broker.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesOrdered;

use super::*;
use crate::testing::{Mosquitto, MosquittoOptions, conformance, free_port, within};

const PATIENCE: Duration = Duration::from_secs(30);

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
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_when_the_broker_is_killed() {
    let mut broker = Mosquitto::start(MosquittoOptions { persistence: true, ..Default::default() }).await;
    let receiver = connect(&broker).await;
    let mut messages = receiver.subscribe("count").await.unwrap();
    let hub = connect(&broker).await;
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
    let ((), order) = within("all messages", PATIENCE, async { futures::join!(publish_all, receive_all) }).await;
    assert!(order.is_sorted(), "first copies arrive in order");
}

#[tokio::test]
async fn subscriptions_return_with_a_broker_that_forgot_everything() {
    let mut broker = Mosquitto::start(MosquittoOptions::default()).await;
    let hub = connect(&broker).await;
    let mut messages = hub.subscribe("a/+").await.unwrap();
    for round in 0..3 {
        broker.restart().await;
        hub.publish(Message::new("a/b", round.to_string())).await.unwrap();
        let got = within("the message", PATIENCE, messages.next()).await.unwrap();
        assert_eq!(got.payload, round.to_string());
    }
}

#[tokio::test]
async fn a_message_beyond_the_brokers_limit_is_refused_and_the_rest_goes_on() {
    let extra = vec!["max_packet_size 5000".to_owned()];
    let broker = Mosquitto::start(MosquittoOptions { extra, ..Default::default() }).await;
    let hub = connect(&broker).await;
    let error = hub.publish(Message::new("a", vec![0; 10_000])).await.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::LimitExceeded, false), "{error}");
    assert_eq!(hub.max_payload(), Some(5000 - 1024));
    hub.publish(Message::new("a", vec![0; 3976])).await.unwrap();
}

#[tokio::test]
async fn a_session_survives_the_process() {
    let broker = Mosquitto::start(MosquittoOptions::default()).await;
    let options = || MqttOptions { client_id: "the-edge".to_owned(), ..quick(&broker.url()) };
    let first = MqttTransport::connect(options()).await.unwrap();
    let _messages = first.subscribe("a").await.unwrap();
    first.close().await;
    let second = MqttTransport::connect(options()).await.unwrap();
    let mut messages = second.subscribe("a").await.unwrap();
    second.publish(Message::new("a", "1")).await.unwrap();
    assert_eq!(within("the message", PATIENCE, messages.next()).await.unwrap().payload, "1");
}
