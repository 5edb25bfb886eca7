//! The server: connections in, answers out.

use std::convert::Infallible;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::content::{Answer, Asked, asked};
use super::desk::Desk;
use super::failures::network;
use super::limiter::{Limiter, Pass};
use super::patient::Patient;
use super::{HttpLimits, HttpOptions, HttpParts, TlsIdentity, assemble};
use crate::error::{Error, ErrorKind, Result};

/// Offers capabilities over HTTP or HTTPS until it is stopped or dropped; see [`http`](crate::http).
#[derive(Debug)]
pub struct HttpServer {
    address: SocketAddr,
    tls: Option<Tls>,
    serving: Serving,
    tending: JoinHandle<()>,
}

/// What new connections are secured with.
type Tls = Arc<Mutex<TlsIdentity>>;

impl HttpServer {
    /// Listens and serves.
    ///
    /// # Errors
    /// `InvalidArgument` if the address is no loopback and there is no certificate, or two operations share a name;
    /// `Io` if the address cannot be listened at.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub async fn start(options: HttpOptions, parts: HttpParts) -> Result<Self> {
        let (listener, address) = listen(&options).await?;
        let tls = options.tls.map(|identity| Arc::new(Mutex::new(identity)));
        let (keys, clock) = (Arc::clone(&parts.keys), Arc::clone(&parts.clock));
        let room = Room::new(options.limits);
        let counted = Arc::clone(&room.by_address);
        let desk = assemble(parts, options.limits, CancellationToken::new(), Arc::new(move || counted.total()))?;
        let serving = Serving::start_in(listener, tls.clone(), Arc::new(desk), room);
        let tending = tokio::spawn(super::tend::keys(keys, clock));
        Ok(Self { address, tls, serving, tending })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:9702`
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}://{}", if self.tls.is_some() { "https" } else { "http" }, self.address)
    }

    /// Shows another certificate from the next connection on. Without effect where there is no TLS.
    pub fn set_tls(&self, identity: TlsIdentity) {
        if let Some(tls) = &self.tls {
            *tls.lock() = identity;
        }
    }

    /// Takes no further requests, ends streams and waits for what runs, at most `patience`.
    pub async fn stop(&self, patience: Duration) {
        self.serving.stop(patience).await;
    }
}

impl Drop for HttpServer {
    fn drop(&mut self) {
        self.tending.abort();
    }
}

/// Answers what a server takes.
pub(super) trait Answers: Send + Sync + 'static {
    /// The answer to a request of a client at an address.
    fn answer(&self, request: Request<Asked>, peer: SocketAddr) -> impl Future<Output = Answer> + Send;

    /// What one client can make us hold.
    fn limits(&self) -> HttpLimits;

    /// Cancelled when no further requests are taken.
    fn stopping(&self) -> &CancellationToken;

    /// A connection was closed because its address has too many.
    fn connection_refused(&self) {}

    /// Waits for what goes on without its caller.
    fn finish(&self) -> impl Future<Output = ()> + Send {
        std::future::ready(())
    }
}

impl Answers for Desk {
    async fn answer(&self, request: Request<Asked>, peer: SocketAddr) -> Answer {
        Self::answer(self, request, peer).await
    }

    fn limits(&self) -> HttpLimits {
        self.limits
    }

    fn stopping(&self) -> &CancellationToken {
        &self.stopping
    }

    fn connection_refused(&self) {
        self.stats.connections_refused.fetch_add(1, Ordering::Relaxed);
    }

    async fn finish(&self) {
        self.calls.finish().await;
    }
}

/// A server that runs, until it is stopped or dropped.
#[derive(Debug)]
pub(super) struct Serving {
    stopping: CancellationToken,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Serving {
    pub(super) fn start(listener: TcpListener, tls: Option<Tls>, desk: Arc<impl Answers>) -> Self {
        let room = Room::new(desk.limits());
        Self::start_in(listener, tls, desk, room)
    }

    fn start_in(listener: TcpListener, tls: Option<Tls>, desk: Arc<impl Answers>, room: Room) -> Self {
        let stopping = desk.stopping().clone();
        let door = Door { listener, tls, room, desk };
        Self { stopping, task: Mutex::new(Some(tokio::spawn(door.serve()))) }
    }

    pub(super) async fn stop(&self, patience: Duration) {
        self.stopping.cancel();
        let Some(mut task) = self.task.lock().take() else { return };
        if tokio::time::timeout(patience, &mut task).await.is_err() {
            task.abort();
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.stopping.cancel();
        if let Some(task) = self.task.lock().take() {
            task.abort();
        }
    }
}

/// How many connections there may be.
struct Room {
    all: Arc<Semaphore>,
    by_address: Arc<Limiter<IpAddr>>,
}

impl Room {
    fn new(limits: HttpLimits) -> Self {
        let by_address = Arc::new(Limiter::new(limits.connections_per_address));
        Self { all: Arc::new(Semaphore::new(limits.connections)), by_address }
    }
}

/// Where connections come in.
struct Door<A> {
    listener: TcpListener,
    tls: Option<Tls>,
    room: Room,
    desk: Arc<A>,
}

/// The room that a connection takes.
type Place = (OwnedSemaphorePermit, Pass<IpAddr>);

impl<A: Answers> Door<A> {
    async fn serve(self) {
        let (mut connections, stopping) = (JoinSet::new(), self.desk.stopping().clone());
        loop {
            tokio::select! {
                () = stopping.cancelled() => break,
                (stream, peer, place) = self.next() => {
                    let (desk, tls) = (Arc::clone(&self.desk), self.tls.as_ref().map(|tls| TlsAcceptor::from(tls.lock().config())));
                    connections.spawn(async move {
                        serve(stream, peer, tls, desk).await;
                        drop(place);
                    });
                }
                Some(_) = connections.join_next() => {}
            }
        }
        drop(self.listener);
        while connections.join_next().await.is_some() {}
        self.desk.finish().await;
    }

    /// The next connection that there is room for.
    async fn next(&self) -> (TcpStream, SocketAddr, Place) {
        loop {
            let permit = Arc::clone(&self.room.all).acquire_owned().await.expect("nobody closes the semaphore");
            match self.listener.accept().await {
                Ok((stream, peer)) => match self.room.by_address.enter(network(peer.ip())) {
                    Some(pass) => return (stream, peer, (permit, pass)),
                    None => self.desk.connection_refused(),
                },
                Err(cause) => {
                    // Too many open files, most likely: others may be closed meanwhile.
                    tracing::warn!("a connection could not be taken: {cause}");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }
}

/// Listens, unless keys would travel in clear.
async fn listen(options: &HttpOptions) -> Result<(TcpListener, SocketAddr)> {
    let address = options.address;
    if options.tls.is_none() && !address.ip().to_canonical().is_loopback() {
        let message = "without a certificate only this machine is served, since keys would travel in clear: \
            give a certificate, or an address like 127.0.0.1";
        return Err(Error::new(ErrorKind::InvalidArgument, SERVE, message).with("address", address));
    }
    bound(address).await
}

/// A listener, and where it listens.
pub(super) async fn bound(address: SocketAddr) -> Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(address).await;
    let listener = listener.map_err(|cause| unusable(address, "it cannot be listened at").because(cause))?;
    let address = listener.local_addr().map_err(|cause| unusable(address, "it is not known").because(cause))?;
    Ok((listener, address))
}

fn unusable(address: SocketAddr, message: &'static str) -> Error {
    Error::new(ErrorKind::Io, SERVE, message).with("address", address)
}

async fn serve(stream: TcpStream, peer: SocketAddr, tls: Option<TlsAcceptor>, desk: Arc<impl Answers>) {
    // Events are small and must not wait for each other.
    let _ = stream.set_nodelay(true);
    let limits = desk.limits();
    let stream = Patient::new(stream, limits.write_stall);
    let Some(tls) = tls else { return converse(stream, peer, desk).await };
    match tokio::time::timeout(limits.header_time, tls.accept(stream)).await {
        Ok(Ok(stream)) => converse(stream, peer, desk).await,
        Ok(Err(cause)) => tracing::debug!(%peer, "no TLS: {cause}"),
        Err(_) => tracing::debug!(%peer, "no TLS within {:?}", limits.header_time),
    }
}

async fn converse<C>(stream: C, peer: SocketAddr, desk: Arc<impl Answers>)
where
    C: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (limits, stopping) = (desk.limits(), desk.stopping().clone());
    let service = service_fn(move |request: Request<Incoming>| {
        let desk = Arc::clone(&desk);
        async move { Ok::<_, Infallible>(desk.answer(request.map(asked), peer).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_time)
        .max_headers(limits.header_count)
        .max_header_size(limits.headers)
        .max_buf_size(limits.headers.max(BUFFER))
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    let outcome = tokio::select! {
        outcome = connection.as_mut() => outcome,
        () = stopping.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(cause) = outcome {
        tracing::debug!(%peer, "a connection ended: {cause}");
    }
}

const SERVE: &str = "serve HTTP";
const PAUSE: Duration = Duration::from_millis(100);
/// What hyper holds of a connection in each direction; it wants 8 KiB at least.
const BUFFER: usize = 32 << 10;
