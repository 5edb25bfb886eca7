//! Whether a store holds what its audit record says.

use std::collections::{BTreeMap, BTreeSet};

use iiot_core::Result;

use super::{Became, Effect, Fault, Finding, Marks, Verified, Verifier, effects};
use super::{finished_digest, reserved_digest, revoked_digest};
use crate::store::{ArtefactName, CertificateQuery, CertificateRecord, Outcome, Store};

/// Verifies the audit record of a store, and that what was ever to be signed, its outcome and its revocation are what the
/// record says. It reads all of it. Nobody should write meanwhile.
///
/// # Errors
/// Those of the store; the finding is the answer.
pub async fn verify_store(
    store: &dyn Store,
    public_keys: Vec<Vec<u8>>,
    marks: Option<&Marks>,
) -> Result<Result<Verified, Finding>> {
    let (mut verifier, mut told) = (Verifier::new(public_keys), Vec::new());
    loop {
        let page = store.audit(verifier.next() - 1, PAGE).await?;
        for entry in &page {
            if let Err(finding) = verifier.entry(entry) {
                return Ok(Err(finding));
            }
            told.extend(effects(&entry.event).into_iter().map(|effect| (entry.number, effect)));
        }
        if page.len() < PAGE {
            break;
        }
    }
    let end = verifier.finish(marks);
    if end.is_err() {
        return Ok(end);
    }
    Ok(artefacts(store, told).await?.map_or(end, Err))
}

/// The first entry that tells of an artefact that is not so.
async fn artefacts(store: &dyn Store, told: Vec<(u64, Effect)>) -> Result<Option<Finding>> {
    let revoked = CertificateQuery { revoked: Some(true), ..CertificateQuery::default() };
    let revoked: BTreeMap<ArtefactName, CertificateRecord> =
        store.certificates(&revoked).await?.into_iter().map(|record| (name(&record), record)).collect();
    for (number, effect) in &told {
        if !holds(store, effect, &revoked).await? {
            return Ok(Some(Finding { number: *number, fault: Fault::Artefact(effect.artefact.clone()) }));
        }
    }
    untold(store, &told, revoked.into_keys()).await
}

async fn holds(
    store: &dyn Store,
    effect: &Effect,
    revoked: &BTreeMap<ArtefactName, CertificateRecord>,
) -> Result<bool> {
    let is = match effect.became {
        Became::Revoked => {
            let revoked = revoked.get(&effect.artefact).and_then(|record| record.revoked);
            revoked.map(|(at, reason)| revoked_digest(at, reason))
        }
        became => store.reserved(&effect.artefact).await?.and_then(|reserved| match (became, reserved.outcome) {
            (Became::Reserved, _) => Some(reserved_digest(&reserved.reservation)),
            (Became::Signed, Some(outcome @ Outcome::Signed(_))) => Some(finished_digest(&outcome)),
            (Became::Void, Some(outcome @ Outcome::Void(_))) => Some(finished_digest(&outcome)),
            _ => None,
        }),
    };
    Ok(is.as_ref() == Some(&effect.digest))
}

/// What is there without the record telling of it.
async fn untold(
    store: &dyn Store,
    told: &[(u64, Effect)],
    revoked: impl Iterator<Item = ArtefactName>,
) -> Result<Option<Finding>> {
    let told: BTreeSet<(&ArtefactName, Became)> =
        told.iter().map(|(_, effect)| (&effect.artefact, effect.became)).collect();
    let unfinished =
        store.unfinished().await?.into_iter().map(|reserved| (reserved.reservation.name, Became::Reserved));
    let signed = store.certificates(&CertificateQuery::default()).await?;
    let signed = signed.iter().map(|record| (name(record), Became::Signed));
    let mut all = unfinished.chain(signed).chain(revoked.map(|name| (name, Became::Revoked)));
    let untold = all.find(|(name, became)| !told.contains(&(name, *became)));
    let (head, _) = store.audit_head().await?;
    Ok(untold.map(|(name, _)| Finding { number: head + 1, fault: Fault::Artefact(name) }))
}

fn name(record: &CertificateRecord) -> ArtefactName {
    ArtefactName::Certificate { issuer: record.issuer.clone(), serial: record.serial.clone() }
}

const PAGE: usize = 1_000;
