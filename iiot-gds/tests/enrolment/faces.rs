//! Over HTTP, and over a hub.

use std::any::Any;
use std::sync::Arc;

use iiot_core::access::{AuditLog, SigningKey};
use iiot_core::clock::Clock;
use iiot_core::http::{ApiKeyRequest, HttpOptions, HttpParts, HttpServer};
use iiot_core::operation::{Dispatch, Invoke, PerPrincipal, Role};
use iiot_core::rest::{RestCaller, RestOptions};
use iiot_core::rpc::{Caller, Destination, Place, Server};
use iiot_core::transport::{MemoryTransport, Transport};
use iiot_core::{ErrorKind, Result};
use iiot_gds::enrolment::{
    Enrolment, InvitationsRequest, InviteRequest, OPERATIONS, RemoteEnrolment, StandingRequest,
    WithdrawInvitationRequest,
};
use tempfile::TempDir;

use crate::works::{Edge, Works, certificate};

/// A way to the desk, and what must not end before it.
struct Face {
    way: Way,
    _server: Box<dyn Any>,
    _folder: TempDir,
}

enum Way {
    Http(String),
    Hub(Arc<dyn Transport>, Destination),
}

impl Face {
    async fn http(works: &Works) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let audit = Arc::new(AuditLog::open(folder.path().join("audit.jsonl")).unwrap());
        let clock: Arc<dyn Clock> = Arc::clone(&works.clock) as _;
        let mut parts = HttpParts::new("gds", Arc::clone(&works.keys), audit, clock);
        parts.capabilities.push(offered(works));
        let server = HttpServer::start(HttpOptions::new(([127, 0, 0, 1], 0)), parts).await.unwrap();
        Self { way: Way::Http(server.url()), _server: Box::new(server), _folder: folder }
    }

    async fn hub(works: &Works) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let transport: Arc<dyn Transport> = Arc::new(MemoryTransport::new());
        let (keys, audit) = (Arc::clone(&works.keys), AuditLog::open(folder.path().join("audit.jsonl")).unwrap());
        let (hub, clock) = (Arc::clone(&transport), Arc::clone(&works.clock) as _);
        let place = Place::open(hub, "iiot/gds".to_owned(), folder.path(), keys, Arc::new(audit), clock).unwrap();
        let destination = Destination { root: "iiot/gds".into(), key: place.secret.public() };
        let server = Server::start(place, vec![offered(works)]).await.unwrap();
        Self { way: Way::Hub(transport, destination), _server: Box::new(server), _folder: folder }
    }

    async fn as_key(&self, works: &Works, key: &str) -> Result<RemoteEnrolment> {
        let invoke: Arc<dyn Invoke> = match &self.way {
            Way::Http(url) => Arc::new(RestCaller::new(RestOptions::new(url, key.to_owned()).unwrap()).unwrap()),
            Way::Hub(transport, destination) => {
                let (signer, clock) = (SigningKey::of(key)?, Arc::clone(&works.clock) as _);
                Arc::new(Caller::connect(Arc::clone(transport), destination.clone(), signer, clock).await?)
            }
        };
        Ok(RemoteEnrolment::new(invoke))
    }
}

fn offered(works: &Works) -> Arc<dyn Dispatch> {
    Arc::new(PerPrincipal(Arc::clone(&works.enrolment)))
}

fn key(works: &Works, role: Role) -> String {
    let request = ApiKeyRequest { name: format!("{role:?}"), role, expires: None };
    works.keys.make(request, works.clock.utc()).unwrap().text.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn over_http_an_application_enrols() {
    let works = Works::start().await;
    let face = Face::http(&works).await;
    enrols(&works, &face).await;
    roles(&works, &face).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn over_a_hub_an_application_enrols() {
    let works = Works::start().await;
    let face = Face::hub(&works).await;
    enrols(&works, &face).await;
    roles(&works, &face).await;
}

async fn enrols(works: &Works, face: &Face) {
    let approver = face.as_key(works, &key(works, Role::Approver)).await.unwrap();
    let invited = approver.invite(InviteRequest::default()).await.unwrap();
    assert_eq!(invited.invitation.by, "Approver", "the name of the key, and nothing that was sent");
    let edge = Edge::new("edge").await;
    let applicant = face.as_key(works, invited.token.text()).await.unwrap();
    let issued = certificate(applicant.enroll(edge.request().await).await.unwrap());
    let standing = applicant.standing(StandingRequest::default()).await.unwrap();
    assert_eq!(standing.certificate, Some(issued));
    let thief = Edge::new("edge").await.request().await;
    assert_eq!(applicant.enroll(thief).await.unwrap_err().kind(), ErrorKind::Forbidden);
    let request = WithdrawInvitationRequest { invitation: invited.invitation.id, revoke: None };
    approver.withdraw_invitation(request).await.unwrap();
    let ended = applicant.standing(StandingRequest::default()).await.unwrap_err();
    assert_eq!(ended.kind(), ErrorKind::Unauthenticated, "{ended:?}");
}

/// Every operation for every role: refused where the table says so, and only there for that reason.
async fn roles(works: &Works, face: &Face) {
    for role in Role::ALL {
        let remote = face.as_key(works, &key(works, role)).await.unwrap();
        let withdraw = WithdrawInvitationRequest { invitation: "none".into(), revoke: None };
        let edge = Edge::new("edge").await.request().await;
        let outcomes = [
            remote.invite(InviteRequest::default()).await.map(drop),
            remote.invitations(InvitationsRequest::default()).await.map(drop),
            remote.withdraw_invitation(withdraw).await.map(drop),
            remote.enroll(edge).await.map(drop),
            remote.standing(StandingRequest::default()).await.map(drop),
        ];
        for (operation, outcome) in OPERATIONS.iter().zip(outcomes) {
            let needs = |error: &iiot_core::Error| error.message().contains("needs the role");
            let refused = outcome.as_ref().is_err_and(needs);
            assert_eq!(refused, role < operation.role, "{operation:?} as {role:?}: {outcome:?}");
        }
    }
}
