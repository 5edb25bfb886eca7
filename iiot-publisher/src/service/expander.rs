//! Asks servers again and again what is below the nodes that a plan has expanded.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use iiot_core::clock::Clock;
use iiot_core::session::{
    Condition, ConnectOptions, Connector, EventQuery, Item, Session, Subscription, SubscriptionEvent,
    SubscriptionOptions,
};
use iiot_core::ua::{ObjectId, ObjectTypeId};
use iiot_core::{Error, Result};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::backoff::Backoff;
use crate::expand::{Search, Variable, find};

/// What a server has below a node, as it was found.
#[derive(Debug)]
pub(super) struct News {
    pub(super) server: usize,
    pub(super) search: usize,
    pub(super) found: Result<Vec<Variable>>,
}

/// Watches the expansions of one server, in a session of its own.
#[derive(Debug)]
pub(super) struct Expander {
    pub(super) options: ConnectOptions,
    /// Its number in the news.
    pub(super) server: usize,
    /// Each with how often it is looked at.
    pub(super) searches: Vec<(Search, Duration)>,
    pub(super) connector: Arc<dyn Connector>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) news: mpsc::Sender<News>,
}

impl Expander {
    /// Runs until it is cancelled.
    pub(super) async fn run(self, end: CancellationToken) {
        let Some(session) = end.run_until_cancelled(self.connect()).await else { return };
        end.run_until_cancelled(self.watch(session.as_ref())).await;
        session.close().await;
    }

    async fn connect(&self) -> Arc<dyn Session> {
        let mut backoff = Backoff::new(Duration::from_secs(1), self.options.max_backoff);
        loop {
            match self.connector.connect(self.options.clone()).await {
                Ok(session) => return session,
                // The connection that publishes tells of it.
                Err(_) => self.clock.sleep_until(self.clock.now() + backoff.failed()).await,
            }
        }
    }

    async fn watch(&self, session: &dyn Session) {
        let mut due = Due::new(self.searches.iter().map(|(_, again)| *again), self.clock.now());
        let mut changes = changes(session).await;
        // It is created once without anything having changed.
        let (mut failures, mut created) = (HashMap::new(), false);
        loop {
            tokio::select! {
                () = self.clock.sleep_until(due.first()) => {
                    for search in due.take(self.clock.now()) {
                        if !self.look(session, search, &mut failures).await {
                            due.again(search, self.clock.now() + AFTER_FAILURE);
                        }
                    }
                }
                changed = next(changes.as_mut()) => match changed {
                    Some(true) if std::mem::replace(&mut created, true) => due.soon(self.clock.now() + SETTLED),
                    Some(_) => {}
                    None => changes = None,
                },
            }
        }
    }

    /// Looks for variables and tells what was found; whether the server answered.
    async fn look(&self, session: &dyn Session, index: usize, failures: &mut HashMap<usize, String>) -> bool {
        let (search, _) = &self.searches[index];
        let found = find(session, search).await;
        let answered = found.is_ok();
        match found.as_ref().map_err(Error::report) {
            Ok(_) => drop(failures.remove(&index)),
            Err(error) if failures.get(&index) == Some(&error) => {}
            Err(error) => {
                let (node, url) = (&search.node, &self.options.endpoint_url);
                tracing::warn!("what is below {node} on {url} stays as it is known: {error}");
                failures.insert(index, error);
            }
        }
        // Whoever is not there any more does not miss it.
        let _ = self.news.send(News { server: self.server, search: index, found }).await;
        answered
    }
}

/// When each search is looked at next.
#[derive(Debug)]
struct Due(Vec<(Instant, Duration)>);

impl Due {
    fn new(intervals: impl Iterator<Item = Duration>, now: Instant) -> Self {
        Self(intervals.map(|again| (now, again)).collect())
    }

    fn first(&self) -> Instant {
        self.0.iter().map(|(due, _)| *due).min().expect("whoever has no expansions is not watched")
    }

    /// Those that are due; their next time comes after their interval.
    fn take(&mut self, now: Instant) -> Vec<usize> {
        let mut taken = Vec::new();
        for (index, (due, again)) in self.0.iter_mut().enumerate().filter(|(_, (due, _))| *due <= now) {
            *due = now + *again;
            taken.push(index);
        }
        taken
    }

    /// One is due at this time at the latest.
    fn again(&mut self, index: usize, at: Instant) {
        let (due, _) = &mut self.0[index];
        *due = at.min(*due);
    }

    /// The server has changed: all are due at this time at the latest.
    fn soon(&mut self, at: Instant) {
        for (due, _) in &mut self.0 {
            *due = at.min(*due);
        }
    }
}

/// The server's events about changes of its nodes; `None` where it has none, then time alone counts.
async fn changes(session: &dyn Session) -> Option<Box<dyn Subscription>> {
    let query = EventQuery::base().matching(Condition::of_type(ObjectTypeId::BaseModelChangeEventType));
    let item = Item::events(0, ObjectId::Server, query);
    let subscribed: Result<_> = session.subscribe(SubscriptionOptions::default(), vec![item]).await;
    subscribed.inspect_err(|error| tracing::debug!(%error, "no events tell of changed nodes")).ok()
}

/// Whether the server may have other nodes now; `None` at the end.
async fn next(changes: Option<&mut Box<dyn Subscription>>) -> Option<bool> {
    let Some(changes) = changes else { return std::future::pending().await };
    Some(match changes.next().await? {
        SubscriptionEvent::Events(batch) => {
            changes.acknowledge(batch.token);
            !batch.is_empty()
        }
        SubscriptionEvent::Data(batch) => {
            changes.acknowledge(batch.token);
            false
        }
        // It is another run of the server, or something was missed.
        SubscriptionEvent::Created(_) | SubscriptionEvent::Resumed(_) | SubscriptionEvent::Gap(_) => true,
        _ => false,
    })
}

/// Until a search that failed is tried again.
const AFTER_FAILURE: Duration = Duration::from_secs(30);
/// Servers tell of each node by itself while they change many.
const SETTLED: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_search_has_its_own_time_and_a_change_makes_all_due() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut due = Due::new([10, 25].map(Duration::from_secs).into_iter(), start);
        assert_eq!((due.first(), due.take(start)), (start, vec![0, 1]));
        assert_eq!((due.first(), due.take(at(10))), (at(10), vec![0]));
        due.soon(at(12));
        assert_eq!((due.first(), due.take(at(12))), (at(12), vec![0, 1]));
        assert_eq!(due.first(), at(22));
        due.again(1, at(15));
        assert_eq!(due.take(at(15)), [1]);
    }
}
