//! Tells the audit record what a change did.

use std::sync::Arc;

use async_trait::async_trait;
use iiot_core::Result;
use iiot_core::model::Record;
use iiot_core::operation::{Details, Dispatch, Effect, Operation, Principal, Reply};
use iiot_core::registry::{RecordKey, RecordKind, Registry};
use serde_json::{Map, Value, json};

use super::operations::{OPERATIONS, Registrar};

/// A registrar as faces offer it: what a change did to the records that its request names is left in the [`Details`], member
/// by member, before and after. Of what it enters or deletes, all is told.
#[derive(Debug)]
pub struct Audited {
    registrar: Arc<dyn Registrar>,
    registry: Arc<dyn Registry>,
}

impl Audited {
    /// A registrar, and the registry in which it keeps the record.
    #[must_use]
    pub fn new(registrar: Arc<dyn Registrar>, registry: Arc<dyn Registry>) -> Self {
        Self { registrar, registry }
    }

    async fn look(&self, keys: &[RecordKey]) -> Vec<Option<Record>> {
        let mut records = Vec::new();
        for key in keys {
            // What cannot be read is not told; the change itself will say so.
            records.push(self.registry.get(key).await.ok().flatten().map(|found| found.record));
        }
        records
    }
}

#[async_trait]
impl Dispatch for Audited {
    fn operations(&self) -> &'static [Operation] {
        OPERATIONS
    }

    async fn dispatch(&self, operation: &str, principal: &Principal, request: &[u8]) -> Result<Reply> {
        (*self.registrar).dispatch(operation, principal, request).await
    }

    async fn dispatch_recorded(
        &self,
        operation: &str,
        principal: &Principal,
        request: &[u8],
        details: &Details,
    ) -> Result<Reply> {
        let keys = named(operation, request);
        let before = self.look(&keys).await;
        let reply = self.dispatch(operation, principal, request).await?;
        let keys = if keys.is_empty() { entered(operation, &reply) } else { keys };
        let after = self.look(&keys).await;
        let before = before.into_iter().chain(std::iter::repeat(None));
        details.set(keys.iter().zip(before).zip(after).filter_map(|((key, old), new)| told(key, old, new)).collect());
        Ok(reply)
    }
}

/// The records that a request of a change names.
fn named(operation: &str, request: &[u8]) -> Vec<RecordKey> {
    let changes = |known: &Operation| known.name == operation && known.effect == Effect::Changes;
    let request: Value = serde_json::from_slice(request).unwrap_or_default();
    if !OPERATIONS.iter().any(changes) || operation == ADD {
        return Vec::new();
    }
    let kinds: &[(&str, RecordKind)] = match operation {
        "decide_edge" | "remove_edge" => &[("edge", RecordKind::Edge)],
        "put_site" | "remove_site" => &[("site", RecordKind::Site)],
        _ => &[("application", RecordKind::Application), ("endpoint", RecordKind::Endpoint)],
    };
    kinds.iter().filter_map(|(member, kind)| Some(RecordKey::new(*kind, request[*member].as_str()?))).collect()
}

/// What was entered under an id that nobody knew before.
fn entered(operation: &str, reply: &Reply) -> Vec<RecordKey> {
    let Reply::One(json) = reply else { return Vec::new() };
    let reply: Value = serde_json::from_slice(json).unwrap_or_default();
    let id = reply["id"].as_str().filter(|_| operation == ADD);
    id.map(|id| RecordKey::new(RecordKind::Application, id)).into_iter().collect()
}

/// `{"record": "Site berlin", "name": {"before": "Berlin", "after": "Berlin 2"}}`; nothing, where nothing has changed.
fn told(key: &RecordKey, before: Option<Record>, after: Option<Record>) -> Option<Value> {
    let members = |record: Option<Record>| match serde_json::to_value(record) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    };
    let (before, mut after) = (members(before), members(after));
    let mut told = Map::new();
    for (member, old) in before {
        let new = after.remove(&member).unwrap_or_default();
        if new != old {
            told.insert(member, json!({ "before": old, "after": new }));
        }
    }
    told.extend(after.into_iter().map(|(member, new)| (member, json!({ "before": null, "after": new }))));
    let changed = !told.is_empty();
    told.insert("record".into(), key.to_string().into());
    changed.then(|| told.into())
}

const ADD: &str = "add_application";
