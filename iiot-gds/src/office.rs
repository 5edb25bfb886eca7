//! What the capabilities of a certificate manager share.

use std::fmt::Debug;
use std::sync::Arc;

use iiot_core::clock::Clock;
use iiot_core::model::{Application, Approval, Record};
use iiot_core::operation::Role;
use iiot_core::registry::{RecordKey, RecordKind, Registry};
use iiot_core::ua::StatusCode;
use iiot_core::{Error, ErrorKind, Result};

use crate::authority::{Authorities, AuthorityParts, Issued};
use crate::policy::{Approved, CertificateRequest, Decision, Pending, RequestState};
use crate::store::Store;

/// The parts that every capability of a certificate manager works with.
#[derive(Debug, Clone)]
pub struct Office {
    /// The authorities, on the store.
    pub authorities: Arc<Authorities>,
    /// Where everything is on record.
    pub store: Arc<dyn Store>,
    /// The applications of the plant. They are those that get certificates.
    pub registry: Arc<dyn Registry>,
    /// The people who vote.
    pub people: Arc<dyn People>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Knows who may do what now.
pub trait People: Debug + Send + Sync + 'static {
    /// The role that somebody has now; `None` if nobody of this name may do anything any more.
    fn role_of(&self, name: &str) -> Option<Role>;
}

impl Office {
    /// Opens it on the authorities of a store.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn open(parts: AuthorityParts, registry: Arc<dyn Registry>, people: Arc<dyn People>) -> Result<Self> {
        let (store, clock) = (Arc::clone(&parts.store), Arc::clone(&parts.clock));
        let authorities = Arc::new(Authorities::open(parts).await?);
        Ok(Self { authorities, store, registry, people, clock })
    }

    /// An application on record.
    ///
    /// # Errors
    /// `NotFound` if there is none; those of the registry.
    pub async fn application(&self, id: &str) -> Result<Application> {
        let found = self.registry.get(&RecordKey::new(RecordKind::Application, id)).await?;
        match found.map(|found| found.record) {
            Some(Record::Application(application)) => Ok(application),
            _ => Err(Error::new(ErrorKind::NotFound, "find application", "there is none on record with this id")
                .with("application", id)),
        }
    }

    /// An application that belongs to the plant and may be used. No other one gets a certificate, whoever asks for it.
    ///
    /// # Errors
    /// `Forbidden` (`BadRequestNotAllowed`) if it does not, or may not; those of [`application`](Self::application).
    pub async fn admitted(&self, id: &str) -> Result<Application> {
        let found = self.application(id).await?;
        let message = match (found.approval, found.enabled) {
            (Approval::Approved, true) => return Ok(found),
            (Approval::Approved, false) => "it is disabled: enable it first",
            _ => "it is not approved as belonging to the plant: have it approved first",
        };
        let refused = Error::new(ErrorKind::Forbidden, "request certificate", message).with("application", id);
        Err(refused.with_status(StatusCode::BadRequestNotAllowed))
    }

    /// Puts a signing request on record and settles it; see [`settle`](Self::settle).
    ///
    /// # Errors
    /// Those of [`admitted`](Self::admitted), [`Authorities::start_request`] and [`settle`](Self::settle).
    pub async fn request(&self, request: CertificateRequest) -> Result<Settled> {
        self.admitted(&request.applicant.application).await?;
        let id = request.id.clone();
        match self.authorities.start_request(request, None).await? {
            Some(issued) => Ok(Settled::Issued(issued)),
            None => self.settle(&id).await,
        }
    }

    /// Has the certificate for an approved request issued; `key` as for [`Authorities::issue`]. The application may have been
    /// disabled since it was asked for.
    ///
    /// # Errors
    /// Those of [`admitted`](Self::admitted) and [`Authorities::issue`].
    pub async fn issue(&self, approved: Approved<CertificateRequest>, key: Option<&[u8]>) -> Result<Issued> {
        self.admitted(&approved.get().applicant.application).await?;
        self.authorities.issue(approved, key).await
    }

    /// Counts the votes on a signing request on record, and has its certificate issued if enough agree. Asked again it answers
    /// the same, whatever became of the votes meanwhile.
    ///
    /// # Errors
    /// What is wrong with the request, which has failed then; those of [`issue`](Self::issue), the authorities and the store.
    pub async fn settle(&self, id: &str) -> Result<Settled> {
        let record = self.authorities.request(id).await?;
        match record.request.state {
            RequestState::New => {}
            RequestState::Approved => return Ok(Settled::Making),
            RequestState::Rejected { by, reason } => return Ok(Settled::Rejected { by, reason }),
            RequestState::Issued { issuer, serial } | RequestState::Accepted { issuer, serial } => {
                return self.authorities.issued(&issuer, &serial).await.map(Settled::Issued);
            }
            RequestState::Failed { .. } => return Err(failure(&record.request)),
        }
        match self.authorities.decide(id, |name| self.people.role_of(name)).await? {
            Decision::Approved(approved) => self.issue(approved, None).await.map(Settled::Issued),
            Decision::Rejected(vote) => Ok(Settled::Rejected { by: vote.by, reason: vote.reason }),
            Decision::Pending(pending) => Ok(Settled::Pending(pending)),
        }
    }
}

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    /// Its certificate is there.
    Issued(Issued),
    /// Its certificate is being made; ask again.
    Making,
    /// Somebody has to agree first.
    Pending(Pending),
    /// Somebody has said no, or the one who asked has taken it back.
    Rejected {
        /// By whom.
        by: String,
        /// Why.
        reason: String,
    },
}

/// Why no certificate can be made for a request.
fn failure(request: &CertificateRequest) -> Error {
    request.finish().err().unwrap_or_else(|| {
        Error::new(ErrorKind::Internal, "settle request", "it has failed").with("request", &request.id)
    })
}
