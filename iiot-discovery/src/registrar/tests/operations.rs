//! Each operation, as it is asked.

use std::time::Duration;

use iiot_core::ErrorKind;
use iiot_core::model::{Approval, Edge, Record};
use iiot_core::operation::{Dispatch, POINTER, Principal, Reply, Role};
use iiot_core::registry::{RecordKey, RecordKind, RegistryExt, Revision};
use serde_json::{Value, json};

use super::plant::{Plant, description, endpoint_description};
use crate::registrar::applications::{
    AddApplicationRequest, AdoptRequest, ApplicationDecision, ApplicationRequest, ChangeApplicationRequest,
    PurgeRequest, UpdateApplicationRequest,
};
use crate::registrar::edges::{EdgeDecision, EdgeRequest, PutSiteRequest, SiteRequest};
use crate::registrar::endpoints::{ChangeEndpointRequest, EndpointRequest, ReleaseRequest};
use crate::registrar::{Here, LocalRegistrar, Registrar, RegistrarOptions};

const FOUND: &str = "east 10.0.0.0/24: urn:press@10.0.0.1 A; urn:oven@10.0.0.2 B";

async fn ask(plant: &Plant, operation: &str, request: Value) -> iiot_core::Result<Value> {
    let registrar: &dyn Registrar = &plant.registrar;
    let principal = Principal::new("somebody", Role::Administrator);
    match registrar.dispatch(operation, &principal, request.to_string().as_bytes()).await? {
        Reply::One(json) => Ok(serde_json::from_slice(&json).unwrap()),
        Reply::Many(_) => panic!("a stream"),
    }
}

#[tokio::test]
async fn a_plant_is_listed_by_what_it_is() {
    let mut plant = Plant::new().await;
    plant.step(FOUND).await;
    plant.step("north 10.0.0.0/24: urn:saw@10.0.0.1 C").await;
    plant.step("approve urn:press").await;
    plant.step("activate urn:press").await;
    plant.step("east 10.0.0.0/24: urn:press@10.0.0.1 A").await;
    for (operation, request, list, count) in [
        ("applications", json!({}), "applications", 3),
        ("applications", json!({ "contains": "PRES" }), "applications", 1),
        ("applications", json!({ "applicationUri": "URN:saw" }), "applications", 1),
        ("applications", json!({ "applicationType": "server", "capability": "DA" }), "applications", 3),
        ("applications", json!({ "productUri": "urn:maker", "site": "berlin" }), "applications", 2),
        ("applications", json!({ "edge": "north", "enabled": true }), "applications", 1),
        ("applications", json!({ "approval": "approved" }), "applications", 1),
        ("applications", json!({ "gone": true }), "applications", 1),
        ("applications", json!({ "address": "10.0.0.1:4840" }), "applications", 2),
        ("applications", json!({ "thumbprint": "c" }), "applications", 1),
        ("endpoints", json!({ "securityMode": "None" }), "endpoints", 3),
        ("endpoints", json!({ "activated": true, "edge": "east" }), "endpoints", 1),
        ("endpoints", json!({ "url": "OPC.TCP://10.0.0.2:4840", "gone": true }), "endpoints", 2),
        ("endpoints", json!({ "contains": "10.0.0.1", "site": "oslo", "thumbprint": "C" }), "endpoints", 2),
        ("edges", json!({ "site": "berlin", "connected": true, "approval": "approved" }), "edges", 2),
        ("sites", json!({}), "sites", 0),
        ("runs", json!({ "edge": "east", "state": "finished" }), "runs", 2),
    ] {
        let answer = ask(&plant, operation, request.clone()).await.unwrap();
        assert_eq!(answer[list].as_array().unwrap().len(), count, "{operation} {request}: {answer}");
    }
    let press = plant.named("urn:press").await.id;
    let whole = ask(&plant, "application", json!({ "application": press })).await.unwrap();
    assert_eq!(
        (&whole["application"]["addresses"], whole["endpoints"].as_array().unwrap().len()),
        (&json!(["10.0.0.1:4840"]), 2)
    );
    let endpoint = whole["endpoints"][0].clone();
    assert_eq!(ask(&plant, "endpoint", json!({ "endpoint": endpoint["id"] })).await.unwrap(), endpoint);
    let listed = ask(&plant, "runs", json!({ "state": "finished" })).await.unwrap();
    let run = ask(&plant, "run", json!({ "run": "run-3" })).await.unwrap();
    assert_eq!(run["run"]["diff"]["summary"], "0 new, 1 gone, 0 changed, 1 as before");
    assert_eq!(run["run"]["diff"]["gone"][0]["name"], "urn:oven");
    assert_eq!(listed["runs"][2]["run"]["diff"]["summary"], run["run"]["diff"]["summary"]);
    assert_eq!(listed["runs"][2]["run"]["diff"]["gone"], json!([]), "a list tells summaries only");
}

#[tokio::test]
async fn what_is_not_on_record_is_named() {
    let plant = Plant::new().await;
    for (operation, request) in [
        ("application", json!({ "application": "x" })),
        ("endpoint", json!({ "endpoint": "x" })),
        ("run", json!({ "run": "x" })),
        ("update_application", json!({ "application": "x" })),
        ("decide_application", json!({ "application": "x", "approval": "approved" })),
        ("enable", json!({ "application": "x" })),
        ("disable", json!({ "application": "x" })),
        ("delete_application", json!({ "application": "x" })),
        ("activate", json!({ "endpoint": "x" })),
        ("deactivate", json!({ "endpoint": "x" })),
        ("decide_edge", json!({ "edge": "x", "approval": "approved", "placeKey": "key" })),
        ("remove_edge", json!({ "edge": "x" })),
        ("remove_site", json!({ "site": "x" })),
        ("put_site", json!({ "site": "x", "name": "X", "revision": 7 })),
    ] {
        let error = ask(&plant, operation, request).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound, "{operation}: {error:?}");
        assert!(error.report().contains(" x)"), "{error:?}");
    }
    assert_eq!(ask(&plant, "release", json!({ "endpoint": "x" })).await.unwrap(), json!({ "released": false }));
}

#[tokio::test]
async fn an_application_goes_from_discovered_to_approved_to_used_and_back() {
    let mut plant = Plant::new().await;
    plant.step(FOUND).await;
    let early = plant.change("activate", "urn:press").await.unwrap_err();
    assert_eq!(
        (early.kind(), early.message().contains("not approved")),
        (ErrorKind::InvalidArgument, true),
        "{early:?}"
    );
    for (step, expected, used) in [
        ("approve urn:press", "urn:press 10.0.0.1 A east approved", 0),
        ("activate urn:press", "urn:press 10.0.0.1 A east approved *SignAndEncrypt>east", 1),
        ("activate urn:press", "urn:press 10.0.0.1 A east approved *SignAndEncrypt>east", 1),
        ("deactivate urn:press", "urn:press 10.0.0.1 A east approved", 0),
        ("activate urn:press", "urn:press 10.0.0.1 A east approved *SignAndEncrypt>east", 1),
        ("disable urn:press", "urn:press 10.0.0.1 A east approved disabled", 0),
        ("enable urn:press", "urn:press 10.0.0.1 A east approved", 0),
        ("activate urn:press", "urn:press 10.0.0.1 A east approved *SignAndEncrypt>east", 1),
        ("reject urn:press", "urn:press 10.0.0.1 A east rejected", 0),
    ] {
        plant.step(step).await;
        assert_eq!(plant.told().await[1], expected, "{step}");
        assert_eq!(plant.edges.used_by("east").len(), used, "{step}");
    }
    for (step, reason) in [("reject urn:oven", "rejected"), ("approve urn:oven", ""), ("disable urn:oven", "disabled")]
    {
        plant.step(step).await;
        let activated = plant.change("activate", "urn:oven").await;
        assert!(reason.is_empty() || activated.unwrap_err().message().contains(reason), "{step}");
    }
}

#[tokio::test]
async fn a_change_of_what_somebody_else_has_changed_is_refused() {
    let mut plant = Plant::new().await;
    plant.step(FOUND).await;
    let press = plant.named("urn:press").await;
    let endpoint = plant.registrar.application(ApplicationRequest { application: press.id.clone() }).await.unwrap();
    let endpoint = endpoint.endpoints[0].clone();
    plant.step("approve urn:press").await;
    let stale = press.revision.0;
    let id = &press.id;
    for (operation, request) in [
        ("update_application", json!({ "application": id, "revision": stale, "applicationName": "x" })),
        ("decide_application", json!({ "application": id, "revision": stale, "approval": "rejected" })),
        ("enable", json!({ "application": id, "revision": stale })),
        ("disable", json!({ "application": id, "revision": stale })),
        ("delete_application", json!({ "application": id, "revision": stale })),
        ("activate", json!({ "endpoint": endpoint.id, "revision": endpoint.revision.0 + 1 })),
        ("deactivate", json!({ "endpoint": endpoint.id, "revision": endpoint.revision.0 + 1 })),
    ] {
        let before = plant.dump().await;
        assert_eq!(ask(&plant, operation, request).await.unwrap_err().kind(), ErrorKind::Conflict, "{operation}");
        assert_eq!(plant.dump().await, before, "{operation}");
    }
    let revision = Some(plant.named("urn:press").await.revision);
    let decision = ApplicationDecision { application: id.clone(), approval: Approval::Rejected, revision };
    assert_eq!(plant.registrar.decide_application(decision).await.unwrap().application.approval, Approval::Rejected);
}

#[tokio::test]
async fn what_is_set_by_hand_outlasts_searches_until_it_is_given_back() {
    let mut plant = Plant::new().await;
    plant.step(FOUND).await;
    let id = plant.named("urn:press").await.id;
    let request =
        json!({ "application": id, "applicationName": "Press 1", "capabilities": ["DA", "HD"], "site": "hall" });
    let answer = ask(&plant, "update_application", request).await.unwrap();
    assert_eq!(answer["application"]["edited"], json!(["applicationName", "capabilities", "site"]));
    assert!(answer["endpoints"].as_array().unwrap().iter().all(|one| one["endpoint"]["site"] == "hall"));
    let diff = plant.step(FOUND).await.unwrap();
    assert_eq!(diff.summary, "0 new, 0 gone, 0 changed, 2 as before");
    let press = plant.named("urn:press").await.application;
    assert_eq!((press.description.application_name.as_str(), press.site.as_deref()), ("Press 1", Some("hall")));
    let request = json!({ "application": id, "applicationName": null, "site": null });
    let answer = ask(&plant, "update_application", request).await.unwrap();
    assert_eq!(answer["application"]["edited"], json!(["capabilities"]));
    assert_eq!(answer["application"]["site"], "berlin", "that of its edge");
    let diff = plant.step(FOUND).await.unwrap();
    assert_eq!(diff.changed[0].what, ["applicationName"]);
    let press = plant.named("urn:press").await.application;
    assert_eq!((press.description.application_name.as_str(), press.description.capabilities.len()), ("urn:press", 2));
    let nothing = UpdateApplicationRequest { application: id, ..UpdateApplicationRequest::default() };
    let before = plant.dump().await;
    plant.registrar.update_application(nothing).await.unwrap();
    assert_eq!(plant.dump().await, before);
}

fn by_hand(addresses: &[&str], urls: &[&str]) -> AddApplicationRequest {
    AddApplicationRequest {
        description: description("urn:press", "Press"),
        addresses: addresses.iter().map(|&one| one.to_owned()).collect(),
        endpoints: urls.iter().map(|url| endpoint_description(url, "SignAndEncrypt", None)).collect(),
        site: Some("berlin".into()),
        edge: None,
    }
}

#[tokio::test]
async fn an_application_that_was_entered_by_hand_is_joined_when_it_is_found() {
    for (entered, expected) in [
        (by_hand(&["10.0.0.1:4840"], &[]), "urn:press 10.0.0.1 A east approved"),
        (by_hand(&[], &["opc.tcp://10.0.0.1:4840"]), "urn:press 10.0.0.1 A east approved *SignAndEncrypt>east"),
        (by_hand(&[], &["opc.tcp://press-1:4840"]), "urn:press 10.0.0.1 A east approved *SignAndEncrypt>east"),
    ] {
        let mut plant = Plant::new().await;
        let added = plant.registrar.add_application(entered).await.unwrap();
        assert_eq!((added.application.approval, added.application.seen), (Approval::Approved, None));
        for endpoint in &added.endpoints {
            let request = ChangeEndpointRequest { endpoint: endpoint.id.clone(), revision: None };
            let used = plant.registrar.activate(request).await.unwrap().endpoint;
            assert!(used.edge.is_some_and(|edge| ["east", "west"].contains(&edge.as_str())), "any of its site");
        }
        plant.edges.set_deaf("west", true);
        let diff = plant.step("east 10.0.0.0/24: urn:press@10.0.0.1 A").await.unwrap();
        assert_eq!(diff.summary, "0 new, 0 gone, 1 changed, 0 as before");
        assert!(diff.changed[0].what.contains(&"found".to_owned()));
        assert_eq!(plant.named("urn:press").await.id, added.id);
        assert_eq!(plant.named("urn:press").await.application.site.as_deref(), Some("berlin"));
        let lines = plant.told().await;
        assert_eq!(lines[0].replace(">west!", ">east").replace(">west", ">east"), expected);
    }
}

#[tokio::test]
async fn what_was_entered_by_hand_and_is_not_found_stays() {
    let mut plant = Plant::new().await;
    plant.registrar.add_application(by_hand(&["10.0.0.1:4840"], &[])).await.unwrap();
    let diff = plant.step("east 10.0.0.0/24: urn:press@10.0.0.7 A").await.unwrap();
    assert_eq!(diff.summary, "1 new, 0 gone, 0 changed, 0 as before", "it was said where it stands");
    assert_eq!(plant.told().await, ["urn:press 10.0.0.1 - - approved", "urn:press 10.0.0.7 A east discovered"]);
}

#[tokio::test]
async fn what_is_entered_wrongly_is_refused_by_its_place() {
    let plant = Plant::new().await;
    plant.registrar.add_application(by_hand(&["10.0.0.1:4840"], &[])).await.unwrap();
    let twice = plant.registrar.add_application(by_hand(&["10.0.0.2:4840", "10.0.0.1:4840"], &[])).await.unwrap_err();
    assert_eq!(twice.kind(), ErrorKind::AlreadyExists);
    let nowhere = AddApplicationRequest { site: None, ..by_hand(&[], &[]) };
    let mut mode = by_hand(&[], &["opc.tcp://a"]);
    mode.endpoints[0].security_mode = "Best".into();
    for (request, pointer) in [
        (nowhere, "#/site"),
        (by_hand(&["10.0.0.1:4840", "press-1:4840"], &[]), "#/addresses/1"),
        (by_hand(&[], &["http://press-1"]), "#/endpoints/0/url"),
        (by_hand(&[], &["opc.tcp://a", "OPC.TCP://A".to_lowercase().as_str()]), "#/endpoints/1/url"),
        (mode, "#/endpoints/0/securityMode"),
    ] {
        let error = plant.registrar.add_application(request).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error:?}");
        assert!(error.context().contains(&(POINTER.into(), pointer.to_owned())), "{error:?}");
    }
}

#[tokio::test]
async fn what_is_deleted_is_no_longer_used_and_is_new_when_it_is_found_again() {
    let mut plant = Plant::new().await;
    plant.step(FOUND).await;
    plant.step("approve urn:press").await;
    plant.step("activate urn:press").await;
    let id = plant.named("urn:press").await.id;
    plant.edges.set_deaf("east", true);
    let request = ChangeApplicationRequest { application: id.clone(), revision: None };
    let error = plant.registrar.delete_application(request.clone()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
    plant.edges.set_deaf("east", false);
    plant.registrar.rebalance().await.unwrap();
    assert_eq!(plant.registrar.delete_application(request).await.unwrap().id, id);
    assert_eq!((plant.applications().await.len(), plant.endpoints().await.len()), (1, 2));
    assert!(plant.edges.used_by("east").is_empty());
    assert_eq!(plant.step(FOUND).await.unwrap().summary, "1 new, 0 gone, 0 changed, 1 as before");
}

#[tokio::test]
async fn what_has_been_gone_for_long_is_purged_but_not_what_was_rejected() {
    let mut plant = Plant::new().await;
    plant.step("east 10.0.0.0/24: urn:a@10.0.0.1 A; urn:a@10.0.0.2 A; urn:b@10.0.0.3 B; urn:c@10.0.0.4 C").await;
    plant.step("reject urn:b").await;
    plant.step("east 10.0.0.0/24: urn:a@10.0.0.1 A; urn:c@10.0.0.4 C modes=None").await;
    let purge = |not_seen_for_minutes, dry_run| PurgeRequest { not_seen_for_minutes, dry_run };
    assert_eq!(plant.registrar.purge(purge(60, false)).await.unwrap().records, 0, "not yet");
    plant.clock.advance(Duration::from_secs(3600));
    let gone = plant.named("urn:a@10.0.0.2").await.id;
    let before = plant.dump().await;
    let told = plant.registrar.purge(purge(60, true)).await.unwrap();
    assert_eq!(
        (told.applications.as_slice(), told.endpoints.len(), told.records, told.dry_run),
        (&[gone][..], 1, 4, true)
    );
    assert_eq!(plant.dump().await, before);
    let done = plant.registrar.purge(purge(60, false)).await.unwrap();
    assert_eq!(
        (&done.applications, &done.endpoints, done.records),
        (&told.applications, &told.endpoints, told.records)
    );
    assert_eq!(
        plant.told().await,
        ["urn:a 10.0.0.1 A east discovered", "urn:b 10.0.0.3 B east rejected gone", "urn:c 10.0.0.4 C east discovered"]
    );
    assert_eq!(plant.endpoints().await.len(), 2 + 2 + 1);
}

#[tokio::test]
async fn an_edge_takes_an_endpoint_over_under_the_ids_it_is_given() {
    let mut cloud = Plant::new().await;
    cloud.step(FOUND).await;
    let press = cloud.named("urn:press").await;
    let endpoint = cloud.endpoints().await.into_iter().find(|one| one.endpoint.application == press.id).unwrap();
    let plant = Plant::new().await;
    let registrar = LocalRegistrar::new(
        std::sync::Arc::new(plant.registry.clone()),
        std::sync::Arc::new(Here),
        plant.clock(),
        RegistrarOptions::of_edge("east", Some("berlin")),
    );
    let request = AdoptRequest::new(&endpoint.id, &endpoint.endpoint, &press.application);
    let taken = registrar.adopt(request.clone()).await.unwrap();
    assert_eq!((taken.id.as_str(), taken.endpoint.activated), (endpoint.id.as_str(), true));
    assert_eq!((taken.endpoint.edge.as_deref(), taken.endpoint.site.as_deref()), (Some("east"), Some("berlin")));
    let whole = registrar.application(ApplicationRequest { application: press.id.clone() }).await.unwrap();
    assert_eq!(whole.application.approval, Approval::Approved);
    let before = plant.dump().await;
    registrar.adopt(request.clone()).await.unwrap();
    assert_eq!(plant.dump().await, before);

    let mut moved = request.clone();
    moved.endpoint_description.url = "opc.tcp://10.0.0.9:4840".into();
    let taken = registrar.adopt(moved).await.unwrap();
    assert_eq!((taken.endpoint.description.url.as_str(), taken.endpoint.problem), ("opc.tcp://10.0.0.9:4840", None));
    let other = AdoptRequest { application: "another".into(), ..request.clone() };
    assert_eq!(registrar.adopt(other).await.unwrap_err().kind(), ErrorKind::InvalidArgument);

    let release = ReleaseRequest { endpoint: endpoint.id.clone() };
    assert!(registrar.release(release.clone()).await.unwrap().released);
    assert!(!registrar.release(release).await.unwrap().released);
    let left = registrar.endpoint(EndpointRequest { endpoint: endpoint.id.clone() }).await.unwrap().endpoint;
    assert_eq!((left.activated, left.edge), (false, None));
}

#[tokio::test]
async fn an_edge_is_approved_by_the_key_that_was_looked_at() {
    let mut plant = Plant::new().await;
    plant.step(FOUND).await;
    let decision = |key: &str, approval| EdgeDecision { edge: "east".into(), approval, place_key: key.into() };
    let error = plant.registrar.decide_edge(decision("other", Approval::Approved)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    plant.step("approve urn:press").await;
    plant.step("activate urn:press").await;
    plant.registrar.decide_edge(decision("key", Approval::Rejected)).await.unwrap();
    assert_eq!(plant.told().await[1], "urn:press 10.0.0.1 A east approved *SignAndEncrypt>west");
    let approved = plant.registrar.decide_edge(decision("key", Approval::Approved)).await.unwrap();
    assert_eq!(approved.edge.approval, Approval::Approved);
    assert!(plant.edges.used_by("east").is_empty(), "it is told when it may be told again");
    let site = RecordKey::new(RecordKind::Site, "berlin");
    assert!(iiot_core::registry::Registry::get(&plant.registry, &site).await.unwrap().is_some());

    plant.registrar.remove_edge(EdgeRequest { edge: "west".into() }).await.unwrap();
    assert_eq!(plant.told().await[1], "urn:press 10.0.0.1 A east approved *SignAndEncrypt>east");
}

#[tokio::test]
async fn sites_are_named_and_forgotten_when_nothing_stands_there() {
    let mut plant = Plant::new().await;
    plant.step(FOUND).await;
    let put = |name: &str, revision| PutSiteRequest { site: "berlin".into(), name: name.into(), revision };
    let first = plant.registrar.put_site(put("Berlin", None)).await.unwrap();
    plant.clock.advance(Duration::from_secs(60));
    let second = plant.registrar.put_site(put("Berlin 2", Some(first.revision))).await.unwrap();
    assert_eq!((second.site.created, second.site.name.as_str()), (first.site.created, "Berlin 2"));
    let stale = plant.registrar.put_site(put("Berlin 3", Some(first.revision))).await.unwrap_err();
    assert_eq!(stale.kind(), ErrorKind::Conflict);
    let remove = SiteRequest { site: "berlin".into() };
    for what in ["Edge", "Application"] {
        let error = plant.registrar.remove_site(remove.clone()).await.unwrap_err();
        assert_eq!((error.kind(), error.report().contains(what)), (ErrorKind::InvalidArgument, true), "{error:?}");
        for edge in ["east", "west"].into_iter().filter(|_| what == "Edge") {
            let key = RecordKey::new(RecordKind::Edge, edge);
            let moved = |record| match record {
                Record::Edge(edge) => Ok(Some(Record::Edge(Edge { site: None, ..edge }))),
                _ => Ok(None),
            };
            plant.registry.update(&key, moved).await.unwrap();
        }
    }
    plant.step("delete urn:press").await;
    plant.step("delete urn:oven").await;
    assert_eq!(plant.registrar.remove_site(remove).await.unwrap().revision, second.revision);
}

#[tokio::test]
async fn revisions_are_numbers_in_json() {
    let mut plant = Plant::new().await;
    plant.step(FOUND).await;
    let id = plant.named("urn:press").await.id;
    let answer = ask(&plant, "application", json!({ "application": id })).await.unwrap();
    assert!(answer["revision"].is_u64());
    assert_eq!(plant.named("urn:press").await.revision, Revision(answer["revision"].as_u64().unwrap()));
}
