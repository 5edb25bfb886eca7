//! Events of the Server object.

use std::sync::Arc;

use iiot_core::session::{Session, SessionExt, attribute};
use iiot_core::ua::{
    AttributeId, CreateMonitoredItemsRequest, CreateSubscriptionRequest, EventFilter, EventNotificationList,
    ExtensionObject, MonitoredItemCreateRequest, MonitoringMode, MonitoringParameters, NumericRange, ObjectId,
    ObjectTypeId, PublishRequest, ReadValueId, SimpleAttributeOperand, TimestampsToReturn, Variant,
};

use super::{Outcome, good};

const FIELDS: [&str; 4] = ["SourceNode", "Severity", "Time", "Message"];

/// Two ticks with their fields, the later one with the higher number.
pub(super) async fn receive(session: &Arc<dyn Session>) -> Outcome {
    notifies(session).await?;
    let subscription = subscribe(session).await?;
    create_item(session, subscription).await?;
    let mut ticks = Vec::new();
    while ticks.len() < 2 {
        let response =
            session.service(PublishRequest::default()).await.map_err(|error| format!("Publish: {}", error.report()))?;
        let data = response.notification_message.notification_data.unwrap_or_default();
        for event in data.iter().filter_map(ExtensionObject::inner_as::<EventNotificationList>) {
            for fields in event.events.iter().flatten() {
                ticks.push(number(fields.event_fields.as_deref().unwrap_or_default())?);
            }
        }
    }
    if ticks.is_sorted() { Ok(()) } else { Err(format!("the ticks came as {ticks:?}")) }
}

/// The Server object says that it can be subscribed to.
async fn notifies(session: &Arc<dyn Session>) -> Outcome {
    let server = attribute(&ObjectId::Server.into(), AttributeId::EventNotifier);
    let values = session.read(vec![server]).await.map_err(|error| error.report())?;
    match values[0].value {
        Some(Variant::Byte(bits)) if bits & 1 == 1 => Ok(()),
        ref other => Err(format!("the EventNotifier of the Server object is {other:?}")),
    }
}

async fn subscribe(session: &Arc<dyn Session>) -> Result<u32, String> {
    let request = CreateSubscriptionRequest {
        requested_publishing_interval: 100.0,
        requested_lifetime_count: 1000,
        requested_max_keep_alive_count: 10,
        publishing_enabled: true,
        ..Default::default()
    };
    let response = session.service(request).await.map_err(|error| error.report())?;
    Ok(response.subscription_id)
}

async fn create_item(session: &Arc<dyn Session>, subscription_id: u32) -> Outcome {
    let select = FIELDS.map(|name| {
        SimpleAttributeOperand::new(ObjectTypeId::BaseEventType, name, AttributeId::Value, NumericRange::None)
    });
    let filter = EventFilter { select_clauses: Some(select.to_vec()), ..Default::default() };
    let item = MonitoredItemCreateRequest {
        item_to_monitor: ReadValueId {
            node_id: ObjectId::Server.into(),
            attribute_id: AttributeId::EventNotifier as u32,
            ..Default::default()
        },
        monitoring_mode: MonitoringMode::Reporting,
        requested_parameters: MonitoringParameters {
            client_handle: 1,
            sampling_interval: 0.0,
            filter: ExtensionObject::from_message(filter),
            queue_size: 100,
            discard_oldest: true,
        },
    };
    let request = CreateMonitoredItemsRequest {
        subscription_id,
        timestamps_to_return: TimestampsToReturn::Both,
        items_to_create: Some(vec![item]),
        ..Default::default()
    };
    let response = session.service(request).await.map_err(|error| error.report())?;
    good(response.results.unwrap_or_default().first().ok_or("no result for the item")?.status_code)
}

/// The number of a tick whose other fields are as they should be.
fn number(fields: &[Variant]) -> Result<u32, String> {
    let [Variant::NodeId(source), Variant::UInt16(500), Variant::DateTime(_), Variant::LocalizedText(message)] = fields
    else {
        return Err(format!("the fields {FIELDS:?} are {fields:?}"));
    };
    if **source != ObjectId::Server {
        return Err(format!("the source is {source}"));
    }
    let text = message.text.as_ref();
    text.strip_prefix("tick ").and_then(|rest| rest.parse().ok()).ok_or_else(|| format!("the message is {text}"))
}
