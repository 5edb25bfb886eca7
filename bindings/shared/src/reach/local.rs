//! Servers that this process reaches itself.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use iiot::Result;
use iiot::core::clock::SystemClock;
use iiot::core::session::{ConnectOptions, Identity, ModeChoice, PoolOptions, Secret, SessionPool};
use iiot::core::trust::MemoryTrustStore;
use iiot::core::ua::MessageSecurityMode;
use iiot::core::ua::client::{UaConnector, UaConnectorOptions};
use iiot::core::ua::trust::TrustPolicy;
use iiot::pki::Pki;
use iiot::twin::{EndpointMap, LocalTwin, Twin};
use serde::Deserialize;

use super::clock;
use crate::face::Face;
use crate::here::Here;
use crate::options::maybe_secret;

/// How a server is talked to.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Local {
    /// `opc.tcp://HOST:PORT/PATH`.
    url: String,
    /// Folder of certificates; ours is made there on the first start. Without one we have no certificate.
    pki: Option<PathBuf>,
    /// Our name, in our certificate. Default `iiot`.
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
    #[serde(default, deserialize_with = "maybe_secret")]
    password: Option<Secret>,
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

impl Local {
    /// The twin of the server; it connects with the first call.
    pub(crate) async fn twin(self) -> Result<Face> {
        let endpoints = EndpointMap::new();
        let mut options = ConnectOptions::new(&self.url);
        options.security.mode = self.security.into();
        options.identity = self.identity();
        endpoints.insert(&self.url, options);
        let room = PoolOptions { max_waiting: WAITING, ..PoolOptions::default() };
        let pool = Arc::new(SessionPool::new(Arc::new(self.connector().await?), clock(), room));
        let local = LocalTwin::new(Arc::clone(&pool), Arc::new(endpoints), clock());
        let twin: Arc<dyn Twin> = Arc::new(local.clone());
        let close = async move { drop(tokio::time::timeout(GOOD_BYE, pool.close()).await) };
        Ok(Face::new(Arc::new(Here(Arc::new(twin))), iiot::twin::OPERATIONS, close).with_columns_of(local))
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
        let password = self.password.clone().unwrap_or_default();
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

fn ours() -> String {
    "iiot".into()
}

/// All who wait are of one program, which knows best how many they are.
const WAITING: usize = 1 << 20;
const GOOD_BYE: Duration = Duration::from_secs(2);
