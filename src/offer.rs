//! Offers what a process can do at a hub.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use iiot_core::clock::Clock;
use iiot_core::operation::{Dispatch, Effect, Operation, Principal, Reply};
use iiot_core::rpc::Server;
use iiot_core::transport::Transport;
use iiot_core::{Error, ErrorKind};
use tokio::task::JoinHandle;

use crate::app::Running;

/// Answers remote calls for one capability, from the moment the hub can be reached.
///
/// Calls are not signed yet: who can publish at the hub can call.
#[derive(Debug)]
pub struct Offer {
    transport: Arc<dyn Transport>,
    serving: JoinHandle<()>,
}

impl Offer {
    /// Offers `capability` below the topic `root` and closes the transport at the end.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[must_use]
    pub fn start<D>(transport: Arc<dyn Transport>, root: String, capability: Arc<D>, clock: Arc<dyn Clock>) -> Self
    where
        D: Dispatch + ?Sized + 'static,
    {
        let serving = tokio::spawn(serve(Arc::clone(&transport), root, capability, clock));
        Self { transport, serving }
    }
}

/// Of a capability, what only reads. Whoever can publish at a hub can claim any role there.
#[derive(Debug)]
pub struct ReadsOnly<D: ?Sized>(pub Arc<D>);

#[async_trait]
impl<D: Dispatch + ?Sized> Dispatch for ReadsOnly<D> {
    fn operations(&self) -> &'static [Operation] {
        self.0.operations()
    }

    async fn dispatch(&self, operation: &str, principal: &Principal, request: &[u8]) -> iiot_core::Result<Reply> {
        let changes = self.operations().iter().any(|it| it.name == operation && it.effect == Effect::Changes);
        if changes {
            let message = "calls over a hub are not signed yet, so that only what reads is done for them; use HTTP";
            return Err(Error::new(ErrorKind::Forbidden, "dispatch", message).with("operation", operation));
        }
        self.0.dispatch(operation, principal, request).await
    }
}

#[async_trait]
impl Running for Offer {
    fn name(&self) -> &'static str {
        "remote calls"
    }

    async fn failed(&self) -> Error {
        std::future::pending().await
    }

    async fn stop(&self, _: Duration) {
        self.serving.abort();
        self.transport.close().await;
    }
}

async fn serve<D>(transport: Arc<dyn Transport>, root: String, capability: Arc<D>, clock: Arc<dyn Clock>)
where
    D: Dispatch + ?Sized + 'static,
{
    loop {
        match Server::start(Arc::clone(&transport), &root, Arc::clone(&capability)).await {
            Ok(_server) => {
                tracing::info!("remote calls are taken at {} below {root}/rpc", transport.address());
                return std::future::pending().await;
            }
            Err(error) => tracing::warn!("remote calls are not taken yet, it is tried again: {}", error.report()),
        }
        clock.sleep_until(clock.now() + PAUSE).await;
    }
}

const PAUSE: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use iiot_core::clock::SystemClock;
    use iiot_core::operation::Role;
    use iiot_core::rpc::Caller;
    use iiot_core::session::MemoryServer;
    use iiot_core::transport::MemoryTransport;
    use iiot_publisher::nodes::KeyFramesRequest;
    use iiot_publisher::operations::{DiagnosticsRequest, Edge, RemoteEdge};
    use iiot_publisher::plan::Plan;
    use iiot_publisher::service::{Parts, Publisher};
    use iiot_publisher::sink::MemorySink;

    use super::*;

    #[tokio::test]
    async fn an_offered_publisher_answers_until_it_is_stopped() {
        let server = MemoryServer::new();
        let plan = Plan::of_nodes(server.url(), vec!["i=2258".parse().unwrap()], Duration::from_secs(1));
        let parts = Parts::new(Arc::new(server.connector()), Arc::new(MemorySink::default()), "edge");
        let publisher: Arc<dyn Edge> = Arc::new(Publisher::start(&plan, parts));
        let hub = Arc::new(MemoryTransport::new());
        let offer = Offer::start(
            Arc::clone(&hub) as _,
            "iiot/edge".into(),
            Arc::new(ReadsOnly(publisher)),
            Arc::new(SystemClock),
        );
        // The offer is there once it has subscribed, which takes a turn of the runtime.
        tokio::task::yield_now().await;
        let caller = Caller::connect(hub, "iiot/edge", Principal::new("test", Role::Administrator)).await.unwrap();
        let remote = RemoteEdge::new(Arc::new(caller));
        assert_eq!(remote.diagnostics(DiagnosticsRequest {}).await.unwrap().publisher_id, "edge");
        let refused = remote.key_frames(KeyFramesRequest::default()).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Forbidden);
        offer.stop(Duration::ZERO).await;
        assert!(remote.diagnostics(DiagnosticsRequest {}).await.is_err());
    }
}
