//! Where nodes lie: their browse paths from the Root folder, found by following references against their direction.

use std::collections::{HashMap, HashSet};

use iiot_core::Result;
use iiot_core::session::{Session, SessionExt};
use iiot_core::ua::{
    AttributeId, BrowseDescription, BrowseDirection, BrowseRequest, BrowseResultMask, NodeId, ObjectId, QualifiedName,
    ReadRequest, ReadValueId, ReferenceTypeId, StatusCode, TimestampsToReturn, Variant,
};

/// The browse names from below the Root folder down to each node; `None` for a node that the server does not know. Of
/// several ways up the first one that the server tells counts; one that does not end at Root is told as far as it goes.
pub(super) async fn browse_paths(
    session: &dyn Session,
    nodes: &[Option<NodeId>],
) -> Result<Vec<Option<Vec<QualifiedName>>>> {
    let known: Vec<&NodeId> = nodes.iter().flatten().collect();
    let mut names = browse_names(session, &known).await?.into_iter();
    let own: Vec<Option<QualifiedName>> = nodes.iter().map(|node| node.as_ref().and_then(|_| names.next()?)).collect();
    let parents = ancestors(session, known.into_iter().cloned().collect()).await?;
    let path = |(node, name): (&Option<NodeId>, Option<QualifiedName>)| Some(path(node.as_ref()?, name?, &parents));
    Ok(nodes.iter().zip(own).map(path).collect())
}

/// What lies above a node, and how that is called.
type Parents = HashMap<NodeId, (NodeId, QualifiedName)>;

fn path(node: &NodeId, name: QualifiedName, parents: &Parents) -> Vec<QualifiedName> {
    let (mut path, mut seen, mut at) = (vec![name], HashSet::from([node]), node);
    while let Some((parent, name)) = parents.get(at)
        && *parent != root()
        && seen.insert(parent)
    {
        path.push(name.clone());
        at = parent;
    }
    path.reverse();
    path
}

async fn browse_names(session: &dyn Session, nodes: &[&NodeId]) -> Result<Vec<Option<QualifiedName>>> {
    let mut names = Vec::with_capacity(nodes.len());
    for nodes in nodes.chunks(NODES_AT_ONCE) {
        let read = |node: &&NodeId| ReadValueId::new((*node).clone(), AttributeId::BrowseName);
        let request = ReadRequest {
            timestamps_to_return: TimestampsToReturn::Neither,
            nodes_to_read: Some(nodes.iter().map(read).collect()),
            ..Default::default()
        };
        let mut results = session.service(request).await?.results.unwrap_or_default().into_iter();
        names.extend(nodes.iter().map(|_| match results.next()?.value {
            Some(Variant::QualifiedName(name)) => Some(*name),
            _ => None,
        }));
    }
    Ok(names)
}

/// What lies above nodes, level by level up to Root; each node is asked for once.
async fn ancestors(session: &dyn Session, nodes: HashSet<NodeId>) -> Result<Parents> {
    let (mut parents, mut level) = (Parents::new(), nodes);
    let mut asked: HashSet<NodeId> = HashSet::from([root()]);
    for _ in 0..MAX_DEPTH {
        let ask: Vec<NodeId> = level.into_iter().filter(|node| asked.insert(node.clone())).collect();
        if ask.is_empty() {
            break;
        }
        let found = above(session, &ask).await?;
        level = found.iter().flatten().map(|(parent, _)| parent.clone()).collect();
        parents.extend(ask.into_iter().zip(found).filter_map(|(node, parent)| Some((node, parent?))));
    }
    Ok(parents)
}

/// The node above each of these.
async fn above(session: &dyn Session, nodes: &[NodeId]) -> Result<Vec<Option<(NodeId, QualifiedName)>>> {
    let mut found = Vec::with_capacity(nodes.len());
    for nodes in nodes.chunks(NODES_AT_ONCE) {
        let browse = |node: &NodeId| BrowseDescription {
            node_id: node.clone(),
            browse_direction: BrowseDirection::Inverse,
            reference_type_id: ReferenceTypeId::HierarchicalReferences.into(),
            include_subtypes: true,
            node_class_mask: 0,
            result_mask: BrowseResultMask::BrowseName as u32,
        };
        let nodes_to_browse = Some(nodes.iter().map(browse).collect());
        let response = session.service(BrowseRequest { nodes_to_browse, ..Default::default() }).await?;
        let mut results = response.results.unwrap_or_default().into_iter();
        found.extend(nodes.iter().map(|_| {
            let references = results.next().filter(|result| result.status_code == StatusCode::Good)?.references?;
            let here = references.into_iter().find(|reference| reference.node_id.server_index == 0)?;
            Some((here.node_id.node_id, here.browse_name))
        }));
    }
    Ok(found)
}

fn root() -> NodeId {
    ObjectId::RootFolder.into()
}

const NODES_AT_ONCE: usize = 100;
const MAX_DEPTH: usize = 50;

#[cfg(test)]
mod tests {
    use super::*;

    fn node(id: u32) -> NodeId {
        NodeId::new(1, id)
    }

    #[test]
    fn a_path_goes_from_root_and_never_in_circles() {
        let name = |text: &str| QualifiedName::new(2, text);
        let mut parents = Parents::from([
            (node(3), (node(2), name("Boiler"))),
            (node(2), (ObjectId::ObjectsFolder.into(), QualifiedName::new(0, "Objects"))),
            (ObjectId::ObjectsFolder.into(), (root(), QualifiedName::new(0, "Root"))),
        ]);
        let names = |path: Vec<QualifiedName>| path.iter().map(|name| name.name.to_string()).collect::<Vec<_>>();
        assert_eq!(names(path(&node(3), name("Level"), &parents)), ["Objects", "Boiler", "Level"]);
        parents.insert(node(2), (node(3), name("Level")));
        assert_eq!(names(path(&node(3), name("Level"), &parents)), ["Boiler", "Level"]);
    }
}
