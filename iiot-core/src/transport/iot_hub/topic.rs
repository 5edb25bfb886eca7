//! Properties of a message in the topic it is sent to.

use crate::transport::Message;
use crate::transport::percent::encoded;

/// What all topics of a device begin with.
pub(super) fn events(device: &str, module: Option<&str>) -> String {
    match module {
        None => format!("devices/{device}/messages/events/"),
        Some(module) => format!("devices/{device}/modules/{module}/messages/events/"),
    }
}

/// The topic with system properties, then the original topic, then the message's own properties.
pub(super) fn with_properties(events: &str, message: &Message) -> String {
    let content_type = message.content_type.as_deref().unwrap_or_default();
    let (content_type, encoding) = match content_type.strip_suffix("+gzip") {
        Some(plain) => (plain, "gzip"),
        None if content_type == "application/json" => (content_type, "utf-8"),
        None => (content_type, ""),
    };
    let id = message.id.as_deref().unwrap_or_default();
    let system = [("$.ct", content_type), ("$.ce", encoding), ("$.mid", id), ("topic", message.topic.as_str())];
    let system = system.into_iter().filter(|(_, value)| !value.is_empty());
    let system = system.map(|(name, value)| format!("{name}={}", encoded(value)));
    let own = message.properties.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
    format!("{events}{}", system.chain(own).collect::<Vec<_>>().join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_stand_behind_the_topic() {
        let message = Message {
            content_type: Some("application/json".into()),
            id: Some("7".into()),
            properties: vec![("line".into(), "A&B=1/2 ü".into())],
            ..Message::new("plant/oven", "1")
        };
        assert_eq!(
            with_properties(&events("d", None), &message),
            "devices/d/messages/events/$.ct=application%2Fjson&$.ce=utf-8&$.mid=7&topic=plant%2Foven&line=A%26B%3D1%2F2%20%C3%BC"
        );
        let zipped = Message { content_type: Some("application/json+gzip".into()), ..Message::default() };
        assert_eq!(
            with_properties(&events("d", Some("m")), &zipped),
            "devices/d/modules/m/messages/events/$.ct=application%2Fjson&$.ce=gzip"
        );
    }
}
