//! Writing.

use std::collections::HashMap;

use iiot_core::Result;
use iiot_core::session::{SessionExt, attribute};
use iiot_core::ua::types::{FieldType, TypeLibrary};
use iiot_core::ua::{AttributeId, DataValue, NodeId, ReadValueId, StatusCode, Variant, WriteValue};
use serde_json::Value;

use super::batch::{one_each, sendable};
use super::convert::{ANY, Target, convert, is_typed};
use super::read::index_range;
use super::visit::{Visit, at_most};
use crate::attribute::Attribute;
use crate::read::{ReadItem, Timestamps};
use crate::write::{WriteItem, WriteRequest, WriteResponse, WriteResult};
use crate::{MAX_ITEMS, Status};

pub(super) async fn write(visit: &Visit, request: &WriteRequest) -> Result<WriteResponse> {
    at_most(MAX_ITEMS, request.nodes.len(), "#/nodes")?;
    let lookup = LookUp::of(visit, &request.nodes).await?;
    let values = request.nodes.iter().map(|item| lookup.write_value(visit, item)).collect();
    let (values, places) = sendable(values);
    let statuses = visit.send(values).await?;
    let statuses = places.fill(statuses)?.into_iter().map(|status| status.map_or_else(|bad| bad, Status::from));
    let mut results: Vec<_> = statuses.map(|status| WriteResult { status, read_back: None }).collect();
    if request.read_back {
        read_back(visit, request, &mut results).await?;
    }
    Ok(WriteResponse { results })
}

impl Visit {
    async fn send(&self, values: Vec<WriteValue>) -> Result<Vec<StatusCode>> {
        if values.is_empty() {
            return Ok(Vec::new());
        }
        self.session.write(values).await
    }
}

/// Reads what the server took. That it was written stands, even if this fails.
async fn read_back(visit: &Visit, request: &WriteRequest, results: &mut [WriteResult]) -> Result<()> {
    let written = results.iter_mut().zip(&request.nodes).filter(|(result, _)| !result.status.is_bad());
    let (mut results, items): (Vec<_>, Vec<_>) = written.unzip();
    let read = |item: &&WriteItem| {
        let WriteItem { node, attribute, index_range, .. } = item;
        visit.read_value_id(&ReadItem { node: node.clone(), attribute: *attribute, index_range: index_range.clone() })
    };
    let items: Vec<_> = items.iter().map(read).collect();
    match visit.read(items, 0, Timestamps::Both, request.encoding).await {
        Ok(values) => results.iter_mut().zip(values).for_each(|(result, value)| result.read_back = Some(value)),
        Err(error) => results.iter_mut().for_each(|result| result.read_back = Some(Status::from(&error).into())),
    }
    Ok(())
}

/// What the variables are whose values come without type.
pub(super) struct LookUp<'v> {
    targets: HashMap<NodeId, Result<Target, Status>>,
    library: &'v TypeLibrary,
}

impl<'v> LookUp<'v> {
    pub(super) async fn of(visit: &'v Visit, items: &[WriteItem]) -> Result<Self> {
        let is_plain = |item: &&WriteItem| item.attribute == Attribute::Value && !is_typed(&item.value);
        let nodes: Vec<NodeId> = items.iter().filter(is_plain).filter_map(|item| visit.node(&item.node).ok()).collect();
        let told = attributes(visit, &nodes, [AttributeId::DataType, AttributeId::ValueRank]).await?;
        let data_types: Vec<NodeId> = told.iter().filter_map(|[data_type, _]| node_id(data_type)).collect();
        let values: Vec<&Value> = items.iter().map(|item| &item.value).collect();
        let library = visit.load_types(&data_types, &values).await?;
        let target = |told: &[DataValue; 2]| target(told, library, visit);
        let targets = nodes.iter().cloned().zip(told.iter().map(target)).collect();
        Self { targets, library }.with_present(visit).await
    }

    /// Where any type will do, that of what is there now is taken.
    async fn with_present(mut self, visit: &Visit) -> Result<Self> {
        let is_any = |target: &Target| target.kind == Some(FieldType::BuiltIn(ANY));
        let any = self.targets.iter().filter(|(_, target)| target.as_ref().is_ok_and(is_any));
        let nodes: Vec<NodeId> = any.map(|(node, _)| node.clone()).collect();
        for (node, [value]) in nodes.iter().zip(attributes(visit, &nodes, [AttributeId::Value]).await?) {
            let present = value.value.as_ref().and_then(Variant::scalar_type_id).map(|built_in| built_in as u8);
            if let Some(Ok(target)) = self.targets.get_mut(node) {
                target.present = present;
            }
        }
        Ok(self)
    }

    pub(super) fn write_value(&self, visit: &Visit, item: &WriteItem) -> Result<WriteValue, Status> {
        let node_id = visit.node(&item.node)?;
        let target = match (item.attribute, self.targets.get(&node_id)) {
            (Attribute::Value, Some(known)) if !is_typed(&item.value) => known.clone()?,
            (attribute, _) => fixed(attribute),
        };
        let value = convert(&item.value, &target, &visit.namespaces, &self.library.types())?;
        Ok(WriteValue {
            node_id,
            attribute_id: item.attribute.id() as u32,
            index_range: index_range(item.index_range.as_deref())?,
            value: DataValue {
                value: Some(value),
                status: item.status.map(StatusCode::from),
                source_timestamp: item.source_timestamp.map(Into::into),
                ..Default::default()
            },
        })
    }
}

/// What an attribute holds by itself.
fn fixed(attribute: Attribute) -> Target {
    let (built_in_type, value_rank) = attribute.holds();
    Target { kind: Some(FieldType::BuiltIn(built_in_type)), value_rank, present: None }
}

fn target([data_type, rank]: &[DataValue; 2], library: &TypeLibrary, visit: &Visit) -> Result<Target, Status> {
    let Some(id) = node_id(data_type) else {
        let status = data_type.status.filter(StatusCode::is_bad).unwrap_or(StatusCode::BadTypeMismatch);
        return Err(Status::because(status, "the server does not tell the data type"));
    };
    let value_rank = match rank.value {
        Some(Variant::Int32(rank)) => rank,
        _ => ANY_RANK,
    };
    Ok(Target { kind: library.kind_of(&id, &visit.namespaces), value_rank, present: None })
}

const ANY_RANK: i32 = -2;

fn node_id(value: &DataValue) -> Option<NodeId> {
    match &value.value {
        Some(Variant::NodeId(id)) => Some((**id).clone()),
        _ => None,
    }
}

/// These attributes of each node, in order.
async fn attributes<const N: usize>(
    visit: &Visit,
    nodes: &[NodeId],
    wanted: [AttributeId; N],
) -> Result<Vec<[DataValue; N]>> {
    if nodes.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<ReadValueId> = nodes.iter().flat_map(|node| wanted.map(|wanted| attribute(node, wanted))).collect();
    let asked = ids.len();
    let values = visit.session.read(ids).await?;
    one_each(asked, &values)?;
    let mut values = values.into_iter();
    let of_node = |_| std::array::from_fn(|_| values.next().expect("one for each was counted"));
    Ok((0..nodes.len()).map(of_node).collect())
}
