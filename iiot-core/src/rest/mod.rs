//! Calls operations that are offered over HTTP, as `http` offers them.
//!
//! ```no_run
//! # async fn run() -> iiot_core::Result<()> {
//! use std::sync::Arc;
//! use iiot_core::operation::Invoke;
//! use iiot_core::rest::{RestCaller, RestOptions, Trust};
//!
//! let mut options = RestOptions::new("https://gds.local:9704", "iiot_ID_SECRET".to_owned())?;
//! options.trust = Trust::Fingerprint("3f0a…".parse()?);
//! let caller: Arc<dyn Invoke> = Arc::new(RestCaller::new(options)?);
//! // For the remote implementation of a capability: RemoteTwin::new(caller).
//! # Ok(()) }
//! ```

mod events;
mod options;
mod place;
mod problem;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1::SendRequest;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue};
use hyper::{Request, Response, StatusCode};
use parking_lot::Mutex;
use url::Position;

use crate::error::{Error, ErrorKind, Result};
use crate::operation::{Effect, Invoke, Operation};
use crate::transport::line::Line;

pub use options::{Fingerprint, RestOptions, Trust};

/// Calls the operations of one server, with one API key. Clones share their connection.
///
/// A change whose answer is lost fails with `Indeterminate`: whoever called must look whether it took place.
#[derive(Clone)]
pub struct RestCaller(Arc<Link>);

struct Link {
    options: RestOptions,
    line: Line,
    authorization: HeaderValue,
    /// A connection that nobody uses now.
    idle: Mutex<Option<Sender>>,
}

type Sender = SendRequest<Full<Bytes>>;

impl RestCaller {
    /// A caller who connects with the first call.
    ///
    /// # Errors
    /// `InvalidArgument` for a URL, key or certificate that cannot be used.
    pub fn new(options: RestOptions) -> Result<Self> {
        let line = Line::to(&options.url, options.tls()?);
        let authorization = options.authorization()?;
        Ok(Self(Arc::new(Link { options, line, authorization, idle: Mutex::default() })))
    }

    /// The head of the answer, and the connection that its body comes by.
    async fn ask(
        &self,
        operation: &Operation,
        request: &[u8],
        accept: &'static str,
    ) -> Result<(Sender, Response<Incoming>)> {
        let (path, body) = place::of(operation, request)?;
        let request = self.request(&path, &body, accept)?;
        let idle = self.0.idle.lock().take().filter(|idle| idle.is_ready());
        if let Some(mut idle) = idle {
            match idle.try_send_request(request.clone()).await {
                Ok(response) => return Ok((idle, response)),
                Err(mut failed) => match failed.take_message() {
                    // The server has closed it while nobody looked, and has had nothing of the request.
                    Some(_) => {}
                    None => return Err(lost(operation, failed.into_error())),
                },
            }
        }
        let mut fresh = self.0.line.connect().await?;
        let response = fresh.send_request(request).await.map_err(|cause| lost(operation, cause))?;
        Ok((fresh, response))
    }

    fn request(&self, path: &str, body: &[u8], accept: &'static str) -> Result<Request<Full<Bytes>>> {
        let url = &self.0.options.url;
        let base = url[Position::BeforePath..Position::AfterPath].trim_end_matches('/');
        Request::post(format!("{base}/v1/{path}"))
            .header(HOST, &url[Position::BeforeHost..Position::AfterPort])
            .header(AUTHORIZATION, self.0.authorization.clone())
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, accept)
            .body(Full::new(Bytes::copy_from_slice(body)))
            .map_err(|cause| Error::new(ErrorKind::InvalidArgument, CALL, "the URL is none").because(cause))
    }

    async fn exchange(&self, operation: &Operation, request: &[u8]) -> Result<Vec<u8>> {
        let (sender, response) = self.ask(operation, request, "application/json").await?;
        let status = response.status();
        let body = whole(response).await.map_err(|cause| unread(operation, cause))?;
        *self.0.idle.lock() = Some(sender);
        if status == StatusCode::OK { Ok(body) } else { Err(problem::read(operation, status, &body)) }
    }

    async fn stream(
        &self,
        operation: &'static Operation,
        request: &[u8],
    ) -> Result<BoxStream<'static, Result<Vec<u8>>>> {
        // The connection ends with the stream.
        let (_, response) = self.ask(operation, request, "text/event-stream").await?;
        let status = response.status();
        if status == StatusCode::OK {
            return Ok(events::items(response.into_body(), operation, self.0.options.timeout));
        }
        let body = whole(response).await.map_err(|cause| unread(operation, cause))?;
        Err(problem::read(operation, status, &body))
    }

    async fn in_time<T>(&self, operation: &Operation, work: impl Future<Output = Result<T>>) -> Result<T> {
        let outcome = tokio::time::timeout(self.0.options.timeout, work).await;
        let outcome =
            outcome.unwrap_or_else(|_| Err(unanswered(operation, ErrorKind::Timeout, "there was no answer in time")));
        outcome.map_err(|error| error.with("server", self.address()))
    }

    /// The server, without the key.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.0.options.url[..Position::AfterPath]
    }
}

#[async_trait]
impl Invoke for RestCaller {
    async fn call(&self, operation: &'static Operation, request: Vec<u8>) -> Result<Vec<u8>> {
        self.in_time(operation, self.exchange(operation, &request)).await
    }

    async fn open(
        &self,
        operation: &'static Operation,
        request: Vec<u8>,
    ) -> Result<BoxStream<'static, Result<Vec<u8>>>> {
        self.in_time(operation, self.stream(operation, &request)).await
    }
}

impl fmt::Debug for RestCaller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RestCaller").field("server", &self.address()).finish_non_exhaustive()
    }
}

async fn whole(response: Response<Incoming>) -> Result<Vec<u8>, Box<dyn std::error::Error + Send + Sync>> {
    Ok(Limited::new(response.into_body(), MAX_ANSWER).collect().await?.to_bytes().to_vec())
}

/// The request was on its way: nobody knows whether it was carried out.
fn lost(operation: &Operation, cause: hyper::Error) -> Error {
    unanswered(operation, ErrorKind::Unavailable, "the connection was lost").because(cause)
}

fn unread(operation: &Operation, cause: Box<dyn std::error::Error + Send + Sync>) -> Error {
    unanswered(operation, ErrorKind::Unavailable, "the answer was cut, or is too large").because(cause)
}

fn unanswered(operation: &Operation, of_read: ErrorKind, message: &'static str) -> Error {
    let kind = if operation.effect == Effect::Changes { ErrorKind::Indeterminate } else { of_read };
    Error::new(kind, operation.full_name(), message)
}

const CALL: &str = "call over HTTP";
/// Revocation lists of large plants are the largest things here.
const MAX_ANSWER: usize = 64 << 20;
