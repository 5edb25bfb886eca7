//! The use of a session for a while.

use std::sync::{Arc, Weak};

use tokio::sync::OwnedSemaphorePermit;
use uuid::Uuid;

use super::Shared;
use super::slot::{Connection, Slot};
use crate::error::Result;
use crate::session::Session;
use crate::ua::types::TypeLibrary;

/// A session of a [`SessionPool`](super::SessionPool), until this is dropped.
#[derive(Debug)]
pub struct Lease {
    session: Arc<dyn Session>,
    stay: Stay,
    _permit: Option<OwnedSemaphorePermit>,
}

/// Keeps a session from being idle.
#[derive(Debug)]
pub(super) struct Stay {
    pub(super) pool: Weak<Shared>,
    pub(super) slot: Arc<Slot>,
}

impl Lease {
    pub(super) fn new(session: Arc<dyn Session>, permit: Option<OwnedSemaphorePermit>, stay: Stay) -> Self {
        Self { session, stay, _permit: permit }
    }

    /// The session.
    #[must_use]
    pub fn session(&self) -> &Arc<dyn Session> {
        &self.session
    }

    /// Names the connection as it is now: another one after every reconnect. What a server keeps for a session, such as
    /// continuation points, may mean something else afterwards.
    #[must_use]
    pub fn connection(&self) -> Uuid {
        let namespaces = self.session.namespaces();
        let mut connection = self.stay.slot.connection.lock();
        if !Arc::ptr_eq(&connection.namespaces, &namespaces) {
            *connection = Connection { namespaces, id: Uuid::new_v4(), types_read: connection.types_read };
        }
        connection.id
    }

    /// What is known of the server's types, for as long as the session is kept; read anew after a reconnect.
    ///
    /// # Errors
    /// Those of the session.
    pub async fn types(&self) -> Result<&TypeLibrary> {
        let slot = &self.stay.slot;
        let connection = self.connection();
        if slot.connection.lock().types_read != connection {
            slot.types.refresh(self.session.as_ref()).await?;
            slot.connection.lock().types_read = connection;
        }
        Ok(&slot.types)
    }
}

impl Drop for Stay {
    fn drop(&mut self) {
        if let Some(pool) = self.pool.upgrade() {
            pool.leave(self.slot.id);
        }
    }
}
