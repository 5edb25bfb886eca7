//! Where the keys of an issuer are.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::client::conn::http1;
use hyper::header::{ACCEPT, HOST};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use url::{Position, Url};

use crate::access::off_thread;
use crate::error::{Error, ErrorKind, Result};
use crate::transport::tls;

/// A file, or a URL.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeySource {
    /// A file, which may be replaced at any time.
    File(PathBuf),
    /// Fetched by HTTPS from whom the system's authorities vouch for; by plain HTTP from this machine alone.
    Url(Url),
}

impl KeySource {
    /// A URL, or else the name of a file.
    ///
    /// # Errors
    /// `InvalidArgument` if it is a URL that is not fetched.
    pub fn parse(text: &str) -> Result<Self> {
        if !text.contains("://") {
            return Ok(Self::File(text.into()));
        }
        let url = Url::parse(text).map_err(|cause| unfit(text, "it is no URL").because(cause))?;
        match url.scheme() {
            "https" if url.has_host() => Ok(Self::Url(url)),
            "http" if is_here(&url) => Ok(Self::Url(url)),
            "http" => Err(unfit(text, "whoever is on the way could put in keys of his own: write https://")),
            _ => Err(unfit(text, "it is neither https:// nor a file")),
        }
    }

    /// The text of the key set.
    pub(super) async fn read(&self) -> Result<Vec<u8>> {
        match self {
            Self::File(file) => {
                let file = file.clone();
                off_thread(move || read_file(&file)).await
            }
            Self::Url(url) => match tokio::time::timeout(PATIENCE, fetch(url)).await {
                Ok(outcome) => outcome.map_err(|error| error.with("url", url)),
                Err(_) => Err(Error::new(ErrorKind::Timeout, FETCH, "there is no answer").with("url", url)),
            },
        }
    }
}

fn read_file(file: &PathBuf) -> Result<Vec<u8>> {
    let unreadable = |cause| {
        let error = Error::new(ErrorKind::Io, FETCH, "the file cannot be read");
        error.with("file", file.display()).because(cause)
    };
    if file.metadata().map_err(unreadable)?.len() > MAX_SIZE as u64 {
        return Err(Error::new(ErrorKind::LimitExceeded, FETCH, "the file is too large").with("file", file.display()));
    }
    std::fs::read(file).map_err(unreadable)
}

async fn fetch(url: &Url) -> Result<Vec<u8>> {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let port = url.port_or_known_default().unwrap_or(443);
    let unreachable = |cause| Error::new(ErrorKind::Unavailable, FETCH, "the server cannot be reached").because(cause);
    let tcp = TcpStream::connect((host, port)).await.map_err(unreachable)?;
    if url.scheme() == "http" {
        return exchange(tcp, url).await;
    }
    let name = ServerName::try_from(host.to_owned()).map_err(|_| unfit(url.as_str(), "its host is no name"))?;
    let tls = TlsConnector::from(Arc::new(tls::client(None, None)?));
    let untrusted = |cause| Error::new(ErrorKind::Untrusted, FETCH, "TLS was refused").because(cause);
    exchange(tls.connect(name, tcp).await.map_err(untrusted)?, url).await
}

/// One request and its answer, which must be the keys themselves: redirects are not followed.
async fn exchange(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, url: &Url) -> Result<Vec<u8>> {
    let failed = |cause| Error::new(ErrorKind::Protocol, FETCH, "the server does not speak HTTP/1.1").because(cause);
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(failed)?;
    let connection = tokio::spawn(connection);
    let request = Request::get(&url[Position::BeforePath..Position::AfterQuery])
        .header(HOST, &url[Position::BeforeHost..Position::AfterPort])
        .header(ACCEPT, "application/jwk-set+json, application/json")
        .body(Empty::<Bytes>::new())
        .map_err(|cause| unfit(url.as_str(), "it cannot be asked for").because(cause))?;
    let response = sender.send_request(request).await.map_err(failed)?;
    let status = response.status();
    let body = Limited::new(response.into_body(), MAX_SIZE).collect().await;
    connection.abort();
    match body {
        Ok(body) if status == StatusCode::OK => Ok(body.to_bytes().to_vec()),
        Ok(_) => Err(Error::new(ErrorKind::Unavailable, FETCH, format!("the server answered {status}"))),
        Err(cause) => Err(Error::new(ErrorKind::Protocol, FETCH, format!("the answer is cut or too large: {cause}"))),
    }
}

fn is_here(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

fn unfit(source: &str, message: &'static str) -> Error {
    Error::new(ErrorKind::InvalidArgument, "find the key set", message).with("source", source)
}

const FETCH: &str = "fetch key set";
const MAX_SIZE: usize = 256 << 10;
const PATIENCE: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn keys_come_from_files_and_by_https() {
        assert_eq!(KeySource::parse("keys.json").unwrap(), KeySource::File("keys.json".into()));
        for url in
            ["https://login.example.com/keys?a=1", "http://127.0.0.1:1/keys", "http://[::1]:1/", "http://localhost/"]
        {
            assert!(matches!(KeySource::parse(url).unwrap(), KeySource::Url(_)), "{url}");
        }
        for url in ["http://login.example.com/keys", "ftp://x/", "https://", "http://127.0.0.1.example.com/"] {
            assert_eq!(KeySource::parse(url).unwrap_err().kind(), ErrorKind::InvalidArgument, "{url}");
        }
    }
}
