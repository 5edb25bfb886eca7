//! A disk that loses its power: what was not made safe is dropped or torn.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use parking_lot::Mutex;

use super::storage::{LogFile, Storage};

/// The same numbers for the same seed.
#[derive(Debug, Clone)]
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % limit.max(1)
    }
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The power fails in the middle of the operation.
    Power,
    /// Part of what is written finds room.
    NoSpace,
    /// The disk has dropped what was to be made safe, and says so once.
    SyncFails,
}

/// A disk in memory.
#[derive(Debug, Clone)]
pub(super) struct Disk(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    random: Random,
    files: Vec<Content>,
    folder: BTreeMap<String, usize>,
    safe_folder: BTreeMap<String, usize>,
    /// Changes of the folder that are not safe.
    changes: Vec<(String, Option<usize>)>,
    /// Names of all operations that change something, in order.
    trace: Vec<&'static str>,
    fault: Option<(usize, Fault)>,
    off: bool,
}

#[derive(Debug, Clone, Default)]
struct Content {
    safe: Vec<u8>,
    current: Vec<u8>,
    /// Writes that are not safe.
    writes: Vec<(usize, Vec<u8>)>,
}

#[derive(Debug)]
struct OpenFile {
    disk: Disk,
    file: usize,
    kind: &'static str,
}

impl Disk {
    pub(super) fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(State {
            random: Random::new(seed),
            files: Vec::new(),
            folder: BTreeMap::new(),
            safe_folder: BTreeMap::new(),
            changes: Vec::new(),
            trace: Vec::new(),
            fault: None,
            off: false,
        })))
    }

    /// What happens at the operation with this number.
    pub(super) fn fail_at(&self, operation: usize, fault: Fault) {
        self.0.lock().fault = Some((operation, fault));
    }

    /// The operations so far.
    pub(super) fn trace(&self) -> Vec<&'static str> {
        self.0.lock().trace.clone()
    }

    /// What is on the disk when the power is back.
    pub(super) fn after_power_failure(&self, seed: u64) -> Self {
        let state = self.0.lock();
        let after = Self::new(seed);
        {
            let mut new = after.0.lock();
            let mut random = Random::new(seed);
            new.files = state.files.iter().map(|content| content.torn(&mut random)).collect();
            new.folder = state.safe_folder.clone();
            let kept = random.below(state.changes.len() as u64 + 1) as usize;
            state.changes[..kept].iter().for_each(|change| apply(&mut new.folder, change));
            new.safe_folder = new.folder.clone();
        }
        after
    }

    /// Turns a bit of a file that is a segment; returns its name and the place.
    pub(super) fn rot(&self, random: &mut Random) -> Option<(String, usize)> {
        let mut state = self.0.lock();
        let names: Vec<(String, usize)> =
            state.folder.clone().into_iter().filter(|(name, _)| name != "state").collect();
        let (name, file) = names.get(random.below(names.len() as u64) as usize)?.clone();
        let content = &mut state.files[file];
        let at = random.below(content.current.len() as u64) as usize;
        *content.current.get_mut(at)? ^= 1 << random.below(8);
        content.safe = content.current.clone();
        Some((name, at))
    }

    pub(super) fn delete(&self, name: &str) {
        self.0.lock().folder.remove(name);
    }

    /// Bytes of all files.
    pub(super) fn bytes(&self) -> usize {
        let state = self.0.lock();
        state.folder.values().map(|file| state.files[*file].current.len()).sum()
    }
}

impl State {
    /// Notes an operation; what goes wrong at it.
    fn operation(&mut self, name: &'static str) -> io::Result<Option<Fault>> {
        if self.off {
            return Err(io::Error::other("the power is off"));
        }
        let number = self.trace.len();
        self.trace.push(name);
        let fault = self.fault.filter(|(at, _)| *at == number).map(|(_, fault)| fault);
        self.off = fault == Some(Fault::Power);
        Ok(fault)
    }

    fn change(&mut self, name: &str, file: Option<usize>) {
        let change = (name.to_owned(), file);
        apply(&mut self.folder, &change);
        self.changes.push(change);
    }
}

impl Content {
    /// Some of what was not safe is there: all, none, a beginning, or single sectors.
    fn torn(&self, random: &mut Random) -> Self {
        let mut bytes = self.safe.clone();
        let kept = random.below(self.writes.len() as u64 + 1) as usize;
        match random.below(3) {
            0 => self.writes[..kept].iter().for_each(|(offset, data)| write(&mut bytes, *offset, data)),
            1 => {
                self.writes[..kept].iter().for_each(|(offset, data)| write(&mut bytes, *offset, data));
                if let Some((offset, data)) = self.writes.get(kept) {
                    write(&mut bytes, *offset, &data[..random.below(data.len() as u64) as usize]);
                }
            }
            _ => self.writes.iter().for_each(|(offset, data)| {
                for (index, sector) in data.chunks(SECTOR).enumerate() {
                    if random.below(2) == 0 {
                        write(&mut bytes, offset + index * SECTOR, sector);
                    }
                }
            }),
        }
        Self { current: bytes.clone(), safe: bytes, writes: Vec::new() }
    }
}

fn apply(folder: &mut BTreeMap<String, usize>, (name, file): &(String, Option<usize>)) {
    match file {
        Some(file) => folder.insert(name.clone(), *file),
        None => folder.remove(name),
    };
}

fn write(bytes: &mut Vec<u8>, offset: usize, data: &[u8]) {
    bytes.resize(bytes.len().max(offset + data.len()), 0);
    bytes[offset..offset + data.len()].copy_from_slice(data);
}

fn kind(name: &str) -> &'static str {
    if name == "state" { "state" } else { "segment" }
}

impl Storage for Disk {
    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.0.lock().folder.keys().cloned().collect())
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn LogFile>> {
        let mut state = self.0.lock();
        let kind = kind(name);
        let fault = state.operation(if kind == "state" { "create state" } else { "create segment" })?;
        if fault == Some(Fault::NoSpace) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let file = state.files.len();
        state.files.push(Content::default());
        state.change(name, Some(file));
        Ok(Box::new(OpenFile { disk: self.clone(), file, kind }))
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn LogFile>> {
        let state = self.0.lock();
        let file = *state.folder.get(name).ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(OpenFile { disk: self.clone(), file, kind: kind(name) }))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut state = self.0.lock();
        if !state.folder.contains_key(name) {
            return Err(io::ErrorKind::NotFound.into());
        }
        state.operation("remove segment")?;
        state.change(name, None);
        Ok(())
    }

    fn sync_folder(&self) -> io::Result<()> {
        let mut state = self.0.lock();
        let created = state.changes.last().is_some_and(|(_, file)| file.is_some());
        let name = if created { "sync folder after create" } else { "sync folder after remove" };
        match state.operation(name)? {
            Some(_) => Err(io::Error::other("the folder could not be forced")),
            None => {
                state.safe_folder = state.folder.clone();
                state.changes.clear();
                Ok(())
            }
        }
    }

    fn address(&self) -> String {
        "a disk in memory".into()
    }
}

impl LogFile for OpenFile {
    fn length(&mut self) -> io::Result<u64> {
        Ok(self.disk.0.lock().files[self.file].current.len() as u64)
    }

    fn read_at(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let state = self.disk.0.lock();
        let bytes = &state.files[self.file].current;
        let from = (offset as usize).min(bytes.len());
        let length = buffer.len().min(bytes.len() - from);
        buffer[..length].copy_from_slice(&bytes[from..from + length]);
        Ok(length)
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.disk.0.lock();
        let fault = state.operation(if self.kind == "state" { "write state" } else { "write segment" })?;
        let room = match fault {
            Some(_) => state.random.below(bytes.len() as u64 + 1) as usize,
            None => bytes.len(),
        };
        let content = &mut state.files[self.file];
        write(&mut content.current, offset as usize, &bytes[..room]);
        content.writes.push((offset as usize, bytes[..room].to_vec()));
        fault.map_or(Ok(()), |_| Err(io::ErrorKind::StorageFull.into()))
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut state = self.disk.0.lock();
        let fault = state.operation(if self.kind == "state" { "sync state" } else { "sync segment" })?;
        let content = &mut state.files[self.file];
        match fault {
            Some(Fault::Power) => Err(io::Error::other("the power is off")),
            Some(_) => {
                // Read back it seems to be there, and no later fsync brings it to the disk.
                content.writes.clear();
                Err(io::Error::other("the disk failed"))
            }
            None => {
                let writes = std::mem::take(&mut content.writes);
                writes.iter().for_each(|(offset, data)| write(&mut content.safe, *offset, data));
                Ok(())
            }
        }
    }
}

const SECTOR: usize = 64;
