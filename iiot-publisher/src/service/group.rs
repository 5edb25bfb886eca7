//! The shell of a writer group: moves events in, messages out, and sleeps.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use iiot_core::Error;
use iiot_core::session::DataBatch;
use iiot_core::transport::Message;
use parking_lot::Mutex;
use tokio::sync::mpsc;

use super::sender::{Outcome, Outgoing, Sender};
use super::span::Span;
use super::status::Shared;
use super::writer::{Event, Inbound, MAX_UNACKNOWLEDGED, refusal};
use crate::diagnostics::WriterGroupDiagnostics;
use crate::ledger::LossCause;
use crate::message::{Loss, LossReason, MessageKind, NetworkMessage};
use crate::plan::{WriterGroupPlan, WriterPlan};
use crate::topic;
use crate::writer_group::WriterGroup;

/// Runs one [`WriterGroup`].
#[derive(Debug)]
pub(super) struct GroupTask {
    plan: WriterGroupPlan,
    topic: String,
    policy: WriterGroup,
    sender: Sender,
    events: mpsc::Receiver<Inbound>,
    releases: HashMap<u16, mpsc::Sender<u64>>,
    unreleased: Unreleased,
    status: Arc<Mutex<WriterGroupDiagnostics>>,
    shared: Arc<Shared>,
}

/// The values of each batch that is not with the sink yet, by writer and token.
type Unreleased = BTreeMap<(u16, u64), Span>;

impl GroupTask {
    pub(super) fn new(
        plan: &WriterGroupPlan,
        events: mpsc::Receiver<Inbound>,
        releases: HashMap<u16, mpsc::Sender<u64>>,
        status: Arc<Mutex<WriterGroupDiagnostics>>,
        shared: &Arc<Shared>,
    ) -> Self {
        let parts = &shared.parts;
        let options = crate::writer_group::WriterGroupOptions {
            publisher_id: parts.publisher_id.clone(),
            max_message_size: parts.sink.max_message_size(),
            ..Default::default()
        };
        Self {
            topic: data_topic(plan, &parts.publisher_id),
            policy: WriterGroup::new(plan, &options, parts.clock.now(), parts.clock.utc()),
            sender: Sender::new(Arc::clone(&parts.sink), Arc::clone(&parts.clock)),
            plan: plan.clone(),
            events,
            releases,
            unreleased: Unreleased::new(),
            status,
            shared: Arc::clone(shared),
        }
    }

    /// Runs until its writers have ended and everything is sent, or the time for that is over.
    pub(super) async fn run(mut self) {
        let clock = Arc::clone(self.shared.clock());
        let abort = self.shared.abort.clone();
        let mut open = true;
        while open || self.sender.len() > 0 {
            let reading = open && !self.policy.is_full();
            let timeout = self.policy.poll_timeout().filter(|_| reading);
            tokio::select! {
                biased;
                () = abort.cancelled() => break,
                outcome = self.sender.next(), if self.sender.len() > 0 => self.settle(outcome),
                () = clock.sleep_until(timeout.unwrap_or_else(|| clock.now())), if timeout.is_some() => {
                    self.policy.handle_timeout(clock.now(), clock.utc());
                }
                inbound = self.events.recv(), if reading => match inbound {
                    Some(inbound) => self.handle(inbound),
                    None => {
                        open = false;
                        self.policy.flush();
                    }
                },
            }
            self.pump();
        }
        self.give_up();
    }

    fn handle(&mut self, Inbound { writer, event }: Inbound) {
        let (now, utc) = (self.shared.clock().now(), self.shared.clock().utc());
        match event {
            Event::Data(batch) => self.data(writer, &batch),
            Event::KeepAlive => self.policy.handle_keep_alive(writer, now, utc),
            Event::Connection(connected) => self.policy.handle_connection(writer, connected),
            Event::Types(types, namespaces, structures) => {
                self.policy.handle_types(writer, structures);
                self.policy.handle_metadata(writer, &types, &namespaces, now, utc);
            }
            Event::Items(states) => {
                for (handle, status) in states.iter().filter_map(|(handle, state)| Some((*handle, refusal(state)?))) {
                    self.policy.handle_item_failed(writer, handle as usize, status);
                }
            }
        }
    }

    fn data(&mut self, writer: u16, batch: &DataBatch) {
        let span = Span::of(batch);
        self.unreleased.insert((writer, batch.token), span);
        self.status.lock().values_in += span.values;
        self.policy.handle_data(writer, batch, self.shared.clock().now(), self.shared.clock().utc());
        while let Some(loss) = self.policy.poll_loss() {
            self.lose(&loss, span);
        }
        // Without this a large batch size would wait for values that the server does not send
        // before it gets its acknowledgements.
        if self.unreleased.range((writer, 0)..=(writer, u64::MAX)).count() >= MAX_UNACKNOWLEDGED / 2 {
            self.policy.flush();
        }
    }

    /// Moves on what the policy has decided.
    fn pump(&mut self) {
        while let Some(message) = self.policy.poll_message() {
            let outgoing = self.outgoing(message);
            self.sender.push(outgoing);
        }
        while let Some(release) = self.policy.poll_release() {
            self.unreleased.remove(&(release.writer, release.token));
            // Has room for every batch that may wait; a writer that has ended needs no more.
            let _ = self.releases.get(&release.writer).map(|releases| releases.try_send(release.token));
        }
        self.status.lock().waiting = self.sender.len() as u64;
    }

    fn outgoing(&self, message: NetworkMessage) -> Outgoing {
        let NetworkMessage { id, kind, heartbeat, payload, values, .. } = message;
        let topic = match kind {
            MessageKind::MetaData { writer } => {
                topic::metadata(&self.topic, self.writer(writer).map_or("", |writer| &writer.name))
            }
            _ => self.topic.clone(),
        };
        let message = Message {
            topic,
            payload,
            content_type: Some(self.plan.profile.content_type().into()),
            properties: if heartbeat { vec![("Heartbeat".into(), "true".into())] } else { Vec::new() },
            quality: self.plan.quality,
            retain: matches!(kind, MessageKind::MetaData { .. }),
            ..Message::default()
        };
        Outgoing { id, kind, values, message }
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
            tracing::info!("messages of group {} reach {} again", self.plan.name, self.shared.parts.sink.address());
        }
    }

    fn refused(&mut self, outgoing: &Outgoing, error: &Error) {
        self.policy.handle_acknowledged(outgoing.id);
        let address = self.shared.parts.sink.address();
        tracing::error!("a message of group {} was refused by {address}: {}", self.plan.name, error.report());
        if outgoing.kind == MessageKind::Data {
            self.declare(None, Span::of_unknown_time(outgoing.values), LossCause::RefusedBySink, Some(error.report()));
        }
    }

    fn sink_failed(&mut self, error: &Error) {
        let reason = error.report();
        let mut status = self.status.lock();
        if status.sink_error.as_ref() != Some(&reason) {
            let address = self.shared.parts.sink.address();
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
            _ => (LossCause::NotEncodable, Some("the writer has no such field".into())),
        };
        self.declare(self.writer(loss.writer), span.some(loss.values), cause, detail);
    }

    /// Declares what is not with the sink; without effect where everything is.
    fn give_up(&mut self) {
        while let Ok(inbound) = self.events.try_recv() {
            if let Event::Data(batch) = inbound.event {
                self.unreleased.insert((inbound.writer, batch.token), Span::of(&batch));
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

/// The topic of a group's data.
pub(super) fn data_topic(plan: &WriterGroupPlan, publisher_id: &str) -> String {
    let publisher_id = plan.publisher_id.as_deref().unwrap_or(publisher_id);
    topic::data(plan.topic.as_deref(), topic::Names { publisher_id, writer_group: &plan.name })
}
