//! SIGKILL during commits: what was acknowledged is there, all or nothing of each transaction, and the record says the same.

use std::io::Write as _;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::future::join_all;
use iiot_core::Result;
use iiot_core::testing::{PostgresServer, Process, wait_until};
use iiot_gds::audit::verify_store;
use iiot_gds::store::{ArtefactName, PostgresStore, Store, Transaction, open};

use crate::conformance::{finish, list, reservation, serial, signed, transaction, write};

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_writer_loses_nothing_in_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let address = format!("sqlite:{}", folder.path().join("gds.db").display());
    let told = kill_writers(&address, 21).await;
    check(&*open(&address).await.unwrap(), &told).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_writer_loses_nothing_in_postgres() {
    let server = PostgresServer::start().await;
    let told = kill_writers(&server.url("postgres"), 22).await;
    check(&*open(&server.url("postgres")).await.unwrap(), &told).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_loses_nothing() {
    let mut server = PostgresServer::start().await;
    let mut told = Vec::new();
    for life in 0..SERVER_LIVES {
        let store = Arc::new(PostgresStore::connect(&server.url("postgres")).await.unwrap());
        let enough = Arc::<AtomicBool>::default();
        let work = |n| tokio::spawn(write_on(Arc::clone(&store), life, n, Arc::clone(&enough)));
        let writers: Vec<_> = (0..WRITERS).map(work).collect();
        let begun = store.audit_head().await.unwrap().0 + 50;
        let deadline = std::time::Instant::now() + PATIENCE;
        while store.audit_head().await.unwrap().0 < begun {
            assert!(std::time::Instant::now() < deadline, "something is written");
        }
        server.kill();
        server.restart().await;
        enough.store(true, Ordering::Relaxed);
        for writer in writers {
            wait_until("the writer ends", PATIENCE, || writer.is_finished()).await;
            told.extend(writer.await.unwrap());
        }
    }
    let store = PostgresStore::connect(&server.url("postgres")).await.unwrap();
    check(&store, &told.into_iter().map(|(done, name)| format!("{done} {name}")).collect::<Vec<_>>()).await;
}

/// Run by the tests above in a process of its own: writes until it is killed.
#[tokio::test(flavor = "multi_thread")]
async fn a_writer() {
    let Ok(address) = std::env::var(ADDRESS) else { return };
    let life: u64 = std::env::var(LIFE).unwrap().parse().unwrap();
    let store = open(&address).await.unwrap();
    let writers = (0..WRITERS).map(|n| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            for number in 0.. {
                for (done, name) in once(&*store, life, n, number).await.unwrap() {
                    tell(&format!("TOLD {done} {name} ."));
                }
            }
        })
    });
    join_all(writers).await;
}

fn tell(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).unwrap();
}

type Told = (&'static str, String);

/// Reserves two serials with a document, signs one of them; every fifth time a revocation list too.
async fn once(store: &dyn Store, life: u64, writer: u64, number: u64) -> Result<Vec<Told>> {
    let issuer = format!("ca-{life}-{writer}");
    let names = [serial(&issuer, 2 * number), serial(&issuer, 2 * number + 1)];
    let mut reservations = names.clone().map(reservation).to_vec();
    if number.is_multiple_of(5) {
        reservations.push(reservation(list(&issuer, number / 5 + 1)));
    }
    let documents = vec![write("request", &format!("{issuer}-{number}"), Some("{}"), None)];
    store.commit(Transaction { documents, reservations, ..transaction("reserved") }).await?;
    let mut told: Vec<Told> = names.iter().map(|name| ("reserved", id(name))).collect();
    told.push(("document", format!("{issuer}-{number}")));
    finish(store, &names[0], signed(&names[0])).await?;
    told.push(("signed", id(&names[0])));
    Ok(told)
}

/// Until it fails, or is told to end: a server that went between two writes is not missed.
async fn write_on(store: Arc<PostgresStore>, life: u64, writer: u64, enough: Arc<AtomicBool>) -> Vec<Told> {
    let mut told = Vec::new();
    for number in 0.. {
        if enough.load(Ordering::Relaxed) {
            break;
        }
        match once(&*store, life, writer, number).await {
            Ok(done) => told.extend(done),
            Err(_) => break,
        }
    }
    told
}

fn id(name: &ArtefactName) -> String {
    match name {
        ArtefactName::Certificate { issuer, serial } => format!("{issuer}/{serial}"),
        ArtefactName::RevocationList { issuer, number } => format!("{issuer}/{number}"),
    }
}

async fn kill_writers(address: &str, seed: u64) -> Vec<String> {
    let (mut chance, mut told) = (seed, Vec::new());
    for life in 0..LIVES {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "kill::a_writer", "--nocapture"]);
        let mut writer = Process::start(command.env(ADDRESS, address).env(LIFE, life.to_string())).unwrap();
        let begun = tokio::task::block_in_place(|| {
            writer.wait_for(PATIENCE, |lines| lines.iter().any(|line| line.contains("TOLD ")).then_some(()))
        });
        assert!(begun.is_some(), "{}", writer.said());
        chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        tokio::time::sleep(Duration::from_micros((chance >> 33) % 60_000)).await;
        writer.kill();
        while let Some(lines) = writer.take_lines() {
            told.extend(
                lines.iter().filter_map(|line| line.split_once("TOLD ")?.1.strip_suffix(" .").map(str::to_owned)),
            );
        }
    }
    told
}

async fn check(store: &dyn Store, told: &[String]) {
    assert!(told.len() > 100, "{} were acknowledged", told.len());
    for told in told {
        let (what, name) = told.split_once(' ').unwrap();
        if what == "document" {
            assert!(store.document("request", name).await.unwrap().is_some(), "{told}");
            continue;
        }
        let (issuer, serial) = name.split_once('/').unwrap();
        let name = ArtefactName::Certificate { issuer: issuer.to_owned(), serial: serial.to_owned() };
        let reserved = store.reserved(&name).await.unwrap().unwrap_or_else(|| panic!("{told} was lost"));
        assert_eq!(reserved.reservation, reservation(name.clone()));
        assert!(what == "reserved" || reserved.outcome == Some(signed(&name)), "{told}");
    }
    let unfinished = store.unfinished().await.unwrap();
    println!("{} were acknowledged, {} reservations are unfinished", told.len(), unfinished.len());
    let verified = verify_store(store, Vec::new(), None).await.unwrap().unwrap();
    assert_eq!(verified.entries, store.audit_head().await.unwrap().0);
}

const ADDRESS: &str = "IIOT_TEST_STORE";
const LIFE: &str = "IIOT_TEST_LIFE";
const LIVES: u64 = 22;
const SERVER_LIVES: u64 = 5;
const WRITERS: u64 = 8;
const PATIENCE: Duration = Duration::from_secs(60);
