//! Roll-outs as people begin, see and stop them.

use std::collections::{BTreeMap, BTreeSet};

use iiot_core::{Error, ErrorKind, Result};
use serde_json::json;

use super::LocalDevices;
use crate::devices::records::{ROLL_OUT, event, missing, refused, roll_outs};
use crate::devices::roll_out::{
    BeginRollOutRequest, RecordedRollOut, RollOutRecord, RollOutsRequest, RollOutsResponse, StopRollOutRequest,
};
use crate::devices::survey::Survey;
use crate::document::{self, Kept};
use crate::push::{FleetMember, RollOut, RollOutPhase, RollOutPlan, WaveSize};
use crate::store::Transaction;

const BEGIN: &str = "begin roll-out";
const PAGE: u32 = 100;
const MAX_WAVES: usize = 100;
const MAX_PARALLEL: usize = 256;

impl LocalDevices {
    pub(super) async fn list_roll_outs(&self, request: RollOutsRequest) -> Result<RollOutsResponse> {
        let limit = request.limit.unwrap_or(PAGE).clamp(1, 1000) as usize;
        let after = request.after.unwrap_or_default();
        let all = roll_outs(&*self.office.store).await?.into_iter();
        let mut found = all.filter(|(id, _)| *id > after).map(|(_, kept)| recorded(kept));
        let roll_outs: Vec<RecordedRollOut> = found.by_ref().take(limit).collect();
        let next = found.next().and_then(|_| roll_outs.last()).map(|last| last.roll_out.id.clone());
        Ok(RollOutsResponse { roll_outs, next })
    }

    pub(super) async fn one_roll_out(&self, id: &str) -> Result<RecordedRollOut> {
        self.kept_roll_out(id).await.map(recorded)
    }

    pub(super) async fn begin(&self, request: BeginRollOutRequest, by: &str) -> Result<RecordedRollOut> {
        let BeginRollOutRequest { roll_out: id, devices, plan, renew, despite_refusals } = request;
        check(&id, &devices, &plan)?;
        let survey = self.survey().await?;
        for device in &devices {
            is_free(&survey, device)?;
        }
        if !despite_refusals {
            self.would_break_nothing(&survey, &devices).await?;
        }
        let record = RollOutRecord {
            id,
            by: by.to_owned(),
            at: self.office.clock.utc(),
            renew,
            state: RollOut::new(plan, devices),
            pushes: BTreeMap::new(),
            stopped_by: None,
            released: false,
        };
        let details = json!({ "devices": record.state.fleet.len(), "plan": record.state.plan, "renew": renew,
            "despiteRefusals": despite_refusals });
        self.keep(record, None, "rollOut.begun", by, details).await
    }

    pub(super) async fn stop(&self, request: StopRollOutRequest, by: &str) -> Result<RecordedRollOut> {
        let Kept { mut value, revision } = self.kept_roll_out(&request.roll_out).await?;
        let managed = value.state.members.values().any(|member| *member == FleetMember::Managed);
        value.state.phase = match value.state.phase {
            RollOutPhase::UnderWay | RollOutPhase::Stopped if request.take_back && managed => RollOutPhase::TakingBack,
            RollOutPhase::UnderWay => RollOutPhase::Stopped,
            RollOutPhase::TakingBack if !request.take_back => RollOutPhase::Stopped,
            same => same,
        };
        // What comes to its end later is taken back too.
        value.state.plan.roll_back = request.take_back;
        value.stopped_by = Some(by.to_owned());
        let details = json!({ "takeBack": request.take_back });
        self.keep(value, Some(revision), "rollOut.stopped", by, details).await
    }

    pub(super) async fn release(&self, id: &str, by: &str) -> Result<RecordedRollOut> {
        let Kept { mut value, revision } = self.kept_roll_out(id).await?;
        if matches!(value.state.phase, RollOutPhase::UnderWay | RollOutPhase::TakingBack) {
            return Err(refused("release roll-out", "it is not over: stop it first").with("rollOut", id));
        }
        value.released = true;
        self.keep(value, Some(revision), "rollOut.released", by, json!({})).await
    }

    /// Puts a roll-out on record.
    pub(in crate::devices) async fn keep(
        &self,
        record: RollOutRecord,
        expected: Option<u64>,
        action: &str,
        by: &str,
        details: serde_json::Value,
    ) -> Result<RecordedRollOut> {
        let mut transaction = Transaction::new(event(action, by, &record.id, details), self.office.clock.utc());
        transaction.documents.push(document::write((ROLL_OUT, &record.id), &record, &[], expected)?);
        let committed = self.office.store.commit(transaction).await?;
        self.notify();
        Ok(RecordedRollOut { revision: committed.revisions.first().copied().unwrap_or_default(), roll_out: record })
    }

    async fn kept_roll_out(&self, id: &str) -> Result<Kept<RollOutRecord>> {
        let kept = document::load(&*self.office.store, ROLL_OUT, id).await?;
        kept.ok_or_else(|| missing("find roll-out", "rollOut", id))
    }

    async fn would_break_nothing(&self, survey: &Survey, devices: &[String]) -> Result<()> {
        let (mut count, mut first) = (0_usize, None);
        for device in devices {
            let rehearsal = self.rehearsal(survey, device).await?;
            let new = rehearsal.refusals.into_iter().filter(|refusal| !refusal.is_so_already);
            for refusal in new {
                count += 1;
                first.get_or_insert_with(|| format!("{} and {device}: {}", refusal.peer, refusal.problem));
            }
        }
        let Some(first) = first else { return Ok(()) };
        let message =
            "connections would break: rehearse its devices and see to what is wrong, or begin it despite that";
        Err(refused(BEGIN, message).with("connections", count).with("first", first))
    }
}

fn recorded(Kept { value, revision }: Kept<RollOutRecord>) -> RecordedRollOut {
    RecordedRollOut { revision, roll_out: value }
}

fn check(id: &str, devices: &[String], plan: &RollOutPlan) -> Result<()> {
    let wrong = |message: &'static str| Err(refused(BEGIN, message));
    let is_id = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if id.is_empty() || id.len() > 64 || !id.bytes().all(is_id) {
        return wrong("its id must be 1 to 64 letters, digits, -, _ or .");
    }
    if devices.is_empty() || devices.len() > 1000 || devices.iter().collect::<BTreeSet<_>>().len() != devices.len() {
        return wrong("it needs 1 to 1,000 devices, each once");
    }
    if plan.waves.is_empty() || plan.waves.len() > MAX_WAVES || !(1..=MAX_PARALLEL).contains(&plan.parallel) {
        return wrong("its plan needs 1 to 100 waves, and 1 to 256 pushes at a time");
    }
    let is_percent = |wave: &WaveSize| !matches!(wave, WaveSize::Percent { percent } if !(1..=100).contains(percent));
    if plan.waves.iter().all(is_percent) { Ok(()) } else { wrong("a wave goes to 1 to 100 percent") }
}

fn is_free(survey: &Survey, device: &str) -> Result<()> {
    let one = survey.devices.get(device).ok_or_else(|| missing(BEGIN, "device", device))?;
    let of = &one.situation;
    if of.is_held || of.is_under_way {
        let message = "another roll-out has it, or a push to it is under way";
        return Err(Error::new(ErrorKind::Conflict, BEGIN, message).with("device", device).retryable(false));
    }
    if !of.is_confirmed {
        return Err(refused(BEGIN, "nobody has confirmed the certificate of a device").with("device", device));
    }
    Ok(())
}
