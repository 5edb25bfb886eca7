//! The OPC UA client: connects, stays connected, and answers to the ports of [`crate::session`].
//!
//! What decides (which endpoint, when to try again, whether a connection is dead, what a
//! subscription needs) is plain code without I/O; the shells here move bytes and sleep.

use std::sync::Arc;

use async_trait::async_trait;

use crate::clock::{Clock, SystemClock};
use crate::error::Result;
use crate::session::{ConnectOptions, Connector, Identity, Session, UserStore};
use crate::trust::TrustStore;
use crate::ua::EndpointDescription;
use crate::ua::secure::Limits;
use crate::ua::trust::{OwnCertificate, TrustPolicy};

mod address;
mod advice;
mod alarm;
mod batch;
mod channel;
mod deadline;
mod dial;
mod dialer;
mod discover;
mod discovery;
mod driver;
#[cfg(test)]
mod faulty_peers;
mod greet;
mod handshake;
mod home;
mod identity;
mod ladder;
mod limits;
mod listed;
mod liveness;
#[cfg(test)]
mod model;
mod proof;
mod redundancy;
mod refresh;
mod reverse;
mod session;
mod standing;
mod supervisor;
mod token_policy;
mod trust_watch;
mod verify;

pub use address::Address;
pub use advice::{Advice, Stage};
use dialer::Dialer;
pub use discovery::{DiscoveryClient, DiscoveryOptions, NetworkServers};
pub use greet::{Greeter, Greeting, greet};
pub use listed::Listed;
pub use reverse::ReverseListener;
pub use session::UaSession;
use trust_watch::TrustWatch;
pub use verify::Claim;

/// Reaches OPC UA servers over `opc.tcp`.
///
/// The endpoints of a server are asked for first, on a channel without security at the URL that
/// was dialled; the most secure acceptable one is taken, its certificate judged, and everything
/// that discovery told is confirmed over the secured channel. When the trust lists change, the
/// servers of all sessions are judged again: one that is no longer trusted is disconnected within
/// 5 s, and connected again once it is.
///
/// ```no_run
/// use std::sync::Arc;
/// use iiot_core::session::{ConnectOptions, Connector, SessionExt};
/// use iiot_core::trust::FsTrustStore;
/// use iiot_core::ua::client::{UaConnector, UaConnectorOptions};
///
/// # async fn read() -> iiot_core::Result<()> {
/// let trust = Arc::new(FsTrustStore::new("pki"));
/// let connector = UaConnector::new(UaConnectorOptions::new("urn:example:reader", trust));
/// let session = connector.connect(ConnectOptions::new("opc.tcp://localhost:4840")).await?;
/// let values = session.read_values(&["ns=2;s=Boiler.Temperature".into()]).await?;
/// println!("{:?}", values[0]);
/// session.close().await;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct UaConnector {
    parts: Arc<UaConnectorOptions>,
    trust: Arc<TrustWatch>,
}

/// The parts of a client.
#[derive(Debug, Clone)]
pub struct UaConnectorOptions {
    /// Shown by servers.
    pub application_name: String,
    /// Must equal the URI in the certificate.
    pub application_uri: String,
    /// Who we are; without it only endpoints without security can be reached.
    pub certificate: Option<OwnCertificate>,
    /// Whom we trust.
    pub trust: Arc<dyn TrustStore>,
    /// Who [`Identity::Stored`] is.
    pub users: Option<Arc<dyn UserStore>>,
    /// How strictly servers are judged.
    pub trust_policy: TrustPolicy,
    /// Takes security policies with broken algorithms where a server offers nothing better. They exist only with the
    /// feature `legacy-policies`; naming one in [`SecurityChoice::policy`](crate::session::SecurityChoice) allows it too.
    pub allow_legacy_policies: bool,
    /// Bounds on what a server can make us hold.
    pub limits: Limits,
    /// Where servers connect to us that [`ConnectOptions::reverse`] waits for.
    pub reverse: Option<Arc<ReverseListener>>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl UaConnectorOptions {
    /// A client without a certificate, on the clock of the machine.
    #[must_use]
    pub fn new(application_uri: impl Into<String>, trust: Arc<dyn TrustStore>) -> Self {
        Self {
            application_name: "iiot".into(),
            application_uri: application_uri.into(),
            certificate: None,
            trust,
            users: None,
            trust_policy: TrustPolicy::default(),
            allow_legacy_policies: false,
            limits: Limits::default(),
            reverse: None,
            clock: Arc::new(SystemClock),
        }
    }
}

impl UaConnector {
    /// A client made of these parts.
    #[must_use]
    pub fn new(options: UaConnectorOptions) -> Self {
        Self { parts: Arc::new(options), trust: Arc::default() }
    }

    /// As [`connect`](Connector::connect), for whoever wants to survive its own death.
    ///
    /// # Errors
    /// If the first attempt fails at every URL, with what the first of them said.
    pub async fn open(&self, mut options: ConnectOptions) -> Result<Arc<UaSession>> {
        if let (Identity::Stored { subject, password }, Some(users)) = (&options.identity, &self.parts.users) {
            options.identity = users.user(subject, password).await?;
        }
        let dialer = Dialer::new(Arc::clone(&self.parts), options)?;
        let connection = dialer.connect_first().await?;
        let trust = self.trust.subscribe(&self.parts);
        Ok(Arc::new(session::start(dialer, connection, trust)))
    }
}

#[async_trait]
impl Connector for UaConnector {
    async fn endpoints(&self, url: &str) -> Result<Vec<EndpointDescription>> {
        Dialer::new(Arc::clone(&self.parts), ConnectOptions::new(url))?.endpoints().await
    }

    async fn connect(&self, options: ConnectOptions) -> Result<Arc<dyn Session>> {
        Ok(self.open(options).await?)
    }
}
