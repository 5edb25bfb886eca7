//! The way to an HTTP server: one connection over TCP or TLS.

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use url::Url;

use crate::error::{Error, ErrorKind, Result};

/// Where an HTTP server is, and how it proves itself.
pub(crate) struct Line {
    host: String,
    port: u16,
    tls: Option<TlsConnector>,
}

impl Line {
    /// To the server of a URL, by TLS where there is a configuration of it.
    pub(crate) fn to(url: &Url, tls: Option<ClientConfig>) -> Self {
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let port = url.port_or_known_default().unwrap_or(443);
        Self { host, port, tls: tls.map(|tls| TlsConnector::from(Arc::new(tls))) }
    }

    /// Connects. Nothing was sent yet when it fails.
    pub(crate) async fn connect(&self) -> Result<SendRequest<Full<Bytes>>> {
        let unreachable =
            |cause| Error::new(ErrorKind::Unavailable, CONNECT, "the server cannot be reached").because(cause);
        let tcp = TcpStream::connect((self.host.as_str(), self.port)).await.map_err(unreachable)?;
        // Latency matters more than a few packets; fails only on a socket that is gone, which shows next.
        let _ = tcp.set_nodelay(true);
        let Some(tls) = &self.tls else { return open(tcp).await };
        let name = ServerName::try_from(self.host.clone()).map_err(|_| {
            Error::new(ErrorKind::InvalidArgument, CONNECT, "the host is no name").with("host", &self.host)
        })?;
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

const CONNECT: &str = "connect to the HTTP server";
