//! The twin of the servers that a process publishes from.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use iiot_core::clock::Clock;
use iiot_core::session::{ConnectOptions, Connector, PoolOptions, SessionPool};
use iiot_core::{Error, ErrorKind, Result};
use iiot_publisher::configuration::Configuration;
use iiot_twin::{Endpoints, LocalTwin, Twin};

use crate::app::Running;

/// The servers of a configuration, with sessions of their own: the publisher does not notice what is asked of them.
///
/// The id of an endpoint is its URL as configured. We are to it who the first entry of that URL says.
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
        let pool = Arc::new(SessionPool::new(connector, Arc::clone(&clock), PoolOptions::default()));
        let endpoints = Arc::new(Configured(Arc::clone(configuration)));
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

/// Endpoints are what is configured at the moment.
#[derive(Debug)]
struct Configured(Arc<Configuration>);

#[async_trait]
impl Endpoints for Configured {
    async fn connect_options(&self, id: &str) -> Result<ConnectOptions> {
        let found = self.0.connection(id).await.map(|connection| connection.options);
        let message = "no entry of the configuration has this EndpointUrl";
        found.ok_or_else(|| Error::new(ErrorKind::NotFound, "find the endpoint", message).with("id", id))
    }
}
