//! Our client against every case.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt;
use futures::future::join_all;
use iiot_core::json::{self, Format};
use iiot_core::session::{
    ConnectOptions, Connector, Item, ItemNode, ReverseServer, Session, SessionExt, Subscription, SubscriptionEvent,
    SubscriptionOptions,
};
use iiot_core::trust::MemoryTrustStore;
use iiot_core::ua::client::{ReverseListener, UaConnector, UaConnectorOptions};
use iiot_core::ua::types::TypeLibrary;
use iiot_core::ua::{
    BrowseDescription, BrowseRequest, BrowseResultMask, NodeId, ObjectId, ReferenceTypeId, StatusCode,
};
use iiot_core::{Error, ErrorKind};
use iiot_rogue::{Case, Expect, Rogue, Suffered, Task, Victim, cases, peak_memory, reset_peak_memory, try_case};
use tokio::process::Command;

/// Our client in a process of its own: this test binary, told to be [`the_client`].
struct OurClient;

const CASE: &str = "IIOT_ROGUE_CASE";
const URLS: &str = "IIOT_ROGUE_URLS";
/// Plays slow cases too.
const SLOW: &str = "IIOT_ROGUE_SLOW";
/// Plays only cases whose name contains this, and prints what the client says.
const ONLY: &str = "IIOT_ROGUE_ONLY";
/// Most cases wait for something.
const AT_ONCE: usize = 3;

#[async_trait]
impl Victim for OurClient {
    async fn suffer(&self, case: &Case, rogue: &str, honest: &str) -> Result<Suffered, String> {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "the_client", "--nocapture"]).env(CASE, case.name);
        let output = command.env(URLS, format!("{rogue} {honest}")).kill_on_drop(true).output().await.unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        if std::env::var(ONLY).is_ok() {
            println!("{}", String::from_utf8_lossy(&output.stderr));
        }
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
    // The system counts threads' pages in batches, so that nothing may come out as less than nothing.
    let growth = peak_memory().unwrap().saturating_sub(before);
    let afterwards = attempt(&client, honest, &read, LONG).await;
    let _ = outcome.as_ref().inspect_err(|error| eprintln!("{error:?}"));
    let bits = |outcome: Result<(), Error>| outcome.err().map_or(0, |error| error.status().bits());
    println!("\nTOLD {} {} {growth}", bits(outcome), bits(afterwards));
}

/// On a busy machine everything takes long; only where nothing can come we do not wait for it.
const LONG: Duration = Duration::from_secs(15);
const LONG_IF_SLOW: Duration = Duration::from_secs(600);

fn patience(case: &Case) -> Duration {
    match &case.expect {
        Expect::Fails(statuses) if statuses.contains(&StatusCode::BadTimeout) => Duration::from_secs(1),
        _ if case.slow => LONG_IF_SLOW,
        _ => LONG,
    }
}

fn client() -> UaConnector {
    UaConnector::new(options())
}

fn options() -> UaConnectorOptions {
    UaConnectorOptions::new("urn:iiot:test:victim", Arc::new(MemoryTrustStore::default()))
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
    if *task == Task::AwaitServer {
        return await_server(url, patience).await;
    }
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
            let bad = values.iter().filter_map(|value| value.status).find(|status| status.is_bad());
            bad.map_or(Ok(()), |status| Err(Error::from_status("Read", status)))
        }
        Task::ShowStructure => show(session).await,
        Task::CountChildren(expected) => count_children(session, *expected).await,
        Task::AwaitServer => unreachable!("it needs a client that listens"),
        Task::BrowseFolder => session.browse(below(ObjectId::ObjectsFolder.into())).await.map(drop),
        Task::Crawl => crawl(session).await,
        Task::Subscribe { values, lost } => subscribe(session, *values, *lost, patience).await,
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

/// Without keeping more than a page.
async fn count_children(session: &dyn Session, expected: usize) -> Result<(), Error> {
    let description = below(ObjectId::ObjectsFolder.into());
    let request = BrowseRequest { nodes_to_browse: Some(vec![description]), ..Default::default() };
    let mut page = session.service(request).await?.results.unwrap().remove(0);
    let mut count = page.references.iter().flatten().count();
    while !page.continuation_point.is_null_or_empty() {
        page = session.browse_next(page.continuation_point, false).await?.unwrap().remove(0);
        count += page.references.iter().flatten().count();
    }
    assert_eq!(count, expected);
    Ok(())
}

/// Writes a value before and after its types are loaded.
async fn show(session: &dyn Session) -> Result<(), Error> {
    let (library, namespaces) = (TypeLibrary::new(), session.namespaces());
    for _ in 0..2 {
        let value = session.read_values(&[NodeId::new(1, "Value")]).await?.remove(0);
        let types = library.types();
        let format = Format { types: Some(&types), ..Format::compact(&namespaces) };
        let text = json::variant_to_string(&value.value.unwrap(), &format)?;
        assert!(text.contains("UaTypeId"), "{}", &text[..text.len().min(300)]);
        if library.has_missing() {
            library.load_missing(session).await?;
        }
    }
    Ok(())
}

/// The client listens at the address where the others connect to.
async fn await_server(url: &str, patience: Duration) -> Result<(), Error> {
    let address = url.trim_start_matches("opc.tcp://").parse().unwrap();
    let listener = ReverseListener::bind(address).await?;
    let client = UaConnector::new(UaConnectorOptions { reverse: Some(Arc::new(listener)), ..options() });
    let reverse = Some(ReverseServer::Uri("urn:rogue:server".into()));
    let options = ConnectOptions { reverse, connect_timeout: patience, ..ConnectOptions::new(url) };
    let session = client.connect(options).await?;
    let read = session.read_values(&[NodeId::new(1, "Value")]).await.map(drop);
    session.close().await;
    read
}

async fn subscribe(session: &dyn Session, values: usize, lost: Option<u64>, patience: Duration) -> Result<(), Error> {
    let mut subscription = session.subscribe(fast(), vec![item()]).await?;
    let declared = tokio::time::timeout(patience, take(subscription.as_mut(), values))
        .await
        .map_err(|_| Error::new(ErrorKind::Timeout, "subscribe", "the values did not come"))?;
    assert_eq!(declared, lost.unwrap_or(declared), "messages that are said to be missing");
    Ok(())
}

/// Takes values; returns how many messages were said to be missing.
async fn take(subscription: &mut dyn Subscription, values: usize) -> u64 {
    let (mut seen, mut lost) = (0, 0);
    while seen < values
        && let Some(event) = subscription.next().await
    {
        match event {
            SubscriptionEvent::Data(batch) => {
                seen += batch.len();
                subscription.acknowledge(batch.token);
            }
            SubscriptionEvent::Gap(gap) => lost += u64::from(gap.messages.unwrap_or_default()),
            _ => {}
        }
    }
    lost
}

fn fast() -> SubscriptionOptions {
    SubscriptionOptions { publishing_interval: Duration::from_millis(20), ..Default::default() }
}

fn item() -> Item {
    let node = ItemNode::Uri("urn:rogue".into(), NodeId::new(0, "Value"));
    Item { node: node.into(), ..Item::new(1, NodeId::null()) }
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
    let only = std::env::var(ONLY).unwrap_or_default();
    let played = cases.iter().filter(|case| (slow || !case.slow) && case.name.contains(&only));
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
