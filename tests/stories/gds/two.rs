//! Two certificate managers on one PostgreSQL: whatever is begun at one goes on at the other, also where one of them dies.

use std::path::Path;
use std::process::Command;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use iiot_core::testing::PostgresServer;
use iiot_stories::example;
use serde_json::{Value, json};

use super::life::{Chain, People, killed, registered, revoked, signing_request};
use super::{Gds, Site};

/// A site of the two, by the name that tells it from the other.
fn site(folder: &Path, name: &str, records: &str, plant: &str) -> Site {
    let folder = folder.join(name);
    std::fs::create_dir_all(&folder).expect("the test's folder is writable");
    let site = Site::new(&folder).told("IIOT_NAME", name);
    site.told("IIOT_CERTIFICATES", records).told("IIOT_DATABASE", plant)
}

/// The second one gets the keys of authorities and the API keys of people from the first.
fn joined(first: &Site, second: &Site) {
    for part in ["gds/keys", "http"] {
        let (from, to) = (first.data().join(part), second.data().join(part));
        std::fs::create_dir_all(&to).expect("the test's folder is writable");
        for file in std::fs::read_dir(from).expect("the first one was set up") {
            let file = file.expect("the test's folder can be read");
            std::fs::copy(file.path(), to.join(file.file_name())).expect("it can be copied");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_begun_at_one_goes_on_at_the_other() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let server = PostgresServer::start().await;
    let (records, plant) = (server.create_database("certificates"), server.create_database("plant"));
    let [first, second] = ["one", "two"].map(|name| site(folder.path(), name, &records, &plant));
    first.set_up("p256", &[]);
    let alice = first.command(&["key", "first", "alice"]);
    let people = People { alice, bob: first.key("bob", "approver"), olga: first.key("olga", "operator") };
    joined(&first, &second);
    let (code, why) = second.refused(&["--exit-after", "1"]);
    assert_eq!(code, Some(3), "its marks know nothing of these records: {why}");
    second.command(&["accept", "alice"]);
    told(&first, &second, &people);
    for site in [&first, &second] {
        verified(site, &records);
    }
}

fn told(first: &Site, second: &Site, people: &People) {
    let (mut one, two) = (first.start(), second.start());
    let press = registered(&one, people);
    let csr = BASE64_STANDARD.encode(signing_request(first));
    let asked = json!({ "application": press, "certificateRequest": csr });
    let request = one.well(&people.alice, "certificates/start_signing_request", &asked);
    let id = &request["request"]["id"];
    one.process.kill();
    drop(one);
    two.well(&people.bob, "certificates/vote", &vote(&request));
    one = first.start();
    let finish = json!({ "request": id });
    let issued = one.until(&people.alice, "certificates/finish_request", &finish, |_, status| status == "200");
    assert_eq!(two.well(&people.alice, "certificates/finish_request", &finish), issued, "both know it");
    Chain::fetched(first, &one, &issued).is_good(first);
    key_of_the_other(&one, &two, people, &press);

    revoked(&two, people, &issued);
    let list = json!({ "authority": issued["issuer"] });
    let newest = |gds: &Gds| gds.well(&people.alice, "certificates/revocation_list", &list)["revocationList"].clone();
    assert_eq!(newest(&one), newest(&two));
    // Who has served the list before looks for a newer one within a second.
    let one = killed(first, one);
    Chain::fetched(first, &one, &issued).is_revoked();
    for gds in [&one, &two] {
        let check = gds.well(&people.bob, "certificates/check_audit", &json!({ "artefacts": true }));
        assert_eq!(check["intact"], true, "{check}");
    }
    one.stop();
    two.stop();
}

fn vote(request: &Value) -> Value {
    json!({ "of": "request", "id": request["request"]["id"], "choice": "approve", "digest": request["digest"] })
}

/// A new key lies in the memory of the one where it was approved; the other says where to ask.
fn key_of_the_other(one: &Gds, two: &Gds, people: &People, press: &str) {
    let wanted = json!({ "application": press, "privateKeyFormat": "pfx" });
    let request = one.well(&people.alice, "certificates/start_new_key_pair_request", &wanted);
    two.well(&people.bob, "certificates/vote", &vote(&request));
    let finish = json!({ "request": request["request"]["id"], "password": "correct horse battery" });
    let (answer, status) = one.ask(&people.alice, "certificates/finish_request", &finish);
    assert_eq!((status.as_str(), &answer["about"]["holder"]), ("503", &json!("two")), "{answer}");
    let delivered = two.well(&people.alice, "certificates/finish_request", &finish);
    assert!(delivered["privateKey"].is_string(), "{delivered}");
}

/// Whoever audits needs the records, and the public key and the marks of either.
fn verified(site: &Site, records: &str) {
    let (key, marks) = (site.data().join("gds/checkpoints.der"), site.data().join("gds/marks.json"));
    let mut verify = Command::new(example("audit_verify"));
    verify.arg(records).arg("--key").arg(key).arg("--marks").arg(marks);
    let verified = verify.output().expect("the example was built");
    let said = String::from_utf8_lossy(&verified.stdout);
    assert!(verified.status.success() && said.contains("are as they were written"), "{said}{verified:?}");
}
