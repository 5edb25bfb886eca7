//! Against a real server.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use async_nats::jetstream::stream::Config;
use futures::StreamExt;

use super::*;
use crate::testing::{Process, TestAuthority, free_port, wait_until, within};

const PATIENCE: Duration = Duration::from_secs(30);

async fn server(folder: &Path, port: u16, more: &[&str]) -> Process {
    let mut command = Command::new(
        ["/usr/sbin/nats-server", "/usr/local/bin/nats-server"]
            .into_iter()
            .find(|path| Path::new(path).is_file())
            .unwrap_or("nats-server"),
    );
    command.args(["-js", "-a", "127.0.0.1", "-p", &port.to_string(), "-sd"]).arg(folder).args(more);
    let process = Process::start(&mut command).expect("please install nats-server: apt-get install -y nats-server");
    let listens = || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok();
    wait_until("nats-server listens", PATIENCE, listens).await;
    process
}

/// The messages of a stream for `plant.>`: id, topic and payload.
async fn stored(hub: &NatsTransport) -> Vec<(String, String, String)> {
    let stream = hub.stream.get_stream("plant").await.unwrap();
    let config = async_nats::jetstream::consumer::pull::OrderedConfig::default();
    let consumer = stream.create_consumer(config).await.unwrap();
    let count = stream.get_info().await.unwrap().state.messages;
    let mut messages = consumer.messages().await.unwrap().take(usize::try_from(count).unwrap());
    let mut all = Vec::new();
    while let Some(message) = messages.next().await {
        let message = message.unwrap();
        let header =
            |name: &str| message.headers.as_ref().unwrap().get(name).map(|value| value.to_string()).unwrap_or_default();
        all.push((header("Nats-Msg-Id"), header("Topic"), String::from_utf8(message.payload.to_vec()).unwrap()));
    }
    all
}

fn message(number: u32) -> Message {
    Message { id: Some(format!("id-{number}")), ..Message::new("plant/line 1", number.to_string()) }
}

async fn make_stream(hub: &NatsTransport) {
    let config = Config { name: "plant".into(), subjects: vec!["plant.>".into()], ..Config::default() };
    hub.stream.create_stream(config).await.unwrap();
}

/// Sends 300 messages in windows while the server is killed and started again; whoever is not sure sends
/// again, as a publisher does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_has_each_message_once_when_its_server_is_killed() {
    let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
    let first = server(folder.path(), port, &[]).await;
    let options = NatsOptions { timeout: Duration::from_secs(2), ..NatsOptions::new("127.0.0.1", port) };
    let hub = NatsTransport::connect_lazy(options).await.unwrap();
    within("a connection", PATIENCE, hub.connected.clone().wait_for(|connected| *connected)).await.unwrap();
    let none = hub.publish(message(0)).await.unwrap_err();
    assert_eq!((none.kind(), none.is_retryable()), (ErrorKind::NotFound, true), "{}", none.report());
    make_stream(&hub).await;
    let (mut first, mut second) = (Some(first), None);
    for window in 0..15 {
        if window == 7 {
            drop(first.take());
            second = Some(server(folder.path(), port, &[]).await);
        }
        let numbers = window * 20..(window + 1) * 20;
        within("a window", PATIENCE, async {
            while futures::future::try_join_all(numbers.clone().map(|number| hub.publish(message(number))))
                .await
                .is_err()
            {}
        })
        .await;
    }
    let expected: Vec<_> =
        (0..300).map(|number| (format!("id-{number}"), "plant/line 1".to_owned(), number.to_string())).collect();
    assert_eq!(within("all of them", PATIENCE, stored(&hub)).await, expected);
    let large = hub.publish(Message::new("plant/large", vec![0; 2 << 20])).await.unwrap_err();
    assert_eq!((large.kind(), large.is_retryable()), (ErrorKind::LimitExceeded, false), "{}", large.report());
    assert_eq!(hub.subscribe("a").await.map(drop).unwrap_err().kind(), ErrorKind::Unsupported);
    hub.close().await;
    assert_eq!(hub.publish(message(0)).await.unwrap_err().kind(), ErrorKind::Closed);
    drop(second);
}

#[tokio::test]
async fn tls_and_logins_are_checked_on_both_sides() {
    let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
    let _authority = TestAuthority::new(folder.path());
    let file = |name: &str| folder.path().join(name).display().to_string();
    let tls = [
        "--tlsverify",
        "--tlscert",
        &file("server.pem"),
        "--tlskey",
        &file("server.key"),
        "--tlscacert",
        &file("ca.pem"),
        "--user",
        "edge",
        "--pass",
        "s3cret",
    ];
    let _server = server(&folder.path().join("store"), port, &tls).await;
    std::fs::write(file("password"), "s3cret\n").unwrap();
    std::fs::write(file("wrong"), "wr0ng\n").unwrap();
    let own = format!("&certificate={}&key={}", file("client.pem"), file("client.key"));
    let url = |password: &str, more: &str| {
        format!("tls://localhost:{port}?user=edge&password=file:{}&ca={}{more}", file(password), file("ca.pem"))
    };
    let connect = async |url: String| {
        within("an answer", PATIENCE, NatsTransport::connect(NatsOptions::from_url(&url).unwrap())).await
    };
    let hub = connect(url("password", &own)).await.unwrap();
    make_stream(&hub).await;
    hub.publish(message(1)).await.unwrap();
    assert_eq!(stored(&hub).await.len(), 1);
    let error = connect(url("wrong", &own)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{}", error.report());
    assert!(!error.report().contains("wr0ng"));
    assert!(connect(url("password", "")).await.is_err(), "without our certificate");
    let untrusted = format!("tls://localhost:{port}?user=edge&password=file:{}", file("password"));
    let error = connect(untrusted).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Untrusted | ErrorKind::Unavailable), "{}", error.report());
}
