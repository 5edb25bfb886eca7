//! One server is asked all that can be asked without logging in.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use iiot_core::clock::Clock;
use iiot_core::ua::client::{DiscoveryClient, DiscoveryOptions, Listed};
use iiot_core::ua::{ApplicationDescription, EndpointDescription, ServerOnNetwork};
use iiot_core::{Error, ErrorKind, Result};

use super::gate::{Entry, Gate};
use super::visits::{Failure, Visit};

/// What a server said, as it said it.
#[derive(Debug, Default)]
pub(crate) struct Said {
    pub(crate) endpoints: Listed<EndpointDescription>,
    /// Itself, and of a discovery server those that registered there.
    pub(crate) servers: Listed<ApplicationDescription>,
    /// Those that it heard of by multicast.
    pub(crate) network: Listed<ServerOnNetwork>,
    /// Services that should have been answered and were not, and why.
    pub(crate) failures: Vec<String>,
}

/// How servers are asked.
#[derive(Debug, Clone)]
pub(crate) struct Manner {
    pub(crate) locales: Vec<String>,
    pub(crate) timeout: Duration,
    pub(crate) gate: Arc<dyn Gate>,
    pub(crate) clock: Arc<dyn Clock>,
}

/// What can help to try again is tried so often.
const ATTEMPTS: u32 = 3;
/// Before the second attempt; before the third twice as long.
const PAUSE: Duration = Duration::from_millis(250);

type Call<T> = for<'c> fn(&'c DiscoveryClient) -> BoxFuture<'c, Result<T>>;

impl Manner {
    /// Asks a server for endpoints and servers. What fails of it keeps nothing else from being asked; each service may take
    /// half of the time that is left.
    ///
    /// # Errors
    /// If it tells neither endpoints nor servers.
    pub(crate) async fn ask(&self, visit: &Visit) -> Result<Said, Failure> {
        let mut asking = Asking::new(self, visit);
        let endpoints = asking.call(|client| Box::pin(client.endpoints())).await;
        if let Err(error) = &endpoints
            && !asking.was_open
        {
            return Err(Failure::of(error));
        }
        let servers = asking.call(|client| Box::pin(client.servers(&[]))).await;
        let (endpoints, servers) = match (endpoints, servers) {
            (Err(error), Err(_)) => return Err(Failure::of(&error)),
            both => both,
        };
        // Few servers know this service, and nothing is lost where they do not.
        let network = asking.call(|client| Box::pin(client.servers_on_network())).await;
        asking.close().await;
        let mut said = Said { network: network.unwrap_or_default(), ..Said::default() };
        said.endpoints = endpoints.unwrap_or_else(|error| said.missing("GetEndpoints", &error));
        said.servers = servers.unwrap_or_else(|error| said.missing("FindServers", &error));
        Ok(said)
    }

    /// Opens a channel only to see its number.
    pub(crate) async fn channel_number(&self, visit: &Visit) -> Option<u32> {
        let mut asking = Asking::new(self, visit);
        asking.end = self.clock.now() + self.timeout.min(Duration::from_secs(5));
        asking.open().await.ok()?;
        let number = asking.open.as_ref().map(|(client, _)| client.channel_id());
        asking.close().await;
        number
    }
}

impl Said {
    fn missing<T>(&mut self, service: &str, error: &Error) -> Listed<T> {
        self.failures.push(format!("{service} failed: {}", error.report()));
        Listed::default()
    }

    /// Whatever is not as it should be, for people.
    pub(crate) fn flaws(&self) -> impl Iterator<Item = String> {
        let lists = [
            ("list of endpoints", &self.endpoints.flaw),
            ("list of servers", &self.servers.flaw),
            ("list of servers on the network", &self.network.flaw),
        ];
        let flawed = lists.into_iter().filter_map(|(name, flaw)| Some(format!("its {name}: {}", flaw.as_ref()?)));
        flawed.chain(self.failures.iter().cloned())
    }
}

struct Asking<'a> {
    manner: &'a Manner,
    visit: &'a Visit,
    end: Instant,
    open: Option<(DiscoveryClient, Entry)>,
    /// There was a channel at some time.
    was_open: bool,
}

impl<'a> Asking<'a> {
    fn new(manner: &'a Manner, visit: &'a Visit) -> Self {
        Self { manner, visit, end: manner.clock.now() + manner.timeout, open: None, was_open: false }
    }

    async fn call<T>(&mut self, call: Call<T>) -> Result<T> {
        let mut attempt = 1;
        loop {
            let error = match self.attempt(call).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            // A channel on which something went wrong may have more to come.
            self.open = None;
            let resume = self.manner.clock.now() + PAUSE * attempt;
            if attempt == ATTEMPTS || !is_worth_trying_again(&error) || resume >= self.end {
                return Err(error);
            }
            self.manner.clock.sleep_until(resume).await;
            attempt += 1;
        }
    }

    async fn attempt<T>(&mut self, call: Call<T>) -> Result<T> {
        let clock = Arc::clone(&self.manner.clock);
        let now = clock.now();
        let until = now + self.end.saturating_duration_since(now) / 2;
        let asked = async {
            if self.open.as_ref().is_none_or(|(client, _)| client.has_ended()) {
                self.open().await?;
            }
            match &self.open {
                Some((client, _)) => call(client).await,
                None => Err(Error::new(ErrorKind::Internal, "ask a server", "there is no channel")),
            }
        };
        tokio::select! {
            answer = asked => answer,
            () = clock.sleep_until(until) => Err(too_late()),
        }
    }

    async fn open(&mut self) -> Result<()> {
        self.open = None;
        let entry = self.manner.gate.enter(self.visit.place.address).await;
        let clock = &self.manner.clock;
        let options = DiscoveryOptions {
            address: Some(self.visit.place.address),
            locales: self.manner.locales.clone(),
            timeout: self.end.saturating_duration_since(clock.now()),
            clock: Arc::clone(clock),
            ..DiscoveryOptions::new(self.visit.url.as_str())
        };
        self.open = Some((DiscoveryClient::open(options).await?, entry));
        self.was_open = true;
        Ok(())
    }

    async fn close(self) {
        if let Some((client, _entry)) = self.open {
            client.close().await;
        }
    }
}

/// What took its time will take it again.
fn is_worth_trying_again(error: &Error) -> bool {
    error.is_retryable() && error.kind() != ErrorKind::Timeout
}

fn too_late() -> Error {
    Error::new(ErrorKind::Timeout, "ask a server", "it did not answer in time")
}
