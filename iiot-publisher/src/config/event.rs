//! Nodes whose events are published: which events, which of their fields, and conditions.

use std::collections::BTreeMap;
use std::time::Duration;

use iiot_core::session::{BrowseName, Condition, EventField, EventQuery, ItemNode};
use iiot_core::ua::{ObjectId, ObjectTypeId, QualifiedName};
use uuid::Uuid;

use super::condition;
use super::entry;
use super::finding::FindingKind;
use super::node::{MODEL_CHANGE, SECOND, attribute, index_range};
use super::object::{IGNORED, Object};
use super::property::{CONDITION_HANDLING, EVENT_FILTER, MODEL_CHANGE_HANDLING, SELECT_CLAUSE};
use crate::plan::{ConditionPlan, EventPlan, EventSelection, NodePath, unique};

/// Reads what an event node publishes; `None` if it cannot be, which is reported.
pub(super) fn read(object: &Object<'_>) -> Option<EventPlan> {
    let filter = object.object("EventFilter", EVENT_FILTER, LEFT_OUT)?;
    for name in OF_VALUES.iter().filter(|name| object.get(name).is_some_and(|value| !value.is_off())) {
        object.invalid(name, "it says something of values, and the node publishes events", "it has no effect");
    }
    let selection = selection(&filter)?;
    let (conditions, refresh_on_start) = conditions(object);
    Some(EventPlan { selection, conditions, refresh_on_start })
}

/// The node that tells of changes of all nodes.
pub(super) fn server() -> (String, ItemNode, Option<NodePath>) {
    ("ModelChange".to_owned(), ItemNode::Indexed(ObjectId::Server.into()), None)
}

/// Events of changed nodes (OPC 10000-3 §9.32), as far as the server tells of them.
pub(super) fn model_changes(object: &Object<'_>) -> EventPlan {
    let handling = object.object(MODEL_CHANGE, MODEL_CHANGE_HANDLING, IGNORED);
    if handling.is_some_and(|handling| handling.text("RebrowseIntervalTimespan").is_some()) {
        let message = "without Expand nothing is browsed; changes are published as the server tells of them";
        object.report(MODEL_CHANGE, FindingKind::NotSupportedYet, message);
    }
    let base = ["EventId", "EventType", "SourceNode", "Time"].map(EventField::new);
    let changes = EventField::new("Changes").of(ObjectTypeId::GeneralModelChangeEventType);
    let names = ["EventId", "EventType", "SourceNode", "Time", "Change"].map(str::to_owned).into();
    let query = EventQuery::new(base.into_iter().chain([changes]));
    let query = query.matching(Condition::of_type(ObjectTypeId::BaseModelChangeEventType));
    let selection = EventSelection::Query { names, query, class_field_ids: BTreeMap::new() };
    EventPlan { selection, conditions: None, refresh_on_start: false }
}

fn selection(filter: &Object<'_>) -> Option<EventSelection> {
    let event_type = node(filter, "TypeDefinitionId", "the node is left out")?;
    let clauses = filter.objects("SelectClauses", SELECT_CLAUSE);
    match event_type {
        Some(event_type) if clauses.is_empty() => {
            if filter.get("WhereClause").is_some_and(|value| !value.is_off()) {
                let message = "it needs SelectClauses; all events of the type are published";
                filter.report("WhereClause", FindingKind::InvalidValue, message);
            }
            return Some(EventSelection::Type(event_type));
        }
        Some(_) => filter.invalid("TypeDefinitionId", "SelectClauses say what is published", "it has no effect"),
        None => {}
    }
    let mut class_field_ids = BTreeMap::new();
    let (names, fields): (Vec<_>, Vec<_>) = fields(&clauses, &mut class_field_ids).into_iter().unzip();
    if fields.is_empty() {
        filter.invalid("SelectClauses", "it says neither which fields nor which type of events", LEFT_OUT);
        return None;
    }
    let query = EventQuery { fields, condition: condition::read(filter)? };
    Some(EventSelection::Query { names, query, class_field_ids })
}

/// The fields with their names; a clause that is wrong is reported and left out.
fn fields(clauses: &[Object<'_>], class_field_ids: &mut BTreeMap<String, Uuid>) -> Vec<(String, EventField)> {
    let mut fields: Vec<(String, EventField)> = Vec::new();
    for clause in clauses {
        let Some(field) = field(clause, "TypeDefinitionId") else { continue };
        let by_path = || Some(field.to_string()).filter(|name| !name.is_empty());
        let Some(requested) = clause.text("DisplayName").map(str::to_owned).or_else(by_path) else {
            clause.invalid("BrowsePath", "it says of no field", CLAUSE_LEFT_OUT);
            continue;
        };
        let name = unique(&requested, |name| fields.iter().any(|(taken, _)| taken == name));
        if name != requested {
            let message = format!("another field is called {requested}; this one is published as {name}");
            clause.report("DisplayName", FindingKind::Duplicate, message);
        }
        class_field_ids.extend(entry::guid(clause, "DataSetClassFieldId").map(|id| (name.clone(), id)));
        fields.push((name, field));
    }
    fields
}

/// A field of an event, which `of` names the type of.
pub(super) fn field(object: &Object<'_>, of: &str) -> Option<EventField> {
    let event_type = node(object, of, CLAUSE_LEFT_OUT)?;
    let mut path = Vec::new();
    for element in object.texts("BrowsePath", CLAUSE_LEFT_OUT)? {
        let Some(name) = browse_name(element) else {
            let message =
                format!("{element:?} is no browse name like Severity, 2:Pressure or nsu=http://example.org/;Pressure");
            object.invalid("BrowsePath", &message, CLAUSE_LEFT_OUT);
            return None;
        };
        path.push(name);
    }
    let field = EventField {
        path,
        attribute_id: attribute(object, CLAUSE_LEFT_OUT)?,
        index_range: index_range(object, CLAUSE_LEFT_OUT)?,
        ..EventField::default()
    };
    Some(match event_type {
        Some(event_type) => field.of_type(event_type),
        None => field,
    })
}

/// A node id; `None` within where there is none, `None` if it is wrong.
pub(super) fn node(object: &Object<'_>, name: &str, effect: &str) -> Option<Option<ItemNode>> {
    let Some(text) = object.text(name) else { return Some(None) };
    match text.parse() {
        Ok(node) => Some(Some(node)),
        Err(error) => {
            object.invalid(name, &format!("{text:?}: {}", error.message()), effect);
            None
        }
    }
}

/// `Name`, `2:Name`, `nsu=http://example.org/;Name` or `http://example.org/#Name`; a slash before is allowed.
fn browse_name(text: &str) -> Option<BrowseName> {
    let text = text.strip_prefix('/').unwrap_or(text).trim();
    let by_uri =
        |uri: &str, name: &str| (!uri.is_empty() && !name.is_empty()).then(|| BrowseName::Uri(uri.into(), name.into()));
    if let Some(rest) = text.strip_prefix("nsu=") {
        let (uri, name) = rest.split_once(';')?;
        return by_uri(uri, name);
    }
    if let Some((uri, name)) = text.rsplit_once('#').filter(|(uri, _)| uri.contains(':')) {
        return by_uri(uri, name);
    }
    let index = text.split_once(':').and_then(|(index, name)| Some((index.parse::<u16>().ok()?, name)));
    let (index, name) = index.unwrap_or((0, text));
    (!name.is_empty()).then(|| BrowseName::Indexed(QualifiedName::new(index, name)))
}

/// Snapshots of conditions, and whether the retained ones are asked for at the start. Who gets snapshots wants them
/// whole.
fn conditions(object: &Object<'_>) -> (Option<ConditionPlan>, bool) {
    let Some(handling) = object.object("ConditionHandling", CONDITION_HANDLING, "events are published one by one")
    else {
        return (None, false);
    };
    let interval = |name| handling.duration(name, SECOND).filter(|interval: &Duration| !interval.is_zero());
    let (snapshot, update) = (interval("SnapshotInterval"), interval("UpdateInterval"));
    if snapshot.is_none() && update.is_some() {
        handling.invalid("UpdateInterval", "it needs SnapshotInterval", "events are published one by one");
    }
    let conditions = snapshot.map(|snapshot_interval| ConditionPlan {
        snapshot_interval,
        update_interval: update.unwrap_or(snapshot_interval),
    });
    let refresh = handling.flag("RefreshRetainedConditionsOnStart").unwrap_or_else(|| conditions.is_some());
    (conditions, refresh)
}

const LEFT_OUT: &str = "the node is left out";
pub(super) const CLAUSE_LEFT_OUT: &str = "the clause is left out";
/// Properties of a node that mean nothing where it publishes events.
const OF_VALUES: &[&str] = &[
    "HeartbeatInterval",
    "HeartbeatIntervalTimespan",
    "SkipFirst",
    "DataChangeTrigger",
    "DeadbandType",
    "DeadbandValue",
    "OpcSamplingInterval",
    "OpcSamplingIntervalTimespan",
    "UseCyclicRead",
    "RegisterNode",
    "TriggeredNodes",
    "IndexRange",
    "AttributeId",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browse_names_have_their_namespace_by_index_or_uri() {
        let indexed = |index, name: &str| Some(BrowseName::Indexed(QualifiedName::new(index, name)));
        let uri = Some(BrowseName::Uri("http://example.org/".into(), "Pressure".into()));
        let cases = [
            ("Severity", indexed(0, "Severity")),
            ("/Severity", indexed(0, "Severity")),
            ("2:Pressure", indexed(2, "Pressure")),
            ("nsu=http://example.org/;Pressure", uri.clone()),
            ("http://example.org/#Pressure", uri),
            ("Colon: in it", indexed(0, "Colon: in it")),
            ("", None),
            ("nsu=http://example.org/", None),
            ("3:", None),
        ];
        for (text, expected) in cases {
            assert_eq!(browse_name(text), expected, "{text}");
        }
    }
}
