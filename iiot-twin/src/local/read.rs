//! Reading.

use std::time::Duration;

use iiot_core::Result;
use iiot_core::clock::Clock;
use iiot_core::session::SessionExt;
use iiot_core::ua::{self, NumericRange, ReadValueId, StatusCode, TimestampsToReturn};

use parking_lot::Mutex;

use super::batch::{Places, one_each, sendable};
use super::cache::{ReadCache, Shelf};
use super::visit::{Visit, at_most};
use crate::read::{DataValue, ReadItem, ReadRequest, ReadResponse, Timestamps};
use crate::{MAX_ITEMS, Status, ValueEncoding};

pub(super) async fn read(visit: &Visit, request: &ReadRequest, lately: Option<Lately<'_>>) -> Result<ReadResponse> {
    let (values, ages, places) = ask(visit, request, lately).await?;
    let mut written = visit.render_data(values, request.encoding).await?;
    written.iter_mut().zip(ages).for_each(|(value, age)| value.age_ms = age);
    let results = places.fill(written)?.into_iter().map(|result| result.unwrap_or_else(DataValue::from)).collect();
    Ok(ReadResponse { results })
}

/// The values of what can be read, with the age of those that were read before, and where they belong.
pub(super) async fn ask(
    visit: &Visit,
    request: &ReadRequest,
    lately: Option<Lately<'_>>,
) -> Result<(Vec<ua::DataValue>, Vec<Option<u32>>, Places)> {
    at_most(MAX_ITEMS, request.nodes.len(), "#/nodes")?;
    let (nodes, places) = sendable(request.nodes.iter().map(|item| visit.read_value_id(item)).collect());
    let (values, ages) = match lately {
        Some(lately) => lately.read(visit, nodes, request).await?,
        None => (visit.read_nodes(nodes, request.max_age_ms, request.timestamps).await?, Vec::new()),
    };
    Ok((values, ages, places))
}

/// What was read lately, and may be given again.
pub(super) struct Lately<'c> {
    pub(super) cache: &'c Mutex<ReadCache>,
    pub(super) shelf: Shelf,
    pub(super) clock: &'c dyn Clock,
}

impl Lately<'_> {
    /// Values with the age of those that were read before, in milliseconds.
    async fn read(
        &self,
        visit: &Visit,
        nodes: Vec<ReadValueId>,
        request: &ReadRequest,
    ) -> Result<(Vec<ua::DataValue>, Vec<Option<u32>>)> {
        let (now, age) = (self.clock.now(), Duration::from_millis(request.cache_ms.into()));
        let changes = self.cache.lock().changes(&self.shelf.endpoint);
        let known: Vec<_> = {
            let cache = self.cache.lock();
            nodes.iter().map(|node| cache.find(&self.shelf, node, age, now)).collect()
        };
        let missing = nodes.into_iter().zip(&known).filter(|(_, known)| known.is_none()).map(|(node, _)| node);
        let missing: Vec<ReadValueId> = missing.collect();
        let fresh = visit.read_nodes(missing.clone(), request.max_age_ms, request.timestamps).await?;
        let mut cache = self.cache.lock();
        missing.iter().zip(&fresh).for_each(|(node, value)| cache.keep(&self.shelf, node, value, now, changes));
        let mut fresh = fresh.into_iter();
        Ok(known.into_iter().map(|known| told(known, &mut fresh)).unzip())
    }
}

/// A known value with its age, or the next that was read.
fn told(
    known: Option<(ua::DataValue, Duration)>,
    fresh: &mut impl Iterator<Item = ua::DataValue>,
) -> (ua::DataValue, Option<u32>) {
    match known {
        Some((value, age)) => (value, Some(u32::try_from(age.as_millis()).unwrap_or(u32::MAX))),
        None => (fresh.next().unwrap_or_default(), None),
    }
}

impl Visit {
    pub(super) fn read_value_id(&self, item: &ReadItem) -> Result<ReadValueId, Status> {
        Ok(ReadValueId {
            node_id: self.node(&item.node)?,
            attribute_id: item.attribute.id() as u32,
            index_range: index_range(item.index_range.as_deref())?,
            ..Default::default()
        })
    }

    /// Reads what can be read, and writes it.
    pub(super) async fn read(
        &self,
        items: Vec<Result<ReadValueId, Status>>,
        max_age_ms: u32,
        timestamps: Timestamps,
        encoding: ValueEncoding,
    ) -> Result<Vec<DataValue>> {
        let (nodes, places) = sendable(items);
        let values = self.read_nodes(nodes, max_age_ms, timestamps).await?;
        let written = self.render_data(values, encoding).await?;
        Ok(places.fill(written)?.into_iter().map(|result| result.unwrap_or_else(DataValue::from)).collect())
    }

    async fn read_nodes(
        &self,
        nodes: Vec<ReadValueId>,
        max_age_ms: u32,
        timestamps: Timestamps,
    ) -> Result<Vec<ua::DataValue>> {
        if nodes.is_empty() {
            return Ok(Vec::new());
        }
        let asked = nodes.len();
        let request = ua::ReadRequest {
            max_age: max_age_ms.into(),
            timestamps_to_return: timestamps.into(),
            nodes_to_read: Some(nodes),
            ..Default::default()
        };
        let values = self.session.service(request).await?.results.unwrap_or_default();
        one_each(asked, &values)?;
        Ok(values)
    }
}

/// A part of a value; all of it where none is named.
pub(super) fn index_range(text: Option<&str>) -> Result<NumericRange, Status> {
    let invalid = |_| Status::because(StatusCode::BadIndexRangeInvalid, "expected 2, 0:4, or 1,0:2");
    text.unwrap_or_default().parse().map_err(invalid)
}

impl From<Timestamps> for TimestampsToReturn {
    fn from(timestamps: Timestamps) -> Self {
        match timestamps {
            Timestamps::Source => Self::Source,
            Timestamps::Server => Self::Server,
            Timestamps::Both => Self::Both,
            Timestamps::Neither => Self::Neither,
        }
    }
}
