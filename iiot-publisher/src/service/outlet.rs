//! The way of what a writer receives to its group: values and events into the log where there is one, all else
//! directly.

use std::sync::Arc;

use iiot_core::session::{ItemState, Subscription, SubscriptionEvent};
use iiot_core::ua::types::TypeSet;
use tokio::sync::{mpsc, oneshot};

use super::received::Received;
use super::spool::{Incoming, Intake};
use super::writer::FieldLevels;
use crate::plan::{EventLayout, FieldPlan, Shared};
use crate::writer_group::FieldMetaData;

/// What a writer passes to its group.
#[derive(Debug)]
pub(super) struct Inbound {
    pub(super) writer: u16,
    pub(super) event: Event,
}

/// Where a writer passes things to: values into the log where there is one, all else to the group.
#[derive(Debug)]
pub(super) struct Outlet {
    pub(super) events: mpsc::Sender<Inbound>,
    pub(super) log: Option<mpsc::Sender<Intake>>,
}

/// What happened to a writer, as far as its group cares.
#[derive(Debug)]
pub(super) enum Event {
    Received(Received),
    KeepAlive,
    Connection(bool),
    Items(Vec<(u32, ItemState)>),
    Types(Box<Described>),
    /// What stands behind the topic of the writer in those of its fields.
    Levels(FieldLevels),
    /// Nothing more comes from this writer. Where its last batch is to end in the log is told.
    Left(Option<oneshot::Receiver<u64>>),
}

/// What the server says of the fields that have these client handles.
#[derive(Debug)]
pub(super) struct Described {
    pub(super) handles: Vec<u32>,
    /// What the types are of where they are those of events.
    pub(super) layout: Option<Arc<EventLayout>>,
    /// The fields as the server knows them, where that differs from what is configured.
    pub(super) fields: Option<Shared<Vec<FieldPlan>>>,
    pub(super) types: Vec<Shared<FieldMetaData>>,
    pub(super) namespaces: Arc<Vec<String>>,
    pub(super) structures: Arc<TypeSet>,
}

/// Room for one more event, wherever it goes.
pub(super) struct Permits<'a> {
    event: mpsc::Permit<'a, Inbound>,
    log: Option<mpsc::Permit<'a, Intake>>,
}

impl Outlet {
    /// Group and log end only after their writers, or when everything is given up.
    async fn reserve(&self) -> Option<Permits<'_>> {
        let log = match &self.log {
            Some(log) => Some(log.reserve().await.ok()?),
            None => None,
        };
        Some(Permits { event: self.events.reserve().await.ok()?, log })
    }

    /// Says that nothing more comes.
    pub(super) async fn leave(&self, writer: u16) {
        let end = match &self.log {
            Some(log) => {
                let (told, end) = oneshot::channel();
                let _ = log.send(Intake::Last { writer, end: told }).await;
                Some(end)
            }
            None => None,
        };
        let _ = self.events.send(Inbound { writer, event: Event::Left(end) }).await;
    }

    pub(super) async fn send(&self, writer: u16, event: Event) {
        if let Some(permits) = self.reserve().await {
            permits.send(writer, event);
        }
    }
}

impl Permits<'_> {
    pub(super) fn send(self, writer: u16, event: Event) {
        match (event, self.log) {
            (Event::Received(batch), Some(log)) => log.send(Intake::Batch(Incoming { writer, batch })),
            (event, _) => self.event.send(Inbound { writer, event }),
        }
    }
}

/// The next event, once there is room for it. Nothing is lost when this is dropped.
pub(super) async fn next<'a>(
    outlet: Option<&'a Outlet>,
    subscription: &mut dyn Subscription,
) -> (Permits<'a>, Option<SubscriptionEvent>) {
    let permits = match outlet {
        Some(outlet) => outlet.reserve().await,
        None => None,
    };
    match permits {
        Some(permits) => (permits, subscription.next().await),
        None => std::future::pending().await,
    }
}

/// Waits until there is room, and so until all that is ready was passed on.
pub(super) async fn room(outlet: Option<&Outlet>) {
    if let Some(outlet) = outlet {
        drop(outlet.reserve().await);
    }
}
