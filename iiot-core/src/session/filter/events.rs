//! Which events are wanted, and which of their fields.

use std::fmt;
use std::str::FromStr;

use super::{BrowseName, Condition, resolve_node};
use crate::session::ItemNode;
use crate::ua::{AttributeId, EventFilter, NodeId, NumericRange, ObjectTypeId, SimpleAttributeOperand, StatusCode};

/// Selects events and their fields.
///
/// ```
/// use iiot_core::session::{Comparable, Condition, EventField, EventQuery, Item};
/// use iiot_core::ua::{ObjectId, ObjectTypeId};
///
/// let serious = EventField::new("Severity").at_least(500_u16);
/// let alarms = Condition::of_type(ObjectTypeId::AlarmConditionType);
/// let query = EventQuery::base()
///     .select(EventField::new("ActiveState").then("Id").of(ObjectTypeId::AlarmConditionType))
///     .matching(alarms.and(serious));
/// assert_eq!(query.position("ActiveState/Id"), Some(8));
/// let item = Item::events(7, ObjectId::Server, query);
/// # assert_eq!(item.attribute_id, 12);
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EventQuery {
    /// What each event reports, in this order.
    pub fields: Vec<EventField>,
    /// Which events are reported; all where `None`.
    pub condition: Option<Condition>,
}

impl EventQuery {
    /// These fields of every event.
    #[must_use]
    pub fn new(fields: impl IntoIterator<Item = EventField>) -> Self {
        Self { fields: fields.into_iter().collect(), condition: None }
    }

    /// The fields of BaseEventType: EventId, EventType, SourceNode, SourceName, Time, ReceiveTime,
    /// Message, Severity.
    #[must_use]
    pub fn base() -> Self {
        Self::new(BASE.map(EventField::new))
    }

    /// The fields of [`base`](Self::base), then the condition's node (as `ConditionId`), and what
    /// conditions, acknowledgeable conditions and alarms have.
    #[must_use]
    pub fn alarms() -> Self {
        let mut query = Self::base().select(EventField::condition_id());
        for (owner, names) in ALARMS {
            for path in *names {
                let field = path.split('/').fold(EventField::default(), EventField::then);
                query = query.select(field.of(*owner));
            }
        }
        query
    }

    /// One more field.
    #[must_use]
    pub fn select(mut self, field: EventField) -> Self {
        self.fields.push(field);
        self
    }

    /// Only events that meet the condition, and any condition given before.
    #[must_use]
    pub fn matching(mut self, condition: Condition) -> Self {
        self.condition = Some(match self.condition {
            Some(before) => before.and(condition),
            None => condition,
        });
        self
    }

    /// Where in an event the field is that prints as `name`, such as `Severity` or `ActiveState/Id`.
    #[must_use]
    pub fn position(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.to_string() == name)
    }

    /// The filter for a server with this namespace table.
    ///
    /// # Errors
    /// `BadNodeIdUnknown` if the server lacks a namespace, `BadIndexRangeInvalid`.
    pub fn resolve(&self, namespaces: &[String]) -> Result<EventFilter, StatusCode> {
        let fields: Result<Vec<_>, _> = self.fields.iter().map(|field| field.resolve(namespaces)).collect();
        let where_clause = self.condition.as_ref().map(|condition| condition.resolve(namespaces)).transpose()?;
        Ok(EventFilter { select_clauses: Some(fields?), where_clause: where_clause.unwrap_or_default() })
    }
}

/// A field of an event: an attribute at the end of a path of browse names.
///
/// It prints as its path, with `/` between the names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EventField {
    /// The event type that has the field; servers look into every type for BaseEventType.
    pub type_definition: ItemNode,
    /// From the event to the field; empty for the condition itself.
    pub path: Vec<BrowseName>,
    /// 13 is Value.
    pub attribute_id: u32,
    /// Part of an array, as `1:3`; empty for all.
    pub index_range: String,
}

impl Default for EventField {
    fn default() -> Self {
        Self {
            type_definition: ItemNode::Indexed(ObjectTypeId::BaseEventType.into()),
            path: Vec::new(),
            attribute_id: AttributeId::Value as u32,
            index_range: String::new(),
        }
    }
}

impl EventField {
    /// The Value of the event's child with this name.
    #[must_use]
    pub fn new(name: impl Into<BrowseName>) -> Self {
        Self::default().then(name)
    }

    /// The node of a condition: what Acknowledge and the like are called on.
    #[must_use]
    pub fn condition_id() -> Self {
        let field = Self { attribute_id: AttributeId::NodeId as u32, ..Self::default() };
        field.of(ObjectTypeId::ConditionType)
    }

    /// The child of this field with this name.
    #[must_use]
    pub fn then(mut self, name: impl Into<BrowseName>) -> Self {
        self.path.push(name.into());
        self
    }

    /// The field as this event type has it.
    #[must_use]
    pub fn of(self, event_type: impl Into<NodeId>) -> Self {
        self.of_type(ItemNode::Indexed(event_type.into()))
    }

    /// The field as this event type has it, which may be named by URI.
    #[must_use]
    pub fn of_type(mut self, event_type: ItemNode) -> Self {
        self.type_definition = event_type;
        self
    }

    pub(super) fn resolve(&self, namespaces: &[String]) -> Result<SimpleAttributeOperand, StatusCode> {
        let path: Result<Vec<_>, _> = self.path.iter().map(|name| name.resolve(namespaces)).collect();
        let index_range = NumericRange::from_str(&self.index_range);
        Ok(SimpleAttributeOperand {
            type_definition_id: resolve_node(&self.type_definition, namespaces)?,
            browse_path: Some(path?),
            attribute_id: self.attribute_id,
            index_range: index_range.map_err(|_| StatusCode::BadIndexRangeInvalid)?,
        })
    }
}

impl fmt::Display for EventField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() && self.attribute_id == AttributeId::NodeId as u32 {
            return f.write_str("ConditionId");
        }
        for (index, name) in self.path.iter().enumerate() {
            let name = match name {
                BrowseName::Indexed(name) => name.name.as_ref(),
                BrowseName::Uri(_, name) => name,
            };
            write!(f, "{}{name}", if index > 0 { "/" } else { "" })?;
        }
        Ok(())
    }
}

/// OPC 10000-5 §6.4.2.
const BASE: [&str; 8] =
    ["EventId", "EventType", "SourceNode", "SourceName", "Time", "ReceiveTime", "Message", "Severity"];

/// OPC 10000-9 §5.5.2, §5.7.2, §5.8.2.
const ALARMS: &[(ObjectTypeId, &[&str])] = &[
    (
        ObjectTypeId::ConditionType,
        &[
            "ConditionName",
            "BranchId",
            "Retain",
            "EnabledState/Id",
            "Quality",
            "LastSeverity",
            "Comment",
            "ClientUserId",
        ],
    ),
    (ObjectTypeId::AcknowledgeableConditionType, &["AckedState/Id", "ConfirmedState/Id"]),
    (ObjectTypeId::AlarmConditionType, &["ActiveState/Id", "SuppressedOrShelved"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_print_as_their_paths() {
        let query = EventQuery::alarms();
        assert_eq!(query.position("Severity"), Some(7));
        assert_eq!(query.position("ConditionId"), Some(8));
        assert_eq!(query.fields[query.position("AckedState/Id").expect("it is there")].path.len(), 2);
        assert_eq!(query.position("Pressure"), None);
    }

    #[test]
    fn names_by_uri_are_found_in_the_namespace_table() {
        let of = ItemNode::Uri("urn:b".into(), NodeId::new(0, 7));
        let query = EventQuery::new([EventField::new(("urn:c", "Pressure")).of_type(of)]);
        let uris = ["http://opcfoundation.org/UA/", "urn:b", "urn:c"].map(String::from);
        let clauses = query.resolve(&uris).expect("all namespaces are there").select_clauses.unwrap_or_default();
        assert_eq!(clauses[0].type_definition_id, NodeId::new(1, 7));
        assert_eq!(clauses[0].browse_path, Some(vec![crate::ua::QualifiedName::new(2, "Pressure")]));
        assert_eq!(query.resolve(&uris[..2]), Err(StatusCode::BadNodeIdUnknown));
    }

    #[test]
    fn a_wrong_index_range_is_refused() {
        let field = EventField { index_range: "3:1".into(), ..EventField::new("Values") };
        assert_eq!(EventQuery::new([field]).resolve(&[]), Err(StatusCode::BadIndexRangeInvalid));
    }
}
