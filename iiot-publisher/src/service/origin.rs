//! Where the batches of a writer group come from.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::spool::{Supplied, Supply};
use crate::plan::WriterGroupPlan;

/// Where the batches of a group come from.
#[derive(Debug)]
pub(super) enum Origin {
    /// From its writers, which acknowledge them when they are with the sink.
    Writers(HashMap<u16, mpsc::Sender<u64>>),
    /// From its log, which has them until they are with the sink.
    Log {
        supply: Box<Supply>,
        open: bool,
        /// Writers whose values an earlier process has left and whose types are not read yet, and how
        /// long these are waited for.
        types: Option<(HashSet<u16>, Instant)>,
    },
}

impl Origin {
    /// From a log; what an earlier process has left there waits for the types of its writers.
    pub(super) fn log(supply: Supply, plan: &WriterGroupPlan, now: Instant) -> Self {
        let writers = || plan.writers.iter().map(|writer| writer.id).collect();
        let types = supply.lags().then(|| (writers(), now + PATIENCE_FOR_TYPES));
        Self::Log { supply: Box::new(supply), open: true, types }
    }

    pub(super) fn is_log(&self) -> bool {
        matches!(self, Self::Log { .. })
    }

    pub(super) fn is_open(&self) -> bool {
        matches!(self, Self::Log { open: true, .. })
    }

    pub(super) fn end(&mut self) {
        if let Self::Log { open, .. } = self {
            *open = false;
        }
    }

    /// How long the types of writers are waited for, if they are.
    pub(super) fn types_until(&self) -> Option<Instant> {
        match self {
            Self::Log { types: Some((_, until)), .. } => Some(*until),
            _ => None,
        }
    }

    /// The types of a writer are known, or those of all are not waited for any more.
    pub(super) fn types_read(&mut self, writer: Option<u16>) {
        let Self::Log { types, .. } = self else { return };
        let left = types.take().and_then(|(mut writers, until)| {
            writers.remove(&writer?);
            Some((writers, until))
        });
        *types = left.filter(|(writers, _)| !writers.is_empty());
    }

    /// The next of the log; never returns where there is none or it has to wait.
    pub(super) async fn next(&mut self) -> Option<Supplied> {
        match self {
            Self::Log { supply, open: true, types: None } => supply.next().await,
            _ => std::future::pending().await,
        }
    }

    pub(super) fn release(&mut self, writer: u16, token: u64) {
        match self {
            // Has room for every batch that may wait; a writer that has ended needs no more.
            Self::Writers(releases) => {
                let _ = releases.get(&writer).map(|releases| releases.try_send(token));
            }
            Self::Log { supply, .. } => supply.done(token),
        }
    }

    /// Whether an earlier process may have sent the batch with this token.
    pub(super) fn may_be_sent(&self, token: u64) -> bool {
        matches!(self, Self::Log { supply, .. } if supply.may_be_sent(token))
    }

    /// Tells the log how far the sink has it.
    pub(super) fn pass(&self) {
        if let Self::Log { supply, .. } = self {
            supply.pass();
        }
    }
}

/// A server that is away must not hold back what is already here.
const PATIENCE_FOR_TYPES: Duration = Duration::from_secs(10);
