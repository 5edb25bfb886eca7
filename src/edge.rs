//! The edge of one site, put together of its parts.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use iiot_core::Result;
use iiot_core::access::CallerKey;
use iiot_core::clock::Clock;
use iiot_core::http::TokenOptions;
use iiot_core::operation::{Dispatch, Role};
use iiot_core::registry::Registry;
use iiot_core::transport::Transport;
use iiot_gds::enrolment::Enrolment;
use iiot_publisher::configuration::{Configuration, ConfigurationOptions};
use iiot_publisher::service::Parts;
use iiot_twin::GuardPolicy;

use crate::app::App;
use crate::enrolment::Enrolling;
use crate::http::{Http, HttpSettings, accept_tokens, offer_configuration};
use crate::offer::Offer;
use crate::otlp::{Otlp, OtlpSettings};
use crate::pki::{Pki, Renewal};
use crate::records::Records;
use crate::servers::Servers;
use crate::{capabilities, http, offer, otlp, records};

/// What an edge is made of. Its name is the publisher's id.
#[derive(Debug)]
pub struct EdgeParts {
    /// What is published.
    pub configuration: ConfigurationOptions,
    /// Whence and whereto.
    pub publisher: Parts,
    /// Our certificates and whom we trust.
    pub pki: Pki,
    /// Where our certificates come from, and how often it is asked for other trust lists. Without it, from ourselves or a person.
    pub certificates: Option<(Arc<dyn Enrolment>, Duration)>,
    /// Where servers that were found are kept on record, and endpoints that are to be used.
    pub registry: Arc<dyn Registry>,
    /// The site where the edge stands.
    pub site: Option<String>,
    /// What may be written, called and changed on which server.
    pub guard: Option<GuardPolicy>,
    /// Serves HTTP.
    pub http: Option<HttpSettings>,
    /// Whose tokens are taken over HTTP.
    pub tokens: Option<TokenOptions>,
    /// Sends figures to a collector.
    pub otlp: Option<OtlpSettings>,
    /// Takes remote calls there and announces the edge.
    pub hub: Option<Arc<dyn Transport>>,
    /// Takes remote calls of this cloud too, as of an administrator.
    pub cloud: Option<CallerKey>,
    /// Folder with the API keys, the audit record and the key of the place at the hub.
    pub data: PathBuf,
}

/// An edge that runs until its [`App`] is stopped.
pub struct Edge {
    /// Everything that runs.
    pub app: App,
    /// What can be asked of it: its publisher, its configuration, twins, its record, searches.
    pub capabilities: Vec<Arc<dyn Dispatch>>,
    /// The URL that is served.
    pub http: Option<String>,
}

impl fmt::Debug for Edge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Edge").field("app", &self.app).field("http", &self.http).finish_non_exhaustive()
    }
}

impl EdgeParts {
    /// Puts the edge together and starts it.
    ///
    /// # Errors
    /// As of [`Configuration::start`], [`Records::with_registry`], [`Http::start`], [`Otlp::start`] and
    /// [`Offer::start_announced`].
    pub async fn start(self) -> Result<Edge> {
        let clock = Arc::clone(&self.publisher.clock);
        let (connector, name) = (Arc::clone(&self.publisher.connector), self.publisher.publisher_id.clone());
        let search = records::search(&self.pki, Arc::clone(&clock));
        let records =
            Records::with_registry(self.registry, &name, self.site.as_deref(), Some(search), Arc::clone(&clock))
                .await?;
        let records = Arc::new(records);
        let configuration = Arc::new(Configuration::start(self.configuration, self.publisher)?);
        let registry = Arc::clone(records.registry());
        let servers = Servers::with_registry(&configuration, registry, connector, Arc::clone(&clock));
        let twin = capabilities::of_twin(servers.twin(), self.guard, Arc::clone(&clock));
        let mut app = App::new()
            .with(Renewal::start(self.pki.clone(), Arc::clone(&clock)))
            .with_shared(Arc::clone(&configuration) as _);
        if let Some((manager, interval)) = self.certificates {
            app = app.with(Enrolling::start(self.pki, manager, interval, Arc::clone(&clock)));
        }
        app = app.with(servers).with_shared(Arc::clone(&records) as _);
        let mut offered =
            vec![capabilities::of_publisher(configuration.publisher()), capabilities::of_configuration(&configuration)];
        let more: Vec<_> = std::iter::once(twin).chain(records.capabilities()).collect();
        offered.extend(more.iter().map(Arc::clone));
        let mut url = None;
        if let Some(settings) = self.http {
            let served = serve(&settings, self.tokens, &configuration, more, &clock).await?;
            url = Some(served.url());
            app = app.with(served);
        }
        if let Some(settings) = self.otlp {
            let measures = vec![otlp::of_publisher(configuration.publisher())];
            app = app.with(Otlp::start(settings, measures, Arc::clone(&clock))?);
        }
        if let Some(hub) = self.hub {
            let place = offer::place(hub, format!("iiot/{name}"), &self.data, clock)?;
            self.cloud.map_or(Ok(()), |cloud| place.callers.admit(cloud, "cloud", Role::Administrator))?;
            app = app.with(Offer::start_announced(place, offered.clone(), name, self.site)?);
        }
        Ok(Edge { app, capabilities: offered, http: url })
    }
}

async fn serve(
    settings: &HttpSettings,
    tokens: Option<TokenOptions>,
    configuration: &Arc<Configuration>,
    more: Vec<Arc<dyn Dispatch>>,
    clock: &Arc<dyn Clock>,
) -> Result<Http> {
    let mut parts = http::parts("iiot edge", &settings.folder, Arc::clone(clock))?;
    tokens.into_iter().for_each(|options| accept_tokens(&mut parts, options));
    offer_configuration(&mut parts, configuration);
    parts.capabilities.extend(more);
    Http::start(settings, parts).await
}
