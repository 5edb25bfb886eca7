//! What a certificate manager offers.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use iiot_core::clock::Clock;
use iiot_core::http::{ACCESS_OPERATIONS, HttpParts};
use iiot_core::operation::{Dispatch, Operation, PerPrincipal};
use iiot_core::trust::MemoryTrustStore;
use iiot_core::ua::client::UaConnectorOptions;
use iiot_core::{Error, Result};
use iiot_discovery::registrar::{LocalRegistrar, RegistrarOptions};
use iiot_gds::certificates::{CertificatesOptions, LocalCertificates};
use iiot_gds::devices::{DevicesParts, Keeper, LocalDevices};
use iiot_gds::enrolment::{EnrolmentOptions, LocalEnrolment};
use iiot_gds::office::Office;
use iiot_gds::push::PinnedDial;
use parking_lot::Mutex;
use tokio::task::JoinHandle;

use super::{Callers, Foundation, Lists, Nowhere};
use crate::app::Running;
use crate::capabilities::of_registrar;
use crate::pki::Pki;

/// Certificates, devices, enrolment and the record of the plant, on one office; and what goes on by itself there: what was
/// interrupted is finished, revocation lists are published, devices are given what they should have.
pub struct Manager {
    office: Office,
    lists: Arc<Lists>,
    devices: Arc<LocalDevices>,
    capabilities: Vec<Arc<dyn Dispatch>>,
    keeper: Mutex<Option<Keeper>>,
    tending: [JoinHandle<()>; 2],
}

impl Manager {
    /// Starts it, under a name that tells this process from others on the same records and is the same after a restart. Those who
    /// may call at the HTTP face are the people who vote, and its keys are those of applications that enrol. Devices are reached
    /// with the certificate of `pki`.
    ///
    /// # Errors
    /// Those of the store.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub async fn start(foundation: &Foundation, parts: &HttpParts, pki: &Pki, name: &str) -> Result<Self> {
        let office = foundation.office(Arc::new(Callers::of(parts))).await?;
        let lists = Arc::new(Lists::new(&office));
        let certificates = Arc::new(LocalCertificates::new(office.clone(), certificates(foundation, name)));
        let dial = Arc::new(PinnedDial::new(reach(pki)));
        let devices = DevicesParts::new(dial, foundation.secrets().clone(), name);
        let devices = Arc::new(LocalDevices::new(office.clone(), devices));
        let options = EnrolmentOptions::new(&office);
        let enrolment = Arc::new(LocalEnrolment::new(office.clone(), Arc::new(Arc::clone(&parts.keys)), options));
        let capabilities: Vec<Arc<dyn Dispatch>> = vec![
            of_plant(&office),
            Arc::new(PerPrincipal(Arc::clone(&certificates))),
            Arc::new(PerPrincipal(Arc::clone(&devices))),
            Arc::new(PerPrincipal(Arc::clone(&enrolment))),
        ];
        let tending = [
            tokio::spawn(async move { certificates.tend_every(TEND).await }),
            tokio::spawn(clear_invitations(enrolment, Arc::clone(&office.clock))),
        ];
        let keeper = Mutex::new(Some(Keeper::start(Arc::clone(&devices))));
        Ok(Self { office, lists, devices, capabilities, keeper, tending })
    }

    /// The office that all of it works in.
    #[must_use]
    pub fn office(&self) -> &Office {
        &self.office
    }

    /// The devices that it looks after.
    #[must_use]
    pub fn devices(&self) -> &Arc<LocalDevices> {
        &self.devices
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

    /// The tables of what can be asked over HTTP.
    #[must_use]
    pub fn operations() -> Vec<Operation> {
        let tables = [
            ACCESS_OPERATIONS,
            iiot_discovery::registrar::OPERATIONS,
            iiot_gds::certificates::OPERATIONS,
            iiot_gds::devices::OPERATIONS,
            iiot_gds::enrolment::OPERATIONS,
        ];
        tables.concat()
    }
}

impl fmt::Debug for Manager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Manager").field("office", &self.office).finish_non_exhaustive()
    }
}

impl Drop for Manager {
    fn drop(&mut self) {
        self.tending.iter().for_each(JoinHandle::abort);
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

    /// Pushes to devices that are under way have some seconds; what is not done then is carried on by the next process.
    async fn stop(&self, _patience: Duration) {
        self.tending.iter().for_each(JoinHandle::abort);
        let keeper = self.keeper.lock().take();
        if let Some(keeper) = keeper {
            keeper.stop().await;
        }
    }
}

/// Tokens that nobody has used in time make room for others.
async fn clear_invitations(enrolment: Arc<LocalEnrolment>, clock: Arc<dyn Clock>) {
    loop {
        if let Err(error) = enrolment.clear_expired().await {
            tracing::warn!("invitations that have expired are not cleared: {}", error.report());
        }
        clock.sleep_until(clock.now() + CLEAR).await;
    }
}

/// The applications of the plant are those that get certificates.
fn of_plant(office: &Office) -> Arc<dyn Dispatch> {
    let (registry, clock) = (Arc::clone(&office.registry), Arc::clone(&office.clock));
    let registrar = LocalRegistrar::new(registry, Arc::new(Nowhere), clock, RegistrarOptions::default());
    of_registrar(&Arc::new(registrar))
}

fn certificates(foundation: &Foundation, name: &str) -> CertificatesOptions {
    CertificatesOptions {
        holder: name.into(),
        marks: Some(foundation.marked().clone()),
        checkpoint_keys: vec![foundation.checkpoints().public_key().to_vec()],
        ..CertificatesOptions::default()
    }
}

/// Each device is reached by what is on record of it, so there is nobody else whom we trust.
fn reach(pki: &Pki) -> UaConnectorOptions {
    UaConnectorOptions {
        certificate: Some(pki.certificate.clone()),
        ..UaConnectorOptions::new(&pki.application_uri, Arc::new(MemoryTrustStore::default()))
    }
}

const TEND: Duration = Duration::from_secs(60);
const CLEAR: Duration = Duration::from_secs(3600);
