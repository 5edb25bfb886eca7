//! A process that dies is followed by one that goes on where it was.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use iiot_core::keys::{FsKeyStore, KeySpec, KeyStore};
use iiot_core::session::{
    ConnectOptions, Identity, ResumeRevision, ResumeState, Session, Subscription, SubscriptionEvent,
    SubscriptionOptions,
};
use iiot_core::testing::{Process, wait_until, within};
use iiot_core::ua::MessageSecurityMode;
use iiot_core::ua::client::{UaConnector, UaSession};

use crate::faults::truth;
use crate::ladder::{Stand, items};
use crate::setup::{connector_of, options};

const COUNTERS: u32 = 12;
const PATIENCE: Duration = Duration::from_secs(120);
/// Where the first life finds its folder and its server.
const FOLDER: &str = "IIOT_TEST_LIFE_FOLDER";
const URL: &str = "IIOT_TEST_LIFE_URL";

/// The same client in every life.
async fn connector(folder: &Path) -> UaConnector {
    let keys = FsKeyStore::new(folder.join("keys"));
    let key = match keys.open("client").await.unwrap() {
        Some(key) => key,
        None => keys.generate("client", KeySpec::Rsa(2048)).await.unwrap(),
    };
    connector_of(key, &folder.join("client.der")).await
}

async fn begin(folder: &Path, url: &str, resume: Option<ResumeState>) -> (Arc<UaSession>, Box<dyn Subscription>) {
    let options = ConnectOptions { resume, ..options(url, MessageSecurityMode::SignAndEncrypt, &Identity::Anonymous) };
    let session = connector(folder).await.open(options).await.unwrap();
    let options = SubscriptionOptions {
        publishing_interval: Duration::from_millis(100),
        resume_as: "counters".into(),
        ..Default::default()
    };
    let subscription = session.subscribe(options, items(session.as_ref(), COUNTERS)).await.unwrap();
    (session, subscription)
}

fn state_file(folder: &Path) -> PathBuf {
    folder.join("state.json")
}

fn save(folder: &Path, state: &ResumeState) {
    let (new, file) = (folder.join("state.new"), state_file(folder));
    std::fs::write(&new, serde_json::to_vec(state).unwrap()).unwrap();
    std::fs::rename(new, file).unwrap();
}

/// What a life has seen, by sequence number and by counter.
#[derive(Default)]
struct Seen {
    numbers: Vec<u32>,
    values: BTreeMap<u32, BTreeSet<i64>>,
    gaps: usize,
    created: usize,
}

impl Seen {
    /// The token of a batch.
    fn take(&mut self, event: &SubscriptionEvent) -> Option<u64> {
        match event {
            SubscriptionEvent::Data(batch) => {
                self.numbers.push(batch.sequence_number);
                for row in batch.rows() {
                    let value = i64::from_le_bytes(row.value.bytes()[1..9].try_into().unwrap());
                    self.values.entry(row.client_handle).or_default().insert(value);
                }
                return Some(batch.token);
            }
            SubscriptionEvent::Gap(_) => self.gaps += 1,
            SubscriptionEvent::Created(_) => self.created += 1,
            _ => {}
        }
        None
    }

    async fn pass(&mut self, subscription: &mut dyn Subscription, goal: &BTreeMap<u32, i64>) {
        let passed = |values: &BTreeMap<u32, BTreeSet<i64>>| {
            goal.iter().all(|(counter, goal)| values.get(counter).and_then(BTreeSet::last) > Some(goal))
        };
        within("the counters go on", PATIENCE, async {
            while !passed(&self.values) {
                let event = subscription.next().await.expect("the subscription lives");
                self.take(&event).into_iter().for_each(|token| subscription.acknowledge(token));
            }
        })
        .await;
    }
}

/// Runs in a process of its own until it is killed: takes values, makes one batch in three safe only
/// after a while, says so on standard output and saves what a next life needs.
#[tokio::test(flavor = "multi_thread")]
async fn first_life() {
    let (Ok(folder), Ok(url)) = (std::env::var(FOLDER), std::env::var(URL)) else { return };
    let folder = PathBuf::from(folder);
    let (session, mut subscription) = begin(&folder, &url, None).await;
    let saver = (Arc::clone(&session), folder);
    tokio::spawn(async move {
        let mut revision = ResumeRevision::default();
        loop {
            revision = saver.0.resume_state_changed(revision).await;
            save(&saver.1, &saver.0.resume_state().await.unwrap());
        }
    });
    let (mut seen, mut kept) = (Seen::default(), Vec::new());
    while let Some(event) = subscription.next().await {
        let Some(token) = seen.take(&event) else { continue };
        let SubscriptionEvent::Data(batch) = event else { continue };
        for row in batch.rows() {
            let value = i64::from_le_bytes(row.value.bytes()[1..9].try_into().unwrap());
            println!("VALUE {} {} {value}", batch.sequence_number, row.client_handle);
        }
        kept.push(token);
        if kept.len() >= 3 {
            // The middle one stays unsafe for longest.
            kept.swap(0, 2);
            kept.drain(1..).for_each(|token| subscription.acknowledge(token));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_process_is_followed_by_one_that_misses_nothing() {
    let stand = Stand::start(&[]).await;
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "resume::first_life", "--nocapture"]);
    let mut life = Process::start(command.env(FOLDER, stand.folder()).env(URL, stand.url())).unwrap();
    let file = state_file(stand.folder());
    let lives = |lines: &[String]| (lines.len() > 300 && file.exists()).then_some(());
    let alive = tokio::task::block_in_place(|| life.wait_for(PATIENCE, lives));
    assert!(alive.is_some(), "{}", life.said());
    life.kill();
    let counted = stand.counted()[&0];
    wait_until("values come about meanwhile", PATIENCE, || stand.counted()[&0] > counted + 10).await;

    let mut values: BTreeMap<u32, BTreeSet<i64>> = BTreeMap::new();
    for line in life.stdout().iter().filter_map(|line| line.strip_prefix("VALUE ").map(str::to_owned)) {
        let numbers: Vec<i64> = line.split(' ').map(|number| number.parse().unwrap()).collect();
        values.entry(numbers[1] as u32).or_default().insert(numbers[2]);
    }
    let text = std::fs::read_to_string(&file).unwrap();
    let saved: serde_json::Value = serde_json::from_str(&text).unwrap();
    let (session, mut subscription) =
        begin(stand.folder(), &stand.url(), Some(serde_json::from_str(&text).unwrap())).await;
    assert_eq!(stand.sessions().await, 1, "the session goes on");
    let mut seen = Seen::default();
    seen.pass(subscription.as_mut(), &stand.counted()).await;
    assert_eq!((seen.gaps, seen.created), (0, 0));
    let saved = &saved["subscriptions"]["counters"];
    let safe: Vec<u64> = saved["safe"].as_array().unwrap().iter().map(|number| number.as_u64().unwrap()).collect();
    let again = seen.numbers.iter().filter(|number| {
        u64::from(**number) < saved["first_unsafe"].as_u64().unwrap() || safe.contains(&u64::from(**number))
    });
    assert_eq!(again.count(), 0, "what was safe came again");
    assert_eq!(seen.numbers.iter().collect::<BTreeSet<_>>().len(), seen.numbers.len());
    for (counter, more) in seen.values {
        values.entry(counter).or_default().extend(more);
    }
    check_complete(&stand, &values);
    session.close().await;
    stand.has_sessions(0, Duration::ZERO).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_subscription_is_taken_over_by_a_new_session() {
    let stand = Stand::start(&[]).await;
    let (session, mut subscription) = begin(stand.folder(), &stand.url(), None).await;
    let mut first = Seen::default();
    first.pass(subscription.as_mut(), &stand.counted()).await;
    let state = session.suspend().await.unwrap();
    while subscription.next().await.is_some() {}
    stand.has_sessions(0, Duration::ZERO).await;
    let counted = stand.counted()[&0];
    wait_until("values come about meanwhile", PATIENCE, || stand.counted()[&0] > counted + 10).await;

    let (session, mut subscription) = begin(stand.folder(), &stand.url(), Some(state)).await;
    let mut second = Seen::default();
    second.pass(subscription.as_mut(), &stand.counted()).await;
    assert_eq!((second.gaps, second.created), (0, 0));
    let mut values = first.values;
    for (counter, more) in second.values {
        values.entry(counter).or_default().extend(more);
    }
    check_complete(&stand, &values);
    session.close().await;
    stand.has_sessions(0, Duration::ZERO).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_saved_is_of_no_use_on_a_restarted_server_and_the_gap_is_declared() {
    let mut stand = Stand::start(&[]).await;
    let (session, mut subscription) = begin(stand.folder(), &stand.url(), None).await;
    Seen::default().pass(subscription.as_mut(), &stand.counted()).await;
    let state = session.suspend().await.unwrap();
    stand.restart(&[]);
    let (session, mut subscription) = begin(stand.folder(), &stand.url(), Some(state)).await;
    let mut seen = Seen::default();
    seen.pass(subscription.as_mut(), &stand.counted()).await;
    assert_eq!((seen.gaps, seen.created), (1, 1));
    session.close().await;
}

/// Between the first and the last value of each counter there is every one that the server had.
fn check_complete(stand: &Stand, values: &BTreeMap<u32, BTreeSet<i64>>) {
    for (counter, truth) in truth(&stand.folder().join("truth.jsonl")) {
        let seen = &values[&counter];
        let (first, last) = (*seen.first().unwrap(), *seen.last().unwrap());
        let missing: Vec<i64> = truth
            .into_iter()
            .map(|(value, _)| value)
            .filter(|value| (first..=last).contains(value) && !seen.contains(value))
            .collect();
        assert!(missing.is_empty(), "{missing:?} of counter {counter} between {first} and {last}");
    }
}
