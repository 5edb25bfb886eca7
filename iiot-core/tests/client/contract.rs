//! The contract of sessions, in memory and on a foreign server.

use iiot_core::session::MemoryServer;
use iiot_core::session::{ConnectOptions, Identity};
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
    let fixture = SessionFixture {
        options: options(&url, MessageSecurityMode::SignAndEncrypt, &Identity::Anonymous),
        variables: ["Int32.Scalar.0", "Double.Scalar.0"].map(|name| NodeId::new(NAMESPACE, name)).to_vec(),
        browse_name: QualifiedName::new(NAMESPACE, "Int32.Scalar.0"),
        nobody: format!("opc.tcp://127.0.0.1:{}", free_port()),
    };
    conformance::session(&connector().await, &fixture, || server.send("set").unwrap()).await;
}

/// Index of the peers' namespace on node-opcua: after its own and the server's.
const NAMESPACE: u16 = 2;
