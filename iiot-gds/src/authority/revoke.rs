//! Certificates that are not to be trusted any more.

use std::collections::BTreeMap;

use iiot_core::{ErrorKind, Result};
use serde_json::json;

use super::finish::{missing, text};
use super::publish::Revoking;
use super::{Authorities, Stage, error, event};
use crate::document::{self, AUTHORITY};
use crate::store::{ArtefactName, CertificateQuery, Revocation, RevocationReason};

impl Authorities {
    /// Revokes a certificate, in one transaction with the revocation list that says so; returns the list (DER). One of an
    /// authority ends the authority. Done again, the first time and reason stay.
    ///
    /// If it fails with an error of the key, the revocation is on record all the same: [`recover`](Self::recover) signs its
    /// list.
    ///
    /// # Errors
    /// `NotFound` if there is no such certificate, `InvalidArgument` if it is that of a root, which can only be retired;
    /// those of the key and the store.
    pub async fn revoke(&self, issuer: &str, serial: &str, reason: RevocationReason, by: &str) -> Result<Vec<u8>> {
        let name = ArtefactName::Certificate { issuer: issuer.into(), serial: serial.into() };
        if self.store().reserved(&name).await?.is_none() {
            return Err(missing(&name));
        }
        self.revoke_all(issuer, &[serial.to_owned()], reason, by).await
    }

    /// Revokes every certificate of an application that is still valid, as when it is taken off the record
    /// (OPC 10000-12 §6.5.8); returns how many.
    ///
    /// # Errors
    /// Those of the key and the store.
    pub async fn revoke_application(&self, application: &str, reason: RevocationReason, by: &str) -> Result<usize> {
        let until_after = Some(self.now()?);
        let application = Some(application.to_owned());
        let query = CertificateQuery { application, revoked: Some(false), until_after, ..Default::default() };
        let mut by_issuer: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for certificate in self.store().certificates(&query).await? {
            by_issuer.entry(certificate.issuer).or_default().push(certificate.serial);
        }
        for (issuer, serials) in &by_issuer {
            self.revoke_all(issuer, serials, reason, by).await?;
        }
        Ok(by_issuer.values().map(Vec::len).sum())
    }

    pub(crate) async fn revoke_all(
        &self,
        issuer: &str,
        serials: &[String],
        reason: RevocationReason,
        by: &str,
    ) -> Result<Vec<u8>> {
        let (authority, at) = (self.authority(issuer).await?, self.now()?);
        let mut revoking = Revoking::default();
        let mut events = Vec::new();
        for serial in serials {
            if *serial == authority.serial && authority.issuer.is_none() {
                let message = "a root cannot revoke itself: retire it, and take it out of the trust lists";
                return Err(error(ErrorKind::InvalidArgument, "revoke certificate", message).with("authority", issuer));
            }
            let name = ArtefactName::Certificate { issuer: issuer.into(), serial: serial.clone() };
            events.push(event("certificate.revoked", by, &text(&name), json!({ "reason": reason })));
            revoking.certificates.push(Revocation { issuer: issuer.into(), serial: serial.clone(), at, reason });
        }
        revoking.documents = self.ended(issuer, serials).await?;
        self.make_list(&authority, &revoking, events).await
    }

    /// The authorities whose certificates these are, retired.
    async fn ended(&self, issuer: &str, serials: &[String]) -> Result<Vec<crate::store::Write>> {
        let mut ended = Vec::new();
        let all: Vec<document::Kept<super::AuthorityRecord>> = document::all(self.store(), AUTHORITY).await?;
        for document::Kept { mut value, revision } in all {
            if value.issuer.as_deref() == Some(issuer) && serials.contains(&value.serial) {
                value.stage = Stage::Retired;
                ended.push(document::write((AUTHORITY, &value.id), &value, &[], Some(revision))?);
            }
        }
        Ok(ended)
    }
}
