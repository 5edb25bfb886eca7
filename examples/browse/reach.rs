//! Ways to a server.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use iiot::core::access::SigningKey;
use iiot::core::clock::SystemClock;
use iiot::core::rpc::{Caller, Destination, PlaceKey};
use iiot::core::session::{ConnectOptions, Identity, ModeChoice, PoolOptions, Secret, SessionPool};
use iiot::core::trust::MemoryTrustStore;
use iiot::core::ua::MessageSecurityMode;
use iiot::core::ua::client::{UaConnector, UaConnectorOptions};
use iiot::core::ua::trust::TrustPolicy;
use iiot::core::{Error, ErrorKind, Result};
use iiot::pki::Pki;
use iiot::twin::{EndpointMap, LocalTwin, RemoteTwin, Twin};
use iiot::{MqttOptions, MqttTransport, Transport};

#[derive(Args)]
pub(crate) struct ReachFlags {
    /// The server, as opc.tcp://HOST:PORT/PATH
    #[arg(required_unless_present = "endpoint")]
    url: Option<String>,
    #[command(flatten)]
    server: ServerFlags,
    /// Asks an edge at this broker, with the API key in the variable IIOT_KEY
    #[arg(long, env = "IIOT_TRANSPORT", value_name = "URL", hide_env_values = true, requires_all = ["place", "place_key"])]
    transport: Option<String>,
    /// The topic of the edge
    #[arg(long, env = "IIOT_PLACE", value_name = "iiot/PUBLISHER_ID")]
    place: Option<String>,
    /// The public key of the edge, as `edge place` prints it
    #[arg(long, env = "IIOT_PLACE_KEY", value_name = "KEY")]
    place_key: Option<PlaceKey>,
    /// What the edge calls the server, if that is not its URL
    #[arg(long, value_name = "ID", requires = "transport")]
    endpoint: Option<String>,
}

/// How a server is talked to that is reached by its URL.
#[derive(Args)]
struct ServerFlags {
    /// Which of the server's endpoints may be taken; the most secure of them is
    #[arg(long, default_value = "any")]
    security: Security,
    /// Folder of certificates; ours is made there on the first start
    #[arg(long, value_name = "DIR")]
    pki: Option<PathBuf>,
    /// Danger: takes certificates that nobody trusted
    #[arg(long)]
    trust_all: bool,
    /// Who we are to the server
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// File with the password of the user, which else is in the variable IIOT_PASSWORD
    #[arg(long, value_name = "FILE", requires = "user")]
    password_file: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Security {
    Any,
    Secure,
    None,
}

/// A server within reach.
pub(crate) struct Reached {
    pub(crate) twin: Arc<dyn Twin>,
    /// What the twin calls it.
    pub(crate) endpoint: String,
    means: Means,
}

enum Means {
    Sessions(Arc<SessionPool>),
    Hub(Arc<dyn Transport>),
}

impl ReachFlags {
    pub(crate) async fn reach(self) -> Result<Reached> {
        let endpoint = self.endpoint.or(self.url).unwrap_or_default();
        match (self.transport, self.place, self.place_key) {
            (Some(hub), Some(root), Some(key)) => behind(&hub, Destination { root, key }, endpoint).await,
            _ => self.server.reach(endpoint).await,
        }
    }
}

/// A server behind an edge.
async fn behind(hub: &str, to: Destination, endpoint: String) -> Result<Reached> {
    let missing = |_| wrong("the API key is missing: put it into the variable IIOT_KEY");
    let signer = SigningKey::of(&std::env::var("IIOT_KEY").map_err(missing)?)?;
    let hub: Arc<dyn Transport> = Arc::new(MqttTransport::connect(MqttOptions::from_url(hub)?).await?);
    let caller = Caller::connect(Arc::clone(&hub), to, signer, Arc::new(SystemClock)).await?;
    let twin = Arc::new(RemoteTwin::new(Arc::new(caller.with_timeout(PATIENCE))));
    Ok(Reached { twin, endpoint, means: Means::Hub(hub) })
}

impl ServerFlags {
    /// A server that we reach ourselves; its id is its URL.
    async fn reach(self, url: String) -> Result<Reached> {
        let clock = Arc::new(SystemClock);
        let endpoints = EndpointMap::new();
        let mut options = ConnectOptions::new(&url);
        options.security.mode = self.security.into();
        options.identity = self.identity()?;
        endpoints.insert(&url, options);
        let connector = Arc::new(self.connector().await?);
        let pool = Arc::new(SessionPool::new(connector, Arc::clone(&clock) as _, PoolOptions::default()));
        let twin = Arc::new(LocalTwin::new(Arc::clone(&pool), Arc::new(endpoints), clock));
        Ok(Reached { twin, endpoint: url, means: Means::Sessions(pool) })
    }

    async fn connector(&self) -> Result<UaConnector> {
        let options = match &self.pki {
            Some(folder) => {
                let pki = Pki::open(folder, "browse", &SystemClock).await?;
                let options = UaConnectorOptions::new(&pki.application_uri, Arc::new(pki.trust.clone()));
                UaConnectorOptions { certificate: Some(pki.certificate), ..options }
            }
            None => UaConnectorOptions::new("urn:iiot:browse", Arc::new(MemoryTrustStore::default())),
        };
        let trust_policy = TrustPolicy { danger_accept_untrusted: self.trust_all, ..TrustPolicy::default() };
        Ok(UaConnector::new(UaConnectorOptions { trust_policy, ..options }))
    }

    fn identity(&self) -> Result<Identity> {
        let Some(user) = self.user.clone() else { return Ok(Identity::Anonymous) };
        let text = match &self.password_file {
            Some(file) => std::fs::read_to_string(file).map_err(|cause| {
                Error::new(ErrorKind::Io, "take the password", "the file cannot be read").because(cause)
            }),
            None => {
                std::env::var("IIOT_PASSWORD").map_err(|_| wrong("give a file with the password, or IIOT_PASSWORD"))
            }
        };
        Ok(Identity::UserName { user, password: Secret::from(text?.trim_end_matches(['\r', '\n'])) })
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

impl Reached {
    /// Says good-bye; a server or broker that does not answer is left.
    pub(crate) async fn close(self) {
        let closing = async {
            match self.means {
                Means::Sessions(pool) => pool.close().await,
                Means::Hub(hub) => hub.close().await,
            }
        };
        let _ = tokio::time::timeout(Duration::from_secs(2), closing).await;
    }
}

fn wrong(message: &'static str) -> Error {
    Error::new(ErrorKind::InvalidArgument, "read the command line", message)
}

const PATIENCE: Duration = Duration::from_secs(30);
