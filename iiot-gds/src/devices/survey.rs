//! How it stands with all devices.

use std::collections::{BTreeMap, BTreeSet};

use iiot_core::Result;
use iiot_core::time::UtcTime;
use iiot_core::trust::TrustLists;
use iiot_core::ua::trust::{Certificate, leaf_of_chain};

use super::device::{CertificateView, DeviceState, DeviceView, PushView};
use super::essence::{Change, Essence};
use super::issuing::{AuthorityIssuing, Standing};
use super::records::{self, Known};
use super::roll_out::RollOutRecord;
use super::upkeep::{CertificateNeed, Need, Situation, Upkeep, Verdict};
use super::wanted::Ground;
use crate::document::Kept;
use crate::model::Der;
use crate::office::Office;
use crate::policy::{ApprovalPolicy, Digester, RenewalSchedule, Validity};
use crate::push::{IssueRequest, Push, PushedLists, RollBack, RollOutPhase, Step};
use crate::trust::{TrustPlan, diff};

/// Figures of all devices, for metrics.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeviceFigures {
    /// How many devices there are in each state.
    pub by_state: BTreeMap<DeviceState, usize>,
    /// Since when the device that has been out of date for longest is so.
    pub oldest_out_of_date_since: Option<UtcTime>,
    /// When the first certificate of a device that gets certificates expires.
    pub earliest_expiry: Option<UtcTime>,
}

/// How it stands with all devices at a moment.
#[derive(Debug)]
pub(super) struct Survey {
    /// The last entry of the audit record before it was made.
    pub(super) head: u64,
    pub(super) at: UtcTime,
    pub(super) ground: Ground,
    pub(super) devices: BTreeMap<String, Surveyed>,
    pub(super) roll_outs: Vec<(String, Kept<RollOutRecord>)>,
}

/// How it stands with a device.
#[derive(Debug)]
pub(super) struct Surveyed {
    pub(super) known: Known,
    /// The trust list that it should have.
    pub(super) wanted: PushedLists,
    /// The trust list that it has, if that is known.
    pub(super) have: Option<PushedLists>,
    pub(super) situation: Situation,
    /// Why it needs a certificate, or gets none.
    pub(super) certificate: Option<String>,
    renew_at: Option<UtcTime>,
    /// The request on which people vote.
    pub(super) request: Option<String>,
    roll_out: Option<String>,
}

impl Survey {
    pub(super) async fn make(office: &Office, own: Vec<u8>) -> Result<Self> {
        let (head, _) = office.store.audit_head().await?;
        let at = office.clock.utc();
        let all = records::all_known(&*office.store).await?;
        let roll_outs = records::roll_outs(&*office.store).await?;
        let mut ground = Ground::load(office, own).await?;
        let groups: BTreeSet<&str> =
            all.values().map(|known| known.record.settings.certificate_group.as_str()).collect();
        for group in groups {
            // A device whose group is gone gets no certificate, and is told of.
            if let Err(cause) = ground.add_group(office, group).await {
                tracing::warn!(group, "a certificate group of devices cannot be read: {}", cause.report());
            }
        }
        let issuing = AuthorityIssuing::new(office.clone());
        let holders = holders(&roll_outs);
        let (plan, mut devices) = (ground.plan(), BTreeMap::new());
        for (id, known) in all {
            let look = Look { ground: &ground, plan: &plan, issuing: &issuing, at };
            let holder = holders.get(&id).cloned();
            devices.insert(id, look.at(known, holder).await?);
        }
        Ok(Self { head, at, ground, devices, roll_outs })
    }

    pub(super) fn views(&self, upkeep: &Upkeep, since: &BTreeMap<String, UtcTime>) -> BTreeMap<String, DeviceView> {
        let view = |(id, one): (&String, &Surveyed)| (id.clone(), one.view(upkeep, self.at, since.get(id).copied()));
        self.devices.iter().map(view).collect()
    }
}

/// The roll-outs that have devices to themselves.
fn holders(roll_outs: &[(String, Kept<RollOutRecord>)]) -> BTreeMap<String, String> {
    let holds = |record: &RollOutRecord| !record.released && record.state.phase != RollOutPhase::Done;
    let holding = roll_outs.iter().filter(|(_, kept)| holds(&kept.value));
    holding.flat_map(|(id, kept)| kept.value.state.fleet.iter().map(|device| (device.clone(), id.clone()))).collect()
}

struct Look<'a> {
    ground: &'a Ground,
    plan: &'a TrustPlan<'a>,
    issuing: &'a AuthorityIssuing,
    at: UtcTime,
}

impl Look<'_> {
    async fn at(&self, known: Known, roll_out: Option<String>) -> Result<Surveyed> {
        let settings = &known.record.settings;
        let group = settings.manages_certificate.then_some(settings.certificate_group.as_str());
        let wanted = self.ground.lists(self.plan, &known.record.device, group, true);
        let (have, is_known) = had(&known);
        let request = waiting_request(&known);
        let is_voting = match &request {
            Some(request) => self.issuing.standing(request).await? == Standing::Pending,
            None => false,
        };
        let (need, why, renew_at) = self.certificate(&known);
        let is_under_way = known.push.as_ref().is_some_and(|entry| !entry.push.step.is_over());
        let asked = known.state.asked.as_ref();
        let lists = settings.manages_trust_list.then(|| change(&wanted, have.as_ref(), is_known)).flatten();
        let situation = Situation {
            is_confirmed: known.state.pin.is_some(),
            is_automatic: settings.automatic,
            is_held: roll_out.is_some(),
            is_asked: asked.is_some_and(|asked| !(asked.renew && is_voting)),
            is_under_way,
            is_waiting_for_votes: is_voting,
            lists,
            was_tried: known.state.tried.as_deref() == Some(digest(&wanted).as_str()),
            refresh_at: have
                .as_ref()
                .filter(|_| settings.manages_trust_list)
                .and_then(|have| Essence::of(have).refresh_at()),
            certificate: if is_voting { CertificateNeed::None } else { need },
            is_voted_on: self.is_voted_on(&settings.certificate_group),
            retry_at: known.state.retry_at,
        };
        let request = request.filter(|_| is_voting);
        Ok(Surveyed { known, wanted, have, situation, certificate: why, renew_at, request, roll_out })
    }

    /// What its certificate needs, why, and when it is to be renewed.
    fn certificate(&self, known: &Known) -> (CertificateNeed, Option<String>, Option<UtcTime>) {
        let settings = &known.record.settings;
        let (Some(pin), true) = (&known.state.pin, settings.manages_certificate) else {
            return (CertificateNeed::None, None, None);
        };
        let Some(issuing) = self.ground.issuing(&settings.certificate_group) else {
            return (CertificateNeed::None, Some("its certificate group is not on record".into()), None);
        };
        if settings.new_key && self.is_voted_on(&settings.certificate_group) {
            let message = "it makes a new key for each certificate, which cannot wait for votes: let it keep its key, or its \
                           certificate group approve by itself";
            return (CertificateNeed::None, Some(message.into()), None);
        }
        let now = |why: &str| (CertificateNeed::Now, Some(why.to_owned()), None);
        if known.state.asked.as_ref().is_some_and(|asked| asked.renew) {
            return now("somebody wants a new certificate for it");
        }
        let leaf = leaf(pin);
        match self.ground.held(&known.record.device, &leaf) {
            None => now("its certificate is not one of its certificate group, or is not valid any more"),
            Some(held) if held.issuer.as_ref() != Some(&issuing.id) => {
                now("its certificate is of an authority that no longer issues for its certificate group")
            }
            Some(_) => match validity(&leaf).map(|validity| RenewalSchedule::new(validity).due()) {
                Some(due) if due > self.at => (CertificateNeed::At(due), None, Some(due)),
                due => (CertificateNeed::Now, Some("its certificate is to be renewed".into()), due),
            },
        }
    }

    fn is_voted_on(&self, group: &str) -> bool {
        self.ground.group(group).is_some_and(|group| group.approval != ApprovalPolicy::Automatic)
    }
}

impl Surveyed {
    pub(super) fn state(&self, upkeep: &Upkeep, at: UtcTime) -> DeviceState {
        let (of, push) = (&self.situation, self.known.push.as_ref().map(|entry| entry.push.step));
        let has_trouble = self.known.state.trouble.is_some();
        let lacks = of.lists.is_some() || matches!(of.certificate, CertificateNeed::Now) || of.is_asked;
        // Nobody may see to it, and something may be missing all the same.
        let free = Situation { is_automatic: true, is_held: false, is_confirmed: true, ..of.clone() };
        let is_due = matches!(upkeep.verdict(&free, at), Verdict::Begin(push) if push.need != Need::Refresh);
        match push {
            _ if of.is_waiting_for_votes => DeviceState::WaitingForVotes,
            Some(step) if !step.is_over() => DeviceState::Pushing,
            _ if !of.is_confirmed => DeviceState::Unconfirmed,
            _ if has_trouble => DeviceState::Failed,
            Some(Step::Failed) if lacks && self.known.state.failures > 0 => DeviceState::Failed,
            Some(Step::Deviating) => DeviceState::Deviating,
            _ if lacks || is_due => DeviceState::OutOfDate,
            _ => DeviceState::Managed,
        }
    }

    /// `since` when it has been seen to be out of date by this process.
    fn view(&self, upkeep: &Upkeep, at: UtcTime, since: Option<UtcTime>) -> DeviceView {
        let (known, state) = (&self.known, self.state(upkeep, at));
        let next_attempt = match upkeep.verdict(&self.situation, at) {
            Verdict::Rest { until } => until.filter(|_| state != DeviceState::Managed),
            _ => Some(at),
        };
        DeviceView {
            device: known.record.device.clone(),
            revision: known.revision,
            settings: known.record.settings.clone(),
            state,
            differences: self.differences(),
            out_of_date_since: known.state.out_of_date_since.or(since).filter(|_| state != DeviceState::Managed),
            failures: known.state.failures,
            next_attempt,
            pin: known.state.pin.as_ref().and_then(certificate_view),
            confirmed_by: known.state.confirmed_by.clone(),
            renew_at: self.renew_at,
            push: self.push_view(),
            roll_out: self.roll_out.clone(),
        }
    }

    pub(super) fn changes(&self) -> Vec<String> {
        let before = self.have.as_ref().map(TrustLists::from).unwrap_or_default();
        diff(&before, &TrustLists::from(&self.wanted))
    }

    fn differences(&self) -> Vec<String> {
        let mut told: Vec<String> = self.known.state.trouble.iter().cloned().collect();
        if let Some(trouble) = self.known.push.as_ref().and_then(|entry| entry.push.trouble.as_ref()) {
            told.push(format!("the last push: {}", trouble.message));
        }
        told.extend(self.certificate.clone());
        if self.situation.lists.is_some() {
            told.extend(self.changes());
        }
        told.truncate(MAX_DIFFERENCES);
        told
    }

    fn push_view(&self) -> Option<PushView> {
        let push = &self.known.push.as_ref()?.push;
        Some(PushView {
            number: push.number,
            step: push.step,
            since: push.since,
            brings_trust_list: push.order.lists.is_some(),
            brings_certificate: push.order.certificate.is_some(),
            request: self.request.clone(),
            trouble: push.trouble.clone(),
            deviations: push.deviations.clone(),
            roll_back: push.roll_back.clone(),
        })
    }
}

const MAX_DIFFERENCES: usize = 50;

/// The trust list that a device has, and whether that is known.
fn had(known: &Known) -> (Option<PushedLists>, bool) {
    let Some(push) = known.push.as_ref().map(|entry| &entry.push) else { return (None, true) };
    let lists = last_shown(push, known.state.shown.as_ref());
    (lists.cloned(), lists.is_some())
}

/// The trust list that a device has shown last, if it still has that; `before` what it had shown before its last push.
pub(super) fn last_shown<'a>(push: &'a Push, before: Option<&'a PushedLists>) -> Option<&'a PushedLists> {
    match push.step {
        Step::Managed => push.order.lists.as_ref(),
        Step::Deviating => push.saved.as_ref().filter(|_| push.roll_back == Some(RollBack::Done)),
        // Until it applies what it was given, it has what it had.
        _ if push.is_uncertain => None,
        _ => push.saved.as_ref().or(before),
    }
}

fn change(wanted: &PushedLists, have: Option<&PushedLists>, is_known: bool) -> Option<Change> {
    match have {
        Some(have) => Essence::of(wanted).change(&Essence::of(have)),
        None if is_known => Some(Change::Extends),
        None => Some(Change::Withdraws),
    }
}

/// The request that a push waits for, or one that was set aside.
fn waiting_request(known: &Known) -> Option<String> {
    let order = known.push.as_ref().map(|entry| &entry.push).filter(|push| push.step == Step::Issue);
    let under_way = order.and_then(|push| {
        let signing_request = push.signing_request.as_ref()?.0.clone();
        Some((push.number, signing_request))
    });
    let set_aside = || known.state.waiting.as_ref().map(|waiting| (waiting.push, waiting.signing_request.0.clone()));
    let (push, signing_request) = under_way.or_else(set_aside)?;
    Some(AuthorityIssuing::request_id(&IssueRequest {
        device: known.record.device.clone(),
        push,
        certificate_type: known.record.settings.certificate_type,
        signing_request,
    }))
}

/// Tells one content of trust lists from another.
pub(super) fn digest(lists: &PushedLists) -> String {
    let digester = Digester::new("iiot trust lists");
    let parts = |entries: &[Der]| entries.iter().map(|der| der.0.clone()).collect::<Vec<_>>();
    let whole = lists.named().iter().fold(digester, |digester, (_, entries)| digester.parts(&parts(entries)));
    whole.finish().as_str().to_owned()
}

/// The first certificate of a chain; what does not parse stays as it is.
pub(super) fn leaf(chain: &Der) -> Der {
    leaf_of_chain(&chain.0).map_or_else(|_| chain.clone(), |(leaf, _)| Der(leaf.der().to_vec()))
}

pub(super) fn validity(certificate: &Der) -> Option<Validity> {
    let parsed = Certificate::parse(&certificate.0).ok()?;
    Some(Validity { from: parsed.not_before(), until: parsed.not_after() })
}

pub(super) fn certificate_view(chain: &Der) -> Option<CertificateView> {
    let certificate = leaf(chain);
    let parsed = Certificate::parse(&certificate.0).ok()?;
    let printable = |text: String| text.chars().filter(|one| !one.is_control()).take(MAX_NAME).collect::<String>();
    Some(CertificateView {
        fingerprint: certificate.sha256(),
        thumbprint: parsed.thumbprint(),
        subject: printable(parsed.subject()),
        issuer: printable(parsed.issuer()),
        application_uri: parsed.application_uri().map(printable),
        from: parsed.not_before(),
        until: parsed.not_after(),
        certificate,
    })
}

const MAX_NAME: usize = 1024;

/// Figures of these devices.
pub(super) fn figures(views: &BTreeMap<String, DeviceView>) -> DeviceFigures {
    let mut figures = DeviceFigures::default();
    for view in views.values() {
        *figures.by_state.entry(view.state).or_default() += 1;
        figures.oldest_out_of_date_since =
            [figures.oldest_out_of_date_since, view.out_of_date_since].into_iter().flatten().min();
        let expiry = view.pin.as_ref().filter(|_| view.settings.manages_certificate).map(|pin| pin.until);
        figures.earliest_expiry = [figures.earliest_expiry, expiry].into_iter().flatten().min();
    }
    figures
}
