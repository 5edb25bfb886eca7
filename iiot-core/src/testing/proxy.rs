//! A TCP proxy that breaks connections when a test says so.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::error::{Error, ErrorKind, Result};

/// Forwards every connection to a target, until it is told to misbehave.
///
/// Faults add up: each stays until [`heal`](Self::heal). Dropping the proxy cuts everything.
#[derive(Debug)]
pub struct FaultProxy {
    address: SocketAddr,
    faults: Arc<watch::Sender<Faults>>,
    counts: Arc<Counts>,
    listener: JoinHandle<()>,
}

/// What is wrong now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Faults {
    /// Connections of earlier generations are to be closed.
    generation: u64,
    /// Connections of earlier ones lose their target and stay open towards the client.
    halves: u64,
    refuse: bool,
    stall: bool,
    delay: Duration,
}

#[derive(Debug, Default)]
struct Counts {
    connections: AtomicU64,
    openings: AtomicU64,
    to_target: AtomicU64,
    to_client: AtomicU64,
    news: Notify,
}

impl FaultProxy {
    /// Listens on a free port of the loopback interface and forwards to `target`.
    ///
    /// # Errors
    /// If there is no free port.
    pub async fn start(target: SocketAddr) -> Result<Self> {
        let cannot = |cause| Error::new(ErrorKind::Io, "start the fault proxy", "no port").because(cause);
        let socket = TcpListener::bind(("127.0.0.1", 0)).await.map_err(cannot)?;
        let address = socket.local_addr().map_err(cannot)?;
        let faults = Arc::new(watch::Sender::new(Faults::default()));
        let counts = Arc::new(Counts::default());
        let listener = tokio::spawn(listen(socket, target, Arc::clone(&faults), Arc::clone(&counts)));
        Ok(Self { address, faults, counts, listener })
    }

    /// Where to connect to.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Closes every connection; new ones are served.
    pub fn cut(&self) {
        self.faults.send_modify(|faults| faults.generation += 1);
    }

    /// Takes the target away from every connection, which the client is not told: its side stays
    /// open and silent until a [`cut`](Self::cut). New connections are served.
    pub fn half_open(&self) {
        self.faults.send_modify(|faults| faults.halves += 1);
    }

    /// Closes new connections as soon as they are made; existing ones stay.
    pub fn refuse_new(&self) {
        self.faults.send_modify(|faults| faults.refuse = true);
    }

    /// Closes every connection and refuses new ones.
    pub fn outage(&self) {
        self.faults.send_modify(|faults| {
            faults.generation += 1;
            faults.refuse = true;
        });
    }

    /// Accepts connections and bytes but forwards nothing; what came is forwarded after healing.
    pub fn stall(&self) {
        self.faults.send_modify(|faults| faults.stall = true);
    }

    /// Holds back each piece that is forwarded by `delay`.
    pub fn delay(&self, delay: Duration) {
        self.faults.send_modify(|faults| faults.delay = delay);
    }

    /// Ends every fault.
    pub fn heal(&self) {
        self.faults.send_modify(|faults| {
            *faults = Faults { generation: faults.generation, halves: faults.halves, ..Faults::default() };
        });
    }

    /// Connections made so far, refused ones included.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.counts.connections.load(Relaxed)
    }

    /// OpenSecureChannel messages forwarded to the target so far: new channels and renewed tokens.
    #[must_use]
    pub fn openings(&self) -> u64 {
        self.counts.openings.load(Relaxed)
    }

    /// Bytes forwarded so far, to the target and to clients.
    #[must_use]
    pub fn bytes(&self) -> (u64, u64) {
        (self.counts.to_target.load(Relaxed), self.counts.to_client.load(Relaxed))
    }

    /// Returns when so many bytes were forwarded since the start, both ways together.
    pub async fn passed(&self, bytes: u64) {
        loop {
            let mut news = pin!(self.counts.news.notified());
            // Whatever passes from here on wakes us.
            news.as_mut().enable();
            let (to_target, to_client) = self.bytes();
            if to_target + to_client >= bytes {
                return;
            }
            news.await;
        }
    }
}

impl Counts {
    fn sent(&self, bytes: &[u8]) {
        self.to_target.fetch_add(bytes.len() as u64, Relaxed);
        // Even where everything else is encrypted, a chunk says what it is.
        let openings = bytes.windows(4).filter(|window| *window == b"OPNF").count();
        self.openings.fetch_add(openings as u64, Relaxed);
        self.news.notify_waiters();
    }

    fn received(&self, bytes: &[u8]) {
        self.to_client.fetch_add(bytes.len() as u64, Relaxed);
        self.news.notify_waiters();
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.listener.abort();
        self.outage();
    }
}

async fn listen(socket: TcpListener, target: SocketAddr, faults: Arc<watch::Sender<Faults>>, counts: Arc<Counts>) {
    while let Ok((client, _)) = socket.accept().await {
        counts.connections.fetch_add(1, Relaxed);
        let faults = faults.subscribe();
        if !faults.borrow().refuse {
            tokio::spawn(forward(client, target, faults, Arc::clone(&counts)));
        }
    }
}

/// Serves one connection until either side closes it or it is cut.
async fn forward(client: TcpStream, target: SocketAddr, faults: watch::Receiver<Faults>, counts: Arc<Counts>) {
    let Faults { generation, halves, .. } = *faults.borrow();
    let Ok(server) = TcpStream::connect(target).await else { return };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let (mut cut, mut halved) = (faults.clone(), faults.clone());
    tokio::select! {
        () = pump(&mut from_client, &mut to_server, faults.clone(), |bytes| counts.sent(bytes)) => return,
        () = pump(&mut from_server, &mut to_client, faults, |bytes| counts.received(bytes)) => return,
        _ = cut.wait_for(|faults| faults.generation != generation) => return,
        _ = halved.wait_for(|faults| faults.halves != halves) => {}
    }
    drop((from_server, to_server));
    let mut nowhere = tokio::io::sink();
    tokio::select! {
        _ = tokio::io::copy(&mut from_client, &mut nowhere) => {}
        _ = cut.wait_for(|faults| faults.generation != generation) => {}
    }
}

async fn pump(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    mut faults: watch::Receiver<Faults>,
    count: impl Fn(&[u8]),
) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        let delay = faults.borrow().delay;
        sleep(delay).await;
        if faults.wait_for(|faults| !faults.stall).await.is_err() || to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
        count(&buffer[..length]);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use tokio::time::{Instant, timeout};

    const PATIENCE: Duration = Duration::from_secs(10);

    /// A server that sends back what it gets.
    async fn echo() -> SocketAddr {
        let socket = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = socket.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = socket.accept().await {
                tokio::spawn(async move {
                    let (mut from, mut to) = stream.split();
                    tokio::io::copy(&mut from, &mut to).await
                });
            }
        });
        address
    }

    async fn connected() -> (FaultProxy, TcpStream) {
        let proxy = FaultProxy::start(echo().await).await.unwrap();
        let stream = TcpStream::connect(proxy.address()).await.unwrap();
        (proxy, stream)
    }

    async fn round_trip(stream: &mut TcpStream) -> std::io::Result<[u8; 4]> {
        let mut answer = [0; 4];
        stream.write_all(b"ping").await?;
        timeout(PATIENCE, stream.read_exact(&mut answer)).await.unwrap()?;
        Ok(answer)
    }

    #[tokio::test]
    async fn bytes_pass_both_ways_and_are_counted() {
        let (proxy, mut stream) = connected().await;
        assert_eq!(&round_trip(&mut stream).await.unwrap(), b"ping");
        timeout(PATIENCE, proxy.passed(8)).await.unwrap();
        assert_eq!((proxy.connections(), proxy.bytes()), (1, (4, 4)));
    }

    #[tokio::test]
    async fn a_cut_ends_connections_and_lets_new_ones_in() {
        let (proxy, mut stream) = connected().await;
        round_trip(&mut stream).await.unwrap();
        proxy.cut();
        assert!(round_trip(&mut stream).await.is_err());
        let mut again = TcpStream::connect(proxy.address()).await.unwrap();
        assert_eq!(&round_trip(&mut again).await.unwrap(), b"ping");
    }

    #[tokio::test]
    async fn an_outage_lasts_until_it_is_healed() {
        let (proxy, mut stream) = connected().await;
        round_trip(&mut stream).await.unwrap();
        proxy.outage();
        assert!(round_trip(&mut stream).await.is_err());
        let mut refused = TcpStream::connect(proxy.address()).await.unwrap();
        assert!(round_trip(&mut refused).await.is_err());
        proxy.heal();
        let mut again = TcpStream::connect(proxy.address()).await.unwrap();
        assert_eq!(&round_trip(&mut again).await.unwrap(), b"ping");
    }

    #[tokio::test]
    async fn a_stall_holds_bytes_back_and_loses_none() {
        let (proxy, mut stream) = connected().await;
        proxy.stall();
        stream.write_all(b"held").await.unwrap();
        let mut answer = [0; 4];
        assert!(timeout(Duration::from_millis(100), stream.read_exact(&mut answer)).await.is_err());
        proxy.heal();
        timeout(PATIENCE, stream.read_exact(&mut answer)).await.unwrap().unwrap();
        assert_eq!(&answer, b"held");
    }

    #[tokio::test]
    async fn a_half_open_connection_is_silent_and_stays_until_it_is_cut() {
        let (proxy, mut stream) = connected().await;
        round_trip(&mut stream).await.unwrap();
        proxy.half_open();
        stream.write_all(b"ping").await.unwrap();
        let mut answer = [0; 4];
        assert!(timeout(Duration::from_millis(100), stream.read_exact(&mut answer)).await.is_err());
        let mut again = TcpStream::connect(proxy.address()).await.unwrap();
        assert_eq!(&round_trip(&mut again).await.unwrap(), b"ping");
        proxy.cut();
        assert!(timeout(PATIENCE, stream.read_exact(&mut answer)).await.unwrap().is_err());
    }

    #[tokio::test]
    async fn a_delay_is_at_least_that_long_each_way() {
        let (proxy, mut stream) = connected().await;
        proxy.delay(Duration::from_millis(50));
        let start = Instant::now();
        round_trip(&mut stream).await.unwrap();
        assert!(start.elapsed() >= Duration::from_millis(100));
    }
}
