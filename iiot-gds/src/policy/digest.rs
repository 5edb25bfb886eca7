//! What ties a vote to exactly one thing.

use std::fmt;
use std::fmt::Write as _;
use std::str::FromStr;

use iiot_core::{Error, ErrorKind, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// SHA-256 of something that is voted on, hexadecimal in lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct Digest(String);

/// Computes a [`Digest`] over parts. Each is preceded by its length, so that no two lists of parts have the same bytes.
///
/// ```
/// use iiot_gds::policy::Digester;
///
/// let one = Digester::new("example").part("ab").part("c").finish();
/// assert_ne!(one, Digester::new("example").part("a").part("bc").finish());
/// ```
#[derive(Clone)]
pub struct Digester(Sha256);

impl Digester {
    /// Begins one over something of this kind: what has another name never has the same digest.
    #[must_use]
    pub fn new(kind: &str) -> Self {
        Self(Sha256::new()).part(kind)
    }

    /// Goes on with a part.
    #[must_use]
    pub fn part(mut self, bytes: impl AsRef<[u8]>) -> Self {
        let bytes = bytes.as_ref();
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
        self
    }

    /// Goes on with a list of parts.
    #[must_use]
    pub fn parts<T: AsRef<[u8]>>(self, parts: &[T]) -> Self {
        let counted = self.part((parts.len() as u64).to_be_bytes());
        parts.iter().fold(counted, |digester, part| digester.part(part))
    }

    /// The digest over all of them.
    #[must_use]
    pub fn finish(self) -> Digest {
        let hash = self.0.finalize();
        Digest(hash.iter().fold(String::with_capacity(64), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        }))
    }
}

impl fmt::Debug for Digester {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digester")
    }
}

impl Digest {
    /// The 64 digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Digest {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::try_from(text.to_owned())
    }
}

impl TryFrom<String> for Digest {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        let is_one = text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let none = || Error::new(ErrorKind::InvalidArgument, "read digest", "it is not 64 hexadecimal digits");
        if is_one { Ok(Self(text)) } else { Err(none()) }
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.0
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn it_is_the_sha_256_that_others_compute() {
        // printf '\0\0\0\0\0\0\0\1x' | sha256sum
        let expected = "028f0df5b8596fbcd10c9720b7a4784f8e7e04f629bd5a62bfbdf139678b6624";
        let digest = Digester::new("x").finish();
        assert_eq!(digest.as_str(), expected);
        assert_eq!(digest.as_str().parse::<Digest>().unwrap(), digest);
    }

    #[test]
    fn what_is_none_is_refused() {
        for text in ["", "abc", &"g".repeat(64), &"A".repeat(64)] {
            assert!(text.parse::<Digest>().is_err(), "{text}");
        }
    }
}
