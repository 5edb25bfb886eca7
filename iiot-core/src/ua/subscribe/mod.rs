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
    batches(published.message, published.subscription_id)?.0
}

/// The data changes and the events of a response that was stored; whoever stored it knows the rest.
pub(crate) fn decode_stored(body: &bytes::Bytes, republished: bool) -> Option<Batches> {
    let message = match republished {
        true => decode::republish_response(body).ok()?.ok()?,
        false => decode::publish_response(body).ok()?.ok()?.message,
    };
    batches(message, 0)
}

pub(crate) type Batches = (Option<crate::session::DataBatch>, Option<crate::session::EventBatch>);

fn batches(message: decode::Message, subscription_id: u32) -> Option<Batches> {
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
    Some(message.content?.ok()?.into_batches(frame))
}
