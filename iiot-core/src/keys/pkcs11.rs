//! Keys in hardware, reached by PKCS#11: they are made in the token and never leave it.

mod ecdsa;
mod key;
mod template;
#[cfg(test)]
mod tests;
mod token;

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use cryptoki::object::{Attribute, AttributeType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;

use self::key::TokenKey;
use self::template::Template;
use self::token::Token;
use crate::error::{Error, ErrorKind, Result};
use crate::keys::memory::{missing, taken};
use crate::keys::{KeySpec, KeyStore, Passphrase, PrivateKey, off_thread};

/// Holds keys in a PKCS#11 token: a hardware security module, a TPM, a smart card.
///
/// A key is a key pair, RSA or on P-256 or P-384, whose label is its name; it is sensitive and cannot be extracted. After
/// a token has restarted the store logs in again. A PIN that the token refused is not tried again,
/// because tokens lock themselves after a few tries.
///
/// ```no_run
/// # futures::executor::block_on(async {
/// use iiot_core::keys::{KeyStore, Passphrase, Pkcs11KeyStore, Pkcs11Options};
///
/// let keys = Pkcs11KeyStore::new(Pkcs11Options {
///     module: "/usr/lib/softhsm/libsofthsm2.so".into(),
///     token: "iiot".into(),
///     pin: Passphrase::new(std::fs::read("/run/secrets/hsm-pin")?)?,
/// });
/// println!("{:?}", keys.names().await?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # });
/// ```
#[derive(Debug, Clone)]
pub struct Pkcs11KeyStore {
    token: Arc<Token>,
}

/// Where a token is and how to log in to it.
#[derive(Debug, Clone)]
pub struct Pkcs11Options {
    /// The vendor's library. It is loaded once and stays loaded as long as the process lives.
    pub module: PathBuf,
    /// The label of the token.
    pub token: String,
    /// The PIN of its user.
    pub pin: Passphrase,
}

impl Pkcs11KeyStore {
    /// A store in this token, which is reached for when it is first needed.
    #[must_use]
    pub fn new(options: Pkcs11Options) -> Self {
        Self { token: Arc::new(Token::new(options)) }
    }

    async fn on_token<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Arc<Token>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let token = Arc::clone(&self.token);
        off_thread(move || work(&token)).await
    }
}

#[async_trait]
impl KeyStore for Pkcs11KeyStore {
    async fn generate(&self, name: &str, spec: KeySpec) -> Result<Arc<dyn PrivateKey>> {
        let (name, template) = (named(name)?, Template::of(spec)?);
        self.on_token(move |token| {
            let handle = token.with_session("generate key", |session| match find(session, Some(&name))?.first() {
                Some(_) => Ok(None),
                None => template.make(session, &name).map(Some),
            })?;
            let handle = handle.ok_or_else(|| taken(&name))?;
            TokenKey::read(token, &name, handle).map(|key| Arc::new(key) as _)
        })
        .await
    }

    async fn open(&self, name: &str) -> Result<Option<Arc<dyn PrivateKey>>> {
        let name = named(name)?;
        self.on_token(move |token| {
            let found = token.with_session("open key", |session| find(session, Some(&name)))?;
            let key = found.first().map(|handle| TokenKey::read(token, &name, *handle)).transpose()?;
            Ok(key.map(|key| Arc::new(key) as _))
        })
        .await
    }

    async fn remove(&self, name: &str) -> Result<()> {
        let name = named(name)?;
        self.on_token(move |token| {
            let removed = token.with_session("remove key", |session| {
                let private = find(session, Some(&name))?;
                let public = session.find_objects(&[Attribute::Class(ObjectClass::PUBLIC_KEY), label(&name)])?;
                private.iter().chain(&public).try_for_each(|handle| session.destroy_object(*handle))?;
                Ok(private.len())
            })?;
            if removed == 0 { Err(missing(&name)) } else { Ok(()) }
        })
        .await
    }

    async fn names(&self) -> Result<Vec<String>> {
        self.on_token(|token| {
            let mut names = token.with_session("list keys", |session| {
                find(session, None)?.into_iter().map(|handle| label_of(session, handle)).collect::<Result<Vec<_>, _>>()
            })?;
            names.sort();
            names.dedup();
            Ok(names)
        })
        .await
    }
}

/// Tokens of all vendors take so much.
const MAX_NAME: usize = 64;

type Outcome<T> = std::result::Result<T, cryptoki::error::Error>;

fn named(name: &str) -> Result<String> {
    if (1..=MAX_NAME).contains(&name.len()) && !name.chars().any(char::is_control) {
        return Ok(name.to_owned());
    }
    let message = "a key name has 1 to 64 bytes and no control characters";
    Err(Error::new(ErrorKind::InvalidArgument, "name key", message).with("key", format!("{name:?}")))
}

fn label(name: &str) -> Attribute {
    Attribute::Label(name.as_bytes().to_vec())
}

/// The private keys of this name, or all.
fn find(session: &Session, name: Option<&str>) -> Outcome<Vec<ObjectHandle>> {
    let class = Attribute::Class(ObjectClass::PRIVATE_KEY);
    session.find_objects(&[class].into_iter().chain(name.map(label)).collect::<Vec<_>>())
}

fn label_of(session: &Session, handle: ObjectHandle) -> Outcome<String> {
    let label = session.get_attributes(handle, &[AttributeType::Label])?;
    Ok(label
        .into_iter()
        .find_map(|attribute| match attribute {
            Attribute::Label(label) => Some(String::from_utf8_lossy(&label).into_owned()),
            _ => None,
        })
        .unwrap_or_default())
}
