//! Trust lists, parsed once for many verdicts.

use crate::error::Result;
use crate::trust::TrustLists;
use crate::ua::trust::{Certificate, RevocationList};

/// Trust lists as [`verdict`](crate::ua::trust::verdict) uses them. Entries that do not parse are
/// left out and logged: one of them must not disable the rest.
#[derive(Debug, Clone, Default)]
pub struct ParsedLists {
    pub(super) trusted: Vec<Certificate>,
    pub(super) issuers: Vec<Certificate>,
    pub(super) revocations: Vec<RevocationList>,
    unreadable: usize,
}

impl ParsedLists {
    /// Whether this very certificate is among the trusted ones.
    #[must_use]
    pub fn trusts(&self, certificate: &Certificate) -> bool {
        self.trusted.contains(certificate)
    }

    /// Applications and authorities that are trusted.
    #[must_use]
    pub fn trusted(&self) -> &[Certificate] {
        &self.trusted
    }

    /// Authorities that complete chains.
    #[must_use]
    pub fn issuers(&self) -> &[Certificate] {
        &self.issuers
    }

    /// Revocation lists of all of them.
    #[must_use]
    pub fn revocations(&self) -> &[RevocationList] {
        &self.revocations
    }

    /// How many entries were left out because they do not parse.
    #[must_use]
    pub fn unreadable(&self) -> usize {
        self.unreadable
    }
}

impl From<&TrustLists> for ParsedLists {
    fn from(lists: &TrustLists) -> Self {
        let revocations = parsed(&lists.trusted_crls, RevocationList::parse);
        let read = Self {
            trusted: parsed(&lists.trusted_certificates, Certificate::parse).collect(),
            issuers: parsed(&lists.issuer_certificates, Certificate::parse).collect(),
            revocations: revocations.chain(parsed(&lists.issuer_crls, RevocationList::parse)).collect(),
            unreadable: 0,
        };
        Self { unreadable: entries(lists) - read.trusted.len() - read.issuers.len() - read.revocations.len(), ..read }
    }
}

fn entries(lists: &TrustLists) -> usize {
    let TrustLists { trusted_certificates, trusted_crls, issuer_certificates, issuer_crls } = lists;
    [trusted_certificates, trusted_crls, issuer_certificates, issuer_crls].into_iter().map(Vec::len).sum()
}

fn parsed<T>(entries: &[Vec<u8>], parse: fn(&[u8]) -> Result<T>) -> impl Iterator<Item = T> {
    let report = |error: &crate::Error| tracing::warn!("left out of the trust lists: {}", error.report());
    entries.iter().filter_map(move |der| parse(der).inspect_err(report).ok())
}
