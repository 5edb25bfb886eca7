//! Keys on elliptic curves in memory, for the stores that keep them themselves.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm, KeyPair,
};
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};
use crate::keys::curve::Curve;
use crate::keys::rsa::off_thread;
use crate::keys::{DecryptionAlgorithm, PrivateKey, SignatureAlgorithm};

/// A key on P-256 or P-384. The library that holds it clears it when it is dropped.
#[derive(Clone)]
pub(super) struct EcKey(Arc<Halves>);

struct Halves {
    pair: EcdsaKeyPair,
    curve: Curve,
    public: Vec<u8>,
}

/// The curves of the library.
const CURVES: [(Curve, &EcdsaSigningAlgorithm); 2] =
    [(Curve::P256, &ECDSA_P256_SHA256_ASN1_SIGNING), (Curve::P384, &ECDSA_P384_SHA384_ASN1_SIGNING)];

impl EcKey {
    pub(super) fn generate(curve: Curve) -> Result<Self> {
        let (_, algorithm) = CURVES.into_iter().find(|(own, _)| *own == curve).ok_or_else(|| failed("generate key"))?;
        let pair = EcdsaKeyPair::generate(algorithm).map_err(|cause| failed("generate key").because(cause))?;
        Self::from_pair(pair, curve)
    }

    /// Reads PKCS#8 or SEC 1 (DER); `None` if it is no key on one of these curves.
    pub(super) fn from_der(der: &[u8]) -> Option<Self> {
        let read = |(curve, algorithm): (Curve, &'static EcdsaSigningAlgorithm)| {
            let pair = EcdsaKeyPair::from_private_key_der(algorithm, der).ok()?;
            Self::from_pair(pair, curve).ok()
        };
        CURVES.into_iter().find_map(read)
    }

    /// The key as PKCS#8 (DER).
    pub(super) fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>> {
        let document = self.0.pair.to_pkcs8v1().map_err(|cause| failed("write key").because(cause))?;
        Ok(Zeroizing::new(document.as_ref().to_vec()))
    }

    fn from_pair(pair: EcdsaKeyPair, curve: Curve) -> Result<Self> {
        let public: PublicKeyX509Der<'_> =
            pair.public_key().as_der().map_err(|cause| failed("read key").because(cause))?;
        let public = public.as_ref().to_vec();
        Ok(Self(Arc::new(Halves { pair, curve, public })))
    }
}

#[async_trait]
impl PrivateKey for EcKey {
    fn public_key(&self) -> &[u8] {
        &self.0.public
    }

    fn supports(&self, _: DecryptionAlgorithm) -> bool {
        false
    }

    async fn sign(&self, algorithm: SignatureAlgorithm, data: &[u8]) -> Result<Vec<u8>> {
        self.0.curve.check(algorithm)?;
        let (halves, data) = (Arc::clone(&self.0), data.to_vec());
        off_thread(move || {
            let signature = halves.pair.sign(&SystemRandom::new(), &data);
            signature.map(|signature| signature.as_ref().to_vec()).map_err(|cause| failed("sign").because(cause))
        })
        .await
    }

    async fn decrypt(&self, _: DecryptionAlgorithm, _: &[u8]) -> Result<Vec<u8>> {
        Err(decrypts_nothing())
    }
}

pub(super) fn decrypts_nothing() -> Error {
    Error::new(ErrorKind::Unsupported, "decrypt", "keys on elliptic curves only sign; use an RSA key")
}

fn failed(operation: &'static str) -> Error {
    Error::new(ErrorKind::Internal, operation, "the cryptographic library refused")
}

impl fmt::Debug for EcKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EcKey({:?})", self.0.curve)
    }
}
