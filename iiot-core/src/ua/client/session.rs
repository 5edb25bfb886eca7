//! The session and its subscriptions as their users hold them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use parking_lot::Mutex;
use tokio::sync::{Notify, Semaphore, SemaphorePermit, mpsc, oneshot, watch};

use super::batch::{self, Patience};
use super::channel::{Channel, Unanswered};
use super::dialer::{Connection, Dialer};
use super::handshake::{request_header, unanswered};
use super::ladder::session_is_gone;
use super::limits::Learned;
use super::supervisor::Supervisor;
use super::trust_watch::Latest;
use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Result};
use crate::session::mailbox::{Mailbox, StateCell};
use crate::session::{
    Concern, Item, ResumeRevision, ResumeState, ServerLimits, Session, SessionState, Subscription, SubscriptionEvent,
    SubscriptionOptions,
};
use crate::ua::codec::decode_response;
use crate::ua::subscribe::Key;
use crate::ua::{NodeId, Request, RequestHeader, Response, StatusCode};

/// What the users of a session share with the task that keeps it.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) state: StateCell,
    pub(super) link: watch::Sender<Option<Arc<Link>>>,
    pub(super) namespaces: Mutex<Arc<Vec<String>>>,
    pub(super) concerns: Mutex<Arc<Vec<Concern>>>,
    pub(super) learned: Mutex<Learned>,
    /// Room for requests of users.
    places: Semaphore,
    /// Tokens are waiting in some subscription.
    pub(super) acknowledged: Notify,
    /// Counts changes of what a next life would need.
    pub(super) revision: watch::Sender<ResumeRevision>,
}

/// A session that is active now.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) channel: Channel,
    pub(super) authentication_token: NodeId,
    /// Somebody was told that the session no longer exists.
    pub(super) gone: watch::Sender<Option<StatusCode>>,
}

/// What users ask of the task.
#[derive(Debug)]
pub(super) enum Command {
    Subscribe { key: Key, options: SubscriptionOptions, items: Vec<Item>, outlet: Arc<Outlet> },
    SetItems { key: Key, items: Vec<Item> },
    Modify { key: Key, options: SubscriptionOptions },
    Unsubscribe { key: Key, done: Option<oneshot::Sender<()>> },
    Save { reply: oneshot::Sender<ResumeState> },
    Suspend { heir: oneshot::Sender<ResumeState> },
    Close { done: oneshot::Sender<()> },
}

/// Where a subscription's events and tokens pass.
#[derive(Debug, Default)]
pub(super) struct Outlet {
    pub(super) mailbox: Mailbox,
    pub(super) tokens: Mutex<Vec<u64>>,
}

/// A session of our client: what [`Session`] offers, and what is needed to survive our own death.
#[derive(Debug)]
pub struct UaSession {
    shared: Arc<Shared>,
    commands: mpsc::Sender<Command>,
    next_key: AtomicU64,
    request_timeout: Duration,
}

#[derive(Debug)]
struct UaSubscription {
    key: Key,
    shared: Arc<Shared>,
    commands: mpsc::Sender<Command>,
    outlet: Arc<Outlet>,
}

const MAX_COMMANDS: usize = 64;
/// As many as a channel takes without an answer.
const MAX_PARALLEL: usize = 1024;

/// Starts the task that keeps a session which has just become active.
pub(super) fn start(dialer: Dialer, connection: Connection, trust: watch::Receiver<Latest>) -> UaSession {
    let (commands, received) = mpsc::channel(MAX_COMMANDS);
    let shared = Arc::new(Shared {
        clock: Arc::clone(&dialer.parts.clock),
        state: StateCell::new(SessionState::Connected),
        link: watch::Sender::new(None),
        namespaces: Mutex::new(Arc::clone(&connection.namespaces)),
        concerns: Mutex::new(Arc::clone(&connection.concerns)),
        // Whoever connects may ask before the task below has run for the first time.
        learned: Mutex::new(Learned::new(Arc::clone(&connection.limits))),
        places: Semaphore::new(dialer.options.max_parallel_requests.clamp(1, MAX_PARALLEL)),
        acknowledged: Notify::new(),
        revision: watch::Sender::default(),
    });
    let request_timeout = dialer.options.request_timeout;
    let supervisor = Supervisor::new(dialer, Arc::clone(&shared), received, trust);
    tokio::spawn(supervisor.run(connection));
    UaSession { shared, commands, next_key: AtomicU64::new(1), request_timeout }
}

impl UaSession {
    /// What the next process needs to go on, as it is now. Only subscriptions that have a
    /// [`resume_as`](SubscriptionOptions::resume_as) are in it.
    ///
    /// # Errors
    /// `Closed` after the session was closed.
    pub async fn resume_state(&self) -> Result<ResumeState> {
        let (reply, state) = oneshot::channel();
        self.commands.send(Command::Save { reply }).await.map_err(|_| closed("save the session"))?;
        state.await.map_err(|_| closed("save the session"))
    }

    /// Returns once [`resume_state`](Self::resume_state) may differ from what it was at revision
    /// `seen`, with the revision now; begin with the default. Save the state then: what changes after the
    /// last time that it was saved is asked of the server again, or comes twice.
    pub async fn resume_state_changed(&self, seen: ResumeRevision) -> ResumeRevision {
        let mut revision = self.shared.revision.subscribe();
        // It ends when the session is closed, and then nothing changes any more.
        revision.wait_for(|revision| *revision != seen).await.map_or(seen, |revision| *revision)
    }

    /// Closes the session and leaves its subscriptions to the server for whoever resumes them
    /// within their lifetime.
    ///
    /// # Errors
    /// `Closed` after the session was closed.
    pub async fn suspend(&self) -> Result<ResumeState> {
        let (heir, state) = oneshot::channel();
        self.commands.send(Command::Suspend { heir }).await.map_err(|_| closed("suspend the session"))?;
        state.await.map_err(|_| closed("suspend the session"))
    }
}

impl Link {
    /// One request, one response.
    pub(super) async fn call(&self, shared: &Shared, request: &mut Request, deadline: Instant) -> Result<Response> {
        let service = request.service();
        let _place = shared.place(service, deadline).await?;
        let hint = deadline.saturating_duration_since(shared.clock.now());
        let audit_entry_id = std::mem::take(&mut request.header_mut().audit_entry_id);
        let header = request_header(&self.authentication_token, shared.clock.utc(), hint);
        *request.header_mut() = RequestHeader { audit_entry_id, ..header };
        let body = match self.channel.call(request, deadline).await {
            Ok(body) => body,
            Err(why @ (Unanswered::Lost(_) | Unanswered::TimedOut)) if changes_something(request) => {
                return Err(indeterminate(service, why));
            }
            Err(why) => return Err(unanswered(service, why)),
        };
        decode_response(service, &body).inspect_err(|error| {
            if session_is_gone(error.status()) {
                self.gone.send_replace(Some(error.status()));
            }
        })
    }
}

impl Shared {
    /// Items by index refer to the table that the caller sees now.
    fn anchored(&self, items: Vec<Item>) -> Vec<Item> {
        let namespaces = Arc::clone(&self.namespaces.lock());
        items.into_iter().map(|item| item.anchored(&namespaces)).collect()
    }

    /// The link, once there is one. One that has just ended is none, although nobody has taken it away yet.
    pub(super) async fn linked(&self, service: &'static str, deadline: Instant) -> Result<Arc<Link>> {
        let mut link = self.link.subscribe();
        tokio::select! {
            found = link.wait_for(|link| is_up(link) || self.state.load() == SessionState::Closed) => {
                found.ok().and_then(|link| link.clone()).ok_or_else(|| closed(service))
            }
            () = self.clock.sleep_until(deadline) => Err(self.away(service)),
        }
    }

    /// A place among the requests that may be under way.
    async fn place(&self, service: &'static str, deadline: Instant) -> Result<SemaphorePermit<'_>> {
        let full = || Error::new(ErrorKind::Timeout, service, "earlier requests to the server are not yet answered");
        tokio::select! {
            place = self.places.acquire() => place.map_err(|_| closed(service)),
            () = self.clock.sleep_until(deadline) => Err(full()),
        }
    }

    fn away(&self, service: &'static str) -> Error {
        let message = match self.state.load() {
            SessionState::Reconnecting { reason, .. } => format!("the connection is away: {reason}"),
            _ => "the connection is away".into(),
        };
        Error::new(ErrorKind::Timeout, service, message)
    }
}

#[async_trait]
impl Session for UaSession {
    async fn call(&self, request: Request, timeout: Option<Duration>) -> Result<Response> {
        let patience = match timeout {
            Some(timeout) => Patience::Until(self.shared.clock.now() + timeout),
            None => Patience::EachRequest(self.request_timeout),
        };
        batch::call(&self.shared, request, patience).await
    }

    async fn subscribe(&self, options: SubscriptionOptions, items: Vec<Item>) -> Result<Box<dyn Subscription>> {
        let key = self.next_key.fetch_add(1, Ordering::Relaxed);
        let outlet = Arc::new(Outlet::default());
        let items = self.shared.anchored(items);
        let command = Command::Subscribe { key, options, items, outlet: Arc::clone(&outlet) };
        self.commands.send(command).await.map_err(|_| closed("subscribe"))?;
        let (shared, commands) = (Arc::clone(&self.shared), self.commands.clone());
        Ok(Box::new(UaSubscription { key, shared, commands, outlet }))
    }

    fn namespaces(&self) -> Arc<Vec<String>> {
        Arc::clone(&self.shared.namespaces.lock())
    }

    fn limits(&self) -> Arc<ServerLimits> {
        Arc::clone(self.shared.learned.lock().told())
    }

    fn concerns(&self) -> Arc<Vec<Concern>> {
        Arc::clone(&self.shared.concerns.lock())
    }

    fn state(&self) -> SessionState {
        self.shared.state.load()
    }

    async fn state_changed(&self, seen: &SessionState) -> SessionState {
        self.shared.state.changed(seen).await
    }

    async fn resume_state(&self) -> Result<Option<ResumeState>> {
        self.resume_state().await.map(Some)
    }

    async fn resume_state_changed(&self, seen: ResumeRevision) -> ResumeRevision {
        self.resume_state_changed(seen).await
    }

    async fn suspend(&self) -> Result<Option<ResumeState>> {
        self.suspend().await.map(Some)
    }

    async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.commands.send(Command::Close { done }).await.is_ok() {
            // It also ends when the task has gone, which is what is wanted.
            let _ = closed.await;
        }
    }
}

#[async_trait]
impl Subscription for UaSubscription {
    async fn next(&mut self) -> Option<SubscriptionEvent> {
        self.outlet.mailbox.next().await
    }

    fn acknowledge(&self, token: u64) {
        self.outlet.tokens.lock().push(token);
        self.shared.acknowledged.notify_one();
    }

    async fn set_items(&self, items: Vec<Item>) -> Result<()> {
        let command = Command::SetItems { key: self.key, items: self.shared.anchored(items) };
        self.commands.send(command).await.map_err(|_| closed("set the items"))
    }

    async fn modify(&self, options: SubscriptionOptions) -> Result<()> {
        let command = Command::Modify { key: self.key, options };
        self.commands.send(command).await.map_err(|_| closed("modify the subscription"))
    }

    async fn close(&mut self) {
        let (done, closed) = oneshot::channel();
        let command = Command::Unsubscribe { key: self.key, done: Some(done) };
        if self.commands.send(command).await.is_ok() {
            // It also ends when the task has gone, which is what is wanted.
            let _ = closed.await;
        }
    }
}

impl Drop for UaSubscription {
    fn drop(&mut self) {
        // A full queue leaves the subscription to its lifetime on the server: nobody acknowledges
        // it any more, so it is paused and holds nothing here but a window of messages.
        let _ = self.commands.try_send(Command::Unsubscribe { key: self.key, done: None });
    }
}

fn is_up(link: &Option<Arc<Link>>) -> bool {
    link.as_ref().is_some_and(|link| !link.channel.has_ended())
}

/// Whether a request may have had an effect although its answer never came.
pub(super) fn changes_something(request: &Request) -> bool {
    matches!(request, Request::Write(_) | Request::Call(_) | Request::HistoryUpdate(_))
}

fn indeterminate(service: &'static str, why: Unanswered) -> Error {
    let cause = unanswered(service, why);
    Error::new(ErrorKind::Indeterminate, service, format!("it may have taken place: {}", cause.message()))
}

fn closed(operation: &'static str) -> Error {
    Error::new(ErrorKind::Closed, operation, "the session was closed")
}
