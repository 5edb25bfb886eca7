//! Keys that are made for somebody else.

use zeroize::Zeroizing;

use crate::error::Result;
use crate::keys::KeySpec;
use crate::keys::software::SoftwareKey;

/// A private key that is made here for an application elsewhere, and goes there. No [`KeyStore`](super::KeyStore) gives
/// one away: whoever makes such a key means to.
///
/// It lies in the memory of the cryptographic library, which clears it when the last copy is dropped.
///
/// ```
/// # futures::executor::block_on(async {
/// use iiot_core::keys::{KeySpec, PortableKey};
///
/// let key = PortableKey::generate(KeySpec::NistP256).await?;
/// assert!(key.to_pkcs8()?.len() > key.public_key().len());
/// # Ok::<(), iiot_core::Error>(())
/// # }).expect("keys can be made");
/// ```
#[derive(Debug, Clone)]
pub struct PortableKey(SoftwareKey);

impl PortableKey {
    /// Makes a key; takes seconds for long RSA keys.
    ///
    /// # Errors
    /// `InvalidArgument` if RSA keys have no such length.
    pub async fn generate(spec: KeySpec) -> Result<Self> {
        SoftwareKey::generate(spec).await.map(Self)
    }

    /// The public half as SubjectPublicKeyInfo (DER).
    #[must_use]
    pub fn public_key(&self) -> &[u8] {
        self.0.public_key()
    }

    /// The private key as PKCS #8 (DER), not encrypted.
    ///
    /// # Errors
    /// `Internal` if the library refuses.
    pub fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>> {
        self.0.to_pkcs8()
    }
}
