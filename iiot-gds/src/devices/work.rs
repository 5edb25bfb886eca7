//! One device at a time.

use iiot_core::{Error, ErrorKind, Result};
use serde_json::json;

use super::KEEPER;
use super::issuing::AuthorityIssuing;
use super::local::{LocalDevices, write_state};
use super::records::{Known, PUSH, StateRecord, Waiting, event, known};
use super::survey::{Surveyed, last_shown, leaf};
use super::upkeep::PushNeed;
use crate::document;
use crate::push::{
    CertificateOrder, IssueAnswer, IssueRequest, Issued, Issuing, Order, Push, PushBook, Step, Trouble, key_in_request,
};
use crate::store::Transaction;

/// What is done with a device.
#[derive(Debug)]
pub(super) enum Job {
    /// The push that is under way goes on.
    CarryOn,
    /// A new one.
    Begin(Box<Order>),
}

impl LocalDevices {
    /// The order of a push that is due.
    pub(super) fn order(&self, one: &Surveyed, push: PushNeed) -> Order {
        let (settings, state) = (&one.known.record.settings, &one.known.state);
        let pin = state.pin.clone().unwrap_or_default();
        let certificate = (push.certificate && settings.manages_certificate).then(|| CertificateOrder {
            certificate_type: settings.certificate_type,
            subject: String::new(),
            new_key: settings.new_key,
        });
        Order {
            pin_issuers: state.pin_issuers.clone(),
            group: settings.device_group.clone(),
            lists: (push.lists && settings.manages_trust_list).then(|| one.wanted.clone()),
            certificate,
            rules: self.parts.push_rules,
            ..Order::new(pin.0)
        }
    }

    /// Pushes to a device until the push is over or waits for votes. What goes wrong is on record afterwards.
    ///
    /// # Errors
    /// Those of the store, and `Conflict` if somebody else is at it.
    pub(super) async fn work(&self, device: &str, job: Job) -> Result<()> {
        let known = known(&*self.office.store, device).await?;
        match self.pushed(&known, job).await {
            Err(cause) if cause.kind() != ErrorKind::Conflict => self.could_not(known, cause).await,
            done => done,
        }
    }

    async fn pushed(&self, known: &Known, job: Job) -> Result<()> {
        let access = self.access(known).await?;
        if let Job::Begin(mut order) = job {
            self.choose_pin(known, &mut order).await;
            self.begin_push(known, *order).await?;
        }
        self.pusher.run(&access).await.map(drop)
    }

    /// Whether the device presents by now what it was to get in a push whose end was not seen.
    async fn choose_pin(&self, known: &Known, order: &mut Order) {
        let Some(maybe) = &known.state.maybe else { return };
        // If it does not answer, the push will find out why.
        let Ok(presented) = self.look(&known.record.settings.endpoint_url).await else { return };
        if presented.iter().any(|chain| leaf(chain) == leaf(&maybe.certificate)) {
            order.pin = maybe.certificate.clone();
            order.pin_issuers.clone_from(&maybe.issuers);
        }
    }

    async fn begin_push(&self, known: &Known, order: Order) -> Result<()> {
        let device = &known.record.device;
        let waiting = known.state.waiting.as_ref().filter(|_| order.certificate.is_some());
        let Some(waiting) = waiting else {
            return self.pusher.begin(device, order).await.map(drop);
        };
        let issued = self.issued_meanwhile(known, waiting).await?;
        let number = known.push.as_ref().map_or(0, |entry| entry.push.number) + 1;
        let mut push = Push::new(device.as_str(), number, order, self.office.clock.utc());
        push.request_key = key_in_request(&waiting.signing_request);
        push.signing_request = Some(waiting.signing_request.clone());
        push.issued = Some(issued);
        self.book.save(&push, known.push.as_ref().map(|entry| entry.revision)).await.map(drop)
    }

    /// The certificate on which people have voted while other pushes went on.
    async fn issued_meanwhile(&self, known: &Known, waiting: &Waiting) -> Result<Issued> {
        let refused = |because: String| {
            Error::new(ErrorKind::Rejected, "issue certificate", format!("no certificate was issued: {because}"))
        };
        let request = IssueRequest {
            device: known.record.device.clone(),
            push: waiting.push,
            certificate_type: known.record.settings.certificate_type,
            signing_request: waiting.signing_request.0.clone(),
        };
        match self.issuing.issue(&request).await? {
            IssueAnswer::Issued(issued) => Ok(issued),
            IssueAnswer::Refused(because) => Err(refused(because)),
            IssueAnswer::Pending { .. } => {
                Err(Error::new(ErrorKind::Conflict, "issue certificate", "votes are missing again")
                    .with("request", AuthorityIssuing::request_id(&request)))
            }
        }
    }

    /// Nothing could be tried; that is on record, and it is tried again.
    async fn could_not(&self, known: Known, cause: Error) -> Result<()> {
        let (device, now) = (known.record.device.as_str(), self.office.clock.utc());
        let failures = known.state.failures.saturating_add(1);
        let was_refused = cause.kind() == ErrorKind::Rejected;
        let state = StateRecord {
            failures,
            retry_at: Some(self.upkeep.retry_at(failures, was_refused, now)),
            trouble: Some(cause.report().chars().filter(|one| !one.is_control()).take(MAX_TROUBLE).collect()),
            out_of_date_since: known.state.out_of_date_since.or_else(|| self.out_of_date_since(device)).or(Some(now)),
            waiting: known.state.waiting.clone().filter(|_| !was_refused),
            ..known.state.clone()
        };
        let details = json!({ "trouble": state.trouble, "nextAttempt": state.retry_at });
        let write = write_state(&state, known.state_revision)?;
        self.change("device.failed", KEEPER, device, details, vec![write]).await.map(drop)
    }

    /// A push that waits for votes makes room for another one; what it has asked for stays asked for.
    pub(super) async fn set_aside(&self, known: &Known) -> Result<()> {
        let Some(entry) = &known.push else { return Ok(()) };
        let Some(signing_request) = entry.push.signing_request.clone() else { return Ok(()) };
        let now = self.office.clock.utc();
        let mut push = entry.push.clone();
        let message = "a newer trust list does not wait for votes; the certificate follows once they are cast";
        push.trouble = Some(Trouble { step: push.step, status: "Good".into(), message: message.into(), at: now });
        (push.step, push.claim) = (Step::Failed, None);
        let (device, number) = (&known.record.device, push.number);
        let waiting = Some(Waiting { push: number, signing_request });
        let shown = last_shown(&entry.push, known.state.shown.as_ref()).cloned();
        let state = StateRecord { waiting, shown, settled: number, ..known.state.clone() };
        let action = event("device.pushSetAside", KEEPER, device, json!({ "push": number }));
        let mut transaction = Transaction::new(action, now);
        transaction.documents.push(document::write((PUSH, device), &push, &[], Some(entry.revision))?);
        transaction.documents.push(write_state(&state, known.state_revision)?);
        self.office.store.commit(transaction).await.map(drop)
    }
}

const MAX_TROUBLE: usize = 2000;
