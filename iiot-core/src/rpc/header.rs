//! What a caller signs: who asks for what, where, and until when.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::access::Grant;
use crate::error::{Error, ErrorKind, Result};
use crate::operation::Principal;
use crate::time::UtcTime;

/// The header of a request; the signature is over its JSON, byte for byte.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Header {
    /// 1.
    pub(super) version: u8,
    /// Names the request, as the correlation data does, in hexadecimal digits.
    pub(super) id: String,
    /// The place that is asked.
    pub(super) to: String,
    /// `capability.operation`
    pub(super) operation: String,
    /// The id of the API key that it is signed with.
    pub(super) caller: String,
    /// For whom the caller asks, and in which role; for itself where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) principal: Option<Principal>,
    /// The public half of the key that it is sealed with, as base64url.
    pub(super) key: String,
    /// When it was made, by the caller's clock.
    pub(super) issued: UtcTime,
    /// From when on it must not be carried out, by the caller's clock.
    pub(super) expires: UtcTime,
    /// Until the (first) answer.
    pub(super) timeout_ms: u64,
    /// Items of a stream that may be sent ahead.
    pub(super) credit: u32,
    /// Where answers go.
    pub(super) answers: String,
    /// In how many pieces the request comes.
    pub(super) pieces: u32,
}

impl Header {
    /// Who asks: the caller, or somebody for whom it asks, who then may no more than the caller.
    pub(super) fn principal(&self, grant: &Grant) -> Principal {
        match &self.principal {
            None => grant.principal(),
            Some(other) if other.name == grant.name => Principal::new(&other.name, other.role.min(grant.role)),
            Some(other) => Principal::new(format!("{} by {}", other.name, grant.name), other.role.min(grant.role)),
        }
    }

    /// What its change is remembered as: of this caller, so that nobody asks for the answer to another.
    pub(super) fn change(&self) -> String {
        format!("{}.{}", self.caller, self.id)
    }

    /// Whether it is meant for this operation at this place, and now.
    pub(super) fn check(&self, to: &str, operation: &str, now: UtcTime) -> Result<()> {
        if self.version != VERSION {
            return Err(refused(format!("its version {} is not {VERSION}", self.version)));
        }
        if self.to != to || self.operation != operation {
            return Err(refused(format!("it was signed for {} at {}", self.operation, self.to)));
        }
        if now >= self.expires + SKEW {
            return Err(expired(format!("it expired at {}, and here it is {now}", self.expires)));
        }
        if self.issued > now + SKEW {
            return Err(expired(format!("it was signed at {}, and here it is only {now}", self.issued)));
        }
        if self.expires.since(self.issued) > MAX_TIMEOUT {
            return Err(refused(format!("it is valid for longer than {MAX_TIMEOUT:?}")));
        }
        Ok(())
    }
}

fn refused(message: String) -> Error {
    Error::new(ErrorKind::Forbidden, "take a request", message)
}

fn expired(message: String) -> Error {
    Error::new(ErrorKind::Forbidden, "take a request", message + "; compare the clocks of both sides")
}

pub(super) const VERSION: u8 = 1;
/// How far the clocks of caller and place may differ.
pub(super) const SKEW: Duration = Duration::from_secs(30);
/// How long a request may be valid.
pub(super) const MAX_TIMEOUT: Duration = Duration::from_secs(3600);
/// Bytes of a header.
pub(super) const MAX_HEADER: usize = 4096;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::access::Proof;
    use crate::operation::Role;

    const NOW: UtcTime = UtcTime::UNIX_EPOCH;

    fn header() -> Header {
        Header {
            version: VERSION,
            id: "00".into(),
            to: "site/edge".into(),
            operation: "twin.write".into(),
            caller: "alice".into(),
            principal: None,
            key: String::new(),
            issued: NOW,
            expires: NOW + Duration::from_secs(10),
            timeout_ms: 10_000,
            credit: 0,
            answers: String::new(),
            pieces: 1,
        }
    }

    fn check(header: &Header, seconds: u64) -> Result<()> {
        header.check("site/edge", "twin.write", NOW + Duration::from_secs(seconds))
    }

    #[test]
    fn a_request_is_for_one_place_one_operation_and_a_short_time() {
        let good = header();
        assert!(check(&good, 0).is_ok() && check(&good, 39).is_ok());
        assert!(check(&good, 40).unwrap_err().message().contains("expired at"));
        assert!(good.check("site/other", "twin.write", NOW).is_err());
        assert!(good.check("site/edge", "twin.read", NOW).is_err());
        let early = Header { issued: NOW + Duration::from_secs(31), ..header() };
        assert!(check(&early, 0).is_err() && check(&early, 1).is_ok());
        let long = Header { expires: NOW + Duration::from_secs(3601), ..header() };
        assert!(check(&long, 0).unwrap_err().message().contains("longer"));
        assert!(check(&Header { version: 2, ..header() }, 0).is_err());
    }

    #[test]
    fn whoever_asks_for_another_gives_away_no_more_than_it_has() {
        let grant = Grant { id: "1".into(), name: "cloud".into(), role: Role::Operator, expires: None, by: Proof::Key };
        assert_eq!(header().principal(&grant), Principal::new("cloud", Role::Operator));
        let asks = |name: &str, role| Header { principal: Some(Principal::new(name, role)), ..header() };
        assert_eq!(asks("bob", Role::Administrator).principal(&grant), Principal::new("bob by cloud", Role::Operator));
        assert_eq!(asks("bob", Role::Reader).principal(&grant), Principal::new("bob by cloud", Role::Reader));
        assert_eq!(asks("cloud", Role::Reader).principal(&grant), Principal::new("cloud", Role::Reader));
    }
}
