//! What lies between the subscriptions of a writer group and the group: its log.
//!
//! Writers hand batches in and get a release for each that is safe on the disk; the group takes
//! them out in order and says how far the sink has them. The newest records stay in memory for a
//! group that keeps up; one that lags reads them from the disk.

use std::collections::HashMap;
use std::sync::Arc;

use iiot_core::Result;
use tokio::sync::{mpsc, oneshot, watch};

use super::received::Received;
use super::store::Store;
use crate::log::Cursor;
use crate::plan::WriterGroupPlan;

mod codec;
mod durable;
mod mark;
mod progress;
mod supply;
mod task;
mod window;

pub(super) use codec::{hash, identity};
pub(super) use mark::Mark;
pub(super) use supply::{Supplied, Supply};
pub(super) use task::SpoolTask;

use durable::Durable;
use window::Window;

/// A batch on its way into the log.
#[derive(Debug)]
pub(super) struct Incoming {
    pub(super) writer: u16,
    pub(super) batch: Received,
}

/// What comes to a log.
#[derive(Debug)]
pub(super) enum Intake {
    Batch(Incoming),
    /// A writer has handed in its last batch; it is told where the log ends with that.
    Last {
        writer: u16,
        end: oneshot::Sender<u64>,
    },
}

/// The group has other writers, or they have other fields, from now on.
#[derive(Debug)]
pub(super) struct SpoolChange {
    pub(super) plan: WriterGroupPlan,
    /// Of writers that are new or begin anew.
    pub(super) releases: HashMap<u16, mpsc::Sender<u64>>,
    /// Batches handed in behind this are taken for those of the new plan.
    pub(super) done: oneshot::Sender<()>,
}

/// The ends of a spool that was opened.
#[derive(Debug)]
pub(super) struct Spool {
    /// For the writers; the spool ends when all are gone.
    pub(super) intake: mpsc::Sender<Intake>,
    pub(super) changes: mpsc::Sender<SpoolChange>,
    /// For the group.
    pub(super) supply: Supply,
    pub(super) task: SpoolTask,
    /// What an earlier process made safe, by name of the writer.
    pub(super) marks: HashMap<String, Mark>,
}

impl Spool {
    /// Opens the log of a group; the releases of its writers are by DataSetWriterId.
    pub(super) fn open(
        plan: &WriterGroupPlan,
        store: &Store,
        releases: HashMap<u16, mpsc::Sender<u64>>,
        shared: &Arc<super::status::Shared>,
    ) -> Result<Self> {
        let mut log = store.log(&plan.name)?;
        let reader = log.reader(SINK);
        let start = log.cursor(SINK);
        let (durable, marks) = Durable::open(log, plan)?;
        let (intake, incoming) = mpsc::channel(INTAKE);
        let (changes, changing) = mpsc::channel(1);
        let (cursor, cursor_seen) = watch::channel(start);
        let (window, ends) = Window::new(durable.end());
        let supply = Supply::new(plan, reader, start, Arc::clone(&window), ends, cursor);
        let task = SpoolTask::new(plan, durable, (incoming, changing), cursor_seen, window, releases, store, shared);
        Ok(Self { intake, changes, supply, task, marks })
    }
}

/// Where a record lies in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// Names it.
    pub(super) position: u64,
    /// The first of the next.
    pub(super) next: Cursor,
    /// What a reader that still needs it has as its cursor.
    pub(super) this: Cursor,
}

/// The name of the cursor; a group has one sink.
const SINK: &str = "sink";
/// Batches on their way into the log.
const INTAKE: usize = 64;
