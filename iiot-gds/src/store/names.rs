//! Names of artefacts and reasons, as people and tables have them.

use std::fmt;
use std::str::FromStr;

use iiot_core::{Error, ErrorKind, Result};

use super::{ArtefactName, Revocation, RevocationReason};

impl ArtefactName {
    /// The id of the authority.
    #[must_use]
    pub fn issuer(&self) -> &str {
        match self {
            Self::Certificate { issuer, .. } | Self::RevocationList { issuer, .. } => issuer,
        }
    }
}

/// `certificate 0a1b of press-shop`, `revocation list 7 of press-shop`.
impl fmt::Display for ArtefactName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Certificate { issuer, serial } => write!(f, "certificate {serial} of {issuer}"),
            Self::RevocationList { issuer, number } => write!(f, "revocation list {number} of {issuer}"),
        }
    }
}

impl Revocation {
    /// The name of the certificate.
    #[must_use]
    pub fn name(&self) -> ArtefactName {
        ArtefactName::Certificate { issuer: self.issuer.clone(), serial: self.serial.clone() }
    }
}

impl RevocationReason {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Unspecified,
        Self::KeyCompromise,
        Self::CaCompromise,
        Self::AffiliationChanged,
        Self::Superseded,
        Self::CessationOfOperation,
    ];

    /// Its name in RFC 5280, which is its name in JSON too.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::KeyCompromise => "keyCompromise",
            Self::CaCompromise => "caCompromise",
            Self::AffiliationChanged => "affiliationChanged",
            Self::Superseded => "superseded",
            Self::CessationOfOperation => "cessationOfOperation",
        }
    }
}

impl FromStr for RevocationReason {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name).ok_or_else(|| {
            let message = "it is no reason for a revocation (RFC 5280 §5.3.1)";
            Error::new(ErrorKind::InvalidArgument, "read reason", message).with("reason", format!("{name:?}"))
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn reasons_have_one_name_everywhere() {
        for reason in RevocationReason::ALL {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.name());
            assert_eq!(reason.name().parse::<RevocationReason>().unwrap(), reason);
        }
        assert!("certificateHold".parse::<RevocationReason>().is_err());
    }
}
