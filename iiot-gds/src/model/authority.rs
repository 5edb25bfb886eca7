//! Words of authorities.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which key an authority has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum AuthorityKey {
    /// RSA, 2048 bits.
    Rsa2048,
    /// RSA, 3072 bits.
    Rsa3072,
    /// RSA, 4096 bits.
    Rsa4096,
    /// On the curve P-256.
    NistP256,
    /// On the curve P-384.
    NistP384,
    /// On the curve brainpoolP256r1, where the program was built with the feature `brainpool`.
    BrainpoolP256r1,
    /// On the curve brainpoolP384r1, likewise.
    BrainpoolP384r1,
}

/// How far an authority is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Stage {
    /// Its certificate is being made.
    Making,
    /// It is trusted, so that everybody knows it before it takes another one's place; it issues nothing yet.
    Prepared,
    /// It issues certificates.
    Active,
    /// It issues nothing any more, and is trusted as long as its certificates are in use.
    Retiring,
    /// It is no longer trusted.
    Retired,
}
