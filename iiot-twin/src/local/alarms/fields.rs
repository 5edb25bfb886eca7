//! The fields of condition events, and the alarm that they describe.

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use iiot_core::json;
use iiot_core::session::{EventField, EventQuery, EventRow};
use iiot_core::time::UtcTime;
use iiot_core::ua::{NodeId, ObjectId, ObjectTypeId, StatusCode, Variant};

use crate::alarm::{Alarm, AlarmName, Dialog, Shelving};

/// Names of fields, by the type that has them (OPC 10000-5 §6.4.2, OPC 10000-9 §5.5.2, §5.6.2, §5.7.2, §5.8.2).
const FIELDS: &[(ObjectTypeId, &[&str])] = &[
    (
        ObjectTypeId::BaseEventType,
        &["EventId", "EventType", "SourceNode", "SourceName", "Time", "ReceiveTime", "Message", "Severity"],
    ),
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
    (ObjectTypeId::DialogConditionType, &["DialogState/Id", "Prompt", "ResponseOptionSet"]),
    (ObjectTypeId::AcknowledgeableConditionType, &["AckedState/Id", "ConfirmedState/Id"]),
    (
        ObjectTypeId::AlarmConditionType,
        &["ActiveState/Id", "SuppressedState/Id", "ShelvingState/CurrentState/Id", "SuppressedOrShelved"],
    ),
];

/// The names in order.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    FIELDS.iter().flat_map(|(_, names)| names.iter().copied())
}

/// Asks for them, and for the condition's node at the end.
pub(super) fn query() -> EventQuery {
    let field = |(owner, names): &(ObjectTypeId, &[&'static str])| -> Vec<EventField> {
        let field = |path: &&str| path.split('/').fold(EventField::default(), EventField::then).of(*owner);
        names.iter().map(field).collect()
    };
    EventQuery::new(FIELDS.iter().flat_map(field)).select(EventField::condition_id())
}

/// What an event means to a list of alarms.
pub(super) enum Heard {
    Alarm(Box<Alarm>),
    RefreshStart,
    RefreshEnd,
    RefreshRequired,
    Other,
}

impl Heard {
    pub(super) fn of(event: &EventRow<'_>, namespaces: &Arc<Vec<String>>) -> Self {
        let values = event.fields().map(|field| field.decode().unwrap_or_default()).collect();
        let fields = Fields { values, namespaces };
        match fields.event_type() {
            Some(id) if id == ObjectTypeId::RefreshStartEventType => Self::RefreshStart,
            Some(id) if id == ObjectTypeId::RefreshEndEventType => Self::RefreshEnd,
            Some(id) if id == ObjectTypeId::RefreshRequiredEventType => Self::RefreshRequired,
            _ => fields.condition().map_or(Self::Other, |condition| Self::Alarm(Box::new(fields.alarm(&condition)))),
        }
    }
}

/// The values of the fields in the order of [`names`], and perhaps the condition's node behind them.
pub(super) struct Fields<'n> {
    pub(super) values: Vec<Variant>,
    pub(super) namespaces: &'n [String],
}

impl Fields<'_> {
    fn value(&self, name: &str) -> Option<&Variant> {
        let place = names().position(|known| known == name)?;
        self.values.get(place)
    }

    fn event_type(&self) -> Option<NodeId> {
        node(self.value("EventType")?)
    }

    /// The node, if it is an event of a condition: others that concern one, such as audit events, do not say whether
    /// it is retained.
    fn condition(&self) -> Option<NodeId> {
        self.flag("Retain")?;
        node(self.values.get(names().count())?)
    }

    pub(super) fn alarm(&self, condition: &NodeId) -> Alarm {
        Alarm {
            name: AlarmName { condition: self.text_of(condition), branch: self.node("BranchId") },
            event_id: self.event_id(),
            event_type: self.node("EventType").unwrap_or_default(),
            condition_name: self.text("ConditionName"),
            source: self.node("SourceNode"),
            source_name: self.text("SourceName"),
            message: self.text("Message"),
            severity: self.number("Severity"),
            last_severity: self.number("LastSeverity"),
            time: self.time("Time"),
            receive_time: self.time("ReceiveTime"),
            retain: self.flag("Retain").unwrap_or_default(),
            enabled: self.flag("EnabledState/Id"),
            active: self.flag("ActiveState/Id"),
            acknowledged: self.flag("AckedState/Id"),
            confirmed: self.flag("ConfirmedState/Id"),
            suppressed: self.flag("SuppressedState/Id"),
            shelving: self.shelving(),
            suppressed_or_shelved: self.flag("SuppressedOrShelved"),
            comment: self.text("Comment"),
            client_user: self.text("ClientUserId"),
            quality: self.quality().map(Into::into),
            dialog: self.dialog(),
        }
    }

    fn text_of(&self, node: &NodeId) -> String {
        json::node_id_to_string(node, self.namespaces)
    }

    fn node(&self, name: &str) -> Option<String> {
        node(self.value(name)?).map(|id| self.text_of(&id))
    }

    fn event_id(&self) -> String {
        match self.value("EventId") {
            Some(Variant::ByteString(id)) => BASE64_STANDARD.encode(id.value.as_deref().unwrap_or_default()),
            _ => String::new(),
        }
    }

    fn text(&self, name: &str) -> Option<String> {
        text(self.value(name)?)
    }

    fn number(&self, name: &str) -> Option<u16> {
        match self.value(name)? {
            Variant::UInt16(number) => Some(*number),
            _ => None,
        }
    }

    fn flag(&self, name: &str) -> Option<bool> {
        match self.value(name)? {
            Variant::Boolean(flag) => Some(*flag),
            _ => None,
        }
    }

    fn time(&self, name: &str) -> Option<UtcTime> {
        match self.value(name)? {
            Variant::DateTime(time) => UtcTime::from_wire(time.ticks()),
            _ => None,
        }
    }

    fn quality(&self) -> Option<StatusCode> {
        match self.value("Quality")? {
            Variant::StatusCode(status) => Some(*status),
            _ => None,
        }
    }

    fn shelving(&self) -> Option<Shelving> {
        let state = node(self.value("ShelvingState/CurrentState/Id")?)?;
        let states = [
            (ObjectId::ShelvedStateMachineType_Unshelved, Shelving::Unshelved),
            (ObjectId::ShelvedStateMachineType_TimedShelved, Shelving::Timed),
            (ObjectId::ShelvedStateMachineType_OneShotShelved, Shelving::OneShot),
        ];
        states.into_iter().find(|(id, _)| state == *id).map(|(_, shelving)| shelving)
    }

    fn dialog(&self) -> Option<Dialog> {
        let active = self.flag("DialogState/Id")?;
        let options = match self.value("ResponseOptionSet") {
            Some(Variant::Array(options)) => {
                options.values.iter().map(|option| text(option).unwrap_or_default()).collect()
            }
            _ => Vec::new(),
        };
        Some(Dialog { active, prompt: self.text("Prompt"), options })
    }
}

fn text(value: &Variant) -> Option<String> {
    match value {
        Variant::String(text) if !text.is_null() => Some(text.as_ref().to_owned()),
        Variant::LocalizedText(text) if !text.text.is_null() => Some(text.text.as_ref().to_owned()),
        _ => None,
    }
}

fn node(value: &Variant) -> Option<NodeId> {
    match value {
        Variant::NodeId(id) if !id.is_null() => Some((**id).clone()),
        _ => None,
    }
}
