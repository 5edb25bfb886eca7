//! How strictly chains are judged.

use crate::ua::StatusCode;
use crate::ua::trust::{Check, Finding};

/// How strictly chains are judged. The default suppresses nothing, wants RSA keys of 2048 bits and
/// SHA-256, and uses revocation lists where there are some.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrustPolicy {
    /// Which findings are let pass; they are kept and logged.
    pub suppress: Suppressions,
    /// Refuse a certificate whose issuer has no usable revocation list.
    pub leaf_crl_required: bool,
    /// Refuse a chain in which an authority's issuer has no usable revocation list.
    pub issuer_crls_required: bool,
    /// The least length of an RSA key, in bits. Below 1024 nothing can be verified.
    pub min_rsa_bits: usize,
    /// Take signatures with SHA-1, which can be forged.
    pub allow_sha1: bool,
    /// What a certificate must say of its use.
    pub usage: UsageRule,
    /// Take certificates that nobody trusted, that were made for other hosts, or whose issuer is
    /// unknown. Whoever is on the network can then read and change everything: for trials only.
    /// Forged, expired and revoked certificates are refused all the same.
    pub danger_accept_untrusted: bool,
}

/// The findings that OPC 10000-4 §6.1.3 allows to suppress.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Suppressions {
    /// Weak keys and signatures.
    pub security_policy: bool,
    /// The certificate has expired or is not valid yet.
    pub certificate_time: bool,
    /// An authority has expired or is not valid yet.
    pub issuer_time: bool,
    /// The certificate was made for another host.
    pub host_name: bool,
    /// The certificate was made for another use, unless it marks that as critical.
    pub usage: bool,
    /// There is no usable revocation list for the certificate.
    pub revocation_unknown: bool,
    /// There is no usable revocation list for an authority.
    pub issuer_revocation_unknown: bool,
}

/// What a certificate of an application must say of its use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum UsageRule {
    /// Where it says something, it must allow to sign and to authenticate an application.
    #[default]
    WhereStated,
    /// It must say all that OPC 10000-6 §6.2.2 wants: the four uses of an RSA key, and the
    /// extended use of its role.
    Complete,
}

impl Default for TrustPolicy {
    fn default() -> Self {
        Self {
            suppress: Suppressions::default(),
            leaf_crl_required: false,
            issuer_crls_required: false,
            min_rsa_bits: 2048,
            allow_sha1: false,
            usage: UsageRule::WhereStated,
            danger_accept_untrusted: false,
        }
    }
}

impl TrustPolicy {
    /// The strictest: revocation lists are required, and every use is stated.
    #[must_use]
    pub fn strict() -> Self {
        Self { leaf_crl_required: true, issuer_crls_required: true, usage: UsageRule::Complete, ..Self::default() }
    }

    /// For trials: takes whom nobody trusted; see [`danger_accept_untrusted`](Self::danger_accept_untrusted).
    #[must_use]
    pub fn danger_accept_untrusted() -> Self {
        Self { danger_accept_untrusted: true, ..Self::default() }
    }

    pub(super) fn suppresses(&self, finding: &Finding) -> bool {
        let suppress = &self.suppress;
        let leaf = !is_of_issuer(finding.status);
        !finding.mandatory
            && match finding.check {
                Check::Structure | Check::Signature | Check::Uri | Check::Revocation => false,
                Check::Chain | Check::TrustList => self.danger_accept_untrusted,
                Check::SecurityPolicy => suppress.security_policy,
                Check::ValidityPeriod if leaf => suppress.certificate_time,
                Check::ValidityPeriod => suppress.issuer_time,
                Check::HostName => suppress.host_name || self.danger_accept_untrusted,
                Check::Usage => suppress.usage,
                Check::RevocationList if leaf => suppress.revocation_unknown || !self.leaf_crl_required,
                Check::RevocationList => suppress.issuer_revocation_unknown || !self.issuer_crls_required,
            }
    }

    /// Whether a certificate at this place of the chain (0 is the leaf) needs a revocation list.
    pub(super) fn needs_list(&self, place: usize) -> bool {
        if place == 0 { self.leaf_crl_required } else { self.issuer_crls_required }
    }
}

fn is_of_issuer(status: StatusCode) -> bool {
    use StatusCode as S;
    matches!(
        status,
        S::BadCertificateIssuerTimeInvalid
            | S::BadCertificateIssuerUseNotAllowed
            | S::BadCertificateIssuerRevocationUnknown
            | S::BadCertificateIssuerRevoked
    )
}
