//! Ways to a capability.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use iiot::core::access::SigningKey;
use iiot::core::clock::{Clock, SystemClock};
use iiot::core::operation::{Invoke, Operation};
use iiot::core::rpc::{Caller, Destination, PlaceKey};
use iiot::core::session::{ConnectOptions, Identity, ModeChoice, PoolOptions, Secret, SessionPool};
use iiot::core::trust::MemoryTrustStore;
use iiot::core::ua::MessageSecurityMode;
use iiot::core::ua::client::{UaConnector, UaConnectorOptions};
use iiot::core::ua::trust::TrustPolicy;
use iiot::pki::Pki;
use iiot::twin::{EndpointMap, LocalTwin, Twin};
use iiot::{Error, ErrorKind, Result, sink};
use serde::Deserialize;

use crate::face::Face;
use crate::here::Here;

/// Where a capability is.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, tag = "kind")]
pub enum Reach {
    /// A server, which this process reaches itself.
    Local(Box<Local>),
    /// An edge or cloud at a hub.
    #[serde(rename_all = "camelCase")]
    Hub {
        /// `mqtt://HOST:PORT`.
        transport: String,
        /// Its topic: `iiot/edge`.
        place: String,
        /// Its public key, as `edge place` prints it.
        place_key: String,
        /// An API key of its.
        api_key: String,
        /// For so long an answer is waited for, in seconds. Default 30.
        timeout: Option<f64>,
    },
}

/// How a server is talked to.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Local {
    /// `opc.tcp://HOST:PORT/PATH`.
    url: String,
    /// Folder of certificates; ours is made there on the first start. Without one we have no certificate.
    pki: Option<PathBuf>,
    /// Our name, in our certificate.
    #[serde(default = "ours")]
    name: String,
    /// Which of the server's endpoints may be taken; the most secure of them is.
    #[serde(default)]
    security: Security,
    /// Danger: takes certificates that nobody trusted.
    #[serde(default)]
    trust_all: bool,
    /// Who we are to the server.
    user: Option<String>,
    /// The password of the user.
    password: Option<String>,
}

/// Which endpoints may be taken.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Security {
    /// All.
    #[default]
    Any,
    /// Those that sign, or sign and encrypt.
    Secure,
    /// Those without security.
    None,
}

impl Reach {
    /// What options say, which are JSON.
    ///
    /// # Errors
    /// `InvalidArgument` with the member that is wrong.
    pub fn read(options: &[u8]) -> Result<Self> {
        let parsed = serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_slice(options));
        parsed.map_err(|cause| {
            let member = cause.path().to_string();
            Error::new(ErrorKind::InvalidArgument, "read options", cause.into_inner().to_string())
                .with("member", member)
        })
    }

    /// A capability there.
    ///
    /// # Errors
    /// `NotFound` if there is none of this name, `Unsupported` if it cannot be had this way; those of the way.
    pub async fn face(self, capability: &str) -> Result<Face> {
        let operations = table(capability)?;
        match self {
            Self::Local(local) if capability == "twin" => local.twin().await,
            Self::Local(_) => {
                Err(Error::new(ErrorKind::Unsupported, "reach capability", "only a twin is reached this way")
                    .with("capability", capability))
            }
            Self::Hub { transport, place, place_key, api_key, timeout } => {
                let hub = sink::hub(&transport)?;
                let key: PlaceKey = place_key.parse()?;
                let to = Destination { root: place, key };
                let caller = Caller::connect(Arc::clone(&hub), to, SigningKey::of(&api_key)?, clock()).await?;
                let patience = timeout.map_or(PATIENCE, Duration::from_secs_f64);
                let invoke: Arc<dyn Invoke> = Arc::new(caller.with_timeout(patience));
                Ok(Face::new(invoke, operations, async move { hub.close().await }))
            }
        }
    }
}

impl Local {
    async fn twin(self) -> Result<Face> {
        let endpoints = EndpointMap::new();
        let mut options = ConnectOptions::new(&self.url);
        options.security.mode = self.security.into();
        options.identity = self.identity();
        endpoints.insert(&self.url, options);
        let pool = Arc::new(SessionPool::new(Arc::new(self.connector().await?), clock(), PoolOptions::default()));
        let twin: Arc<dyn Twin> = Arc::new(LocalTwin::new(Arc::clone(&pool), Arc::new(endpoints), clock()));
        let close = async move { drop(tokio::time::timeout(GOOD_BYE, pool.close()).await) };
        Ok(Face::new(Arc::new(Here(Arc::new(twin))), iiot::twin::OPERATIONS, close))
    }

    async fn connector(&self) -> Result<UaConnector> {
        let options = match &self.pki {
            Some(folder) => {
                let pki = Pki::open(folder, &self.name, &SystemClock).await?;
                let options = UaConnectorOptions::new(&pki.application_uri, Arc::new(pki.trust.clone()));
                UaConnectorOptions { certificate: Some(pki.certificate), ..options }
            }
            None => UaConnectorOptions::new(format!("urn:iiot:{}", self.name), Arc::new(MemoryTrustStore::default())),
        };
        let trust_policy = TrustPolicy { danger_accept_untrusted: self.trust_all, ..TrustPolicy::default() };
        Ok(UaConnector::new(UaConnectorOptions { trust_policy, ..options }))
    }

    fn identity(&self) -> Identity {
        let password = Secret::from(self.password.as_deref().unwrap_or_default());
        self.user.clone().map_or(Identity::Anonymous, |user| Identity::UserName { user, password })
    }
}

impl From<Security> for ModeChoice {
    fn from(security: Security) -> Self {
        match security {
            Security::Any => Self::Best,
            Security::Secure => Self::NotNone,
            Security::None => Self::Exactly(MessageSecurityMode::None),
        }
    }
}

/// The operations of a capability.
fn table(capability: &str) -> Result<&'static [Operation]> {
    let tables = [
        iiot::twin::OPERATIONS,
        iiot::discovery::OPERATIONS,
        iiot::discovery::registrar::OPERATIONS,
        iiot::publisher::operations::OPERATIONS,
        iiot::publisher::configuration::operations::OPERATIONS,
        iiot::core::http::ACCESS_OPERATIONS,
    ];
    let of_it = |table: &&[Operation]| table.first().is_some_and(|one| one.capability == capability);
    tables.into_iter().find(of_it).ok_or_else(|| {
        Error::new(ErrorKind::NotFound, "reach capability", "there is none of this name").with("capability", capability)
    })
}

fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

fn ours() -> String {
    "python".into()
}

const PATIENCE: Duration = Duration::from_secs(30);
const GOOD_BYE: Duration = Duration::from_secs(2);
