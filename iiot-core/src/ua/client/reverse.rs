//! Reverse connect: servers behind a firewall connect to us (OPC 10000-6 §7.1.3).

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use super::UaConnectorOptions;
use crate::clock::{Clock, SystemClock};
use crate::error::{Error, ErrorKind, Result};
use crate::session::{ConnectOptions, ReverseServer};
use crate::ua::secure::{REVERSE_HELLO_HEADER, ReverseHello, refusal};

/// Takes connections of servers and hands them to the sessions that wait for them.
///
/// Anybody can connect, so whoever does has little time to say who it is, few connections of one
/// address are heard at a time, the newest rather than the oldest, and one that no session waits for
/// is closed. What a server says
/// here decides only which session gets the connection: the session then judges the server's
/// certificate as on any other connection.
///
/// ```no_run
/// use std::sync::Arc;
/// use iiot_core::session::{ConnectOptions, Connector, ReverseServer};
/// use iiot_core::trust::FsTrustStore;
/// use iiot_core::ua::client::{ReverseListener, UaConnector, UaConnectorOptions};
///
/// # async fn wait() -> iiot_core::Result<()> {
/// let listener = ReverseListener::bind("0.0.0.0:4841".parse().unwrap()).await?;
/// let trust = Arc::new(FsTrustStore::new("pki"));
/// let connector = UaConnector::new(UaConnectorOptions {
///     reverse: Some(Arc::new(listener)),
///     ..UaConnectorOptions::new("urn:example:reader", trust)
/// });
/// let session = connector.connect(ConnectOptions {
///     reverse: Some(ReverseServer::Uri("urn:plc-7:server".into())),
///     ..ConnectOptions::new("opc.tcp://plc-7:4840")
/// }).await?;
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct ReverseListener {
    address: SocketAddr,
    desk: Arc<Desk>,
    task: AbortHandle,
}

/// A session's place in the queue; it is given up when dropped.
#[derive(Debug)]
pub(super) struct Expected {
    desk: Arc<Desk>,
    id: u64,
    arrived: Arc<Notify>,
}

/// A connection on which a server has said who it is.
#[derive(Debug)]
pub(super) struct Arrival {
    pub(super) hello: ReverseHello,
    pub(super) socket: TcpStream,
}

/// Connects those who arrive with those who wait.
#[derive(Debug, Default)]
struct Desk {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    places: Vec<Place>,
    next_id: u64,
    /// Connections that have not said who they are, the oldest first.
    strangers: Vec<Stranger>,
}

/// A connection that has not said who it is.
#[derive(Debug)]
struct Stranger {
    id: u64,
    address: IpAddr,
    /// It must make room for another one.
    leaves: Arc<Notify>,
}

#[derive(Debug)]
struct Place {
    id: u64,
    server: ReverseServer,
    endpoint_url: String,
    waiting: bool,
    arrival: Option<Arrival>,
    arrived: Arc<Notify>,
}

/// Connections that have not said who they are: of all, and of one address.
const MAX_STRANGERS: usize = 128;
const MAX_STRANGERS_OF_ADDRESS: usize = 16;
/// How long one may take to say who it is.
const PATIENCE: Duration = Duration::from_secs(5);
/// A pause when the system gives no more sockets.
const EXHAUSTED: Duration = Duration::from_millis(100);

impl ReverseListener {
    /// Listens on an address of this machine; port 0 takes any that is free.
    ///
    /// # Errors
    /// `Io` if the address cannot be listened on.
    pub async fn bind(address: SocketAddr) -> Result<Self> {
        let failed = |cause: std::io::Error| {
            Error::new(ErrorKind::Io, "listen for servers", "the address cannot be used")
                .with("address", address)
                .because(cause)
        };
        let socket = TcpListener::bind(address).await.map_err(failed)?;
        let address = socket.local_addr().map_err(failed)?;
        let desk = Arc::new(Desk::default());
        let task = tokio::spawn(listen(socket, Arc::clone(&desk))).abort_handle();
        Ok(Self { address, desk, task })
    }

    /// Where servers are to connect to.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lets connections of a server in from now on.
    pub(super) fn expect(&self, server: ReverseServer, endpoint_url: &str) -> Expected {
        let arrived = Arc::new(Notify::new());
        let mut state = self.desk.state.lock();
        let id = state.next_id;
        state.next_id += 1;
        let (endpoint_url, notify) = (normal(endpoint_url), Arc::clone(&arrived));
        state.places.push(Place { id, server, endpoint_url, waiting: false, arrival: None, arrived: notify });
        Expected { desk: Arc::clone(&self.desk), id, arrived }
    }
}

impl Drop for ReverseListener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Expected {
    /// The next connection of the server, one that has waited already included. Waits for ever.
    pub(super) async fn next(&self) -> Arrival {
        loop {
            let arrived = self.arrived.notified();
            if let Some(arrival) = self.take() {
                return arrival;
            }
            arrived.await;
        }
    }

    /// Whether the server is waited for and has not come.
    pub(super) fn is_waiting(&self) -> bool {
        let state = self.desk.state.lock();
        state.places.iter().any(|place| place.id == self.id && place.waiting && place.arrival.is_none())
    }

    fn take(&self) -> Option<Arrival> {
        let mut state = self.desk.state.lock();
        let place = state.places.iter_mut().find(|place| place.id == self.id)?;
        let arrival = place.arrival.take().filter(Arrival::is_alive);
        place.waiting = arrival.is_none();
        arrival
    }
}

impl Drop for Expected {
    fn drop(&mut self) {
        self.desk.state.lock().places.retain(|place| place.id != self.id);
    }
}

impl Arrival {
    /// A server that still waits is silent. One that gave up has closed the connection.
    fn is_alive(&self) -> bool {
        let read = self.socket.try_read(&mut [0]);
        matches!(read, Err(error) if error.kind() == std::io::ErrorKind::WouldBlock)
    }
}

impl Desk {
    /// Lets one more stranger in. Where there are too many, the oldest of the address that has the most
    /// goes: a server says at once who it is, and those who keep others out do not.
    fn enter(&self, address: IpAddr) -> (u64, Arc<Notify>) {
        let mut state = self.state.lock();
        if let Some(oldest) = state.one_too_many(address) {
            state.strangers.remove(oldest).leaves.notify_one();
        }
        let (id, leaves) = (state.next_id, Arc::new(Notify::new()));
        state.next_id += 1;
        state.strangers.push(Stranger { id, address, leaves: Arc::clone(&leaves) });
        (id, leaves)
    }

    fn leave(&self, id: u64) {
        self.state.lock().strangers.retain(|stranger| stranger.id != id);
    }

    /// Hands a connection to who waits for it. One that comes while an earlier one waits takes its
    /// place: the server knows which one is good.
    fn arrive(&self, arrival: Arrival) -> Result<(), Arrival> {
        let mut state = self.state.lock();
        let wanted = state.places.iter_mut().filter(|place| place.is_for(&arrival.hello));
        let Some(place) = wanted.min_by_key(|place| (place.arrival.is_some(), !place.waiting)) else {
            return Err(arrival);
        };
        place.arrival = Some(arrival);
        place.arrived.notify_one();
        Ok(())
    }
}

impl State {
    /// Which stranger must go before one of this address can come.
    fn one_too_many(&self, address: IpAddr) -> Option<usize> {
        let count = |address: IpAddr| self.strangers.iter().filter(|stranger| stranger.address == address).count();
        let crowd = if count(address) >= MAX_STRANGERS_OF_ADDRESS {
            address
        } else if self.strangers.len() >= MAX_STRANGERS {
            self.strangers.iter().map(|stranger| stranger.address).max_by_key(|address| count(*address))?
        } else {
            return None;
        };
        self.strangers.iter().position(|stranger| stranger.address == crowd)
    }
}

impl Place {
    fn is_for(&self, hello: &ReverseHello) -> bool {
        match &self.server {
            ReverseServer::Uri(uri) => *uri == hello.server_uri,
            ReverseServer::Endpoint => self.endpoint_url == normal(&hello.endpoint_url),
        }
    }
}

/// Servers write their URL with and without a slash at the end, and hosts in any case.
fn normal(url: &str) -> String {
    url.trim_end_matches('/').to_ascii_lowercase()
}

async fn listen(socket: TcpListener, desk: Arc<Desk>) {
    loop {
        match socket.accept().await {
            Ok((stream, from)) => {
                let desk = Arc::clone(&desk);
                let (id, leaves) = desk.enter(from.ip());
                tokio::spawn(async move {
                    let heard = hear(stream, &leaves).await;
                    desk.leave(id);
                    match heard {
                        Ok(arrival) => admit(&desk, arrival, from),
                        Err(error) => tracing::debug!(%error, %from, "a connection was refused"),
                    }
                });
            }
            Err(error) => {
                tracing::warn!(%error, "no connection can be taken");
                pause(EXHAUSTED).await;
            }
        }
    }
}

/// Hears who has connected.
async fn hear(mut socket: TcpStream, leaves: &Notify) -> Result<Arrival> {
    let failed = |cause: std::io::Error| {
        Error::new(ErrorKind::Unavailable, "hear a server", "the connection ended").because(cause)
    };
    let hello = async {
        let mut header = [0; REVERSE_HELLO_HEADER];
        socket.read_exact(&mut header).await.map_err(failed)?;
        let mut body = vec![0; ReverseHello::body_size(header)?];
        socket.read_exact(&mut body).await.map_err(failed)?;
        ReverseHello::decode(&body)
    };
    let hello = tokio::select! {
        hello = hello => hello?,
        () = pause(PATIENCE) => return Err(silent("it does not say who it is")),
        () = leaves.notified() => return Err(silent("it does not say who it is, and others want to")),
    };
    socket.set_nodelay(true).map_err(failed)?;
    Ok(Arrival { hello, socket })
}

fn silent(why: &'static str) -> Error {
    Error::new(ErrorKind::Timeout, "hear a server", why)
}

fn admit(desk: &Desk, arrival: Arrival, from: SocketAddr) {
    if let Err(Arrival { hello, socket }) = desk.arrive(arrival) {
        let (uri, url) = (hello.server_uri.escape_debug(), hello.endpoint_url.escape_debug());
        tracing::info!(%from, %uri, %url, "nobody waits for a server that connected");
        // It may not take this either.
        let _ = socket.try_write(&refusal());
    }
}

/// Sockets live in real time, whatever clock sessions have.
async fn pause(duration: Duration) {
    SystemClock.sleep_until(SystemClock.now() + duration).await;
}

/// A place at the listener, if the server is to connect to us.
pub(super) fn expected(parts: &UaConnectorOptions, options: &ConnectOptions) -> Result<Option<Expected>> {
    let Some(server) = &options.reverse else { return Ok(None) };
    let listener = parts.reverse.as_ref().ok_or_else(|| {
        Error::new(ErrorKind::InvalidArgument, "connect", "the client has no listener for servers; give it one")
    })?;
    Ok(Some(listener.expect(server.clone(), &options.endpoint_url)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use tokio::io::AsyncWriteExt;
    use tokio::time::timeout;

    use super::*;

    const LONG: Duration = Duration::from_secs(20);

    async fn listener() -> ReverseListener {
        ReverseListener::bind(([127, 0, 0, 1], 0).into()).await.unwrap()
    }

    async fn dial(listener: &ReverseListener, bytes: &[u8]) -> TcpStream {
        let mut socket = TcpStream::connect(listener.address()).await.unwrap();
        socket.write_all(bytes).await.unwrap();
        socket
    }

    fn hello(uri: &str) -> Vec<u8> {
        ReverseHello { server_uri: uri.into(), endpoint_url: "opc.tcp://PLC:4840/".into() }.encode()
    }

    /// Waits until the other side has closed, and returns what it said before.
    async fn closed(mut socket: TcpStream) -> Vec<u8> {
        let mut said = Vec::new();
        // A reset is as good as an orderly end.
        let _ = timeout(LONG, socket.read_to_end(&mut said)).await.unwrap();
        said
    }

    #[tokio::test]
    async fn a_server_comes_to_who_waits_for_it_by_uri_or_by_url() {
        let listener = listener().await;
        let by_uri = listener.expect(ReverseServer::Uri("urn:a".into()), "opc.tcp://other");
        let _a = dial(&listener, &hello("urn:a")).await;
        assert_eq!(timeout(LONG, by_uri.next()).await.unwrap().hello.server_uri, "urn:a");
        drop(by_uri);
        let by_url = listener.expect(ReverseServer::Endpoint, "opc.tcp://plc:4840");
        let _b = dial(&listener, &hello("urn:b")).await;
        assert_eq!(timeout(LONG, by_url.next()).await.unwrap().hello.server_uri, "urn:b");
    }

    #[tokio::test]
    async fn a_connection_that_the_server_has_given_up_is_not_handed_out() {
        let listener = listener().await;
        let expected = listener.expect(ReverseServer::Uri("urn:a".into()), "opc.tcp://a");
        drop(dial(&listener, &hello("urn:a")).await);
        let mut second = dial(&listener, &hello("urn:a")).await;
        let mut arrival = timeout(LONG, expected.next()).await.unwrap();
        while arrival.socket.local_addr().unwrap() != listener.address()
            || arrival.socket.peer_addr().unwrap() != second.local_addr().unwrap()
        {
            arrival = timeout(LONG, expected.next()).await.unwrap();
        }
        arrival.socket.write_all(b"HELF").await.unwrap();
        let mut heard = [0; 4];
        timeout(LONG, second.read_exact(&mut heard)).await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn strangers_and_nonsense_are_sent_away_and_do_not_keep_a_server_out() {
        let listener = listener().await;
        let expected = listener.expect(ReverseServer::Uri("urn:a".into()), "opc.tcp://a");
        for _ in 0..200 {
            let said = closed(dial(&listener, &hello("urn:unknown")).await).await;
            assert!(said.is_empty() || said.starts_with(b"ERRF"), "{said:?}");
        }
        for nonsense in [b"GET / HTTP/1.1\r\n\r\n".as_slice(), b"RHEF\xff\xff\xff\xff", b"RHEF\x08\0\0\0"] {
            closed(dial(&listener, nonsense).await).await;
        }
        // As many as one address may have, each slower than is allowed; for one more the first must go.
        let mut slow = Vec::new();
        for _ in 0..MAX_STRANGERS_OF_ADDRESS {
            slow.push(dial(&listener, b"RH").await);
        }
        let start = std::time::Instant::now();
        slow.push(dial(&listener, b"RH").await);
        closed(slow.remove(0)).await;
        assert!(start.elapsed() < PATIENCE, "it made no room");
        for socket in slow {
            closed(socket).await;
        }
        let _a = dial(&listener, &hello("urn:a")).await;
        assert_eq!(timeout(LONG, expected.next()).await.unwrap().hello.server_uri, "urn:a");
        assert!(listener.desk.state.lock().strangers.is_empty());
    }
}
