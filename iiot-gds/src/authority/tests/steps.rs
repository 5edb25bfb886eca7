//! SIGKILL at every step of issuing, revoking and publishing: right before and right after each call that changes something.

use std::path::Path;
use std::process::Command;

use iiot_core::testing::{PostgresServer, Process};
use sqlx::{Connection, Executor};

use super::faulty::{Fault, Fuse, REACHED, behind};
use super::invariants::check;
use super::kill::{ADDRESS, FOLDER, LIFE, PATIENCE, SIGNED, begun, end, parts, signed, start, wanted};
use super::works::{application_key, certify, certify_in_steps, opened, set_up};
use crate::authority::{Authorities, AuthorityParts};
use crate::store::{CertificateQuery, RevocationReason};

/// What is done, with the number of calls that change something: reservations, signatures, results.
const WORKS: [(&str, usize); 4] = [("issue", 3), ("decide and issue", 4), ("revoke", 3), ("publish", 3)];

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_every_step_an_authority_has_signed_nothing_that_is_not_on_record() {
    for step in steps() {
        let folder = tempfile::tempdir().unwrap();
        let address = format!("sqlite:{}", folder.path().join("gds.db").display());
        prepare(folder.path(), &address).await;
        for life in 0..wanted(EACH) {
            let mut process = reach(folder.path(), &address, life, &step);
            end(&mut process);
            survived(folder.path(), &address, &step).await;
        }
    }
    println!("{} kills, {} at each of {} steps", wanted(EACH) * STEPS, wanted(EACH), STEPS);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_every_step_beside_another_one_on_one_postgres() {
    let server = PostgresServer::start().await;
    for (number, step) in steps().into_iter().enumerate() {
        let (folder, address) = (tempfile::tempdir().unwrap(), database(&server, number).await);
        prepare(folder.path(), &address).await;
        for life in 0..wanted(EACH) {
            let mut other = start(folder.path(), &address, 1_000 + life);
            begun(&other);
            let mut process = reach(folder.path(), &address, life, &step);
            end(&mut process);
            end(&mut other);
            survived(folder.path(), &address, &step).await;
        }
    }
    println!(
        "{} kills of one of two on one PostgreSQL, {} at each of {STEPS} steps",
        wanted(EACH) * STEPS,
        wanted(EACH)
    );
}

/// A step: what is done, which of its calls, and whether before or after it.
#[derive(Debug, Clone)]
struct Step(&'static str, usize, Fault);

fn steps() -> Vec<Step> {
    let at = |(work, calls)| (1..=calls).flat_map(move |call| SIDES.map(|side| Step(work, call, side)));
    let all: Vec<Step> = WORKS.into_iter().flat_map(at).collect();
    assert_eq!(all.len() as u64, STEPS);
    all
}

async fn database(server: &PostgresServer, number: usize) -> String {
    let mut raw = sqlx::PgConnection::connect(&server.url("postgres")).await.unwrap();
    let name = format!("step{number}");
    raw.execute(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.unwrap();
    server.url(&name)
}

async fn prepare(folder: &Path, address: &str) {
    let parts = parts(folder, address).await;
    set_up(&opened(&behind(&Fuse::with_file(&folder.join(SIGNED)), &parts)).await).await.unwrap();
}

/// A process that has come to this step, and stands there.
fn reach(folder: &Path, address: &str, life: u64, Step(work, call, side): &Step) -> Process {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "authority::tests::steps::a_life_up_to_a_step", "--nocapture"]);
    command.env(FOLDER, folder).env(ADDRESS, address).env(LIFE, life.to_string()).env(WORK, work);
    command.env(CALL, call.to_string()).env(AFTER, if *side == Fault::HangAfter { "yes" } else { "" });
    let process = Process::start(&mut command).unwrap();
    let reached = tokio::task::block_in_place(|| {
        process.wait_for(PATIENCE, |lines| lines.iter().any(|line| line.contains(REACHED)).then_some(()))
    });
    assert!(reached.is_some(), "{work}, call {call}, {side:?}: {}", process.said());
    process
}

async fn survived(folder: &Path, address: &str, step: &Step) {
    let parts = parts(folder, address).await;
    let authorities = opened(&behind(&Fuse::with_file(&folder.join(SIGNED)), &parts)).await;
    let recovered = authorities.recover().await.unwrap();
    assert!(recovered.failed.is_empty(), "{step:?}: {recovered:?}");
    check(&parts, &signed(folder)).await;
}

/// Run by the tests above in a process of its own: does one thing up to one of its steps, and stands there.
#[tokio::test(flavor = "multi_thread")]
async fn a_life_up_to_a_step() {
    let Ok(work) = std::env::var(WORK) else { return };
    let folder = std::env::var(FOLDER).unwrap();
    let parts = parts(Path::new(&folder), &std::env::var(ADDRESS).unwrap()).await;
    let signed = Path::new(&folder).join(SIGNED);
    let before = opened(&behind(&Fuse::with_file(&signed), &parts)).await;
    let (key, life) = (application_key().await, std::env::var(LIFE).unwrap());
    certify(&before, &format!("before {life}"), &key).await.unwrap();
    let side = if std::env::var(AFTER).unwrap().is_empty() { Fault::HangBefore } else { Fault::HangAfter };
    let fuse = Fuse::with_file_and(&signed, std::env::var(CALL).unwrap().parse().unwrap(), side);
    let authorities = opened(&behind(&fuse, &parts)).await;
    carry_out(&authorities, &parts, &work, &format!("at {life}"), &key).await;
    panic!("{work} has fewer steps");
}

async fn carry_out(authorities: &Authorities, parts: &AuthorityParts, work: &str, id: &str, key: &[u8]) {
    match work {
        "issue" => drop(certify(authorities, id, key).await.unwrap()),
        "decide and issue" => drop(certify_in_steps(authorities, id, key).await.unwrap()),
        "publish" => drop(authorities.publish("plant", "rita").await.unwrap()),
        _ => {
            let query =
                CertificateQuery { revoked: Some(false), application: Some("press".into()), ..Default::default() };
            let one = parts.store.certificates(&query).await.unwrap().remove(0);
            authorities.revoke(&one.issuer, &one.serial, RevocationReason::Superseded, "rita").await.unwrap();
        }
    }
}

const WORK: &str = "IIOT_TEST_WORK";
const CALL: &str = "IIOT_TEST_CALL";
const AFTER: &str = "IIOT_TEST_AFTER";
const SIDES: [Fault; 2] = [Fault::HangBefore, Fault::HangAfter];
const STEPS: u64 = 26;
const EACH: u64 = 1;
