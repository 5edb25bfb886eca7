//! Case 37: address spaces without end, in circles, and with names that mean something elsewhere.

use iiot_core::ua::{
    BrowseNextResponse, BrowseResponse, BrowseResult, ByteString, NodeClass, NodeId, ReferenceDescription, Request,
    Response, StatusCode,
};

use super::{Case, Task};
use crate::attack::{Act, Attack};
use crate::honest::reference;

/// References on a page of an endless folder.
const PAGE: u32 = 5000;

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::new(37, "every node has a new child", || browsed(|node| vec![child(number_of(node) + 1, "deeper")]))
            .task(Task::Crawl),
        Case::new(37, "nodes in circles", || {
            browsed(|node| vec![child(number_of(node), "itself"), child(1, "round"), child(2, "about")])
        })
        .task(Task::Crawl),
        Case::new(37, "every child has the same name", || {
            browsed(|node| (0..50).map(|at| child(number_of(node) * 100 + at + 1, "twin")).collect())
        })
        .task(Task::Crawl),
        Case::new(37, "names that mean something elsewhere", || browsed(|_| odd_names())).task(Task::Crawl),
        Case::new(37, "names of 64 KB", || {
            browsed(|node| (1..4).map(|at| child(number_of(node) * 10 + at, &"n".repeat(65_536))).collect())
        })
        .task(Task::Crawl)
        .megabytes(16),
        Case::new(37, "a folder without end", endless_folder)
            .task(Task::BrowseFolder)
            .fails(&[StatusCode::BadTooManyOperations])
            .megabytes(400)
            .slow(),
        Case::new(37, "ten million children at once", ten_million_children)
            .task(Task::BrowseFolder)
            .fails(&[StatusCode::BadTooManyOperations])
            .megabytes(400)
            .slow(),
        Case::new(37, "ten million children page by page", ten_million_children)
            .task(Task::CountChildren(10_000_000))
            .megabytes(32)
            .slow(),
        Case::new(37, "empty pages without end", || paged(|_| Vec::new()))
            .task(Task::BrowseFolder)
            .fails(&[StatusCode::BadTooManyOperations]),
    ]
}

/// Answers Browse with the references that the function gives a node.
fn browsed(children: impl Fn(&NodeId) -> Vec<ReferenceDescription> + Send + 'static) -> Attack {
    Attack::on_request(move |request, _, _| {
        let Request::Browse(browse) = request else { return None };
        let result = |node: &NodeId| BrowseResult { references: Some(children(node)), ..Default::default() };
        let results = browse.nodes_to_browse.iter().flatten().map(|node| result(&node.node_id)).collect();
        Some(Act::Answer(BrowseResponse { results: Some(results), ..Default::default() }.into()))
    })
}

/// Answers Browse with a page, and BrowseNext with another one, for ever.
fn paged(page: impl Fn(u32) -> Vec<ReferenceDescription> + Send + 'static) -> Attack {
    paged_up_to(u32::MAX, page)
}

/// As [`paged`], with so many pages.
fn paged_up_to(last: u32, page: impl Fn(u32) -> Vec<ReferenceDescription> + Send + 'static) -> Attack {
    let mut pages = 0;
    Attack::on_request(move |request, _, _| {
        match request {
            Request::Browse(_) => {}
            Request::BrowseNext(next) if !next.release_continuation_points => {}
            _ => return None,
        }
        pages += 1;
        let result = BrowseResult {
            references: Some(page(pages)),
            continuation_point: if pages < last { ByteString::from(vec![1]) } else { ByteString::null() },
            ..Default::default()
        };
        answer_with(request, result).map(Act::Answer)
    })
}

fn answer_with(request: &Request, result: BrowseResult) -> Option<Response> {
    let results = Some(vec![result]);
    match request {
        Request::Browse(_) => Some(BrowseResponse { results, ..Default::default() }.into()),
        Request::BrowseNext(_) => Some(BrowseNextResponse { results, ..Default::default() }.into()),
        _ => None,
    }
}

fn endless_folder() -> Attack {
    paged(|page| (0..PAGE).map(|at| child(page * PAGE + at, "n")).collect())
}

fn ten_million_children() -> Attack {
    paged_up_to(10_000_000 / PAGE, |page| (0..PAGE).map(|at| child(page * PAGE + at, "n")).collect())
}

fn odd_names() -> Vec<ReferenceDescription> {
    let names = ["/../../etc/passwd", "<script>alert(1)</script>", "+#", "a\0b", "", ".", "\u{202e}", "${x}", "'--"];
    names.iter().enumerate().map(|(at, name)| child(at as u32 + 1, name)).collect()
}

fn child(number: u32, name: &str) -> ReferenceDescription {
    reference(NodeId::new(1, number), name, NodeClass::Object)
}

fn number_of(node: &NodeId) -> u32 {
    if node.namespace == 0 { 0 } else { node.as_u32().unwrap_or_default() }
}
