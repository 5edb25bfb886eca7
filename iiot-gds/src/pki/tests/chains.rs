//! What openssl, the Python library `cryptography`, the Java platform and our own verdict say of chains that are made
//! here.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use der::Document;
use der::pem::LineEnding;
use iiot_core::keys::{FsKeyStore, KeySpec, KeyStore, MemoryKeyStore, Passphrase, PrivateKey, SignatureAlgorithm};
use iiot_core::model::ApplicationType;
use iiot_core::testing::{SOFTHSM_PIN, SOFTHSM_TOKEN, softhsm_store, with_softhsm};
use iiot_core::time::UtcTime;
use iiot_core::trust::TrustLists;
use iiot_core::ua::trust::{Certificate, KeyKind, ParsedLists, Purpose, TrustPolicy, UsageRule, verdict};

use super::tools::{java, python};
use crate::pki::{
    CertificateContent, Issuer, Kind, RevokedEntry, Serial, Subject, ToBeSigned, certificate, revocation_list,
};
use crate::store::RevocationReason;

const SPECS: [KeySpec; 5] =
    [KeySpec::Rsa(2048), KeySpec::NistP256, KeySpec::Rsa(3072), KeySpec::NistP384, KeySpec::Rsa(4096)];
/// Each in each place.
#[cfg(feature = "brainpool")]
const BRAINPOOL: [KeySpec; 2] = [KeySpec::BrainpoolP256r1, KeySpec::BrainpoolP384r1];
const START: u64 = 1_800_000_000;
const DAY: Duration = Duration::from_secs(86_400);

fn start() -> UtcTime {
    UtcTime::UNIX_EPOCH + Duration::from_secs(START)
}

type Key = Arc<dyn PrivateKey>;

/// An authority and its key.
struct Authority {
    key: Key,
    certificate: Vec<u8>,
    issuer: Issuer,
}

impl Authority {
    async fn root(key: &Key) -> Self {
        let content = content(Kind::Authority { path_len: Some(1) }, key, 20 * 365);
        Self::of(key, issued(&content, None, key).await)
    }

    async fn issuing(&self, key: &Key) -> Self {
        let content = content(Kind::Authority { path_len: Some(0) }, key, 5 * 365);
        Self::of(key, self.issue(&content).await)
    }

    fn of(key: &Key, certificate: Vec<u8>) -> Self {
        Self { key: Arc::clone(key), issuer: Issuer::of(&certificate).unwrap(), certificate }
    }

    async fn issue(&self, content: &CertificateContent) -> Vec<u8> {
        issued(content, Some(&self.issuer), &self.key).await
    }

    async fn list(&self, revoked: &[&[u8]]) -> Vec<u8> {
        let entry = |certificate: &&[u8]| RevokedEntry {
            serial: Serial::of(certificate).unwrap(),
            at: start() + DAY,
            reason: RevocationReason::KeyCompromise,
        };
        let content = revocation_list(&self.issuer, 7, start(), start() + 30 * DAY, revoked.iter().map(entry)).unwrap();
        self.sign(&content).await
    }

    async fn sign(&self, content: &ToBeSigned) -> Vec<u8> {
        let signature = self.key.sign(content.algorithm(), content.bytes()).await.unwrap();
        self.issuer.check(content, &signature).unwrap();
        content.signed(&signature).unwrap()
    }
}

fn content(kind: Kind, key: &Key, days: u32) -> CertificateContent {
    let (name, depth) = match kind {
        Kind::Authority { path_len } => ("Authority", path_len.unwrap_or_default()),
        _ => ("Press 7", 0),
    };
    CertificateContent {
        subject: Subject::new(&format!("{name} {depth}"), "Works Ä").unwrap(),
        kind,
        application_uri: matches!(kind, Kind::Application(_)).then(|| "urn:works:press".into()),
        hosts: if kind.needs_host() { vec!["press.local".into(), "::1".into()] } else { Vec::new() },
        public_key: key.public_key().to_vec(),
        from: start(),
        until: start() + days * DAY,
        crl_urls: vec!["http://ca.works/issuer.crl".into()],
        issuer_urls: vec!["http://ca.works/issuer.der".into()],
    }
}

async fn issued(content: &CertificateContent, issuer: Option<&Issuer>, key: &Key) -> Vec<u8> {
    let own = KeyKind::of_der(key.public_key()).and_then(KeyKind::signature_algorithm);
    let own = own.unwrap_or(SignatureAlgorithm::RsaPkcs1Sha256);
    let content = certificate(content, issuer, &Serial::random().unwrap(), own).unwrap();
    content.signed(&key.sign(content.algorithm(), content.bytes()).await.unwrap()).unwrap()
}

/// Chains to be judged, each in a folder.
struct Court {
    folder: PathBuf,
    /// What is right: whether the chain of this name may be trusted.
    cases: BTreeMap<String, bool>,
}

impl Court {
    fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), cases: BTreeMap::new() }
    }

    fn add(&mut self, name: &str, trusted: bool, files: &[(&str, &[u8])]) {
        let folder = self.folder.join(name);
        fs::create_dir(&folder).unwrap();
        files.iter().for_each(|(file, bytes)| fs::write(folder.join(file), bytes).unwrap());
        self.cases.insert(name.to_owned(), trusted);
    }

    fn arguments(&self) -> Vec<String> {
        let folders = self.cases.keys().map(|name| self.folder.join(name).display().to_string());
        std::iter::once(at()).chain(folders).collect()
    }

    /// Every judge says of every chain what is right.
    fn agrees(&self) {
        self.is_right("openssl", &self.openssl());
        self.is_right("cryptography", &python(&self.folder, "judge.py", self.arguments()));
        self.is_right("Java", &java("Judge.java", self.arguments()));
        self.is_right("we", &self.own());
    }

    /// The same where chains have keys on the brainpool curves. The Java platform has given those up with JDK 16, and takes no
    /// signature by them.
    #[cfg(feature = "brainpool")]
    fn agrees_but_for_java(&self) {
        self.is_right("openssl", &self.openssl());
        let any_curve = std::iter::once("--any-curve".to_owned()).chain(self.arguments());
        self.is_right("cryptography", &python(&self.folder, "judge.py", any_curve));
        self.is_right("we", &self.own());
        let java = java("Judge.java", self.arguments());
        assert!(java.lines().all(|line| line.ends_with(" refused signature check failed")), "Java: {java}");
    }

    fn openssl(&self) -> String {
        self.cases.keys().map(|name| openssl_verdict(&self.folder.join(name), name)).collect()
    }

    fn own(&self) -> String {
        self.cases.keys().map(|name| own_verdict(&self.folder.join(name), name)).collect()
    }

    fn is_right(&self, judge: &str, said: &str) {
        assert_eq!(said.lines().count(), self.cases.len(), "{judge}: {said}");
        for line in said.lines() {
            let (name, verdict) = line.split_once(' ').unwrap();
            assert_eq!(verdict == "trusted", self.cases[name], "{judge}: {line}");
            let revoked = verdict.to_ascii_lowercase().contains("revoked");
            assert!(self.cases[name] || revoked, "{judge} refuses for another reason: {line}");
        }
    }
}

/// Our own verdict, the strictest (OPC 10000-4 §6.1.3); leaves that are of no application lack some of its uses.
fn own_verdict(folder: &Path, name: &str) -> String {
    let read = |file: &str| fs::read(folder.join(file)).unwrap();
    let lists = TrustLists {
        trusted_certificates: vec![read("root.der")],
        trusted_crls: vec![read("root.crl")],
        issuer_crls: vec![read("issuing.crl")],
        ..TrustLists::default()
    };
    let chain = ["leaf.der", "issuing.der"].map(|file| Certificate::parse(&read(file)).unwrap());
    let purpose =
        Purpose { application_uri: chain[0].application_uri().map(|_| "urn:works:press"), ..Purpose::default() };
    let usage = if purpose.application_uri.is_some() { UsageRule::Complete } else { UsageRule::WhereStated };
    let policy = TrustPolicy { usage, ..TrustPolicy::strict() };
    match verdict(&chain, &ParsedLists::from(&lists), start() + 5 * DAY, &purpose, &policy).refusal {
        None => format!("{name} trusted\n"),
        Some(finding) => format!("{name} refused {finding}\n").replace("\n ", " "),
    }
}

fn at() -> String {
    (START + 5 * 86_400).to_string()
}

fn openssl_verdict(folder: &Path, name: &str) -> String {
    let pem = |file: &str, label: &'static str, ders: &[&str]| {
        let read = |der: &&str| Document::try_from(fs::read(folder.join(der)).unwrap()).unwrap();
        let text: String = ders.iter().map(|der| read(der).to_pem(label, LineEnding::LF).unwrap()).collect();
        fs::write(folder.join(file), text).unwrap();
        folder.join(file)
    };
    let output = Command::new("openssl")
        .args(["verify", "-x509_strict", "-crl_check_all", "-auth_level", "2", "-no-CApath", "-no-CAstore"])
        .args(["-attime", &at()])
        .arg("-CAfile")
        .arg(pem("root.pem", "CERTIFICATE", &["root.der"]))
        .arg("-untrusted")
        .arg(pem("issuing.pem", "CERTIFICATE", &["issuing.der"]))
        .arg("-CRLfile")
        .arg(pem("crls.pem", "X509 CRL", &["root.crl", "issuing.crl"]))
        .arg(pem("leaf.pem", "CERTIFICATE", &["leaf.der"]))
        .output()
        .expect("openssl is installed");
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).replace('\n', " ");
    let verdict = if output.status.success() { "trusted".to_owned() } else { format!("refused {said}") };
    format!("{name} {verdict}\n")
}

/// Every kind of key in every place of a chain, every kind of leaf, and a revocation at each place.
async fn chains(specs: &[KeySpec], store: &dyn KeyStore, folder: &Path) -> Court {
    let mut keys = Vec::new();
    for (number, spec) in specs.iter().enumerate() {
        keys.push(store.generate(&format!("key-{number}"), *spec).await.unwrap());
    }
    let mut court = Court::new(folder);
    for place in 0..keys.len() {
        let [root_key, issuing_key, leaf_key] = [0, 1, 2].map(|below| &keys[(place + below) % keys.len()]);
        let root = Authority::root(root_key).await;
        let issuing = root.issuing(issuing_key).await;
        let lists = (root.list(&[]).await, issuing.list(&[]).await);
        let files = |leaf: &[u8], root_list: &[u8], list: &[u8]| {
            let certificates = [("root.der", root.certificate.clone()), ("issuing.der", issuing.certificate.clone())];
            let lists = [("root.crl", root_list.to_vec()), ("issuing.crl", list.to_vec())];
            [certificates.to_vec(), lists.to_vec(), vec![("leaf.der", leaf.to_vec())]].concat()
        };
        let mut add = |name: String, trusted, files: Vec<(&str, Vec<u8>)>| {
            let files: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes)| (*name, bytes.as_slice())).collect();
            court.add(&name, trusted, &files);
        };
        let mut leaf = Vec::new();
        let roles = [ApplicationType::Server, ApplicationType::Client, ApplicationType::ClientAndServer];
        let leaves = roles.into_iter().map(Kind::Application).chain([Kind::Https, Kind::User]);
        for (number, kind) in leaves.enumerate() {
            leaf = issuing.issue(&content(kind, leaf_key, 365)).await;
            add(format!("{place}-leaf-{number}"), true, files(&leaf, &lists.0, &lists.1));
        }
        add(format!("{place}-leaf-revoked"), false, files(&leaf, &lists.0, &issuing.list(&[&leaf]).await));
        let without = root.list(&[&issuing.certificate]).await;
        add(format!("{place}-issuing-revoked"), false, files(&leaf, &without, &lists.1));
    }
    court
}

#[tokio::test]
async fn others_judge_what_keys_in_files_sign_as_it_should_be() {
    let folder = tempfile::tempdir().unwrap();
    let store = FsKeyStore::encrypted(folder.path().join("keys"), Passphrase::new("right").unwrap());
    chains(&SPECS, &store, folder.path()).await.agrees();
}

#[cfg(feature = "brainpool")]
#[tokio::test]
async fn so_they_do_what_keys_on_brainpool_curves_sign() {
    let folder = tempfile::tempdir().unwrap();
    let store = FsKeyStore::encrypted(folder.path().join("keys"), Passphrase::new("right").unwrap());
    chains(&BRAINPOOL, &store, folder.path()).await.agrees_but_for_java();
}

#[cfg(feature = "brainpool")]
#[tokio::test]
async fn also_where_those_are_in_a_token() {
    let folder = tempfile::tempdir().unwrap();
    if with_softhsm(folder.path(), "pki::tests::chains::also_where_those_are_in_a_token") {
        let store = softhsm_store(SOFTHSM_TOKEN, SOFTHSM_PIN);
        chains(&BRAINPOOL, &store, folder.path()).await.agrees_but_for_java();
    }
}

#[tokio::test]
async fn others_judge_what_a_token_signs_as_it_should_be() {
    let folder = tempfile::tempdir().unwrap();
    if with_softhsm(folder.path(), "pki::tests::chains::others_judge_what_a_token_signs_as_it_should_be") {
        chains(&SPECS, &softhsm_store(SOFTHSM_TOKEN, SOFTHSM_PIN), folder.path()).await.agrees();
    }
}

/// `IIOT_CRL_ENTRIES` asks for more entries and prints what they cost.
#[tokio::test]
async fn a_long_list_is_taken_by_all() {
    let asked: Option<u128> = std::env::var("IIOT_CRL_ENTRIES").ok().and_then(|text| text.parse().ok());
    let folder = tempfile::tempdir().unwrap();
    let keys = MemoryKeyStore::default();
    let [root_key, key] =
        [keys.generate("root", SPECS[0]).await.unwrap(), keys.generate("ca", SPECS[0]).await.unwrap()];
    let root = Authority::root(&root_key).await;
    let issuing = root.issuing(&key).await;
    let leaf = issuing.issue(&content(Kind::User, &key, 365)).await;
    let entry = |serial: Serial| RevokedEntry { serial, at: start(), reason: RevocationReason::Superseded };
    let serials = (0..asked.unwrap_or(2_000)).map(|number| format!("{:032x}", (0x41 << 120) + number).parse().unwrap());
    let mut revoked: Vec<RevokedEntry> = serials.map(entry).collect();

    let begun = Instant::now();
    let list = revocation_list(&issuing.issuer, 7, start(), start() + 30 * DAY, revoked.clone()).unwrap();
    let built = begun.elapsed();
    let list = issuing.sign(&list).await;
    if asked.is_some() {
        println!("{} entries: {} bytes, built in {built:?}", revoked.len(), list.len());
    }
    revoked.push(entry(Serial::of(&leaf).unwrap()));
    let longer = revocation_list(&issuing.issuer, 8, start(), start() + 30 * DAY, revoked).unwrap();
    let longer = issuing.sign(&longer).await;

    let mut court = Court::new(folder.path());
    let root_list = root.list(&[]).await;
    for (name, trusted, list) in [("long", true, &list), ("longer", false, &longer)] {
        let certificates =
            [("root.der", &root.certificate[..]), ("issuing.der", &issuing.certificate), ("leaf.der", &leaf)];
        let lists = [("root.crl", &root_list[..]), ("issuing.crl", list)];
        court.add(name, trusted, &[&certificates[..], &lists].concat());
    }
    court.agrees();
}
