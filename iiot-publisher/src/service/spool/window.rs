//! The newest records of a log, kept in memory for a group that keeps up.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::watch;

use super::super::received::Received;
use super::Place;

/// A record that is safe, with its batch as it was received.
#[derive(Debug)]
pub(super) struct Recent {
    /// Where the record before it ends; between there and it nothing is for the group.
    pub(super) from: u64,
    pub(super) place: Place,
    pub(super) writer: u16,
    pub(super) batch: Received,
}

/// Bounded in bytes: the oldest ones go, and are read from the disk by whoever needs them.
#[derive(Debug)]
pub(super) struct Window {
    recent: Mutex<(VecDeque<Recent>, u64)>,
    end: watch::Receiver<u64>,
    /// Gone when nothing more will come.
    moved: Mutex<Option<watch::Sender<u64>>>,
}

/// What a window has for a reader.
#[derive(Debug)]
pub(super) enum Next {
    Recent(Recent),
    /// It has to be read from the disk.
    Elsewhere,
    /// It is not written yet.
    Later,
}

impl Window {
    pub(super) fn new(end: u64) -> (Arc<Self>, watch::Receiver<u64>) {
        let (sender, ends) = watch::channel(end);
        let (end, moved) = (ends.clone(), Mutex::new(Some(sender)));
        (Arc::new(Self { recent: Mutex::default(), end, moved }), ends)
    }

    /// Nothing more will come: a reader that has taken everything waits no longer.
    pub(super) fn close(&self) {
        self.moved.lock().take();
    }

    /// Takes in what was just made safe; the log ends behind the last one.
    pub(super) fn extend(&self, new: Vec<Recent>) {
        let Some(end) = new.last().map(|last| last.place.next.position) else { return };
        let (recent, bytes) = &mut *self.recent.lock();
        *bytes += new.iter().map(size).sum::<u64>();
        recent.extend(new);
        while *bytes > MAX_BYTES
            && let Some(oldest) = recent.pop_front()
        {
            *bytes -= size(&oldest);
        }
        if let Some(moved) = &*self.moved.lock() {
            moved.send_replace(end);
        }
    }

    /// What comes at a position; what is before it goes.
    pub(super) fn next(&self, position: u64) -> Next {
        let (recent, bytes) = &mut *self.recent.lock();
        while let Some(first) = recent.pop_front_if(|first| first.from <= position) {
            *bytes -= size(&first);
            if first.place.position >= position {
                return Next::Recent(first);
            }
        }
        if position < *self.end.borrow() { Next::Elsewhere } else { Next::Later }
    }
}

/// About what it takes in memory: as much as on the disk, and what small batches take besides.
fn size(recent: &Recent) -> u64 {
    recent.place.next.position - recent.place.position + BESIDES
}

/// The buffer that a small batch came in, which is larger than the batch, and what leads to it.
const BESIDES: u64 = 4 << 10;
const MAX_BYTES: u64 = 1 << 20;
