//! One server is asked by itself.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::stream;
use iiot_core::clock::Clock;
use iiot_core::model::{ApplicationDescription, ApplicationType, EndpointDescription};

use super::account::{Account, Hosts, addresses, hosts_of_endpoints, urls};
use super::ask::Manner;
use super::gate::OpenGate;
use super::place::Location;
use super::resolve::Resolve;
use super::told::Told;
use super::visits::Visit;
use super::{LOOKUPS_AT_ONCE, is_binary};

/// Asks one server and follows nothing.
#[derive(Debug)]
pub(crate) struct Asker {
    manner: Manner,
    resolver: Arc<dyn Resolve>,
}

/// What one server said.
#[derive(Debug)]
pub(crate) struct Answered {
    here: Vec<Told>,
    /// Applications that it tells of.
    pub(crate) others: usize,
    /// URLs of its own that lead elsewhere or nowhere, and how.
    pub(crate) astray: Vec<(String, String)>,
}

impl Asker {
    pub(crate) fn new(timeout: Duration, resolver: Arc<dyn Resolve>, clock: Arc<dyn Clock>) -> Self {
        let manner = Manner { locales: Vec::new(), timeout, gate: Arc::new(OpenGate), clock };
        Self { manner, resolver }
    }

    /// Fails with a sentence that says why it tells nothing.
    pub(crate) async fn ask(&self, location: &Location, at: SocketAddr) -> Result<Answered, String> {
        let place = location.place(at.ip());
        let visit = Visit { url: location.to_string(), location: location.clone(), place, otherwise: Vec::new() };
        let said = self.manner.ask(&visit).await.map_err(|failure| failure.message)?;
        let hosts = self.hosts(hosts_of_endpoints(&said).into_iter().collect()).await;
        let account = Account::new(&visit, &said, &hosts);
        let own = account.here.iter().flat_map(urls).filter(|url| is_binary(url));
        let astray = own.filter_map(|url| Some((url.clone(), led_astray(&url, at, &hosts)?))).collect();
        Ok(Answered { others: account.elsewhere.len(), here: account.here, astray })
    }

    async fn hosts(&self, names: Vec<String>) -> Hosts {
        let look_up = |name: String| async {
            let clock = &self.manner.clock;
            let found = tokio::select! {
                found = self.resolver.resolve(&name) => found.ok(),
                () = clock.sleep_until(clock.now() + self.manner.timeout) => None,
            };
            let found = found.filter(|addresses| !addresses.is_empty());
            (name, found.ok_or_else(|| "does not resolve from here".to_owned()))
        };
        stream::iter(names).map(look_up).buffer_unordered(LOOKUPS_AT_ONCE).collect().await
    }
}

/// How a URL leads elsewhere than to where it was reported.
fn led_astray(url: &str, at: SocketAddr, hosts: &Hosts) -> Option<String> {
    match addresses(url, hosts) {
        Ok(addresses) if addresses.contains(&at) => None,
        Ok(addresses) => match addresses.iter().find(|one| one.ip().is_loopback() || one.ip().is_unspecified()) {
            Some(_) if at.ip().is_loopback() => None,
            Some(own) => Some(format!("means the server's own machine ({})", own.ip())),
            None => Some(format!("leads to {}", addresses.first().map(SocketAddr::to_string).unwrap_or_default())),
        },
        Err(why) => Some(why),
    }
}

impl Answered {
    pub(crate) fn endpoints(&self) -> impl Iterator<Item = &EndpointDescription> {
        self.here.iter().flat_map(|told| &told.endpoints)
    }

    pub(crate) fn description(&self) -> Option<&ApplicationDescription> {
        self.here.first().map(|told| &told.description)
    }

    pub(crate) fn uri(&self) -> &str {
        self.description().map_or("", |description| &description.application_uri)
    }

    pub(crate) fn name(&self) -> &str {
        self.description().map_or("it", |description| &description.application_name)
    }

    pub(crate) fn kind(&self) -> Option<ApplicationType> {
        self.description().map(|description| description.application_type)
    }

    /// Whether it tells of servers and is none for sessions.
    pub(crate) fn is_directory(&self) -> bool {
        self.kind() == Some(ApplicationType::DiscoveryServer)
    }

    pub(crate) fn flaws(&self) -> Vec<&str> {
        self.here.iter().flat_map(|told| &told.flaws).map(String::as_str).collect()
    }
}
