//! Certificates for approved requests.

use iiot_core::model::ApplicationType;
use iiot_core::time::UtcTime;
use iiot_core::ua::StatusCode;
use iiot_core::ua::trust::{EcCurve, KeyKind};
use iiot_core::{Error, ErrorKind, Result};
use serde_json::json;

use super::create::validity_of;
use super::document::{self, GROUP, Kept, REQUEST};
use super::finish::text;
use super::{Authorities, AuthorityRecord, RequestRecord, TbsRecord, error, event};
use crate::model::{CertificateType, Curve, KeyAlgorithm};
use crate::pki::{CertificateContent, Csr, Issuer, Kind, Serial, Subject, ToBeSigned, certificate, judge};
use crate::policy::{
    Approvable, Approved, CertificateGroup, CertificateRequest, RequestEvent, RequestState, Validity, Wanted,
};
use crate::store::{ArtefactName, Reservation, Transaction};

/// A certificate that was issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// The authority.
    pub issuer: String,
    /// The serial number, hexadecimal, lower case.
    pub serial: String,
    /// The certificate (DER).
    pub certificate: Vec<u8>,
    /// The certificates of the authorities above it (DER), the root last.
    pub issuers: Vec<Vec<u8>>,
}

impl Authorities {
    /// Issues the certificate for an approved request that is [on record](Self::submit). One request has one certificate:
    /// asked again, it answers the same one.
    ///
    /// `key` is the key that was made for a request for a new key pair, as SubjectPublicKeyInfo (DER); `None` for a
    /// signing request.
    ///
    /// # Errors
    /// What is wrong with the request, which has failed then. `Unavailable` if it was interrupted before: it goes on with
    /// [`recover`](Self::recover). `Conflict` if it is not the request that is on record, or was decided otherwise. Those
    /// of the key and the store.
    pub async fn issue(&self, approved: Approved<CertificateRequest>, key: Option<&[u8]>) -> Result<Issued> {
        let now = self.now()?;
        let kept = self.kept_request(&approved.get().id).await?;
        if kept.value.request.digest() != *approved.digest() {
            return Err(refused(ErrorKind::Conflict, "it was changed since it was approved", &approved));
        }
        match &kept.value.request.state {
            RequestState::New => {}
            RequestState::Issued { issuer, serial } | RequestState::Accepted { issuer, serial } => {
                return self.issued(issuer, serial).await;
            }
            RequestState::Approved => {
                return Err(refused(
                    ErrorKind::Unavailable,
                    "its certificate is being made; recover, or ask again",
                    &approved,
                ));
            }
            _ => return Err(refused(ErrorKind::Conflict, "it was rejected or has failed", &approved)),
        }
        let group = self.group(&approved.get().group).await?;
        if *approved.policy() != group.approval {
            return Err(refused(
                ErrorKind::Conflict,
                "it was approved by other rules than its group has now",
                &approved,
            ));
        }
        let authority = self.issuing(&group.authority).await?;
        let prepared = match prepare(approved.get(), &group, &authority, key, now) {
            Ok(prepared) => prepared,
            // The request is at fault, not the authority: it would be so for ever.
            Err(fault) if matches!(fault.kind(), ErrorKind::InvalidArgument | ErrorKind::Forbidden) => {
                return Err(self.fail(kept, fault, now).await);
            }
            Err(cause) => return Err(cause),
        };
        let record = self.reserve(&approved, kept, prepared, now).await?;
        self.sign_and_finish(&record, &self.key_of(&authority).await?).await?;
        let ArtefactName::Certificate { issuer, serial } = record.name() else {
            return Err(error(ErrorKind::Internal, "issue certificate", "a certificate has a serial number"));
        };
        self.issued(issuer, serial).await
    }

    /// A certificate that was issued, with those above it.
    ///
    /// # Errors
    /// `NotFound` if there is none that is signed; those of the store.
    pub async fn issued(&self, issuer: &str, serial: &str) -> Result<Issued> {
        let name = ArtefactName::Certificate { issuer: issuer.into(), serial: serial.into() };
        let certificate = self.signed(&name).await?.ok_or_else(|| super::finish::missing(&name))?;
        let issuers = self.chain(issuer).await?;
        Ok(Issued { issuer: issuer.into(), serial: serial.into(), certificate, issuers })
    }

    /// The first transaction: the request is approved, its number taken, the bytes to sign on record.
    async fn reserve(
        &self,
        approved: &Approved<CertificateRequest>,
        Kept { mut value, revision }: Kept<RequestRecord>,
        Prepared { name, content, to_be_signed }: Prepared,
        now: UtcTime,
    ) -> Result<TbsRecord> {
        let group = value.request.group.clone();
        let details = json!({ "application": value.request.applicant.application, "group": group,
            "request": value.request.id, "digest": approved.digest(), "approvedBy": approved.by() });
        let mut transaction =
            Transaction::new(event("certificate.reserved", &value.request.requester, &text(&name), details), now);
        value.request.handle(RequestEvent::Approved)?;
        transaction.documents.push(value.write(Some(revision))?);
        transaction.reservations.push(Reservation {
            name,
            to_be_signed: to_be_signed.bytes().to_vec(),
            from: content.from,
            until: content.until,
            application: value.request.applicant.application.clone(),
            group,
            request: value.request.id.clone(),
        });
        let mut records = TbsRecord::reserve(self.store(), transaction).await?;
        records.pop().ok_or_else(|| error(ErrorKind::Internal, "issue certificate", "one was reserved"))
    }

    /// The request has failed, and the application is told why.
    async fn fail(&self, Kept { mut value, revision }: Kept<RequestRecord>, fault: Error, now: UtcTime) -> Error {
        let event = RequestEvent::Failed { status: fault.status(), reason: fault.message().to_owned() };
        let written = async {
            value.request.handle(event)?;
            let details = json!({ "reason": fault.message() });
            let mut transaction =
                Transaction::new(super::event("request.failed", super::finish::SELF, &value.request.id, details), now);
            transaction.documents.push(value.write(Some(revision))?);
            self.store().commit(transaction).await
        };
        match written.await {
            Ok(_) => fault,
            Err(cause) => cause,
        }
    }

    pub(super) async fn kept_request(&self, id: &str) -> Result<Kept<RequestRecord>> {
        let kept = document::load(self.store(), REQUEST, id).await?;
        kept.ok_or_else(|| error(ErrorKind::NotFound, "use request", "there is none with this id").with("request", id))
    }

    /// A certificate group.
    ///
    /// # Errors
    /// `NotFound` if there is none; those of the store.
    pub async fn group(&self, id: &str) -> Result<CertificateGroup> {
        let kept: Option<Kept<CertificateGroup>> = document::load(self.store(), GROUP, id).await?;
        let missing =
            || error(ErrorKind::NotFound, "use certificate group", "there is none with this id").with("group", id);
        kept.map(|kept| kept.value).ok_or_else(missing)
    }
}

/// A certificate before it is on record.
struct Prepared {
    name: ArtefactName,
    content: CertificateContent,
    to_be_signed: ToBeSigned,
}

fn prepare(
    request: &CertificateRequest,
    group: &CertificateGroup,
    authority: &AuthorityRecord,
    key: Option<&[u8]>,
    now: UtcTime,
) -> Result<Prepared> {
    let issuer = Issuer::of(authority.der()?)?;
    let validity = Validity::of(now, group.lifetime(), validity_of(&issuer))?;
    let content = content(request, asked(request, group, key)?, authority, validity)?;
    let serial = Serial::random()?;
    let to_be_signed = certificate(&content, Some(&issuer), &serial, issuer.algorithm())?;
    let name = ArtefactName::Certificate { issuer: authority.id.clone(), serial: serial.to_string() };
    Ok(Prepared { name, content, to_be_signed })
}

/// Whether a certificate can be made for what is asked for, so far as that is known before there is a key.
pub(super) fn asked_early(request: &CertificateRequest, group: &CertificateGroup) -> Result<()> {
    match &request.wanted {
        Wanted::SigningRequest { .. } => asked(request, group, None).map(drop),
        Wanted::NewKeyPair { subject_name, domain_names, .. } => {
            let asked = new_key_pair(request, subject_name, domain_names, &[])?;
            let serves = match request.certificate_type {
                CertificateType::User => false,
                CertificateType::Https => true,
                _ => request.applicant.application_type != ApplicationType::Client,
            };
            if serves && asked.hosts.is_empty() {
                return Err(bad(
                    "it is a server, and no host is on record that it is reached by: enter its DiscoveryUrls",
                ));
            }
            Ok(())
        }
    }
}

/// What a certificate will hold of what was asked for.
struct Asked {
    public_key: Vec<u8>,
    application_uri: Option<String>,
    hosts: Vec<String>,
}

fn asked(request: &CertificateRequest, group: &CertificateGroup, key: Option<&[u8]>) -> Result<Asked> {
    let kind = request.certificate_type;
    match (&request.wanted, key) {
        (Wanted::SigningRequest { csr }, None) => {
            let accepted = judge(&Csr::parse(&csr.0)?, &request.applicant, kind)?;
            group.accepts(kind, accepted.key_algorithm())?;
            Ok(Asked {
                public_key: accepted.public_key().to_vec(),
                application_uri: accepted.application_uri().map(Into::into),
                hosts: accepted.hosts().to_vec(),
            })
        }
        (Wanted::NewKeyPair { subject_name, domain_names, .. }, Some(key)) => {
            group.accepts(kind, algorithm(key)?)?;
            new_key_pair(request, subject_name, domain_names, key)
        }
        (Wanted::SigningRequest { .. }, Some(_)) => Err(bad("a signing request brings its own key")),
        (Wanted::NewKeyPair { .. }, None) => Err(bad("the key that was made for it is missing")),
    }
}

/// The algorithm of a key that was made here.
fn algorithm(key: &[u8]) -> Result<KeyAlgorithm> {
    match KeyKind::of_der(key) {
        Some(KeyKind::Rsa { bits, .. }) => Ok(KeyAlgorithm::Rsa(u32::try_from(bits).unwrap_or(u32::MAX))),
        Some(KeyKind::Ec(EcCurve::P256)) => Ok(KeyAlgorithm::Ec(Curve::NistP256)),
        Some(KeyKind::Ec(EcCurve::P384)) => Ok(KeyAlgorithm::Ec(Curve::NistP384)),
        _ => Err(bad("the key that was made for it is neither RSA nor on P-256 or P-384")),
    }
}

fn new_key_pair(request: &CertificateRequest, subject: &str, domains: &[String], key: &[u8]) -> Result<Asked> {
    let applicant = &request.applicant;
    if !subject.is_empty() && subject != format!("CN={}", applicant.application_name) {
        return Err(bad("the subject is the name on record: leave it empty"));
    }
    if let Some(other) = domains.iter().find(|domain| !applicant.hosts.contains(domain)) {
        return Err(bad("a domain name is not among the hosts on record").with("domain", format!("{other:?}")));
    }
    let uri = request.certificate_type.is_application().then(|| applicant.application_uri.clone());
    let hosts = if domains.is_empty() { &applicant.hosts } else { domains };
    let hosts = if request.certificate_type == CertificateType::User { Vec::new() } else { hosts.to_vec() };
    Ok(Asked { public_key: key.to_vec(), application_uri: uri, hosts })
}

fn content(
    request: &CertificateRequest,
    asked: Asked,
    authority: &AuthorityRecord,
    validity: Validity,
) -> Result<CertificateContent> {
    let Asked { public_key, application_uri, hosts } = asked;
    let applicant = &request.applicant;
    let (name, uri) = (&applicant.application_name, &applicant.application_uri);
    Ok(CertificateContent {
        subject: Subject::of_application(name, uri, &authority.organization)?,
        kind: match request.certificate_type {
            CertificateType::Https => Kind::Https,
            CertificateType::User => Kind::User,
            _ => Kind::Application(applicant.application_type),
        },
        application_uri,
        hosts,
        public_key,
        from: validity.from,
        until: validity.until,
        crl_urls: authority.crl_urls.clone(),
        issuer_urls: authority.issuer_urls.clone(),
    })
}

fn refused(kind: ErrorKind, message: &'static str, approved: &Approved<CertificateRequest>) -> Error {
    error(kind, "issue certificate", message).with("request", &approved.get().id)
}

fn bad(message: &'static str) -> Error {
    error(ErrorKind::InvalidArgument, "issue certificate", message).with_status(StatusCode::BadInvalidArgument)
}
