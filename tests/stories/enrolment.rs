//! A server of somebody else and an edge of ours that both have their certificates from a certificate manager: the server
//! by files, the edge by itself. The server trusts nobody but the authority of their group.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::Duration;

use iiot_core::access::{ApiKeys, AuditLog};
use iiot_core::clock::{Clock, SystemClock};
use iiot_core::http::{HttpOptions, HttpParts, HttpServer};
use iiot_core::keys::MemoryKeyStore;
use iiot_core::model::{Application, ApplicationDescription, ApplicationType, Approval, Record};
use iiot_core::operation::{Acting, PerPrincipal, Principal, Role};
use iiot_core::registry::{Expected, MemoryRegistry, RecordKey, RecordKind, RegistryExt};
use iiot_core::testing::{Peers, Process, free_port, wait_until};
use iiot_core::time::UtcTime;
use iiot_gds::authority::{AuthorityKey, AuthorityParts, AuthoritySpec};
use iiot_gds::enrolment::{EnrolmentOptions, InviteRequest, LocalEnrolment, WithdrawInvitationRequest};
use iiot_gds::office::{Office, People};
use iiot_gds::policy::{ApprovalPolicy, CertificateGroup, CrlRules, Decision, decide};
use iiot_gds::store::{AuditEvent, CertificateQuery, MemoryStore, RevocationReason, Transaction, Write};
use iiot_gds::trust::{Party, Relation, TrustGraph};
use iiot_stories::{Edge, EdgeOptions, example};
use serde_json::{Value, json};

pub(crate) const PATIENCE: Duration = Duration::from_secs(120);
pub(crate) const PRESS: &str = "urn:works:press";

#[derive(Debug)]
struct Nobody;

impl People for Nobody {
    fn role_of(&self, _: &str) -> Option<Role> {
        None
    }
}

/// A certificate manager that answers over HTTP.
pub(crate) struct Manager {
    office: Office,
    enrolment: Arc<LocalEnrolment>,
    pub(crate) server: HttpServer,
    folder: tempfile::TempDir,
}

impl Manager {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let (store, keys) = (Arc::new(MemoryStore::new()), Arc::new(MemoryKeyStore::default()));
        let parts = AuthorityParts { store, keys, clock: Arc::clone(&clock) };
        let office = Office::open(parts, Arc::new(MemoryRegistry::new()), Arc::new(Nobody)).await.unwrap();
        for (id, issuer, group) in [("root", None, None), ("line", Some("root"), Some("line"))] {
            authority(&office, id, issuer, group).await;
        }
        let group =
            CertificateGroup { approval: ApprovalPolicy::Automatic, ..CertificateGroup::default_application("line") };
        office.authorities.put_group(&group, "rita").await.unwrap();
        relate(&office).await;
        let keys = Arc::new(ApiKeys::open(folder.path().join("keys.json")).unwrap());
        let tokens = Arc::new(Arc::clone(&keys));
        let enrolment = Arc::new(LocalEnrolment::new(office.clone(), tokens, EnrolmentOptions::new(&office)));
        let audit = Arc::new(AuditLog::open(folder.path().join("audit.jsonl")).unwrap());
        let mut parts = HttpParts::new("gds", keys, audit, clock);
        parts.capabilities.push(Arc::new(PerPrincipal(Arc::clone(&enrolment))));
        let server = HttpServer::start(HttpOptions::new(([127, 0, 0, 1], 0)), parts).await.unwrap();
        Self { office, enrolment, server, folder }
    }

    pub(crate) async fn enter(&self, id: &str, uri: &str, name: &str, kind: ApplicationType) {
        let description = ApplicationDescription {
            application_uri: uri.into(),
            application_name: name.into(),
            locale: None,
            product_uri: String::new(),
            application_type: kind,
            gateway_server_uri: None,
            discovery_profile_uri: None,
            discovery_urls: vec!["opc.tcp://127.0.0.1".into()],
            capabilities: Vec::new(),
        };
        let application = Application { approval: Approval::Approved, ..Application::new(description) };
        let key = RecordKey::new(RecordKind::Application, id);
        self.office.registry.put(&key, Record::Application(application), Expected::Absent).await.unwrap();
    }

    async fn rename(&self, id: &str, name: &str) {
        let renamed = |record| match record {
            Record::Application(mut application) => {
                application.description.application_name = name.into();
                Ok(Some(Record::Application(application)))
            }
            _ => Ok(None),
        };
        let key = RecordKey::new(RecordKind::Application, id);
        self.office.registry.update(&key, renamed).await.unwrap();
    }

    /// The file with the token of an invitation, and its id.
    pub(crate) async fn invite(&self, application: &str) -> (PathBuf, String) {
        let rita = self.enrolment.acting_as(Principal::new("rita", Role::Approver));
        let request = InviteRequest { application: Some(application.into()), ..InviteRequest::default() };
        let invited = rita.invite(request).await.unwrap();
        let file = self.folder.path().join(format!("{application}.token"));
        std::fs::write(&file, invited.token.text()).unwrap();
        (file, invited.invitation.id)
    }

    async fn certificates_of(&self, application: &str) -> usize {
        let query = CertificateQuery { application: Some(application.into()), ..CertificateQuery::default() };
        self.office.store.certificates(&query).await.unwrap().len()
    }
}

async fn authority(office: &Office, id: &str, issuer: Option<&str>, group: Option<&str>) {
    let spec = AuthoritySpec {
        id: id.into(),
        common_name: format!("Works {id}"),
        organization: "Works".into(),
        key: AuthorityKey::Rsa2048,
        issuer: issuer.map(Into::into),
        group: group.map(Into::into),
        replaces: None,
        valid_days: 3650,
        crl: CrlRules::default(),
        crl_urls: Vec::new(),
        issuer_urls: Vec::new(),
        requester: "rita".into(),
    };
    match decide(&ApprovalPolicy::Automatic, &spec, &[], |_| None, UtcTime::UNIX_EPOCH) {
        Decision::Approved(approved) => drop(office.authorities.create(approved).await.unwrap()),
        other => panic!("approved, not {other:?}"),
    }
}

/// Whoever is of the line may talk to whoever else is.
async fn relate(office: &Office) {
    let members = ["press", "edge"].map(ToOwned::to_owned).into();
    let graph = TrustGraph {
        groups: BTreeMap::from([("line".to_owned(), members)]),
        relations: vec![Relation::allow(Party::group("line"), Party::group("line"))],
    };
    let by = "rita".to_owned();
    let event = AuditEvent { action: "trust.put".into(), by, subject: "plant".into(), details: json!({}) };
    let mut transaction = Transaction::new(event, office.clock.utc());
    transaction.documents.push(Write {
        kind: "trustGraph".into(),
        id: "plant".into(),
        content: Some(serde_json::to_string(&graph).unwrap()),
        labels: Vec::new(),
        expected: None,
    });
    office.store.commit(transaction).await.unwrap();
}

/// The files of the press, brought up to date as cron would.
fn enroll(manager: &Manager, folder: &Path, token: &Path) -> Output {
    enroll_as(manager, ("server", PRESS), folder, token)
}

/// The same of an application of another type and with another ApplicationUri.
pub(crate) fn enroll_as(manager: &Manager, (kind, uri): (&str, &str), folder: &Path, token: &Path) -> Output {
    let mut command = Command::new(example("enroll"));
    command.args(["--name", "press", "--application-uri", uri, "--type", kind, "--host", "127.0.0.1"]);
    command.arg("--pki").arg(folder);
    command.args(["--certificates", &manager.server.url(), "--certificates-token-file"]).arg(token);
    command.output().unwrap()
}

pub(crate) fn edge_uri() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    format!("urn:{}:iiot:edge", host.trim())
}

pub(crate) fn server(peers: &Peers, pki: &Path, port: u16) -> (Process, String) {
    let file = |name: &str| pki.join(name).display().to_string();
    let (trust, certificate, key) =
        (pki.display().to_string(), file("own/certs/press.chain.pem"), file("own/private/press.pem"));
    let arguments = ["--uri", PRESS, "--trust", &trust, "--certificate", &certificate, "--key", &key];
    let only = ["--only", "SignAndEncrypt"];
    peers.node("guarded.mjs", port, &[&arguments[..], &only[..]].concat()).unwrap()
}

/// The values of a node that the edge has published since it was last asked.
fn values(edge: &Edge, node: &str) -> Vec<Value> {
    let lines = edge.process.take_lines().unwrap_or_default();
    let messages = lines.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    messages.flat_map(|message| found(&message, node)).collect()
}

/// Wherever it stands in a message.
fn found(message: &Value, name: &str) -> Vec<Value> {
    match message {
        Value::Object(members) => {
            let inner = members.iter().flat_map(|(key, value)| match key == name {
                true => vec![value.get("Value").unwrap_or(value).clone()],
                false => found(value, name),
            });
            inner.collect()
        }
        Value::Array(items) => items.iter().flat_map(|item| found(item, name)).collect(),
        _ => Vec::new(),
    }
}

async fn publishes(edge: &Edge, node: &str) -> Value {
    let mut last = None;
    wait_until("a value comes", PATIENCE, || {
        last = values(edge, node).pop().or_else(|| last.take());
        last.is_some()
    })
    .await;
    last.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn both_have_certificates_of_one_authority_and_whoever_is_revoked_is_refused() {
    let manager = Manager::start().await;
    manager.enter("press", PRESS, "Press", ApplicationType::Server).await;
    manager.enter("edge", &edge_uri(), "iiot edge", ApplicationType::Client).await;
    let folder = tempfile::tempdir().unwrap();
    let (pki, data) = (folder.path().join("press"), folder.path().join("edge"));
    let (token, _) = manager.invite("press").await;
    let first = enroll(&manager, &pki, &token);
    assert!(first.status.success(), "{first:?}");
    assert_eq!(String::from_utf8_lossy(&first.stdout).lines().count(), 2, "certificate and lists: {first:?}");
    let again = enroll(&manager, &pki, &token);
    assert!(again.status.success() && again.stdout.is_empty(), "nothing is new: {again:?}");

    let peers = Peers::in_folder(folder.path()).unwrap();
    let port = free_port();
    let (mut press, url) = server(&peers, &pki, port);
    let nodes = json!([{
        "EndpointUrl": url, "EndpointSecurityMode": "SignAndEncrypt", "DataSetPublishingInterval": 200,
        "OpcNodes": [{ "Id": "i=2258", "DisplayName": "time" }, { "Id": "i=2278", "DisplayName": "sessions", "HeartbeatInterval": 1 }],
    }]);
    let (token_of_edge, invitation) = manager.invite("edge").await;
    let options = EdgeOptions { published_nodes: &nodes, sink: "stdout", data: &data };
    let start = || {
        Edge::start_with(&options, |edge| {
            edge.args(["--certificates", &manager.server.url(), "--certificates-interval", "1"]);
            edge.arg("--certificates-token-file").arg(&token_of_edge)
        })
    };
    let edge = start();
    let sessions = publishes(&edge, "sessions").await;
    assert!(sessions.as_u64() >= Some(1), "{sessions}");
    assert_eq!(manager.certificates_of("edge").await, 1);

    let own = data.join("pki/own/certs/iiot.der");
    let certificate = std::fs::read(&own).unwrap();
    manager.rename("edge", "Edge of hall 2").await;
    wait_until("the edge renews", PATIENCE, || std::fs::read(&own).unwrap() != certificate).await;
    values(&edge, "sessions");
    assert_eq!(publishes(&edge, "sessions").await, sessions, "the session goes on\n{}", edge.process.said());
    publishes(&edge, "time").await;
    assert_eq!(manager.certificates_of("edge").await, 2);
    drop(edge);
    let edge = start();
    publishes(&edge, "time").await;

    let rita = manager.enrolment.acting_as(Principal::new("rita", Role::Approver));
    let request = WithdrawInvitationRequest { invitation, revoke: Some(RevocationReason::KeyCompromise) };
    rita.withdraw_invitation(request).await.unwrap();
    wait_until("the lists of the press say so", PATIENCE, || {
        String::from_utf8_lossy(&enroll(&manager, &pki, &token).stdout).starts_with("trust lists")
    })
    .await;
    press.kill();
    let (_press, _) = server(&peers, &pki, port);
    values(&edge, "time");
    let is_refused = |line: &String| line.contains("BadSecurityChecksFailed") || line.contains("BadCertificateRevoked");
    let refused = edge.process.wait_for_error(PATIENCE, |lines| lines.iter().any(is_refused).then_some(()));
    assert!(refused.is_some(), "{}", edge.process.said());
    assert!(values(&edge, "time").is_empty(), "{}", edge.process.said());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_token_that_is_none_any_more_is_told_by_the_exit_code() {
    let manager = Manager::start().await;
    manager.enter("press", PRESS, "Press", ApplicationType::Server).await;
    let folder = tempfile::tempdir().unwrap();
    let (token, invitation) = manager.invite("press").await;
    let code = |pki: &str| enroll(&manager, &folder.path().join(pki), &token).status.code();
    assert_eq!(code("press"), Some(0));
    assert_eq!(code("thief"), Some(5), "another key");
    let rita = manager.enrolment.acting_as(Principal::new("rita", Role::Approver));
    rita.withdraw_invitation(WithdrawInvitationRequest { invitation, revoke: None }).await.unwrap();
    assert_eq!(code("press"), Some(5), "withdrawn");
    std::fs::write(&token, "").unwrap();
    assert_eq!(code("press"), Some(2), "no token");
    std::fs::remove_file(&token).unwrap();
    assert_eq!(code("press"), Some(3), "no file");
}
