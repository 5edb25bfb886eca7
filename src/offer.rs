//! Offers what a process can do at a hub.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use iiot_core::Error;
use iiot_core::Result;
use iiot_core::access::{ApiKeys, AuditLog};
use iiot_core::clock::Clock;
use iiot_core::operation::Dispatch;
use iiot_core::presence::{Announcement, Herald, INTERVAL};
use iiot_core::rpc::{KEY_FILE, Place, PlaceKey, PlaceSecret, Server};
use iiot_core::transport::Transport;
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::app::Running;

/// Answers remote calls from the moment the hub can be reached: of callers who sign with an API key of the process.
#[derive(Debug)]
pub struct Offer {
    transport: Arc<dyn Transport>,
    stopping: watch::Sender<bool>,
    serving: Mutex<Option<JoinHandle<()>>>,
}

impl Offer {
    /// Offers `capabilities` at a place and closes its transport at the end.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[must_use]
    pub fn start(place: Place, capabilities: Vec<Arc<dyn Dispatch>>) -> Self {
        Self::begin(place, capabilities, None)
    }

    /// As [`start`](Self::start), and announces it as the edge of this name, at a site, so that a cloud at the hub finds it.
    ///
    /// # Errors
    /// `InvalidArgument` if name or site cannot be announced.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn start_announced(
        place: Place,
        capabilities: Vec<Arc<dyn Dispatch>>,
        edge: impl Into<String>,
        site: Option<String>,
    ) -> Result<Self> {
        let announcement = Announcement {
            site,
            capabilities: capabilities
                .iter()
                .filter_map(|one| Some(one.operations().first()?.capability.into()))
                .collect(),
            ..Announcement::new(&place.root, place.secret.public(), INTERVAL)
        };
        let edge = edge.into();
        Herald::check(&edge, &announcement)?;
        Ok(Self::begin(place, capabilities, Some((edge, announcement))))
    }

    fn begin(place: Place, capabilities: Vec<Arc<dyn Dispatch>>, announced: Option<(String, Announcement)>) -> Self {
        let (stopping, stopped) = watch::channel(false);
        let transport = Arc::clone(&place.transport);
        let serving = tokio::spawn(serve(place, capabilities, announced, stopped));
        Self { transport, stopping, serving: Mutex::new(Some(serving)) }
    }
}

/// The place below `root` of a process with its files in `data`: the API keys and the audit record are those of its HTTP
/// face.
///
/// # Errors
/// As of [`ApiKeys::open`], [`AuditLog::open`] and [`Place::open`].
pub fn place(transport: Arc<dyn Transport>, root: String, data: &Path, clock: Arc<dyn Clock>) -> Result<Place> {
    let keys = ApiKeys::open(data.join("http/keys.json"))?;
    let audit = AuditLog::open(data.join("http/audit.jsonl"))?;
    Place::open(transport, root, &data.join(FOLDER), Arc::new(keys), Arc::new(audit), clock)
}

/// What callers need to know of a process with its files in `data`, besides its topic and an API key.
///
/// # Errors
/// As of [`PlaceSecret::open`].
pub fn place_key(data: &Path) -> Result<PlaceKey> {
    PlaceSecret::open(&data.join(FOLDER).join(KEY_FILE)).map(|secret| secret.public())
}

#[async_trait]
impl Running for Offer {
    fn name(&self) -> &'static str {
        "remote calls"
    }

    async fn failed(&self) -> Error {
        std::future::pending().await
    }

    /// Changes that run are waited for.
    async fn stop(&self, patience: Duration) {
        self.stopping.send_replace(true);
        let serving = self.serving.lock().take();
        if let Some(mut serving) = serving
            && tokio::time::timeout(patience, &mut serving).await.is_err()
        {
            serving.abort();
        }
        self.transport.close().await;
    }
}

async fn serve(
    place: Place,
    capabilities: Vec<Arc<dyn Dispatch>>,
    announced: Option<(String, Announcement)>,
    mut stopping: watch::Receiver<bool>,
) {
    loop {
        match Server::start(place.clone(), capabilities.clone()).await {
            Ok(server) => {
                let (at, root, key) = (place.transport.address(), &place.root, place.secret.public());
                tracing::info!("remote calls are taken at {at} below {root}/rpc, sealed for the key {key}");
                let _herald = announced.and_then(|(edge, announcement)| announce(&place, &edge, announcement));
                // The sender lives as long as we do.
                let _ = stopping.wait_for(|stopping| *stopping).await;
                return server.stop().await;
            }
            Err(error) => tracing::warn!("remote calls are not taken yet, it is tried again: {}", error.report()),
        }
        tokio::select! {
            () = place.clock.sleep_until(place.clock.now() + PAUSE) => {}
            _ = stopping.wait_for(|stopping| *stopping) => return,
        }
    }
}

fn announce(place: &Place, edge: &str, announcement: Announcement) -> Option<Herald> {
    let site = announcement.site.clone().unwrap_or_else(|| "none".into());
    match Herald::start(Arc::clone(&place.transport), edge, announcement, Arc::clone(&place.clock)) {
        Ok(herald) => {
            tracing::info!("it is announced as the edge {edge}, site {site}");
            Some(herald)
        }
        Err(error) => {
            tracing::warn!("it is not announced: {}", error.report());
            None
        }
    }
}

const FOLDER: &str = "rpc";
const PAUSE: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use iiot_core::access::{ApiKeyRequest, SigningKey};
    use iiot_core::clock::SystemClock;
    use iiot_core::operation::Role;
    use iiot_core::rpc::{Caller, Destination};
    use iiot_core::session::MemoryServer;
    use iiot_core::transport::MemoryTransport;
    use iiot_publisher::operations::{DiagnosticsRequest, Edge, RemoteEdge};
    use iiot_publisher::plan::Plan;
    use iiot_publisher::service::{Parts, Publisher};
    use iiot_publisher::sink::MemorySink;

    use super::*;
    use crate::capabilities;

    #[tokio::test]
    async fn an_offered_publisher_answers_until_it_is_stopped() {
        let server = MemoryServer::new();
        let plan = Plan::of_nodes(server.url(), vec!["i=2258".parse().unwrap()], Duration::from_secs(1));
        let parts = Parts::new(Arc::new(server.connector()), Arc::new(MemorySink::default()), "edge");
        let publisher = Arc::new(Publisher::start(&plan, parts));
        let (hub, clock) = (Arc::new(MemoryTransport::new()), Arc::new(SystemClock));
        let data = tempfile::tempdir().unwrap();
        let place = place(Arc::clone(&hub) as _, "iiot/edge".into(), data.path(), Arc::clone(&clock) as _).unwrap();
        let request = ApiKeyRequest { name: "test".into(), role: Role::Reader, expires: None };
        let key = SigningKey::of(&place.callers.make(request, clock.utc()).unwrap().text).unwrap();
        let to = Destination { root: "iiot/edge".into(), key: place_key(data.path()).unwrap() };
        let offer = Offer::start(place, vec![capabilities::of_publisher(&publisher)]);
        // The offer is there once it has subscribed, which takes a turn of the runtime.
        tokio::task::yield_now().await;
        let remote = RemoteEdge::new(Arc::new(Caller::connect(hub, to, key, clock).await.unwrap()));
        assert_eq!(remote.diagnostics(DiagnosticsRequest {}).await.unwrap().publisher_id, "edge");
        offer.stop(Duration::from_secs(5)).await;
        assert!(remote.diagnostics(DiagnosticsRequest {}).await.is_err());
    }
}
