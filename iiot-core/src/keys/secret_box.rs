//! Secrets in records: sealed as keys at rest are.

use std::fmt;
use std::sync::Arc;

use parking_lot::Mutex;
use zeroize::Zeroizing;

use super::sealed::{Derivation, DerivedKey, open_with, seal_with};
use super::{Passphrase, off_thread};
use crate::error::Result;

/// Seals secrets that are kept in records, such as passwords of devices: Argon2id makes the key that AES-256-GCM encrypts
/// with. To make a key takes long, which is what it is for; each is made once in the life of a box.
///
/// ```
/// use iiot_core::keys::{Passphrase, SecretBox};
///
/// # futures::executor::block_on(async {
/// let own = SecretBox::new(Passphrase::new("correct horse battery staple")?);
/// let sealed = own.seal("device press", b"s3cret").await?;
/// assert_eq!(own.open("device press", &sealed).await?[..], *b"s3cret");
/// assert!(own.open("device lathe", &sealed).await.is_err(), "it belongs to another record");
/// # Ok::<(), iiot_core::Error>(()) }).unwrap();
/// ```
#[derive(Clone)]
pub struct SecretBox(Arc<Inner>);

struct Inner {
    passphrase: Passphrase,
    /// The keys that were made, the last used one last.
    keys: Mutex<Vec<(Derivation, DerivedKey)>>,
}

/// Boxes with other salts than these come from processes long ago; their keys are made again when they are needed.
const MAX_KEYS: usize = 64;

impl SecretBox {
    /// One that this passphrase opens.
    #[must_use]
    pub fn new(passphrase: Passphrase) -> Self {
        Self(Arc::new(Inner { passphrase, keys: Mutex::default() }))
    }

    /// Seals a secret of the record of this name, which must be named again to open it.
    ///
    /// # Errors
    /// `Internal` if the cryptographic library refuses.
    pub async fn seal(&self, name: &str, secret: &[u8]) -> Result<Vec<u8>> {
        let (inner, name, secret) = (Arc::clone(&self.0), name.to_owned(), Zeroizing::new(secret.to_vec()));
        off_thread(move || {
            let known = inner.keys.lock().last().map(|(derivation, _)| *derivation);
            let derivation = known.map_or_else(Derivation::new, Ok)?;
            seal_with(|derivation| inner.key(derivation), derivation, &name, &secret)
        })
        .await
    }

    /// Opens what was sealed.
    ///
    /// # Errors
    /// `Unauthenticated` if the passphrase or the name is another one or a byte was changed, `Corrupt` if it is nothing that
    /// was sealed.
    pub async fn open(&self, name: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        let (inner, name, sealed) = (Arc::clone(&self.0), name.to_owned(), sealed.to_vec());
        off_thread(move || open_with(|derivation| inner.key(derivation), &name, &sealed)).await
    }
}

impl Inner {
    fn key(&self, derivation: &Derivation) -> Result<DerivedKey> {
        // Held while a key is made: many records are opened at once, and most have the same.
        let mut keys = self.keys.lock();
        if let Some((_, key)) = keys.iter().find(|(known, _)| known == derivation) {
            return Ok(key.clone());
        }
        let key = derivation.key(&self.passphrase)?;
        if keys.len() >= MAX_KEYS {
            keys.remove(0);
        }
        keys.push((*derivation, key.clone()));
        Ok(key)
    }
}

impl fmt::Debug for SecretBox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretBox(…)")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::ErrorKind;

    fn own(passphrase: &str) -> SecretBox {
        SecretBox::new(Passphrase::new(passphrase).unwrap())
    }

    #[tokio::test]
    async fn another_box_with_the_same_passphrase_opens_it_and_no_other() {
        let sealed = own("p").seal("press", b"secret").await.unwrap();
        assert!(!sealed.windows(6).any(|window| window == b"secret"));
        assert_eq!(own("p").open("press", &sealed).await.unwrap()[..], *b"secret");
        for (passphrase, name) in [("q", "press"), ("p", "lathe")] {
            let refused = own(passphrase).open(name, &sealed).await.unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::Unauthenticated);
        }
        assert_eq!(own("p").open("press", b"nonsense").await.unwrap_err().kind(), ErrorKind::Corrupt);
    }

    #[tokio::test]
    async fn one_key_serves_many_secrets_each_sealed_otherwise() {
        let own = own("p");
        let first = own.seal("press", b"secret").await.unwrap();
        let second = own.seal("press", b"secret").await.unwrap();
        assert_ne!(first, second, "the nonce is new each time");
        assert_eq!(own.0.keys.lock().len(), 1);
        assert_eq!(format!("{own:?}"), "SecretBox(…)");
    }
}
