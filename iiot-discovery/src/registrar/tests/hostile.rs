//! What servers may say to do harm.

use iiot_core::model::{FindingCode, Severity};

use super::plant::{Plant, endpoint_description};
use crate::found::{FoundEndpoint, SearchResult};
use crate::registrar::Findings;

fn first(findings: &mut Findings) -> &mut crate::found::FoundServer {
    match &mut findings.results[0] {
        SearchResult::Server(server) => server,
        SearchResult::Failed(_) => panic!("it was found"),
    }
}

#[tokio::test]
async fn ten_thousand_endpoints_of_a_server_are_five_hundred_and_a_finding() {
    let mut plant = Plant::new().await;
    for round in 0..3 {
        let mut findings = plant.findings("east 10.0.0.0/24: urn:press@10.0.0.1 A");
        first(&mut findings).endpoints = (0..10_000)
            .map(|at| FoundEndpoint {
                description: endpoint_description(&format!("opc.tcp://10.0.0.1:4840/{round}/{at}"), "None", None),
                findings: Vec::new(),
            })
            .collect();
        plant.registrar.merge(findings).await.unwrap();
        assert!(plant.endpoints().await.len() <= 1_000, "{}", plant.endpoints().await.len());
    }
    let press = plant.named("urn:press").await.application;
    let malformed = press.findings.iter().find(|finding| finding.code == FindingCode::Malformed).unwrap();
    assert_eq!(malformed.severity, Severity::Medium);
    assert!(malformed.message.contains("10000"));
}

#[tokio::test]
async fn long_and_odd_texts_are_cut_and_no_server_chooses_an_id() {
    let mut plant = Plant::new().await;
    plant.step("east 10.0.0.0/24: urn:oven@10.0.0.2 B").await;
    let oven = plant.named("urn:oven").await;
    let mut findings = plant.findings("east 10.0.0.0/24: urn:press@10.0.0.1 A; urn:oven@10.0.0.2 B");
    let server = first(&mut findings);
    server.description.application_uri = format!("{}\u{1b}[31m<script>\0", oven.id);
    server.description.application_name = "x\r\n\u{7}".repeat(20_000);
    server.description.capabilities = vec!["y".repeat(1_000); 10_000];
    server.addresses = (0..5_000).map(|at| format!("10.0.{}.{}:4840", at / 250, at % 250)).collect();
    server.endpoints[0].description.certificate = Some("A".repeat(1 << 20));
    let diff = plant.registrar.merge(findings).await.unwrap();
    assert_eq!(diff.summary, "1 new, 0 gone, 0 changed, 1 as before");
    let all = plant.applications().await;
    let other = all.iter().find(|one| one.id != oven.id).unwrap();
    assert!(other.id.starts_with("app-") && other.id.len() == 36, "{}", other.id);
    let description = &other.application.description;
    assert_eq!(description.application_uri, format!("{}[31m<script>", oven.id));
    assert_eq!(description.application_name, "x".repeat(4_096));
    assert_eq!((description.capabilities.len(), description.capabilities[0].len()), (100, 64));
    assert_eq!(other.application.addresses.len(), 64);
    assert!(plant.endpoints().await.iter().all(|one| one.endpoint.description.certificate.is_none()));
    assert_eq!(diff.new[0].name.len(), 256);
}

#[tokio::test]
async fn servers_without_an_uri_or_an_address_are_left_out() {
    let mut plant = Plant::new().await;
    let mut findings = plant.findings("east 10.0.0.0/24: urn:a@10.0.0.1 A; urn:b@10.0.0.2 B; urn:c@10.0.0.3 C");
    first(&mut findings).description.application_uri = "\u{1}".into();
    if let SearchResult::Server(server) = &mut findings.results[1] {
        server.addresses = vec!["plc-7:4840".into(), String::new()];
    }
    assert_eq!(plant.registrar.merge(findings).await.unwrap().summary, "1 new, 0 gone, 0 changed, 0 as before");
}

#[tokio::test]
async fn a_thousand_copies_name_some_of_each_other() {
    let mut plant = Plant::new().await;
    let copies: Vec<String> = (0..1_000).map(|at| format!("urn:plc@10.0.{}.{} A", at / 250, at % 250)).collect();
    plant.step(&format!("east 10.0.0.0/16: {}", copies.join(";"))).await;
    for one in plant.applications().await {
        assert_eq!(one.application.findings.len(), 2);
        let message = &one.application.findings[0].message;
        assert!(message.ends_with(" and 994 more") && message.len() < 1_000, "{message}");
    }
}
