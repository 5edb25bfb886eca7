//! An OPC UA server, as everything above the client sees it.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::error::Result;
use crate::ua::{EndpointDescription, MessageSecurityMode, Request, Response};

mod arrays;
pub(crate) mod batch;
mod columns;
mod concern;
mod cyclic;
mod event_batch;
mod ext;
mod filter;
mod history;
mod identity;
mod item_node;
mod limits;
pub(crate) mod mailbox;
mod memory;
mod method;
#[cfg(feature = "runtime")]
mod pool;
pub(crate) mod resume;
mod secret;
mod spread;
mod stored;
mod stored_events;
mod subscription;

pub use arrays::Arrays;
pub(crate) use batch::Form;
pub use batch::{BatchBuilder, DataBatch, EncodedValue, Row};
pub use columns::{Columns, Number};
pub use concern::Concern;
pub use cyclic::CyclicReads;
pub(crate) use event_batch::EventColumns;
pub use event_batch::{EventBatch, EventBatchBuilder, EventRow};
pub use ext::{SessionExt, attribute};
pub use filter::{
    Aggregate, BrowseName, Clause, Comparable, Condition, Deadband, EventField, EventQuery, FilterResult, ItemFilter,
    Operand,
};
pub use history::{HistoricalValue, HistoryExt, HistoryPages, HistoryRange, ModifiedValue, Processing};
pub use identity::{Identity, IssuedToken, TokenRequest, TokenSource, UserStore};
pub use limits::ServerLimits;
pub use memory::{MemoryConnector, MemoryMethod, MemoryServer};
pub use method::{MethodExt, MethodSignature};
#[cfg(feature = "runtime")]
pub use pool::{Lease, PoolOptions, SessionPool};
pub use resume::{ResumeRevision, ResumeState};
pub use secret::Secret;
pub use spread::SpreadSubscription;
pub use subscription::{
    Gap, GapReason, Item, ItemNode, ItemState, Subscription, SubscriptionEvent, SubscriptionOptions,
    SubscriptionRevised,
};

/// Reaches OPC UA servers.
#[async_trait]
pub trait Connector: Debug + Send + Sync + 'static {
    /// The endpoints that the server at `url` offers, with host and port as the server reports
    /// them (see [`ConnectOptions::keep_dialled_host`]).
    async fn endpoints(&self, url: &str) -> Result<Vec<EndpointDescription>>;

    /// Opens a session. Fails if the first attempt fails, with the reason; once open, the session
    /// reconnects by itself until it is closed.
    async fn connect(&self, options: ConnectOptions) -> Result<Arc<dyn Session>>;
}

/// One session with one server, kept alive and re-established by its implementation.
///
/// # Behaviour
/// - [`call`](Self::call) sends one service request and returns its response. A ServiceFault is an
///   error with its StatusCode; per-item results stay in the response. While the connection is
///   away a call waits for it until its timeout. A call that reached the server is never sent twice.
/// - A request with more operations than the server takes goes out in pieces; the results come back
///   as if it were one, each with its own status. When a server refuses a piece as a whole, the bad
///   operation is sought by sending less at a time. What may change something is sent again only if
///   the server surely did not execute it. Operations of a piece without an answer have the status
///   `BadTimeout` or that of the loss, and may have taken place; those that were not sent any more
///   have `BadRequestCancelledByClient`. The call fails only if no operation has a result.
/// - [`subscribe`](Self::subscribe) returns at once; what becomes of the subscription arrives as
///   events, also when the server creates it only later.
#[async_trait]
pub trait Session: Debug + Send + Sync + 'static {
    /// Calls a service. The request header is filled by the implementation, but for its AuditEntryId. A `timeout` bounds the
    /// whole call; without one each request of it has [`ConnectOptions::request_timeout`].
    async fn call(&self, request: Request, timeout: Option<Duration>) -> Result<Response>;

    /// Creates a subscription with these items and keeps it, over reconnects, until it is closed.
    async fn subscribe(&self, options: SubscriptionOptions, items: Vec<Item>) -> Result<Box<dyn Subscription>>;

    /// The server's namespace table as last read (index = namespace index): a new `Arc` after every
    /// reconnect.
    fn namespaces(&self) -> Arc<Vec<String>>;

    /// What the server says it can take, as read when the connection was made.
    fn limits(&self) -> Arc<ServerLimits>;

    /// What is wrong with the server's certificate although we are connected, since the trust policy lets it pass; as
    /// found when the connection was made or the trust lists changed. Empty where all is well.
    fn concerns(&self) -> Arc<Vec<Concern>>;

    /// The connection as it is now.
    fn state(&self) -> SessionState;

    /// Returns when the state differs from `seen`, with the new one.
    async fn state_changed(&self, seen: &SessionState) -> SessionState;

    /// What the next process needs to go on, as it is now; `None` where a session cannot be resumed.
    /// Only subscriptions that have a [`resume_as`](SubscriptionOptions::resume_as) are in it.
    async fn resume_state(&self) -> Result<Option<ResumeState>>;

    /// Returns once [`resume_state`](Self::resume_state) may differ from what it was at revision
    /// `seen`, with the revision now; begin with the default.
    async fn resume_state_changed(&self, seen: ResumeRevision) -> ResumeRevision;

    /// Closes the session and leaves its subscriptions to the server for whoever resumes them; where
    /// that is not possible it is closed like any other.
    async fn suspend(&self) -> Result<Option<ResumeState>>;

    /// Closes subscriptions, session and channel in order.
    async fn close(&self);
}

/// How a session stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionState {
    /// Requests flow.
    Connected,
    /// The connection is lost and being re-established; the reason in one sentence.
    Reconnecting {
        /// What went wrong last.
        reason: String,
        /// Attempts since the connection was lost.
        attempts: u32,
    },
    /// Closed by us for good.
    Closed,
}

/// How to reach a server and as whom.
#[derive(Debug, Clone)]
pub struct ConnectOptions {
    /// `opc.tcp://host:port/path`
    pub endpoint_url: String,
    /// Other URLs of the same server, or of servers that can stand in for it. Where one does not
    /// answer, the next is tried, round and round. What runs on another server is created anew.
    /// The servers of a redundant set need not be named; the first that is reached tells of them.
    pub alternative_urls: Vec<String>,
    /// Which of the server's endpoints to take.
    pub security: SecurityChoice,
    /// Who we are to the server.
    pub identity: Identity,
    /// Languages of texts, the preferred first (`de-AT`); the server's own choice where empty.
    pub locales: Vec<String>,
    /// Shown in the server's diagnostics.
    pub session_name: String,
    /// How long the server keeps the session without a word from us. Default 120 s.
    pub session_timeout: Duration,
    /// How long a single request may take, each piece of a large one by itself. Default 15 s.
    pub request_timeout: Duration,
    /// Requests that may be under way at a time, beside Publish; others wait. Default 16.
    pub max_parallel_requests: usize,
    /// How long one attempt to connect may take, all steps together. Default 20 s.
    pub connect_timeout: Duration,
    /// Lifetime asked for a security token; renewed at 75 %. Default 1 h.
    pub token_lifetime: Duration,
    /// Longest pause between two attempts to reconnect. Default 30 s.
    pub max_backoff: Duration,
    /// Connect to the host and port of `endpoint_url` even if the server advertises others
    /// (containers, address translation). Default true.
    pub keep_dialled_host: bool,
    /// Wait for the server to connect to us instead (OPC 10000-6 §7.1.3), through the listener of the
    /// connector. `endpoint_url` is then what the server calls itself. Default none.
    pub reverse: Option<ReverseServer>,
    /// How long to wait for each connection of a server that connects to us; `connect_timeout` stands still meanwhile.
    /// The first attempt takes two connections, one for the list of endpoints and one for the session; many servers
    /// try again only every 15 s. Default 60 s.
    pub reverse_timeout: Duration,
    /// Move the subscriptions of a lost session into the next where the server can. Without it they are created anew,
    /// behind a declared gap; some servers transfer badly. Default true.
    pub transfer_subscriptions: bool,
    /// What an earlier process of ours left. Its session is re-activated, else its subscriptions
    /// are moved to a new one; subscriptions with the same
    /// [`resume_as`](SubscriptionOptions::resume_as) go on behind the last message that was safe.
    pub resume: Option<ResumeState>,
}

/// By what a server is recognized that connects to us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReverseServer {
    /// Its ApplicationUri.
    Uri(String),
    /// The URL of its endpoint, which is [`ConnectOptions::endpoint_url`].
    Endpoint,
}

impl ConnectOptions {
    /// Defaults for a server: the best security it offers, anonymous.
    #[must_use]
    pub fn new(endpoint_url: impl Into<String>) -> Self {
        Self {
            endpoint_url: endpoint_url.into(),
            alternative_urls: Vec::new(),
            security: SecurityChoice::default(),
            identity: Identity::Anonymous,
            locales: Vec::new(),
            session_name: "iiot".into(),
            session_timeout: Duration::from_secs(120),
            request_timeout: Duration::from_secs(15),
            max_parallel_requests: 16,
            connect_timeout: Duration::from_secs(20),
            token_lifetime: Duration::from_secs(3600),
            max_backoff: Duration::from_secs(30),
            keep_dialled_host: true,
            reverse: None,
            reverse_timeout: Duration::from_secs(60),
            transfer_subscriptions: true,
            resume: None,
        }
    }
}

/// Which endpoints are acceptable; the most secure acceptable one is taken.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SecurityChoice {
    /// Acceptable modes.
    pub mode: ModeChoice,
    /// Only this policy, by URI or by the name after `#`.
    pub policy: Option<String>,
}

/// Acceptable security modes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ModeChoice {
    /// Any, None included.
    #[default]
    Best,
    /// Any but None.
    NotNone,
    /// This one alone.
    Exactly(MessageSecurityMode),
}
