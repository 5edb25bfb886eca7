//! The registry with many applications: how soon a page of them is there, and how long changes take.
//!
//! ```text
//! cargo bench -p iiot-stories --bench registry
//! cargo bench -p iiot-stories --bench registry -- 20000
//! ```
//!
//! 100,000 applications unless said otherwise, in SQLite and in a PostgreSQL of its own (Debian: `postgresql`), both in the
//! folder of temporary files.

use std::time::{Duration, Instant};

use iiot_core::Result;
use iiot_core::model::Field;
use iiot_core::registry::{
    Expected, MAX_CHANGES, PostgresRegistry, Query, RecordKind, Registry, RegistryExt, SqliteRegistry, Write,
};
use iiot_core::testing::{PostgresServer, inventory};

/// Times that each page is read.
const ROUNDS: usize = 21;

#[tokio::main]
async fn main() -> Result<()> {
    let applications = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(100_000);
    let folder = tempfile::tempdir().expect("a folder for the bench");
    let server = PostgresServer::start().await;
    let sqlite = SqliteRegistry::open(folder.path().join("registry.db")).await?;
    measure("SQLite", &sqlite, applications).await?;
    let postgres = PostgresRegistry::connect(&server.url("postgres")).await?;
    measure("PostgreSQL", &postgres, applications).await
}

async fn measure(name: &str, registry: &dyn Registry, applications: usize) -> Result<()> {
    println!("{name}, {applications} applications");
    let all: Vec<Write> = inventory(applications).collect();
    let begun = Instant::now();
    for some in all.chunks(MAX_CHANGES) {
        registry.commit(some.to_vec()).await?;
    }
    println!("  stored in commits of {MAX_CHANGES}: {:.1} s", begun.elapsed().as_secs_f64());
    for (what, query) in queries() {
        page(registry, what, &query).await?;
    }
    changes(registry, &all).await
}

/// Reads a page again and again.
async fn page(registry: &dyn Registry, what: &str, query: &Query) -> Result<()> {
    let (mut times, mut found) = (Vec::new(), 0);
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        found = registry.query(query).await?.records.len();
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    let (median, worst) = (ms(times[ROUNDS / 2]), ms(times[ROUNDS - 1]));
    println!("  {what}: {found} found in {median:.1} ms, {worst:.1} ms at most");
    Ok(())
}

async fn changes(registry: &dyn Registry, all: &[Write]) -> Result<()> {
    let large: Vec<Write> =
        all.iter().take(MAX_CHANGES).map(|write| Write { expected: Expected::Any, ..write.clone() }).collect();
    let begun = Instant::now();
    registry.commit(large).await?;
    println!("  a commit of {MAX_CHANGES} changes: {:.0} ms", ms(begun.elapsed()));
    let one = &all[0];
    let record = one.record.clone().expect("an application");
    let begun = Instant::now();
    for _ in 0..500 {
        registry.put(&one.key, record.clone(), Expected::Any).await?;
    }
    println!("  a commit of one change: {:.2} ms", ms(begun.elapsed()) / 500.0);
    Ok(())
}

fn queries() -> Vec<(&'static str, Query)> {
    let all = Query::of(RecordKind::Application);
    let with = |field, value: &str| all.clone().with(field, value);
    let searched = |text: &str| Query { contains: Some(text.to_owned()), ..all.clone() };
    vec![
        ("the first page", all.clone()),
        ("a page of 1,000", Query { limit: 1_000, ..all.clone() }),
        ("the last page", Query { after: Some("ff".to_owned()), ..all.clone() }),
        ("by ApplicationUri", with(Field::ApplicationUri, "urn:plant:line-345:press-012345")),
        ("by ProductUri", with(Field::ProductUri, "urn:vendor-3:press")),
        ("by ApplicationType", with(Field::ApplicationType, "discoveryServer")),
        ("by Capability", with(Field::Capability, "DA")),
        ("by Address", with(Field::Address, "10.0.48.57:4840")),
        ("by Thumbprint", with(Field::Thumbprint, "0000000000000000000000000000000000003039")),
        ("by Site", with(Field::Site, "site-07")),
        ("by Edge", with(Field::Edge, "edge-07")),
        ("by Approval", with(Field::Approval, "discovered")),
        ("by Enabled", with(Field::Enabled, "true")),
        ("by Gone", with(Field::Gone, "true")),
        ("by Enabled, deep", Query { after: Some("f0".to_owned()), ..with(Field::Enabled, "true") }),
        ("Enabled and Approval, both wide", with(Field::Enabled, "true").with(Field::Approval, "approved")),
        ("Capability and Gone, wide and narrow", with(Field::Capability, "DA").with(Field::Gone, "true")),
        ("Site and Edge", with(Field::Site, "site-07").with(Field::Edge, "edge-57")),
        ("Site and Edge, which never meet", with(Field::Site, "site-07").with(Field::Edge, "edge-08")),
        (
            "two Capabilities of half each that never meet",
            with(Field::Capability, "EVEN").with(Field::Capability, "ODD"),
        ),
        ("containing what all do", searched("press")),
        ("containing what 200 do", searched("line-345")),
        ("containing what one does", searched("press-012345")),
        ("containing what none does", searched("nowhere")),
        ("Site, containing what none does", Query { contains: Some("nowhere".into()), ..with(Field::Site, "site-07") }),
        (
            "Capability, containing what none does",
            Query { contains: Some("nowhere".into()), ..with(Field::Capability, "DA") },
        ),
    ]
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
