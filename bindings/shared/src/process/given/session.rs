//! The session that the publisher has with the values of the host program.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use iiot::core::session::{
    Concern, Item, ItemState, ResumeRevision, ResumeState, ServerLimits, Session, SessionState, Subscription,
    SubscriptionEvent, SubscriptionOptions, SubscriptionRevised,
};
use iiot::core::ua::{
    AttributeId, DataValue, LocalizedText, NodeId, ReadResponse, ReadValueId, Request, Response, StatusCode, Variant,
};
use iiot::{Error, ErrorKind, Result};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;

use super::{Field, Given, namespaces};

/// Always connected, until it is closed.
#[derive(Debug)]
pub(super) struct GivenSession {
    given: Arc<Given>,
    state: watch::Sender<SessionState>,
}

impl GivenSession {
    pub(super) fn new(given: Arc<Given>) -> Self {
        Self { given, state: watch::Sender::new(SessionState::Connected) }
    }

    fn read(&self, what: &ReadValueId) -> DataValue {
        let Some(field) = self.given.field(&what.node_id) else { return bad(StatusCode::BadNodeIdUnknown) };
        attribute(field, what.attribute_id).map_or_else(|| bad(StatusCode::BadAttributeIdInvalid), DataValue::from)
    }
}

fn attribute(field: &Field, id: u32) -> Option<Variant> {
    match AttributeId::from_u32(id).ok()? {
        AttributeId::DataType => Some(NodeId::new(0, u32::from(field.data_type)).into()),
        AttributeId::ValueRank => Some((if field.is_array { 1 } else { -1 }).into()),
        AttributeId::DisplayName => Some(LocalizedText::from(field.name.as_str()).into()),
        _ => None,
    }
}

fn bad(status: StatusCode) -> DataValue {
    DataValue { status: Some(status), ..DataValue::default() }
}

#[async_trait]
impl Session for GivenSession {
    async fn call(&self, request: Request, _: Option<Duration>) -> Result<Response> {
        match request {
            Request::Read(request) => {
                let nodes = request.nodes_to_read.unwrap_or_default();
                let results = Some(nodes.iter().map(|node| self.read(node)).collect());
                Ok(ReadResponse { results, ..ReadResponse::default() }.into())
            }
            other => Err(Error::from_status(other.service(), StatusCode::BadServiceUnsupported)),
        }
    }

    async fn subscribe(&self, options: SubscriptionOptions, items: Vec<Item>) -> Result<Box<dyn Subscription>> {
        if *self.state.borrow() == SessionState::Closed {
            return Err(Error::new(ErrorKind::Closed, "subscribe", "the session was closed"));
        }
        let (sender, events) = unbounded_channel();
        // Whoever listens is still here.
        let _ = sender.send(SubscriptionEvent::Created(revised(&options)));
        let _ = sender.send(SubscriptionEvent::Items(states(&self.given, &items)));
        let key = self.given.enter(&items, sender.clone())?;
        Ok(Box::new(GivenSubscription { given: Arc::clone(&self.given), key, sender: Some(sender), events }))
    }

    fn namespaces(&self) -> Arc<Vec<String>> {
        namespaces()
    }

    fn limits(&self) -> Arc<ServerLimits> {
        Arc::default()
    }

    fn concerns(&self) -> Arc<Vec<Concern>> {
        Arc::default()
    }

    fn state(&self) -> SessionState {
        self.state.borrow().clone()
    }

    async fn state_changed(&self, seen: &SessionState) -> SessionState {
        let mut states = self.state.subscribe();
        let changed = states.wait_for(|state| state != seen).await;
        changed.map_or(SessionState::Closed, |state| state.clone())
    }

    async fn resume_state(&self) -> Result<Option<ResumeState>> {
        Ok(None)
    }

    async fn resume_state_changed(&self, _: ResumeRevision) -> ResumeRevision {
        std::future::pending().await
    }

    async fn suspend(&self) -> Result<Option<ResumeState>> {
        self.close().await;
        Ok(None)
    }

    async fn close(&self) {
        self.state.send_replace(SessionState::Closed);
    }
}

#[derive(Debug)]
struct GivenSubscription {
    given: Arc<Given>,
    key: u64,
    /// Until it is closed.
    sender: Option<UnboundedSender<SubscriptionEvent>>,
    events: UnboundedReceiver<SubscriptionEvent>,
}

impl GivenSubscription {
    fn tell(&self, event: SubscriptionEvent) {
        // Whoever listens is still here.
        self.sender.iter().for_each(|sender| drop(sender.send(event.clone())));
    }
}

#[async_trait]
impl Subscription for GivenSubscription {
    async fn next(&mut self) -> Option<SubscriptionEvent> {
        self.events.recv().await
    }

    fn acknowledge(&self, token: u64) {
        self.given.acknowledge(self.key, token);
    }

    async fn set_items(&self, items: Vec<Item>) -> Result<()> {
        self.tell(SubscriptionEvent::Items(states(&self.given, &items)));
        self.given.set_items(self.key, &items);
        Ok(())
    }

    async fn modify(&self, options: SubscriptionOptions) -> Result<()> {
        self.tell(SubscriptionEvent::Modified(revised(&options)));
        Ok(())
    }

    async fn close(&mut self) {
        self.given.leave(self.key);
        self.sender = None;
    }
}

impl Drop for GivenSubscription {
    fn drop(&mut self) {
        self.given.leave(self.key);
    }
}

fn revised(options: &SubscriptionOptions) -> SubscriptionRevised {
    SubscriptionRevised {
        subscription_id: 1,
        publishing_interval: options.publishing_interval,
        lifetime_count: options.lifetime_count,
        max_keep_alive_count: options.max_keep_alive_count,
    }
}

/// Each value is told, so the queue has as much room as was asked for.
fn states(given: &Given, items: &[Item]) -> Vec<(u32, ItemState)> {
    let known = |item: &Item| item.node.resolve(&namespaces()).is_some_and(|node| given.field(&node).is_some());
    let state = |item: &Item| match known(item) {
        true => ItemState::Reporting { sampling_interval_ms: 0.0, queue_size: item.queue_size.max(2), filter: None },
        false => ItemState::Failed { status: StatusCode::BadNodeIdUnknown, will_retry: false, filter: None },
    };
    items.iter().map(|item| (item.client_handle, state(item))).collect()
}
