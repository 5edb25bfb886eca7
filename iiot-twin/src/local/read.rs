//! Reading.

use iiot_core::Result;
use iiot_core::session::SessionExt;
use iiot_core::ua::{self, NumericRange, ReadValueId, StatusCode, TimestampsToReturn};

use super::batch::{one_each, sendable};
use super::visit::{Visit, at_most};
use crate::read::{DataValue, ReadItem, ReadRequest, ReadResponse, Timestamps};
use crate::{MAX_ITEMS, Status, ValueEncoding};

pub(super) async fn read(visit: &Visit, request: &ReadRequest) -> Result<ReadResponse> {
    at_most(MAX_ITEMS, request.nodes.len(), "#/nodes")?;
    let items = request.nodes.iter().map(|item| visit.read_value_id(item)).collect();
    let results = visit.read(items, request.max_age_ms, request.timestamps, request.encoding).await?;
    Ok(ReadResponse { results })
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
