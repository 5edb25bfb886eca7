//! The twin over HTTP, asked by a client of its own.

use std::fmt::Write;
use std::sync::Arc;

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use iiot_core::clock::{Clock, SystemClock};
use iiot_core::http::{ApiKeyRequest, ApiKeys, AuditLog, HttpOptions, HttpParts, HttpServer};
use iiot_core::operation::{Invoke, Operation, POINTER, Role};
use iiot_core::{Error, ErrorKind, Result};
use iiot_twin::Twin;
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A server with a twin, and the key of an operator.
#[derive(Debug)]
pub(crate) struct Rest {
    server: HttpServer,
    key: String,
    _folder: TempDir,
}

impl Rest {
    pub(crate) async fn start(twin: &Arc<dyn Twin>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let keys = Arc::new(ApiKeys::open(folder.path().join("keys.json")).unwrap());
        let audit = Arc::new(AuditLog::open(folder.path().join("audit.jsonl")).unwrap());
        let request = ApiKeyRequest { name: "test".into(), role: Role::Operator, expires: None };
        let key = keys.make(request, SystemClock.utc()).unwrap().text.to_string();
        let mut parts = HttpParts::new("twin", keys, audit, Arc::new(SystemClock));
        parts.capabilities.push(Arc::new(Arc::clone(twin)));
        let server = HttpServer::start(HttpOptions::new(([127, 0, 0, 1], 0)), parts).await.unwrap();
        Self { server, key, _folder: folder }
    }

    /// The body of the answer, or the problem as it is told.
    async fn ask(&self, operation: &Operation, request: &[u8]) -> Result<String> {
        let mut request: Value = serde_json::from_slice(request).unwrap();
        let endpoint = request.as_object_mut().unwrap().remove("endpoint").unwrap();
        let path = format!("/v1/twins/{}/{}", encoded(endpoint.as_str().unwrap()), operation.name);
        match self.post(&path, &request.to_string()).await {
            (200, body) => Ok(body),
            (_, problem) => Err(failure(&serde_json::from_str(&problem).unwrap())),
        }
    }

    /// Status and body, which is not cut into chunks for this version of HTTP.
    async fn post(&self, path: &str, body: &str) -> (u16, String) {
        let (key, length) = (&self.key, body.len());
        let request = format!(
            "POST {path} HTTP/1.0\r\nHost: twin\r\nAuthorization: Bearer {key}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        let mut connection = TcpStream::connect(self.server.address()).await.unwrap();
        connection.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }
}

#[async_trait]
impl Invoke for Rest {
    async fn call(&self, operation: &'static Operation, request: Vec<u8>) -> Result<Vec<u8>> {
        self.ask(operation, &request).await.map(String::into_bytes)
    }

    async fn open(
        &self,
        operation: &'static Operation,
        request: Vec<u8>,
    ) -> Result<BoxStream<'static, Result<Vec<u8>>>> {
        let events = self.ask(operation, &request).await?;
        Ok(stream::iter(items(&events)).boxed())
    }
}

/// The items of a stream that has ended, and the problem if that was its end.
fn items(events: &str) -> Vec<Result<Vec<u8>>> {
    let member = |event: &str, name: &str| event.lines().find_map(|line| Some(line.strip_prefix(name)?.to_owned()));
    let item = |event: &str| match (member(event, "event: ").as_deref(), member(event, "data: ")) {
        (Some("end"), _) | (_, None) => None,
        (Some("problem"), Some(problem)) => Some(Err(failure(&serde_json::from_str(&problem).unwrap()))),
        (_, Some(item)) => Some(Ok(item.into_bytes())),
    };
    events.split("\n\n").filter_map(item).collect()
}

fn failure(problem: &Value) -> Error {
    let kind = ErrorKind::from_code(problem["code"].as_str().unwrap()).unwrap();
    let error = Error::new(kind, "ask over HTTP", problem["detail"].as_str().unwrap().to_owned());
    let wrong = problem["errors"].as_array().into_iter().flatten().filter_map(|part| part["pointer"].as_str());
    wrong.fold(error, |error, pointer| error.with(POINTER, pointer))
}

fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        write!(out, "%{byte:02X}").unwrap();
        out
    })
}
