//! CreateSession and ActivateSession, with everything that must be checked of their answers.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::channel::{Channel, Unanswered};
use super::discover::{Wanted, policy_of};
use super::identity::{Audience, Presented, not_understood, present, refused};
use super::proof::{NONCE_LENGTH, Proof, check_nonce};
use crate::error::{Error, ErrorKind, Result};
use crate::session::ConnectOptions;
use crate::session::resume::{SavedBytes, SavedSession};
use crate::time::UtcTime;
use crate::ua::batching::is_too_large;
use crate::ua::codec::decode_response;
use crate::ua::secure::{ApplicationCertificate, SecurityPolicy};
use crate::ua::{
    ActivateSessionRequest, ApplicationDescription, ApplicationType, BinaryDecodable, BinaryEncodable, ByteString,
    ContextOwned, CreateSessionRequest, DateTime, EndpointDescription, NodeId, Request, RequestHeader, Service,
    SignatureData, StatusCode, UAString,
};

/// What must survive the loss of a connection so that the session can go on over another one.
#[derive(Debug, Clone)]
pub(crate) struct Established {
    /// The URL that was dialled.
    pub(crate) place: String,
    pub(crate) endpoint: Arc<EndpointDescription>,
    pub(crate) authentication_token: NodeId,
    pub(crate) timeout: Duration,
    /// Who made it; a session stays with its certificate. `None` where that is not known.
    pub(crate) own: Option<ApplicationCertificate>,
    latest: Arc<Mutex<Latest>>,
}

/// What each activation changes.
#[derive(Debug, Default)]
struct Latest {
    server_nonce: Vec<u8>,
    identity_expires: Option<UtcTime>,
}

impl Established {
    /// When the server must be shown another token, if ever.
    pub(crate) fn identity_expires(&self) -> Option<UtcTime> {
        self.latest.lock().identity_expires
    }

    /// What a next life needs to re-activate it.
    pub(crate) fn saved(&self) -> SavedSession {
        let mut token = Vec::new();
        // Writing into memory does not fail.
        let _ = self.authentication_token.encode(&mut token, &ContextOwned::default().context());
        SavedSession {
            authentication_token: SavedBytes::new(token),
            server_nonce: SavedBytes::new(self.latest.lock().server_nonce.clone()),
            timeout_ms: u64::try_from(self.timeout.as_millis()).unwrap_or(u64::MAX),
        }
    }

    /// A session of an earlier life with a server of this ApplicationUri, which is still to be
    /// reached; `None` if what was saved is damaged.
    pub(crate) fn resumed(saved: &SavedSession, application_uri: &str) -> Option<Self> {
        let mut token = saved.authentication_token.bytes();
        let server = ApplicationDescription { application_uri: application_uri.into(), ..Default::default() };
        Some(Self {
            place: String::new(),
            endpoint: Arc::new(EndpointDescription { server, ..Default::default() }),
            authentication_token: NodeId::decode(&mut token, &ContextOwned::default().context()).ok()?,
            timeout: Duration::from_millis(saved.timeout_ms),
            own: None,
            latest: Arc::new(Mutex::new(Latest {
                server_nonce: saved.server_nonce.bytes().to_vec(),
                identity_expires: None,
            })),
        })
    }
}

/// Who we are and where we are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Handshake<'a> {
    pub(crate) channel: &'a Channel,
    pub(crate) options: &'a ConnectOptions,
    pub(crate) application_name: &'a str,
    pub(crate) application_uri: &'a str,
    pub(crate) certificate: Option<&'a ApplicationCertificate>,
    /// Whether policies with broken algorithms are taken without being named.
    pub(crate) allow_legacy: bool,
    pub(crate) endpoint: &'a Arc<EndpointDescription>,
    pub(crate) utc: UtcTime,
    pub(crate) deadline: Instant,
}

const CREATE: &str = "create session";
const ACTIVATE: &str = "activate session";

impl Handshake<'_> {
    /// Calls a service on the channel.
    pub(crate) async fn call<S: Service>(
        &self,
        mut request: S,
        token: &NodeId,
        header: impl FnOnce(&mut S) -> &mut RequestHeader,
    ) -> Result<S::Response> {
        let remaining = self.deadline;
        *header(&mut request) = request_header(token, self.utc, Duration::ZERO);
        let body = self.channel.call(&request.into(), remaining).await.map_err(|why| unanswered(S::NAME, why))?;
        S::response(decode_response(S::NAME, &body)?).map_err(|_| other_service(S::NAME))
    }

    /// Makes a session. It must still be activated.
    pub(crate) async fn create(&self, place: &str) -> Result<Established> {
        let nonce = nonce()?;
        let request = CreateSessionRequest {
            client_description: self.description(),
            server_uri: UAString::null(),
            endpoint_url: self.endpoint.endpoint_url.clone(),
            session_name: self.options.session_name.as_str().into(),
            client_nonce: ByteString::from(nonce.to_vec()),
            client_certificate: self
                .own_chain()
                .map_or_else(ByteString::null, |chain| ByteString::from(chain.to_vec())),
            requested_session_timeout: self.options.session_timeout.as_secs_f64() * 1000.0,
            max_response_message_size: 0,
            ..Default::default()
        };
        let response = self.call(request, &NodeId::null(), |request| &mut request.request_header).await;
        let response = response.map_err(refused_session)?;
        let proof = Proof {
            endpoint: self.endpoint,
            wanted: self.wanted(),
            own_chain: self.own_chain().unwrap_or_default(),
            client_nonce: &nonce,
        };
        proof.check(&response)?;
        Ok(Established {
            place: place.into(),
            endpoint: Arc::clone(self.endpoint),
            authentication_token: response.authentication_token,
            timeout: session_timeout(response.revised_session_timeout).unwrap_or(self.options.session_timeout),
            own: self.certificate.cloned(),
            latest: Arc::new(Mutex::new(Latest {
                server_nonce: bytes(&response.server_nonce).to_vec(),
                identity_expires: None,
            })),
        })
    }

    /// Binds the session to this channel and to a user; on another channel than before it goes on.
    pub(crate) async fn activate(&self, session: &Established) -> Result<()> {
        let presented = self.present(session, false).await?;
        let is_new_form = presented.is_new_form;
        let mut outcome = self.activate_as(session, presented).await;
        if is_new_form && outcome.as_ref().is_err_and(not_understood) {
            tracing::debug!("the server did not understand the secret; it is sent in the legacy form");
            outcome = self.activate_as(session, self.present(session, true).await?).await;
        }
        outcome.map_err(|error| refused(&self.options.identity, ACTIVATE, error))
    }

    fn locales(&self) -> Option<Vec<UAString>> {
        let locales: Vec<_> = self.options.locales.iter().map(|locale| UAString::from(locale.as_str())).collect();
        Some(locales).filter(|locales| !locales.is_empty())
    }

    async fn activate_as(&self, session: &Established, presented: Presented) -> Result<()> {
        let request = ActivateSessionRequest {
            client_signature: self.client_signature(session).await?,
            user_identity_token: presented.token,
            user_token_signature: presented.signature,
            locale_ids: self.locales(),
            ..Default::default()
        };
        let token = session.authentication_token.clone();
        let response = self.call(request, &token, |request| &mut request.request_header).await?;
        let server_nonce = bytes(&response.server_nonce).to_vec();
        if !self.policy()?.is_none() {
            check_nonce(ACTIVATE, &server_nonce)?;
        }
        *session.latest.lock() = Latest { server_nonce, identity_expires: presented.expires };
        Ok(())
    }

    async fn present(&self, session: &Established, legacy_secrets: bool) -> Result<Presented> {
        let nonce = session.latest.lock().server_nonce.clone();
        present(&self.options.identity, &Audience { legacy_secrets, ..self.audience(&nonce) }).await
    }

    /// Proves that we hold the key of our certificate.
    async fn client_signature(&self, session: &Established) -> Result<SignatureData> {
        let policy = self.policy()?;
        let Some(own) = self.certificate.filter(|_| !policy.is_none()) else { return Ok(SignatureData::default()) };
        let nonce = session.latest.lock().server_nonce.clone();
        self.audience(&nonce).signature(policy, own.key.as_ref()).await
    }

    fn audience<'b>(&'b self, server_nonce: &'b [u8]) -> Audience<'b> {
        Audience {
            endpoint: self.endpoint,
            server_certificate: self.server_certificate(),
            server_nonce,
            now: self.utc,
            allow_legacy: self.allow_legacy || self.options.security.policy.is_some(),
            legacy_secrets: false,
        }
    }

    fn wanted(&self) -> Wanted<'_> {
        Wanted {
            security: &self.options.security,
            identity: &self.options.identity,
            key: self.certificate.map(|own| own.key.as_ref()),
            allow_legacy: self.allow_legacy,
        }
    }

    fn description(&self) -> ApplicationDescription {
        ApplicationDescription {
            application_uri: self.application_uri.into(),
            application_name: self.application_name.into(),
            application_type: ApplicationType::Client,
            ..Default::default()
        }
    }

    fn policy(&self) -> Result<SecurityPolicy> {
        policy_of(self.endpoint)
            .ok_or_else(|| Error::new(ErrorKind::Unsupported, CREATE, "the endpoint's security policy is unknown"))
    }

    /// What we present; nothing on an endpoint without security.
    fn own_chain(&self) -> Option<&[u8]> {
        let secured = policy_of(self.endpoint).is_some_and(|policy| !policy.is_none());
        self.certificate.filter(|_| secured).map(|own| own.chain.as_slice())
    }

    fn server_certificate(&self) -> &[u8] {
        bytes(&self.endpoint.server_certificate)
    }
}

/// A time in milliseconds after which a session can end.
fn session_timeout(revised: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(revised / 1000.0).ok().filter(|timeout| !timeout.is_zero())
}

/// A server without room for another session says so; what helps is to close another one.
fn refused_session(error: Error) -> Error {
    if error.status() != StatusCode::BadTooManySessions {
        return error;
    }
    let why = "the server has no room for another session; close one of another client, or wait until it expires";
    Error::new(ErrorKind::LimitExceeded, CREATE, why).with_status(error.status()).because(error)
}

/// The header of a request. Its handle tells nothing here: answers are found by request id.
pub(crate) fn request_header(token: &NodeId, utc: UtcTime, timeout: Duration) -> RequestHeader {
    RequestHeader {
        authentication_token: token.clone(),
        timestamp: DateTime::from(utc),
        timeout_hint: u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX),
        ..RequestHeader::dummy()
    }
}

fn other_service(service: &'static str) -> Error {
    Error::new(ErrorKind::Protocol, service, "the server answered with another service")
        .with_status(StatusCode::BadUnknownResponse)
}

/// The error for a request without an answer.
pub(crate) fn unanswered(service: &'static str, why: Unanswered) -> Error {
    match why {
        Unanswered::Refused(error) => error,
        Unanswered::TimedOut => Error::new(ErrorKind::Timeout, service, "the server did not answer in time"),
        Unanswered::Lost(cause) => lost(service, &cause),
    }
}

/// What ended the connection is what the caller gets: kind, status and text of the first cause. Asking
/// again can help, unless it is the answer itself that is too much.
fn lost(service: &'static str, cause: &Error) -> Error {
    let message = format!("the connection ended before the answer came: {}", cause.report());
    let again = !is_too_large(cause.status());
    Error::new(cause.kind(), service, message).with_status(cause.status()).retryable(again)
}

/// Calls a service without a session, such as GetEndpoints.
pub(crate) async fn call_sessionless<S: Service>(
    channel: &Channel,
    request: S,
    deadline: Instant,
) -> Result<S::Response> {
    let request: Request = request.into();
    let body = channel.call(&request, deadline).await.map_err(|why| unanswered(S::NAME, why))?;
    S::response(decode_response(S::NAME, &body)?).map_err(|_| other_service(S::NAME))
}

fn nonce() -> Result<[u8; NONCE_LENGTH]> {
    let mut nonce = [0; NONCE_LENGTH];
    aws_lc_rs::rand::fill(&mut nonce)
        .map_err(|_| Error::new(ErrorKind::Internal, CREATE, "the system has no random numbers"))?;
    Ok(nonce)
}

pub(crate) fn bytes(value: &ByteString) -> &[u8] {
    value.value.as_deref().unwrap_or_default()
}
