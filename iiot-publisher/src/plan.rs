//! What is to be published: the configuration, resolved, validated and free of spelling variants.
//!
//! A plan is what the configuration file becomes and what the running publisher takes. Writer
//! groups own data set writers; each writer reads one server through one subscription.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use iiot_core::session::{ConnectOptions, ItemNode, Secret};
use iiot_core::transport::QualityOfService;
use iiot_core::ua::Variant;

use crate::expand::ExpansionPlan;
use crate::profile::MessageProfile;
use crate::topic;

mod event;

pub use crate::event_layout::EventLayout;
pub use crate::heartbeat::HeartbeatBehavior;
pub use crate::path::{NodePath, PathElement, PathNamespace};
pub use crate::shared::Shared;
pub use event::{ConditionPlan, EventPlan, EventSelection};

/// Everything to publish.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// Groups in the order of their first appearance.
    pub writer_groups: Vec<WriterGroupPlan>,
}

impl Plan {
    /// Nodes of one server, each message sent by itself: the best security the server offers,
    /// nobody in particular. Fields are named by node id.
    #[must_use]
    pub fn of_nodes(endpoint_url: impl Into<String>, nodes: Vec<ItemNode>, interval: Duration) -> Self {
        let writer = WriterPlan {
            publishing_interval: interval,
            fields: nodes.into_iter().map(|node| FieldPlan::of_node(node, interval)).collect(),
            ..WriterPlan::new(1, "nodes", Connection::new(ConnectOptions::new(endpoint_url)))
        };
        let group = WriterGroupPlan {
            name: "nodes".into(),
            publisher_id: None,
            sink: None,
            topic: None,
            quality: QualityOfService::default(),
            retain: false,
            expiry: None,
            profile: MessageProfile::default(),
            batch_size: 1,
            batch_interval: Duration::ZERO,
            partitions: 1,
            max_message_size: None,
            writers: vec![writer],
        };
        Self { writer_groups: vec![group] }
    }
}

/// One stream of NetworkMessages (OPC 10000-14 §6.2.6).
#[derive(Debug, Clone, PartialEq)]
pub struct WriterGroupPlan {
    /// Unique among the groups.
    pub name: String,
    /// PublisherId of the messages; the process's own where `None`.
    pub publisher_id: Option<String>,
    /// The sink that its messages go to; the first of the process where `None`.
    pub sink: Option<SinkChoice>,
    /// Topic for data; the default template where `None`.
    pub topic: Option<String>,
    /// Delivery of the messages.
    pub quality: QualityOfService,
    /// Whether a broker keeps the last message.
    pub retain: bool,
    /// How long a broker may keep messages undelivered.
    pub expiry: Option<Duration>,
    /// What the messages look like.
    pub profile: MessageProfile,
    /// DataSetMessages in one NetworkMessage before it is sent at once. 1 sends each by itself.
    pub batch_size: usize,
    /// Longest time a DataSetMessage waits for others. Zero with a batch size of 1.
    pub batch_interval: Duration,
    /// How many ways its messages take side by side, each topic one of them; at least 1.
    pub partitions: u8,
    /// Largest payload in bytes; messages are split to stay below.
    pub max_message_size: Option<usize>,
    /// The writers, ids ascending.
    pub writers: Vec<WriterPlan>,
}

/// The sink of a writer group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SinkChoice {
    /// A sink of the process by name, or the kind of one with a connection of its own.
    pub name: String,
    /// Where it goes, where that is not where the process's sink of that name goes.
    pub connection: Option<Secret>,
}

impl From<&str> for SinkChoice {
    fn from(name: &str) -> Self {
        Self { name: name.into(), connection: None }
    }
}

/// One DataSetWriter: fields of one server, sent together.
#[derive(Debug, Clone, PartialEq)]
pub struct WriterPlan {
    /// DataSetWriterId, from 1, unique in the process.
    pub id: u16,
    /// DataSetWriterName, unique in the group.
    pub name: String,
    /// Where and how to read.
    pub connection: Connection,
    /// Cycle of the subscription.
    pub publishing_interval: Duration,
    /// Priority of the subscription.
    pub priority: u8,
    /// Keep-alive count of the subscription; the default where `None`.
    pub max_keep_alive_count: Option<u32>,
    /// Every n-th message is a key frame; 0 never, 1 always. With more than 0 the first one is.
    pub key_frame_count: u32,
    /// Whether a DataSetMessage without payload is sent when the server sends a keep-alive.
    pub send_keep_alive: bool,
    /// Metadata is sent again after this time; only on change where `None`.
    pub metadata_interval: Option<Duration>,
    /// DataSetMetaData.Name.
    pub data_set_name: String,
    /// DataSetMetaData.Description.
    pub data_set_description: String,
    /// DataSetClassId.
    pub data_set_class_id: Option<uuid::Uuid>,
    /// Another way for its messages than that of the group.
    pub route: RoutePlan,
    /// Whether each of its fields has a topic of its own.
    pub routing: Routing,
    /// Topic of its metadata; below that of its data where `None`.
    pub meta_data_topic: Option<String>,
    /// Whether a broker keeps its metadata for later subscribers.
    pub meta_data_retain: bool,
    /// How long a broker may keep its metadata undelivered.
    pub meta_data_expiry: Option<Duration>,
    /// Sent as CloudEvents headers with its messages, which then hold no other writer's values.
    pub cloud_event: Option<CloudEventPlan>,
    /// A key frame of the last values is sent when the server sends a keep-alive.
    pub keep_alive_as_key_frame: bool,
    /// Fields with a value that never changes, behind the others in each message with fields.
    pub extension_fields: Vec<(String, Variant)>,
    /// How its values are got from the server.
    pub reading: Reading,
    /// What is done about fields that report nothing for too long.
    pub watchdog: Option<WatchdogPlan>,
    /// The events to publish instead of values; then the only field is their notifier.
    pub event: Option<EventPlan>,
    /// The fields in order.
    pub fields: Shared<Vec<FieldPlan>>,
    /// The client handle of each field, which it keeps when others come and go; their positions where
    /// this is empty.
    pub handles: Vec<u32>,
    /// Nodes that stand for the variables below them; see [`expanded`](crate::expand::expanded).
    pub expansions: Vec<ExpansionPlan>,
}

impl WriterPlan {
    /// A writer without fields and with nothing else set, one cycle a second.
    #[must_use]
    pub fn new(id: u16, name: impl Into<String>, connection: Connection) -> Self {
        let name = name.into();
        Self {
            id,
            data_set_name: name.clone(),
            name,
            connection,
            publishing_interval: Duration::from_secs(1),
            priority: 0,
            max_keep_alive_count: None,
            key_frame_count: 0,
            send_keep_alive: false,
            metadata_interval: None,
            data_set_description: String::new(),
            data_set_class_id: None,
            route: RoutePlan::default(),
            routing: Routing::default(),
            meta_data_topic: None,
            meta_data_retain: true,
            meta_data_expiry: None,
            cloud_event: None,
            keep_alive_as_key_frame: false,
            extension_fields: Vec::new(),
            reading: Reading::default(),
            watchdog: None,
            event: None,
            fields: Shared::default(),
            handles: Vec::new(),
            expansions: Vec::new(),
        }
    }

    /// The client handle of the field at this position.
    #[must_use]
    pub fn handle(&self, position: usize) -> u32 {
        self.handles.get(position).copied().unwrap_or(position as u32)
    }
}

impl WriterPlan {
    /// Whether each of its fields has a topic of its own.
    pub(crate) fn is_routed(&self) -> bool {
        self.routing != Routing::Together
    }

    /// Whether its messages do not go with those of other writers.
    pub(crate) fn has_own_route(&self, group: &WriterGroupPlan) -> bool {
        let by_template = group.topic.as_deref().is_some_and(topic::names_writer);
        by_template || self.route != RoutePlan::default() || self.is_routed() || self.cloud_event.is_some()
    }
}

/// Where messages of a writer go, and how, as far as that differs from its group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RoutePlan {
    /// Topic template.
    pub topic: Option<String>,
    /// Delivery.
    pub quality: Option<QualityOfService>,
    /// Whether a broker keeps the last message.
    pub retain: Option<bool>,
    /// How long a broker may keep messages undelivered.
    pub expiry: Option<Duration>,
}

/// How values are got from a server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Reading {
    /// The server samples and reports them.
    #[default]
    Subscribed,
    /// Each is read in its sampling interval, whether it has changed or not. Filters and queues have no
    /// effect.
    Cyclic {
        /// How old a value may be; zero has the server read it from its source.
        max_age: Duration,
        /// The server is told of the nodes beforehand (RegisterNodes).
        registered: bool,
    },
}

/// When fields are late, and what is done then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WatchdogPlan {
    /// A field that has reported nothing for so long is late, while the server is there.
    pub timeout: Duration,
    /// Which have to be late.
    pub condition: WatchdogCondition,
    /// What is done then.
    pub behavior: WatchdogBehavior,
}

/// Which fields have to be late.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum WatchdogCondition {
    /// One is enough.
    #[default]
    WhenAnyIsLate,
    /// Each of them.
    WhenAllAreLate,
}

/// What is done about late fields.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum WatchdogBehavior {
    /// It is logged.
    #[default]
    Diagnostic,
    /// The subscription is created anew, too.
    Reset,
    /// The publisher fails, so that its process ends.
    Fail,
}

/// Which topics the fields of a writer have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Routing {
    /// That of the writer.
    #[default]
    Together,
    /// Below that of the writer the browse path of the node from the Root folder; each value is a message.
    BrowseNames,
    /// The same with namespace index and colon before each name that is not of OPC UA itself.
    BrowseNamesWithNamespaceIndex,
}

/// What CloudEvents headers say of a writer (CloudEvents 1.0).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CloudEventPlan {
    /// `source`; where `None` the server's ApplicationUri, and its URL until that is known.
    pub source: Option<String>,
    /// `subject`.
    pub subject: Option<String>,
    /// Stands behind the `type`.
    pub type_name: Option<String>,
}

/// A server and who we are to it. Writers with equal connections share a session.
#[derive(Debug, Clone)]
pub struct Connection {
    /// How to reach the server and as whom.
    pub options: ConnectOptions,
    /// Whether the server is asked every ten seconds what it knows of the session, which the diagnostics and the log
    /// then tell.
    pub session_diagnostics: bool,
}

impl Connection {
    /// Without the server's diagnostics of the session.
    #[must_use]
    pub const fn new(options: ConnectOptions) -> Self {
        Self { options, session_diagnostics: false }
    }
}

impl PartialEq for Connection {
    fn eq(&self, other: &Self) -> bool {
        let (a, b) = (&self.options, &other.options);
        self.session_diagnostics == other.session_diagnostics
            && a.endpoint_url == b.endpoint_url
            && a.security == b.security
            && a.identity == b.identity
            && a.reverse == b.reverse
            && a.transfer_subscriptions == b.transfer_subscriptions
    }
}

/// One field of a data set. Its settings are read and changed as if they were its own.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldPlan {
    /// The key in the payload: DataSetFieldId, else DisplayName, else the node id as configured;
    /// unique in the writer.
    pub name: String,
    /// The node, or where its path begins.
    pub node: Arc<ItemNode>,
    /// All else; most fields of a plant have the same.
    pub settings: Shared<FieldSettings>,
}

/// How a field is read and what becomes of its values.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldSettings {
    /// 13 is Value.
    pub attribute_id: u32,
    /// As `1:3`; empty for all.
    pub index_range: String,
    /// Sampling interval on the server.
    pub sampling_interval: Duration,
    /// Values the server keeps between two cycles; from the intervals where `None`:
    /// ceil(publishing / sampling) + 1.
    pub queue_size: Option<u32>,
    /// Which value goes when the server's queue is full.
    pub discard_oldest: bool,
    /// Swallows the first value after the start.
    pub skip_first: bool,
    /// The last value is sent again when none has come for so long.
    pub heartbeat: Option<Duration>,
    /// What a heartbeat is.
    pub heartbeat_behavior: HeartbeatBehavior,
    /// DataChangeFilter; the server's default (status and value) where `None`.
    pub filter: Option<DataChange>,
    /// DataSetFieldId in metadata; made of publisher, group, writer and name where `None`.
    pub class_field_id: Option<uuid::Uuid>,
    /// The way from the field's node to the one that is meant, which is followed on every connection.
    pub path: Option<NodePath>,
    /// Whether it is called as the server calls the node, once that is known.
    pub named_by_server: bool,
    /// The field, by name, without whose report the server does not report this one (SetTriggering).
    pub triggered_by: Option<Box<str>>,
}

impl FieldPlan {
    /// The value of a node under its node id, sampled in this interval; nothing else is set.
    #[must_use]
    pub fn of_node(node: impl Into<Arc<ItemNode>>, sampling_interval: Duration) -> Self {
        let node = node.into();
        Self { name: node.to_string(), node, settings: FieldSettings::sampled(sampling_interval).into() }
    }
}

impl Deref for FieldPlan {
    type Target = FieldSettings;

    fn deref(&self) -> &FieldSettings {
        &self.settings
    }
}

impl DerefMut for FieldPlan {
    fn deref_mut(&mut self) -> &mut FieldSettings {
        &mut self.settings
    }
}

impl FieldSettings {
    /// Every change of the Value, sampled in this interval; nothing else is set.
    #[must_use]
    pub const fn sampled(interval: Duration) -> Self {
        Self {
            attribute_id: 13,
            index_range: String::new(),
            sampling_interval: interval,
            queue_size: None,
            discard_oldest: true,
            skip_first: false,
            heartbeat: None,
            heartbeat_behavior: HeartbeatBehavior::WatchdogLKV,
            filter: None,
            class_field_id: None,
            path: None,
            named_by_server: false,
            triggered_by: None,
        }
    }
}

/// When a change is worth reporting (OPC 10000-4 §7.22.2).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DataChange {
    /// 0 status, 1 status and value, 2 status, value and timestamp.
    pub trigger: u32,
    /// 0 none, 1 absolute, 2 percent of the range.
    pub deadband_type: u32,
    /// In units of the value, or percent.
    pub deadband_value: f64,
}

/// The name, with the first number behind it that makes it unique.
pub(crate) fn unique(name: &str, taken: impl Fn(&str) -> bool) -> String {
    let numbered = (2..).map(|number| format!("{name}_{number}"));
    let mut names = std::iter::once(name.to_owned()).chain(numbered);
    names.find(|name| !taken(name)).expect("numbers do not end")
}
