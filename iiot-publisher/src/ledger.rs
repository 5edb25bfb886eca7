//! Declared losses: what is missing, between which times, and why.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use iiot_core::session::GapReason;
use iiot_core::time::UtcTime;
use iiot_core::{Error, ErrorKind, Result};
use parking_lot::Mutex;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::throttle::{Admission, Throttle};

mod query;

pub use query::{MissingRequest, MissingResponse, UnobservableField};

/// Values that are or may be missing from what was published.
///
/// Every missing value of the field has a source timestamp later than `after` and earlier than
/// `before`. Some intervals hold no missing value: that a value did not change during an outage
/// cannot be seen from outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeclaredLoss {
    /// When it was noticed, by our clock.
    pub declared: UtcTime,
    /// Endpoint URL of the server; all of the group's where it is absent.
    pub server: Option<String>,
    /// Name of the writer group.
    pub writer_group: String,
    /// Name of the writer; all of the group's where it is absent.
    pub writer: Option<String>,
    /// The field; all of the writer's where it is absent.
    pub field: Option<String>,
    /// The field's node as configured; absent together with `field`.
    pub node: Option<String>,
    /// Source timestamp of the last value before; absent if there was none.
    pub after: Option<UtcTime>,
    /// Source timestamp of the first value behind; absent if there was none.
    pub before: Option<UtcTime>,
    /// How many values are missing; absent where that is not known.
    pub values: Option<u64>,
    /// Why.
    pub cause: LossCause,
    /// More about the cause, for people.
    pub detail: Option<String>,
}

/// Why values are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum LossCause {
    /// The server lost the subscription: it was restarted, or we were away for longer than the
    /// subscription lives.
    SubscriptionLost,
    /// The server no longer had a message that did not reach us.
    NotAvailableForRepublish,
    /// Values that are read in cycles were not read in some: the server was away or too slow, or we were.
    NotRead,
    /// The server's queue of the item was full. Set a larger `QueueSize`.
    ServerQueueOverflow,
    /// A message with this value alone is larger than the sink takes.
    TooLarge,
    /// The sink refused the message for good.
    RefusedBySink,
    /// The value could not be written as JSON.
    NotEncodable,
    /// The publisher was stopped before the sink had taken it.
    Stopped,
    /// The log was full because the sink did not take enough, and is set to drop values then. Where the
    /// oldest go, some that were on their way at that moment arrive nevertheless.
    LogFull,
    /// The disk has destroyed a part of the log.
    LogDamaged,
    /// They were received before a restart, for a field or writer that is no longer configured.
    NoLongerWanted,
}

impl From<GapReason> for LossCause {
    fn from(reason: GapReason) -> Self {
        match reason {
            GapReason::NotAvailableForRepublish => Self::NotAvailableForRepublish,
            GapReason::NotRead => Self::NotRead,
            _ => Self::SubscriptionLost,
        }
    }
}

impl fmt::Display for LossCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SubscriptionLost => "the server lost the subscription",
            Self::NotAvailableForRepublish => "the server no longer had a message that did not reach us",
            Self::NotRead => "it was not read in every cycle",
            Self::ServerQueueOverflow => "the server's queue of the item was full; a larger QueueSize helps",
            Self::TooLarge => "a message with this value alone is larger than the sink takes",
            Self::RefusedBySink => "the sink refused the message for good",
            Self::NotEncodable => "the value could not be written as JSON",
            Self::Stopped => "the publisher was stopped before the sink had taken it",
            Self::LogFull => "the log was full because the sink did not take enough",
            Self::LogDamaged => "the disk has destroyed a part of the log",
            Self::NoLongerWanted => "it was received for a field or writer that is no longer configured",
        })
    }
}

/// One line for the log.
impl fmt::Display for DeclaredLoss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.values {
            Some(count) => write!(f, "{count} values lost")?,
            None => write!(f, "values may be lost")?,
        }
        let place = [self.server.as_ref(), Some(&self.writer_group), self.writer.as_ref(), self.field.as_ref()];
        f.write_str(" of")?;
        place.into_iter().flatten().try_for_each(|name| write!(f, " {name}"))?;
        if let Some(after) = self.after {
            write!(f, " after {after}")?;
        }
        if let Some(before) = self.before {
            write!(f, " before {before}")?;
        }
        write!(f, ": {}", self.cause)?;
        self.detail.iter().try_for_each(|detail| write!(f, " ({detail})"))
    }
}

/// Keeps declared losses: the newest in memory, all of them in a file where there is one. Each is a
/// line of the log too, at most 20 in ten seconds.
#[derive(Debug)]
pub struct Ledger {
    state: Mutex<State>,
    path: Option<PathBuf>,
}

#[derive(Debug)]
struct State {
    newest: VecDeque<DeclaredLoss>,
    counts: BTreeMap<LossCause, u64>,
    log: Throttle,
    file: Option<File>,
    /// Bytes in the file, all of whole lines.
    written: u64,
    /// Lines that the disk did not take yet.
    unwritten: VecDeque<Vec<u8>>,
}

impl State {
    fn new(file: Option<File>, written: u64) -> Self {
        let log = Throttle::new(20, Duration::from_secs(10));
        let (newest, unwritten) = (VecDeque::new(), VecDeque::new());
        Self { newest, counts: BTreeMap::new(), log, file, written, unwritten }
    }
}

impl Ledger {
    /// A ledger without a file.
    #[must_use]
    pub fn in_memory() -> Self {
        Self { state: Mutex::new(State::new(None, 0)), path: None }
    }

    /// A ledger that appends to `folder/losses.jsonl`. At 64 MiB the file becomes `losses.1.jsonl`,
    /// replacing the one before.
    ///
    /// # Errors
    /// `Io` if the file cannot be opened.
    pub fn open(folder: &Path) -> Result<Self> {
        let path = folder.join(NEWER);
        let opened = std::fs::create_dir_all(folder).and_then(|()| append_to(&path));
        let (file, written) = opened.map_err(|cause| {
            let message = "losses cannot be recorded there; choose another folder or correct its permissions";
            Error::new(ErrorKind::Io, "open loss ledger", message).with("file", path.display()).because(cause)
        })?;
        Ok(Self { state: Mutex::new(State::new(Some(file), written)), path: Some(path) })
    }

    /// Records a loss. It is in the file when this returns, unless the disk is full: then it goes there as soon as
    /// there is room.
    pub fn declare(&self, loss: DeclaredLoss) {
        let mut state = self.state.lock();
        *state.counts.entry(loss.cause).or_default() += 1;
        log(state.log.admit(loss.declared), &loss);
        if let Err(cause) = self.write(&mut state, &loss) {
            tracing::error!("a declared loss could not be recorded in the ledger yet: {cause}");
        }
        if state.newest.len() == KEPT {
            state.newest.pop_front();
        }
        state.newest.push_back(loss);
    }

    /// The newest losses, oldest first; at most 10,000 are kept.
    #[must_use]
    pub fn losses(&self) -> Vec<DeclaredLoss> {
        self.state.lock().newest.iter().cloned().collect()
    }

    /// The last so many of [`losses`](Self::losses).
    #[must_use]
    pub fn newest(&self, count: usize) -> Vec<DeclaredLoss> {
        let newest = &self.state.lock().newest;
        newest.iter().skip(newest.len().saturating_sub(count)).cloned().collect()
    }

    /// How many losses were declared since the start, by cause.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<LossCause, u64> {
        self.state.lock().counts.clone()
    }

    /// Tries again what the disk has not taken.
    pub(crate) fn catch_up(&self) {
        let mut state = self.state.lock();
        if !state.unwritten.is_empty() && self.write_waiting(&mut state).is_ok() {
            tracing::info!("the declared losses are recorded in the ledger");
        }
    }

    fn write(&self, state: &mut State, loss: &DeclaredLoss) -> io::Result<()> {
        if self.path.is_none() {
            return Ok(());
        }
        let mut line = serde_json::to_vec(loss)?;
        line.push(b'\n');
        if state.unwritten.len() == KEPT {
            state.unwritten.pop_front();
        }
        state.unwritten.push_back(line);
        self.write_waiting(state)?;
        // What is dropped on purpose is gone for good once this returns.
        match state.file.as_mut() {
            Some(file) if loss.cause == LossCause::LogFull => file.sync_data(),
            _ => Ok(()),
        }
    }

    fn write_waiting(&self, state: &mut State) -> io::Result<()> {
        while let Some(line) = state.unwritten.pop_front() {
            if let Err(cause) = self.append(state, &line) {
                state.unwritten.push_front(line);
                return Err(cause);
            }
        }
        Ok(())
    }

    fn append(&self, state: &mut State, line: &[u8]) -> io::Result<()> {
        if let Some(path) = self.path.as_ref().filter(|_| state.written >= MAX_FILE_SIZE) {
            std::fs::rename(path, path.with_file_name(OLDER))?;
            let (file, written) = append_to(path)?;
            (state.file, state.written) = (Some(file), written);
        }
        let Some(file) = state.file.as_mut() else { return Ok(()) };
        if let Err(cause) = file.write_all(line) {
            // A part of the line may be there.
            file.set_len(state.written)?;
            return Err(cause);
        }
        state.written += line.len() as u64;
        Ok(())
    }
}

fn log(admission: Admission, loss: &DeclaredLoss) {
    match admission {
        Admission::Show { suppressed: 0 } => tracing::warn!("{loss}"),
        Admission::Show { suppressed } => tracing::warn!("{loss}; {suppressed} more were declared before it"),
        Admission::Suppress => {}
    }
}

fn append_to(path: &Path) -> io::Result<(File, u64)> {
    let mut file = File::options().append(true).read(true).create(true).open(path)?;
    let length = file.metadata()?.len();
    if length > 0 {
        let mut last = [0];
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
        // A line that a crash has torn must not spoil the next one.
        if last != *b"\n" {
            file.write_all(b"\n")?;
        }
    }
    let length = file.metadata()?.len();
    Ok((file, length))
}

const KEPT: usize = 10_000;
const MAX_FILE_SIZE: u64 = 64 << 20;
const NEWER: &str = "losses.jsonl";
const OLDER: &str = "losses.1.jsonl";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn loss(values: u64) -> DeclaredLoss {
        DeclaredLoss {
            declared: UtcTime::UNIX_EPOCH,
            server: Some("opc.tcp://a".into()),
            writer_group: "G".into(),
            writer: Some("W".into()),
            field: Some("T".into()),
            node: Some("i=1".into()),
            after: None,
            before: Some(UtcTime::UNIX_EPOCH),
            values: Some(values),
            cause: LossCause::TooLarge,
            detail: None,
        }
    }

    #[test]
    fn losses_are_in_the_file_and_read_back_equal() {
        let folder = tempfile::tempdir().unwrap();
        for count in 1..=2 {
            Ledger::open(folder.path()).unwrap().declare(loss(count));
        }
        let text = std::fs::read_to_string(folder.path().join("losses.jsonl")).unwrap();
        let read: Vec<DeclaredLoss> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(read, [loss(1), loss(2)]);
    }

    #[test]
    fn memory_is_bounded_and_counts_go_on() {
        let ledger = Ledger::in_memory();
        for count in 0..=KEPT as u64 {
            ledger.declare(loss(count));
        }
        assert_eq!((ledger.losses().len(), ledger.losses()[0].values), (KEPT, Some(1)));
        let newest: Vec<_> = ledger.newest(2).iter().map(|loss| loss.values).collect();
        assert_eq!(newest, [Some(KEPT as u64 - 1), Some(KEPT as u64)]);
        assert_eq!(ledger.counts()[&LossCause::TooLarge], KEPT as u64 + 1);
    }

    #[test]
    fn a_loss_reads_as_one_sentence() {
        let expected = "3 values lost of opc.tcp://a G W T before 1970-01-01T00:00:00Z: \
                        a message with this value alone is larger than the sink takes";
        assert_eq!(loss(3).to_string(), expected);
    }
}
