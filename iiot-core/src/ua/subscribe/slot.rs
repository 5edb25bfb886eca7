//! One subscription: from being wanted to living on the server, and back after every loss.

mod changes;
mod handover;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::answer::answer;
use super::decode::{Message, republish_response};
use super::delivery::{Delivery, Origin};
use super::engine::Continuity;
use super::items::Items;
use super::parameters::{create_request, revised};
use super::retry::Backoff;
use super::watchdog::Watchdog;
use crate::session::{Item, SubscriptionEvent, SubscriptionOptions, SubscriptionRevised};
use crate::ua::batching::without_detail;
use crate::ua::{RepublishRequest, Request, Response, SetPublishingModeRequest, StatusCode};

/// A subscription as the engine drives it.
#[derive(Debug)]
pub(super) struct Slot {
    options: SubscriptionOptions,
    phase: Phase,
    items: Items,
    delivery: Delivery,
    watchdog: Watchdog,
    modify: Modify,
    create_backoff: Backoff,
    /// For a server that has no room for another subscription.
    crowded_backoff: Backoff,
    /// The engine wants no data from it for the time being.
    paused: bool,
    /// Ids of subscriptions that are given up but may still exist.
    abandoned: Vec<u32>,
}

/// Whether the server is to be told of other parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Modify {
    No,
    Wanted,
    Asked,
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
    transfer: Transfer,
    mode_in_flight: bool,
    /// The first tag of a request that was sent after its creation.
    first_tag: u64,
    /// When it last sent something or was renewed.
    heard: Instant,
    created: Instant,
}

/// Whether the subscription is still in an old session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Transfer {
    No,
    Wanted,
    Asked,
}

/// What a request of a slot is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Create,
    Mode(bool),
    CreateItems,
    DeleteItems,
    ModifyItems,
    ItemModes,
    LinkItems,
    Modify,
    Republish(u32),
}

/// What surrounds a slot.
#[derive(Debug, Clone, Copy)]
pub(super) struct Env<'a> {
    pub(super) namespaces: &'a Arc<Vec<String>>,
    pub(super) now: Instant,
}

/// A server that may be silent for longer is asked meanwhile whether it still is there.
const LONGEST_SILENCE: Duration = Duration::from_secs(24 * 3600);
/// A creation that lasts shorter is no success for the back-off.
const STABLE: Duration = Duration::from_secs(30);

impl Slot {
    pub(super) fn new(options: SubscriptionOptions, items: Vec<Item>, now: Instant) -> Self {
        let mut watchdog = Watchdog::default();
        watchdog.set(&items, now);
        Self {
            delivery: Delivery::new(options.max_unacknowledged),
            options,
            phase: Phase::Waiting { not_before: None },
            items: Items::new(items),
            watchdog,
            modify: Modify::No,
            create_backoff: Backoff::new(Duration::from_secs(1), Duration::from_secs(60)),
            crowded_backoff: Backoff::new(Duration::from_secs(30), Duration::from_secs(300)),
            paused: false,
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

    /// What the consumer has of it.
    pub(super) fn delivery(&self) -> &Delivery {
        &self.delivery
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
        interval.saturating_mul(count.max(1)).min(LONGEST_SILENCE)
    }

    /// The server says how many items it takes in one call.
    pub(super) fn limit_items(&mut self, told: Option<u32>) {
        self.items.limit(told);
    }

    pub(super) fn set_items(&mut self, items: Vec<Item>, now: Instant) {
        self.watchdog.set(&items, now);
        self.items.set(items);
    }

    pub(super) fn take_events(&mut self, now: Instant) -> VecDeque<SubscriptionEvent> {
        let changes = self.items.take_changes();
        if !changes.is_empty() {
            self.delivery.tell(SubscriptionEvent::Items(changes));
        }
        let events = self.delivery.take_events();
        if !self.watchdog.is_idle() {
            events.iter().for_each(|event| self.heard(event, now));
        }
        events
    }

    /// Subscription id and sequence number of messages that the server may forget.
    pub(super) fn take_acknowledgements(&mut self) -> Vec<(u32, u32)> {
        let Some(id) = self.id() else { return Vec::new() };
        self.delivery.take_acknowledgements().into_iter().map(|number| (id, number)).collect()
    }

    /// Ids of subscriptions to delete on the server.
    pub(super) fn take_abandoned(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.abandoned)
    }

    /// The consumer has a message safe.
    pub(super) fn acknowledge(&mut self, token: u64) {
        self.delivery.acknowledge(token);
    }

    pub(super) fn disconnected(&mut self, reason: &str) {
        self.delivery.tell(SubscriptionEvent::Interrupted(reason.into()));
        self.delivery.disconnected();
        self.items.disconnected();
        self.watchdog.disarm();
        if self.modify == Modify::Asked {
            self.modify = Modify::Wanted;
        }
        match &mut self.phase {
            Phase::Creating { .. } => self.phase = Phase::Waiting { not_before: None },
            Phase::Live(live) => {
                live.verified = false;
                live.mode_in_flight = false;
                if live.transfer == Transfer::Asked {
                    live.transfer = Transfer::Wanted;
                }
            }
            Phase::Waiting { .. } => {}
        }
    }

    /// The connection is back.
    pub(super) fn connected(&mut self, continuity: Continuity, env: Env<'_>) {
        let uncertain = self.items.uncertain();
        match (&mut self.phase, continuity) {
            (Phase::Live(_), Continuity::Nothing) => self.lose(env),
            (Phase::Live(live), Continuity::Subscriptions) => live.transfer = Transfer::Wanted,
            (Phase::Live(live), Continuity::Session) if uncertain && live.transfer == Transfer::No => self.abandon(env),
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
        // That the server ended it is known already.
        let _ = self.delivery.give_up_missing(origin(live, env));
        self.delivery.start_over(self.items.any_reporting());
        let not_before = self.create_backoff.next_after_free_try().map(|pause| env.now + pause);
        self.phase = Phase::Waiting { not_before };
        self.watchdog.disarm();
        self.items.forget();
    }

    /// Looks at what was delivered: the server may have ended the subscription with it.
    fn delivered(&mut self, status_change: Option<StatusCode>, env: Env<'_>) {
        match (status_change, self.live_mut()) {
            // It was taken to another session: to ours, by ourselves, or to somebody else's. The
            // server is asked which; node-opcua keeps this among the messages of the subscription.
            (Some(StatusCode::GoodSubscriptionTransferred), Some(live)) => live.verified = false,
            (Some(status), _) => {
                tracing::warn!(%status, "the server ended the subscription");
                self.lose(env);
            }
            (None, _) => {}
        }
    }

    /// When the slot must be looked at again.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        match &self.phase {
            Phase::Waiting { not_before } => *not_before,
            Phase::Creating { .. } => None,
            Phase::Live(live) if live.transfer != Transfer::No => None,
            Phase::Live(live) => {
                let renewal = (!live.mode_in_flight).then(|| self.renewal_at(live));
                [renewal, self.items.poll_timeout(), self.watchdog.poll_timeout()].into_iter().flatten().min()
            }
        }
    }

    /// The next request that is due; called until it returns none.
    pub(super) fn next_request(&mut self, env: Env<'_>) -> Option<(Op, Request)> {
        match &self.phase {
            Phase::Waiting { not_before } if not_before.is_none_or(|at| at <= env.now) => Some(self.create()),
            Phase::Waiting { .. } | Phase::Creating { .. } => None,
            Phase::Live(live) if live.transfer != Transfer::No => None,
            Phase::Live(_) => {
                self.items.handle_timeout(env.now);
                self.watch(env.now);
                self.set_mode(env.now)
                    .or_else(|| self.republish())
                    .or_else(|| self.next_modify())
                    .or_else(|| self.next_items(env))
            }
        }
    }

    fn create(&mut self) -> (Op, Request) {
        // After a loss nothing is published before every item exists again: then the first message
        // marks the end of the loss for all of them.
        let publishing = !self.delivery.has_open_gap();
        self.phase = Phase::Creating { publishing };
        self.modify = Modify::No;
        (Op::Create, create_request(&self.options, publishing).into())
    }

    /// Tells the server whether to publish; also verifies and renews the subscription.
    fn set_mode(&mut self, now: Instant) -> Option<(Op, Request)> {
        let wanted = !self.paused && (!self.delivery.has_open_gap() || self.items.settled());
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
        let subscription_id = self.live().filter(|live| live.verified)?.revised.subscription_id;
        let retransmit_sequence_number = self.delivery.next_to_republish()?;
        let request = RepublishRequest { subscription_id, retransmit_sequence_number, ..Default::default() };
        Some((Op::Republish(retransmit_sequence_number), request.into()))
    }

    fn next_items(&mut self, env: Env<'_>) -> Option<(Op, Request)> {
        let id = self.live().filter(|live| live.verified)?.revised.subscription_id;
        let request = self.items.next_request(id, env.namespaces, env.now)?;
        let op = match &request {
            Request::DeleteMonitoredItems(_) => Op::DeleteItems,
            Request::ModifyMonitoredItems(_) => Op::ModifyItems,
            Request::SetMonitoringMode(_) => Op::ItemModes,
            Request::SetTriggering(_) => Op::LinkItems,
            _ => Op::CreateItems,
        };
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
            Op::DeleteItems => self.items.deleted(result.err()),
            Op::ModifyItems | Op::ItemModes | Op::LinkItems => self.items_changed(op, result),
            Op::Modify => self.modified(result),
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
                    transfer: Transfer::No,
                    mode_in_flight,
                    first_tag,
                    heard,
                    created: heard,
                });
                self.watchdog.arm(env.now);
                self.delivery.tell(SubscriptionEvent::Created(revised));
            }
            Err(status) => {
                tracing::warn!(%status, "the server refused the subscription");
                let reason = format!("the server refused the subscription: {status}");
                self.delivery.tell(SubscriptionEvent::Interrupted(reason));
                let pause = self.refused(status);
                self.phase = Phase::Waiting { not_before: Some(env.now + pause) };
            }
        }
    }

    /// How long to wait before the subscription is asked for again. One that the server has no room
    /// for waits long, and its items say why they do not report.
    fn refused(&mut self, status: StatusCode) -> Duration {
        if without_detail(status) != StatusCode::BadTooManySubscriptions {
            return self.create_backoff.next();
        }
        self.items.report_waiting(status);
        self.crowded_backoff.next()
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
        let published = std::mem::replace(&mut live.publishing, publishing);
        let verified = std::mem::replace(&mut live.verified, true);
        let revised = live.revised;
        if publishing && !(published && verified) {
            self.watchdog.arm(env.now);
        }
        if !verified {
            self.delivery.tell(SubscriptionEvent::Resumed(revised));
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
        let Phase::Live(live) = &self.phase else { return };
        let decode = |body| republish_response(&body).unwrap_or(Err(StatusCode::BadDecodingError));
        let message = result.and_then(decode);
        let status_change = self.delivery.republished(sequence_number, message, origin(live, env));
        self.delivered(status_change, env);
    }

    /// The server sent a message.
    pub(super) fn published(&mut self, message: Message, available: &[u32], env: Env<'_>) {
        let Phase::Live(live) = &mut self.phase else { return };
        live.heard = env.now;
        let status_change = self.delivery.arrived(message, available, origin(live, env));
        self.delivered(status_change, env);
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

fn origin<'a>(live: &Live, env: Env<'a>) -> Origin<'a> {
    Origin { subscription_id: live.revised.subscription_id, namespaces: env.namespaces }
}
