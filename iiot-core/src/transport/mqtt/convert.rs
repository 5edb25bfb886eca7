//! Our words to the MQTT crate's and back.

use std::time::Duration;

use mqtt5::error::MqttError;
use mqtt5::packet::publish::PublishPacket;
use mqtt5::types::ReasonCode;
use mqtt5::{MessageProperties, PublishOptions, PublishOutcome, PublishProperties, PublishRejection, QoS, WillMessage};

use crate::error::{Error, ErrorKind, Result};
use crate::transport::{Message, QualityOfService};

/// How the crate is told to publish a message.
pub(super) fn publish_options(message: &Message) -> PublishOptions {
    PublishOptions {
        qos: qos(message.quality),
        retain: message.retain,
        properties: PublishProperties {
            message_expiry_interval: message.expiry.map(whole_seconds),
            response_topic: message.response_topic.clone(),
            correlation_data: message.correlation.as_ref().map(|data| data.to_vec()),
            user_properties: message.properties.clone(),
            content_type: message.content_type.clone(),
            ..PublishProperties::default()
        },
        skip_codec: true,
    }
}

/// The last will; it has no properties.
pub(super) fn will(message: &Message) -> WillMessage {
    let will = WillMessage::new(message.topic.clone(), message.payload.to_vec());
    will.with_qos(qos(message.quality)).with_retain(message.retain)
}

fn qos(quality: QualityOfService) -> QoS {
    match quality {
        QualityOfService::AtMostOnce => QoS::AtMostOnce,
        QualityOfService::AtLeastOnce => QoS::AtLeastOnce,
        QualityOfService::ExactlyOnce => QoS::ExactlyOnce,
    }
}

/// A received message, and the subscriptions of ours it came through, if the broker says so.
pub(super) fn received(packet: PublishPacket) -> (Message, Vec<u32>) {
    let properties = MessageProperties::from(packet.properties);
    let message = Message {
        topic: packet.topic_name,
        payload: packet.payload,
        content_type: properties.content_type,
        properties: properties.user_properties,
        quality: match packet.qos {
            QoS::AtMostOnce => QualityOfService::AtMostOnce,
            QoS::AtLeastOnce => QualityOfService::AtLeastOnce,
            QoS::ExactlyOnce => QualityOfService::ExactlyOnce,
        },
        retain: packet.retain,
        expiry: properties.message_expiry_interval.map(|seconds| Duration::from_secs(seconds.into())),
        response_topic: properties.response_topic,
        correlation: properties.correlation_data.map(Into::into),
        id: None,
    };
    (message, properties.subscription_identifiers)
}

/// What became of a publish.
pub(super) fn settled(outcome: PublishOutcome) -> Result<()> {
    match outcome {
        PublishOutcome::Delivered(_) => Ok(()),
        PublishOutcome::Rejected(PublishRejection::Refused(reason)) => Err(refused("publish", reason)),
        PublishOutcome::Rejected(PublishRejection::PacketTooLarge) => Err(too_large()),
        PublishOutcome::Rejected(PublishRejection::RetainNotSupported) => Err(no_retain()),
        PublishOutcome::Rejected(PublishRejection::QoSNotSupported) => Err(Error::new(
            ErrorKind::Unsupported,
            "publish",
            "the broker does not offer the delivery guarantee that was asked for",
        )),
        PublishOutcome::Rejected(_) => {
            Err(Error::new(ErrorKind::InvalidArgument, "publish", "the message cannot be encoded for MQTT"))
        }
        PublishOutcome::Indeterminate(reason) => {
            let message = format!("the broker may or may not have taken the message ({reason:?})");
            Err(Error::new(ErrorKind::Indeterminate, "publish", message))
        }
    }
}

/// Whether a call failed only because there was no connection, so that it can be made again.
pub(super) fn lost_connection(error: &MqttError) -> bool {
    use MqttError as E;
    matches!(
        error,
        E::NotConnected
            | E::Io(_)
            | E::ConnectionError(_)
            | E::ConnectionClosedByPeer
            | E::ClientClosed
            | E::KeepAliveTimeout
            | E::ServerDisconnect(_)
            | E::FlowControlExceeded
            | E::Timeout
    )
}

/// One sentence for an error of the MQTT crate.
pub(super) fn failure(operation: &'static str, error: MqttError) -> Error {
    use MqttError as E;
    match error {
        E::ConnectionRefused(reason) | E::PublishFailed(reason) | E::SubscriptionFailed(reason) => {
            refused(operation, reason)
        }
        E::SubscriptionDenied(reason) => {
            let message = format!("the broker does not allow the subscription ({reason:?}); see its access rules");
            Error::new(ErrorKind::Forbidden, operation, message)
        }
        E::PacketTooLarge { .. } | E::MessageTooLarge => too_large(),
        E::RetainNotSupported => no_retain(),
        E::ConnectionError(text) | E::Io(text) if is_about_ours(&text) => {
            let message = format!(
                "{}; the broker wants a client certificate that it trusts: give certificate and key",
                plain(&text)
            );
            Error::new(ErrorKind::Unauthenticated, operation, message)
        }
        E::ConnectionError(text) | E::Io(text) if is_certificate_matter(&text) => {
            let message = format!("{}; give the authority that issued the broker's certificate", plain(&text));
            Error::new(ErrorKind::Untrusted, operation, message)
        }
        E::ConnectionError(text) | E::Io(text) => {
            Error::new(ErrorKind::Unavailable, operation, format!("{}; is the broker running there?", plain(&text)))
        }
        E::InvalidTopicName(_) | E::InvalidTopicFilter(_) | E::StringTooLong(_) | E::Configuration(_) => {
            Error::new(ErrorKind::InvalidArgument, operation, error.to_string())
        }
        E::Timeout => Error::new(ErrorKind::Timeout, operation, "the broker did not answer in time"),
        other if lost_connection(&other) => Error::new(ErrorKind::Unavailable, operation, other.to_string()),
        other => Error::new(ErrorKind::Protocol, operation, other.to_string()),
    }
}

fn refused(operation: &'static str, reason: ReasonCode) -> Error {
    use ReasonCode as R;
    let (kind, message) = match reason {
        R::BadUsernameOrPassword => {
            (ErrorKind::Unauthenticated, "the broker refused user name and password".to_owned())
        }
        R::NotAuthorized if operation == CONNECT => (
            ErrorKind::Unauthenticated,
            "the broker refused us: check user name and password, or the client certificate".to_owned(),
        ),
        R::NotAuthorized => (ErrorKind::Forbidden, "the broker's access rules do not allow it".to_owned()),
        R::ServerBusy | R::ServerUnavailable | R::ServerShuttingDown => {
            (ErrorKind::Unavailable, format!("the broker is not available ({reason:?})"))
        }
        R::QuotaExceeded | R::ConnectionRateExceeded | R::PacketTooLarge => {
            (ErrorKind::LimitExceeded, format!("a limit of the broker was met ({reason:?})"))
        }
        R::UnsupportedProtocolVersion => {
            (ErrorKind::Unsupported, "the broker does not speak this version of MQTT; try version=3.1.1".to_owned())
        }
        _ => (ErrorKind::Protocol, format!("the broker refused ({reason:?})")),
    };
    Error::new(kind, operation, message)
}

/// The crate's texts come as `TCP connect failed: IO error: Connection refused (os error 111)`.
fn plain(text: &str) -> String {
    let text = text.strip_prefix("TCP connect failed: ").unwrap_or(text);
    let text = text.strip_prefix("TLS connect failed: ").unwrap_or(text);
    let text = text.trim_start_matches("Connection error: ").trim_start_matches("IO error: ");
    let acronym = text.chars().nth(1).is_some_and(char::is_uppercase);
    let mut text = text.to_owned();
    if let Some(first) = text.get_mut(..1).filter(|_| !acronym) {
        first.make_ascii_lowercase();
    }
    text
}

/// Whether the broker said it of our certificate, in a TLS alert.
fn is_about_ours(text: &str) -> bool {
    text.contains("received fatal alert")
}

fn is_certificate_matter(text: &str) -> bool {
    text.contains("certificate") || text.contains("UnknownCA") || text.contains("UnknownIssuer")
}

fn too_large() -> Error {
    let message = "the message is larger than the broker accepts; make it smaller or raise the broker's limit";
    Error::new(ErrorKind::LimitExceeded, "publish", message).retryable(false)
}

fn no_retain() -> Error {
    Error::new(ErrorKind::Unsupported, "publish", "the broker does not keep retained messages")
}

/// MQTT counts expiry in whole seconds; a message must not vanish earlier than was asked.
fn whole_seconds(expiry: Duration) -> u32 {
    let seconds = expiry.as_secs() + u64::from(expiry.subsec_nanos() > 0);
    u32::try_from(seconds).unwrap_or(u32::MAX)
}

/// The operation of connecting, whose refusals mean something else.
pub(super) const CONNECT: &str = "connect to the MQTT broker";
