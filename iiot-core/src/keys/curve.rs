//! Elliptic curves that keys are made on.

use crate::error::{Error, ErrorKind, Result};
use crate::keys::{KeySpec, SignatureAlgorithm};

/// A curve that keys are made on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Curve {
    P256,
    P384,
    BrainpoolP256r1,
    BrainpoolP384r1,
}

impl Curve {
    pub(super) const ALL: [Self; 4] = [Self::P256, Self::P384, Self::BrainpoolP256r1, Self::BrainpoolP384r1];

    /// That of such a key.
    ///
    /// # Errors
    /// `Unsupported` for curves that signatures could not be verified on; `InvalidArgument` for RSA.
    pub(super) fn of(spec: KeySpec) -> Result<Self> {
        match spec {
            KeySpec::Rsa(_) => Err(refused(ErrorKind::InvalidArgument, "RSA keys are on no curve")),
            KeySpec::NistP256 => Ok(Self::P256),
            KeySpec::NistP384 => Ok(Self::P384),
            _ if !cfg!(feature = "brainpool") => Err(refused(ErrorKind::Unsupported, NOT_BUILT)),
            KeySpec::BrainpoolP256r1 => Ok(Self::BrainpoolP256r1),
            KeySpec::BrainpoolP384r1 => Ok(Self::BrainpoolP384r1),
        }
    }

    /// How keys on it sign: with the hash that is as strong as the curve.
    pub(super) const fn signature(self) -> SignatureAlgorithm {
        match self {
            Self::P256 | Self::BrainpoolP256r1 => SignatureAlgorithm::EcdsaSha256,
            Self::P384 | Self::BrainpoolP384r1 => SignatureAlgorithm::EcdsaSha384,
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
}

fn refused(kind: ErrorKind, message: &'static str) -> Error {
    Error::new(kind, "make key", message)
}

const NOT_BUILT: &str = "this program was built without the feature `brainpool`, which such keys need";
