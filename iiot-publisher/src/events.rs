//! Events of one writer: from rows to DataSetMessages, or to snapshots of conditions.

use std::collections::VecDeque;
use std::time::Instant;

use iiot_core::json::EncodedDataValue;
use iiot_core::session::{EncodedValue, EventBatch};
use iiot_core::ua::StatusCode;

use crate::data_set::{DataSet, Time};
use crate::encode::{Fields, FrameKind};
use crate::field::Current;
use crate::message::{Loss, LossReason};
use crate::outbox::{Outbox, TooLarge};

impl DataSet {
    /// Turns each event into a message, or notes what it says of its condition.
    pub(crate) fn publish_events(
        &mut self,
        batch: &EventBatch,
        delivery: u64,
        time: Time,
        outbox: &mut Outbox,
        losses: &mut VecDeque<Loss>,
    ) {
        self.set_connected(true);
        let writer = self.id();
        let mut declare = |reason| losses.push_back(Loss { writer, values: 1, reason });
        if !batch.is_empty() {
            self.announce_once(outbox, time.utc);
        }
        for event in batch.rows() {
            if let Some(conditions) = self.conditions_mut() {
                if !conditions.event(&event, &batch.namespaces, time.now) {
                    declare(LossReason::TooManyConditions);
                }
                continue;
            }
            let value = |index: usize| event.field(index);
            let part = self.part(1, Some(delivery));
            let sent = self.append(FrameKind::Event, part, time, outbox, |set, out| {
                set.push_event(out, value, &batch.namespaces);
            });
            match sent {
                Ok(malformed) => malformed.into_iter().for_each(|error| declare(LossReason::Malformed(error))),
                Err(TooLarge { size, limit }) => declare(LossReason::TooLarge { size, limit }),
            }
        }
    }

    fn push_event<'v>(&self, out: &mut Fields<'_>, value: impl Fn(usize) -> EncodedValue<'v>, namespaces: &[String]) {
        for index in 0..self.fields().len() {
            out.push(&self.field_of(index), &alone(value(index), namespaces));
        }
        self.push_constants(out);
    }

    /// Sends all retained conditions if it is time.
    pub(crate) fn snapshot(&mut self, time: Time, outbox: &mut Outbox) {
        if !self.conditions_mut().is_some_and(|conditions| conditions.due(time.now)) {
            return;
        }
        let Some(conditions) = self.take_conditions() else { return };
        for retained in conditions.retained() {
            // A condition too large for a message was too large as an event; it stays known.
            let sent = self.append(FrameKind::Condition, self.part(0, None), time, outbox, |set, out| {
                set.push_event(out, |index| retained.field(index), &retained.namespaces);
            });
            let _ = sent;
        }
        self.put_conditions(conditions);
    }

    pub(crate) fn snapshot_deadline(&self) -> Option<Instant> {
        self.conditions().map(crate::conditions::Conditions::deadline)
    }
}

fn alone<'a>(value: EncodedValue<'a>, namespaces: &'a [String]) -> Current<'a> {
    let value = EncodedDataValue { value, status: StatusCode::Good, source_timestamp: None, server_timestamp: None };
    (value, namespaces)
}
