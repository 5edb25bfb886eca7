//! The file of the audit record.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::stream::BoxStream;
use parking_lot::Mutex;

use super::chain::{self, Tail};
use super::follow;
use super::{AuditCheck, AuditEntry, AuditRecord};
use crate::access::keys::owners_only;
use crate::access::off_thread;
use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Result};
use crate::time::UtcTime;

/// The audit record of a process: a file of JSON lines to which is only appended. Each line is on the disk before the
/// operation that it announces is begun. Several processes may append.
#[derive(Debug)]
pub struct AuditLog {
    path: PathBuf,
    end: Mutex<End>,
}

/// Where the file ended when we looked.
#[derive(Debug, Default)]
struct End {
    tail: Tail,
    length: u64,
}

impl AuditLog {
    /// The record in a file, which is made if it is missing. A last line that was not written whole is cut off: what it
    /// would have announced was not begun.
    ///
    /// # Errors
    /// `Io` if it cannot be used, `Corrupt` if its last line is no record.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self> {
        let path = path.into();
        let log = Self { path, end: Mutex::default() };
        let mut file = log.locked()?;
        *log.end.lock() = read_end(&mut file).map_err(|cause| log.failed(cause))??;
        Ok(log)
    }

    /// Appends a record and returns its sequence.
    ///
    /// # Errors
    /// `Io` if it cannot be written: what it announces must not be done then.
    pub fn append(&self, time: UtcTime, entry: AuditEntry) -> Result<u64> {
        let mut end = self.end.lock();
        let mut file = self.locked()?;
        let length = file.metadata().map_err(|cause| self.failed(cause))?.len();
        if length != end.length {
            *end = read_end(&mut file).map_err(|cause| self.failed(cause))??;
        }
        let mut line = end.tail.next(time, entry);
        let tail = Tail::behind(&line).map_err(|wrong| self.corrupt(wrong))?;
        line.push(b'\n');
        write(&mut file, &line, end.length).map_err(|cause| self.failed(cause))?;
        *end = End { tail, length: end.length + line.len() as u64 };
        Ok(end.tail.sequence)
    }

    /// Appends a record where nobody waits for the disk.
    ///
    /// # Errors
    /// As of [`append`](Self::append).
    pub async fn record(self: &Arc<Self>, time: UtcTime, entry: AuditEntry) -> Result<u64> {
        let log = Arc::clone(self);
        off_thread(move || log.append(time, entry)).await
    }

    /// At most `limit` records with a sequence greater than `after`, oldest first.
    ///
    /// # Errors
    /// `Io` if it cannot be read, `Corrupt` if a line is no record.
    pub fn read(&self, after: u64, limit: usize) -> Result<Vec<AuditRecord>> {
        let mut records = Vec::new();
        for line in self.lines()? {
            let line = line.map_err(|cause| self.failed(cause))?;
            let record: AuditRecord = serde_json::from_slice(&line).map_err(|cause| self.corrupt(cause.to_string()))?;
            if record.sequence > after && records.len() < limit {
                records.push(record);
            }
            if records.len() >= limit {
                break;
            }
        }
        Ok(records)
    }

    /// Checks that each record follows from the one before.
    ///
    /// # Errors
    /// `Io` if it cannot be read.
    pub fn check(&self) -> Result<AuditCheck> {
        Ok(chain::check(self.lines()?))
    }

    /// The records with a sequence greater than `after`, and each that is appended from now on, within a second.
    #[must_use]
    pub fn follow(self: &Arc<Self>, after: u64, clock: Arc<dyn Clock>) -> BoxStream<'static, Result<AuditRecord>> {
        follow::follow(Arc::clone(self), after, clock)
    }

    /// Whole lines, without their ends.
    pub(super) fn lines(&self) -> Result<impl Iterator<Item = io::Result<Vec<u8>>> + use<>> {
        let file = File::open(&self.path).map_err(|cause| self.failed(cause))?;
        Ok(whole_lines(BufReader::new(file)))
    }

    /// The file, which nobody else appends to until it is closed.
    fn locked(&self) -> Result<File> {
        let locked = || {
            if let Some(folder) = self.path.parent() {
                std::fs::create_dir_all(folder)?;
            }
            let file = owners_only().create(true).read(true).write(true).truncate(false).open(&self.path)?;
            file.lock()?;
            Ok(file)
        };
        locked().map_err(|cause: io::Error| self.failed(cause))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn failed(&self, cause: io::Error) -> Error {
        let message = "the audit record cannot be read or written, so nothing is changed; check the disk";
        Error::new(ErrorKind::Io, AUDIT, message).with("file", self.path.display()).because(cause)
    }

    pub(super) fn corrupt(&self, wrong: String) -> Error {
        let message = format!("{wrong}; move the file away and find out who changed it");
        Error::new(ErrorKind::Corrupt, AUDIT, message).with("file", self.path.display())
    }
}

/// One line at the end, on the disk; none of it if that fails.
fn write(file: &mut File, line: &[u8], end: u64) -> io::Result<()> {
    file.seek(SeekFrom::Start(end))?;
    let written = file.write_all(line).and_then(|()| file.sync_data());
    if written.is_err() {
        // What was written of it would break the chain; if this fails too, the next start cuts it off.
        let _ = file.set_len(end);
    }
    written
}

/// Looks at the last whole line and cuts off what is behind it.
fn read_end(file: &mut File) -> io::Result<Result<End>> {
    let length = file.metadata()?.len();
    let from = length.saturating_sub(MAX_LINE);
    file.seek(SeekFrom::Start(from))?;
    let mut last = Vec::new();
    file.take(MAX_LINE).read_to_end(&mut last)?;
    let Some(end) = last.iter().rposition(|byte| *byte == b'\n') else {
        if from > 0 {
            return Ok(Err(endless()));
        }
        file.set_len(0)?;
        return Ok(Ok(End::default()));
    };
    let start = last[..end].iter().rposition(|byte| *byte == b'\n').map_or(0, |place| place + 1);
    let whole = from + end as u64 + 1;
    if whole < length {
        tracing::warn!("cut off {} bytes of the audit record that were not written whole", length - whole);
        file.set_len(whole)?;
    }
    let tail = Tail::behind(&last[start..end]);
    Ok(tail.map(|tail| End { tail, length: whole }).map_err(|wrong| Error::new(ErrorKind::Corrupt, AUDIT, wrong)))
}

fn endless() -> Error {
    Error::new(ErrorKind::Corrupt, AUDIT, "its last line is too long to be a record")
}

pub(super) fn whole_lines(mut reader: impl BufRead) -> impl Iterator<Item = io::Result<Vec<u8>>> {
    std::iter::from_fn(move || {
        let mut line = Vec::new();
        match reader.by_ref().take(MAX_LINE).read_until(b'\n', &mut line) {
            Ok(_) => line.pop_if(|byte| *byte == b'\n').map(|_| Ok(line)),
            Err(cause) => Some(Err(cause)),
        }
    })
}

const AUDIT: &str = "audit record";
/// Far above the longest record: all that is in one is bounded.
const MAX_LINE: u64 = 64 << 10;
