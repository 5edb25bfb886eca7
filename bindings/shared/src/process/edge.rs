//! An edge in the process of the host program, with the options of the example `edge`.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use iiot::app::App;
use iiot::core::access::CallerKey;
use iiot::core::http::{KeySource, TokenOptions};
use iiot::core::operation::Role;
use iiot::enrolment::Enrolling;
use iiot::http::{self, Http, HttpSettings, accept_tokens, offer_configuration};
use iiot::offer::{self, Offer};
use iiot::otlp::{self, Otlp, OtlpSettings};
use iiot::pki::Renewal;
use iiot::publisher::configuration::{Configuration, ConfigurationOptions};
use iiot::publisher::profile::Dialect;
use iiot::publisher::service::Parts;
use iiot::records::{self, Records};
use iiot::servers::Servers;
use iiot::twin::GuardPolicy;
use iiot::{Connector, Result, capabilities};
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
}

/// Puts the parts of the edge together, as the example does.
pub(crate) async fn assemble(mut options: EdgeOptions, ports: &Ports) -> Result<Assembled> {
    options.check()?;
    let publisher_id = options.publisher_id.clone().unwrap_or_else(|| "edge".into());
    let guard = options.guard.as_deref().map(GuardPolicy::open).transpose()?;
    let (http_settings, otlp, hub) = (
        options.http_settings(),
        options.otlp_settings(&publisher_id)?,
        options.transport.as_deref().map(|address| ports.hub(address)).transpose()?,
    );
    http_settings.as_ref().map_or(Ok(()), HttpSettings::check)?;
    let tokens = options.tokens.take().map(Tokens::options).transpose()?;
    let cloud = options.cloud.as_deref().map(str::parse::<CallerKey>).transpose()?;
    let data = options.data.clone().unwrap_or_default();
    let folder = options.pki.clone().unwrap_or_else(|| data.join("pki"));
    let (pki, connector) = client(&folder, &publisher_id, &options.key, options.trust_all).await?;
    let connector: Arc<dyn Connector> = Arc::new(connector);
    let search = records::search(&pki, clock());
    let (site, database) = (options.site.as_deref(), options.database.clone());
    let records = match &ports.registry {
        Some(registry) => {
            Records::with_registry(Arc::clone(registry), &publisher_id, site, Some(search), clock()).await?
        }
        None => {
            let database = database.map_or_else(|| records::below(options.data.as_deref()), Ok)?;
            Records::of_edge(&database, &publisher_id, site, Some(search), clock()).await?
        }
    };
    let records = Arc::new(records);
    let configuration = publisher(&options, &publisher_id, Arc::clone(&connector), ports).await?;
    let mut app = App::new().with(Renewal::start(pki.clone(), clock())).with_shared(Arc::clone(&configuration) as _);
    if let Some(certificates) = &options.certificates {
        app = app.with(Enrolling::start(pki, certificates.manager()?, certificates.interval(), clock()));
    }
    let servers = Servers::with_registry(&configuration, Arc::clone(records.registry()), connector, clock());
    let twin = capabilities::of_twin(servers.twin(), guard, clock());
    app = app.with(servers).with_shared(Arc::clone(&records) as _);
    let of_publisher = capabilities::of_publisher(configuration.publisher());
    let mut offered = vec![of_publisher, capabilities::of_configuration(&configuration), Arc::clone(&twin)];
    offered.extend(records.capabilities());
    let mut url = None;
    if let Some(settings) = http_settings {
        let mut parts = http::parts("iiot edge", &settings.folder, clock())?;
        tokens.into_iter().for_each(|options| accept_tokens(&mut parts, options));
        offer_configuration(&mut parts, &configuration);
        parts.capabilities.push(twin);
        parts.capabilities.extend(records.capabilities());
        let served = Http::start(&settings, parts).await?;
        url = Some(served.url());
        app = app.with(served);
    }
    if let Some(settings) = otlp {
        app = app.with(Otlp::start(settings, vec![otlp::of_publisher(configuration.publisher())], clock())?);
    }
    if let Some(hub) = hub {
        let place = offer::place(hub, format!("iiot/{publisher_id}"), &data, clock())?;
        cloud.map_or(Ok(()), |cloud| place.callers.admit(cloud, "cloud", Role::Administrator))?;
        app = app.with(Offer::start_announced(place, offered.clone(), &publisher_id, options.site)?);
    }
    Ok(Assembled { app, capabilities: offered, values: None, http: url })
}

async fn publisher(
    options: &EdgeOptions,
    publisher_id: &str,
    connector: Arc<dyn Connector>,
    ports: &Ports,
) -> Result<Arc<Configuration>> {
    let file = ConfigurationOptions {
        dialect: Dialect::compatible(options.compatible),
        folder: options.data.as_deref().map(|folder| folder.join("configuration")),
        ..ConfigurationOptions::new(&options.published_nodes)
    };
    file.check()?;
    let status_interval = interval(options.status_interval, 60);
    let sinks = sinks(status_interval.map(|_| publisher_id), &options.sink, ports).await?;
    let (ledger, store) = storage(options.data.as_deref(), options.log_mib, options.when_full)?;
    let (ledger, publisher_id, schemas) = (Arc::new(ledger), publisher_id.to_owned(), options.schemas);
    let parts = Parts { connector, sinks, clock: clock(), ledger, store, publisher_id, status_interval, schemas };
    Configuration::start(file, parts).map(Arc::new)
}
