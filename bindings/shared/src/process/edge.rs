//! An edge in the process of the host program, with the options of the example `edge`.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use iiot::core::http::{KeySource, TokenOptions};
use iiot::edge::{Edge, EdgeParts};
use iiot::http::HttpSettings;
use iiot::otlp::OtlpSettings;
use iiot::publisher::configuration::ConfigurationOptions;
use iiot::publisher::profile::Dialect;
use iiot::publisher::service::Parts;
use iiot::twin::GuardPolicy;
use iiot::{Connector, Result};
use serde::Deserialize;

use super::settings::{CertificateOptions, Full, KeyOptions, OneOrMore, client, interval, sinks, storage};
use super::{Assembled, Ports};
use crate::options::wrong;
use crate::reach::clock;

/// What an edge publishes and offers.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct EdgeOptions {
    /// File that says what to publish; a change of it is applied at once.
    published_nodes: PathBuf,
    /// Messages as OPC Publisher sends them by default.
    #[serde(default)]
    compatible: bool,
    /// Where messages go: an address as the example `edge` takes it, or `host:KEY`; several, with names.
    sink: OneOrMore,
    /// Takes remote calls at this broker, or at `host:KEY`. Needs `data`.
    transport: Option<String>,
    /// Takes remote calls of this cloud too: what `cloud caller` prints.
    cloud: Option<String>,
    /// The site where the edge stands.
    site: Option<String>,
    /// Where servers that were found are kept on record.
    database: Option<String>,
    /// Serves HTTP there. Needs `data`.
    http: Option<String>,
    /// Certificate and issuers for HTTPS, as PEM file.
    http_certificate: Option<PathBuf>,
    /// Its private key, as PEM file.
    http_key: Option<PathBuf>,
    /// JSON Web Tokens that are taken over HTTP.
    tokens: Option<Tokens>,
    /// What may be written, called and changed on which server; a JSON file.
    guard: Option<PathBuf>,
    /// Sends figures to an OpenTelemetry collector.
    otlp: Option<String>,
    /// How often, in seconds. Default 60.
    otlp_interval: Option<u64>,
    /// PublisherId in messages and topics. Default `edge`.
    publisher_id: Option<String>,
    /// Folder for what outlasts the process.
    data: Option<PathBuf>,
    /// Values of each writer group that wait for the sink in the data folder, in MiB. Default 1024.
    log_mib: Option<u64>,
    /// What happens to values when that is full.
    #[serde(default)]
    when_full: Full,
    /// Folder of certificates. Default `pki` below the data.
    pki: Option<PathBuf>,
    /// Where our key is.
    #[serde(default)]
    key: KeyOptions,
    /// Where certificates come from.
    certificates: Option<CertificateOptions>,
    /// Danger: connects to servers that nobody trusted.
    #[serde(default)]
    trust_all: bool,
    /// How often a broker is told that the edge works, in seconds; 0 never. Default 60.
    status_interval: Option<u64>,
    /// Publishes the JSON Schema of each data set beside its metadata.
    #[serde(default)]
    schemas: bool,
}

/// Whose tokens are taken.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Tokens {
    /// `https://HOST/PATH`, or a file with a JSON Web Key Set.
    jwks: String,
    /// The `iss` that they must have.
    issuer: String,
    /// The `aud` that they must have.
    audience: String,
    /// The claim that holds the role. Default `roles`.
    role_claim: Option<String>,
}

impl Tokens {
    fn options(self) -> Result<TokenOptions> {
        let Self { jwks, issuer, audience, role_claim } = self;
        let role_claim = role_claim.unwrap_or_else(|| "roles".into());
        Ok(TokenOptions { keys: KeySource::parse(&jwks)?, issuer, audience, role_claim })
    }
}

impl EdgeOptions {
    /// What needs a folder has one.
    fn check(&self) -> Result<()> {
        let needs = |what: Option<&String>, member| match (what, &self.data) {
            (Some(_), None) => Err(wrong(member, "it needs data, a folder for what outlasts the process")),
            _ => Ok(()),
        };
        needs(self.transport.as_ref(), "transport")?;
        needs(self.http.as_ref(), "http")?;
        if self.tokens.is_some() && self.http.is_none() {
            return Err(wrong("tokens", "they are taken over http, which is not served"));
        }
        match (&self.http_certificate, &self.http_key) {
            (Some(_), None) | (None, Some(_)) => Err(wrong("httpKey", "a certificate and its key belong together")),
            _ => Ok(()),
        }
    }

    fn http_settings(&self) -> Option<HttpSettings> {
        let certificate = self.http_certificate.clone().zip(self.http_key.clone());
        let folder = self.data.clone().unwrap_or_default().join("http");
        self.http.clone().map(|bind| HttpSettings { bind, certificate, folder })
    }

    fn otlp_settings(&self, publisher_id: &str) -> Result<Option<OtlpSettings>> {
        let Some(collector) = &self.otlp else { return Ok(None) };
        let interval = interval(self.otlp_interval, 60).unwrap_or(Duration::from_secs(60));
        Ok(Some(OtlpSettings { interval, ..OtlpSettings::new(collector, publisher_id)? }))
    }

    async fn publisher(
        &self,
        publisher_id: String,
        connector: Arc<dyn Connector>,
        ports: &Ports,
    ) -> Result<(ConfigurationOptions, Parts)> {
        let file = ConfigurationOptions {
            dialect: Dialect::compatible(self.compatible),
            folder: self.data.as_deref().map(|folder| folder.join("configuration")),
            ..ConfigurationOptions::new(&self.published_nodes)
        };
        file.check()?;
        let status_interval = interval(self.status_interval, 60);
        let sinks = sinks(status_interval.map(|_| publisher_id.as_str()), &self.sink, ports).await?;
        let (ledger, store) = storage(self.data.as_deref(), self.log_mib, self.when_full)?;
        let (ledger, schemas) = (Arc::new(ledger), self.schemas);
        let parts = Parts { connector, sinks, clock: clock(), ledger, store, publisher_id, status_interval, schemas };
        Ok((file, parts))
    }
}

pub(crate) async fn assemble(mut options: EdgeOptions, ports: &Ports) -> Result<Assembled> {
    options.check()?;
    let publisher_id = options.publisher_id.take().unwrap_or_else(|| "edge".into());
    let guard = options.guard.as_deref().map(GuardPolicy::open).transpose()?;
    let (http, otlp) = (options.http_settings(), options.otlp_settings(&publisher_id)?);
    http.as_ref().map_or(Ok(()), HttpSettings::check)?;
    let hub = options.transport.as_deref().map(|address| ports.hub(address)).transpose()?;
    let tokens = options.tokens.take().map(Tokens::options).transpose()?;
    let cloud = options.cloud.as_deref().map(str::parse).transpose()?;
    let certificates = options.certificates.as_ref().map(CertificateOptions::source).transpose()?;
    let data = options.data.clone().unwrap_or_default();
    let folder = options.pki.clone().unwrap_or_else(|| data.join("pki"));
    let (pki, connector) = client(&folder, &publisher_id, &options.key, options.trust_all).await?;
    let registry = ports.registry(options.database.as_deref(), options.data.as_deref()).await?;
    let (configuration, publisher) = options.publisher(publisher_id, Arc::new(connector), ports).await?;
    let site = options.site;
    let parts = EdgeParts {
        configuration,
        publisher,
        pki,
        certificates,
        registry,
        site,
        guard,
        http,
        tokens,
        otlp,
        hub,
        cloud,
        data,
    };
    let Edge { app, capabilities, http } = parts.start().await?;
    Ok(Assembled { app, capabilities, values: None, http })
}
