//! The reading end of a group's log.

use std::sync::Arc;

use iiot_core::{Error, Result};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::super::received::Received;
use super::Place;
use super::codec::{Content, Decoder};
use super::progress::Progress;
use super::window::{Next, Recent, Window};
use crate::ledger::LossCause;
use crate::log::{Cursor, Entry, Lost, Reader, Record};
use crate::plan::WriterGroupPlan;

/// Gives a group the records of its log in order, and notes which ones the sink has.
#[derive(Debug)]
pub(in crate::service) struct Supply {
    window: Arc<Window>,
    ends: watch::Receiver<u64>,
    progress: Progress,
    /// Up to here an earlier process may have sent something that it had not noted yet.
    left: u64,
    cursor: watch::Sender<Cursor>,
    /// Records read from the disk, the next one last.
    backlog: Backlog,
    /// The reading end of the files, or the task that reads with it.
    disk: Option<Disk>,
    reading: Option<JoinHandle<(Disk, Result<Backlog>)>>,
    /// For records that are read from now on.
    decoder: Option<Decoder>,
}

type Backlog = Vec<(Place, Content)>;

#[derive(Debug)]
struct Disk {
    reader: Reader,
    schemas: Reader,
    decoder: Decoder,
}

/// What a group gets.
#[derive(Debug)]
pub(in crate::service) enum Supplied {
    /// A batch, with the position of its record as its token.
    Batch { writer: u16, batch: Received, unwanted: usize },
    /// Values that were safe and will be in no message.
    Missing { values: Option<u64>, cause: LossCause },
    /// The log cannot be read for now; it is tried again.
    Failed(Error),
}

impl Supply {
    pub(super) fn new(
        plan: &WriterGroupPlan,
        reader: Reader,
        start: Cursor,
        window: Arc<Window>,
        ends: watch::Receiver<u64>,
        cursor: watch::Sender<Cursor>,
    ) -> Self {
        let disk = Disk { schemas: reader.twin(), reader, decoder: Decoder::new(plan) };
        let (progress, left, disk) = (Progress::new(start), *ends.borrow(), Some(disk));
        Self { window, ends, progress, left, cursor, backlog: Vec::new(), disk, reading: None, decoder: None }
    }

    /// Whether an earlier process has left something, or the group has fallen behind.
    pub(in crate::service) fn lags(&self) -> bool {
        self.progress.taken().position < *self.ends.borrow()
    }

    /// Whether an earlier process may have sent the record with this position.
    pub(in crate::service) fn may_be_sent(&self, position: u64) -> bool {
        position < self.left
    }

    /// What is read from now on is of these writers and fields.
    pub(in crate::service) fn change(&mut self, plan: &WriterGroupPlan) {
        self.decoder = Some(Decoder::new(plan));
    }

    /// Whether all up to this position was taken.
    pub(in crate::service) fn has_taken(&self, position: u64) -> bool {
        self.progress.taken().position >= position
    }

    /// What comes next; `None` once the writers are gone and everything was taken. Can be dropped and
    /// called again.
    pub(in crate::service) async fn next(&mut self) -> Option<Supplied> {
        loop {
            if let Some((place, content)) = self.backlog.pop() {
                match self.stored(place, content) {
                    Some(supplied) => return Some(supplied),
                    None => continue,
                }
            }
            if self.reading.is_some() {
                if let Err(error) = self.read_on().await {
                    return Some(Supplied::Failed(error));
                }
                continue;
            }
            let position = self.progress.taken().position;
            match self.window.next(position) {
                Next::Recent(recent) => return Some(self.recent(recent)),
                Next::Elsewhere => self.begin_reading(),
                Next::Later => {
                    self.ends.wait_for(|end| *end > position).await.ok()?;
                }
            }
        }
    }

    /// The sink has every value of the record with this position, or that was declared.
    pub(in crate::service) fn done(&mut self, position: u64) {
        self.progress.end(position);
    }

    /// Lets the log know how far the sink has it.
    pub(in crate::service) fn pass(&self) {
        let cursor = self.progress.cursor();
        self.cursor.send_if_modified(|seen| std::mem::replace(seen, cursor) != cursor);
    }

    fn recent(&mut self, recent: Recent) -> Supplied {
        self.progress.begin(recent.place);
        let mut batch = recent.batch;
        batch.set_token(recent.place.position);
        Supplied::Batch { writer: recent.writer, batch, unwanted: 0 }
    }

    fn stored(&mut self, place: Place, content: Content) -> Option<Supplied> {
        let missing = |cause| Supplied::Missing { values: Some(place.next.values - place.this.values), cause };
        match content {
            Content::Batch { writer, mut batch, unwanted } => {
                self.progress.begin(place);
                batch.set_token(place.position);
                Some(Supplied::Batch { writer, batch, unwanted })
            }
            Content::Schema => {
                self.progress.skip(place.next);
                None
            }
            Content::Unwanted | Content::Unreadable => {
                self.progress.skip(place.next);
                let gone = matches!(content, Content::Unwanted);
                Some(missing(if gone { LossCause::NoLongerWanted } else { LossCause::LogDamaged }))
            }
            Content::Lost(lost) => {
                self.progress.skip(place.next);
                Some(Supplied::Missing { values: lost.values, cause: LossCause::LogDamaged })
            }
        }
    }

    fn begin_reading(&mut self) {
        let taken = self.progress.taken();
        let mut disk = self.disk.take().expect("only one task reads");
        if let Some(decoder) = self.decoder.take() {
            disk.decoder = decoder;
        }
        self.reading = Some(tokio::task::spawn_blocking(move || {
            let read = disk.read(taken);
            (disk, read)
        }));
    }

    async fn read_on(&mut self) -> Result<()> {
        let Some(reading) = &mut self.reading else { return Ok(()) };
        let (disk, read) = reading.await.expect("reading does not panic");
        (self.disk, self.reading) = (Some(disk), None);
        self.backlog = read?;
        self.backlog.reverse();
        if self.backlog.is_empty() {
            // Nothing is left of it: it was dropped, and that is declared.
            let Cursor { values, .. } = self.progress.taken();
            let position = self.disk.as_ref().map_or(0, |disk| disk.reader.position());
            self.progress.skip(Cursor { position, values });
        }
        Ok(())
    }
}

impl Disk {
    /// Some of what lies behind a position.
    fn read(&mut self, from: Cursor) -> Result<Backlog> {
        self.reader.skip_to(from.position, from.values);
        let (mut read, mut bytes) = (Vec::new(), 0);
        while bytes < READ_AT_ONCE
            && let Some(entry) = self.reader.read()?
        {
            read.push(match entry {
                Entry::Record(record) => {
                    bytes += record.payload.len();
                    (place(&record), self.decoder.decode(&record, &mut self.schemas))
                }
                Entry::Lost(lost) => (place_of_lost(&lost, from), Content::Lost(lost)),
            });
        }
        Ok(read)
    }
}

fn place(record: &Record) -> Place {
    let this = Cursor { position: record.position, values: record.values_before };
    let values = record.values_before + u64::from(record.meta.values);
    Place { position: record.position, this, next: Cursor { position: record.next, values } }
}

fn place_of_lost(lost: &Lost, from: Cursor) -> Place {
    let values = lost.values_before.unwrap_or(from.values);
    let at = |position| Cursor { position, values };
    Place { position: lost.from, this: at(lost.from), next: at(lost.until) }
}

const READ_AT_ONCE: usize = 1 << 20;
