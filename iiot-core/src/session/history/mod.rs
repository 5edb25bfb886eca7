//! Reading and changing history (OPC 10000-11), typed.

use async_trait::async_trait;

use crate::error::{Error, ErrorKind, Result};
use crate::session::filter::of_server;
use crate::session::{EventQuery, Session};
use crate::time::UtcTime;
use crate::ua::{
    AggregateConfiguration, ByteString, DataValue, DateTime, ExtensionObject, HistoryUpdateResult, NodeId,
    PerformUpdateType, ReadAtTimeDetails, ReadEventDetails, ReadProcessedDetails, ReadRawModifiedDetails, StatusCode,
    Variant,
};

mod pages;
mod update;

pub use pages::{HistoricalValue, HistoryPages, ModifiedValue};

/// A span of history. At least two of `start`, `end` and `page` must be given (OPC 10000-11 §6.5.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HistoryRange {
    /// Where it begins. Later than `end`: the values come backwards.
    pub start: Option<UtcTime>,
    /// Where it ends.
    pub end: Option<UtcTime>,
    /// Values in one answer at most; 0 lets the server decide. Without `start` or without `end` it is
    /// also where the reading ends.
    pub page: u32,
    /// Whether the values at or around both ends belong to it (raw values only).
    pub bounds: bool,
}

impl HistoryRange {
    /// Everything between two moments.
    #[must_use]
    pub fn between(start: UtcTime, end: UtcTime) -> Self {
        Self { start: Some(start), end: Some(end), ..Self::default() }
    }

    /// The same span in answers of at most so many values.
    #[must_use]
    pub fn in_pages_of(self, page: u32) -> Self {
        Self { page, ..self }
    }

    fn check(&self) -> Result<()> {
        let given = u32::from(self.start.is_some()) + u32::from(self.end.is_some()) + u32::from(self.page > 0);
        if given >= 2 {
            return Ok(());
        }
        let message = "give at least two of start, end and number of values";
        Err(Error::new(ErrorKind::InvalidArgument, "HistoryRead", message))
    }

    fn raw(&self, is_read_modified: bool) -> ReadRawModifiedDetails {
        ReadRawModifiedDetails {
            is_read_modified,
            start_time: moment(self.start),
            end_time: moment(self.end),
            num_values_per_node: self.page,
            return_bounds: self.bounds && !is_read_modified,
        }
    }
}

/// How values are computed from raw ones.
#[derive(Debug, Clone, PartialEq)]
pub struct Processing {
    /// The aggregate, such as `ObjectId::AggregateFunction_Average`.
    pub aggregate: NodeId,
    /// Length of the span that each value stands for; 0 makes one of the whole range.
    pub interval_ms: f64,
    /// What counts as good; the server's own choice where `None`.
    pub configuration: Option<AggregateConfiguration>,
}

/// History of any [`Session`].
///
/// Reading returns [`HistoryPages`], which ask for one answer at a time and go to the end.
///
/// ```no_run
/// # use iiot_core::session::{HistoryExt, HistoryRange, Session};
/// # use iiot_core::time::UtcTime;
/// # use iiot_core::ua::NodeId;
/// # async fn read(session: &dyn Session, boiler: NodeId, start: UtcTime, end: UtcTime) -> iiot_core::Result<()> {
/// let mut pages = session.history_raw(&boiler, HistoryRange::between(start, end).in_pages_of(1000))?;
/// while let Some(values) = pages.next().await? {
///     println!("{} values", values.len());
/// }
/// # Ok(()) }
/// ```
#[async_trait]
pub trait HistoryExt: Session {
    /// The values as they were stored.
    ///
    /// # Errors
    /// If the range says too little. The server's refusal comes with the first page.
    fn history_raw(&self, node: &NodeId, range: HistoryRange) -> Result<HistoryPages<'_, Self, DataValue>> {
        range.check()?;
        Ok(HistoryPages::new(self, node, ExtensionObject::from_message(range.raw(false))))
    }

    /// The values that were inserted, replaced or deleted later, each with who did it and when.
    ///
    /// # Errors
    /// If the range says too little. The server's refusal comes with the first page.
    fn history_modified(&self, node: &NodeId, range: HistoryRange) -> Result<HistoryPages<'_, Self, ModifiedValue>> {
        range.check()?;
        Ok(HistoryPages::new(self, node, ExtensionObject::from_message(range.raw(true))))
    }

    /// The values at these moments, interpolated where there is none.
    fn history_at(&self, node: &NodeId, times: &[UtcTime]) -> HistoryPages<'_, Self, DataValue> {
        let req_times = Some(times.iter().map(|time| (*time).into()).collect());
        let details = ReadAtTimeDetails { req_times, use_simple_bounds: false };
        HistoryPages::new(self, node, ExtensionObject::from_message(details))
    }

    /// Values computed from the stored ones between two moments.
    fn history_processed(
        &self,
        node: &NodeId,
        start: UtcTime,
        end: UtcTime,
        processing: Processing,
    ) -> HistoryPages<'_, Self, DataValue> {
        let details = ReadProcessedDetails {
            start_time: start.into(),
            end_time: end.into(),
            processing_interval: processing.interval_ms,
            aggregate_type: Some(vec![processing.aggregate]),
            aggregate_configuration: processing.configuration.unwrap_or_else(of_server),
        };
        HistoryPages::new(self, node, ExtensionObject::from_message(details))
    }

    /// The events that the query selects, each as its fields in the order of the query.
    ///
    /// # Errors
    /// If the range says too little, or the server lacks a namespace of the query. The server's
    /// refusal comes with the first page.
    fn history_events(
        &self,
        notifier: &NodeId,
        range: HistoryRange,
        query: &EventQuery,
    ) -> Result<HistoryPages<'_, Self, Vec<Variant>>> {
        range.check()?;
        let details = ReadEventDetails {
            num_values_per_node: range.page,
            start_time: moment(range.start),
            end_time: moment(range.end),
            filter: resolved(query, &self.namespaces())?,
        };
        Ok(HistoryPages::new(self, notifier, ExtensionObject::from_message(details)))
    }

    /// Changes history; one result per entry, in order, with its own status.
    async fn history_update(&self, details: Vec<ExtensionObject>) -> Result<Vec<HistoryUpdateResult>> {
        update::send(self, details).await
    }

    /// Inserts, replaces, updates (either) or removes values; one status each, in order.
    async fn history_update_values(
        &self,
        node: &NodeId,
        how: PerformUpdateType,
        values: Vec<DataValue>,
    ) -> Result<Vec<StatusCode>> {
        update::values(self, node, how, values).await
    }

    /// As [`history_update_values`](Self::history_update_values), for values which are structures
    /// that are told apart by more than their time, such as annotations (OPC 10000-11 §6.9.3).
    async fn history_update_structures(
        &self,
        node: &NodeId,
        how: PerformUpdateType,
        values: Vec<DataValue>,
    ) -> Result<Vec<StatusCode>> {
        update::structures(self, node, how, values).await
    }

    /// Inserts, replaces or updates events, given as their fields in the order of the query; one
    /// status each, in order.
    async fn history_update_events(
        &self,
        notifier: &NodeId,
        how: PerformUpdateType,
        query: &EventQuery,
        events: Vec<Vec<Variant>>,
    ) -> Result<Vec<StatusCode>> {
        update::events(self, notifier, how, query, events).await
    }

    /// Deletes the values from `start` on and before `end`, or only what was modified of them.
    async fn history_delete(&self, node: &NodeId, start: UtcTime, end: UtcTime, modified: bool) -> Result<()> {
        update::delete(self, node, start, end, modified).await
    }

    /// Deletes the values at these moments; one status each, in order.
    async fn history_delete_at(&self, node: &NodeId, times: &[UtcTime]) -> Result<Vec<StatusCode>> {
        update::delete_at(self, node, times).await
    }

    /// Deletes the events with these EventIds; one status each, in order.
    async fn history_delete_events(&self, notifier: &NodeId, ids: Vec<ByteString>) -> Result<Vec<StatusCode>> {
        update::delete_events(self, notifier, ids).await
    }
}

impl<T: Session + ?Sized> HistoryExt for T {}

fn moment(time: Option<UtcTime>) -> DateTime {
    time.map_or_else(DateTime::null, Into::into)
}

fn resolved(query: &EventQuery, namespaces: &[String]) -> Result<crate::ua::EventFilter> {
    query.resolve(namespaces).map_err(|status| {
        let message = "the query names a namespace that the server lacks, or a wrong index range";
        Error::new(ErrorKind::InvalidArgument, "history of events", message).with_status(status)
    })
}
