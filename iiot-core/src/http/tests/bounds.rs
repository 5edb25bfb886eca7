//! Clients that ask for too much, or never finish.

use std::sync::atomic::Ordering;

use super::*;
use crate::testing::wait_until;

fn quick() -> HttpLimits {
    let short = Duration::from_millis(300);
    HttpLimits { header_time: short, body_time: short, body: 1000, ..HttpLimits::default() }
}

#[tokio::test]
async fn who_sends_headers_too_slowly_is_disconnected() {
    let plant = Plant::with(quick()).await;
    let mut silent = plant.client().await;
    let mut slow = plant.client().await;
    slow.send("POST /v1/valve/set HTTP/1.1\r\nHost: x\r\nX-").await;
    assert_eq!(silent.closed().await, "");
    slow.closed().await;
}

#[tokio::test]
async fn who_sends_the_body_too_slowly_is_told_and_disconnected() {
    let plant = Plant::with(quick()).await;
    let mut client = plant.client().await;
    let whole = client::post(&plant.operator, "valve/set", r#"{"target":{"percent":1}}"#);
    client.send(&whole[..whole.len() - 1]).await;
    assert_eq!(client.answer().await.status, 408);
    client.closed().await;
}

#[tokio::test]
async fn bodies_that_are_too_large_are_refused_with_and_without_a_length() {
    let plant = Plant::with(quick()).await;
    let mut client = plant.client().await;
    let key = &plant.operator;
    let head = format!(
        "POST /v1/valve/set HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer {key}\r\n"
    );
    client.send(&format!("{head}Content-Length: 100000000000\r\n\r\n")).await;
    let answer = client.answer().await;
    assert_eq!((answer.status, &answer.json()["code"]), (413, &"limit_exceeded".into()));
    let mut client = plant.client().await;
    let chunk = format!("200\r\n{}\r\n", " ".repeat(512));
    client.send(&format!("{head}Transfer-Encoding: chunked\r\n\r\n{chunk}{chunk}{chunk}")).await;
    assert_eq!(client.answer().await.status, 413);
}

#[tokio::test]
async fn headers_that_are_too_large_or_too_many_are_refused() {
    let plant = Plant::start().await;
    for headers in [format!("X: {}\r\n", "x".repeat(100_000)), "X: y\r\n".repeat(1000)] {
        let mut client = plant.client().await;
        client.send(&format!("GET /healthz HTTP/1.1\r\nHost: x\r\n{headers}\r\n")).await;
        assert_eq!(client.head().await.status, 431);
    }
}

#[tokio::test]
async fn a_key_has_room_for_so_many_calls_and_no_more() {
    let plant = Plant::with(HttpLimits { calls_per_key: 2, ..HttpLimits::default() }).await;
    let mut clients = [plant.client().await, plant.client().await];
    for client in &mut clients {
        client.send(&client::post(&plant.reader, "valve/wait", "{}")).await;
    }
    wait_until("both run", PATIENCE, || plant.valve.waiting.load(Ordering::SeqCst) == 2).await;
    let answer = plant.client().await.post(&plant.reader, "valve/position", "{}").await;
    assert_eq!((answer.status, answer.header("retry-after")), (429, Some("1")));
    assert_eq!(plant.client().await.post(&plant.operator, "valve/position", "{}").await.status, 200);
    plant.valve.may_go_on.add_permits(2);
    for client in &mut clients {
        assert_eq!(client.answer().await.status, 200);
    }
    assert_eq!(plant.client().await.post(&plant.reader, "valve/position", "{}").await.status, 200);
}

#[tokio::test]
async fn an_address_has_room_for_so_many_connections_and_no_more() {
    let plant = Plant::with(HttpLimits { connections_per_address: 2, ..HttpLimits::default() }).await;
    let mut held = [plant.client().await, plant.client().await];
    for client in &mut held {
        assert_eq!(client.get("", "/healthz").await.status, 200);
    }
    assert_eq!(plant.client().await.closed().await, "");
    assert_eq!(held[0].get("", "/healthz").await.status, 200);
}

#[tokio::test]
async fn connections_beyond_the_bound_wait_for_their_turn() {
    let plant = Plant::with(HttpLimits { connections: 1, ..HttpLimits::default() }).await;
    let mut first = plant.client().await;
    assert_eq!(first.get("", "/healthz").await.status, 200);
    let mut second = plant.client().await;
    second.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert_eq!(first.get("", "/healthz").await.status, 200);
    drop(first);
    assert_eq!(second.answer().await.status, 200);
}

#[tokio::test]
async fn a_call_that_takes_too_long_is_given_up() {
    let plant = Plant::with(HttpLimits { call_time: Duration::from_millis(100), ..HttpLimits::default() }).await;
    let mut client = plant.client().await;
    let answer = client.post(&plant.reader, "valve/wait", "{}").await;
    assert_eq!((answer.status, &answer.json()["code"]), (504, &"timeout".into()));
    let answer = client.post(&plant.operator, "valve/set_late", r#"{"target":{"percent":1}}"#).await;
    assert_eq!((answer.status, &answer.json()["code"]), (500, &"indeterminate".into()));
}

#[tokio::test]
async fn beyond_loopback_a_certificate_is_needed() {
    let folder = tempfile::tempdir().unwrap();
    let keys = Arc::new(ApiKeys::open(folder.path().join("keys.json")).unwrap());
    let audit = Arc::new(AuditLog::open(folder.path().join("audit.jsonl")).unwrap());
    let parts = HttpParts::new("x", keys, audit, Arc::new(SystemClock));
    for address in ["0.0.0.0:0", "[::]:0", "192.168.0.1:0"] {
        let options = HttpOptions::new(address.parse::<std::net::SocketAddr>().unwrap());
        let error = HttpServer::start(options, parts.clone()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{address}");
        assert!(error.to_string().contains("give a certificate"), "{error}");
    }
}
