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

/// A curve that keys are made on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Curve {
    P256,
    P384,
}

impl Curve {
    const ALL: [Self; 2] = [Self::P256, Self::P384];

    /// How keys on it sign: with the hash that is as strong as the curve.
    pub(super) const fn signature(self) -> SignatureAlgorithm {
        match self {
            Self::P256 => SignatureAlgorithm::EcdsaSha256,
            Self::P384 => SignatureAlgorithm::EcdsaSha384,
        }
    }

    /// Fails if keys on it do not sign so.
    pub(super) fn check(self, wanted: SignatureAlgorithm) -> Result<()> {
        if wanted == self.signature() {
            return Ok(());
        }
        let message = format!("a key on {self:?} signs by {:?} only, not by {wanted:?}", self.signature());
        Err(Error::new(ErrorKind::InvalidArgument, "sign", message))
    }

    fn algorithm(self) -> &'static EcdsaSigningAlgorithm {
        match self {
            Self::P256 => &ECDSA_P256_SHA256_ASN1_SIGNING,
            Self::P384 => &ECDSA_P384_SHA384_ASN1_SIGNING,
        }
    }
}

impl EcKey {
    pub(super) fn generate(curve: Curve) -> Result<Self> {
        let pair = EcdsaKeyPair::generate(curve.algorithm()).map_err(|cause| failed("generate key").because(cause))?;
        Self::from_pair(pair, curve)
    }

    /// Reads PKCS#8 or SEC 1 (DER); `None` if it is no key on one of the curves.
    pub(super) fn from_der(der: &[u8]) -> Option<Self> {
        let read = |curve: Curve| {
            let pair = EcdsaKeyPair::from_private_key_der(curve.algorithm(), der).ok()?;
            Self::from_pair(pair, curve).ok()
        };
        Curve::ALL.into_iter().find_map(read)
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
