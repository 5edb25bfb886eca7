//! Trust lists as records hold them.

use std::collections::BTreeSet;

use iiot_core::trust::TrustLists;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::Der;

/// What a trust list holds (TrustListDataType, OPC 10000-12 §7.8.2.6).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct PushedLists {
    /// Applications and authorities that are trusted.
    pub trusted_certificates: Vec<Der>,
    /// Revocation lists of trusted authorities.
    pub trusted_crls: Vec<Der>,
    /// Authorities that complete chains and are not trusted by themselves.
    pub issuer_certificates: Vec<Der>,
    /// Their revocation lists.
    pub issuer_crls: Vec<Der>,
}

/// One of the four lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ListName {
    /// TrustedCertificates.
    TrustedCertificates,
    /// TrustedCrls.
    TrustedCrls,
    /// IssuerCertificates.
    IssuerCertificates,
    /// IssuerCrls.
    IssuerCrls,
}

/// How one list differs from what it should be; entries by their SHA-256.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// Which list.
    pub list: ListName,
    /// What should be in it and is not.
    pub missing: Vec<String>,
    /// What is in it and should not be.
    pub unexpected: Vec<String>,
}

impl PushedLists {
    /// Each list by its name.
    #[must_use]
    pub fn named(&self) -> [(ListName, &[Der]); 4] {
        [
            (ListName::TrustedCertificates, &self.trusted_certificates),
            (ListName::TrustedCrls, &self.trusted_crls),
            (ListName::IssuerCertificates, &self.issuer_certificates),
            (ListName::IssuerCrls, &self.issuer_crls),
        ]
    }

    /// In which of its lists `found` differs. Order and repetition do not matter: a device may keep entries as it likes.
    #[must_use]
    pub fn differences(&self, found: &Self) -> Vec<Difference> {
        let pairs = self.named().into_iter().zip(found.named());
        pairs.filter_map(|((list, wanted), (_, found))| difference(list, wanted, found)).collect()
    }

    /// Bytes of all entries.
    #[must_use]
    pub fn size(&self) -> usize {
        self.named().iter().flat_map(|(_, entries)| entries.iter()).map(|entry| entry.0.len()).sum()
    }
}

impl From<TrustLists> for PushedLists {
    fn from(lists: TrustLists) -> Self {
        let entries = |list: Vec<Vec<u8>>| list.into_iter().map(Der).collect();
        Self {
            trusted_certificates: entries(lists.trusted_certificates),
            trusted_crls: entries(lists.trusted_crls),
            issuer_certificates: entries(lists.issuer_certificates),
            issuer_crls: entries(lists.issuer_crls),
        }
    }
}

impl From<&PushedLists> for TrustLists {
    fn from(lists: &PushedLists) -> Self {
        let entries = |list: &[Der]| list.iter().map(|entry| entry.0.clone()).collect();
        Self {
            trusted_certificates: entries(&lists.trusted_certificates),
            trusted_crls: entries(&lists.trusted_crls),
            issuer_certificates: entries(&lists.issuer_certificates),
            issuer_crls: entries(&lists.issuer_crls),
        }
    }
}

fn difference(list: ListName, wanted: &[Der], found: &[Der]) -> Option<Difference> {
    let (wanted, found): (BTreeSet<&Der>, BTreeSet<&Der>) = (wanted.iter().collect(), found.iter().collect());
    let names = |entries: Vec<&&Der>| entries.into_iter().map(|entry| entry.sha256()).collect();
    let missing: Vec<String> = names(wanted.difference(&found).collect());
    let unexpected: Vec<String> = names(found.difference(&wanted).collect());
    (!missing.is_empty() || !unexpected.is_empty()).then_some(Difference { list, missing, unexpected })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_differ_by_content_and_not_by_order() {
        let lists = |entries: &[u8]| PushedLists {
            trusted_crls: entries.iter().map(|entry| Der(vec![*entry])).collect(),
            ..Default::default()
        };
        assert!(lists(&[1, 2]).differences(&lists(&[2, 1, 1])).is_empty());
        let found = lists(&[1, 2]).differences(&lists(&[2, 3]));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].list, ListName::TrustedCrls);
        assert_eq!(found[0].missing, [Der(vec![1]).sha256()]);
        assert_eq!(found[0].unexpected, [Der(vec![3]).sha256()]);
    }
}
