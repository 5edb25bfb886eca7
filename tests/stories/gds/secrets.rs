//! What is secret is in no file, log, answer or core of a certificate manager that logs all it can, works, and crashes.

use std::path::Path;
use std::process::Command;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use iiot_core::testing::{Canaries, SOFTHSM_PIN, with_softhsm};
use serde_json::{Value, json};

use super::life::{openssl, text};
use super::{Gds, PASSPHRASE, Site};
use crate::cores::Cores;
use crate::http::curl_body;

/// Of the one PEM file that openssl opens.
const OF_THE_KEY: &str = "canary: the swallow has the key";
const OF_THE_PFX: &str = "canary: the raven has the other";
const OF_THE_DEVICE: &str = "canary: the wren opens the press";

#[test]
fn no_passphrase_password_or_private_key_lies_anywhere() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let site = Site::new(folder.path()).logging("trace");
    let mut secrets = Canaries::default();
    secrets.add("the key of the root", &key_of_the_root_in_clear(&site));
    let in_clear = std::fs::read(site.data().join("gds/keys/authority-root.pem")).expect("openssl has written it");
    assert_eq!(secrets.found_in(&in_clear), Some("the key of the root"), "the search finds what is there");
    told(&site, secrets);
}

#[test]
fn nor_does_the_pin_of_a_token() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    if !with_softhsm(folder.path(), "gds::secrets::nor_does_the_pin_of_a_token") {
        return;
    }
    let site = Site::with_token(folder.path()).logging("trace");
    let mut secrets = Canaries::default();
    secrets.add("the PIN", SOFTHSM_PIN.as_bytes());
    told(&site, secrets);
}

fn told(site: &Site, mut secrets: Canaries) {
    secrets.add("the passphrase", PASSPHRASE.as_bytes());
    for password in [OF_THE_KEY, OF_THE_PFX, OF_THE_DEVICE] {
        secrets.add(password, password.as_bytes());
    }
    let cores = Cores::new(&site.data().join("cores"));
    let setup = site.said(&site.ceremony("p256", &[]));
    assert!(setup.contains("authority root"), "{setup}");
    let [alice, bob] = ["administrator", "approver"].map(|role| site.key(role, role));
    for key in [&alice, &bob] {
        secrets.add("an API key", key.splitn(3, '_').nth(2).expect("iiot_ID_SECRET").as_bytes());
    }
    let mut told = Told { gds: site.start_in(&cores), said: setup };
    let press = told.entered(&bob, &alice);
    let pem = told.key_pair(&alice, &bob, &press, ("PEM", OF_THE_KEY));
    let key = opened(site, &pem, OF_THE_KEY);
    secrets.add("the new key", &key);
    assert_eq!(secrets.found_in(&key), Some("the new key"));
    // Fetched, and in memory for as long as it is not accepted.
    told.key_pair(&alice, &bob, &press, ("PFX", OF_THE_PFX));
    told.looked_through(&alice);

    let Told { mut gds, said } = told;
    cores.are_not_left_by(&mut gds.process);
    let log = gds.process.stderr().join("\n");
    assert!(log.contains("DEBUG iiot_core::http"), "there is something to search: {log}");
    assert_eq!(secrets.found_in(said.as_bytes()), None, "in an answer");
    assert_eq!(secrets.found_in(log.as_bytes()), None, "in the log");
    let searched = secrets.are_not_below(&site.data());
    assert!(searched > 100_000, "there is something to search: {searched} bytes");
    eprintln!("searched {} bytes of log, {} of answers, {searched} of files", log.len(), said.len());
    if let Some(core) = cores.of_whoever_reads(Path::new(&site.file("passphrase"))) {
        assert_eq!(secrets.found_in(&core), Some("the passphrase"), "the search finds what is in a core");
    }
}

/// A certificate manager, and all it has answered.
struct Told {
    gds: Gds,
    said: String,
}

impl Told {
    fn well(&mut self, key: &str, path: &str, request: &Value) -> Value {
        let answer = self.gds.well(key, path, request);
        self.said += &answer.to_string();
        answer
    }

    /// An application, which is a device with a password too; its id.
    fn entered(&mut self, bob: &str, alice: &str) -> String {
        let description = json!({ "applicationUri": "urn:plant:press", "applicationName": "Press",
            "applicationType": "server", "discoveryUrls": ["opc.tcp://press.plant:4840"] });
        let press = self.well(bob, "registry/add_application", &json!({ "description": description, "site": "hall" }));
        let press = press["id"].as_str().expect("an id").to_owned();
        let settings = json!({ "endpointUrl": "opc.tcp://127.0.0.1:1", "certificateType": "rsaSha256",
            "identity": { "kind": "userName", "user": "wren" }, "automatic": false });
        let device = json!({ "device": press, "settings": settings, "password": OF_THE_DEVICE });
        let (answer, _) = self.gds.ask(alice, "devices/put_device", &device);
        self.said += &answer.to_string();
        self.well(alice, "devices/device", &json!({ "device": press }));
        press
    }

    /// A new key pair, asked for, approved and fetched: the file.
    fn key_pair(&mut self, alice: &str, bob: &str, press: &str, (format, password): (&str, &str)) -> Vec<u8> {
        let wanted = json!({ "application": press, "privateKeyFormat": format.to_lowercase() });
        let request = self.well(alice, "certificates/start_new_key_pair_request", &wanted);
        let id = &request["request"]["id"];
        let vote = json!({ "of": "request", "id": id, "choice": "approve", "digest": request["digest"] });
        self.well(bob, "certificates/vote", &vote);
        let weak = json!({ "request": id, "password": &password[..10] });
        let (refused, status) = self.gds.ask(alice, "certificates/finish_request", &weak);
        assert_eq!(status, "400", "{refused}");
        self.said += &refused.to_string();
        let made = self.well(alice, "certificates/finish_request", &json!({ "request": id, "password": password }));
        BASE64_STANDARD.decode(made["privateKey"].as_str().expect("a key")).expect("Base64")
    }

    /// Everything that can be looked at.
    fn looked_through(&mut self, alice: &str) {
        for path in
            ["certificates/requests", "certificates/audit", "devices/devices", "access/list_keys", "access/read_audit"]
        {
            self.well(alice, path, &json!({}));
        }
        let header = format!("Authorization: Bearer {alice}");
        self.said += &curl_body(&["--header", &header, &format!("{}/metrics", self.gds.url)]);
    }
}

/// A key on P-256 that OpenSSL has made and that lies in clear, to be sealed when it is first opened; returns its number.
fn key_of_the_root_in_clear(site: &Site) -> Vec<u8> {
    let folder = site.data().join("gds/keys");
    std::fs::create_dir_all(&folder).expect("the test's folder is writable");
    let file = folder.join("authority-root.pem").display().to_string();
    let made = openssl(&["genpkey", "-algorithm", "EC", "-pkeyopt", "group:P-256", "-out", &file]);
    assert!(made.status.success(), "{}", text(&made));
    let der = openssl(&["pkcs8", "-topk8", "-nocrypt", "-outform", "DER", "-in", &file]).stdout;
    // ECPrivateKey (RFC 5915): version 1, then an octet string of 32 bytes.
    let before = [2, 1, 1, 4, 32];
    let place = der.windows(before.len()).position(|part| part == before).expect("a number") + before.len();
    der[place..place + 32].to_vec()
}

/// The first prime of a key in an encrypted file.
fn opened(site: &Site, pem: &[u8], password: &str) -> Vec<u8> {
    let file = site.file("new.pem");
    std::fs::write(&file, pem).expect("the test's folder is writable");
    let mut show = Command::new("openssl");
    show.args(["pkey", "-in", &file, "-passin", "env:PASSWORD", "-noout", "-text"]).env("PASSWORD", password);
    let shown = text(&show.output().expect("openssl is installed"));
    let lines = shown.lines().skip_while(|line| !line.starts_with("prime1:")).skip(1);
    let digits: String = lines.take_while(|line| line.starts_with(' ')).map(|line| line.trim()).collect();
    let bytes = digits.split(':').filter_map(|byte| u8::from_str_radix(byte, 16).ok());
    // Behind the sign.
    let prime: Vec<u8> = bytes.skip_while(|byte| *byte == 0).collect();
    assert_eq!(prime.len(), 128, "{}", digits.len());
    prime
}
