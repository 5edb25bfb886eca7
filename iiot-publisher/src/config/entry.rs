//! One entry of the file: a server, the group and writer it belongs to, and its nodes.

use std::time::Duration;

use iiot_core::session::{ConnectOptions, Identity, ItemNode, ModeChoice, ReverseServer, Secret, SecurityChoice};
use iiot_core::transport::QualityOfService;
use iiot_core::ua::{MessageSecurityMode, ObjectId, Variant};

use super::finding::{FindingKind, Findings};
use super::json::{Json, Located, Member};
use super::node::{self, Defaults, MILLISECOND, Node};
use super::object::{IGNORED, Object};
use super::property::{NODE, SINGLE_NODE};
use super::timespan;
use crate::plan::{
    CloudEventPlan, Connection, Reading, RoutePlan, Routing, Shared, SinkChoice, WatchdogBehavior, WatchdogCondition,
    WatchdogPlan, WriterGroupPlan, WriterPlan,
};
use crate::profile::{Dialect, MessageEncoding, MessageProfile, MessagingMode};
use crate::topic;

/// An entry with group and writer as it describes them; both have no members yet.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) group: WriterGroupPlan,
    pub(super) writer: WriterPlan,
    pub(super) nodes: Vec<Node>,
}

/// Reads an entry; `None` if it cannot be used, which is reported.
pub(super) fn read(object: &Object<'_>, dialect: Dialect, findings: &Findings) -> Option<Entry> {
    let connection = connection(object)?;
    let profile = profile(object, dialect)?;
    let defaults = defaults(object);
    let nodes = nodes(object, &defaults, findings);
    Some(Entry { group: group(object, profile), writer: writer(object, connection, &defaults), nodes })
}

fn connection(object: &Object<'_>) -> Option<Connection> {
    let endpoint_url = endpoint_url(object)?;
    let mode = object.choice("EndpointSecurityMode", MODES, LEFT_OUT).ok()?;
    let secure = object.flag("UseSecurity").unwrap_or(false);
    let by_flag = if secure { ModeChoice::NotNone } else { ModeChoice::Exactly(MessageSecurityMode::None) };
    let policy = policy(object)?;
    let security = SecurityChoice { mode: mode.unwrap_or(by_flag), policy };
    let reverse = object.flag("UseReverseConnect").unwrap_or(false).then_some(ReverseServer::Endpoint);
    let options = ConnectOptions::new(endpoint_url);
    let transfer_subscriptions = !object.flag("DisableSubscriptionTransfer").unwrap_or(false);
    let identity = identity(object)?;
    let session_diagnostics = object.flag("DumpConnectionDiagnostics").unwrap_or(false);
    let options = ConnectOptions { security, identity, reverse, transfer_subscriptions, ..options };
    Some(Connection { options, session_diagnostics })
}

fn endpoint_url<'a>(object: &Object<'a>) -> Option<&'a str> {
    let Some(url) = object.text("EndpointUrl") else {
        object.invalid("EndpointUrl", "the entry does not say which server", LEFT_OUT);
        return None;
    };
    let host =
        url.get(..SCHEME.len()).filter(|scheme| scheme.eq_ignore_ascii_case(SCHEME)).map(|_| &url[SCHEME.len()..]);
    let host = host.map(|rest| rest.split('/').next().unwrap_or_default());
    match host {
        Some(host) if host.contains('@') => object.invalid("EndpointUrl", "it must not hold a user name", LEFT_OUT),
        Some(host) if !host.is_empty() && !host.starts_with(':') => return Some(url),
        _ => object.invalid("EndpointUrl", "it is not of the form opc.tcp://host:port/path", LEFT_OUT),
    }
    None
}

/// The name of a policy, or `None` within for any. Known names only, so that a slip is not taken
/// for a server without fitting endpoint.
fn policy(object: &Object<'_>) -> Option<Option<String>> {
    let Some(text) = object.text("EndpointSecurityPolicy") else { return Some(None) };
    let name = text.rsplit('#').next().unwrap_or_default();
    if let Some((known, _)) = POLICIES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
        return Some(Some((*known).into()));
    }
    let names: Vec<&str> = POLICIES.iter().map(|(name, _)| *name).collect();
    object.invalid("EndpointSecurityPolicy", &format!("it is none of {}", names.join(", ")), LEFT_OUT);
    None
}

fn identity(object: &Object<'_>) -> Option<Identity> {
    let by_name = object.secret("OpcAuthenticationUsername", LEFT_OUT).ok()?.filter(|name| !name.expose().is_empty());
    match object.choice("OpcAuthenticationMode", AUTHENTICATION, LEFT_OUT).ok()?.unwrap_or(Authentication::Anonymous) {
        Authentication::Anonymous => {
            let unused = ["OpcAuthenticationUsername", "EncryptedAuthUsername"];
            for name in unused.into_iter().filter(|name| object.get(name).is_some_and(|value| !value.is_off())) {
                object.invalid(name, "OpcAuthenticationMode is not UsernamePassword", "it is not used");
            }
            Some(Identity::Anonymous)
        }
        Authentication::UserName => user_name(object, by_name),
        Authentication::Certificate => {
            let Some(subject) = by_name else {
                object.invalid("OpcAuthenticationUsername", "the entry does not say whose certificate", LEFT_OUT);
                return None;
            };
            Some(Identity::Stored { subject: subject.expose().into(), password: password(object)? })
        }
    }
}

fn password(object: &Object<'_>) -> Option<Secret> {
    object.secret("OpcAuthenticationPassword", LEFT_OUT).ok().map(Option::unwrap_or_default)
}

fn user_name(object: &Object<'_>, user: Option<Secret>) -> Option<Identity> {
    let password = password(object)?;
    if let Some(user) = user {
        return Some(Identity::UserName { user: user.expose().into(), password });
    }
    if object.get("EncryptedAuthUsername").is_some() {
        let message = "only IoT Edge can decrypt it, where it was encrypted; the entry is left out";
        object.report("EncryptedAuthUsername", FindingKind::NotSupportedYet, message);
    } else {
        object.invalid("OpcAuthenticationUsername", "the entry does not say which user", LEFT_OUT);
    }
    None
}

fn defaults(object: &Object<'_>) -> Defaults {
    Defaults {
        publishing_interval: object.duration("DataSetPublishingInterval", MILLISECOND).unwrap_or(DEFAULT_INTERVAL),
        sampling_interval: object.duration("DataSetSamplingInterval", MILLISECOND).unwrap_or(DEFAULT_INTERVAL),
        // Milliseconds here, seconds at a node: so it is in the files of the field.
        heartbeat: object.duration("DefaultHeartbeatInterval", MILLISECOND),
        heartbeat_behavior: node::behavior(object, "DefaultHeartbeatBehavior").unwrap_or_default(),
        route: route(object),
        named_by_server: object.flag("DataSetFetchDisplayNames").unwrap_or(false),
        root: root(object),
    }
}

/// Where browse paths begin.
fn root(object: &Object<'_>) -> ItemNode {
    const NAME: &str = "DataSetRootNodeId";
    let root = || ItemNode::Indexed(ObjectId::RootFolder.into());
    let Some(text) = object.text(NAME) else { return root() };
    text.parse().unwrap_or_else(|error: iiot_core::Error| {
        object.invalid(NAME, &format!("{text:?}: {}", error.message()), "paths begin at the Root folder");
        root()
    })
}

fn nodes(object: &Object<'_>, defaults: &Defaults, findings: &Findings) -> Vec<Node> {
    if ["NodeId", "OpcNodes"].iter().all(|name| object.get(name).is_none_or(Json::is_off)) {
        object.invalid("OpcNodes", "the entry has no nodes", "nothing is published for it");
    }
    let single = object.member("NodeId").map(|value| (String::from("NodeId"), value, SINGLE_NODE));
    let several = match object.get("OpcNodes") {
        Some(Json::Array(nodes)) => nodes.as_slice(),
        Some(other) => {
            object.invalid("OpcNodes", &format!("it is {}, not an array", other.type_name()), "it is left out");
            &[]
        }
        None => &[],
    };
    let several = several.iter().enumerate().map(|(index, node)| (format!("OpcNodes[{index}]"), node, NODE));
    let read = |(name, value, known): (String, &Located, _)| {
        let place = object.place.below(&name, value.at);
        let Json::Object(members) = &value.json else {
            let message = format!("it is {}, not an object; it is left out", value.json.type_name());
            findings.add(&place, &name, FindingKind::InvalidValue, message);
            return None;
        };
        let object = Object::new(place, members, known, findings);
        let node = node::read(&object, defaults);
        object.check_unseen();
        node
    };
    single.into_iter().chain(several).filter_map(read).collect()
}

/// Mode and encoding; `None` where there is no such pair.
fn profile(object: &Object<'_>, dialect: Dialect) -> Option<MessageProfile> {
    let modes: Vec<_> = MessagingMode::ALL.iter().map(|mode| (mode.name(), *mode)).collect();
    let encodings: Vec<_> = MessageEncoding::ALL.iter().map(|encoding| (encoding.name(), *encoding)).collect();
    let by_dialect = if dialect == Dialect::Strict { MessagingMode::PubSub } else { MessagingMode::Samples };
    let encoding = object.choice("MessageEncoding", &encodings, LEFT_OUT).ok()?.unwrap_or_default();
    let mode = object.choice("MessagingMode", &modes, LEFT_OUT).ok()?;
    let by_encoding = if encoding == MessageEncoding::Uadp { MessagingMode::PubSub } else { by_dialect };
    let profile = MessageProfile::new(mode.unwrap_or(by_encoding), encoding, dialect);
    if let Err(error) = &profile {
        object.invalid("MessagingMode", &error.report(), LEFT_OUT);
    }
    profile.ok()
}

fn group(object: &Object<'_>, profile: MessageProfile) -> WriterGroupPlan {
    let (batch_size, batch_interval) = batching(object);
    let most = object.count("MaxDataSetMessagesPerPublish", MAX_BATCH_SIZE).filter(|most| *most > 0);
    let quality = object.choice("WriterGroupQualityOfService", QUALITIES, "AtLeastOnce is used");
    WriterGroupPlan {
        name: object.name("DataSetWriterGroup").unwrap_or_else(|| DEFAULT_GROUP.into()),
        publisher_id: object.name("PublisherId"),
        sink: sink(object),
        topic: topic(object, "WriterGroupQueueName"),
        quality: quality.ok().flatten().unwrap_or_default(),
        retain: object.flag("WriterGroupMessageRetention").unwrap_or(false),
        expiry: time_span(object, "WriterGroupMessageTtlTimepan"),
        profile,
        batch_size: most.map_or(batch_size, |most| batch_size.min(most as usize)),
        batch_interval,
        partitions: object.count("WriterGroupPartitions", MAX_PARTITIONS).unwrap_or(1).max(1) as u8,
        max_message_size: object
            .count("MaxNetworkMessageSize", u32::MAX)
            .filter(|size| *size > 0)
            .map(|size| size as usize),
        writers: Vec::new(),
    }
}

/// Both may stand alone: a name for a sink of the process, a connection for one like the first.
fn sink(object: &Object<'_>) -> Option<SinkChoice> {
    let name = object.name("WriterGroupTransport");
    let connection =
        object.secret("WriterGroupTransportConfiguration", "the sink of the process is used").ok().flatten();
    let connection = connection.filter(|text| !text.expose().is_empty());
    if name.is_none() && connection.is_none() {
        return None;
    }
    Some(SinkChoice { name: name.unwrap_or_default(), connection })
}

pub(super) fn topic(object: &Object<'_>, name: &str) -> Option<String> {
    let text = object.text(name)?;
    match topic::check(text) {
        Ok(()) => Some(text.into()),
        Err(cause) => {
            object.invalid(name, &cause, "the default topic is used");
            None
        }
    }
}

fn time_span(object: &Object<'_>, name: &str) -> Option<Duration> {
    let span = timespan::parse(object.text(name)?);
    if span.is_none() {
        object.invalid(name, "it is not a time span like 00:00:01.5", IGNORED);
    }
    span.filter(|span| !span.is_zero())
}

fn route(object: &Object<'_>) -> RoutePlan {
    RoutePlan {
        topic: topic(object, "QueueName"),
        quality: object.choice("QualityOfService", QUALITIES, "that of the group is used").ok().flatten(),
        retain: object.flag("MessageRetention"),
        expiry: time_span(object, "MessageTtlTimespan"),
    }
}

fn cloud_event(object: &Object<'_>) -> Option<CloudEventPlan> {
    let text = |name| object.text(name).map(str::to_owned);
    let plan = CloudEventPlan {
        source: text("DataSetSourceUri"),
        subject: text("DataSetSubject"),
        type_name: text("DataSetType"),
    };
    (plan != CloudEventPlan::default()).then_some(plan)
}

/// Neither set sends each message by itself; a size alone still sends after a second.
fn batching(object: &Object<'_>) -> (usize, Duration) {
    let size = object.count("BatchSize", MAX_BATCH_SIZE).filter(|size| *size > 0);
    let interval = object.duration("BatchTriggerInterval", MILLISECOND).filter(|interval| !interval.is_zero());
    match (size, interval) {
        (Some(1), _) | (None, None) => (1, Duration::ZERO),
        (None, Some(interval)) => (MAX_BATCH_SIZE as usize, interval),
        (Some(size), interval) => (size as usize, interval.unwrap_or(DEFAULT_INTERVAL)),
    }
}

fn writer(object: &Object<'_>, connection: Connection, defaults: &Defaults) -> WriterPlan {
    let name = object.name("DataSetWriterId").unwrap_or_else(|| DEFAULT_WRITER.into());
    WriterPlan {
        id: 0,
        data_set_name: object.text("DataSetName").unwrap_or(&name).into(),
        name,
        connection,
        publishing_interval: defaults.publishing_interval,
        priority: object.count("Priority", u8::MAX.into()).unwrap_or_default() as u8,
        max_keep_alive_count: object.count("MaxKeepAliveCount", u32::MAX).filter(|count| *count > 0),
        key_frame_count: object.count("DataSetKeyFrameCount", u32::MAX).unwrap_or_default(),
        send_keep_alive: object.flag("SendKeepAliveDataSetMessages").unwrap_or(false),
        metadata_interval: object.duration("MetaDataUpdateTime", MILLISECOND).filter(|interval| !interval.is_zero()),
        data_set_description: object.text("DataSetDescription").unwrap_or_default().into(),
        data_set_class_id: guid(object, "DataSetClassId"),
        route: defaults.route.clone(),
        routing: object
            .choice("DataSetRouting", ROUTINGS, "the topic of the writer is used")
            .ok()
            .flatten()
            .unwrap_or_default(),
        meta_data_topic: topic(object, "MetaDataQueueName"),
        meta_data_retain: object.flag("MetaDataRetention").unwrap_or(true),
        meta_data_expiry: time_span(object, "MetaDataTtlTimespan"),
        cloud_event: cloud_event(object),
        keep_alive_as_key_frame: object.flag("SendKeepAliveAsKeyFrameMessages").unwrap_or(false),
        extension_fields: extension_fields(object),
        reading: Reading::default(),
        watchdog: watchdog(object),
        event: None,
        fields: Shared::default(),
        handles: Vec::new(),
        expansions: Vec::new(),
    }
}

/// What is done about late nodes, where they are watched.
fn watchdog(object: &Object<'_>) -> Option<WatchdogPlan> {
    let condition = object.choice("OpcNodeWatchdogCondition", WATCHDOG_CONDITIONS, IGNORED).ok().flatten();
    let behavior = object.choice("DataSetWriterWatchdogBehavior", WATCHDOG_BEHAVIORS, IGNORED).ok().flatten();
    let timeout = time_span(object, "OpcNodeWatchdogTimespan")?;
    Some(WatchdogPlan { timeout, condition: condition.unwrap_or_default(), behavior: behavior.unwrap_or_default() })
}

/// Texts, numbers and Booleans by name. Whole numbers are Int64, others Double.
fn extension_fields(object: &Object<'_>) -> Vec<(String, Variant)> {
    const NAME: &str = "DataSetExtensionFields";
    let members = match object.get(NAME) {
        Some(Json::Object(members)) => members.as_slice(),
        Some(other) => {
            object.invalid(NAME, &format!("it is {}, not an object", other.type_name()), "it is left out");
            &[]
        }
        None => &[],
    };
    let field = |Member { name, value, .. }: &Member| {
        let value = match &value.json {
            Json::Bool(value) => Variant::from(*value),
            Json::Number(number) if number.fract() == 0.0 && number.abs() < 9e15 => Variant::from(*number as i64),
            Json::Number(number) => Variant::from(*number),
            Json::Text(text) => Variant::from(text.as_str()),
            other => {
                object.invalid(NAME, &format!("{name} is {}, not a value", other.type_name()), "the field is left out");
                return None;
            }
        };
        Some((name.clone(), value))
    };
    members.iter().filter_map(field).collect()
}

/// A GUID that says something.
pub(super) fn guid(object: &Object<'_>, name: &str) -> Option<uuid::Uuid> {
    let text = object.text(name)?;
    let id = text.parse().ok();
    if id.is_none() {
        object.invalid(name, "it is not a GUID", "it is left out");
    }
    id.filter(|id: &uuid::Uuid| !id.is_nil())
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Authentication {
    Anonymous,
    UserName,
    Certificate,
}

const LEFT_OUT: &str = "the entry is left out";
const SCHEME: &str = "opc.tcp://";
const DEFAULT_INTERVAL: Duration = Duration::from_secs(1);
pub(super) const MAX_BATCH_SIZE: u32 = 4096;
pub(super) const MAX_PARTITIONS: u32 = 32;
pub(crate) const DEFAULT_GROUP: &str = "DefaultWriterGroup";
pub(crate) const DEFAULT_WRITER: &str = "DefaultWriter";
/// Names and URIs.
pub(super) const POLICIES: &[(&str, &str)] = &[
    ("None", "http://opcfoundation.org/UA/SecurityPolicy#None"),
    ("Basic128Rsa15", "http://opcfoundation.org/UA/SecurityPolicy#Basic128Rsa15"),
    ("Basic256", "http://opcfoundation.org/UA/SecurityPolicy#Basic256"),
    ("Basic256Sha256", "http://opcfoundation.org/UA/SecurityPolicy#Basic256Sha256"),
    ("Aes128_Sha256_RsaOaep", "http://opcfoundation.org/UA/SecurityPolicy#Aes128_Sha256_RsaOaep"),
    ("Aes256_Sha256_RsaPss", "http://opcfoundation.org/UA/SecurityPolicy#Aes256_Sha256_RsaPss"),
];
pub(super) const ROUTINGS: &[(&str, Routing)] = &[
    ("None", Routing::Together),
    ("UseBrowseNames", Routing::BrowseNames),
    ("UseBrowseNamesWithNamespaceIndex", Routing::BrowseNamesWithNamespaceIndex),
];
pub(super) const WATCHDOG_CONDITIONS: &[(&str, WatchdogCondition)] =
    &[("WhenAllAreLate", WatchdogCondition::WhenAllAreLate), ("WhenAnyIsLate", WatchdogCondition::WhenAnyIsLate)];
/// A process that is to end does so in order.
pub(super) const WATCHDOG_BEHAVIORS: &[(&str, WatchdogBehavior)] = &[
    ("Diagnostic", WatchdogBehavior::Diagnostic),
    ("Reset", WatchdogBehavior::Reset),
    ("FailFast", WatchdogBehavior::Fail),
    ("ExitProcess", WatchdogBehavior::Fail),
];
pub(super) const MODES: &[(&str, ModeChoice)] = &[
    ("None", ModeChoice::Exactly(MessageSecurityMode::None)),
    ("Sign", ModeChoice::Exactly(MessageSecurityMode::Sign)),
    ("SignAndEncrypt", ModeChoice::Exactly(MessageSecurityMode::SignAndEncrypt)),
    ("Best", ModeChoice::Best),
    ("NotNone", ModeChoice::NotNone),
];
pub(super) const AUTHENTICATION: &[(&str, Authentication)] = &[
    ("Anonymous", Authentication::Anonymous),
    ("UsernamePassword", Authentication::UserName),
    ("Certificate", Authentication::Certificate),
];
pub(super) const QUALITIES: &[(&str, QualityOfService)] = &[
    ("AtMostOnce", QualityOfService::AtMostOnce),
    ("AtLeastOnce", QualityOfService::AtLeastOnce),
    ("ExactlyOnce", QualityOfService::ExactlyOnce),
];
