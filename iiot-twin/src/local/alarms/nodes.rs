//! The conditions in the address space of a server that does not send them when asked.

use std::collections::HashSet;

use iiot_core::Result;
use iiot_core::session::SessionExt;
use iiot_core::ua::{
    BrowseDescription, BrowseDirection, BrowsePath, BrowseResultMask, NodeId, ObjectId, QualifiedName, ReferenceTypeId,
    RelativePath, RelativePathElement, Variant, ViewDescription,
};

use super::super::visit::Visit;
use super::fields::{Fields, names};
use crate::alarm::Alarm;
use crate::browse::NodeClass;

/// Nodes that are looked at, at most.
const MAX_NODES: usize = 10_000;
/// Conditions that are read at a time.
const AT_ONCE: usize = 200;

/// The conditions that are retained; `None` if the server has no conditions there.
pub(super) async fn read(visit: &Visit) -> Result<Option<Vec<Alarm>>> {
    let conditions = find(visit).await?;
    if conditions.is_empty() {
        return Ok(None);
    }
    let mut alarms = Vec::new();
    for some in conditions.chunks(AT_ONCE) {
        alarms.extend(describe(visit, some).await?.into_iter().filter(|alarm| alarm.retain));
    }
    Ok(Some(alarms))
}

/// What HasCondition leads to, from whatever lies below the Objects folder or tells the Server object of events. The
/// Server object itself and what else is the same everywhere is left out.
async fn find(visit: &Visit) -> Result<Vec<NodeId>> {
    let mut level: Vec<NodeId> = vec![ObjectId::ObjectsFolder.into(), ObjectId::Server.into()];
    let (mut seen, mut conditions) = (HashSet::new(), Vec::new());
    while !level.is_empty() {
        let below = targets(visit, &level, ReferenceTypeId::HierarchicalReferences).await?;
        conditions.extend(targets(visit, &level, ReferenceTypeId::HasCondition).await?);
        let is_new = |node: &NodeId| node.namespace > 0 && seen.len() < MAX_NODES && seen.insert(node.clone());
        level = below.into_iter().filter(is_new).collect();
    }
    let mut once = HashSet::new();
    conditions.retain(|condition| once.insert(condition.clone()));
    Ok(conditions)
}

/// Objects and variables that references of a type lead to.
async fn targets(visit: &Visit, nodes: &[NodeId], reference_type: ReferenceTypeId) -> Result<Vec<NodeId>> {
    let description = |node: &NodeId| BrowseDescription {
        node_id: node.clone(),
        browse_direction: BrowseDirection::Forward,
        reference_type_id: reference_type.into(),
        include_subtypes: true,
        node_class_mask: NodeClass::Object as u32 | NodeClass::Variable as u32,
        result_mask: BrowseResultMask::None as u32,
    };
    let descriptions: Vec<_> = nodes.iter().map(description).collect();
    let view = ViewDescription::default();
    let mut pages = visit.first_pages(&view, &descriptions, 0).await?;
    visit.complete(&view, &descriptions, &mut pages).await?;
    let references = pages.into_iter().flat_map(|page| page.references);
    Ok(references.filter(|reference| reference.node_id.server_index == 0).map(|found| found.node_id.node_id).collect())
}

async fn describe(visit: &Visit, conditions: &[NodeId]) -> Result<Vec<Alarm>> {
    let paths = conditions.iter().flat_map(|condition| names().map(|name| path(condition, name))).collect();
    let found = visit.session.translate(paths).await?;
    let nodes =
        found.into_iter().map(|result| result.targets?.into_iter().next().map(|target| target.target_id.node_id));
    let nodes: Vec<Option<NodeId>> = nodes.collect();
    let present: Vec<NodeId> = nodes.iter().flatten().cloned().collect();
    let values = if present.is_empty() { Vec::new() } else { visit.session.read_values(&present).await? };
    let mut values = values.into_iter();
    let mut value = |node: &Option<NodeId>| match node {
        Some(_) => values.next().and_then(|value| value.value).unwrap_or(Variant::Empty),
        None => Variant::Empty,
    };
    let alarm = |(condition, nodes): (&NodeId, &[Option<NodeId>])| {
        let values = nodes.iter().map(&mut value).collect();
        Fields { values, namespaces: &visit.namespaces }.alarm(condition)
    };
    Ok(conditions.iter().zip(nodes.chunks(names().count())).map(alarm).collect())
}

/// From a condition to a field of it.
fn path(condition: &NodeId, name: &str) -> BrowsePath {
    let element = |name: &str| RelativePathElement {
        reference_type_id: ReferenceTypeId::Aggregates.into(),
        is_inverse: false,
        include_subtypes: true,
        target_name: QualifiedName::new(0, name),
    };
    let elements = name.split('/').map(element).collect();
    BrowsePath { starting_node: condition.clone(), relative_path: RelativePath { elements: Some(elements) } }
}
