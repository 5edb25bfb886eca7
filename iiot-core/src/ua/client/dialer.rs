//! Where a server is tried, as whom, and what we have there.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::UaConnectorOptions;
use super::address::Address;
use super::channel::Channel;
use super::deadline::Deadline;
use super::dial::Dial;
use super::handshake::{Established, Handshake};
use super::home::{Home, inherited};
use super::ladder::Rung;
use super::redundancy::Failover;
use super::reverse::{Expected, expected};
use super::standing::Standing;
use crate::error::{Error, Result};
use crate::session::{Concern, ConnectOptions, ResumeState, ServerLimits};
use crate::ua::EndpointDescription;
use crate::ua::secure::ApplicationCertificate;
use crate::ua::subscribe::Continuity;
use crate::ua::trust::{OwnCertificate, ParsedLists, Verdict};

/// Connects to one server, as often as asked, and remembers what it has there.
#[derive(Debug)]
pub(crate) struct Dialer {
    pub(super) parts: Arc<UaConnectorOptions>,
    pub(super) options: ConnectOptions,
    pub(super) places: Vec<Arc<str>>,
    /// The last session that a server made for us, whatever came of it.
    pub(super) held: Mutex<Option<Established>>,
    /// Where our subscriptions are.
    pub(super) home: Mutex<Option<Home>>,
    /// The server connects to us.
    pub(super) expected: Option<Expected>,
    /// The server closed the connection when it was asked for its limits.
    pub(super) dislikes_limits: AtomicBool,
    /// When to look for a better server of a redundant set.
    pub(super) failover: Mutex<Failover>,
}

/// A session that is active on a channel.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) channel: Channel,
    pub(crate) session: Established,
    pub(crate) namespaces: Arc<Vec<String>>,
    pub(crate) limits: Arc<ServerLimits>,
    /// What of the connection before it goes on.
    pub(crate) continuity: Continuity,
    /// What is wrong with the server's certificate and was let pass.
    pub(crate) concerns: Arc<Vec<Concern>>,
}

/// Why an attempt came to nothing.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) error: Error,
    /// A server may have a session for us now.
    pub(crate) session: bool,
    /// The server closed the connection when the session was to be re-activated.
    pub(crate) closed: bool,
}

/// How long a server may take to say good-bye.
pub(super) const PATIENCE_AT_CLOSE: Duration = Duration::from_secs(2);

impl Dialer {
    /// Fails with `InvalidArgument` if a URL is none.
    pub(crate) fn new(parts: Arc<UaConnectorOptions>, options: ConnectOptions) -> Result<Self> {
        let urls = std::iter::once(&options.endpoint_url).chain(&options.alternative_urls);
        let places = urls.map(|url| Address::parse(url).map(|_| Arc::from(url.as_str()))).collect::<Result<_>>()?;
        let (held, home) = options.resume.as_ref().map_or((None, None), inherited);
        let (held, home) = (Mutex::new(held), Mutex::new(home));
        let expected = expected(&parts, &options)?;
        let (dislikes_limits, failover) = (AtomicBool::new(false), Mutex::default());
        Ok(Self { parts, options, places, held, home, expected, dislikes_limits, failover })
    }

    /// Where the server may be found, the preferred place first.
    pub(crate) fn places(&self) -> Vec<Arc<str>> {
        self.places.clone()
    }

    /// The first connection: every place is tried once. Fails with what the first place said.
    pub(crate) async fn connect_first(&self) -> Result<Connection> {
        let mut first = None;
        for place in &self.places {
            match self.connect(place, Rung::Reactivate).await {
                Ok(connection) => return Ok(connection),
                Err(failure) => first = first.or(Some(failure.error)),
            }
        }
        // Whoever comes with the same state again finds what is left of the session.
        if self.options.resume.is_none() {
            self.abandon().await;
        }
        Err(first.expect("there is at least one place"))
    }

    /// Connects within the time that the options allow.
    pub(crate) async fn connect(&self, place: &str, rung: Rung) -> Result<Connection, Failure> {
        let held = match rung {
            Rung::Reactivate => self.held.lock().clone().filter(|held| self.may_present(held)),
            Rung::Create => self.held.lock().take().and(None),
        };
        let attempt = self.dial(place, self.options.connect_timeout);
        let (result, closed) = match attempt {
            Ok(dial) => {
                let dial = dial.presenting(held.as_ref().and_then(|held| held.own.clone()));
                (dial.run(held).await, dial.closed.load(Ordering::Relaxed))
            }
            Err(error) => (Err(error), false),
        };
        result.map_err(|error| Failure { error, closed, session: self.held.lock().is_some() })
    }

    /// The endpoints that the server reports.
    pub(crate) async fn endpoints(&self) -> Result<Vec<EndpointDescription>> {
        let dial = self.dial(&self.options.endpoint_url, self.options.connect_timeout)?;
        dial.within(dial.discover()).await
    }

    /// The ServiceLevel of another server, asked for in a session that is closed at once; the session
    /// in use is left alone.
    pub(super) async fn service_level(&self, place: &str) -> Result<Option<u8>> {
        let dial = self.dial(place, self.options.connect_timeout)?;
        dial.within(dial.service_level()).await
    }

    /// Ends a session that the server still has for us while there is no connection, if that takes
    /// no long time; else the server ends it when its timeout is over.
    pub(crate) async fn abandon(&self) {
        let Some(session) = self.held.lock().take() else { return };
        let place = session.place.clone();
        let Ok(dial) = self.dial_within(&place, PATIENCE_AT_CLOSE, PATIENCE_AT_CLOSE) else { return };
        let dial = dial.presenting(session.own.clone());
        if let Err(error) = dial.within(dial.end(session)).await {
            tracing::debug!(%error, "the session is left to its timeout");
        }
    }

    /// The session and the run of the server as a next life needs them; no subscriptions.
    pub(crate) fn saved(&self) -> ResumeState {
        let home = self.home.lock().clone();
        let (application_uri, started) = home.map(|home| (home.application_uri, home.started)).unwrap_or_default();
        let session = self.held.lock().as_ref().map(Established::saved);
        ResumeState { application_uri, started, session, subscriptions: BTreeMap::new() }
    }

    /// The server has ended the session.
    pub(crate) fn forget(&self) {
        *self.held.lock() = None;
    }

    fn dial<'a>(&'a self, place: &'a str, patience: Duration) -> Result<Dial<'a>> {
        self.dial_within(place, patience, self.options.reverse_timeout)
    }

    fn dial_within<'a>(&'a self, place: &'a str, patience: Duration, wait: Duration) -> Result<Dial<'a>> {
        let deadline = Arc::new(Deadline::new(self.parts.clock.now() + patience, wait));
        let address = Address::parse(place)?;
        let own = self.parts.certificate.as_ref().map(OwnCertificate::current);
        let (closed, concerns) = (AtomicBool::new(false), Arc::default());
        Ok(Dial { dialer: self, place, address, deadline, own, closed, concerns })
    }

    /// A server would refuse an expired certificate, and the session with it.
    fn may_present(&self, session: &Established) -> bool {
        let now = self.parts.clock.utc();
        session.own.as_ref().is_none_or(|own| own.expires().is_ok_and(|at| now < at))
    }

    /// The certificate before the newest, while it is valid.
    pub(super) fn previous(&self) -> Option<ApplicationCertificate> {
        self.parts.certificate.as_ref()?.previous(self.parts.clock.utc())
    }

    /// What these lists say of the server of a session, which was trusted when that began; `None` where no
    /// certificate matters.
    pub(super) fn judge(&self, session: &Established, lists: &ParsedLists) -> Option<Verdict> {
        self.dial(&session.place, Duration::ZERO).ok()?.judge(&session.endpoint, lists)
    }

    pub(super) fn handshake<'a>(
        &'a self,
        channel: &'a Channel,
        endpoint: &'a Arc<EndpointDescription>,
        own: Option<&'a ApplicationCertificate>,
        deadline: Instant,
    ) -> Handshake<'a> {
        let parts = &self.parts;
        Handshake {
            channel,
            options: &self.options,
            application_name: &parts.application_name,
            application_uri: &parts.application_uri,
            certificate: own,
            allow_legacy: parts.allow_legacy_policies,
            endpoint,
            utc: parts.clock.utc(),
            deadline,
        }
    }

    /// What of the connection before goes on in this session.
    pub(super) fn continuity(&self, session: &Established, standing: &Standing) -> Continuity {
        let home = Home {
            authentication_token: session.authentication_token.clone(),
            application_uri: session.endpoint.server.application_uri.to_string(),
            started: standing.started,
        };
        let before = self.home.lock().replace(home.clone());
        let transfer = self.options.transfer_subscriptions;
        before.map_or(Continuity::Nothing, |before| before.continues_in(&home, transfer))
    }
}
