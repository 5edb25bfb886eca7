//! The contract of sessions, in memory and on a foreign server.

use iiot_core::session::{ConnectOptions, Connector, Identity, MemoryServer};

use iiot_core::testing::conformance::{self, SessionFixture};
use iiot_core::testing::{Peers, free_port};
use iiot_core::ua::{MessageSecurityMode, NodeId, QualifiedName};

use crate::setup::{connector, options, start};

#[tokio::test]
async fn the_server_in_memory_keeps_it() {
    let server = MemoryServer::new();
    let variables = [NodeId::new(1, "A"), NodeId::new(1, "B")];
    server.add_variable(variables[0].clone(), "A", 0);
    server.add_variable(variables[1].clone(), "B", 0);
    let fixture = SessionFixture {
        options: ConnectOptions::new(server.url()),
        variables: variables.to_vec(),
        browse_name: QualifiedName::new(1, "A"),
        nobody: "opc.memory://nobody".into(),
    };
    let mut next = 0;
    let change = || {
        next += 1;
        server.set_all(variables.iter().map(|node| (node.clone(), next.into())).collect());
    };
    conformance::session(&server.connector(), &fixture, change).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_client_on_node_opcua_keeps_it() {
    let folder = tempfile::tempdir().unwrap();
    let peers = Peers::in_folder(folder.path()).unwrap();
    let (mut server, url) = start(folder.path(), &peers, "node", "self-signed");
    let connector = connector().await;
    let options = options(&url, MessageSecurityMode::SignAndEncrypt, &Identity::Anonymous);
    let session = connector.connect(options.clone()).await.unwrap();
    let index = session.namespaces().iter().position(|uri| uri == "urn:iiot:peer:types").unwrap() as u16;
    session.close().await;
    let fixture = SessionFixture {
        options,
        variables: ["Int32.Scalar.0", "Double.Scalar.0"].map(|name| NodeId::new(index, name)).to_vec(),
        browse_name: QualifiedName::new(index, "Int32.Scalar.0"),
        nobody: format!("opc.tcp://127.0.0.1:{}", free_port()),
    };
    conformance::session(&connector, &fixture, || server.send("set").unwrap()).await;
}
