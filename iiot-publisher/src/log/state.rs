//! The cursors of a log and what else it has to remember: one small file with two places, written
//! in turn, so that a write that fails leaves the other. Its room is taken when it is made: a full
//! disk does not keep cursors from moving on, and so the log from giving room back.

use std::collections::BTreeMap;
use std::io;

use serde::{Deserialize, Serialize};

use super::record::{crc, u32_at, u64_at};
use super::storage::{LogFile, Storage};

/// What is remembered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct State {
    /// Everything below was safe.
    pub(super) durable: u64,
    /// Values in the log up to there.
    pub(super) values: u64,
    /// Segments below were dropped on purpose, and that is declared.
    pub(super) dropped: u64,
    pub(super) cursors: BTreeMap<String, Cursor>,
    /// Of the user of the log.
    pub(super) note: String,
}

/// How far a reader has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// Of the first record that it still needs.
    pub position: u64,
    /// Values in the log before.
    pub values: u64,
}

/// The file with both places.
#[derive(Debug)]
pub(super) struct StateFile {
    file: Box<dyn LogFile>,
    /// Counts writes; its lowest bit is the place.
    number: u64,
}

impl StateFile {
    /// Opens the file, or makes it; returns the newest state that is whole.
    pub(super) fn open(storage: &dyn Storage) -> io::Result<(Self, State)> {
        if !storage.list()?.iter().any(|name| name == NAME) {
            return Ok((Self::create(storage)?, State::default()));
        }
        let mut file = storage.open(NAME)?;
        let newest =
            [0, 1].into_iter().filter_map(|place| read(file.as_mut(), place)).max_by_key(|(number, _)| *number);
        match newest {
            Some((number, state)) => Ok((Self { file, number }, state)),
            // It was never written, or is destroyed: everything is read again from the beginning.
            None => Ok((Self::create(storage)?, State::default())),
        }
    }

    fn create(storage: &dyn Storage) -> io::Result<Self> {
        let mut file = storage.create(NAME)?;
        file.write_at(0, &vec![0; 2 * PLACE])?;
        file.sync()?;
        storage.sync_folder()?;
        Ok(Self { file, number: 0 })
    }

    /// Makes the state safe. After a failure the same place is written again, since the other one
    /// is all there is.
    pub(super) fn write(&mut self, state: &State) -> io::Result<()> {
        let text = serde_json::to_vec(state)?;
        if text.len() > PLACE - PREFIX {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the state is too large for its place"));
        }
        let number = self.number + 1;
        let mut bytes = Vec::with_capacity(PREFIX + text.len());
        bytes.extend_from_slice(&[0; 4]);
        bytes.extend_from_slice(&(text.len() as u32).to_le_bytes());
        bytes.extend_from_slice(&number.to_le_bytes());
        bytes.extend_from_slice(&text);
        let checksum = crc(0, &bytes[4..]);
        bytes[..4].copy_from_slice(&checksum.to_le_bytes());
        self.file.write_at((number & 1) * PLACE as u64, &bytes)?;
        self.file.sync()?;
        self.number = number;
        Ok(())
    }
}

fn read(file: &mut dyn LogFile, place: u64) -> Option<(u64, State)> {
    let mut bytes = vec![0; PLACE];
    let length = file.read_at(place * PLACE as u64, &mut bytes).ok()?;
    bytes.truncate(length);
    let text = bytes.get(4..8).map(|_| u32_at(&bytes, 4) as usize)?;
    let whole = bytes.get(..PREFIX.checked_add(text)?)?;
    let number = (u32_at(whole, 0) == crc(0, &whole[4..])).then(|| u64_at(whole, 8))?;
    Some((number, serde_json::from_slice(&whole[PREFIX..]).ok()?))
}

const NAME: &str = "state";
const PREFIX: usize = 16;
/// Enough for some thousand writers; less in tests, which make a thousand disks.
const PLACE: usize = if cfg!(test) { 4 << 10 } else { 128 << 10 };
