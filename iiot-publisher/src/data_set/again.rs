//! What is sent without a new value: heartbeats, keep-alives, key frames on demand.

use std::time::Instant;

use super::{DataSet, Time};
use crate::encode::FrameKind;
use crate::field::{Current, Field};
use crate::outbox::{Outbox, Part};
use crate::plan::FieldSettings;

impl DataSet {
    /// Sends what is known of fields that have been silent for their heartbeat interval.
    pub(crate) fn beat(&mut self, fields: &[usize], time: Time, outbox: &mut Outbox) {
        for index in fields {
            self.fields[*index].restart_silence(&self.plan.fields[*index], time.now);
        }
        let known =
            |index: &usize| self.fields[*index].beat(&self.plan.fields[*index], self.connected, time.now).is_some();
        let fields: Vec<usize> = fields.iter().copied().filter(known).collect();
        if fields.is_empty() {
            return;
        }
        self.announce_once(outbox, time.utc);
        self.send_all_again(&fields, Field::beat, time, outbox);
    }

    /// Sends what is known of these fields, each by itself where that is how they are sent.
    fn send_all_again(&mut self, fields: &[usize], known: KnownOf, time: Time, outbox: &mut Outbox) {
        let each = if self.sends_singly() { 1 } else { fields.len().max(1) };
        for fields in fields.chunks(each) {
            self.send_again(fields, known, time, outbox);
        }
    }

    /// Whether each value is a message.
    pub(super) fn sends_singly(&self) -> bool {
        self.profile.is_samples() || self.plan.is_routed()
    }

    /// Sends what is known of these fields, in several messages if need be.
    fn send_again(&mut self, fields: &[usize], known: KnownOf, time: Time, outbox: &mut Outbox) {
        let part = Part { heartbeat: true, field: self.topic_of(fields[0]), ..self.part(0, None) };
        let sent = self.append(FrameKind::Delta, part, time, outbox, |set, out| {
            for index in fields {
                if let Some(current) = known(&set.fields[*index], &set.plan.fields[*index], set.connected, time.now) {
                    out.push(&set.field_of(*index), &current);
                }
            }
            set.push_constants(out);
        });
        // What is too large for a message by itself, or malformed, was declared lost when it came.
        if sent.is_err() && fields.len() > 1 {
            let (first, second) = fields.split_at(fields.len() / 2);
            self.send_again(first, known, time, outbox);
            self.send_again(second, known, time, outbox);
        }
    }

    /// Sends a DataSetMessage without payload, or a key frame of what is known.
    pub(crate) fn keep_alive(&mut self, time: Time, outbox: &mut Outbox) {
        if self.plan.keep_alive_as_key_frame && !self.profile.is_samples() && self.plan.event.is_none() {
            return self.repeat(time, outbox);
        }
        if self.plan.send_keep_alive && self.profile.has_data_set_header() {
            let frame = self.frame(FrameKind::KeepAlive, time.utc, false);
            let write = |out: &mut Vec<u8>| drop(self.encoder.frame(out, &frame, |_| ()));
            // A limit that lets no keep-alive through is reported with the first value.
            let _ = outbox.append(self.part(0, None), time, write);
        }
    }

    /// Sends a key frame of the last values.
    pub(crate) fn repeat(&mut self, time: Time, outbox: &mut Outbox) {
        if self.events.is_some() {
            return;
        }
        self.announce_once(outbox, time.utc);
        let part = Part { heartbeat: true, ..self.part(0, None) };
        let whole = !self.sends_singly()
            && self.append(FrameKind::Key, part, time, outbox, |set, out| set.push_all(out)).is_ok();
        if !whole {
            let fields: Vec<usize> = (0..self.fields.len()).collect();
            let known: KnownOf = |field, _, connected, _| Some(field.in_key_frame(connected));
            self.send_all_again(&fields, known, time, outbox);
        }
    }
}

/// What can be sent again of a field.
type KnownOf = for<'f> fn(&'f Field, &FieldSettings, bool, Instant) -> Option<Current<'f>>;
