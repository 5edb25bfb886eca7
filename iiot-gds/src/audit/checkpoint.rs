//! Checkpoints: who holds a key vouches for the record so far.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use iiot_core::keys::{PrivateKey, SignatureAlgorithm};
use iiot_core::time::UtcTime;
use iiot_core::ua::trust::{Signature, draft, verify_signature};
use iiot_core::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::hex;
use crate::store::{AuditEvent, Store, Transaction};

/// The action of an event whose details are a [`Checkpoint`].
pub const CHECKPOINT: &str = "audit.checkpoint";

/// The signed statement that the entry of a number had a hash. Nobody without the key can change an entry up to it, and hide
/// that by making the hashes anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Checkpoint {
    /// The number of the entry.
    pub number: u64,
    /// Its hash.
    pub hash: String,
    /// When this was said.
    pub at: UtcTime,
    /// Who says so: [`key_id`] of the public key.
    pub key_id: String,
    /// How it is signed.
    pub algorithm: CheckpointAlgorithm,
    /// The signature (Base64) over `iiot audit checkpoint 1`, the number, the hash, the time and the key id, with a line feed
    /// between them.
    pub signature: String,
}

/// How a checkpoint is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum CheckpointAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    RsaPkcs1Sha256,
    /// ECDSA on P-256 with SHA-256.
    EcdsaSha256,
    /// ECDSA on P-384 with SHA-384.
    EcdsaSha384,
}

/// When a checkpoint is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckpointSchedule {
    /// After so many entries.
    pub entries: u64,
    /// After this time, if there is any entry.
    pub every: Duration,
}

impl Default for CheckpointSchedule {
    /// 1,000 entries, an hour.
    fn default() -> Self {
        Self { entries: 1_000, every: Duration::from_secs(3_600) }
    }
}

impl CheckpointSchedule {
    /// Whether one is due, where the last one was the entry `last`, at a time, and the record has `head` entries.
    #[must_use]
    pub fn is_due(&self, last: Option<(u64, UtcTime)>, head: u64, now: UtcTime) -> bool {
        let (number, at) = last.unwrap_or((0, UtcTime::UNIX_EPOCH));
        let new = head.saturating_sub(number);
        new > 0 && (new >= self.entries || now.since(at) >= self.every || now < at)
    }
}

impl Checkpoint {
    /// Whether this public key (SubjectPublicKeyInfo, DER) has signed it.
    #[must_use]
    pub fn holds(&self, public_key: &[u8]) -> bool {
        let Some(algorithm) = draft::algorithm_identifier(self.algorithm.into()) else { return false };
        let Ok(signature) = BASE64_STANDARD.decode(&self.signature) else { return false };
        let said = said(self.number, &self.hash, self.at, &self.key_id);
        self.key_id == key_id(public_key)
            && verify_signature(public_key, &algorithm, said.as_bytes(), &signature) == Signature::Holds
    }
}

/// Vouches for the record as it is, in the record; nothing if it is empty.
///
/// # Errors
/// `InvalidArgument` for an algorithm that checkpoints do not have, and those of the key and of the store.
pub async fn checkpoint(
    store: &dyn Store,
    key: &dyn PrivateKey,
    algorithm: SignatureAlgorithm,
    at: UtcTime,
) -> Result<Option<Checkpoint>> {
    let (number, hash) = store.audit_head().await?;
    if number == 0 {
        return Ok(None);
    }
    let checkpoint = sign((number, hash), key, algorithm, at).await?;
    let event = AuditEvent {
        action: CHECKPOINT.to_owned(),
        by: format!("key {}", checkpoint.key_id),
        subject: number.to_string(),
        details: serde_json::to_value(&checkpoint).map_err(|cause| wrong("it does not encode").because(cause))?,
    };
    store.commit(Transaction::new(event, at)).await?;
    Ok(Some(checkpoint))
}

/// Names a public key (SubjectPublicKeyInfo, DER): its SHA-256, hexadecimal.
#[must_use]
pub fn key_id(public_key: &[u8]) -> String {
    hex(&Sha256::digest(public_key))
}

async fn sign(
    (number, hash): (u64, String),
    key: &dyn PrivateKey,
    algorithm: SignatureAlgorithm,
    at: UtcTime,
) -> Result<Checkpoint> {
    let name = CheckpointAlgorithm::of(algorithm)?;
    let key_id = key_id(key.public_key());
    let signature = key.sign(algorithm, said(number, &hash, at, &key_id).as_bytes()).await?;
    Ok(Checkpoint { number, hash, at, key_id, algorithm: name, signature: BASE64_STANDARD.encode(signature) })
}

fn said(number: u64, hash: &str, at: UtcTime, key_id: &str) -> String {
    format!("iiot audit checkpoint 1\n{number}\n{hash}\n{at}\n{key_id}")
}

impl CheckpointAlgorithm {
    fn of(algorithm: SignatureAlgorithm) -> Result<Self> {
        match algorithm {
            SignatureAlgorithm::RsaPkcs1Sha256 => Ok(Self::RsaPkcs1Sha256),
            SignatureAlgorithm::EcdsaSha256 => Ok(Self::EcdsaSha256),
            SignatureAlgorithm::EcdsaSha384 => Ok(Self::EcdsaSha384),
            _ => Err(wrong("checkpoints are signed with RsaPkcs1Sha256, EcdsaSha256 or EcdsaSha384")),
        }
    }
}

impl From<CheckpointAlgorithm> for SignatureAlgorithm {
    fn from(algorithm: CheckpointAlgorithm) -> Self {
        match algorithm {
            CheckpointAlgorithm::RsaPkcs1Sha256 => Self::RsaPkcs1Sha256,
            CheckpointAlgorithm::EcdsaSha256 => Self::EcdsaSha256,
            CheckpointAlgorithm::EcdsaSha384 => Self::EcdsaSha384,
        }
    }
}

fn wrong(message: &'static str) -> Error {
    Error::new(ErrorKind::InvalidArgument, "sign a checkpoint", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_is_due_after_many_entries_or_some_time() {
        let schedule = CheckpointSchedule { entries: 10, every: Duration::from_secs(60) };
        let at = |seconds: u64| UtcTime::UNIX_EPOCH + Duration::from_secs(1_000 + seconds);
        let last = Some((5, at(0)));
        assert!(!schedule.is_due(last, 5, at(1_000)), "nothing is new");
        assert!(!schedule.is_due(last, 14, at(59)));
        assert!(schedule.is_due(last, 15, at(1)));
        assert!(schedule.is_due(last, 6, at(60)));
        assert!(schedule.is_due(None, 1, at(0)));
        assert!(!schedule.is_due(None, 0, at(0)));
        assert!(schedule.is_due(Some((5, at(100))), 6, at(0)), "a clock that went back delays none");
    }
}
