//! Why there is or is not a server somewhere, found out step by step.

mod certificate;
mod endpoints;
mod reach;
#[cfg(test)]
mod tests;
mod words;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use iiot_core::clock::{Clock, SystemClock};
use iiot_core::text::cleaned;
use iiot_core::trust::TrustStore;
use iiot_core::ua::client::Greeting;
use iiot_core::ua::trust::TrustPolicy;
use iiot_core::{Error, ErrorKind, Result};

use crate::explanation::{ExplainRequest, Explanation, Step, StepName, Verdict};
use crate::interrogation::place::Location;
use crate::interrogation::{Answered, Asker, Resolve, SystemResolver};
pub use reach::{NetworkReach, Reach};
use words::{of_greeting, step};

/// What an [`Explainer`] is made of.
#[derive(Debug, Clone)]
pub struct ExplainParts {
    /// How addresses are reached.
    pub reach: Arc<dyn Reach>,
    /// Names of hosts.
    pub resolver: Arc<dyn Resolve>,
    /// Whom we trust; without it certificates are judged by themselves alone.
    pub trust: Option<Arc<dyn TrustStore>>,
    /// How strictly.
    pub trust_policy: TrustPolicy,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl Default for ExplainParts {
    /// On the network, the resolver and the clock of the machine, and without a trust store.
    fn default() -> Self {
        Self {
            reach: Arc::new(NetworkReach),
            resolver: Arc::new(SystemResolver),
            trust: None,
            trust_policy: TrustPolicy::default(),
            clock: Arc::new(SystemClock),
        }
    }
}

/// Finds out why there is or is not a server somewhere.
///
/// ```no_run
/// use iiot_discovery::explain::{ExplainParts, Explainer};
/// use iiot_discovery::explanation::ExplainRequest;
///
/// # async fn explain() -> iiot_core::Result<()> {
/// let explainer = Explainer::new(ExplainParts::default());
/// let request = ExplainRequest { target: "plc-7".into(), timeout_ms: None };
/// println!("{}", explainer.explain(&request).await?.sentence);
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Explainer {
    parts: ExplainParts,
}

const STEP: Duration = Duration::from_secs(5);
/// Addresses of a name that are tried.
const MAX_ADDRESSES: usize = 8;

impl Explainer {
    /// Nothing is contacted until it is asked.
    #[must_use]
    pub fn new(parts: ExplainParts) -> Self {
        Self { parts }
    }

    /// Goes towards a server step by step, until a step goes no further.
    ///
    /// # Errors
    /// `InvalidArgument` if the target is neither a URL nor an address, and those of the trust store.
    pub async fn explain(&self, request: &ExplainRequest) -> Result<Explanation> {
        let target = cleaned(request.target.trim(), 4096);
        let location = match location(&target) {
            Ok(location) => location,
            Err(error) if error.kind() == ErrorKind::Unsupported => return Ok(other_scheme(target, &error)),
            Err(error) => return Err(error),
        };
        let timeout = request.timeout_ms.map_or(STEP, |ms| Duration::from_millis(u64::from(ms)));
        let mut way = Way { parts: &self.parts, location, timeout, steps: Vec::new(), since: self.parts.clock.now() };
        let (reachable, sentence) = way.go().await?;
        Ok(Explanation { target, reachable, sentence, steps: way.steps })
    }
}

/// `10.0.0.7`, `plc-7:4841` and `fd00::17` are as good as URLs.
fn location(target: &str) -> Result<Location> {
    if target.contains("://") {
        return Location::parse(target);
    }
    match target.parse::<IpAddr>() {
        Ok(IpAddr::V6(address)) => Location::parse(&format!("opc.tcp://[{address}]")),
        _ => Location::parse(&format!("opc.tcp://{target}")),
    }
}

fn other_scheme(target: String, error: &Error) -> Explanation {
    let fix = "use the server's opc.tcp URL; if it has none, switch opc.tcp on in its configuration";
    let step = step(StepName::Hello, Verdict::Bad, error.message().to_owned(), fix);
    Explanation { target, reachable: false, sentence: sentence(&step), steps: vec![step] }
}

/// An explanation under way.
struct Way<'a> {
    parts: &'a ExplainParts,
    location: Location,
    timeout: Duration,
    steps: Vec<Step>,
    since: Instant,
}

impl Way<'_> {
    async fn go(&mut self) -> Result<(bool, String)> {
        let Some(addresses) = self.name().await else { return Ok((false, self.worst())) };
        for address in addresses {
            let at = SocketAddr::new(address, self.location.port());
            if self.reach(at).await {
                let begin = self.steps.len();
                let reachable = self.ask(at).await?;
                return Ok((reachable, self.told(begin, at)));
            }
        }
        Ok((false, self.worst()))
    }

    /// The addresses of the host.
    async fn name(&mut self) -> Option<Vec<IpAddr>> {
        if let Some(address) = self.location.ip() {
            return Some(vec![address]);
        }
        let (clock, host) = (&self.parts.clock, self.location.host());
        let found = tokio::select! {
            found = self.parts.resolver.resolve(&host) => found.map_err(|cause| cause.to_string()),
            () = clock.sleep_until(clock.now() + self.timeout) => Err("no name server answered in time".into()),
        };
        let problem = match found {
            Ok(addresses) if !addresses.is_empty() => {
                let listed = addresses.iter().map(IpAddr::to_string).collect::<Vec<_>>().join(", ");
                self.take(None, step(StepName::Name, Verdict::Good, format!("{host} is {listed}"), None));
                return Some(addresses.into_iter().take(MAX_ADDRESSES).collect());
            }
            Ok(_) => "it has no address".to_owned(),
            Err(cause) => cleaned(&cause, 300),
        };
        let fix = "see whether the name is spelt right and this machine's name service knows it; else use the address";
        self.take(None, step(StepName::Name, Verdict::Bad, format!("{host} has no address here: {problem}"), fix));
        None
    }

    /// Route, port and Hello; whether it speaks OPC UA.
    async fn reach(&mut self, at: SocketAddr) -> bool {
        let route = match self.parts.reach.route(at).await {
            Ok(from) => step(StepName::Route, Verdict::Good, format!("this machine reaches it from {from}"), None),
            Err(cause) => {
                let greeting = Greeting::Unreachable { message: cause.to_string() };
                of_greeting(&greeting, at).into_iter().for_each(|step| self.take(Some(at), step));
                return false;
            }
        };
        let url = self.location.to_string();
        let greeting = self.parts.reach.greet(at, &url, self.timeout).await;
        let steps = of_greeting(&greeting, at);
        let has_route = steps.first().is_none_or(|step| step.step != StepName::Route);
        for step in has_route.then_some(route).into_iter().chain(steps) {
            self.take(Some(at), step);
        }
        greeting == Greeting::OpcUa
    }

    /// Endpoints, certificate and identity; whether a client can connect.
    async fn ask(&mut self, at: SocketAddr) -> Result<bool> {
        let asker = Asker::new(self.timeout, Arc::clone(&self.parts.resolver), Arc::clone(&self.parts.clock));
        let answered = match asker.ask(&self.location, at).await {
            Ok(answered) => answered,
            Err(why) => {
                let fix = "look into the server's log; GetEndpoints must be answered without security, on every server";
                let detail = format!("it does not tell its endpoints: {why}");
                self.take(Some(at), step(StepName::Endpoints, Verdict::Bad, detail, fix));
                return Ok(false);
            }
        };
        let endpoints = endpoints::endpoints(&answered);
        let goes_on = endpoints.verdict != Verdict::Bad;
        self.take(Some(at), endpoints);
        Ok(goes_on && self.judge(&answered, at).await?)
    }

    async fn judge(&mut self, answered: &Answered, at: SocketAddr) -> Result<bool> {
        let (host, parts) = (self.location.host(), self.parts);
        let trust = parts.trust.as_deref();
        let step = certificate::certificate(answered, &host, trust, &parts.trust_policy, parts.clock.utc()).await?;
        let mut good = step.verdict != Verdict::Bad;
        self.take(Some(at), step);
        let identity = endpoints::identity(answered);
        good &= identity.verdict != Verdict::Bad;
        self.take(Some(at), identity);
        Ok(good)
    }

    fn take(&mut self, at: Option<SocketAddr>, step: Step) {
        let now = self.parts.clock.now();
        let took = now.saturating_duration_since(self.since);
        self.since = now;
        let (address, took_ms) = (at.map(|at| at.to_string()), u32::try_from(took.as_millis()).unwrap_or(u32::MAX));
        self.steps.push(Step { address, took_ms, ..step });
    }

    /// The sentence of a server that answers: of the worst step from this one on.
    fn told(&self, begin: usize, at: SocketAddr) -> String {
        let worst = self.steps[begin..].iter().rev().max_by_key(|step| rank(step.verdict));
        match worst {
            Some(step) if step.verdict == Verdict::Good => format!("a client can connect to {} at {at}", self.location),
            Some(step) if step.verdict == Verdict::Doubtful => {
                format!("a client can connect to {} at {at}, but {}", self.location, sentence(step))
            }
            Some(step) => sentence(step),
            None => String::new(),
        }
    }

    /// The sentence where nobody answers: of the step that went furthest.
    fn worst(&self) -> String {
        let furthest = self.steps.iter().filter(|step| step.verdict == Verdict::Bad).max_by_key(|step| step.step);
        furthest.map(sentence).unwrap_or_default()
    }
}

const fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Good => 0,
        Verdict::Doubtful => 1,
        Verdict::Bad => 2,
    }
}

fn sentence(step: &Step) -> String {
    match &step.fix {
        Some(fix) => format!("{}; {fix}", step.detail),
        None => step.detail.clone(),
    }
}
