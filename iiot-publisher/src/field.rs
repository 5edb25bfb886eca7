//! One field of a data set: what it last was, how long it has been silent.

use std::time::{Duration, Instant};

use iiot_core::json::EncodedDataValue;
use iiot_core::session::{DataBatch, EncodedValue, Row};
use iiot_core::ua::StatusCode;

use crate::last_value::LastValue;
use crate::moment::Moment;
use crate::plan::{FieldPlan, FieldSettings};

/// A field and its last value. How it is to be read stands in the plan alone, since there are many.
#[derive(Debug)]
pub(crate) struct Field {
    last: Option<LastValue>,
    /// Why the server does not report it; Good where it does.
    failed: StatusCode,
    silent_since: Moment,
    /// When the last row came.
    received: Moment,
    /// Rows of the batch at hand that were for it, and [`SKIP_NEXT`].
    rows_in_batch: u32,
}

/// The next value is swallowed.
const SKIP_NEXT: u32 = 1 << 31;

/// Which timestamps go into the messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Timestamps {
    pub(crate) source: bool,
    pub(crate) server: bool,
}

/// A value and the namespace table it refers to.
pub(crate) type Current<'a> = (EncodedDataValue<'a>, &'a [String]);

impl Field {
    pub(crate) fn new(plan: &FieldPlan, now: Instant) -> Self {
        Self {
            last: None,
            failed: StatusCode::Good,
            silent_since: now.into(),
            received: now.into(),
            rows_in_batch: if plan.skip_first { SKIP_NEXT } else { 0 },
        }
    }

    /// Takes over what an earlier version of the same field knows, its value where it is needed.
    pub(crate) fn go_on(&mut self, before: &mut Self, settings: &FieldSettings, in_key_frames: bool) {
        self.last = before.last.take().filter(|_| is_remembered(settings, in_key_frames));
        (self.failed, self.silent_since, self.received) = (before.failed, before.silent_since, before.received);
        self.rows_in_batch = before.rows_in_batch & SKIP_NEXT;
    }

    /// When its heartbeat is due.
    pub(crate) fn heartbeat_due(&self, settings: &FieldSettings) -> Option<Instant> {
        Some(self.silent_since.instant() + heartbeat(settings)?)
    }

    /// A heartbeat fell due: the next silence begins then, or now if that is too long ago.
    pub(crate) fn restart_silence(&mut self, settings: &FieldSettings, now: Instant) {
        let in_time = |due: &Instant| heartbeat(settings).is_some_and(|interval| *due + interval > now);
        let next = self.heartbeat_due(settings).filter(in_time);
        self.silent_since = next.unwrap_or(now).into();
    }

    /// All rows of a batch have been received.
    pub(crate) fn end_batch(&mut self) {
        self.rows_in_batch &= SKIP_NEXT;
    }

    /// A row arrives; returns how many others of the batch came before it, `None` if it is to be
    /// swallowed.
    pub(crate) fn receive(&mut self, settings: &FieldSettings, now: Moment) -> Option<usize> {
        if !settings.heartbeat_behavior.is_periodic() {
            self.silent_since = now;
        }
        self.received = now;
        self.failed = StatusCode::Good;
        let dropped = heartbeat(settings).is_some() && settings.heartbeat_behavior.drops_values();
        let skipped = self.rows_in_batch & SKIP_NEXT != 0;
        self.rows_in_batch &= !SKIP_NEXT;
        if skipped || dropped {
            return None;
        }
        self.rows_in_batch += 1;
        Some(self.rows_in_batch as usize - 1)
    }

    /// Keeps a copy of the row where something may repeat it.
    pub(crate) fn remember(&mut self, settings: &FieldSettings, batch: &DataBatch, row: usize, in_key_frames: bool) {
        if is_remembered(settings, in_key_frames) {
            self.last = Some(LastValue::new(&batch.row(row), &batch.namespaces));
        }
    }

    pub(crate) fn set_failed(&mut self, status: StatusCode) {
        self.failed = status;
    }

    /// What can be said of the field without a new value; `None` while nothing is known.
    ///
    /// Without a connection a good value becomes Uncertain, any other is not worth repeating
    /// (OPC 10000-4 §7.39: UncertainNoCommunicationLastUsable, BadNoCommunication).
    pub(crate) fn current(&self, connected: bool) -> Option<Current<'_>> {
        if connected && self.failed != StatusCode::Good {
            return Some(status_alone(self.failed));
        }
        match &self.last {
            Some(last) if connected => Some(last.view()),
            Some(last) if last.status().is_good() => {
                let (mut value, namespaces) = last.view();
                value.status = StatusCode::UncertainNoCommunicationLastUsableValue;
                Some((value, namespaces))
            }
            None if connected => None,
            _ => Some(status_alone(StatusCode::BadNoCommunication)),
        }
    }

    /// What a heartbeat of the field sends, if anything.
    pub(crate) fn beat(&self, settings: &FieldSettings, connected: bool, now: Instant) -> Option<Current<'_>> {
        let behavior = settings.heartbeat_behavior;
        let (mut value, namespaces) = self.current(connected).filter(|_| !behavior.is_silent())?;
        let is_usable = value.status.is_good() || (!value.value.is_null() && !value.status.is_bad());
        if behavior.only_good() && !is_usable {
            return None;
        }
        if behavior.updates_times() {
            let age = now.saturating_duration_since(self.received.instant());
            value.source_timestamp = value.source_timestamp.map(|time| time + age);
            value.server_timestamp = value.server_timestamp.map(|time| time + age);
        }
        Some((value, namespaces))
    }

    /// As [`current`](Self::current); a key frame has every field.
    pub(crate) fn in_key_frame(&self, connected: bool) -> Current<'_> {
        self.current(connected).unwrap_or_else(|| status_alone(StatusCode::BadWaitingForInitialData))
    }
}

/// How long a field may be silent.
fn heartbeat(settings: &FieldSettings) -> Option<Duration> {
    settings.heartbeat.filter(|interval| !interval.is_zero())
}

/// Whether something may repeat its value.
fn is_remembered(settings: &FieldSettings, in_key_frames: bool) -> bool {
    in_key_frames || heartbeat(settings).is_some()
}

const fn status_alone(status: StatusCode) -> Current<'static> {
    let value = EncodedDataValue { value: EncodedValue::NULL, status, source_timestamp: None, server_timestamp: None };
    (value, &[])
}

/// A row as it is written.
pub(crate) fn current_of<'a>(row: &Row<'a>, namespaces: &'a [String]) -> Current<'a> {
    let value = EncodedDataValue {
        value: row.value,
        status: row.status,
        source_timestamp: row.source_timestamp,
        server_timestamp: row.server_timestamp,
    };
    (value, namespaces)
}
