//! Asking for records.

use std::collections::BTreeSet;

use super::{application, described, key, put, write};
use crate::error::ErrorKind;
use crate::model::{
    Application, Approval, Counts, DiscoveryRun, Edge, Endpoint, EndpointDescription, Field, Presence, Record,
    RunState, Seen, Site,
};
use crate::registry::{
    Expected, MAX_FILTERS, Query, RecordKey, RecordKind, Registry, RegistryExt, Versioned, Write, kind_of,
};
use crate::time::UtcTime;

pub(super) async fn pages_hold_every_record_once(registry: &dyn Registry) {
    for n in 0..23 {
        put(registry, &key(&format!("page-{n:02}")), "x", Expected::Absent).await;
    }
    let mut ids = Vec::new();
    loop {
        let after = ids.last().map(String::as_str);
        let page = registry.list(RecordKind::Application, after, 5).await.expect("list succeeds");
        assert!(page.len() <= 5);
        if page.is_empty() {
            break;
        }
        ids.extend(page.into_iter().map(|record| record.key.id));
    }
    assert!(ids.is_sorted() && ids.iter().collect::<BTreeSet<_>>().len() == ids.len(), "{ids:?}");
    assert_eq!(ids.iter().filter(|id| id.starts_with("page-")).count(), 23);
    assert!(registry.list(RecordKind::Endpoint, None, 5).await.expect("list succeeds").is_empty());
    let whole = Query { after: Some("page-21".to_owned()), limit: 1, ..Query::of(RecordKind::Application) };
    let whole = Query { contains: Some("X urn:conformance".to_owned()), ..whole };
    let last = registry.query(&whole).await.expect("query succeeds");
    assert_eq!((last.records[0].key.id.as_str(), last.records.len()), ("page-22", 1));
}

pub(super) async fn pages_hold_every_record_once_while_others_come(registry: &dyn Registry, other: &dyn Registry) {
    let put = |n: usize| write(&format!("busy-{n:03}"), "while others come", Expected::Absent);
    registry.commit((0..200).step_by(2).map(put).collect()).await.expect("commit succeeds");
    let mut query = Query { limit: 7, ..Query::of(RecordKind::Application) };
    query.contains = Some("WHILE others".to_owned());
    let (mut ids, mut odd) = (Vec::new(), (1..200).step_by(2));
    loop {
        let page = registry.query(&query).await.expect("query succeeds");
        ids.extend(page.records.into_iter().map(|record| record.key.id));
        // Before, behind and within what comes next.
        let more = odd.by_ref().take(5).map(|n| put((n * 37) % 200)).collect();
        other.commit(more).await.expect("commit succeeds");
        let Some(next) = page.next else { break };
        assert_eq!(Some(&next), ids.last(), "the next page begins behind this one");
        query.after = Some(next);
    }
    assert!(ids.windows(2).all(|pair| pair[0] < pair[1]), "each once, in order: {ids:?}");
    let found: BTreeSet<_> = ids.iter().map(String::as_str).collect();
    for n in (0..200).step_by(2) {
        assert!(found.contains(format!("busy-{n:03}").as_str()), "what was there is found");
    }
}

pub(super) async fn filters_find_what_has_their_value(registry: &dyn Registry) {
    let all = samples();
    let writes = all.iter().map(|(key, record)| Write {
        key: key.clone(),
        record: Some(record.clone()),
        expected: Expected::Absent,
    });
    registry.commit(writes.collect()).await.expect("commit succeeds");
    for (key, record) in &all {
        let labels = record.labels();
        for (index, (field, value)) in labels.iter().enumerate() {
            finds(registry, &Query::of(key.kind).with(*field, value.as_str())).await;
            let (second, other) = &labels[(index + 1) % labels.len()];
            finds(registry, &Query::of(key.kind).with(*field, value.as_str()).with(*second, other.as_str())).await;
        }
        finds(registry, &Query { contains: Some(record.text()), ..Query::of(key.kind) }).await;
    }
    let wanted = Query::of(RecordKind::Application).with(Field::ApplicationUri, "URN:Sample:1");
    assert_eq!(finds(registry, &wanted).await, ["sample-1"], "whatever its case");
    let twins = Query::of(RecordKind::Application).with(Field::ProductUri, long("a"));
    assert_eq!(finds(registry, &twins).await, ["sample-1"], "also where only the end tells values apart");
    let nothing = Query::of(RecordKind::Application).with(Field::Site, "s1").with(Field::Site, "s2");
    assert!(finds(registry, &nothing).await.is_empty());
    let of_two = Query::of(RecordKind::Application).with(Field::Capability, "DA").with(Field::Capability, "HD");
    assert_eq!(finds(registry, &of_two).await, ["sample-0", "sample-2"]);

    let full = (0..MAX_FILTERS).fold(Query::of(RecordKind::Application), |query, _| query.with(Field::Site, "s1"));
    finds(registry, &full).await;
    let refused = registry.query(&full.with(Field::Site, "s1")).await.expect_err("a filter too many");
    assert_eq!(refused.kind(), ErrorKind::InvalidArgument);
}

pub(super) async fn texts_are_found_whatever_they_hold(registry: &dyn Registry) {
    for (n, name) in ["100% pure_water", "a\\b 'quoted' \"twice\"", "ÄPFEL Straße", "a\0b"].into_iter().enumerate() {
        put(registry, &key(&format!("text-{n}")), name, Expected::Absent).await;
    }
    for text in ["100%", "0% P", "%", "_", "e_w", "\\", "\\b", "'", "\"", "äpfel", "STRASSE", "straße", "a\0b", ""] {
        finds(registry, &Query { contains: Some(text.to_owned()), ..Query::of(RecordKind::Application) }).await;
    }
    let nul = registry.get(&key("text-3")).await.expect("get succeeds").expect("the record is there");
    assert_eq!(nul.record, application("a\0b"));
    let after = Query { after: Some("text-1\0x".to_owned()), ..Query::of(RecordKind::Application) };
    let page = registry.query(&after).await.expect("query succeeds");
    assert_eq!(page.records[0].key.id, "text-2");
}

pub(super) async fn what_changed_or_went_is_not_found_any_more(registry: &dyn Registry) {
    let mut moved = Application::new(described("moved"));
    moved.site = Some("old-site".to_owned());
    registry.put(&key("moved"), Record::Application(moved.clone()), Expected::Absent).await.expect("put succeeds");
    let at = |site| Query::of(RecordKind::Application).with(Field::Site, site);
    let named = |text: &str| Query { contains: Some(text.to_owned()), ..Query::of(RecordKind::Application) };
    assert_eq!(finds(registry, &at("old-site")).await, ["moved"]);
    moved.site = Some("new-site".to_owned());
    moved.description.application_name = "renamed".to_owned();
    registry.put(&key("moved"), Record::Application(moved), Expected::Any).await.expect("put succeeds");
    assert!(finds(registry, &at("old-site")).await.is_empty() && finds(registry, &named("moved")).await.is_empty());
    assert_eq!(finds(registry, &at("new-site")).await, ["moved"]);
    assert_eq!(finds(registry, &named("renamed")).await, ["moved"]);
    registry.delete(&key("moved"), Expected::Any).await.expect("delete succeeds");
    assert!(finds(registry, &at("new-site")).await.is_empty() && finds(registry, &named("renamed")).await.is_empty());
    put(registry, &key("moved"), "back", Expected::Absent).await;
    assert!(finds(registry, &at("new-site")).await.is_empty());
    assert!(!finds(registry, &named("back")).await.is_empty());
}

/// What a query finds, page by page; it must be what fits of all records.
async fn finds(registry: &dyn Registry, query: &Query) -> Vec<String> {
    let all = registry.all(Query::of(query.kind)).await.expect("query succeeds");
    let fitting: Vec<Versioned> = all.into_iter().filter(|found| query.fits(&found.record)).collect();
    let mut query = Query { limit: 3, ..query.clone() };
    let mut found = Vec::new();
    loop {
        let page = registry.query(&query).await.expect("query succeeds");
        found.extend(page.records);
        let Some(next) = page.next else { break };
        query.after = Some(next);
    }
    let ids = |records: &[Versioned]| records.iter().map(|found| found.key.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&found), ids(&fitting), "{query:?}");
    assert_eq!(found, fitting, "{query:?}");
    ids(&found)
}

/// Three records of each kind, which share some values.
fn samples() -> Vec<(RecordKey, Record)> {
    let records = (0..3).flat_map(|n| [sample(n), endpoint(n), edge(n), site(n), run(n)]);
    let named = records.enumerate().map(|(index, record)| {
        let key = RecordKey::new(kind_of(&record), format!("sample-{}", index / 5));
        (key, record)
    });
    named.collect()
}

fn sample(n: usize) -> Record {
    let mut description = described(&format!("Sample {n}"));
    description.application_uri = format!("urn:Sample:{n}");
    // Longer than an index takes, and different at the end only.
    description.product_uri = long(if n == 1 { "a" } else { "b" });
    description.capabilities = [&["DA", "HD"][..], &["DA"], &["HD", "DA", "DA"]][n].iter().map(|&x| x.into()).collect();
    Record::Application(Application {
        addresses: vec![format!("10.0.0.{n}:4840"), "[fe80::1]:4840".to_owned()],
        thumbprints: vec![format!("AB{n}"), "CDEF".to_owned()],
        site: (n > 0).then(|| format!("s{n}")),
        edge: Some("e1".to_owned()),
        approval: [Approval::Discovered, Approval::Approved, Approval::Rejected][n],
        enabled: n != 1,
        seen: seen(n),
        ..Application::new(description)
    })
}

fn endpoint(n: usize) -> Record {
    Record::Endpoint(Endpoint {
        application: format!("sample-{n}"),
        description: EndpointDescription {
            url: format!("opc.tcp://Host{n}:4840/a%20b"),
            reported_url: "opc.tcp://plc".to_owned(),
            security_mode: ["None", "Sign", "SignAndEncrypt"][n].to_owned(),
            security_policy_uri: "http://opcfoundation.org/UA/SecurityPolicy#None".to_owned(),
            security_level: 0,
            transport_profile_uri: String::new(),
            certificate_thumbprint: (n > 0).then(|| "ABCD".to_owned()),
            certificate: None,
            user_tokens: Vec::new(),
        },
        site: Some("s1".to_owned()),
        activated: n == 0,
        edge: (n == 0).then(|| "e1".to_owned()),
        problem: None,
        seen: seen(n),
        findings: Vec::new(),
    })
}

fn edge(n: usize) -> Record {
    Record::Edge(Edge {
        site: (n != 2).then(|| "s1".to_owned()),
        root: format!("iiot/Edge {n}"),
        place_key: String::new(),
        approval: [Approval::Approved, Approval::Approved, Approval::Discovered][n],
        presence: Presence { connected: n == 1, since: UtcTime::UNIX_EPOCH },
        version: String::new(),
        capabilities: vec!["twin".to_owned(), format!("c{n}")],
        first_seen: UtcTime::UNIX_EPOCH,
        problem: None,
    })
}

fn site(n: usize) -> Record {
    Record::Site(Site { name: format!("Werk {n} ÜBER"), created: UtcTime::UNIX_EPOCH })
}

fn run(n: usize) -> Record {
    Record::DiscoveryRun(DiscoveryRun {
        edge: Some(format!("e{n}")),
        what: format!("10.0.{n}.0/24"),
        state: [RunState::Pending, RunState::Running, RunState::Finished][n],
        requested: UtcTime::UNIX_EPOCH,
        started: None,
        ended: None,
        counts: Counts::default(),
        diff: None,
        error: None,
    })
}

fn seen(n: usize) -> Option<Seen> {
    let seen = Seen::at(UtcTime::UNIX_EPOCH);
    [None, Some(seen), Some(seen.missed(UtcTime::UNIX_EPOCH))][n]
}

fn long(end: &str) -> String {
    format!("urn:{}{end}", "ü".repeat(2_000))
}
