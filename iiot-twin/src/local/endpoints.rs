//! Which server an id names.

use std::collections::HashMap;
use std::fmt::Debug;

use async_trait::async_trait;
use iiot_core::session::ConnectOptions;
use iiot_core::{Error, ErrorKind, Result};
use parking_lot::RwLock;

/// Knows how to reach servers by the ids that requests name.
#[async_trait]
pub trait Endpoints: Debug + Send + Sync + 'static {
    /// How to reach the server, and as whom. Locales are those of the request, whatever is said here.
    ///
    /// # Errors
    /// `NotFound` if there is no such id.
    async fn connect_options(&self, id: &str) -> Result<ConnectOptions>;
}

/// Servers that are named in this process.
#[derive(Debug, Default)]
pub struct EndpointMap {
    known: RwLock<HashMap<String, ConnectOptions>>,
}

impl EndpointMap {
    /// No server yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Names a server, whatever the id named before.
    pub fn insert(&self, id: impl Into<String>, options: ConnectOptions) {
        self.known.write().insert(id.into(), options);
    }

    /// Forgets a server; false if there was none.
    pub fn remove(&self, id: &str) -> bool {
        self.known.write().remove(id).is_some()
    }
}

#[async_trait]
impl Endpoints for EndpointMap {
    async fn connect_options(&self, id: &str) -> Result<ConnectOptions> {
        let known = self.known.read().get(id).cloned();
        known.ok_or_else(|| {
            Error::new(ErrorKind::NotFound, "find the endpoint", "there is none of this id").with("id", id)
        })
    }
}
