//! One field of a data set: its key, what it last was, how long it has been silent.

use std::time::{Duration, Instant};

use iiot_core::json::EncodedDataValue;
use iiot_core::session::{DataBatch, EncodedValue, Row};
use iiot_core::ua::StatusCode;

use crate::last_value::LastValue;
use crate::moment::Moment;
use crate::plan::{FieldPlan, FieldSettings, HeartbeatBehavior, Shared};

/// A field and its last value.
#[derive(Debug)]
pub(crate) struct Field {
    /// What stands before its value in messages.
    pub(crate) prefix: Box<[u8]>,
    last: Option<LastValue>,
    /// Why the server does not report it.
    failed: Option<StatusCode>,
    settings: Shared<FieldSettings>,
    silent_since: Moment,
    /// When the last row came.
    received: Moment,
    skip_next: bool,
    /// Whether key frames need its last value.
    always_remembered: bool,
    /// Rows of the batch at hand that were for it.
    rows_in_batch: u32,
}

/// Which timestamps go into the messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Timestamps {
    pub(crate) source: bool,
    pub(crate) server: bool,
}

/// A value and the namespace table it refers to.
pub(crate) type Current<'a> = (EncodedDataValue<'a>, &'a [String]);

impl Field {
    pub(crate) fn new(plan: &FieldPlan, prefix: Box<[u8]>, in_key_frames: bool, now: Instant) -> Self {
        Self {
            prefix,
            last: None,
            failed: None,
            settings: plan.settings.clone(),
            silent_since: now.into(),
            received: now.into(),
            skip_next: plan.skip_first,
            always_remembered: in_key_frames,
            rows_in_batch: 0,
        }
    }

    /// Takes over what an earlier version of the same field knows.
    pub(crate) fn go_on(&mut self, before: &mut Self) {
        let remembered = self.always_remembered || self.heartbeat().is_some();
        self.last = before.last.take().filter(|_| remembered);
        (self.failed, self.silent_since, self.received) = (before.failed, before.silent_since, before.received);
        self.skip_next = before.skip_next;
    }

    pub(crate) fn heartbeat(&self) -> Option<Duration> {
        self.settings.heartbeat.filter(|interval| !interval.is_zero())
    }

    fn behavior(&self) -> HeartbeatBehavior {
        self.settings.heartbeat_behavior
    }

    /// When its heartbeat is due.
    pub(crate) fn heartbeat_due(&self) -> Option<Instant> {
        Some(self.silent_since.instant() + self.heartbeat()?)
    }

    /// A heartbeat fell due: the next silence begins then, or now if that is too long ago.
    pub(crate) fn restart_silence(&mut self, now: Instant) {
        let next = self.heartbeat_due().filter(|due| self.heartbeat().is_some_and(|interval| *due + interval > now));
        self.silent_since = next.unwrap_or(now).into();
    }

    pub(crate) fn begin_batch(&mut self) {
        self.rows_in_batch = 0;
    }

    /// A row arrives; returns how many others of the batch came before it, `None` if it is to be
    /// swallowed.
    pub(crate) fn receive(&mut self, now: Instant) -> Option<usize> {
        if !self.behavior().is_periodic() {
            self.silent_since = now.into();
        }
        self.received = now.into();
        self.failed = None;
        let dropped = self.heartbeat().is_some() && self.behavior().drops_values();
        if std::mem::take(&mut self.skip_next) || dropped {
            return None;
        }
        self.rows_in_batch += 1;
        Some(self.rows_in_batch as usize - 1)
    }

    /// Keeps a copy of the row where something may repeat it.
    pub(crate) fn remember(&mut self, row: &Row<'_>, batch: &DataBatch) {
        if self.always_remembered || self.heartbeat().is_some() {
            self.last = Some(LastValue::new(row, &batch.namespaces));
        }
    }

    pub(crate) fn set_failed(&mut self, status: StatusCode) {
        self.failed = Some(status);
    }

    /// What can be said of the field without a new value; `None` while nothing is known.
    ///
    /// Without a connection a good value becomes Uncertain, any other is not worth repeating
    /// (OPC 10000-4 §7.39: UncertainNoCommunicationLastUsable, BadNoCommunication).
    pub(crate) fn current(&self, connected: bool) -> Option<Current<'_>> {
        if let Some(status) = self.failed.filter(|_| connected) {
            return Some(status_alone(status));
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
    pub(crate) fn beat(&self, connected: bool, now: Instant) -> Option<Current<'_>> {
        let (mut value, namespaces) = self.current(connected).filter(|_| !self.behavior().is_silent())?;
        let is_usable = value.status.is_good() || (!value.value.is_null() && !value.status.is_bad());
        if self.behavior().only_good() && !is_usable {
            return None;
        }
        if self.behavior().updates_times() {
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
