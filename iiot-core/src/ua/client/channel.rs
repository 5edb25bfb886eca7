//! A secure channel on a socket: requests in, answers out.
//!
//! One task owns the channel and its socket. It reads whenever something comes: a write that stalls
//! can never keep answers from being read.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::net::{TcpStream, ToSocketAddrs};
use tokio::sync::{Notify, mpsc, oneshot, watch};

use super::address::Address;
use super::driver::Driver;
use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Result};
use crate::ua::Request;
use crate::ua::codec::encode_request;
use crate::ua::secure::{CHANNEL_REQUEST_IDS, ChannelConfig, SecureChannel};

/// An open secure channel. It closes when the last clone is dropped.
#[derive(Debug, Clone)]
pub(crate) struct Channel {
    /// As the server numbers it.
    id: u32,
    requests: mpsc::Sender<Outgoing>,
    request_ids: Arc<AtomicU32>,
    clock: Arc<dyn Clock>,
    handle: Arc<Handle>,
    ended: watch::Receiver<Option<Arc<Error>>>,
}

/// Closes the channel when the last user of it is gone.
#[derive(Debug)]
struct Handle(Arc<Status>);

/// What the driver and its users share, besides requests.
#[derive(Debug)]
pub(super) struct Status {
    /// When bytes last came.
    pub(super) heard: Mutex<Instant>,
    /// The channel is to be closed, whatever else waits.
    pub(super) closing: Notify,
    /// Why, if not because its users have no more use for it.
    pub(super) cause: Mutex<Option<Arc<Error>>>,
    /// The server has accepted us and may send messages of full size.
    pub(super) admitted: AtomicBool,
}

/// A request for the driver to send.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) request_id: u32,
    pub(super) body: Vec<u8>,
    pub(super) deadline: Instant,
    pub(super) reply: Reply,
}

/// Where an answer goes.
#[derive(Debug)]
pub(super) enum Reply {
    Once(oneshot::Sender<Answer>),
    /// Into a common queue, which keeps the order in which answers came. It is as long as there
    /// are requests in flight.
    Tagged(u64, mpsc::UnboundedSender<(u64, Answer)>),
}

/// The body of a response, or why there is none.
pub(crate) type Answer = Result<Bytes, Unanswered>;

/// Why a request has no answer.
#[derive(Debug)]
pub(crate) enum Unanswered {
    /// It was not sent, or the server aborted its answer; the channel goes on.
    Refused(Error),
    /// It was sent, and no answer came in time.
    TimedOut,
    /// The connection ended, for this cause.
    Lost(Arc<Error>),
}

/// Requests that wait for the driver.
const MAX_WAITING: usize = 32;

fn unsent(service: &'static str) -> Error {
    Error::new(ErrorKind::Timeout, service, "the connection took nothing in time, so it was not sent")
}

impl Channel {
    /// Connects and opens a secure channel. The caller bounds the time.
    pub(crate) async fn open(address: &Address, config: ChannelConfig, clock: &Arc<dyn Clock>) -> Result<Self> {
        let socket = dial((address.host(), address.port())).await.map_err(|error| error.with("endpoint", address))?;
        Self::over(socket, config, clock).await
    }

    /// As [`open`](Self::open), at this address, whatever the URL says.
    pub(crate) async fn open_at(place: SocketAddr, config: ChannelConfig, clock: &Arc<dyn Clock>) -> Result<Self> {
        let socket = dial(place).await.map_err(|error| error.with("address", place))?;
        Self::over(socket, config, clock).await
    }

    /// The number that the server gave it.
    pub(crate) fn id(&self) -> u32 {
        self.id
    }

    /// Opens a secure channel on a connection. The caller bounds the time.
    pub(crate) async fn over(socket: TcpStream, config: ChannelConfig, clock: &Arc<dyn Clock>) -> Result<Self> {
        let channel = SecureChannel::connect(config, clock.now())?;
        let (requests, received) = mpsc::channel(MAX_WAITING);
        let (opened_sender, opened) = oneshot::channel();
        let (ended_sender, ended) = watch::channel(None);
        let status = Arc::new(Status {
            heard: Mutex::new(clock.now()),
            closing: Notify::new(),
            cause: Mutex::new(None),
            admitted: AtomicBool::new(false),
        });
        let driver =
            Driver::new(channel, Arc::clone(clock), received, opened_sender, ended_sender, Arc::clone(&status));
        tokio::spawn(driver.run(socket));
        let id =
            opened.await.map_err(|_| Error::new(ErrorKind::Internal, "open secure channel", "the task ended"))??;
        let (handle, clock) = (Arc::new(Handle(status)), Arc::clone(clock));
        Ok(Self { id, requests, request_ids: Arc::new(AtomicU32::new(1)), clock, handle, ended })
    }

    /// Sends a request and waits for the body of its response.
    pub(crate) async fn call(&self, request: &Request, deadline: Instant) -> Answer {
        let body = encode_request(request).map_err(Unanswered::Refused)?;
        let (reply, answer) = oneshot::channel();
        let outgoing = Outgoing { request_id: self.request_id(), body, deadline, reply: Reply::Once(reply) };
        // While the socket takes nothing, neither does the driver.
        tokio::select! {
            permit = self.requests.reserve() => match permit {
                Ok(permit) => permit.send(outgoing),
                Err(_) => return Err(Unanswered::Lost(self.cause())),
            },
            () = self.clock.sleep_until(deadline) => return Err(Unanswered::Refused(unsent(request.service()))),
        }
        answer.await.unwrap_or_else(|_| Err(Unanswered::Lost(self.cause())))
    }

    /// A place in the queue of requests if there is one now.
    pub(super) fn try_reserve(&self) -> Option<mpsc::Permit<'_, Outgoing>> {
        self.requests.try_reserve().ok()
    }

    /// A place in the queue of requests, for callers that must not wait while they hold one.
    pub(super) async fn reserve(&self) -> Option<mpsc::Permit<'_, Outgoing>> {
        self.requests.reserve().await.ok()
    }

    /// A request whose answer goes into a common queue.
    pub(super) fn tagged(
        &self,
        tag: u64,
        request: &Request,
        deadline: Instant,
        answers: &mpsc::UnboundedSender<(u64, Answer)>,
    ) -> Result<Outgoing> {
        let body = encode_request(request)?;
        let reply = Reply::Tagged(tag, answers.clone());
        Ok(Outgoing { request_id: self.request_id(), body, deadline, reply })
    }

    /// Takes messages of full size from now on: the session is active.
    pub(crate) fn admit(&self) {
        self.handle.0.admitted.store(true, Ordering::Relaxed);
    }

    /// When the server was last heard.
    pub(crate) fn heard(&self) -> Instant {
        *self.handle.0.heard.lock()
    }

    /// Returns when the connection has ended, with the first cause.
    pub(crate) async fn ended(&self) -> Arc<Error> {
        let mut ended = self.ended.clone();
        let cause = ended.wait_for(Option::is_some).await.map(|cause| cause.clone());
        cause.ok().flatten().unwrap_or_else(unknown)
    }

    /// Whether the connection has ended.
    pub(crate) fn has_ended(&self) -> bool {
        self.ended.borrow().is_some()
    }

    /// Begins to close: tells the server and closes the socket.
    pub(crate) fn shut(&self) {
        self.handle.0.closing.notify_one();
    }

    /// Begins to close, and says to whoever waits for an answer why there will be none.
    pub(crate) fn shut_for(&self, cause: Arc<Error>) {
        self.handle.0.cause.lock().get_or_insert(cause);
        self.shut();
    }

    /// Tells the server and closes the socket.
    pub(crate) async fn close(&self) {
        self.shut();
        self.ended().await;
    }

    fn cause(&self) -> Arc<Error> {
        self.ended.borrow().clone().unwrap_or_else(unknown)
    }

    fn request_id(&self) -> u32 {
        let next = self.request_ids.fetch_add(1, Ordering::Relaxed);
        // Zero and the ids of the channel itself are left out when the counter comes round.
        next % (CHANNEL_REQUEST_IDS - 1) + 1
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.0.closing.notify_one();
    }
}

fn unknown() -> Arc<Error> {
    Arc::new(Error::new(ErrorKind::Unavailable, "keep the connection", "the connection was lost"))
}

/// A socket without delay of small writes.
async fn dial(place: impl ToSocketAddrs) -> Result<TcpStream> {
    let unreachable =
        |cause: std::io::Error| Error::new(ErrorKind::Unavailable, "connect", unreachable_text(&cause)).because(cause);
    let socket = TcpStream::connect(place).await.map_err(unreachable)?;
    socket.set_nodelay(true).map_err(unreachable)?;
    Ok(socket)
}

fn unreachable_text(cause: &std::io::Error) -> &'static str {
    match cause.kind() {
        std::io::ErrorKind::ConnectionRefused => "nothing listens there; check host and port, and that the server runs",
        std::io::ErrorKind::TimedOut => "the host does not answer; check the address and the network",
        std::io::ErrorKind::HostUnreachable | std::io::ErrorKind::NetworkUnreachable => "there is no route to the host",
        _ => "the host cannot be reached; check its name and the network",
    }
}

/// A pause long enough for CLO to leave.
pub(super) const FAREWELL: Duration = Duration::from_millis(500);
