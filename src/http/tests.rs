#![allow(clippy::unwrap_used)]

use iiot_core::clock::SystemClock;
use iiot_core::session::MemoryServer;
use iiot_core::time::UtcTime;
use iiot_publisher::configuration::ConfigurationOptions;
use iiot_publisher::plan::Plan;
use iiot_publisher::service::Parts;
use iiot_publisher::sink::MemorySink;

use super::*;
use crate::servers::Servers;

fn publisher() -> Arc<Publisher> {
    let server = MemoryServer::new();
    let plan = Plan::of_nodes(server.url(), vec!["i=2258".parse().unwrap()], Duration::from_secs(1));
    let parts = Parts::new(Arc::new(server.connector()), Arc::new(MemorySink::default()), "edge");
    Arc::new(Publisher::start(&plan, parts))
}

fn configuration(folder: &Path) -> Arc<Configuration> {
    let (server, file) = (MemoryServer::new(), folder.join("nodes.json"));
    let entry = r#"[{"EndpointUrl": "opc.tcp://plc", "OpcNodes": [{"Id": "i=2258"}]}]"#;
    std::fs::write(&file, entry).unwrap();
    let parts = Parts::new(Arc::new(server.connector()), Arc::new(MemorySink::default()), "edge");
    Arc::new(Configuration::start(ConfigurationOptions::new(file), parts).unwrap())
}

/// Programs are generated from the document, so a change of it is a change for them.
#[tokio::test]
async fn the_document_in_the_repository_is_what_an_edge_serves() {
    let mut operations = iiot_core::http::ACCESS_OPERATIONS.to_vec();
    let mut served = parts("iiot edge", tempfile::tempdir().unwrap().path(), Arc::new(SystemClock)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let configuration = configuration(folder.path());
    offer_configuration(&mut served, &configuration);
    let connector = Arc::new(MemoryServer::new().connector());
    offer_twin(&mut served, Servers::of(&configuration, connector, Arc::new(SystemClock)).twin());
    for capability in &served.capabilities {
        operations.extend_from_slice(capability.operations());
    }
    operations.extend_from_slice(iiot_discovery::registrar::OPERATIONS);
    operations.extend_from_slice(iiot_discovery::OPERATIONS);
    is_kept("docs/openapi.json", "iiot edge", &operations);
}

#[cfg(feature = "rpc")]
#[tokio::test]
async fn the_other_document_in_the_repository_is_what_a_cloud_serves() {
    let folder = tempfile::tempdir().unwrap();
    let (hub, registry) = (iiot_core::transport::MemoryTransport::new(), iiot_core::registry::MemoryRegistry::new());
    let signer = crate::cloud::caller_key(folder.path()).unwrap();
    let edges = crate::cloud::Edges::new(Arc::new(hub), Arc::new(registry), signer, Arc::new(SystemClock));
    let edges = Arc::new(edges);
    let mut operations = iiot_core::http::ACCESS_OPERATIONS.to_vec();
    operations.extend_from_slice(iiot_discovery::registrar::OPERATIONS);
    for capability in crate::cloud::of_edges(&edges).into_iter().chain([crate::cloud::of_twins(&edges)]) {
        operations.extend_from_slice(capability.operations());
    }
    is_kept("docs/openapi-cloud.json", "iiot cloud", &operations);
}

#[test]
fn the_third_document_in_the_repository_is_what_a_certificate_manager_serves() {
    is_kept("docs/openapi-gds.json", "iiot gds", &crate::certificate_manager::Manager::operations());
}

fn is_kept(file: &str, title: &str, operations: &[iiot_core::operation::Operation]) {
    let document = iiot_core::http::openapi(title, operations);
    let document = serde_json::to_string_pretty(&document).unwrap() + "\n";
    let file = iiot_core::testing::repository().join(file);
    if std::env::var_os("IIOT_UPDATE").is_some() {
        std::fs::write(&file, &document).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(kept == document, "{} is out of date: run the tests with IIOT_UPDATE=1", file.display());
}

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(Into::into).collect()
}

#[test]
fn commands_make_list_and_revoke_keys_and_leave_a_record() {
    let folder = tempfile::tempdir().unwrap();
    let now = UtcTime::UNIX_EPOCH;
    let key = |text: &str| key_command(folder.path(), &words(text), now);
    let first = key("first alice").unwrap();
    assert!(first.starts_with("iiot_") && first.len() == 65, "{first}");
    assert_eq!(key("first mallory").unwrap_err().kind(), ErrorKind::AlreadyExists);
    let bob = key("make bob reader 30").unwrap();
    assert!(key("list").unwrap().contains("Reader  bob  created 1970-01-01T00:00:00Z, expires 1970-01-31T00:00:00Z"));
    let id = bob.split('_').nth(1).unwrap();
    assert!(key(&format!("revoke {id}")).unwrap().contains("bob"));
    assert!(!key("list").unwrap().contains("bob"));
    assert!(key("make eve approver").is_ok());
    for wrong in ["", "make x", "make x king", "make x reader 0", "revoke 1"] {
        assert!(key(wrong).is_err(), "{wrong}");
    }
    let audit = |text: &str| audit_command(folder.path(), &words(text));
    assert!(audit("list").unwrap().contains("\"operation\":\"key revoke\""));
    assert!(!audit("list").unwrap().contains(&first));
    assert!(audit("check").unwrap().starts_with("20 records"), "{:?}", audit("check"));
}

#[tokio::test]
async fn an_own_certificate_is_made_once_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let address = "192.168.0.1".parse().unwrap();
    let first = certificate::own(folder.path(), address, &SystemClock).await.unwrap();
    let again = certificate::own(folder.path(), address, &SystemClock).await.unwrap();
    assert_eq!(first.fingerprint(), again.fingerprint());
    let elsewhere = certificate::own(folder.path(), "192.168.0.2".parse().unwrap(), &SystemClock).await.unwrap();
    assert_ne!(first.fingerprint(), elsewhere.fingerprint());
}

#[tokio::test]
async fn what_a_publisher_offers_is_served_and_beyond_loopback_by_tls() {
    let folder = tempfile::tempdir().unwrap();
    let mut served = parts("iiot edge", folder.path(), Arc::new(SystemClock)).unwrap();
    offer_publisher(&mut served, &publisher());
    let settings = |bind: &str| HttpSettings { bind: bind.into(), certificate: None, folder: folder.path().to_owned() };
    let plain = Http::start(&settings("127.0.0.1:0"), served.clone()).await.unwrap();
    assert!(plain.url().starts_with("http://127.0.0.1:"));
    let secure = Http::start(&settings("0.0.0.0:0"), served.clone()).await.unwrap();
    assert!(secure.url().starts_with("https://0.0.0.0:"));
    let error = Http::start(&settings("http://0.0.0.0:0"), served).await.unwrap_err();
    assert!(error.to_string().contains("write https://"), "{error}");
    plain.stop(Duration::from_secs(5)).await;
}
