//! The keys in memory, which follow the file.

use std::collections::HashMap;
use std::path::PathBuf;

use parking_lot::Mutex;
use tokio::sync::watch;

use super::caller::CallerKey;
use super::file::{self, Kept, Stamp};
use super::signing::VerifyingKey;
use super::text::{self, SecretHash};
use super::{ApiKey, ApiKeyRequest, NewApiKey};
use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Result};
use crate::operation::{Principal, Role};
use crate::time::UtcTime;

/// The API keys of a process, in one file that only its owner can read. The file holds hashes, never secrets.
///
/// Several processes may use the file: what a command changes, a server that runs notices within a second.
///
/// ```
/// use iiot_core::access::{ApiKeyRequest, ApiKeys};
/// use iiot_core::operation::Role;
/// use iiot_core::time::UtcTime;
///
/// # let folder = tempfile::tempdir().unwrap();
/// let keys = ApiKeys::open(folder.path().join("keys.json"))?;
/// let request = ApiKeyRequest { name: "alice".into(), role: Role::Administrator, expires: None };
/// let new = keys.make(request, UtcTime::UNIX_EPOCH)?;
/// assert_eq!(keys.check(&new.text, UtcTime::UNIX_EPOCH)?.role, Role::Administrator);
/// keys.revoke(&new.key.id)?;
/// assert!(keys.check(&new.text, UtcTime::UNIX_EPOCH).is_err());
/// # Ok::<(), iiot_core::Error>(())
/// ```
#[derive(Debug)]
pub struct ApiKeys {
    path: PathBuf,
    state: Mutex<State>,
    changed: watch::Sender<()>,
}

#[derive(Debug)]
struct State {
    keys: HashMap<String, Kept>,
    /// Who signs with a key of its own, as this process was told.
    admitted: HashMap<String, (CallerKey, Grant)>,
    stamp: Option<Stamp>,
    used: HashMap<String, UtcTime>,
    /// What is wrong with the file, so that it is said once.
    complaint: String,
}

/// A key or token that was shown and is valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The id of the key; of a token `jwt:` and its subject.
    pub id: String,
    /// Who uses it.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// From when on it is refused.
    pub expires: Option<UtcTime>,
    /// What was shown.
    pub by: Proof,
}

/// What a caller shows to say who he is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Proof {
    /// An API key, which can be revoked.
    Key,
    /// A JSON Web Token, which holds until it expires.
    Token,
}

impl Grant {
    /// For a dispatcher.
    #[must_use]
    pub fn principal(&self) -> Principal {
        Principal::new(self.name.clone(), self.role)
    }
}

impl ApiKeys {
    /// The keys in a file, which is made with the first key.
    ///
    /// # Errors
    /// `Io` if it cannot be read, `Corrupt` if it does not parse, `Forbidden` if others than its owner can read it.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self> {
        let path = path.into();
        let (stamp, keys) = (file::stamp(&path), by_id(file::read(&path)?));
        let (admitted, used) = (HashMap::new(), HashMap::new());
        let state = State { keys, admitted, stamp, used, complaint: String::new() };
        Ok(Self { path, state: Mutex::new(state), changed: watch::Sender::default() })
    }

    /// Lets in who signs with this key, as long as the process runs: it is not in the file, and nobody can show it as an API
    /// key.
    ///
    /// # Errors
    /// `InvalidArgument` if the name cannot be used.
    pub fn admit(&self, caller: CallerKey, name: impl Into<String>, role: Role) -> Result<()> {
        let (id, name) = (caller.id(), name.into());
        check_name(&name)?;
        let grant = Grant { id: id.clone(), name, role, expires: None, by: Proof::Key };
        self.state.lock().admitted.insert(id, (caller, grant));
        Ok(())
    }

    /// Makes a key.
    ///
    /// # Errors
    /// `InvalidArgument` if the name cannot be used, `LimitExceeded` at 20,000 keys.
    pub fn make(&self, request: ApiKeyRequest, now: UtcTime) -> Result<NewApiKey> {
        self.make_if(request, now, |_| Ok(()))
    }

    /// Makes an administrator's key where nobody has one: how a new installation gets its first key.
    ///
    /// # Errors
    /// `AlreadyExists` if there is a valid one.
    pub fn make_first(&self, name: impl Into<String>, now: UtcTime) -> Result<NewApiKey> {
        let request = ApiKeyRequest { name: name.into(), role: Role::Administrator, expires: None };
        self.make_if(request, now, |keys| match keys.iter().find(|kept| is_administrator(&kept.key, now)) {
            None => Ok(()),
            Some(kept) => {
                let message = "an administrator has a key already, who can make others";
                Err(Error::new(ErrorKind::AlreadyExists, MAKE, message).with("key", &kept.key.id))
            }
        })
    }

    /// Refuses a key from now on, here and in other processes that use the file.
    ///
    /// # Errors
    /// `NotFound` if there is no such key.
    pub fn revoke(&self, id: &str) -> Result<ApiKey> {
        let revoked = file::change(&self.path, |keys| {
            let place = keys.iter().position(|kept| kept.key.id == id).ok_or_else(|| unknown(id))?;
            Ok(keys.remove(place).key)
        })?;
        self.reload()?;
        Ok(revoked)
    }

    /// What is known of the keys, oldest first.
    #[must_use]
    pub fn list(&self) -> Vec<ApiKey> {
        let state = self.state.lock();
        let with_use = |kept: &Kept| ApiKey {
            last_used: state.used.get(&kept.key.id).copied().or(kept.key.last_used),
            ..kept.key.clone()
        };
        let mut keys: Vec<ApiKey> = state.keys.values().map(with_use).collect();
        keys.sort_by(|one, other| (one.created, &one.id).cmp(&(other.created, &other.id)));
        keys
    }

    /// The highest role that keys of somebody with this name have now; `None` if he has none that is valid.
    #[must_use]
    pub fn role_of(&self, name: &str, now: UtcTime) -> Option<Role> {
        let state = self.state.lock();
        let own = state.keys.values().map(|kept| &kept.key).filter(|key| key.name == name && is_valid(key, now));
        own.map(|key| key.role).max()
    }

    /// Who shows this text, `iiot_ID_SECRET`.
    ///
    /// # Errors
    /// `Unauthenticated` if it is no key, or one that was revoked or has expired: which, is not told.
    pub fn check(&self, text: &str, now: UtcTime) -> Result<Grant> {
        let (id, secret) = text::split(text).ok_or_else(refused)?;
        let shown = SecretHash::of(secret);
        let mut state = self.state.lock();
        // Ids are no secret, so it may show which there are.
        state.grant(id, now, |kept| kept.hash.matches(&shown)).ok_or_else(refused)
    }

    /// Who signed this message with the key of this id (see [`SigningKey`](super::SigningKey)).
    ///
    /// # Errors
    /// `Unauthenticated` if there is no such key, it was revoked or has expired, or did not sign it: which, is not told.
    pub fn verify(&self, id: &str, message: &[u8], signature: &[u8], now: UtcTime) -> Result<Grant> {
        let mut state = self.state.lock();
        if let Some((caller, grant)) = state.admitted.get(id) {
            return if caller.0.verifies(message, signature) { Ok(grant.clone()) } else { Err(unsigned()) };
        }
        let signed = |kept: &Kept| kept.verifies.is_some_and(|key| key.verifies(message, signature));
        state.grant(id, now, signed).ok_or_else(unsigned)
    }

    /// Returns when the key or token is no longer valid.
    pub async fn ended(&self, grant: &Grant, clock: &dyn Clock) {
        let mut changed = self.changed.subscribe();
        loop {
            let now = clock.utc();
            if !self.holds(grant, now) {
                return;
            }
            let expiry = async {
                match grant.expires {
                    Some(expires) => clock.sleep_until(clock.now() + expires.since(now)).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = expiry => {}
                // The sender lives as long as we do.
                _ = changed.changed() => {}
            }
        }
    }

    fn holds(&self, grant: &Grant, now: UtcTime) -> bool {
        match grant.by {
            Proof::Key => self.state.lock().holds(&grant.id, now),
            Proof::Token => grant.expires.is_none_or(|expires| now < expires),
        }
    }

    /// Takes over what other processes did to the file. A file that does not parse changes nothing.
    pub fn refresh(&self) {
        if file::stamp(&self.path) == self.state.lock().stamp {
            return;
        }
        let complaint = self.reload().map_or_else(|error| error.report(), |()| String::new());
        let mut state = self.state.lock();
        if complaint != state.complaint && !complaint.is_empty() {
            tracing::error!("the keys as they were stay in force: {complaint}");
        }
        state.complaint = complaint;
    }

    /// Writes down when keys were last used.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn note_use(&self) -> Result<()> {
        let used = std::mem::take(&mut self.state.lock().used);
        if used.is_empty() {
            return Ok(());
        }
        file::change(&self.path, |keys| {
            for kept in keys {
                kept.key.last_used = used.get(&kept.key.id).copied().or(kept.key.last_used);
            }
            Ok(())
        })?;
        self.reload()
    }

    /// Whether somebody can call at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.state.lock().keys.is_empty()
    }

    fn make_if(
        &self,
        request: ApiKeyRequest,
        now: UtcTime,
        allowed: impl FnOnce(&[Kept]) -> Result<()>,
    ) -> Result<NewApiKey> {
        check_name(&request.name)?;
        let (id, secret) = text::generate()?;
        let ApiKeyRequest { name, role, expires } = request;
        let key = ApiKey { id, name, role, created: now, expires, last_used: None };
        let kept = Kept { key: key.clone(), hash: SecretHash::of(&secret), verifies: Some(VerifyingKey::of(&secret)) };
        file::change(&self.path, |keys| {
            allowed(keys)?;
            if keys.len() >= MAX_KEYS {
                let message = format!("there are {MAX_KEYS} keys already; revoke some");
                return Err(Error::new(ErrorKind::LimitExceeded, MAKE, message).retryable(false));
            }
            keys.push(kept);
            Ok(())
        })?;
        self.reload()?;
        Ok(NewApiKey { text: text::join(&key.id, &secret), key })
    }

    fn reload(&self) -> Result<()> {
        // The stamp before the content: what changes in between is read again.
        let stamp = file::stamp(&self.path);
        let keys = by_id(file::read(&self.path)?);
        let mut state = self.state.lock();
        state.used.retain(|id, _| keys.contains_key(id));
        (state.keys, state.stamp) = (keys, stamp);
        drop(state);
        self.changed.send_replace(());
        Ok(())
    }
}

impl State {
    fn holds(&self, id: &str, now: UtcTime) -> bool {
        self.admitted.contains_key(id) || self.keys.get(id).is_some_and(|kept| is_valid(&kept.key, now))
    }

    /// What the key with this id allows, if it is valid and shown to be the caller's.
    fn grant(&mut self, id: &str, now: UtcTime, shown: impl FnOnce(&Kept) -> bool) -> Option<Grant> {
        let key = &self.keys.get(id).filter(|kept| shown(kept) && is_valid(&kept.key, now))?.key;
        let (id, name) = (key.id.clone(), key.name.clone());
        let grant = Grant { id, name, role: key.role, expires: key.expires, by: Proof::Key };
        self.used.insert(grant.id.clone(), now);
        Some(grant)
    }
}

fn by_id(keys: Vec<Kept>) -> HashMap<String, Kept> {
    keys.into_iter().map(|kept| (kept.key.id.clone(), kept)).collect()
}

fn is_valid(key: &ApiKey, now: UtcTime) -> bool {
    key.expires.is_none_or(|expires| now < expires)
}

fn is_administrator(key: &ApiKey, now: UtcTime) -> bool {
    key.role == Role::Administrator && is_valid(key, now)
}

fn check_name(name: &str) -> Result<()> {
    let allowed = |char: char| char.is_ascii_alphanumeric() || matches!(char, '.' | '-' | '_' | '@' | ' ');
    let fits =
        name.len() <= 64 && name.starts_with(|char: char| char.is_ascii_alphanumeric()) && name.chars().all(allowed);
    if fits {
        return Ok(());
    }
    let message = "a name has 1 to 64 letters, digits, spaces and `._@-`, a letter or digit first";
    Err(Error::new(ErrorKind::InvalidArgument, MAKE, message).with(crate::operation::POINTER, "#/name"))
}

fn refused() -> Error {
    let message = "this is no valid API key: give one as `Authorization: Bearer iiot_ID_SECRET`";
    Error::new(ErrorKind::Unauthenticated, "check API key", message)
}

fn unsigned() -> Error {
    let message = "the signature is not of a valid API key that this place knows; has it been revoked, or was it made \
                   before requests were signed?";
    Error::new(ErrorKind::Unauthenticated, "check signature", message)
}

fn unknown(id: &str) -> Error {
    Error::new(ErrorKind::NotFound, "revoke API key", "there is no such key; list them to see their ids")
        .with("key", id)
}

const MAKE: &str = "make API key";
const MAX_KEYS: usize = 20_000;
