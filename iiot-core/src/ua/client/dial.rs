//! One attempt to connect, from the socket to the active session.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;

use super::address::Address;
use super::channel::Channel;
use super::deadline::Deadline;
use super::dialer::{Connection, Dialer};
use super::discover::{Wanted, policy_of};
use super::handshake::{Established, Handshake, bytes, call_sessionless, request_header};
use super::limits::read_limits;
use super::redundancy;
use super::reverse::{Arrival, Expected};
use super::standing;
use super::verify::Claim;
use crate::error::{Error, ErrorKind, Result};
use crate::keys::off_thread;
use crate::session::{Concern, Identity, ServerLimits};
use crate::ua::secure::{ApplicationCertificate, ChannelConfig, ChannelSecurity, SecurityPolicy};
use crate::ua::trust::{OwnCertificate, ParsedLists, Verdict, leaf_of_chain};
use crate::ua::{CloseSessionRequest, EndpointDescription, GetEndpointsRequest, NodeId};

/// An attempt at one place.
#[derive(Debug)]
pub(super) struct Dial<'a> {
    pub(super) dialer: &'a Dialer,
    pub(super) place: &'a str,
    pub(super) address: Address,
    pub(super) deadline: Arc<Deadline>,
    /// Who we are this time.
    pub(super) own: Option<ApplicationCertificate>,
    pub(super) closed: AtomicBool,
    /// What the policy let pass on the last channel.
    pub(super) concerns: Arc<Mutex<Vec<Concern>>>,
}

const CONNECT: &str = "connect";

impl Dial<'_> {
    /// The same attempt, as whoever the session belongs to.
    pub(super) fn presenting(self, own: Option<ApplicationCertificate>) -> Self {
        Self { own: own.or(self.own), ..self }
    }

    pub(super) async fn run(&self, held: Option<Established>) -> Result<Connection> {
        let attempt = async {
            match held {
                Some(session) => self.resume(session).await,
                None => self.create(&self.choose().await?).await,
            }
        };
        self.within(attempt).await
    }

    pub(super) async fn within<T>(&self, attempt: impl Future<Output = Result<T>>) -> Result<T> {
        let clock = self.dialer.parts.clock.as_ref();
        let result = self.deadline.limit(clock, attempt).await;
        result.unwrap_or_else(|| Err(self.too_late())).map_err(|error| self.named(error))
    }

    fn too_late(&self) -> Error {
        let waits = self.dialer.expected.as_ref().is_some_and(Expected::is_waiting);
        let why = if waits { "the server did not connect to us in time" } else { "the server did not answer in time" };
        Error::new(ErrorKind::Timeout, CONNECT, why)
    }

    /// An error that names the endpoint, once.
    fn named(&self, error: Error) -> Error {
        let is_named = error.context().iter().any(|(key, _)| *key == "endpoint");
        if is_named { error } else { error.with("endpoint", self.place) }
    }

    /// Goes on with the old session where possible: on the same endpoint, by the old token. Another
    /// certificate or endpoint list, or a server that has forgotten us, means a new session.
    async fn resume(&self, mut session: Established) -> Result<Connection> {
        let (endpoint, channel) = match self.reach(&session).await? {
            Reached::Same(endpoint, channel) => (endpoint, channel),
            Reached::Other(endpoint) => return self.create(&endpoint).await,
        };
        let activated = self.handshake(&channel, &endpoint).activate(&session).await;
        match activated {
            Ok(()) => {
                session.endpoint = endpoint;
                session.place = self.place.into();
                self.finish(channel, session).await
            }
            Err(error) if channel.has_ended() => {
                self.closed.store(true, Ordering::Relaxed);
                Err(error)
            }
            Err(error) if error.kind() == ErrorKind::Timeout => Err(error),
            Err(error) => {
                tracing::info!(%error, "the old session is gone");
                self.create_on(channel, &endpoint).await
            }
        }
    }

    /// A channel to where the session is, or the endpoint of a server that cannot have it.
    async fn reach(&self, session: &Established) -> Result<Reached> {
        if session.place != self.place {
            let endpoint = self.choose().await?;
            if endpoint.server.application_uri != session.endpoint.server.application_uri {
                return Ok(Reached::Other(endpoint));
            }
            let channel = self.open(&endpoint).await?;
            return Ok(Reached::Same(endpoint, channel));
        }
        match self.open(&session.endpoint).await {
            Ok(channel) => Ok(Reached::Same(Arc::clone(&session.endpoint), channel)),
            Err(error) => self.changed(&session.endpoint, error).await.map(Reached::Other),
        }
    }

    /// A server that came back with another certificate cannot even read our first message. If
    /// its endpoint has changed, a new session is needed; else the old one may still be there.
    async fn changed(&self, known: &EndpointDescription, error: Error) -> Result<Arc<EndpointDescription>> {
        let Ok(endpoints) = self.discover().await else { return Err(error) };
        let unchanged = endpoints.iter().any(|endpoint| {
            endpoint.server_certificate == known.server_certificate
                && endpoint.security_policy_uri == known.security_policy_uri
                && endpoint.security_mode == known.security_mode
        });
        if unchanged { Err(error) } else { self.choose_of(&endpoints) }
    }

    async fn choose(&self) -> Result<Arc<EndpointDescription>> {
        self.choose_of(&self.discover().await?)
    }

    fn choose_of(&self, endpoints: &[EndpointDescription]) -> Result<Arc<EndpointDescription>> {
        Ok(Arc::new(self.wanted().choose(endpoints)?.clone()))
    }

    /// A new session with our newest certificate; where the server does not take that yet, with the one before.
    async fn create(&self, endpoint: &Arc<EndpointDescription>) -> Result<Connection> {
        let newest = self.copy(self.dialer.parts.certificate.as_ref().map(OwnCertificate::current));
        let refusal = match newest.create_as_told(endpoint).await {
            Ok(connection) => return Ok(connection),
            Err(error) => error,
        };
        let is_secured = policy_of(endpoint).is_some_and(|policy| !policy.is_none());
        let previous = self.dialer.previous().filter(|_| is_secured && refusal.kind() != ErrorKind::Timeout);
        let Some(previous) = previous else { return Err(refusal) };
        let Ok(connection) = self.copy(Some(previous)).create_as_told(endpoint).await else { return Err(refusal) };
        tracing::warn!(error = %refusal, endpoint = self.place, "the server does not take our new certificate; trust it there before the old one expires");
        Ok(connection)
    }

    fn copy(&self, own: Option<ApplicationCertificate>) -> Self {
        Self {
            dialer: self.dialer,
            place: self.place,
            address: self.address.clone(),
            deadline: Arc::clone(&self.deadline),
            own,
            closed: AtomicBool::new(false),
            concerns: Arc::clone(&self.concerns),
        }
    }

    async fn create_as_told(&self, endpoint: &Arc<EndpointDescription>) -> Result<Connection> {
        let channel = self.open(endpoint).await?;
        self.create_on(channel, endpoint).await
    }

    async fn create_on(&self, channel: Channel, endpoint: &Arc<EndpointDescription>) -> Result<Connection> {
        self.dialer.forget();
        let handshake = self.handshake(&channel, endpoint);
        let session = handshake.create(self.place).await?;
        if let Err(error) = handshake.activate(&session).await {
            // Only the channel that made it can end it now.
            self.close(&handshake, &session).await;
            return Err(error);
        }
        self.finish(channel, session).await
    }

    /// The session is active, so from here on it can be re-activated if anything fails.
    async fn finish(&self, channel: Channel, session: Established) -> Result<Connection> {
        *self.dialer.held.lock() = Some(session.clone());
        channel.admit();
        let handshake = self.handshake(&channel, &session.endpoint);
        let standing = standing::read(&handshake, &session).await?;
        let limits = Arc::new(self.read_limits(handshake, &session).await);
        let continuity = self.dialer.continuity(&session, &standing);
        let (namespaces, concerns) = (Arc::new(standing.namespaces), Arc::new(self.concerns.lock().clone()));
        Ok(Connection { channel, session, namespaces, limits, continuity, concerns })
    }

    /// Limits are good to know and no more: they must not keep us from connecting.
    async fn read_limits(&self, handshake: Handshake<'_>, session: &Established) -> ServerLimits {
        let dislikes = &self.dialer.dislikes_limits;
        if dislikes.load(Ordering::Relaxed) {
            return ServerLimits::default();
        }
        let now = self.dialer.parts.clock.now();
        let deadline = now + handshake.deadline.saturating_duration_since(now) / 2;
        let limits = read_limits(&Handshake { deadline, ..handshake }, session).await;
        dislikes.store(handshake.channel.has_ended(), Ordering::Relaxed);
        limits
    }

    /// Makes a session only to ask for the ServiceLevel.
    pub(super) async fn service_level(&self) -> Result<Option<u8>> {
        let endpoint = self.choose().await?;
        let channel = self.open(&endpoint).await?;
        let handshake = self.handshake(&channel, &endpoint);
        let session = handshake.create(self.place).await?;
        let level = match handshake.activate(&session).await {
            Ok(()) => Ok(redundancy::service_level(&handshake, &session).await),
            Err(error) => Err(error),
        };
        self.close(&handshake, &session).await;
        channel.close().await;
        level
    }

    /// Re-activates a session only to close it.
    pub(super) async fn end(&self, session: Established) -> Result<()> {
        let endpoint = Arc::clone(&session.endpoint);
        let channel = self.open(&endpoint).await?;
        let handshake = self.handshake(&channel, &endpoint);
        handshake.activate(&session).await?;
        self.close(&handshake, &session).await;
        channel.close().await;
        Ok(())
    }

    async fn close(&self, handshake: &Handshake<'_>, session: &Established) {
        let request = CloseSessionRequest { delete_subscriptions: true, ..Default::default() };
        let token = &session.authentication_token;
        if let Err(error) = handshake.call(request, token, |request| &mut request.request_header).await {
            tracing::debug!(%error, "the session is left to its timeout");
        }
    }

    fn wanted(&self) -> Wanted<'_> {
        let (parts, options) = (&self.dialer.parts, &self.dialer.options);
        Wanted {
            security: &options.security,
            identity: &options.identity,
            key: self.own.as_ref().map(|own| own.key.as_ref()),
            allow_legacy: parts.allow_legacy_policies,
        }
    }

    pub(super) async fn discover(&self) -> Result<Vec<EndpointDescription>> {
        let (channel, url) = self.channel(&self.address, ChannelSecurity::none()).await?;
        let parts = &self.dialer.parts;
        let request = GetEndpointsRequest {
            request_header: request_header(&NodeId::null(), parts.clock.utc(), self.dialer.options.request_timeout),
            endpoint_url: url.into(),
            ..Default::default()
        };
        let response = call_sessionless(&channel, request, self.deadline.at()).await?;
        channel.close().await;
        Ok(response.endpoints.unwrap_or_default())
    }

    /// Opens a channel to an endpoint whose certificate, if it matters, we trust.
    async fn open(&self, endpoint: &EndpointDescription) -> Result<Channel> {
        let policy = policy_of(endpoint)
            .ok_or_else(|| Error::new(ErrorKind::Unsupported, CONNECT, "the endpoint's security policy is unknown"))?;
        if policy.is_legacy() {
            let endpoint = self.place;
            tracing::warn!(%policy, endpoint, "the channel is secured by broken algorithms; whoever is on the network may break it");
        }
        let reported = Address::parse(endpoint.endpoint_url.as_ref())?;
        let options = &self.dialer.options;
        let concerns = if self.relies_on_certificate(endpoint) { self.verify(endpoint).await? } else { Vec::new() };
        *self.concerns.lock() = concerns;
        let address = if options.keep_dialled_host { reported.at(&self.address) } else { reported };
        Ok(self.channel(&address, self.security(policy, endpoint)?).await?.0)
    }

    /// A channel to an address, or on the next connection that the server makes; with the URL that
    /// the server knows it by.
    async fn channel(&self, address: &Address, security: ChannelSecurity) -> Result<(Channel, String)> {
        let mut config = self.config(address, security);
        let clock = &self.dialer.parts.clock;
        let Some(expected) = &self.dialer.expected else {
            return Ok((Channel::open(address, config, clock).await?, address.to_string()));
        };
        let Arrival { hello, socket } = self.deadline.suspended(clock.as_ref(), expected.next()).await;
        config.endpoint_url.clone_from(&hello.endpoint_url);
        Ok((Channel::over(socket, config, clock).await?, hello.endpoint_url))
    }

    /// What is wrong with the server and was let pass.
    async fn verify(&self, endpoint: &EndpointDescription) -> Result<Vec<Concern>> {
        let lists = self.dialer.parts.trust.lists().await?;
        let lists = off_thread(move || Ok(ParsedLists::from(&lists))).await?;
        let claim = self.claim(endpoint)?;
        let verdict = claim.judge(&lists, self.dialer.parts.clock.utc(), &self.dialer.parts.trust_policy);
        claim.enforce(verdict, self.dialer.parts.trust.as_ref()).await
    }

    /// The verdict by other lists; `None` where none is needed.
    pub(super) fn judge(&self, endpoint: &EndpointDescription, lists: &ParsedLists) -> Option<Verdict> {
        if !self.relies_on_certificate(endpoint) {
            return None;
        }
        let parts = &self.dialer.parts;
        Some(self.claim(endpoint).ok()?.judge(lists, parts.clock.utc(), &parts.trust_policy))
    }

    /// On a channel in clear the certificate matters only to users: their secrets and proofs are made for it.
    fn relies_on_certificate(&self, endpoint: &EndpointDescription) -> bool {
        let is_clear = policy_of(endpoint).is_some_and(|policy| policy.is_none());
        !is_clear || self.dialer.options.identity != Identity::Anonymous
    }

    /// Behind address translation a certificate can only name the host that the server knows, so
    /// where the dialled host is kept, the one that the server reports will do as well.
    fn claim<'a>(&'a self, endpoint: &'a EndpointDescription) -> Result<Claim<'a>> {
        let reported =
            Address::parse(endpoint.endpoint_url.as_ref()).ok().filter(|_| self.dialer.options.keep_dialled_host);
        Claim::new(endpoint, self.address.host(), reported.map(|address| address.host().to_owned()))
    }

    fn security(&self, policy: SecurityPolicy, endpoint: &EndpointDescription) -> Result<ChannelSecurity> {
        if policy.is_none() {
            return Ok(ChannelSecurity::none());
        }
        let (leaf, _) = leaf_of_chain(bytes(&endpoint.server_certificate))?;
        Ok(ChannelSecurity {
            policy,
            mode: endpoint.security_mode,
            own: self.own.clone(),
            remote_certificate: Some(leaf.der().to_vec()),
        })
    }

    fn config(&self, address: &Address, security: ChannelSecurity) -> ChannelConfig {
        let parts = &self.dialer.parts;
        ChannelConfig {
            endpoint_url: address.to_string(),
            limits: parts.limits,
            security,
            token_lifetime: self.dialer.options.token_lifetime,
            utc: parts.clock.utc(),
        }
    }

    fn handshake<'a>(&'a self, channel: &'a Channel, endpoint: &'a Arc<EndpointDescription>) -> Handshake<'a> {
        self.dialer.handshake(channel, endpoint, self.own.as_ref(), self.deadline.at())
    }
}

/// What answers at a place.
enum Reached {
    /// The server that has the session.
    Same(Arc<EndpointDescription>, Channel),
    /// Another, or one that has changed so much that it cannot have the session.
    Other(Arc<EndpointDescription>),
}
