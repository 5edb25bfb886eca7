//! The key of a place: what is asked of it is sealed for that key.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use aws_lc_rs::agreement::{EphemeralPrivateKey, PrivateKey, UnparsedPublicKey, X25519, agree, agree_ephemeral};
use aws_lc_rs::rand::SystemRandom;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use super::seal::Keys;
use crate::access::keys::seed;
use crate::error::{Error, ErrorKind, Result};

/// The public key of a place. As text: 43 letters, digits, `-` and `_`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PlaceKey([u8; 32]);

/// The private key of a place (X25519).
pub struct PlaceSecret {
    private: PrivateKey,
    public: PlaceKey,
}

impl PlaceSecret {
    /// The key in a file, which is made with a new one where it is missing. Only its owner can read it.
    ///
    /// # Errors
    /// `Io` if it cannot be read or written, `Corrupt` if it holds no key.
    pub fn open(path: &Path) -> Result<Self> {
        let seed = seed::open(OPEN, path)?;
        Self::of(&seed).map_err(|error| error.with("file", path.display()))
    }

    /// The public half, which callers need.
    #[must_use]
    pub fn public(&self) -> PlaceKey {
        self.public
    }

    fn of(seed: &[u8]) -> Result<Self> {
        let private = PrivateKey::from_private_key(&X25519, seed).map_err(|_| unusable("it holds no X25519 key"))?;
        let computed = private.compute_public_key().map_err(|_| unusable("it holds no usable key"))?;
        let public = computed.as_ref().try_into().map_err(|_| unusable("its public half has no 32 bytes"))?;
        Ok(Self { private, public: PlaceKey(public) })
    }

    /// The keys shared with the caller of this public key; `None` if it is no key.
    pub(super) fn share(&self, caller: &[u8]) -> Option<Keys> {
        let peer = UnparsedPublicKey::new(&X25519, caller);
        agree(&self.private, peer, (), |agreed| Ok(Keys::derive(agreed, caller, &self.public.0))).ok()
    }
}

impl PlaceKey {
    /// New keys for a request to the place, and the public half of ours.
    pub(super) fn share(&self) -> Result<(Keys, Vec<u8>)> {
        let failed = |()| unusable("it is not the public key of a place");
        let own = EphemeralPrivateKey::generate(&X25519, &SystemRandom::new()).map_err(|_| failed(()))?;
        let public = own.compute_public_key().map_err(|_| failed(()))?.as_ref().to_vec();
        let place = UnparsedPublicKey::new(&X25519, self.0);
        let keys = agree_ephemeral(own, place, (), |agreed| Ok(Keys::derive(agreed, &public, &self.0)));
        Ok((keys.map_err(failed)?, public))
    }
}

impl fmt::Display for PlaceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64_URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for PlaceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PlaceKey({self})")
    }
}

impl FromStr for PlaceKey {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text.trim()).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or_else(|| {
            let message = "it is not the public key of a place, which has 43 letters, digits, `-` and `_`";
            Error::new(ErrorKind::InvalidArgument, "read the key of a place", message)
        })
    }
}

impl fmt::Debug for PlaceSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PlaceSecret").field("public", &self.public).finish_non_exhaustive()
    }
}

fn unusable(message: &'static str) -> Error {
    Error::new(ErrorKind::Corrupt, OPEN, message)
}

const OPEN: &str = "open the key of a place";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::rpc::seal::counted;

    #[test]
    fn caller_and_place_agree_and_the_key_lasts() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rpc/place.key");
        let secret = PlaceSecret::open(&path).unwrap();
        let public: PlaceKey = secret.public().to_string().parse().unwrap();
        let (keys, caller) = public.share().unwrap();
        let sealed = keys.request.seal(counted(0), b"", b"open");
        let again = PlaceSecret::open(&path).unwrap();
        assert_eq!(again.share(&caller).unwrap().request.open(counted(0), b"", &sealed).unwrap(), b"open");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert!(again.share(b"short").is_none());
        std::fs::write(&path, "rubbish").unwrap();
        assert_eq!(PlaceSecret::open(&path).unwrap_err().kind(), ErrorKind::Corrupt);
        assert!("rubbish".parse::<PlaceKey>().is_err());
    }
}
