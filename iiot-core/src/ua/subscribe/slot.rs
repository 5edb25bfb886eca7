//! One subscription: from being wanted to living on the server, and back after every loss.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::decode::{Frame, Message, republish_response};
use super::items::Items;
use super::retry::Backoff;
use super::sequence::{InOrder, Sequence};
use crate::session::{Gap, GapReason, Item, SubscriptionEvent, SubscriptionOptions, SubscriptionRevised};
use crate::time::UtcTime;
use crate::ua::codec::decode_response;
use crate::ua::{
    CreateSubscriptionRequest, CreateSubscriptionResponse, RepublishRequest, Request, Response,
    SetPublishingModeRequest, StatusCode,
};

/// A subscription as the engine drives it.
#[derive(Debug)]
pub(super) struct Slot {
    options: SubscriptionOptions,
    phase: Phase,
    items: Items,
    sequence: Sequence,
    /// Since when values are missing because the server lost the subscription.
    open_gap: Option<Option<UtcTime>>,
    /// When the server sent the last message that was delivered, and the last keep-alive.
    last_publish: Option<UtcTime>,
    last_keep_alive: Option<UtcTime>,
    /// Tokens that the consumer has not acknowledged.
    unacknowledged: VecDeque<u64>,
    /// Counts creations, so that tokens of an earlier one are told apart.
    incarnation: u32,
    create_backoff: Backoff,
    republishing: Republishing,
    /// The engine wants no data from it for the time being.
    paused: bool,
    events: VecDeque<SubscriptionEvent>,
    acknowledgements: Vec<(u32, u32)>,
    abandoned: Vec<u32>,
}

#[derive(Debug)]
enum Phase {
    Waiting { not_before: Option<Instant> },
    Creating { publishing: bool },
    Live(Live),
}

#[derive(Debug)]
struct Live {
    revised: SubscriptionRevised,
    /// What the server was last told.
    publishing: bool,
    /// Whether it is known to exist on this connection.
    verified: bool,
    mode_in_flight: bool,
    /// The first tag of a request that was sent after its creation.
    first_tag: u64,
    /// When it last sent something or was renewed.
    heard: Instant,
    created: Instant,
}

#[derive(Debug, Default)]
struct Republishing {
    in_flight: Option<u32>,
    timeouts: u32,
}

/// What a request of a slot is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Create,
    Mode(bool),
    CreateItems,
    DeleteItems,
    Republish(u32),
}

/// What surrounds a slot.
#[derive(Debug, Clone, Copy)]
pub(super) struct Env<'a> {
    pub(super) namespaces: &'a Arc<Vec<String>>,
    pub(super) now: Instant,
}

/// A subscription lives this long without a Publish request unless asked otherwise.
const DEFAULT_LIFETIME: Duration = Duration::from_secs(300);
/// A creation that lasts shorter is no success for the back-off.
const STABLE: Duration = Duration::from_secs(30);
const MAX_REPUBLISH_TIMEOUTS: u32 = 3;

impl Slot {
    pub(super) fn new(options: SubscriptionOptions, items: Vec<Item>) -> Self {
        Self {
            options,
            phase: Phase::Waiting { not_before: None },
            items: Items::new(items),
            sequence: Sequence::default(),
            open_gap: None,
            last_publish: None,
            last_keep_alive: None,
            unacknowledged: VecDeque::new(),
            incarnation: 0,
            create_backoff: Backoff::new(Duration::from_secs(1), Duration::from_secs(60)),
            republishing: Republishing::default(),
            paused: false,
            events: VecDeque::new(),
            acknowledgements: Vec::new(),
            abandoned: Vec::new(),
        }
    }

    /// The server's id while it is known.
    pub(super) fn id(&self) -> Option<u32> {
        self.live().map(|live| live.revised.subscription_id)
    }

    /// Whether Publish requests make sense for it.
    pub(super) fn is_live(&self) -> bool {
        self.live().is_some_and(|live| live.verified)
    }

    /// Whether it existed when the request with this tag was sent.
    pub(super) fn is_older_than(&self, tag: u64) -> bool {
        self.live().is_some_and(|live| live.first_tag <= tag)
    }

    pub(super) fn is_creating(&self) -> bool {
        matches!(self.phase, Phase::Creating { .. })
    }

    /// Messages that may still be delivered before the consumer must acknowledge.
    pub(super) fn room(&self) -> usize {
        self.options.max_unacknowledged.max(1).saturating_sub(self.unacknowledged.len() + self.sequence.held())
    }

    /// Messages delivered or held beyond what the consumer allowed.
    pub(super) fn excess(&self) -> usize {
        (self.unacknowledged.len() + self.sequence.held()).saturating_sub(self.options.max_unacknowledged.max(1))
    }

    pub(super) fn is_half_empty(&self) -> bool {
        self.room() * 2 >= self.options.max_unacknowledged.max(1)
    }

    pub(super) fn is_paused(&self) -> bool {
        self.paused
    }

    pub(super) fn pause(&mut self, paused: bool) {
        self.paused = paused;
    }

    /// The longest silence of a server that is well.
    pub(super) fn keep_alive_time(&self) -> Duration {
        let (interval, count) = match self.live() {
            Some(live) => (live.revised.publishing_interval, live.revised.max_keep_alive_count),
            None => (self.options.publishing_interval, self.options.max_keep_alive_count),
        };
        interval.saturating_mul(count.max(1))
    }

    pub(super) fn set_items(&mut self, items: Vec<Item>) {
        self.items.set(items);
    }

    pub(super) fn take_events(&mut self) -> VecDeque<SubscriptionEvent> {
        let changes = self.items.take_changes();
        if !changes.is_empty() {
            self.events.push_back(SubscriptionEvent::Items(changes));
        }
        std::mem::take(&mut self.events)
    }

    /// Subscription id and sequence number of messages that the server may forget.
    pub(super) fn take_acknowledgements(&mut self) -> Vec<(u32, u32)> {
        std::mem::take(&mut self.acknowledgements)
    }

    /// Ids of subscriptions to delete on the server.
    pub(super) fn take_abandoned(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.abandoned)
    }

    /// The consumer has a message safe.
    pub(super) fn acknowledge(&mut self, token: u64) {
        let Some(index) = self.unacknowledged.iter().position(|waiting| *waiting == token) else { return };
        self.unacknowledged.remove(index);
        let (incarnation, sequence_number) = split(token);
        if let Some(id) = self.id().filter(|_| incarnation == self.incarnation) {
            self.acknowledgements.push((id, sequence_number));
        }
    }

    pub(super) fn disconnected(&mut self, reason: &str) {
        self.events.push_back(SubscriptionEvent::Interrupted(reason.into()));
        self.republishing = Republishing::default();
        self.items.disconnected();
        match &mut self.phase {
            Phase::Creating { .. } => self.phase = Phase::Waiting { not_before: None },
            Phase::Live(live) => {
                live.verified = false;
                live.mode_in_flight = false;
            }
            Phase::Waiting { .. } => {}
        }
    }

    /// The connection is back, with the old session or a new one.
    pub(super) fn connected(&mut self, same_session: bool, env: Env<'_>) {
        match &self.phase {
            Phase::Live(_) if !same_session => self.lose(env),
            Phase::Live(_) if self.items.uncertain() => self.abandon(env),
            _ => {}
        }
    }

    /// Gives the subscription up on the server and starts anew: what the server has is not known.
    fn abandon(&mut self, env: Env<'_>) {
        self.abandoned.extend(self.id());
        self.items.shrink_batch();
        self.lose(env);
    }

    /// The server no longer has the subscription.
    pub(super) fn lose(&mut self, env: Env<'_>) {
        let Phase::Live(live) = &self.phase else { return };
        if env.now.saturating_duration_since(live.created) >= STABLE {
            self.create_backoff.reset();
        }
        self.sequence.give_up_all();
        self.deliver_in_order(env);
        if self.live().is_none() {
            // What was delivered said so as well.
            return;
        }
        if self.items.any_reporting() {
            self.open_gap.get_or_insert(self.last_publish);
        }
        let not_before = self.create_backoff.next_after_free_try().map(|pause| env.now + pause);
        self.phase = Phase::Waiting { not_before };
        self.incarnation += 1;
        self.sequence = Sequence::default();
        self.republishing = Republishing::default();
        self.items.forget();
    }

    /// When the slot must be looked at again.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        match &self.phase {
            Phase::Waiting { not_before } => *not_before,
            Phase::Creating { .. } => None,
            Phase::Live(live) => {
                let renewal = (!live.mode_in_flight).then(|| self.renewal_at(live));
                [renewal, self.items.poll_timeout()].into_iter().flatten().min()
            }
        }
    }

    /// The next request that is due; called until it returns none.
    pub(super) fn next_request(&mut self, env: Env<'_>) -> Option<(Op, Request)> {
        match &self.phase {
            Phase::Waiting { not_before } if not_before.is_none_or(|at| at <= env.now) => Some(self.create()),
            Phase::Waiting { .. } | Phase::Creating { .. } => None,
            Phase::Live(_) => {
                self.items.handle_timeout(env.now);
                self.set_mode(env.now).or_else(|| self.republish()).or_else(|| self.next_items(env))
            }
        }
    }

    fn create(&mut self) -> (Op, Request) {
        // After a loss nothing is published before every item exists again: then the first message
        // marks the end of the loss for all of them.
        let publishing = self.open_gap.is_none();
        self.phase = Phase::Creating { publishing };
        let options = &self.options;
        let interval = options.publishing_interval;
        let request = CreateSubscriptionRequest {
            requested_publishing_interval: interval.as_secs_f64() * 1000.0,
            requested_lifetime_count: lifetime_count(options),
            requested_max_keep_alive_count: options.max_keep_alive_count,
            max_notifications_per_publish: options.max_notifications_per_publish,
            publishing_enabled: publishing,
            priority: options.priority,
            ..Default::default()
        };
        (Op::Create, request.into())
    }

    /// Tells the server whether to publish; also verifies and renews the subscription.
    fn set_mode(&mut self, now: Instant) -> Option<(Op, Request)> {
        let wanted = !self.paused && (self.open_gap.is_none() || self.items.settled());
        let Phase::Live(live) = &self.phase else { return None };
        let due = !live.verified || live.publishing != wanted || now >= self.renewal_at(live);
        if live.mode_in_flight || !due {
            return None;
        }
        let subscription_ids = Some(vec![live.revised.subscription_id]);
        self.live_mut()?.mode_in_flight = true;
        let request = SetPublishingModeRequest { publishing_enabled: wanted, subscription_ids, ..Default::default() };
        Some((Op::Mode(wanted), request.into()))
    }

    fn republish(&mut self) -> Option<(Op, Request)> {
        let live = self.live().filter(|live| live.verified)?;
        if self.republishing.in_flight.is_some() {
            return None;
        }
        let (subscription_id, retransmit_sequence_number) =
            (live.revised.subscription_id, self.sequence.first_missing()?);
        self.republishing.in_flight = Some(retransmit_sequence_number);
        let request = RepublishRequest { subscription_id, retransmit_sequence_number, ..Default::default() };
        Some((Op::Republish(retransmit_sequence_number), request.into()))
    }

    fn next_items(&mut self, env: Env<'_>) -> Option<(Op, Request)> {
        let id = self.live().filter(|live| live.verified)?.revised.subscription_id;
        let request = self.items.next_request(id, env.namespaces, env.now)?;
        let op = if matches!(request, Request::DeleteMonitoredItems(_)) { Op::DeleteItems } else { Op::CreateItems };
        Some((op, request))
    }

    /// A request of this slot was answered or failed; `next_tag` is that of the next request.
    pub(super) fn completed(&mut self, op: Op, result: Result<Bytes, StatusCode>, next_tag: u64, env: Env<'_>) {
        if let (Err(status), false) = (&result, op == Op::Create)
            && is_gone(*status)
        {
            return self.lose(env);
        }
        match op {
            Op::Create => self.created(result, next_tag, env),
            Op::Mode(publishing) => self.mode_set(publishing, result, env),
            Op::CreateItems => self.items_created(result, env),
            Op::DeleteItems => self.items.deleted(),
            Op::Republish(sequence_number) => self.republished(sequence_number, result, env),
        }
    }

    fn created(&mut self, result: Result<Bytes, StatusCode>, first_tag: u64, env: Env<'_>) {
        let Phase::Creating { publishing } = self.phase else { return };
        let response = answer("CreateSubscription", result, |response| match response {
            Response::CreateSubscription(response) => Some(*response),
            _ => None,
        });
        match response {
            Ok(response) => {
                let (verified, mode_in_flight) = (true, false);
                let (revised, heard) = (revised(&response), env.now);
                self.phase = Phase::Live(Live {
                    revised,
                    publishing,
                    verified,
                    mode_in_flight,
                    first_tag,
                    heard,
                    created: heard,
                });
                self.events.push_back(SubscriptionEvent::Created(revised));
            }
            Err(status) => {
                tracing::warn!(%status, "the server refused the subscription");
                let pause = self.create_backoff.next();
                self.phase = Phase::Waiting { not_before: Some(env.now + pause) };
            }
        }
    }

    fn mode_set(&mut self, publishing: bool, result: Result<Bytes, StatusCode>, env: Env<'_>) {
        let results = answer("SetPublishingMode", result, |response| match response {
            Response::SetPublishingMode(response) => response.results,
            _ => None,
        });
        let status = results.map(|results| results.first().copied().unwrap_or(StatusCode::Good));
        if matches!(status, Ok(status) if is_gone(status)) {
            return self.lose(env);
        }
        let Some(live) = self.live_mut() else { return };
        live.mode_in_flight = false;
        live.heard = env.now;
        if status == Err(StatusCode::BadRequestTimeout) {
            return;
        }
        // A server that cannot switch publishing off has answered nevertheless, so it has the
        // subscription; the engine's bound on held messages does the rest.
        live.publishing = publishing;
        if !std::mem::replace(&mut live.verified, true) {
            self.events.push_back(SubscriptionEvent::Resumed);
        }
    }

    fn items_created(&mut self, result: Result<Bytes, StatusCode>, env: Env<'_>) {
        let results = answer("CreateMonitoredItems", result, |response| match response {
            Response::CreateMonitoredItems(response) => Some(response.results.unwrap_or_default()),
            _ => None,
        });
        match results {
            Ok(results) => {
                if !self.items.created(results, env.now) {
                    self.abandon(env);
                }
            }
            Err(StatusCode::BadRequestTimeout | StatusCode::BadDecodingError) => self.abandon(env),
            Err(status) => self.items.failed(status, env.now),
        }
    }

    fn republished(&mut self, sequence_number: u32, result: Result<Bytes, StatusCode>, env: Env<'_>) {
        if self.republishing.in_flight.take() != Some(sequence_number) {
            return;
        }
        let message = result.and_then(|body| republish_response(&body).unwrap_or(Err(StatusCode::BadDecodingError)));
        match message {
            Ok(message) => self.sequence.arrived(message, &[]),
            Err(status) if is_gone(status) => return self.lose(env),
            Err(StatusCode::BadRequestTimeout) if self.republishing.timeouts < MAX_REPUBLISH_TIMEOUTS => {
                self.republishing.timeouts += 1;
                return;
            }
            Err(_) => {}
        }
        self.republishing.timeouts = 0;
        // Whatever came, the number that was asked for is not asked for again.
        self.sequence.give_up(sequence_number);
        self.deliver_in_order(env);
    }

    /// The server sent a message.
    pub(super) fn published(&mut self, message: Message, available: &[u32], env: Env<'_>) {
        let Some(live) = self.live_mut() else { return };
        live.heard = env.now;
        let keep_alive = message.content.is_none().then_some(message.publish_time);
        let Some(time) = keep_alive else {
            self.sequence.arrived(message, available);
            return self.deliver_in_order(env);
        };
        self.last_keep_alive = time;
        self.sequence.announced(message.sequence_number, available);
        self.deliver_in_order(env);
        if self.sequence.first_missing().is_none() {
            self.last_publish = time.or(self.last_publish);
        }
        self.events.push_back(SubscriptionEvent::KeepAlive);
    }

    /// Delivers whatever is in order now.
    fn deliver_in_order(&mut self, env: Env<'_>) {
        let mut status_change = None;
        while let Some(next) = self.sequence.next() {
            status_change = self.deliver(next, env).or(status_change);
        }
        self.declare_trailing_loss();
        if let Some(status) = status_change {
            tracing::warn!(%status, "the server ended the subscription");
            self.lose(env);
        }
    }

    fn deliver(&mut self, next: InOrder, env: Env<'_>) -> Option<StatusCode> {
        let InOrder { lost, message } = next;
        let (sequence_number, time) = (message.sequence_number, message.publish_time);
        if let Some(after) = self.open_gap.take() {
            self.declare(Gap { after, before: time, messages: None, reason: GapReason::SubscriptionLost });
        }
        self.declare_lost(lost, time, GapReason::NotAvailableForRepublish);
        let status_change = match self.hand_over(*message, env) {
            Some(status_change) => status_change,
            None => {
                self.declare_lost(1, time, GapReason::Undecodable);
                None
            }
        };
        self.last_publish = time.or(self.last_publish);
        if self.unacknowledged.back() != Some(&self.token(sequence_number)) {
            // Nothing in it concerns the consumer.
            self.acknowledgements.extend(self.id().map(|id| (id, sequence_number)));
        }
        status_change
    }

    /// Hands the values of a message to the consumer; `None` if they do not decode.
    fn hand_over(&mut self, message: Message, env: Env<'_>) -> Option<Option<StatusCode>> {
        let frame = Frame {
            token: self.token(message.sequence_number),
            subscription_id: self.id()?,
            sequence_number: message.sequence_number,
            publish_time: message.publish_time,
            republished: message.republished,
            namespaces: Arc::clone(env.namespaces),
            body: message.body(),
        };
        let content = message.content?.inspect_err(|error| tracing::warn!(?error, "a message does not decode")).ok()?;
        let status_change = content.status_change;
        if content.values() > 0 {
            self.unacknowledged.push_back(frame.token);
            self.events.push_back(SubscriptionEvent::Data(Arc::new(content.into_batch(frame))));
        }
        Some(status_change)
    }

    /// Declares messages that are lost before the last keep-alive, once nothing else is outstanding.
    fn declare_trailing_loss(&mut self) {
        let lost = self.sequence.take_trailing_loss();
        self.declare_lost(lost, self.last_keep_alive, GapReason::NotAvailableForRepublish);
    }

    fn declare_lost(&mut self, messages: u32, before: Option<UtcTime>, reason: GapReason) {
        if messages > 0 {
            self.declare(Gap { after: self.last_publish, before, messages: Some(messages), reason });
        }
    }

    fn declare(&mut self, gap: Gap) {
        self.events.push_back(SubscriptionEvent::Gap(gap));
    }

    fn token(&self, sequence_number: u32) -> u64 {
        u64::from(self.incarnation) << 32 | u64::from(sequence_number)
    }

    /// A third of the lifetime after the last sign of life, sooner if keep-alives stay away.
    fn renewal_at(&self, live: &Live) -> Instant {
        let lifetime = live.revised.publishing_interval.saturating_mul(live.revised.lifetime_count);
        let silence = self.keep_alive_time().saturating_mul(3).max(Duration::from_secs(1));
        live.heard + (lifetime / 3).clamp(Duration::from_millis(500), silence)
    }

    fn live(&self) -> Option<&Live> {
        match &self.phase {
            Phase::Live(live) => Some(live),
            _ => None,
        }
    }

    fn live_mut(&mut self) -> Option<&mut Live> {
        match &mut self.phase {
            Phase::Live(live) => Some(live),
            _ => None,
        }
    }
}

/// Whether the server says that the subscription does not exist.
fn is_gone(status: StatusCode) -> bool {
    matches!(status, StatusCode::BadSubscriptionIdInvalid | StatusCode::BadNoSubscription)
}

fn split(token: u64) -> (u32, u32) {
    ((token >> 32) as u32, token as u32)
}

fn lifetime_count(options: &SubscriptionOptions) -> u32 {
    // At least three keep-alive intervals (OPC 10000-4 §5.14.2.2).
    let least = options.max_keep_alive_count.saturating_mul(3).max(3);
    match options.lifetime_count {
        0 => {
            let cycles = DEFAULT_LIFETIME.as_secs_f64() / options.publishing_interval.as_secs_f64().max(0.001);
            (cycles.ceil() as u32).max(least)
        }
        count => count.max(least),
    }
}

fn revised(response: &CreateSubscriptionResponse) -> SubscriptionRevised {
    SubscriptionRevised {
        subscription_id: response.subscription_id,
        publishing_interval: milliseconds(response.revised_publishing_interval),
        lifetime_count: response.revised_lifetime_count,
        max_keep_alive_count: response.revised_max_keep_alive_count,
    }
}

fn milliseconds(value: f64) -> Duration {
    Duration::try_from_secs_f64(value / 1000.0).unwrap_or(Duration::from_secs(1))
}

/// Takes what a service answered out of a message body; every failure as a StatusCode.
fn answer<T>(
    service: &'static str,
    result: Result<Bytes, StatusCode>,
    take: impl FnOnce(Response) -> Option<T>,
) -> Result<T, StatusCode> {
    let response = decode_response(service, &result?).map_err(|error| error.status())?;
    take(response).ok_or(StatusCode::BadUnknownResponse)
}
