//! The proof that nothing is lost unseen: connections break, servers, brokers and edges die, disks are full, in
//! several lines of a plant at once. A subscriber that is not ours has every value in the end that the servers
//! held, or the edge has declared it lost, with a cause that we know of.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use tokio::task::JoinSet;
use tokio::time::Instant;

mod fault;
mod full;
mod line;
mod memory;
mod plant;
mod truth;
mod verdict;
mod witness;

use fault::{Fault, deck, each};
use line::Line;
use plant::{Plant, Settings};
use verdict::Verdict;

type Counts = BTreeMap<Fault, u64>;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_lost_unseen() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let plant = Arc::new(Plant::start(Settings::read(), folder.path()).await);
    let (suffered, mut lines) = (Arc::new(AtomicU64::new(0)), JoinSet::new());
    for number in 0..plant.settings.lines {
        let line = Line::start(number, &plant, folder.path()).await;
        lines.spawn(live(line, Arc::clone(&plant), Arc::clone(&suffered)));
    }
    let mut verdicts = Vec::new();
    while let Some(lived) = lines.join_next().await {
        let (line, counts) = lived.expect("a line has lived to the end");
        verdicts.push(Verdict::on(line, counts, &plant).await);
    }
    verdict::conclude(&verdicts, &plant.settings);
}

/// Faults until there were enough of them.
async fn live(mut line: Line, plant: Arc<Plant>, suffered: Arc<AtomicU64>) -> (Line, Counts) {
    let (settings, mut counts) = (&plant.settings, Counts::new());
    let until = Instant::now() + settings.time;
    line.resumed("the start").await;
    let mut faults = each(line.random());
    if line.number == 0 {
        faults.push(Fault::BrokerAway);
    }
    loop {
        while let Some(fault) = faults.pop() {
            if line.suffer(fault).await {
                *counts.entry(fault).or_default() += 1;
                suffered.fetch_add(1, Relaxed);
            }
            let enough = suffered.load(Relaxed) >= settings.faults && Instant::now() >= until;
            if enough && settings.faults > 0 {
                return (line, counts);
            }
        }
        if settings.faults == 0 {
            return (line, counts);
        }
        faults = deck(line.random());
    }
}
