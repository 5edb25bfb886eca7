//! Builds the chain from a certificate up to a self-signed authority.

use der::asn1::OctetString;
use x509_cert::ext::pkix::{AuthorityKeyIdentifier, SubjectKeyIdentifier};

use crate::trust::TrustLists;
use crate::ua::trust::Certificate;
use crate::ua::trust::signature::is_signed_by;

/// Why there is no chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Broken {
    /// Nobody knows this issuer.
    IssuerMissing { issuer: String },
    /// It is so long, or runs in a circle, that it cannot be a real one.
    TooLong,
}

/// No real chain is longer.
const MAX_LENGTH: usize = 10;

/// The chain of `sent[0]`, leaf first. Issuers are taken from what was sent and from the lists. By names
/// and key identifiers only, where no signature decides: [`wrong_signature`] tells whether it holds.
pub(super) fn build(sent: &[Certificate], lists: &TrustLists) -> Result<Vec<Certificate>, Broken> {
    let listed: Vec<Certificate> = lists
        .issuer_certificates
        .iter()
        .chain(&lists.trusted_certificates)
        // Stores report entries that do not parse; one of them must not disable the rest.
        .filter_map(|der| Certificate::parse(der).ok())
        .collect();
    let mut chain: Vec<Certificate> = sent.first().cloned().into_iter().collect();
    while let Some(last) = chain.last().filter(|last| !last.is_self_issued()) {
        if chain.len() == MAX_LENGTH {
            return Err(Broken::TooLong);
        }
        let issuer = issuer_of(last, sent.iter().skip(1).chain(&listed));
        let issuer = issuer.ok_or_else(|| Broken::IssuerMissing { issuer: last.issuer() })?;
        chain.push(issuer.clone());
    }
    Ok(chain)
}

/// The first certificate whose signature was not made by its issuer.
pub(super) fn wrong_signature(chain: &[Certificate]) -> Option<&Certificate> {
    let issuers = chain.iter().skip(1).chain(chain.last());
    chain
        .iter()
        .zip(issuers)
        .find(|(certificate, issuer)| !signed(certificate, issuer))
        .map(|(certificate, _)| certificate)
}

/// The best candidate: one that signed it, else one with the right name.
fn issuer_of<'a>(
    certificate: &Certificate,
    candidates: impl Iterator<Item = &'a Certificate>,
) -> Option<&'a Certificate> {
    let mut named = candidates.filter(|candidate| may_have_issued(candidate, certificate)).peekable();
    let first = named.peek().copied();
    named.find(|candidate| signed(certificate, candidate)).or(first)
}

fn may_have_issued(issuer: &Certificate, certificate: &Certificate) -> bool {
    let named = issuer.x509().tbs_certificate().subject() == certificate.x509().tbs_certificate().issuer();
    named && key_identifiers_agree(issuer, certificate)
}

/// Authorities that changed their key keep their name: identifiers tell the keys apart, where given.
fn key_identifiers_agree(issuer: &Certificate, certificate: &Certificate) -> bool {
    let wanted: Option<OctetString> =
        certificate.extension::<AuthorityKeyIdentifier>().and_then(|authority| authority.key_identifier);
    let own: Option<SubjectKeyIdentifier> = issuer.extension();
    match (wanted, own) {
        (Some(wanted), Some(own)) => wanted == own.0,
        _ => true,
    }
}

fn signed(certificate: &Certificate, issuer: &Certificate) -> bool {
    let x509 = certificate.x509();
    let algorithm = x509.signature_algorithm();
    // RFC 5280 §4.1.1.2: what is signed names the same algorithm, else the outer one could be exchanged.
    algorithm == x509.tbs_certificate().signature()
        && is_signed_by(issuer, algorithm.oid, certificate.signed_bytes(), x509.signature().raw_bytes())
}
