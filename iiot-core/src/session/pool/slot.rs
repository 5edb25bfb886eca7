//! One session of a pool, from the attempt to connect to its end.

use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use uuid::Uuid;

use super::Shared;
use crate::error::{Error, ErrorKind, Result};
use crate::session::{ConnectOptions, Connector, Session, SessionState};
use crate::ua::types::TypeLibrary;

#[derive(Debug)]
pub(super) struct Slot {
    pub(super) id: u64,
    pub(super) options: ConnectOptions,
    /// It is for one lease and nobody else.
    alone: bool,
    places: Arc<Semaphore>,
    opening: watch::Receiver<Opening>,
    pub(super) types: TypeLibrary,
    pub(super) connection: Mutex<Connection>,
}

/// How many leases a session has.
#[derive(Debug, Clone, Copy)]
pub(super) enum Leases {
    /// One in all.
    One,
    /// So many at a time.
    AtATime(usize),
}

/// What is true of a session only until it reconnects.
#[derive(Debug)]
pub(super) struct Connection {
    /// Another table after every reconnect.
    pub(super) namespaces: Arc<Vec<String>>,
    pub(super) id: Uuid,
    /// The connection over which the types were read last.
    pub(super) types_read: Uuid,
}

#[derive(Debug, Clone)]
enum Opening {
    UnderWay,
    Open(Arc<dyn Session>),
    Failed(Arc<Error>),
}

impl Slot {
    /// Begins to connect, in a task of its own: whoever waits may leave.
    pub(super) fn open(
        id: u64,
        options: ConnectOptions,
        connector: &Arc<dyn Connector>,
        leases: Leases,
        pool: Weak<Shared>,
    ) -> Arc<Self> {
        let (opened, opening) = watch::channel(Opening::UnderWay);
        tokio::spawn(connect(id, options.clone(), Arc::clone(connector), opened, pool));
        let connection =
            Mutex::new(Connection { namespaces: Arc::default(), id: Uuid::nil(), types_read: Uuid::nil() });
        let (alone, leases) = match leases {
            Leases::One => (true, 1),
            Leases::AtATime(leases) => (false, leases.max(1)),
        };
        let places = Arc::new(Semaphore::new(leases));
        Arc::new(Self { id, options, alone, places, opening, types: TypeLibrary::new(), connection })
    }

    /// Whether it is what these options ask for.
    pub(super) fn serves(&self, wanted: &ConnectOptions) -> bool {
        let ConnectOptions { endpoint_url, alternative_urls, security, identity, locales, reverse, .. } = &self.options;
        !self.alone
            && *endpoint_url == wanted.endpoint_url
            && *alternative_urls == wanted.alternative_urls
            && *security == wanted.security
            && *identity == wanted.identity
            && *locales == wanted.locales
            && *reverse == wanted.reverse
    }

    /// Whether it is with the server at this URL.
    pub(super) fn reaches(&self, endpoint_url: &str) -> bool {
        self.options.endpoint_url == endpoint_url
    }

    /// The session as it is now; `None` while it is being made.
    pub(super) fn state(&self) -> Option<SessionState> {
        match &*self.opening.borrow() {
            Opening::UnderWay => None,
            Opening::Open(session) => Some(session.state()),
            Opening::Failed(_) => Some(SessionState::Closed),
        }
    }

    /// The session once it is open, or why it is not.
    pub(super) async fn session(&self) -> Result<Arc<dyn Session>> {
        let mut opening = self.opening.clone();
        let opening = opening.wait_for(|opening| !matches!(opening, Opening::UnderWay)).await;
        match opening.map(|opening| opening.clone()) {
            Ok(Opening::Open(session)) => Ok(session),
            Ok(Opening::Failed(error)) => Err(again(&error)),
            // Only when the runtime is stopping.
            _ => Err(Error::new(ErrorKind::Closed, super::LEASE, "the attempt to connect was given up")),
        }
    }

    /// A place among those who use the session, first come, first served.
    pub(super) async fn permit(&self) -> OwnedSemaphorePermit {
        Arc::clone(&self.places).acquire_owned().await.expect("the semaphore is never closed")
    }

    pub(super) fn has_ended(&self) -> bool {
        match &*self.opening.borrow() {
            Opening::UnderWay => false,
            Opening::Open(session) => session.state() == SessionState::Closed,
            Opening::Failed(_) => true,
        }
    }

    pub(super) async fn close(&self) {
        if let Ok(session) = self.session().await {
            session.close().await;
        }
    }
}

async fn connect(
    id: u64,
    options: ConnectOptions,
    connector: Arc<dyn Connector>,
    opened: watch::Sender<Opening>,
    pool: Weak<Shared>,
) {
    match connector.connect(options).await {
        Ok(session) => drop(opened.send_replace(Opening::Open(session))),
        Err(error) => {
            opened.send_replace(Opening::Failed(Arc::new(error)));
            if let Some(pool) = pool.upgrade() {
                pool.forget(id);
            }
        }
    }
}

/// The same failure for one more who waited for it.
fn again(error: &Error) -> Error {
    let mut copy = Error::new(error.kind(), error.operation().to_owned(), error.message().to_owned())
        .with_status(error.status())
        .retryable(error.is_retryable());
    for (key, value) in error.context() {
        copy = copy.with(key.clone(), value);
    }
    match std::error::Error::source(error) {
        Some(source) => copy.because(source.to_string()),
        None => copy,
    }
}
