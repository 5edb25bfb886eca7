//! Certificate groups: which certificates there are for whom, and who must agree (OPC 10000-12 §7.8.3).

use std::num::NonZeroU32;
use std::time::Duration;

use iiot_core::operation::Role;
use iiot_core::time::UtcTime;
use iiot_core::{Error, ErrorKind, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ApprovalPolicy, CertificateRequest, Decision, Vote, VotePolicy, decide};
use crate::model::{CertificateType, Curve, KeyAlgorithm};

/// A group of certificates that are made by the same rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CertificateGroup {
    /// Its id.
    #[schemars(length(min = 1, max = 64))]
    pub id: String,
    /// What its certificates are for.
    pub purpose: Purpose,
    /// The types that an application may have, one certificate each.
    #[schemars(length(min = 1, max = 16))]
    pub certificate_types: Vec<CertificateType>,
    /// For so many days a certificate is valid, 1 to 3,650; never longer than that of its issuer.
    #[schemars(range(min = 1, max = 3650))]
    pub valid_days: u32,
    /// Which keys are good enough.
    pub keys: KeyRules,
    /// Who must agree to a request.
    pub approval: ApprovalPolicy,
    /// The issuing authority.
    #[schemars(length(min = 1, max = 64))]
    pub authority: String,
}

/// What certificates are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Purpose {
    /// OPC UA applications (DefaultApplicationGroup).
    Application,
    /// Web servers (DefaultHttpsGroup).
    Https,
    /// People (DefaultUserTokenGroup).
    UserToken,
}

/// Which keys are good enough for a group, within what the type of the certificate allows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeyRules {
    /// RSA keys have at least so many bits.
    pub least_rsa_bits: u32,
    /// RSA keys have at most so many bits: old devices take no longer ones.
    pub most_rsa_bits: u32,
    /// Which curves there may be.
    #[schemars(length(max = 16))]
    pub curves: Vec<Curve>,
}

impl Default for KeyRules {
    /// What OPC UA allows: RSA of 2048 to 4096 bits, all curves.
    fn default() -> Self {
        let curves = vec![Curve::NistP256, Curve::NistP384, Curve::BrainpoolP256r1, Curve::BrainpoolP384r1];
        Self { least_rsa_bits: 2048, most_rsa_bits: 4096, curves }
    }
}

impl Purpose {
    /// Whether a certificate of this type serves the purpose.
    #[must_use]
    pub const fn takes(self, kind: CertificateType) -> bool {
        match self {
            Self::Application => kind.is_application(),
            Self::Https => matches!(kind, CertificateType::Https),
            Self::UserToken => matches!(kind, CertificateType::User),
        }
    }
}

impl CertificateGroup {
    /// The DefaultApplicationGroup: RSA certificates for a year, approved by one person other than the one who asks.
    #[must_use]
    pub fn default_application(authority: impl Into<String>) -> Self {
        let approval =
            VotePolicy { needed: NonZeroU32::MIN, role: Role::Approver, people: Vec::new(), valid_hours: 7 * 24 };
        Self {
            id: "DefaultApplicationGroup".into(),
            purpose: Purpose::Application,
            certificate_types: vec![CertificateType::RsaSha256],
            valid_days: 365,
            keys: KeyRules::default(),
            approval: ApprovalPolicy::Votes(approval),
            authority: authority.into(),
        }
    }

    /// How long a certificate is valid.
    #[must_use]
    pub fn lifetime(&self) -> Duration {
        DAY * self.valid_days
    }

    /// Whether its rules go together.
    ///
    /// # Errors
    /// `InvalidArgument` with what is wrong.
    pub fn check(&self) -> Result<()> {
        let wrong = |message: String| Err(invalid("check certificate group", message).with("group", &self.id));
        if self.id.is_empty() || self.authority.is_empty() {
            return wrong("it needs an id and the id of its authority".into());
        }
        if !(1..=MAX_DAYS).contains(&self.valid_days) {
            return wrong(format!("its certificates must be valid for 1 to {MAX_DAYS} days"));
        }
        if let Some(kind) = self.certificate_types.iter().find(|kind| !self.purpose.takes(**kind)) {
            return wrong(format!("certificates of type {kind:?} do not serve its purpose"));
        }
        if self.certificate_types.is_empty() {
            return wrong("it needs a type of certificates".into());
        }
        self.check_votes()
    }

    fn check_votes(&self) -> Result<()> {
        let ApprovalPolicy::Votes(rules) = &self.approval else { return Ok(()) };
        let wrong = |message: &'static str| Err(invalid("check certificate group", message).with("group", &self.id));
        rules.check().or_else(wrong)
    }

    /// Whether a certificate of this type with such a key may be made.
    ///
    /// # Errors
    /// `BadInvalidArgument` with what is wrong, and what would be right.
    pub fn accepts(&self, kind: CertificateType, key: KeyAlgorithm) -> Result<()> {
        let wrong = |message: String| Err(invalid("check certificate request", message).with("group", &self.id));
        if !self.certificate_types.contains(&kind) {
            return wrong(format!(
                "the group has certificates of the types {:?}, not {kind:?}",
                self.certificate_types
            ));
        }
        if !kind.allows(key) {
            return wrong(format!("a certificate of type {kind:?} cannot have a key {key:?}"));
        }
        let KeyRules { least_rsa_bits, most_rsa_bits, curves } = &self.keys;
        match key {
            KeyAlgorithm::Rsa(bits) if !(*least_rsa_bits..=*most_rsa_bits).contains(&bits) => {
                wrong(format!("RSA keys of {least_rsa_bits} to {most_rsa_bits} bits are wanted, not of {bits}"))
            }
            KeyAlgorithm::Ec(curve) if !curves.contains(&curve) => {
                wrong(format!("keys on the curves {curves:?} are wanted, not on {curve:?}"))
            }
            _ => Ok(()),
        }
    }

    /// Whether a request to this group may be answered; see [`decide`].
    ///
    /// # Errors
    /// `InvalidArgument` if the request is to another group or for a type that this one has not.
    pub fn decide(
        &self,
        request: &CertificateRequest,
        votes: &[Vote],
        role_of: impl Fn(&str) -> Option<Role>,
        now: UtcTime,
    ) -> Result<Decision<CertificateRequest>> {
        if request.group != self.id || !self.certificate_types.contains(&request.certificate_type) {
            let message = "it is for another group, or for a type of certificate that the group has not";
            return Err(invalid("decide on request", message).with("request", &request.id).with("group", &self.id));
        }
        Ok(decide(&self.approval, request, votes, role_of, now))
    }
}

const DAY: Duration = Duration::from_secs(86_400);
/// Ten years.
const MAX_DAYS: u32 = 3650;

fn invalid(operation: &'static str, message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::InvalidArgument, operation, message)
}
