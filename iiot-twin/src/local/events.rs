//! Events as they happen.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::stream::BoxStream;
use iiot_core::Result;
use iiot_core::session::{
    Clause, EventBatch, FilterResult, Item, ItemNode, ItemState, SubscriptionEvent, SubscriptionOptions,
};
use iiot_core::ua::{ObjectId, StatusCode, Variant};

use super::LocalTwin;
use super::event_filter::{name_of, node_at, query};
use super::feed::{Feed, Ground, Site, Source, Subject};
use crate::event::{EventUpdate, WatchEventsRequest};
use crate::{Header, Status, ValueEncoding};

/// How often the server sends events.
const PUBLISHING: Duration = Duration::from_millis(250);

impl LocalTwin {
    pub(super) async fn follow_events(
        &self,
        request: WatchEventsRequest,
    ) -> Result<BoxStream<'static, Result<EventUpdate>>> {
        let source = source(&request)?;
        let (options, deadline) = self.approach_to_watch(&request.endpoint, &request.header).await?;
        let ground = Ground { pool: Arc::clone(&self.pool), clock: Arc::clone(&self.clock), options };
        let WatchEventsRequest { endpoint, after, .. } = request.clone();
        let what = WatchEventsRequest { header: Header::default(), after: None, ..request };
        let text = serde_json::to_string(&what).expect("a request can be written");
        let watcher = self.feeds.events.join(&endpoint, text, ground, || (EventFeed::default(), source))?;
        // What happens from the first update on is told.
        watcher
            .until(deadline, "the server has not said yet whether it reports events", |feed| feed.status.is_some())
            .await?;
        Ok(watcher.updates(after))
    }
}

fn source(request: &WatchEventsRequest) -> Result<EventSource> {
    let query = query(request)?;
    let names = match request.fields.as_slice() {
        [] => query.fields.iter().map(ToString::to_string).collect(),
        fields => fields.iter().map(name_of).collect(),
    };
    let node = match &request.notifier {
        Some(notifier) => node_at(notifier, "#/notifier")?,
        None => ItemNode::Indexed(ObjectId::Server.into()),
    };
    let queue_size = request.queue_size.unwrap_or_default();
    let item = Item { node: node.into(), queue_size, ..Item::events(1, ObjectId::Server, query) };
    Ok(EventSource { item, names, encoding: request.encoding })
}

/// How the server takes the request.
#[derive(Debug, Default)]
pub(super) struct EventFeed {
    status: Option<Status>,
    refused: BTreeMap<String, Status>,
}

impl Subject for EventFeed {
    type Update = EventUpdate;

    fn snapshot(&self) -> EventUpdate {
        EventUpdate { status: self.status.clone(), refused: self.refused.clone(), ..Default::default() }
    }
}

/// Makes events of what a subscription reports.
pub(super) struct EventSource {
    item: Item,
    names: Vec<String>,
    encoding: ValueEncoding,
}

#[async_trait]
impl Source for EventSource {
    type Subject = EventFeed;
    const HAS_ITEMS: bool = false;

    fn subscription(&self) -> (SubscriptionOptions, Vec<Item>) {
        let options = SubscriptionOptions { publishing_interval: PUBLISHING, ..Default::default() };
        (options, vec![self.item.clone()])
    }

    async fn event(&mut self, feed: &Feed<EventFeed>, site: &Site, event: &SubscriptionEvent) {
        match event {
            SubscriptionEvent::Items(states) => states.iter().for_each(|(_, state)| self.stands(feed, state)),
            SubscriptionEvent::Events(batch) => {
                let (bytes, events) = self.events(site, batch).await;
                feed.change(|_| vec![(bytes, EventUpdate { events, ..Default::default() })]);
            }
            _ => {}
        }
    }
}

/// About the size of a field beside what it holds.
const FIELD_BYTES: usize = 60;

impl EventSource {
    fn stands(&self, feed: &Feed<EventFeed>, state: &ItemState) {
        let (status, filter) = match state {
            ItemState::Reporting { filter, .. } => (Status::good(), filter),
            ItemState::Failed { status, filter, .. } => (Status::from(*status), filter),
            ItemState::Unlinked { .. } => return,
        };
        let refused = filter.as_deref().map(|filter| self.refused(filter)).unwrap_or_default();
        feed.change(|known| {
            *known = EventFeed { status: Some(status), refused };
            vec![(known.refused.len() * FIELD_BYTES, known.snapshot())]
        });
    }

    fn refused(&self, filter: &FilterResult) -> BTreeMap<String, Status> {
        let name = |clause| match clause {
            Clause::Field(index) => self.names.get(index).cloned().unwrap_or_default(),
            Clause::Element(index) => format!("operator {index} of the condition"),
        };
        filter.refused().into_iter().map(|(clause, status)| (name(clause), status.into())).collect()
    }

    /// The events with about their size.
    async fn events(&self, site: &Site, batch: &EventBatch) -> (usize, Vec<BTreeMap<String, serde_json::Value>>) {
        let fields = self.names.len();
        let values = || batch.rows().flat_map(|row| (0..fields).map(move |index| row.field(index)));
        let bytes = values().map(|value| FIELD_BYTES + 2 * value.bytes().len()).sum();
        let values: Vec<Variant> = values().map(|value| value.decode().unwrap_or_else(undecodable)).collect();
        let written = match site.visit(&batch.namespaces).render(&values, self.encoding).await {
            Ok(written) => written.into_iter().map(Result::unwrap_or_default).collect(),
            Err(_) => vec![serde_json::Value::Null; values.len()],
        };
        let event = |values: &[serde_json::Value]| self.names.iter().cloned().zip(values.iter().cloned()).collect();
        (bytes, written.chunks(fields.max(1)).map(event).collect())
    }
}

fn undecodable(_: iiot_core::Error) -> Variant {
    Variant::StatusCode(StatusCode::BadDecodingError)
}
