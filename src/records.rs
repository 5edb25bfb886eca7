//! What an edge keeps on record: servers that it found and endpoints that it is to use.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::FutureExt;
use iiot_core::clock::Clock;
use iiot_core::operation::Dispatch;
use iiot_core::registry::{Registry, open};
use iiot_core::trust::TrustStore;
use iiot_core::{Error, ErrorKind, Result};
use iiot_discovery::explain::ExplainParts;
use iiot_discovery::registrar::{Here, LocalRegistrar, RegistrarOptions};
use iiot_discovery::{Discovery, DiscoveryParts, LocalDiscovery, NetworkSearch, OnFinished, Search};

use crate::app::Running;
use crate::capabilities::of_registrar;
use crate::pki::Pki;

/// The registry of an edge, the decisions about it, and the searches that fill it.
#[derive(Debug)]
pub struct Records {
    registry: Arc<dyn Registry>,
    registrar: Arc<LocalRegistrar>,
    discovery: Option<Arc<LocalDiscovery>>,
}

impl Records {
    /// Those at an address (see [`open`]) of an edge with this name, at a site; `search` looks for servers, where it is to.
    ///
    /// # Errors
    /// As of [`open`] and [`LocalDiscovery::start`].
    pub async fn of_edge(
        address: &str,
        edge: &str,
        site: Option<&str>,
        search: Option<Arc<dyn Search>>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self> {
        Self::with_registry(open(address).await?, edge, site, search, clock).await
    }

    /// As [`of_edge`](Self::of_edge), in a registry that is there already.
    ///
    /// # Errors
    /// As of [`LocalDiscovery::start`].
    pub async fn with_registry(
        registry: Arc<dyn Registry>,
        edge: &str,
        site: Option<&str>,
        search: Option<Arc<dyn Search>>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self> {
        let options = RegistrarOptions::of_edge(edge, site);
        let registrar = LocalRegistrar::new(Arc::clone(&registry), Arc::new(Here), Arc::clone(&clock), options);
        let registrar = Arc::new(registrar);
        let mut records = Self { registry, registrar, discovery: None };
        if let Some(search) = search {
            let (registry, finished) = (Arc::clone(&records.registry), Some(entered_by(&records.registrar)));
            let parts = DiscoveryParts { search, registry, edge: Some(edge.to_owned()), finished, clock };
            records.discovery = Some(Arc::new(LocalDiscovery::start(parts).await?));
        }
        Ok(records)
    }

    /// Where it is kept.
    #[must_use]
    pub fn registry(&self) -> &Arc<dyn Registry> {
        &self.registry
    }

    /// What can be asked: `registry`, and `discovery` where it searches.
    #[must_use]
    pub fn capabilities(&self) -> Vec<Arc<dyn Dispatch>> {
        let mut all = vec![of_registrar(&self.registrar)];
        all.extend(self.discovery.iter().map(|discovery| -> Arc<dyn Dispatch> {
            let discovery: Arc<dyn Discovery> = Arc::clone(discovery) as _;
            Arc::new(discovery)
        }));
        all
    }
}

/// Searches the networks of this machine. Explanations say what would be made of a certificate here.
#[must_use]
pub fn search(pki: &Pki, clock: Arc<dyn Clock>) -> Arc<dyn Search> {
    let trust: Arc<dyn TrustStore> = Arc::new(pki.trust.clone());
    Arc::new(NetworkSearch::new(ExplainParts { trust: Some(trust), clock, ..ExplainParts::default() }))
}

/// As [`search`], for who has no certificates: explanations say nothing of trust.
#[must_use]
pub fn search_without_trust(clock: Arc<dyn Clock>) -> Arc<dyn Search> {
    Arc::new(NetworkSearch::new(ExplainParts { clock, ..ExplainParts::default() }))
}

/// The address of the record below the data of a process: SQLite there, memory where it has none.
///
/// # Errors
/// `Io` if the folder cannot be made.
pub fn below(data: Option<&Path>) -> Result<String> {
    let Some(data) = data else { return Ok("memory:".into()) };
    std::fs::create_dir_all(data).map_err(|cause| {
        let message = "the folder cannot be made; choose another folder";
        Error::new(ErrorKind::Io, "open the registry", message).with("folder", data.display()).because(cause)
    })?;
    Ok(format!("sqlite:{}", data.join("registry.db").display()))
}

/// What was found is on record when a search is over.
fn entered_by(registrar: &Arc<LocalRegistrar>) -> OnFinished {
    let registrar = Arc::clone(registrar);
    Arc::new(move |found| {
        let registrar = Arc::clone(&registrar);
        async move { registrar.merge(found).await.map(drop) }.boxed()
    })
}

#[async_trait]
impl Running for Records {
    fn name(&self) -> &'static str {
        "discovery"
    }

    async fn failed(&self) -> Error {
        std::future::pending().await
    }

    async fn stop(&self, patience: Duration) {
        if let Some(discovery) = &self.discovery {
            // A search that does not end is left.
            let _ = tokio::time::timeout(patience, discovery.stop()).await;
        }
    }
}
