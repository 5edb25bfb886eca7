//! What can be asked of a running publisher from outside.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::{self, BoxStream};
use iiot_core::operation::{POINTER, async_trait};
use iiot_core::{Error, ErrorKind, Result};

use super::Publisher;
use crate::diagnostics::Diagnostics;
use crate::ledger::{MissingRequest, MissingResponse};
use crate::nodes::{KeyFrameOf, KeyFramesRequest, KeyFramesResponse, NodesRequest, NodesResponse};
use crate::operations::{DiagnosticsRequest, Edge, WatchDiagnosticsRequest};

#[async_trait]
impl Edge for Publisher {
    async fn diagnostics(&self, _: DiagnosticsRequest) -> Result<Diagnostics> {
        Ok(self.shared.diagnostics())
    }

    async fn nodes(&self, request: NodesRequest) -> Result<NodesResponse> {
        Self::nodes(self, request).await
    }

    async fn missing(&self, request: MissingRequest) -> Result<MissingResponse> {
        Self::missing(self, request).await
    }

    async fn key_frames(&self, KeyFramesRequest { of }: KeyFramesRequest) -> Result<KeyFramesResponse> {
        if of.len() > MOST_KEY_FRAMES {
            let message = format!("these are more than {MOST_KEY_FRAMES} at once");
            return Err(Error::new(ErrorKind::InvalidArgument, "send key frames", message).with(POINTER, "#/of"));
        }
        let mut errors = Vec::with_capacity(of.len());
        for KeyFrameOf { writer_group, writer } in of {
            let sent = match writer {
                Some(writer) => self.key_frame(&writer_group, &writer).await,
                None => self.key_frames_of(&writer_group).await,
            };
            errors.push(sent.err().map(|error| error.report()));
        }
        Ok(KeyFramesResponse { errors })
    }

    async fn watch_diagnostics(
        &self,
        request: WatchDiagnosticsRequest,
    ) -> Result<BoxStream<'static, Result<Diagnostics>>> {
        if !INTERVALS_MS.contains(&request.interval_ms) {
            let message = format!("the interval must be {} to {} ms", INTERVALS_MS.start(), INTERVALS_MS.end());
            return Err(Error::new(ErrorKind::InvalidArgument, WATCH, message).with(POINTER, "#/intervalMs"));
        }
        let interval = Duration::from_millis(request.interval_ms);
        let start = self.shared.clock().now();
        let items = stream::unfold((Arc::clone(&self.shared), start), move |(shared, due)| async move {
            tokio::select! {
                () = shared.clock().sleep_until(due) => {}
                () = shared.close.cancelled() => return None,
            }
            // A reader that was slow gets one item, not all that it missed.
            let next = (due + interval).max(shared.clock().now());
            let diagnostics = shared.diagnostics();
            Some((Ok(diagnostics), (shared, next)))
        });
        Ok(items.boxed())
    }
}

impl Publisher {
    /// Sends one of each writer that can.
    async fn key_frames_of(&self, group: &str) -> Result<()> {
        let writers = self.live.lock().await.writers(group);
        let (mut sent, mut failed) = (false, None);
        for writer in writers {
            match self.key_frame(group, &writer).await {
                Ok(()) => sent = true,
                Err(error) => failed = Some(error),
            }
        }
        let nobody = || Error::new(ErrorKind::NotFound, "send key frames", "there is no such group");
        if sent { Ok(()) } else { Err(failed.unwrap_or_else(nobody)) }
    }
}

const MOST_KEY_FRAMES: usize = 1000;
const WATCH: &str = "watch diagnostics";
const INTERVALS_MS: RangeInclusive<u64> = 100..=86_400_000;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use iiot_core::operation::Role;
    use iiot_core::session::MemoryServer;
    use iiot_core::testing::{Mosquitto, MosquittoOptions, Offered, within};
    use iiot_core::transport::{MemoryTransport, MqttOptions, MqttTransport, Transport};

    use super::*;
    use crate::operations::RemoteEdge;
    use crate::plan::Plan;
    use crate::service::Parts;
    use crate::sink::MemorySink;

    const PATIENCE: Duration = Duration::from_secs(20);

    fn publisher() -> Publisher {
        let server = MemoryServer::new();
        let plan = Plan::of_nodes(server.url(), vec!["ns=1;s=A".parse().unwrap()], Duration::from_secs(1));
        let parts = Parts::new(Arc::new(server.connector()), Arc::new(MemorySink::default()), "edge");
        Publisher::start(&plan, parts)
    }

    async fn ask_from_outside(hub: Arc<dyn Transport>, other: Arc<dyn Transport>) {
        let publisher = Arc::new(publisher());
        let edge: Arc<dyn Edge> = Arc::clone(&publisher) as _;
        let folder = tempfile::tempdir().unwrap();
        let offered = Offered::start(hub, folder.path(), vec![Arc::new(edge)]).await.unwrap();
        let remote = RemoteEdge::new(Arc::new(offered.caller(other, Role::Reader).await.unwrap()));

        let here = publisher.diagnostics();
        let there = remote.diagnostics(DiagnosticsRequest {}).await.unwrap();
        assert_eq!((there.publisher_id.as_str(), there.started), ("edge", here.started));
        assert_eq!(there.writer_groups[0].name, here.writer_groups[0].name);
        assert!(there.taken >= here.taken);

        let often = remote.watch_diagnostics(WatchDiagnosticsRequest { interval_ms: 1 }).await.map(drop);
        assert_eq!(often.unwrap_err().kind(), ErrorKind::InvalidArgument);
        let mut items = remote.watch_diagnostics(WatchDiagnosticsRequest { interval_ms: 100 }).await.unwrap();
        let mut times = Vec::new();
        for _ in 0..3 {
            times.push(within("an item", PATIENCE, items.next()).await.unwrap().unwrap().taken);
        }
        assert!(times[0] < times[1] && times[1] < times[2], "{times:?}");
        publisher.stop(PATIENCE).await;
        let end = async { while items.next().await.transpose().unwrap().is_some() {} };
        within("the stream ends with the publisher", PATIENCE, end).await;
    }

    #[tokio::test]
    async fn an_edge_answers_over_memory() {
        let hub = MemoryTransport::new();
        ask_from_outside(Arc::new(hub.clone()), Arc::new(hub)).await;
    }

    #[tokio::test]
    async fn an_edge_answers_over_a_broker() {
        let broker = Mosquitto::start(MosquittoOptions::default()).await;
        let options = || MqttOptions::from_url(&broker.url()).unwrap();
        let hub = MqttTransport::connect(options()).await.unwrap();
        let other = MqttTransport::connect(options()).await.unwrap();
        ask_from_outside(Arc::new(hub), Arc::new(other)).await;
    }
}
