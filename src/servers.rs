//! The twin of the servers that a process publishes from, and of those on record that it is to use.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use iiot_core::clock::Clock;
use iiot_core::model::{Endpoint, EndpointDescription, Record};
use iiot_core::registry::{RecordKey, RecordKind, Registry};
use iiot_core::session::{ConnectOptions, Connector, ModeChoice, PoolOptions, SecurityChoice, SessionPool};
use iiot_core::ua::MessageSecurityMode;
use iiot_core::{Error, ErrorKind, Result};
use iiot_publisher::configuration::Configuration;
use iiot_twin::{Endpoints, LocalTwin, Twin};

use crate::app::Running;

/// The servers of a configuration, with sessions of their own: the publisher does not notice what is asked of them; and the
/// endpoints of a registry that are activated.
///
/// The id of an endpoint is its URL as configured, and we are to it who the first entry of that URL says. Else it is the id of
/// its record: it is connected with the mode and policy of the record, anonymously where no entry has its URL.
#[derive(Debug)]
pub struct Servers {
    pool: Arc<SessionPool>,
    twin: Arc<dyn Twin>,
}

impl Servers {
    /// Connects to nothing yet.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[must_use]
    pub fn of(configuration: &Arc<Configuration>, connector: Arc<dyn Connector>, clock: Arc<dyn Clock>) -> Self {
        Self::over(Known { configuration: Arc::clone(configuration), registry: None }, connector, clock)
    }

    /// As [`of`](Self::of), with the activated endpoints of a registry.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[must_use]
    pub fn with_registry(
        configuration: &Arc<Configuration>,
        registry: Arc<dyn Registry>,
        connector: Arc<dyn Connector>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self::over(Known { configuration: Arc::clone(configuration), registry: Some(registry) }, connector, clock)
    }

    fn over(known: Known, connector: Arc<dyn Connector>, clock: Arc<dyn Clock>) -> Self {
        let pool = Arc::new(SessionPool::new(connector, Arc::clone(&clock), PoolOptions::default()));
        let endpoints = Arc::new(known);
        let twin = Arc::new(LocalTwin::new(Arc::clone(&pool), endpoints, clock));
        Self { pool, twin }
    }

    /// What can be done with them.
    #[must_use]
    pub fn twin(&self) -> &Arc<dyn Twin> {
        &self.twin
    }
}

#[async_trait]
impl Running for Servers {
    fn name(&self) -> &'static str {
        "twin"
    }

    async fn failed(&self) -> Error {
        std::future::pending().await
    }

    async fn stop(&self, patience: Duration) {
        // A server that does not say good-bye is left.
        let _ = tokio::time::timeout(patience, self.pool.close()).await;
    }
}

/// Endpoints are what is configured at the moment, then what is on record.
#[derive(Debug)]
struct Known {
    configuration: Arc<Configuration>,
    registry: Option<Arc<dyn Registry>>,
}

#[async_trait]
impl Endpoints for Known {
    async fn connect_options(&self, id: &str) -> Result<ConnectOptions> {
        if let Some(connection) = self.configuration.connection(id).await {
            return Ok(connection.options);
        }
        let endpoint = self.on_record(id).await?;
        let configured = self.configuration.connection(&endpoint.description.url).await;
        let options = configured.map_or_else(|| ConnectOptions::new(&endpoint.description.url), |known| known.options);
        Ok(ConnectOptions { security: security(&endpoint.description)?, ..options })
    }
}

impl Known {
    async fn on_record(&self, id: &str) -> Result<Endpoint> {
        let unknown = |message| Error::new(ErrorKind::NotFound, FIND, message).with("id", id);
        let Some(registry) = &self.registry else {
            return Err(unknown("no entry of the configuration has this EndpointUrl"));
        };
        let found = registry.get(&RecordKey::new(RecordKind::Endpoint, id)).await?;
        match found.map(|found| found.record) {
            Some(Record::Endpoint(endpoint)) if endpoint.activated => Ok(endpoint),
            Some(Record::Endpoint(_)) => Err(unknown("the endpoint is on record and not activated: activate it first")),
            _ => Err(unknown("no entry of the configuration has this EndpointUrl, and no endpoint on record this id")),
        }
    }
}

/// What was found and activated, and nothing less secure.
fn security(endpoint: &EndpointDescription) -> Result<SecurityChoice> {
    let mode = match endpoint.security_mode.as_str() {
        "None" => MessageSecurityMode::None,
        "Sign" => MessageSecurityMode::Sign,
        "SignAndEncrypt" => MessageSecurityMode::SignAndEncrypt,
        other => {
            let message = format!("the record has the security mode {other:?}, which is none");
            return Err(Error::new(ErrorKind::InvalidArgument, FIND, message).with("url", &endpoint.url));
        }
    };
    let policy = Some(endpoint.security_policy_uri.clone()).filter(|policy| !policy.is_empty());
    Ok(SecurityChoice { mode: ModeChoice::Exactly(mode), policy })
}

const FIND: &str = "find the endpoint";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use iiot_core::registry::{Expected, MemoryRegistry, RegistryExt};
    use iiot_core::session::MemoryServer;
    use iiot_publisher::configuration::ConfigurationOptions;
    use iiot_publisher::service::Parts;
    use iiot_publisher::sink::MemorySink;
    use serde_json::json;

    use super::*;

    fn endpoint(url: &str, mode: &str, activated: bool) -> Record {
        let policy = "http://opcfoundation.org/UA/SecurityPolicy#Basic256Sha256";
        let description = json!({ "url": url, "reportedUrl": "", "securityMode": mode, "securityPolicyUri": policy });
        Record::Endpoint(
            serde_json::from_value(json!({ "application": "a", "description": description, "activated": activated }))
                .unwrap(),
        )
    }

    #[tokio::test]
    async fn configured_servers_come_first_then_activated_endpoints_as_they_are_on_record() {
        let folder = tempfile::tempdir().unwrap();
        let (server, file) = (MemoryServer::new(), folder.path().join("nodes.json"));
        let entry = json!([{ "EndpointUrl": "opc.tcp://plc", "OpcNodes": [{ "Id": "i=2258" }], "UseSecurity": false,
            "OpcAuthenticationMode": "UsernamePassword", "OpcAuthenticationUsername": "u", "OpcAuthenticationPassword": "p" }]);
        std::fs::write(&file, entry.to_string()).unwrap();
        let parts = Parts::new(Arc::new(server.connector()), Arc::new(MemorySink::default()), "edge");
        let configuration = Arc::new(Configuration::start(ConfigurationOptions::new(file), parts).unwrap());
        let registry = Arc::new(MemoryRegistry::new());
        for (id, record) in [
            ("known", endpoint("opc.tcp://plc", "Sign", true)),
            ("new", endpoint("opc.tcp://other", "SignAndEncrypt", true)),
            ("off", endpoint("opc.tcp://other", "None", false)),
            ("odd", endpoint("opc.tcp://other", "Maybe", true)),
        ] {
            registry.put(&RecordKey::new(RecordKind::Endpoint, id), record, Expected::Absent).await.unwrap();
        }
        let known = Known { configuration, registry: Some(registry) };
        let of = async |id: &str| {
            known
                .connect_options(id)
                .await
                .map(|options| (options.security.mode, options.identity, options.endpoint_url))
        };
        let (mode, identity, _) = of("opc.tcp://plc").await.unwrap();
        assert_eq!(
            (mode, format!("{identity:?}").contains("UserName")),
            (ModeChoice::Exactly(MessageSecurityMode::None), true)
        );
        let (mode, identity, _) = of("known").await.unwrap();
        assert_eq!(
            (mode, format!("{identity:?}").contains("UserName")),
            (ModeChoice::Exactly(MessageSecurityMode::Sign), true)
        );
        let (mode, identity, url) = of("new").await.unwrap();
        assert_eq!((mode, url.as_str()), (ModeChoice::Exactly(MessageSecurityMode::SignAndEncrypt), "opc.tcp://other"));
        assert!(matches!(identity, iiot_core::session::Identity::Anonymous));
        assert!(of("off").await.unwrap_err().report().contains("not activated"));
        assert_eq!(of("odd").await.unwrap_err().kind(), ErrorKind::InvalidArgument);
        assert_eq!(of("none").await.unwrap_err().kind(), ErrorKind::NotFound);
    }
}
