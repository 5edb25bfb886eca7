//! Watching: each reader reads the log of changes at its own pace, so that a slow one costs no memory.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::{BoxStream, unfold};
use tokio::sync::watch::{Receiver, Sender};
use tokio::time::sleep;

use super::Core;
use super::engine::Engine;
use super::names::{key, versioned};
use super::statement::{Row, Statement};
use crate::error::{ErrorKind, Result};
use crate::registry::{Change, Revision};

/// The changes behind a revision.
pub(super) fn changes(core: Arc<Core>, after: u64) -> BoxStream<'static, Change> {
    let reader = Reader { news: core.news.subscribe(), core, position: after, read: VecDeque::new() };
    unfold(reader, |mut reader| async { reader.next().await.map(|change| (change, reader)) }).boxed()
}

/// Notices what other processes change, until it is aborted or the registry closed.
pub(super) async fn notice(engine: Arc<dyn Engine>, news: Arc<Sender<u64>>) {
    loop {
        match super::in_time(engine.rows(Statement::new(LAST))).await {
            Ok(rows) => {
                let last = rows.first().map_or(0, Row::unsigned);
                news.send_if_modified(|known| std::mem::replace(known, last) != last);
            }
            Err(sqlx::Error::PoolClosed) => return,
            Err(cause) => tracing::debug!(%cause, "changes of the registry by others are not seen"),
        }
        engine.rest().await;
    }
}

struct Reader {
    core: Arc<Core>,
    news: Receiver<u64>,
    /// The revision up to which all was read.
    position: u64,
    /// What was read and not handed on.
    read: VecDeque<Change>,
}

impl Reader {
    async fn next(&mut self) -> Option<Change> {
        while self.read.is_empty() {
            self.news.borrow_and_update();
            match self.look().await {
                Ok(true) => {}
                Ok(false) => self.news.changed().await.ok()?,
                Err(error) if error.kind() == ErrorKind::Closed => return None,
                Err(error) => {
                    tracing::warn!(%error, "the registry's changes cannot be read; trying again");
                    sleep(PAUSE).await;
                }
            }
        }
        self.read.pop_front()
    }

    /// Reads on in the log; whether there was anything.
    async fn look(&mut self) -> Result<bool> {
        let rows = self.core.rows(Statement::new(BEHIND).bind(self.position).bind(AT_ONCE), "watch records").await?;
        let Some(first) = rows.first() else { return self.look_back().await };
        if first.unsigned() != self.position + 1 {
            return self.miss().await.map(|()| true);
        }
        for row in rows {
            self.position = row.unsigned();
            self.read.push_back(change(&row));
        }
        Ok(true)
    }

    /// Nothing is behind the position; perhaps the database is another one, as after a restoration.
    async fn look_back(&mut self) -> Result<bool> {
        match self.core.last().await? {
            last if last == self.position => Ok(false),
            last if last > self.position => Ok(true),
            _ => self.miss().await.map(|()| true),
        }
    }

    /// The log does not reach back: who learns that reads all again, and then goes on from here.
    async fn miss(&mut self) -> Result<()> {
        self.position = self.core.last().await?;
        self.read.push_back(Change::Missed);
        Ok(())
    }
}

fn change(row: &Row) -> Change {
    let change = match row.text {
        Some(_) => versioned(row).map(Change::Put),
        None => key(row).map(|key| Change::Deleted(key, Revision(row.unsigned()))),
    };
    change.unwrap_or_else(|error| {
        tracing::warn!(%error, "a change is left out");
        Change::Missed
    })
}

pub(super) const LAST: &str = "SELECT revision, '', '', NULL FROM counter";

const BEHIND: &str = "SELECT revision, kind, id, record FROM changes WHERE revision > $1 ORDER BY revision LIMIT $2";

/// Changes that a reader reads at once.
const AT_ONCE: u64 = 256;

/// Between two tries, while the database cannot be reached.
const PAUSE: Duration = Duration::from_secs(1);
