//! Pushes to devices that lie, die and come back, in memory.

#![allow(clippy::unwrap_used)]

mod device;
mod fleet;
mod kills;
mod lies;
mod refusals;
mod rehearsal;

use std::sync::Arc;
use std::time::Duration;

use iiot_core::clock::{Clock, SystemClock};
use iiot_core::keys::{KeySpec, KeyStore, MemoryKeyStore, PrivateKey};
use iiot_core::session::Identity;
use iiot_core::testing::within;
use iiot_core::time::UtcTime;
use iiot_core::ua::trust::{CertificateProfile, self_signed};
use parking_lot::Mutex;

use super::*;
use crate::model::CertificateType;
use crate::model::Der;
pub(crate) use device::{Lie, Plant, Signs};

pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// Keys take long to make, so all share these.
#[derive(Debug)]
pub(super) struct World {
    pub(super) plant: Arc<Plant>,
    pub(super) book: Arc<MemoryPushBook>,
    pub(super) office: Arc<Office>,
    pub(super) manager: Der,
}

/// Issues certificates that look new, each signed by its own key: nobody here judges chains.
#[derive(Debug)]
pub(super) struct Office {
    pub(super) keys: Vec<Arc<dyn PrivateKey>>,
    pub(super) issued: Mutex<Vec<(IssueRequest, Issued)>>,
    /// Answered before any certificate, the last one first.
    pub(super) answers: Mutex<Vec<iiot_core::Result<IssueAnswer>>>,
}

impl World {
    pub(super) async fn new() -> Self {
        let store = MemoryKeyStore::default();
        let mut keys = Vec::new();
        for name in ["manager", "device", "next"] {
            keys.push(store.generate(name, KeySpec::Rsa(2048)).await.unwrap());
        }
        let manager = Der(certificate(keys[0].as_ref(), "urn:iiot:test:manager").await);
        let office = Office { keys: keys.clone(), issued: Mutex::default(), answers: Mutex::default() };
        let plant = Plant::new(manager.clone(), [Arc::clone(&keys[1]), Arc::clone(&keys[2])]);
        Self { plant: Arc::new(plant), book: Arc::default(), office: Arc::new(office), manager }
    }

    pub(super) fn pusher(&self) -> Pusher {
        self.pusher_with(Arc::clone(&self.book) as Arc<dyn PushBook>, "test")
    }

    pub(super) fn pusher_with(&self, book: Arc<dyn PushBook>, name: &str) -> Pusher {
        Pusher::new(PusherParts {
            name: name.into(),
            dial: Arc::clone(&self.plant) as Arc<dyn Dial>,
            issuing: Arc::clone(&self.office) as Arc<dyn Issuing>,
            book,
            clock: Arc::new(SystemClock),
        })
    }

    /// A device as new, and an order for a certificate and a trust list that it has not.
    pub(super) async fn device(&self, name: &str) -> (Access, Order) {
        let pin = certificate(self.plant.keys[0].as_ref(), name).await;
        self.plant.add(name, Der(pin.clone()));
        let mut order = Order::new(pin);
        order.rules = Rules { attempts: 5, settling: 2, first_pause_ms: 1, longest_pause_ms: 5 };
        order.certificate = Some(CertificateOrder {
            certificate_type: CertificateType::RsaSha256,
            subject: String::new(),
            new_key: false,
        });
        order.lists = Some(PushedLists {
            trusted_certificates: vec![self.manager.clone(), Der(vec![1])],
            trusted_crls: vec![Der(vec![2])],
            ..PushedLists::default()
        });
        (access(name), order)
    }

    /// Has a push made to the end.
    pub(super) async fn push(&self, access: &Access, order: Order) -> Push {
        let pusher = self.pusher();
        pusher.begin(&access.device, order).await.unwrap();
        within("the push is over", PATIENCE, pusher.run(access)).await.unwrap()
    }
}

pub(super) fn access(device: &str) -> Access {
    Access { device: device.into(), endpoint_url: format!("opc.tcp://{device}"), identity: Identity::Anonymous }
}

pub(crate) async fn certificate(key: &dyn PrivateKey, uri: &str) -> Vec<u8> {
    let profile = CertificateProfile {
        application_uri: uri.into(),
        common_name: uri.into(),
        organization: "iiot".into(),
        dns_names: vec!["localhost".into()],
        ip_addresses: Vec::new(),
        valid_from: UtcTime::UNIX_EPOCH + (SystemClock.utc().since(UtcTime::UNIX_EPOCH) - Duration::from_secs(60)),
        valid_days: 10,
    };
    self_signed(key, &profile).await.unwrap()
}

#[async_trait::async_trait]
impl Issuing for Office {
    async fn issue(&self, request: &IssueRequest) -> iiot_core::Result<IssueAnswer> {
        if let Some(answer) = self.answers.lock().pop() {
            return answer;
        }
        let known = self.issued.lock().iter().find(|(asked, _)| asked == request).map(|(_, issued)| issued.clone());
        if let Some(issued) = known {
            return Ok(IssueAnswer::Issued(issued));
        }
        let wanted = device::key_in(&request.signing_request);
        let key = self.keys.iter().find(|key| key.public_key() == wanted).unwrap();
        let certificate = Der(certificate(key.as_ref(), &request.device).await);
        let issued = Issued { certificate, issuers: Vec::new() };
        self.issued.lock().push((request.clone(), issued.clone()));
        Ok(IssueAnswer::Issued(issued))
    }
}
