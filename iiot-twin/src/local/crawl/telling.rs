//! What a crawl found, as its reader is told.

use iiot_core::ua::{NodeId, ReferenceDescription, StatusCode};

use super::frontier::{Told, Trail, Waiting};
use crate::browse::{NodeClass, Reference};
use crate::crawl::{CrawlBatch, CrawlFailure, CrawlRequest, CrawledNode};
use crate::local::visit::Visit;

/// Nodes in a batch.
const BATCH: usize = 1_000;

/// What was found, without the classes that are not wanted.
pub(super) fn batches(visit: &Visit, request: &CrawlRequest, told: Told) -> Vec<CrawlBatch> {
    let failures = told.failed.into_iter().map(|(node, status)| failure(visit, &node, status)).collect();
    let mut batches = vec![CrawlBatch { failures, ..Default::default() }];
    for (of, references) in told.found {
        let parent = visit.text_of(&of.node);
        for reference in references.iter().filter(|reference| is_wanted(request, reference)) {
            let node = node(visit, request, &of, &parent, reference);
            match batches.last_mut() {
                Some(batch) if batch.nodes.len() < BATCH => batch.nodes.push(node),
                _ => batches.push(CrawlBatch { nodes: vec![node], ..Default::default() }),
            }
        }
    }
    batches.retain(|batch| !batch.nodes.is_empty() || !batch.failures.is_empty());
    batches
}

fn failure(visit: &Visit, node: &NodeId, status: StatusCode) -> CrawlFailure {
    CrawlFailure { node: visit.text_of(node), status: status.into() }
}

fn is_wanted(request: &CrawlRequest, reference: &ReferenceDescription) -> bool {
    let class = NodeClass::of(reference.node_class as i32);
    request.node_classes.is_empty() || class.is_some_and(|class| request.node_classes.contains(&class))
}

fn node(
    visit: &Visit,
    request: &CrawlRequest,
    of: &Waiting,
    parent: &str,
    reference: &ReferenceDescription,
) -> CrawledNode {
    let Reference { reference_type, node, browse_name, display_name, node_class, type_definition, .. } =
        visit.reference(reference);
    let path = if request.paths { path(visit, of.trail.as_deref(), &browse_name) } else { Vec::new() };
    let parent = parent.to_owned();
    let level = of.level + 1;
    CrawledNode { node, parent, reference_type, browse_name, display_name, node_class, type_definition, level, path }
}

/// The names from the start to a node.
fn path(visit: &Visit, trail: Option<&Trail>, last: &str) -> Vec<String> {
    let before = std::iter::successors(trail, |trail| trail.before.as_deref());
    let mut path: Vec<String> = before.map(|trail| visit.text_of_name(&trail.name)).collect();
    path.reverse();
    path.push(last.to_owned());
    path
}
