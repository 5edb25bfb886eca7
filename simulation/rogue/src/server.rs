//! The server: accepts, lets the attack act, and is honest where it does not.

use std::collections::VecDeque;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use iiot_core::ua::{ContextOwned, PublishRequest, Request, Response};
use parking_lot::Mutex;
use tokio::io::AsyncWriteExt;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{MissedTickBehavior, interval, sleep};

use crate::attack::{Act, Attack, On, Turn};
use crate::callers::{Caller, bother};
use crate::cases::{Case, Task};
use crate::honest::Honest;
use crate::wire::{Channel, Frame, acknowledge, encoded, read_frame, reverse_hello};

/// A hostile server on a port of its own; it ends when dropped.
#[derive(Debug)]
pub struct Rogue {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

/// How often the honest server publishes.
const CYCLE: Duration = Duration::from_millis(20);
/// Publish requests kept for later.
const MAX_PUBLISHING: usize = 100;
/// Token lifetimes are as the client asks up to this.
const LIFETIME_MS: u32 = 3_600_000;

impl Rogue {
    /// Listens on any free port of this machine.
    ///
    /// # Errors
    /// If there is no free port.
    pub async fn start(attack: Attack) -> io::Result<Self> {
        Self::listen(SocketAddr::from(([127, 0, 0, 1], 0)), attack).await
    }

    /// Listens at an address.
    ///
    /// # Errors
    /// If something listens there.
    pub async fn listen(address: SocketAddr, attack: Attack) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let connections = Arc::new(AtomicUsize::new(0));
        let address = listener.local_addr()?;
        let task = tokio::spawn(accept(listener, attack, Arc::clone(&connections)));
        Ok(Self { address, connections, task })
    }

    /// The server of a case: it listens, or it connects to a client that does.
    pub(crate) async fn for_case(case: &Case) -> io::Result<Self> {
        if case.task != Task::AwaitServer {
            return Self::start((case.attack)()).await;
        }
        // Free now; nobody else takes it so soon.
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?.local_addr()?;
        Ok(Self::calling(address, (case.attack)(), case.callers.clone()))
    }

    /// Connects to a client at this address, honestly, until the connection is used; others connect
    /// meanwhile.
    #[must_use]
    pub fn calling(address: SocketAddr, attack: Attack, callers: Vec<Caller>) -> Self {
        let connections = Arc::new(AtomicUsize::new(0));
        let task = tokio::spawn(call(address, attack, callers, Arc::clone(&connections)));
        Self { address, connections, task }
    }

    /// Where it listens, or a client does that it connects to.
    #[must_use]
    pub fn url(&self) -> String {
        format!("opc.tcp://{}", self.address)
    }

    /// How many connections have come.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

impl Drop for Rogue {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, attack: Attack, connections: Arc<AtomicUsize>) {
    let honest = Arc::new(Mutex::new(Honest::default()));
    let mut running = JoinSet::new();
    while let Ok((socket, _)) = listener.accept().await {
        let number = connections.fetch_add(1, Ordering::Relaxed);
        let connection = Connection::new(number, socket, attack.clone(), Arc::clone(&honest));
        running.spawn(connection.run());
        while running.try_join_next().is_some() {}
    }
}

async fn call(address: SocketAddr, attack: Attack, callers: Vec<Caller>, connections: Arc<AtomicUsize>) {
    let honest = Arc::new(Mutex::new(Honest::default()));
    // They end with this task.
    let _others = bother(address, callers);
    loop {
        if let Ok(mut socket) = TcpStream::connect(address).await
            && socket.write_all(&reverse_hello("urn:rogue:server", &format!("opc.tcp://{address}"))).await.is_ok()
        {
            let number = connections.fetch_add(1, Ordering::Relaxed);
            Connection::new(number, socket, attack.clone(), Arc::clone(&honest)).run().await;
        }
        sleep(CYCLE).await;
    }
}

struct Connection {
    number: usize,
    attack: Attack,
    honest: Arc<Mutex<Honest>>,
    channel: Channel,
    writer: Writer,
    frames: mpsc::Receiver<Frame>,
    reader: JoinHandle<()>,
    opened: bool,
    request: Vec<u8>,
    publishing: VecDeque<(u32, PublishRequest)>,
}

struct Writer {
    socket: OwnedWriteHalf,
    /// Bytes until the connection is reset.
    left: usize,
}

/// Why a connection ends.
enum End {
    /// The client has gone.
    Gone,
    /// The attack resets it.
    Reset,
}

type Step = Result<(), End>;

impl Connection {
    fn new(number: usize, socket: TcpStream, attack: Attack, honest: Arc<Mutex<Honest>>) -> Self {
        // Small frames must not wait for each other.
        let _ = socket.set_nodelay(true);
        let (reader, writer) = socket.into_split();
        let (sender, frames) = mpsc::channel(16);
        let reader = tokio::spawn(read(reader, sender));
        Self {
            number,
            attack,
            honest,
            channel: Channel::new(1 + number as u32),
            writer: Writer { socket: writer, left: usize::MAX },
            frames,
            reader,
            opened: false,
            request: Vec::new(),
            publishing: VecDeque::new(),
        }
    }

    async fn run(mut self) {
        let end = self.serve().await;
        self.reader.abort();
        let _ = (&mut self.reader).await;
        if matches!(end, Err(End::Reset)) {
            let _ = self.writer.socket.as_ref().set_zero_linger();
            // Not even an orderly end of what we write.
            self.writer.socket.forget();
        }
    }

    async fn serve(&mut self) -> Step {
        let act = self.act(On::Accepted, 0);
        self.perform(act, 0, Vec::new()).await?;
        let mut cycle = interval(CYCLE);
        cycle.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                frame = self.frames.recv() => match frame {
                    Some(frame) => self.received(frame).await?,
                    None => return Err(End::Gone),
                },
                _ = cycle.tick() => self.publish().await?,
            }
        }
    }

    async fn received(&mut self, frame: Frame) -> Step {
        match &frame.kind[..3] {
            b"HEL" => {
                let act = self.act(On::Hello(&frame.body), 0);
                self.perform(act, 0, acknowledge([0, 65_536, 65_536, 0, 0])).await
            }
            b"OPN" => self.open(&frame.body).await,
            b"MSG" => self.message(&frame).await,
            _ => Err(End::Gone),
        }
    }

    async fn open(&mut self, body: &[u8]) -> Step {
        let request_id = request_id_of_open(body).ok_or(End::Gone)?;
        let act = self.act(On::Open { renew: self.opened }, request_id);
        let bytes = match act {
            Act::Honest | Act::BytesThenHonest(_) | Act::HonestThen(_) | Act::CutAfter(_) => {
                if self.opened {
                    self.channel.token += 1;
                }
                self.channel.open(request_id, LIFETIME_MS)
            }
            _ => Vec::new(),
        };
        self.opened = true;
        self.perform(act, request_id, bytes).await
    }

    async fn message(&mut self, frame: &Frame) -> Step {
        let (header, part) = frame.body.split_at_checked(16).ok_or(End::Gone)?;
        self.request.extend_from_slice(part);
        if frame.kind[3] != b'F' {
            return Ok(());
        }
        let request_id = u32::from_le_bytes([header[12], header[13], header[14], header[15]]);
        let body = std::mem::take(&mut self.request);
        let context = ContextOwned::default();
        let Ok(request) = Request::decode(&body, &context.context()) else { return Err(End::Gone) };
        let act = self.act(On::Request(&request), request_id);
        match (act, request) {
            (Act::Honest, Request::Publish(request)) => {
                self.publishing.push_back((request_id, *request));
                self.publishing.truncate(MAX_PUBLISHING);
                Ok(())
            }
            (Act::Change(change), request) => {
                let mut response = self.honest.lock().answer(&request);
                change(&mut response);
                self.respond(request_id, &response).await
            }
            (act @ (Act::Honest | Act::BytesThenHonest(_) | Act::HonestThen(_)), request) => {
                let response = self.honest.lock().answer(&request);
                let bytes = self.channel.message(request_id, &encoded(&response));
                self.perform(act, request_id, bytes).await
            }
            (act, _) => self.perform(act, request_id, Vec::new()).await,
        }
    }

    async fn publish(&mut self) -> Step {
        let Some((request_id, request)) = self.publishing.front() else { return Ok(()) };
        let Some(response) = self.honest.lock().publish(request) else { return Ok(()) };
        let request_id = *request_id;
        self.publishing.pop_front();
        self.respond(request_id, &response).await
    }

    fn act(&mut self, on: On<'_>, request_id: u32) -> Act {
        self.attack.act(&mut Turn { on, connection: self.number, request_id, channel: &mut self.channel })
    }

    /// Does what the attack wants; `honest` are the bytes that an honest server would write.
    async fn perform(&mut self, act: Act, request_id: u32, honest: Vec<u8>) -> Step {
        match act {
            // Only requests have responses to change.
            Act::Honest | Act::Change(_) => self.writer.write(&honest).await,
            Act::Silence => Ok(()),
            Act::Last(bytes) => {
                self.writer.write(&bytes).await?;
                Err(End::Gone)
            }
            Act::Bytes(bytes) => self.writer.write(&bytes).await,
            Act::Answer(response) => self.respond(request_id, &response).await,
            Act::Body(body) => {
                let bytes = self.channel.message(request_id, &body);
                self.writer.write(&bytes).await
            }
            Act::Flood(mut next) => loop {
                let bytes = next(&mut self.channel);
                self.writer.write(&bytes).await?;
            },
            Act::Drip(bytes, pause) => {
                for byte in bytes {
                    self.writer.write(&[byte]).await?;
                    sleep(pause).await;
                }
                Ok(())
            }
            Act::CutAfter(left) => {
                self.writer.left = left;
                self.writer.write(&honest).await
            }
            Act::Reset => Err(End::Reset),
            Act::BytesThenHonest(bytes) => {
                self.writer.write(&bytes).await?;
                self.writer.write(&honest).await
            }
            Act::HonestThen(more) => {
                self.writer.write(&honest).await?;
                let bytes = more(&mut self.channel);
                self.writer.write(&bytes).await
            }
        }
    }

    async fn respond(&mut self, request_id: u32, response: &Response) -> Step {
        let bytes = self.channel.message(request_id, &encoded(response));
        self.writer.write(&bytes).await
    }
}

impl Writer {
    async fn write(&mut self, bytes: &[u8]) -> Step {
        let now = bytes.len().min(self.left);
        self.socket.write_all(&bytes[..now]).await.map_err(|_| End::Gone)?;
        self.left -= if self.left == usize::MAX { 0 } else { now };
        if now < bytes.len() || self.left == 0 { Err(End::Reset) } else { Ok(()) }
    }
}

async fn read(mut socket: OwnedReadHalf, frames: mpsc::Sender<Frame>) {
    while let Ok(Some(frame)) = read_frame(&mut socket).await {
        if frames.send(frame).await.is_err() {
            return;
        }
    }
}

/// Behind the channel id come the policy's URI, certificate and thumbprint, and the sequence number.
fn request_id_of_open(body: &[u8]) -> Option<u32> {
    let number = |at: usize| Some(u32::from_le_bytes(body.get(at..at + 4)?.try_into().ok()?));
    let mut at = 4;
    for _ in 0..3 {
        let length = number(at)?;
        at += 4 + usize::try_from(length.cast_signed()).unwrap_or(0);
    }
    number(at + 4)
}
