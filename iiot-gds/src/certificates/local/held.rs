//! Private keys that wait to be fetched.
//!
//! A key lies in the memory of the process that made it, and nowhere else. What is on record is a note: which process holds
//! it, and until when. By it the process knows after a restart that the key is gone, and every other one that it cannot
//! deliver it.

use std::collections::BTreeMap;
use std::time::Duration;

use iiot_core::keys::PortableKey;
use iiot_core::time::UtcTime;
use iiot_core::ua::trust::Certificate;
use iiot_core::{ErrorKind, Result};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::key_pool::spec;
use super::{LocalCertificates, error, event};
use crate::audit::hex;
use crate::document::{self, Kept};
use crate::policy::{Approved, CertificateRequest, RequestState};
use crate::store::{AuditEvent, Transaction};

pub(super) const KEY_NOTE: &str = "newKeyPair";

/// The keys that this process holds, by the request that each is for.
#[derive(Debug, Default)]
pub(super) struct HeldKeys {
    pub(super) keys: Mutex<BTreeMap<String, PortableKey>>,
    /// One is made or delivered at a time: two for one request would not fit its one certificate, and encrypting takes long
    /// on purpose.
    pub(super) turn: tokio::sync::Mutex<()>,
}

/// Who holds a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct KeyNote {
    /// The request that it is for.
    pub(super) request: String,
    /// The process; see `CertificatesOptions::holder`.
    pub(super) holder: String,
    /// SHA-256 over the public key.
    pub(super) public_key: String,
    /// When it is destroyed.
    pub(super) until: UtcTime,
    /// When it was delivered first.
    pub(super) delivered: Option<UtcTime>,
}

impl LocalCertificates {
    /// Has the certificate made for a request for a new key pair, with a key that stays here until it is fetched.
    pub(super) async fn issue_with_key(&self, approved: Approved<CertificateRequest>) -> Result<()> {
        let _turn = self.held.turn.lock().await;
        let request = approved.get().clone();
        if self.office.authorities.request(&request.id).await?.request.state != RequestState::New {
            return Ok(());
        }
        // Before a key is taken for it.
        self.office.admitted(&request.applicant.application).await?;
        let key = self.key_for(&request).await?;
        // Before the note: whoever reads the note and has no key believes that it is lost.
        self.hold(&request.id, key.clone())?;
        let noted = self.note(&request, &key).await;
        let issued = match noted {
            Ok(()) => self.office.issue(approved, Some(key.public_key())).await,
            Err(error) => Err(error),
        };
        let kept = match issued {
            Ok(issued) if Certificate::parse(&issued.certificate)?.public_key() == key.public_key() => {
                return self.stay(&request.id, self.options.key_waits).await;
            }
            Ok(_) => {
                Err(error(ErrorKind::Conflict, "issue certificate", "another process has made it with its own key"))
            }
            Err(error) => Err(error),
        };
        self.forget_unless_signing(&request.id).await?;
        kept
    }

    async fn key_for(&self, request: &CertificateRequest) -> Result<PortableKey> {
        let held = self.held.keys.lock().get(&request.id).cloned();
        match held {
            Some(key) => Ok(key),
            None => {
                let group = self.office.authorities.group(&request.group).await?;
                self.pool.take(spec(request.certificate_type, &group.keys)?).await
            }
        }
    }

    fn hold(&self, request: &str, key: PortableKey) -> Result<()> {
        let mut keys = self.held.keys.lock();
        if keys.len() >= self.options.keys_held && !keys.contains_key(request) {
            let message = "too many keys wait to be fetched: fetch or accept some, and it goes on";
            return Err(error(ErrorKind::LimitExceeded, "make key pair", message).with("request", request));
        }
        keys.insert(request.to_owned(), key);
        Ok(())
    }

    /// Puts on record that the key is made here, for as long as it may take to have its certificate signed.
    async fn note(&self, request: &CertificateRequest, key: &PortableKey) -> Result<()> {
        let before: Option<Kept<KeyNote>> = document::load(self.store(), KEY_NOTE, &request.id).await?;
        let (now, holder) = (self.now(), &self.options.holder);
        if let Some(other) = before.as_ref().filter(|kept| kept.value.holder != *holder && kept.value.until > now) {
            let message = "another process is making it";
            let busy = error(ErrorKind::Unavailable, "make key pair", message);
            return Err(busy.with("holder", &other.value.holder));
        }
        let public_key = hex(&Sha256::digest(key.public_key()));
        let told = event("keyPair.made", &request.requester, &request.id, json!({ "publicKey": public_key }));
        let (request, holder, until) = (request.id.clone(), holder.clone(), now + SIGNING);
        let note = KeyNote { request, holder, public_key, until, delivered: None };
        self.put_note(&note, before.map(|kept| kept.revision), told).await
    }

    /// The key stays for so long from now on.
    async fn stay(&self, request: &str, long: Duration) -> Result<()> {
        let Some(Kept { value: mut note, revision }) = self.note_of(request).await? else { return Ok(()) };
        note.until = self.now() + long;
        let told = event("keyPair.waits", &self.options.holder, request, json!({ "until": note.until }));
        self.put_note(&note, Some(revision), told).await
    }

    /// What failed before anything was signed leaves no key behind. What was interrupted at the key of the authority goes on
    /// with the same one.
    async fn forget_unless_signing(&self, request: &str) -> Result<()> {
        let state = self.office.authorities.request(request).await?.request.state;
        match state {
            RequestState::Approved | RequestState::Issued { .. } => Ok(()),
            _ => self.forget_key(request, "keyPair.dropped", &self.options.holder).await,
        }
    }

    /// Destroys a key, and the note of it.
    pub(super) async fn forget_key(&self, request: &str, action: &str, by: &str) -> Result<()> {
        let note = self.note_of(request).await?;
        if let Some(note) =
            note.filter(|note| note.value.holder == self.options.holder || note.value.until <= self.now())
        {
            let mut transaction = Transaction::new(event(action, by, request, json!({})), self.now());
            transaction.documents.push(document::delete((KEY_NOTE, request), note.revision));
            self.store().commit(transaction).await?;
        }
        self.held.keys.lock().remove(request);
        Ok(())
    }

    pub(super) async fn note_of(&self, request: &str) -> Result<Option<Kept<KeyNote>>> {
        document::load(self.store(), KEY_NOTE, request).await
    }

    pub(super) async fn put_note(&self, note: &KeyNote, expected: Option<u64>, told: AuditEvent) -> Result<()> {
        let mut transaction = Transaction::new(told, self.now());
        let labels = [("holder", note.holder.as_str())];
        transaction.documents.push(document::write((KEY_NOTE, &note.request), note, &labels, expected)?);
        self.store().commit(transaction).await.map(drop)
    }
}

/// An authority that has not signed after so long has a fault that somebody must see to.
const SIGNING: Duration = Duration::from_secs(300);
