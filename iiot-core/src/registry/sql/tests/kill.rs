//! SIGKILL during writes: what was acknowledged is there, all or nothing of each commit, and the log says the same.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use futures::StreamExt;

use super::site;
use crate::error::{ErrorKind, Result};
use crate::model::Record;
use crate::registry::{
    Change, Expected, PostgresRegistry, Query, RecordKey, RecordKind, Registry, RegistryExt, Revision, SqliteRegistry,
    Write, open,
};
use crate::testing::{PostgresServer, Process, wait_until, within};

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_writer_loses_nothing_in_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("registry.db");
    let lost = kill_writers(&format!("sqlite:{}", path.display()), LIVES, 11).await;
    check(&SqliteRegistry::open(&path).await.unwrap(), &lost).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_writer_loses_nothing_in_postgres() {
    let server = PostgresServer::start().await;
    let acknowledged = kill_writers(&server.url("postgres"), LIVES, 12).await;
    check(&PostgresRegistry::connect(&server.url("postgres")).await.unwrap(), &acknowledged).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_loses_nothing() {
    let mut server = PostgresServer::start().await;
    let registry = Arc::new(PostgresRegistry::connect(&server.url("postgres")).await.unwrap());
    let mut watched = registry.watch(None).await.unwrap();
    let (mut chance, mut acknowledged) = (Chance(13), Vec::new());
    for life in 0..SERVER_LIVES {
        let (enough, commits) = (Arc::<AtomicBool>::default(), Arc::<AtomicU64>::default());
        let writer =
            tokio::spawn(write_until_failure(Arc::clone(&registry), life, Arc::clone(&enough), Arc::clone(&commits)));
        let begun = || commits.load(Ordering::Relaxed) > 10 || writer.is_finished();
        wait_until("something is written", PATIENCE, begun).await;
        tokio::time::sleep(Duration::from_micros(chance.below(60_000))).await;
        server.kill();
        server.restart().await;
        enough.store(true, Ordering::Relaxed);
        let (written, failure) = within("the writer ends", PATIENCE, writer).await.unwrap();
        let known = [None, Some(ErrorKind::Unavailable), Some(ErrorKind::Indeterminate)];
        assert!(known.contains(&failure), "{failure:?}");
        acknowledged.extend(written);
    }
    check(&*registry, &acknowledged).await;
    for expected in 1..=last(&*registry).await {
        match within("a change", PATIENCE, watched.next()).await.unwrap() {
            Change::Put(put) => assert_eq!(put.revision.0, expected, "watchers miss nothing"),
            Change::Deleted(_, revision) => assert_eq!(revision.0, expected, "watchers miss nothing"),
            Change::Missed => panic!("watchers miss nothing"),
        }
    }
}

/// Run by the tests above in a process of its own: writes until it is killed.
#[tokio::test(flavor = "multi_thread")]
async fn a_writer() {
    let Ok(address) = std::env::var(ADDRESS) else { return };
    let life = std::env::var(LIFE).unwrap().parse().unwrap();
    let registry = open(&address).await.unwrap();
    for number in 0.. {
        for (id, revision) in write_once(&*registry, life, number).await.unwrap() {
            println!("DONE {} {id} {life}.{number}", revision.0);
        }
        std::io::stdout().flush().unwrap();
    }
}

/// An acknowledged write: revision, id, and the commit it was in.
type Acknowledged = (u64, String, String);

async fn kill_writers(address: &str, lives: u64, seed: u64) -> Vec<Acknowledged> {
    let (mut chance, mut acknowledged) = (Chance(seed), Vec::new());
    for life in 0..lives {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "registry::sql::tests::kill::a_writer", "--nocapture"]);
        let mut writer = Process::start(command.env(ADDRESS, address).env(LIFE, life.to_string())).unwrap();
        let begun = tokio::task::block_in_place(|| {
            writer.wait_for(PATIENCE, |lines| lines.iter().any(|line| line.contains("DONE ")).then_some(()))
        });
        assert!(begun.is_some(), "{}", writer.said());
        tokio::time::sleep(Duration::from_micros(chance.below(60_000))).await;
        writer.kill();
        while let Some(lines) = writer.take_lines() {
            acknowledged.extend(lines.iter().filter_map(|line| done(line)));
        }
    }
    acknowledged
}

/// What a line of the writer tells; the last one may be cut.
fn done(line: &str) -> Option<Acknowledged> {
    let (_, told) = line.split_once("DONE ")?;
    let mut words = told.split(' ');
    let (revision, id, commit) = (words.next()?.parse().ok()?, words.next()?, words.next()?);
    // The harness writes its own words before the first line only.
    commit.contains('.').then(|| (revision, id.to_owned(), commit.to_owned()))
}

async fn write_until_failure(
    registry: Arc<PostgresRegistry>,
    life: u64,
    enough: Arc<AtomicBool>,
    commits: Arc<AtomicU64>,
) -> (Vec<Acknowledged>, Option<ErrorKind>) {
    let (mut acknowledged, mut number) = (Vec::new(), 0);
    while !enough.load(Ordering::Relaxed) {
        match write_once(&*registry, life, number).await {
            Ok(written) => {
                let written = written.into_iter().map(|(id, revision)| (revision.0, id, format!("{life}.{number}")));
                acknowledged.extend(written);
            }
            Err(error) => return (acknowledged, Some(error.kind())),
        }
        number += 1;
        commits.store(number, Ordering::Relaxed);
    }
    (acknowledged, None)
}

/// Writes one to five records, and now and then deletes one.
async fn write_once(registry: &dyn Registry, life: u64, number: u64) -> Result<Vec<(String, Revision)>> {
    let size = 1 + number % SIZES;
    let mut writes: Vec<Write> = (0..size)
        .map(|n| Write {
            key: RecordKey::new(RecordKind::Site, format!("r{}", (number * 7 + n * 3) % 40)),
            record: Some(site(&format!("{life}.{number}/{size}"))),
            expected: Expected::Any,
        })
        .collect();
    let ids: Vec<String> = writes.iter().map(|write| write.key.id.clone()).collect();
    let gone = RecordKey::new(RecordKind::Site, format!("gone{}", number % 3));
    let record = number.is_multiple_of(2).then(|| site("sometimes"));
    writes.push(Write { key: gone, record, expected: Expected::Any });
    Ok(ids.into_iter().zip(registry.commit(writes).await?).collect())
}

async fn check(registry: &dyn Registry, acknowledged: &[Acknowledged]) {
    assert!(acknowledged.len() > 100, "there was something to lose: {}", acknowledged.len());
    assert!(acknowledged.windows(2).all(|pair| pair[0].0 < pair[1].0), "revisions rise");
    let log = log(registry).await;
    for (revision, id, commit) in acknowledged {
        let (key, name) = &log[revision];
        let name = name.as_deref().unwrap_or("nothing");
        assert!(key.id == *id && name.starts_with(&format!("{commit}/")), "{revision}: {id} {commit}, not {name}");
    }
    commits_are_whole(&log);
    let mut records = BTreeMap::new();
    for (revision, (key, name)) in log {
        match name {
            Some(name) => drop(records.insert(key, (Revision(revision), name))),
            None => drop(records.remove(&key)),
        }
    }
    let all = registry.all(Query::of(RecordKind::Site)).await.unwrap();
    let found = all.into_iter().map(|found| (found.key, (found.revision, name(&found.record)))).collect();
    assert_eq!(records, found, "the log agrees with the records");
}

fn commits_are_whole(log: &BTreeMap<u64, (RecordKey, Option<String>)>) {
    let mut commits: BTreeMap<&str, usize> = BTreeMap::new();
    let names = log.values().filter_map(|(_, name)| name.as_deref()).filter(|name| name.contains('/'));
    names.for_each(|name| *commits.entry(name).or_default() += 1);
    for (commit, records) in commits {
        let (_, size) = commit.split_once('/').unwrap();
        assert_eq!(records, size.parse::<usize>().unwrap(), "all or nothing of {commit}");
    }
}

/// Every change from the first one on; a deletion has no name.
async fn log(registry: &dyn Registry) -> BTreeMap<u64, (RecordKey, Option<String>)> {
    let (mut changes, last) = (registry.watch(Some(Revision(0))).await.unwrap(), last(registry).await);
    let mut log = BTreeMap::new();
    while log.len() < last as usize {
        match within("a change", PATIENCE, changes.next()).await.unwrap() {
            Change::Put(put) => drop(log.insert(put.revision.0, (put.key, Some(name(&put.record))))),
            Change::Deleted(key, revision) => drop(log.insert(revision.0, (key, None))),
            Change::Missed => panic!("the log reaches back to the first change"),
        }
    }
    assert_eq!(log.keys().copied().collect::<Vec<_>>(), (1..=last).collect::<Vec<_>>());
    log
}

/// The last revision before now: a deletion of nothing has it.
async fn last(registry: &dyn Registry) -> u64 {
    let nothing = Write { key: RecordKey::new(RecordKind::Site, "never"), record: None, expected: Expected::Absent };
    registry.commit(vec![nothing]).await.unwrap()[0].0
}

fn name(record: &Record) -> String {
    match record {
        Record::Site(site) => site.name.clone(),
        other => panic!("a site, not {other:?}"),
    }
}

/// Numbers that look random and are the same in each run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

const ADDRESS: &str = "IIOT_TEST_REGISTRY";
const LIFE: &str = "IIOT_TEST_LIFE";
const LIVES: u64 = 30;
const SERVER_LIVES: u64 = 8;
const SIZES: u64 = 5;
const PATIENCE: Duration = Duration::from_secs(60);
