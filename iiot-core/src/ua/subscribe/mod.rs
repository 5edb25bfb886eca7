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

use bytes::Bytes;

use crate::error::{Error, Result};
use crate::session::DataBatch;

pub(crate) use decode::fault_status;
pub(crate) use engine::{Continuity, Engine, EngineRequest, Key};

/// The data changes of a PublishResponse, as a batch.
#[cfg(feature = "testing")]
pub(crate) fn decode_publish_response(body: &Bytes) -> Option<DataBatch> {
    DataBatch::of_publish_response(body).ok()?
}

/// The data changes and the events of a response that was stored; whoever stored it knows the rest.
pub(crate) fn decode_stored(body: &Bytes, republished: bool) -> Option<Batches> {
    let message = match republished {
        true => decode::republish_response(body).ok()?.ok()?,
        false => decode::publish_response(body).ok()?.ok()?.message,
    };
    batches(message, 0)
}

pub(crate) type Batches = (Option<DataBatch>, Option<crate::session::EventBatch>);

fn batches(message: decode::Message, subscription_id: u32) -> Option<Batches> {
    let frame = frame(&message, subscription_id);
    Some(message.content?.ok()?.into_batches(frame))
}

fn frame(message: &decode::Message, subscription_id: u32) -> columns::Frame {
    columns::Frame {
        token: 0,
        event_token: 0,
        subscription_id,
        sequence_number: message.sequence_number,
        publish_time: message.publish_time,
        republished: message.republished,
        namespaces: std::sync::Arc::default(),
        body: message.body(),
    }
}

impl DataBatch {
    /// The values of a PublishResponse that was recorded, as bytes that begin with its encoding id; `None` where there is none
    /// in it. Nobody can acknowledge it, and it knows no namespaces.
    ///
    /// # Errors
    /// `Corrupt` if it is no such response; the status of the server where it is a failure.
    pub fn of_publish_response(body: &Bytes) -> Result<Option<Self>> {
        let published = decode::publish_response(body)?;
        let decode::Published { subscription_id, message, .. } =
            published.map_err(|status| Error::from_status("take a PublishResponse", status))?;
        let frame = frame(&message, subscription_id);
        Ok(message.content.transpose()?.and_then(|content| content.into_batches(frame).0))
    }
}
