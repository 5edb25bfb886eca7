//! The task that owns a secure channel and reads its socket.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use bytes::BytesMut;
use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use super::channel::{Answer, FAREWELL, Outgoing, Reply, Status, Unanswered};
use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Result};
use crate::ua::StatusCode;
use crate::ua::secure::{ChannelEvent, SecureChannel};

/// Moves bytes between a channel and a socket and answers to requests.
pub(super) struct Driver {
    channel: SecureChannel,
    clock: Arc<dyn Clock>,
    requests: mpsc::Receiver<Outgoing>,
    opened: Option<oneshot::Sender<Result<()>>>,
    ended: watch::Sender<Option<Arc<Error>>>,
    status: Arc<Status>,
    pending: HashMap<u32, Reply>,
    deadlines: BinaryHeap<Reverse<(Instant, u32)>>,
    outgoing: VecDeque<Vec<u8>>,
    keys: FuturesUnordered<BoxFuture<'static, (u64, Result<Vec<u8>>)>>,
}

/// Why the driver stops.
enum Stop {
    /// We closed the channel.
    Closed,
    /// The channel failed or the socket ended.
    Failed(Error),
}

/// Requests without an answer; beyond it senders wait.
const MAX_PENDING: usize = 1024;
/// Deadlines, those of requests that were answered included.
const MAX_DEADLINES: usize = 4 * MAX_PENDING;
/// Chunks that wait for the writer; beyond it senders wait.
const MAX_OUTGOING: usize = 64;
/// Chunks on their way to the writer.
const WRITER_QUEUE: usize = 4;
const READ_BUFFER: usize = 64 * 1024;

impl Driver {
    pub(super) fn new(
        channel: SecureChannel,
        clock: Arc<dyn Clock>,
        requests: mpsc::Receiver<Outgoing>,
        opened: oneshot::Sender<Result<()>>,
        ended: watch::Sender<Option<Arc<Error>>>,
        status: Arc<Status>,
    ) -> Self {
        Self {
            channel,
            clock,
            requests,
            opened: Some(opened),
            ended,
            status,
            pending: HashMap::new(),
            deadlines: BinaryHeap::new(),
            outgoing: VecDeque::new(),
            keys: FuturesUnordered::new(),
        }
    }

    /// Runs until the channel is closed or fails.
    pub(super) async fn run(mut self, socket: TcpStream) {
        let (reader, writer) = socket.into_split();
        let (chunks, queue) = mpsc::channel(WRITER_QUEUE);
        let writer = tokio::spawn(write(writer, queue));
        let stop = self.drive(reader, &chunks).await;
        if matches!(stop, Stop::Closed) {
            self.say_farewell(chunks, writer).await;
        } else {
            writer.abort();
        }
        self.finish(stop);
    }

    async fn drive(&mut self, mut reader: OwnedReadHalf, chunks: &mpsc::Sender<Vec<u8>>) -> Stop {
        let mut buffer = BytesMut::with_capacity(READ_BUFFER);
        let status = Arc::clone(&self.status);
        loop {
            if let Err(stop) = self.settle() {
                return stop;
            }
            let clock = Arc::clone(&self.clock);
            let deadline = self.next_deadline();
            tokio::select! {
                read = reader.read_buf(&mut buffer), if self.channel.wants_bytes() => {
                    if let Err(error) = self.read(read, &mut buffer) {
                        return Stop::Failed(error);
                    }
                }
                permit = chunks.reserve(), if !self.outgoing.is_empty() => match permit {
                    Ok(permit) => permit.send(self.outgoing.pop_front().unwrap_or_default()),
                    Err(_) => return self.last_words(&mut reader, &mut buffer).await,
                },
                Some(request) = self.requests.recv(), if self.takes_requests() => self.request(request),
                () = status.closing.notified() => return self.close(),
                Some((id, result)) = self.keys.next(), if !self.keys.is_empty() => {
                    self.channel.key_done(id, result, self.clock.now());
                }
                () = abandoned(&mut self.opened), if self.opened.is_some() => return Stop::Closed,
                () = sleep(&clock, deadline), if deadline.is_some() => self.handle_timeout(),
            }
        }
    }

    /// The socket can no longer be written. Why, the server may have said before.
    async fn last_words(&mut self, reader: &mut OwnedReadHalf, buffer: &mut BytesMut) -> Stop {
        let clock = Arc::clone(&self.clock);
        let deadline = clock.now() + FAREWELL;
        loop {
            if let Err(stop) = self.settle() {
                return stop;
            }
            tokio::select! {
                read = reader.read_buf(buffer), if self.channel.wants_bytes() => {
                    if let Err(error) = self.read(read, buffer) {
                        return Stop::Failed(error);
                    }
                }
                () = clock.sleep_until(deadline) => return Stop::Failed(lost("the socket can no longer be written")),
            }
        }
    }

    fn close(&mut self) -> Stop {
        self.channel.close();
        self.collect();
        Stop::Closed
    }

    fn takes_requests(&self) -> bool {
        self.opened.is_none() && self.pending.len() < MAX_PENDING && self.outgoing.len() < MAX_OUTGOING
    }

    fn read(&mut self, read: std::io::Result<usize>, buffer: &mut BytesMut) -> Result<()> {
        let count = read.map_err(|cause| lost("the socket failed").because(cause))?;
        if count == 0 {
            return Err(lost("the server closed the connection").with_status(StatusCode::BadConnectionClosed));
        }
        let now = self.clock.now();
        *self.status.heard.lock() = now;
        if self.status.admitted.load(Ordering::Relaxed) {
            self.channel.admit();
        }
        self.channel.receive(buffer, now);
        buffer.clear();
        Ok(())
    }

    fn request(&mut self, Outgoing { request_id, body, deadline, reply }: Outgoing) {
        match self.channel.send(request_id, &body) {
            Ok(()) => {
                if self.deadlines.len() > MAX_DEADLINES {
                    self.deadlines.retain(|Reverse((_, request_id))| self.pending.contains_key(request_id));
                }
                self.deadlines.push(Reverse((deadline, request_id)));
                self.pending.insert(request_id, reply);
            }
            Err(error) => reply.give(Err(Unanswered::Refused(error))),
        }
    }

    /// Acts on everything the channel has to say and takes what it wants to write.
    fn settle(&mut self) -> Result<(), Stop> {
        while let Some(event) = self.channel.poll_event() {
            match event {
                ChannelEvent::KeyOperation(operation) => self.keys.push(Box::pin(async move {
                    let result = operation.run().await;
                    (operation.id, result)
                })),
                ChannelEvent::Opened { .. } => {
                    let _ = self.opened.take().map(|opened| opened.send(Ok(())));
                }
                ChannelEvent::Renewed { token_id } => tracing::debug!(token_id, "the security token is renewed"),
                ChannelEvent::Message { request_id, body } => self.answer(request_id, Ok(body)),
                ChannelEvent::Aborted { request_id, error } => {
                    self.answer(request_id, Err(Unanswered::Refused(error)));
                }
                ChannelEvent::Failed(error) => return Err(Stop::Failed(error)),
            }
        }
        self.collect();
        Ok(())
    }

    fn collect(&mut self) {
        while let Some(chunk) = self.channel.poll_transmit() {
            self.outgoing.push_back(chunk);
        }
    }

    fn answer(&mut self, request_id: u32, answer: Answer) {
        // An answer that nobody waits for came after its deadline.
        if let Some(reply) = self.pending.remove(&request_id) {
            reply.give(answer);
        }
    }

    fn next_deadline(&mut self) -> Option<Instant> {
        while let Some(Reverse((_, request_id))) = self.deadlines.peek()
            && !self.pending.contains_key(request_id)
        {
            self.deadlines.pop();
        }
        let request = self.deadlines.peek().map(|Reverse((deadline, _))| *deadline);
        [request, self.channel.poll_timeout()].into_iter().flatten().min()
    }

    fn handle_timeout(&mut self) {
        let now = self.clock.now();
        while let Some(Reverse((deadline, request_id))) = self.deadlines.peek().copied()
            && deadline <= now
        {
            self.deadlines.pop();
            self.answer(request_id, Err(Unanswered::TimedOut));
        }
        self.channel.handle_timeout(now);
    }

    /// Writes what is left, CLO last, within a short time.
    async fn say_farewell(&mut self, chunks: mpsc::Sender<Vec<u8>>, mut writer: JoinHandle<()>) {
        let outgoing = std::mem::take(&mut self.outgoing);
        let flush = async {
            for chunk in outgoing {
                if chunks.send(chunk).await.is_err() {
                    return;
                }
            }
            drop(chunks);
            // The writer has ended, in order or not; there is nothing left to do with it.
            let _ = (&mut writer).await;
        };
        let clock = Arc::clone(&self.clock);
        tokio::select! {
            () = flush => {}
            () = clock.sleep_until(clock.now() + FAREWELL) => {}
        }
        writer.abort();
    }

    fn finish(mut self, stop: Stop) {
        let cause = match stop {
            Stop::Closed => self.status.cause.lock().take().unwrap_or_else(|| Arc::new(closed())),
            Stop::Failed(error) => match self.opened.take() {
                // Nobody else knows of a channel that never opened.
                Some(opened) => return drop(opened.send(Err(error))),
                None => Arc::new(error),
            },
        };
        self.ended.send_replace(Some(Arc::clone(&cause)));
        for (_, reply) in self.pending.drain() {
            reply.give(Err(Unanswered::Lost(Arc::clone(&cause))));
        }
    }
}

impl Reply {
    fn give(self, answer: Answer) {
        // Whoever asked may have stopped waiting.
        match self {
            Self::Once(reply) => drop(reply.send(answer)),
            Self::Tagged(tag, answers) => drop(answers.send((tag, answer))),
        }
    }
}

async fn write(mut socket: OwnedWriteHalf, mut chunks: mpsc::Receiver<Vec<u8>>) {
    while let Some(chunk) = chunks.recv().await {
        if let Err(error) = socket.write_all(&chunk).await {
            tracing::debug!(%error, "the socket can no longer be written");
            return;
        }
    }
    // The other side may have closed it already.
    let _ = socket.shutdown().await;
}

/// Returns when nobody waits for the channel to open any more.
async fn abandoned(opened: &mut Option<oneshot::Sender<Result<()>>>) {
    if let Some(opened) = opened {
        opened.closed().await;
    }
}

async fn sleep(clock: &Arc<dyn Clock>, deadline: Option<Instant>) {
    if let Some(deadline) = deadline {
        clock.sleep_until(deadline).await;
    }
}

fn closed() -> Error {
    lost("the channel was closed").with_status(StatusCode::BadSecureChannelClosed)
}

fn lost(message: &'static str) -> Error {
    Error::new(ErrorKind::Unavailable, "keep the connection", message)
}
