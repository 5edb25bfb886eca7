//! The policies with broken algorithms, on servers that still speak them.

use iiot_core::ErrorKind;
use iiot_core::session::{ConnectOptions, Connector, Identity, ModeChoice};
use iiot_core::testing::{Peers, ways_in, ways_in_table};
use iiot_core::ua::{MessageSecurityMode, NodeId};

use crate::setup::{connector, options, someone, start_with, user};

#[tokio::test(flavor = "multi_thread")]
async fn every_way_into_asyncua() {
    every_way_in("python", &["--legacy", "yes"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_into_node_opcua() {
    every_way_in("node", &["--legacy"]).await;
}

async fn every_way_in(kind: &str, flags: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let peers = Peers::in_folder(folder.path()).unwrap();
    let (_server, url) = start_with(folder.path(), &peers, kind, "self-signed", flags);
    let someone = someone("user").await;
    let identities = [
        ("anonymous", Identity::Anonymous),
        ("user name", user("secret")),
        ("certificate", Identity::Certificate { certificate: someone.chain, key: someone.key }),
    ];
    let scratch = NodeId::new(1, "Scratch");
    let options = ConnectOptions::new(&url);
    let ways = ways_in(&connector().await, &options, &identities, Some(&scratch)).await.unwrap();
    println!("{kind}\n\n{}", ways_in_table(&ways));
    assert_eq!(ways.len(), 11 * identities.len(), "None, and five policies in two modes");
    let closed: Vec<_> = ways.iter().filter(|way| way.outcome.is_err()).collect();
    assert!(closed.is_empty(), "{closed:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_one_without_asking_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let peers = Peers::in_folder(folder.path()).unwrap();
    let (_server, url) = start_with(folder.path(), &peers, "python", "self-signed", &["--legacy", "only"]);
    let connector = connector().await;
    let mut options = options(&url, MessageSecurityMode::Sign, &Identity::Anonymous);
    let error = connector.connect(options.clone()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Security);
    assert!(error.message().contains("Sign with Basic256"), "it says what the server offers: {error}");
    options.security.mode = ModeChoice::NotNone;
    assert_eq!(connector.connect(options.clone()).await.unwrap_err().kind(), ErrorKind::Security);
    options.security.policy = Some("Basic256".into());
    connector.connect(options).await.unwrap().close().await;
}
