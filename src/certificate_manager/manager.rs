//! What a certificate manager offers.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use iiot_core::http::HttpParts;
use iiot_core::operation::{Dispatch, Operation};
use iiot_core::{Error, Result};
use iiot_discovery::registrar::{LocalRegistrar, RegistrarOptions};
use iiot_gds::office::Office;

use super::{Callers, Foundation, Lists, Nowhere};
use crate::app::Running;
use crate::capabilities::of_registrar;

/// Certificates, devices, enrolment and the record of the plant, on one office; and what goes on by itself there.
pub struct Manager {
    office: Office,
    lists: Arc<Lists>,
    capabilities: Vec<Arc<dyn Dispatch>>,
}

impl Manager {
    /// Finishes what was interrupted, and starts what goes on by itself. Those who may call at the HTTP face are the people who
    /// vote, and its keys are those of applications that enrol.
    ///
    /// # Errors
    /// Those of the store.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub async fn start(foundation: &Foundation, parts: &HttpParts) -> Result<Self> {
        let office = foundation.office(Arc::new(Callers::of(parts))).await?;
        let lists = Arc::new(Lists::new(&office));
        let capabilities = vec![of_plant(&office)];
        Ok(Self { office, lists, capabilities })
    }

    /// The office that all of it works in.
    #[must_use]
    pub fn office(&self) -> &Office {
        &self.office
    }

    /// Revocation lists and certificates of authorities, for everybody.
    #[must_use]
    pub fn lists(&self) -> Arc<Lists> {
        Arc::clone(&self.lists)
    }

    /// What can be asked, for every face.
    #[must_use]
    pub fn capabilities(&self) -> Vec<Arc<dyn Dispatch>> {
        self.capabilities.clone()
    }

    /// The tables of what can be asked.
    #[must_use]
    pub fn operations() -> Vec<Operation> {
        [iiot_discovery::registrar::OPERATIONS].concat()
    }
}

impl fmt::Debug for Manager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Manager").field("office", &self.office).finish_non_exhaustive()
    }
}

#[async_trait]
impl Running for Manager {
    fn name(&self) -> &'static str {
        "certificate manager"
    }

    /// What fails is told where it belongs, and tried again.
    async fn failed(&self) -> Error {
        std::future::pending().await
    }

    async fn stop(&self, _patience: Duration) {}
}

/// The applications of the plant are those that get certificates.
fn of_plant(office: &Office) -> Arc<dyn Dispatch> {
    let (registry, clock) = (Arc::clone(&office.registry), Arc::clone(&office.clock));
    let registrar = LocalRegistrar::new(registry, Arc::new(Nowhere), clock, RegistrarOptions::default());
    of_registrar(&Arc::new(registrar))
}
