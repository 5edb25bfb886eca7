//! Values that are under way together, and how they are declared lost.

use iiot_core::session::{DataBatch, EventBatch};
use iiot_core::time::UtcTime;

use super::status::Shared;
use crate::ledger::{DeclaredLoss, LossCause};
use crate::plan::WriterPlan;

/// Some values, and the times between which they lie.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Span {
    pub(super) values: u64,
    /// Whether there are others, of which nobody knows how many.
    uncounted: bool,
    first: Option<UtcTime>,
    last: Option<UtcTime>,
}

impl Span {
    pub(super) fn of(batch: &DataBatch) -> Self {
        let times = || batch.rows().filter_map(|row| row.source_timestamp.or(row.server_timestamp));
        Self { values: batch.len() as u64, uncounted: false, first: times().min(), last: times().max() }
    }

    /// Events, by the time at which the server sent them.
    pub(super) fn of_events(batch: &EventBatch) -> Self {
        let time = batch.publish_time;
        Self { values: batch.len() as u64, uncounted: false, first: time, last: time }
    }

    /// The first and the last time in ticks, as [`between`](Self::between) takes them.
    pub(super) fn times(&self) -> (i64, i64) {
        (self.first.map_or(i64::MAX, UtcTime::ticks), self.last.map_or(i64::MIN, UtcTime::ticks))
    }

    /// So many values, or nobody knows how many, of which nothing else is known.
    pub(super) fn of_unknown_time(values: Option<u64>) -> Self {
        Self { values: values.unwrap_or_default(), uncounted: values.is_none(), ..Self::default() }
    }

    /// So many values between two times in ticks, both included.
    pub(super) fn between((first, last): (i64, i64), values: u64) -> Self {
        let time = |ticks| (first <= last).then(|| UtcTime::from_ticks(ticks));
        Self { values, uncounted: false, first: time(first), last: time(last) }
    }

    /// So many of these values, of which it is not known.
    pub(super) fn some(self, values: usize) -> Self {
        Self { values: values as u64, ..self }
    }

    pub(super) fn and(self, other: Self) -> Self {
        let first = [self.first, other.first].into_iter().flatten().min();
        let uncounted = self.uncounted || other.uncounted;
        Self { values: self.values + other.values, uncounted, first, last: self.last.max(other.last) }
    }

    /// Declares the values lost. Without a writer they are of any writer of the group.
    pub(super) fn declare(
        self,
        shared: &Shared,
        group: &str,
        writer: Option<&WriterPlan>,
        cause: LossCause,
        detail: Option<String>,
    ) {
        shared.parts.ledger.declare(DeclaredLoss {
            declared: shared.clock().utc(),
            server: writer.map(|writer| writer.connection.options.endpoint_url.clone()),
            writer_group: group.into(),
            writer: writer.map(|writer| writer.name.clone()),
            field: None,
            node: None,
            // The ends are not part of the interval.
            after: self.first.map(|time| UtcTime::from_ticks(time.ticks() - 1)),
            before: self.last.map(|time| UtcTime::from_ticks(time.ticks() + 1)),
            values: (!self.uncounted).then_some(self.values),
            cause,
            detail,
        });
    }
}
