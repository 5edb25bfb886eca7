//! What is on record of an authority.

use iiot_core::keys::{KeySpec, SignatureAlgorithm};
use iiot_core::{ErrorKind, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::error;
use crate::model::{AuthorityKey, Der, Stage};
use crate::policy::{Approvable, CrlRules, Digest, Digester};

/// An authority that somebody wants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuthoritySpec {
    /// Its id: letters, digits, `-`, `_` and `.`, 64 at most.
    pub id: String,
    /// Its name, which no other one has: devices tell authorities apart by their names.
    pub common_name: String,
    /// The organization.
    pub organization: String,
    /// Which key it gets.
    pub key: AuthorityKey,
    /// The authority that issues its certificate; `None` for a root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// The trust group that it is for alone; `None` if it issues certificates for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The authority whose place it takes. Until it is activated it issues nothing, but is trusted already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<String>,
    /// For so many days its certificate is valid, 31 to 10,950; never longer than that of its issuer.
    pub valid_days: u32,
    /// When it publishes revocation lists.
    pub crl: CrlRules,
    /// Where its revocation list is found; stands in the certificates that it issues.
    #[serde(default)]
    pub crl_urls: Vec<String>,
    /// Where its certificate is found; stands in the certificates that it issues.
    #[serde(default)]
    pub issuer_urls: Vec<String>,
    /// Who wants it.
    pub requester: String,
}

/// An authority.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuthorityRecord {
    /// Its id.
    pub id: String,
    /// Its name.
    pub common_name: String,
    /// The organization.
    pub organization: String,
    /// The name of its key in the key store.
    pub key: String,
    /// The authority that issued its certificate; `None` for a root.
    pub issuer: Option<String>,
    /// The serial number of its certificate.
    pub serial: String,
    /// Its certificate, once that is signed.
    pub certificate: Option<Der>,
    /// The trust group that it is for alone.
    pub group: Option<String>,
    /// How far it is.
    pub stage: Stage,
    /// The authority whose place it takes.
    pub replaces: Option<String>,
    /// The authority that takes its place.
    pub successor: Option<String>,
    /// When it publishes revocation lists.
    pub crl: CrlRules,
    /// Where its revocation list is found.
    pub crl_urls: Vec<String>,
    /// Where its certificate is found.
    pub issuer_urls: Vec<String>,
}

impl AuthorityKey {
    pub(super) const fn spec(self) -> KeySpec {
        match self {
            Self::Rsa2048 => KeySpec::Rsa(2048),
            Self::Rsa3072 => KeySpec::Rsa(3072),
            Self::Rsa4096 => KeySpec::Rsa(4096),
            Self::NistP256 => KeySpec::NistP256,
            Self::NistP384 => KeySpec::NistP384,
            Self::BrainpoolP256r1 => KeySpec::BrainpoolP256r1,
            Self::BrainpoolP384r1 => KeySpec::BrainpoolP384r1,
        }
    }

    pub(super) const fn algorithm(self) -> SignatureAlgorithm {
        match self {
            Self::Rsa2048 | Self::Rsa3072 | Self::Rsa4096 => SignatureAlgorithm::RsaPkcs1Sha256,
            Self::NistP256 | Self::BrainpoolP256r1 => SignatureAlgorithm::EcdsaSha256,
            Self::NistP384 | Self::BrainpoolP384r1 => SignatureAlgorithm::EcdsaSha384,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Rsa2048 => "rsa2048",
            Self::Rsa3072 => "rsa3072",
            Self::Rsa4096 => "rsa4096",
            Self::NistP256 => "nistP256",
            Self::NistP384 => "nistP384",
            Self::BrainpoolP256r1 => "brainpoolP256r1",
            Self::BrainpoolP384r1 => "brainpoolP384r1",
        }
    }
}

impl AuthorityRecord {
    /// Its certificate (DER).
    ///
    /// # Errors
    /// `Unavailable` while it is being made.
    pub fn der(&self) -> Result<&[u8]> {
        let der = self.certificate.as_ref().map(|der| der.0.as_slice());
        der.ok_or_else(|| {
            let message = "its certificate is not signed yet; recover, or wait";
            error(ErrorKind::Unavailable, "use authority", message).with("authority", &self.id)
        })
    }

    /// Whether others should trust it.
    #[must_use]
    pub const fn is_trusted(&self) -> bool {
        matches!(self.stage, Stage::Prepared | Stage::Active | Stage::Retiring)
    }
}

impl AuthoritySpec {
    pub(crate) fn check(&self) -> Result<()> {
        let wrong = |message: &'static str| {
            Err(error(ErrorKind::InvalidArgument, "create authority", message)
                .with("authority", format!("{:?}", self.id)))
        };
        let is_id = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if self.id.is_empty() || self.id.len() > 64 || !self.id.bytes().all(is_id) {
            return wrong("its id must be 1 to 64 letters, digits, -, _ or .");
        }
        if !(31..=10_950).contains(&self.valid_days) {
            return wrong("it must be valid for 31 to 10,950 days");
        }
        if self.issuer.as_ref() == Some(&self.id) || self.replaces.as_ref() == Some(&self.id) {
            return wrong("it cannot issue or replace itself");
        }
        self.crl.check()
    }
}

impl Approvable for AuthoritySpec {
    fn digest(&self) -> Digest {
        let none = String::new();
        Digester::new("iiot authority")
            .part(&self.id)
            .part(&self.common_name)
            .part(&self.organization)
            .part(self.key.name())
            .part(self.issuer.as_ref().unwrap_or(&none))
            .part(self.group.as_ref().unwrap_or(&none))
            .part([u8::from(self.group.is_some())])
            .part(self.replaces.as_ref().unwrap_or(&none))
            .part(self.valid_days.to_be_bytes())
            .part(self.crl.reissue_hours.to_be_bytes())
            .part(self.crl.valid_days.to_be_bytes())
            .parts(&self.crl_urls)
            .parts(&self.issuer_urls)
            .part(&self.requester)
            .finish()
    }

    fn requester(&self) -> &str {
        &self.requester
    }
}
