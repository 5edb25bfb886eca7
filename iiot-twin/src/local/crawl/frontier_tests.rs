#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};

use super::*;

/// A tree without a server: node `n` has the children `n * 10 + 1` to `n * 10 + width`.
struct Tree {
    width: u32,
    deepest: u32,
}

const BOUNDS: Bounds =
    Bounds { parallel: 4, depth: 1000, is_deep: false, nodes: 1_000_000, reference_types: 1, paths: false };

fn node(id: u32) -> NodeId {
    NodeId::new(1, id)
}

fn number(id: &NodeId) -> u32 {
    id.as_u32().unwrap()
}

fn reference(id: u32) -> ReferenceDescription {
    ReferenceDescription {
        node_id: node(id).into(),
        browse_name: format!("{id}").as_str().into(),
        ..Default::default()
    }
}

fn good(children: impl IntoIterator<Item = u32>) -> BrowseResult {
    BrowseResult { references: Some(children.into_iter().map(reference).collect()), ..Default::default() }
}

fn bad(status_code: StatusCode) -> BrowseResult {
    BrowseResult { status_code, ..Default::default() }
}

impl Tree {
    fn children(&self, id: u32) -> Vec<u32> {
        let is_leaf = id >= self.deepest;
        (1..=self.width).filter(|_| !is_leaf).map(|child| id * 10 + child).collect()
    }

    fn answer(&self, work: &Work) -> Vec<BrowseResult> {
        match work {
            Work::Browse { nodes, .. } => nodes.iter().map(|of| good(self.children(number(&of.node)))).collect(),
            Work::Next(_) => panic!("there are no continuation points"),
        }
    }

    fn count(&self) -> usize {
        let (mut all, mut level) = (0, vec![1]);
        while !level.is_empty() {
            level = level.iter().flat_map(|id| self.children(*id)).collect();
            all += level.len();
        }
        all
    }
}

fn found(told: &Told) -> Vec<u32> {
    told.found.iter().flat_map(|(_, found)| found.iter().map(|found| number(&found.node_id.node_id))).collect()
}

#[test]
fn every_node_is_found_once_and_requests_stay_within_bounds() {
    let tree = Tree { width: 6, deepest: 10_000 };
    let mut frontier = Frontier::new(BOUNDS, Some(50));
    frontier.start(node(1));
    let (mut under_way, mut all, mut most) = (VecDeque::new(), BTreeSet::new(), 0);
    loop {
        while let Some(work) = frontier.next_work() {
            assert!(work.len() <= 50);
            under_way.push_back(work);
        }
        most = most.max(under_way.len());
        let Some(work) = under_way.pop_front() else { break };
        let results = tree.answer(&work);
        for id in found(&frontier.answered(work, results)) {
            assert!(all.insert(id), "{id} twice");
        }
    }
    assert_eq!((all.len(), most), (tree.count(), BOUNDS.parallel));
    assert!(frontier.count_waiting() == 0 && !frontier.is_full());
}

#[test]
fn a_loop_is_gone_through_once() {
    let mut frontier = Frontier::new(BOUNDS, None);
    frontier.start(node(1));
    let work = frontier.next_work().unwrap();
    assert_eq!(found(&frontier.answered(work, vec![good([2, 1])])), [2]);
    let work = frontier.next_work().unwrap();
    assert_eq!(found(&frontier.answered(work, vec![good([1, 2])])), Vec::<u32>::new());
    assert_eq!(frontier.next_work(), None);
}

#[test]
fn with_a_depth_the_first_way_is_the_shortest() {
    let mut frontier = Frontier::new(Bounds { depth: 2, is_deep: true, parallel: 1, ..BOUNDS }, Some(1));
    frontier.start(node(1));
    // 1 → 2 → 4 and 1 → 3 → 4, 3 → 2: two is found on the first level, four on the second and not entered.
    let edges: BTreeMap<u32, Vec<u32>> = [(1, vec![2, 3]), (2, vec![4]), (3, vec![4, 2])].into();
    let mut levels = BTreeMap::new();
    while let Some(work) = frontier.next_work() {
        let Work::Browse { nodes, .. } = &work else { panic!() };
        let results = nodes.iter().map(|of| good(edges[&number(&of.node)].clone())).collect();
        for (of, found) in frontier.answered(work, results).found {
            levels.extend(found.iter().map(|found| (number(&found.node_id.node_id), of.level + 1)));
        }
    }
    assert_eq!(levels, [(2, 1), (3, 1), (4, 2)].into());
}

#[test]
fn it_ends_at_the_number_of_nodes() {
    let mut frontier = Frontier::new(Bounds { nodes: 3, ..BOUNDS }, None);
    frontier.start(node(1));
    let work = frontier.next_work().unwrap();
    assert_eq!(found(&frontier.answered(work, vec![good(2..=9)])), [2, 3, 4]);
    assert!(frontier.is_full());
    assert_eq!(frontier.next_work(), None);
}

#[test]
fn continuation_points_are_followed_first_and_forgotten_with_the_connection() {
    let mut frontier = Frontier::new(BOUNDS, None);
    frontier.start(node(1));
    let first = BrowseResult { continuation_point: ByteString::from(vec![7]), ..good([2]) };
    let work = frontier.next_work().unwrap();
    frontier.answered(work, vec![first.clone()]);
    let work = frontier.next_work().unwrap();
    assert!(matches!(&work, Work::Next(open) if open[0].point == ByteString::from(vec![7])));
    assert_eq!(
        found(&frontier.answered(work, vec![first])),
        Vec::<u32>::new(),
        "the same page again tells nothing new"
    );
    frontier.reconnected();
    let work = frontier.next_work().unwrap();
    let Work::Browse { nodes, .. } = &work else { panic!("the point no longer holds: {work:?}") };
    assert_eq!(nodes.len(), 2);
    assert!(frontier.take_open().is_empty());
}

#[test]
fn a_server_without_places_is_asked_one_by_one() {
    let mut frontier = Frontier::new(BOUNDS, None);
    frontier.start(node(1));
    frontier.start(node(2));
    let work = frontier.next_work().unwrap();
    let refused = || bad(StatusCode::BadNoContinuationPoints);
    assert_eq!(frontier.answered(work, vec![refused(), refused()]), Told::default());
    let alone = frontier.next_work().unwrap();
    assert_eq!((alone.len(), frontier.next_work()), (1, None));
    frontier.answered(alone, vec![good([3])]);
    let child = frontier.next_work().unwrap();
    frontier.answered(child, vec![good([])]);
    assert_eq!(frontier.next_work().unwrap().len(), 1, "the other comes when nothing else is under way");
}

#[test]
fn bad_nodes_are_told_and_end_nothing() {
    let mut frontier = Frontier::new(BOUNDS, None);
    (1..=2).for_each(|id| frontier.start(node(id)));
    let work = frontier.next_work().unwrap();
    let told = frontier.answered(work, vec![bad(StatusCode::BadNodeIdUnknown), good([3])]);
    assert_eq!(told.failed.len(), 1);
    assert_eq!(found(&told), [3]);
}

#[test]
fn what_is_too_large_is_asked_for_in_smaller_pieces() {
    let mut frontier = Frontier::new(Bounds { parallel: 1, ..BOUNDS }, Some(64));
    (1..=64).for_each(|id| frontier.start(node(id)));
    let work = frontier.next_work().unwrap();
    assert_eq!(work.len(), 64);
    assert_eq!(frontier.refused(work, StatusCode::BadResponseTooLarge), Told::default());
    let work = frontier.next_work().unwrap();
    assert_eq!(work.len(), 32);
    assert_eq!(frontier.refused(work, StatusCode::BadInternalError), Told::default(), "one of them may have spoilt it");
    let work = frontier.next_work().unwrap();
    frontier.answered(work, (0..32).map(|_| good([])).collect());
    let work = frontier.next_work().unwrap();
    assert_eq!(work.len(), 1);
    assert_eq!(frontier.refused(work, StatusCode::BadInternalError).failed.len(), 1);
}

#[test]
fn what_is_lost_is_asked_again_but_not_for_ever() {
    let mut frontier = Frontier::new(BOUNDS, None);
    frontier.start(node(1));
    for _ in 0..PATIENCE * BOUNDS.parallel {
        let work = frontier.next_work().unwrap();
        assert_eq!(frontier.lost(work), Ok(()));
    }
    let work = frontier.next_work().unwrap();
    assert_eq!(frontier.lost(work), Err(GivenUp));
    let work = frontier.next_work().unwrap();
    frontier.answered(work, vec![good([2])]);
    let work = frontier.next_work().unwrap();
    assert_eq!(frontier.lost(work), Ok(()), "an answer is a new beginning");
}
