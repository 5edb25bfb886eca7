//! Reads the audit record while it grows.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufReader, Seek, SeekFrom};
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::{self, BoxStream};

use super::AuditRecord;
use super::log::{AuditLog, whole_lines};
use crate::clock::Clock;
use crate::error::Result;

pub(super) fn follow(log: Arc<AuditLog>, after: u64, clock: Arc<dyn Clock>) -> BoxStream<'static, Result<AuditRecord>> {
    let reader = Reader { log, after, offset: 0, read: VecDeque::new() };
    stream::unfold((reader, clock), |(mut reader, clock)| async move {
        loop {
            let (back, outcome) = off_thread(move || {
                let next = reader.next();
                (next, reader)
            })
            .await?;
            reader = back;
            match outcome {
                Ok(None) => clock.sleep_until(clock.now() + PAUSE).await,
                Ok(Some(record)) => return Some((Ok(record), (reader, clock))),
                Err(error) => return Some((Err(error), (reader, clock))),
            }
        }
    })
    .boxed()
}

/// A place in the file, and what was read ahead.
struct Reader {
    log: Arc<AuditLog>,
    after: u64,
    offset: u64,
    read: VecDeque<AuditRecord>,
}

impl Reader {
    fn next(&mut self) -> Result<Option<AuditRecord>> {
        if self.read.is_empty() {
            self.read_on()?;
        }
        Ok(self.read.pop_front())
    }

    fn read_on(&mut self) -> Result<()> {
        let lines = self.lines().map_err(|cause| self.log.failed(cause))?;
        for line in lines {
            let line = line.map_err(|cause| self.log.failed(cause))?;
            self.offset += line.len() as u64 + 1;
            let record: AuditRecord =
                serde_json::from_slice(&line).map_err(|cause| self.log.corrupt(cause.to_string()))?;
            if record.sequence > self.after {
                self.read.push_back(record);
            }
            if self.read.len() >= AHEAD {
                break;
            }
        }
        Ok(())
    }

    fn lines(&self) -> io::Result<impl Iterator<Item = io::Result<Vec<u8>>> + use<>> {
        let mut file = File::open(self.log.path())?;
        file.seek(SeekFrom::Start(self.offset))?;
        Ok(whole_lines(BufReader::new(file)))
    }
}

/// `None` if the runtime is being shut down.
async fn off_thread(
    work: impl FnOnce() -> (Result<Option<AuditRecord>>, Reader) + Send + 'static,
) -> Option<(Reader, Result<Option<AuditRecord>>)> {
    let done = tokio::task::spawn_blocking(work).await.ok();
    done.map(|(outcome, reader)| (reader, outcome))
}

const PAUSE: Duration = Duration::from_millis(500);
const AHEAD: usize = 256;
