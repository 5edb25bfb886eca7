//! What is on record of devices.

use std::collections::BTreeMap;

use iiot_core::time::UtcTime;
use iiot_core::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};

use super::device::DeviceSettings;
use super::graph::RecordedTrustGraph;
use super::roll_out::RollOutRecord;
use crate::document::{self, Kept, THE_GRAPH, TRUST_GRAPH};
use crate::model::Der;
use crate::push::{BookEntry, PushedLists};
use crate::store::{AuditEvent, Store};
use crate::trust::TrustGraph;

pub(super) const DEVICE: &str = "device";
pub(super) const STATE: &str = "deviceState";
pub(super) const PUSH: &str = "push";
pub(super) const ROLL_OUT: &str = "rollOut";

/// What people have said of a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeviceRecord {
    pub(super) device: String,
    pub(super) settings: DeviceSettings,
    /// The password, sealed.
    pub(super) password: Option<Der>,
}

/// What is known of a device.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct StateRecord {
    pub(super) device: String,
    /// The certificate that it presents.
    pub(super) pin: Option<Der>,
    /// The authorities behind it.
    pub(super) pin_issuers: Vec<Der>,
    pub(super) confirmed_by: Option<String>,
    /// Another certificate that it may present by now: the push that gave it one ended before it was seen.
    pub(super) maybe: Option<Maybe>,
    /// The trust list that it has shown last; `None` if that is not known.
    pub(super) shown: Option<PushedLists>,
    /// The last push whose end was taken in.
    pub(super) settled: u64,
    /// Pushes in a row that have failed.
    pub(super) failures: u32,
    pub(super) retry_at: Option<UtcTime>,
    /// Why no push could even begin.
    pub(super) trouble: Option<String>,
    /// What the last push that failed was to bring: the digest of its trust lists.
    pub(super) tried: Option<String>,
    pub(super) out_of_date_since: Option<UtcTime>,
    /// Somebody wants a push.
    pub(super) asked: Option<Asked>,
    /// A signing request on which people vote while other pushes go on.
    pub(super) waiting: Option<Waiting>,
    /// Certificates that are of no use any more.
    pub(super) superseded: Vec<Superseded>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Maybe {
    pub(super) certificate: Der,
    pub(super) issuers: Vec<Der>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Asked {
    pub(super) by: String,
    pub(super) at: UtcTime,
    pub(super) renew: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Waiting {
    /// The push that it was made in.
    pub(super) push: u64,
    pub(super) signing_request: Der,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Superseded {
    pub(super) issuer: String,
    pub(super) serial: String,
    pub(super) since: UtcTime,
}

/// All that is on record of one device.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) record: DeviceRecord,
    pub(super) revision: u64,
    pub(super) state: StateRecord,
    /// `None` while there is none.
    pub(super) state_revision: Option<u64>,
    pub(super) push: Option<BookEntry>,
}

impl Known {
    /// Whether the end of its last push was not taken in yet.
    pub(super) fn is_unsettled(&self) -> bool {
        self.push.as_ref().is_some_and(|entry| entry.push.step.is_over() && entry.push.number > self.state.settled)
    }
}

pub(super) async fn known(store: &dyn Store, device: &str) -> Result<Known> {
    let record: Option<Kept<DeviceRecord>> = document::load(store, DEVICE, device).await?;
    let Kept { value, revision } = record.ok_or_else(|| missing("use device", "device", device))?;
    let state: Option<Kept<StateRecord>> = document::load(store, STATE, device).await?;
    let push: Option<Kept<crate::push::Push>> = document::load(store, PUSH, device).await?;
    Ok(put_together(value, revision, state, push))
}

pub(super) async fn all_known(store: &dyn Store) -> Result<BTreeMap<String, Known>> {
    let records: Vec<Kept<DeviceRecord>> = document::all(store, DEVICE).await?;
    let states: Vec<Kept<StateRecord>> = document::all(store, STATE).await?;
    let pushes: Vec<Kept<crate::push::Push>> = document::all(store, PUSH).await?;
    let mut states: BTreeMap<String, _> = states.into_iter().map(|state| (state.value.device.clone(), state)).collect();
    let mut pushes: BTreeMap<String, _> = pushes.into_iter().map(|push| (push.value.device.clone(), push)).collect();
    let one = |Kept { value, revision }: Kept<DeviceRecord>| {
        let id = value.device.clone();
        let (state, push) = (states.remove(&id), pushes.remove(&id));
        (id, put_together(value, revision, state, push))
    };
    Ok(records.into_iter().map(one).collect())
}

fn put_together(
    record: DeviceRecord,
    revision: u64,
    state: Option<Kept<StateRecord>>,
    push: Option<Kept<crate::push::Push>>,
) -> Known {
    let push = push.map(|Kept { value, revision }| BookEntry { revision, push: value });
    let state_revision = state.as_ref().map(|state| state.revision);
    let fresh = || StateRecord { device: record.device.clone(), ..StateRecord::default() };
    let state = state.map_or_else(fresh, |state| state.value);
    Known { record, revision, state, state_revision, push }
}

pub(super) async fn graph(store: &dyn Store) -> Result<RecordedTrustGraph> {
    let kept: Option<Kept<TrustGraph>> = document::load(store, TRUST_GRAPH, THE_GRAPH).await?;
    Ok(kept.map(|kept| RecordedTrustGraph { revision: kept.revision, graph: kept.value }).unwrap_or_default())
}

pub(super) async fn roll_outs(store: &dyn Store) -> Result<Vec<(String, Kept<RollOutRecord>)>> {
    let all: Vec<Kept<RollOutRecord>> = document::all(store, ROLL_OUT).await?;
    Ok(all.into_iter().map(|kept| (kept.value.id.clone(), kept)).collect())
}

pub(super) fn missing(operation: &'static str, what: &'static str, id: &str) -> Error {
    Error::new(ErrorKind::NotFound, operation, "there is none on record with this id").with(what, id)
}

pub(super) fn refused(operation: &'static str, message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::InvalidArgument, operation, message)
}

pub(super) fn event(action: &str, by: &str, subject: &str, details: serde_json::Value) -> AuditEvent {
    AuditEvent { action: action.into(), by: by.into(), subject: subject.into(), details }
}
