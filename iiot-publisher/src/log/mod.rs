//! A durable log: records are appended in groups, read in order, and given back once every cursor
//! has passed them.
//!
//! A position is a byte of the log since its first one. The log is a row of segments, files named by
//! the position at which they begin; records carry their position and checksums.
//!
//! # What is safe
//! A group of records is safe once [`Log::commit`] has returned: their bytes are forced to the disk,
//! and so is the folder when they are in a new file. When anything in that fails nothing of the
//! group counts, whatever the disk may hold of it: the file is given up at the last safe position
//! and the next group begins a new one. A second fsync is never taken for a repair of the first.
//!
//! # What is read after a crash
//! The log ends behind the last record that was safe. What is torn behind it was never safe and
//! vanishes. What is damaged before it is told as [`Entry::Lost`], with the number of values in it,
//! and reading goes on behind. That something was safe is known from the state file, and from every
//! record of a later group.
//!
//! ```
//! use std::sync::Arc;
//! use iiot_publisher::log::{Entry, FileStorage, Log, LogOptions, Meta};
//!
//! # let folder = tempfile::tempdir()?;
//! let storage = Arc::new(FileStorage::open(folder.path().join("log"))?);
//! let mut log = Log::open(storage, LogOptions::default())?;
//! log.append(Meta::default(), |out| out.extend_from_slice(b"one"))?;
//! log.commit()?;
//!
//! let mut reader = log.reader("sink");
//! let Some(Entry::Record(record)) = reader.read()? else { panic!("the record is there") };
//! assert_eq!(&record.payload[..], b"one");
//! log.pass("sink", record.next, record.values_before);
//! log.store()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::io;
use std::sync::Arc;

use iiot_core::{Error, ErrorKind, Result};
use parking_lot::Mutex;

mod group_commit;
mod index;
#[cfg(test)]
mod power;
mod reader;
mod record;
mod recovery;
mod segment;
mod state;
mod storage;
#[cfg(test)]
mod tests;

pub use group_commit::GroupCommit;
pub use reader::{Entry, Lost, Reader};
pub use record::{MAX_RECORD, Meta, Record};
pub use state::Cursor;
pub use storage::{FileStorage, LogFile, Storage};

use index::Index;
use record::{HEADER, Header, SegmentHeader, crc};
use segment::Segment;
use state::{State, StateFile};

/// How large a log may become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogOptions {
    /// Bytes of all segments from which on the log is full; one more group may go beyond. Default 1 GiB.
    pub max_bytes: u64,
    /// Bytes from which on a segment is followed by the next; at most an eighth of all. Default 32 MiB.
    pub segment_bytes: u64,
}

impl Default for LogOptions {
    fn default() -> Self {
        Self { max_bytes: 1 << 30, segment_bytes: 32 << 20 }
    }
}

/// The writing end, and the cursors.
#[derive(Debug)]
pub struct Log {
    storage: Arc<dyn Storage>,
    options: LogOptions,
    index: Arc<Mutex<Index>>,
    state_file: StateFile,
    state: State,
    /// As it is on disk.
    stored: State,
    /// The segment that groups go to; none after the start and after a failure.
    active: Option<Segment>,
    /// The group that is being collected, its position and the values in it.
    group: Vec<u8>,
    group_values: u64,
    /// Of the segment that the group begins, if it does.
    begun: Option<u32>,
}

/// What [`Log::drop_oldest`] would drop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Oldest {
    /// Where the segment ends.
    pub until: u64,
    /// Values in it that no reader has passed, and their earliest and latest time.
    pub unread: Meta,
}

impl Log {
    /// Opens a log, or makes it.
    ///
    /// # Errors
    /// `Io` if the folder cannot be read or the state not be written. Damage is no error.
    pub fn open(storage: Arc<dyn Storage>, options: LogOptions) -> Result<Self> {
        let segment_bytes = options.segment_bytes.min(options.max_bytes / 8);
        let (state_file, stored, index) =
            recovery::recover(&storage).map_err(|cause| failed("open the log", storage.as_ref(), cause))?;
        let state = State { durable: index.end, values: index.values, ..stored.clone() };
        Ok(Self {
            storage,
            options: LogOptions { segment_bytes, ..options },
            index: Arc::new(Mutex::new(index)),
            state_file,
            state,
            stored,
            active: None,
            group: Vec::new(),
            group_values: 0,
            begun: None,
        })
    }

    /// Adds a record to the group, its bytes written by `write`; returns where it begins and where
    /// the next one will, which holds once the group is safe.
    ///
    /// # Errors
    /// `LimitExceeded` if it is larger than [`MAX_RECORD`]; the group is as before.
    pub fn append(&mut self, meta: Meta, write: impl FnOnce(&mut Vec<u8>)) -> Result<(u64, u64)> {
        let (end, values_before) = self.end();
        let salt = self.salt();
        let start = self.group.len();
        self.group.extend_from_slice(&[0; HEADER]);
        write(&mut self.group);
        let payload = &self.group[start + HEADER..];
        if payload.len() > MAX_RECORD {
            let size = payload.len();
            self.group.truncate(start);
            let message = "the record is larger than the log takes";
            return Err(Error::new(ErrorKind::LimitExceeded, "append to the log", message).with("bytes", size));
        }
        let header = Header {
            length: payload.len() as u32,
            checksum: crc(salt, payload),
            position: end + start as u64,
            values_before: values_before + self.group_values,
            meta,
            group_offset: start as u32,
        };
        self.group[start..start + HEADER].copy_from_slice(&header.encode(salt));
        self.group_values += u64::from(meta.values);
        Ok((header.position, header.next()))
    }

    /// Makes the group safe; returns where the log ends now.
    ///
    /// # Errors
    /// `Io`: nothing of the group is in the log; append it again.
    pub fn commit(&mut self) -> Result<u64> {
        let (end, values) = self.end();
        if self.group.is_empty() {
            return Ok(end);
        }
        let written = self.write_group(end);
        let (length, new_values) = (self.group.len() as u64, std::mem::take(&mut self.group_values));
        self.group.clear();
        self.begun = None;
        if let Err(cause) = written {
            // What the file holds behind the last safe position is unknown from now on.
            self.active = None;
            return Err(failed("write to the log", self.storage.as_ref(), cause));
        }
        let mut index = self.index.lock();
        (index.end, index.values) = (end + length, values + new_values);
        (self.state.durable, self.state.values) = (index.end, index.values);
        Ok(index.end)
    }

    /// Forgets the group that is being collected.
    pub fn discard(&mut self) {
        self.group.clear();
        (self.group_values, self.begun) = (0, None);
    }

    fn write_group(&mut self, end: u64) -> io::Result<()> {
        let Some(salt) = self.begun else {
            let segment = self.active.as_mut().expect("a group without a segment begins one");
            return segment.append(&self.group);
        };
        self.active = Some(Segment::create(self.storage.as_ref(), end, salt, &self.group)?);
        self.index.lock().push(end, salt);
        Ok(())
    }

    /// Of the segment that the group goes to; a new group may begin a new segment.
    fn salt(&mut self) -> u32 {
        if let Some(salt) = self.begun {
            return salt;
        }
        let full = |segment: &Segment| segment.length() >= self.options.segment_bytes;
        if let Some(segment) = self.active.as_ref().filter(|segment| !self.group.is_empty() || !full(segment)) {
            return segment.salt();
        }
        let salt = uuid::Uuid::new_v4().as_u128() as u32;
        self.group.extend_from_slice(&SegmentHeader { base: self.end().0, salt }.encode());
        *self.begun.insert(salt)
    }

    /// Where the segment begins that the next record goes to.
    pub fn segment(&mut self) -> u64 {
        self.salt();
        match (&self.begun, &self.active) {
            (None, Some(segment)) => segment.base(),
            _ => self.end().0,
        }
    }

    /// Where a cursor stands, known after its [`reader`](Self::reader) was made.
    #[must_use]
    pub fn cursor(&self, cursor: &str) -> Cursor {
        self.state.cursors.get(cursor).copied().unwrap_or_default()
    }

    /// Where the log ends, and how many values it has had.
    #[must_use]
    pub fn end(&self) -> (u64, u64) {
        let index = self.index.lock();
        (index.end, index.values)
    }

    /// Bytes of the group that is being collected.
    #[must_use]
    pub fn group_bytes(&self) -> usize {
        self.group.len()
    }

    /// Bytes of all segments.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.index.lock().bytes()
    }

    /// Whether nothing more should be appended before something is given back. One that every cursor
    /// has passed is not full, however large: its last segment is given back when the next has begun.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.bytes() + self.group.len() as u64 >= self.options.max_bytes && !self.is_passed()
    }

    fn is_passed(&self) -> bool {
        let (end, cursors) = (self.end().0, &self.state.cursors);
        !cursors.is_empty() && cursors.values().all(|cursor| cursor.position >= end)
    }

    /// Reads from a cursor on; a cursor that is not known begins at the oldest record.
    #[must_use]
    pub fn reader(&mut self, cursor: &str) -> Reader {
        let first = self.index.lock().first();
        let start = Cursor { position: first, values: 0 };
        let known = first == 0 || self.state.cursors.contains_key(cursor);
        let cursor = *self.state.cursors.entry(cursor.to_owned()).or_insert(start);
        Reader::new(Arc::clone(&self.storage), Arc::clone(&self.index), cursor.position, known.then_some(cursor.values))
    }

    /// Reads what had been written after the state was last stored: right after the opening, what
    /// the process before has written since then.
    #[must_use]
    pub fn tail(&self) -> Reader {
        let (stored, first) = (self.stored.durable, self.index.lock().first());
        Reader::new(Arc::clone(&self.storage), Arc::clone(&self.index), stored.max(first), None)
    }

    /// A reader needs nothing before `position` any more, which is the `next` of a record.
    pub fn pass(&mut self, cursor: &str, position: u64, values: u64) {
        let cursor = self.state.cursors.entry(cursor.to_owned()).or_default();
        if position > cursor.position {
            *cursor = Cursor { position, values };
        }
    }

    /// Forgets a cursor, so that nothing is kept for it.
    pub fn forget(&mut self, cursor: &str) {
        self.state.cursors.remove(cursor);
    }

    /// Something to remember with the cursors; empty at first.
    #[must_use]
    pub fn note(&self) -> &str {
        &self.state.note
    }

    /// Remembers something from the next [`store`](Self::store) on.
    pub fn set_note(&mut self, note: String) {
        self.state.note = note;
    }

    /// Makes cursors and note safe, then deletes the segments that every cursor has passed.
    ///
    /// # Errors
    /// `Io`; it can be called again.
    pub fn store(&mut self) -> Result<()> {
        self.try_store().map_err(|cause| failed("store the state of the log", self.storage.as_ref(), cause))
    }

    fn try_store(&mut self) -> io::Result<()> {
        if self.state != self.stored {
            self.state_file.write(&self.state)?;
            self.stored = self.state.clone();
        }
        let passed = self.stored.cursors.values().map(|cursor| cursor.position).min().unwrap_or_default();
        self.delete_below(passed.max(self.stored.dropped))
    }

    fn delete_below(&mut self, position: u64) -> io::Result<()> {
        let done = self.index.lock().take_below(position);
        let remove = |base: &u64| gone(self.storage.remove(&record::segment_name(*base)));
        // One that cannot be deleted stays until the log is opened again.
        let removed: Vec<io::Result<()>> = done.iter().map(remove).collect();
        if !done.is_empty() {
            self.storage.sync_folder()?;
        }
        removed.into_iter().collect()
    }

    /// What the oldest segment holds that was not passed; `None` while there is only one.
    ///
    /// # Errors
    /// `Io` if it cannot be read.
    pub fn oldest(&self) -> Result<Option<Oldest>> {
        let (first, until) = {
            let index = self.index.lock();
            let Some(until) = index.second() else { return Ok(None) };
            (index.first(), until)
        };
        let passed = self.state.cursors.values().map(|cursor| cursor.position).min().unwrap_or_default();
        let mut reader =
            Reader::new(Arc::clone(&self.storage), Arc::clone(&self.index), first.max(passed), None).until(until);
        let mut unread = Meta { values: 0, times: (i64::MAX, i64::MIN) };
        while let Some(entry) = reader.read()? {
            if let Entry::Record(Record { meta, .. }) = entry
                && meta.values > 0
            {
                unread.values += meta.values;
                unread.times = (unread.times.0.min(meta.times.0), unread.times.1.max(meta.times.1));
            }
        }
        Ok(Some(Oldest { until, unread }))
    }

    /// Deletes the oldest segment although it was not passed. That it is missing is for the caller
    /// to declare before; readers go on behind it without a word.
    ///
    /// # Errors
    /// `Io`; it can be called again.
    pub fn drop_oldest(&mut self) -> Result<()> {
        if let Some(until) = self.index.lock().second() {
            self.state.dropped = until;
        }
        self.index.lock().dropped = self.state.dropped;
        self.store()
    }
}

fn gone(removed: io::Result<()>) -> io::Result<()> {
    removed.or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
}

fn failed(operation: &'static str, storage: &dyn Storage, cause: io::Error) -> Error {
    let message = "the disk did not take it; check free space and permissions";
    Error::new(ErrorKind::Io, operation, message).with("folder", storage.address()).because(cause)
}
