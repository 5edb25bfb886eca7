//! A server of public files and nothing else.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::http::request::Parts;
use hyper::{Method, Request};
use tokio_util::sync::CancellationToken;

use super::content::{Answer, Asked};
use super::desk::{harden, not_found, wrong_method};
use super::problem::Refusal;
use super::server::{Answers, Serving, bound};
use super::{HttpLimits, PublicFiles};
use crate::error::Result;

/// Serves [`PublicFiles`] over plain HTTP, also beyond loopback, until it is stopped or dropped: who checks a certificate fetches
/// the revocation list before he can trust a certificate of TLS. There is nothing else at it, and no key is ever asked for; what
/// comes from there is signed, so its way need not be trusted.
///
/// ```
/// # #[derive(Debug)] struct Lists;
/// # #[iiot_core::operation::async_trait]
/// # impl iiot_core::http::PublicFiles for Lists {
/// #     async fn file(&self, _: &str) -> iiot_core::Result<Option<iiot_core::http::PublicFile>> { Ok(None) }
/// # }
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// use std::sync::Arc;
/// use iiot_core::http::{HttpLimits, PublicServer};
///
/// let server = PublicServer::start(([127, 0, 0, 1], 0), Arc::new(Lists), HttpLimits::default()).await?;
/// assert!(server.url().starts_with("http://127.0.0.1:"));
/// # Ok::<(), iiot_core::Error>(()) }).unwrap();
/// ```
#[derive(Debug)]
pub struct PublicServer {
    address: SocketAddr,
    serving: Serving,
}

impl PublicServer {
    /// Listens and serves. Of the limits those of connections, headers and times matter.
    ///
    /// # Errors
    /// `Io` if the address cannot be listened at.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub async fn start(
        address: impl Into<SocketAddr>,
        files: Arc<dyn PublicFiles>,
        limits: HttpLimits,
    ) -> Result<Self> {
        let (listener, address) = bound(address.into()).await?;
        let shelf = Arc::new(Shelf { files, limits, stopping: CancellationToken::new() });
        Ok(Self { address, serving: Serving::start(listener, None, shelf) })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://0.0.0.0:9701`
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Takes no further requests and waits for what runs, at most `patience`.
    pub async fn stop(&self, patience: Duration) {
        self.serving.stop(patience).await;
    }
}

/// Answers requests for files.
struct Shelf {
    files: Arc<dyn PublicFiles>,
    limits: HttpLimits,
    stopping: CancellationToken,
}

impl Answers for Shelf {
    async fn answer(&self, request: Request<Asked>, _: SocketAddr) -> Answer {
        let (head, _) = request.into_parts();
        let fetched = fetch(&*self.files, &head).await;
        let mut answer = fetched.unwrap_or_else(Refusal::into_answer);
        harden(answer.headers_mut());
        answer
    }

    fn limits(&self) -> HttpLimits {
        self.limits
    }

    fn stopping(&self) -> &CancellationToken {
        &self.stopping
    }
}

async fn fetch(files: &dyn PublicFiles, head: &Parts) -> Result<Answer, Refusal> {
    let path = head.uri.path();
    if !matches!(head.method, Method::GET | Method::HEAD) {
        return Err(wrong_method("GET, HEAD"));
    }
    let file = files.file(path).await?.ok_or_else(|| not_found(path))?;
    Ok(file.answer(&head.headers))
}
