//! What a push does to its device.

use std::sync::Arc;
use std::time::Duration;

use der::{Decode, Encode};
use futures::FutureExt;
use iiot_core::session::{ConnectOptions, Connector, ModeChoice, SecurityChoice, Session, SessionState};
use iiot_core::trust::TrustLists;
use iiot_core::ua::secure::SecurityPolicy;
use iiot_core::ua::{EndpointDescription, MessageSecurityMode, NodeId, StatusCode};
use iiot_core::{Error, ErrorKind, Result};
use x509_cert::request::CertReq;

use super::dial::pins;
use super::read_back::leaf;
use super::{
    Access, Action, CertificateGroup, CertificateUpdate, Channel, Event, IssueRequest, Presented, Push, PushClient,
    PusherParts, ReadBack, SigningRequest, Step,
};
use crate::model::Der;

/// The device as it is reached now.
pub(super) struct Work<'a> {
    parts: &'a PusherParts,
    access: &'a Access,
    open: Option<Open>,
}

/// A session with what was found in it.
struct Open {
    client: PushClient,
    group: CertificateGroup,
    max_trust_list_size: u32,
    /// There may be something that the device has not applied.
    has_written: bool,
}

/// What a transaction of ours that was cut off keeps the device busy with, at most.
const SESSION_TIMEOUT: Duration = Duration::from_secs(30);
/// How long we wait for a device to say goodbye.
const LEAVING: Duration = Duration::from_secs(5);
/// A device makes a new key from this (OPC 10000-12 §7.10.8 asks for at least 32 bytes).
const NONCE: usize = 32;
/// Texts of errors are cut here.
const LONGEST_MESSAGE: usize = 2000;

impl<'a> Work<'a> {
    pub(super) fn new(parts: &'a PusherParts, access: &'a Access) -> Self {
        Self { parts, access, open: None }
    }

    /// Does it, unless the session ends before.
    pub(super) async fn perform(&mut self, push: &Push, action: Action) -> Result<Event> {
        let session = self.open.as_ref().map(|open| Arc::clone(open.client.session()));
        match (session, action) {
            (_, Action::Connect) => self.connect(push).await,
            (_, Action::ReadBack) => self.read_back(push).await,
            (_, Action::Issue(order, request)) => self.issue(push, &order, request).await,
            (None, _) => Ok(Event::SessionLost),
            (Some(session), action) => {
                let interrupted = session.state_changed(&SessionState::Connected).fuse();
                let done = self.call(push, action).fuse();
                futures::pin_mut!(interrupted, done);
                futures::select_biased! {
                    event = done => event,
                    // What was written belonged to the session; the next one would go on without it.
                    state = interrupted => Err(interruption(&state)),
                }
            }
        }
    }

    async fn call(&mut self, push: &Push, action: Action) -> Result<Event> {
        let Some(Open { client, group, max_trust_list_size, has_written }) = &mut self.open else {
            return Ok(Event::SessionLost);
        };
        match action {
            Action::ReadTrustList => Ok(Event::TrustListRead(client.trust_list(group).await?.into())),
            Action::WriteTrustList(lists) => {
                *has_written = true;
                let written = client.write_trust_list(group, &TrustLists::from(&lists), *max_trust_list_size).await?;
                Ok(Event::TrustListWritten(written))
            }
            Action::CreateSigningRequest(order) => {
                *has_written |= order.new_key;
                let (certificate_type, subject) = (order.certificate_type, order.subject);
                let request = SigningRequest { certificate_type, subject, nonce: order.new_key.then(nonce) };
                signing_request_made(client.create_signing_request(group, &request).await?)
            }
            Action::UpdateCertificate(order, issued) => {
                *has_written = true;
                let update = CertificateUpdate {
                    certificate_type: order.certificate_type,
                    certificate: issued.certificate.0,
                    issuers: issued.issuers.into_iter().map(|issuer| issuer.0).collect(),
                };
                Ok(Event::CertificateUpdated(client.update_certificate(group, &update).await?))
            }
            Action::ApplyChanges => {
                let applied = client.apply_changes().await?;
                *has_written = false;
                Ok(Event::Applied(applied))
            }
            action => {
                debug_assert!(false, "{action:?} needs no session of {}", push.device);
                Ok(Event::SessionLost)
            }
        }
    }

    async fn issue(&self, push: &Push, order: &super::CertificateOrder, request: Der) -> Result<Event> {
        let request = IssueRequest {
            device: push.device.clone(),
            push: push.number,
            certificate_type: order.certificate_type,
            signing_request: request.0,
        };
        self.parts.issuing.issue(&request).await.map(Event::Answered)
    }

    async fn connect(&mut self, push: &Push) -> Result<Event> {
        self.leave().await;
        let connector = self.connector(push);
        let endpoints = connector.endpoints(&self.access.endpoint_url).await?;
        let endpoint = strongest(&endpoints, &accepted(push)).ok_or_else(|| no_endpoint(&endpoints))?;
        let client = self.session_at(connector.as_ref(), endpoint).await?;
        let group = client.group(&push.order.group).await?;
        let max_trust_list_size = client.configuration().await?.max_trust_list_size;
        let channel = Channel {
            policy: endpoint.security_policy_uri.as_ref().to_owned(),
            is_encrypted: endpoint.security_mode == MessageSecurityMode::SignAndEncrypt,
            presented: presented_by(endpoint),
            own: Der(self.parts.dial.own_certificate()?),
            certificate_types: group.certificate_types.iter().filter_map(number_of).collect(),
        };
        self.open = Some(Open { client, group, max_trust_list_size, has_written: false });
        Ok(Event::Connected(channel))
    }

    async fn session_at(&self, connector: &dyn Connector, endpoint: &EndpointDescription) -> Result<PushClient> {
        let mut options = ConnectOptions::new(&self.access.endpoint_url);
        options.security = SecurityChoice {
            mode: ModeChoice::Exactly(endpoint.security_mode),
            policy: Some(endpoint.security_policy_uri.as_ref().to_owned()),
        };
        options.identity = self.access.identity.clone();
        options.session_name = "certificate manager".into();
        options.session_timeout = SESSION_TIMEOUT;
        Ok(PushClient::new(connector.connect(options).await?))
    }

    /// What the device shows. Where it presents neither the old certificate nor the new one, nobody talks to it further.
    async fn read_back(&mut self, push: &Push) -> Result<Event> {
        self.leave().await;
        let connector = self.connector(push);
        let found = connector.endpoints(&self.access.endpoint_url).await?;
        let endpoints = found.iter().filter(|endpoint| is_of_rsa(endpoint)).map(presented_at).collect();
        let Some(endpoint) = strongest(&found, &accepted(push)) else {
            let proved = found.iter().find(|endpoint| is_of_rsa(endpoint)).map(presented_by).unwrap_or_default();
            return Ok(Event::ReadBack(ReadBack { endpoints, proved, lists: None }));
        };
        let client = self.session_at(connector.as_ref(), endpoint).await?;
        let group = client.group(&push.order.group).await?;
        let lists = client.trust_list(&group).await;
        close(client.session().as_ref()).await;
        Ok(Event::ReadBack(ReadBack { endpoints, proved: presented_by(endpoint), lists: Some(lists?.into()) }))
    }

    fn connector(&self, push: &Push) -> Arc<dyn Connector> {
        let issuers = push.issued.iter().flat_map(|issued| &issued.issuers);
        let issuers: Vec<Der> = push.order.pin_issuers.iter().chain(issuers).cloned().collect();
        let pinned: Vec<&Der> = accepted_chains(push).collect();
        self.parts.dial.pinned(&pins(&pinned, &issuers, push.order.lists.as_ref()))
    }

    /// Ends the session, and with it what the device has not applied.
    pub(super) async fn leave(&mut self) {
        let Some(open) = self.open.take() else { return };
        if open.has_written {
            // Not every device has it, and the end of the session does the same sooner or later.
            let cancelled = tokio::time::timeout(LEAVING, open.client.cancel_changes()).await;
            tracing::debug!(device = self.access.device, ?cancelled, "changes are cancelled");
        }
        close(open.client.session().as_ref()).await;
    }
}

async fn close(session: &dyn Session) {
    let _ = tokio::time::timeout(LEAVING, session.close()).await;
}

/// An error as a push takes it.
pub(super) fn failure(error: &Error) -> Event {
    let report = error.report();
    Event::Failed {
        is_retryable: error.is_retryable() || may_pass(error.status()),
        is_lost: matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Timeout | ErrorKind::Indeterminate),
        status: error.status().to_string(),
        message: report.chars().filter(|char| !char.is_control()).take(LONGEST_MESSAGE).collect(),
    }
}

/// Somebody else is at the device, or it is busy with what we left there.
fn may_pass(status: StatusCode) -> bool {
    use StatusCode as S;
    matches!(
        status,
        S::BadTransactionPending
            | S::BadInvalidState
            | S::BadNotWritable
            | S::BadTooManySessions
            | S::BadResourceUnavailable
    )
}

fn interruption(state: &SessionState) -> Error {
    let message = format!("the connection is lost ({state:?})");
    Error::new(ErrorKind::Unavailable, "push to a device", message).with_status(StatusCode::BadConnectionClosed)
}

/// The certificates that the device may present: the pinned one, and the one that was issued for it.
fn accepted_chains(push: &Push) -> impl Iterator<Item = &Der> {
    std::iter::once(&push.order.pin).chain(push.issued.iter().map(|issued| &issued.certificate))
}

fn accepted(push: &Push) -> Vec<Der> {
    accepted_chains(push).map(leaf).collect()
}

/// The encrypted endpoint with the best policy among those that present one of these certificates; the newest of them first,
/// which is the last.
fn strongest<'e>(endpoints: &'e [EndpointDescription], accepted: &[Der]) -> Option<&'e EndpointDescription> {
    let place = |endpoint: &EndpointDescription| accepted.iter().rposition(|pin| *pin == leaf(&presented_by(endpoint)));
    let usable = endpoints.iter().filter(|endpoint| {
        endpoint.security_mode == MessageSecurityMode::SignAndEncrypt
            && is_of_rsa(endpoint)
            && place(endpoint).is_some()
    });
    usable.max_by_key(|endpoint| (place(endpoint), rank(endpoint)))
}

/// Policies of RSA certificates that are not broken, the better ones higher.
fn rank(endpoint: &EndpointDescription) -> Option<usize> {
    const SOUND: [SecurityPolicy; 3] = [
        SecurityPolicy::BASIC256_SHA256,
        SecurityPolicy::AES128_SHA256_RSA_OAEP,
        SecurityPolicy::AES256_SHA256_RSA_PSS,
    ];
    let policy = SecurityPolicy::from_uri(endpoint.security_policy_uri.as_ref())?;
    SOUND.iter().position(|sound| *sound == policy)
}

fn is_of_rsa(endpoint: &EndpointDescription) -> bool {
    endpoint.security_mode != MessageSecurityMode::None && rank(endpoint).is_some()
}

fn presented_by(endpoint: &EndpointDescription) -> Der {
    Der(endpoint.server_certificate.value.as_ref().map(|bytes| bytes.to_vec()).unwrap_or_default())
}

fn presented_at(endpoint: &EndpointDescription) -> Presented {
    let uri: &str = endpoint.security_policy_uri.as_ref();
    let policy = uri.rsplit('#').next().unwrap_or(uri).chars().filter(|char| !char.is_control()).collect();
    Presented { policy, certificate: leaf(&presented_by(endpoint)) }
}

fn no_endpoint(endpoints: &[EndpointDescription]) -> Error {
    let message = if endpoints.iter().any(|found| found.security_mode == MessageSecurityMode::SignAndEncrypt) {
        "the device presents another certificate than the pinned one, or offers only broken security policies; find out \
         whether it is the right one and pin its certificate"
    } else {
        "the device has no endpoint with encryption; certificates are not pushed without"
    };
    Error::new(ErrorKind::Untrusted, "reach a device", message).with_status(StatusCode::BadCertificateUntrusted)
}

fn number_of(node: &NodeId) -> Option<u32> {
    node.as_u32().filter(|_| node.namespace == 0)
}

/// A request must be one, for a key that we can name.
fn signing_request_made(request: Vec<u8>) -> Result<Event> {
    let malformed = || {
        Error::new(ErrorKind::Corrupt, "read the signing request", "the device sent something else than PKCS #10")
            .with("step", format!("{:?}", Step::RequestCertificate))
    };
    let key = public_key_in(&request).map_err(|cause| malformed().because(cause))?;
    Ok(Event::SigningRequestMade { request: Der(request), public_key: key })
}

/// The key that a signing request is for (SubjectPublicKeyInfo, DER); `None` if it is no signing request.
pub(crate) fn key_in_request(request: &Der) -> Option<Der> {
    public_key_in(&request.0).ok().map(Der)
}

fn public_key_in(request: &[u8]) -> der::Result<Vec<u8>> {
    CertReq::from_der(request)?.info.public_key.to_der()
}

fn nonce() -> Vec<u8> {
    let halves = [uuid::Uuid::new_v4(), uuid::Uuid::new_v4(), uuid::Uuid::new_v4()];
    halves.iter().flat_map(|half| *half.as_bytes()).take(NONCE + 16).collect()
}
