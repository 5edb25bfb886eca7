//! One connection to the server, made anew when it is gone.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1::SendRequest;
use hyper::header::RETRY_AFTER;
use hyper::{Request, Response};

use super::options::WebhookOptions;
use super::verdict::Answer;
use crate::error::{Error, ErrorKind, Result};
use crate::transport::line::Line;
use crate::transport::tls;

/// The way to the server.
pub(super) struct Connection {
    line: Line,
    open: Option<SendRequest<Full<Bytes>>>,
}

impl Connection {
    /// Not connected yet.
    pub(super) fn new(options: &WebhookOptions) -> Result<Self> {
        options.fixed_headers()?;
        let own = options.certificate_and_key_pem.as_ref().map(|(certificate, key)| (&certificate[..], &key[..]));
        let tls = (options.url.scheme() == "https").then(|| tls::client(options.ca_pem.as_deref(), own)).transpose()?;
        Ok(Self { line: Line::to(&options.url, tls), open: None })
    }

    /// Sends a request and waits for the whole answer.
    pub(super) async fn send(&mut self, request: Request<Full<Bytes>>, patience: Duration) -> Result<Answer> {
        let outcome = tokio::time::timeout(patience, self.exchange(request)).await;
        let outcome =
            outcome.unwrap_or_else(|_| Err(Error::new(ErrorKind::Timeout, SEND, "the server did not answer in time")));
        if outcome.is_err() {
            self.open = None;
        }
        outcome
    }

    async fn exchange(&mut self, request: Request<Full<Bytes>>) -> Result<Answer> {
        let mut sender = match self.open.take().filter(|sender| !sender.is_closed()) {
            Some(sender) => sender,
            None => self.line.connect().await?,
        };
        let lost = |cause| Error::new(ErrorKind::Unavailable, SEND, "the connection was lost").because(cause);
        sender.ready().await.map_err(lost)?;
        let response = sender.send_request(request).await.map_err(lost)?;
        let (answer, whole) = answer(response).await;
        if whole {
            self.open = Some(sender);
        }
        Ok(answer)
    }
}

/// The answer, and whether all of it was read, so that the connection can be used again.
async fn answer(response: Response<Incoming>) -> (Answer, bool) {
    let status = response.status().as_u16();
    let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
    let body = Limited::new(response.into_body(), MAX_ANSWER).collect().await;
    let whole = body.is_ok();
    let body = body.map(|body| body.to_bytes()).unwrap_or_default();
    let text = String::from_utf8_lossy(&body).chars().filter(|letter| !letter.is_control()).take(SHOWN).collect();
    (Answer { status, retry_after, text }, whole)
}

const SEND: &str = "send the request";
/// Bytes of an answer that are read.
const MAX_ANSWER: usize = 64 << 10;
/// Letters of an answer that are shown.
const SHOWN: usize = 200;
