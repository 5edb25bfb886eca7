//! Says Hello to an address and tells what answers.

use std::io::{Error as IoError, ErrorKind as IoErrorKind};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::clock::Clock;
use crate::ua::StatusCode;
use crate::ua::secure::{Limits, Reply, hello_of, reply};

/// What an address and port turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Greeting {
    /// The connection was refused: the host is there, nothing listens.
    Closed,
    /// No answer to the connection in time.
    Filtered,
    /// The network says that nothing can be reached there.
    Unreachable {
        /// What it says.
        message: String,
    },
    /// We could not try.
    NotTried {
        /// Why.
        message: String,
        /// This machine lacks descriptors, ports or memory at the moment, so trying again can help.
        passing: bool,
    },
    /// It took the connection and said nothing in time.
    Silent,
    /// It took the connection and ended it before it said anything.
    Hangup,
    /// It says something else than OPC UA.
    Other {
        /// What it begins with: at most 64 printable characters, other bytes as `\x15`.
        begins: String,
    },
    /// It speaks OPC UA and refuses us by ERR.
    Refused {
        /// Its StatusCode.
        status: StatusCode,
        /// The reason it gives: at most 256 characters, none of control; may be empty.
        reason: String,
    },
    /// It speaks OPC UA: it acknowledged our Hello.
    OpcUa,
}

/// The largest answer that is read; an ACK has 28 bytes, and an ERR's reason 4096 (OPC 10000-6 §7.1.2.5).
const MAX_ANSWER: usize = 8192;
/// How long we wait for the other side to close too.
const FAREWELL: Duration = Duration::from_millis(250);
/// What is shown of a stranger.
const MAX_BEGINS: usize = 64;

/// Connects to `at` and says Hello for `endpoint_url`, at most 4096 bytes. Connection and answer together take at most
/// `timeout`, and a quarter of a second more where both sides say goodbye.
///
/// No socket is left behind, also when this future is dropped. Whoever answers is told goodbye in order (FIN), so that
/// its log shows nothing unusual and it frees what it holds. Whoever stays mute or does not close in time is cut off
/// (RST): the end of a connection that nobody reads would leave both sides with a half-open one.
///
/// ```no_run
/// use std::time::Duration;
/// use iiot_core::clock::SystemClock;
/// use iiot_core::ua::client::{Greeting, greet};
///
/// # async fn ask() {
/// let at = "10.0.0.7:4840".parse().unwrap();
/// let greeting = greet(at, "opc.tcp://10.0.0.7:4840", Duration::from_secs(3), &SystemClock).await;
/// assert_eq!(greeting, Greeting::OpcUa);
/// # }
/// ```
pub async fn greet(at: SocketAddr, endpoint_url: &str, timeout: Duration, clock: &dyn Clock) -> Greeting {
    Greeter::new(at).greet(endpoint_url, timeout, clock).await
}

/// [`greet`] in two steps, for those who must say to some microseconds when a connection begins: on a machine that has
/// rested, to make a socket takes half as long as to begin a connection.
#[derive(Debug)]
pub struct Greeter {
    at: SocketAddr,
    socket: Result<TcpSocket, IoError>,
}

impl Greeter {
    /// Makes a socket, and nothing else yet. Where the machine has no room for one, the greeting will be
    /// [`Greeting::NotTried`].
    #[must_use]
    pub fn new(at: SocketAddr) -> Self {
        Self { at, socket: socket(at) }
    }

    /// Connects and says Hello as [`greet`] does. The connection has begun when this was polled once.
    pub async fn greet(self, endpoint_url: &str, timeout: Duration, clock: &dyn Clock) -> Greeting {
        let deadline = clock.now() + timeout;
        let mut socket = match until(deadline, clock, self.connect()).await {
            None => return Greeting::Filtered,
            Some(Err(error)) => return unconnected(&error),
            Some(Ok(socket)) => socket,
        };
        if is_own(&socket) {
            return Greeting::Closed;
        }
        let mut said = Vec::new();
        let ending = until(deadline, clock, converse(&mut socket, endpoint_url, &mut said)).await;
        let greeting = judge(&said, ending);
        if !matches!(greeting, Greeting::Silent) {
            until(clock.now() + FAREWELL, clock, farewell(&mut socket)).await;
        }
        greeting
    }

    async fn connect(self) -> Result<TcpStream, IoError> {
        self.socket?.connect(self.at).await
    }
}

/// A socket that is reset if it is dropped before both sides have closed it: once they have, there is nothing to reset.
/// So nothing half-open is left wherever we stop.
fn socket(at: SocketAddr) -> Result<TcpSocket, IoError> {
    let socket = if at.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_zero_linger()?;
    socket.set_nodelay(true)?;
    Ok(socket)
}

/// A port from which this machine itself happens to connect: TCP then connects the socket with itself.
fn is_own(socket: &TcpStream) -> bool {
    matches!((socket.local_addr(), socket.peer_addr()), (Ok(local), Ok(peer)) if local == peer)
}

/// How reading came to its end.
enum Ending {
    /// Enough was said to judge it.
    Enough,
    /// The other side closed or reset the connection.
    Closed,
}

/// Says Hello and listens until enough was said. What was said stands in `said`, whenever this is given up.
async fn converse(socket: &mut TcpStream, endpoint_url: &str, said: &mut Vec<u8>) -> Ending {
    if socket.write_all(&hello_of(&Limits::default().for_strangers(), endpoint_url)).await.is_err() {
        return Ending::Closed;
    }
    let mut part = [0; 1024];
    while matches!(reply(said, MAX_ANSWER), Reply::Unfinished) {
        match socket.read(&mut part).await {
            Ok(0) | Err(_) => return Ending::Closed,
            Ok(count) => said.extend_from_slice(&part[..count]),
        }
    }
    Ending::Enough
}

fn judge(said: &[u8], ending: Option<Ending>) -> Greeting {
    match (reply(said, MAX_ANSWER), ending) {
        (Reply::Acknowledge, _) => Greeting::OpcUa,
        (Reply::Error { status, reason }, _) => Greeting::Refused { status, reason },
        (_, Some(Ending::Closed)) if said.is_empty() => Greeting::Hangup,
        (_, None) if said.is_empty() => Greeting::Silent,
        _ => Greeting::Other { begins: begins(said) },
    }
}

/// The first line of a text, or the first bytes of anything else.
fn begins(said: &[u8]) -> String {
    let is_text = said.starts_with(b"HTTP/") || said.starts_with(b"SSH-") || said.starts_with(b"220");
    let line = said.split(|byte| is_text && matches!(byte, b'\r' | b'\n')).next().unwrap_or_default();
    line.escape_ascii().take(MAX_BEGINS).map(char::from).collect()
}

/// Closes our side and waits for the other one.
async fn farewell(socket: &mut TcpStream) {
    let mut part = [0; 1024];
    let mut left = MAX_ANSWER;
    let mut open = socket.shutdown().await.is_ok();
    while open && left > 0 {
        let count = socket.read(&mut part).await.unwrap_or(0);
        left = left.saturating_sub(count);
        open = count > 0;
    }
}

/// The outcome of a connection that did not come about.
fn unconnected(error: &IoError) -> Greeting {
    use IoErrorKind::{AddrNotAvailable, ConnectionRefused, ConnectionReset, OutOfMemory, PermissionDenied, TimedOut};
    let message = error.to_string();
    let lacks = error.raw_os_error().is_some_and(|code| LACKS.contains(&code));
    match error.kind() {
        ConnectionRefused => Greeting::Closed,
        ConnectionReset => Greeting::Hangup,
        TimedOut => Greeting::Filtered,
        _ if lacks => Greeting::NotTried { message, passing: true },
        OutOfMemory | AddrNotAvailable => Greeting::NotTried { message, passing: true },
        PermissionDenied => Greeting::NotTried { message, passing: false },
        _ => Greeting::Unreachable { message },
    }
}

/// What the system says when a process or the machine has too many files open (EMFILE, ENFILE) or no room for more
/// sockets (ENOBUFS).
#[cfg(target_os = "linux")]
const LACKS: [i32; 3] = [24, 23, 105];
#[cfg(all(unix, not(target_os = "linux")))]
const LACKS: [i32; 3] = [24, 23, 55];
#[cfg(windows)]
const LACKS: [i32; 2] = [10_024, 10_055];

async fn until<T>(deadline: Instant, clock: &dyn Clock, work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        outcome = work => Some(outcome),
        () = clock.sleep_until(deadline) => None,
    }
}

#[cfg(test)]
#[path = "greet_tests.rs"]
mod tests;
