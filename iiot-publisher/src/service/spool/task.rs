//! The shell of a group's log: collects batches, has them written, and releases them.

use std::collections::HashMap;
use std::sync::Arc;

use iiot_core::Result;
use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot, watch};

use super::super::span::Span;
use super::super::status::Shared;
use super::super::store::{Store, StoreOptions, WhenFull};
use super::durable::Durable;
use super::window::{Recent, Window};
use super::{Incoming, Intake, Place, SpoolChange};
use crate::diagnostics::{LogDiagnostics, WriterGroupDiagnostics};
use crate::ledger::LossCause;
use crate::log::{Cursor, GroupCommit, Oldest};
use crate::plan::WriterGroupPlan;

/// Writes the log of one group until its writers and the group itself have ended.
#[derive(Debug)]
pub(in crate::service) struct SpoolTask {
    plan: WriterGroupPlan,
    options: StoreOptions,
    /// Away while it is being written.
    durable: Option<Durable>,
    incoming: mpsc::Receiver<Intake>,
    changes: mpsc::Receiver<SpoolChange>,
    /// Writers that have handed in their last batch, with how many of what waits are before that.
    last: Vec<Last>,
    cursor: watch::Receiver<Cursor>,
    window: Option<Arc<Window>>,
    releases: HashMap<u16, mpsc::Sender<u64>>,
    policy: GroupCommit,
    /// What is to be written next.
    waiting: Vec<Incoming>,
    /// Where the log ends.
    end: u64,
    /// Whether something keeps it from being written, so that it is said once.
    troubled: bool,
    status: Option<Arc<Mutex<WriterGroupDiagnostics>>>,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Last {
    writer: u16,
    end: oneshot::Sender<u64>,
    before: usize,
}

/// What a piece of work on the disk found out.
enum Written {
    Safe(Vec<Place>),
    /// There is no room.
    Full,
    /// There is none, and the oldest segment is to go for it.
    DropOldest(Oldest),
}

impl SpoolTask {
    #[expect(clippy::too_many_arguments, reason = "the parts of one task, put together in one place")]
    pub(super) fn new(
        plan: &WriterGroupPlan,
        durable: Durable,
        (incoming, changes): (mpsc::Receiver<Intake>, mpsc::Receiver<SpoolChange>),
        cursor: watch::Receiver<Cursor>,
        window: Arc<Window>,
        releases: HashMap<u16, mpsc::Sender<u64>>,
        store: &Store,
        shared: &Arc<Shared>,
    ) -> Self {
        let options = store.options();
        Self {
            plan: plan.clone(),
            end: durable.end(),
            durable: Some(durable),
            incoming,
            changes,
            last: Vec::new(),
            cursor,
            window: Some(window),
            releases,
            policy: GroupCommit::new(options.sync_interval, options.cursor_interval),
            options,
            waiting: Vec::new(),
            troubled: false,
            status: None,
            shared: Arc::clone(shared),
        }
    }

    /// Tells there how the log stands.
    pub(in crate::service) fn reporting_to(mut self, status: &Arc<Mutex<WriterGroupDiagnostics>>) -> Self {
        self.status = Some(Arc::clone(status));
        self.report();
        self
    }

    fn report(&self) {
        if let (Some(status), Some(durable)) = (&self.status, &self.durable) {
            status.lock().log = Some(LogDiagnostics { bytes: durable.bytes(), paused: self.troubled });
        }
    }

    pub(in crate::service) async fn run(mut self) {
        let clock = Arc::clone(self.shared.clock());
        let abort = self.shared.abort.clone();
        let (mut writers, mut group) = (true, true);
        while writers || group {
            let timeout = self.policy.poll_timeout(clock.now());
            tokio::select! {
                () = abort.cancelled(), if writers => writers = false,
                Some(change) = self.changes.recv() => self.change(change),
                incoming = self.incoming.recv(), if writers && self.waiting.len() < MAX_WAITING => match incoming {
                    Some(incoming) => self.take(incoming),
                    None => writers = false,
                },
                changed = self.cursor.changed(), if group => match changed {
                    Ok(()) => self.policy.handle_change(clock.now()),
                    Err(_) => group = false,
                },
                () = clock.sleep_until(timeout.unwrap_or_else(|| clock.now())), if timeout.is_some() => {}
            }
            self.work().await;
            self.report();
            if !writers && self.waiting.is_empty() {
                // The group ends when it has taken everything.
                self.window.take().inspect(|window| window.close());
            }
        }
        self.store().await;
    }

    fn take(&mut self, intake: Intake) {
        self.note(intake);
        while self.waiting.len() < MAX_WAITING
            && let Ok(intake) = self.incoming.try_recv()
        {
            self.note(intake);
        }
        self.passed(0);
        if !self.waiting.is_empty() {
            self.policy.handle_record();
        }
    }

    fn note(&mut self, intake: Intake) {
        match intake {
            Intake::Batch(incoming) => self.waiting.push(incoming),
            Intake::Last { writer, end } => self.last.push(Last { writer, end, before: self.waiting.len() }),
        }
    }

    fn change(&mut self, SpoolChange { plan, releases, done }: SpoolChange) {
        if let Some(durable) = &mut self.durable {
            durable.change(&plan);
        }
        self.releases.extend(releases);
        self.plan = plan;
        let _ = done.send(());
    }

    /// So many of what waited wait no more.
    fn passed(&mut self, count: usize) {
        self.last.iter_mut().for_each(|last| last.before = last.before.saturating_sub(count));
        for Last { writer, end, .. } in self.last.extract_if(.., |last| last.before == 0) {
            // One that was added again meanwhile goes on.
            if !self.plan.writers.iter().any(|plan| plan.id == writer) {
                self.releases.remove(&writer);
                if let Some(durable) = &mut self.durable {
                    durable.forget(writer);
                }
            }
            let _ = end.send(self.end);
        }
    }

    /// Does what is due.
    async fn work(&mut self) {
        let now = self.shared.clock().now();
        if self.policy.commit_is_due(now) {
            self.policy.handle_commit(now);
            self.commit().await;
        }
        if self.policy.state_is_due(now) {
            self.store().await;
        }
    }

    async fn commit(&mut self) {
        let (waiting, when_full) = (std::mem::take(&mut self.waiting), self.options.when_full);
        let cursor = *self.cursor.borrow_and_update();
        let (waiting, written) = self
            .on_disk(move |durable| {
                durable.pass(cursor);
                let written = write(durable, &waiting, when_full);
                (waiting, written)
            })
            .await;
        self.waiting = waiting;
        match written {
            Ok(Written::Safe(places)) => self.safe(places),
            Ok(Written::Full) => self.full(),
            Ok(Written::DropOldest(oldest)) => self.drop_oldest(oldest).await,
            Err(error) => self.trouble(&error.report()),
        }
    }

    /// Works with the log where blocking is allowed.
    async fn on_disk<T: Send + 'static>(&mut self, work: impl FnOnce(&mut Durable) -> T + Send + 'static) -> T {
        let mut durable = self.durable.take().expect("one piece of work at a time");
        let done = tokio::task::spawn_blocking(move || {
            let result = work(&mut durable);
            (durable, result)
        });
        let (durable, result) = done.await.expect("the work does not panic");
        self.durable = Some(durable);
        result
    }

    /// The first of what waits is safe.
    fn safe(&mut self, places: Vec<Place>) {
        let rest = self.waiting.split_off(places.len());
        let batches = std::mem::replace(&mut self.waiting, rest);
        if !self.waiting.is_empty() {
            self.policy.handle_record();
        }
        if std::mem::take(&mut self.troubled) {
            tracing::info!("the log of group {} takes values again", self.plan.name);
        }
        let mut recent = Vec::with_capacity(places.len());
        for (Incoming { writer, batch }, place) in batches.into_iter().zip(places) {
            self.release(writer, batch.token());
            let from = std::mem::replace(&mut self.end, place.next.position);
            recent.push(Recent { from, place, writer, batch });
        }
        let count = recent.len();
        if let Some(window) = &self.window {
            window.extend(recent);
        }
        self.passed(count);
        self.policy.handle_change(self.shared.clock().now());
    }

    fn release(&self, writer: u16, token: u64) {
        // Has room for every batch that may wait; a writer that has ended needs no more.
        let _ = self.releases.get(&writer).map(|releases| releases.try_send(token));
    }

    /// What waits goes on waiting: the writers take no more, and their servers are asked for no more.
    fn full(&mut self) {
        match self.options.when_full {
            WhenFull::DropNewest => self.drop_newest(),
            _ => self.trouble("it is full; what the sink takes makes room again"),
        }
    }

    fn trouble(&mut self, reason: &str) {
        if !std::mem::replace(&mut self.troubled, true) {
            tracing::warn!("the log of group {} takes no more, values wait in the servers: {reason}", self.plan.name);
        }
        self.policy.handle_failure(self.shared.clock().now());
    }

    /// Declares first: after a crash in between the values are there although declared lost.
    async fn drop_oldest(&mut self, oldest: Oldest) {
        let span = Span::between(oldest.unread.times, oldest.unread.values.into());
        span.declare(&self.shared, &self.plan.name, None, LossCause::LogFull, None);
        match self.on_disk(Durable::drop_oldest).await {
            Ok(()) => self.policy.handle_retry(),
            Err(error) => self.trouble(&error.report()),
        }
    }

    fn drop_newest(&mut self) {
        let mut spans: HashMap<u16, Span> = HashMap::new();
        let dropped = std::mem::take(&mut self.waiting);
        for Incoming { writer, batch } in &dropped {
            let span = spans.entry(*writer).or_default();
            *span = span.and(batch.span());
        }
        for (writer, span) in spans {
            let writer = self.plan.writers.iter().find(|plan| plan.id == writer);
            span.declare(&self.shared, &self.plan.name, writer, LossCause::LogFull, None);
        }
        if let Some(durable) = &mut self.durable {
            dropped.iter().for_each(|incoming| durable.mark(incoming));
        }
        dropped.iter().for_each(|incoming| self.release(incoming.writer, incoming.batch.token()));
        self.passed(dropped.len());
        self.policy.handle_pause(self.shared.clock().now());
    }

    async fn store(&mut self) {
        let cursor = *self.cursor.borrow_and_update();
        let stored = self
            .on_disk(move |durable| {
                durable.pass(cursor);
                durable.store()
            })
            .await;
        match &stored {
            Ok(()) => self.shared.parts.ledger.catch_up(),
            Err(error) => tracing::warn!("the cursor of group {} is not safe: {}", self.plan.name, error.report()),
        }
        self.policy.handle_state(stored.is_ok(), self.shared.clock().now());
    }
}

fn write(durable: &mut Durable, waiting: &[Incoming], when_full: WhenFull) -> Result<Written> {
    if durable.is_full() {
        // The sink may have made room.
        durable.store()?;
    }
    if durable.is_full() {
        if when_full == WhenFull::DropOldest
            && let Some(oldest) = durable.oldest()?
        {
            return Ok(Written::DropOldest(oldest));
        }
        return Ok(Written::Full);
    }
    durable.commit(&waiting[..group(waiting)]).map(Written::Safe)
}

/// How many go into one group, so that a log is not much larger than it may be.
fn group(waiting: &[Incoming]) -> usize {
    let mut bytes = 0;
    let fits = |incoming: &&Incoming| {
        bytes += incoming.batch.stored_size();
        bytes <= GROUP_BYTES
    };
    waiting.iter().take_while(fits).count().max(1)
}

/// Batches that wait for the disk; behind them writers wait.
const MAX_WAITING: usize = 256;
const GROUP_BYTES: usize = 1 << 20;
