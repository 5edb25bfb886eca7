//! A manager, its authority and its devices.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use iiot_core::clock::{Clock, SystemClock};
use iiot_core::keys::{KeySpec, KeyStore, MemoryKeyStore};
use iiot_core::session::{Connector, Identity};
use iiot_core::testing::{Peers, within};
use iiot_core::trust::MemoryTrustStore;
use iiot_core::ua::MessageSecurityMode;
use iiot_core::ua::client::{UaConnector, UaConnectorOptions};
use iiot_core::ua::secure::ApplicationCertificate;
use iiot_core::ua::trust::{CertificateProfile, self_signed};
use iiot_gds::model::CertificateType;
use iiot_gds::model::Der;
use iiot_gds::push::{
    Access, CertificateOrder, MemoryPushBook, Order, PinnedDial, Push, PushBook, PushedLists, Pusher, PusherParts,
    Rules,
};

use crate::authority::Authority;

pub(crate) const DEVICE_URI: &str = "urn:iiot:peer:device";
pub(crate) const PATIENCE: Duration = Duration::from_secs(180);
const MANAGER_URI: &str = "urn:iiot:test:manager";

/// Everything on our side.
pub(crate) struct Office {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) peers: Peers,
    pub(crate) authority: Arc<Authority>,
    pub(crate) book: Arc<MemoryPushBook>,
    pub(crate) manager: Der,
    options: UaConnectorOptions,
}

impl Office {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let peers = Peers::in_folder(folder.path()).unwrap();
        let own = manager().await;
        let manager = Der(own.chain.clone());
        std::fs::write(folder.path().join("manager.der"), &manager.0).unwrap();
        let authority = Arc::new(Authority::new(&folder.path().join("authority"), DEVICE_URI));
        let certificate = Some(own.into());
        let options = UaConnectorOptions {
            certificate,
            ..UaConnectorOptions::new(MANAGER_URI, Arc::new(MemoryTrustStore::default()))
        };
        Self { folder, peers, authority, book: Arc::default(), manager, options }
    }

    pub(crate) fn options(&self) -> UaConnectorOptions {
        self.options.clone()
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn pusher_with(&self, book: Arc<dyn PushBook>) -> Pusher {
        Pusher::new(PusherParts {
            name: "test".into(),
            dial: Arc::new(PinnedDial::new(self.options.clone())),
            issuing: Arc::clone(&self.authority) as Arc<_>,
            book,
            clock: Arc::new(SystemClock),
        })
    }

    pub(crate) fn pusher(&self) -> Pusher {
        self.pusher_with(Arc::clone(&self.book) as Arc<_>)
    }

    /// The certificate that a server presents where it encrypts.
    pub(crate) async fn presented(&self, url: &str) -> Der {
        let endpoints = UaConnector::new(self.options.clone()).endpoints(url).await.unwrap();
        let wanted = |mode| mode == MessageSecurityMode::SignAndEncrypt;
        let endpoint = endpoints.into_iter().find(|endpoint| {
            wanted(endpoint.security_mode) && endpoint.security_policy_uri.as_ref().ends_with("#Basic256Sha256")
        });
        Der(endpoint.unwrap().server_certificate.value.unwrap().to_vec())
    }

    /// The manager and whoever the authority vouches for.
    pub(crate) fn lists(&self) -> PushedLists {
        PushedLists {
            trusted_certificates: vec![self.manager.clone(), self.authority.certificate()],
            trusted_crls: vec![self.authority.revocation_list()],
            ..PushedLists::default()
        }
    }

    /// A certificate of our authority, and its lists.
    pub(crate) async fn first_order(&self, url: &str) -> Order {
        let mut order = Order::new(self.presented(url).await.0);
        order.rules = Rules { attempts: 200, settling: 4, first_pause_ms: 200, longest_pause_ms: 1000 };
        order.lists = Some(self.lists());
        order.certificate = Some(CertificateOrder {
            certificate_type: CertificateType::RsaSha256,
            subject: String::new(),
            new_key: false,
        });
        order
    }

    pub(crate) async fn push(&self, access: &Access, order: Order) -> Push {
        let pusher = self.pusher();
        pusher.begin(&access.device, order).await.unwrap();
        within("the push is over", PATIENCE, pusher.run(access)).await.unwrap()
    }

    /// Whether a client of somebody else comes in.
    pub(crate) fn is_accepted(&self, url: &str, server: &Der, client: &str, uri: &str) -> bool {
        let file = self.path().join("server.der");
        std::fs::write(&file, &server.0).unwrap();
        let folder = self.path().join("authority");
        let mut command = self.peers.python_script("knock.py");
        command
            .arg(url)
            .arg(file)
            .arg(folder.join(format!("{client}.der")))
            .arg(folder.join(format!("{client}-key.pem")));
        let output = command.arg(uri).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(said.starts_with("ACCEPTED") || said.starts_with("REFUSED"), "{said} {output:?}");
        said.starts_with("ACCEPTED")
    }
}

pub(crate) fn access(device: &str, url: &str) -> Access {
    let identity = Identity::UserName { user: "admin".into(), password: "secret".into() };
    Access { device: device.into(), endpoint_url: url.into(), identity }
}

async fn manager() -> ApplicationCertificate {
    let key = MemoryKeyStore::default().generate("manager", KeySpec::Rsa(2048)).await.unwrap();
    let profile = CertificateProfile {
        application_uri: MANAGER_URI.into(),
        common_name: "manager".into(),
        organization: "iiot".into(),
        dns_names: vec!["localhost".into()],
        ip_addresses: Vec::new(),
        valid_from: SystemClock.utc(),
        valid_days: 30,
    };
    ApplicationCertificate { chain: self_signed(key.as_ref(), &profile).await.unwrap(), key }
}
