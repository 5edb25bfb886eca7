//! The lists that are computed, judged by the verdict that applications come to.

#![allow(clippy::unwrap_used)]

mod graphs;
mod made;
mod sentences;

use iiot_core::trust::TrustLists;
use iiot_core::ua::trust::{Certificate, ParsedLists, Purpose, TrustPolicy, verdict};
use proptest::prelude::*;

use super::*;
use made::{APPLICATIONS, ISSUING, WORKS, now};

fn group(members: &[&str]) -> std::collections::BTreeSet<String> {
    members.iter().map(|&member| member.to_owned()).collect()
}

/// `mes` may talk to all of the group `a`, which are `press` and `oven`.
fn line() -> TrustGraph {
    TrustGraph {
        groups: [("a".to_owned(), group(&["press", "oven"]))].into(),
        relations: vec![Relation::allow(Party::application("mes"), Party::group("a"))],
    }
}

fn material(certificates: &[(&str, &str)]) -> Material {
    let held = certificates.iter().map(|(application, issuer)| WORKS.held(application, issuer)).collect();
    Material { authorities: WORKS.authorities.clone(), certificates: held }
}

/// Whether somebody with these lists trusts a certificate that comes without its chain, as strictly as one can.
fn trusts(lists: &TrustLists, certificate: &[u8]) -> bool {
    let leaf = Certificate::parse(certificate).unwrap();
    let purpose = Purpose::default();
    verdict(&[leaf], &ParsedLists::from(lists), now(), &purpose, &TrustPolicy::strict()).is_trusted()
}

fn own(id: &str) -> &'static Vec<u8> {
    &WORKS.authority(id).certificates[0]
}

#[test]
fn a_whole_group_is_trusted_by_its_authority() {
    let (graph, material) = (line(), material(&[("mes", "for all"), ("press", "for a"), ("oven", "for a")]));
    let lists = TrustPlan::new(&graph, &material).lists("mes");
    assert!(lists.trusted_certificates.contains(own("for a")));
    assert!(!lists.trusted_certificates.contains(&WORKS.held("press", "for a").certificate));
    assert!(!lists.trusted_certificates.contains(own("root")), "a root would vouch for everybody");
    assert!(trusts(&lists, &WORKS.held("robot", "for a").certificate), "and members that come later");
    assert!(!trusts(&lists, &WORKS.held("robot", "for b").certificate));
}

#[test]
fn some_of_a_group_are_trusted_one_by_one() {
    let mut graph = line();
    graph.relations.push(Relation::except(Party::application("mes"), Party::application("oven")));
    let material = material(&[("mes", "for all"), ("press", "for a"), ("oven", "for a")]);
    let lists = TrustPlan::new(&graph, &material).lists("mes");
    assert_eq!(lists.trusted_certificates, [WORKS.held("press", "for a").certificate]);
    assert!(lists.trusted_crls.is_empty() && lists.issuer_certificates.contains(own("for a")));
    assert!(trusts(&lists, &WORKS.held("press", "for a").certificate));
    assert!(!trusts(&lists, &WORKS.held("oven", "for a").certificate));
}

#[test]
fn an_authority_is_not_trusted_while_one_who_left_its_group_has_its_certificate() {
    let (graph, material) = (line(), material(&[("press", "for a"), ("oven", "for a"), ("robot", "for a")]));
    let lists = TrustPlan::new(&graph, &material).lists("mes");
    assert!(!lists.trusted_certificates.contains(own("for a")));
    assert!(trusts(&lists, &WORKS.held("press", "for a").certificate));
    assert!(!trusts(&lists, &WORKS.held("robot", "for a").certificate));
}

#[test]
fn old_and_new_authority_are_trusted_while_one_takes_the_others_place() {
    let graph = line();
    let before = material(&[("press", "for a"), ("oven", "for a")]);
    let between = material(&[("press", "for a"), ("press", "new for a"), ("oven", "for a")]);
    let after = material(&[("press", "new for a"), ("oven", "new for a")]);
    for material in [before, between, after] {
        let lists = TrustPlan::new(&graph, &material).lists("mes");
        for issuer in ["for a", "new for a"] {
            assert!(lists.trusted_certificates.contains(own(issuer)), "{issuer}");
            assert!(trusts(&lists, &WORKS.held("press", issuer).certificate), "{issuer}");
        }
        assert!(lists.issuer_certificates.contains(own("root")) && lists.issuer_certificates.contains(own("new root")));
        assert!(!trusts(&lists, &WORKS.held("press", "for all").certificate));
    }
}

#[test]
fn one_that_is_trusted_by_itself_is_so_by_its_old_and_its_new_certificate() {
    let mut graph = line();
    graph.relations = vec![Relation::allow(Party::application("mes"), Party::application("press"))];
    let material = material(&[("press", "for a"), ("press", "new for a"), ("oven", "new for a")]);
    let lists = TrustPlan::new(&graph, &material).lists("mes");
    let trusted = |application, issuer| trusts(&lists, &WORKS.held(application, issuer).certificate);
    assert!(trusted("press", "for a") && trusted("press", "new for a") && !trusted("oven", "new for a"));
}

#[test]
fn its_own_issuers_are_known_to_an_application_that_trusts_nobody() {
    let (graph, material) = (TrustGraph::default(), material(&[("press", "for b")]));
    let lists = TrustPlan::new(&graph, &material).lists("press");
    assert!(lists.trusted_certificates.is_empty() && lists.trusted_crls.is_empty());
    let all = |ids: &[&str]| -> Vec<Vec<u8>> {
        let mut all: Vec<Vec<u8>> = ids.iter().map(|id| own(id).clone()).collect();
        all.sort();
        all
    };
    assert_eq!(lists.issuer_certificates, all(&["for b", "root", "new root"]), "the root's successor too");
    assert_eq!(lists.issuer_crls.len(), 3);
}

#[tokio::test]
async fn one_that_is_revoked_is_refused_whoever_is_trusted() {
    let (graph, press) = (line(), WORKS.held("press", "for a"));
    let mut material = material(&[("press", "for a"), ("oven", "for a")]);
    let newer = WORKS.revocation_list("for a", &[&press]).await;
    let authority = material.authorities.iter_mut().find(|authority| authority.id == "for a").unwrap();
    authority.revocation_list = Some(newer);
    let lists = TrustPlan::new(&graph, &material).lists("mes");
    assert!(!trusts(&lists, &press.certificate));
    assert!(trusts(&lists, &WORKS.held("oven", "for a").certificate));
}

#[test]
fn authorities_that_issue_each_other_end_no_search() {
    let mut material = material(&[("press", "for a")]);
    for authority in &mut material.authorities {
        authority.issuers = ISSUING.map(Into::into).into();
        authority.successor = Some("for b".into());
    }
    let graph = line();
    assert_eq!(TrustPlan::new(&graph, &material).lists("press").issuer_certificates.len(), 4);
}

fn party() -> impl Strategy<Value = Party> {
    let application = (0..APPLICATIONS.len()).prop_map(|place| Party::application(APPLICATIONS[place]));
    prop_oneof![application, prop::sample::select(vec!["a", "b", "nobody"]).prop_map(Party::group)]
}

fn graph() -> impl Strategy<Value = TrustGraph> {
    let members =
        || prop::collection::btree_set((0..APPLICATIONS.len()).prop_map(|place| APPLICATIONS[place].to_owned()), 0..4);
    let effect = prop_oneof![3 => Just(Effect::Allow), 1 => Just(Effect::Except)];
    let relation = (party(), party(), effect).prop_map(|(client, server, effect)| Relation { client, server, effect });
    (members(), members(), prop::collection::vec(relation, 0..6)).prop_map(|(a, b, relations)| TrustGraph {
        groups: [("a".to_owned(), a), ("b".to_owned(), b)].into(),
        relations,
    })
}

/// Each application has one or two certificates: mostly of the authorities of its groups, sometimes of any other.
fn certificates(graph: &TrustGraph, choices: &[(usize, bool, bool)]) -> Material {
    let mut held = Vec::new();
    for (application, (any, stranger, second)) in APPLICATIONS.iter().zip(choices) {
        let is_in = |group: &str| graph.groups[group].contains(*application);
        let own = if is_in("a") {
            "for a"
        } else if is_in("b") {
            "for b"
        } else {
            "for all"
        };
        held.push((*application, if *stranger { ISSUING[*any] } else { own }));
        if *second {
            held.push((*application, if own == "for a" { "new for a" } else { ISSUING[*any] }));
        }
    }
    material(&held)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whoever_may_talk_is_trusted_and_nobody_else(
        graph in graph(),
        choices in prop::collection::vec((0..ISSUING.len(), prop::bool::weighted(0.15), any::<bool>()), APPLICATIONS.len()),
    ) {
        let material = certificates(&graph, &choices);
        let plan = TrustPlan::new(&graph, &material);
        for application in APPLICATIONS {
            let lists = plan.lists(application);
            let parsed = ParsedLists::from(&lists);
            for held in material.certificates.iter().filter(|held| held.application != application) {
                let leaf = Certificate::parse(&held.certificate).unwrap();
                let found = verdict(&[leaf], &parsed, now(), &Purpose::default(), &TrustPolicy::strict());
                let allowed = graph.allows(application, &held.application) || graph.allows(&held.application, application);
                prop_assert_eq!(found.is_trusted(), allowed, "{} {:?} {:?}", application, held.application, found.refusal);
            }
        }
    }

    #[test]
    fn the_order_of_what_is_put_in_says_nothing(
        graph in graph(),
        choices in prop::collection::vec((0..ISSUING.len(), prop::bool::weighted(0.3), any::<bool>()), APPLICATIONS.len()),
    ) {
        let material = certificates(&graph, &choices);
        let (mut turned_graph, mut turned) = (graph.clone(), material.clone());
        turned_graph.relations.reverse();
        turned.authorities.reverse();
        turned.certificates.reverse();
        for application in APPLICATIONS {
            let lists = TrustPlan::new(&graph, &material).lists(application);
            prop_assert_eq!(&TrustPlan::new(&turned_graph, &turned).lists(application), &lists);
            for list in [&lists.trusted_certificates, &lists.trusted_crls, &lists.issuer_certificates, &lists.issuer_crls] {
                prop_assert!(list.windows(2).all(|pair| pair[0] < pair[1]), "sorted, each once");
            }
            prop_assert!(!lists.trusted_certificates.iter().any(|one| lists.issuer_certificates.contains(one)));
            prop_assert_eq!(diff(&lists, &lists), Vec::<String>::new());
        }
    }
}
