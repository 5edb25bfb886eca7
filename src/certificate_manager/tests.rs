#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use iiot_core::ErrorKind;
use iiot_core::clock::{Clock, ManualClock, SystemClock};
use iiot_core::http::PublicFiles;
use iiot_core::keys::Passphrase;
use iiot_core::metrics::Exposition;
use iiot_core::operation::Role;
use iiot_gds::audit::{MarksFile, verify_store};
use iiot_gds::authority::{AuthorityKey, Stage};
use iiot_gds::store::{AuditEvent, Document, Store, Transaction, Write};

use super::*;
use crate::app::Running;
use crate::http;
use crate::pki::{KeyPlace, Pki};

const DAY: Duration = Duration::from_secs(86_400);

fn places(data: &Path) -> Places {
    let passphrase = Passphrase::new("correct horse").unwrap();
    let keys = KeyPlace::SealedFile(passphrase.clone());
    Places { data: data.to_owned(), store: None, registry: None, marks: None, keys, passphrase }
}

fn ceremony() -> Ceremony {
    Ceremony {
        organization: "Plant".into(),
        by: "alice".into(),
        public_url: Some("http://pki.plant:9703".into()),
        key: AuthorityKey::NistP256,
        https: false,
        users: false,
    }
}

async fn foundation(data: &Path, clock: &Arc<dyn Clock>) -> Foundation {
    Foundation::open(&places(data), Arc::clone(clock)).await.unwrap()
}

async fn office(data: &Path, foundation: &Foundation, clock: &Arc<dyn Clock>) -> iiot_gds::office::Office {
    let parts = http::parts("iiot gds", &data.join("http"), Arc::clone(clock)).unwrap();
    foundation.office(Arc::new(Callers::of(&parts))).await.unwrap()
}

#[tokio::test]
async fn a_ceremony_can_be_carried_out_again_and_makes_what_is_missing() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), Arc::new(SystemClock) as Arc<dyn Clock>);
    let first = {
        let foundation = foundation(folder.path(), &clock).await;
        let office = office(folder.path(), &foundation, &clock).await;
        ceremony().carry_out(&office).await.unwrap()
    };
    assert_eq!(first.len(), 3, "{first:?}");
    assert!(first.iter().all(|made| made.new), "{first:?}");
    let foundation = foundation(folder.path(), &clock).await;
    let office = office(folder.path(), &foundation, &clock).await;
    let again = Ceremony { https: true, users: true, ..ceremony() }.carry_out(&office).await.unwrap();
    let names: Vec<(&str, bool)> = again.iter().map(|made| (made.id.as_str(), made.new)).collect();
    let expected = [
        ("root", false),
        ("applications", false),
        ("https", true),
        ("users", true),
        ("DefaultApplicationGroup", false),
        ("DefaultHttpsGroup", true),
        ("DefaultUserTokenGroup", true),
    ];
    assert_eq!(names, expected);
    assert_eq!(again[0].authority, first[0].authority, "the root is the same");
    assert!(again[0].to_string().starts_with("authority root (Plant Root CA): was there, SHA-256 "), "{}", again[0]);
    let issuing = office.authorities.authority("applications").await.unwrap();
    assert_eq!((issuing.stage, issuing.issuer.as_deref()), (Stage::Active, Some("root")));
    assert_eq!(issuing.crl_urls, ["http://pki.plant:9703/crl/applications.crl"]);
    assert_eq!(office.authorities.chain("applications").await.unwrap().len(), 2);
    let events = office.store.audit(0, 1_000).await.unwrap();
    assert!(events.iter().any(|entry| entry.event.contains("authority.created") && entry.event.contains("alice")));
}

#[tokio::test]
async fn a_ceremony_that_makes_no_sense_makes_nothing() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), Arc::new(SystemClock) as Arc<dyn Clock>);
    let foundation = foundation(folder.path(), &clock).await;
    let office = office(folder.path(), &foundation, &clock).await;
    for wrong in [
        Ceremony { organization: " ".into(), ..ceremony() },
        Ceremony { organization: "x".repeat(41), ..ceremony() },
        Ceremony { by: String::new(), ..ceremony() },
        Ceremony { public_url: Some("pki.plant".into()), ..ceremony() },
        Ceremony { public_url: Some("ldap://pki.plant".into()), ..ceremony() },
        Ceremony { public_url: Some("http://pki.plant?x=1".into()), ..ceremony() },
    ] {
        assert_eq!(wrong.carry_out(&office).await.unwrap_err().kind(), ErrorKind::InvalidArgument, "{wrong:?}");
    }
    assert_eq!(office.store.audit_head().await.unwrap().0, 0);
}

#[tokio::test]
async fn one_process_uses_a_folder_and_none_with_keys_in_clear() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), Arc::new(SystemClock) as Arc<dyn Clock>);
    let clear = Places { keys: KeyPlace::File, ..places(folder.path()) };
    let error = Foundation::open(&clear, Arc::clone(&clock)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
    let first = foundation(folder.path(), &clock).await;
    let error = Foundation::open(&places(folder.path()), Arc::clone(&clock)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    drop(first);
    foundation(folder.path(), &clock).await;
}

/// Another database with the same marks is what a backup of long ago would be.
#[tokio::test]
async fn older_records_are_taken_only_when_an_operator_says_so() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), Arc::new(SystemClock) as Arc<dyn Clock>);
    {
        let foundation = foundation(folder.path(), &clock).await;
        let office = office(folder.path(), &foundation, &clock).await;
        ceremony().carry_out(&office).await.unwrap();
        foundation.marked().flush().await.unwrap();
    }
    let store = Some(format!("sqlite:{}", folder.path().join("backup.db").display()));
    let backup = Places { store, ..places(folder.path()) };
    let error = Foundation::open(&backup, Arc::clone(&clock)).await.unwrap_err();
    assert_eq!((error.kind(), crate::app::exit_code(&error)), (ErrorKind::Corrupt, 3), "{error}");
    let accepted = Foundation::accept(&backup, Arc::clone(&clock), "alice").await.unwrap();
    let last = accepted.store().audit_head().await.unwrap().0;
    assert!(accepted.store().audit(last - 1, 1).await.unwrap()[0].event.contains("audit.accepted"));
    drop(accepted);
    Foundation::open(&backup, clock).await.unwrap();
}

#[tokio::test]
async fn lists_are_new_as_soon_as_something_is_revoked() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), Arc::new(SystemClock) as Arc<dyn Clock>);
    let foundation = foundation(folder.path(), &clock).await;
    let office = office(folder.path(), &foundation, &clock).await;
    ceremony().carry_out(&office).await.unwrap();
    let lists = Lists::new(&office);
    let file = async |path: &str| lists.file(path).await.unwrap();
    let first = file("/crl/root.crl").await.unwrap();
    assert_eq!(file("/crl/root.crl").await.unwrap(), first);
    office.authorities.publish("root", "alice").await.unwrap();
    assert_ne!(file("/crl/root.crl").await.unwrap(), first);
    assert_ne!(file("/issuer/root.cer").await, file("/issuer/applications.cer").await);
    for nothing in ["/crl/other.crl", "/issuer/other.cer", "/crl/", "/"] {
        assert_eq!(file(nothing).await, None, "{nothing}");
    }
}

#[tokio::test]
async fn what_is_wrong_is_told_and_what_is_signed_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let manual = Arc::new(ManualClock::new("2026-01-01T00:00:00Z".parse().unwrap()));
    let clock = Arc::clone(&manual) as Arc<dyn Clock>;
    let foundation = foundation(folder.path(), &clock).await;
    let mut parts = http::parts("iiot gds", &folder.path().join("http"), Arc::clone(&clock)).unwrap();
    ceremony().carry_out(&foundation.office(Arc::new(Callers::of(&parts))).await.unwrap()).await.unwrap();
    let pki = Pki::open(folder.path().join("pki"), "gds", &*clock).await.unwrap();
    let manager = Manager::start(&foundation, &parts, &pki, "gds").await.unwrap();
    let standing = Arc::new(Standing::new(&foundation, &manager));
    Running::stop(&manager, Duration::from_secs(10)).await;
    standing.show(&mut parts);
    let wrong =
        || parts.ready.iter().filter_map(|check| check().err()).map(|error| error.to_string()).collect::<Vec<_>>();
    let figures = || {
        let mut out = Exposition::default();
        standing.measure(&mut out);
        out.finish()
    };
    let rounds = Rounds::start(&foundation, &manager, Arc::clone(&standing)).await;
    assert_eq!(wrong(), [""; 0]);
    let text = figures();
    for line in [
        "iiot_gds_authority_expiry_days{authority=\"root\"} 7300",
        "iiot_gds_crl_number{authority=\"applications\"} 1",
        "iiot_gds_crl_alarm{authority=\"applications\"} 0",
        "iiot_gds_signatures_total{kind=\"certificate\"} 2",
        "iiot_gds_signatures_total{kind=\"revocationList\"} 2",
        "iiot_gds_requests_waiting 0",
        "iiot_gds_clock_believed 1",
        "iiot_gds_devices{state=\"managed\"} 0",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    Running::stop(&rounds, Duration::from_secs(10)).await;
    assert_eq!(foundation.marked().marks().number, office_head(&foundation).await);
    let key = std::fs::read(folder.path().join("gds/checkpoints.der")).unwrap();
    let marks = MarksFile::new(folder.path().join("gds/marks.json")).read().unwrap();
    let verified = verify_store(&**foundation.store(), vec![key], marks.as_ref()).await.unwrap().unwrap();
    assert_eq!(verified.signed + 1, verified.entries, "all but the last checkpoint itself");
    std::fs::remove_file(folder.path().join("gds/keys/authority-root.pem")).unwrap();
    manual.advance(16 * DAY);
    let rounds = Rounds::start(&foundation, &manager, Arc::clone(&standing)).await;
    let text = wrong().join("\n");
    assert!(text.contains("a key of an authority cannot be used"), "{text}");
    assert!(text.contains("a revocation list is late"), "{text}");
    assert!(figures().contains("iiot_gds_crl_alarm{authority=\"applications\"} 1"));
    drop(rounds);
}

async fn office_head(foundation: &Foundation) -> u64 {
    foundation.store().audit_head().await.unwrap().0
}

#[tokio::test]
async fn a_store_that_refuses_writes_is_noticed() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), Arc::new(SystemClock) as Arc<dyn Clock>);
    let marks = folder.path().join("marks");
    std::fs::create_dir(&marks).unwrap();
    let places = Places { marks: Some(marks.join("marks.json")), ..places(folder.path()) };
    let foundation = Foundation::open(&places, Arc::clone(&clock)).await.unwrap();
    let office = office(folder.path(), &foundation, &clock).await;
    ceremony().carry_out(&office).await.unwrap();
    assert_eq!(foundation.store().trouble(), None);
    let again = Transaction { documents: vec![twice(&*office.store).await], ..Transaction::new(event(), clock.utc()) };
    assert_eq!(office.store.commit(again).await.unwrap_err().kind(), ErrorKind::AlreadyExists);
    assert_eq!(foundation.store().trouble(), None, "a wrong question is no fault of the store");
    std::fs::remove_dir_all(&marks).unwrap();
    office.authorities.publish("root", "alice").await.unwrap_err();
    assert!(foundation.store().trouble().is_some());
}

/// The root, to be written as if there were none.
async fn twice(store: &dyn Store) -> Write {
    let Document { kind, id, content, labels, .. } = store.document("authority", "root").await.unwrap().unwrap();
    Write { kind, id, content: Some(content), labels, expected: None }
}

fn event() -> AuditEvent {
    AuditEvent { action: "test".into(), by: "x".into(), subject: "x".into(), details: serde_json::json!({}) }
}

#[test]
fn people_are_those_with_keys() {
    let folder = tempfile::tempdir().unwrap();
    let parts = http::parts("iiot gds", folder.path(), Arc::new(SystemClock)).unwrap();
    let people = Callers::of(&parts);
    let role_of = |name: &str| iiot_gds::office::People::role_of(&people, name);
    assert_eq!(role_of("bob"), None);
    let request = iiot_core::http::ApiKeyRequest { name: "bob".into(), role: Role::Approver, expires: None };
    let key = parts.keys.make(request, SystemClock.utc()).unwrap().key;
    assert_eq!(role_of("bob"), Some(Role::Approver));
    parts.keys.revoke(&key.id).unwrap();
    assert_eq!(role_of("bob"), None);
}
