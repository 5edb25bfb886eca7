//! One request's use of a server.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use iiot_core::clock::Clock;
use iiot_core::operation::POINTER;
use iiot_core::session::{
    Concern, ConnectOptions, Identity, Item, Lease, ResumeRevision, ResumeState, ServerLimits, Session, SessionState,
    Subscription, SubscriptionOptions,
};
use iiot_core::ua::{NodeId, QualifiedName, Request, Response, StatusCode, UAString};
use iiot_core::{Error, ErrorKind, Result, json};

use super::LocalTwin;
use crate::{Elevation, Header, Status};

/// A session for the time of one request, and how nodes are named there.
#[derive(Debug)]
pub(super) struct Visit {
    pub(super) lease: Arc<Lease>,
    pub(super) session: Attributed,
    pub(super) namespaces: Arc<Vec<String>>,
}

/// A session that says for whom it asks and gives up in time.
#[derive(Debug)]
pub(super) struct Attributed {
    session: Arc<dyn Session>,
    audit_id: UAString,
    deadline: Instant,
    clock: Arc<dyn Clock>,
}

const TIMEOUT: Duration = Duration::from_secs(15);
const MAX_LOCALES: usize = 10;
const MAX_AUDIT_ID: usize = 256;
const MAX_USER: usize = 256;
const MAX_PASSWORD: usize = 1024;

impl LocalTwin {
    /// How to reach a server for a request, and until when it may take.
    pub(super) async fn approach(&self, endpoint: &str, header: &Header) -> Result<(ConnectOptions, Instant)> {
        check(header)?;
        let timeout = timeout(header);
        let options = self.endpoints.connect_options(endpoint).await?;
        let options = ConnectOptions { locales: header.locales.clone(), ..options };
        Ok((elevated(options, header), self.clock.now() + timeout))
    }

    /// The same for what goes on behind the request and is shared, so that it cannot be somebody else's.
    pub(super) async fn approach_to_watch(&self, endpoint: &str, header: &Header) -> Result<(ConnectOptions, Instant)> {
        if header.elevation.is_some() {
            let message = "it is for one call, and what is watched goes on behind it";
            let error = Error::new(ErrorKind::InvalidArgument, "take the header", message);
            return Err(error.with(POINTER, "#/header/elevation"));
        }
        self.approach(endpoint, header).await
    }

    /// A session for a request: the one that all share, or its own where it comes as somebody else.
    pub(super) async fn lease(&self, options: &ConnectOptions, header: &Header, deadline: Instant) -> Result<Lease> {
        match header.elevation {
            Some(_) => self.pool.lease_alone(options, deadline).await,
            None => self.pool.lease(options, deadline).await,
        }
    }
}

/// How long a request may take.
pub(super) fn timeout(header: &Header) -> Duration {
    header.timeout_ms.map_or(TIMEOUT, |timeout| Duration::from_millis(timeout.into()))
}

fn elevated(options: ConnectOptions, header: &Header) -> ConnectOptions {
    let Some(Elevation { user, password }) = header.elevation.clone() else { return options };
    ConnectOptions { identity: Identity::UserName { user, password }, ..options }
}

fn check(header: &Header) -> Result<()> {
    let wrong = |part: &str, message: &'static str| {
        Err(Error::new(ErrorKind::InvalidArgument, "take the header", message)
            .with(POINTER, format!("#/header/{part}")))
    };
    match header {
        Header { timeout_ms: Some(0 | 600_001..), .. } => wrong("timeoutMs", "it takes 1 to 600,000 milliseconds"),
        Header { locales, .. } if locales.len() > MAX_LOCALES => wrong("locales", "there are more than 10"),
        Header { audit_id: Some(id), .. } if id.len() > MAX_AUDIT_ID => wrong("auditId", "it is longer than 256 bytes"),
        Header { elevation: Some(elevation), .. } if is_too_long(elevation) => {
            wrong("elevation", "a user has 256 bytes at most, a password 1024")
        }
        _ => Ok(()),
    }
}

fn is_too_long(elevation: &Elevation) -> bool {
    elevation.user.len() > MAX_USER || elevation.password.expose().len() > MAX_PASSWORD
}

impl Visit {
    pub(super) fn new(lease: Arc<Lease>, header: &Header, deadline: Instant, clock: Arc<dyn Clock>) -> Self {
        let session = Arc::clone(lease.session());
        let namespaces = session.namespaces();
        let audit_id = header.audit_id.as_deref().map_or_else(UAString::null, UAString::from);
        Self { lease, session: Attributed { session, audit_id, deadline, clock }, namespaces }
    }

    /// The node that a text names.
    pub(super) fn node(&self, text: &str) -> Result<NodeId, Status> {
        json::node_id_from_str(text, &self.namespaces).map_err(|error| match error.kind() {
            ErrorKind::NotFound => Status::because(StatusCode::BadNodeIdUnknown, error.report()),
            _ => Status::because(StatusCode::BadNodeIdInvalid, error.report()),
        })
    }

    /// The node that a part of the request names, which concerns all items.
    pub(super) fn node_at(&self, text: &str, pointer: &'static str) -> Result<NodeId> {
        let invalid = |error: Error| {
            let message = "it names no node of this server";
            Error::new(ErrorKind::InvalidArgument, "take the request", message).with(POINTER, pointer).because(error)
        };
        json::node_id_from_str(text, &self.namespaces).map_err(invalid)
    }

    /// The name that a text says.
    pub(super) fn name(&self, text: &str) -> Result<QualifiedName, Status> {
        json::qualified_name_from_str(text, &self.namespaces)
            .map_err(|error| Status::because(StatusCode::BadBrowseNameInvalid, error.report()))
    }

    pub(super) fn text_of(&self, node: &NodeId) -> String {
        json::node_id_to_string(node, &self.namespaces)
    }

    pub(super) fn text_of_name(&self, name: &QualifiedName) -> String {
        json::qualified_name_to_string(name, &self.namespaces)
    }
}

/// Refuses a list that is longer than allowed.
pub(super) fn at_most(max: usize, items: usize, pointer: &'static str) -> Result<()> {
    if items <= max {
        return Ok(());
    }
    let message = format!("there are {items} items, the limit is {max}");
    Err(Error::new(ErrorKind::InvalidArgument, "take the request", message).with(POINTER, pointer))
}

/// Refuses nothing where something is needed.
pub(super) fn at_least_one(items: usize, pointer: &'static str) -> Result<()> {
    if items > 0 {
        return Ok(());
    }
    Err(Error::new(ErrorKind::InvalidArgument, "take the request", "it takes one at least").with(POINTER, pointer))
}

impl Attributed {
    /// The same, with so much time from now on.
    pub(super) fn within(&self, timeout: Duration) -> Self {
        let deadline = self.clock.now() + timeout;
        let (session, clock) = (Arc::clone(&self.session), Arc::clone(&self.clock));
        Self { session, audit_id: self.audit_id.clone(), deadline, clock }
    }
}

#[async_trait]
impl Session for Attributed {
    async fn call(&self, mut request: Request, _timeout: Option<Duration>) -> Result<Response> {
        let remaining = self.deadline.saturating_duration_since(self.clock.now());
        if remaining.is_zero() {
            return Err(Error::new(ErrorKind::Timeout, request.service(), "the time of the request is over"));
        }
        request.header_mut().audit_entry_id = self.audit_id.clone();
        self.session.call(request, Some(remaining)).await
    }

    async fn subscribe(&self, options: SubscriptionOptions, items: Vec<Item>) -> Result<Box<dyn Subscription>> {
        self.session.subscribe(options, items).await
    }

    fn namespaces(&self) -> Arc<Vec<String>> {
        self.session.namespaces()
    }

    fn limits(&self) -> Arc<ServerLimits> {
        self.session.limits()
    }

    fn concerns(&self) -> Arc<Vec<Concern>> {
        self.session.concerns()
    }

    fn state(&self) -> SessionState {
        self.session.state()
    }

    async fn state_changed(&self, seen: &SessionState) -> SessionState {
        self.session.state_changed(seen).await
    }

    async fn resume_state(&self) -> Result<Option<ResumeState>> {
        self.session.resume_state().await
    }

    async fn resume_state_changed(&self, seen: ResumeRevision) -> ResumeRevision {
        self.session.resume_state_changed(seen).await
    }

    async fn suspend(&self) -> Result<Option<ResumeState>> {
        self.session.suspend().await
    }

    async fn close(&self) {
        self.session.close().await;
    }
}
