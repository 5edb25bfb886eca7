//! Keys of every kind in memory, for the stores that keep them themselves.

use std::sync::Arc;

use zeroize::Zeroizing;

use crate::error::Result;
#[cfg(feature = "brainpool")]
use crate::keys::brainpool::BrainpoolKey;
use crate::keys::curve::Curve;
use crate::keys::ec::EcKey;
use crate::keys::rsa::{RsaKey, off_thread};
use crate::keys::{KeySpec, PrivateKey};

#[derive(Debug, Clone)]
pub(super) enum SoftwareKey {
    Rsa(RsaKey),
    Ec(EcKey),
    #[cfg(feature = "brainpool")]
    Brainpool(BrainpoolKey),
}

impl SoftwareKey {
    /// Makes a key; takes seconds for long RSA keys.
    pub(super) async fn generate(spec: KeySpec) -> Result<Self> {
        if let KeySpec::Rsa(bits) = spec {
            return RsaKey::generate(bits).await.map(Self::Rsa);
        }
        let curve = Curve::of(spec)?;
        off_thread(move || Self::on(curve)).await
    }

    fn on(curve: Curve) -> Result<Self> {
        match curve {
            #[cfg(feature = "brainpool")]
            Curve::BrainpoolP256r1 | Curve::BrainpoolP384r1 => BrainpoolKey::generate(curve).map(Self::Brainpool),
            _ => EcKey::generate(curve).map(Self::Ec),
        }
    }

    /// Reads PKCS#8, PKCS#1 or SEC 1 (DER).
    pub(super) fn from_der(der: &[u8]) -> Result<Self> {
        let on_curve = EcKey::from_der(der).map(Self::Ec);
        #[cfg(feature = "brainpool")]
        let on_curve = on_curve.or_else(|| BrainpoolKey::from_der(der).map(Self::Brainpool));
        on_curve.map_or_else(|| RsaKey::from_der(der).map(Self::Rsa), Ok)
    }

    pub(super) fn public_key(&self) -> &[u8] {
        match self {
            Self::Rsa(key) => key.public_key(),
            Self::Ec(key) => key.public_key(),
            #[cfg(feature = "brainpool")]
            Self::Brainpool(key) => key.public_key(),
        }
    }

    /// The key as PKCS#8 (DER).
    pub(super) fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>> {
        match self {
            Self::Rsa(key) => key.to_pkcs8(),
            Self::Ec(key) => key.to_pkcs8(),
            #[cfg(feature = "brainpool")]
            Self::Brainpool(key) => key.to_pkcs8(),
        }
    }

    pub(super) fn shared(self) -> Arc<dyn PrivateKey> {
        match self {
            Self::Rsa(key) => Arc::new(key),
            Self::Ec(key) => Arc::new(key),
            #[cfg(feature = "brainpool")]
            Self::Brainpool(key) => Arc::new(key),
        }
    }
}
