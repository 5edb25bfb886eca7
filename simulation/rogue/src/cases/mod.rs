//! The attacks, by their number in our catalogue of attacks on OPC UA.

use std::fmt;
use std::time::Duration;

use iiot_core::ua::{NodeId, StatusCode};

use crate::attack::Attack;
use crate::callers::Caller;

mod decoder;
mod feed;
mod limits;
mod notifications;
mod redundancy;
mod reverse;
mod space;
mod stall;
mod transport;
mod types;

/// One attack, and what is right in its face.
pub struct Case {
    /// Its number in the catalogue; several cases may share one.
    pub number: u8,
    /// What the server does.
    pub name: &'static str,
    /// What a user of the client does meanwhile.
    pub task: Task,
    /// What must come of it.
    pub expect: Expect,
    /// Bytes of memory that it may cost at its height.
    pub growth: usize,
    /// Whether it takes a client long to find out.
    pub slow: bool,
    /// Makes the attack.
    pub attack: Box<dyn Fn() -> Attack + Send + Sync>,
    /// Those who connect to a client that waits for its server.
    pub callers: Vec<Caller>,
}

/// What an ordinary user does. Every task begins with connecting and ends with closing.
#[derive(Debug, Clone, PartialEq)]
pub enum Task {
    /// Nothing else.
    Connect,
    /// Connects so many times at once; the first failure counts.
    ConnectMany(usize),
    /// Reads the values of nodes, in one call; the status of a bad value is the outcome.
    Read(Vec<NodeId>),
    /// All that lies directly below Objects.
    BrowseFolder,
    /// Follows references from Objects, at least three levels down, entering no node twice.
    Crawl,
    /// Walks over all that lies directly below Objects without keeping it, so many nodes.
    CountChildren(usize),
    /// Subscribes to `nsu=urn:rogue;s=Value` until so many values have come, acknowledging each message.
    Subscribe {
        /// How many values, of whatever item.
        values: usize,
        /// How many messages must be known to be missing by then, if that matters.
        lost: Option<u64>,
    },
    /// Subscribes and neither takes nor acknowledges anything for so long.
    SubscribeAndSleep(Duration),
    /// Reads `ns=1;s=Value`, learns the types that it is made of, and shows it by field name as far as
    /// they can be had.
    ShowStructure,
    /// Listens, at the address of the rogue's URL, until the server `urn:rogue:server` connects
    /// (reverse connect), and reads one value from it.
    AwaitServer,
}

/// What is right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expect {
    /// The task is done.
    Works,
    /// The task fails with one of these.
    Fails(Vec<StatusCode>),
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case").field("number", &self.number).field("name", &self.name).finish_non_exhaustive()
    }
}

/// Every case, in the order of the catalogue.
#[must_use]
pub fn all() -> Vec<Case> {
    let mut cases = transport::cases();
    cases.extend(reverse::cases());
    cases.extend(decoder::cases());
    cases.extend(types::cases());
    cases.extend(space::cases());
    cases.extend(limits::cases());
    cases.extend(notifications::cases());
    cases.extend(stall::cases());
    cases.extend(redundancy::cases());
    cases
}

pub use stall::cut_after;

const MEGABYTE: usize = 1 << 20;
/// What a case may cost that has no reason to cost anything: buffers, and what allocators keep.
const LITTLE: usize = 4 * MEGABYTE;

impl Case {
    fn new(number: u8, name: &'static str, attack: impl Fn() -> Attack + Send + Sync + 'static) -> Self {
        let (task, expect) = (Task::Connect, Expect::Works);
        Self { number, name, task, expect, growth: LITTLE, slow: false, attack: Box::new(attack), callers: Vec::new() }
    }

    fn task(self, task: Task) -> Self {
        Self { task, ..self }
    }

    fn fails(self, statuses: &[StatusCode]) -> Self {
        Self { expect: Expect::Fails(statuses.to_vec()), ..self }
    }

    fn called_by(self, callers: Vec<Caller>) -> Self {
        Self { callers, ..self }
    }

    fn slow(self) -> Self {
        Self { slow: true, ..self }
    }

    fn megabytes(self, megabytes: usize) -> Self {
        Self { growth: megabytes * MEGABYTE, ..self }
    }
}

/// Reading one value.
fn read_one() -> Task {
    Task::Read(vec![NodeId::new(1, "Value")])
}
