//! The tasks of a running publisher, and how they are changed while they run.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::FutureExt;
use iiot_core::session::ConnectOptions;
use iiot_core::{Error, ErrorKind, Result};
use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;

use super::connection::ConnectionTask;
use super::group::{GroupRequest, GroupTask, data_topic};
use super::nodes::{Asked, Question};
use super::numbers::Numbers;
use super::origin::Origin;
use super::outlet::{Inbound, Outlet};
use super::spool::{Intake, Mark, Spool, SpoolChange};
use super::status::{ConnectionStatus, Shared};
use super::tokens::Tokens;
use super::writer::{MAX_UNACKNOWLEDGED, Wanted, WriterTask};
use crate::diagnostics::WriterGroupDiagnostics;
use crate::nodes::NodesRequest;
use crate::plan::{Connection, Plan, WriterGroupPlan, WriterPlan};
use crate::plan_change::{GroupChange, PlanChange, WriterChange};

/// What runs, and the ends by which it is held.
#[derive(Debug)]
pub(super) struct Live {
    plan: Plan,
    numbers: Numbers,
    groups: HashMap<String, LiveGroup>,
    connections: Vec<LiveConnection>,
    /// Groups that were let go of and may still have to end; then the channel closes.
    ending: HashMap<String, mpsc::Receiver<()>>,
    pub(super) group_tasks: JoinSet<()>,
    pub(super) connection_tasks: JoinSet<()>,
    /// Nothing is changed any more.
    let_go: bool,
}

#[derive(Debug)]
struct LiveGroup {
    events: mpsc::Sender<Inbound>,
    requests: mpsc::Sender<GroupRequest>,
    log: Option<LiveLog>,
    status: Arc<Mutex<WriterGroupDiagnostics>>,
    /// Whether it has no writer and nothing under way.
    idle: Arc<AtomicBool>,
    writers: HashMap<u16, LiveWriter>,
    /// Closed when its tasks have ended.
    ended: mpsc::Receiver<()>,
}

#[derive(Debug)]
struct LiveWriter {
    wanted: watch::Sender<Wanted>,
    questions: mpsc::Sender<Question>,
}

#[derive(Debug)]
struct LiveLog {
    intake: mpsc::Sender<Intake>,
    changes: mpsc::Sender<SpoolChange>,
    /// What an earlier process has made safe, of writers that have not begun yet.
    marks: HashMap<String, Mark>,
}

#[derive(Debug)]
struct LiveConnection {
    connection: Connection,
    joining: mpsc::Sender<WriterTask>,
    status: Arc<ConnectionStatus>,
}

/// A writer that is to join its connection.
type Joining = (Connection, WriterTask);

impl Live {
    pub(super) fn start(mut plan: Plan, shared: &Arc<Shared>) -> Self {
        let store = shared.parts.store.as_ref();
        let mut numbers = store.and_then(|store| store.numbers()).unwrap_or_else(Numbers::new);
        let new = numbers.number(&mut plan);
        if let Some(Err(error)) = store.filter(|_| new).map(|store| store.save_numbers(&numbers)) {
            shared.fail(error);
        }
        let mut live = Self {
            plan: Plan::default(),
            numbers,
            groups: HashMap::new(),
            connections: Vec::new(),
            ending: HashMap::new(),
            group_tasks: JoinSet::new(),
            connection_tasks: JoinSet::new(),
            let_go: false,
        };
        let mut joining = Vec::new();
        for group in &plan.writer_groups {
            match live.add_group(group, shared) {
                Ok(writers) => joining.extend(writers),
                Err(error) => shared.fail(error),
            }
        }
        live.connect(joining, shared);
        live.plan = plan;
        live
    }

    /// Ends what waits for more to do.
    pub(super) fn let_go(&mut self) {
        self.let_go = true;
        self.groups.clear();
        self.connections.clear();
    }

    pub(super) async fn apply(&mut self, mut plan: Plan, shared: &Arc<Shared>) -> Result<PlanChange> {
        if self.let_go {
            return Err(Error::new(ErrorKind::Closed, APPLY, "the publisher was stopped"));
        }
        self.reap(shared);
        let mut numbers = self.numbers.clone();
        if numbers.number(&mut plan) {
            save(&numbers, shared).await?;
            self.numbers = numbers;
        }
        let change = PlanChange::between(&self.plan, &plan);
        let applied = self.carry_out(&change, &mut plan, shared).await;
        self.plan = plan;
        self.reap(shared);
        applied.map(|()| change)
    }

    pub(super) async fn key_frame(&self, group: &str, writer: &str) -> Result<()> {
        let failed = |kind, message| {
            Error::new(kind, "send a key frame", message).with("writer group", group).with("writer", writer)
        };
        let plan = self.plan.writer_groups.iter().find(|plan| plan.name == group);
        let plan = plan.and_then(|plan| plan.writers.iter().find(|plan| plan.name == writer));
        let (Some(plan), Some(group)) = (plan, self.groups.get(group)) else {
            return Err(failed(ErrorKind::NotFound, "there is no such writer"));
        };
        if plan.key_frame_count == 0 && !plan.keep_alive_as_key_frame {
            let message = "the writer keeps no values for key frames; set DataSetKeyFrameCount";
            return Err(failed(ErrorKind::InvalidArgument, message));
        }
        group.requests.send(GroupRequest::KeyFrame(plan.id)).await.map_err(|_| closed())
    }

    /// The writers that a request is about.
    pub(super) fn asked(&self, request: &NodesRequest) -> Vec<Asked> {
        let fits = |wanted: &Option<String>, name: &str| wanted.as_deref().is_none_or(|wanted| wanted == name);
        let groups = self.plan.writer_groups.iter().filter(|group| fits(&request.writer_group, &group.name));
        let of_group = |group: &'_ WriterGroupPlan| -> Vec<Asked> {
            let Some(live) = self.groups.get(&group.name) else { return Vec::new() };
            let writers = group.writers.iter().filter(|writer| fits(&request.writer, &writer.name));
            let known = writers.filter_map(|writer| live.writers.get(&writer.id));
            let asked = |writer: &LiveWriter| Asked {
                group: group.name.clone(),
                plan: Arc::clone(&writer.wanted.borrow().plan),
                questions: writer.questions.clone(),
            };
            known.map(asked).collect()
        };
        groups.flat_map(of_group).collect()
    }

    /// The names of a group's writers.
    pub(super) fn writers(&self, group: &str) -> Vec<String> {
        let group = self.plan.writer_groups.iter().find(|plan| plan.name == group);
        group.map(|group| group.writers.iter().map(|writer| writer.name.clone()).collect()).unwrap_or_default()
    }

    /// Carries a change out; takes groups that could not be started out of the plan.
    async fn carry_out(&mut self, change: &PlanChange, plan: &mut Plan, shared: &Arc<Shared>) -> Result<()> {
        for name in &change.removed {
            self.remove_group(name).await?;
        }
        let (mut joining, mut failed) = (Vec::new(), None);
        let by_name: HashMap<&str, &WriterGroupPlan> =
            plan.writer_groups.iter().map(|group| (group.name.as_str(), group)).collect();
        for group in &change.changed {
            joining.extend(self.change_group(group, by_name[group.group.as_str()]).await?);
        }
        for name in &change.added {
            match self.begin_group(by_name[name.as_str()], shared).await {
                Ok(writers) => joining.extend(writers),
                Err(error) => failed = Some((name.clone(), error)),
            }
        }
        self.connect(joining, shared);
        match failed {
            Some((name, error)) => {
                plan.writer_groups.retain(|group| group.name != name);
                Err(error.with("writer group", name))
            }
            None => Ok(()),
        }
    }

    /// Starts a group, unless one of that name is still sending what it had.
    async fn begin_group(&mut self, plan: &WriterGroupPlan, shared: &Arc<Shared>) -> Result<Vec<Joining>> {
        if !self.groups.contains_key(&plan.name) {
            // Its log is to be opened again only when it is closed.
            if let Some(mut ended) = self.ending.remove(&plan.name) {
                ended.recv().await;
            }
            return self.add_group(plan, shared);
        }
        let added = plan.writers.iter().map(|writer| writer.id).collect();
        let (group, removed, changed) = (plan.name.clone(), Vec::new(), Vec::new());
        let all_new = GroupChange { group, settings: true, added, removed, changed };
        self.change_group(&all_new, plan).await
    }

    /// Starts a group, with its log where there is one; returns its writers.
    fn add_group(&mut self, plan: &WriterGroupPlan, shared: &Arc<Shared>) -> Result<Vec<Joining>> {
        let status = Arc::new(Mutex::new(WriterGroupDiagnostics {
            name: plan.name.clone(),
            topic: data_topic(plan, &shared.parts.publisher_id),
            values_in: 0,
            values_out: 0,
            messages: 0,
            bytes: 0,
            waiting: 0,
            sink_error: None,
            log: None,
        }));
        let ((events, received), (requests, asked)) = (mpsc::channel(EVENTS), mpsc::channel(1));
        let (ending, ended) = mpsc::channel(1);
        let (releases, released) = release_channels(plan.writers.iter().map(|writer| writer.id));
        let (origin, log) = match &shared.parts.store {
            None => (Origin::Writers(releases), None),
            Some(store) => {
                let Spool { intake, changes, supply, task, marks } = Spool::open(plan, store, releases, shared)?;
                let ending = ending.clone();
                self.group_tasks.spawn(task.reporting_to(&status).run().map(|()| drop(ending)));
                (Origin::log(supply, plan, shared.clock().now()), Some(LiveLog { intake, changes, marks }))
            }
        };
        let idle = Arc::new(AtomicBool::new(false));
        let of_group = (Arc::clone(&status), Arc::clone(&idle));
        let task = GroupTask::new(plan, (received, asked), origin, of_group, shared);
        self.group_tasks.spawn(task.run().map(|()| drop(ending)));
        shared.groups.lock().push((Arc::clone(&status), Arc::clone(&idle)));
        let mut group = LiveGroup { events, requests, log, status, idle, writers: HashMap::new(), ended };
        let epoch = self.numbers.epoch;
        let writers =
            plan.writers.iter().zip(released).map(|(writer, (_, released))| group.begin(plan, writer, released, epoch));
        let writers = writers.collect();
        self.groups.insert(plan.name.clone(), group);
        Ok(writers)
    }

    async fn remove_group(&mut self, name: &str) -> Result<()> {
        let Some(group) = self.groups.get_mut(name) else { return Ok(()) };
        let before = self.plan.writer_groups.iter().find(|group| group.name == name);
        let Some(before) = before else { return Ok(()) };
        let nobody = WriterGroupPlan { writers: Vec::new(), ..before.clone() };
        group.tell(&nobody, HashMap::new()).await?;
        group.writers.drain().for_each(|(_, writer)| writer.leave());
        Ok(())
    }

    /// Changes what differs; returns the writers that begin.
    async fn change_group(&mut self, change: &GroupChange, plan: &WriterGroupPlan) -> Result<Vec<Joining>> {
        let epoch = self.numbers.epoch;
        let group = self.groups.get_mut(&plan.name).ok_or_else(closed)?;
        let anew = change.changed.iter().filter(|writer| writer.anew).map(|writer| writer.id);
        let (releases, released) = release_channels(change.added.iter().copied().chain(anew));
        group.tell(plan, releases).await?;
        let by_id: HashMap<u16, &WriterPlan> = plan.writers.iter().map(|writer| (writer.id, writer)).collect();
        for id in &change.removed {
            group.writers.remove(id).iter().for_each(LiveWriter::leave);
        }
        for WriterChange { id, anew, .. } in &change.changed {
            match group.writers.get(id) {
                Some(writer) if *anew => writer.leave(),
                Some(writer) => writer.wanted.send_modify(|wanted| wanted.plan = Arc::new(by_id[id].clone())),
                None => {}
            }
        }
        let begin = |(id, released)| group.begin(plan, by_id[&id], released, epoch);
        Ok(released.into_iter().map(begin).collect())
    }

    /// Brings writers to their connections, which are made where they are missing.
    fn connect(&mut self, joining: Vec<Joining>, shared: &Arc<Shared>) {
        let mut new: Vec<(Connection, Vec<WriterTask>)> = Vec::new();
        for (connection, writer) in joining {
            let writer = match self.connections.iter().find(|known| known.connection == connection) {
                Some(known) => match known.joining.try_send(writer) {
                    Ok(()) => continue,
                    Err(refused) => refused.into_inner(),
                },
                None => writer,
            };
            match new.iter_mut().find(|(known, _)| *known == connection) {
                Some((_, writers)) => writers.push(writer),
                None => new.push((connection, vec![writer])),
            }
        }
        for (connection, writers) in new {
            self.add_connection(connection, writers, shared);
        }
    }

    fn add_connection(&mut self, connection: Connection, writers: Vec<WriterTask>, shared: &Arc<Shared>) {
        let status = Arc::new(ConnectionStatus::new(&connection));
        for writer in &writers {
            status.add_writer(&writer.wanted.borrow().plan, writer.tokens.instance);
        }
        shared.connections.lock().push(Arc::clone(&status));
        let (joining, joined) = mpsc::channel(JOINING);
        let task = ConnectionTask {
            options: options(&connection, &shared.parts.publisher_id),
            session_diagnostics: connection.session_diagnostics,
            writers,
            joining: joined,
            status: Arc::clone(&status),
            shared: Arc::clone(shared),
        };
        self.connection_tasks.spawn(task.run());
        self.connections.push(LiveConnection { connection, joining, status });
    }

    /// Lets go of groups that have sent everything, and of servers that nobody reads.
    fn reap(&mut self, shared: &Arc<Shared>) {
        let plan = &self.plan;
        let wanted = |name: &str| plan.writer_groups.iter().any(|group| group.name == name);
        self.ending.retain(|_, ended| !ended.is_closed());
        for (name, group) in self.groups.extract_if(|name, group| !wanted(name) && group.idle.load(Ordering::Relaxed)) {
            shared.groups.lock().retain(|(status, _)| !Arc::ptr_eq(status, &group.status));
            self.ending.insert(name, group.ended);
        }
        let wanted = |connection: &Connection| {
            plan.writer_groups.iter().flat_map(|group| &group.writers).any(|writer| writer.connection == *connection)
        };
        self.connections.retain(|known| wanted(&known.connection));
        let live = |status: &Arc<ConnectionStatus>| {
            status.has_writers() || self.connections.iter().any(|known| Arc::ptr_eq(&known.status, status))
        };
        shared.connections.lock().retain(live);
        while self.group_tasks.try_join_next().is_some() {}
        while self.connection_tasks.try_join_next().is_some() {}
    }
}

impl LiveGroup {
    /// Lets log and group know what they are to be, before anything comes that fits only that.
    async fn tell(&self, plan: &WriterGroupPlan, releases: HashMap<u16, mpsc::Sender<u64>>) -> Result<()> {
        let mut releases = releases;
        if let Some(log) = &self.log {
            let (done, told) = oneshot::channel();
            let change = SpoolChange { plan: plan.clone(), releases: std::mem::take(&mut releases), done };
            log.changes.send(change).await.map_err(|_| closed())?;
            told.await.map_err(|_| closed())?;
        }
        let (done, told) = oneshot::channel();
        let change = GroupRequest::Change { plan: Box::new(plan.clone()), releases, done };
        self.requests.send(change).await.map_err(|_| closed())?;
        told.await.map_err(|_| closed())
    }

    fn begin(
        &mut self,
        group: &WriterGroupPlan,
        writer: &WriterPlan,
        releases: mpsc::Receiver<u64>,
        epoch: u64,
    ) -> Joining {
        let (sender, wanted) = watch::channel(Wanted { plan: Arc::new(writer.clone()), leave: false });
        let (questions, asked) = mpsc::channel(1);
        self.writers.insert(writer.id, LiveWriter { wanted: sender, questions });
        let intake = self.log.as_ref().map(|log| log.intake.clone());
        let task = WriterTask {
            wanted,
            questions: asked,
            group: group.name.clone(),
            outlet: Some(Outlet { events: self.events.clone(), log: intake }),
            releases,
            mark: self.log.as_mut().and_then(|log| log.marks.remove(&writer.name)),
            abandoned: None,
            epoch,
            tokens: Tokens::new(),
        };
        (writer.connection.clone(), task)
    }
}

impl LiveWriter {
    fn leave(&self) {
        self.wanted.send_modify(|wanted| wanted.leave = true);
    }
}

type Releases = (HashMap<u16, mpsc::Sender<u64>>, Vec<(u16, mpsc::Receiver<u64>)>);

fn release_channels(writers: impl Iterator<Item = u16>) -> Releases {
    let channel = |id| {
        // Room for all that one may have under way, and for what is left of one that it begins anew after.
        let (releases, released) = mpsc::channel(4 * MAX_UNACKNOWLEDGED);
        ((id, releases), (id, released))
    };
    writers.map(channel).unzip()
}

async fn save(numbers: &Numbers, shared: &Arc<Shared>) -> Result<()> {
    let Some(store) = shared.parts.store.clone() else { return Ok(()) };
    let numbers = numbers.clone();
    let saved = tokio::task::spawn_blocking(move || store.save_numbers(&numbers)).await;
    saved.map_err(|_| closed())?
}

pub(super) fn options(connection: &Connection, publisher_id: &str) -> ConnectOptions {
    let session_name = format!("publisher {publisher_id}");
    ConnectOptions { session_name, max_backoff: MAX_BACKOFF, ..connection.options.clone() }
}

fn closed() -> Error {
    Error::new(ErrorKind::Closed, APPLY, "the publisher has failed or is being stopped")
}

const APPLY: &str = "apply a plan";
/// Every second without a session is a second of values for servers that cannot hold them.
const MAX_BACKOFF: Duration = Duration::from_secs(5);
/// Events on their way to a group.
const EVENTS: usize = 16;
/// Writers on their way to their connection.
const JOINING: usize = 1 << 16;
