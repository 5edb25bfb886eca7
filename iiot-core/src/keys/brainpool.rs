//! Keys on the brainpool curves in memory, for the stores that keep them themselves.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use bp256::BrainpoolP256r1;
use bp384::BrainpoolP384r1;
use ecdsa::signature::Signer;
use ecdsa::{SigningKey, der};
use elliptic_curve::pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey};
use elliptic_curve::{Generate, SecretKey};
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};
use crate::keys::curve::Curve;
use crate::keys::ec::decrypts_nothing;
use crate::keys::rsa::off_thread;
use crate::keys::{DecryptionAlgorithm, PrivateKey, SignatureAlgorithm};

/// A key on brainpoolP256r1 or brainpoolP384r1, which is cleared when it is dropped.
#[derive(Clone)]
pub(super) struct BrainpoolKey {
    secret: Arc<dyn Secret>,
    curve: Curve,
    public: Vec<u8>,
}

/// The private half on one of the curves.
trait Secret: Send + Sync {
    /// The public half as SubjectPublicKeyInfo (DER).
    fn public_key(&self) -> Option<Vec<u8>>;

    /// The signature as ECDSA-Sig-Value (DER). Its nonce follows from key and data (RFC 6979).
    fn sign(&self, data: &[u8]) -> Option<Vec<u8>>;

    fn to_pkcs8(&self) -> Option<Zeroizing<Vec<u8>>>;
}

macro_rules! secret_on {
    ($curve:ty) => {
        impl Secret for SecretKey<$curve> {
            fn public_key(&self) -> Option<Vec<u8>> {
                Some(SecretKey::public_key(self).to_public_key_der().ok()?.into_vec())
            }

            fn sign(&self, data: &[u8]) -> Option<Vec<u8>> {
                let signature: der::Signature<$curve> = SigningKey::from(self).try_sign(data).ok()?;
                Some(signature.as_bytes().to_vec())
            }

            fn to_pkcs8(&self) -> Option<Zeroizing<Vec<u8>>> {
                Some(self.to_pkcs8_der().ok()?.to_bytes())
            }
        }
    };
}

secret_on!(BrainpoolP256r1);
secret_on!(BrainpoolP384r1);

impl BrainpoolKey {
    pub(super) fn generate(curve: Curve) -> Result<Self> {
        let secret: Option<Arc<dyn Secret>> = match curve {
            Curve::BrainpoolP256r1 => made(SecretKey::<BrainpoolP256r1>::try_generate().ok()),
            Curve::BrainpoolP384r1 => made(SecretKey::<BrainpoolP384r1>::try_generate().ok()),
            Curve::P256 | Curve::P384 => None,
        };
        secret.and_then(|secret| Self::of(secret, curve)).ok_or_else(|| failed("generate key"))
    }

    /// Reads PKCS#8 or SEC 1 (DER); `None` if it is no key on one of these curves.
    pub(super) fn from_der(der: &[u8]) -> Option<Self> {
        let shorter = || SecretKey::from_pkcs8_der(der).ok().or_else(|| SecretKey::from_sec1_der(der).ok());
        let longer = || SecretKey::from_pkcs8_der(der).ok().or_else(|| SecretKey::from_sec1_der(der).ok());
        let found = made::<SecretKey<BrainpoolP256r1>>(shorter()).map(|secret| (secret, Curve::BrainpoolP256r1));
        let (secret, curve) = found
            .or_else(|| made::<SecretKey<BrainpoolP384r1>>(longer()).map(|secret| (secret, Curve::BrainpoolP384r1)))?;
        Self::of(secret, curve)
    }

    /// The key as PKCS#8 (DER).
    pub(super) fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>> {
        self.secret.to_pkcs8().ok_or_else(|| failed("write key"))
    }

    fn of(secret: Arc<dyn Secret>, curve: Curve) -> Option<Self> {
        let public = secret.public_key()?;
        Some(Self { secret, curve, public })
    }
}

fn made<S: Secret + 'static>(secret: Option<S>) -> Option<Arc<dyn Secret>> {
    secret.map(|secret| Arc::new(secret) as _)
}

#[async_trait]
impl PrivateKey for BrainpoolKey {
    fn public_key(&self) -> &[u8] {
        &self.public
    }

    fn supports(&self, _: DecryptionAlgorithm) -> bool {
        false
    }

    async fn sign(&self, algorithm: SignatureAlgorithm, data: &[u8]) -> Result<Vec<u8>> {
        self.curve.check(algorithm)?;
        let (secret, data) = (Arc::clone(&self.secret), data.to_vec());
        off_thread(move || secret.sign(&data).ok_or_else(|| failed("sign"))).await
    }

    async fn decrypt(&self, _: DecryptionAlgorithm, _: &[u8]) -> Result<Vec<u8>> {
        Err(decrypts_nothing())
    }
}

fn failed(operation: &'static str) -> Error {
    Error::new(ErrorKind::Internal, operation, "the cryptographic library refused")
}

impl fmt::Debug for BrainpoolKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BrainpoolKey({:?})", self.curve)
    }
}
