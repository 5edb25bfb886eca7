//! The public keys of an issuer (RFC 7517).

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;

use super::verdict::Signed;
use crate::error::{Error, ErrorKind, Result};

/// Those that can verify tokens.
#[derive(Debug, Default)]
pub(super) struct KeySet(Vec<Key>);

#[derive(Debug)]
struct Key {
    id: Option<String>,
    algorithm: Algorithm,
    key: DecodingKey,
}

impl KeySet {
    /// Reads a set; keys that are not for signatures of ours are left out.
    pub(super) fn parse(text: &[u8]) -> Result<Self> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<Value>,
        }
        let set: Set = serde_json::from_slice(text).map_err(|cause| unfit("it does not parse").because(cause))?;
        if set.keys.len() > MAX_KEYS {
            return Err(unfit("there are more than 64 keys in it"));
        }
        Ok(Self(set.keys.into_iter().filter_map(usable).collect()))
    }

    /// The key that has signed a token: the one of this id, or the only one of its kind if the token names none.
    pub(super) fn find(&self, signed: &Signed) -> Option<&DecodingKey> {
        let mut fitting = self.0.iter().filter(|key| {
            key.algorithm == signed.algorithm && (signed.key.is_none() || key.id.as_deref() == signed.key.as_deref())
        });
        let (first, None) = (fitting.next()?, fitting.next()) else { return None };
        Some(&first.key)
    }
}

fn usable(value: Value) -> Option<Key> {
    let jwk: Jwk = serde_json::from_value(value).ok()?;
    let (algorithm, named) = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => (Algorithm::RS256, KeyAlgorithm::RS256),
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => {
            (Algorithm::ES256, KeyAlgorithm::ES256)
        }
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => {
            (Algorithm::EdDSA, KeyAlgorithm::EdDSA)
        }
        _ => return None,
    };
    let common = &jwk.common;
    let for_signatures = common.public_key_use.as_ref().is_none_or(|of| *of == PublicKeyUse::Signature)
        && common.key_operations.as_ref().is_none_or(|of| of.contains(&KeyOperations::Verify))
        && common.key_algorithm.as_ref().is_none_or(|of| *of == named);
    let key = DecodingKey::from_jwk(&jwk).ok().filter(|_| for_signatures)?;
    Some(Key { id: common.key_id.clone(), algorithm, key })
}

fn unfit(message: &'static str) -> Error {
    Error::new(ErrorKind::Corrupt, "read key set", message)
}

const MAX_KEYS: usize = 64;
