//! The properties of the file, and what becomes of each.

use super::json::Json;

/// A property and what we do with it.
#[derive(Debug)]
pub(super) struct Property {
    pub(super) name: &'static str,
    pub(super) support: Support,
    /// The value that stands for what we do anyway.
    default: &'static str,
}

/// What we do with a property.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Support {
    /// It has its effect, or is only information.
    Read,
    /// It has none yet; what happens instead.
    Instead(&'static str),
}

impl Property {
    const fn read(name: &'static str) -> Self {
        Self { name, support: Support::Read, default: "" }
    }

    const fn instead(name: &'static str, effect: &'static str) -> Self {
        Self { name, support: Support::Instead(effect), default: "" }
    }

    const fn unless(name: &'static str, default: &'static str, effect: &'static str) -> Self {
        Self { name, support: Support::Instead(effect), default }
    }

    /// Whether the value asks for what we do anyway.
    pub(super) fn is_default(&self, value: &Json) -> bool {
        matches!(value, Json::Text(text) if text.eq_ignore_ascii_case(self.default))
    }
}

/// The properties of an entry.
pub(super) const ENTRY: &[Property] = &[
    Property::read("EndpointUrl"),
    Property::read("UseSecurity"),
    Property::read("EndpointSecurityMode"),
    Property::read("EndpointSecurityPolicy"),
    Property::read("OpcAuthenticationMode"),
    Property::read("OpcAuthenticationUsername"),
    Property::read("OpcAuthenticationPassword"),
    Property::read("DataSetWriterGroup"),
    Property::read("DataSetWriterId"),
    Property::read("PublisherId"),
    Property::read("WriterGroupQueueName"),
    Property::read("WriterGroupQualityOfService"),
    Property::read("BatchSize"),
    Property::read("BatchTriggerInterval"),
    Property::read("BatchTriggerIntervalTimespan"),
    Property::read("DataSetName"),
    Property::read("DataSetDescription"),
    Property::read("DataSetClassId"),
    Property::read("DataSetPublishingInterval"),
    Property::read("DataSetPublishingIntervalTimespan"),
    Property::read("DataSetSamplingInterval"),
    Property::read("DataSetSamplingIntervalTimespan"),
    Property::read("DataSetKeyFrameCount"),
    Property::read("MetaDataUpdateTime"),
    Property::read("MetaDataUpdateTimeTimespan"),
    Property::read("SendKeepAliveDataSetMessages"),
    Property::read("MaxKeepAliveCount"),
    Property::read("Priority"),
    Property::read("DefaultHeartbeatInterval"),
    Property::read("DefaultHeartbeatIntervalTimespan"),
    Property::read("NodeId"),
    Property::read("OpcNodes"),
    // Information for people and tools.
    Property::read("Version"),
    Property::read("LastChangeDateTime"),
    Property::read("LastChangeTimespan"),
    Property::read("WriterGroupProperties"),
    Property::read("WriterGroupRootNodeId"),
    Property::read("WriterGroupType"),
    // Read where it matters: without a user name in clear the entry is left out.
    Property::read("EncryptedAuthUsername"),
    Property::read("EncryptedAuthPassword"),
    Property::read("MessagingMode"),
    Property::read("MessageEncoding"),
    Property::instead("UseReverseConnect", "the connection is opened by us"),
    Property::instead("DisableSubscriptionTransfer", "a lost subscription is created anew"),
    Property::instead("RepublishAfterTransfer", "missing messages are always asked for"),
    Property::instead("DumpConnectionDiagnostics", "it has no effect"),
    Property::instead("WriterGroupTransport", "the sink of the process is used"),
    Property::instead("WriterGroupTransportConfiguration", "the sink of the process is used"),
    Property::read("WriterGroupMessageTtlTimepan"),
    Property::read("WriterGroupMessageRetention"),
    Property::instead("WriterGroupPartitions", "one message stream carries the group"),
    Property::read("DataSetExtensionFields"),
    Property::instead("DataSetFetchDisplayNames", "fields keep their configured names"),
    Property::unless("DataSetRouting", "None", "the topic of the group is used"),
    Property::read("DataSetSourceUri"),
    Property::read("DataSetSubject"),
    Property::read("DataSetType"),
    Property::instead("DataSetRootNodeId", "browse paths are not followed"),
    Property::read("MetaDataQueueName"),
    Property::read("MetaDataRetention"),
    Property::read("MetaDataTtlTimespan"),
    Property::read("SendKeepAliveAsKeyFrameMessages"),
    Property::read("QueueName"),
    Property::read("QualityOfService"),
    Property::read("MessageTtlTimespan"),
    Property::read("MessageRetention"),
    Property::read("DefaultHeartbeatBehavior"),
    Property::instead("OpcNodeWatchdogTimespan", "late values are not watched for"),
    Property::instead("OpcNodeWatchdogCondition", "late values are not watched for"),
    Property::unless("DataSetWriterWatchdogBehavior", "Reset", "a lost subscription is created anew"),
];

/// The properties of a node.
pub(super) const NODE: &[Property] = &[
    Property::read("Id"),
    Property::read("ExpandedNodeId"),
    Property::read("AttributeId"),
    Property::read("IndexRange"),
    Property::read("DisplayName"),
    Property::read("DataSetFieldId"),
    Property::read("OpcSamplingInterval"),
    Property::read("OpcSamplingIntervalTimespan"),
    Property::read("OpcPublishingInterval"),
    Property::read("OpcPublishingIntervalTimespan"),
    Property::read("QueueSize"),
    Property::read("DiscardNew"),
    Property::read("DataChangeTrigger"),
    Property::read("DeadbandType"),
    Property::read("DeadbandValue"),
    Property::read("SkipFirst"),
    Property::read("HeartbeatInterval"),
    Property::read("HeartbeatIntervalTimespan"),
    // Information for people and tools.
    Property::read("TypeDefinitionId"),
    Property::read("MethodMetadata"),
    Property::instead("BrowsePath", LEFT_OUT),
    Property::read("EventFilter"),
    Property::instead("ModelChangeHandling", LEFT_OUT),
    Property::read("ConditionHandling"),
    Property::instead("TriggeredNodes", "these nodes are left out"),
    Property::instead("FetchDisplayName", "the field keeps its configured name"),
    Property::instead("DataSetClassFieldId", "it is not in the metadata"),
    Property::read("HeartbeatBehavior"),
    Property::instead("UseCyclicRead", "the node is subscribed to"),
    Property::instead("CyclicReadMaxAge", "the node is subscribed to"),
    Property::instead("CyclicReadMaxAgeTimespan", "the node is subscribed to"),
    Property::instead("RegisterNode", "the node is not registered"),
    Property::instead("Topic", "the topic of the group is used"),
    Property::instead("QualityOfService", "the quality of service of the group is used"),
];

/// The properties of a node that make it something else than a variable's value.
pub(super) const OTHER_SOURCES: &[&str] = &["BrowsePath", "ModelChangeHandling"];

/// Which events of a node are published.
pub(super) const EVENT_FILTER: &[Property] =
    &[Property::read("TypeDefinitionId"), Property::read("SelectClauses"), Property::read("WhereClause")];

/// One field of an event.
pub(super) const SELECT_CLAUSE: &[Property] = &[
    Property::read("TypeDefinitionId"),
    Property::read("BrowsePath"),
    Property::read("AttributeId"),
    Property::read("IndexRange"),
    Property::read("DisplayName"),
    Property::instead("DataSetClassFieldId", "it is not in the metadata"),
];

/// Which events are left out.
pub(super) const WHERE_CLAUSE: &[Property] = &[Property::read("Elements")];

/// An operator.
pub(super) const FILTER_ELEMENT: &[Property] = &[Property::read("FilterOperator"), Property::read("FilterOperands")];

/// What an operator works on.
pub(super) const FILTER_OPERAND: &[Property] = &[
    Property::read("Index"),
    Property::read("Value"),
    Property::read("DataType"),
    Property::read("NodeId"),
    Property::read("BrowsePath"),
    Property::read("AttributeId"),
    Property::read("IndexRange"),
    Property::read("Alias"),
];

/// How conditions are published.
pub(super) const CONDITION_HANDLING: &[Property] = &[
    Property::read("UpdateInterval"),
    Property::read("SnapshotInterval"),
    Property::read("RefreshRetainedConditionsOnStart"),
];

/// The property of a 2.5 file's single node.
pub(super) const SINGLE_NODE: &[Property] = &[Property::read("Identifier")];

const LEFT_OUT: &str = "the node is left out";

/// The known name that was probably meant.
pub(super) fn nearest(name: &str, known: &[Property]) -> Option<&'static str> {
    let name = name.to_ascii_lowercase();
    let (near, distance) = known
        .iter()
        .map(|property| (property.name, distance(&name, &property.name.to_ascii_lowercase())))
        .min_by_key(|(_, distance)| *distance)?;
    (distance <= 1 + name.len() / 5).then_some(near)
}

/// Insertions, deletions and replacements that turn one text into the other.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, b) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_name_finds_its_property() {
        assert_eq!(nearest("OpcSamplingIntervall", NODE), Some("OpcSamplingInterval"));
        assert_eq!(nearest("endpointurls", ENTRY), Some("EndpointUrl"));
        assert_eq!(nearest("Colour", NODE), None);
        assert_eq!(distance("kitten", "sitting"), 3);
    }

    #[test]
    fn no_property_stands_in_a_table_twice() {
        for table in [ENTRY, NODE] {
            let mut names: Vec<&str> = table.iter().map(|property| property.name).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), table.len());
        }
    }
}
