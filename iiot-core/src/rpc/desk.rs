//! Where requests come in: whether they are let in, and what becomes of them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use bytes::Bytes;
use tokio::task::JoinSet;

use super::answer::Answer;
use super::frame::Request;
use super::header::{Header, MAX_HEADER, MAX_TIMEOUT};
use super::journal::Outcome;
use super::line::Line;
use super::order::{Order, carry_out_change, carry_out_read};
use super::pieces::{Gathered, unpack};
use super::place::Place;
use super::refusals::Refusals;
use super::running::{Arrival, Running};
use super::seal::counted;
use crate::access::keys::hex;
use crate::access::{AuditEntry, AuditEvent, Grant};
use crate::error::{Error, ErrorKind, Result};
use crate::operation::{Dispatch, Effect, Operation, admit, unknown};
use crate::time::UtcTime;
use crate::transport::Message;

/// Takes what comes over the hub.
pub(super) struct Desk {
    place: Arc<Place>,
    capabilities: Vec<Arc<dyn Dispatch>>,
    running: Arc<Running>,
    /// Requests of which some pieces have not come yet.
    arriving: HashMap<Bytes, Arriving>,
    refusals: Refusals,
}

/// A request that was let in, of which pieces come.
struct Arriving {
    call: Call,
    gathered: Gathered,
}

/// A request that was let in.
struct Call {
    operation: Operation,
    capability: Arc<dyn Dispatch>,
    grant: Grant,
    header: Header,
    line: Line,
    timeout: Duration,
}

/// A request that was not let in: why, and what is known of it.
struct Refused {
    error: Error,
    header: Option<Header>,
    grant: Option<Grant>,
    line: Option<Line>,
}

impl Desk {
    pub(super) fn new(place: Place, capabilities: Vec<Arc<dyn Dispatch>>) -> Self {
        let refusals = Refusals::new(place.clock.now());
        let place = Arc::new(place);
        Self { place, capabilities, running: Arc::default(), arriving: HashMap::new(), refusals }
    }

    /// Takes a message; what it asks for is done in `reads` or `changes`.
    pub(super) fn take(&mut self, message: Message, reads: &mut JoinSet<()>, changes: &mut JoinSet<()>) {
        let Some(id) = message.correlation.clone() else { return };
        match Request::read(message.payload.clone()) {
            Some(Request::Call { header, signature, piece }) => match self.admit(&id, &message, &header, &signature) {
                Ok(call) => match call.line.keys.request.open(counted(0), &id, &piece) {
                    Some(piece) => self.begin(id, call, piece, reads, changes),
                    None => self.refuse(&message, Refused::changed(call), reads),
                },
                Err(refused) => self.refuse(&message, *refused, reads),
            },
            Some(Request::Piece { index, piece }) => self.add(&id, index, &piece, reads, changes),
            Some(Request::Control { number, control }) => self.running.control(&id, number, &control),
            None => self.refuse(&message, Refused::unreadable("it is no remote call"), reads),
        }
    }

    fn admit(&self, id: &Bytes, message: &Message, header: &Bytes, signature: &[u8]) -> Result<Call, Box<Refused>> {
        let (signed, now) = (header, self.place.clock.utc());
        if signed.len() > MAX_HEADER {
            return Err(Refused::unreadable("its header is too long").into());
        }
        let Ok(header) = serde_json::from_slice::<Header>(signed) else {
            return Err(Refused::unreadable("its header does not parse").into());
        };
        let key = BASE64_URL_SAFE_NO_PAD.decode(&header.key).unwrap_or_default();
        let Some(keys) = self.place.secret.share(&key) else {
            return Err(Refused::unreadable("its header has no usable key").into());
        };
        let (transport, answers) = (Arc::clone(&self.place.transport), header.answers.clone());
        let line = Line { transport, answers, id: id.clone(), keys: Arc::new(keys) };
        let refused = |error, header, grant, line| Box::new(Refused { error, header, grant, line });
        let grant = match self.place.callers.verify(&header.caller, signed, signature, now) {
            Ok(grant) => grant,
            Err(error) => return Err(refused(error, Some(header), None, Some(line))),
        };
        match self.allowed(id, message, &header, &grant, now) {
            Ok((operation, capability)) => {
                let timeout = allowed_time(header.timeout_ms, message.expiry);
                Ok(Call { operation, capability, grant, header, line, timeout })
            }
            Err(error) => Err(refused(error, Some(header), Some(grant), Some(line))),
        }
    }

    /// The operation, if this caller may ask for it here and now.
    fn allowed(
        &self,
        id: &[u8],
        message: &Message,
        header: &Header,
        grant: &Grant,
        now: UtcTime,
    ) -> Result<(Operation, Arc<dyn Dispatch>)> {
        let (capability, operation) = asked_for(&message.topic);
        header.check(&self.place.root, &format!("{capability}.{operation}"), now)?;
        if header.id != hex(id) {
            return Err(Error::new(ErrorKind::Forbidden, "take a request", "it was signed with another id"));
        }
        let of = |one: &&Arc<dyn Dispatch>| one.operations().first().is_some_and(|it| it.capability == capability);
        let found = self.capabilities.iter().find(of).ok_or_else(|| unknown(capability, operation))?;
        admit(found.operations(), capability, operation, &header.principal(grant))?;
        let declared = found.operations().iter().find(|it| it.name == operation);
        Ok((*declared.ok_or_else(|| unknown(capability, operation))?, Arc::clone(found)))
    }

    fn begin(&mut self, id: Bytes, call: Call, piece: Vec<u8>, reads: &mut JoinSet<()>, changes: &mut JoinSet<()>) {
        let now = self.place.clock.utc();
        self.arriving.retain(|_, arriving| now < arriving.call.header.expires);
        match Gathered::new(call.header.pieces, MAX_REQUEST) {
            Ok(gathered) if self.arriving.len() < MAX_ARRIVING => {
                self.arriving.insert(id.clone(), Arriving { call, gathered });
                self.add_opened(&id, 0, piece, reads, changes);
            }
            Ok(_) => answer(&call.line, busy(), reads),
            Err(error) => answer(&call.line, error, reads),
        }
    }

    fn add(&mut self, id: &Bytes, index: u32, piece: &[u8], reads: &mut JoinSet<()>, changes: &mut JoinSet<()>) {
        let Some(arriving) = self.arriving.get(id) else { return };
        match arriving.call.line.keys.request.open(counted(index.into()), id, piece) {
            Some(piece) => self.add_opened(id, index, piece, reads, changes),
            None => tracing::warn!("ignored a piece of a request that is not from its caller"),
        }
    }

    fn add_opened(
        &mut self,
        id: &Bytes,
        index: u32,
        piece: Vec<u8>,
        reads: &mut JoinSet<()>,
        changes: &mut JoinSet<()>,
    ) {
        let room = MAX_ARRIVING_BYTES.saturating_sub(self.arriving.values().map(|one| one.gathered.bytes()).sum());
        let Some(arriving) = self.arriving.get_mut(id) else { return };
        let added = if piece.len() > room { Err(busy()) } else { arriving.gathered.add(index, piece) };
        let whole = match added.and_then(|packed| packed.map(|packed| unpack(packed, MAX_REQUEST)).transpose()) {
            Ok(None) => return,
            Ok(Some(body)) => Ok(body),
            Err(error) => Err(error),
        };
        let Some(Arriving { call, .. }) = self.arriving.remove(id) else { return };
        match whole {
            Ok(body) => self.start(call, body, reads, changes),
            Err(error) => answer(&call.line, error, reads),
        }
    }

    fn start(&mut self, call: Call, body: Vec<u8>, reads: &mut JoinSet<()>, changes: &mut JoinSet<()>) {
        let is_change = call.operation.effect == Effect::Changes;
        let known = if is_change { self.place.journal.find(&call.header.change()) } else { None };
        if let Some(outcome) = known {
            return self.repeat(call, outcome, reads);
        }
        let (keys, credit) = (Arc::clone(&call.line.keys), call.header.credit);
        let now = self.place.clock.utc();
        let expires = call.header.expires + super::header::SKEW;
        match self.running.begin(&call.line.id, keys, credit, expires, now) {
            Ok(Arrival::New(work)) => {
                let order = self.order(call, body);
                if is_change {
                    changes.spawn(carry_out_change(order, work));
                } else {
                    reads.spawn(carry_out_read(order, work));
                }
            }
            // Its answer is on the way.
            Ok(Arrival::Running) => {}
            Ok(Arrival::Repeated) => tracing::debug!(operation = call.header.operation, "ignored a repeated request"),
            Err(error) => answer(&call.line, error, reads),
        }
    }

    fn order(&self, call: Call, body: Vec<u8>) -> Order {
        let Call { operation, capability, grant, header, line, timeout } = call;
        Order { place: Arc::clone(&self.place), operation, capability, grant, header, line, timeout, body }
    }

    /// A change that was asked for before: what came of it, and nothing is done.
    fn repeat(&mut self, call: Call, outcome: Outcome, reads: &mut JoinSet<()>) {
        let Call { header, grant, line, .. } = call;
        let unknown = |message: &'static str| {
            Answer::failed(0, &Error::new(ErrorKind::Indeterminate, header.operation.clone(), message)).to_json().into()
        };
        let kept: Arc<[u8]> = match outcome {
            // It runs, and is answered when it ends.
            Outcome::Begun => return,
            Outcome::Ended(Some(answer)) => answer,
            Outcome::Ended(None) => unknown("it was carried out, but its answer was too large to be kept"),
            Outcome::Unknown => unknown("it was begun before the place was restarted: look whether it took place"),
        };
        let repeated =
            Error::new(ErrorKind::Forbidden, "take a request", "it came again and was not carried out again");
        self.record(&header.operation, Some(&header), Some(&grant), &repeated, reads);
        reads.spawn(async move { line.send_kept(&kept).await });
    }

    fn refuse(&mut self, message: &Message, refused: Refused, reads: &mut JoinSet<()>) {
        let Refused { error, header, grant, line } = refused;
        let (capability, operation) = asked_for(&message.topic);
        self.record(&format!("{capability}.{operation}"), header.as_ref(), grant.as_ref(), &error, reads);
        if let Some(line) = line {
            answer(&line, error, reads);
        }
    }

    /// Records that a request was refused, unless there are too many of them.
    fn record(
        &mut self,
        operation: &str,
        header: Option<&Header>,
        grant: Option<&Grant>,
        error: &Error,
        reads: &mut JoinSet<()>,
    ) {
        let Some(left_out) = self.refusals.admit(self.place.clock.now()) else { return };
        let more = if left_out == 0 { String::new() } else { format!(" ({left_out} more were not recorded)") };
        let entry = AuditEntry {
            event: AuditEvent::Refused,
            principal: grant.map_or_else(|| "unknown".to_owned(), |grant| grant.name.clone()),
            role: grant.map(|grant| grant.role),
            key: header.map(|header| shortened(&header.caller)),
            address: Some(self.place.transport.address()),
            operation: shortened(operation),
            request: header.map_or_else(String::new, |header| shortened(&header.id)),
            began: None,
            reason: Some(error.message().chars().take(MAX_REASON).chain(more.chars()).collect()),
            details: None,
        };
        let place = Arc::clone(&self.place);
        reads.spawn(async move {
            if let Err(error) = place.audit.record(place.clock.utc(), entry).await {
                tracing::error!("a refusal is not in the audit record: {}", error.report());
            }
        });
    }
}

impl Refused {
    fn unreadable(message: &'static str) -> Self {
        let error = Error::new(ErrorKind::InvalidArgument, "take a request", message);
        Self { error, header: None, grant: None, line: None }
    }

    fn changed(call: Call) -> Self {
        let error = Error::new(ErrorKind::Forbidden, "take a request", "its content is not what its caller sealed");
        Self { error, header: Some(call.header), grant: Some(call.grant), line: Some(call.line) }
    }
}

fn answer(line: &Line, error: Error, tasks: &mut JoinSet<()>) {
    // Beyond that somebody sends faster than we can answer.
    if tasks.len() < MAX_TASKS {
        let line = line.clone();
        tasks.spawn(async move { line.send(Answer::failed(0, &error)).await });
    }
}

/// Capability and operation at the end of a topic.
fn asked_for(topic: &str) -> (&str, &str) {
    let mut levels = topic.rsplit('/');
    let operation = levels.next().unwrap_or_default();
    (levels.next().unwrap_or_default(), operation)
}

/// What the caller allows, less the time that the hub held the request (MQTT 5.0 §3.3.2.3.3).
fn allowed_time(timeout_ms: u64, left: Option<Duration>) -> Duration {
    let timeout = Duration::from_millis(timeout_ms);
    left.map_or(timeout, |left| timeout.min(left)).min(MAX_TIMEOUT)
}

fn shortened(text: &str) -> String {
    text.chars().take(100).collect()
}

fn busy() -> Error {
    Error::new(ErrorKind::LimitExceeded, "take a request", "too many large requests come at once; try again later")
}

/// Bytes of one request.
pub(super) const MAX_REQUEST: usize = 16 << 20;
/// Requests of which pieces are missing, and their bytes together.
const MAX_ARRIVING: usize = 64;
const MAX_ARRIVING_BYTES: usize = 64 << 20;
/// Refusals and reads at once.
const MAX_TASKS: usize = 1000;
const MAX_REASON: usize = 1000;
