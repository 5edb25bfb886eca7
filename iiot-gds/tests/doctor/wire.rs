//! Faults between our client and servers of other makers.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt, stream};
use iiot_core::keys::{FsKeyStore, KeyStore};
use iiot_core::session::{ConnectOptions, Identity, ModeChoice};
use iiot_core::testing::{Peers, Process, Stack, free_port, within};
use iiot_core::trust::{MemoryTrustStore, TrustLists};
use iiot_core::ua::MessageSecurityMode;
use iiot_core::ua::client::UaConnectorOptions;
use iiot_core::ua::secure::ApplicationCertificate;
use iiot_core::ua::trust::TrustPolicy;
use iiot_gds::doctor::{CheckName as C, Connects, Diagnosis, PkiFolder, ServerFacts, Side, StepName, diagnose, gather};
use tempfile::TempDir;

use crate::scene::{Answer, judge};
use crate::workshop::{CLIENT_URI, WORKSHOP};

use Side::{Client, Server};

const PATIENCE: Duration = Duration::from_secs(120);

/// Which server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Maker {
    Node,
    Python,
    C,
}

/// A client and a server, as they are set up.
struct Case {
    maker: Maker,
    /// What the client presents, with the key of the first.
    client: &'static [&'static str],
    client_key: &'static str,
    client_lists: TrustLists,
    client_policy: TrustPolicy,
    application_uri: &'static str,
    server: &'static str,
    /// Files of the workshop in the folder of the server.
    folder: Vec<(&'static str, &'static str)>,
    flags: Vec<&'static str>,
    options: fn(&mut ConnectOptions),
    /// Whether the folder of the server may be looked into.
    is_seen: bool,
}

impl Case {
    /// Both have certificates of one authority, and trust its root.
    fn sound(maker: Maker) -> Self {
        let folder = match maker {
            // This stack wants the issuer itself among the trusted ones.
            Maker::Python => vec![("root.der", "trusted/certs/root.der"), ("issuing.der", "trusted/certs/issuing.der")],
            // So does this one, with a list of each.
            _ => vec![
                ("root.der", "issuers/certs/root.der"),
                ("root.crl", "issuers/crl/root.crl"),
                ("issuing.der", "trusted/certs/issuing.der"),
                ("issuing.crl", "trusted/crl/issuing.crl"),
            ],
        };
        Self {
            maker,
            client: &["client"],
            client_key: "client",
            client_lists: judge().lists,
            client_policy: TrustPolicy::default(),
            application_uri: CLIENT_URI,
            server: if maker == Maker::C { "server-interop" } else { "server" },
            folder,
            flags: Vec::new(),
            options: |_| {},
            is_seen: true,
        }
    }

    fn without(mut self, file: &str) -> Self {
        self.folder.retain(|(from, _)| *from != file);
        self
    }

    fn with(mut self, from: &'static str, to: &'static str) -> Self {
        self.folder.push((from, to));
        self
    }

    fn presenting(self, client: &'static [&'static str]) -> Self {
        Self { client, ..self }
    }

    fn flags(self, flags: &[&'static str]) -> Self {
        Self { flags: flags.to_vec(), ..self }
    }
}

type Seeded = (&'static str, Case, Answer);

fn node() -> Case {
    Case::sound(Maker::Node)
}

fn python() -> Case {
    Case::sound(Maker::Python)
}

fn c() -> Case {
    Case::sound(Maker::C)
}

fn seeded() -> Vec<Seeded> {
    let mut all = by_node();
    all.extend(by_python());
    all.extend(by_c());
    all
}

fn by_node() -> Vec<Seeded> {
    let refused = Answer::client_certificate;
    vec![
        (
            "untrusted client",
            node().presenting(&["client-self"]),
            refused(C::TrustList, Client, "have it issued by CN=Works Issuing CA"),
        ),
        (
            "untrusted client, by a server that nobody can look into",
            Case { is_seen: false, ..node().presenting(&["client-self"]) },
            refused(C::TrustList, Server, "rejected").likely(),
        ),
        ("client of a stranger", node().presenting(&["client-by-stranger"]), refused(C::Chain, Server, "Stranger CA")),
        (
            "issuer missing from the server's issuers",
            node().without("root.der"),
            refused(C::Chain, Server, "Works Root CA"),
        ),
        ("expired client", node().presenting(&["client-expired"]), refused(C::ValidityPeriod, Client, "renewed")),
        (
            "expired client, by a server that nobody can look into",
            Case { is_seen: false, ..node().presenting(&["client-expired"]) },
            refused(C::ValidityPeriod, Client, "renewed"),
        ),
        (
            "revoked client",
            node().without("issuing.crl").with("issuing-revokes.crl", "trusted/crl/issuing.crl"),
            refused(C::Revocation, Client, "new key"),
        ),
        (
            "the server has no revocation list",
            node().without("issuing.crl"),
            refused(C::RevocationList, Server, "current list"),
        ),
        (
            "URI of the client's certificate",
            Case { application_uri: "urn:works:misspelt", ..node() },
            refused(C::Uri, Client, "call itself urn:works:client"),
        ),
        (
            "the client lacks the issuer",
            Case {
                client_lists: TrustLists {
                    issuer_certificates: vec![],
                    trusted_certificates: WORKSHOP.all(&["stranger"]),
                    ..judge().lists
                },
                ..node()
            },
            Answer::server_certificate(C::Chain, Client, "Works"),
        ),
        (
            "mode not offered",
            Case {
                options: |options| options.security.mode = ModeChoice::Exactly(MessageSecurityMode::SignAndEncrypt),
                ..node().flags(&["--only", "Sign"])
            },
            Answer::step(StepName::SecurityMode, Client, Server, "switch SignAndEncrypt on"),
        ),
        (
            "no security offered",
            Case {
                options: |options| options.security.mode = ModeChoice::NotNone,
                ..node().flags(&["--only", "None"])
            },
            Answer::step(StepName::SecurityMode, Client, Server, "Basic256Sha256"),
        ),
        (
            "anonymous not let in",
            node().flags(&["--no-anonymous"]),
            Answer::step(StepName::UserToken, Client, Client, "nobody anonymously"),
        ),
        (
            "the root is trusted, which is not enough for this server",
            node()
                .without("issuing.der")
                .with("root.der", "trusted/certs/root.der")
                .with("issuing.der", "issuers/certs/issuing.der"),
            Answer { check: None, ..refused(C::TrustList, Server, "some servers want CN=Works Issuing CA").likely() },
        ),
        (
            "no endpoints without security",
            node().flags(&["--no-discovery"]),
            Answer::step(StepName::Endpoints, Server, Server, "without security"),
        ),
        (
            "wrong password",
            Case { options: |options| options.identity = user("wrong"), ..node() },
            Answer::step(StepName::User, Server, Client, "password"),
        ),
    ]
}

fn by_python() -> Vec<Seeded> {
    let refused = Answer::client_certificate;
    vec![
        ("untrusted client", python().presenting(&["client-self"]), refused(C::TrustList, Client, "have it issued by")),
        (
            "URI of the client's certificate",
            Case { is_seen: false, ..python().presenting(&["client-other-uri"]) },
            refused(C::Uri, Client, "call itself urn:works:another"),
        ),
        ("certificate for code", python().presenting(&["client-code"]), refused(C::Usage, Client, "reissued")),
        (
            "role",
            Case { is_seen: false, ..python().presenting(&["client-for-servers"]) },
            refused(C::Usage, Client, "reissued"),
        ),
        (
            "host name",
            Case { server: "server-other-host", ..python() },
            Answer::server_certificate(C::HostName, Server, "dial one of these"),
        ),
        (
            "not yet valid",
            Case { server: "server-future", ..python() },
            Answer::server_certificate(C::ValidityPeriod, Server, "wait"),
        ),
        (
            "user token type not offered",
            Case { options: |options| options.identity = user("secret"), ..python().flags(&["--tokens", "Anonymous"]) },
            Answer::step(StepName::UserToken, Client, Server, "user token type UserName"),
        ),
        (
            "broken policies alone",
            python().flags(&["--policies", "Basic128Rsa15"]),
            Answer::step(StepName::SecurityPolicy, Client, Server, "are broken"),
        ),
    ]
}

fn by_c() -> Vec<Seeded> {
    let refused = Answer::server_certificate;
    let secured = |case: Case| Case { options: |options| options.security.mode = ModeChoice::NotNone, ..case };
    vec![
        (
            "expired server",
            secured(Case { server: "server-interop-expired", ..c() }),
            refused(C::ValidityPeriod, Server, "renewed"),
        ),
        (
            "host name",
            secured(Case { server: "server-interop-host", ..c() }),
            refused(C::HostName, Server, "dial one of these"),
        ),
        (
            "URI of the server's certificate",
            secured(Case { server: "server-other-uri", ..c() }),
            refused(C::Uri, Server, "call itself urn:works:another"),
        ),
        (
            "self-signed server",
            secured(Case { server: "server-interop-self", ..c() }),
            refused(C::TrustList, Server, "have it issued by"),
        ),
        (
            "wrong password",
            Case { options: |options| options.identity = user("wrong"), ..c() },
            Answer::step(StepName::User, Server, Client, "password"),
        ),
    ]
}

fn user(password: &str) -> Identity {
    Identity::UserName { user: "user".into(), password: password.into() }
}

impl Case {
    /// The server as it runs, with its folder.
    fn start(&self, peers: &Peers, folder: &Path) -> (Process, String) {
        for (from, to) in &self.folder {
            let to = folder.join(to);
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(WORKSHOP.path(from), to).unwrap();
        }
        for made in ["trusted/certs", "trusted/crl", "issuers/certs", "issuers/crl"] {
            fs::create_dir_all(folder.join(made)).unwrap();
        }
        match self.maker {
            Maker::Node => peers.node("guarded.mjs", free_port(), &self.arguments(folder, "pem")).unwrap(),
            Maker::Python => peers.python("guarded_server.py", free_port(), &self.arguments(folder, "pem")).unwrap(),
            Maker::C => self.start_c(peers, folder),
        }
    }

    fn arguments<'a>(&'a self, folder: &'a Path, extension: &str) -> Vec<&'a str> {
        let certificate = WORKSHOP.path(&format!("{}.{extension}", self.server));
        let leak = |path: PathBuf| -> &'static str { Box::leak(path.to_string_lossy().into_owned().into_boxed_str()) };
        let key = leak(WORKSHOP.path("server.key"));
        let mut all = vec!["--trust", folder.to_str().unwrap(), "--certificate", leak(certificate), "--key", key];
        all.extend(&self.flags);
        all
    }

    /// This one takes any client, so that nothing can be wrong with its folder.
    fn start_c(&self, peers: &Peers, folder: &Path) -> (Process, String) {
        let pki = folder.join("own");
        fs::create_dir_all(&pki).unwrap();
        fs::copy(WORKSHOP.path(&format!("{}.der", self.server)), pki.join("self-signed.der")).unwrap();
        fs::copy(WORKSHOP.path("server.key"), pki.join("key.pem")).unwrap();
        peers.interop(Stack::Open62541, free_port(), &["--pki", pki.to_str().unwrap()]).unwrap()
    }

    async fn parts(&self, folder: &Path) -> UaConnectorOptions {
        let keys = folder.join("keys");
        fs::create_dir_all(&keys).unwrap();
        fs::copy(WORKSHOP.path(&format!("{}.key", self.client_key)), keys.join("client.pem")).unwrap();
        let key = FsKeyStore::new(keys).open("client").await.unwrap().unwrap();
        let certificate = ApplicationCertificate { chain: WORKSHOP.chain(self.client), key };
        let trust = Arc::new(MemoryTrustStore::new(self.client_lists.clone()));
        UaConnectorOptions {
            certificate: Some(certificate.into()),
            trust_policy: self.client_policy,
            ..UaConnectorOptions::new(self.application_uri, trust)
        }
    }

    async fn diagnose(&self, peers: &Peers) -> Diagnosis {
        let folder = TempDir::new().unwrap();
        let trust = folder.path().join("pki");
        fs::create_dir_all(&trust).unwrap();
        // Others must be served meanwhile.
        let (_server, url) = tokio::task::block_in_place(|| self.start(peers, &trust));
        let mut options = ConnectOptions::new(&url);
        (self.options)(&mut options);
        let parts = self.parts(folder.path()).await;
        let gathered = within("the facts", PATIENCE, gather(&parts, &options)).await;
        let (client, mut server): (_, ServerFacts) = gathered.unwrap();
        if self.is_seen && self.maker != Maker::C {
            server.party.trust = Some(PkiFolder::read(&trust).await.unwrap().judge());
        }
        diagnose(&client, &server)
    }
}

/// How many servers run at a time.
const AT_A_TIME: usize = 3;

/// What is said of each case, in their order.
async fn diagnoses(cases: impl IntoIterator<Item = Case>) -> Vec<Diagnosis> {
    let folder = TempDir::new().unwrap();
    let peers = Arc::new(Peers::in_folder(folder.path()).unwrap());
    let held = stream::iter(cases).map(|case| {
        let peers = Arc::clone(&peers);
        tokio::spawn(async move { case.diagnose(&peers).await })
    });
    held.buffered(AT_A_TIME).map(Result::unwrap).collect().await
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_are_found_on_servers_of_other_makers() {
    let (names, cases): (Vec<_>, Vec<_>) =
        seeded().into_iter().map(|(name, case, answer)| ((name, case.maker, answer), case)).unzip();
    let told = diagnoses(cases).await;
    let mut wrong = Vec::new();
    for ((name, maker, answer), told) in names.iter().zip(&told) {
        println!("{maker:?}, {name}: {}", told.sentence);
        wrong.extend(answer.held_against(told).err().map(|why| format!("{maker:?}, {name}: {why}")));
    }
    println!("{} of {} faults over the wire have the right answer", told.len() - wrong.len(), told.len());
    assert!(wrong.is_empty(), "{} of {} wrong:\n{}", wrong.len(), told.len(), wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn sound_servers_of_other_makers_raise_no_alarm() {
    let secured: fn(&mut ConnectOptions) = |options| options.security.mode = ModeChoice::NotNone;
    let of = |is_seen| {
        [Maker::Node, Maker::Python, Maker::C].map(|maker| Case { is_seen, options: secured, ..Case::sound(maker) })
    };
    for told in diagnoses([true, false].into_iter().flat_map(of)).await {
        assert_eq!((told.connects, told.cause()), (Connects::Yes, None), "{told:#?}");
        let clock = told.steps.iter().find(|step| step.step == StepName::Clock).unwrap();
        assert!(clock.detail.ends_with("apart"), "the server's clock was not read: {clock:?}");
    }
}
