//! Operations over HTTP and HTTPS, for programs, dashboards and people.
//!
//! Whatever stands in an [`operations!`](crate::operations) table is served without further code:
//!
//! | path | is |
//! |---|---|
//! | `POST /v1/CAPABILITY/OPERATION` | a call: JSON in, JSON out |
//! | `POST /v1/COLLECTION/ID/OPERATION` | the same of a capability with many things, [`Addressed`](crate::operation::Addressed): `/v1/twins/opc.tcp%3A%2F%2Fplc/read` |
//! | `POST /v1/COLLECTION/ID/CAPABILITY/OPERATION` | the same of one of many places whose requests know nothing of it: `/v1/edges/hall-2/configuration/add_nodes` |
//! | `GET` there, with `?name=value` | the same, where the operation only reads and a query can say what its request must have |
//! | `/openapi.json`, `/` | OpenAPI 3.1, and a page for people |
//! | `/healthz`, `/readyz`, `/metrics` | whether the process lives, does its work, and its figures (Prometheus) |
//! | what [`PublicFiles`] has | files for anybody, which caches may keep |
//!
//! **Queries.** A plain member of the request is a parameter of its name, a member of an object within stands behind a dot:
//! `header.timeoutMs=500`. A list of plain values is its parameter repeated, named as its schema says by `x-iiot-each`, else
//! as the list. A list of objects with one plain member that must be there is that member's parameter repeated:
//! `node=i=2258&node=i=2259`, at most 50 times. What is left out has its default, and what a query cannot say is for `POST`.
//!
//! A **stream** answers as `text/event-stream`. It ends with the event `end` or `problem`; comments keep it alive. The
//! next item is asked for when the connection has room. Where the request has a field `after` and the items a field
//! `sequence`, that is the id of the event, and `Last-Event-ID` goes on behind it.
//!
//! **Keys.** A caller shows an API key, `Authorization: Bearer iiot_ID_SECRET`, whose role the table is compared with.
//! Keys lie hashed in one file ([`ApiKeys`]); a revoked one is refused at once and its streams end. Everything but the
//! documentation, `/healthz` and `/readyz` needs one, or a JSON Web Token of an issuer that [`HttpParts::tokens`] names
//! ([`Tokens`]), whose streams end when it expires.
//!
//! **Failures** are problems (RFC 9457) with the code of the [`ErrorKind`](crate::ErrorKind), the cause, what to do, and
//! the wrong parts of a request by JSON pointer.
//!
//! **Changes** are recorded before they begin and when they end ([`AuditLog`]); if that cannot be written, they are refused.
//! A change goes on when its caller leaves.
//!
//! **Public files** are served without a key, here and, where [`PublicServer`] is started, over plain HTTP by themselves.
//!
//! **Another server** mounts the same paths by [`HttpRouter`].
//!
//! **Bounds.** [`HttpLimits`] bounds sizes, times, connections and calls. Only HTTP/1.1 is spoken. Plain HTTP is served on
//! loopback only.
//!
//! ```no_run
//! # async fn example(
//! #     capability: std::sync::Arc<dyn iiot_core::operation::Dispatch>,
//! # ) -> iiot_core::Result<()> {
//! use std::sync::Arc;
//! use iiot_core::clock::SystemClock;
//! use iiot_core::http::{ApiKeys, AuditLog, HttpOptions, HttpParts, HttpServer};
//!
//! let keys = Arc::new(ApiKeys::open("data/http/keys.json")?);
//! let audit = Arc::new(AuditLog::open("data/http/audit.jsonl")?);
//! let mut parts = HttpParts::new("iiot edge", keys, audit, Arc::new(SystemClock));
//! parts.capabilities.push(capability);
//! let server = HttpServer::start(HttpOptions::new(([127, 0, 0, 1], 9702)), parts).await?;
//! println!("{}", server.url());
//! # Ok(()) }
//! ```

mod access;
mod address;
mod calls;
mod content;
mod desk;
mod events;
mod failures;
mod gate;
mod limiter;
mod openapi;
mod page;
mod patient;
mod problem;
mod public;
mod public_server;
mod query;
mod router;
mod server;
mod shape;
mod stats;
mod table;
#[cfg(test)]
mod tests;
mod tls;
mod tokens;

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

pub use access::{
    Access, ApiKeyList, AuditPage, CheckAuditRequest, CreateKeyRequest, CreatedKey, FollowAuditRequest,
    ListKeysRequest, OPERATIONS as ACCESS_OPERATIONS, ReadAuditRequest, RemoteAccess, RevokeKeyRequest,
};
pub use openapi::openapi;
pub use public::{PublicFile, PublicFiles};
pub use public_server::PublicServer;
pub use router::HttpRouter;
pub use server::HttpServer;
pub use tls::TlsIdentity;
pub use tokens::{KeySource, TokenOptions, Tokens};

pub use crate::access::{
    ApiKey, ApiKeyRequest, ApiKeys, AuditCheck, AuditEntry, AuditEvent, AuditLog, AuditRecord, Grant, NewApiKey, Proof,
};
use crate::access::{audit, keys, tend};
use crate::clock::Clock;
use crate::error::Result;
use crate::metrics::Exposition;
use crate::operation::Dispatch;

/// Where and how to listen.
#[derive(Debug, Clone)]
pub struct HttpOptions {
    /// Port 0 takes one that is free.
    pub address: SocketAddr,
    /// Needed beyond loopback.
    pub tls: Option<TlsIdentity>,
    /// What one client can make us hold.
    pub limits: HttpLimits,
}

impl HttpOptions {
    /// Plain HTTP at an address, which must be a loopback.
    #[must_use]
    pub fn new(address: impl Into<SocketAddr>) -> Self {
        Self { address: address.into(), tls: None, limits: HttpLimits::default() }
    }
}

/// Bounds on what clients can make us hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HttpLimits {
    /// Bytes of a request's body.
    pub body: usize,
    /// Bytes of a request's line and headers.
    pub headers: usize,
    /// Headers of a request.
    pub header_count: usize,
    /// Connections; further ones wait.
    pub connections: usize,
    /// Connections from one address, or one /64 of IPv6; further ones are closed.
    pub connections_per_address: usize,
    /// Calls and streams with one key.
    pub calls_per_key: usize,
    /// Time for a TLS handshake, and for the headers of the next request.
    pub header_time: Duration,
    /// Time for the body of a request.
    pub body_time: Duration,
    /// Time for a call.
    pub call_time: Duration,
    /// How long a client may take nothing of an answer.
    pub write_stall: Duration,
    /// Time without an event after which a comment is sent.
    pub keep_alive: Duration,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self {
            body: 1 << 20,
            headers: 16 << 10,
            header_count: 64,
            connections: 256,
            connections_per_address: 128,
            calls_per_key: 32,
            header_time: Duration::from_secs(10),
            body_time: Duration::from_secs(30),
            call_time: Duration::from_secs(60),
            write_stall: Duration::from_secs(30),
            keep_alive: Duration::from_secs(15),
        }
    }
}

/// SHA-256 in hexadecimal digits, as [`AuditEntry::request`] has it.
#[must_use]
pub fn digest(request: &[u8]) -> String {
    audit::sha256(request)
}

/// Tells what keeps the process from its work, for `/readyz`, which anybody can read.
pub type ReadyCheck = Arc<dyn Fn() -> Result<()> + Send + Sync>;

/// Adds figures to `/metrics`.
pub type Measure = Arc<dyn Fn(&mut Exposition) + Send + Sync>;

/// What is served.
#[derive(Clone)]
pub struct HttpParts {
    /// The title of the documentation: `iiot edge`.
    pub title: String,
    /// Whose operations are offered, besides [`Access`], which always is.
    pub capabilities: Vec<Arc<dyn Dispatch>>,
    /// Who may call.
    pub keys: Arc<ApiKeys>,
    /// Who else may: whom an issuer of tokens vouches for.
    pub tokens: Option<Arc<Tokens>>,
    /// Where changes are recorded.
    pub audit: Arc<AuditLog>,
    /// When the process is ready: all of them are well.
    pub ready: Vec<ReadyCheck>,
    /// The process's figures.
    pub measures: Vec<Measure>,
    /// What anybody may fetch without a key.
    pub public: Option<Arc<dyn PublicFiles>>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl HttpParts {
    /// Offers [`Access`] alone, and is always ready.
    #[must_use]
    pub fn new(title: impl Into<String>, keys: Arc<ApiKeys>, audit: Arc<AuditLog>, clock: Arc<dyn Clock>) -> Self {
        let (capabilities, ready, measures) = (Vec::new(), Vec::new(), Vec::new());
        Self { title: title.into(), capabilities, keys, tokens: None, audit, ready, measures, public: None, clock }
    }
}

impl fmt::Debug for HttpParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operations: Vec<_> = self.capabilities.iter().flat_map(|one| one.operations()).collect();
        f.debug_struct("HttpParts").field("title", &self.title).field("operations", &operations).finish_non_exhaustive()
    }
}

/// Puts the parts together.
fn assemble(
    parts: HttpParts,
    limits: HttpLimits,
    stopping: CancellationToken,
    connections: Arc<dyn Fn() -> usize + Send + Sync>,
) -> Result<desk::Desk> {
    let HttpParts { title, mut capabilities, keys, tokens, audit, ready, measures, public, clock } = parts;
    let access = access::LocalAccess { keys: Arc::clone(&keys), audit: Arc::clone(&audit), clock: Arc::clone(&clock) };
    capabilities.push(Arc::new(Arc::new(access) as Arc<dyn Access>));
    let table = table::Table::new(&capabilities)?;
    let (operations, stats) = (table.operations(), Arc::new(stats::Stats::default()));
    let document = openapi(&title, &operations);
    Ok(desk::Desk {
        gate: gate::Gate {
            keys,
            tokens,
            clock: Arc::clone(&clock),
            stats: Arc::clone(&stats),
            failures: parking_lot::Mutex::default(),
            calls: limiter::Limiter::new(limits.calls_per_key),
        },
        calls: calls::Calls {
            audit,
            clock: Arc::clone(&clock),
            time: limits.call_time,
            changes: parking_lot::Mutex::default(),
        },
        page: page::Page::new(&title, &operations),
        openapi: document.to_string().into(),
        table,
        public,
        limits,
        clock,
        stats,
        ready,
        measures,
        stopping,
        connections,
    })
}
