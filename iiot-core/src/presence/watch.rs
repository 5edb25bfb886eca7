//! Keeps the records of edges.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::BoxStream;
use parking_lot::Mutex;
use tokio::task::JoinHandle;

use super::announcement::{Announcement, ECHO, check_id, edge_of, topic};
use super::attendance::Attendance;
use super::judgement::judged;
use super::{INTERVAL, MAX_EDGES};
use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Edge, Record};
use crate::registry::{Change, Expected, Query, RecordKey, RecordKind, Registry, RegistryExt, Write};
use crate::transport::{Message, QualityOfService, Transport};

/// Listens to announcements and keeps an [`Edge`] record of each edge, until it is dropped. A record is written when
/// something about it is new, not with each announcement.
#[derive(Debug)]
pub struct EdgeWatch {
    watching: JoinHandle<()>,
    listener: Arc<Listener>,
}

#[derive(Debug)]
struct Listener {
    transport: Arc<dyn Transport>,
    registry: Arc<dyn Registry>,
    interval: Duration,
    clock: Arc<dyn Clock>,
    attendance: Mutex<Attendance>,
}

impl EdgeWatch {
    /// Listens from the moment the hub can be reached; `interval` is how often it makes sure that it hears anything.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[must_use]
    pub fn start(
        transport: Arc<dyn Transport>,
        registry: Arc<dyn Registry>,
        interval: Duration,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let attendance = Mutex::new(Attendance::new(interval));
        let listener = Arc::new(Listener { transport, registry, interval, clock, attendance });
        let watching = tokio::spawn(Arc::clone(&listener).watch());
        Self { watching, listener }
    }

    /// Whether announcements come.
    ///
    /// # Errors
    /// `Unavailable` if not.
    pub fn check(&self) -> Result<()> {
        if self.listener.attendance.lock().listens(self.listener.clock.now()) {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Unavailable, "listen to edges", "the hub brings no messages"))
    }
}

impl Drop for EdgeWatch {
    fn drop(&mut self) {
        self.watching.abort();
    }
}

/// Ends its task when it is dropped.
struct Task(JoinHandle<()>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What happens to the records of one life of the listener.
struct Records {
    /// Those that there are, so that strangers cannot make more than a bounded number.
    ids: HashSet<String>,
    /// Edges whose record could not be written.
    unsettled: HashSet<String>,
}

impl Listener {
    async fn watch(self: Arc<Self>) {
        loop {
            let Err(error) = self.listen().await else { return };
            tracing::warn!("edges are not listened to yet, it is tried again: {}", error.report());
            self.clock.sleep_until(self.clock.now() + INTERVAL).await;
        }
    }

    /// Ends when the hub is closed.
    async fn listen(&self) -> Result<()> {
        let changes = self.registry.watch(None).await?;
        let mut records = self.known().await?;
        let messages = self.transport.subscribe(&topic("+")).await?;
        let echo = topic(&format!("{ECHO}{}", uuid::Uuid::new_v4().simple()));
        let speaking = speak(Arc::clone(&self.transport), echo.clone(), self.interval, Arc::clone(&self.clock));
        let _speaking = Task(tokio::spawn(speaking));
        self.follow(messages, changes, &echo, &mut records).await
    }

    async fn follow(
        &self,
        mut messages: BoxStream<'static, Message>,
        mut changes: BoxStream<'static, Change>,
        echo: &str,
        records: &mut Records,
    ) -> Result<()> {
        loop {
            let touched = tokio::select! {
                message = messages.next() => match message {
                    Some(message) if message.topic == echo => self.echoed(records),
                    Some(message) => self.heard(&message),
                    None => return Ok(()),
                },
                change = changes.next() => match change {
                    Some(Change::Missed) => { *records = self.known().await?; Vec::new() }
                    Some(change) => records.changed(change),
                    None => return Err(Error::new(ErrorKind::Closed, "watch edges", "the registry tells nothing more")),
                },
            };
            for edge in touched {
                self.settle(edge, records).await;
            }
        }
    }

    /// All edges on record; those that were there are expected.
    async fn known(&self) -> Result<Records> {
        let found = self.registry.all(Query::of(RecordKind::Edge)).await?;
        let mut attendance = self.attendance.lock();
        for one in &found {
            if let Record::Edge(edge) = &one.record
                && edge.presence.connected
            {
                attendance.expect(&one.key.id);
            }
        }
        Ok(Records { ids: found.into_iter().map(|one| one.key.id).collect(), unsettled: HashSet::new() })
    }

    fn echoed(&self, records: &mut Records) -> Vec<String> {
        let mut attendance = self.attendance.lock();
        let left_out = attendance.left_out();
        if left_out > 0 {
            tracing::warn!("{left_out} announcements were left out: there are {MAX_EDGES} other edges");
        }
        let mut touched = attendance.echo(self.clock.now());
        touched.extend(records.unsettled.drain());
        touched
    }

    fn heard(&self, message: &Message) -> Vec<String> {
        let edge = edge_of(&message.topic);
        // Other watches hear themselves here too, and what was retained says nothing about now.
        if edge.starts_with(ECHO) || message.retain {
            return Vec::new();
        }
        let heard = check_id(edge).and_then(|()| Announcement::read(&message.payload));
        match heard {
            Ok(says) => {
                let is_new = self.attendance.lock().hear(edge, says, self.clock.now());
                if is_new { vec![edge.to_owned()] } else { Vec::new() }
            }
            Err(error) => {
                tracing::debug!("ignored an announcement: {}", error.report());
                Vec::new()
            }
        }
    }

    /// Brings the record in line with what is announced.
    async fn settle(&self, edge: String, records: &mut Records) {
        match self.write(&edge, records).await {
            Ok(()) => {}
            Err(error) if matches!(error.kind(), ErrorKind::Conflict | ErrorKind::AlreadyExists) => {
                // Its change is told to us, too.
                records.unsettled.insert(edge);
            }
            Err(error) => {
                tracing::warn!("the record of an edge could not be written: {}", error.report());
                records.unsettled.insert(edge);
            }
        }
    }

    async fn write(&self, edge: &str, records: &mut Records) -> Result<()> {
        let key = RecordKey::new(RecordKind::Edge, edge);
        let found = self.registry.get(&key).await?;
        let known = found.as_ref().and_then(|found| as_edge(&found.record));
        let judged = {
            let attendance = self.attendance.lock();
            let voices: Vec<&Announcement> = attendance.voices(edge).collect();
            judged(known, &voices, self.clock.utc())
        };
        if judged.as_ref() == known {
            return Ok(());
        }
        if known.is_none() && records.ids.len() >= MAX_EDGES {
            tracing::debug!("an edge is not recorded: there are {MAX_EDGES} others");
            return Ok(());
        }
        tell(edge, known, judged.as_ref());
        let expected = found.as_ref().map_or(Expected::Absent, |found| Expected::Revision(found.revision));
        self.registry.commit(vec![Write { key, record: judged.map(Record::Edge), expected }]).await?;
        Ok(())
    }
}

impl Records {
    /// Which edge a change is about.
    fn changed(&mut self, change: Change) -> Vec<String> {
        match change {
            Change::Put(one) if one.key.kind == RecordKind::Edge => {
                self.ids.insert(one.key.id.clone());
                vec![one.key.id]
            }
            Change::Deleted(key, _) if key.kind == RecordKind::Edge => {
                self.ids.remove(&key.id);
                vec![key.id]
            }
            _ => Vec::new(),
        }
    }
}

/// Lets us hear that the hub brings messages.
async fn speak(transport: Arc<dyn Transport>, topic: String, interval: Duration, clock: Arc<dyn Clock>) {
    loop {
        let next = clock.now() + interval;
        let echo = Message { quality: QualityOfService::AtMostOnce, ..Message::new(topic.clone(), "{}") };
        tokio::select! {
            _ = transport.publish(echo) => {}
            // The hub is away.
            () = clock.sleep_until(next) => {}
        }
        clock.sleep_until(next).await;
    }
}

fn as_edge(record: &Record) -> Option<&Edge> {
    match record {
        Record::Edge(edge) => Some(edge),
        _ => None,
    }
}

fn tell(id: &str, known: Option<&Edge>, judged: Option<&Edge>) {
    match (known, judged) {
        (None, Some(edge)) => tracing::info!("the edge {id} announces itself, with the key {}", edge.place_key),
        (Some(_), None) => tracing::info!("the edge {id} has gone before it was decided on"),
        (Some(known), Some(edge)) if known.presence.connected != edge.presence.connected => {
            tracing::info!("the edge {id} is {}", if edge.presence.connected { "back" } else { "away" });
        }
        _ => {}
    }
    if let Some(problem) = judged.and_then(|edge| edge.problem.as_ref())
        && known.is_none_or(|known| known.problem.as_ref() != Some(problem))
    {
        tracing::warn!("the edge {id}: {problem}");
    }
}
