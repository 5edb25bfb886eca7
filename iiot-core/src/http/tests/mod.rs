//! The server as clients see it.
#![allow(clippy::unwrap_used)]

mod addressed;
mod bounds;
mod caller;
mod calls;
mod client;
mod public;
mod roles;
mod streams;
mod tls;
mod valve;

use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;

use self::client::Client;
use self::valve::{LocalValve, Valve};
use super::{ApiKeyRequest, ApiKeys, AuditLog, HttpLimits, HttpOptions, HttpParts, HttpRouter, HttpServer};
use crate::clock::{Clock, SystemClock};
use crate::error::{Error, ErrorKind};
use crate::operation::Role;

const PATIENCE: Duration = Duration::from_secs(30);

/// A server with a valve, and a key of each role.
struct Plant {
    server: HttpServer,
    valve: Arc<LocalValve>,
    keys: Arc<ApiKeys>,
    audit: Arc<AuditLog>,
    applicant: String,
    reader: String,
    operator: String,
    approver: String,
    administrator: String,
    _folder: TempDir,
}

impl Plant {
    async fn start() -> Self {
        Self::with(HttpLimits::default()).await
    }

    async fn with(limits: HttpLimits) -> Self {
        let options = HttpOptions { limits, ..HttpOptions::new(([127, 0, 0, 1], 0)) };
        Self::with_options(options).await
    }

    async fn with_options(options: HttpOptions) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let keys = Arc::new(ApiKeys::open(folder.path().join("keys.json")).unwrap());
        let audit = Arc::new(AuditLog::open(folder.path().join("audit.jsonl")).unwrap());
        let valve = Arc::new(LocalValve::default());
        let mut parts = HttpParts::new("a plant", Arc::clone(&keys), Arc::clone(&audit), Arc::new(SystemClock));
        parts.capabilities.push(Arc::new(Arc::clone(&valve) as Arc<dyn Valve>));
        let watched = Arc::clone(&valve);
        parts.ready.push(Arc::new(move || {
            let error = || Error::new(ErrorKind::Unavailable, "be ready", "the valve is stuck");
            if watched.is_stuck() { Err(error()) } else { Ok(()) }
        }));
        parts.measures.push(Arc::new(|out| {
            out.gauge("valve_percent", "How far it is open").sample(&[], 7.0);
        }));
        let server = HttpServer::start(options, parts).await.unwrap();
        let [applicant, reader, operator, approver, administrator] = Role::ALL.map(|role| key(&keys, role));
        Self { server, valve, keys, audit, applicant, reader, operator, approver, administrator, _folder: folder }
    }

    async fn client(&self) -> Client {
        Client::connect(self.server.address()).await
    }
}

/// The text of a new key.
fn key(keys: &ApiKeys, role: Role) -> String {
    let request = ApiKeyRequest { name: format!("{role:?}"), role, expires: None };
    keys.make(request, SystemClock.utc()).unwrap().text.to_string()
}

/// The id in the text of a key.
fn id(text: &str) -> &str {
    text.split('_').nth(1).unwrap()
}
