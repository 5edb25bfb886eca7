//! Security policies (OPC 10000-7 §6.6) as rows of one table.
//!
//! What a policy consists of is known here alone: the conversation asks for a MAC length, a block
//! length, keys out of nonces, a signature. Policies on elliptic curves add a kind of [`RemoteKey`] and
//! an exchange of ephemeral keys instead of nonces; policies on AES-GCM add a kind of [`DirectionKeys`].

mod asymmetric;
#[cfg(feature = "legacy-policies")]
mod legacy;
mod symmetric;

pub(crate) use asymmetric::RemoteKey;
pub(crate) use symmetric::{BLOCK, DirectionKeys};

use std::fmt;

use aws_lc_rs::hmac;

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
    symmetric: SymmetricSuite,
    /// The length of the nonces that keys are derived from: SecureChannelNonceLength.
    nonce: usize,
}

/// What secures the chunks of a token, with lengths in bytes. The cipher is AES-CBC.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SymmetricSuite {
    /// The MAC of chunks, and what stretches nonces to keys.
    hmac: hmac::Algorithm,
    /// DerivedSignatureKeyLength.
    signing_key: usize,
    encryption_key: usize,
}

impl SymmetricSuite {
    /// The length of both keys and the initialization vector together.
    pub(crate) const fn material(&self) -> usize {
        self.signing_key + self.encryption_key + BLOCK
    }

    /// Splits what [`material`](Self::material) counts: signing key, encryption key, initialization vector.
    pub(crate) fn parts<'a>(&self, material: &'a [u8]) -> [&'a [u8]; 3] {
        let (signing, rest) = material.split_at(self.signing_key);
        let (encryption, iv) = rest.split_at(self.encryption_key);
        [signing, encryption, iv]
    }
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

    /// RSA-PKCS1-v1_5, SHA-1 signatures, AES-128-CBC, HMAC-SHA1: broken, for old devices only.
    #[cfg(feature = "legacy-policies")]
    pub const BASIC128_RSA15: Self = Self(&legacy::BASIC128_RSA15);
    /// RSA-OAEP with SHA-1, SHA-1 signatures, AES-256-CBC, HMAC-SHA1: broken, for old devices only.
    #[cfg(feature = "legacy-policies")]
    pub const BASIC256: Self = Self(&legacy::BASIC256);

    /// Every policy of this build, weakest first.
    pub const ALL: &'static [Self] = &[
        Self::NONE,
        #[cfg(feature = "legacy-policies")]
        Self::BASIC128_RSA15,
        #[cfg(feature = "legacy-policies")]
        Self::BASIC256,
        Self::AES128_SHA256_RSA_OAEP,
        Self::BASIC256_SHA256,
        Self::AES256_SHA256_RSA_PSS,
    ];

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

    /// Whether its algorithms are broken: SHA-1 signatures.
    #[must_use]
    pub const fn is_legacy(self) -> bool {
        match &self.0.suite {
            Some(suite) => matches!(suite.signature, SignatureAlgorithm::RsaPkcs1Sha1),
            None => false,
        }
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
        self.sign_algorithm().and_then(|algorithm| match algorithm {
            SignatureAlgorithm::RsaPkcs1Sha256 => Some("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"),
            SignatureAlgorithm::RsaPssSha256 => Some("http://opcfoundation.org/UA/security/rsa-pss-sha2-256"),
            SignatureAlgorithm::RsaPkcs1Sha1 => Some("http://www.w3.org/2000/09/xmldsig#rsa-sha1"),
            // Policies on elliptic curves have an empty one.
            SignatureAlgorithm::EcdsaSha256 | SignatureAlgorithm::EcdsaSha384 => None,
        })
    }

    /// The URI of the asymmetric encryption algorithm, as a UserNameIdentityToken carries it.
    #[must_use]
    pub fn encryption_uri(self) -> Option<&'static str> {
        self.decrypt_algorithm().map(|algorithm| match algorithm {
            DecryptionAlgorithm::RsaOaepSha1 => "http://www.w3.org/2001/04/xmlenc#rsa-oaep",
            DecryptionAlgorithm::RsaOaepSha256 => "http://opcfoundation.org/UA/security/rsa-oaep-sha2-256",
            DecryptionAlgorithm::RsaPkcs1V15 => "http://www.w3.org/2001/04/xmlenc#rsa-1_5",
        })
    }

    /// The length of the nonces that keys are derived from, in bytes; 0 for the policy None.
    #[must_use]
    pub const fn nonce_length(self) -> usize {
        match &self.0.suite {
            Some(suite) => suite.nonce,
            None => 0,
        }
    }

    pub(crate) fn symmetric(self) -> Option<&'static SymmetricSuite> {
        self.0.suite.as_ref().map(|suite| &suite.symmetric)
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

const fn hmac_sha256(encryption_key: usize) -> SymmetricSuite {
    SymmetricSuite { hmac: hmac::HMAC_SHA256, signing_key: 32, encryption_key }
}

static NONE: Row = Row { uri: "http://opcfoundation.org/UA/SecurityPolicy#None", name: "None", suite: None };

static BASIC256_SHA256: Row = Row {
    uri: "http://opcfoundation.org/UA/SecurityPolicy#Basic256Sha256",
    name: "Basic256Sha256",
    suite: Some(Suite {
        signature: SignatureAlgorithm::RsaPkcs1Sha256,
        decryption: DecryptionAlgorithm::RsaOaepSha1,
        symmetric: hmac_sha256(32),
        nonce: 32,
    }),
};

static AES128_SHA256_RSA_OAEP: Row = Row {
    uri: "http://opcfoundation.org/UA/SecurityPolicy#Aes128_Sha256_RsaOaep",
    name: "Aes128_Sha256_RsaOaep",
    suite: Some(Suite {
        signature: SignatureAlgorithm::RsaPkcs1Sha256,
        decryption: DecryptionAlgorithm::RsaOaepSha1,
        symmetric: hmac_sha256(16),
        nonce: 32,
    }),
};

static AES256_SHA256_RSA_PSS: Row = Row {
    uri: "http://opcfoundation.org/UA/SecurityPolicy#Aes256_Sha256_RsaPss",
    name: "Aes256_Sha256_RsaPss",
    suite: Some(Suite {
        signature: SignatureAlgorithm::RsaPssSha256,
        decryption: DecryptionAlgorithm::RsaOaepSha256,
        symmetric: hmac_sha256(32),
        nonce: 32,
    }),
};

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_policy_is_found_by_its_uri_and_nothing_else() {
        for policy in SecurityPolicy::ALL.iter().copied() {
            assert_eq!(SecurityPolicy::from_uri(policy.uri()), Some(policy));
            assert!(policy.uri().ends_with(policy.name()));
        }
        let legacy = SecurityPolicy::from_uri("http://opcfoundation.org/UA/SecurityPolicy#Basic128Rsa15");
        assert_eq!(legacy.is_some(), cfg!(feature = "legacy-policies"));
        assert_eq!(SecurityPolicy::from_uri(""), None);
    }

    #[test]
    fn lengths_are_those_of_the_specification() {
        let lengths = |policy: SecurityPolicy| {
            let suite = policy.symmetric().unwrap();
            (suite.signing_key, suite.encryption_key, policy.nonce_length())
        };
        assert_eq!(lengths(SecurityPolicy::BASIC256_SHA256), (32, 32, 32));
        assert_eq!(lengths(SecurityPolicy::AES128_SHA256_RSA_OAEP), (32, 16, 32));
        assert_eq!(lengths(SecurityPolicy::AES256_SHA256_RSA_PSS), (32, 32, 32));
        assert_eq!(SecurityPolicy::NONE.nonce_length(), 0);
        assert!(SecurityPolicy::ALL.iter().all(|policy| !policy.is_legacy()) || cfg!(feature = "legacy-policies"));
    }
}
