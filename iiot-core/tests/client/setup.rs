//! A client and the servers it is tried on.

use std::path::Path;
use std::sync::Arc;

use iiot_core::clock::{Clock, SystemClock};
use iiot_core::keys::{KeySpec, KeyStore, MemoryKeyStore, PrivateKey};
use iiot_core::session::{ConnectOptions, Identity, ModeChoice};
use iiot_core::testing::{Peers, Process, free_port};
use iiot_core::trust::{MemoryTrustStore, TrustStore};
use iiot_core::ua::MessageSecurityMode;
use iiot_core::ua::client::{UaConnector, UaConnectorOptions};
use iiot_core::ua::secure::ApplicationCertificate;
use iiot_core::ua::trust::{CertificateProfile, TrustPolicy, self_signed};

const URI: &str = "urn:iiot:test:client";

/// A client that takes any server.
pub(crate) async fn connector() -> UaConnector {
    connector_trusting(Arc::new(MemoryTrustStore::default()), true).await
}

/// A client with a certificate of its own.
pub(crate) async fn connector_trusting(trust: Arc<dyn TrustStore>, accept_untrusted: bool) -> UaConnector {
    let policy = TrustPolicy { danger_accept_untrusted: accept_untrusted, ..TrustPolicy::default() };
    connector_judging(trust, policy).await
}

/// A client with a certificate of its own that judges as strictly as this.
pub(crate) async fn connector_judging(trust: Arc<dyn TrustStore>, trust_policy: TrustPolicy) -> UaConnector {
    UaConnector::new(parts(trust, trust_policy).await)
}

async fn parts(trust: Arc<dyn TrustStore>, trust_policy: TrustPolicy) -> UaConnectorOptions {
    let certificate = Some(someone("client").await.into());
    UaConnectorOptions { certificate, trust_policy, ..UaConnectorOptions::new(URI, trust) }
}

/// A client with this key that takes any server; its certificate is kept in `file`.
pub(crate) async fn connector_of(key: Arc<dyn PrivateKey>, file: &Path) -> UaConnector {
    let chain = match std::fs::read(file) {
        Ok(chain) => chain,
        Err(_) => self_signed(key.as_ref(), &profile("client")).await.unwrap(),
    };
    std::fs::write(file, &chain).unwrap();
    connector_with(|parts| parts.certificate = Some(ApplicationCertificate { chain, key }.into())).await
}

/// A client that takes any server, with other parts.
pub(crate) async fn connector_with(change: impl FnOnce(&mut UaConnectorOptions)) -> UaConnector {
    let mut parts = parts(Arc::new(MemoryTrustStore::default()), TrustPolicy::danger_accept_untrusted()).await;
    change(&mut parts);
    UaConnector::new(parts)
}

pub(crate) fn user(password: &str) -> Identity {
    Identity::UserName { user: "user".into(), password: password.into() }
}

pub(crate) fn options(url: &str, mode: MessageSecurityMode, identity: &Identity) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options.security.mode = ModeChoice::Exactly(mode);
    options.identity = identity.clone();
    options
}

/// Starts a server with variables of every type; `kind` is node or python.
pub(crate) fn start(folder: &Path, peers: &Peers, kind: &str, certificate: &str) -> (Process, String) {
    start_with(folder, peers, kind, certificate, &[])
}

/// Like [`start`], with more flags.
pub(crate) fn start_with(
    folder: &Path,
    peers: &Peers,
    kind: &str,
    certificate: &str,
    flags: &[&str],
) -> (Process, String) {
    let pki = peers.certificates(&format!("pki-{kind}-{certificate}"), "urn:iiot:peer:types").unwrap();
    let truth = folder.join(format!("{kind}-{certificate}.jsonl"));
    let arguments = ["--truth", truth.to_str().unwrap(), "--pki", pki.to_str().unwrap(), "--certificate", certificate];
    let arguments = [&arguments, flags].concat();
    match kind {
        "node" => peers.node("types.mjs", free_port(), &arguments).unwrap(),
        _ => peers.python("types_server.py", free_port(), &arguments).unwrap(),
    }
}

/// Somebody with a certificate and key of his own.
pub(crate) async fn someone(name: &str) -> ApplicationCertificate {
    let key = MemoryKeyStore::default().generate(name, KeySpec::Rsa(2048)).await.unwrap();
    ApplicationCertificate { chain: self_signed(key.as_ref(), &profile(name)).await.unwrap(), key }
}

fn profile(name: &str) -> CertificateProfile {
    CertificateProfile {
        application_uri: URI.into(),
        common_name: name.into(),
        organization: String::new(),
        dns_names: vec!["localhost".into()],
        ip_addresses: Vec::new(),
        valid_from: SystemClock.utc(),
        valid_days: 30,
    }
}
