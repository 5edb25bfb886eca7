//! From a NetworkMessage to what a hub carries: where it goes, and how.

use iiot_core::time::UtcTime;
use iiot_core::transport::Message;

use crate::cloud_events;
use crate::message::{Extent, MessageKind, NetworkMessage};
use crate::plan::{WriterGroupPlan, WriterPlan};
use crate::profile::MessageProfile;
use crate::topic::{self, Names};

/// Who sends a message, and where its values come from.
#[derive(Debug, Clone, Copy, Default)]
pub struct Origin<'a> {
    /// PublisherId where the group has none of its own.
    pub publisher_id: &'a str,
    /// That of the log the values come from, where there is one: the message then has the same id when another
    /// process makes it again.
    pub identity: Option<&'a str>,
    /// What the server calls itself, where that is known and there is just one.
    pub application_uri: Option<&'a str>,
    /// What stands behind the topic of the writer, where the field has one of its own.
    pub levels: Option<&'a str>,
}

/// The message as it is sent.
#[must_use]
pub fn outgoing(plan: &WriterGroupPlan, origin: Origin<'_>, message: &NetworkMessage, utc: UtcTime) -> Message {
    let writer = message.kind.writer().or(message.route);
    let writer = writer.and_then(|id| plan.writers.iter().find(|writer| writer.id == id));
    let publisher_id = plan.publisher_id.as_deref().unwrap_or(origin.publisher_id);
    let names = Names { publisher_id, group: plan, writer };
    let out = match message.kind {
        MessageKind::MetaData { .. } => meta_data(plan, writer, topic::metadata(names)),
        MessageKind::Schema { .. } => meta_data(plan, writer, topic::schema(names)),
        MessageKind::Data => data(plan, writer, names, origin.levels),
    };
    Message {
        payload: message.payload.clone(),
        content_type: Some(content_type(plan, message.kind).into()),
        properties: properties(plan, writer, origin.application_uri, message, utc),
        id: Some(id(message, origin.identity)),
        ..out
    }
}

fn data(plan: &WriterGroupPlan, writer: Option<&WriterPlan>, names: Names<'_>, levels: Option<&str>) -> Message {
    let route = writer.map(|writer| writer.route.clone()).unwrap_or_default();
    let topic = topic::data(names);
    let topic = match levels {
        Some(levels) => format!("{topic}/{levels}"),
        None => topic,
    };
    Message {
        topic,
        quality: route.quality.unwrap_or(plan.quality),
        retain: route.retain.unwrap_or(plan.retain),
        expiry: route.expiry.or(plan.expiry),
        ..Message::default()
    }
}

fn meta_data(plan: &WriterGroupPlan, writer: Option<&WriterPlan>, topic: String) -> Message {
    Message {
        topic,
        quality: writer.and_then(|writer| writer.route.quality).unwrap_or(plan.quality),
        retain: writer.is_none_or(|writer| writer.meta_data_retain),
        expiry: writer.and_then(|writer| writer.meta_data_expiry),
        ..Message::default()
    }
}

fn content_type(plan: &WriterGroupPlan, kind: MessageKind) -> &'static str {
    match kind {
        MessageKind::Schema { .. } => "application/schema+json",
        _ => plan.profile.content_type(),
    }
}

/// Names what is in the message, and not how it is written: that differs from process to process.
fn id(message: &NetworkMessage, identity: Option<&str>) -> String {
    match (identity, message.extent) {
        (Some(identity), Some(Extent { from, until, piece })) => {
            format!("{identity}-{}.{}-{}.{}.{piece}", from.0, from.1, until.0, until.1)
        }
        _ => message.message_id.simple().to_string(),
    }
}

fn properties(
    plan: &WriterGroupPlan,
    writer: Option<&WriterPlan>,
    application_uri: Option<&str>,
    message: &NetworkMessage,
    utc: UtcTime,
) -> Vec<(String, String)> {
    let headers = |writer| cloud_events::headers(writer, application_uri, message, utc);
    let mut properties = writer.map(headers).unwrap_or_default();
    let is_schema = matches!(message.kind, MessageKind::Schema { .. });
    if properties.is_empty() && !plan.profile.is_strict() && !is_schema {
        properties.extend(described(plan.profile));
    }
    if message.heartbeat {
        properties.push(("Heartbeat".into(), "true".into()));
    }
    properties
}

/// What OPC Publisher tells in the compatible dialect of what is in a message.
fn described(profile: MessageProfile) -> impl Iterator<Item = (String, String)> {
    let schema = match (profile.is_binary(), profile.is_samples()) {
        (true, _) => "x-network-message-uadp-v1",
        (_, true) => "x-monitored-item-json-v1",
        _ => "x-network-message-json-v1",
    };
    let encoding = (!profile.is_binary() && !profile.is_compressed()).then_some(("$$ContentEncoding", "utf-8"));
    let all = [("$$ContentType", profile.content_type()), ("$$MessageSchema", schema)].into_iter().chain(encoding);
    all.map(|(name, value)| (name.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::time::Duration;

    use bytes::Bytes;
    use iiot_core::transport::QualityOfService;

    use super::*;
    use crate::plan::{CloudEventPlan, Plan};
    use crate::profile::{Dialect, MessageEncoding, MessagingMode};

    fn message(kind: MessageKind, route: Option<u16>) -> NetworkMessage {
        NetworkMessage {
            id: 1,
            message_id: uuid::Uuid::from_u128(7),
            route,
            field: None,
            kind,
            heartbeat: true,
            payload: Bytes::from_static(b"x"),
            data_set_messages: 1,
            values: 1,
            extent: Some(Extent { from: (7, 0), until: (9, 2), piece: 0 }),
        }
    }

    #[test]
    fn a_writer_can_have_its_own_way_and_headers() {
        let node = "ns=2;s=a".parse().unwrap();
        let mut plan = Plan::of_nodes("opc.tcp://plc", vec![node], Duration::from_secs(1)).writer_groups.remove(0);
        plan.quality = QualityOfService::ExactlyOnce;
        plan.expiry = Some(Duration::from_secs(5));
        let writer = &mut plan.writers[0];
        writer.route.topic = Some("own/{DataSetWriter}".into());
        writer.route.retain = Some(true);
        writer.meta_data_retain = false;
        writer.cloud_event = Some(CloudEventPlan { subject: Some("oven".into()), ..CloudEventPlan::default() });
        let origin = Origin { publisher_id: "edge", identity: Some("log"), application_uri: None, levels: None };
        let sent = outgoing(&plan, origin, &message(MessageKind::Data, Some(1)), UtcTime::UNIX_EPOCH);
        assert_eq!(
            (sent.topic.as_str(), sent.retain, sent.quality),
            ("own/nodes", true, QualityOfService::ExactlyOnce)
        );
        assert_eq!(sent.expiry, Some(Duration::from_secs(5)));
        assert_eq!(sent.id.as_deref(), Some("log-7.0-9.2.0"));
        let header =
            |name: &str| sent.properties.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        assert_eq!(header("id"), Some("00000000-0000-0000-0000-000000000007"));
        assert_eq!((header("source"), header("type")), (Some("opc.tcp://plc"), Some("Dataset")));
        assert_eq!((header("subject"), header("Heartbeat")), (Some("oven"), Some("true")));
        let named = Origin { application_uri: Some("urn:plc"), ..origin };
        let sent = outgoing(&plan, named, &message(MessageKind::Data, Some(1)), UtcTime::UNIX_EPOCH);
        assert!(sent.properties.contains(&("source".into(), "urn:plc".into())), "{:?}", sent.properties);
        let sent = outgoing(&plan, origin, &message(MessageKind::MetaData { writer: 1 }, None), UtcTime::UNIX_EPOCH);
        assert_eq!((sent.topic.as_str(), sent.retain, sent.expiry), ("own/nodes/metadata/nodes", false, None));
        let origin = Origin { publisher_id: "edge", ..Origin::default() };
        let sent = outgoing(&plan, origin, &message(MessageKind::Data, None), UtcTime::UNIX_EPOCH);
        assert_eq!(sent.id.as_deref(), Some("00000000000000000000000000000007"));
        assert_eq!((sent.topic.as_str(), sent.retain), ("edge/messages/nodes", false));
        assert_eq!(sent.properties, [("Heartbeat".to_owned(), "true".to_owned())]);
        plan.profile = MessageProfile::new(MessagingMode::Samples, MessageEncoding::Json, Dialect::Compatible).unwrap();
        let sent = outgoing(&plan, origin, &message(MessageKind::Data, None), UtcTime::UNIX_EPOCH);
        let property =
            |name: &str| sent.properties.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        assert_eq!(property("$$MessageSchema"), Some("x-monitored-item-json-v1"));
        assert_eq!(
            (property("$$ContentType"), property("$$ContentEncoding")),
            (Some("application/json"), Some("utf-8"))
        );
    }
}
