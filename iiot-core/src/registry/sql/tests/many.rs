//! Many applications, of which a page comes quickly.

use std::time::{Duration, Instant};

use crate::model::Field;
use crate::registry::{PostgresRegistry, Query, RecordKind, Registry, SqliteRegistry};
use crate::testing::{PostgresServer, inventory};

#[tokio::test(flavor = "multi_thread")]
async fn a_page_comes_quickly_whatever_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let server = PostgresServer::start().await;
    let sqlite = SqliteRegistry::open(folder.path().join("many.db")).await.unwrap();
    let postgres = PostgresRegistry::connect(&server.url("postgres")).await.unwrap();
    let registries: [(&str, &dyn Registry); 2] = [("SQLite", &sqlite), ("PostgreSQL", &postgres)];
    for (name, registry) in registries {
        let all: Vec<_> = inventory(20_000).collect();
        for some in all.chunks(10_000) {
            registry.commit(some.to_vec()).await.unwrap();
        }
        for (query, found) in queries() {
            let mut best = Duration::MAX;
            for _ in 0..5 {
                let begun = Instant::now();
                let page = registry.query(&query).await.unwrap();
                best = best.min(begun.elapsed());
                assert_eq!(page.records.len(), found, "{name}: {query:?}");
            }
            assert!(best < Duration::from_millis(50), "{name} took {best:?}: {query:?}");
        }
    }
}

fn queries() -> Vec<(Query, usize)> {
    let all = Query::of(RecordKind::Application);
    let searched = |text: &str| Query { contains: Some(text.to_owned()), ..all.clone() };
    vec![
        (all.clone(), 100),
        (Query { after: Some("f".to_owned()), ..all.clone() }, 100),
        (all.clone().with(Field::Site, "site-07"), 100),
        (all.clone().with(Field::Address, "10.0.10.1:4840"), 1),
        (all.clone().with(Field::Gone, "true").with(Field::Capability, "DA"), 100),
        (searched("PRESS"), 100),
        (searched("press 012345"), 1),
        (searched("nowhere"), 0),
        (searched("nowhere").with(Field::Capability, "DA"), 0),
    ]
}
