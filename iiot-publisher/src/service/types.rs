//! Reads the types of a writer's fields from the server.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use iiot_core::session::{ItemNode, Session, SessionExt, attribute};
use iiot_core::ua::types::TypeLibrary;
use iiot_core::ua::{
    AttributeId, BrowseDescription, BrowseDirection, BrowseRequest, DataValue, NodeId, ReadRequest, ReadValueId,
    ReferenceTypeId, StatusCode, TimestampsToReturn, Variant,
};
use iiot_core::{ErrorKind, Result};

use crate::plan::{FieldPlan, Shared};
use crate::shared::Interner;
use crate::writer_group::FieldMetaData;

/// The variables of fields, in the server's own namespaces.
pub(super) fn value_nodes<'a>(
    session: &dyn Session,
    fields: impl Iterator<Item = &'a FieldPlan>,
) -> Vec<Option<NodeId>> {
    let namespaces = session.namespaces();
    fields.map(|field| value_node(field, &namespaces)).collect()
}

/// The types of variables, in order, with the structures among them in the library. One that
/// cannot be read has the default: any value. A server that may have been restarted is asked again
/// for every type.
pub(super) async fn read(
    session: &dyn Session,
    nodes: &[Option<NodeId>],
    library: &TypeLibrary,
    again: bool,
) -> Result<Vec<Shared<FieldMetaData>>> {
    let known: Vec<&NodeId> = nodes.iter().flatten().collect();
    let mut found = read_attributes(session, &known).await?;
    let data_types: HashSet<NodeId> = found.iter().map(|variable| variable.data_type.clone()).collect();
    if again {
        library.refresh(session).await?;
    }
    let wanted: Vec<NodeId> = data_types.iter().cloned().collect();
    library.load(session, &wanted).await?;
    library.load_missing(session).await?;
    let built_in = built_in_types(session, data_types).await?;
    set_built_in(&mut found, &built_in);
    let (mut found, unknown) = (found.into_iter(), Shared::<FieldMetaData>::default());
    let next = |node: &Option<NodeId>| node.as_ref().and_then(|_| found.next()).unwrap_or_else(|| unknown.clone());
    Ok(nodes.iter().map(next).collect())
}

/// What the server calls the nodes of those fields that are to be called so.
pub(super) async fn names<'a>(
    session: &dyn Session,
    fields: impl Iterator<Item = &'a FieldPlan>,
) -> Result<Vec<(Arc<ItemNode>, String)>> {
    let namespaces = session.namespaces();
    let wanted = fields.filter(|field| field.named_by_server && field.path.is_none());
    let nodes: Vec<_> =
        wanted.filter_map(|field| Some((Arc::clone(&field.node), field.node.resolve(&namespaces)?))).collect();
    if nodes.is_empty() {
        return Ok(Vec::new());
    }
    let asked = nodes.iter().map(|(_, node)| attribute(node, AttributeId::DisplayName)).collect();
    let values = session.read(asked).await?;
    let name = |value: DataValue| match value.value {
        Some(Variant::LocalizedText(text)) => Some(text.text.as_ref().to_owned()).filter(|name| !name.is_empty()),
        _ => None,
    };
    Ok(nodes.into_iter().zip(values).filter_map(|((node, _), value)| Some((node, name(value)?))).collect())
}

/// The node of a field that publishes a value, in the server's own namespaces.
fn value_node(field: &FieldPlan, namespaces: &[String]) -> Option<NodeId> {
    if field.attribute_id != AttributeId::Value as u32 || field.path.is_some() {
        return None;
    }
    field.node.resolve(namespaces)
}

/// What the attributes of each node say; the built-in types are still to be found. Nodes that say the
/// same share it, and the answers are let go of one by one: there may be many nodes.
async fn read_attributes(session: &dyn Session, nodes: &[&NodeId]) -> Result<Vec<Shared<FieldMetaData>>> {
    let (mut found, mut rest, mut at_once) = (Vec::with_capacity(nodes.len()), nodes, NODES_AT_ONCE);
    let mut alike = Interner::default();
    while !rest.is_empty() {
        let (now, later) = rest.split_at(at_once.min(rest.len()));
        match session.service(read_request(now)).await {
            Ok(response) => {
                let mut results = response.results.unwrap_or_default();
                results.resize_with(now.len() * ATTRIBUTES.len(), DataValue::null);
                found.extend(results.chunks(ATTRIBUTES.len()).map(|values| alike.share(describe(values).into())));
                rest = later;
            }
            // The server takes fewer operations in one request than we thought.
            Err(error) if error.kind() == ErrorKind::LimitExceeded && at_once > 1 => at_once /= 2,
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// Gives each its built-in type; those that share go on sharing.
fn set_built_in(found: &mut [Shared<FieldMetaData>], built_in: &HashMap<NodeId, u8>) {
    let mut alike = Interner::default();
    for variable in found {
        let Some(built_in_type) = built_in.get(&variable.data_type) else { continue };
        *variable = alike.share(FieldMetaData { built_in_type: *built_in_type, ..(**variable).clone() }.into());
    }
}

fn read_request(nodes: &[&NodeId]) -> ReadRequest {
    let read = |node: &NodeId, attribute| ReadValueId::new(node.clone(), attribute);
    let of_node = |node: &&NodeId| ATTRIBUTES.map(|attribute| read(node, attribute));
    ReadRequest {
        timestamps_to_return: TimestampsToReturn::Neither,
        nodes_to_read: Some(nodes.iter().flat_map(of_node).collect()),
        ..Default::default()
    }
}

fn describe(values: &[DataValue]) -> FieldMetaData {
    let unknown = FieldMetaData::default();
    let Some(data_type) = node_id(&values[0]) else { return unknown };
    FieldMetaData {
        built_in_type: unknown.built_in_type,
        value_rank: match values[1].value {
            Some(Variant::Int32(rank)) => rank,
            _ => unknown.value_rank,
        },
        array_dimensions: dimensions(&values[2]),
        description: match &values[3].value {
            Some(Variant::LocalizedText(text)) => text.text.as_ref().into(),
            _ => String::new(),
        },
        data_type,
    }
}

fn node_id(value: &DataValue) -> Option<NodeId> {
    match &value.value {
        Some(Variant::NodeId(node)) if value.status.is_none_or(|status| status.is_good()) => Some((**node).clone()),
        _ => None,
    }
}

fn dimensions(value: &DataValue) -> Vec<u32> {
    let Some(Variant::Array(array)) = &value.value else { return Vec::new() };
    let dimension = |value: &Variant| match value {
        Variant::UInt32(length) => Some(*length),
        _ => None,
    };
    array.values.iter().filter_map(dimension).collect()
}

/// The built-in type of each DataType: itself, or the nearest supertype that is one.
async fn built_in_types(session: &dyn Session, data_types: HashSet<NodeId>) -> Result<HashMap<NodeId, u8>> {
    let mut found = HashMap::new();
    // From each type asked for to the supertype reached so far.
    let mut climbing: Vec<(NodeId, NodeId)> = data_types.into_iter().map(|node| (node.clone(), node)).collect();
    for _ in 0..MAX_DEPTH {
        climbing.retain(|(asked, reached)| match built_in_type(reached) {
            Some(built_in) => {
                found.insert(asked.clone(), built_in);
                false
            }
            None => true,
        });
        if climbing.is_empty() {
            break;
        }
        let supertypes = supertypes(session, climbing.iter().map(|(_, reached)| reached).collect()).await?;
        let reached = climbing.into_iter().zip(supertypes);
        climbing = reached.filter_map(|((asked, _), supertype)| Some((asked, supertype?))).collect();
    }
    Ok(found)
}

/// OPC 10000-6 Table 1; abstract numbers are Variants, enumerations Int32 (OPC 10000-14 §6.2.3.2.4).
fn built_in_type(data_type: &NodeId) -> Option<u8> {
    const ENUMERATION: u32 = 29;
    match data_type.as_u32().filter(|_| data_type.namespace == 0)? {
        id @ 1..=25 => Some(id as u8),
        26..=28 => Some(24),
        ENUMERATION => Some(6),
        _ => None,
    }
}

pub(super) async fn supertypes(session: &dyn Session, nodes: Vec<&NodeId>) -> Result<Vec<Option<NodeId>>> {
    let mut supertypes = Vec::with_capacity(nodes.len());
    for nodes in nodes.chunks(NODES_AT_ONCE) {
        let browse = |node: &&NodeId| BrowseDescription {
            node_id: (*node).clone(),
            browse_direction: BrowseDirection::Inverse,
            reference_type_id: ReferenceTypeId::HasSubtype.into(),
            include_subtypes: true,
            node_class_mask: 0,
            result_mask: 0,
        };
        let nodes_to_browse = Some(nodes.iter().map(browse).collect());
        let response = session.service(BrowseRequest { nodes_to_browse, ..Default::default() }).await?;
        let mut results = response.results.unwrap_or_default().into_iter();
        supertypes.extend(nodes.iter().map(|_| {
            let result = results.next().filter(|result| result.status_code == StatusCode::Good)?;
            result.references?.into_iter().next().map(|reference| reference.node_id.node_id)
        }));
    }
    Ok(supertypes)
}

const ATTRIBUTES: [AttributeId; 4] =
    [AttributeId::DataType, AttributeId::ValueRank, AttributeId::ArrayDimensions, AttributeId::Description];
const NODES_AT_ONCE: usize = 100;
const MAX_DEPTH: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn abstract_numbers_are_variants_and_enumerations_int32() {
        let cases = [((0, 11), Some(11)), ((0, 24), Some(24)), ((0, 26), Some(24)), ((0, 29), Some(6))];
        for ((namespace, id), expected) in cases {
            assert_eq!(built_in_type(&NodeId::new(namespace, id as u32)), expected);
        }
        assert_eq!(built_in_type(&NodeId::new(0, 290_u32)), None);
        assert_eq!(built_in_type(&NodeId::new(2, 11_u32)), None);
    }

    #[test]
    fn what_the_server_does_not_say_stays_any_value() {
        let nothing = vec![DataValue::null(); ATTRIBUTES.len()];
        assert_eq!(describe(&nothing), FieldMetaData::default());
        let mut double = nothing;
        double[0] = DataValue::value_only(Variant::from(NodeId::new(0, 11_u32)));
        double[1] = DataValue::value_only(Variant::Int32(-1));
        let mut described = [describe(&double).into(), describe(&double).into()];
        set_built_in(&mut described, &HashMap::from([(NodeId::new(0, 11_u32), 11)]));
        assert_eq!((described[0].built_in_type, described[0].value_rank), (11, -1));
        assert!(described[0].is_same(&described[1]));
    }
}
