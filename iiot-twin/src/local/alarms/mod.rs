//! The live list of alarms.

mod fields;
mod list;
mod nodes;
mod refresh;

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use futures::FutureExt;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use iiot_core::Result;
use iiot_core::clock::Clock;
use iiot_core::session::{EventBatch, Item, ItemState, SubscriptionEvent, SubscriptionOptions};
use iiot_core::ua::ObjectId;

use super::LocalTwin;
use super::feed::{Feed, Ground, Site, Source, Watcher};
use super::visit::Visit;
use crate::alarm::{Alarm, AlarmUpdate, AlarmsRequest, AlarmsResponse, Basis, WatchAlarmsRequest};
use crate::connection::Connectivity;
use crate::{Header, Status};
use fields::Heard;
pub(super) use list::AlarmList;
use refresh::Refresh;

impl LocalTwin {
    pub(super) async fn list_alarms(&self, request: &AlarmsRequest) -> Result<AlarmsResponse> {
        let watcher = self.complete_list(&request.endpoint, &request.header).await?;
        Ok(watcher.feed.look(|list, sequence, state| AlarmsResponse {
            alarms: list.alarms().cloned().collect(),
            basis: list.basis().unwrap_or_default(),
            status: list.refused().cloned().unwrap_or_default(),
            state: state.filter(|state| state.state != Connectivity::Connected).cloned(),
            left_out: list.left_out(),
            sequence,
        }))
    }

    pub(super) async fn follow_alarms(
        &self,
        request: &WatchAlarmsRequest,
    ) -> Result<BoxStream<'static, Result<AlarmUpdate>>> {
        let (watcher, deadline) = self.join_alarms(&request.endpoint, &request.header).await?;
        watcher.until(deadline, "the connection is still being made", |_| true).await?;
        Ok(watcher.updates(request.after))
    }

    /// The live list, once it is complete. It stays so for a while after this is dropped.
    pub(super) async fn complete_list(&self, endpoint: &str, header: &Header) -> Result<Watcher<AlarmList>> {
        let (watcher, deadline) = self.join_alarms(endpoint, header).await?;
        let late = "the server has not told its alarms yet";
        watcher.until(deadline, late, |list| list.basis().is_some()).await?;
        Ok(watcher)
    }

    async fn join_alarms(&self, endpoint: &str, header: &Header) -> Result<(Watcher<AlarmList>, Instant)> {
        let (options, deadline) = self.approach_to_watch(endpoint, header).await?;
        let ground = Ground { pool: Arc::clone(&self.pool), clock: Arc::clone(&self.clock), options };
        let begin = || (AlarmList::default(), AlarmSource::default());
        Ok((self.feeds.alarms.join(endpoint, String::new(), ground, begin)?, deadline))
    }
}

/// Makes the list of what a subscription reports.
#[derive(Default)]
pub(super) struct AlarmSource {
    refresh: Refresh,
    asking: Option<BoxFuture<'static, Answer>>,
    /// When a list that the server has not sent counts as complete.
    settle_at: Option<Instant>,
    /// The server could not be asked and will be then.
    again: bool,
}

/// What came of asking the server.
enum Answer {
    /// It sends its conditions as events.
    Sends,
    /// It does not know how, and these are in its address space.
    Nodes(Vec<Alarm>),
    /// It tells of no others than those that it sends by itself.
    Nothing,
    /// It could not be asked.
    Failed,
}

/// How often the server sends events.
const PUBLISHING: Duration = Duration::from_millis(250);
/// The longest that a server is waited for which has said that it sends its conditions.
const TO_SEND: Duration = Duration::from_secs(10);
/// About the size of an alarm.
const ALARM_BYTES: usize = 1_000;

#[async_trait]
impl Source for AlarmSource {
    type Subject = AlarmList;
    const HAS_ITEMS: bool = false;

    fn subscription(&self) -> (SubscriptionOptions, Vec<Item>) {
        let options = SubscriptionOptions { publishing_interval: PUBLISHING, ..Default::default() };
        (options, vec![Item::events(1, ObjectId::Server, fields::query())])
    }

    async fn event(&mut self, feed: &Feed<AlarmList>, site: &Site, event: &SubscriptionEvent) {
        match event {
            SubscriptionEvent::Created(revised) => self.refresh.created(revised.subscription_id),
            SubscriptionEvent::Resumed(revised) => self.refresh.resumed(revised.subscription_id),
            SubscriptionEvent::Interrupted(_) => {
                self.refresh.interrupted();
                (self.asking, self.settle_at, self.again) = (None, None, false);
            }
            SubscriptionEvent::Items(states) => self.item(feed, site, states),
            SubscriptionEvent::Gap(_) => self.refresh.required(),
            SubscriptionEvent::Events(batch) => self.events(feed, batch),
            _ => {}
        }
        if matches!(event, SubscriptionEvent::Created(_) | SubscriptionEvent::Resumed(_)) {
            feed.note(AlarmList::reconnected);
        }
        self.ask(site);
    }

    async fn work(&mut self, feed: &Feed<AlarmList>, site: &Site) {
        if let Some(asking) = &mut self.asking {
            let answer = asking.await;
            self.asking = None;
            return self.answered(feed, site, answer);
        }
        match self.settle_at {
            None => std::future::pending().await,
            Some(at) => site.clock().sleep_until(at).await,
        }
        self.settle_at = None;
        feed.change(|list| list.settle().map(sized).into_iter().collect());
        if std::mem::take(&mut self.again) {
            self.refresh.required();
            self.ask(site);
        }
    }
}

impl AlarmSource {
    fn item(&mut self, feed: &Feed<AlarmList>, site: &Site, states: &[(u32, ItemState)]) {
        for (_, state) in states {
            let refused = match state {
                ItemState::Failed { status, .. } => Some(Status::from(*status)),
                _ => None,
            };
            match refused {
                None => self.refresh.reporting(),
                // A server without events has no alarms.
                Some(_) => self.settle_at = Some(site.clock().now()),
            }
            feed.note(|list| list.stands(refused));
        }
    }

    fn events(&mut self, feed: &Feed<AlarmList>, batch: &EventBatch) {
        let heard: Vec<Heard> = batch.rows().map(|event| Heard::of(&event, &batch.namespaces)).collect();
        if heard.iter().any(|heard| matches!(heard, Heard::RefreshRequired)) {
            self.refresh.required();
        }
        feed.change(|list| heard.into_iter().filter_map(|heard| note(list, heard)).map(sized).collect());
    }

    /// Asks the server for all that it retains, if it is time.
    fn ask(&mut self, site: &Site) {
        if let Some(subscription) = self.refresh.take() {
            let visit = site.visit(&site.session().namespaces());
            self.asking = Some(ask(visit, subscription, Arc::clone(site.clock())).boxed());
        }
    }

    fn answered(&mut self, feed: &Feed<AlarmList>, site: &Site, answer: Answer) {
        self.refresh.done();
        let now = site.clock().now();
        match answer {
            Answer::Sends => self.settle_at = Some(now + TO_SEND),
            Answer::Failed => (self.settle_at, self.again) = (Some(now + TO_SEND), true),
            Answer::Nothing => self.settle_at = Some(now),
            Answer::Nodes(alarms) => {
                feed.change(|list| list.rebuild(alarms, Basis::Nodes).into_iter().map(sized).collect());
            }
        }
        self.ask(site);
    }
}

async fn ask(visit: Visit, subscription: u32, clock: Arc<dyn Clock>) -> Answer {
    match refresh::refresh(&visit.session, subscription, clock.as_ref()).await {
        Ok(()) => Answer::Sends,
        Err(error) if !refresh::is_unknown(error.status()) => Answer::Failed,
        Err(_) => match nodes::read(&visit).await {
            Err(_) => Answer::Failed,
            Ok(None) => Answer::Nothing,
            Ok(Some(alarms)) => Answer::Nodes(alarms),
        },
    }
}

fn note(list: &mut AlarmList, heard: Heard) -> Option<AlarmUpdate> {
    match heard {
        Heard::Alarm(alarm) => list.alarm(*alarm),
        Heard::RefreshStart => {
            list.begin_refresh();
            None
        }
        Heard::RefreshEnd => list.end_refresh(),
        Heard::RefreshRequired | Heard::Other => None,
    }
}

fn sized(update: AlarmUpdate) -> (usize, AlarmUpdate) {
    ((1 + update.changed.len()) * ALARM_BYTES + update.removed.len() * 100, update)
}
