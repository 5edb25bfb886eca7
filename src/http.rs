//! The HTTP face of a process: where it listens, and the folder of its keys and its audit record.

mod bind;
mod certificate;
mod command;
mod renewal;

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use iiot_core::clock::Clock;
use iiot_core::http::{ApiKeys, AuditLog, HttpOptions, HttpParts, HttpServer, TlsIdentity, TokenOptions, Tokens};
use iiot_core::{Error, ErrorKind, Result};
use iiot_publisher::configuration::Configuration;
use iiot_publisher::service::Publisher;
use iiot_twin::Twin;
use tokio::task::JoinHandle;

pub use command::{audit_command, key_command};

use crate::app::Running;
use crate::capabilities;

/// Where and how to serve.
#[derive(Debug, Clone)]
pub struct HttpSettings {
    /// `[http://|https://]HOST:PORT`. Without a scheme, loopback is served in clear unless there is a certificate, and
    /// everything else by TLS.
    pub bind: String,
    /// The certificate with its issuers, and its key, as PEM files; our own self-signed one where there is none.
    pub certificate: Option<(PathBuf, PathBuf)>,
    /// Keys, audit record and our own certificate lie there.
    pub folder: PathBuf,
}

impl HttpSettings {
    /// Whether they can be used at all, before anything is started.
    ///
    /// # Errors
    /// `InvalidArgument` if not.
    pub fn check(&self) -> Result<()> {
        bind::parse(&self.bind, self.certificate.is_some()).map(drop)
    }
}

/// The server as a part of a process. A certificate that is replaced is shown from then on.
#[derive(Debug)]
pub struct Http {
    server: Arc<HttpServer>,
    renewal: Option<JoinHandle<()>>,
}

impl Http {
    /// Serves the parts that [`parts`] has begun.
    ///
    /// # Errors
    /// `InvalidArgument` if the address or certificate cannot be used, `Io` if the address cannot be listened at.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub async fn start(settings: &HttpSettings, parts: HttpParts) -> Result<Self> {
        let bind = bind::parse(&settings.bind, settings.certificate.is_some())?;
        let clock = Arc::clone(&parts.clock);
        let tls = match bind.secure {
            true => Some(identity(settings, bind.address.ip(), &*clock).await?),
            false => None,
        };
        let (fingerprint, nobody) = (tls.as_ref().map(TlsIdentity::fingerprint), parts.keys.is_empty());
        let server = HttpServer::start(HttpOptions { tls, ..HttpOptions::new(bind.address) }, parts).await?;
        let server = Arc::new(server);
        tracing::info!("HTTP is served at {}", server.url());
        let renewal = fingerprint.map(|fingerprint| {
            tracing::info!("its certificate has the SHA-256 {fingerprint}");
            let renewal = renewal::run(Arc::clone(&server), settings.clone(), fingerprint, clock);
            tokio::spawn(renewal)
        });
        if nobody {
            tracing::warn!("nobody has an API key yet: make the first one with the command `key first NAME`");
        }
        Ok(Self { server, renewal })
    }

    /// `http://127.0.0.1:9702`
    #[must_use]
    pub fn url(&self) -> String {
        self.server.url()
    }
}

impl Drop for Http {
    fn drop(&mut self) {
        if let Some(renewal) = &self.renewal {
            renewal.abort();
        }
    }
}

#[async_trait]
impl Running for Http {
    fn name(&self) -> &'static str {
        "HTTP server"
    }

    async fn failed(&self) -> Error {
        std::future::pending().await
    }

    async fn stop(&self, patience: Duration) {
        self.server.stop(patience).await;
    }
}

/// What the settings say, or our own.
async fn identity(settings: &HttpSettings, address: IpAddr, clock: &dyn Clock) -> Result<TlsIdentity> {
    match &settings.certificate {
        Some((certificate, key)) => certificate::from_files(certificate, key),
        None => certificate::own(&settings.folder, address, clock).await,
    }
}

/// What a process serves: nothing yet but access itself, with the keys and the audit record of the folder.
///
/// # Errors
/// As of [`ApiKeys::open`] and [`AuditLog::open`].
pub fn parts(title: &str, folder: &Path, clock: Arc<dyn Clock>) -> Result<HttpParts> {
    let keys = ApiKeys::open(folder.join("keys.json"))?;
    let audit = AuditLog::open(folder.join("audit.jsonl"))?;
    Ok(HttpParts::new(title, Arc::new(keys), Arc::new(audit), clock))
}

/// Takes tokens of an issuer beside the keys of the folder.
pub fn accept_tokens(parts: &mut HttpParts, options: TokenOptions) {
    parts.tokens = Some(Arc::new(Tokens::new(options, Arc::clone(&parts.clock))));
}

/// Adds what a publisher offers: its operations, its figures, and when it is ready.
pub fn offer_publisher(parts: &mut HttpParts, publisher: &Arc<Publisher>) {
    parts.capabilities.push(capabilities::of_publisher(publisher));
    let (measured, asked) = (Arc::clone(publisher), Arc::clone(publisher));
    parts.measures.push(Arc::new(move |out| iiot_publisher::metrics::measure(&measured.diagnostics(), out)));
    parts.ready.push(Arc::new(move || publishes(&asked)));
}

/// Adds what a publisher offers and how it is configured.
pub fn offer_configuration(parts: &mut HttpParts, configuration: &Arc<Configuration>) {
    offer_publisher(parts, configuration.publisher());
    parts.capabilities.push(capabilities::of_configuration(configuration));
}

/// Adds a twin without a policy; one with a policy is made by [`capabilities::of_twin`].
pub fn offer_twin(parts: &mut HttpParts, twin: &Arc<dyn Twin>) {
    let clock = Arc::clone(&parts.clock);
    parts.capabilities.push(capabilities::of_twin(twin, None, clock));
}

/// A publisher is ready when its sink takes messages and a server is there. Which one is missing is for those with a key.
fn publishes(publisher: &Publisher) -> Result<()> {
    use iiot_publisher::diagnostics::ConnectionState::Connected;
    let diagnostics = publisher.diagnostics();
    let connections = &diagnostics.connections;
    let wrong = if diagnostics.writer_groups.iter().any(|group| group.sink_error.is_some()) {
        "the sink takes no messages; see the diagnostics"
    } else if !connections.is_empty() && connections.iter().all(|connection| connection.state != Connected) {
        "no OPC UA server is connected; see the diagnostics"
    } else {
        return Ok(());
    };
    Err(Error::new(ErrorKind::Unavailable, "publish", wrong))
}

#[cfg(test)]
mod tests;
