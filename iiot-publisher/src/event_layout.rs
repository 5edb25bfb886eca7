//! What the fields of a writer's events mean, in the order in which the server sends them.

use iiot_core::session::{BrowseName, EventField, EventQuery, EventRow};
use iiot_core::ua::{AttributeId, ObjectTypeId};
use serde::{Deserialize, Serialize};

/// Names of the fields that are published, and where to find what is looked at.
///
/// Whatever is asked for only to be looked at stands behind the fields that are published.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EventLayout {
    /// What the published fields are called, in order.
    pub names: Vec<String>,
    /// How many fields an event has.
    pub(crate) fields: usize,
    pub(crate) event_type: Option<usize>,
    pub(crate) event_id: Option<usize>,
    pub(crate) condition_id: Option<usize>,
    pub(crate) branch_id: Option<usize>,
    pub(crate) retain: Option<usize>,
}

impl EventLayout {
    /// The layout of what a query reports; its first fields are published under these names.
    #[must_use]
    pub fn of(names: Vec<String>, query: &EventQuery) -> Self {
        let place = |wanted: &EventField| query.fields.iter().position(|field| means(field, wanted));
        let [event_type, event_id, condition_id, branch_id, retain] = watched().map(|field| place(&field));
        Self { names, fields: query.fields.len(), event_type, event_id, condition_id, branch_id, retain }
    }

    /// Whether an event has the fields that it should have.
    pub(crate) fn fits(&self, event: &EventRow<'_>) -> bool {
        event.len() == self.fields
    }
}

/// The query with what has to be known of conditions behind its own fields.
pub(crate) fn with_watched(mut query: EventQuery) -> EventQuery {
    for wanted in watched() {
        if !query.fields.iter().any(|field| means(field, &wanted)) {
            query = query.select(wanted);
        }
    }
    query
}

/// EventType, EventId, the condition, BranchId and Retain.
fn watched() -> [EventField; 5] {
    let of_condition = |name: &str| EventField::new(name).of(ObjectTypeId::ConditionType);
    [
        EventField::new("EventType"),
        EventField::new("EventId"),
        EventField::condition_id(),
        of_condition("BranchId"),
        of_condition("Retain"),
    ]
}

/// Whether it is the same field, whichever type it is looked for in.
fn means(field: &EventField, wanted: &EventField) -> bool {
    let is_condition = |field: &EventField| field.path.is_empty() && field.attribute_id == AttributeId::NodeId as u32;
    let whole = field.index_range.is_empty() && field.attribute_id == wanted.attribute_id;
    whole && (is_condition(field) == is_condition(wanted)) && same_path(&field.path, &wanted.path)
}

fn same_path(path: &[BrowseName], wanted: &[BrowseName]) -> bool {
    path.len() == wanted.len() && path.iter().zip(wanted).all(|(name, wanted)| plain(name) == plain(wanted))
}

/// The name, if it is one of OPC UA itself.
fn plain(name: &BrowseName) -> Option<&str> {
    match name {
        BrowseName::Indexed(name) if name.namespace_index == 0 => Some(name.name.as_ref()),
        BrowseName::Uri(uri, name) if uri == "http://opcfoundation.org/UA/" => Some(name),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_looked_at_stands_behind_what_is_published_and_is_asked_for_once() {
        let query = with_watched(EventQuery::base());
        let names: Vec<String> = EventQuery::base().fields.iter().map(ToString::to_string).collect();
        let layout = EventLayout::of(names, &query);
        assert_eq!((layout.names.len(), layout.fields), (8, 11));
        assert_eq!((layout.event_id, layout.event_type), (Some(0), Some(1)));
        assert_eq!((layout.condition_id, layout.branch_id, layout.retain), (Some(8), Some(9), Some(10)));
        assert_eq!(with_watched(query.clone()), query);
    }

    #[test]
    fn a_field_of_the_same_name_elsewhere_is_another() {
        let query = EventQuery::new([EventField::new(("urn:b", "Retain")), EventField::new("ActiveState").then("Id")]);
        let layout = EventLayout::of(vec!["Retain".into()], &query);
        assert_eq!((layout.retain, layout.condition_id), (None, None));
    }
}
