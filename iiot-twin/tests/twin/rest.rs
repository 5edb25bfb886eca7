//! The twin over HTTP, asked by a caller of ours.

use std::sync::Arc;

use async_trait::async_trait;
use futures::stream::BoxStream;
use iiot_core::Result;
use iiot_core::clock::{Clock, SystemClock};
use iiot_core::http::{ApiKeyRequest, ApiKeys, AuditLog, HttpOptions, HttpParts, HttpServer};
use iiot_core::operation::{Invoke, Operation, Role};
use iiot_core::rest::{RestCaller, RestOptions};
use iiot_twin::Twin;
use tempfile::TempDir;

/// A server with a twin, and an operator who calls it.
#[derive(Debug)]
pub(crate) struct Rest {
    caller: RestCaller,
    _server: HttpServer,
    _folder: TempDir,
}

impl Rest {
    pub(crate) async fn start(twin: &Arc<dyn Twin>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let keys = Arc::new(ApiKeys::open(folder.path().join("keys.json")).unwrap());
        let audit = Arc::new(AuditLog::open(folder.path().join("audit.jsonl")).unwrap());
        let request = ApiKeyRequest { name: "test".into(), role: Role::Operator, expires: None };
        let key = keys.make(request, SystemClock.utc()).unwrap().text;
        let mut parts = HttpParts::new("twin", keys, audit, Arc::new(SystemClock));
        parts.capabilities.push(Arc::new(Arc::clone(twin)));
        let server = HttpServer::start(HttpOptions::new(([127, 0, 0, 1], 0)), parts).await.unwrap();
        let caller = RestCaller::new(RestOptions::new(&server.url(), key).unwrap()).unwrap();
        Self { caller, _server: server, _folder: folder }
    }
}

#[async_trait]
impl Invoke for Rest {
    async fn call(&self, operation: &'static Operation, request: Vec<u8>) -> Result<Vec<u8>> {
        self.caller.call(operation, request).await
    }

    async fn open(
        &self,
        operation: &'static Operation,
        request: Vec<u8>,
    ) -> Result<BoxStream<'static, Result<Vec<u8>>>> {
        self.caller.open(operation, request).await
    }
}
