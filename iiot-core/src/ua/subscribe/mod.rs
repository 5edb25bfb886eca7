//! Subscriptions: what is asked of the server, and what it sends.
//!
//! [`Engine`] decides and waits for nothing; the session's shell moves its requests and answers.

#[cfg(test)]
mod allocation_tests;
mod answer;
mod changes;
mod columns;
mod decode;
mod delivery;
mod engine;
#[cfg(test)]
mod event_tests;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
mod items;
mod links;
mod parameters;
#[cfg(test)]
mod reconcile_tests;
mod retry;
#[cfg(test)]
mod return_tests;
mod sequence;
#[cfg(test)]
mod simulated;
mod slot;
#[cfg(test)]
mod tests;
mod watchdog;
pub(super) mod wire;

pub(crate) use decode::fault_status;
pub(crate) use engine::{Continuity, Engine, EngineRequest, Key};

/// The data changes of a PublishResponse, as a batch.
#[cfg(feature = "testing")]
pub(crate) fn decode_publish_response(body: &bytes::Bytes) -> Option<crate::session::DataBatch> {
    let published = decode::publish_response(body).ok()?.ok()?;
    values(published.message, published.subscription_id)
}

/// The data changes of a response that was stored, as a batch; whoever stored it knows the rest.
pub(crate) fn decode_stored(body: &bytes::Bytes, republished: bool) -> Option<crate::session::DataBatch> {
    let message = match republished {
        true => decode::republish_response(body).ok()?.ok()?,
        false => decode::publish_response(body).ok()?.ok()?.message,
    };
    values(message, 0)
}

fn values(message: decode::Message, subscription_id: u32) -> Option<crate::session::DataBatch> {
    let frame = columns::Frame {
        token: 0,
        event_token: 0,
        subscription_id,
        sequence_number: message.sequence_number,
        publish_time: message.publish_time,
        republished: message.republished,
        namespaces: std::sync::Arc::default(),
        body: message.body(),
    };
    message.content?.ok()?.into_batches(frame).0
}
