//! The server: connections in, answers out.

use std::convert::Infallible;
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

use super::content::asked;
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
    stopping: CancellationToken,
    serving: Mutex<Option<JoinHandle<()>>>,
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
        let listener = listen(&options).await?;
        let address =
            listener.local_addr().map_err(|cause| unusable(options.address, "it is not known").because(cause))?;
        let tls = options.tls.map(|identity| Arc::new(Mutex::new(identity)));
        let stopping = CancellationToken::new();
        let (keys, clock) = (Arc::clone(&parts.keys), Arc::clone(&parts.clock));
        let door = Door::new(listener, tls.clone(), options.limits, parts, stopping.clone())?;
        let serving = Mutex::new(Some(tokio::spawn(door.serve())));
        let tending = tokio::spawn(super::tend::keys(keys, clock));
        Ok(Self { address, tls, stopping, serving, tending })
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
        self.stopping.cancel();
        let Some(mut serving) = self.serving.lock().take() else { return };
        if tokio::time::timeout(patience, &mut serving).await.is_err() {
            serving.abort();
        }
    }
}

impl Drop for HttpServer {
    fn drop(&mut self) {
        self.stopping.cancel();
        self.tending.abort();
        if let Some(serving) = self.serving.lock().take() {
            serving.abort();
        }
    }
}

/// Where connections come in.
struct Door {
    listener: TcpListener,
    tls: Option<Tls>,
    room: Arc<Semaphore>,
    by_address: Arc<Limiter<IpAddr>>,
    desk: Arc<Desk>,
}

/// The room that a connection takes.
type Room = (OwnedSemaphorePermit, Pass<IpAddr>);

impl Door {
    fn new(
        listener: TcpListener,
        tls: Option<Tls>,
        limits: HttpLimits,
        parts: HttpParts,
        stopping: CancellationToken,
    ) -> Result<Self> {
        let by_address = Arc::new(Limiter::new(limits.connections_per_address));
        let counted = Arc::clone(&by_address);
        let desk = assemble(parts, limits, stopping, Arc::new(move || counted.total()))?;
        let room = Arc::new(Semaphore::new(limits.connections));
        Ok(Self { listener, tls, room, by_address, desk: Arc::new(desk) })
    }

    async fn serve(self) {
        let (mut connections, stopping) = (JoinSet::new(), self.desk.stopping.clone());
        loop {
            tokio::select! {
                () = stopping.cancelled() => break,
                (stream, peer, room) = self.next() => {
                    let (desk, tls) = (Arc::clone(&self.desk), self.tls.as_ref().map(|tls| TlsAcceptor::from(tls.lock().config())));
                    connections.spawn(async move {
                        serve(stream, peer, tls, desk).await;
                        drop(room);
                    });
                }
                Some(_) = connections.join_next() => {}
            }
        }
        drop(self.listener);
        while connections.join_next().await.is_some() {}
        self.desk.calls.finish().await;
    }

    /// The next connection that there is room for.
    async fn next(&self) -> (TcpStream, SocketAddr, Room) {
        loop {
            let permit = Arc::clone(&self.room).acquire_owned().await.expect("nobody closes the semaphore");
            match self.listener.accept().await {
                Ok((stream, peer)) => match self.by_address.enter(network(peer.ip())) {
                    Some(pass) => return (stream, peer, (permit, pass)),
                    None => {
                        self.desk.stats.connections_refused.fetch_add(1, Ordering::Relaxed);
                    }
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
async fn listen(options: &HttpOptions) -> Result<TcpListener> {
    let address = options.address;
    if options.tls.is_none() && !address.ip().to_canonical().is_loopback() {
        let message = "without a certificate only this machine is served, since keys would travel in clear: \
            give a certificate, or an address like 127.0.0.1";
        return Err(Error::new(ErrorKind::InvalidArgument, SERVE, message).with("address", address));
    }
    TcpListener::bind(address).await.map_err(|cause| unusable(address, "it cannot be listened at").because(cause))
}

fn unusable(address: SocketAddr, message: &'static str) -> Error {
    Error::new(ErrorKind::Io, SERVE, message).with("address", address)
}

async fn serve(stream: TcpStream, peer: SocketAddr, tls: Option<TlsAcceptor>, desk: Arc<Desk>) {
    // Events are small and must not wait for each other.
    let _ = stream.set_nodelay(true);
    let stream = Patient::new(stream, desk.limits.write_stall);
    let Some(tls) = tls else { return converse(stream, peer, desk).await };
    match tokio::time::timeout(desk.limits.header_time, tls.accept(stream)).await {
        Ok(Ok(stream)) => converse(stream, peer, desk).await,
        Ok(Err(cause)) => tracing::debug!(%peer, "no TLS: {cause}"),
        Err(_) => tracing::debug!(%peer, "no TLS within {:?}", desk.limits.header_time),
    }
}

async fn converse<C>(stream: C, peer: SocketAddr, desk: Arc<Desk>)
where
    C: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (limits, stopping) = (desk.limits, desk.stopping.clone());
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
