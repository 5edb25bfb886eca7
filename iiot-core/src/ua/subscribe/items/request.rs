//! What the server is asked for an item.

use std::str::FromStr;

use super::entries::Wanted;
use crate::session::Item;
use crate::ua::{
    ExtensionObject, MonitoredItemCreateRequest, MonitoringParameters, NumericRange, ReadValueId, StatusCode,
};

pub(super) fn create_request(
    handle: u32,
    Wanted { node, common }: &Wanted,
    namespaces: &[String],
) -> Result<MonitoredItemCreateRequest, StatusCode> {
    let index_range = NumericRange::from_str(&common.index_range);
    let item_to_monitor = ReadValueId {
        node_id: node.resolve(namespaces).ok_or(StatusCode::BadNodeIdUnknown)?,
        attribute_id: common.attribute_id,
        index_range: index_range.map_err(|_| StatusCode::BadIndexRangeInvalid)?,
        ..Default::default()
    };
    let requested_parameters = parameters(handle, common, namespaces)?;
    Ok(MonitoredItemCreateRequest { item_to_monitor, monitoring_mode: common.monitoring_mode, requested_parameters })
}

pub(super) fn parameters(handle: u32, item: &Item, namespaces: &[String]) -> Result<MonitoringParameters, StatusCode> {
    let filter = item.filter.as_ref().map(|filter| filter.resolve(namespaces)).transpose()?;
    Ok(MonitoringParameters {
        client_handle: handle,
        sampling_interval: item.sampling_interval_ms,
        filter: filter.unwrap_or_else(ExtensionObject::null),
        queue_size: item.queue_size,
        discard_oldest: item.discard_oldest,
    })
}
