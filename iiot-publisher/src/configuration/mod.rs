//! The configuration of a running publisher: one file, which people and operations change.
//!
//! ```no_run
//! # async fn example(parts: iiot_publisher::service::Parts) -> iiot_core::Result<()> {
//! use std::path::Path;
//! use iiot_publisher::configuration::{Configuration, ConfigurationOptions};
//!
//! let options = ConfigurationOptions::new("published_nodes.json");
//! let configuration = Configuration::start(options, parts)?;
//! println!("{} writer groups", configuration.publisher().diagnostics().writer_groups.len());
//! # Ok(()) }
//! ```
//!
//! The file is looked at twice a second, and its content decides: whether it was replaced, written in
//! place or is reached by another link is all the same. What is new in it is applied as a change. A
//! file that is broken, from which nothing can be published, or that is gone changes nothing: files
//! are away or half there while tools replace them, and a plant that silently sends nothing is worse
//! than one that sends what it did. Who wants to publish nothing stops the writers.
//!
//! What operations change is written to the file first, then applied.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use iiot_core::{Error, ErrorKind, Result};
use tokio::task::JoinHandle;

use crate::config::{self, Finding, Loaded};
use crate::plan::{Connection, Plan};
use crate::profile::Dialect;
use crate::replace::replace;
use crate::service::{Parts, Publisher};
use document::Document;
use history::History;
use watch::{Verdict, Watch};

mod author;
mod document;
mod history;
mod local;
pub mod operations;
#[cfg(test)]
mod tests;
mod tree;
mod watch;

pub use author::Attributed;
pub use history::Version;

/// Where a configuration is, and how it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigurationOptions {
    /// The published nodes.
    pub file: PathBuf,
    /// What messages look like where the file leaves that open.
    pub dialect: Dialect,
    /// Folder for the history of changes and for what is stopped; neither outlasts the process without.
    pub folder: Option<PathBuf>,
    /// Time between two looks at the file. Default 500 ms.
    pub interval: Duration,
}

impl ConfigurationOptions {
    /// A file, read strictly, without a history.
    #[must_use]
    pub fn new(file: impl Into<PathBuf>) -> Self {
        Self { file: file.into(), dialect: Dialect::Strict, folder: None, interval: Duration::from_millis(500) }
    }
}

impl ConfigurationOptions {
    /// Whether the file can be used, before anything is started for it.
    ///
    /// # Errors
    /// As of [`Configuration::start`].
    pub fn check(&self) -> Result<()> {
        load(&read(&self.file)?, self).map(drop)
    }
}

/// A publisher with the file that says what it publishes.
#[derive(Debug)]
pub struct Configuration {
    inner: Arc<Inner>,
    watching: JoinHandle<()>,
}

#[derive(Debug)]
struct Inner {
    options: ConfigurationOptions,
    publisher: Arc<Publisher>,
    clock: Arc<dyn iiot_core::clock::Clock>,
    state: tokio::sync::Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// What is published, as far as it is not stopped.
    plan: Plan,
    text: String,
    stopped: BTreeSet<operations::WriterName>,
    watch: Watch,
    history: Option<History>,
}

impl Configuration {
    /// Reads the file and starts to publish what it says. Findings are logged.
    ///
    /// # Errors
    /// `NotFound` or `Io` if a file cannot be read, `InvalidArgument` if it is broken or nothing in it can
    /// be published.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn start(options: ConfigurationOptions, parts: Parts) -> Result<Self> {
        let text = read(&options.file)?;
        let loaded = load(&text, &options)?;
        log(&options.file, &loaded.findings);
        let folder = options.folder.as_deref();
        let history = folder.map(|folder| History::open(folder.join("history"))).transpose()?;
        let stopped = folder.map(stopped).transpose()?.unwrap_or_default();
        let clock = Arc::clone(&parts.clock);
        let publisher = Arc::new(Publisher::start(&without(&loaded.plan, &stopped), parts));
        let watch = Watch::new(hash(&text));
        let mut state = State { plan: loaded.plan, text, stopped, watch, history };
        state.remember(clock.utc(), FILE, "found at the start");
        let inner = Arc::new(Inner { options, publisher, clock, state: state.into() });
        let watching = tokio::spawn(Arc::clone(&inner).follow());
        Ok(Self { inner, watching })
    }

    /// What publishes.
    #[must_use]
    pub fn publisher(&self) -> &Arc<Publisher> {
        &self.inner.publisher
    }

    /// The server of this URL and who we are to it, as configured; the first in the file where there are several. Writers
    /// that are stopped count.
    pub async fn connection(&self, endpoint_url: &str) -> Option<Connection> {
        let state = self.inner.state.lock().await;
        let mut writers = state.plan.writer_groups.iter().flat_map(|group| &group.writers);
        let found = writers.find(|writer| writer.connection.options.endpoint_url == endpoint_url);
        found.map(|writer| writer.connection.clone())
    }

    /// Looks at the file no more and stops to publish, as [`Publisher::stop`].
    pub async fn stop(&self, patience: Duration) {
        self.watching.abort();
        self.inner.publisher.stop(patience).await;
    }
}

impl Drop for Configuration {
    fn drop(&mut self) {
        self.watching.abort();
    }
}

impl Inner {
    /// Applies what becomes of the file.
    async fn follow(self: Arc<Self>) {
        loop {
            self.clock.sleep_until(self.clock.now() + self.options.interval).await;
            let file = self.options.file.clone();
            let text = tokio::task::spawn_blocking(move || read(&file)).await;
            let Ok(text) = text else { continue };
            self.look(text).await;
        }
    }

    async fn look(&self, text: Result<String>) {
        let mut state = self.state.lock().await;
        let file = self.options.file.display();
        match (state.watch.handle_look(text.as_deref().ok().map(hash)), text) {
            (Verdict::Changed, Ok(text)) => {
                if let Err(error) = self.take_over(&mut state, text).await {
                    tracing::error!("{file} is not applied, what it said before stays: {}", error.report());
                }
            }
            (Verdict::Gone, Err(error)) => {
                tracing::warn!("{file} is gone, what it said stays: {}", error.report());
            }
            _ => {}
        }
    }

    /// Publishes what the file says now.
    async fn take_over(&self, state: &mut State, text: String) -> Result<()> {
        let loaded = load(&text, &self.options)?;
        log(&self.options.file, &loaded.findings);
        self.publish(state, loaded.plan).await?;
        state.text = text;
        state.remember(self.clock.utc(), FILE, "changed");
        Ok(())
    }

    async fn publish(&self, state: &mut State, plan: Plan) -> Result<()> {
        let change = self.publisher.apply(&without(&plan, &state.stopped)).await?;
        tracing::info!("the configuration was changed: {change}");
        state.plan = plan;
        Ok(())
    }

    /// Takes over what was done to the file meanwhile, so that nobody's change is overwritten.
    async fn refresh(&self, state: &mut State) -> Result<()> {
        let text = read(&self.options.file)?;
        if text != state.text {
            state.watch.handle_known(hash(&text));
            self.take_over(state, text).await?;
        }
        Ok(())
    }

    /// Makes this the configuration.
    async fn write(&self, state: &mut State, document: &Document, author: &str, what: &str) -> Result<Vec<Finding>> {
        let text = document.text();
        let loaded = load(&text, &self.options)?;
        write(&self.options.file, &text)?;
        state.watch.handle_known(hash(&text));
        state.text = text;
        self.publish(state, loaded.plan).await?;
        state.remember(self.clock.utc(), author, what);
        Ok(loaded.findings)
    }
}

impl State {
    fn revision(&self) -> String {
        format!("{:016x}", hash(&self.text))
    }

    /// Keeps the present text as a version, unless it is the newest one.
    fn remember(&mut self, time: iiot_core::time::UtcTime, author: &str, what: &str) {
        let revision = self.revision();
        let Some(history) = &mut self.history else { return };
        if history.versions().last().is_some_and(|last| last.revision == revision) {
            return;
        }
        if let Err(error) = history.record(time, author, what, &revision, &self.text) {
            tracing::warn!("a version of the configuration is not kept: {}", error.report());
        }
    }
}

fn load(text: &str, options: &ConfigurationOptions) -> Result<Loaded> {
    let at_file = |error: Error| error.with("file", options.file.display());
    let loaded = config::load_as(text, options.dialect).map_err(at_file)?;
    if loaded.plan.writer_groups.is_empty() {
        log(&options.file, &loaded.findings);
        let message = "nothing in it can be published; add an entry with EndpointUrl and OpcNodes";
        return Err(at_file(Error::new(ErrorKind::InvalidArgument, READ, message)));
    }
    Ok(loaded)
}

fn log(file: &Path, findings: &[Finding]) {
    findings.iter().for_each(|finding| tracing::warn!("{} {finding}", file.display()));
}

fn read(file: &Path) -> Result<String> {
    fs::read_to_string(file).map_err(|cause| {
        let (kind, message) = match cause.kind() {
            io::ErrorKind::NotFound => (ErrorKind::NotFound, "there is no such file; check the path"),
            io::ErrorKind::InvalidData => (ErrorKind::InvalidArgument, "it is not UTF-8 text"),
            _ => (ErrorKind::Io, "it cannot be read; check its permissions"),
        };
        Error::new(kind, READ, message).with("file", file.display()).because(cause)
    })
}

/// Where a link leads is written, not the link.
fn write(file: &Path, text: &str) -> Result<()> {
    let written = fs::canonicalize(file).and_then(|file| {
        let permissions = fs::metadata(&file)?.permissions();
        replace(&file, text.as_bytes(), Some(permissions))
    });
    written.map_err(|cause| {
        let message = "it cannot be written, so nothing was changed; check that its folder is not read-only";
        Error::new(ErrorKind::Io, "write configuration", message).with("file", file.display()).because(cause)
    })
}

/// The plan but for writers that are stopped.
fn without(plan: &Plan, stopped: &BTreeSet<operations::WriterName>) -> Plan {
    let mut plan = plan.clone();
    for group in &mut plan.writer_groups {
        let is_stopped = |writer: &str| stopped.iter().any(|name| names(name, &group.name, writer));
        group.writers.retain(|writer| !is_stopped(&writer.name));
    }
    plan.writer_groups.retain(|group| !group.writers.is_empty());
    plan
}

fn names(name: &operations::WriterName, group: &str, writer: &str) -> bool {
    name.writer_group == group && name.writer.as_ref().is_none_or(|name| name == writer)
}

fn stopped(folder: &Path) -> Result<BTreeSet<operations::WriterName>> {
    match fs::read(folder.join(STOPPED)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(BTreeSet::new()),
        read => {
            let parsed = read.and_then(|text| serde_json::from_slice(&text).map_err(io::Error::from));
            parsed.map_err(|cause| {
                let message = "it says which writers are stopped and cannot be read; correct or remove it";
                let path = folder.join(STOPPED);
                Error::new(ErrorKind::Io, READ, message).with("file", path.display()).because(cause)
            })
        }
    }
}

/// FNV-1a, 64 bits.
fn hash(text: &str) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    text.bytes().fold(0xcbf2_9ce4_8422_2325, step)
}

const READ: &str = "read published nodes";
const STOPPED: &str = "stopped.json";
/// Whoever may write the file.
const FILE: &str = "file";
