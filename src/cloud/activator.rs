//! Has edges use endpoints.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use iiot_core::Result;
use iiot_core::model::{Application, Endpoint};
use iiot_discovery::registrar::applications::AdoptRequest;
use iiot_discovery::registrar::endpoints::ReleaseRequest;
use iiot_discovery::registrar::{Activator, Registrar, RemoteRegistrar};

use super::edges::Edges;

/// Has edges use endpoints by asking them to take them over, under the same ids.
#[derive(Debug, Clone)]
pub struct AtEdges(Arc<Edges>);

impl AtEdges {
    /// Asks these.
    #[must_use]
    pub fn new(edges: Arc<Edges>) -> Self {
        Self(edges)
    }

    async fn registrar(&self, edge: &str) -> Result<RemoteRegistrar> {
        Ok(RemoteRegistrar::new(Arc::new(self.0.ask(edge, TIMEOUT).await?)))
    }
}

#[async_trait]
impl Activator for AtEdges {
    async fn activate(&self, id: &str, endpoint: &Endpoint, application: &Application, edge: &str) -> Result<()> {
        self.registrar(edge).await?.adopt(AdoptRequest::new(id, endpoint, application)).await.map(drop)
    }

    async fn deactivate(&self, id: &str, edge: &str) -> Result<()> {
        self.registrar(edge).await?.release(ReleaseRequest { endpoint: id.to_owned() }).await.map(drop)
    }
}

/// An edge that is there answers at once.
const TIMEOUT: Duration = Duration::from_secs(10);
