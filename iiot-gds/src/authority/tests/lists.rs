//! Revocation lists with thousands of entries.

use std::process::Command;

use super::works::*;
use crate::authority::AuthorityParts;
use crate::store::{
    ArtefactName, AuditEvent, Outcome, Reservation, Revocation, RevocationReason, SqliteStore, Store, Transaction,
};

/// More than the store reads at once.
const MANY: usize = 6_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_list_names_thousands_and_openssl_reads_them_all() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("gds.db")).await.unwrap();
    revoke_many(&store, MANY).await;
    let parts = AuthorityParts { store: std::sync::Arc::new(store), ..parts().0 };
    let authorities = opened(&parts).await;
    set_up(&authorities).await.unwrap();
    let list = authorities.publish("plant", "rita").await.unwrap();
    let path = folder.path().join("plant.crl");
    std::fs::write(&path, list).unwrap();
    let shown = Command::new("openssl").args(["crl", "-inform", "DER", "-noout", "-text", "-in"]).arg(path).output();
    let shown = String::from_utf8(shown.unwrap().stdout).unwrap();
    assert_eq!(shown.matches("Serial Number: ").count(), MANY);
}

/// As if so many certificates had been issued and revoked.
async fn revoke_many(store: &dyn Store, many: usize) {
    let serials: Vec<String> = (0..many).map(|number| format!("4{number:031x}")).collect();
    for some in serials.chunks(1_000) {
        let name = |serial: &String| ArtefactName::Certificate { issuer: "plant".into(), serial: serial.clone() };
        let reserved = some.iter().map(|serial| Reservation {
            name: name(serial),
            to_be_signed: vec![7],
            from: start(),
            until: start() + DAY * 365,
            application: "press".into(),
            group: GROUP.into(),
            request: String::new(),
        });
        store.commit(Transaction { reservations: reserved.collect(), ..many_done() }).await.unwrap();
        let signed = some.iter().map(|serial| (name(serial), Outcome::Signed(vec![8])));
        let reason = RevocationReason::Superseded;
        let revoked = some.iter().map(|serial| {
            let (issuer, serial) = ("plant".into(), serial.clone());
            Revocation { issuer, serial, at: start(), reason }
        });
        let all = Transaction { outcomes: signed.collect(), revocations: revoked.collect(), ..many_done() };
        store.commit(all).await.unwrap();
    }
}

fn many_done() -> Transaction {
    let (action, by, subject) = ("many".into(), "test".into(), "plant".into());
    Transaction::new(AuditEvent { action, by, subject, details: serde_json::json!({}) }, start())
}
