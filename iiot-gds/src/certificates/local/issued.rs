//! Certificates that were issued.

use iiot_core::ua::trust::Certificate;
use iiot_core::{ErrorKind, Result};

use super::authorities::ders;
use super::{LocalCertificates, error, id, page};
use crate::certificates::issued::{
    CertificateWithChain, CertificatesRequest, CertificatesResponse, RecordedCertificate, Revoked,
};
use crate::certificates::proposals::Change;
use crate::model::Der;
use crate::store::{ArtefactName, CertificateQuery, CertificateRecord, RevocationReason};

impl LocalCertificates {
    pub(super) async fn list_certificates(&self, request: CertificatesRequest) -> Result<CertificatesResponse> {
        let limit = page(request.limit)?;
        let after = request.after.as_deref().map(cursor).transpose()?;
        for filter in [&request.issuer, &request.application, &request.group].into_iter().flatten() {
            if id("filter", filter).is_err() {
                return Ok(CertificatesResponse { certificates: Vec::new(), next: None });
            }
        }
        let CertificatesRequest { issuer, application, group, revoked, until_after, .. } = request;
        let query = CertificateQuery { issuer, application, group, revoked, until_after, after, limit };
        let found = self.store().certificates(&query).await?;
        let last = found.last().filter(|_| found.len() == limit);
        let next = last.map(|last| format!("{}/{}", last.issuer, last.serial));
        Ok(CertificatesResponse { certificates: found.into_iter().map(shown).collect(), next })
    }

    pub(super) async fn one_certificate(&self, issuer: &str, serial: &str) -> Result<CertificateWithChain> {
        let found = self.certificate_record(issuer, serial).await?;
        let certificate = Der(found.certificate.clone());
        let issuers = ders(self.office.authorities.chain(issuer).await?);
        Ok(CertificateWithChain { record: shown(found), certificate, issuers })
    }

    /// What revokes a certificate, which may be that of an authority.
    pub(super) async fn revocation(&self, issuer: String, serial: String, because: RevocationReason) -> Result<Change> {
        id("issuer", &issuer)?;
        let name = ArtefactName::Certificate { issuer: issuer.clone(), serial: serial.clone() };
        let known = id("serial", &serial).is_ok() && self.store().reserved(&name).await?.is_some();
        if !known {
            return Err(missing(&issuer, &serial));
        }
        let all = self.office.authorities.all().await?;
        let is = |one: &&crate::authority::AuthorityRecord| {
            one.serial == serial && *one.issuer.as_ref().unwrap_or(&one.id) == issuer
        };
        Ok(match all.iter().find(is) {
            Some(one) if one.issuer.is_none() => {
                let message = "a root cannot revoke itself: retire it, and take it out of the trust lists";
                return Err(error(ErrorKind::InvalidArgument, "revoke certificate", message).with("authority", issuer));
            }
            Some(one) => Change::RevokeAuthority { authority: one.id.clone(), issuer, serial, because },
            None => Change::Revoke { issuer, serial, because },
        })
    }

    async fn certificate_record(&self, issuer: &str, serial: &str) -> Result<CertificateRecord> {
        id("issuer", issuer)?;
        let name = ArtefactName::Certificate { issuer: issuer.into(), serial: serial.into() };
        let reserved = if id("serial", serial).is_ok() { self.store().reserved(&name).await? } else { None };
        let reserved = reserved.ok_or_else(|| missing(issuer, serial))?;
        // Of one application there are few; those that were never signed are among the revoked alone.
        for revoked in [None, Some(true)] {
            let (issuer, application) = (Some(issuer.to_owned()), Some(reserved.reservation.application.clone()));
            let query = CertificateQuery { issuer, application, revoked, ..CertificateQuery::default() };
            let mut found = self.store().certificates(&query).await?.into_iter();
            if let Some(found) = found.find(|one| one.serial == serial) {
                return Ok(found);
            }
        }
        let message = "it is not signed yet, or was given up";
        Err(error(ErrorKind::NotFound, "get certificate", message).with("certificate", format!("{issuer}/{serial}")))
    }
}

/// Where a page begins: `AUTHORITY/SERIAL`.
fn cursor(after: &str) -> Result<(String, String)> {
    let parts =
        after.split_once('/').filter(|(issuer, serial)| id("after", issuer).is_ok() && id("after", serial).is_ok());
    let (issuer, serial) = parts.ok_or_else(|| {
        error(ErrorKind::InvalidArgument, "list certificates", "`after` is `next` of the page before")
    })?;
    Ok((issuer.to_owned(), serial.to_owned()))
}

fn shown(record: CertificateRecord) -> RecordedCertificate {
    let thumbprint = Certificate::parse(&record.certificate).map(|certificate| certificate.thumbprint());
    RecordedCertificate {
        issuer: record.issuer,
        serial: record.serial,
        thumbprint: thumbprint.unwrap_or_default(),
        from: record.from,
        until: record.until,
        application: record.application,
        group: record.group,
        request: record.request,
        revoked: record.revoked.map(|(at, reason)| Revoked { at, reason }),
    }
}

fn missing(issuer: &str, serial: &str) -> iiot_core::Error {
    error(ErrorKind::NotFound, "use certificate", "there is none with this number")
        .with("certificate", format!("{issuer:?}/{serial:?}"))
}
