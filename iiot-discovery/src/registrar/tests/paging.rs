//! Large plants, page by page, and what is told of their changes.

use std::collections::BTreeSet;
use std::time::Instant;

use futures::{FutureExt, StreamExt};
use iiot_core::registry::RecordKind;

use super::plant::Plant;
use crate::registrar::Registrar;
use crate::registrar::applications::ApplicationsRequest;
use crate::registrar::watch::{RecordChange, RegistryUpdate, WatchRegistryRequest};

fn many(count: usize) -> String {
    let servers = (0..count).map(|at| format!("urn:plc:{at}@10.{}.{}.{} C{at}", at / 62_500, at / 250 % 250, at % 250));
    format!("east 10.0.0.0/8: {}", servers.collect::<Vec<_>>().join("; "))
}

#[tokio::test]
async fn five_thousand_applications_are_entered_and_listed_once_each() {
    let mut plant = Plant::new().await;
    let began = Instant::now();
    let diff = plant.step(&many(5_000)).await.unwrap();
    assert_eq!((diff.summary.as_str(), diff.new.len()), ("5000 new, 0 gone, 0 changed, 0 as before", 5_000));
    println!("5,000 applications with 10,000 endpoints entered in {:?}", began.elapsed());
    let began = Instant::now();
    let diff = plant.step(&many(5_000)).await.unwrap();
    assert_eq!(diff.summary, "0 new, 0 gone, 0 changed, 5000 as before");
    println!("entered again in {:?}", began.elapsed());

    let (mut ids, mut pages) = (Vec::new(), 0);
    let mut request = ApplicationsRequest { limit: Some(700), ..ApplicationsRequest::default() };
    loop {
        let page = plant.registrar.applications(request.clone()).await.unwrap();
        pages += 1;
        assert!(page.applications.len() <= 700);
        ids.extend(page.applications.into_iter().map(|one| one.id));
        match page.next {
            Some(next) => request.after = Some(next),
            None => break,
        }
    }
    assert_eq!((pages, ids.len()), (8, 5_000));
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 5_000);
    assert!(ids.is_sorted());
    let unlimited = plant.registrar.applications(ApplicationsRequest::default()).await.unwrap();
    assert_eq!((unlimited.applications.len(), unlimited.next.is_some()), (100, true));
}

#[tokio::test]
async fn a_watcher_goes_on_where_he_stopped() {
    let mut plant = Plant::new().await;
    let kinds = vec![RecordKind::Application];
    let request = WatchRegistryRequest { after: None, kinds: kinds.clone() };
    let mut watch = plant.registrar.watch(request).await.unwrap();
    plant.step("east 10.0.0.0/24: urn:a@10.0.0.1 A; urn:b@10.0.0.2 B").await;
    plant.step("approve urn:a").await;
    let first = next(&mut watch);
    let second = next(&mut watch);
    let third = next(&mut watch);
    assert!(first.sequence < second.sequence && second.sequence < third.sequence);
    assert!(watch.next().now_or_never().is_none(), "endpoints were not asked for");
    plant.step("delete urn:b").await;

    let request = WatchRegistryRequest { after: first.sequence, kinds };
    let mut again = plant.registrar.watch(request).await.unwrap();
    assert_eq!((next(&mut again), next(&mut again)), (second, third));
    let deleted = next(&mut again);
    assert!(matches!(deleted.change, RecordChange::Deleted { .. }), "{deleted:?}");
    assert_eq!(next(&mut watch), deleted);

    let from_another_life = WatchRegistryRequest { after: Some(u64::MAX), kinds: Vec::new() };
    let mut lost = plant.registrar.watch(from_another_life).await.unwrap();
    assert_eq!(next(&mut lost), RegistryUpdate { sequence: None, change: RecordChange::Missed });
    let json = serde_json::to_value(RegistryUpdate { sequence: None, change: RecordChange::Missed }).unwrap();
    assert_eq!(json, serde_json::json!({ "change": { "is": "missed" } }));
}

fn next(watch: &mut (impl futures::Stream<Item = iiot_core::Result<RegistryUpdate>> + Unpin)) -> RegistryUpdate {
    watch.next().now_or_never().expect("there is a change").unwrap().unwrap()
}
