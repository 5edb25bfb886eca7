//! Whether a request may have a certificate, and what of it the certificate will hold.

use std::net::IpAddr;

use iiot_core::model::ApplicationType;
use iiot_core::ua::trust::{Signature, verify_signature, weak_hash_of};

use super::{Csr, CsrFault};
use crate::model::{Applicant, CertificateType, KeyAlgorithm};

/// What a request may have: only [`judge`] makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    public_key: Vec<u8>,
    key: KeyAlgorithm,
    application_uri: Option<String>,
    hosts: Vec<String>,
    unrecorded_hosts: Vec<String>,
}

impl Accepted {
    /// The key to be certified, which its sender has, as SubjectPublicKeyInfo (DER).
    #[must_use]
    pub fn public_key(&self) -> &[u8] {
        &self.public_key
    }

    /// What kind of key it is.
    #[must_use]
    pub fn key_algorithm(&self) -> KeyAlgorithm {
        self.key
    }

    /// The ApplicationUri of the certificate: the one on record. `None` for persons, and for web servers that do not ask
    /// for it.
    #[must_use]
    pub fn application_uri(&self) -> Option<&str> {
        self.application_uri.as_deref()
    }

    /// The hosts of the certificate: those on record.
    #[must_use]
    pub fn hosts(&self) -> &[String] {
        &self.hosts
    }

    /// The hosts that it asks for and will not have, since they are not on record: whoever approves should see them.
    #[must_use]
    pub fn unrecorded_hosts(&self) -> &[String] {
        &self.unrecorded_hosts
    }
}

/// Whether the request may have a certificate of this type for the applicant.
///
/// - It must be signed with the key that it holds: by RSA (PKCS #1 v1.5, PSS) or ECDSA, with SHA-256, SHA-384 or SHA-512.
/// - An application must ask for exactly one URI, the ApplicationUri on record; others may leave it out.
/// - The certificate has all hosts on record, by which clients reach it, whichever of them the request names. Those that
///   it names beside them are left out and told of: an application may not take the name of another machine.
/// - A request to be an authority is refused, since whoever sends it expects something else than he would get.
/// - Every other extension and the subject that it asks for are ignored: they come from the profile and from the record.
///
/// # Errors
/// The first fault, in this order: signature, authority, type of key, URI, hosts.
pub fn judge(csr: &Csr, applicant: &Applicant, kind: CertificateType) -> Result<Accepted, CsrFault> {
    possession(csr)?;
    if csr.asks_authority {
        return Err(CsrFault::AuthorityAsked);
    }
    if !kind.allows(csr.key) {
        return Err(CsrFault::KeyNotOfType { wanted: kind, key: csr.key });
    }
    let application_uri = uri(csr, applicant, kind)?;
    let hosts = hosts(applicant, kind)?;
    let recorded: Vec<String> = applicant.hosts.iter().map(|host| comparable(host)).collect();
    let unrecorded_hosts = csr.hosts.iter().filter(|host| !recorded.contains(&comparable(host))).cloned().collect();
    let public_key = csr.public_key.clone();
    Ok(Accepted { public_key, key: csr.key, application_uri, hosts, unrecorded_hosts })
}

/// Whoever has not the key must not get a certificate for it: he could pass for its owner elsewhere.
fn possession(csr: &Csr) -> Result<(), CsrFault> {
    if let Some(hash) = weak_hash_of(&csr.algorithm) {
        return Err(CsrFault::WeakSignature { hash });
    }
    match verify_signature(&csr.public_key, &csr.algorithm, &csr.signed, &csr.signature) {
        Signature::Holds => Ok(()),
        Signature::Wrong => Err(CsrFault::NotPossessed),
        Signature::Unverifiable => Err(CsrFault::UnknownSignature),
    }
}

fn uri(csr: &Csr, applicant: &Applicant, kind: CertificateType) -> Result<Option<String>, CsrFault> {
    match &csr.uris[..] {
        [] if kind.is_application() => Err(CsrFault::NoUri),
        [] => Ok(None),
        [one] if *one != applicant.application_uri => {
            Err(CsrFault::WrongUri { found: one.clone(), recorded: applicant.application_uri.clone() })
        }
        [one] => Ok((kind != CertificateType::User).then(|| one.clone())),
        several => Err(CsrFault::SeveralUris { count: several.len() }),
    }
}

fn hosts(applicant: &Applicant, kind: CertificateType) -> Result<Vec<String>, CsrFault> {
    let serves = match kind {
        CertificateType::User => return Ok(Vec::new()),
        CertificateType::Https => true,
        _ => applicant.application_type != ApplicationType::Client,
    };
    if serves && applicant.hosts.is_empty() {
        return Err(CsrFault::NoHost);
    }
    Ok(applicant.hosts.clone())
}

/// A name in lower case without the dot of the root, an address in its one form.
fn comparable(host: &str) -> String {
    match host.parse::<IpAddr>() {
        Ok(address) => address.to_string(),
        Err(_) => host.trim_end_matches('.').to_ascii_lowercase(),
    }
}
