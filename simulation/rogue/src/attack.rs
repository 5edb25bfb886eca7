//! What a server does wrong, and when.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use iiot_core::ua::{Request, Response};
use parking_lot::Mutex;

use crate::wire::Channel;

/// Something that happens on a connection and that the server reacts to.
#[derive(Debug)]
pub enum On<'a> {
    /// A client has connected.
    Accepted,
    /// HEL came: its body.
    Hello(&'a [u8]),
    /// OPN came.
    Open {
        /// Whether it renews the token of an open channel.
        renew: bool,
    },
    /// A request came.
    Request(&'a Request),
}

/// A moment in which the attack may act.
#[derive(Debug)]
pub struct Turn<'a> {
    /// What happened.
    pub on: On<'a>,
    /// How many connections came before this one.
    pub connection: usize,
    /// The id of the request, 0 before there is one.
    pub request_id: u32,
    /// The channel, to make chunks with.
    pub channel: &'a mut Channel,
}

/// Makes bytes, again and again.
pub type Next = Box<dyn FnMut(&mut Channel) -> Vec<u8> + Send>;

/// Makes bytes.
pub type Once = Box<dyn FnOnce(&mut Channel) -> Vec<u8> + Send>;

/// Makes a good response a bad one.
pub type Change = Box<dyn FnOnce(&mut Response) + Send>;

/// What to do.
pub enum Act {
    /// What an honest server does.
    Honest,
    /// Nothing.
    Silence,
    /// Writes these bytes and nothing else.
    Bytes(Vec<u8>),
    /// Answers with this response.
    Answer(Response),
    /// Answers as an honest server does, changed by the function.
    Change(Change),
    /// Writes these bytes, the last ones, and closes the connection in order.
    Last(Vec<u8>),
    /// Answers with this message body.
    Body(Vec<u8>),
    /// Writes what the function makes, again and again, until the client has gone.
    Flood(Next),
    /// Writes one byte, then waits so long, and so on.
    Drip(Vec<u8>, Duration),
    /// Goes on honestly, and resets the connection after so many bytes of its own.
    CutAfter(usize),
    /// Resets the connection.
    Reset,
    /// Before the honest answer, writes these bytes.
    BytesThenHonest(Vec<u8>),
    /// After the honest answer, writes what the function makes.
    HonestThen(Once),
}

/// A server's bad behaviour; honest wherever it has nothing to do.
#[derive(Clone)]
pub struct Attack(Arc<Mutex<Script>>);

type Script = dyn FnMut(&mut Turn<'_>) -> Act + Send;

impl Attack {
    /// Acts as the function says.
    #[must_use]
    pub fn new(script: impl FnMut(&mut Turn<'_>) -> Act + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(script)))
    }

    /// Acts on requests of users as the function says. What clients read of namespace 0 for themselves
    /// is answered honestly.
    #[must_use]
    pub fn on_request(mut script: impl FnMut(&Request, &mut Channel, u32) -> Option<Act> + Send + 'static) -> Self {
        Self::new(move |turn| match turn.on {
            On::Request(request) if !is_housekeeping(request) => {
                script(request, turn.channel, turn.request_id).unwrap_or(Act::Honest)
            }
            _ => Act::Honest,
        })
    }

    pub(crate) fn act(&self, turn: &mut Turn<'_>) -> Act {
        (self.0.lock())(turn)
    }
}

impl Default for Attack {
    /// None at all.
    fn default() -> Self {
        Self::new(|_| Act::Honest)
    }
}

impl fmt::Debug for Attack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Attack")
    }
}

impl fmt::Debug for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Act")
    }
}

/// Reads of namespace 0 alone: the namespace table, limits, signs of life.
pub(crate) fn is_housekeeping(request: &Request) -> bool {
    let Request::Read(read) = request else { return false };
    read.nodes_to_read.iter().flatten().all(|node| node.node_id.namespace == 0)
}
