//! An edge that keeps its key safe and logs in with a user's certificate, on a server of somebody else.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use iiot_core::testing::{Peers, Process, SOFTHSM_PIN, SOFTHSM_TOKEN, free_port, softhsm_module, with_softhsm};
use iiot_stories::{Edge, EdgeOptions};
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(90);

/// A server, and the folder of an edge that trusts it and holds the certificate and key of a user.
struct Site {
    folder: tempfile::TempDir,
    _server: Process,
    nodes: Value,
}

impl Site {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let peers = Peers::in_folder(folder.path()).expect("peers");
        let pki = peers.certificates("pki", "urn:iiot:peer:types").expect("certificates");
        let truth = folder.path().join("truth.jsonl").display().to_string();
        let arguments = ["--truth", &truth, "--pki", &pki.display().to_string()];
        let (server, url) = peers.node("types.mjs", free_port(), &arguments).expect("the server starts");
        let data = folder.path().join("edge");
        Edge::trust(&data, &pki.join("self-signed.der"));
        let user = peers.certificates("user", "urn:iiot:user").expect("certificates");
        let own = data.join("pki/users/own");
        for (from, to) in [("self-signed.der", "certs/operator.der"), ("key.pem", "private/operator.pem")] {
            let to = own.join(to);
            fs::create_dir_all(to.parent().expect("it has a folder")).expect("the test's folder is writable");
            fs::copy(user.join(from), to).expect("the user has a certificate and a key");
        }
        let nodes = json!([{
            "EndpointUrl": url,
            "EndpointSecurityMode": "SignAndEncrypt",
            "OpcAuthenticationMode": "Certificate",
            "OpcAuthenticationUsername": "CN=iiot test server, O=iiot",
            "OpcAuthenticationPassword": "of the user",
            "DataSetPublishingInterval": 200,
            "OpcNodes": [{ "Id": "nsu=urn:iiot:peer:types;s=Int32.Scalar.0" }],
        }]);
        Self { folder, _server: server, nodes }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("edge")
    }

    /// Starts an edge and waits until it publishes.
    fn publishes(&self, more: impl FnOnce(&mut Command) -> &mut Command) {
        let data = self.data();
        // An edge that goes on with the session of the one before it has no news of a value that stands still.
        let _ = fs::remove_dir_all(data.join("sessions"));
        let options = EdgeOptions { published_nodes: &self.nodes, sink: "stdout", data: &data };
        let mut edge = Edge::start_with(&options, more);
        let is_data = |line: &String| line.contains("ua-data") && line.contains("Int32.Scalar.0");
        let came = edge.process.wait_for(PATIENCE, |lines| lines.iter().any(is_data).then_some(()));
        assert!(came.is_some(), "no value came\n{}", edge.process.said());
        assert!(edge.stop(), "the edge did not stop well\n{}", edge.process.said());
    }

    /// Starts an edge that ends by itself.
    fn is_refused(&self, more: impl FnOnce(&mut Command) -> &mut Command, says: &str) {
        let data = self.data();
        let options = EdgeOptions { published_nodes: &self.nodes, sink: "stdout", data: &data };
        let mut edge = Edge::start_with(&options, more);
        let ended = edge.process.wait(PATIENCE);
        let said = edge.process.said();
        assert!(ended.is_some_and(|status| !status.success()) && said.contains(says), "{said}");
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let file = self.folder.path().join(name);
        fs::write(&file, text).expect("the test's folder is writable");
        file
    }
}

fn is_sealed(file: &Path) -> bool {
    fs::read_to_string(file).expect("the key is there").contains("SEALED")
}

#[test]
fn keys_lie_encrypted_and_open_only_with_their_passphrase() {
    let site = Site::new();
    let file = site.file("passphrase", "correct horse\n");
    for _ in 0..2 {
        site.publishes(|edge| edge.arg("--key-passphrase-file").arg(&file));
    }
    assert!(is_sealed(&site.data().join("pki/own/private/iiot.pem")));
    assert!(is_sealed(&site.data().join("pki/users/own/private/operator.pem")));
    site.publishes(|edge| edge.env("IIOT_KEY_PASSPHRASE", "correct horse"));
    site.is_refused(|edge| edge.env("IIOT_KEY_PASSPHRASE", "wrong horse"), "passphrase");
    site.is_refused(|edge| edge, "passphrase");
}

#[test]
fn a_key_in_a_token_never_comes_into_a_file() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    if !with_softhsm(folder.path(), "identities::a_key_in_a_token_never_comes_into_a_file") {
        return;
    }
    let site = Site::new();
    let pin = site.file("pin", SOFTHSM_PIN);
    let token = |edge: &mut Command| {
        edge.args(["--pkcs11-module", softhsm_module(), "--pkcs11-token", SOFTHSM_TOKEN]);
    };
    for _ in 0..2 {
        site.publishes(|edge| {
            token(edge);
            edge.arg("--pkcs11-pin-file").arg(&pin)
        });
    }
    assert!(!site.data().join("pki/own/private/iiot.pem").exists());
    site.is_refused(
        |edge| {
            token(edge);
            edge
        },
        "IIOT_PKCS11_PIN",
    );
}
