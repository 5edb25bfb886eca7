//! The properties of an entry.

use super::Kind::{
    Choice, Count, Flag, Free, Guid, ListOf, Milliseconds, Name, NodeId, ObjectOf, Secret, Text, Time, TimeSpan, Topic,
    Url,
};
use super::{Property, names, node};
use crate::config::entry::{AUTHENTICATION, MAX_BATCH_SIZE, MAX_PARTITIONS, MODES, POLICIES, QUALITIES, ROUTINGS};
use crate::config::entry::{WATCHDOG_BEHAVIORS, WATCHDOG_CONDITIONS};
use crate::plan::HeartbeatBehavior;
use crate::profile::{MessageEncoding, MessagingMode};

/// The properties of an entry.
pub(in crate::config) const ENTRY: &[Property] = &[
    // The server.
    Property::new("EndpointUrl", Url, "The server, as opc.tcp://host:port/path, without user name.").required(),
    Property::new(
        "UseSecurity",
        Flag,
        "Whether the connection is secured: true takes the most secure endpoint that is, false one that is \
         not. EndpointSecurityMode beats it.",
    )
    .or("false"),
    Property::new(
        "EndpointSecurityMode",
        Choice(|| names(MODES)),
        "Which endpoints are acceptable. Best takes the most secure one and, where there is no other, one \
         without security; NotNone never does.",
    )
    .or("NotNone with UseSecurity, else None"),
    Property::new("EndpointSecurityPolicy", Choice(policies), "The only acceptable security policy, by name or URI.")
        .or("any"),
    Property::new("OpcAuthenticationMode", Choice(|| names(AUTHENTICATION)), "Who we are to the server.")
        .or("Anonymous"),
    Property::new(
        "OpcAuthenticationUsername",
        Secret,
        "The user's name; with Certificate the subject in the store of user certificates.",
    ),
    Property::new(
        "OpcAuthenticationPassword",
        Secret,
        "The user's password; with Certificate that of the private key.",
    ),
    Property::new(
        "EncryptedAuthUsername",
        Text,
        "A user name that IoT Edge has encrypted. It cannot be decrypted elsewhere: an entry that needs it is \
         left out.",
    ),
    Property::new(
        "EncryptedAuthPassword",
        Text,
        "A password that IoT Edge has encrypted. It cannot be decrypted elsewhere.",
    ),
    Property::new(
        "UseReverseConnect",
        Flag,
        "The server connects to us, at the listener of the process; EndpointUrl is what it calls itself.",
    )
    .or("false"),
    Property::new(
        "DisableSubscriptionTransfer",
        Flag,
        "Subscriptions of a lost session are created anew instead of being transferred to the next.",
    )
    .or("false"),
    Property::new("RepublishAfterTransfer", Flag, "Missing messages are asked for after a transfer. They always are.")
        .or("true"),
    Property::new(
        "DumpConnectionDiagnostics",
        Flag,
        "What the server itself knows of the session is asked for every ten seconds, logged, and told by the \
         diagnostics.",
    )
    .or("false"),
    // The writer group.
    Property::new(
        "DataSetWriterGroup",
        Name,
        "The writer group. Entries that name the same one share it; what the first says of it counts.",
    )
    .or("DefaultWriterGroup"),
    Property::new("PublisherId", Name, "PublisherId of the group's messages.").or("that of the process"),
    Property::new(
        "WriterGroupTransport",
        Name,
        "The sink of the group's messages: a name that the process knows, as Mqtt, IoTHub, Http, FileSystem and \
         Null where it has one of the kind.",
    )
    .or("the first sink of the process"),
    Property::new(
        "WriterGroupTransportConfiguration",
        Secret,
        "Where the group's messages go, if not where the process's sink goes: an address, as the process takes \
         them, or the connection string of an IoT Hub, an MQTT broker or a folder.",
    )
    .or("that of the process"),
    Property::new("WriterGroupQueueName", Topic, "Topic template of the group's data, as plant/{WriterGroup}.")
        .or("{PublisherId}/messages/{WriterGroup}"),
    Property::new(
        "WriterGroupQualityOfService",
        Choice(|| names(QUALITIES)),
        "How the group's messages are delivered.",
    )
    .or("AtLeastOnce"),
    Property::new(
        "WriterGroupMessageTtlTimepan",
        TimeSpan,
        "How long a broker may keep the group's messages undelivered. The name is spelled like that in the \
         files of the field.",
    )
    .or("for ever"),
    Property::new(
        "WriterGroupMessageRetention",
        Flag,
        "Whether a broker keeps the group's last message of a topic for later subscribers.",
    )
    .or("false"),
    Property::new(
        "WriterGroupPartitions",
        Count { max: MAX_PARTITIONS },
        "Ways that the group's messages take side by side. Which one is decided by the topic: messages of one topic stay \
         in order, and a topic that is held up holds up none on another way. 0 is as 1.",
    )
    .or("1"),
    Property::new("WriterGroupProperties", Free, "Any members, for people and tools."),
    Property::new("WriterGroupRootNodeId", NodeId, "The node that the group was made of, for people and tools."),
    Property::new("WriterGroupType", NodeId, "The type of that node, for people and tools."),
    Property::new("MessagingMode", Choice(modes), "How values are arranged in messages.")
        .or("PubSub; Samples in the compatible dialect"),
    Property::new(
        "MessageEncoding",
        Choice(encodings),
        "How messages become bytes. Uadp goes with PubSub, FullNetworkMessages, DataSetMessages, \
         SingleDataSetMessage, RawDataSets and SingleRawDataSet.",
    )
    .or("Json"),
    Property::new(
        "BatchSize",
        Count { max: MAX_BATCH_SIZE },
        "DataSetMessages in one message before it is sent at once; 1 sends each by itself, and \
         BatchTriggerInterval has no effect then. 0 is as if it were not there.",
    )
    .or("1; 4096 where BatchTriggerInterval is set"),
    Property::new("BatchTriggerInterval", Milliseconds, "Longest time that a DataSetMessage waits for others.")
        .or("1000 where BatchSize is above 1"),
    Property::new("BatchTriggerIntervalTimespan", TimeSpan, "The same as a time span, which beats the number."),
    Property::new(
        "MaxDataSetMessagesPerPublish",
        Count { max: MAX_BATCH_SIZE },
        "The most DataSetMessages in one message, whatever BatchSize says; 0 is as if it were not there.",
    )
    .or("BatchSize"),
    Property::new(
        "MaxNetworkMessageSize",
        Count { max: u32::MAX },
        "The most bytes of a message, where the transport does not take even less. Larger ones are split; a value that \
         alone is larger is declared lost. 0 is as if it were not there.",
    )
    .or("what the transport takes"),
    // The writer.
    Property::new(
        "DataSetWriterId",
        Name,
        "The name (not the number) of the writer. Entries with the same writer, server and cycle share it; \
         what the first says of it counts. Where nodes differ in cycle, way of reading, topic or delivery it \
         is split to Name, Name_2, ….",
    )
    .or("DefaultWriter"),
    Property::new("DataSetName", Text, "Name of the data set in metadata and topics.").or("the name of the writer"),
    Property::new("DataSetDescription", Text, "Description of the data set in metadata."),
    Property::new("DataSetClassId", Guid, "The class of the data set.").or("none"),
    Property::new(
        "DataSetPublishingInterval",
        Milliseconds,
        "Cycle of the subscription. A node with another OpcPublishingInterval gets a writer of its own.",
    )
    .or("1000"),
    Property::new("DataSetPublishingIntervalTimespan", TimeSpan, "The same as a time span, which beats the number."),
    Property::new(
        "DataSetSamplingInterval",
        Milliseconds,
        "How often the server looks at each node; 0 is as fast as it can.",
    )
    .or("1000"),
    Property::new("DataSetSamplingIntervalTimespan", TimeSpan, "The same as a time span, which beats the number."),
    Property::new(
        "DataSetKeyFrameCount",
        Count { max: u32::MAX },
        "Every n-th DataSetMessage has all fields; 0 none, 1 every one. Where it is not 0 the first has.",
    )
    .or("0"),
    Property::new(
        "DataSetExtensionFields",
        Free,
        "Fields with a value that never changes, by name: texts, numbers, Booleans. They stand behind the \
         others in each message with fields.",
    ),
    Property::new(
        "DataSetFetchDisplayNames",
        Flag,
        "Fields without DataSetFieldId and DisplayName are called as the server calls their nodes.",
    )
    .or("false"),
    Property::new(
        "DataSetRouting",
        Choice(|| names(ROUTINGS)),
        "Each node has a topic of its own: that of the writer and behind it the browse path of the node, as \
         Objects/Boiler/Level; UseBrowseNamesWithNamespaceIndex as Objects/2:Boiler/2:Level. Each value is a message \
         then, and none is a key frame. Where two nodes would have one topic the second has a number behind it.",
    )
    .or("None"),
    Property::new("DataSetSourceUri", Text, "source of the CloudEvents headers; any of these three switches them on.")
        .or("the server's ApplicationUri"),
    Property::new("DataSetSubject", Text, "subject of the CloudEvents headers."),
    Property::new("DataSetType", Text, "What stands behind the type of the CloudEvents headers."),
    Property::new("DataSetRootNodeId", NodeId, "Where browse paths of nodes without Id begin.")
        .or("i=84, the Root folder"),
    Property::new("MetaDataUpdateTime", Milliseconds, "How often metadata is sent though it has not changed; 0 never.")
        .or("0"),
    Property::new("MetaDataUpdateTimeTimespan", TimeSpan, "The same as a time span, which beats the number."),
    Property::new("MetaDataQueueName", Topic, "Topic template of the writer's metadata.")
        .or("{TelemetryTopic}/metadata/{DataSetWriter}"),
    Property::new("MetaDataRetention", Flag, "Whether a broker keeps the metadata for later subscribers.").or("true"),
    Property::new("MetaDataTtlTimespan", TimeSpan, "How long a broker may keep metadata undelivered.").or("for ever"),
    Property::new(
        "SendKeepAliveDataSetMessages",
        Flag,
        "A DataSetMessage without fields is sent when the server says that it is alive and has nothing to \
         send.",
    )
    .or("false"),
    Property::new("SendKeepAliveAsKeyFrameMessages", Flag, "Then a key frame of the last values is sent.").or("false"),
    Property::new(
        "MaxKeepAliveCount",
        Count { max: u32::MAX },
        "Cycles without values after which the server says that it is alive.",
    )
    .or("10"),
    Property::new("Priority", Count { max: 255 }, "Priority of the subscription.").or("0"),
    Property::new(
        "QueueName",
        Topic,
        "Topic template of the writer's data; other than that of the group it keeps its values in messages of \
         their own.",
    )
    .or("that of the group"),
    Property::new("QualityOfService", Choice(|| names(QUALITIES)), "How the writer's messages are delivered.")
        .or("that of the group"),
    Property::new("MessageTtlTimespan", TimeSpan, "How long a broker may keep the writer's messages undelivered.")
        .or("that of the group"),
    Property::new("MessageRetention", Flag, "Whether a broker keeps the writer's last message.")
        .or("that of the group"),
    // Of its nodes.
    Property::new(
        "DefaultHeartbeatInterval",
        Milliseconds,
        "The last value of a node is sent again after so long; 0 never. Milliseconds here: HeartbeatInterval \
         of a node is in seconds.",
    )
    .or("0"),
    Property::new("DefaultHeartbeatIntervalTimespan", TimeSpan, "The same as a time span, which beats the number."),
    Property::new(
        "DefaultHeartbeatBehavior",
        Choice(|| names(HeartbeatBehavior::ALL)),
        "What a heartbeat sends, and when.",
    )
    .or("WatchdogLKV"),
    Property::new(
        "OpcNodeWatchdogTimespan",
        TimeSpan,
        "A node that reports nothing for so long is late; 00:00:00 never.",
    )
    .or("00:00:00"),
    Property::new("OpcNodeWatchdogCondition", Choice(|| names(WATCHDOG_CONDITIONS)), "When late nodes count.")
        .or("WhenAnyIsLate"),
    Property::new(
        "DataSetWriterWatchdogBehavior",
        Choice(|| names(WATCHDOG_BEHAVIORS)),
        "What then is done: it is logged; or the subscription is made anew; or the process ends, with the \
         last two.",
    )
    .or("Diagnostic"),
    Property::new(
        "NodeId",
        ObjectOf("SingleNode", || node::SINGLE_NODE),
        "The only node, as files of version 2.5 have it.",
    ),
    Property::new("OpcNodes", ListOf("Node", || node::NODE), "The nodes, in the order of their fields."),
    // For people and tools.
    Property::new("Version", Count { max: u32::MAX }, "Counts changes, for people and tools."),
    Property::new("LastChangeDateTime", Time, "When it was last changed, for people and tools."),
    Property::new("LastChangeTimespan", Time, "The same under its old name."),
];

/// Names, and the URIs that end in them.
fn policies() -> Vec<&'static str> {
    POLICIES.iter().flat_map(|(name, uri)| [*name, *uri]).collect()
}

fn modes() -> Vec<&'static str> {
    MessagingMode::ALL.iter().map(|mode| mode.name()).collect()
}

fn encodings() -> Vec<&'static str> {
    MessageEncoding::ALL.iter().map(|encoding| encoding.name()).collect()
}
