//! A file that grows by whole lines.

use std::io;
use std::path::Path;

use iiot_core::time::UtcTime;
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt, SeekFrom};

/// The open end of a file of lines. A line is whole or not there: what a failed write left is cut
/// off before the next one.
#[derive(Debug)]
pub(super) struct Lines {
    file: File,
    /// Where the last whole line ends.
    length: u64,
    /// When its first line was written; `None` while it has none.
    begun: Option<UtcTime>,
    torn: bool,
}

impl Lines {
    /// Opens a file, or makes it. A last line without end is cut off by the next append.
    pub(super) async fn open(path: &Path) -> io::Result<Self> {
        let mut file = File::options().read(true).write(true).create(true).truncate(false).open(path).await?;
        let length = end_of_last_line(&mut file).await?;
        let metadata = file.metadata().await?;
        // Not every file system knows when a file was made.
        let made = metadata.created().or_else(|_| metadata.modified())?;
        Ok(Self { file, length, begun: (length > 0).then(|| made.into()), torn: true })
    }

    /// Bytes of whole lines.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// When the first line was written.
    pub(super) fn begun(&self) -> Option<UtcTime> {
        self.begun
    }

    /// Adds a line, with its end.
    pub(super) async fn append(&mut self, line: &[u8], now: UtcTime) -> io::Result<()> {
        self.heal().await?;
        // Also when this future is dropped half way.
        self.torn = true;
        self.file.write_all(line).await?;
        self.file.flush().await?;
        self.length += line.len() as u64;
        self.begun.get_or_insert(now);
        self.torn = false;
        Ok(())
    }

    /// Brings everything to the disk, and nothing but whole lines.
    pub(super) async fn sync(&mut self) -> io::Result<()> {
        self.heal().await?;
        self.file.sync_data().await
    }

    async fn heal(&mut self) -> io::Result<()> {
        if self.torn {
            self.file.set_len(self.length).await?;
            self.file.seek(SeekFrom::Start(self.length)).await?;
            self.torn = false;
        }
        Ok(())
    }
}

/// Looks backwards for the last line end.
async fn end_of_last_line(file: &mut File) -> io::Result<u64> {
    let mut end = file.metadata().await?.len();
    let mut block = [0; 4096];
    while end > 0 {
        let size = end.min(block.len() as u64);
        file.seek(SeekFrom::Start(end - size)).await?;
        file.read_exact(&mut block[..size as usize]).await?;
        if let Some(at) = block[..size as usize].iter().rposition(|byte| *byte == b'\n') {
            return Ok(end - size + at as u64 + 1);
        }
        end -= size;
    }
    Ok(0)
}
