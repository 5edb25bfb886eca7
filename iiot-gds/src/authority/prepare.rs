//! What a certificate will hold, from a request, its group and the authority.

use iiot_core::model::ApplicationType;
use iiot_core::time::UtcTime;
use iiot_core::ua::StatusCode;
use iiot_core::ua::trust::{EcCurve, KeyKind};
use iiot_core::{Error, ErrorKind, Result};

use super::create::validity_of;
use super::desk::Desk;
use super::{AuthorityRecord, error};
use crate::model::{CertificateType, Curve, KeyAlgorithm};
use crate::pki::{CertificateContent, Csr, Kind, Serial, Subject, ToBeSigned, certificate, judge};
use crate::policy::{CertificateGroup, CertificateRequest, Validity, Wanted};
use crate::store::{ArtefactName, Reservation};

/// What is to be reserved for a certificate.
pub(super) fn prepare(
    request: &CertificateRequest,
    desk: &Desk,
    key: Option<&[u8]>,
    now: UtcTime,
) -> Result<Reservation> {
    let Desk { group, authority, issuer, .. } = desk;
    let validity = Validity::of(now, group.lifetime(), validity_of(issuer))?;
    let content = content(request, asked(request, group, key)?, authority, validity)?;
    let serial = Serial::random()?;
    let to_be_signed = certificate(&content, Some(issuer), &serial, issuer.algorithm())?;
    Ok(reservation(request, &authority.id, &serial, &content, to_be_signed))
}

/// Whether the request is at fault and not the authority, so that it would be so for ever.
pub(super) fn is_fault(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::InvalidArgument | ErrorKind::Forbidden)
}

fn reservation(
    request: &CertificateRequest,
    issuer: &str,
    serial: &Serial,
    content: &CertificateContent,
    to_be_signed: ToBeSigned,
) -> Reservation {
    Reservation {
        name: ArtefactName::Certificate { issuer: issuer.to_owned(), serial: serial.to_string() },
        to_be_signed: to_be_signed.into_bytes(),
        from: content.from,
        until: content.until,
        application: request.applicant.application.clone(),
        group: request.group.clone(),
        request: request.id.clone(),
    }
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
        Some(KeyKind::Ec(EcCurve::BrainpoolP256r1)) => Ok(KeyAlgorithm::Ec(Curve::BrainpoolP256r1)),
        Some(KeyKind::Ec(EcCurve::BrainpoolP384r1)) => Ok(KeyAlgorithm::Ec(Curve::BrainpoolP384r1)),
        _ => Err(bad("the key that was made for it is neither RSA nor on a curve that certificates are made for here")),
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

fn bad(message: &'static str) -> Error {
    error(ErrorKind::InvalidArgument, "issue certificate", message).with_status(StatusCode::BadInvalidArgument)
}
