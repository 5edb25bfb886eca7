//! Our paths on somebody else's server.

use std::convert::Infallible;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::Body;
use hyper::{Request, Response};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::content::asked;
use super::desk::Desk;
use super::{HttpLimits, HttpParts, assemble, tend};
use crate::error::Result;

/// Answers requests that another server took: the same paths, keys, records and bounds as [`HttpServer`](super::HttpServer).
///
/// What concerns connections is up to that server: TLS, their number, the time for headers, clients that do not read.
/// Requests and answers are those of the crate `http`, which hyper, axum and others share. Below another path, take the
/// prefix off before.
///
/// ```no_run
/// # async fn example(parts: iiot_core::http::HttpParts) -> iiot_core::Result<()> {
/// use std::convert::Infallible;
/// use hyper::server::conn::http1;
/// use hyper::service::service_fn;
/// use hyper_util::rt::TokioIo;
/// use iiot_core::http::{HttpLimits, HttpRouter};
///
/// let router = HttpRouter::new(parts, HttpLimits::default())?;
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await.expect("the port is free");
/// while let Ok((stream, peer)) = listener.accept().await {
///     let router = router.clone();
///     let service = service_fn(move |request| {
///         let router = router.clone();
///         async move { Ok::<_, Infallible>(router.answer(request, peer).await) }
///     });
///     tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
/// }
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct HttpRouter {
    desk: Arc<Desk>,
    _tending: Arc<Tending>,
}

/// Ends with the last router.
struct Tending(JoinHandle<()>);

impl HttpRouter {
    /// Offers the parts.
    ///
    /// # Errors
    /// `InvalidArgument` if two operations share a name.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn new(parts: HttpParts, limits: HttpLimits) -> Result<Self> {
        let (keys, clock) = (Arc::clone(&parts.keys), Arc::clone(&parts.clock));
        let desk = Arc::new(assemble(parts, limits, CancellationToken::new(), Arc::new(|| 0))?);
        Ok(Self { desk, _tending: Arc::new(Tending(tokio::spawn(tend::keys(keys, clock)))) })
    }

    /// The answer to a request of a client at an address. Where there are proxies between, give the address of the client:
    /// wrong keys are counted by it.
    pub async fn answer<B>(&self, request: Request<B>, peer: SocketAddr) -> Response<UnsyncBoxBody<Bytes, Infallible>>
    where
        B: Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Send + 'static,
    {
        self.desk.answer(request.map(asked), peer).await
    }

    /// Ends streams and waits for changes that run, at most `patience`. Requests after that are answered still.
    pub async fn stop(&self, patience: Duration) {
        self.desk.stopping.cancel();
        // What is not finished by then is aborted with the runtime.
        let _ = tokio::time::timeout(patience, self.desk.calls.finish()).await;
    }
}

impl fmt::Debug for HttpRouter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpRouter").finish_non_exhaustive()
    }
}

impl Drop for Tending {
    fn drop(&mut self) {
        self.0.abort();
    }
}
