//! The plain address for everybody.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use iiot_core::http::{HttpLimits, PublicFiles, PublicServer};
use iiot_core::{Error, ErrorKind, Result};

use crate::app::Running;

/// Revocation lists and certificates of authorities over plain HTTP, as a part of a process. Nothing else is there, so it may be
/// reached from everywhere.
#[derive(Debug)]
pub struct Public(PublicServer);

impl Public {
    /// Serves them at `http://ADDRESS:PORT`.
    ///
    /// # Errors
    /// `InvalidArgument` if the address cannot be used, `Io` if it cannot be listened at.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub async fn start(bind: &str, files: Arc<dyn PublicFiles>) -> Result<Self> {
        let server = PublicServer::start(Self::address(bind)?, files, HttpLimits::default()).await?;
        tracing::info!("revocation lists and certificates of authorities are served at {}", server.url());
        Ok(Self(server))
    }

    /// Reads `[http://]ADDRESS:PORT`.
    ///
    /// # Errors
    /// `InvalidArgument` if it is none.
    pub fn address(bind: &str) -> Result<SocketAddr> {
        let host = bind.strip_prefix("http://").unwrap_or(bind).trim_end_matches('/');
        let local = host.strip_prefix("localhost:").map(|port| format!("127.0.0.1:{port}"));
        local.as_deref().unwrap_or(host).parse().map_err(|_| {
            let message = "it is no address to listen at in clear; write one like http://0.0.0.0:9703";
            Error::new(ErrorKind::InvalidArgument, "serve public files", message).with("address", bind)
        })
    }

    /// `http://0.0.0.0:9703`
    #[must_use]
    pub fn url(&self) -> String {
        self.0.url()
    }
}

#[async_trait]
impl Running for Public {
    fn name(&self) -> &'static str {
        "server of public files"
    }

    async fn failed(&self) -> Error {
        std::future::pending().await
    }

    async fn stop(&self, patience: Duration) {
        self.0.stop(patience).await;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn it_is_an_address_without_tls() {
        for text in ["http://0.0.0.0:9703", "0.0.0.0:9703", "http://[::]:9703/", "localhost:9703"] {
            assert_eq!(Public::address(text).unwrap().port(), 9703, "{text}");
        }
        for text in ["https://0.0.0.0:9703", "plant:9703", "9703", ""] {
            assert_eq!(Public::address(text).unwrap_err().kind(), ErrorKind::InvalidArgument, "{text}");
        }
    }
}
