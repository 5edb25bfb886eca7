//! A TCP relay that is as slow as a long way, and counts what is on it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

use crate::error::{Error, ErrorKind, Result};

/// Forwards every connection to an OPC UA server, each byte later by the same time, whatever else is on the way: only
/// latency is added, and no limit of throughput. Dropping it ends new connections.
#[derive(Debug)]
pub struct Distance {
    address: SocketAddr,
    traffic: Arc<Traffic>,
    listener: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Traffic {
    under_way: AtomicI64,
    most: AtomicI64,
}

impl Distance {
    /// Listens on a free port of the loopback interface; a round trip to `target` takes so much longer.
    ///
    /// # Errors
    /// If there is no free port.
    pub async fn start(target: SocketAddr, round_trip: Duration) -> Result<Self> {
        let cannot = |cause| Error::new(ErrorKind::Io, "start the relay", "no port").because(cause);
        let socket = TcpListener::bind(("127.0.0.1", 0)).await.map_err(cannot)?;
        let address = socket.local_addr().map_err(cannot)?;
        let traffic = Arc::new(Traffic::default());
        let counted = Arc::clone(&traffic);
        let listener = tokio::spawn(async move {
            while let Ok((client, _)) = socket.accept().await {
                tokio::spawn(forward(client, target, round_trip / 2, Arc::clone(&counted)));
            }
        });
        Ok(Self { address, traffic, listener })
    }

    /// Where to connect to.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The most requests that were without an answer at a time since the last call, over all connections.
    #[must_use]
    pub fn most_under_way(&self) -> usize {
        usize::try_from(self.traffic.most.swap(0, Relaxed)).unwrap_or(0)
    }
}

impl Drop for Distance {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

impl Traffic {
    fn asked(&self, count: i64) {
        let now = self.under_way.fetch_add(count, Relaxed) + count;
        self.most.fetch_max(now, Relaxed);
    }

    fn answered(&self, count: i64) {
        self.under_way.fetch_sub(count, Relaxed);
    }
}

async fn forward(client: TcpStream, target: SocketAddr, delay: Duration, traffic: Arc<Traffic>) {
    let Ok(server) = TcpStream::connect(target).await else { return };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::select! {
        () = carry(from_client, to_server, delay, |count| traffic.asked(count), |_| {}) => {}
        () = carry(from_server, to_client, delay, |_| {}, |count| traffic.answered(count)) => {}
    }
}

/// Bytes that may be on the way in one direction are bounded by so many pieces of 64 KiB.
const PIECES: usize = 1024;

async fn carry(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    delay: Duration,
    begun: impl Fn(i64),
    arrived: impl Fn(i64),
) {
    let (way, mut end) = mpsc::channel::<(Instant, i64, Vec<u8>)>(PIECES);
    let take = async {
        let (mut buffer, mut messages) = (vec![0; 64 * 1024], Messages::default());
        while let Ok(length @ 1..) = from.read(&mut buffer).await {
            let count = messages.ended_in(&buffer[..length]);
            begun(count);
            if way.send((Instant::now() + delay, count, buffer[..length].to_vec())).await.is_err() {
                return;
            }
        }
    };
    let give = async {
        while let Some((due, count, bytes)) = end.recv().await {
            sleep_until(due).await;
            arrived(count);
            if to.write_all(&bytes).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = take => {}
        () = give => {}
    }
}

/// Finds the ends of messages in a stream (OPC 10000-6 §6.7.2): each chunk says what it is and how long.
#[derive(Default)]
struct Messages {
    header: Vec<u8>,
    rest: usize,
}

const HEADER: usize = 8;

impl Messages {
    /// How many messages of the session have begun their last chunk in these bytes.
    fn ended_in(&mut self, mut bytes: &[u8]) -> i64 {
        let mut ended = 0;
        while !bytes.is_empty() {
            let skipped = self.rest.min(bytes.len());
            (self.rest, bytes) = (self.rest - skipped, &bytes[skipped..]);
            let wanted = (HEADER - self.header.len()).min(bytes.len());
            self.header.extend_from_slice(&bytes[..wanted]);
            bytes = &bytes[wanted..];
            if let Ok([a, b, c, d]) = <[u8; 4]>::try_from(self.header.get(4..HEADER).unwrap_or_default()) {
                ended += i64::from(self.header.starts_with(b"MSGF"));
                self.rest = (u32::from_le_bytes([a, b, c, d]) as usize).saturating_sub(HEADER);
                self.header.clear();
            }
        }
        ended
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn chunk(kind: &[u8; 4], length: usize) -> Vec<u8> {
        let mut chunk = kind.to_vec();
        chunk.extend((length as u32).to_le_bytes());
        chunk.resize(length, 0x4d);
        chunk
    }

    #[test]
    fn messages_are_counted_however_they_are_cut() {
        let all = [chunk(b"OPNF", 40), chunk(b"MSGC", 30), chunk(b"MSGF", 9), chunk(b"MSGF", 8)].concat();
        for piece in 1..all.len() {
            let mut messages = Messages::default();
            let count: i64 = all.chunks(piece).map(|bytes| messages.ended_in(bytes)).sum();
            assert_eq!(count, 2, "in pieces of {piece}");
        }
    }

    #[tokio::test]
    async fn a_way_is_long_and_not_narrow() {
        let socket = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let target = socket.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = socket.accept().await.unwrap();
            let (mut from, mut to) = stream.split();
            tokio::io::copy(&mut from, &mut to).await
        });
        let distance = Distance::start(target, Duration::from_millis(100)).await.unwrap();
        let stream = TcpStream::connect(distance.address()).await.unwrap();
        let (mut from, mut to) = stream.into_split();
        let start = Instant::now();
        let sent = tokio::spawn(async move {
            for _ in 0..20 {
                to.write_all(&chunk(b"MSGF", 1000)).await.unwrap();
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            to
        });
        from.read_exact(&mut vec![0; 20_000]).await.unwrap();
        let took = start.elapsed();
        assert!(took >= Duration::from_millis(100), "{took:?}");
        assert!(took < Duration::from_millis(1000), "pieces do not wait for each other: {took:?}");
        assert!(distance.most_under_way() > 1);
        drop(sent.await);
    }
}
