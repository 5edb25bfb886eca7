//! One node of an entry.

use std::time::Duration;

use iiot_core::session::ItemNode;
use iiot_core::transport::QualityOfService;
use iiot_core::ua::NumericRange;

use super::entry::{self, QUALITIES};
use super::event;
use super::expansion;
use super::finding::{FindingKind, Place};
use super::json::{Json, Located};
use super::object::{IGNORED, Object};
use super::property::NODE;
use crate::expand::ExpansionPlan;
use crate::plan::{
    DataChange, EventPlan, FieldPlan, FieldSettings, HeartbeatBehavior, NodePath, Reading, RoutePlan, WriterPlan,
};

/// What an entry sets for its nodes.
#[derive(Debug, Clone)]
pub(super) struct Defaults {
    pub(super) publishing_interval: Duration,
    pub(super) sampling_interval: Duration,
    pub(super) heartbeat: Option<Duration>,
    pub(super) heartbeat_behavior: HeartbeatBehavior,
    pub(super) route: RoutePlan,
    pub(super) named_by_server: bool,
    /// Where browse paths begin.
    pub(super) root: ItemNode,
}

/// A field and the cycle it asks for.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) place: Place,
    pub(super) wants: Wants,
    pub(super) field: FieldPlan,
    /// Where its events are published.
    pub(super) event: Option<EventPlan>,
    /// Whether the file gives it a name.
    pub(super) named: bool,
    /// Those that it triggers.
    pub(super) triggered: Vec<Self>,
    /// What it stands for, if it is no variable.
    pub(super) expansion: Option<ExpansionPlan>,
}

/// What all fields of a writer have in common.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Wants {
    publishing_interval: Duration,
    /// Where it differs from that of the entry.
    topic: Option<String>,
    quality: Option<QualityOfService>,
    reading: Reading,
}

impl Wants {
    fn new(object: &Object<'_>, defaults: &Defaults, sampling_interval: Duration, is_event: bool) -> Self {
        let publishing_interval = object.duration("OpcPublishingInterval", MILLISECOND);
        let quality = object.choice("QualityOfService", QUALITIES, "that of the writer is used").ok().flatten();
        Self {
            publishing_interval: publishing_interval.unwrap_or(defaults.publishing_interval),
            topic: entry::topic(object, "Topic").filter(|topic| Some(topic) != defaults.route.topic.as_ref()),
            quality: quality.filter(|quality| Some(*quality) != defaults.route.quality),
            reading: if is_event { Reading::Subscribed } else { reading(object, sampling_interval) },
        }
    }

    /// The writer of an entry for such fields.
    pub(super) fn writer(&self, plan: WriterPlan) -> WriterPlan {
        let Self { publishing_interval, topic, quality, reading } = self.clone();
        let route = plan.route.clone();
        let route = RoutePlan { topic: topic.or(route.topic), quality: quality.or(route.quality), ..route };
        WriterPlan { publishing_interval, route, reading, ..plan }
    }
}

impl Node {
    /// The writer of an entry for such nodes. Events are a data set of their own, and each is one message.
    pub(super) fn writer(&self, plan: &WriterPlan) -> WriterPlan {
        let plan = plan.clone();
        let Some(event) = self.event.clone() else { return plan };
        let data_set_name = if self.named { self.field.name.clone() } else { plan.data_set_name };
        WriterPlan { event: Some(event), data_set_name, key_frame_count: 0, keep_alive_as_key_frame: false, ..plan }
    }
}

/// Reads a node; `None` if it cannot be published, which is reported.
pub(super) fn read(object: &Object<'_>, defaults: &Defaults) -> Option<Node> {
    let node = read_alone(object, defaults)?;
    Some(Node { triggered: triggered(object, defaults, &node), ..node })
}

fn read_alone(object: &Object<'_>, defaults: &Defaults) -> Option<Node> {
    let expands = expansion::is_there(object);
    let is_event = object.get("EventFilter").is_some_and(|value| !value.is_off());
    let tells_changes = !expands && !is_event && matches!(object.get(MODEL_CHANGE), Some(Json::Object(_)));
    let (written, node, path) = if tells_changes { event::server() } else { source(object, defaults)? };
    if expands && is_event {
        object.invalid("EventFilter", "a node with Expand stands for variables", LEFT_OUT);
        return None;
    }
    let event = match (is_event, tells_changes) {
        (true, _) => Some(event::read(object)?),
        (_, true) => Some(event::model_changes(object)),
        _ => None,
    };
    let is_event = event.is_some();
    if !is_event && object.get("ConditionHandling").is_some_and(|value| !value.is_off()) {
        object.invalid("ConditionHandling", "it needs EventFilter", "it has no effect");
    }
    let name = object.text("DataSetFieldId").or_else(|| object.text("DisplayName"));
    let named = name.is_some();
    let named_by_server =
        object.flag("FetchDisplayName").unwrap_or(defaults.named_by_server) && !named && event.is_none();
    let settings = FieldSettings { path, named_by_server, ..settings(object, defaults, is_event)? };
    let field = FieldPlan { name: name.map_or(written, str::to_owned), node: node.into(), settings: settings.into() };
    let wants = Wants::new(object, defaults, field.sampling_interval, is_event);
    let expansion = if expands { Some(expansion::read(object, &field, named)?) } else { None };
    Some(Node { place: object.place.clone(), wants, field, event, named, triggered: Vec::new(), expansion })
}

/// The nodes that this one triggers.
fn triggered(object: &Object<'_>, defaults: &Defaults, trigger: &Node) -> Vec<Node> {
    const NAME: &str = "TriggeredNodes";
    let nodes = object.objects(NAME, NODE);
    if trigger.expansion.is_some() {
        // What is below it triggers nothing, which was reported.
        return Vec::new();
    }
    if !nodes.is_empty() && (trigger.wants.reading != Reading::Subscribed || trigger.event.is_some()) {
        object.invalid(NAME, "only a value that is subscribed to triggers others", "these nodes are left out");
        return Vec::new();
    }
    let read = |node: Object<'_>| {
        for name in OF_TRIGGERS.iter().filter(|name| node.get(name).is_some_and(|value| !value.is_off())) {
            node.invalid(name, "it has no effect on a node that is triggered", "that of its trigger counts");
        }
        let read = read_alone(&node, defaults);
        node.check_unseen();
        read.filter(|node| node.event.is_none() && node.expansion.is_none())
    };
    nodes.into_iter().filter_map(read).collect()
}

/// How the value of a node is got.
fn reading(object: &Object<'_>, sampling_interval: Duration) -> Reading {
    let registered = object.flag("RegisterNode").unwrap_or(false);
    if object.flag("UseCyclicRead").unwrap_or(false) {
        return Reading::Cyclic { max_age: max_age(object, sampling_interval), registered };
    }
    if registered {
        object.invalid("RegisterNode", "it needs UseCyclicRead", "the node is not registered");
    }
    Reading::Subscribed
}

/// How old a value that is read may be: not more than the sampling interval.
fn max_age(object: &Object<'_>, sampling_interval: Duration) -> Duration {
    let Some(max_age) = object.duration("CyclicReadMaxAge", MILLISECOND) else { return Duration::ZERO };
    if max_age > sampling_interval {
        let by_span = object.get("CyclicReadMaxAgeTimespan").is_some();
        let name = if by_span { "CyclicReadMaxAgeTimespan" } else { "CyclicReadMaxAge" };
        let used = format!("{} ms are used", sampling_interval.as_millis());
        object.invalid(name, "it is more than the sampling interval", &used);
    }
    max_age.min(sampling_interval)
}

fn settings(object: &Object<'_>, defaults: &Defaults, is_event: bool) -> Option<FieldSettings> {
    let heartbeat = object.duration("HeartbeatInterval", SECOND).or(defaults.heartbeat);
    Some(FieldSettings {
        attribute_id: if is_event { EVENT_NOTIFIER } else { attribute(object, LEFT_OUT)? },
        index_range: if is_event { String::new() } else { index_range(object, LEFT_OUT)? },
        sampling_interval: object.duration("OpcSamplingInterval", MILLISECOND).unwrap_or(defaults.sampling_interval),
        queue_size: object.count("QueueSize", u32::MAX).filter(|size| *size > 0),
        discard_oldest: !object.flag("DiscardNew").unwrap_or(false),
        skip_first: object.flag("SkipFirst").unwrap_or(false),
        heartbeat: heartbeat.filter(|interval| !interval.is_zero() && !is_event),
        heartbeat_behavior: behavior(object, "HeartbeatBehavior").unwrap_or(defaults.heartbeat_behavior),
        filter: if is_event { None } else { filter(object)? },
        class_field_id: entry::guid(object, "DataSetClassFieldId"),
        path: None,
        named_by_server: false,
        triggered_by: None,
    })
}

/// The node as written, where it is or where the way to it begins, and that way.
fn source(object: &Object<'_>, defaults: &Defaults) -> Option<(String, ItemNode, Option<NodePath>)> {
    let Some(path) = path(object)? else {
        let (written, node) = node_id(object)?;
        return Some((written.to_owned(), node, None));
    };
    let named = NODE_IDS.iter().any(|name| object.text(name).is_some());
    let node = if named { node_id(object)?.1 } else { defaults.root.clone() };
    Some((path.to_string(), node, Some(path)))
}

/// `None` within where there is no path, outside where it cannot be read.
fn path(object: &Object<'_>) -> Option<Option<NodePath>> {
    const NAME: &str = "BrowsePath";
    let elements = match object.get(NAME) {
        None => return Some(None),
        Some(Json::Array(elements)) => elements,
        Some(other) => {
            object.invalid(NAME, &format!("it is {}, not an array", other.type_name()), LEFT_OUT);
            return None;
        }
    };
    let mut path: Option<NodePath> = None;
    for element in elements {
        match path_element(element) {
            Ok(next) => path = Some(path.map_or_else(|| next.clone(), |path| path.then(next.clone()))),
            Err(cause) => {
                object.invalid(NAME, &cause, LEFT_OUT);
                return None;
            }
        }
    }
    Some(path)
}

fn path_element(element: &Located) -> Result<NodePath, String> {
    match &element.json {
        Json::Text(text) => text.parse().map_err(|error: iiot_core::Error| format!("{text:?}: {}", error.message())),
        other => Err(format!("it holds {}, not a text", other.type_name())),
    }
}

/// The node id as written and as read.
pub(super) fn node_id<'a>(object: &Object<'a>) -> Option<(&'a str, ItemNode)> {
    let Some((name, text)) = NODE_IDS.iter().find_map(|name| Some((*name, object.text(name)?))) else {
        object.report("Id", FindingKind::InvalidValue, "the node has neither Id nor BrowsePath; it is left out");
        return None;
    };
    match text.parse() {
        Ok(node) => Some((text, node)),
        Err(error) => {
            object.invalid(name, &format!("{text:?}: {}", error.message()), LEFT_OUT);
            None
        }
    }
}

/// How heartbeats behave, where it is said.
pub(super) fn behavior(object: &Object<'_>, name: &str) -> Option<HeartbeatBehavior> {
    object.choice(name, HeartbeatBehavior::ALL, IGNORED).ok().flatten()
}

pub(super) fn attribute(object: &Object<'_>, effect: &str) -> Option<u32> {
    match object.get("AttributeId") {
        None => Some(VALUE),
        Some(Json::Number(id)) if id.fract() == 0.0 && (1.0..=27.0).contains(id) => Some(*id as u32),
        Some(_) => object.choice("AttributeId", ATTRIBUTES, effect).ok().flatten(),
    }
}

pub(super) fn index_range(object: &Object<'_>, effect: &str) -> Option<String> {
    let Some(text) = object.text("IndexRange") else { return Some(String::new()) };
    if text.parse::<NumericRange>().is_err() {
        object.invalid("IndexRange", "it is not a range like 1:3", effect);
        return None;
    }
    Some(text.into())
}

/// A filter is only sent where trigger or deadband is set. `None` if one of them is wrong.
fn filter(object: &Object<'_>) -> Option<Option<DataChange>> {
    let trigger = object.choice("DataChangeTrigger", TRIGGERS, LEFT_OUT).ok()?;
    let deadband = object.choice("DeadbandType", DEADBANDS, LEFT_OUT).ok()?.unwrap_or(0);
    if object.get("DeadbandValue").is_some() && deadband == 0 {
        object.invalid("DeadbandValue", "it needs DeadbandType Absolute or Percent", "values are not filtered by it");
    }
    if trigger.is_none() && deadband == 0 {
        return Some(None);
    }
    let deadband_value = if deadband == 0 { 0.0 } else { deadband_value(object, deadband) };
    Some(Some(DataChange { trigger: trigger.unwrap_or(1), deadband_type: deadband, deadband_value }))
}

fn deadband_value(object: &Object<'_>, deadband: u32) -> f64 {
    let value = object.number("DeadbandValue").unwrap_or(0.0);
    let max = if deadband == PERCENT { 100.0 } else { f64::MAX };
    let clamped = value.clamp(0.0, max);
    if clamped != value {
        object.invalid("DeadbandValue", "it is out of range", &format!("{clamped} is used"));
    }
    clamped
}

/// Properties of a writer, which a triggered node shares with its trigger.
const OF_TRIGGERS: &[&str] = &[
    "OpcPublishingInterval",
    "OpcPublishingIntervalTimespan",
    "Topic",
    "QualityOfService",
    "UseCyclicRead",
    "RegisterNode",
    "EventFilter",
    "TriggeredNodes",
    "Expand",
];
const NODE_IDS: [&str; 3] = ["Id", "ExpandedNodeId", "Identifier"];
pub(super) const MILLISECOND: Duration = Duration::from_millis(1);
pub(super) const SECOND: Duration = Duration::from_secs(1);
pub(super) const MODEL_CHANGE: &str = "ModelChangeHandling";
const LEFT_OUT: &str = "the node is left out";
const VALUE: u32 = 13;
const EVENT_NOTIFIER: u32 = 12;
const PERCENT: u32 = 2;
pub(super) const TRIGGERS: &[(&str, u32)] = &[("Status", 0), ("StatusValue", 1), ("StatusValueTimestamp", 2)];
pub(super) const DEADBANDS: &[(&str, u32)] = &[("None", 0), ("Absolute", 1), ("Percent", PERCENT)];
/// OPC 10000-6 Annex A.1.
pub(super) const ATTRIBUTES: &[(&str, u32)] = &[
    ("NodeId", 1),
    ("NodeClass", 2),
    ("BrowseName", 3),
    ("DisplayName", 4),
    ("Description", 5),
    ("WriteMask", 6),
    ("UserWriteMask", 7),
    ("IsAbstract", 8),
    ("Symmetric", 9),
    ("InverseName", 10),
    ("ContainsNoLoops", 11),
    ("EventNotifier", EVENT_NOTIFIER),
    ("Value", VALUE),
    ("DataType", 14),
    ("ValueRank", 15),
    ("ArrayDimensions", 16),
    ("AccessLevel", 17),
    ("UserAccessLevel", 18),
    ("MinimumSamplingInterval", 19),
    ("Historizing", 20),
    ("Executable", 21),
    ("UserExecutable", 22),
    ("DataTypeDefinition", 23),
    ("RolePermissions", 24),
    ("UserRolePermissions", 25),
    ("AccessRestrictions", 26),
    ("AccessLevelEx", 27),
];
