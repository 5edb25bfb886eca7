//! The files that `enroll` writes, as other stacks use them: open62541, asyncua and node-opcua.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use iiot_core::model::ApplicationType;
use iiot_core::testing::{Peers, Stack, free_port};
use iiot_stories::{Edge, EdgeOptions};
use serde_json::{Value, json};

use crate::enrolment::{Manager, PATIENCE, PRESS, edge_uri, enroll_as, server};

/// A press with enrolled files, and the folder of an edge that may talk to it.
struct Scene {
    manager: Manager,
    folder: tempfile::TempDir,
    peers: Peers,
}

impl Scene {
    async fn of(uri: &str) -> Self {
        let (manager, folder) = (Manager::start().await, tempfile::tempdir().unwrap());
        manager.enter("press", uri, "Press", ApplicationType::Server).await;
        manager.enter("edge", &edge_uri(), "iiot edge", ApplicationType::Client).await;
        let (token, _) = manager.invite("press").await;
        let enrolled = enroll_as(&manager, ("server", uri), &folder.path().join("press"), &token);
        assert!(enrolled.status.success(), "{enrolled:?}");
        let peers = Peers::in_folder(folder.path()).unwrap();
        Self { manager, folder, peers }
    }

    fn file(&self, name: &str) -> String {
        self.folder.path().join("press").join(name).display().to_string()
    }

    /// An edge that enrols, and trusts nobody but whom the manager says.
    async fn edge(&self, url: &str) -> Edge {
        let (token, _) = self.manager.invite("edge").await;
        let data = self.folder.path().join("edge");
        Edge::start_with(&options(&nodes(url), &data), |edge| {
            edge.args(["--certificates", &self.manager.server.url(), "--certificates-interval", "1"]);
            edge.arg("--certificates-token-file").arg(&token)
        })
    }
}

fn nodes(url: &str) -> Value {
    json!([{ "EndpointUrl": url, "EndpointSecurityMode": "SignAndEncrypt", "DataSetPublishingInterval": 200,
        "OpcNodes": [{ "Id": "i=2258", "DisplayName": "time" }] }])
}

fn options<'a>(nodes: &'a Value, data: &'a Path) -> EdgeOptions<'a> {
    EdgeOptions { published_nodes: nodes, sink: "stdout", data }
}

fn publishes(edge: &Edge) {
    let is_time = |line: &String| line.contains("\"time\"");
    let published = edge.process.wait_for(PATIENCE, |lines| lines.iter().any(is_time).then_some(()));
    assert!(published.is_some(), "{}", edge.process.said());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn open62541_presents_what_the_edge_has_learned_to_trust() {
    let scene = Scene::of("urn:iiot:peer:interop").await;
    let pki = scene.folder.path().join("press-of-c");
    std::fs::create_dir(&pki).unwrap();
    for (from, to) in [("own/certs/press.der", "self-signed.der"), ("own/private/press.pem", "key.pem")] {
        std::fs::copy(scene.file(from), pki.join(to)).unwrap();
    }
    let pki = pki.display().to_string();
    let (_press, url) = scene.peers.interop(Stack::Open62541, free_port(), &["--pki", &pki]).unwrap();
    let edge = scene.edge(&url).await;
    publishes(&edge);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn asyncua_and_node_opcua_talk_to_each_other_by_nothing_else() {
    let scene = Scene::of(PRESS).await;
    let (token, _) = scene.manager.invite("edge").await;
    let panel = scene.folder.path().join("panel");
    let enrolled = enroll_as(&scene.manager, ("client", &edge_uri()), &panel, &token);
    assert!(enrolled.status.success(), "{enrolled:?}");
    let (_press, url) = server(&scene.peers, &scene.folder.path().join("press"), free_port());
    let folder = panel.display().to_string();
    let arguments = ["--url", &url, "--uri", &edge_uri(), "--pki", &folder, "--name", "press"];
    let (client, _) = scene.peers.python("enrolled_client.py", 0, &arguments).unwrap();
    let time = client.expect_line("READ ", PATIENCE).unwrap();
    assert!(time.starts_with("20"), "{time}");
}
