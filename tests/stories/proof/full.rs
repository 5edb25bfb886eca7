//! A log that takes no more, because its disk is full: the queues of the server fill next, and only what does not
//! fit into those is lost, declared. Its subscription outlives the pause, and another group of the same edge, with
//! its log elsewhere, does not notice.

use std::path::{Path, PathBuf};
use std::time::Duration;

use iiot_core::testing::{Peers, Process, free_port};
use iiot_stories::{Edge, EdgeOptions};
use serde_json::{Value, json};
use tokio::task::block_in_place;
use tokio::time::{Instant, sleep};

use super::line::{COUNTERS, PATIENCE, now};
use super::memory::Memory;
use super::plant::{Plant, Settings, seconds};
use super::truth::{self, newest};
use super::verdict::{invented, lost};
use crate::disk::Disk;
use crate::ledger::{Lost, is_covered, some};

/// The groups, as the witness knows them.
const FULL: usize = 0;
const OTHER: usize = 1;
/// Milliseconds between two values of a counter.
const INTERVAL: u64 = 200;
/// Of the first half of the counters: room for ten minutes. Of the others: some seconds.
const LARGE_QUEUE: usize = 5000;
const SMALL_QUEUE: usize = 25;
const TICKS_PER_MS: i64 = 10_000;
/// The longest that the other group may lag behind its server on a busy machine.
const LAG: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_full_log_fills_the_servers_queues_and_disturbs_nobody_else() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let settings = Settings { lines: 2, ..Settings::read() };
    let plant = Plant::start(settings, folder.path()).await;
    let story = Story::start(&plant, folder.path()).await;
    story.tell(seconds("IIOT_PAUSE", 20)).await;
}

struct Story<'a> {
    plant: &'a Plant,
    truth: PathBuf,
    edge: Edge,
    /// That of the one log.
    disk: Disk,
    _server: Process,
}

impl<'a> Story<'a> {
    async fn start(plant: &'a Plant, folder: &Path) -> Self {
        let peers = Peers::in_folder(folder).expect("peers");
        let (port, truth) = (free_port(), folder.join("truth"));
        let server = block_in_place(|| start_server(&peers, port, &truth));
        let disk = Disk::new(&folder.join("edge/log/full"), 16);
        let edge = start_edge(&folder.join("edge"), port, plant);
        Self { plant, truth, edge, disk, _server: server }
    }

    async fn tell(mut self, pause: Duration) {
        self.caught_up(FULL).await;
        self.caught_up(OTHER).await;
        if !self.disk.can_be_full() {
            return;
        }
        self.disk.fill();
        let full = |lines: &[String]| lines.iter().any(|line| line.contains("group full takes no more")).then_some(());
        let filled = block_in_place(|| self.edge.process.wait_for_error(PATIENCE, full));
        assert!(filled.is_some(), "the log takes more\n{}", self.edge.process.said());
        let full_at = now();
        let (memory, lag) = tokio::join!(Memory::watch(&self.edge, pause), self.longest_lag(pause));
        let healed_at = now();
        self.disk.free();
        self.caught_up(FULL).await;
        self.check(full_at, healed_at);
        println!("{pause:?} of pause; the other group was at most {lag:?} behind; {memory}");
        assert!(lag <= LAG, "the other group was {lag:?} behind");
        assert!(memory.is_flat(), "{memory}");
        assert!(self.edge.stop(), "the edge did not stop well\n{}", self.edge.process.said());
    }

    /// Waits until what the server holds now of every counter has come; says how long that took.
    async fn caught_up(&self, group: usize) -> Duration {
        let (present, begun) = (newest(&self.truth), Instant::now());
        let came = self.plant.witness.wait_until(PATIENCE, |seen| {
            let newest = seen.lines[group].counters.iter().map(|counter| counter.last_key_value());
            newest.zip(&present).all(|(came, present)| came.map(|(at, _)| *at) >= *present)
        });
        assert!(came.await, "group {group} does not go on\n{}", self.edge.process.said());
        begun.elapsed()
    }

    /// Of the other group, asked again and again.
    async fn longest_lag(&self, time: Duration) -> Duration {
        let (end, mut longest) = (Instant::now() + time, Duration::ZERO);
        while Instant::now() < end {
            longest = longest.max(self.caught_up(OTHER).await);
            sleep(Duration::from_millis(500)).await;
        }
        longest
    }

    fn check(&self, full_at: i64, healed_at: i64) {
        let (truth, declared) = (truth::all(&self.truth), self.edge.declared_losses());
        let mut until = truth::ends(&truth);
        let seen = self.plant.witness.seen();
        for group in [FULL, OTHER] {
            let came =
                seen.lines[group].counters.iter().map(|counter| counter.last_key_value().map_or(0, |(at, _)| *at));
            until.iter_mut().zip(came).for_each(|(until, came)| *until = came.min(*until));
        }
        let lost_of = |group: usize| lost(&truth, &seen.lines[group], &until);
        let (full, other) = (lost_of(FULL), lost_of(OTHER));
        println!("{} values came, {} lost, {} intervals declared", seen.lines[FULL].values, full.len(), declared.len());
        assert!(other.is_empty(), "the other group lost {}", some(&other));
        for group in [FULL, OTHER] {
            let wrong = invented(&truth, &seen.lines[group], &until);
            assert!(wrong.is_empty() && seen.lines[group].wrong.is_empty(), "{wrong:?} {:?}", seen.lines[group].wrong);
        }
        check_lost(&full, &declared, full_at, healed_at);
        let overflows = |loss: &Value| loss["cause"] == "serverQueueOverflow" && loss["writerGroup"] == "full";
        assert!(declared.iter().all(overflows), "declared for another reason: {declared:#?}");
    }
}

/// Only what did not fit: of small queues, behind what the log took, before what the queue holds in the end.
fn check_lost(lost: &[Lost], declared: &[Value], full_at: i64, healed_at: i64) {
    let queue = (SMALL_QUEUE as i64 - 5) * INTERVAL as i64 * TICKS_PER_MS;
    let small = |lost: &Lost| (COUNTERS / 2..COUNTERS).any(|index| lost.name == format!("Counter.{index}"));
    let between = |lost: &Lost| lost.at > full_at - queue && lost.at < healed_at - queue;
    let wrong: Vec<_> = lost.iter().filter(|lost| !small(lost) || !between(lost)).cloned().collect();
    assert!(wrong.is_empty(), "lost although there was room: {}", some(&wrong));
    let silent: Vec<_> = lost.iter().filter(|lost| !is_covered(lost, declared)).cloned().collect();
    assert!(silent.is_empty(), "lost and not declared: {}", some(&silent));
    assert!(!lost.is_empty(), "the pause was too short for the small queues");
}

fn start_server(peers: &Peers, port: u16, truth: &Path) -> Process {
    let (truth, counters, interval) = (truth.display().to_string(), COUNTERS.to_string(), INTERVAL.to_string());
    let arguments = ["--truth", &truth, "--counters", &counters, "--interval-ms", &interval];
    peers.node("counter.mjs", port, &arguments).expect("the server starts").0
}

/// Two groups of the same counters.
fn start_edge(data: &Path, server: u16, plant: &Plant) -> Edge {
    let node = |name: &str, queue: usize| {
        let id = format!("nsu=urn:iiot:peer:counter;s={name}");
        json!({ "Id": id, "DataSetFieldId": name, "OpcSamplingInterval": 0, "QueueSize": queue })
    };
    let queue = |index| if index < COUNTERS / 2 { LARGE_QUEUE } else { SMALL_QUEUE };
    let counters = |queue: &dyn Fn(usize) -> usize| {
        (0..COUNTERS).map(|index| node(&format!("Counter.{index}"), queue(index))).collect::<Vec<_>>()
    };
    let group = |name: &str, line: usize, nodes: Vec<Value>| {
        json!({
            "EndpointUrl": format!("opc.tcp://127.0.0.1:{server}"),
            "UseSecurity": false,
            "DataSetWriterGroup": name,
            "DataSetWriterId": "all",
            "PublisherId": format!("line-{line}"),
            "DataSetPublishingInterval": 400,
            "OpcNodes": nodes,
        })
    };
    let groups = [group("full", FULL, counters(&queue)), group("other", OTHER, counters(&|_| LARGE_QUEUE))];
    let sink = format!("mqtt://{}", plant.broker_address);
    Edge::start(&EdgeOptions { published_nodes: &json!(groups), sink: &sink, data })
}
