//! CloudEvents headers of messages (CloudEvents 1.0, binary content mode): user properties, so that
//! routers need not look into a message.

use iiot_core::time::UtcTime;

use crate::message::{MessageKind, NetworkMessage};
use crate::plan::WriterPlan;

/// The headers of a message of this writer; none if it is not to have any. The `source` is that of the configuration,
/// else what the server calls itself, else its URL.
#[must_use]
pub fn headers(
    writer: &WriterPlan,
    application_uri: Option<&str>,
    message: &NetworkMessage,
    utc: UtcTime,
) -> Vec<(String, String)> {
    let Some(event) = &writer.cloud_event else { return Vec::new() };
    let kind = match message.kind {
        MessageKind::MetaData { .. } => "Metadata",
        MessageKind::Schema { .. } => "Schema",
        MessageKind::Data if writer.event.is_some() => "Event",
        MessageKind::Data => "Dataset",
    };
    let type_name = event.type_name.as_ref().map_or_else(|| kind.to_owned(), |name| format!("{kind}/{name}"));
    let source = event.source.as_deref().or(application_uri).unwrap_or(&writer.connection.options.endpoint_url);
    let mut headers = vec![
        ("specversion", "1.0".to_owned()),
        ("id", message.message_id.to_string()),
        ("source", source.to_owned()),
        ("type", type_name),
        ("time", utc.to_string()),
    ];
    headers.extend(event.subject.as_ref().map(|subject| ("subject", subject.clone())));
    headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
