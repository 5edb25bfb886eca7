//! The HTTP face of the edge, as other people's programs see it.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use iiot_core::testing::{Peers, Process, free_port};
use iiot_stories::{Edge, EdgeOptions, example};
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(60);

/// An edge that serves HTTP, where, and the key of an administrator.
pub(crate) struct Face {
    pub(crate) edge: Edge,
    pub(crate) url: String,
    pub(crate) key: String,
}

fn face(folder: &Path, bind: &str) -> Face {
    face_of(folder, bind, "opc.tcp://127.0.0.1:1")
}

/// The face of an edge that publishes the time of a server.
pub(crate) fn face_of(folder: &Path, bind: &str, server: &str) -> Face {
    face_with(folder, bind, &[server], |edge| edge)
}

/// The same of several servers, with other flags or variables.
pub(crate) fn face_with(
    folder: &Path,
    bind: &str,
    servers: &[&str],
    more: impl FnOnce(&mut Command) -> &mut Command,
) -> Face {
    let data = folder.join("edge");
    let key = command(&data, &["key", "first", "test"]);
    let entry = |url: &&str| json!({ "EndpointUrl": url, "UseSecurity": false, "OpcNodes": [{ "Id": "i=2258" }] });
    let entries = servers.iter().map(entry).collect();
    let options = EdgeOptions { published_nodes: &entries, sink: "stdout", data: &data };
    let edge = Edge::start_with(&options, |edge| more(edge.args(["--http", bind])));
    let marks = "HTTP is served at ";
    let served = |lines: &[String]| lines.iter().find_map(|line| Some(line.split_once(marks)?.1.to_owned()));
    let url = edge.process.wait_for_error(PATIENCE, served);
    let url = url.unwrap_or_else(|| panic!("HTTP is not served\n{}", edge.process.said()));
    Face { edge, url, key: key.trim().to_owned() }
}

/// What a command of the edge prints.
pub(crate) fn command(data: &Path, words: &[&str]) -> String {
    let output =
        Command::new(example("edge")).arg("--data").arg(data).args(words).output().expect("the example was built");
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("it prints text")
}

/// A text as one segment of a path, or a value in a query.
pub(crate) fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// What is seen once the edge has noticed what a command did to its keys.
pub(crate) fn noticed<T>(edge: &Edge, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(Instant::now() < deadline, "the edge does not notice\n{}", edge.process.said());
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// What curl prints: the body, and the status behind it.
pub(crate) fn curl(arguments: &[&str]) -> String {
    let mut command = Command::new("curl");
    command.args(["--silent", "--max-time", "20", "--write-out", " %{http_code}"]).args(arguments);
    String::from_utf8(command.output().expect("curl is installed").stdout).expect("it prints text")
}

/// As the document says it, which is made from the tables.
#[test]
fn every_operation_of_an_edge_is_refused_to_lower_roles() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let mut face = face(folder.path(), &format!("127.0.0.1:{}", free_port()));
    let data = folder.path().join("edge");
    let roles = ["reader", "operator", "approver", "administrator"];
    let keys = roles.map(|role| command(&data, &["key", "make", role, role]).trim().to_owned());
    let document: Value = serde_json::from_str(&curl_body(&[&format!("{}/openapi.json", face.url)])).expect("JSON");
    noticed(&face.edge, || (asked(&face.url, "GET", "/metrics", Some(&keys[3])) == "200").then_some(()));
    let mut refused = 0;
    for (path, methods) in document["paths"].as_object().expect("paths") {
        let path = path.replace("{endpoint}", "opc.tcp%3A%2F%2F127.0.0.1%3A1");
        for (method, operation) in methods.as_object().expect("methods") {
            let method = method.to_uppercase();
            assert_eq!(asked(&face.url, &method, &path, None), "401", "{method} {path}");
            let least = roles.iter().position(|role| operation["x-iiot-role"] == *role).expect("a role");
            for (role, key) in roles.iter().zip(&keys).take(least) {
                assert_eq!(asked(&face.url, &method, &path, Some(key)), "403", "{method} {path} as {role}");
                refused += 1;
            }
        }
    }
    assert!(refused > 40, "only {refused} requests were refused for their role");
    assert!(face.edge.stop(), "the edge did not stop well\n{}", face.edge.process.said());
}

/// The status of an empty request.
fn asked(url: &str, method: &str, path: &str, key: Option<&str>) -> String {
    let (url, header) = (format!("{url}{path}"), format!("Authorization: Bearer {}", key.unwrap_or_default()));
    let mut arguments = vec!["--output", "/dev/null", "--globoff", "--request", method, url.as_str()];
    if key.is_some() {
        arguments.extend(["--header", &header]);
    }
    if method == "POST" {
        arguments.extend(["--header", "Content-Type: application/json", "--data", "{}"]);
    }
    curl(&arguments).trim().to_owned()
}

/// The body alone.
pub(crate) fn curl_body(arguments: &[&str]) -> String {
    let answer = curl(arguments);
    answer.rsplit_once(' ').map(|(body, _)| body.to_owned()).unwrap_or_default()
}

#[test]
fn a_token_of_an_issuer_opens_what_its_role_may_until_it_expires() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let peers = Peers::in_folder(folder.path()).expect("peers");
    let port = free_port();
    let (mut issuer, keys) = peers.python("issuer.py", port, &["--tls"]).expect("the issuer starts");
    let authority = folder.path().join(format!("issuer.py-{port}/issuer.pem"));
    let flags = [
        "--jwks",
        &keys,
        "--issuer",
        "https://login.example.com",
        "--audience",
        "plant",
        "--role-claim",
        "/access/roles",
    ];
    let bind = format!("127.0.0.1:{}", free_port());
    let mut face = face_with(folder.path(), &bind, &["opc.tcp://127.0.0.1:1"], |edge| {
        edge.args(flags).env("SSL_CERT_FILE", &authority)
    });
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("it is later").as_secs();
    let mut token = |name: &str, roles: &[&str], seconds: u64| {
        let claims = json!({
            "iss": "https://login.example.com", "aud": "plant", "sub": name, "exp": now + seconds,
            "access": { "roles": roles },
        });
        issuer
            .send(&json!({ "name": name, "alg": "RS256", "key": "rsa", "claims": claims }).to_string())
            .expect("it listens");
        issuer.expect_line(&format!("{name} "), PATIENCE).expect("it answers")
    };
    let operator = token("olga", &["offline_access", "operator"], 600);
    assert_eq!(asked(&face.url, "GET", "/v1/edge/diagnostics", Some(&operator)), "200", "{}", face.edge.process.said());
    assert_eq!(asked(&face.url, "GET", "/v1/access/list_keys", Some(&operator)), "403");
    let nobody = token("nina", &[], 600);
    assert_eq!(asked(&face.url, "GET", "/v1/edge/diagnostics", Some(&nobody)), "403");
    assert_eq!(asked(&face.url, "GET", "/v1/edge/diagnostics", Some(&face.key)), "200", "API keys are good still");
    let forged = operator.replace('.', ".e");
    assert_eq!(asked(&face.url, "GET", "/v1/edge/diagnostics", Some(&forged)), "401");
    let brief = token("boris", &["reader"], 5);
    let header = format!("Authorization: Bearer {brief}");
    let events = format!("{}/v1/edge/watch_diagnostics?intervalMs=100", face.url);
    let mut stream =
        Process::start(Command::new("curl").args(["--silent", "--no-buffer", "--header", &header, &events]))
            .expect("curl is installed");
    let items = |lines: &[String]| (lines.iter().filter(|line| line.starts_with("data: {")).count() > 3).then_some(());
    assert!(stream.wait_for(PATIENCE, items).is_some(), "{}", stream.said());
    assert!(stream.wait(PATIENCE).is_some(), "the stream goes on although its token has expired");
    assert!(stream.stdout().iter().any(|line| line == "event: problem"), "{}", stream.said());
    assert!(command(&folder.path().join("edge"), &["audit", "check"]).contains("follow from each other"));
    assert!(face.edge.stop(), "the edge did not stop well\n{}", face.edge.process.said());
}

/// The certificate, in the form that curl reads.
fn to_pem(der: &Path, pem: &Path) {
    let mut openssl = Command::new("openssl");
    openssl.args(["x509", "-inform", "DER", "-in"]).arg(der).arg("-out").arg(pem);
    assert!(openssl.status().is_ok_and(|status| status.success()), "openssl reads the certificate");
}

#[test]
fn curl_is_served_by_tls_until_its_key_is_revoked() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let mut face = face(folder.path(), &format!("https://127.0.0.1:{}", free_port()));
    let data = folder.path().join("edge");
    let certificate = folder.path().join("https.pem");
    to_pem(&data.join("http/https.der"), &certificate);
    let trusted = certificate.display().to_string();
    let key = command(&data, &["key", "make", "dashboard", "reader", "1"]);
    let header = format!("Authorization: Bearer {}", key.trim());
    let diagnostics = format!("{}/v1/edge/diagnostics", face.url);
    let asked = || curl(&["--cacert", &trusted, "--header", &header, &diagnostics]);
    let taken = noticed(&face.edge, || Some(asked()).filter(|answer| answer.ends_with(" 200")));
    assert!(taken.contains("\"publisherId\":\"edge\""), "{taken}");
    assert!(curl(&[&diagnostics]).ends_with(" 000"), "a certificate that nobody trusts is refused by curl");
    std::fs::remove_file(data.join("http/https.der")).expect("it is there");
    let shown = |lines: &[String]| lines.iter().any(|line| line.contains("HTTPS shows another")).then_some(());
    assert!(face.edge.process.wait_for_error(PATIENCE, shown).is_some(), "{}", face.edge.process.said());
    to_pem(&data.join("http/https.der"), &certificate);
    assert!(asked().ends_with(" 200"), "the new certificate is shown");
    let forbidden = format!("{}/v1/access/list_keys", face.url);
    let answer = curl(&["--cacert", &trusted, "--header", &header, &forbidden]);
    assert!(answer.contains("needs the role Administrator") && answer.ends_with(" 403"), "{answer}");
    let events = format!("{}/v1/edge/watch_diagnostics?intervalMs=100", face.url);
    let mut stream = Process::start(Command::new("curl").args([
        "--silent",
        "--no-buffer",
        "--cacert",
        &trusted,
        "--header",
        &header,
        &events,
    ]))
    .expect("curl is installed");
    let items = |lines: &[String]| (lines.iter().filter(|line| line.starts_with("data: {")).count() > 3).then_some(());
    assert!(stream.wait_for(PATIENCE, items).is_some(), "{}", stream.said());
    command(&data, &["key", "revoke", key.split('_').nth(1).expect("a key has an id")]);
    assert!(stream.wait(PATIENCE).is_some(), "the stream goes on although its key was revoked");
    assert!(stream.stdout().iter().any(|line| line == "event: problem"), "{}", stream.said());
    assert!(asked().ends_with(" 401"));
    assert!(command(&data, &["audit", "check"]).contains("follow from each other"));
    assert!(face.edge.stop(), "the edge did not stop well\n{}", face.edge.process.said());
}
