//! The capability on the authorities of this process.

mod audit;
mod authorities;
mod carry_out;
mod desk;
mod finish;
mod groups;
mod held;
mod issued;
mod key_pool;
mod proposals;
mod requests;
mod status;
mod tend;
#[cfg(test)]
mod tests;
mod vote;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use iiot_core::operation::{Acting, Operation, Principal, Role};
use iiot_core::time::UtcTime;
use iiot_core::{Error, ErrorKind, Result};

pub use tend::Tended;

use super::operations::{Certificates, OPERATIONS};
use crate::audit::MarkedStore;
use crate::office::Office;
use crate::store::{AuditEvent, Store};
use desk::Desk;
use held::HeldKeys;
use key_pool::KeyPool;
use status::KnownStatus;

/// Certificates of an [`Office`]. What is asked of it is asked as somebody: [`Acting`].
///
/// Somebody has to [tend](Self::tend) it: after a start, when what was interrupted is finished, and every minute or so.
///
/// ```
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// use std::sync::Arc;
///
/// use iiot_core::clock::SystemClock;
/// use iiot_core::keys::MemoryKeyStore;
/// use iiot_core::operation::{Acting, Principal, Role};
/// use iiot_core::registry::MemoryRegistry;
/// use iiot_gds::authority::AuthorityParts;
/// use iiot_gds::certificates::authorities::AuthoritiesRequest;
/// use iiot_gds::certificates::{CertificatesOptions, LocalCertificates};
/// use iiot_gds::office::{Office, People};
/// use iiot_gds::store::MemoryStore;
///
/// #[derive(Debug)]
/// struct Anna;
///
/// impl People for Anna {
///     fn role_of(&self, name: &str) -> Option<Role> {
///         (name == "anna").then_some(Role::Administrator)
///     }
/// }
///
/// let (store, keys) = (Arc::new(MemoryStore::new()), Arc::new(MemoryKeyStore::default()));
/// let parts = AuthorityParts { store, keys, clock: Arc::new(SystemClock::default()) };
/// let office = Office::open(parts, Arc::new(MemoryRegistry::new()), Arc::new(Anna)).await?;
/// let certificates = Arc::new(LocalCertificates::new(office, CertificatesOptions::default()));
/// certificates.tend().await?;
/// let anna = certificates.acting_as(Principal::new("anna", Role::Administrator));
/// assert!(anna.authorities(AuthoritiesRequest::default()).await?.authorities.is_empty());
/// # Ok::<(), iiot_core::Error>(()) }).unwrap();
/// ```
#[derive(Debug)]
pub struct LocalCertificates {
    office: Office,
    options: CertificatesOptions,
    pool: KeyPool,
    held: HeldKeys,
    /// One check of the audit record at a time: it reads all of it.
    checking: tokio::sync::Mutex<()>,
    status: KnownStatus,
}

/// How certificates are kept.
#[derive(Debug, Clone)]
pub struct CertificatesOptions {
    /// The name of this process among those that work on the same store, the same after a restart: after one it knows by it
    /// that keys which it held are gone. Default `gds`.
    pub holder: String,
    /// So many keys of each kind are made ahead of time. They lie in memory only. Default 2.
    pub keys_ahead: usize,
    /// So many keys may wait to be fetched. Default 1,000.
    pub keys_held: usize,
    /// A key waits so long to be fetched; then it is destroyed, and its certificate revoked. Default 3 days.
    pub key_waits: Duration,
    /// After it was fetched once a key can be fetched again for so long, if the answer was lost. Default 1 hour.
    pub key_stays: Duration,
    /// So many requests of an application may wait for a decision. Default 16.
    pub open_requests: usize,
    /// So many proposals may wait for a decision. Default 100.
    pub open_proposals: usize,
    /// The store with its marks, against which the audit record is checked.
    pub marks: Option<MarkedStore>,
    /// The public keys of checkpoints (SubjectPublicKeyInfo, DER), with which they are checked.
    pub checkpoint_keys: Vec<Vec<u8>>,
}

impl Default for CertificatesOptions {
    fn default() -> Self {
        Self {
            holder: "gds".into(),
            keys_ahead: 2,
            keys_held: 1_000,
            key_waits: Duration::from_secs(3 * 86_400),
            key_stays: Duration::from_secs(3_600),
            open_requests: 16,
            open_proposals: 100,
            marks: None,
            checkpoint_keys: Vec::new(),
        }
    }
}

impl LocalCertificates {
    /// Certificates of an office. Keys are made ahead of time by a task of the runtime that this is called in.
    #[must_use]
    pub fn new(office: Office, options: CertificatesOptions) -> Self {
        let (pool, held) = (KeyPool::new(options.keys_ahead), HeldKeys::default());
        let (checking, status) = (tokio::sync::Mutex::default(), KnownStatus::default());
        Self { office, options, pool, held, checking, status }
    }

    fn store(&self) -> &dyn Store {
        &*self.office.store
    }

    fn now(&self) -> UtcTime {
        self.office.clock.utc()
    }

    fn role_of(&self, name: &str) -> Option<Role> {
        self.office.people.role_of(name)
    }
}

impl Acting for LocalCertificates {
    type Capability = dyn Certificates;

    const OPERATIONS: &'static [Operation] = OPERATIONS;

    fn acting_as(self: &Arc<Self>, principal: Principal) -> Arc<dyn Certificates> {
        Arc::new(Desk { office: Arc::clone(self), principal })
    }
}

fn error(kind: ErrorKind, operation: &'static str, message: impl Into<Cow<'static, str>>) -> Error {
    Error::new(kind, operation, message)
}

fn event(action: &str, by: &str, subject: &str, details: serde_json::Value) -> AuditEvent {
    AuditEvent { action: action.into(), by: by.into(), subject: subject.into(), details }
}

/// An id as it may stand in a query. Others name nothing: control characters are in no id, and databases trip over some.
fn id(what: &'static str, id: &str) -> Result<()> {
    if !id.is_empty() && id.len() <= 500 && !id.chars().any(char::is_control) {
        return Ok(());
    }
    Err(error(ErrorKind::NotFound, "look up", "there is none with this id").with(what, format!("{id:?}")))
}

/// What people say, of 1,000 characters at most.
fn reason(text: &str) -> Result<()> {
    if text.chars().count() <= 1_000 {
        return Ok(());
    }
    Err(error(ErrorKind::InvalidArgument, "take the request", "the reason has 1,000 characters at most"))
}

/// How many a page holds.
fn page(limit: Option<u32>) -> Result<usize> {
    match limit.unwrap_or(100) {
        limit @ 1..=1_000 => Ok(limit as usize),
        _ => Err(error(ErrorKind::InvalidArgument, "list", "a page has 1 to 1,000")),
    }
}
