//! What goes wrong, and how often.

use crate::random::Random;

/// One thing that goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fault {
    /// The connections to the server break.
    LinkCut,
    /// The server cannot be reached for seconds.
    LinkOutage,
    /// For seconds no byte passes, and nobody is told.
    LinkStalled,
    /// The server's end of the connections goes, and the edge is not told for seconds.
    LinkHalfOpen,
    ServerKilled,
    /// With what it kept for an edge that could not come.
    ServerKilledBehindOutage,
    BrokerCut,
    BrokerOutage,
    BrokerStalled,
    /// The broker itself, for every line.
    BrokerKilled,
    /// For a long time.
    BrokerAway,
    EdgeKilled,
    /// While the broker is away, so that values are in the log.
    EdgeKilledBehindOutage,
    /// Again before it has come up.
    EdgeKilledTwice,
    DiskFull,
    /// An edge is killed that could write nothing, and the next one finds no room either.
    EdgeKilledOnFullDisk,
}

/// How often each occurs among so many; `BrokerAway` once in a run.
const OFTEN: [(Fault, usize); 15] = [
    (Fault::LinkCut, 12),
    (Fault::LinkOutage, 5),
    (Fault::LinkStalled, 4),
    (Fault::LinkHalfOpen, 2),
    (Fault::ServerKilled, 4),
    (Fault::ServerKilledBehindOutage, 1),
    (Fault::BrokerCut, 8),
    (Fault::BrokerOutage, 2),
    (Fault::BrokerStalled, 2),
    (Fault::BrokerKilled, 2),
    (Fault::EdgeKilled, 8),
    (Fault::EdgeKilledBehindOutage, 2),
    (Fault::EdgeKilledTwice, 2),
    (Fault::DiskFull, 1),
    (Fault::EdgeKilledOnFullDisk, 1),
];

/// Each once, in any order.
pub(super) fn each(random: &mut Random) -> Vec<Fault> {
    shuffled(random, |_| 1)
}

/// As often as they occur, in any order.
pub(super) fn deck(random: &mut Random) -> Vec<Fault> {
    shuffled(random, |often| often)
}

fn shuffled(random: &mut Random, count: impl Fn(usize) -> usize) -> Vec<Fault> {
    let mut deck: Vec<_> = OFTEN.iter().flat_map(|(fault, often)| vec![*fault; count(*often)]).collect();
    random.shuffle(&mut deck);
    deck
}
