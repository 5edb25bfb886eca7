//! What comes next in a push. No I/O, no clock.

use iiot_core::time::UtcTime;
use iiot_core::trust::TrustLists;
use iiot_core::ua::trust::{Certificate, ParsedLists, Purpose, Role, TrustPolicy, leaf_of_chain, verdict};

use super::read_back::leaf;
use super::strength::{key_of, strength};
use super::{
    CertificateOrder, Channel, Deviation, IssueAnswer, Issued, Push, PushedLists, ReadBack, RollBack, Step, Trouble,
};
use crate::model::Der;

/// What is to be done now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Nothing before this time.
    Wait {
        /// When to go on.
        until: UtcTime,
        /// Whether the session is needed afterwards; otherwise it must end, with what was written in it.
        keep_session: bool,
    },
    /// Open a session on a channel with a device that presents the pin, or the certificate that was issued.
    Connect,
    /// Read the trust list.
    ReadTrustList,
    /// Write the trust list.
    WriteTrustList(PushedLists),
    /// Have the device make a signing request.
    CreateSigningRequest(CertificateOrder),
    /// Have a certificate issued for this signing request.
    Issue(CertificateOrder, Der),
    /// Give the device its certificate.
    UpdateCertificate(CertificateOrder, Issued),
    /// Have the device apply what it was given.
    ApplyChanges,
    /// End the session, open another one, and read what the device shows.
    ReadBack,
    /// Nothing any more.
    Rest,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// There is no session: the process has just begun, or the session ended.
    SessionLost,
    /// A session was opened.
    Connected(Channel),
    /// The trust list was read.
    TrustListRead(PushedLists),
    /// The trust list was written; whether ApplyChanges is needed, if the device said so.
    TrustListWritten(Option<bool>),
    /// The device made a signing request, PKCS #10 (DER), for this public key (SubjectPublicKeyInfo, DER).
    SigningRequestMade {
        /// The request.
        request: Der,
        /// The key.
        public_key: Vec<u8>,
    },
    /// The authority answered.
    Answered(IssueAnswer),
    /// The device took its certificate; whether ApplyChanges is needed, if it said so.
    CertificateUpdated(Option<bool>),
    /// The device applied what it had; false if it had nothing to apply.
    Applied(bool),
    /// The device was looked at again.
    ReadBack(ReadBack),
    /// It did not work.
    Failed {
        /// Whether trying again can help.
        is_retryable: bool,
        /// Whether it may have taken place all the same: the connection is lost, or there was no answer in time.
        is_lost: bool,
        /// The status code, by name.
        status: String,
        /// What happened, for people.
        message: String,
    },
}

impl Push {
    /// Takes in what happened; returns what the push is then and what is to be done.
    #[must_use]
    pub fn step(mut self, event: Event, now: UtcTime) -> (Self, Action) {
        let before = self.step;
        self.take(event, now);
        if self.step != before {
            self.since = now;
        }
        let action = self.next(now);
        (self, action)
    }

    /// What is to be done now.
    #[must_use]
    pub fn next(&self, now: UtcTime) -> Action {
        if let Some(until) = self.not_before.filter(|until| *until > now && !self.step.is_over()) {
            return Action::Wait { until, keep_session: self.needs_its_session() };
        }
        match (self.step, &self.order.certificate, &self.signing_request, &self.issued) {
            (Step::Connect, ..) => Action::Connect,
            (Step::SaveTrustList, ..) => Action::ReadTrustList,
            (Step::WriteTrustList, ..) => Action::WriteTrustList(self.wanted_lists().cloned().unwrap_or_default()),
            (Step::RequestCertificate, Some(order), ..) => Action::CreateSigningRequest(order.clone()),
            (Step::Issue, Some(order), Some(request), _) => Action::Issue(order.clone(), request.clone()),
            (Step::UpdateCertificate, Some(order), _, Some(issued)) => {
                Action::UpdateCertificate(order.clone(), issued.clone())
            }
            (Step::ApplyChanges, ..) => Action::ApplyChanges,
            (Step::ReadBack, ..) => Action::ReadBack,
            (Step::Managed | Step::Deviating | Step::Failed, ..) => Action::Rest,
            // A record that was changed by hand; begin again.
            (Step::RequestCertificate | Step::Issue | Step::UpdateCertificate, ..) => Action::Connect,
        }
    }

    fn take(&mut self, event: Event, now: UtcTime) {
        if !matches!(event, Event::SessionLost) {
            self.not_before = None;
        }
        match event {
            Event::SessionLost => self.lost(),
            Event::Connected(channel) => self.connected(channel, now),
            Event::TrustListRead(lists) => {
                self.saved = Some(lists);
                self.after_saving();
            }
            Event::TrustListWritten(apply) => self.written(apply),
            Event::SigningRequestMade { request, public_key } => self.requested(request, &public_key, now),
            Event::Answered(answer) => self.answered(answer, now),
            Event::CertificateUpdated(apply) => self.updated(apply),
            Event::Applied(something) => self.applied(something),
            Event::ReadBack(found) => self.looked(&found, now),
            Event::Failed { is_retryable, is_lost, status, message } => {
                self.trouble = Some(Trouble { step: self.step, status, message, at: now });
                self.failed(is_retryable, is_lost, now);
            }
        }
    }

    /// Whether the key of the pending request lives no longer than the session.
    fn needs_its_session(&self) -> bool {
        self.step == Step::Issue && self.channel.is_some() && self.makes_a_key()
    }

    fn makes_a_key(&self) -> bool {
        self.order.certificate.as_ref().is_some_and(|order| order.new_key)
    }

    fn lost(&mut self) {
        self.channel = None;
        match self.step {
            Step::ApplyChanges => {
                self.is_uncertain = true;
                self.step = Step::ReadBack;
            }
            // The certificate is for the key that the device has, so it can be issued meanwhile.
            Step::Issue if !self.makes_a_key() => {}
            step if step.is_over() || step == Step::ReadBack => {}
            _ => self.step = Step::Connect,
        }
    }

    fn connected(&mut self, channel: Channel, now: UtcTime) {
        let presented = leaf(&channel.presented);
        let has_issued = self.issued.as_ref().is_some_and(|issued| leaf(&issued.certificate) == presented);
        if !has_issued && presented != leaf(&self.order.pin) {
            return self.refuse("the device presents another certificate than the pinned one", now);
        }
        if let Some(objection) = self.objection(&channel, now) {
            return self.refuse(&objection, now);
        }
        self.forget_other_keys(&channel);
        self.channel = Some(channel);
        self.apply_required = None;
        match (self.is_rolling_back(), has_issued, &self.saved) {
            (true, ..) => self.step = Step::WriteTrustList,
            (_, true, _) => self.step = Step::ReadBack,
            (_, _, None) => self.step = Step::SaveTrustList,
            _ => self.after_saving(),
        }
    }

    fn objection(&self, channel: &Channel, now: UtcTime) -> Option<String> {
        if !channel.is_encrypted {
            return Some("the channel is not encrypted; use an endpoint with SignAndEncrypt".into());
        }
        let wanted = self.order.certificate.as_ref().filter(|_| !self.is_rolling_back());
        let weak = wanted.and_then(|order| channel.objection(order.certificate_type));
        weak.or_else(|| self.wanted_lists().and_then(|lists| locked_out(&channel.own, lists, now)))
    }

    /// What was asked or issued for a key that the device does not have any more cannot be used: some devices would take
    /// the certificate all the same, and nobody could talk to them afterwards.
    fn forget_other_keys(&mut self, channel: &Channel) {
        let key = public_key(&channel.presented);
        if self.makes_a_key() || self.request_key != key {
            self.signing_request = None;
        }
        let useless = |issued: &mut Issued| public_key(&issued.certificate) != key;
        if let Some(issued) = self.issued.take_if(useless) {
            self.orphaned.push(issued.certificate);
        }
    }

    fn after_saving(&mut self) {
        match self.order.lists {
            Some(_) => self.step = Step::WriteTrustList,
            None => self.after_lists(),
        }
    }

    fn written(&mut self, apply: Option<bool>) {
        self.told(Step::WriteTrustList, apply);
        if self.is_rolling_back() { self.step = Step::ApplyChanges } else { self.after_lists() }
    }

    fn after_lists(&mut self) {
        self.step = match (&self.order.certificate, &self.issued, &self.signing_request) {
            (Some(_), Some(_), _) => Step::UpdateCertificate,
            (Some(_), None, Some(_)) => Step::Issue,
            (Some(_), None, None) => Step::RequestCertificate,
            (None, ..) if self.order.lists.is_some() => Step::ApplyChanges,
            (None, ..) => Step::ReadBack,
        };
    }

    fn requested(&mut self, request: Der, key: &[u8], now: UtcTime) {
        let Some(order) = &self.order.certificate else { return self.step = Step::Connect };
        let Some(algorithm) = key_of(key).filter(|key| order.certificate_type.allows(*key)) else {
            let message =
                format!("the device asks for a certificate whose key is none of {:?}", order.certificate_type);
            return self.refuse(&message, now);
        };
        let weak = self.channel.as_ref().and_then(|channel| channel.too_weak_for(strength(algorithm)));
        if let Some(objection) = weak {
            return self.refuse(&objection, now);
        }
        self.signing_request = Some(request);
        self.request_key = Some(Der(key.to_vec()));
        self.step = Step::Issue;
    }

    fn answered(&mut self, answer: IssueAnswer, now: UtcTime) {
        match answer {
            IssueAnswer::Pending { again } => self.not_before = Some(now + again),
            IssueAnswer::Refused(because) => self.refuse(&format!("no certificate was issued: {because}"), now),
            IssueAnswer::Issued(issued) if public_key(&issued.certificate) != self.request_key => {
                self.orphaned.push(issued.certificate);
                self.refuse("the certificate that was issued is for another key than the device's", now);
            }
            IssueAnswer::Issued(issued) => {
                self.issued = Some(issued);
                self.step = if self.channel.is_some() { Step::UpdateCertificate } else { Step::Connect };
            }
        }
    }

    fn updated(&mut self, apply: Option<bool>) {
        self.told(Step::UpdateCertificate, apply);
        self.step = Step::ApplyChanges;
    }

    fn told(&mut self, step: Step, apply: Option<bool>) {
        match apply {
            Some(required) => self.apply_required = Some(required || self.apply_required == Some(true)),
            None => self.deviate(Deviation::new(step, "ApplyChangesRequired", "an answer without it")),
        }
    }

    fn applied(&mut self, something: bool) {
        if !something && self.apply_required == Some(true) {
            let told = "Good, as the device had said that it has changes to apply";
            self.deviate(Deviation::new(Step::ApplyChanges, told, "BadNothingToDo"));
        }
        self.failures = 0;
        self.is_uncertain = false;
        self.channel = None;
        self.step = Step::ReadBack;
    }

    fn looked(&mut self, found: &ReadBack, now: UtcTime) {
        let deviations = match self.is_rolling_back() {
            true => found.list_deviations(self.wanted_lists()),
            false => found.deviations(self.wanted_certificate(), self.wanted_lists()),
        };
        self.looks += 1;
        if deviations.is_empty() {
            return self.settled();
        }
        if self.was_not_applied(found) {
            self.is_uncertain = false;
            return self.again(now);
        }
        if self.looks < self.order.rules.settling {
            self.not_before = Some(self.order.rules.again(self.looks, now));
            return;
        }
        let because = deviations.iter().map(|one| one.found.as_str()).collect::<Vec<_>>().join("; ");
        deviations.into_iter().for_each(|deviation| self.deviate(deviation));
        self.unsettled(found, because);
    }

    /// It was not known whether the device had applied anything, and it shows that it has not.
    fn was_not_applied(&self, found: &ReadBack) -> bool {
        let is_as_before = || self.saved.is_some() && found.lists == self.saved && found.presents(&self.order.pin);
        let may_try = self.is_uncertain && self.failures + 1 < self.order.rules.attempts;
        may_try && (self.is_rolling_back() || is_as_before())
    }

    fn settled(&mut self) {
        self.step = if self.deviations.is_empty() { Step::Managed } else { Step::Deviating };
        if self.is_rolling_back() {
            self.roll_back = Some(RollBack::Done);
        }
        if self.is_managed() {
            self.trouble = None;
        }
    }

    fn unsettled(&mut self, found: &ReadBack, because: String) {
        let useless = self.issued.as_ref().filter(|issued| !found.presents(&issued.certificate));
        self.orphaned.extend(useless.map(|issued| issued.certificate.clone()));
        self.step = Step::Deviating;
        if self.is_rolling_back() {
            self.roll_back = Some(RollBack::Failed { because });
        } else if self.order.lists.is_some() && found.lists.is_some() && found.lists != self.saved {
            self.begin_to_roll_back();
        }
    }

    fn begin_to_roll_back(&mut self) {
        self.roll_back = Some(RollBack::UnderWay);
        self.is_uncertain = false;
        self.looks = 0;
        self.failures = 0;
        self.step = Step::Connect;
    }

    fn failed(&mut self, is_retryable: bool, is_lost: bool, now: UtcTime) {
        if self.step == Step::ApplyChanges && is_lost {
            return self.lost();
        }
        let is_last = self.failures + 1 >= self.order.rules.attempts;
        match self.step {
            _ if is_last || !(is_retryable || is_lost) => self.give_up(),
            Step::ReadBack => self.pause(now),
            _ => self.again(now),
        }
    }

    fn again(&mut self, now: UtcTime) {
        self.pause(now);
        self.channel = None;
        self.step = Step::Connect;
    }

    fn pause(&mut self, now: UtcTime) {
        self.failures += 1;
        self.not_before = Some(self.order.rules.again(self.failures, now));
    }

    fn give_up(&mut self) {
        let message = self.trouble.as_ref().map(|trouble| trouble.message.clone()).unwrap_or_default();
        if self.is_rolling_back() {
            self.roll_back = Some(RollBack::Failed { because: message });
            self.step = Step::Deviating;
        } else if self.step == Step::ReadBack {
            self.deviate(Deviation::new(Step::ReadBack, "the device shows what was pushed", message));
            self.step = Step::Deviating;
        } else {
            self.step = Step::Failed;
        }
        self.channel = None;
    }

    fn refuse(&mut self, message: &str, now: UtcTime) {
        let status = "BadSecurityChecksFailed".into();
        self.trouble = Some(Trouble { step: self.step, status, message: message.into(), at: now });
        self.give_up();
    }

    /// Said twice, it is there once.
    fn deviate(&mut self, deviation: Deviation) {
        if !self.deviations.contains(&deviation) {
            self.deviations.push(deviation);
        }
    }
}

/// Why the device would refuse our own certificate once it has these lists.
fn locked_out(own: &Der, lists: &PushedLists, now: UtcTime) -> Option<String> {
    let Ok((leaf, issuers)) = leaf_of_chain(&own.0) else { return Some("our own certificate does not parse".into()) };
    let chain: Vec<Certificate> = std::iter::once(leaf).chain(issuers).collect();
    let lists = ParsedLists::from(&TrustLists::from(lists));
    let purpose = Purpose { role: Some(Role::Client), ..Purpose::default() };
    let refusal = verdict(&chain, &lists, now, &purpose, &TrustPolicy::default()).refusal?;
    Some(format!("with the new trust list the device would refuse the manager itself: {refusal}"))
}

/// SubjectPublicKeyInfo (DER).
fn public_key(certificate: &Der) -> Option<Der> {
    leaf_of_chain(&certificate.0).ok().map(|(leaf, _)| Der(leaf.public_key().to_vec()))
}
