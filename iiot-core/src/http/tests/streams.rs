//! Server-sent events.

use std::sync::atomic::Ordering;

use super::*;
use crate::testing::wait_until;

async fn watch(plant: &Plant, request: &str) -> Client {
    let mut client = plant.client().await;
    client.send(&client::post(&plant.reader, "valve/watch", request)).await;
    let head = client.head().await;
    assert_eq!((head.status, head.header("content-type")), (200, Some("text/event-stream")));
    client
}

#[tokio::test]
async fn items_are_events_and_the_end_is_told() {
    let plant = Plant::start().await;
    let mut client = watch(&plant, r#"{"ballast":0,"count":2}"#).await;
    let text = client.until("event: end").await;
    assert!(text.contains("data: {\"percent\":0,\"ballast\":\"\"}\n\n"), "{text}");
    assert!(text.contains("data: {\"percent\":1,\"ballast\":\"\"}\n\n"), "{text}");
    assert!(!text.contains("id: "), "an id would promise that one can go on behind it");
    assert_eq!(plant.client().await.get(&plant.reader, "/v1/valve/watch?ballast=x").await.status, 400);
}

#[tokio::test]
async fn a_stream_ends_when_its_reader_leaves() {
    let plant = Plant::start().await;
    let mut client = watch(&plant, r#"{"ballast":1000}"#).await;
    client.until("\"percent\":10").await;
    assert_eq!(plant.valve.open_streams(), 1);
    drop(client);
    wait_until("the stream has ended", PATIENCE, || plant.valve.open_streams() == 0).await;
}

#[tokio::test]
async fn a_reader_that_stops_reading_slows_the_stream_and_is_cut_off() {
    let limits = HttpLimits { write_stall: Duration::from_millis(500), ..HttpLimits::default() };
    let plant = Plant::with(limits).await;
    let client = watch(&plant, r#"{"ballast":100000}"#).await;
    wait_until("the stream was cut", PATIENCE, || plant.valve.open_streams() == 0).await;
    let items = plant.valve.items.load(Ordering::SeqCst);
    assert!(items < 300, "{items} items of 100 kB were asked for, although nobody read");
    drop(client);
}

#[tokio::test]
async fn a_stream_ends_when_its_key_is_revoked() {
    let plant = Plant::start().await;
    let mut client = plant.client().await;
    client.send(&client::post(&plant.administrator, "access/follow_audit", "{}")).await;
    client.until(": opened").await;
    plant.keys.revoke(id(&plant.administrator)).unwrap();
    let text = client.until("\"code\":\"unauthenticated\"").await;
    assert!(text.contains("event: problem"), "{text}");
}

#[tokio::test]
async fn a_stream_goes_on_behind_the_last_event_that_was_seen() {
    let plant = Plant::start().await;
    for percent in 1..=3 {
        let body = format!(r#"{{"target":{{"percent":{percent}}}}}"#);
        plant.client().await.post(&plant.operator, "valve/set", &body).await;
    }
    let mut client = plant.client().await;
    client.send(&client::post(&plant.administrator, "access/follow_audit", "{}")).await;
    let text = client.until("id: 6\n").await;
    assert!(text.contains("id: 1\ndata: {\"sequence\":1,"), "{text}");
    let mut again = plant.client().await;
    let key = &plant.administrator;
    let path = "/v1/access/follow_audit";
    again
        .send(&format!("GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nLast-Event-ID: 4\r\n\r\n"))
        .await;
    let text = again.until("id: 6\n").await;
    assert!(text.contains("id: 5\n") && !text.contains("id: 4\n"), "{text}");
}

#[tokio::test]
async fn a_quiet_stream_is_kept_alive() {
    let limits = HttpLimits { keep_alive: Duration::from_millis(20), ..HttpLimits::default() };
    let plant = Plant::with(limits).await;
    let mut client = plant.client().await;
    client.send(&client::post(&plant.administrator, "access/follow_audit", "{}")).await;
    client.until(": nothing new\n\n").await;
    client.until(": nothing new\n\n").await;
}

#[tokio::test]
async fn stopping_the_server_ends_streams_and_lets_calls_finish() {
    let plant = Plant::start().await;
    let mut stream = plant.client().await;
    stream.send(&client::post(&plant.administrator, "access/follow_audit", "{}")).await;
    stream.until(": opened").await;
    let mut call = plant.client().await;
    call.send(&client::post(&plant.operator, "valve/set_late", r#"{"target":{"percent":5}}"#)).await;
    wait_until("the call runs", PATIENCE, || plant.valve.waiting.load(Ordering::SeqCst) == 1).await;
    let (_, (), ()) =
        tokio::join!(plant.server.stop(PATIENCE), async { plant.valve.may_go_on.add_permits(1) }, async {
            assert_eq!(call.answer().await.status, 200);
            assert!(stream.closed().await.contains("the server stops"));
        });
    assert!(tokio::net::TcpStream::connect(plant.server.address()).await.is_err());
}
