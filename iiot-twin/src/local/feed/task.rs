//! The task that fills a feed.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use iiot_core::session::{GapReason, Item, Lease, Session, Subscription, SubscriptionEvent, SubscriptionOptions};
use iiot_core::{Error, ErrorKind, Result};

use super::super::visit::Visit;
use super::{Feed, Ground, Phase, Subject};
use crate::Header;
use crate::connection::Connectivity;
use crate::watch::{StreamGap, StreamGapReason, StreamState};

/// What makes updates of what a subscription reports.
#[async_trait]
pub(in crate::local) trait Source: Send + 'static {
    type Subject: Subject;

    /// Whether there are items that a request names by their places, which are their handles.
    const HAS_ITEMS: bool;

    /// What to subscribe.
    fn subscription(&self) -> (SubscriptionOptions, Vec<Item>);

    /// Something was reported.
    async fn event(&mut self, feed: &Feed<Self::Subject>, site: &Site, event: &SubscriptionEvent);

    /// Does what is to be done beside, and returns when a part of it is done; never if there is nothing. Nothing is lost
    /// when it is dropped before.
    async fn work(&mut self, _feed: &Feed<Self::Subject>, _site: &Site) {
        std::future::pending().await
    }
}

/// The server, as long as the feed runs.
pub(in crate::local) struct Site {
    lease: Arc<Lease>,
    ground: Ground,
}

/// For a connection that is made for nobody in particular.
const TO_CONNECT: Duration = Duration::from_secs(60);
/// For what a feed asks the server beside.
const TO_ASK: Duration = Duration::from_secs(30);

impl Site {
    /// A visit for what is to be asked now, at the names that this table gives.
    pub(in crate::local) fn visit(&self, namespaces: &Arc<Vec<String>>) -> Visit {
        let clock = Arc::clone(&self.ground.clock);
        let deadline = clock.now() + TO_ASK;
        let visit = Visit::new(Arc::clone(&self.lease), &Header::default(), deadline, clock);
        Visit { namespaces: Arc::clone(namespaces), ..visit }
    }

    pub(in crate::local) fn session(&self) -> &Arc<dyn Session> {
        self.lease.session()
    }

    pub(in crate::local) fn clock(&self) -> &Arc<dyn iiot_core::clock::Clock> {
        &self.ground.clock
    }
}

pub(super) async fn run<O: Source>(feed: Arc<Feed<O::Subject>>, source: O, ground: Ground) {
    let ended = watch(&feed, source, ground).await;
    feed.enter(Phase::Ended(Arc::new(ended)));
}

/// Returns why it is over.
async fn watch<O: Source>(feed: &Feed<O::Subject>, mut source: O, ground: Ground) -> Error {
    let (site, mut subscription) = match begin(source.subscription(), ground).await {
        Ok(begun) => begun,
        Err(error) => return error,
    };
    feed.enter(Phase::Open);
    loop {
        let event = tokio::select! {
            event = subscription.next() => event,
            () = unwatched(feed) => break,
            () = source.work(feed, &site) => continue,
        };
        let Some(event) = event else { return Error::new(ErrorKind::Closed, "watch", "the session was closed") };
        connection::<O>(feed, &event);
        source.event(feed, &site, &event).await;
        match event {
            SubscriptionEvent::Data(batch) => subscription.acknowledge(batch.token),
            SubscriptionEvent::Events(batch) => subscription.acknowledge(batch.token),
            _ => {}
        }
    }
    subscription.close().await;
    Error::new(ErrorKind::Closed, "watch", "nobody has watched for a while")
}

async fn begin(
    (options, items): (SubscriptionOptions, Vec<Item>),
    ground: Ground,
) -> Result<(Site, Box<dyn Subscription>)> {
    let deadline = ground.clock.now() + TO_CONNECT;
    let lease = Arc::new(ground.pool.stay(&ground.options, deadline).await?);
    let subscription = lease.session().subscribe(options, items).await?;
    Ok((Site { lease, ground }, subscription))
}

/// Tells of what concerns the connection and the subscription as a whole.
fn connection<O: Source>(feed: &Feed<O::Subject>, event: &SubscriptionEvent) {
    let state = |state, reason| StreamState { state, reason };
    match event {
        SubscriptionEvent::Created(_) | SubscriptionEvent::Resumed(_) => {
            feed.stands(state(Connectivity::Connected, None));
        }
        SubscriptionEvent::Interrupted(reason) => {
            feed.stands(state(Connectivity::Reconnecting, Some(reason.clone())));
        }
        SubscriptionEvent::Gap(gap) => {
            let items = if O::HAS_ITEMS { gap.items.clone() } else { Vec::new() };
            feed.misses(StreamGap { reason: gap.reason.into(), after: gap.after, before: gap.before, items });
        }
        _ => {}
    }
}

impl From<GapReason> for StreamGapReason {
    fn from(reason: GapReason) -> Self {
        match reason {
            GapReason::SubscriptionLost => Self::SubscriptionLost,
            GapReason::Overflow => Self::ServerQueueOverflow,
            GapReason::Undecodable => Self::Undecodable,
            _ => Self::NotAvailable,
        }
    }
}

/// Returns when nobody has watched for long enough; nobody comes any more then.
async fn unwatched<S: Subject>(feed: &Feed<S>) {
    while let Some(deadline) = feed.end_if_unwatched() {
        tokio::select! {
            () = feed.left.notified() => {}
            () = feed.clock.sleep_until(deadline) => {}
        }
    }
}
