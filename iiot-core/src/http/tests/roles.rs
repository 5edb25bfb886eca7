//! Who may do what.

use super::valve::OPERATIONS;
use super::*;
use crate::http::ACCESS_OPERATIONS;
use crate::operation::Shape;

/// A request that each operation takes.
fn request(operation: &str) -> &'static str {
    match operation {
        "set" | "set_late" => r#"{"target":{"percent":1}}"#,
        "watch" => r#"{"ballast":1,"count":1}"#,
        "create_key" => r#"{"name":"x","role":"reader"}"#,
        "revoke_key" => r#"{"id":"none"}"#,
        _ => "{}",
    }
}

#[tokio::test]
async fn every_operation_is_for_the_roles_that_its_table_says() {
    let plant = Plant::start().await;
    plant.valve.may_go_on.add_permits(100);
    let keys = [&plant.applicant, &plant.reader, &plant.operator, &plant.approver, &plant.administrator];
    let mut tried = 0;
    for operation in OPERATIONS.iter().chain(ACCESS_OPERATIONS) {
        let path = format!("{}/{}", operation.capability, operation.name);
        assert_eq!(plant.client().await.post("", &path, request(operation.name)).await.status, 401, "{path}");
        for (role, key) in Role::ALL.into_iter().zip(keys) {
            let mut client = plant.client().await;
            client.send(&client::post(key, &path, request(operation.name))).await;
            let status = client.head().await.status;
            assert_eq!(status == 403, role < operation.role, "{path} as {role:?}: {status}");
            assert_ne!(status, 401, "{path} as {role:?}");
            assert!(matches!(status, 200 | 403) || operation.shape == Shape::Call, "{path} as {role:?}: {status}");
            tried += 1;
        }
    }
    assert_eq!(tried, Role::ALL.len() * (OPERATIONS.len() + ACCESS_OPERATIONS.len()));
}

#[tokio::test]
async fn figures_are_for_readers() {
    let plant = Plant::start().await;
    let mut client = plant.client().await;
    assert_eq!(client.get(&plant.applicant, "/metrics").await.status, 403);
    assert_eq!(client.get(&plant.reader, "/metrics").await.status, 200);
}

#[tokio::test]
async fn what_is_no_valid_key_is_refused_and_told_how_to_give_one() {
    let plant = Plant::start().await;
    let id = id(&plant.reader);
    for wrong in ["", "x", "iiot_", &format!("iiot_{id}_{}", "A".repeat(43)), &plant.reader.to_uppercase()] {
        let answer = plant.client().await.post(wrong, "valve/position", "{}").await;
        assert_eq!(answer.status, 401, "{wrong}");
        assert_eq!(answer.header("www-authenticate"), Some("bearer realm=\"iiot\""));
        assert_eq!(answer.json()["code"], "unauthenticated");
        assert!(answer.json()["detail"].as_str().unwrap().contains("Authorization: Bearer"), "{answer:?}");
    }
    let twice = format!(
        "GET /metrics HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {0}\r\nAuthorization: Bearer {0}\r\n\r\n",
        plant.reader
    );
    let mut client = plant.client().await;
    client.send(&twice).await;
    assert_eq!(client.answer().await.status, 401);
}

#[tokio::test]
async fn who_tries_many_keys_is_told_to_wait_and_a_right_one_still_passes() {
    let plant = Plant::start().await;
    let mut client = plant.client().await;
    let wrong = format!("iiot_{}_{}", id(&plant.reader), "A".repeat(43));
    for _ in 0..100 {
        assert_eq!(client.post(&wrong, "valve/position", "{}").await.status, 401);
    }
    let answer = client.post(&wrong, "valve/position", "{}").await;
    assert_eq!(answer.status, 429);
    assert!(answer.header("retry-after").unwrap().parse::<u32>().unwrap() <= 60);
    assert_eq!(client.post(&plant.reader, "valve/position", "{}").await.status, 200);
}

#[tokio::test]
async fn a_key_made_over_http_works_until_it_is_revoked_over_http() {
    let plant = Plant::start().await;
    let mut client = plant.client().await;
    let created = client.post(&plant.administrator, "access/create_key", r#"{"name":"new","role":"operator"}"#).await;
    let text = created.json()["text"].as_str().unwrap().to_owned();
    let set = r#"{"target":{"percent":40}}"#;
    assert_eq!(client.post(&text, "valve/set", set).await.json()["percent"], 40);
    let revoke = format!(r#"{{"id":"{}"}}"#, id(&text));
    assert_eq!(client.post(&plant.administrator, "access/revoke_key", &revoke).await.json()["name"], "new");
    assert_eq!(client.post(&text, "valve/set", set).await.status, 401);
    let listed = client.get(&plant.administrator, "/v1/access/list_keys").await;
    assert_eq!(listed.json()["keys"].as_array().unwrap().len(), Role::ALL.len());
    assert!(!listed.body.contains("sha256") && listed.body.contains("lastUsed"));
}

#[tokio::test]
async fn a_key_that_a_command_revokes_is_noticed_while_the_server_runs() {
    let plant = Plant::start().await;
    let command = ApiKeys::open(plant._folder.path().join("keys.json")).unwrap();
    command.revoke(id(&plant.reader)).unwrap();
    let mut client = plant.client().await;
    let refused = async { while client.post(&plant.reader, "valve/position", "{}").await.status != 401 {} };
    crate::testing::within("the key is refused", PATIENCE, refused).await;
}
