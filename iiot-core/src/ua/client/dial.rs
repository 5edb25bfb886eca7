//! One attempt to connect, from the socket to the active session.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Instant;

use super::UaConnectorOptions;
use super::address::Address;
use super::channel::Channel;
use super::discover::{Wanted, policy_of};
use super::handshake::{Established, Handshake, bytes, call_sessionless};
use super::limits::read_limits;
use super::reverse::{Arrival, Expected};
use super::verify::Claim;
use crate::error::{Error, ErrorKind, Result};
use crate::keys::off_thread;
use crate::session::{ConnectOptions, Identity, ServerLimits, attribute};
use crate::ua::secure::{ChannelConfig, ChannelSecurity, SecurityPolicy};
use crate::ua::trust::{Finding, ParsedLists, leaf_of_chain};
use crate::ua::{AttributeId, EndpointDescription, GetEndpointsRequest, ReadRequest, UAString, VariableId, Variant};

/// Connects to one server, as often as asked.
#[derive(Debug)]
pub(crate) struct Dialer {
    pub(super) parts: Arc<UaConnectorOptions>,
    pub(super) options: ConnectOptions,
    address: Address,
    /// The server connects to us.
    expected: Option<Expected>,
    /// How often in a row the server closed the connection when a session was to be resumed.
    closed_on_resume: AtomicU32,
    /// The server closed the connection when it was asked for its limits.
    dislikes_limits: AtomicBool,
}

/// A session that is active on a channel.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) channel: Channel,
    pub(crate) session: Established,
    pub(crate) namespaces: Arc<Vec<String>>,
    pub(crate) limits: Arc<ServerLimits>,
    /// Whether it is the session that was to be resumed.
    pub(crate) same_session: bool,
}

const CONNECT: &str = "connect";
/// After this, a server that closes the connection instead of refusing has forgotten the session.
const MAX_CLOSED_ON_RESUME: u32 = 2;

impl Dialer {
    pub(crate) fn new(parts: Arc<UaConnectorOptions>, options: ConnectOptions) -> Result<Self> {
        let address = Address::parse(&options.endpoint_url)?;
        let expected = expected(&parts, &options)?;
        Ok(Self {
            parts,
            options,
            address,
            expected,
            closed_on_resume: AtomicU32::new(0),
            dislikes_limits: AtomicBool::new(false),
        })
    }

    /// Connects within the time that the options allow. Resumes the session if there is one and
    /// the server still has it, else makes a new one.
    pub(crate) async fn connect(&self, resume: Option<Established>) -> Result<Connection> {
        let deadline = self.parts.clock.now() + self.options.connect_timeout;
        let attempt = async {
            match resume {
                Some(session) if self.may_resume() => self.resume(session, deadline).await,
                _ => self.begin(deadline).await,
            }
        };
        self.within(deadline, attempt).await.map_err(|error| self.named(error))
    }

    /// The endpoints that the server reports.
    pub(crate) async fn endpoints(&self) -> Result<Vec<EndpointDescription>> {
        let deadline = self.parts.clock.now() + self.options.connect_timeout;
        self.within(deadline, self.discover(deadline)).await.map_err(|error| self.named(error))
    }

    /// An error that names the endpoint, once.
    fn named(&self, error: Error) -> Error {
        let is_named = error.context().iter().any(|(key, _)| *key == "endpoint");
        if is_named { error } else { error.with("endpoint", &self.options.endpoint_url) }
    }

    fn may_resume(&self) -> bool {
        self.closed_on_resume.load(Ordering::Relaxed) < MAX_CLOSED_ON_RESUME
    }

    async fn within<T>(&self, deadline: Instant, attempt: impl Future<Output = Result<T>>) -> Result<T> {
        tokio::select! {
            result = attempt => result,
            () = self.parts.clock.sleep_until(deadline) => {
                let why = match self.expected.as_ref().is_some_and(Expected::is_waiting) {
                    true => "the server did not connect to us in time",
                    false => "the server did not answer in time",
                };
                Err(Error::new(ErrorKind::Timeout, CONNECT, why))
            }
        }
    }

    async fn begin(&self, deadline: Instant) -> Result<Connection> {
        let endpoints = self.discover(deadline).await?;
        let endpoint = Arc::new(self.wanted().choose(&endpoints)?.clone());
        let channel = self.open(&endpoint).await?;
        self.create(channel, &endpoint, deadline).await
    }

    /// Goes on with the old session where possible: on the same endpoint, by the old token. Another
    /// certificate or endpoint list, or a server that has forgotten us, means a new session.
    async fn resume(&self, session: Established, deadline: Instant) -> Result<Connection> {
        let endpoint = Arc::clone(&session.endpoint);
        let channel = match self.open(&endpoint).await {
            Ok(channel) => channel,
            Err(error) => return self.begin_if_changed(&endpoint, error, deadline).await,
        };
        let activated = self.handshake(&channel, &endpoint, deadline).activate(&session).await;
        match activated {
            Ok(()) => {
                self.closed_on_resume.store(0, Ordering::Relaxed);
                self.finish(channel, session, true, deadline).await
            }
            Err(error) if channel.has_ended() => {
                self.closed_on_resume.fetch_add(1, Ordering::Relaxed);
                Err(error)
            }
            Err(error) if error.kind() == ErrorKind::Timeout => Err(error),
            Err(error) => {
                tracing::info!(%error, "the old session is gone");
                self.create(channel, &endpoint, deadline).await
            }
        }
    }

    /// A server that came back with another certificate cannot even read our first message. If
    /// its endpoint has changed, a new session is needed; else the old one may still be there.
    async fn begin_if_changed(
        &self,
        known: &EndpointDescription,
        error: Error,
        deadline: Instant,
    ) -> Result<Connection> {
        let Ok(endpoints) = self.discover(deadline).await else { return Err(error) };
        let unchanged = endpoints.iter().any(|endpoint| {
            endpoint.server_certificate == known.server_certificate
                && endpoint.security_policy_uri == known.security_policy_uri
                && endpoint.security_mode == known.security_mode
        });
        if unchanged { Err(error) } else { self.begin(deadline).await }
    }

    async fn create(
        &self,
        channel: Channel,
        endpoint: &Arc<EndpointDescription>,
        deadline: Instant,
    ) -> Result<Connection> {
        let handshake = self.handshake(&channel, endpoint, deadline);
        let session = handshake.create().await?;
        handshake.activate(&session).await?;
        self.closed_on_resume.store(0, Ordering::Relaxed);
        self.finish(channel, session, false, deadline).await
    }

    async fn finish(
        &self,
        channel: Channel,
        session: Established,
        same_session: bool,
        deadline: Instant,
    ) -> Result<Connection> {
        channel.admit();
        let handshake = self.handshake(&channel, &session.endpoint, deadline);
        let namespaces = read_namespaces(&handshake, &session).await?;
        let limits = self.read_limits(handshake, &session).await;
        Ok(Connection { channel, session, namespaces: Arc::new(namespaces), limits: Arc::new(limits), same_session })
    }

    /// Limits are good to know and no more: they must not keep us from connecting.
    async fn read_limits(&self, handshake: Handshake<'_>, session: &Established) -> ServerLimits {
        if self.dislikes_limits.load(Ordering::Relaxed) {
            return ServerLimits::default();
        }
        let now = self.parts.clock.now();
        let deadline = now + handshake.deadline.saturating_duration_since(now) / 2;
        let limits = read_limits(&Handshake { deadline, ..handshake }, session).await;
        self.dislikes_limits.store(handshake.channel.has_ended(), Ordering::Relaxed);
        limits
    }

    fn wanted(&self) -> Wanted<'_> {
        Wanted {
            security: &self.options.security,
            identity: &self.options.identity,
            has_certificate: self.parts.certificate.is_some(),
            allow_legacy: self.parts.allow_legacy_policies,
        }
    }

    async fn discover(&self, deadline: Instant) -> Result<Vec<EndpointDescription>> {
        let (channel, url) = self.channel(&self.address, ChannelSecurity::none()).await?;
        let request = GetEndpointsRequest { endpoint_url: url.into(), ..Default::default() };
        let response = call_sessionless(&channel, request, deadline).await?;
        channel.close().await;
        Ok(response.endpoints.unwrap_or_default())
    }

    /// Opens a channel to an endpoint whose certificate, if it matters, we trust.
    async fn open(&self, endpoint: &EndpointDescription) -> Result<Channel> {
        let policy = policy_of(endpoint)
            .ok_or_else(|| Error::new(ErrorKind::Unsupported, CONNECT, "the endpoint's security policy is unknown"))?;
        if policy.is_legacy() {
            let endpoint = &self.options.endpoint_url;
            tracing::warn!(%policy, endpoint, "the channel is secured by broken algorithms; whoever is on the network may break it");
        }
        let reported = Address::parse(endpoint.endpoint_url.as_ref())?;
        if self.relies_on_certificate(endpoint) {
            self.verify(endpoint).await?;
        }
        let address = if self.options.keep_dialled_host { reported.at(&self.address) } else { reported };
        Ok(self.channel(&address, self.security(policy, endpoint)?).await?.0)
    }

    /// A channel to an address, or on the next connection that the server makes; with the URL that
    /// the server knows it by.
    async fn channel(&self, address: &Address, security: ChannelSecurity) -> Result<(Channel, String)> {
        let mut config = self.config(address, security);
        let clock = &self.parts.clock;
        let Some(expected) = &self.expected else {
            return Ok((Channel::open(address, config, clock).await?, address.to_string()));
        };
        let Arrival { hello, socket } = expected.next().await;
        config.endpoint_url.clone_from(&hello.endpoint_url);
        Ok((Channel::over(socket, config, clock).await?, hello.endpoint_url))
    }

    async fn verify(&self, endpoint: &EndpointDescription) -> Result<()> {
        let lists = self.parts.trust.lists().await?;
        let lists = off_thread(move || Ok(ParsedLists::from(&lists))).await?;
        let claim = self.claim(endpoint)?;
        let verdict = claim.judge(&lists, self.parts.clock.utc(), &self.parts.trust_policy);
        claim.enforce(verdict, self.parts.trust.as_ref()).await
    }

    /// Why a server that was trusted when the session began no longer is.
    pub(super) fn distrusts(&self, endpoint: &EndpointDescription, lists: &ParsedLists) -> Option<Finding> {
        if !self.relies_on_certificate(endpoint) {
            return None;
        }
        let verdict = self.claim(endpoint).ok()?.judge(lists, self.parts.clock.utc(), &self.parts.trust_policy);
        verdict.refusal
    }

    /// On a channel in clear the certificate matters only to users: their secrets and proofs are made for it.
    fn relies_on_certificate(&self, endpoint: &EndpointDescription) -> bool {
        let is_clear = policy_of(endpoint).is_some_and(|policy| policy.is_none());
        !is_clear || self.options.identity != Identity::Anonymous
    }

    /// Behind address translation a certificate can only name the host that the server knows, so
    /// where the dialled host is kept, the one that the server reports will do as well.
    fn claim<'a>(&'a self, endpoint: &'a EndpointDescription) -> Result<Claim<'a>> {
        let reported = Address::parse(endpoint.endpoint_url.as_ref()).ok().filter(|_| self.options.keep_dialled_host);
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
            own: self.parts.certificate.clone(),
            remote_certificate: Some(leaf.der().to_vec()),
        })
    }

    fn config(&self, address: &Address, security: ChannelSecurity) -> ChannelConfig {
        ChannelConfig {
            endpoint_url: address.to_string(),
            limits: self.parts.limits,
            security,
            token_lifetime: self.options.token_lifetime,
            utc: self.parts.clock.utc(),
        }
    }

    pub(super) fn handshake<'a>(
        &'a self,
        channel: &'a Channel,
        endpoint: &'a Arc<EndpointDescription>,
        deadline: Instant,
    ) -> Handshake<'a> {
        Handshake {
            channel,
            options: &self.options,
            application_name: &self.parts.application_name,
            application_uri: &self.parts.application_uri,
            certificate: self.parts.certificate.as_ref(),
            allow_legacy: self.parts.allow_legacy_policies,
            endpoint,
            utc: self.parts.clock.utc(),
            deadline,
        }
    }
}

/// A place at the listener, if the server is to connect to us.
fn expected(parts: &UaConnectorOptions, options: &ConnectOptions) -> Result<Option<Expected>> {
    let Some(server) = &options.reverse else { return Ok(None) };
    let listener = parts.reverse.as_ref().ok_or_else(|| {
        Error::new(ErrorKind::InvalidArgument, CONNECT, "the client has no listener for servers; give it one")
    })?;
    Ok(Some(listener.expect(server.clone(), &options.endpoint_url)))
}

async fn read_namespaces(handshake: &Handshake<'_>, session: &Established) -> Result<Vec<String>> {
    let request = ReadRequest {
        nodes_to_read: Some(vec![attribute(&VariableId::Server_NamespaceArray.into(), AttributeId::Value)]),
        ..Default::default()
    };
    let response =
        handshake.call(request, &session.authentication_token, |request| &mut request.request_header).await?;
    let value = response.results.unwrap_or_default().into_iter().next().and_then(|value| value.value);
    match value {
        Some(Variant::Array(array)) => Ok(array.values.into_iter().map(uri).collect()),
        _ => Err(Error::new(ErrorKind::Protocol, "read the namespace array", "the server has none")),
    }
}

fn uri(value: Variant) -> String {
    match value {
        Variant::String(uri) => uri.value().clone().unwrap_or_default(),
        _ => UAString::null().to_string(),
    }
}
