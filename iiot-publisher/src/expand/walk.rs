//! What is below a node.

use std::collections::HashSet;

use iiot_core::session::{Session, SessionExt};
use iiot_core::ua::{
    BrowseDescription, BrowseDirection, BrowseRequest, BrowseResult, NodeClass, NodeId, ObjectId, ReferenceDescription,
    ReferenceTypeId, StatusCode,
};
use iiot_core::{Error, ErrorKind, Result};

/// A variable below the node where a walk began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// BrowseNames on the way, a `/` between them; a `/` of a name is written `&/`.
    pub(super) path: String,
    pub(super) node: NodeId,
}

/// What to look for.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    /// Variables of these types, or below objects of them; any where `None`.
    pub(super) types: Option<HashSet<NodeId>>,
    pub(super) max_depth: u32,
    pub(super) properties: bool,
}

/// A node whose references are to be followed.
struct Open {
    node: NodeId,
    path: String,
    /// Whether it is of a type that is looked for, or below such a one.
    fits: bool,
}

/// The variables below a node, level by level, each once. The Server object is passed over unless it is where
/// the walk begins.
pub(super) async fn variables(session: &dyn Session, root: &NodeId, wanted: &Wanted) -> Result<Vec<Found>> {
    browsable(session, root).await?;
    let mut seen: HashSet<NodeId> = [root.clone(), ObjectId::Server.into()].into();
    let (mut level, mut found) =
        (vec![Open { node: root.clone(), path: String::new(), fits: wanted.types.is_none() }], Vec::new());
    for _ in 0..wanted.max_depth {
        let mut next = Vec::new();
        for nodes in level.chunks(NODES_AT_ONCE) {
            let below =
                references(session, nodes.iter().map(|open| &open.node), ReferenceTypeId::HierarchicalReferences)
                    .await?;
            for (open, references) in nodes.iter().zip(below) {
                next.extend(
                    references.into_iter().filter_map(|reference| step(open, reference, wanted, &mut seen, &mut found)),
                );
            }
            if seen.len() > MAX_NODES {
                let message = format!("there are more than {MAX_NODES} nodes below it; begin deeper or set MaxDepth");
                return Err(Error::new(ErrorKind::LimitExceeded, "expand node", message).with("node", root));
            }
        }
        if next.is_empty() {
            break;
        }
        level = next;
    }
    Ok(found)
}

/// Whether the server lets us see what is below a node.
async fn browsable(session: &dyn Session, node: &NodeId) -> Result<()> {
    let what = describe(node, ReferenceTypeId::HierarchicalReferences);
    let request =
        BrowseRequest { requested_max_references_per_node: 1, nodes_to_browse: Some(vec![what]), ..Default::default() };
    let result = session.service(request).await?.results.unwrap_or_default().pop().unwrap_or_default();
    if result.status_code.is_bad() {
        return Err(Error::from_status("Browse", result.status_code).with("node", node));
    }
    if !result.continuation_point.is_null_or_empty() {
        session.browse_next(result.continuation_point, true).await?;
    }
    Ok(())
}

/// Follows a reference; a variable is noted.
fn step(
    from: &Open,
    reference: ReferenceDescription,
    wanted: &Wanted,
    seen: &mut HashSet<NodeId>,
    found: &mut Vec<Found>,
) -> Option<Open> {
    let kind = &reference.reference_type_id;
    let is = |id: ReferenceTypeId| *kind == id;
    if is(ReferenceTypeId::HasSubtype) || (is(ReferenceTypeId::HasProperty) && !wanted.properties) {
        return None;
    }
    let node = reference.node_id.node_id;
    if reference.node_id.server_index != 0 || !seen.insert(node.clone()) {
        return None;
    }
    let name = reference.browse_name.name.as_ref().replace('/', "&/");
    let path = if from.path.is_empty() { name } else { format!("{}/{name}", from.path) };
    let of_type = wanted.types.as_ref().is_some_and(|types| types.contains(&reference.type_definition.node_id));
    let fits = from.fits || of_type;
    if reference.node_class == NodeClass::Variable && fits {
        found.push(Found { path: path.clone(), node: node.clone() });
    }
    Some(Open { node, path, fits })
}

/// A type and all below it.
pub(super) async fn subtypes(session: &dyn Session, root: &NodeId) -> Result<HashSet<NodeId>> {
    let mut types: HashSet<NodeId> = [root.clone()].into();
    let mut level = vec![root.clone()];
    while !level.is_empty() && types.len() < MAX_NODES {
        let below = references(session, level.iter(), ReferenceTypeId::HasSubtype).await?;
        let below = below.into_iter().flatten().map(|reference| reference.node_id.node_id);
        level = below.filter(|node| types.insert(node.clone())).collect();
    }
    Ok(types)
}

/// The forward references of each node, to objects, variables and types. What we may not browse, or is gone by now, has
/// none.
async fn references<'a>(
    session: &dyn Session,
    nodes: impl Iterator<Item = &'a NodeId>,
    reference_type: ReferenceTypeId,
) -> Result<Vec<Vec<ReferenceDescription>>> {
    let nodes: Vec<_> = nodes.map(|node| describe(node, reference_type)).collect();
    let count = nodes.len();
    let request = BrowseRequest { nodes_to_browse: Some(nodes.clone()), ..Default::default() };
    let mut results = session.service(request).await?.results.unwrap_or_default();
    let none = || BrowseResult { status_code: StatusCode::BadUnknownResponse, ..Default::default() };
    results.resize_with(count, none);
    let mut all = Vec::with_capacity(count);
    for (node, mut result) in nodes.into_iter().zip(results) {
        if result.status_code == StatusCode::BadNoContinuationPoints {
            // The pages before are read by now, so there is one for it.
            let request = BrowseRequest { nodes_to_browse: Some(vec![node]), ..Default::default() };
            result = session.service(request).await?.results.and_then(|mut results| results.pop()).unwrap_or_else(none);
        }
        all.push(pages(session, result).await?);
    }
    Ok(all)
}

fn describe(node: &NodeId, reference_type: ReferenceTypeId) -> BrowseDescription {
    BrowseDescription {
        node_id: node.clone(),
        browse_direction: BrowseDirection::Forward,
        reference_type_id: reference_type.into(),
        include_subtypes: true,
        node_class_mask: CLASSES,
        result_mask: 63,
    }
}

/// A page and those behind it.
async fn pages(session: &dyn Session, first: BrowseResult) -> Result<Vec<ReferenceDescription>> {
    let (mut references, mut page) = (Vec::new(), Some(first));
    while let Some(BrowseResult { status_code, continuation_point, references: more }) = page.take() {
        if status_code.is_bad() && !is_final(status_code) {
            return Err(Error::from_status("Browse", status_code));
        }
        references.extend(more.unwrap_or_default());
        let ended = status_code.is_bad() || continuation_point.is_null_or_empty();
        if !ended && references.len() <= MAX_NODES {
            page = session.browse_next(continuation_point, false).await?.and_then(|mut pages| pages.pop());
        } else if !ended {
            session.browse_next(continuation_point, true).await?;
        }
    }
    Ok(references)
}

/// Whether nothing is below a node; anything else says nothing of that.
fn is_final(status: StatusCode) -> bool {
    use StatusCode as S;
    matches!(status, S::BadNodeIdUnknown | S::BadNodeIdInvalid | S::BadUserAccessDenied | S::BadNodeNotInView)
}

/// Object, Variable, ObjectType, VariableType.
const CLASSES: u32 = 1 | 2 | 8 | 16;
const NODES_AT_ONCE: usize = 100;
/// Far above what one writer can publish.
const MAX_NODES: usize = 100_000;
