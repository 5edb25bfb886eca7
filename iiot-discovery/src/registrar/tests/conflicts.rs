//! Others who change the same records meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use futures::stream::BoxStream;
use iiot_core::Result;
use iiot_core::model::{Application, Record};
use iiot_core::registry::{
    Change, Expected, MemoryRegistry, Page, Query, RecordKey, RecordKind, Registry, RegistryExt, Revision, Versioned,
    Write,
};

use super::plant::{Plant, description};
use crate::registrar::{Here, LocalRegistrar, RegistrarOptions};

/// Somebody is quicker at some of the commits: he changes, or enters, the first application that is about to be written.
#[derive(Debug)]
struct Contended {
    registry: MemoryRegistry,
    commits: AtomicUsize,
    every: usize,
}

#[async_trait]
impl Registry for Contended {
    async fn get(&self, key: &RecordKey) -> Result<Option<Versioned>> {
        self.registry.get(key).await
    }

    async fn commit(&self, changes: Vec<Write>) -> Result<Vec<Revision>> {
        let count = self.commits.fetch_add(1, Ordering::Relaxed) + 1;
        let first = changes.iter().find(|write| write.key.kind == RecordKind::Application);
        if let Some(Write { key, expected, .. }) = first.filter(|_| count.is_multiple_of(self.every)) {
            let record = match self.registry.get(key).await? {
                Some(found) => found.record,
                None => Record::Application(Application::new(description("urn:another", "Another"))),
            };
            self.registry.put(key, record, *expected).await?;
        }
        self.registry.commit(changes).await
    }

    async fn query(&self, query: &Query) -> Result<Page> {
        self.registry.query(query).await
    }

    async fn watch(&self, after: Option<Revision>) -> Result<BoxStream<'static, Change>> {
        self.registry.watch(after).await
    }
}

fn contended(plant: &Plant, every: usize) -> LocalRegistrar {
    let registry = Contended { registry: plant.registry.clone(), commits: AtomicUsize::new(0), every };
    let options = RegistrarOptions::default();
    LocalRegistrar::new(Arc::new(registry), Arc::new(Here), plant.clock(), options)
}

fn many(name: &str) -> String {
    let one = |at| format!("urn:plc:{at}@10.0.{}.{} C{at} name={name}", at / 250, at % 250);
    format!("east 10.0.0.0/16: {}", (0..500).map(one).collect::<Vec<_>>().join("; "))
}

#[tokio::test]
async fn a_merge_that_meets_others_is_repeated_and_tells_all_that_it_has_changed() {
    let mut plant = Plant::new().await;
    plant.step(&many("Old")).await;
    let findings = plant.findings(&many("New"));
    plant.clock.advance(std::time::Duration::from_secs(60));
    let diff = contended(&plant, 3).merge(findings).await.unwrap();
    assert_eq!(diff.summary, "0 new, 0 gone, 500 changed, 0 as before");
    let all = plant.applications().await;
    assert!(all.iter().all(|one| one.application.description.application_name == "New"));
}

#[tokio::test]
async fn an_id_that_somebody_else_has_taken_is_not_taken_twice() {
    let mut plant = Plant::new().await;
    let findings = plant.findings(&many("New"));
    let diff = contended(&plant, 4).merge(findings).await.unwrap();
    assert_eq!(diff.summary, "500 new, 0 gone, 0 changed, 0 as before");
    let (ours, others): (Vec<_>, Vec<_>) =
        plant.applications().await.into_iter().partition(|one| one.application.edge.is_some());
    assert_eq!(ours.len(), 500);
    assert!(
        !others.is_empty() && others.iter().all(|one| one.application.description.application_uri == "urn:another")
    );
}

#[tokio::test]
async fn a_change_without_a_revision_is_repeated() {
    let mut plant = Plant::new().await;
    plant.step("east 10.0.0.0/24: urn:press@10.0.0.1 A").await;
    let id = plant.named("urn:press").await.id;
    let registrar = contended(&plant, 2);
    for approval in [iiot_core::model::Approval::Approved, iiot_core::model::Approval::Rejected] {
        use crate::registrar::{Registrar, applications::ApplicationDecision};
        let revision = None;
        let decision = ApplicationDecision { application: id.clone(), approval, revision };
        assert_eq!(registrar.decide_application(decision).await.unwrap().application.approval, approval);
    }
    let stale = Expected::Revision(Revision(1));
    let key = RecordKey::new(RecordKind::Application, &*id);
    let record = Record::Application(plant.named("urn:press").await.application);
    assert!(plant.registry.put(&key, record, stale).await.is_err(), "the revision has risen");
}
