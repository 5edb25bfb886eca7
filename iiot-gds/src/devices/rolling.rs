//! Roll-outs, carried on.

use iiot_core::Result;
use serde_json::json;

use super::KEEPER;
use super::keeper::{Rounds, unless_changed};
use super::local::LocalDevices;
use super::roll_out::RollOutRecord;
use super::survey::{Survey, Surveyed};
use super::upkeep::Upkeep;
use super::work::Job;
use crate::document::Kept;
use crate::push::{FleetMember, Order, Push, RollOutAction, RollOutPhase};

impl Rounds {
    /// Takes roll-outs on as far as they go now; whether one of them has changed.
    pub(super) async fn roll_on(&mut self, survey: &Survey) -> Result<bool> {
        let mut any = false;
        for (_, kept) in &survey.roll_outs {
            if let Some(record) = late(&kept.value, survey) {
                any |= self.keep(kept, record).await?;
                continue;
            }
            let step = match kept.value.state.next() {
                RollOutAction::Push(names) => Step { survey, names, is_back: false },
                RollOutAction::TakeBack(names) => Step { survey, names, is_back: true },
                RollOutAction::Rest => continue,
            };
            any |= self.roll(kept, &step).await?;
        }
        Ok(any)
    }

    async fn roll(&mut self, kept: &Kept<RollOutRecord>, step: &Step<'_>) -> Result<bool> {
        let record = &kept.value;
        let ended = step.ended(record);
        if !ended.is_empty() {
            return self.record(kept, ended).await;
        }
        let (mut begun, mut under_way) = (Vec::new(), step.under_way(record));
        for name in &step.names {
            let is_begun = step.number(record, name).is_some();
            let may_begin = !is_begun && under_way < record.state.plan.parallel.max(1) && !step.has_failed(record);
            match step.survey.devices.get(name) {
                Some(one) if is_begun && !self.busy.contains(name) => self.go_on(one, record, step),
                Some(one) if may_begin => {
                    begun.push((name.clone(), next_number(one)));
                    under_way += 1;
                }
                _ => {}
            }
        }
        if begun.is_empty() { Ok(false) } else { self.begin_on_record(kept, begun).await }
    }

    /// What became of devices goes on record.
    async fn record(&self, kept: &Kept<RollOutRecord>, ended: Vec<(String, FleetMember)>) -> Result<bool> {
        let mut record = kept.value.clone();
        for (device, member) in &ended {
            record.state = record.state.finished(device, *member);
        }
        self.keep(kept, record).await
    }

    async fn keep(&self, kept: &Kept<RollOutRecord>, record: RollOutRecord) -> Result<bool> {
        let new = record.state.members.iter().filter(|(id, member)| kept.value.state.members.get(*id) != Some(*member));
        let details = json!({ "ended": new.collect::<Vec<_>>(), "phase": record.state.phase });
        let keep = self.devices.keep(record, Some(kept.revision), "rollOut.wentOn", KEEPER, details);
        keep.await.map(drop).or_else(unless_changed)?;
        Ok(true)
    }

    /// The numbers of pushes are on record before the pushes are.
    async fn begin_on_record(&self, kept: &Kept<RollOutRecord>, begun: Vec<(String, u64)>) -> Result<bool> {
        let mut record = kept.value.clone();
        let details = json!({ "begins": begun });
        for (device, number) in begun {
            record.pushes.entry(device).or_default().push(number);
        }
        let keep = self.devices.keep(record, Some(kept.revision), "rollOut.wentOn", KEEPER, details);
        keep.await.map(drop).or_else(unless_changed)?;
        Ok(true)
    }

    /// Begins the push of a device, or carries it on.
    fn go_on(&mut self, one: &Surveyed, record: &RollOutRecord, step: &Step<'_>) {
        let device = one.known.record.device.clone();
        let last = one.known.push.as_ref().map(|entry| &entry.push);
        if last.is_some_and(|push| !push.step.is_over()) {
            if !one.situation.is_waiting_for_votes {
                self.start(&device, Job::CarryOn);
            }
            return;
        }
        let order = match (step.is_back, last) {
            (true, Some(last)) => back(&self.devices, last),
            _ => self.devices.order(one, Upkeep::rolled_out(&one.situation, record.renew)),
        };
        self.start(&device, Job::Begin(Box::new(order)));
    }
}

/// What a roll-out does now.
struct Step<'a> {
    survey: &'a Survey,
    names: Vec<String>,
    is_back: bool,
}

impl Step<'_> {
    /// What became of the devices whose pushes are over. A failure ends a roll-out, so that it is told last: what is still
    /// under way is taken back too.
    fn ended(&self, record: &RollOutRecord) -> Vec<(String, FleetMember)> {
        let all: Vec<(String, bool)> =
            self.names.iter().filter_map(|name| Some((name.clone(), self.outcome(record, name)?))).collect();
        let may_fail = self.under_way(record) == 0;
        let told = all.into_iter().filter(|(_, is_managed)| *is_managed || may_fail || self.is_back);
        let mut told: Vec<(String, FleetMember)> =
            told.map(|(name, is_managed)| (name, self.member(is_managed))).collect();
        told.sort_by_key(|(_, member)| *member == FleetMember::Failed);
        told
    }

    fn member(&self, is_managed: bool) -> FleetMember {
        match (self.is_back, is_managed) {
            (false, true) => FleetMember::Managed,
            (false, false) => FleetMember::Failed,
            (true, true) => FleetMember::TakenBack,
            (true, false) => FleetMember::NotTakenBack,
        }
    }

    /// Whether the push of a device that was begun is managed, once it is over. A device that was forgotten has failed.
    fn outcome(&self, record: &RollOutRecord, name: &str) -> Option<bool> {
        let Some(one) = self.survey.devices.get(name) else { return Some(false) };
        let number = self.number(record, name)?;
        if one.known.state.trouble.is_some() {
            return Some(false);
        }
        let push = one.known.push.as_ref().map(|entry| &entry.push).filter(|push| push.number >= number)?;
        push.step.is_over().then(|| push.is_managed())
    }

    fn number(&self, record: &RollOutRecord, name: &str) -> Option<u64> {
        record.pushes.get(name)?.get(usize::from(self.is_back)).copied()
    }

    /// How many pushes were begun and are not over.
    fn under_way(&self, record: &RollOutRecord) -> usize {
        let begun = self.names.iter().filter(|name| self.number(record, name).is_some());
        begun.filter(|name| self.outcome(record, name).is_none()).count()
    }

    /// Whether more have failed than the plan bears, also where that is not on record yet.
    fn has_failed(&self, record: &RollOutRecord) -> bool {
        let on_record = record.state.members.values().filter(|member| **member == FleetMember::Failed).count();
        let seen = self.names.iter().filter(|name| self.outcome(record, name) == Some(false)).count();
        !self.is_back && on_record + seen > record.state.plan.max_failures
    }
}

/// Pushes that came to their end after the roll-out was stopped: what was done is taken back with the rest.
fn late(record: &RollOutRecord, survey: &Survey) -> Option<RollOutRecord> {
    let is_over = matches!(record.state.phase, RollOutPhase::TakingBack | RollOutPhase::Stopped) && !record.released;
    let begun = record.pushes.keys().filter(|id| is_over && !record.state.members.contains_key(*id));
    let names: Vec<String> = begun.cloned().collect();
    let step = Step { survey, names, is_back: false };
    let mut after = record.clone();
    for name in &step.names {
        if let Some(is_managed) = step.outcome(record, name) {
            after.state.members.insert(name.clone(), step.member(is_managed));
            if is_managed && record.state.plan.roll_back {
                after.state.phase = RollOutPhase::TakingBack;
            }
        }
    }
    (after != *record).then_some(after)
}

fn next_number(one: &Surveyed) -> u64 {
    one.known.push.as_ref().map_or(0, |entry| entry.push.number) + 1
}

/// The trust list that a device had before the last push. A certificate that it was given stays: the one before it may be for
/// a key that is gone.
fn back(devices: &LocalDevices, last: &Push) -> Order {
    let issuers = last.issued.as_ref().map_or(&last.order.pin_issuers, |issued| &issued.issuers);
    Order {
        pin: last.wanted_certificate().clone(),
        pin_issuers: issuers.clone(),
        lists: last.saved.clone(),
        certificate: None,
        takes_back: true,
        rules: devices.parts.push_rules,
        ..last.order.clone()
    }
}
