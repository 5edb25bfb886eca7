//! What the capabilities of a certificate manager share.

use std::fmt::Debug;
use std::sync::Arc;

use iiot_core::clock::Clock;
use iiot_core::model::{Application, Record};
use iiot_core::operation::Role;
use iiot_core::registry::{RecordKey, RecordKind, Registry};
use iiot_core::{Error, ErrorKind, Result};

use crate::authority::{Authorities, AuthorityParts};
use crate::store::Store;

/// The parts that every capability of a certificate manager works with.
#[derive(Debug, Clone)]
pub struct Office {
    /// The authorities, on the store.
    pub authorities: Arc<Authorities>,
    /// Where everything is on record.
    pub store: Arc<dyn Store>,
    /// The applications of the plant. They are those that get certificates.
    pub registry: Arc<dyn Registry>,
    /// The people who vote.
    pub people: Arc<dyn People>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Knows who may do what now.
pub trait People: Debug + Send + Sync + 'static {
    /// The role that somebody has now; `None` if nobody of this name may do anything any more.
    fn role_of(&self, name: &str) -> Option<Role>;
}

impl Office {
    /// Opens it on the authorities of a store.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn open(parts: AuthorityParts, registry: Arc<dyn Registry>, people: Arc<dyn People>) -> Result<Self> {
        let (store, clock) = (Arc::clone(&parts.store), Arc::clone(&parts.clock));
        let authorities = Arc::new(Authorities::open(parts).await?);
        Ok(Self { authorities, store, registry, people, clock })
    }

    /// An application on record.
    ///
    /// # Errors
    /// `NotFound` if there is none; those of the registry.
    pub async fn application(&self, id: &str) -> Result<Application> {
        let found = self.registry.get(&RecordKey::new(RecordKind::Application, id)).await?;
        match found.map(|found| found.record) {
            Some(Record::Application(application)) => Ok(application),
            _ => Err(Error::new(ErrorKind::NotFound, "find application", "there is none on record with this id")
                .with("application", id)),
        }
    }
}
