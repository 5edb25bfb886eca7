//! Notices what is missing from the values of one writer.

use std::collections::{HashMap, HashSet};

use iiot_core::session::{DataBatch, Gap, Row};
use iiot_core::time::UtcTime;
use iiot_core::ua::StatusCode;

use crate::ledger::LossCause;
use crate::places::Places;
use crate::plan::{FieldPlan, Reading, WriterPlan};

/// Follows the source timestamps of a writer's fields and turns gaps and overflows into intervals.
///
/// It never looks at values. A gap is open from the moment it is told until the field's next value;
/// only then both ends of the interval are known.
#[derive(Debug)]
pub struct Continuity {
    fields: Vec<Track>,
    /// What may be missing since a gap was told, by field, until its next value.
    open: HashMap<usize, Open>,
    /// Fields of which the newest value goes when the server's queue is full; few are like that.
    newest_goes: HashSet<usize>,
    places: Places,
    /// Modulo 2³²; a field is not silent for so many and then reports twice in one.
    batches: u32,
    /// What the Overflow bit says.
    overflow: LossCause,
    /// How many there were when the connection came back last, if it did.
    returned: Option<u32>,
    /// Whether somebody has followed the values before us.
    inherited: bool,
    repeats: bool,
}

/// An interval in which values of a field are or may be missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// Index of the field.
    pub field: usize,
    /// Source timestamp of the last value before it.
    pub after: Option<UtcTime>,
    /// Source timestamp of the first value behind it.
    pub before: Option<UtcTime>,
    /// Why.
    pub cause: LossCause,
}

#[derive(Debug, Default)]
struct Track {
    /// Of the last value.
    last: Option<UtcTime>,
    status: StatusCode,
    /// Of the last value before the current batch.
    last_before_batch: Option<UtcTime>,
    batch: u32,
}

#[derive(Debug, Clone, Copy)]
struct Open {
    after: Option<UtcTime>,
    cause: LossCause,
}

impl Continuity {
    /// For the fields of a writer.
    #[must_use]
    pub fn new(plan: &WriterPlan) -> Self {
        let mut this = Self {
            fields: Vec::new(),
            open: HashMap::new(),
            newest_goes: HashSet::new(),
            places: Places::default(),
            batches: 0,
            overflow: LossCause::ServerQueueOverflow,
            returned: None,
            inherited: false,
            repeats: false,
        };
        let _ = this.change(plan);
        this
    }

    /// The writer has these fields from now on; what is known of those that stay is kept, by client
    /// handle. Returns what is missing of those that go, by their index before.
    #[must_use]
    pub fn change(&mut self, plan: &WriterPlan) -> Vec<Missing> {
        let mut open = HashMap::new();
        let mut track = |position| {
            let Some(old) = self.places.position(plan.handle(position)) else { return Track::default() };
            open.extend(self.open.remove(&old).map(|missing| (position, missing)));
            std::mem::take(&mut self.fields[old])
        };
        let fields = (0..plan.fields.len()).map(&mut track).collect();
        let missing = self.finish();
        self.open = open;
        let newest_goes = |(_, field): &(usize, &FieldPlan)| !field.discard_oldest;
        self.newest_goes = plan.fields.iter().enumerate().filter(newest_goes).map(|(position, _)| position).collect();
        (self.fields, self.places) = (fields, Places::of(plan));
        self.overflow = match plan.reading {
            Reading::Subscribed => LossCause::ServerQueueOverflow,
            Reading::Cyclic { .. } => LossCause::NotRead,
        };
        missing
    }

    /// Whether an earlier process has published values of the writer, and which ones is not known.
    #[must_use]
    pub fn inheriting(self, inherited: bool) -> Self {
        Self { inherited, ..self }
    }

    /// Takes note of a connection that is there again: servers then repeat the present values.
    pub fn returned(&mut self) {
        self.returned = Some(self.batches);
    }

    fn has_just_returned(&self) -> bool {
        self.returned.is_some_and(|returned| self.batches.wrapping_sub(returned) <= AFTER_RETURN)
    }

    /// Whether a value of the last batch may have come before.
    #[must_use]
    pub fn repeats(&self) -> bool {
        self.repeats
    }

    /// Takes note of a gap: it is open for every field.
    pub fn gap(&mut self, gap: &Gap) {
        for (field, track) in self.fields.iter().enumerate() {
            self.open.entry(field).or_insert_with(|| Open { after: track.last, cause: gap.reason.into() });
        }
    }

    /// Takes note of values; returns the intervals that are now complete.
    pub fn batch(&mut self, batch: &DataBatch) -> Vec<Missing> {
        self.batches = self.batches.wrapping_add(1);
        let (mut missing, returned) = (Vec::new(), self.has_just_returned());
        self.repeats = false;
        for row in batch.rows() {
            let time = row.source_timestamp.or(row.server_timestamp).or(batch.publish_time);
            let Some(position) = self.places.position(row.client_handle) else { continue };
            let last = self.fields[position].last;
            self.repeats |= last.map_or(self.inherited, |last| returned && Some(last) == time);
            let Some(time) = time else { continue };
            let closed = self.close(position, time);
            let newest_goes = || self.newest_goes.contains(&position);
            let dropped = self.fields[position].value(&row, time, self.batches, newest_goes);
            missing.extend(
                closed.or_else(|| dropped.and_then(|after| self.overflow(after, time))).map(|open| Missing {
                    field: position,
                    after: open.after,
                    before: Some(time),
                    cause: open.cause,
                }),
            );
        }
        missing
    }

    /// Time and status of a field's last value, by index.
    #[must_use]
    pub fn last(&self, field: usize) -> Option<(UtcTime, StatusCode)> {
        let track = self.fields.get(field)?;
        Some((track.last?, track.status))
    }

    /// Ends the open gaps without a value behind them: the subscription is over.
    pub fn finish(&mut self) -> Vec<Missing> {
        let open = |(field, Open { after, cause })| Missing { field, after, before: None, cause };
        let mut missing: Vec<Missing> = std::mem::take(&mut self.open).into_iter().map(open).collect();
        missing.sort_by_key(|missing| missing.field);
        missing
    }

    /// A value that was not read for a while, and is still the same, was missed by nobody.
    fn overflow(&self, after: Option<UtcTime>, time: UtcTime) -> Option<Open> {
        let unchanged = self.overflow == LossCause::NotRead && after == Some(time);
        (!unchanged).then_some(Open { after, cause: self.overflow })
    }

    /// What was open of a field, if a value of this time ends it.
    fn close(&mut self, field: usize, time: UtcTime) -> Option<Open> {
        if self.open.is_empty() {
            return None;
        }
        let open = *self.open.get(&field)?;
        // A clock that was set back says nothing of what came after the last value.
        if open.after.is_some_and(|after| time < after) {
            return None;
        }
        self.open.remove(&field);
        if self.open.is_empty() {
            self.open = HashMap::new();
        }
        // A new subscription begins with the present value: with the old timestamp nothing has
        // happened meanwhile.
        let present = matches!(open.cause, LossCause::SubscriptionLost | LossCause::NotRead);
        let unchanged = present && open.after == Some(time);
        (!unchanged).then_some(open)
    }
}

impl Track {
    /// Takes note of a value. Where the server says that it dropped some beside it, the time behind which they lie.
    ///
    /// Part 4 §5.13.1.5 puts the bit next to what was dropped: on the oldest value left when the
    /// oldest goes, on the newest when the newest goes. Some servers mark the newest in both cases,
    /// so the interval begins with the batch unless the newest goes.
    fn value(
        &mut self,
        row: &Row<'_>,
        time: UtcTime,
        batch: u32,
        newest_goes: impl FnOnce() -> bool,
    ) -> Option<Option<UtcTime>> {
        if self.batch != batch {
            self.batch = batch;
            self.last_before_batch = self.last;
        }
        let after = |track: &Self| if newest_goes() { track.last } else { track.last_before_batch };
        let dropped = is_overflow(row.status).then(|| after(self));
        (self.last, self.status) = (Some(time), row.status);
        dropped
    }
}

/// InfoType DataValue with the Overflow bit (OPC 10000-4 §7.39.1).
fn is_overflow(status: StatusCode) -> bool {
    status.bits() & 0x0c80 == 0x0480
}

/// Batches behind a return in which a server repeats values: as many as it may have had waiting, and more.
const AFTER_RETURN: u32 = 256;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use iiot_core::session::{BatchBuilder, ConnectOptions, GapReason, ItemNode};
    use iiot_core::ua::NodeId;

    use super::*;
    use crate::plan::Connection;

    const OVERFLOW: u32 = 0x480;

    fn at(seconds: u64) -> UtcTime {
        UtcTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn fields(count: u32, discard_oldest: bool) -> Continuity {
        let node = |id: u32| ItemNode::Indexed(NodeId::new(0, id));
        let field = |id: u32| {
            let mut field = FieldPlan::of_node(node(id), Duration::ZERO);
            field.discard_oldest = discard_oldest;
            field
        };
        Continuity::new(&writer((0..count).map(field).collect()))
    }

    fn writer(fields: Vec<FieldPlan>) -> WriterPlan {
        WriterPlan {
            fields: fields.into(),
            ..WriterPlan::new(1, "w", Connection::new(ConnectOptions::new("opc.tcp://plc")))
        }
    }

    #[test]
    fn a_field_that_stays_is_followed_on_wherever_it_moves() {
        let mut values = fields(2, true);
        values.batch(&batch(&[(0, 1, 0), (1, 2, 0)]));
        values.gap(&gap(GapReason::NotAvailableForRepublish));
        let field = |id: u32| FieldPlan::of_node(ItemNode::Indexed(NodeId::new(0, id)), Duration::ZERO);
        let cause = LossCause::NotAvailableForRepublish;
        let gone = values.change(&WriterPlan { handles: vec![2, 1], ..writer(vec![field(9), field(1)]) });
        assert_eq!(gone, [missing(0, Some(1), None, cause)]);
        assert_eq!(values.batch(&batch(&[(0, 4, 0), (1, 5, 0), (2, 6, 0)])), [missing(1, Some(2), Some(5), cause)]);
    }

    fn batch(rows: &[(u32, u64, u32)]) -> DataBatch {
        let mut builder = BatchBuilder::default();
        for (handle, seconds, status) in rows {
            builder.push(*handle, StatusCode::from(*status), Some(at(*seconds)), None, &[1, 1]);
        }
        builder.build(1, 1, None)
    }

    fn gap(reason: GapReason) -> Gap {
        Gap { after: None, before: None, messages: None, reason, items: Vec::new() }
    }

    fn missing(field: usize, after: Option<u64>, before: Option<u64>, cause: LossCause) -> Missing {
        Missing { field, after: after.map(at), before: before.map(at), cause }
    }

    #[test]
    fn what_a_server_repeats_when_the_connection_is_back_is_known() {
        let repeats = |values: &mut Continuity, seconds: u64| {
            values.batch(&batch(&[(0, seconds, 0)]));
            values.repeats()
        };
        let mut values = fields(2, true);
        // Servers whose clock stands still are no reason to think so.
        assert_eq!([repeats(&mut values, 1), repeats(&mut values, 1)], [false, false]);
        values.returned();
        assert_eq!([repeats(&mut values, 1), repeats(&mut values, 2), repeats(&mut values, 2)], [true, false, true]);
        (3..3 + u64::from(AFTER_RETURN)).for_each(|time| assert!(!repeats(&mut values, time)));
        assert!(!repeats(&mut values, 2 + u64::from(AFTER_RETURN)));
        // Nobody knows what an earlier process has had, until the field's first value.
        let mut values = fields(1, true).inheriting(true);
        assert_eq!([repeats(&mut values, 1), repeats(&mut values, 2)], [true, false]);
    }

    #[test]
    fn without_a_gap_nothing_is_missing() {
        let mut values = fields(1, true);
        assert_eq!(values.batch(&batch(&[(0, 1, 0), (0, 9, 0x8000_0000)])), []);
        assert_eq!(values.finish(), []);
    }

    #[test]
    fn a_gap_ends_for_each_field_with_its_next_value() {
        let mut values = fields(3, true);
        values.batch(&batch(&[(0, 1, 0), (1, 2, 0)]));
        values.gap(&gap(GapReason::NotAvailableForRepublish));
        let cause = LossCause::NotAvailableForRepublish;
        assert_eq!(values.batch(&batch(&[(0, 5, 0), (0, 6, 0)])), [missing(0, Some(1), Some(5), cause)]);
        assert_eq!(values.batch(&batch(&[(1, 7, 0), (0, 7, 0)])), [missing(1, Some(2), Some(7), cause)]);
        assert_eq!(values.finish(), [missing(2, None, None, cause)]);
    }

    #[test]
    fn a_value_that_did_not_change_while_the_subscription_was_gone_is_not_missing() {
        let mut values = fields(1, true);
        values.batch(&batch(&[(0, 1, 0)]));
        values.gap(&gap(GapReason::SubscriptionLost));
        assert_eq!(values.batch(&batch(&[(0, 1, 0)])), []);
        assert_eq!(values.batch(&batch(&[(0, 5, 0)])), []);
    }

    #[test]
    fn a_second_gap_before_the_next_value_widens_the_first() {
        let mut values = fields(1, true);
        values.batch(&batch(&[(0, 1, 0)]));
        values.gap(&gap(GapReason::SubscriptionLost));
        values.gap(&gap(GapReason::NotAvailableForRepublish));
        let expected = [missing(0, Some(1), Some(4), LossCause::SubscriptionLost)];
        assert_eq!(values.batch(&batch(&[(0, 4, 0)])), expected);
    }

    #[test]
    fn a_clock_set_back_keeps_the_gap_open() {
        let mut values = fields(1, true);
        values.batch(&batch(&[(0, 10, 0)]));
        values.gap(&gap(GapReason::SubscriptionLost));
        assert_eq!(values.batch(&batch(&[(0, 3, 0)])), []);
        let expected = [missing(0, Some(10), Some(12), LossCause::SubscriptionLost)];
        assert_eq!(values.batch(&batch(&[(0, 12, 0)])), expected);
    }

    #[test]
    fn an_overflow_is_an_interval_wherever_the_server_puts_the_bit() {
        let cause = LossCause::ServerQueueOverflow;
        let mut values = fields(1, true);
        values.batch(&batch(&[(0, 1, 0)]));
        assert_eq!(values.batch(&batch(&[(0, 5, OVERFLOW), (0, 6, 0)])), [missing(0, Some(1), Some(5), cause)]);
        assert_eq!(values.batch(&batch(&[(0, 9, 0), (0, 10, OVERFLOW)])), [missing(0, Some(6), Some(10), cause)]);
        let mut newest_goes = fields(1, false);
        newest_goes.batch(&batch(&[(0, 1, 0)]));
        assert_eq!(newest_goes.batch(&batch(&[(0, 5, 0), (0, 9, OVERFLOW)])), [missing(0, Some(5), Some(9), cause)]);
    }
}
