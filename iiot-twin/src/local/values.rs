//! Values as they change.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::stream::BoxStream;
use iiot_core::operation::POINTER;
use iiot_core::session::{
    self, DataBatch, Item, ItemFilter, ItemNode, ItemState, SubscriptionEvent, SubscriptionOptions,
};
use iiot_core::ua::{self, StatusCode};
use iiot_core::{Error, ErrorKind, Result};

use super::LocalTwin;
use super::feed::{Feed, Ground, Site, Source, Subject};
use super::read::index_range;
use super::visit::at_most;
use crate::read::DataValue;
use crate::value::{Deadband, DeadbandKind, ValueUpdate, WatchValuesRequest, WatchedItem, WatchedState, WatchedValue};
use crate::{Header, MAX_ITEMS, Status, ValueEncoding};

const PUBLISHING: u32 = 1_000;

impl LocalTwin {
    pub(super) async fn follow_values(
        &self,
        request: WatchValuesRequest,
    ) -> Result<BoxStream<'static, Result<ValueUpdate>>> {
        let interval = check(&request)?;
        let (options, deadline) = self.approach_to_watch(&request.endpoint, &request.header).await?;
        let ground = Ground { pool: Arc::clone(&self.pool), clock: Arc::clone(&self.clock), options };
        let (items, WatchValuesRequest { endpoint, after, .. }) = (request.nodes.len(), request.clone());
        let what = WatchValuesRequest { header: Header::default(), after: None, ..request };
        let text = serde_json::to_string(&what).expect("a request can be written");
        let watcher = self.feeds.values.join(&endpoint, text, ground, || begin(&what, interval))?;
        let late = "the server has not said yet which of the items it reports";
        watcher.until(deadline, late, |feed| feed.states.len() == items).await?;
        Ok(watcher.updates(after))
    }
}

/// The publishing interval of a request that can be carried out.
pub(super) fn check(request: &WatchValuesRequest) -> Result<u32> {
    at_most(MAX_ITEMS, request.nodes.len(), "#/nodes")?;
    let interval = request.publishing_interval_ms.unwrap_or(PUBLISHING);
    if (10..=3_600_000).contains(&interval) {
        return Ok(interval);
    }
    let message = "it takes 10 to 3,600,000 milliseconds";
    Err(Error::new(ErrorKind::InvalidArgument, "watch values", message).with(POINTER, "#/publishingIntervalMs"))
}

fn begin(request: &WatchValuesRequest, interval: u32) -> (ValueFeed, ValueSource) {
    let (mut feed, mut items) = (ValueFeed::default(), Vec::new());
    for (place, watched) in (0_u32..).zip(&request.nodes) {
        match item(place, watched) {
            Ok(item) => items.push(item),
            Err(status) => feed.stands(WatchedState { item: place, status, ..Default::default() }),
        }
    }
    let publishing_interval = Duration::from_millis(interval.into());
    let options = SubscriptionOptions { publishing_interval, ..Default::default() };
    (feed, ValueSource { options, items, encoding: request.encoding })
}

pub(super) fn item(place: u32, watched: &WatchedItem) -> Result<Item, Status> {
    let node = watched.node.parse::<ItemNode>();
    let node = node.map_err(|error| Status::because(StatusCode::BadNodeIdInvalid, error.report()))?;
    index_range(watched.index_range.as_deref())?;
    let sampling = watched.sampling_interval_ms.unwrap_or(-1.0);
    if watched.sampling_interval_ms.is_some_and(|sampling| sampling < 0.0) {
        return Err(Status::because(StatusCode::BadOutOfRange, "the sampling interval is negative"));
    }
    Ok(Item {
        node: node.into(),
        attribute_id: watched.attribute.id() as u32,
        index_range: watched.index_range.clone().unwrap_or_default(),
        sampling_interval_ms: sampling,
        queue_size: watched.queue_size.unwrap_or(1),
        filter: watched.deadband.map(|deadband| ItemFilter::deadband(deadband.into())),
        ..Item::new(place, ua::NodeId::null())
    })
}

impl From<Deadband> for session::Deadband {
    fn from(deadband: Deadband) -> Self {
        match deadband.kind {
            DeadbandKind::Absolute => Self::Absolute(deadband.value),
            DeadbandKind::Percent => Self::Percent(deadband.value),
        }
    }
}

/// How the items stand, and the last value of each.
#[derive(Debug, Default)]
pub(super) struct ValueFeed {
    states: BTreeMap<u32, WatchedState>,
    values: BTreeMap<u32, DataValue>,
}

impl ValueFeed {
    fn stands(&mut self, state: WatchedState) {
        if state.status.is_bad() {
            self.values.remove(&state.item);
        }
        self.states.insert(state.item, state);
    }
}

impl Subject for ValueFeed {
    type Update = ValueUpdate;

    fn snapshot(&self) -> ValueUpdate {
        let value = |(item, value): (&u32, &DataValue)| WatchedValue { item: *item, value: value.clone() };
        let values = self.values.iter().map(value).collect();
        ValueUpdate { items: self.states.values().cloned().collect(), values, ..Default::default() }
    }
}

/// Makes values of what a subscription reports.
pub(super) struct ValueSource {
    options: SubscriptionOptions,
    items: Vec<Item>,
    encoding: ValueEncoding,
}

#[async_trait]
impl Source for ValueSource {
    type Subject = ValueFeed;
    const HAS_ITEMS: bool = true;

    fn subscription(&self) -> (SubscriptionOptions, Vec<Item>) {
        (self.options.clone(), self.items.clone())
    }

    async fn event(&mut self, feed: &Feed<ValueFeed>, site: &Site, event: &SubscriptionEvent) {
        match event {
            SubscriptionEvent::Items(states) => {
                let items: Vec<WatchedState> =
                    states.iter().filter_map(|(item, state)| state_of(*item, state)).collect();
                feed.change(|known| {
                    items.iter().cloned().for_each(|state| known.stands(state));
                    vec![(items.len() * STATE_BYTES, ValueUpdate { items, ..Default::default() })]
                });
            }
            SubscriptionEvent::Data(batch) => {
                let (bytes, values) = self.values(site, batch).await;
                feed.change(|known| {
                    known.values.extend(values.iter().map(|value| (value.item, value.value.clone())));
                    vec![(bytes, ValueUpdate { values, ..Default::default() })]
                });
            }
            _ => {}
        }
    }
}

/// About the size of the state of an item, and of a value beside what it holds.
const STATE_BYTES: usize = 150;

impl ValueSource {
    /// The values with about their size.
    async fn values(&self, site: &Site, batch: &DataBatch) -> (usize, Vec<WatchedValue>) {
        let bytes = batch.rows().map(|row| STATE_BYTES + 4 * row.value.bytes().len()).sum();
        let values: Vec<ua::DataValue> = batch.rows().map(data_value).collect();
        let visit = site.visit(&batch.namespaces);
        let written = match visit.render_data(values, self.encoding).await {
            Ok(written) => written,
            Err(error) => vec![DataValue::from(Status::from(&error)); batch.len()],
        };
        let value = |(item, value)| WatchedValue { item, value };
        (bytes, batch.client_handles().zip(written).map(value).collect())
    }
}

fn data_value(row: session::Row<'_>) -> ua::DataValue {
    let (value, status) = match row.value.decode() {
        Ok(value) => (value, row.status),
        Err(_) => (ua::Variant::Empty, StatusCode::BadDecodingError),
    };
    ua::DataValue {
        value: Some(value),
        status: Some(status),
        source_timestamp: row.source_timestamp.map(Into::into),
        server_timestamp: row.server_timestamp.map(Into::into),
        ..Default::default()
    }
}

pub(super) fn state_of(item: u32, state: &ItemState) -> Option<WatchedState> {
    match state {
        ItemState::Reporting { sampling_interval_ms, queue_size, .. } => Some(WatchedState {
            item,
            status: Status::good(),
            sampling_interval_ms: Some(*sampling_interval_ms),
            queue_size: Some(*queue_size),
        }),
        ItemState::Failed { status, .. } => Some(WatchedState { item, status: (*status).into(), ..Default::default() }),
        ItemState::Unlinked { .. } => None,
    }
}
