//! What is told to the audit record.

use std::sync::Arc;

use iiot_core::operation::{Details, Dispatch, Principal, Reply, Role};
use iiot_core::registry::Registry;
use serde_json::{Value, json};

use super::plant::Plant;
use crate::registrar::{Audited, Here, LocalRegistrar, RegistrarOptions};

async fn change(audited: &Audited, operation: &str, request: Value) -> (iiot_core::Result<Value>, Option<Value>) {
    let details = Details::default();
    let principal = Principal::new("somebody", Role::Administrator);
    let reply = audited.dispatch_recorded(operation, &principal, request.to_string().as_bytes(), &details).await;
    let answer = reply.map(|reply| match reply {
        Reply::One(json) => serde_json::from_slice(&json).unwrap(),
        Reply::Many(_) => panic!("a stream"),
    });
    (answer, details.to_json())
}

#[tokio::test]
async fn what_was_there_before_and_after_is_left_for_the_audit_record() {
    let mut plant = Plant::new().await;
    plant.step("east 10.0.0.0/24: urn:press@10.0.0.1 A").await;
    let id = plant.named("urn:press").await.id;
    let registry: Arc<dyn Registry> = Arc::new(plant.registry.clone());
    let options = RegistrarOptions::default();
    let registrar = LocalRegistrar::new(Arc::clone(&registry), Arc::new(Here), plant.clock(), options);
    let audited = Audited::new(Arc::new(registrar), registry);

    let approve = json!({ "application": id, "approval": "approved" });
    let expected = json!({ "items": [{
        "record": format!("Application {id}"),
        "approval": { "before": "discovered", "after": "approved" },
    }]});
    assert_eq!(change(&audited, "decide_application", approve.clone()).await.1, Some(expected));
    assert_eq!(change(&audited, "decide_application", approve).await.1, None, "nothing has changed");

    let (_, told) = change(&audited, "put_site", json!({ "site": "berlin", "name": "Berlin" })).await;
    assert_eq!(told.unwrap()["items"][0]["name"], json!({ "before": null, "after": "Berlin" }));
    let (_, told) = change(&audited, "remove_edge", json!({ "edge": "west" })).await;
    assert_eq!(told.unwrap()["items"][0]["placeKey"], json!({ "before": "key", "after": null }));

    let hand = json!({ "site": "berlin", "description": {
        "applicationUri": "urn:saw", "applicationName": "Saw", "applicationType": "server"
    }});
    let (answer, told) = change(&audited, "add_application", hand).await;
    let told = told.unwrap();
    let record = format!("Application {}", answer.unwrap()["id"].as_str().unwrap());
    assert_eq!((&told["items"][0]["record"], &told["items"][0]["enabled"]["after"]), (&json!(record), &json!(true)));

    let (refused, told) = change(&audited, "enable", json!({ "application": "x" })).await;
    assert!(refused.is_err() && told.is_none());
    let (_, told) = change(&audited, "applications", json!({})).await;
    assert_eq!(told, None, "who only reads changes nothing");
}
