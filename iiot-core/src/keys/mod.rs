//! Private keys that one can sign and decrypt with and never read.

#[cfg(feature = "brainpool")]
mod brainpool;
#[cfg(feature = "opcua")]
mod curve;
#[cfg(feature = "opcua")]
mod ec;
#[cfg(feature = "opcua")]
mod fs;
#[cfg(feature = "legacy-policies")]
mod legacy;
#[cfg(feature = "opcua")]
mod memory;
#[cfg(feature = "pkcs11")]
mod pkcs11;
#[cfg(feature = "opcua")]
mod portable;
#[cfg(feature = "opcua")]
mod rsa;
#[cfg(feature = "opcua")]
mod sealed;
#[cfg(feature = "opcua")]
mod secret_box;
#[cfg(feature = "opcua")]
mod software;

#[cfg(feature = "opcua")]
pub use fs::FsKeyStore;
#[cfg(feature = "opcua")]
pub use memory::MemoryKeyStore;
#[cfg(feature = "pkcs11")]
pub use pkcs11::{Pkcs11KeyStore, Pkcs11Options};
#[cfg(feature = "opcua")]
pub use portable::PortableKey;
#[cfg(feature = "opcua")]
pub(crate) use rsa::off_thread;
#[cfg(feature = "opcua")]
pub use sealed::Passphrase;
#[cfg(feature = "opcua")]
pub use secret_box::SecretBox;

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;

use crate::error::Result;

/// Holds private keys by name.
#[async_trait]
pub trait KeyStore: Debug + Send + Sync + 'static {
    /// Makes a key. Fails with `AlreadyExists` if the name is taken.
    async fn generate(&self, name: &str, spec: KeySpec) -> Result<Arc<dyn PrivateKey>>;

    /// The key of this name, or `None`.
    async fn open(&self, name: &str) -> Result<Option<Arc<dyn PrivateKey>>>;

    /// Destroys the key. Fails with `NotFound` if there is none.
    async fn remove(&self, name: &str) -> Result<()>;

    /// The names, sorted.
    async fn names(&self) -> Result<Vec<String>>;
}

/// A private key. Operations may take long: hardware, network, a PIN pad.
#[async_trait]
pub trait PrivateKey: Debug + Send + Sync + 'static {
    /// The public half as SubjectPublicKeyInfo (DER).
    fn public_key(&self) -> &[u8];

    /// Whether [`decrypt`](Self::decrypt) can do this; hardware may not.
    fn supports(&self, algorithm: DecryptionAlgorithm) -> bool {
        let _ = algorithm;
        true
    }

    /// Signs `data` (the data itself, not its hash). Fails with `InvalidArgument` if the algorithm is none of a key of
    /// this kind.
    async fn sign(&self, algorithm: SignatureAlgorithm, data: &[u8]) -> Result<Vec<u8>>;

    /// Decrypts one block, as long as the modulus. Keys on elliptic curves do not: `Unsupported`.
    async fn decrypt(&self, algorithm: DecryptionAlgorithm, block: &[u8]) -> Result<Vec<u8>>;
}

/// Which key to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeySpec {
    /// RSA with this many bits: 2048, 3072 or 4096.
    Rsa(usize),
    /// On the curve P-256 (secp256r1): to sign only.
    NistP256,
    /// On the curve P-384 (secp384r1): to sign only.
    NistP384,
    /// On the curve brainpoolP256r1: to sign only. `Unsupported` without the feature `brainpool`.
    BrainpoolP256r1,
    /// On the curve brainpoolP384r1: to sign only. `Unsupported` without the feature `brainpool`.
    BrainpoolP384r1,
}

/// How to sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SignatureAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    RsaPkcs1Sha256,
    /// RSASSA-PSS with SHA-256; the salt is as long as the hash.
    RsaPssSha256,
    /// ECDSA with SHA-256 on P-256 or brainpoolP256r1; the signature is an ECDSA-Sig-Value (DER), as X.509 wants it.
    EcdsaSha256,
    /// ECDSA with SHA-384 on P-384 or brainpoolP384r1; likewise.
    EcdsaSha384,
    /// RSASSA-PKCS1-v1_5 with SHA-1 (Basic128Rsa15, Basic256): broken. The stores here refuse it without the
    /// feature `legacy-policies`.
    RsaPkcs1Sha1,
}

/// How to decrypt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DecryptionAlgorithm {
    /// RSAES-OAEP with SHA-1 (Basic256Sha256, Aes128_Sha256_RsaOaep).
    RsaOaepSha1,
    /// RSAES-OAEP with SHA-256 (Aes256_Sha256_RsaPss).
    RsaOaepSha256,
    /// RSAES-PKCS1-v1_5 (Basic128Rsa15): broken. The stores here refuse it without the feature `legacy-policies`.
    ///
    /// A block with wrong padding is no error: it decrypts to random bytes, since whoever learns which blocks are well
    /// padded can decrypt others (Bleichenbacher 1998). What the bytes are used for must fail then, always the same way.
    RsaPkcs1V15,
}
