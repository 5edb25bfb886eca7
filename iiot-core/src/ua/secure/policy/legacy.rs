//! Policies with broken algorithms, for devices that know nothing better (OPC 10000-7 §6.6).

use aws_lc_rs::hmac;

use super::{Row, Suite, SymmetricSuite};
use crate::keys::{DecryptionAlgorithm, SignatureAlgorithm};

pub(super) static BASIC128_RSA15: Row = Row {
    uri: "http://opcfoundation.org/UA/SecurityPolicy#Basic128Rsa15",
    name: "Basic128Rsa15",
    suite: Some(Suite {
        signature: SignatureAlgorithm::RsaPkcs1Sha1,
        decryption: DecryptionAlgorithm::RsaPkcs1V15,
        symmetric: SymmetricSuite { hmac: hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, signing_key: 16, encryption_key: 16 },
        nonce: 16,
    }),
};

pub(super) static BASIC256: Row = Row {
    uri: "http://opcfoundation.org/UA/SecurityPolicy#Basic256",
    name: "Basic256",
    suite: Some(Suite {
        signature: SignatureAlgorithm::RsaPkcs1Sha1,
        decryption: DecryptionAlgorithm::RsaOaepSha1,
        symmetric: SymmetricSuite { hmac: hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, signing_key: 24, encryption_key: 32 },
        nonce: 32,
    }),
};
