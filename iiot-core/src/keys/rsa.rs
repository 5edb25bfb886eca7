//! RSA keys in memory, for the stores that keep them themselves.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{
    KeyPair, KeySize, OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, PrivateDecryptingKey,
};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding};
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};
use crate::keys::{DecryptionAlgorithm, PrivateKey, SignatureAlgorithm};
use crate::ua::StatusCode;

/// An RSA key of 2048 to 8192 bits. The library that holds it clears it when it is dropped.
#[derive(Clone)]
pub(super) struct RsaKey(Arc<Halves>);

struct Halves {
    signing: KeyPair,
    decrypting: OaepPrivateDecryptingKey,
    public: Vec<u8>,
}

impl RsaKey {
    /// Makes a key; takes seconds for long ones.
    pub(super) async fn generate(bits: usize) -> Result<Self> {
        let size = match bits {
            2048 => KeySize::Rsa2048,
            3072 => KeySize::Rsa3072,
            4096 => KeySize::Rsa4096,
            _ => return Err(wrong_length()),
        };
        off_thread(move || {
            let pair = KeyPair::generate(size).map_err(|cause| failed("generate key").because(cause))?;
            Self::from_pair(pair)
        })
        .await
    }

    /// Reads PKCS#8 or PKCS#1 (DER).
    pub(super) fn from_der(der: &[u8]) -> Result<Self> {
        let pair = KeyPair::from_pkcs8(der).or_else(|_| KeyPair::from_der(der));
        Self::from_pair(pair.map_err(|cause| {
            Error::new(
                ErrorKind::Corrupt,
                "read key",
                "it is neither an RSA key of 2048 to 8192 bits nor one on P-256 or P-384",
            )
            .because(cause)
        })?)
    }

    /// The key as PKCS#8 (DER).
    pub(super) fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>> {
        self.0.pkcs8()
    }

    fn from_pair(signing: KeyPair) -> Result<Self> {
        let refused = || failed("read key");
        let der: Pkcs8V1Der<'_> = signing.as_der().map_err(|cause| refused().because(cause))?;
        let private = PrivateDecryptingKey::from_pkcs8(der.as_ref()).map_err(|cause| refused().because(cause))?;
        let public: PublicKeyX509Der<'_> = signing.public_key().as_der().map_err(|cause| refused().because(cause))?;
        Ok(Self(Arc::new(Halves {
            public: public.as_ref().to_vec(),
            decrypting: OaepPrivateDecryptingKey::new(private).map_err(|cause| refused().because(cause))?,
            signing,
        })))
    }
}

#[async_trait]
impl PrivateKey for RsaKey {
    fn public_key(&self) -> &[u8] {
        &self.0.public
    }

    async fn sign(&self, algorithm: SignatureAlgorithm, data: &[u8]) -> Result<Vec<u8>> {
        let (halves, data) = (Arc::clone(&self.0), data.to_vec());
        off_thread(move || halves.sign(algorithm, &data)).await
    }

    async fn decrypt(&self, algorithm: DecryptionAlgorithm, block: &[u8]) -> Result<Vec<u8>> {
        let (halves, block) = (Arc::clone(&self.0), block.to_vec());
        off_thread(move || halves.decrypt(algorithm, &block)).await
    }
}

impl Halves {
    fn sign(&self, algorithm: SignatureAlgorithm, data: &[u8]) -> Result<Vec<u8>> {
        let encoding: &dyn RsaEncoding = match algorithm {
            SignatureAlgorithm::RsaPkcs1Sha256 => &RSA_PKCS1_SHA256,
            SignatureAlgorithm::RsaPssSha256 => &RSA_PSS_SHA256,
            SignatureAlgorithm::RsaPkcs1Sha1 => return self.sign_sha1(data),
            SignatureAlgorithm::EcdsaSha256 | SignatureAlgorithm::EcdsaSha384 => return Err(no_ecdsa(algorithm)),
        };
        let mut signature = vec![0; self.signing.public_modulus_len()];
        self.signing
            .sign(encoding, &SystemRandom::new(), data, &mut signature)
            .map_err(|cause| failed("sign").because(cause))?;
        Ok(signature)
    }

    fn decrypt(&self, algorithm: DecryptionAlgorithm, block: &[u8]) -> Result<Vec<u8>> {
        let algorithm = match algorithm {
            DecryptionAlgorithm::RsaOaepSha1 => &OAEP_SHA1_MGF1SHA1,
            DecryptionAlgorithm::RsaOaepSha256 => &OAEP_SHA256_MGF1SHA256,
            DecryptionAlgorithm::RsaPkcs1V15 => return self.decrypt_pkcs1(block),
        };
        let mut plain = Zeroizing::new(vec![0; self.decrypting.min_output_size()]);
        let plain = self.decrypting.decrypt(algorithm, block, &mut plain, None);
        plain.map(|plain| plain.to_vec()).map_err(|_| {
            Error::new(ErrorKind::Security, "decrypt", "it was not encrypted for this key")
                .with_status(StatusCode::BadSecurityChecksFailed)
        })
    }

    fn pkcs8(&self) -> Result<Zeroizing<Vec<u8>>> {
        let der: Pkcs8V1Der<'_> = self.signing.as_der().map_err(|cause| failed("write key").because(cause))?;
        Ok(Zeroizing::new(der.as_ref().to_vec()))
    }
}

#[cfg(feature = "legacy-policies")]
impl Halves {
    fn sign_sha1(&self, data: &[u8]) -> Result<Vec<u8>> {
        super::legacy::sign_sha1(&self.pkcs8()?, data)
    }

    fn decrypt_pkcs1(&self, block: &[u8]) -> Result<Vec<u8>> {
        super::legacy::decrypt_pkcs1(&self.pkcs8()?, block)
    }
}

#[cfg(not(feature = "legacy-policies"))]
impl Halves {
    #[expect(clippy::unused_self, reason = "with the feature it signs")]
    fn sign_sha1(&self, _: &[u8]) -> Result<Vec<u8>> {
        Err(without_legacy("sign"))
    }

    #[expect(clippy::unused_self, reason = "with the feature it decrypts")]
    fn decrypt_pkcs1(&self, _: &[u8]) -> Result<Vec<u8>> {
        Err(without_legacy("decrypt"))
    }
}

#[cfg(not(feature = "legacy-policies"))]
fn without_legacy(operation: &'static str) -> Error {
    let why = "this algorithm is broken; the feature `legacy-policies` of iiot-core would bring it";
    Error::new(ErrorKind::Unsupported, operation, why)
}

impl fmt::Debug for RsaKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RsaKey({} bits)", self.0.signing.public_modulus_len() * 8)
    }
}

/// Runs work that would stall an async runtime on its blocking threads; without a runtime, here.
pub(crate) async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    match tokio::runtime::Handle::try_current() {
        Ok(runtime) => match runtime.spawn_blocking(work).await {
            Ok(outcome) => outcome,
            Err(cause) => Err(failed("run blocking work").because(cause)),
        },
        Err(_) => work(),
    }
}

pub(super) fn wrong_length() -> Error {
    Error::new(ErrorKind::InvalidArgument, "generate key", "RSA keys have 2048, 3072 or 4096 bits")
}

pub(super) fn no_ecdsa(wanted: SignatureAlgorithm) -> Error {
    let message = format!("an RSA key does not sign by {wanted:?}: that takes a key on an elliptic curve");
    Error::new(ErrorKind::InvalidArgument, "sign", message)
}

fn failed(operation: &'static str) -> Error {
    Error::new(ErrorKind::Internal, operation, "the cryptographic library refused")
}
