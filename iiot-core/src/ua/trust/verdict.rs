//! Whether a certificate is trusted: the steps of OPC 10000-4 §6.1.3 in their order.

use std::fmt;
use std::net::IpAddr;

use const_oid::db::rfc5280::{ANY_EXTENDED_KEY_USAGE, ID_KP_CLIENT_AUTH, ID_KP_SERVER_AUTH};
use x509_cert::ext::pkix::ExtendedKeyUsage;

use crate::error::{Error, ErrorKind};
use crate::time::UtcTime;
use crate::trust::TrustLists;
use crate::ua::StatusCode;
use crate::ua::trust::Certificate;
use crate::ua::trust::chain::{Broken, build, wrong_signature};
use crate::ua::trust::revocation::{is_revoked, revocation_lists};
use crate::ua::trust::signature::is_weak;

/// A step of OPC 10000-4 §6.1.3, in order. Where several fail, the first one is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Check {
    /// Certificate structure.
    Structure,
    /// Build the certificate chain.
    Chain,
    /// Signature.
    Signature,
    /// Security policy check: algorithms and key lengths.
    SecurityPolicy,
    /// Trust list check.
    TrustList,
    /// Validity period.
    ValidityPeriod,
    /// Host name.
    HostName,
    /// URI.
    Uri,
    /// Certificate usage.
    Usage,
    /// Revocation check.
    Revocation,
}

/// Why a certificate is not trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The StatusCode of the step.
    pub status: StatusCode,
    /// The step that failed.
    pub check: Check,
    /// What is wrong and what to do, for people.
    pub finding: String,
}

/// What the certificate is wanted for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Purpose<'a> {
    /// The host that was dialled: it must be among the host names or addresses. `None` skips the step.
    pub host: Option<&'a str>,
    /// The ApplicationUri that the application claims. `None` skips the step.
    pub application_uri: Option<&'a str>,
}

/// Judges a chain, leaf first, as it was sent. It is trusted if it is sound up to a self-signed
/// authority and one of its certificates is among the trusted ones. Revocation lists are used where
/// there are some; a missing one is no finding.
pub fn verdict(sent: &[Certificate], lists: &TrustLists, now: UtcTime, purpose: &Purpose<'_>) -> Result<(), Verdict> {
    let Some(leaf) = sent.first() else { return Err(no_certificate()) };
    let chain = build(sent, lists).map_err(|broken| incomplete(leaf, broken))?;
    signatures(&chain)?;
    chain.iter().try_for_each(security_policy)?;
    trust_list(&chain, lists)?;
    chain.iter().enumerate().try_for_each(|(index, certificate)| validity(certificate, index, now))?;
    purpose.host.map_or(Ok(()), |host| host_name(leaf, host))?;
    purpose.application_uri.map_or(Ok(()), |uri| application_uri(leaf, uri))?;
    usage(leaf)?;
    chain.iter().skip(1).enumerate().try_for_each(|(below, issuer)| issuer_usage(issuer, below))?;
    revocation(&chain, lists)
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.finding)
    }
}

impl std::error::Error for Verdict {}

impl From<Verdict> for Error {
    fn from(verdict: Verdict) -> Self {
        Self::new(ErrorKind::Untrusted, "check certificate", verdict.finding)
            .with("step", format!("{:?}", verdict.check))
            .with_status(verdict.status)
    }
}

/// Shorter RSA keys can be broken.
const MIN_RSA_BITS: usize = 2048;

fn fails<T>(check: Check, status: StatusCode, finding: impl Into<String>) -> Result<T, Verdict> {
    Err(Verdict { status, check, finding: finding.into() })
}

fn no_certificate() -> Verdict {
    Verdict {
        status: StatusCode::BadCertificateInvalid,
        check: Check::Structure,
        finding: "no certificate was sent".into(),
    }
}

fn incomplete(leaf: &Certificate, broken: Broken) -> Verdict {
    let subject = leaf.subject();
    let finding = match broken {
        Broken::IssuerMissing { issuer } => format!(
            "the chain of {subject} is incomplete: put the certificate of its issuer {issuer} into the issuers' or the trusted certificates"
        ),
        Broken::TooLong => format!("the chain of {subject} is too long or runs in a circle"),
    };
    Verdict { status: StatusCode::BadCertificateChainIncomplete, check: Check::Chain, finding }
}

fn signatures(chain: &[Certificate]) -> Result<(), Verdict> {
    let Some(wrong) = wrong_signature(chain) else { return Ok(()) };
    let (subject, issuer) = (wrong.subject(), wrong.issuer());
    let finding = format!("{subject} was not signed by the key of {issuer}: it is forged or damaged");
    fails(Check::Signature, StatusCode::BadCertificateInvalid, finding)
}

fn security_policy(certificate: &Certificate) -> Result<(), Verdict> {
    let subject = certificate.subject();
    let finding = if is_weak(certificate.x509().signature_algorithm().oid) {
        format!("{subject} is signed with SHA-1 or an unknown algorithm: have it reissued with SHA-256")
    } else if certificate.rsa_bits().is_some_and(|bits| bits < MIN_RSA_BITS) {
        format!("the RSA key of {subject} is shorter than {MIN_RSA_BITS} bits: have it reissued with a longer key")
    } else {
        return Ok(());
    };
    fails(Check::SecurityPolicy, StatusCode::BadCertificatePolicyCheckFailed, finding)
}

fn trust_list(chain: &[Certificate], lists: &TrustLists) -> Result<(), Verdict> {
    let is_trusted = |certificate: &Certificate| lists.trusted_certificates.iter().any(|der| der == certificate.der());
    if chain.iter().any(is_trusted) {
        return Ok(());
    }
    let leaf = &chain[0];
    let (subject, thumbprint) = (leaf.subject(), hexadecimal(&leaf.thumbprint_sha1()));
    let finding = format!(
        "{subject} (thumbprint {thumbprint}) is not trusted: if it is the right one, move it from the rejected to the trusted certificates"
    );
    fails(Check::TrustList, StatusCode::BadCertificateUntrusted, finding)
}

fn validity(certificate: &Certificate, index: usize, now: UtcTime) -> Result<(), Verdict> {
    let (from, until) = (certificate.not_before(), certificate.not_after());
    if (from..=until).contains(&now) {
        return Ok(());
    }
    let status = match index {
        0 => StatusCode::BadCertificateTimeInvalid,
        _ => StatusCode::BadCertificateIssuerTimeInvalid,
    };
    let subject = certificate.subject();
    let finding =
        format!("{subject} is valid from {from} to {until}, and it is {now}: have it renewed, or set the clock");
    fails(Check::ValidityPeriod, status, finding)
}

fn host_name(leaf: &Certificate, host: &str) -> Result<(), Verdict> {
    let bare = host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.');
    let (names, addresses) = (leaf.dns_names(), leaf.ip_addresses());
    let found = match bare.parse::<IpAddr>() {
        Ok(address) => addresses.contains(&address),
        Err(_) => names.iter().any(|name| name.trim_end_matches('.').eq_ignore_ascii_case(bare)),
    };
    if found {
        return Ok(());
    }
    let known: Vec<String> = names.into_iter().chain(addresses.iter().map(IpAddr::to_string)).collect();
    let finding = format!(
        "the certificate of {} is for [{}], not for {bare}: dial one of these names, or have it reissued for {bare}",
        leaf.subject(),
        known.join(", ")
    );
    fails(Check::HostName, StatusCode::BadCertificateHostNameInvalid, finding)
}

fn application_uri(leaf: &Certificate, claimed: &str) -> Result<(), Verdict> {
    let certified = leaf.application_uri();
    if certified.as_deref() == Some(claimed) {
        return Ok(());
    }
    let certified = certified.as_deref().unwrap_or("no URI");
    let finding = format!(
        "the application calls itself {claimed}, its certificate says {certified}: the server must use the URI of its certificate"
    );
    fails(Check::Uri, StatusCode::BadCertificateUriInvalid, finding)
}

fn usage(leaf: &Certificate) -> Result<(), Verdict> {
    let signs = leaf.key_usage().is_none_or(|usage| usage.digital_signature());
    let allowed = [ID_KP_SERVER_AUTH, ID_KP_CLIENT_AUTH, ANY_EXTENDED_KEY_USAGE];
    let authenticates = leaf
        .extension::<ExtendedKeyUsage>()
        .is_none_or(|extended| extended.0.iter().any(|purpose| allowed.contains(purpose)));
    if signs && authenticates {
        return Ok(());
    }
    let finding = format!(
        "the certificate of {} may not be used to authenticate an application: have it reissued",
        leaf.subject()
    );
    fails(Check::Usage, StatusCode::BadCertificateUseNotAllowed, finding)
}

/// `below` counts the authorities between this one and the leaf.
fn issuer_usage(issuer: &Certificate, below: usize) -> Result<(), Verdict> {
    let signs = issuer.key_usage().is_none_or(|usage| usage.key_cert_sign());
    let short_enough = issuer.path_length().is_none_or(|length| below <= usize::from(length));
    if issuer.is_authority() && signs && short_enough {
        return Ok(());
    }
    let finding =
        format!("{} may not issue this certificate: it is no authority, or not for so long a chain", issuer.subject());
    fails(Check::Usage, StatusCode::BadCertificateIssuerUseNotAllowed, finding)
}

fn revocation(chain: &[Certificate], lists: &TrustLists) -> Result<(), Verdict> {
    let lists = revocation_lists(lists);
    let revoked = chain.windows(2).position(|pair| is_revoked(&pair[0], &pair[1], &lists));
    let Some(index) = revoked else { return Ok(()) };
    let status = match index {
        0 => StatusCode::BadCertificateRevoked,
        _ => StatusCode::BadCertificateIssuerRevoked,
    };
    let finding = format!("{} was revoked by its issuer: have it replaced", chain[index].subject());
    fails(Check::Revocation, status, finding)
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}
