//! What follows from a push that is over.

use std::collections::BTreeMap;

use iiot_core::time::UtcTime;
use iiot_core::{ErrorKind, Result};
use serde_json::json;

use super::KEEPER;
use super::issuing::AuthorityIssuing;
use super::local::LocalDevices;
use super::records::{Known, Maybe, StateRecord, Superseded};
use super::survey::{Survey, digest, last_shown, leaf};
use super::upkeep::Upkeep;
use crate::model::Der;
use crate::push::{Push, Step};
use crate::store::{CertificateQuery, CertificateRecord, RevocationReason};

impl LocalDevices {
    /// Takes in the ends of pushes; whether there were any.
    pub(super) async fn settle_all(&self, survey: &Survey) -> Result<bool> {
        let mut any = false;
        for one in survey.devices.values().filter(|one| one.known.is_unsettled()) {
            match self.settle(&one.known).await {
                // Somebody else has changed it, or taken it in, meanwhile.
                Err(error) if error.kind() == ErrorKind::Conflict => any = true,
                settled => any |= settled?,
            }
        }
        Ok(any)
    }

    async fn settle(&self, known: &Known) -> Result<bool> {
        let Some(push) = known.push.as_ref().map(|entry| &entry.push) else { return Ok(false) };
        let (device, now) = (&known.record.device, self.office.clock.utc());
        let held = self.held(device, now).await?;
        let ending = Ending { push, held: &held, since: self.out_of_date_since(device), now };
        let state = ending.state(known.state.clone(), &self.upkeep);
        let details = json!({ "push": push.number, "failures": state.failures, "deviations": push.deviations.len(),
            "trouble": push.trouble.as_ref().map(|trouble| &trouble.message), "nextAttempt": state.retry_at,
            "superseded": state.superseded.iter().map(|one| &one.serial).collect::<Vec<_>>() });
        let write = super::local::write_state(&state, known.state_revision)?;
        self.change(action(push), KEEPER, device, details, vec![write]).await?;
        self.accept(push, &held).await;
        Ok(true)
    }

    /// The certificates of a device that are valid and not revoked.
    pub(super) async fn held(&self, device: &str, now: UtcTime) -> Result<Vec<CertificateRecord>> {
        let query = CertificateQuery {
            application: Some(device.to_owned()),
            revoked: Some(false),
            until_after: Some(now),
            ..CertificateQuery::default()
        };
        self.office.store.certificates(&query).await
    }

    /// The device has what was requested for it.
    async fn accept(&self, push: &Push, held: &[CertificateRecord]) {
        let issued = push.issued.as_ref().filter(|_| push.is_managed()).map(|issued| leaf(&issued.certificate));
        let Some(record) = held.iter().find(|one| issued.as_ref().is_some_and(|issued| issued.0 == one.certificate))
        else {
            return;
        };
        if let Err(cause) = self.office.authorities.accept(&record.request, KEEPER).await {
            tracing::debug!(request = record.request, "the request is not closed: {}", cause.report());
        }
    }

    /// Revokes the certificates that are of no use any more, once they were collected for long enough.
    pub(super) async fn revoke_superseded(&self, survey: &Survey, is_quiet: bool) -> Result<()> {
        let now = self.office.clock.utc();
        let all = || survey.devices.values().flat_map(|one| &one.known.state.superseded);
        let Some(oldest) = all().map(|one| one.since).min() else { return Ok(()) };
        let due = oldest + self.parts.rules.collect;
        if due > now || (!is_quiet && due + PATIENCE > now) {
            return Ok(());
        }
        for (issuer, serials) in self.still_valid(survey, now).await? {
            let reason = RevocationReason::Superseded;
            self.office.authorities.revoke_all(&issuer, &serials, reason, KEEPER).await?;
        }
        self.forget_superseded(survey).await
    }

    /// Those of the superseded certificates that nobody has revoked yet, by their issuers.
    async fn still_valid(&self, survey: &Survey, now: UtcTime) -> Result<BTreeMap<String, Vec<String>>> {
        let mut valid: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for one in survey.devices.values().filter(|one| !one.known.state.superseded.is_empty()) {
            let held = self.held(&one.known.record.device, now).await?;
            for Superseded { issuer, serial, .. } in &one.known.state.superseded {
                if held.iter().any(|held| (&held.issuer, &held.serial) == (issuer, serial)) {
                    valid.entry(issuer.clone()).or_default().push(serial.clone());
                }
            }
        }
        Ok(valid)
    }

    async fn forget_superseded(&self, survey: &Survey) -> Result<()> {
        for one in survey.devices.values().filter(|one| !one.known.state.superseded.is_empty()) {
            let known = &one.known;
            let state = StateRecord { superseded: Vec::new(), ..known.state.clone() };
            let write = super::local::write_state(&state, known.state_revision)?;
            let serials: Vec<&String> = known.state.superseded.iter().map(|one| &one.serial).collect();
            let details = json!({ "serials": serials });
            match self.change("device.supersededRevoked", KEEPER, &known.record.device, details, vec![write]).await {
                // They are looked at again, and found revoked.
                Err(error) if error.kind() == ErrorKind::Conflict => {}
                changed => drop(changed?),
            }
        }
        Ok(())
    }
}

/// How long it is waited for a moment without pushes.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(3600);

const fn action(push: &Push) -> &'static str {
    match push.step {
        Step::Managed => "device.managed",
        Step::Deviating => "device.deviating",
        _ => "device.failed",
    }
}

/// A push that is over.
struct Ending<'a> {
    push: &'a Push,
    /// The certificates of the device that are valid.
    held: &'a [CertificateRecord],
    /// Since when the device is out of date, as far as it was seen.
    since: Option<UtcTime>,
    now: UtcTime,
}

impl Ending<'_> {
    /// What is known of the device afterwards.
    fn state(&self, before: StateRecord, upkeep: &Upkeep) -> StateRecord {
        let shown = last_shown(self.push, before.shown.as_ref()).cloned();
        let mut state = StateRecord { settled: self.push.number, shown, trouble: None, ..before };
        if self.push.is_managed() {
            self.managed(&mut state)
        } else {
            self.failed(&mut state, upkeep)
        }
        for orphan in &self.push.orphaned {
            self.supersede(&mut state, |one| one.certificate == leaf(orphan).0);
        }
        state
    }

    fn managed(&self, state: &mut StateRecord) {
        let push = self.push;
        let pin = leaf(push.wanted_certificate());
        state.pin_issuers =
            push.issued.as_ref().map_or_else(|| push.order.pin_issuers.clone(), |issued| issued.issuers.clone());
        let old = leaf(&push.order.pin);
        // It has shown which certificate it presents: all others that it was to get are of no use.
        self.supersede(state, |one| {
            one.certificate != pin.0 && (one.certificate == old.0 || AuthorityIssuing::is_of_push(&one.request))
        });
        if push.issued.is_some() {
            state.waiting = None;
        }
        let is_done = |renew: bool| !push.order.takes_back && (!renew || push.order.certificate.is_some());
        state.asked = state.asked.take().filter(|asked| !is_done(asked.renew));
        (state.pin, state.maybe) = (Some(pin), None);
        (state.failures, state.retry_at, state.tried, state.out_of_date_since) = (0, None, None, None);
    }

    fn failed(&self, state: &mut StateRecord, upkeep: &Upkeep) {
        let push = self.push;
        let is_unused = |issued: &Der| push.orphaned.contains(issued);
        if let Some(issued) = push.issued.as_ref().filter(|issued| !is_unused(&issued.certificate)) {
            state.maybe = Some(Maybe { certificate: issued.certificate.clone(), issuers: issued.issuers.clone() });
        }
        // Asked again at once, people would only be asked to vote once more, and a device that lies would get one
        // certificate after the other.
        let was_refused = push.trouble.as_ref().is_some_and(|trouble| trouble.step == Step::Issue);
        let is_slow = push.step == Step::Deviating || was_refused;
        state.failures = state.failures.saturating_add(1);
        state.retry_at = Some(upkeep.retry_at(state.failures, is_slow, self.now));
        state.tried = push.order.lists.as_ref().map(digest);
        state.out_of_date_since = state.out_of_date_since.or(self.since).or(Some(self.now));
        if was_refused {
            state.waiting = None;
        }
    }

    fn supersede(&self, state: &mut StateRecord, is_useless: impl Fn(&CertificateRecord) -> bool) {
        for one in self.held.iter().filter(|one| is_useless(one)) {
            let (issuer, serial) = (one.issuer.clone(), one.serial.clone());
            if !state.superseded.iter().any(|known| (&known.issuer, &known.serial) == (&issuer, &serial)) {
                state.superseded.push(Superseded { issuer, serial, since: self.now });
            }
        }
    }
}
