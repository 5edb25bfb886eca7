//! Parts of the platform that run in the process of the host program: an edge, a publisher, searches.

mod discovery;
mod edge;
mod given;
mod keys;
mod publisher;
mod settings;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use futures::stream::BoxStream;
use iiot::app::App;
use iiot::core::operation::{Dispatch, Invoke, Operation};
use iiot::core::registry::{self, Registry};
use iiot::{Error, ErrorKind, Result, Transport, records, sink};
use parking_lot::Mutex;
use serde_json::json;
use tokio::sync::{oneshot, watch};

use crate::face::Face;
use crate::here::Here;
use crate::host::Borrowed;
use crate::options;
use crate::reach::table;

pub use keys::command;
pub(crate) use settings::trust;

/// What the host program implements itself. It stays its own: nothing of it is closed here.
#[derive(Debug, Default, Clone)]
pub struct Ports {
    /// Hubs, by the keys that options name as `host:KEY`.
    pub transports: HashMap<String, Arc<dyn Transport>>,
    /// Where records of the plant are kept, in place of a database.
    pub registry: Option<Arc<dyn Registry>>,
}

impl Ports {
    /// The hub at an address, which may be `host:KEY`.
    pub(crate) fn hub(&self, address: &str) -> Result<Arc<dyn Transport>> {
        let Some(key) = address.strip_prefix("host:") else { return sink::hub(address) };
        let found = self.transports.get(key).map(Arc::clone);
        let found = found.ok_or_else(|| options::wrong("transport", "nothing of the host program has this key"))?;
        Ok(Arc::new(Borrowed(found)))
    }

    /// Its own registry where there is one, else the one at an address, or below the data.
    pub(crate) async fn registry(&self, database: Option<&str>, data: Option<&Path>) -> Result<Arc<dyn Registry>> {
        match (&self.registry, database) {
            (Some(registry), _) => Ok(Arc::clone(registry)),
            (None, Some(address)) => registry::open(address).await,
            (None, None) => registry::open(&records::below(data)?).await,
        }
    }
}

/// Something that runs in this process until it is stopped, and what can be asked of it.
#[derive(Debug)]
pub struct Process {
    capabilities: HashMap<&'static str, Here>,
    values: Option<Arc<given::Given>>,
    http: Option<String>,
    stop: Mutex<Option<oneshot::Sender<()>>>,
    stopping: watch::Sender<bool>,
    outcome: watch::Receiver<Option<Result<(), Failure>>>,
}

/// What was assembled, before it runs.
pub(crate) struct Assembled {
    app: App,
    capabilities: Vec<Arc<dyn Dispatch>>,
    values: Option<Arc<given::Given>>,
    http: Option<String>,
}

/// An error that is told more than once.
#[derive(Debug, Clone)]
struct Failure {
    kind: ErrorKind,
    report: String,
}

impl Process {
    /// Starts what options say, which are JSON: `kind` is `edge`, `publisher` or `discovery`.
    ///
    /// # Errors
    /// `InvalidArgument` with the member that is wrong; those of the parts.
    pub async fn start(options: &[u8], ports: Ports) -> Result<Self> {
        let (kind, rest) = options::kind(options)?;
        let assembled = match kind.as_str() {
            "edge" => edge::assemble(options::of(rest)?, &ports).await?,
            "publisher" => publisher::assemble(options::of(rest)?, &ports).await?,
            "discovery" => discovery::assemble(options::of(rest)?, &ports).await?,
            _ => return Err(options::wrong("kind", "it is none of edge, publisher, discovery")),
        };
        Ok(Self::run(assembled))
    }

    fn run(assembled: Assembled) -> Self {
        let Assembled { app, capabilities, values, http } = assembled;
        let (stop, stopped) = oneshot::channel();
        let (told, outcome) = watch::channel(None);
        tokio::spawn(async move {
            // Dropped without a stop, it ends likewise.
            let ended = app.run_until(async { drop(stopped.await) }).await;
            told.send_replace(Some(ended.map_err(|error| Failure { kind: error.kind(), report: error.report() })));
        });
        let named = |one: Arc<dyn Dispatch>| Some((one.operations().first()?.capability, Here(one)));
        Self {
            capabilities: capabilities.into_iter().filter_map(named).collect(),
            values,
            http,
            stop: Mutex::new(Some(stop)),
            stopping: watch::Sender::new(false),
            outcome,
        }
    }

    /// What can be asked of it: `edge` (its publisher), `configuration`, `twin`, `discovery`, `registry`, as far as it has them.
    ///
    /// # Errors
    /// `NotFound` if it has none of this name.
    pub fn face(&self, capability: &str) -> Result<Face> {
        let found = self.capabilities.get(capability).cloned().ok_or_else(|| {
            Error::new(ErrorKind::NotFound, "reach capability", "this process has none of this name")
                .with("capability", capability)
        })?;
        let guarded = While { here: found, stopping: self.stopping.subscribe() };
        Ok(Face::new(Arc::new(guarded), table(capability)?, async {}))
    }

    /// Hands values to a publisher, as JSON: a list of `{"field", "value"}`, with `status`, `sourceTimestamp` where they are not
    /// Good and now. It returns when they are safe: in the log where there is one, else with the sink.
    ///
    /// # Errors
    /// `InvalidArgument` with the place of a value that does not fit its field, of which none is published then; `Closed` when
    /// it is stopped before they are safe; `Unsupported` if it is no publisher.
    pub async fn publish(&self, values: &[u8]) -> Result<()> {
        let Some(given) = &self.values else {
            return Err(Error::new(ErrorKind::Unsupported, "publish values", "only a publisher takes values"));
        };
        given.publish(values).await
    }

    /// How it stands, as JSON: `state` is `running`, `stopped` or `failed`, then with the `error`; `http` is the URL that is
    /// served; `capabilities` are those that can be reached.
    #[must_use]
    pub fn status(&self) -> Vec<u8> {
        let (state, error) = match &*self.outcome.borrow() {
            None => ("running", None),
            Some(Ok(())) => ("stopped", None),
            Some(Err(failure)) => ("failed", Some(failure.report.clone())),
        };
        let mut capabilities: Vec<&str> = self.capabilities.keys().copied().collect();
        capabilities.sort_unstable();
        let status = json!({ "state": state, "error": error, "http": self.http, "capabilities": capabilities });
        status.to_string().into_bytes()
    }

    /// Returns when it has ended.
    ///
    /// # Errors
    /// Why it could not go on.
    pub async fn ended(&self) -> Result<()> {
        let mut outcome = self.outcome.clone();
        let ended = outcome.wait_for(Option::is_some).await;
        let gone = || Error::new(ErrorKind::Internal, "run", "its task has ended");
        match &*ended.map_err(|_| gone())? {
            Some(Err(failure)) => Err(Error::new(failure.kind, "run", failure.report.clone())),
            _ => Ok(()),
        }
    }

    /// Stops it in order: what has arrived is sent, sessions are closed. Done again, it waits likewise.
    ///
    /// # Errors
    /// As of [`ended`](Self::ended).
    pub async fn stop(&self) -> Result<()> {
        self.stopping.send_replace(true);
        // Dropped, it is told likewise.
        drop(self.stop.lock().take());
        let ended = self.ended().await;
        self.values.iter().for_each(|given| given.close());
        ended
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.stopping.send_replace(true);
        self.values.iter().for_each(|given| given.close());
    }
}

/// Carries out operations while the process runs.
#[derive(Debug)]
struct While {
    here: Here,
    stopping: watch::Receiver<bool>,
}

impl While {
    fn check(&self, operation: &Operation) -> Result<()> {
        match *self.stopping.borrow() {
            true => Err(Error::new(ErrorKind::Closed, operation.full_name(), "the process was stopped")),
            false => Ok(()),
        }
    }
}

#[async_trait]
impl Invoke for While {
    async fn call(&self, operation: &'static Operation, request: Vec<u8>) -> Result<Vec<u8>> {
        self.check(operation)?;
        self.here.call(operation, request).await
    }

    async fn open(
        &self,
        operation: &'static Operation,
        request: Vec<u8>,
    ) -> Result<BoxStream<'static, Result<Vec<u8>>>> {
        self.check(operation)?;
        self.here.open(operation, request).await
    }
}
