//! What always holds: whatever was signed is on record, once, and all that is on record is finished.

use std::collections::{BTreeMap, BTreeSet};

use iiot_core::ua::trust::{Certificate, RevocationList};

use crate::audit::verify_store;
use crate::authority::{Authorities, AuthorityParts, AuthorityRecord};
use crate::pki::Serial;
use crate::store::{ArtefactName, CertificateQuery, Outcome, Store};

/// What is on record, by the bytes that were to be signed.
type Recorded = BTreeMap<Vec<u8>, (ArtefactName, Option<Outcome>)>;

/// Checks what is on record after a recovery against what the keys have signed, ever.
pub(super) async fn check(parts: &AuthorityParts, signed: &[Vec<u8>]) {
    let store = &*parts.store;
    assert_eq!(store.unfinished().await.unwrap(), [], "all is finished");
    let authorities = Authorities::open(parts.clone()).await.unwrap();
    let all = authorities.all().await.unwrap();
    let recorded = recorded(store, &all).await;
    for bytes in signed {
        assert!(recorded.contains_key(bytes), "a key has signed what is not on record");
    }
    for (bytes, (name, outcome)) in &recorded {
        match outcome {
            Some(Outcome::Signed(der)) => check_artefact(name, bytes, der),
            Some(Outcome::Void(_)) => {}
            None => panic!("{name:?} is unfinished"),
        }
    }
    for authority in &all {
        check_lists(store, authority, &recorded).await;
    }
    verify_store(store, Vec::new(), None)
        .await
        .unwrap()
        .expect("the audit record is whole, and tells what is on record");
}

async fn recorded(store: &dyn Store, authorities: &[AuthorityRecord]) -> Recorded {
    let mut names = BTreeSet::new();
    for revoked in [Some(true), Some(false)] {
        let query = CertificateQuery { revoked, ..CertificateQuery::default() };
        for one in store.certificates(&query).await.unwrap() {
            names.insert(ArtefactName::Certificate { issuer: one.issuer, serial: one.serial });
        }
    }
    for authority in authorities {
        for number in 1..=store.last_number(&authority.id).await.unwrap() {
            names.insert(ArtefactName::RevocationList { issuer: authority.id.clone(), number });
        }
    }
    let mut recorded = Recorded::new();
    for name in names {
        // Numbers may be left out; they are not used twice.
        let Some(reserved) = store.reserved(&name).await.unwrap() else { continue };
        let before = recorded.insert(reserved.reservation.to_be_signed, (name, reserved.outcome));
        assert_eq!(before, None, "nothing has two names");
    }
    recorded
}

fn check_artefact(name: &ArtefactName, bytes: &[u8], der: &[u8]) {
    assert!(der.windows(bytes.len()).any(|part| part == bytes), "it holds what was on record");
    match name {
        ArtefactName::Certificate { serial, .. } => {
            assert_eq!(Serial::of(der).unwrap().to_string(), *serial);
            Certificate::parse(der).unwrap();
        }
        ArtefactName::RevocationList { .. } => drop(RevocationList::parse(der).unwrap()),
    }
}

/// Lists do not get older, and the newest one names all that is revoked.
async fn check_lists(store: &dyn Store, authority: &AuthorityRecord, recorded: &Recorded) {
    let mut lists: Vec<(u64, RevocationList)> = Vec::new();
    for (name, outcome) in recorded.values() {
        if let (ArtefactName::RevocationList { issuer, number }, Some(Outcome::Signed(der))) = (name, outcome)
            && *issuer == authority.id
        {
            lists.push((*number, RevocationList::parse(der).unwrap()));
        }
    }
    lists.sort_by_key(|(number, _)| *number);
    assert!(lists.windows(2).all(|pair| pair[0].1.this_update() <= pair[1].1.this_update()));
    assert!(lists.windows(2).all(|pair| pair[0].1.revoked() <= pair[1].1.revoked()), "nothing is taken back");
    let (number, newest) = lists.last().unwrap();
    assert_eq!(*number, store.last_number(&authority.id).await.unwrap(), "{}", authority.id);
    let query = CertificateQuery { issuer: Some(authority.id.clone()), revoked: Some(true), ..Default::default() };
    assert_eq!(newest.revoked(), store.certificates(&query).await.unwrap().len(), "{}", authority.id);
}
