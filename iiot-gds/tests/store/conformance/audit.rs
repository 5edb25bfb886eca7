//! The audit record.

use futures::future::join_all;
use iiot_core::ErrorKind;

use super::{finish, kind, reserve, serial, signed, transaction};
use iiot_gds::audit::{Became, effects, entry_hash, finished_digest, reserved_digest};
use iiot_gds::store::{AuditEntry, AuditEvent, Store, Transaction};

pub(super) async fn every_entry_has_the_hash_of_the_one_before(store: &dyn Store, other: &dyn Store) {
    let writers = (0..20).map(|n| {
        let several = Transaction { events: vec![event(n); 1 + n % 3], ..transaction("x") };
        if n % 2 == 0 { store.commit(several) } else { other.commit(several) }
    });
    join_all(writers).await.into_iter().for_each(|outcome| drop(outcome.unwrap()));
    let entries = all(store).await;
    let mut head = (0, String::new());
    for entry in entries {
        assert_eq!((entry.number, &entry.previous), (head.0 + 1, &head.1));
        assert_eq!(entry.hash, entry_hash(entry.number, entry.at, &entry.previous, &entry.event));
        let _: AuditEvent = serde_json::from_str(&entry.event).unwrap();
        head = (entry.number, entry.hash);
    }
    assert_eq!(store.audit_head().await.unwrap(), head);
    assert_eq!(other.audit_head().await.unwrap(), head);
    assert!(store.audit(head.0, 10).await.unwrap().is_empty());
    assert!(store.audit(u64::MAX, 10).await.unwrap().is_empty());
    for limit in [0, 1_001] {
        assert_eq!(kind(store.audit(0, limit).await), ErrorKind::InvalidArgument);
    }
}

pub(super) async fn entries_name_what_became_of_artefacts(store: &dyn Store) {
    let name = serial("named", 1);
    let reserved = reserve(store, name.clone()).await.unwrap().audit;
    let finished = finish(store, &name, signed(&name)).await.unwrap().audit;
    let record = store.reserved(&name).await.unwrap().unwrap();
    let of = |entries: Vec<AuditEntry>| effects(&entries[0].event);
    let [effect] = &of(store.audit(reserved - 1, 1).await.unwrap())[..] else { panic!("one effect") };
    assert_eq!((&effect.artefact, effect.became), (&name, Became::Reserved));
    assert_eq!(effect.digest, reserved_digest(&record.reservation));
    let [effect] = &of(store.audit(finished - 1, 1).await.unwrap())[..] else { panic!("one effect") };
    assert_eq!((&effect.artefact, effect.became), (&name, Became::Signed));
    assert_eq!(effect.digest, finished_digest(&record.outcome.unwrap()));
}

fn event(n: usize) -> AuditEvent {
    let details = serde_json::json!({ "umlaut": "Prüfung\n\u{0}", "n": n });
    AuditEvent { action: format!("tried.{n}"), by: "ann".to_owned(), subject: "Halle 3, Süd".to_owned(), details }
}

async fn all(store: &dyn Store) -> Vec<AuditEntry> {
    let mut entries: Vec<AuditEntry> = Vec::new();
    loop {
        let page = store.audit(entries.len() as u64, 50).await.unwrap();
        if page.is_empty() {
            return entries;
        }
        entries.extend(page);
    }
}
