//! What a transaction made of artefacts, as the audit record names it.

use iiot_core::time::UtcTime;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::hex;
use crate::store::{ArtefactName, AuditEvent, Outcome, Reservation, Revocation, RevocationReason};

/// What a transaction made of an artefact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Effect {
    /// Which one.
    pub artefact: ArtefactName,
    /// What it became.
    pub became: Became,
    /// SHA-256 over what was written of it, hexadecimal: [`reserved_digest`], [`finished_digest`], [`revoked_digest`].
    pub digest: String,
}

/// What an artefact became.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Became {
    /// Its number and its bytes to sign are on record.
    Reserved,
    /// It was signed.
    Signed,
    /// It will never be.
    Void,
    /// It is not to be trusted any more.
    Revoked,
}

impl Effect {
    pub(crate) fn reserved(reservation: &Reservation) -> Self {
        let digest = reserved_digest(reservation);
        Self { artefact: reservation.name.clone(), became: Became::Reserved, digest }
    }

    pub(crate) fn finished(artefact: &ArtefactName, outcome: &Outcome) -> Self {
        let became = match outcome {
            Outcome::Signed(_) => Became::Signed,
            Outcome::Void(_) => Became::Void,
        };
        Self { artefact: artefact.clone(), became, digest: finished_digest(outcome) }
    }

    pub(crate) fn revoked(revocation: &Revocation) -> Self {
        let digest = revoked_digest(revocation.at, revocation.reason);
        Self { artefact: revocation.name(), became: Became::Revoked, digest }
    }
}

/// The hash of a reservation: over `from`, `until`, `application`, `group` and `request`, a line each, and the bytes to sign.
#[must_use]
pub fn reserved_digest(reservation: &Reservation) -> String {
    let Reservation { from, until, application, group, request, .. } = reservation;
    let mut hash = Sha256::new_with_prefix(format!("{from}\n{until}\n{application}\n{group}\n{request}\n"));
    hash.update(&reservation.to_be_signed);
    hex(&hash.finalize())
}

/// The hash of an outcome: over the signed DER, or over the reason why there is none.
#[must_use]
pub fn finished_digest(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Signed(der) => hex(&Sha256::digest(der)),
        Outcome::Void(reason) => hex(&Sha256::digest(reason)),
    }
}

/// The hash of a revocation: over its time and its reason, with a line feed between them.
#[must_use]
pub fn revoked_digest(at: UtcTime, reason: RevocationReason) -> String {
    hex(&Sha256::digest(format!("{at}\n{}", reason.name())))
}

/// What the event of an entry says of artefacts; none if it is no event.
#[must_use]
pub fn effects(event: &str) -> Vec<Effect> {
    serde_json::from_str(event).map(|Recorded::<AuditEvent> { effects, .. }| effects).unwrap_or_default()
}

/// The text of an event in the record.
pub(crate) fn recorded(event: &AuditEvent, effects: Vec<Effect>) -> serde_json::Result<String> {
    serde_json::to_string(&Recorded { event, effects })
}

#[derive(Serialize, Deserialize)]
struct Recorded<T> {
    #[serde(flatten)]
    event: T,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    effects: Vec<Effect>,
}
