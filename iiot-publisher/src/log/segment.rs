//! The file that groups are written to.

use std::io;

use super::gone;
use super::record::segment_name;
use super::storage::{LogFile, Storage};

/// A segment that was begun by this process.
#[derive(Debug)]
pub(super) struct Segment {
    file: Box<dyn LogFile>,
    base: u64,
    salt: u32,
    length: u64,
}

impl Segment {
    /// Makes the file with its first group; it is safe when this returns.
    pub(super) fn create(storage: &dyn Storage, base: u64, salt: u32, group: &[u8]) -> io::Result<Self> {
        let name = segment_name(base);
        // One that was begun here and failed holds nothing safe. It is not written again: a file whose
        // fsync has failed may claim to be clean.
        gone(storage.remove(&name))?;
        let file = storage.create(&name)?;
        let mut this = Self { file, base, salt, length: 0 };
        this.append(group)?;
        storage.sync_folder()?;
        Ok(this)
    }

    pub(super) fn append(&mut self, group: &[u8]) -> io::Result<()> {
        self.file.write_at(self.length, group)?;
        self.file.sync()?;
        self.length += group.len() as u64;
        Ok(())
    }

    pub(super) fn base(&self) -> u64 {
        self.base
    }

    pub(super) fn salt(&self) -> u32 {
        self.salt
    }

    pub(super) fn length(&self) -> u64 {
        self.length
    }
}
