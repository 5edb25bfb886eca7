//! An application that obtains its certificate and its trust lists from a certificate manager.
//!
//! [`Enrolling`] does it for a process with a [`Pki`]: with the token of an invitation it asks for a certificate of its key,
//! takes it into use, renews it after two thirds of its life, and puts the trust lists of the manager beside what people have
//! put there. Sessions go on with the certificate that they were made with; who is revoked loses his at once.
//! [`EnrolledFiles`] does it once, for an application of somebody else that reads its certificates from files.

mod files;
mod plan;
mod reach;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use iiot_core::clock::Clock;
use iiot_core::time::UtcTime;
use iiot_core::ua::trust::leaf_of_chain;
use iiot_core::{Error, ErrorKind, Result};
use iiot_gds::enrolment::{
    EnrollRequest, Enrolled, Enrolment, IssuedCertificate, Standing, StandingRequest, lists_revision,
};
use iiot_gds::model::Der;
use iiot_gds::policy::Validity;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::app::Running;
use crate::pki::Pki;
use plan::{Outcome, Plan, Task};

pub use files::{EnrolledFiles, EnrolledStep, Enrollee};
#[cfg(feature = "http")]
pub use reach::over_http;
#[cfg(feature = "rpc")]
pub use reach::over_hub;
pub use reach::token;

/// Keeps our certificate and trust lists as a certificate manager has them, until it is stopped or dropped.
#[derive(Debug)]
pub struct Enrolling {
    task: JoinHandle<()>,
    progress: watch::Receiver<Progress>,
}

/// How far an enrolment is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// Until when the certificate is valid that the manager has issued; `None` before it has.
    pub valid_until: Option<UtcTime>,
    /// The revision of the trust lists that are in use; `None` before they are.
    pub revision: Option<String>,
    /// Whether somebody has to agree before there is a certificate.
    pub pending: bool,
    /// What is wrong now.
    pub trouble: Option<String>,
}

impl Enrolling {
    /// Asks `certificates`, with the token that it calls with, for a certificate of our key, and at each `interval` how we
    /// stand.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[must_use]
    pub fn start(pki: Pki, certificates: Arc<dyn Enrolment>, interval: Duration, clock: Arc<dyn Clock>) -> Self {
        let (progress, receiver) = watch::channel(Progress::default());
        let edge = Edge { pki, certificates, clock, progress };
        Self { task: tokio::spawn(edge.run(interval)), progress: receiver }
    }

    /// How far it is, and what changes of that.
    #[must_use]
    pub fn progress(&self) -> watch::Receiver<Progress> {
        self.progress.clone()
    }
}

impl Drop for Enrolling {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[async_trait]
impl Running for Enrolling {
    fn name(&self) -> &'static str {
        "enrolment"
    }

    /// What fails is reported and tried again: what is there goes on being used.
    async fn failed(&self) -> Error {
        std::future::pending().await
    }

    async fn stop(&self, _patience: Duration) {
        self.task.abort();
    }
}

#[derive(Debug)]
struct Edge {
    pki: Pki,
    certificates: Arc<dyn Enrolment>,
    clock: Arc<dyn Clock>,
    progress: watch::Sender<Progress>,
}

impl Edge {
    async fn run(self, interval: Duration) {
        let mut plan = Plan::new(interval, self.issued(), self.clock.now());
        loop {
            let (task, at) = plan.next();
            self.clock.sleep_until(at).await;
            let outcome = match task {
                Task::Enroll => self.enroll().await,
                Task::Look => self.look().await,
            };
            let outcome = self.judged(outcome);
            plan.handle(task, outcome, (self.clock.now(), self.clock.utc()), random());
        }
    }

    /// The validity of a certificate that somebody has issued for us.
    fn issued(&self) -> Option<Validity> {
        let current = self.pki.certificate.current();
        let (leaf, _) = leaf_of_chain(&current.chain).ok().filter(|(leaf, _)| !leaf.is_self_issued())?;
        Some(Validity { from: leaf.not_before(), until: leaf.not_after() })
    }

    async fn enroll(&self) -> Result<Outcome> {
        let request = EnrollRequest {
            csr: Der(self.pki.signing_request().await?),
            certificate_type: None,
            application: Some(self.pki.description()),
        };
        match self.certificates.enroll(request).await?.outcome {
            Enrolled::Issued(issued) => self.install(issued).await,
            Enrolled::Rejected { reason } => Err(rejected(&reason)),
            pending => {
                if !self.progress.borrow().pending {
                    tracing::info!("our certificate waits for people to agree: {pending:?}");
                }
                self.progress.send_modify(|progress| progress.pending = true);
                Ok(Outcome::Pending)
            }
        }
    }

    async fn install(&self, issued: IssuedCertificate) -> Result<Outcome> {
        let IssuedCertificate { valid_from: from, valid_until: until, .. } = issued;
        let chain = chain(issued);
        let (pki, now) = (self.pki.clone(), self.clock.utc());
        off_thread(move || pki.install(&chain, now)).await?;
        self.progress.send_modify(|progress| (progress.valid_until, progress.pending) = (Some(until), false));
        Ok(Outcome::Issued(Validity { from, until }))
    }

    /// What was issued and did not reach us is taken here too.
    async fn look(&self) -> Result<Outcome> {
        let held = lists_revision(&self.pki.trust.managed().await?.into());
        let request = StandingRequest { revision: Some(held.clone()) };
        let Standing { certificate, revoked, renew, revision, lists, .. } = self.certificates.standing(request).await?;
        if let Some(lists) = lists {
            self.pki.trust.replace_managed((&lists).into()).await?;
            tracing::info!("our trust lists are those of the certificate manager, revision {}", short(&revision));
        }
        self.progress.send_modify(|progress| progress.revision = Some(revision));
        if let Some(reason) = revoked {
            let message = "the certificate manager has revoked our certificate";
            return Err(Error::new(ErrorKind::Forbidden, ENROLL, message).with("reason", reason.name()));
        }
        match certificate {
            Some(issued) if !self.holds(&issued) => self.install(issued).await,
            Some(issued) => {
                self.progress.send_modify(|progress| progress.valid_until = Some(issued.valid_until));
                Ok(Outcome::Stands { renew })
            }
            None => Ok(Outcome::Stands { renew }),
        }
    }

    fn holds(&self, issued: &IssuedCertificate) -> bool {
        self.pki.certificate.current().chain.starts_with(&issued.certificate.0)
    }

    /// Said once for as long as it is the same.
    fn judged(&self, outcome: Result<Outcome>) -> Outcome {
        let (outcome, trouble) = match outcome {
            Ok(outcome) => (outcome, None),
            Err(error) => (refusal(&error), Some(error.report())),
        };
        self.progress.send_if_modified(|progress| {
            if let Some(trouble) = trouble.as_ref().filter(|trouble| progress.trouble.as_ref() != Some(trouble)) {
                tracing::error!("certificates: {trouble}");
            }
            std::mem::replace(&mut progress.trouble, trouble.clone()) != trouble
        });
        outcome
    }
}

/// Certificate and authorities, as one chain.
fn chain(issued: IssuedCertificate) -> Vec<Vec<u8>> {
    std::iter::once(issued.certificate).chain(issued.issuers).map(|der| der.0).collect()
}

fn rejected(reason: &str) -> Error {
    let reason: String = reason.chars().filter(|letter| !letter.is_control()).take(200).collect();
    Error::new(ErrorKind::Forbidden, ENROLL, format!("the request for a certificate was rejected: {reason}"))
}

/// Whether it can do better by itself.
fn refusal(error: &Error) -> Outcome {
    match error.kind() {
        ErrorKind::Unauthenticated
        | ErrorKind::Forbidden
        | ErrorKind::InvalidArgument
        | ErrorKind::AlreadyExists
        | ErrorKind::NotFound
        | ErrorKind::Unsupported => Outcome::Refused,
        _ => Outcome::Failed,
    }
}

fn short(revision: &str) -> &str {
    revision.get(..12).unwrap_or(revision)
}

/// Spreads questions; nothing hangs on it.
fn random() -> u32 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(0_u8) as u32
}

/// Files are written where nobody waits for the runtime.
async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|cause| {
        Err(Error::new(ErrorKind::Internal, ENROLL, "the work ended by a defect").because(cause))
    })
}

const ENROLL: &str = "enroll";

#[cfg(test)]
mod tests;
