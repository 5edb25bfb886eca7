//! What a server has sent for a writer: values or events.

use std::sync::Arc;

use iiot_core::session::{DataBatch, EventBatch};

use super::span::Span;
use crate::plan::EventLayout;

/// One batch on its way from a subscription to its group.
#[derive(Debug, Clone)]
pub(super) enum Received {
    Data(Arc<DataBatch>),
    /// Events and what their fields mean.
    Events(Arc<EventBatch>, Arc<EventLayout>),
}

impl Received {
    pub(super) fn token(&self) -> u64 {
        match self {
            Self::Data(batch) => batch.token,
            Self::Events(batch, _) => batch.token,
        }
    }

    /// Whether some of it came before, from the same server.
    pub(super) fn repeats(&self) -> bool {
        matches!(self, Self::Data(batch) if batch.repeats)
    }

    pub(super) fn set_token(&mut self, token: u64) {
        match self {
            Self::Data(batch) => Arc::make_mut(batch).token = token,
            Self::Events(batch, _) => Arc::make_mut(batch).token = token,
        }
    }

    /// Values, or events.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Data(batch) => batch.len(),
            Self::Events(batch, _) => batch.len(),
        }
    }

    /// The subscription, and the number of the message that it came with.
    pub(super) fn origin(&self) -> (u32, u32) {
        match self {
            Self::Data(batch) => (batch.subscription_id, batch.sequence_number),
            Self::Events(batch, _) => (batch.subscription_id, batch.sequence_number),
        }
    }

    pub(super) fn namespaces(&self) -> &Arc<Vec<String>> {
        match self {
            Self::Data(batch) => &batch.namespaces,
            Self::Events(batch, _) => &batch.namespaces,
        }
    }

    pub(super) fn layout(&self) -> Option<&Arc<EventLayout>> {
        match self {
            Self::Data(_) => None,
            Self::Events(_, layout) => Some(layout),
        }
    }

    pub(super) fn stored_size(&self) -> usize {
        match self {
            Self::Data(batch) => batch.stored_size(),
            Self::Events(batch, _) => batch.stored_size(),
        }
    }

    pub(super) fn span(&self) -> Span {
        match self {
            Self::Data(batch) => Span::of(batch),
            Self::Events(batch, _) => Span::of_events(batch),
        }
    }
}
