//! Calls, their failures and their records.

use std::sync::atomic::Ordering;

use super::*;
use crate::http::AuditEvent;
use crate::testing::wait_until;

#[tokio::test]
async fn a_call_answers_with_json_by_post_and_by_get() {
    let plant = Plant::start().await;
    let mut client = plant.client().await;
    let set = client.post(&plant.operator, "valve/set", r#"{"target":{"percent":40}}"#).await;
    assert_eq!((set.status, set.header("content-type")), (200, Some("application/json")));
    assert_eq!(set.json()["percent"], 40);
    assert_eq!(client.post(&plant.reader, "valve/position", "{}").await.json()["percent"], 40);
    let got = client.get(&plant.reader, "/v1/valve/position").await;
    assert_eq!(got.json()["percent"], 40);
    assert_eq!(got.header("cache-control"), Some("no-store"));
    assert_eq!(got.header("x-content-type-options"), Some("nosniff"));
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_told_by_its_place() {
    let plant = Plant::start().await;
    let mut client = plant.client().await;
    for (body, pointer) in [
        ("", "#"),
        ("{", "#"),
        ("[]", "#"),
        ("{} {}", "#"),
        (r#"{"target":{"percent":"x"}}"#, "#/target/percent"),
        (r#"{"target":{"percent":-1}}"#, "#/target/percent"),
        (r#"{"target":{}}"#, "#/target"),
        (r#"{"target":{"percent":1},"more":1}"#, "#/more"),
        (r#"{"target":{"percent":101}}"#, "#/target/percent"),
    ] {
        let answer = client.post(&plant.operator, "valve/set", body).await;
        assert_eq!(answer.status, 400, "{body}: {answer:?}");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
        let problem = answer.json();
        let found = problem["errors"][0]["pointer"].as_str().unwrap();
        assert!(found == pointer || body.contains("more") && found == "#", "{body}: {problem}");
        assert_eq!((&problem["code"], &problem["status"]), (&"invalid_argument".into(), &400.into()));
    }
}

#[tokio::test]
async fn what_http_itself_refuses_is_a_problem_too() {
    let plant = Plant::start().await;
    let mut client = plant.client().await;
    assert_eq!(client.get(&plant.reader, "/v1/valve/nothing").await.status, 404);
    assert_eq!(client.get("", "/nothing").await.status, 404);
    assert_eq!(client.get("", "/v1/valve/nothing").await.status, 401, "who may not call is not told what there is");
    let answer = client.get(&plant.operator, "/v1/valve/set").await;
    assert_eq!((answer.status, answer.header("allow")), (405, Some("post")));
    assert_eq!(client.get(&plant.reader, "/v1/valve/position?x=1").await.status, 400);
    let text = format!(
        "POST /v1/valve/set HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\
         Authorization: Bearer {}\r\n\r\n{{}}",
        plant.operator
    );
    client.send(&text).await;
    let answer = client.answer().await;
    assert_eq!((answer.status, answer.json()["status"].as_u64()), (415, Some(415)));
}

#[tokio::test]
async fn a_defect_fails_its_own_call_and_no_other() {
    let plant = Plant::start().await;
    let mut client = plant.client().await;
    let answer = client.post(&plant.reader, "valve/burst", "{}").await;
    assert_eq!((answer.status, &answer.json()["code"]), (500, &"internal".into()));
    assert_eq!(client.post(&plant.reader, "valve/position", "{}").await.status, 200);
}

#[tokio::test]
async fn changes_are_recorded_with_their_outcome_and_reads_are_not() {
    let plant = Plant::start().await;
    let mut client = plant.client().await;
    client.post(&plant.reader, "valve/position", "{}").await;
    client.post(&plant.operator, "valve/set", r#"{"target":{"percent":4}}"#).await;
    client.post(&plant.operator, "valve/set", r#"{"target":{"percent":400}}"#).await;
    client.post(&plant.reader, "valve/set", r#"{"target":{"percent":4}}"#).await;
    let records = plant.audit.read(0, 100).unwrap();
    let events: Vec<_> = records.iter().map(|record| (record.entry.event, record.entry.began)).collect();
    let (began, done, failed, refused) = (AuditEvent::Began, AuditEvent::Done, AuditEvent::Failed, AuditEvent::Refused);
    assert_eq!(events, [(began, None), (done, Some(1)), (began, None), (failed, Some(3)), (refused, None)]);
    let first = &records[0].entry;
    assert_eq!((first.principal.as_str(), first.key.as_deref()), ("Operator", Some(id(&plant.operator))));
    assert_eq!((first.operation.as_str(), first.address.as_deref()), ("valve.set", Some("127.0.0.1")));
    assert_eq!(first.request, crate::http::audit::sha256(br#"{"target":{"percent":4}}"#));
    assert!(records[3].entry.reason.as_deref().unwrap().contains("give 0 to 100"));
    assert!(records[4].entry.reason.as_deref().unwrap().contains("Operator"));
    let page = client.get(&plant.administrator, "/v1/access/read_audit?after=3&limit=1").await.json();
    assert_eq!((page["records"].as_array().unwrap().len(), &page["records"][0]["event"]), (1, &"failed".into()));
    assert_eq!(client.get(&plant.administrator, "/v1/access/check_audit").await.json()["records"], 5);
}

#[tokio::test]
async fn a_change_ends_as_a_whole_and_with_a_record_although_its_caller_left() {
    let plant = Plant::start().await;
    let mut client = plant.client().await;
    client.send(&client::post(&plant.operator, "valve/set_late", r#"{"target":{"percent":9}}"#)).await;
    wait_until("the change runs", PATIENCE, || plant.valve.waiting.load(Ordering::SeqCst) == 1).await;
    drop(client);
    plant.valve.may_go_on.add_permits(1);
    let done = || plant.audit.read(1, 1).unwrap().first().map(|record| record.entry.event);
    wait_until("the change is recorded", PATIENCE, || done() == Some(AuditEvent::Done)).await;
    assert_eq!(plant.client().await.post(&plant.reader, "valve/position", "{}").await.json()["percent"], 9);
}

#[tokio::test]
async fn a_read_ends_when_its_caller_leaves() {
    let plant = Plant::start().await;
    let mut client = plant.client().await;
    client.send(&client::post(&plant.reader, "valve/wait", "{}")).await;
    wait_until("the read runs", PATIENCE, || plant.valve.waiting.load(Ordering::SeqCst) == 1).await;
    drop(client);
    let metrics = async {
        while !plant.client().await.get(&plant.reader, "/metrics").await.body.contains("iiot_http_calls 0\n") {}
    };
    crate::testing::within("the call has ended", PATIENCE, metrics).await;
}

#[tokio::test]
async fn a_change_is_refused_when_it_cannot_be_recorded() {
    let plant = Plant::start().await;
    let path = plant._folder.path().join("audit.jsonl");
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    let mut client = plant.client().await;
    let answer = client.post(&plant.operator, "valve/set", r#"{"target":{"percent":50}}"#).await;
    assert_eq!((answer.status, &answer.json()["code"]), (500, &"io".into()));
    assert_eq!(client.post(&plant.reader, "valve/position", "{}").await.json()["percent"], 0);
}

#[tokio::test]
async fn the_pages_are_there() {
    let plant = Plant::start().await;
    let mut client = plant.client().await;
    assert_eq!(client.get("", "/healthz").await.body, "alive\n");
    assert_eq!(client.get("", "/readyz").await.status, 200);
    plant.valve.stuck.store(true, Ordering::SeqCst);
    let answer = client.get("", "/readyz").await;
    assert_eq!((answer.status, answer.body.contains("the valve is stuck")), (503, true));
    let page = client.get("", "/").await;
    assert!(page.body.contains("/v1/valve/set") && page.header("content-security-policy").is_some());
    let document = client.get("", "/openapi.json").await.json();
    assert_eq!(document["paths"]["/v1/valve/set"]["post"]["x-iiot-role"], "operator");
    assert_eq!(client.get("", "/metrics").await.status, 401);
    client.post(&plant.reader, "valve/position", "{}").await;
    let metrics = client.get(&plant.reader, "/metrics").await.body;
    assert!(metrics.contains("valve_percent 7\n"), "{metrics}");
    assert!(metrics.contains("iiot_http_requests_total{operation=\"valve.position\",status=\"200\"} 1\n"), "{metrics}");
}
