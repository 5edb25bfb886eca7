//! Ways to the edges of a registry.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use iiot_core::access::SigningKey;
use iiot_core::clock::Clock;
use iiot_core::model::{Approval, Edge, Record};
use iiot_core::operation::{Effect, Invoke, Operation, Principal};
use iiot_core::registry::{Change, RecordKey, RecordKind, Registry};
use iiot_core::rpc::{Caller, Destination};
use iiot_core::transport::Transport;
use iiot_core::{Error, ErrorKind, Result};
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::places::Places;
use crate::app::Running;

/// Reaches the edges of a registry. Nothing is sent to one that was not approved, or is away.
#[derive(Debug)]
pub struct Edges {
    inner: Arc<Inner>,
    pruning: JoinHandle<()>,
}

#[derive(Debug)]
struct Inner {
    transport: Arc<dyn Transport>,
    registry: Arc<dyn Registry>,
    signer: Arc<SigningKey>,
    clock: Arc<dyn Clock>,
    lines: Mutex<HashMap<String, Line>>,
    places: Arc<Places>,
}

/// The way to one edge. Receivers of `open` learn that it went when this is dropped.
#[derive(Debug)]
struct Line {
    caller: Caller,
    open: watch::Sender<()>,
}

/// Asks one edge for somebody. Reads and streams end when the edge goes; a change is asked for until its time is over, and
/// carried out once if the edge comes back.
#[derive(Debug)]
pub struct EdgeCaller {
    inner: Arc<Inner>,
    edge: String,
    caller: Caller,
    open: watch::Receiver<()>,
    principal: String,
}

impl Edges {
    /// Signs what it asks for with `signer`. No edge is asked anything yet.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[must_use]
    pub fn new(
        transport: Arc<dyn Transport>,
        registry: Arc<dyn Registry>,
        signer: impl Into<Arc<SigningKey>>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let (signer, lines, places) = (signer.into(), Mutex::default(), Arc::<Places>::default());
        let inner = Arc::new(Inner { transport, registry, signer, clock, lines, places });
        let pruning = tokio::spawn(Arc::clone(&inner).prune());
        Self { inner, pruning }
    }

    /// The registry that says which edges there are.
    #[must_use]
    pub fn registry(&self) -> &Arc<dyn Registry> {
        &self.inner.registry
    }

    /// Asks an edge for ourselves, and waits so long for each answer.
    ///
    /// # Errors
    /// `NotFound` if there is no such edge, `Unavailable` if it was not approved or is away.
    pub async fn ask(&self, edge: &str, timeout: Duration) -> Result<EdgeCaller> {
        let (caller, open) = self.inner.line(edge).await?;
        let (inner, edge, principal) = (Arc::clone(&self.inner), edge.to_owned(), String::new());
        Ok(EdgeCaller { inner, edge, caller: caller.with_timeout(timeout), open, principal })
    }

    /// Asks an edge for somebody; the edge records both names.
    ///
    /// # Errors
    /// `NotFound` if there is no such edge, `Unavailable` if it was not approved or is away.
    pub async fn on_behalf_of(&self, edge: &str, principal: &Principal) -> Result<EdgeCaller> {
        let (caller, open) = self.inner.line(edge).await?;
        let (inner, edge, name) = (Arc::clone(&self.inner), edge.to_owned(), principal.name.clone());
        Ok(EdgeCaller { inner, edge, caller: caller.on_behalf_of(principal.clone()), open, principal: name })
    }
}

impl Drop for Edges {
    fn drop(&mut self) {
        self.pruning.abort();
    }
}

#[async_trait]
impl Running for Edges {
    fn name(&self) -> &'static str {
        "calls to edges"
    }

    async fn failed(&self) -> Error {
        std::future::pending().await
    }

    async fn stop(&self, patience: Duration) {
        let _ = tokio::time::timeout(patience, self.inner.transport.close()).await;
    }
}

impl Inner {
    async fn line(&self, edge: &str) -> Result<(Caller, watch::Receiver<()>)> {
        let to = self.destination(edge).await?;
        if let Some(line) = self.lines.lock().get(edge).filter(|line| *line.caller.destination() == to) {
            return Ok((line.caller.clone(), line.open.subscribe()));
        }
        let (transport, signer, clock) =
            (Arc::clone(&self.transport), Arc::clone(&self.signer), Arc::clone(&self.clock));
        let connecting = tokio::time::timeout(CONNECTING, Caller::connect(transport, to, signer, clock)).await;
        let caller =
            connecting.unwrap_or_else(|_| Err(refused("the hub cannot be reached", edge)))?.with_timeout(TIMEOUT);
        let line = Line { caller: caller.clone(), open: watch::Sender::default() };
        let open = line.open.subscribe();
        self.lines.lock().insert(edge.to_owned(), line);
        Ok((caller, open))
    }

    /// Where an edge is asked that may be.
    async fn destination(&self, edge: &str) -> Result<Destination> {
        let found = self.registry.get(&RecordKey::new(RecordKind::Edge, edge)).await?;
        match found.map(|found| found.record) {
            Some(Record::Edge(record)) => destination(edge, &record),
            _ => {
                let message = "no edge of this name is on record: it announces itself when it runs";
                Err(Error::new(ErrorKind::NotFound, ASK, message).with("edge", edge))
            }
        }
    }

    /// Closes the ways to edges that went, were rejected or are reached otherwise.
    async fn prune(self: Arc<Self>) {
        while let Ok(mut changes) = self.registry.watch(None).await {
            while let Some(change) = changes.next().await {
                self.lines.lock().retain(|edge, line| match &change {
                    Change::Put(one) if one.key.kind == RecordKind::Edge && one.key.id == *edge => {
                        matches!(&one.record, Record::Edge(record)
                            if destination(edge, record).is_ok_and(|to| to == *line.caller.destination()))
                    }
                    Change::Deleted(key, _) => key.kind != RecordKind::Edge || key.id != *edge,
                    Change::Missed => false,
                    Change::Put(_) => true,
                });
            }
            self.clock.sleep_until(self.clock.now() + Duration::from_secs(1)).await;
        }
    }

    /// Why the way to an edge was closed.
    async fn gone(&self, edge: &str) -> Error {
        let now = self.destination(edge).await.err();
        now.unwrap_or_else(|| refused("the way to it was closed; try again", edge))
    }
}

/// Where an edge is asked, if it may be.
fn destination(id: &str, edge: &Edge) -> Result<Destination> {
    let refusal = match edge.approval {
        Approval::Approved if edge.presence.connected => {
            let key = edge.place_key.parse().map_err(|error: Error| error.with("edge", id))?;
            return Ok(Destination { root: edge.root.clone(), key });
        }
        Approval::Approved => return Err(refused(format!("it is away since {}", edge.presence.since), id)),
        Approval::Rejected => "it was rejected",
        _ => "nobody has approved it: compare its key with what the edge itself shows, and decide on it",
    };
    Err(refused(refusal, id).retryable(false))
}

impl EdgeCaller {
    /// Returns when the edge went.
    async fn gone(open: &mut watch::Receiver<()>) {
        while open.changed().await.is_ok() {}
    }

    /// The work of a read, which ends when the edge goes.
    async fn unless_gone<T>(&self, work: impl Future<Output = Result<T>> + Send) -> Result<T> {
        let mut open = self.open.clone();
        tokio::select! {
            outcome = work => outcome,
            () = Self::gone(&mut open) => Err(self.inner.gone(&self.edge).await),
        }
    }

    fn told(&self, error: Error) -> Error {
        // Who asked us has shown who he is; it is us whom the edge does not know.
        if error.kind() == ErrorKind::Unauthenticated {
            let message = "the edge takes no requests of ours: start it with the public key of this process as --cloud";
            return Error::new(ErrorKind::Security, ASK, message).with("edge", &self.edge).because(error);
        }
        error.with("edge", &self.edge)
    }
}

#[async_trait]
impl Invoke for EdgeCaller {
    async fn call(&self, operation: &'static Operation, request: Vec<u8>) -> Result<Vec<u8>> {
        let _place = self.inner.places.enter(&self.edge, &self.principal)?;
        let call = self.caller.call(operation, request);
        let outcome = match operation.effect {
            Effect::Reads => self.unless_gone(call).await,
            Effect::Changes => call.await,
        };
        outcome.map_err(|error| self.told(error))
    }

    async fn open(
        &self,
        operation: &'static Operation,
        request: Vec<u8>,
    ) -> Result<BoxStream<'static, Result<Vec<u8>>>> {
        let opening = {
            let _place = self.inner.places.enter(&self.edge, &self.principal)?;
            self.unless_gone(self.caller.open(operation, request)).await
        };
        let items = opening.map_err(|error| self.told(error))?;
        let (inner, edge, mut open) = (Arc::clone(&self.inner), self.edge.clone(), self.open.clone());
        let ended = self.open.clone();
        let why = stream::once(async move {
            let is_gone = ended.has_changed().is_err();
            if is_gone { Some(Err(inner.gone(&edge).await)) } else { None }
        });
        let while_there = items.take_until(async move { Self::gone(&mut open).await });
        Ok(while_there.chain(why.filter_map(std::future::ready)).boxed())
    }
}

fn refused(message: impl Into<std::borrow::Cow<'static, str>>, edge: &str) -> Error {
    Error::new(ErrorKind::Unavailable, ASK, message).with("edge", edge)
}

const ASK: &str = "ask an edge";
/// How long a hub may take to let us receive answers.
const CONNECTING: Duration = Duration::from_secs(10);
/// Less than what the HTTP face waits, so that it is told why.
const TIMEOUT: Duration = Duration::from_secs(55);
