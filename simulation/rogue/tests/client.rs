//! Our client against every case.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt;
use futures::future::join_all;
use iiot_core::session::{
    ConnectOptions, Connector, Item, ItemNode, Session, SessionExt, Subscription, SubscriptionEvent,
    SubscriptionOptions,
};
use iiot_core::trust::MemoryTrustStore;
use iiot_core::ua::client::{UaConnector, UaConnectorOptions};
use iiot_core::ua::{BrowseDescription, BrowseResultMask, NodeId, ObjectId, ReferenceTypeId, StatusCode};
use iiot_core::{Error, ErrorKind};
use iiot_rogue::{Case, Expect, Rogue, Suffered, Task, Victim, cases, peak_memory, reset_peak_memory, try_case};
use tokio::process::Command;

/// Our client in a process of its own: this test binary, told to be [`the_client`].
struct OurClient;

const CASE: &str = "IIOT_ROGUE_CASE";
const URLS: &str = "IIOT_ROGUE_URLS";
const SLOW: &str = "IIOT_ROGUE_SLOW";
/// Most cases wait for something.
const AT_ONCE: usize = 3;

#[async_trait]
impl Victim for OurClient {
    async fn suffer(&self, case: &Case, rogue: &str, honest: &str) -> Result<Suffered, String> {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "the_client", "--nocapture"]).env(CASE, case.name);
        let output = command.env(URLS, format!("{rogue} {honest}")).kill_on_drop(true).output().await.unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let told = text.lines().find_map(|line| line.split_once("TOLD ")).map(|(_, told)| told.to_owned());
        told.and_then(|told| read_told(&told)).ok_or_else(|| {
            let said = String::from_utf8_lossy(&output.stderr);
            format!("the client is dead ({}): {}", output.status, said.lines().next().unwrap_or_default())
        })
    }
}

fn read_told(told: &str) -> Option<Suffered> {
    let mut numbers = told.split_whitespace().map(|number| number.parse::<usize>().ok());
    let mut status = || match numbers.next()?? {
        0 => Some(Ok(())),
        bits => Some(Err(StatusCode::from(bits as u32))),
    };
    Some(Suffered { outcome: status()?, afterwards: status()?, growth: numbers.next()? })
}

/// Does nothing unless it was started for a case.
#[tokio::test(flavor = "multi_thread")]
async fn the_client() {
    let (Ok(name), Ok(urls)) = (std::env::var(CASE), std::env::var(URLS)) else { return };
    let (rogue, honest) = urls.split_once(' ').unwrap();
    let case = cases::all().into_iter().find(|case| case.name == name).unwrap();
    let client = client();
    let read = Task::Read(vec![NodeId::new(1, "Value")]);
    // What the first connection leaves in the allocator is not the attacker's doing.
    attempt(&client, honest, &read, LONG).await.unwrap();
    let before = reset_peak_memory().unwrap();
    let outcome = attempt(&client, rogue, &case.task, patience(&case)).await;
    let growth = peak_memory().unwrap() - before;
    let afterwards = attempt(&client, honest, &read, LONG).await;
    let bits = |outcome: Result<(), Error>| outcome.err().map_or(0, |error| error.status().bits());
    println!("\nTOLD {} {} {growth}", bits(outcome), bits(afterwards));
}

/// On a busy machine everything takes long; only where nothing can come we do not wait for it.
const LONG: Duration = Duration::from_secs(15);

fn patience(case: &Case) -> Duration {
    match &case.expect {
        Expect::Fails(statuses) if statuses.contains(&StatusCode::BadTimeout) => Duration::from_secs(1),
        Expect::Survives => Duration::from_secs(2),
        _ => LONG,
    }
}

fn client() -> UaConnector {
    UaConnector::new(UaConnectorOptions::new("urn:iiot:test:victim", Arc::new(MemoryTrustStore::default())))
}

async fn session(client: &UaConnector, url: &str, patience: Duration) -> Result<Arc<dyn Session>, Error> {
    client
        .connect(ConnectOptions {
            connect_timeout: patience,
            request_timeout: patience,
            max_backoff: Duration::from_millis(50),
            ..ConnectOptions::new(url)
        })
        .await
}

async fn attempt(client: &UaConnector, url: &str, task: &Task, patience: Duration) -> Result<(), Error> {
    let times = if let Task::ConnectMany(times) = task { *times } else { 1 };
    join_all((0..times).map(|_| attempt_once(client, url, task, patience))).await.into_iter().collect()
}

async fn attempt_once(client: &UaConnector, url: &str, task: &Task, patience: Duration) -> Result<(), Error> {
    let session = session(client, url, patience).await?;
    let outcome = perform(session.as_ref(), task, patience).await;
    session.close().await;
    outcome
}

async fn perform(session: &dyn Session, task: &Task, patience: Duration) -> Result<(), Error> {
    match task {
        Task::Connect | Task::ConnectMany(_) => Ok(()),
        Task::Read(nodes) => {
            let values = session.read_values(nodes).await?;
            assert_eq!(values.len(), nodes.len());
            Ok(())
        }
        Task::BrowseFolder => session.browse(below(ObjectId::ObjectsFolder.into())).await.map(drop),
        Task::Crawl => crawl(session).await,
        Task::Subscribe { values } => subscribe(session, *values, patience).await,
        Task::SubscribeAndSleep(time) => {
            let _subscription = session.subscribe(fast(), vec![item()]).await?;
            tokio::time::sleep(*time).await;
            Ok(())
        }
    }
}

/// Four levels down, as the example `browse` goes.
async fn crawl(session: &dyn Session) -> Result<(), Error> {
    let mut entered = HashSet::new();
    let mut pending = vec![(0, NodeId::from(ObjectId::ObjectsFolder))];
    while let Some((level, node)) = pending.pop() {
        if level < 4 && entered.len() < 500 && entered.insert(node.clone()) {
            let references = session.browse(below(node)).await?;
            pending.extend(references.into_iter().map(|reference| (level + 1, reference.node_id.node_id)));
        }
    }
    Ok(())
}

async fn subscribe(session: &dyn Session, values: usize, patience: Duration) -> Result<(), Error> {
    let mut subscription = session.subscribe(fast(), vec![item()]).await?;
    tokio::time::timeout(patience, take(subscription.as_mut(), values))
        .await
        .map_err(|_| Error::new(ErrorKind::Timeout, "subscribe", "the values did not come"))
}

async fn take(subscription: &mut dyn Subscription, values: usize) {
    let mut seen = 0;
    while seen < values
        && let Some(event) = subscription.next().await
    {
        if let SubscriptionEvent::Data(batch) = event {
            seen += batch.len();
            subscription.acknowledge(batch.token);
        }
    }
}

fn fast() -> SubscriptionOptions {
    SubscriptionOptions { publishing_interval: Duration::from_millis(20), ..Default::default() }
}

fn item() -> Item {
    let node = ItemNode::Uri("urn:rogue".into(), NodeId::new(0, "Value"));
    Item { node, ..Item::new(1, NodeId::null()) }
}

fn below(node: NodeId) -> BrowseDescription {
    BrowseDescription {
        node_id: node,
        reference_type_id: ReferenceTypeId::HierarchicalReferences.into(),
        include_subtypes: true,
        result_mask: BrowseResultMask::All as u32,
        ..Default::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_attack_is_survived() {
    let (cases, slow) = (cases::all(), std::env::var(SLOW).is_ok());
    let played = cases.iter().filter(|case| slow || !case.slow);
    let trials = futures::stream::iter(played).map(async |case| (case.number, try_case(case, &OurClient).await));
    let trials: Vec<_> = trials.buffered(AT_ONCE).collect().await;
    trials.iter().for_each(|(number, trial)| println!("{number:>2} {trial}"));
    let fallen: Vec<_> = trials.iter().filter(|(_, trial)| !trial.faults.is_empty()).collect();
    assert!(fallen.is_empty(), "{} of {} cases", fallen.len(), trials.len());
}

/// Every byte of the first messages, then steps that no field is as long as.
#[tokio::test(flavor = "multi_thread")]
async fn a_reset_at_any_byte_of_the_handshake_is_an_error_at_once() {
    let (client, mut bytes) = (client(), 0);
    loop {
        let server = Rogue::start(cases::cut_after(bytes)).await.unwrap();
        match session(&client, &server.url(), LONG).await {
            Ok(session) => break session.close().await,
            Err(error) => assert_eq!(error.kind(), ErrorKind::Unavailable, "after {bytes} bytes: {error:?}"),
        }
        bytes += if bytes < 200 { 1 } else { 7 };
    }
    assert!(bytes > 500, "the handshake ended after {bytes} bytes");
}
