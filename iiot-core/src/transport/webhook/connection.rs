//! One connection to the server, made anew when it is gone.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::RETRY_AFTER;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::options::WebhookOptions;
use super::verdict::Answer;
use crate::error::{Error, ErrorKind, Result};
use crate::transport::tls;

/// The way to the server.
pub(super) struct Connection {
    host: String,
    port: u16,
    tls: Option<TlsConnector>,
    open: Option<SendRequest<Full<Bytes>>>,
}

impl Connection {
    /// Not connected yet.
    pub(super) fn new(options: &WebhookOptions) -> Result<Self> {
        options.fixed_headers()?;
        let host = options.url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let own = options.certificate_and_key_pem.as_ref().map(|(certificate, key)| (&certificate[..], &key[..]));
        let tls = (options.url.scheme() == "https").then(|| tls::client(options.ca_pem.as_deref(), own)).transpose()?;
        let port = options.url.port_or_known_default().unwrap_or(443);
        Ok(Self { host, port, tls: tls.map(|tls| TlsConnector::from(Arc::new(tls))), open: None })
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
            None => self.connect().await?,
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

    async fn connect(&self) -> Result<SendRequest<Full<Bytes>>> {
        let unreachable =
            |cause| Error::new(ErrorKind::Unavailable, CONNECT, "the server cannot be reached").because(cause);
        let tcp = TcpStream::connect((self.host.as_str(), self.port)).await.map_err(unreachable)?;
        // Latency matters more than a few packets; fails only on a socket that is gone, which shows next.
        let _ = tcp.set_nodelay(true);
        let Some(tls) = &self.tls else { return open(tcp).await };
        let name = ServerName::try_from(self.host.clone()).map_err(|_| refused("the host is no name"))?;
        let untrusted = |cause| Error::new(ErrorKind::Untrusted, CONNECT, "TLS was refused").because(cause);
        open(tls.connect(name, tcp).await.map_err(untrusted)?).await
    }
}

async fn open(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> Result<SendRequest<Full<Bytes>>> {
    let failed = |cause| Error::new(ErrorKind::Protocol, CONNECT, "the server does not speak HTTP/1.1").because(cause);
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(failed)?;
    // Its end shows at the next request.
    tokio::spawn(async move { drop(connection.await) });
    Ok(sender)
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

fn refused(message: &'static str) -> Error {
    Error::new(ErrorKind::InvalidArgument, CONNECT, message)
}

const CONNECT: &str = "connect to the HTTP server";
const SEND: &str = "send the request";
/// Bytes of an answer that are read.
const MAX_ANSWER: usize = 64 << 10;
/// Letters of an answer that are shown.
const SHOWN: usize = 200;
