//! The life of a certificate over REST, judged by OpenSSL: asked for, approved by somebody else, found good with what stands in
//! it, revoked, found bad. In between the process is killed.

use std::path::Path;
use std::process::{Command, Output};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use iiot_core::testing::{Process, with_softhsm};
use iiot_stories::example;
use serde_json::{Value, json};

use super::{Gds, PASSPHRASE, PATIENCE, Site};
use crate::http::{curl, curl_body};

#[test]
fn a_certificate_is_asked_for_approved_found_good_and_revoked() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let site = Site::new(folder.path());
    told(&site, "rsa2048");
    let keys = std::fs::read_dir(site.data().join("gds/keys")).expect("keys in files");
    for key in keys {
        let text = std::fs::read_to_string(key.expect("a file").path()).expect("PEM");
        assert!(text.starts_with("-----BEGIN IIOT SEALED PRIVATE KEY-----"), "{text}");
    }
}

#[test]
fn so_is_one_of_an_authority_whose_key_is_in_a_token() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    if !with_softhsm(folder.path(), "gds::life::so_is_one_of_an_authority_whose_key_is_in_a_token") {
        return;
    }
    let site = Site::with_token(folder.path());
    told(&site, "p256");
    assert!(!site.data().join("gds/keys").exists(), "no key came into a file");
}

fn told(site: &Site, kind: &str) {
    let made = site.set_up(kind, &[]);
    assert!(made.contains("authority root (Plant Root CA): made, SHA-256 "), "{made}");
    assert_eq!(site.set_up(kind, &[]).replace("was there", "made"), made, "what there is stays as it is");
    let alice = site.command(&["key", "first", "alice"]);
    let people = People { alice, bob: site.key("bob", "approver"), olga: site.key("olga", "operator") };
    let mut gds = site.start();
    assert_eq!(curl_body(&[&format!("{}/readyz", gds.url)]), "ready\n", "{}", gds.process.said());
    the_root_is_the_one_that_was_told(site, &gds, &made);
    let events = gds.events(&people.alice, "certificates/watch", None);
    assert!(events.wait_for(PATIENCE, |lines| (!lines.is_empty()).then_some(())).is_some(), "{}", events.said());

    let press = registered(&gds, &people);
    let csr = signing_request(site);
    let asked = json!({ "application": press, "certificateRequest": BASE64_STANDARD.encode(csr) });
    let request = gds.well(&people.alice, "certificates/start_signing_request", &asked);
    let id = request["request"]["id"].as_str().expect("an id").to_owned();
    let finish = json!({ "request": id });
    let (waits, status) = gds.ask(&people.alice, "certificates/finish_request", &finish);
    assert_eq!((status.as_str(), &waits["about"]["approvals"]), ("409", &json!("0 of 1")), "{waits}");
    nobody_approves_his_own(&gds, &people, &request);
    let submitted = seen(&events);
    gds = killed(site, gds);

    let vote = |digest: &Value| json!({ "of": "request", "id": id, "choice": "approve", "digest": digest });
    let (answer, status) = gds.ask(&people.bob, "certificates/vote", &vote(&json!("0".repeat(64))));
    assert_eq!(status, "412", "it is another content: {answer}");
    gds.well(&people.bob, "certificates/vote", &vote(&request["digest"]));
    let issued = gds.until(&people.alice, "certificates/finish_request", &finish, |_, status| status == "200");
    gds = killed(site, gds);
    assert_eq!(gds.well(&people.alice, "certificates/finish_request", &finish), issued, "it can be fetched again");

    let chain = Chain::fetched(site, &gds, &issued);
    chain.is_good(site);
    gds.well(&people.alice, "certificates/accept", &finish);
    let tag = site.file("tag");
    assert_eq!(conditional(&chain.crl, &tag), "200");
    assert_eq!(conditional(&chain.crl, &tag), "304", "nothing has changed");

    revoked(&gds, &people, &issued);
    assert_eq!(conditional(&chain.crl, &tag), "200", "there is another list");
    gds = killed(site, gds);
    let chain = Chain::fetched(site, &gds, &issued);
    chain.is_revoked();
    goes_on(&gds, &people, &submitted);
    figures(&gds, &people);
    let check = gds.well(&people.bob, "certificates/check_audit", &json!({ "artefacts": true }));
    assert_eq!(check["intact"], true, "{check}");
    assert!(!gds.process.said().contains(PASSPHRASE), "a passphrase is logged");
    gds.stop();
    verified(site);
}

/// Who works with it.
pub(super) struct People {
    pub(super) alice: String,
    pub(super) bob: String,
    pub(super) olga: String,
}

/// SIGKILL, and another process on the same files.
pub(super) fn killed(site: &Site, mut gds: Gds) -> Gds {
    gds.process.kill();
    drop(gds);
    site.start()
}

fn the_root_is_the_one_that_was_told(site: &Site, gds: &Gds, made: &str) {
    for base in [&site.public, &gds.url] {
        let file = site.file("root.cer");
        assert_eq!(curl(&["--output", &file, &format!("{base}/issuer/root.cer")]).trim(), "200");
        let shown = openssl(&["x509", "-inform", "DER", "-in", &file, "-noout", "-fingerprint", "-sha256"]);
        let shown = text(&shown).replace(':', "").to_lowercase();
        let told = made.lines().next().and_then(|line| line.rsplit(' ').next()).expect("a fingerprint");
        assert!(shown.contains(told), "{shown} is not {told}");
    }
    let head = curl(&["--head", &format!("{}/crl/root.crl", site.public)]);
    assert!(head.contains("application/pkix-crl") && head.contains("max-age=60"), "{head}");
    assert_eq!(curl(&[&format!("{}/crl/other.crl", site.public)]).rsplit(' ').next(), Some("404"));
    assert_eq!(curl(&[&format!("{}/metrics", site.public)]).rsplit(' ').next(), Some("404"), "there is nothing else");
}

/// An application on record; its id.
pub(super) fn registered(gds: &Gds, people: &People) -> String {
    let description = json!({ "applicationUri": "urn:plant:press", "applicationName": "Press",
        "applicationType": "server", "discoveryUrls": ["opc.tcp://press.plant:4840"] });
    let entered = json!({ "description": description, "site": "hall" });
    assert_eq!(gds.ask(&people.olga, "registry/add_application", &entered).1, "403");
    let entered = gds.well(&people.bob, "registry/add_application", &entered);
    entered["id"].as_str().expect("an id").to_owned()
}

pub(super) fn signing_request(site: &Site) -> Vec<u8> {
    let (key, csr) = (site.file("press.key"), site.file("press.csr"));
    let made = openssl(&[
        "req",
        "-new",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        &key,
        "-outform",
        "DER",
        "-out",
        &csr,
        "-subj",
        "/CN=Press/O=Plant",
        "-addext",
        "subjectAltName=URI:urn:plant:press,DNS:press.plant",
    ]);
    assert!(made.status.success(), "{}", text(&made));
    std::fs::read(csr).expect("openssl has written it")
}

/// Whoever asks does not count, nor does who may not vote.
fn nobody_approves_his_own(gds: &Gds, people: &People, request: &Value) {
    let vote =
        json!({ "of": "request", "id": request["request"]["id"], "choice": "approve", "digest": request["digest"] });
    assert_eq!(gds.ask(&people.olga, "certificates/vote", &vote).1, "403");
    let (answer, status) = gds.ask(&people.alice, "certificates/vote", &vote);
    let waits = gds.well(&people.alice, "certificates/request", &json!({ "request": request["request"]["id"] }));
    assert_eq!(waits["request"]["state"], request["request"]["state"], "{status} {answer} {waits}");
}

pub(super) fn revoked(gds: &Gds, people: &People, issued: &Value) {
    let revoke = json!({ "issuer": issued["issuer"], "serial": issued["serial"], "because": "keyCompromise",
        "reason": "the press was sold" });
    assert_eq!(gds.ask(&people.olga, "certificates/revoke", &revoke).1, "403");
    let done = gds.well(&people.bob, "certificates/revoke", &revoke);
    assert_eq!(done["proposal"]["state"]["kind"], "done", "{done}");
}

/// A certificate, and what everybody finds by what stands in it.
pub(super) struct Chain {
    leaf: String,
    issuing: String,
    root: String,
    lists: String,
    crl: String,
}

impl Chain {
    pub(super) fn fetched(site: &Site, gds: &Gds, issued: &Value) -> Self {
        let leaf = site.file("press.der");
        let der = BASE64_STANDARD.decode(issued["certificate"].as_str().expect("Base64")).expect("Base64");
        std::fs::write(&leaf, der).expect("the test's folder is writable");
        let leaf = pem(site, "x509", &leaf, "press.pem");
        let (crl, issuing) = (named(&leaf, "crlDistributionPoints"), named(&leaf, "authorityInfoAccess"));
        let issuing = download(site, "x509", &issuing, "issuing");
        let (root_crl, root) = (named(&issuing, "crlDistributionPoints"), named(&issuing, "authorityInfoAccess"));
        let root = download(site, "x509", &root, "root");
        let lists = [(&crl, "issuing-list"), (&root_crl, "root-list")];
        let lists = lists.map(|(url, name)| read(Path::new(&download(site, "crl", url, name)))).concat();
        let file = site.file("lists.pem");
        std::fs::write(&file, lists).expect("the test's folder is writable");
        assert!(crl.starts_with(&site.public), "{crl}\n{}", gds.process.said());
        Self { leaf, issuing, root, lists: file, crl }
    }

    pub(super) fn verified(&self) -> Output {
        let (root, issuing, lists) = (&self.root, &self.issuing, &self.lists);
        let (strict, all) = ("-x509_strict", "-crl_check_all");
        openssl(&["verify", strict, all, "-CAfile", root, "-untrusted", issuing, "-CRLfile", lists, &self.leaf])
    }

    pub(super) fn is_good(&self, site: &Site) {
        let verified = self.verified();
        assert!(verified.status.success() && text(&verified).ends_with(": OK\n"), "{}", text(&verified));
        let key = |arguments: &[&str]| text(&openssl(arguments));
        let of_certificate = key(&["x509", "-in", &self.leaf, "-noout", "-pubkey"]);
        assert_eq!(of_certificate, key(&["pkey", "-in", &site.file("press.key"), "-pubout"]));
        let names = key(&["x509", "-in", &self.leaf, "-noout", "-ext", "subjectAltName"]);
        assert!(names.contains("URI:urn:plant:press") && names.contains("DNS:press.plant"), "{names}");
    }

    pub(super) fn is_revoked(&self) {
        let verified = self.verified();
        assert!(!verified.status.success() && text(&verified).contains("certificate revoked"), "{}", text(&verified));
        let list = text(&openssl(&["crl", "-in", &self.lists, "-noout", "-text"]));
        assert!(list.contains("Key Compromise"), "{list}");
    }
}

/// The URL in an extension.
fn named(certificate: &str, extension: &str) -> String {
    let shown = text(&openssl(&["x509", "-in", certificate, "-noout", "-ext", extension]));
    let url = shown.lines().find_map(|line| Some(line.split_once("URI:")?.1.trim().to_owned()));
    url.unwrap_or_else(|| panic!("{extension} names no place: {shown}"))
}

/// What everybody can fetch, as PEM.
fn download(site: &Site, kind: &str, url: &str, name: &str) -> String {
    let file = site.file(name);
    assert_eq!(curl(&["--output", &file, url]).trim(), "200", "{url}");
    pem(site, kind, &file, &format!("{name}.pem"))
}

fn pem(site: &Site, kind: &str, der: &str, name: &str) -> String {
    let pem = site.file(name);
    let made = openssl(&[kind, "-inform", "DER", "-in", der, "-out", &pem]);
    assert!(made.status.success(), "{}", text(&made));
    pem
}

/// The status where only what is new is wanted.
fn conditional(url: &str, tag: &str) -> String {
    let answer = curl(&["--output", "/dev/null", "--etag-compare", tag, "--etag-save", tag, url]);
    answer.trim().to_owned()
}

fn tells(line: &str, what: &str) -> bool {
    line.starts_with("data: ") && line.contains(what)
}

/// The id of the event that tells of the request.
fn seen(events: &Process) -> String {
    let submitted = |lines: &[String]| {
        let place = lines.iter().position(|line| tells(line, "request.submitted"))?;
        lines[..place].iter().rev().find_map(|line| Some(line.strip_prefix("id: ")?.to_owned()))
    };
    events.wait_for(PATIENCE, submitted).unwrap_or_else(|| panic!("{}", events.said()))
}

/// Who comes back after all that was killed gets what was done behind what he has seen.
fn goes_on(gds: &Gds, people: &People, after: &str) {
    let events = gds.events(&people.alice, "certificates/watch", Some(after));
    let wanted = ["request.voteToApprove", "certificate.issued", "certificate.revoked", "revocationList.signed"];
    let all = |lines: &[String]| wanted.iter().all(|what| lines.iter().any(|line| tells(line, what))).then_some(());
    assert!(events.wait_for(PATIENCE, all).is_some(), "{}", events.said());
    assert!(!events.stdout().iter().any(|line| tells(line, "request.submitted")), "{}", events.said());
}

fn figures(gds: &Gds, people: &People) {
    let header = format!("Authorization: Bearer {}", people.olga);
    let figures = curl_body(&["--header", &header, &format!("{}/metrics", gds.url)]);
    for line in [
        "iiot_gds_authority_expiry_days{authority=\"root\"} 7299",
        "iiot_gds_crl_alarm{authority=\"applications\"} 0",
        "iiot_gds_requests_waiting 0",
        "iiot_gds_store_writes 1",
        "iiot_gds_keys_gone 0",
    ] {
        assert!(figures.contains(line), "{line}\n{figures}");
    }
}

/// Whoever audits needs nothing but the files and the public key.
fn verified(site: &Site) {
    let data = site.data();
    let (records, key) = (format!("sqlite:{}", data.join("gds.db").display()), data.join("gds/checkpoints.der"));
    let mut verify = Command::new(example("audit_verify"));
    verify.arg(records).arg("--key").arg(key).arg("--marks").arg(data.join("gds/marks.json"));
    let verified = verify.output().expect("the example was built");
    let said = text(&verified);
    assert!(verified.status.success() && said.contains("are as they were written"), "{said}");
    assert!(site.command(&["audit", "check"]).contains("follow from each other"));
}

pub(super) fn openssl(arguments: &[&str]) -> Output {
    Command::new("openssl").args(arguments).output().expect("openssl is installed")
}

pub(super) fn text(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned()
}

fn read(file: &Path) -> String {
    std::fs::read_to_string(file).expect("it is there")
}
