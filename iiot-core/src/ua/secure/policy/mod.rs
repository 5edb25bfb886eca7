//! Security policies (OPC 10000-7 §6.6) as rows of one table.

mod asymmetric;
mod symmetric;

pub(crate) use asymmetric::RemoteKey;
pub(crate) use symmetric::{BLOCK, DirectionKeys, MAC};

use std::fmt;

use crate::keys::{DecryptionAlgorithm, SignatureAlgorithm};

/// What secures a channel. Copies are cheap; two are equal if their URIs are.
#[derive(Clone, Copy)]
pub struct SecurityPolicy(&'static Row);

/// One policy: everything that differs between them.
struct Row {
    uri: &'static str,
    name: &'static str,
    suite: Option<Suite>,
}

/// The algorithms of a policy other than None.
struct Suite {
    signature: SignatureAlgorithm,
    decryption: DecryptionAlgorithm,
    lengths: KeyLengths,
}

/// Lengths in bytes of what the nonces are stretched to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeyLengths {
    pub(crate) signing: usize,
    pub(crate) encrypting: usize,
}

impl SecurityPolicy {
    /// No security.
    pub const NONE: Self = Self(&NONE);
    /// RSA-OAEP with SHA-1, AES-256-CBC, HMAC-SHA256.
    pub const BASIC256_SHA256: Self = Self(&BASIC256_SHA256);
    /// RSA-OAEP with SHA-1, AES-128-CBC, HMAC-SHA256.
    pub const AES128_SHA256_RSA_OAEP: Self = Self(&AES128_SHA256_RSA_OAEP);
    /// RSA-OAEP with SHA-256, RSA-PSS, AES-256-CBC, HMAC-SHA256.
    pub const AES256_SHA256_RSA_PSS: Self = Self(&AES256_SHA256_RSA_PSS);

    /// Every policy of this build, weakest first.
    pub const ALL: &'static [Self] =
        &[Self::NONE, Self::AES128_SHA256_RSA_OAEP, Self::BASIC256_SHA256, Self::AES256_SHA256_RSA_PSS];

    /// The policy with this URI.
    #[must_use]
    pub fn from_uri(uri: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|policy| policy.uri() == uri)
    }

    /// The URI, as OPN and endpoint descriptions carry it.
    #[must_use]
    pub const fn uri(self) -> &'static str {
        self.0.uri
    }

    /// What stands behind the `#` of the URI.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.0.name
    }

    /// Whether this is the policy None.
    #[must_use]
    pub const fn is_none(self) -> bool {
        self.0.suite.is_none()
    }

    /// How signatures with a private key are made; `None` for the policy None.
    #[must_use]
    pub fn sign_algorithm(self) -> Option<SignatureAlgorithm> {
        self.0.suite.as_ref().map(|suite| suite.signature)
    }

    /// How a private key decrypts; `None` for the policy None.
    #[must_use]
    pub fn decrypt_algorithm(self) -> Option<DecryptionAlgorithm> {
        self.0.suite.as_ref().map(|suite| suite.decryption)
    }

    /// The URI of the asymmetric signature algorithm, as SignatureData carries it.
    #[must_use]
    pub fn signature_uri(self) -> Option<&'static str> {
        self.sign_algorithm().map(|algorithm| match algorithm {
            SignatureAlgorithm::RsaPkcs1Sha256 => "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            SignatureAlgorithm::RsaPssSha256 => "http://opcfoundation.org/UA/security/rsa-pss-sha2-256",
        })
    }

    /// The URI of the asymmetric encryption algorithm, as a UserNameIdentityToken carries it.
    #[must_use]
    pub fn encryption_uri(self) -> Option<&'static str> {
        self.decrypt_algorithm().map(|algorithm| match algorithm {
            DecryptionAlgorithm::RsaOaepSha1 => "http://www.w3.org/2001/04/xmlenc#rsa-oaep",
            DecryptionAlgorithm::RsaOaepSha256 => "http://opcfoundation.org/UA/security/rsa-oaep-sha2-256",
        })
    }

    /// The length of the nonces that keys are derived from, in bytes; 0 for the policy None.
    #[must_use]
    pub const fn nonce_length(self) -> usize {
        if self.is_none() { 0 } else { NONCE_LENGTH }
    }

    pub(crate) fn key_lengths(self) -> Option<KeyLengths> {
        self.0.suite.as_ref().map(|suite| suite.lengths)
    }
}

impl PartialEq for SecurityPolicy {
    fn eq(&self, other: &Self) -> bool {
        self.uri() == other.uri()
    }
}

impl Eq for SecurityPolicy {}

impl fmt::Debug for SecurityPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for SecurityPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The same for every RSA policy here.
const NONCE_LENGTH: usize = 32;

static NONE: Row = Row { uri: "http://opcfoundation.org/UA/SecurityPolicy#None", name: "None", suite: None };

static BASIC256_SHA256: Row = Row {
    uri: "http://opcfoundation.org/UA/SecurityPolicy#Basic256Sha256",
    name: "Basic256Sha256",
    suite: Some(Suite {
        signature: SignatureAlgorithm::RsaPkcs1Sha256,
        decryption: DecryptionAlgorithm::RsaOaepSha1,
        lengths: KeyLengths { signing: 32, encrypting: 32 },
    }),
};

static AES128_SHA256_RSA_OAEP: Row = Row {
    uri: "http://opcfoundation.org/UA/SecurityPolicy#Aes128_Sha256_RsaOaep",
    name: "Aes128_Sha256_RsaOaep",
    suite: Some(Suite {
        signature: SignatureAlgorithm::RsaPkcs1Sha256,
        decryption: DecryptionAlgorithm::RsaOaepSha1,
        lengths: KeyLengths { signing: 32, encrypting: 16 },
    }),
};

static AES256_SHA256_RSA_PSS: Row = Row {
    uri: "http://opcfoundation.org/UA/SecurityPolicy#Aes256_Sha256_RsaPss",
    name: "Aes256_Sha256_RsaPss",
    suite: Some(Suite {
        signature: SignatureAlgorithm::RsaPssSha256,
        decryption: DecryptionAlgorithm::RsaOaepSha256,
        lengths: KeyLengths { signing: 32, encrypting: 32 },
    }),
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_found_by_its_uri_and_nothing_else() {
        for policy in SecurityPolicy::ALL.iter().copied() {
            assert_eq!(SecurityPolicy::from_uri(policy.uri()), Some(policy));
            assert!(policy.uri().ends_with(policy.name()));
        }
        assert_eq!(SecurityPolicy::from_uri("http://opcfoundation.org/UA/SecurityPolicy#Basic128Rsa15"), None);
        assert_eq!(SecurityPolicy::from_uri(""), None);
    }
}
