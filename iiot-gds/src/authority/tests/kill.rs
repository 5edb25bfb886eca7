//! SIGKILL while authorities are set up, issue, revoke and publish: what was signed is on record, and all goes on.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use iiot_core::clock::SystemClock;
use iiot_core::keys::FsKeyStore;
use iiot_core::testing::{PostgresServer, Process};

use super::faulty::{Fuse, behind};
use super::invariants::check;
use super::works::{application_key, certify, opened, set_up};
use crate::authority::AuthorityParts;
use crate::store::{RevocationReason, open};

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_authority_has_signed_nothing_that_is_not_on_record() {
    let seeds = wanted(SEEDS);
    let mut kept = 0_u64;
    for seed in 0..seeds {
        kept += survive(seed).await as u64;
    }
    assert!(kept > seeds, "there was something to lose: {kept} certificates");
    println!("{} kills at any moment, {kept} certificates", 2 * seeds);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_authorities_on_one_postgres_are_killed_and_have_signed_nothing_that_is_not_on_record() {
    let (server, folder) = (PostgresServer::start().await, tempfile::tempdir().unwrap());
    let address = server.url("postgres");
    set_up(&opened(&parts(folder.path(), &address).await).await).await.unwrap();
    let mut chance = Chance(7);
    let rounds = wanted(PAIRS);
    for round in 0..rounds {
        let mut pair = [0, 1].map(|one| start(folder.path(), &address, 2 * round + one));
        pair.iter().for_each(begun);
        tokio::time::sleep(Duration::from_micros(LONGEST_LIFE / 2 + chance.below(LONGEST_LIFE))).await;
        pair.iter_mut().for_each(end);
        let parts = parts(folder.path(), &address).await;
        let recovered = opened(&parts).await.recover().await.unwrap();
        assert!(recovered.failed.is_empty(), "round {round}: {recovered:?}");
        check(&parts, &signed(folder.path())).await;
    }
    let all = parts(folder.path(), &address).await.store.certificates(&Default::default()).await.unwrap();
    assert!(all.len() as u64 > 2 * rounds, "there was something to lose: {} certificates", all.len());
    println!("{} kills of two processes on one PostgreSQL, {} certificates", 2 * rounds, all.len());
}

/// Two lives in one folder, each killed at a moment of its own; how many certificates there are then.
async fn survive(seed: u64) -> usize {
    let (folder, mut chance) = (tempfile::tempdir().unwrap(), Chance(seed));
    let address = format!("sqlite:{}", folder.path().join("gds.db").display());
    for life in 0..2 {
        let mut process = start(folder.path(), &address, life);
        begun(&process);
        tokio::time::sleep(Duration::from_micros(chance.below(LONGEST_LIFE))).await;
        end(&mut process);
    }
    let parts = parts(folder.path(), &address).await;
    let authorities = opened(&behind(&Fuse::with_file(&folder.path().join(SIGNED)), &parts)).await;
    let recovered = authorities.recover().await.unwrap();
    assert!(recovered.failed.is_empty(), "seed {seed}: {recovered:?}");
    set_up(&authorities).await.unwrap();
    certify(&authorities, "last", &application_key().await).await.unwrap();
    check(&parts, &signed(folder.path())).await;
    parts.store.certificates(&crate::store::CertificateQuery::default()).await.unwrap().len()
}

/// How often to try: more often with the environment variable `IIOT_GDS_KILLS`.
pub(super) fn wanted(usually: u64) -> u64 {
    std::env::var("IIOT_GDS_KILLS").map_or(usually, |seeds| seeds.parse().unwrap())
}

pub(super) fn start(folder: &Path, address: &str, life: u64) -> Process {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "authority::tests::kill::a_life", "--nocapture"]);
    command.env(FOLDER, folder).env(ADDRESS, address).env(LIFE, life.to_string());
    Process::start(&mut command).unwrap()
}

pub(super) fn begun(process: &Process) {
    let begun = tokio::task::block_in_place(|| {
        process.wait_for(PATIENCE, |lines| lines.iter().any(|line| line.contains("BEGUN")).then_some(()))
    });
    assert!(begun.is_some(), "{}", process.said());
}

pub(super) fn end(process: &mut Process) {
    process.kill();
    assert!(!process.said().contains("panicked"), "it was killed and did not end by itself: {}", process.said());
}

/// Run by the tests above in a process of its own: issues and revokes until it is killed.
#[tokio::test(flavor = "multi_thread")]
async fn a_life() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let (folder, life) = (Path::new(&folder), std::env::var(LIFE).unwrap());
    let key = application_key().await;
    let address = std::env::var(ADDRESS).unwrap();
    let parts = behind(&Fuse::with_file(&folder.join(SIGNED)), &parts(folder, &address).await);
    println!("BEGUN");
    std::io::stdout().flush().unwrap();
    let authorities = opened(&parts).await;
    let recovered = authorities.recover().await.unwrap();
    assert!(recovered.failed.is_empty(), "{recovered:?}");
    set_up(&authorities).await.unwrap();
    for number in 0.. {
        let issued = certify(&authorities, &format!("r{life}.{number}"), &key).await.unwrap();
        match number % 3 {
            0 => drop(authorities.publish("plant", "rita").await.unwrap()),
            1 => {
                let reason = RevocationReason::Superseded;
                authorities.revoke(&issued.issuer, &issued.serial, reason, "rita").await.unwrap();
            }
            _ => {}
        }
    }
}

pub(super) async fn parts(folder: &Path, address: &str) -> AuthorityParts {
    AuthorityParts {
        store: open(address).await.unwrap(),
        keys: Arc::new(FsKeyStore::new(folder.join("keys"))),
        clock: Arc::new(SystemClock),
    }
}

/// What the keys have signed in all lives; the last line may be cut, and was not signed then.
pub(super) fn signed(folder: &Path) -> Vec<Vec<u8>> {
    let text = std::fs::read_to_string(folder.join(SIGNED)).unwrap_or_default();
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    let bytes = |line: &str| {
        let digits: Vec<char> = line.chars().collect();
        digits.chunks(2).map(|pair| u8::from_str_radix(&pair.iter().collect::<String>(), 16).unwrap()).collect()
    };
    whole.lines().map(bytes).collect()
}

/// Numbers that look random and are the same in each run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

pub(super) const FOLDER: &str = "IIOT_TEST_GDS";
pub(super) const ADDRESS: &str = "IIOT_TEST_STORE";
pub(super) const LIFE: &str = "IIOT_TEST_LIFE";
pub(super) const SIGNED: &str = "signed";
const SEEDS: u64 = 20;
const PAIRS: u64 = 5;
/// In microseconds: set-up takes a third of it.
const LONGEST_LIFE: u64 = 300_000;
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
