//! Capabilities behind a hub, and callers of them.

use std::path::Path;
use std::sync::Arc;

use crate::access::{ApiKeyRequest, ApiKeys, AuditLog, SigningKey};
use crate::clock::{Clock, SystemClock};
use crate::error::Result;
use crate::operation::{Dispatch, Role};
use crate::rpc::{Caller, Destination, Place, Server};
use crate::transport::Transport;

/// Capabilities that are offered at the place `site/edge` of a hub.
#[derive(Debug)]
pub struct Offered {
    /// The place.
    pub place: Place,
    /// Where they are carried out.
    pub server: Server,
}

impl Offered {
    /// Offers capabilities of a place that keeps its files in a folder.
    ///
    /// # Errors
    /// As of [`Place::open`] and [`Server::start`].
    pub async fn start(hub: Arc<dyn Transport>, folder: &Path, capabilities: Vec<Arc<dyn Dispatch>>) -> Result<Self> {
        let keys = Arc::new(ApiKeys::open(folder.join("keys.json"))?);
        let audit = Arc::new(AuditLog::open(folder.join("audit.jsonl"))?);
        let place = Place::open(hub, PLACE, folder, keys, audit, Arc::new(SystemClock))?;
        let server = Server::start(place.clone(), capabilities).await?;
        Ok(Self { place, server })
    }

    /// A caller with a key of its own.
    ///
    /// # Errors
    /// As of [`ApiKeys::make`] and [`Caller::connect`].
    pub async fn caller(&self, hub: Arc<dyn Transport>, role: Role) -> Result<Caller> {
        let to = Destination { root: PLACE.to_owned(), key: self.place.secret.public() };
        Caller::connect(hub, to, self.key(role)?, Arc::new(SystemClock)).await
    }

    /// A new key.
    ///
    /// # Errors
    /// As of [`ApiKeys::make`].
    pub fn key(&self, role: Role) -> Result<SigningKey> {
        let request = ApiKeyRequest { name: format!("the {role:?}"), role, expires: None };
        SigningKey::of(&self.place.callers.make(request, SystemClock.utc())?.text)
    }
}

const PLACE: &str = "site/edge";
