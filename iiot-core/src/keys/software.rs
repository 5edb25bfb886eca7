//! Keys of every kind in memory, for the stores that keep them themselves.

use std::sync::Arc;

use zeroize::Zeroizing;

use crate::error::Result;
use crate::keys::ec::{Curve, EcKey};
use crate::keys::rsa::{RsaKey, off_thread};
use crate::keys::{KeySpec, PrivateKey};

#[derive(Debug, Clone)]
pub(super) enum SoftwareKey {
    Rsa(RsaKey),
    Ec(EcKey),
}

impl SoftwareKey {
    /// Makes a key; takes seconds for long RSA keys.
    pub(super) async fn generate(spec: KeySpec) -> Result<Self> {
        let curve = match spec {
            KeySpec::Rsa(bits) => return RsaKey::generate(bits).await.map(Self::Rsa),
            KeySpec::NistP256 => Curve::P256,
            KeySpec::NistP384 => Curve::P384,
        };
        off_thread(move || EcKey::generate(curve)).await.map(Self::Ec)
    }

    /// Reads PKCS#8, PKCS#1 or SEC 1 (DER).
    pub(super) fn from_der(der: &[u8]) -> Result<Self> {
        EcKey::from_der(der).map_or_else(|| RsaKey::from_der(der).map(Self::Rsa), |key| Ok(Self::Ec(key)))
    }

    pub(super) fn public_key(&self) -> &[u8] {
        match self {
            Self::Rsa(key) => key.public_key(),
            Self::Ec(key) => key.public_key(),
        }
    }

    /// The key as PKCS#8 (DER).
    pub(super) fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>> {
        match self {
            Self::Rsa(key) => key.to_pkcs8(),
            Self::Ec(key) => key.to_pkcs8(),
        }
    }

    pub(super) fn shared(self) -> Arc<dyn PrivateKey> {
        match self {
            Self::Rsa(key) => Arc::new(key),
            Self::Ec(key) => Arc::new(key),
        }
    }
}
