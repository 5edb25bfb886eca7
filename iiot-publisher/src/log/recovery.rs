//! Finds out what a log holds that another process, or another life of the machine, has left.

use std::io;
use std::sync::Arc;

use parking_lot::Mutex;

use super::index::Index;
use super::reader::{Entry, Reader};
use super::record::{SEGMENT_HEADER, SegmentHeader, segment_base, segment_name};
use super::state::{State, StateFile};
use super::storage::Storage;

/// Reads the state and which segments there are; only what was written after the state is read.
pub(super) fn recover(storage: &Arc<dyn Storage>) -> io::Result<(StateFile, State, Index)> {
    let (state_file, state) = StateFile::open(storage.as_ref())?;
    let (mut index, files_end) = segments(storage.as_ref())?;
    index.dropped = state.dropped;
    (index.end, index.values) = (state.durable, state.values);
    if files_end > state.durable {
        index = read_tail(storage, index, files_end, &state)?;
    }
    Ok((state_file, state, index))
}

/// The segments whose header is whole, and where the last one's file ends.
fn segments(storage: &dyn Storage) -> io::Result<(Index, u64)> {
    let mut bases: Vec<u64> = storage.list()?.iter().filter_map(|name| segment_base(name)).collect();
    bases.sort_unstable();
    let (mut index, mut end) = (Index::default(), 0);
    for base in bases {
        let mut file = storage.open(&segment_name(base))?;
        let mut header = [0; SEGMENT_HEADER];
        let read = file.read_at(0, &mut header);
        let header = read.ok().and_then(|_| SegmentHeader::decode(&header)).filter(|header| header.base == base);
        // Without a header it holds nothing that can be checked: a segment that was never safe, or
        // one whose loss shows as a hole.
        if let Some(header) = header {
            index.push(base, header.salt);
            end = base + file.length()?;
        }
    }
    Ok((index, end))
}

/// Reads what may have been written after the state; the log ends before the first damage that
/// was never safe.
fn read_tail(storage: &Arc<dyn Storage>, mut index: Index, files_end: u64, state: &State) -> io::Result<Index> {
    index.end = files_end;
    let (start, last_base) = (state.durable.max(index.first()), index.last());
    let shared = Arc::new(Mutex::new(index));
    let mut reader = Reader::new(Arc::clone(storage), Arc::clone(&shared), start, None);
    // A segment is only begun when everything before it is safe, a group as well.
    let mut safe = state.durable.max(last_base);
    let (mut last, mut damage) = ((state.durable, state.values), Vec::new());
    while let Some(entry) = reader.read().map_err(io::Error::other)? {
        match entry {
            Entry::Record(record) => {
                safe = safe.max(record.group_start());
                last = (record.next, record.values_before + u64::from(record.meta.values));
            }
            Entry::Lost(lost) => damage.push((lost.from, lost.until, last)),
        }
    }
    drop(reader);
    let mut index = Arc::try_unwrap(shared).map(Mutex::into_inner).unwrap_or_default();
    let torn = damage.into_iter().find(|(_, until, _)| *until > safe);
    (index.end, index.values) = match torn {
        Some((from, _, (_, values))) => (from.max(safe), values.max(state.values)),
        None => (last.0.max(safe), last.1),
    };
    Ok(index)
}
