//! The shell of a writer group: moves events in, messages out, and sleeps.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use iiot_core::Error;
use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot};

use super::origin::Origin;
use super::outlet::{Described, Event, Inbound};
use super::partitions::Partitions;
use super::received::Received;
use super::sender::{Outcome, Outgoing};
use super::span::Span;
use super::spool::Supplied;
use super::status::Shared;
use super::writer::{MAX_UNACKNOWLEDGED, refusal};
use crate::diagnostics::WriterGroupDiagnostics;
use crate::ledger::LossCause;
use crate::message::{Extent, Loss, LossReason, MessageKind, NetworkMessage};
use crate::plan::{WriterGroupPlan, WriterPlan};
use crate::routing;
use crate::sink::Sink;
use crate::topic;
use crate::writer_group::{KnownMetaData, WriterGroup, WriterGroupOptions};

pub(in crate::service) use topics::KnownTopics;
use topics::Levels;

mod change;
mod kept;
mod topics;

/// Runs one [`WriterGroup`].
#[derive(Debug)]
pub(super) struct GroupTask {
    plan: WriterGroupPlan,
    policy: WriterGroup,
    /// Versions of metadata that outlast us.
    known_meta_data: Vec<KnownMetaData>,
    sender: Partitions,
    sink: Arc<dyn Sink>,
    /// Of the log that the values come from.
    identity: Option<String>,
    levels: Levels,
    events: mpsc::Receiver<Inbound>,
    requests: mpsc::Receiver<GroupRequest>,
    origin: Origin,
    /// Writers that are no longer wanted and may still have values under way, with where these end in the
    /// log once that is known.
    retiring: HashMap<u16, Option<u64>>,
    ends: FuturesUnordered<BoxFuture<'static, (u16, Option<u64>)>>,
    idle: Arc<AtomicBool>,
    unreleased: Unreleased,
    /// Those of them with values that came before.
    repeating: BTreeSet<u64>,
    status: Arc<Mutex<WriterGroupDiagnostics>>,
    shared: Arc<Shared>,
}

/// What a group is asked for while it runs.
#[derive(Debug)]
pub(super) enum GroupRequest {
    /// To be like this from now on.
    Change {
        plan: Box<WriterGroupPlan>,
        /// Of writers that are new or begin anew; empty where there is a log.
        releases: HashMap<u16, mpsc::Sender<u64>>,
        done: oneshot::Sender<()>,
    },
    /// To send a key frame of a writer.
    KeyFrame(u16),
}

/// The values of each batch that is not with the sink yet, by writer and token.
type Unreleased = BTreeMap<(u16, u64), Span>;

impl GroupTask {
    pub(super) fn new(
        plan: &WriterGroupPlan,
        (events, requests): (mpsc::Receiver<Inbound>, mpsc::Receiver<GroupRequest>),
        origin: Origin,
        (status, idle): (Arc<Mutex<WriterGroupDiagnostics>>, Arc<AtomicBool>),
        shared: &Arc<Shared>,
    ) -> Self {
        let parts = &shared.parts;
        let sink = parts.sinks.chosen_or_first(plan.sink.as_ref());
        let known = parts.store.as_ref().map(|store| store.meta_data(&plan.name)).unwrap_or_default();
        let identity = parts.store.as_ref().and_then(|store| store.identity(&plan.name));
        let options = WriterGroupOptions { identity: identity.clone(), ..options(shared, sink.as_ref(), known) };
        for concern in parts.sinks.concerns(plan) {
            tracing::warn!("group {}: {concern}", plan.name);
        }
        Self {
            policy: WriterGroup::new(plan, &options, parts.clock.now(), parts.clock.utc()),
            known_meta_data: options.known_meta_data,
            sender: Partitions::new(Arc::clone(&sink), Arc::clone(&parts.clock), plan.partitions),
            identity,
            levels: known_levels(plan, sink.as_ref(), shared),
            sink,
            plan: plan.clone(),
            events,
            requests,
            origin,
            retiring: HashMap::new(),
            ends: FuturesUnordered::new(),
            idle,
            unreleased: Unreleased::new(),
            repeating: BTreeSet::new(),
            status,
            shared: Arc::clone(shared),
        }
    }

    /// Runs until its writers have ended and everything is sent, or the time for that is over.
    pub(super) async fn run(mut self) {
        let clock = Arc::clone(self.shared.clock());
        let abort = self.shared.abort.clone();
        let mut open = true;
        while open || self.origin.is_open() || self.sender.len() > 0 {
            let reading = !self.policy.is_full() && !self.is_ahead();
            let timeout = self.policy.poll_timeout().filter(|_| reading && open);
            let types_until = self.origin.types_until();
            tokio::select! {
                biased;
                () = abort.cancelled() => break,
                Some(request) = self.requests.recv() => self.carry_out(request),
                outcome = self.sender.next(), if self.sender.len() > 0 => self.settle(outcome),
                () = clock.sleep_until(timeout.unwrap_or_else(|| clock.now())), if timeout.is_some() => {
                    self.policy.handle_timeout(clock.now(), clock.utc());
                }
                // What comes from a log waits there; news of the writers must not keep them waiting.
                inbound = self.events.recv(), if open && (reading || self.origin.is_log()) => match inbound {
                    Some(inbound) => self.handle(inbound),
                    None => {
                        open = false;
                        self.policy.flush();
                    }
                },
                () = clock.sleep_until(types_until.unwrap_or_else(|| clock.now())), if types_until.is_some() => {
                    self.origin.types_read(None);
                }
                Some((writer, end)) = self.ends.next() => {
                    self.retiring.entry(writer).and_modify(|known| *known = end.or(Some(0)));
                }
                supplied = self.origin.next(), if reading => self.supplied(supplied).await,
            }
            self.retire();
            self.pump();
        }
        self.give_up();
        self.release_topics();
    }

    /// Whether enough messages are ready. What comes from a log waits there, and not as text in memory.
    fn is_ahead(&self) -> bool {
        self.origin.is_log() && self.sender.len() >= AHEAD * usize::from(self.plan.partitions.max(1))
    }

    fn carry_out(&mut self, request: GroupRequest) {
        let (now, utc) = (self.shared.clock().now(), self.shared.clock().utc());
        match request {
            GroupRequest::KeyFrame(writer) => self.policy.handle_key_frame_wanted(writer, now, utc),
            GroupRequest::Change { plan, releases, done } => {
                self.change(*plan);
                if let Origin::Writers(known) = &mut self.origin {
                    known.extend(releases);
                }
                let _ = done.send(());
            }
        }
    }

    /// Something came from the log.
    async fn supplied(&mut self, supplied: Option<Supplied>) {
        match supplied {
            Some(Supplied::Batch { writer, batch, unwanted }) => {
                if unwanted > 0 {
                    let span = batch.span().some(unwanted);
                    self.declare(self.writer(writer), span, LossCause::NoLongerWanted, None);
                }
                self.received(writer, &batch);
            }
            Some(Supplied::Missing { values, cause }) => {
                self.declare(None, Span::of_unknown_time(values), cause, None);
            }
            Some(Supplied::Failed(error)) => {
                tracing::error!("the log of group {} cannot be read: {}", self.plan.name, error.report());
                let clock = Arc::clone(self.shared.clock());
                clock.sleep_until(clock.now() + AFTER_UNREADABLE).await;
            }
            None => {
                self.origin.end();
                self.policy.flush();
            }
        }
    }

    fn handle(&mut self, Inbound { writer, event }: Inbound) {
        let (now, utc) = (self.shared.clock().now(), self.shared.clock().utc());
        match event {
            Event::Received(batch) => self.received(writer, &batch),
            // Nobody needs to know while nothing gets out.
            Event::KeepAlive if self.policy.is_full() => {}
            Event::KeepAlive => self.policy.handle_keep_alive(writer, now, utc),
            Event::Connection(connected) => self.policy.handle_connection(writer, connected),
            Event::Types(described) => {
                let Described { handles, layout, fields, types, namespaces, structures } = *described;
                let is_of = |plan: &WriterPlan| plan.handles == handles;
                match layout {
                    Some(layout) if self.writer(writer).is_some_and(is_of) => {
                        self.policy.handle_types(writer, structures);
                        self.policy.handle_event_metadata(writer, &layout, &types, &namespaces, now, utc);
                    }
                    // Those of other fields are followed by those of these.
                    None if self.writer(writer).is_some_and(|plan| is_of(plan) && plan.fields.len() == types.len()) => {
                        self.policy.handle_types(writer, structures);
                        fields.into_iter().for_each(|fields| self.policy.handle_fields(writer, fields));
                        self.policy.handle_metadata(writer, &types, &namespaces, now, utc);
                    }
                    _ => {}
                }
                self.origin.types_read(Some(writer));
            }
            Event::Levels(levels) => self.set_levels(writer, levels),
            Event::Items(states) => {
                for (handle, status) in states.iter().filter_map(|(handle, state)| Some((*handle, refusal(state)?))) {
                    self.policy.handle_item_failed(writer, handle, status);
                }
            }
            Event::Left(None) => {
                self.retiring.entry(writer).and_modify(|end| *end = Some(0));
            }
            Event::Left(Some(end)) => self.ends.push(Box::pin(async move { (writer, end.await.ok()) })),
        }
    }

    fn received(&mut self, writer: u16, received: &Received) {
        let (now, utc, span) = (self.shared.clock().now(), self.shared.clock().utc(), received.span());
        self.unreleased.insert((writer, received.token()), span);
        self.status.lock().values_in += span.values;
        if received.repeats() {
            self.repeating.insert(received.token());
        }
        match received {
            Received::Data(batch) => self.policy.handle_data(writer, batch, now, utc),
            Received::Events(batch, layout) => {
                self.policy.handle_event_layout(writer, layout, now);
                self.policy.handle_events(writer, batch, now, utc);
            }
        }
        while let Some(loss) = self.policy.poll_loss() {
            self.lose(&loss, span);
        }
        // Without this a large batch size would wait for values that the server does not send
        // before it gets its acknowledgements.
        if !self.origin.is_log()
            && self.unreleased.range((writer, 0)..=(writer, u64::MAX)).count() >= MAX_UNACKNOWLEDGED / 2
        {
            self.policy.flush();
        }
    }

    /// Moves on what the policy has decided.
    fn pump(&mut self) {
        self.remember_meta_data();
        while let Some(message) = self.policy.poll_message() {
            let topic = self.partition_by(&message);
            let outgoing = self.outgoing(message);
            self.sender.push(topic.as_deref(), outgoing);
        }
        while let Some(release) = self.policy.poll_release() {
            self.unreleased.remove(&(release.writer, release.token));
            self.repeating.remove(&release.token);
            self.origin.release(release.writer, release.token);
        }
        self.origin.pass();
        self.status.lock().waiting = self.sender.len() as u64;
        let idle = self.plan.writers.is_empty() && self.unreleased.is_empty() && self.sender.len() == 0;
        self.idle.store(idle, Ordering::Relaxed);
    }

    /// Keeps new versions of metadata for the next start.
    fn remember_meta_data(&mut self) {
        let mut changed = false;
        while let Some(known) = self.policy.poll_known_meta_data() {
            self.known_meta_data.retain(|old| old.writer != known.writer);
            self.known_meta_data.push(known);
            changed = true;
        }
        let Some(store) = self.shared.parts.store.as_ref().filter(|_| changed) else { return };
        if let Err(error) = store.save_meta_data(&self.plan.name, &self.known_meta_data) {
            tracing::warn!(
                "after a restart metadata of group {} has a new version: {}",
                self.plan.name,
                error.report()
            );
        }
    }

    fn outgoing(&self, message: NetworkMessage) -> Outgoing {
        let NetworkMessage { id, kind, values, extent, .. } = message;
        let parts = &self.shared.parts;
        let writer = message.kind.writer().or(message.route);
        let levels = self.levels_of(&message);
        let origin = routing::Origin {
            levels: levels.as_deref(),
            publisher_id: &parts.publisher_id,
            identity: self.identity.as_deref(),
            application_uri: writer.and_then(|writer| self.policy.application_uri(writer)),
        };
        let message = routing::outgoing(&self.plan, origin, &message, parts.clock.utc());
        let mut outgoing = Outgoing { id, kind, values, message };
        if extent.is_some_and(|extent| self.may_be_known(extent)) {
            outgoing.mark_redelivered();
        }
        outgoing
    }

    /// Whether values in a message may have been sent before: by an earlier process, or because the server repeats them.
    fn may_be_known(&self, Extent { from, until, .. }: Extent) -> bool {
        self.origin.may_be_sent(from.0) || self.repeating.range(from.0..=until.0).next().is_some()
    }

    /// What is told of a writer's data goes the way of that data.
    fn partition_by(&self, message: &NetworkMessage) -> Option<String> {
        let writer = message.kind.writer().filter(|_| !self.sender.is_one()).and_then(|writer| self.writer(writer))?;
        let publisher_id = self.plan.publisher_id.as_deref().unwrap_or(&self.shared.parts.publisher_id);
        let writer = Some(writer).filter(|writer| writer.has_own_route(&self.plan));
        Some(topic::data(topic::Names { publisher_id, group: &self.plan, writer }))
    }

    fn settle(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Taken(outgoing) => self.taken(&outgoing),
            Outcome::Refused(outgoing, error) => self.refused(&outgoing, &error),
            Outcome::Failed(error) => self.sink_failed(&error),
            Outcome::Closed(error) => {
                self.sink_failed(&error);
                self.shared.fail(error);
                self.shared.abort.cancel();
            }
        }
    }

    fn taken(&mut self, outgoing: &Outgoing) {
        self.policy.handle_acknowledged(outgoing.id);
        let mut status = self.status.lock();
        status.values_out += outgoing.values as u64;
        status.messages += 1;
        status.bytes += outgoing.message.payload.len() as u64;
        if status.sink_error.take().is_some() {
            tracing::info!("messages of group {} reach {} again", self.plan.name, self.sink.address());
        }
    }

    fn refused(&mut self, outgoing: &Outgoing, error: &Error) {
        self.policy.handle_acknowledged(outgoing.id);
        let address = self.sink.address();
        tracing::error!("a message of group {} was refused by {address}: {}", self.plan.name, error.report());
        if outgoing.kind == MessageKind::Data {
            self.declare(
                None,
                Span::of_unknown_time(Some(outgoing.values as u64)),
                LossCause::RefusedBySink,
                Some(error.report()),
            );
        }
    }

    fn sink_failed(&mut self, error: &Error) {
        let reason = error.report();
        let mut status = self.status.lock();
        if status.sink_error.as_ref() != Some(&reason) {
            let address = self.sink.address();
            tracing::warn!(
                "messages of group {} do not reach {address}, values wait in the servers: {reason}",
                self.plan.name
            );
            status.sink_error = Some(reason);
        }
    }

    fn lose(&self, loss: &Loss, span: Span) {
        let (cause, detail) = match &loss.reason {
            LossReason::TooLarge { size, limit } => {
                (LossCause::TooLarge, Some(format!("{size} bytes, the limit is {limit}")))
            }
            LossReason::Malformed(error) => (LossCause::NotEncodable, Some(error.report())),
            LossReason::TooManyConditions => (LossCause::NotEncodable, Some("too many conditions are retained".into())),
            LossReason::UnknownField(_) | LossReason::UnknownWriter => (LossCause::NoLongerWanted, None),
        };
        self.declare(self.writer(loss.writer), span.some(loss.values), cause, detail);
    }

    /// Declares what is not with the sink; without effect where everything is, or where a log has it.
    fn give_up(&mut self) {
        if self.origin.is_log() {
            return;
        }
        while let Ok(inbound) = self.events.try_recv() {
            if let Event::Received(batch) = inbound.event {
                self.unreleased.insert((inbound.writer, batch.token()), batch.span());
            }
        }
        let mut unsent: BTreeMap<u16, Span> = BTreeMap::new();
        for ((writer, _), span) in std::mem::take(&mut self.unreleased) {
            unsent.entry(writer).and_modify(|sum| *sum = sum.and(span)).or_insert(span);
        }
        for (writer, span) in unsent {
            self.declare(self.writer(writer), span, LossCause::Stopped, None);
        }
    }

    fn declare(&self, writer: Option<&WriterPlan>, span: Span, cause: LossCause, detail: Option<String>) {
        span.declare(&self.shared, &self.plan.name, writer, cause, detail);
    }

    fn writer(&self, id: u16) -> Option<&WriterPlan> {
        self.plan.writers.iter().find(|writer| writer.id == id)
    }
}

/// The topics of fields that an earlier process has given away.
fn known_levels(plan: &WriterGroupPlan, sink: &dyn Sink, shared: &Shared) -> Levels {
    let Some(store) = shared.parts.store.as_ref().filter(|_| plan.writers.iter().any(WriterPlan::is_routed)) else {
        return Levels::new();
    };
    let base = |writer: &WriterPlan| topics::base_topic(plan, &shared.parts.publisher_id, writer, sink);
    topics::known(plan, &store.topics(&plan.name), base, &mut shared.topics.lock())
}

fn options(shared: &Shared, sink: &dyn Sink, known_meta_data: Vec<KnownMetaData>) -> WriterGroupOptions {
    WriterGroupOptions {
        publisher_id: shared.parts.publisher_id.clone(),
        max_message_size: sink.max_message_size(),
        schemas: shared.parts.schemas,
        known_meta_data,
        ..Default::default()
    }
}

const AFTER_UNREADABLE: Duration = Duration::from_secs(1);
/// Messages of a partition that are ready, on their way or before it; a few times the window of a sender.
const AHEAD: usize = 64;

/// The topic of a group's data.
pub(super) fn data_topic(plan: &WriterGroupPlan, publisher_id: &str) -> String {
    let publisher_id = plan.publisher_id.as_deref().unwrap_or(publisher_id);
    topic::data(topic::Names { publisher_id, group: plan, writer: None })
}
