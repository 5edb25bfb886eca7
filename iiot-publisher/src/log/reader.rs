//! Reads a log in order and tells what is damaged.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use iiot_core::Result;
use parking_lot::Mutex;

use super::failed;
use super::index::{Index, Place};
use super::record::{HEADER, Header, MAGIC, Record, SEGMENT_HEADER, crc, segment_name};
use super::storage::{LogFile, Storage};

/// The reading end: goes from record to record as far as the log is safe.
#[derive(Debug)]
pub struct Reader {
    storage: Arc<dyn Storage>,
    index: Arc<Mutex<Index>>,
    position: u64,
    /// Values before the position, where known.
    values: Option<u64>,
    until: u64,
    damaged_from: Option<u64>,
    open: Option<OpenSegment>,
}

/// What comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A record.
    Record(Record),
    /// Records that were safe and cannot be read.
    Lost(Lost),
}

/// A damaged range of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lost {
    /// Where it begins.
    pub from: u64,
    /// Where it ends.
    pub until: u64,
    /// Values in it, where that can be told.
    pub values: Option<u64>,
    /// Values in the log up to its end, where that can be told.
    pub values_before: Option<u64>,
}

/// A segment's file and some of its bytes.
#[derive(Debug)]
struct OpenSegment {
    base: u64,
    salt: u32,
    file: Box<dyn LogFile>,
    start: u64,
    bytes: Bytes,
}

impl Reader {
    pub(super) fn new(storage: Arc<dyn Storage>, index: Arc<Mutex<Index>>, position: u64, values: Option<u64>) -> Self {
        Self { storage, index, position, values, until: u64::MAX, damaged_from: None, open: None }
    }

    /// Ends at a position already.
    pub(super) fn until(self, until: u64) -> Self {
        Self { until, ..self }
    }

    /// Where the next record is sought.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Passes over records that are known by other means.
    pub fn skip_to(&mut self, position: u64, values: u64) {
        if position > self.position {
            (self.position, self.values, self.damaged_from) = (position, Some(values), None);
        }
    }

    /// Another reader of the same log, which stands at the same position.
    #[must_use]
    pub fn twin(&self) -> Self {
        Self::new(Arc::clone(&self.storage), Arc::clone(&self.index), self.position, self.values)
    }

    /// The record at a position, if there is one and it is whole; the reader stays where it is.
    pub fn look(&mut self, position: u64) -> Option<Record> {
        let place = self.index.lock().place(position);
        let Place::Segment { base, salt, end } = place else { return None };
        let there = self.open_segment(base, salt).ok()?;
        self.open.as_mut().filter(|_| there)?.record(position, end)
    }

    /// The next record or damaged range; `None` at the end of what is safe by now.
    ///
    /// # Errors
    /// `Io` if a file is there and cannot be opened. Sectors that cannot be read are damage.
    pub fn read(&mut self) -> Result<Option<Entry>> {
        self.step().map_err(|cause| failed("read the log", self.storage.as_ref(), cause))
    }

    fn step(&mut self) -> io::Result<Option<Entry>> {
        while self.position < self.until {
            let (place, dropped, values) = {
                let index = self.index.lock();
                (index.place(self.position), index.dropped, index.values)
            };
            match place {
                Place::End => return Ok(self.end_of_damage(self.position, Some(values))),
                Place::Hole { end } if end <= dropped && self.damaged_from.is_none() => {
                    (self.position, self.values) = (end, None);
                }
                Place::Hole { end } => self.damaged_until(end),
                Place::Segment { base, salt, end } => {
                    if let Some(entry) = self.in_segment(base, salt, end)? {
                        return Ok(Some(entry));
                    }
                }
            }
        }
        Ok(self.end_of_damage(self.position, None))
    }

    fn in_segment(&mut self, base: u64, salt: u32, end: u64) -> io::Result<Option<Entry>> {
        if self.position < base + SEGMENT_HEADER as u64 {
            self.position = (base + SEGMENT_HEADER as u64).min(end);
            return Ok(None);
        }
        if !self.open_segment(base, salt)? {
            self.damaged_until(end);
            return Ok(None);
        }
        let segment = self.open.as_mut().expect("it was just opened");
        match segment.record(self.position, end) {
            Some(record) => Ok(Some(self.found(record))),
            None => {
                let until = segment.next_record(self.position + 1, end);
                self.damaged_until(until);
                Ok(None)
            }
        }
    }

    fn found(&mut self, record: Record) -> Entry {
        if let Some(lost) = self.end_of_damage(record.position, Some(record.values_before)) {
            return lost;
        }
        self.position = record.next;
        self.values = Some(record.values_before + u64::from(record.meta.values));
        Entry::Record(record)
    }

    fn damaged_until(&mut self, until: u64) {
        self.damaged_from.get_or_insert(self.position);
        self.position = until;
    }

    fn end_of_damage(&mut self, until: u64, values: Option<u64>) -> Option<Entry> {
        let from = self.damaged_from.take()?;
        let lost = self.values.zip(values).map(|(before, after)| after.saturating_sub(before));
        self.values = values;
        Some(Entry::Lost(Lost { from, until, values: lost, values_before: values }))
    }

    /// Whether the file of a segment is there.
    fn open_segment(&mut self, base: u64, salt: u32) -> io::Result<bool> {
        if self.open.as_ref().is_none_or(|open| (open.base, open.salt) != (base, salt)) {
            self.open = match self.storage.open(&segment_name(base)) {
                Ok(file) => Some(OpenSegment { base, salt, file, start: base, bytes: Bytes::new() }),
                Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                Err(error) => return Err(error),
            };
        }
        Ok(self.open.is_some())
    }
}

impl OpenSegment {
    /// The record at a position, if it is whole.
    fn record(&mut self, position: u64, end: u64) -> Option<Record> {
        let header = Header::decode(&self.bytes(position, HEADER, end), position, self.salt)?;
        if header.next() > end {
            return None;
        }
        let length = header.length as usize;
        let bytes = self.bytes(position, HEADER + length, end);
        let payload = (bytes.len() >= HEADER + length).then(|| bytes.slice(HEADER..HEADER + length))?;
        (crc(self.salt, &payload) == header.checksum).then(|| Record {
            position,
            next: header.next(),
            meta: header.meta,
            values_before: header.values_before,
            payload,
            group_offset: header.group_offset,
        })
    }

    /// Where the next whole record begins, or the segment ends.
    fn next_record(&mut self, from: u64, end: u64) -> u64 {
        let mut position = from;
        while position < end {
            let bytes = self.bytes(position, CHUNK.min((end - position) as usize), end);
            if bytes.len() < HEADER {
                break;
            }
            let candidates = bytes.windows(MAGIC.len()).enumerate().filter(|(_, window)| *window == MAGIC);
            let candidates: Vec<u64> = candidates.map(|(at, _)| position + at as u64).collect();
            if let Some(found) = candidates.into_iter().find(|at| self.record(*at, end).is_some()) {
                return found;
            }
            // The next magic may lie on the border.
            position += (bytes.len() - MAGIC.len() + 1) as u64;
        }
        end
    }

    /// At least so many bytes from a position on, fewer at the end.
    fn bytes(&mut self, position: u64, length: usize, end: u64) -> Bytes {
        let length = length.min(end.saturating_sub(position) as usize);
        let inside = position >= self.start && position + length as u64 <= self.start + self.bytes.len() as u64;
        if !inside {
            let wanted = length.max(CHUNK).min((end - position) as usize);
            self.bytes = read_readable(self.file.as_mut(), position - self.base, wanted).into();
            self.start = position;
        }
        let at = ((position - self.start) as usize).min(self.bytes.len());
        self.bytes.slice(at..)
    }
}

/// Reads; what cannot be read is zero.
fn read_readable(file: &mut dyn LogFile, offset: u64, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    if let Ok(count) = file.read_at(offset, &mut bytes) {
        bytes.truncate(count);
        return bytes;
    }
    let mut readable = 0;
    for (index, block) in bytes.chunks_mut(SECTOR).enumerate() {
        if let Ok(count) = file.read_at(offset + (index * SECTOR) as u64, block)
            && count > 0
        {
            readable = index * SECTOR + count;
        }
    }
    bytes.truncate(readable);
    bytes
}

/// Bytes read at once.
const CHUNK: usize = 256 << 10;
const SECTOR: usize = 4096;
