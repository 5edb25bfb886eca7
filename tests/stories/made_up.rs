//! Whatever Schemathesis makes up from the documents of an edge, of a cloud and of a certificate manager is answered as they say.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use iiot_core::testing::{Peers, Process, free_port};
use serde_json::{Value, json};

use crate::cloud::{Plant, found_and_activated, only_approved_edges_are_asked};
use crate::gds::Site;
use crate::http::{curl_body, face_of};

/// Requests of each operation that are made up; `IIOT_EXAMPLES` asks for more.
const EXAMPLES: &str = "10";
const PATIENCE: Duration = Duration::from_secs(600);

/// Texts of a valid length may still be more than a request holds, and those that are too long are so for it first.
const TOO_LARGE: &str = "[checks]\n\
    positive_data_acceptance.expected-statuses = ['2xx', '401', '403', '404', '409', '413', '431']\n\
    negative_data_rejection.expected-statuses = \
    ['400', '401', '403', '404', '405', '406', '409', '413', '415', '422', '428', '429', '431', '5xx']\n";

/// Statuses that valid requests may have beside those that all may have, by path.
const MORE_ANSWERS: &[(&str, &str)] = &[
    // A time that ends before it begins is none.
    ("/edge/missing$", "'400'"),
    // A made-up revision is not the present one.
    ("/configuration/(?!replace_entries$)", "'412'"),
    // Nor is a configuration in which nothing can be published one.
    ("/configuration/replace_entries$", "'400', '412'"),
    // Nor is it of a record; what does not fit to what is on record; URLs that are none.
    ("^/v1/registry/", "'400', '412'"),
    // History without start and end; more time than there is.
    ("^/v1/twins/", "'400'"),
    // What does not fit to what is on record: authorities, groups, requests, devices, digests of what was looked at.
    ("^/v1/(certificates|devices|enrolment)/", "'400', '412'"),
];

#[test]
fn an_edge_answers_what_is_made_up_as_its_document_says() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let peers = Peers::in_folder(folder.path()).expect("peers");
    let (_server, url) = peers.node("interop.mjs", free_port(), &[]).expect("the server starts");
    let mut face = face_of(folder.path(), &format!("127.0.0.1:{}", free_port()), &url);
    let rest = Rest { peers: &peers, folder: folder.path(), url: &face.url, key: &face.key };
    // With endpoints that are made up nothing reaches the server; with the one that there is, it does.
    rest.tried(&format!("{}/openapi.json", face.url), &[]);
    let document = rest.document_of(&BTreeMap::from([("endpoint", vec![url])]));
    rest.tried(&document, &["--include-path-regex", "^/v1/twins/"]);
    let said = face.edge.process.said();
    assert!(face.edge.stop(), "the edge did not stop well\n{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cloud_and_the_edges_behind_it_answer_what_is_made_up_as_its_document_says() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let mut plant = Plant::start(folder.path()).await;
    only_approved_edges_are_asked(&plant);
    let mut endpoints = found_and_activated(&plant);
    let rest = Rest { peers: &plant.peers, folder: folder.path(), url: &plant.cloud.url, key: &plant.cloud.key };
    endpoints.push("nowhere".into());
    let edges = ["north", "south", "nowhere"].map(String::from).into();
    let document = rest.document_of(&BTreeMap::from([("endpoint", endpoints), ("edge", edges)]));
    rest.tried(&document, &["--include-path-regex", "^/v1/(edges|twins)/"]);
    // Last, for it takes places out of the record that are asked above.
    rest.tried(&document, &["--include-path-regex", "^/v1/(access|registry)/"]);
    plant.stop();
}

#[test]
fn a_certificate_manager_answers_what_is_made_up_as_its_document_says() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let peers = Peers::in_folder(folder.path()).expect("peers");
    let site = Site::new(folder.path());
    site.set_up("p256", &["--https-group", "--user-group"]);
    let key = site.key("alice", "administrator");
    let gds = site.start();
    let rest = Rest { peers: &peers, folder: folder.path(), url: &gds.url, key: &key };
    rest.tried(&format!("{}/openapi.json", gds.url), &[]);
    assert_eq!(curl_body(&[&format!("{}/healthz", gds.url)]), "alive\n", "{}", gds.process.said());
    gds.stop();
}

/// A face as Schemathesis sees it.
struct Rest<'a> {
    peers: &'a Peers,
    folder: &'a Path,
    url: &'a str,
    key: &'a str,
}

impl Rest<'_> {
    /// Lets Schemathesis try what a document says.
    fn tried(&self, document: &str, more: &[&str]) {
        let examples = std::env::var("IIOT_EXAMPLES").unwrap_or_else(|_| EXAMPLES.into());
        let more_answers: String = MORE_ANSWERS.iter().map(|(path, statuses)| also(path, statuses)).collect();
        std::fs::write(self.folder.join("schemathesis.toml"), format!("{TOO_LARGE}{more_answers}"))
            .expect("the test's folder is writable");
        let mut tried = self.peers.schemathesis();
        tried.current_dir(self.folder).args(["run", document, "--url", self.url, "--max-examples", &examples]);
        tried.args(["--header", &format!("Authorization: Bearer {}", self.key), "--request-timeout", "20"]);
        // Streams are no documents, and most have no end. Searches and explanations of made-up places would go out into
        // the network of this machine, and so would devices there. Authorities get keys, which takes long. What is learned
        // from answers would revoke the key that all of this is done with.
        tried.args([
            "--exclude-path-regex",
            "/(watch|follow)_|/(crawl|watch|progress|export_audit)$|/discovery/(start|explain)$\
             |/devices/(put_device|presented|rehearse)$|/certificates/create_authority$|/access/revoke_key$",
            "--phases",
            "examples,coverage,fuzzing",
            "--seed",
            "1",
        ]);
        let mut tried = Process::start(tried.args(more)).expect("schemathesis is installed");
        let status = tried.wait(PATIENCE).unwrap_or_else(|| panic!("no end\n{}", tried.said()));
        assert!(status.success(), "{}\n{}", tried.stdout().join("\n"), tried.said());
        let count = tried.stdout().into_iter().find(|line| line.contains("generated, "));
        eprintln!("{}", count.unwrap_or_else(|| panic!("{}", tried.said())));
    }

    /// A file with the document for places that there are.
    fn document_of(&self, places: &BTreeMap<&str, Vec<String>>) -> String {
        let text = curl_body(&[&format!("{}/openapi.json", self.url)]);
        let document = reaching(serde_json::from_str(&text).expect("the document is JSON"), places);
        let path = self.folder.join("reaching.json");
        std::fs::write(&path, document.to_string()).expect("the test's folder is writable");
        path.display().to_string()
    }
}

/// The document for these places, without headers: a time of the caller's own that is too short ends as 504, and each choice
/// of languages is a session of its own, of which the server has only so many. Both are true answers and no defects.
fn reaching(mut document: Value, places: &BTreeMap<&str, Vec<String>>) -> Value {
    let schemas = document["components"]["schemas"].as_object_mut().expect("schemas");
    for schema in schemas.values_mut() {
        let members = schema.get_mut("properties").and_then(Value::as_object_mut);
        members.and_then(|members| members.remove("header"));
    }
    for operation in document["paths"].as_object_mut().into_iter().flat_map(|paths| paths.values_mut()) {
        for method in operation.as_object_mut().into_iter().flat_map(|methods| methods.values_mut()) {
            let Some(parameters) = method["parameters"].as_array_mut() else { continue };
            parameters.retain(|one| !one["name"].as_str().is_some_and(|name| name.starts_with("header.")));
            for parameter in parameters.iter_mut().filter(|one| one["in"] == "path") {
                let known = parameter["name"].as_str().and_then(|name| places.get(name));
                parameter["schema"]["enum"] = json!(known.expect("each place is known"));
            }
        }
    }
    document
}

/// The setting of schemathesis that lets operations answer so.
fn also(path: &str, statuses: &str) -> String {
    format!(
        "[[operations]]\ninclude-path-regex = '{path}'\nchecks.positive_data_acceptance.expected-statuses = \
         ['2xx', '401', '403', '404', '409', '413', '431', {statuses}]\n"
    )
}
