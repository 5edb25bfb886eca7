//! Who may talk to whom.

use super::*;

#[test]
fn what_nothing_allows_is_not_allowed() {
    let graph = TrustGraph::default();
    assert!(!graph.allows("mes", "press"));
    assert_eq!(graph.ruling("mes", "press"), Ruling::Unrelated);
    assert!(graph.peers("mes").is_empty());
}

#[test]
fn an_exception_stands_above_whatever_allows_wherever_it_stands() {
    let exception = Relation::except(Party::group("a"), Party::application("press"));
    let allow = Relation::allow(Party::application("oven"), Party::application("press"));
    for relations in [vec![exception.clone(), allow.clone()], vec![allow.clone(), exception.clone()]] {
        let graph = TrustGraph { relations, ..line() };
        assert_eq!(graph.ruling("oven", "press"), Ruling::Excepted(&exception));
        assert!(!graph.connects("oven", "press"));
    }
    let graph = TrustGraph { relations: vec![allow.clone()], ..line() };
    assert_eq!(graph.ruling("oven", "press"), Ruling::Allowed(&allow));
    assert!(graph.connects("press", "oven") && !graph.allows("press", "oven"));
}

#[test]
fn groups_talk_to_groups() {
    let mut graph = line();
    graph.groups.insert("b".into(), group(&["scada", "edge", "oven"]));
    graph.relations = vec![Relation::allow(Party::group("b"), Party::group("a"))];
    assert!(graph.allows("scada", "press") && graph.allows("oven", "press") && !graph.allows("press", "oven"));
    assert_eq!(graph.peers("press"), ["edge", "oven", "scada"].into());
    assert_eq!(graph.peers("oven"), ["edge", "press", "scada"].into(), "nobody is his own peer");
    assert!(graph.trusts_group("press", "b") && graph.trusts_group("oven", "a"));
    assert!(!graph.trusts_group("mes", "a") && !graph.trusts_group("press", "nobody"));
    assert_eq!(graph.applications(), ["edge", "oven", "press", "scada"].into());
}

#[test]
fn a_group_is_not_trusted_as_a_whole_because_each_of_its_members_is() {
    let mut graph = line();
    let each = |member: &str| Relation::allow(Party::application("mes"), Party::application(member));
    graph.relations = vec![each("press"), each("oven")];
    assert!(!graph.trusts_group("mes", "a"), "those who come later are not meant");
    graph.relations.push(Relation::allow(Party::group("a"), Party::application("mes")));
    assert!(graph.trusts_group("mes", "a"), "whoever calls must be trusted too");
}

#[test]
fn json_brings_back_the_graph() {
    let text = serde_json::to_string(&line()).unwrap();
    let expected = r#"{"groups":{"a":["oven","press"]},"relations":[{"client":{"application":"mes"},"server":{"group":"a"},"effect":"allow"}]}"#;
    assert_eq!(text, expected);
    assert_eq!(serde_json::from_str::<TrustGraph>(&text).unwrap(), line());
}
