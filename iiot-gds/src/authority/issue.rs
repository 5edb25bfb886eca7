//! Certificates for approved requests.

use std::sync::Arc;

use iiot_core::time::UtcTime;
use iiot_core::{Error, ErrorKind, Result};
use serde_json::json;

use super::desk::{Desk, is_outdated};
use super::finish::{SELF, text};
use super::prepare::{is_fault, prepare};
use super::requests::check_new;
use super::{Authorities, RequestRecord, TbsRecord, error, event};
use crate::document::{self, Kept, REQUEST};
use crate::policy::{Approvable, Approved, CertificateRequest, Decision, RequestEvent, RequestState};
use crate::store::{ArtefactName, AuditEvent, Reservation, Transaction};

/// A certificate that was issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// The authority.
    pub issuer: String,
    /// The serial number, hexadecimal, lower case.
    pub serial: String,
    /// The certificate (DER).
    pub certificate: Vec<u8>,
    /// The certificates of the authorities above it (DER), the root last.
    pub issuers: Vec<Vec<u8>>,
}

impl Authorities {
    /// Puts a new request on record; if its group approves without being asked, issues the certificate at once, which takes
    /// two transactions in all. `None` if somebody must decide first.
    ///
    /// `key` is the key that was made for a request for a new key pair, as SubjectPublicKeyInfo (DER); it is not used where
    /// somebody must decide first.
    ///
    /// # Errors
    /// Those of [`submit`](Self::submit) and of [`issue`](Self::issue). What is wrong with the request is on record, and the
    /// request has failed then.
    pub async fn start_request(&self, request: CertificateRequest, key: Option<&[u8]>) -> Result<Option<Issued>> {
        let started = match self.try_start(&request, key).await {
            Err(cause) if is_outdated(&cause) => {
                self.forget_desk(&request.group);
                self.try_start(&request, key).await
            }
            started => started,
        };
        match started? {
            Some(reserved) => self.sign_reserved(reserved).await.map(Some),
            None => self.submit(request).await.map(|()| None),
        }
    }

    /// Issues the certificate for an approved request that is [on record](Self::submit). One request has one certificate:
    /// asked again, it answers the same one.
    ///
    /// `key` is the key that was made for a request for a new key pair, as SubjectPublicKeyInfo (DER); `None` for a
    /// signing request.
    ///
    /// # Errors
    /// What is wrong with the request, which has failed then. `Unavailable` if it was interrupted before: it goes on with
    /// [`recover`](Self::recover). `Conflict` if it is not the request that is on record, or was decided otherwise. Those
    /// of the key and the store; `Timeout` if the key has not answered in time, and it goes on with recover too.
    pub async fn issue(&self, approved: Approved<CertificateRequest>, key: Option<&[u8]>) -> Result<Issued> {
        let begun = match self.try_issue(&approved, key).await {
            Err(cause) if is_outdated(&cause) => {
                self.forget_desk(&approved.get().group);
                self.try_issue(&approved, key).await
            }
            begun => begun,
        };
        match begun? {
            Begun::Reserved(reserved) => self.sign_reserved(*reserved).await,
            Begun::Issued { issuer, serial } => self.issued(&issuer, &serial).await,
        }
    }

    /// A certificate that was issued, with those above it.
    ///
    /// # Errors
    /// `NotFound` if there is none that is signed; those of the store.
    pub async fn issued(&self, issuer: &str, serial: &str) -> Result<Issued> {
        let name = ArtefactName::Certificate { issuer: issuer.into(), serial: serial.into() };
        let certificate = self.signed(&name).await?.ok_or_else(|| super::finish::missing(&name))?;
        let issuers = self.chain(issuer).await?;
        Ok(Issued { issuer: issuer.into(), serial: serial.into(), certificate, issuers })
    }

    /// The first transaction of a new request; none where somebody must decide on it.
    async fn try_start(&self, request: &CertificateRequest, key: Option<&[u8]>) -> Result<Option<Reserved>> {
        let now = self.now()?;
        let desk = match self.desk(&request.group).await {
            Ok(desk) => desk,
            // Nothing is issued now; what somebody must decide on can be submitted all the same.
            Err(cause) if self.group(&request.group).await?.approval.is_automatic() => return Err(cause),
            Err(_) => return Ok(None),
        };
        // Nothing is refused by what was read a while ago.
        let desk = match check_new(request, &desk.group) {
            Ok(()) => desk,
            Err(_) => {
                self.forget_desk(&request.group);
                self.desk(&request.group).await?
            }
        };
        check_new(request, &desk.group)?;
        let Decision::Approved(approved) = desk.group.decide(request, &[], |_| None, now)? else { return Ok(None) };
        let on_record = OnRecord { record: RequestRecord::new(request.clone()), revision: None };
        self.reserve(&desk, &approved, on_record, key, now).await.map(Some)
    }

    /// The first transaction of an approved request, unless it took place before.
    async fn try_issue(&self, approved: &Approved<CertificateRequest>, key: Option<&[u8]>) -> Result<Begun> {
        let now = self.now()?;
        let Kept { value: record, revision } = self.kept_request(&approved.get().id).await?;
        if record.request.digest() != *approved.digest() {
            return Err(refused(ErrorKind::Conflict, "it was changed since it was approved", approved));
        }
        match &record.request.state {
            RequestState::New => {}
            RequestState::Issued { issuer, serial } | RequestState::Accepted { issuer, serial } => {
                return Ok(Begun::Issued { issuer: issuer.clone(), serial: serial.clone() });
            }
            RequestState::Approved => {
                let message = "its certificate is being made; recover, or ask again";
                return Err(refused(ErrorKind::Unavailable, message, approved));
            }
            _ => return Err(refused(ErrorKind::Conflict, "it was rejected or has failed", approved)),
        }
        let desk = self.desk(&approved.get().group).await?;
        if *approved.policy() != desk.group.approval {
            let message = "it was approved by other rules than its group has now";
            return Err(refused(ErrorKind::Conflict, message, approved));
        }
        let on_record = OnRecord { record, revision: Some(revision) };
        self.reserve(&desk, approved, on_record, key, now).await.map(Box::new).map(Begun::Reserved)
    }

    /// The first transaction: the request is approved, its number taken, the bytes to sign on record.
    async fn reserve(
        &self,
        desk: &Arc<Desk>,
        approved: &Approved<CertificateRequest>,
        mut on_record: OnRecord,
        key: Option<&[u8]>,
        now: UtcTime,
    ) -> Result<Reserved> {
        let reservation = match prepare(approved.get(), desk, key, now) {
            Ok(reservation) => reservation,
            Err(fault) if is_fault(&fault) => return Err(self.fail(desk, on_record, fault, now).await),
            Err(cause) => return Err(cause),
        };
        let mut transaction = on_record.transaction(desk, reserved_event(approved, &reservation), now);
        on_record.record.request.handle(RequestEvent::Approved)?;
        transaction.documents.push(on_record.record.write(on_record.revision)?);
        transaction.reservations.push(reservation);
        let (mut records, committed) = TbsRecord::reserve(self.store(), transaction).await?;
        let (Some(record), Some(revision)) = (records.pop(), committed.revisions.last().copied()) else {
            return Err(error(ErrorKind::Internal, "issue certificate", "one was reserved"));
        };
        Ok(Reserved { record, request: Kept { value: on_record.record, revision }, desk: Arc::clone(desk) })
    }

    /// The signature and the second transaction.
    async fn sign_reserved(&self, Reserved { record, request, desk }: Reserved) -> Result<Issued> {
        let key = self.key_of(&desk.authority).await?;
        let certificate = self.sign_and_finish(&record, &key, Some(request)).await?;
        let ArtefactName::Certificate { issuer, serial } = record.name().clone() else {
            return Err(error(ErrorKind::Internal, "issue certificate", "a certificate has a serial number"));
        };
        Ok(Issued { issuer, serial, certificate, issuers: desk.chain.clone() })
    }

    /// The request has failed, and the application is told why.
    async fn fail(&self, desk: &Desk, mut on_record: OnRecord, fault: Error, now: UtcTime) -> Error {
        let failed = RequestEvent::Failed { status: fault.status(), reason: fault.message().to_owned() };
        let written = async {
            let details = json!({ "reason": fault.message() });
            let failing = event("request.failed", SELF, &on_record.record.request.id, details);
            let mut transaction = on_record.transaction(desk, failing, now);
            on_record.record.request.handle(failed)?;
            transaction.documents.push(on_record.record.write(on_record.revision)?);
            self.store().commit(transaction).await
        };
        match written.await {
            Ok(_) => fault,
            Err(cause) => cause,
        }
    }

    pub(super) async fn kept_request(&self, id: &str) -> Result<Kept<RequestRecord>> {
        let kept = document::load(self.store(), REQUEST, id).await?;
        kept.ok_or_else(|| error(ErrorKind::NotFound, "use request", "there is none with this id").with("request", id))
    }
}

/// How far a request is that is to be issued.
enum Begun {
    Reserved(Box<Reserved>),
    Issued { issuer: String, serial: String },
}

/// A certificate that is on record and not signed.
struct Reserved {
    record: TbsRecord,
    request: Kept<RequestRecord>,
    desk: Arc<Desk>,
}

/// A request, and the revision that it is on record with; `None` if it is not yet.
struct OnRecord {
    record: RequestRecord,
    revision: Option<u64>,
}

impl OnRecord {
    /// One by what the desk says, which tells of the request too if it is new.
    fn transaction(&self, desk: &Desk, event: AuditEvent, now: UtcTime) -> Transaction {
        let mut transaction = Transaction::new(event, now);
        if self.revision.is_none() {
            transaction.events.insert(0, self.record.submitted());
        }
        transaction.unchanged.clone_from(&desk.unchanged);
        transaction
    }
}

fn reserved_event(approved: &Approved<CertificateRequest>, reservation: &Reservation) -> AuditEvent {
    let request = approved.get();
    let details = json!({ "application": request.applicant.application, "group": request.group,
        "request": request.id, "digest": approved.digest(), "approvedBy": approved.by() });
    event("certificate.reserved", &request.requester, &text(&reservation.name), details)
}

fn refused(kind: ErrorKind, message: &'static str, approved: &Approved<CertificateRequest>) -> Error {
    error(kind, "issue certificate", message).with("request", &approved.get().id)
}
