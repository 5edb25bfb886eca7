//! The properties of a node.

use super::Kind::{
    Any, Attribute, Choice, Count, Decimal, Flag, Free, Guid, IndexRange, ListOf, Milliseconds, Names, NodeId,
    ObjectOf, Path, Seconds, Text, TimeSpan, Topic,
};
use super::{Property, names};
use crate::config::entry::QUALITIES;
use crate::config::node::{DEADBANDS, TRIGGERS};
use crate::expand::MAX_DEPTH;
use crate::plan::HeartbeatBehavior;

/// The properties of a node.
pub(in crate::config) const NODE: &[Property] = &[
    Property::new(
        "Id",
        NodeId,
        "The node: ns=2;s=Name, nsu=http://example.org/;i=7, i=2258, or http://example.org/#i=7. It, \
         ExpandedNodeId, BrowsePath or ModelChangeHandling has to be there.",
    ),
    Property::new("ExpandedNodeId", NodeId, "The same under its older name; Id beats it."),
    Property::new(
        "BrowsePath",
        Path,
        "Path to the node from Id or DataSetRootNodeId, a reference and a name in each element: / \
         hierarchical, . aggregates, <0:Organizes> a type of references, ! inverse, # no subtypes; a name may \
         begin with its namespace index and a colon or as nsu=http://example.org/;Name, and & escapes what follows.",
    ),
    Property::new("AttributeId", Attribute, "The attribute, by name or number.").or("Value"),
    Property::new("IndexRange", IndexRange, "Part of an array, as 1:3; several dimensions as 1:3,0.").or("all"),
    Property::new("DisplayName", Text, "Name of the field where DataSetFieldId is not set."),
    Property::new(
        "FetchDisplayName",
        Flag,
        "A field without DataSetFieldId and DisplayName is called as the server calls the node.",
    )
    .or("DataSetFetchDisplayNames"),
    Property::new("DataSetFieldId", Text, "Name of the field, unique in the writer.")
        .or("DisplayName, else the node id as written"),
    Property::new("DataSetClassFieldId", Guid, "DataSetFieldId of the field in metadata.")
        .or("made of publisher, group, writer and name"),
    Property::new(
        "OpcSamplingInterval",
        Milliseconds,
        "How often the server looks at the node; with UseCyclicRead how often it is read. 0 is as fast as the \
         server can.",
    )
    .or("DataSetSamplingInterval"),
    Property::new("OpcSamplingIntervalTimespan", TimeSpan, "The same as a time span, which beats the number."),
    Property::new(
        "OpcPublishingInterval",
        Milliseconds,
        "Cycle of the subscription. Nodes with different ones have different writers.",
    )
    .or("DataSetPublishingInterval"),
    Property::new("OpcPublishingIntervalTimespan", TimeSpan, "The same as a time span, which beats the number."),
    Property::new(
        "QueueSize",
        Count { max: u32::MAX },
        "Values that the server keeps between two cycles. 0 is as if it were not there. With 1 the server \
         cannot tell that it has lost values.",
    )
    .or("as many as fit into a cycle, and one more"),
    Property::new("DiscardNew", Flag, "Whether the newest value goes when that queue is full, not the oldest.")
        .or("false"),
    Property::new("DataChangeTrigger", Choice(|| names(TRIGGERS)), "What counts as a change.").or("StatusValue"),
    Property::new(
        "DeadbandType",
        Choice(|| names(DEADBANDS)),
        "What DeadbandValue is measured in: units of the value, or percent of its EURange.",
    )
    .or("None"),
    Property::new(
        "DeadbandValue",
        Decimal,
        "The smallest change that counts. Below 0 it is 0, above 100 percent it is 100.",
    )
    .or("0"),
    Property::new("SkipFirst", Flag, "The first value after the start is not sent; key frames have it.").or("false"),
    Property::new(
        "HeartbeatInterval",
        Seconds,
        "The last value is sent again after so long; 0 never. Seconds here: DefaultHeartbeatInterval of an \
         entry is in milliseconds.",
    )
    .or("DefaultHeartbeatInterval"),
    Property::new("HeartbeatIntervalTimespan", TimeSpan, "The same as a time span, which beats the number."),
    Property::new("HeartbeatBehavior", Choice(|| names(HeartbeatBehavior::ALL)), "What a heartbeat sends, and when.")
        .or("DefaultHeartbeatBehavior"),
    Property::new(
        "UseCyclicRead",
        Flag,
        "The value is read in its sampling interval instead of being subscribed to. Such nodes have a writer \
         of their own; filters have no effect on them.",
    )
    .or("false"),
    Property::new(
        "CyclicReadMaxAge",
        Milliseconds,
        "How old a value that is read so may be; 0 lets the server read it from its source. Not more than the \
         sampling interval.",
    )
    .or("0"),
    Property::new("CyclicReadMaxAgeTimespan", TimeSpan, "The same as a time span, which beats the number."),
    Property::new(
        "RegisterNode",
        Flag,
        "The server is told beforehand that the node will be read again and again. With UseCyclicRead; of nodes \
         that are subscribed to the server knows.",
    )
    .or("false"),
    Property::new(
        "EventFilter",
        ObjectOf("EventFilter", || EVENT_FILTER),
        "The events of the node are wanted, not its value: the type, or clauses.",
    ),
    Property::new(
        "ConditionHandling",
        ObjectOf("ConditionHandling", || CONDITION_HANDLING),
        "Conditions are sent as they are now, instead of each event.",
    ),
    Property::new(
        "Expand",
        ObjectOf("Expansion", || EXPANSION),
        "The node is an object, a folder or a type: every variable below it is a field, called by its path behind the \
         name of the node if that has one, with all the other properties of the node. A type stands for its instances \
         below the Objects folder.",
    ),
    Property::new(
        "ModelChangeHandling",
        ObjectOf("ModelChangeHandling", || MODEL_CHANGE_HANDLING),
        "When the server is asked again what is below a node with Expand. Without Expand the node stands for the events \
         in which the server tells of changed nodes.",
    ),
    Property::new(
        "Topic",
        Topic,
        "Topic template of the node's values. Nodes with different ones have different writers.",
    )
    .or("QueueName"),
    Property::new(
        "QualityOfService",
        Choice(|| names(QUALITIES)),
        "How the node's values are delivered. Nodes with different ones have different writers.",
    )
    .or("that of the writer"),
    Property::new(
        "TriggeredNodes",
        ListOf("Node", || NODE),
        "Nodes that the server samples always and reports only when this one changes (SetTriggering). They \
         trigger no others.",
    ),
    Property::new("TypeDefinitionId", NodeId, "The type of the node, for people and tools."),
    Property::new("MethodMetadata", Free, "The arguments of a method, for people and tools."),
];

/// The property of a 2.5 file's single node.
pub(in crate::config) const SINGLE_NODE: &[Property] =
    &[Property::new("Identifier", NodeId, "The node, as Id of OpcNodes.").required()];

/// Which events of a node are published.
pub(in crate::config) const EVENT_FILTER: &[Property] = &[
    Property::new(
        "TypeDefinitionId",
        NodeId,
        "All fields of events of this type and its subtypes; SelectClauses beat it.",
    ),
    Property::new(
        "SelectClauses",
        ListOf("SelectClause", || SELECT_CLAUSE),
        "The fields that are published, in order.",
    ),
    Property::new("WhereClause", ObjectOf("WhereClause", || WHERE_CLAUSE), "The events that are published.").or("all"),
];

/// One field of an event.
pub(in crate::config) const SELECT_CLAUSE: &[Property] = &[
    Property::new("TypeDefinitionId", NodeId, "The type of events that has the field.").or("BaseEventType"),
    Property::new(
        "BrowsePath",
        Names,
        "From the event to the field, as Severity, 2:Pressure or nsu=http://example.org/;Pressure.",
    ),
    Property::new("AttributeId", Attribute, "The attribute, by name or number.").or("Value"),
    Property::new("IndexRange", IndexRange, "Part of an array, as 1:3.").or("all"),
    Property::new("DisplayName", Text, "Name of the field.").or("its path"),
    Property::new("DataSetClassFieldId", Guid, "DataSetFieldId of the field in metadata.")
        .or("made of publisher, group, writer and name"),
];

/// Which events are left out.
pub(in crate::config) const WHERE_CLAUSE: &[Property] = &[Property::new(
    "Elements",
    ListOf("FilterElement", || FILTER_ELEMENT),
    "Operators; the first one counts, the others are what it refers to.",
)];

/// An operator.
pub(in crate::config) const FILTER_ELEMENT: &[Property] = &[
    Property::new("FilterOperator", Text, "As Equals, GreaterThanOrEqual, And or OfType."),
    Property::new("FilterOperands", ListOf("FilterOperand", || FILTER_OPERAND), "What it works on."),
];

/// What an operator works on.
pub(in crate::config) const FILTER_OPERAND: &[Property] = &[
    Property::new("Index", Count { max: u32::MAX }, "Another element, counted from 0."),
    Property::new("Value", Any, "A value."),
    Property::new("DataType", Text, "Its built-in type, by name or number."),
    Property::new("NodeId", NodeId, "The type of events that has the field."),
    Property::new("BrowsePath", Names, "From the event to the field."),
    Property::new("AttributeId", Attribute, "The attribute, by name or number.").or("Value"),
    Property::new("IndexRange", IndexRange, "Part of an array, as 1:3.").or("all"),
    Property::new("Alias", Text, "A name for people."),
];

/// How conditions are published.
pub(in crate::config) const CONDITION_HANDLING: &[Property] = &[
    Property::new("UpdateInterval", Seconds, "How long after a change they are sent.").or("SnapshotInterval"),
    Property::new("SnapshotInterval", Seconds, "How often they are sent."),
    Property::new("RefreshRetainedConditionsOnStart", Flag, "The server is asked for all conditions at the start.")
        .or("false"),
];

/// What a node with Expand stands for.
pub(in crate::config) const EXPANSION: &[Property] = &[
    Property::new(
        "Include",
        Names,
        "Paths of BrowseNames that are wanted, as **/Temp*: * stands for any characters of one name, ** for any number of \
         names, ? for one character. Behind re: it is a regular expression. In any case.",
    )
    .or("all"),
    Property::new("Exclude", Names, "Paths that are not wanted, in the same form.").or("none"),
    Property::new("TypeDefinitionId", NodeId, "Only variables of this type and its subtypes, or below objects of them.")
        .or("any"),
    Property::new("MaxDepth", Count { max: MAX_DEPTH }, "Levels below the node.").or("100"),
    Property::new("Properties", Flag, "Whether properties of objects and variables count.").or("false"),
];

/// When a server is asked again.
pub(in crate::config) const MODEL_CHANGE_HANDLING: &[Property] = &[Property::new(
    "RebrowseIntervalTimespan",
    TimeSpan,
    "How often the server is browsed again. It also is when it tells of a change of its nodes.",
)
.or("12:00:00")];
