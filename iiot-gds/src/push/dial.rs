//! Reaching a device that shows a certain certificate, and nobody else.

use std::fmt::Debug;
use std::sync::Arc;

use iiot_core::Result;
use iiot_core::session::Connector;
use iiot_core::trust::{MemoryTrustStore, TrustLists};
use iiot_core::ua::client::{UaConnector, UaConnectorOptions};

use super::PushedLists;
use crate::model::Der;

/// Makes connectors that take certain certificates alone.
pub trait Dial: Debug + Send + Sync + 'static {
    /// A connector that takes a server with one of the trusted certificates, whatever host name stands in it. Issuers
    /// only complete chains.
    fn pinned(&self, lists: &PushedLists) -> Arc<dyn Connector>;

    /// The chain that we present (DER, leaf first).
    fn own_certificate(&self) -> Result<Vec<u8>>;
}

/// Makes connectors of our client.
#[derive(Debug, Clone)]
pub struct PinnedDial {
    options: UaConnectorOptions,
}

impl PinnedDial {
    /// With these parts; their trust store is not used.
    #[must_use]
    pub fn new(options: UaConnectorOptions) -> Self {
        Self { options }
    }
}

impl Dial for PinnedDial {
    fn pinned(&self, lists: &PushedLists) -> Arc<dyn Connector> {
        let mut options = self.options.clone();
        options.trust = Arc::new(MemoryTrustStore::new(TrustLists::from(lists)));
        // The certificate itself is known, so it does not matter for which host it was made. A certificate from the
        // factory names none that is right.
        options.trust_policy.suppress.host_name = true;
        options.trust_policy.danger_accept_untrusted = false;
        Arc::new(UaConnector::new(options))
    }

    fn own_certificate(&self) -> Result<Vec<u8>> {
        let none = || {
            let message = "the manager has no certificate of its own; give its connector one";
            iiot_core::Error::new(iiot_core::ErrorKind::InvalidArgument, "reach a device", message)
        };
        self.options.certificate.as_ref().map(|own| own.current().chain).ok_or_else(none)
    }
}

/// The lists with which a device is dialled: those certificates are trusted, and nothing else.
pub(super) fn pins(certificates: &[&Der], issuers: &[Der], lists: Option<&PushedLists>) -> PushedLists {
    let mut pinned = PushedLists {
        trusted_certificates: certificates.iter().map(|pin| super::read_back::leaf(pin)).collect(),
        issuer_certificates: issuers.to_vec(),
        ..PushedLists::default()
    };
    if let Some(lists) = lists {
        pinned.issuer_certificates.extend(lists.trusted_certificates.iter().cloned());
        pinned.issuer_certificates.extend(lists.issuer_certificates.iter().cloned());
    }
    pinned
}
