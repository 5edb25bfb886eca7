//! The task that owns a secure channel and its socket.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::{mpsc, oneshot, watch};

use super::alarm::Alarm;
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
    opened: Option<oneshot::Sender<Result<u32>>>,
    ended: watch::Sender<Option<Arc<Error>>>,
    status: Arc<Status>,
    pending: HashMap<u32, Reply>,
    deadlines: BinaryHeap<Reverse<(Instant, u32)>>,
    outgoing: VecDeque<Bytes>,
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
/// Chunks that wait for the socket; beyond it senders wait.
const MAX_OUTGOING: usize = 64;

impl Driver {
    pub(super) fn new(
        channel: SecureChannel,
        clock: Arc<dyn Clock>,
        requests: mpsc::Receiver<Outgoing>,
        opened: oneshot::Sender<Result<u32>>,
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
    pub(super) async fn run(mut self, mut socket: TcpStream) {
        let (mut reader, mut writer) = socket.split();
        let stop = self.drive(&mut reader, &mut writer).await;
        if matches!(stop, Stop::Closed) {
            self.say_farewell(&mut writer).await;
        }
        self.finish(stop);
    }

    async fn drive(&mut self, reader: &mut ReadHalf<'_>, writer: &mut WriteHalf<'_>) -> Stop {
        let status = Arc::clone(&self.status);
        let mut alarm = Alarm::new(&self.clock);
        loop {
            if let Err(stop) = self.settle() {
                return stop;
            }
            let deadline = self.next_deadline();
            // Each waits for the socket by itself: a write that stalls keeps nothing from being read.
            tokio::select! {
                read = reader.read_buf(self.channel.room()), if self.channel.wants_bytes() => {
                    if let Err(error) = self.read(read) {
                        return Stop::Failed(error);
                    }
                }
                written = write(writer, &mut self.outgoing), if !self.outgoing.is_empty() => {
                    if let Err(cause) = written {
                        return self.last_words(reader, cause).await;
                    }
                }
                Some(request) = self.requests.recv(), if self.takes_requests() => self.request(request),
                () = status.closing.notified() => return self.close(),
                Some((id, result)) = self.keys.next(), if !self.keys.is_empty() => {
                    self.channel.key_done(id, result, self.clock.now());
                }
                () = abandoned(&mut self.opened), if self.opened.is_some() => return Stop::Closed,
                () = alarm.until(deadline), if deadline.is_some() => self.handle_timeout(),
            }
        }
    }

    /// The socket can no longer be written. Why, the server may have said before.
    async fn last_words(&mut self, reader: &mut ReadHalf<'_>, cause: std::io::Error) -> Stop {
        let clock = Arc::clone(&self.clock);
        let deadline = clock.now() + FAREWELL;
        loop {
            if let Err(stop) = self.settle() {
                return stop;
            }
            tokio::select! {
                read = reader.read_buf(self.channel.room()), if self.channel.wants_bytes() => {
                    if let Err(error) = self.read(read) {
                        return Stop::Failed(error);
                    }
                }
                () = clock.sleep_until(deadline) => {
                    return Stop::Failed(lost("the socket can no longer be written").because(cause));
                }
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

    /// Takes what the socket has put into the channel's room.
    fn read(&mut self, read: std::io::Result<usize>) -> Result<()> {
        let count = read.map_err(|cause| lost("the socket failed").because(cause))?;
        if count == 0 {
            return Err(lost("the server closed the connection").with_status(StatusCode::BadConnectionClosed));
        }
        let now = self.clock.now();
        *self.status.heard.lock() = now;
        if self.status.admitted.load(Ordering::Relaxed) {
            self.channel.admit();
        }
        self.channel.receive(&[], now);
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
                ChannelEvent::Opened { channel_id, .. } => {
                    let _ = self.opened.take().map(|opened| opened.send(Ok(channel_id)));
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
            self.outgoing.push_back(chunk.into());
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
    async fn say_farewell(&mut self, writer: &mut WriteHalf<'_>) {
        let flush = async {
            while !self.outgoing.is_empty() {
                write(writer, &mut self.outgoing).await?;
            }
            writer.shutdown().await
        };
        tokio::select! {
            // The other side may have closed it already.
            _ = flush => {}
            () = self.clock.sleep_until(self.clock.now() + FAREWELL) => {}
        }
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

/// Writes as much of the first chunk as the socket takes, nothing if the future is dropped.
async fn write(writer: &mut WriteHalf<'_>, chunks: &mut VecDeque<Bytes>) -> std::io::Result<()> {
    let Some(chunk) = chunks.front_mut() else { return Ok(()) };
    writer.write_buf(chunk).await?;
    if chunk.is_empty() {
        chunks.pop_front();
    }
    Ok(())
}

/// Returns when nobody waits for the channel to open any more.
async fn abandoned(opened: &mut Option<oneshot::Sender<Result<u32>>>) {
    if let Some(opened) = opened {
        opened.closed().await;
    }
}

fn closed() -> Error {
    lost("the channel was closed").with_status(StatusCode::BadSecureChannelClosed)
}

fn lost(message: &'static str) -> Error {
    Error::new(ErrorKind::Unavailable, "keep the connection", message)
}
