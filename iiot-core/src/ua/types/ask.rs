//! Reads and browses of many nodes at once.

use crate::error::{Error, Result};
use crate::session::{Session, SessionExt, attribute};
use crate::ua::{
    AttributeId, BrowseDescription, BrowseDirection, BrowseRequest, BrowseResult, DataValue, NodeId,
    ReferenceDescription, ReferenceTypeId, StatusCode,
};

const AT_ONCE: usize = 100;
/// References of one node that are of interest; a type has a handful.
const MAX_REFERENCES: usize = 1000;

/// These attributes of each node, in order.
pub(super) async fn attributes<const N: usize>(
    session: &dyn Session,
    nodes: &[NodeId],
    wanted: [AttributeId; N],
) -> Result<Vec<[DataValue; N]>> {
    let (mut read, mut rest, mut at_once) = (Vec::with_capacity(nodes.len()), nodes, AT_ONCE);
    while !rest.is_empty() {
        let (now, later) = rest.split_at(at_once.min(rest.len()));
        let ids = now.iter().flat_map(|node| wanted.map(|wanted| attribute(node, wanted))).collect();
        match session.read(ids).await {
            Ok(values) => {
                let mut values = values.into_iter();
                read.extend(now.iter().map(|_| std::array::from_fn(|_| values.next().unwrap_or_else(DataValue::null))));
                rest = later;
            }
            Err(error) if is_too_much(&error) && at_once > 1 => at_once /= 4,
            Err(error) if is_too_much(&error) => {
                read.push(std::array::from_fn(|_| DataValue::null()));
                rest = later;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(read)
}

/// What these references of each node lead to, in order; nothing for a node that is not known.
pub(super) async fn references(
    session: &dyn Session,
    nodes: &[NodeId],
    reference_type: ReferenceTypeId,
    direction: BrowseDirection,
) -> Result<Vec<Vec<ReferenceDescription>>> {
    let (mut found, mut rest, mut at_once) = (Vec::with_capacity(nodes.len()), nodes, AT_ONCE);
    while !rest.is_empty() {
        let (now, later) = rest.split_at(at_once.min(rest.len()));
        let browse = |node: &NodeId| description(node, reference_type, direction);
        let request = BrowseRequest { nodes_to_browse: Some(now.iter().map(browse).collect()), ..Default::default() };
        match session.service(request).await {
            Ok(response) => {
                let mut results = response.results.unwrap_or_default().into_iter();
                for _ in now {
                    found.push(whole(session, results.next().unwrap_or_default()).await?);
                }
                rest = later;
            }
            Err(error) if is_too_much(&error) && at_once > 1 => at_once /= 4,
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

fn description(node: &NodeId, reference_type: ReferenceTypeId, direction: BrowseDirection) -> BrowseDescription {
    const BROWSE_NAME: u32 = 8;
    BrowseDescription {
        node_id: node.clone(),
        browse_direction: direction,
        reference_type_id: reference_type.into(),
        include_subtypes: true,
        node_class_mask: 0,
        result_mask: BROWSE_NAME,
    }
}

/// Follows continuation points.
async fn whole(session: &dyn Session, first: BrowseResult) -> Result<Vec<ReferenceDescription>> {
    let mut references = first.references.unwrap_or_default();
    let mut point = first.continuation_point;
    while !point.is_null_or_empty() {
        let enough = references.len() >= MAX_REFERENCES;
        let page = session.browse_next(point, enough).await?.and_then(|mut pages| pages.pop()).unwrap_or_default();
        if enough {
            break;
        }
        references.extend(page.references.unwrap_or_default());
        point = page.continuation_point;
    }
    references.truncate(MAX_REFERENCES);
    Ok(references)
}

/// Whether fewer operations at once may be answered.
fn is_too_much(error: &Error) -> bool {
    matches!(
        error.status(),
        StatusCode::BadTooManyOperations
            | StatusCode::BadResponseTooLarge
            | StatusCode::BadRequestTooLarge
            | StatusCode::BadEncodingLimitsExceeded
    )
}
