//! The public half of a key that a process signs with which asks many places.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use super::signing::VerifyingKey;
use super::text::hex;
use crate::error::{Error, ErrorKind, Result};

/// Who signs requests without an API key: the public half of a [`SigningKey`](super::SigningKey) of its own. It is no secret;
/// whoever admits it should have it from the one who has the other half. As text: `iiot-caller_` and 43 letters, digits, `-`
/// and `_`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CallerKey(pub(super) VerifyingKey);

impl CallerKey {
    /// What records name it by.
    #[must_use]
    pub fn id(&self) -> String {
        format!("caller-{}", hex(&digest(&SHA256, self.0.bytes()).as_ref()[..8]))
    }
}

impl fmt::Display for CallerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", BASE64_URL_SAFE_NO_PAD.encode(self.0.bytes()))
    }
}

impl fmt::Debug for CallerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CallerKey({self})")
    }
}

impl FromStr for CallerKey {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let encoded = text.trim().strip_prefix(PREFIX);
        let bytes = encoded.and_then(|encoded| BASE64_URL_SAFE_NO_PAD.decode(encoded).ok()?.try_into().ok());
        bytes.map(|bytes| Self(VerifyingKey::of_bytes(bytes))).ok_or_else(|| {
            let message =
                "it is no public key of a caller, which looks like iiot-caller_ and 43 letters, digits, `-` and `_`";
            Error::new(ErrorKind::InvalidArgument, "read the key of a caller", message)
        })
    }
}

const PREFIX: &str = "iiot-caller_";

#[cfg(all(test, feature = "rpc"))]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::SigningKey;
    use super::*;

    #[test]
    fn a_key_of_ones_own_lasts_and_its_public_half_is_a_text() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cloud/caller.key");
        let key = SigningKey::open(&path).unwrap();
        let public: CallerKey = key.public().to_string().parse().unwrap();
        assert_eq!((public, public.id().as_str()), (key.public(), key.id()));
        assert!(public.0.verifies(b"open", &key.sign(b"open")) && !public.0.verifies(b"shut", &key.sign(b"open")));
        assert_eq!(SigningKey::open(&path).unwrap().public(), public);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
        std::fs::write(&path, "rubbish").unwrap();
        assert_eq!(SigningKey::open(&path).unwrap_err().kind(), ErrorKind::Corrupt);
        for wrong in ["", "iiot-caller_", "iiot-caller_AAAA", &public.to_string()[12..]] {
            assert!(wrong.parse::<CallerKey>().is_err(), "{wrong}");
        }
    }
}
