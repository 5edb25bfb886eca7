//! One subscription for all who watch the same.
//!
//! A [`Feed`] is filled by one task, which owns the subscription, and read by any number of watchers, each with a place of
//! his own in the ring: who is slow falls behind and is told so, and nobody waits for him.

mod audience;
mod ring;
mod task;

use std::sync::Arc;

use futures::StreamExt;
use futures::stream::{self, BoxStream};
use iiot_core::clock::Clock;
use iiot_core::session::{ConnectOptions, SessionPool};
use iiot_core::{Error, ErrorKind, Result};
use parking_lot::Mutex;
use tokio::sync::{Notify, watch};

use audience::Audience;
use ring::Ring;
pub(super) use task::{Site, Source};

use crate::alarm::AlarmUpdate;
use crate::event::EventUpdate;
use crate::value::ValueUpdate;
use crate::watch::{StreamGap, StreamGapReason, StreamState};

/// What a stream is about: the present state, which a watcher is given first, and the updates to it.
pub(super) trait Subject: Send + 'static {
    type Update: Update;

    /// All that is known.
    fn snapshot(&self) -> Self::Update;
}

/// What updates of all kinds have in common.
pub(super) trait Update: Clone + Default + Send + Sync + 'static {
    fn common(&mut self) -> Common<'_>;
}

/// The parts of an update that all kinds have.
pub(super) struct Common<'u> {
    pub(super) sequence: &'u mut u64,
    pub(super) snapshot: &'u mut bool,
    pub(super) state: &'u mut Option<StreamState>,
    pub(super) gap: &'u mut Option<StreamGap>,
}

/// Declares that an update has these parts as fields.
macro_rules! common {
    ($($Update:ty),*) => { $(
        impl Update for $Update {
            fn common(&mut self) -> Common<'_> {
                let Self { sequence, snapshot, state, gap, .. } = self;
                Common { sequence, snapshot, state, gap }
            }
        }
    )* };
}
common!(AlarmUpdate, EventUpdate, ValueUpdate);

/// What is watched, and by whom.
pub(super) struct Feed<S: Subject> {
    inner: Mutex<Inner<S>>,
    /// Told of every change.
    news: watch::Sender<()>,
    /// Somebody left.
    left: Notify,
    clock: Arc<dyn Clock>,
}

struct Inner<S: Subject> {
    subject: S,
    ring: Ring<S::Update>,
    audience: Audience,
    phase: Phase,
    /// How the connection stands, once that is known.
    state: Option<StreamState>,
}

#[derive(Clone)]
enum Phase {
    /// The server is being asked.
    Opening,
    Open,
    /// Over, with the reason.
    Ended(Arc<Error>),
}

impl<S: Subject> Feed<S> {
    fn new(subject: S, clock: Arc<dyn Clock>) -> Arc<Self> {
        let (ring, audience) = (Ring::new(clock.utc()), Audience::new(clock.now()));
        let inner = Inner { subject, ring, audience, phase: Phase::Opening, state: None };
        Arc::new(Self { inner: Mutex::new(inner), news: watch::Sender::new(()), left: Notify::new(), clock })
    }

    /// Changes what is known; what it returns is told to all who watch, each with about its size.
    pub(super) fn change(&self, change: impl FnOnce(&mut S) -> Vec<(usize, S::Update)>) {
        {
            let Inner { subject, ring, .. } = &mut *self.inner.lock();
            for (bytes, mut update) in change(subject) {
                ring.push(bytes, |sequence| {
                    *update.common().sequence = sequence;
                    update
                });
            }
        }
        self.news.send_replace(());
    }

    /// Notes what is not to be told.
    pub(super) fn note(&self, note: impl FnOnce(&mut S)) {
        note(&mut self.inner.lock().subject);
        self.news.send_replace(());
    }

    /// The connection stands otherwise.
    fn stands(&self, state: StreamState) {
        self.inner.lock().state = Some(state.clone());
        self.tell(|common| *common.state = Some(state));
    }

    /// Something is missing.
    fn misses(&self, gap: StreamGap) {
        self.tell(|common| *common.gap = Some(gap));
    }

    fn tell(&self, what: impl FnOnce(Common<'_>)) {
        let mut update = S::Update::default();
        what(update.common());
        self.change(|_| vec![(SMALL, update)]);
    }

    /// Looks at what is known, the sequence of the last update, and how the connection stands.
    pub(super) fn look<T>(&self, look: impl FnOnce(&S, u64, Option<&StreamState>) -> T) -> T {
        let inner = self.inner.lock();
        look(&inner.subject, inner.ring.last(), inner.state.as_ref())
    }

    /// Begins to watch; `None` if it is over.
    fn join(self: &Arc<Self>) -> Option<Watcher<S>> {
        let mut inner = self.inner.lock();
        if matches!(inner.phase, Phase::Ended(_)) {
            return None;
        }
        inner.audience.enter();
        Some(Watcher { feed: Arc::clone(self) })
    }

    fn enter(&self, phase: Phase) {
        self.inner.lock().phase = phase;
        self.news.send_replace(());
    }

    /// Ends it if nobody has come for long enough; else when to look again.
    fn end_if_unwatched(&self) -> Option<std::time::Instant> {
        let mut inner = self.inner.lock();
        if !inner.audience.is_over(self.clock.now()) {
            return Some(inner.audience.deadline().unwrap_or_else(|| self.clock.now() + LONG));
        }
        inner.phase = Phase::Ended(Arc::new(Error::new(ErrorKind::Closed, "watch", "nobody has watched for a while")));
        None
    }
}

/// The size of an update that says little.
const SMALL: usize = 200;
/// Nobody can be expected to leave; who does wakes the task.
const LONG: std::time::Duration = std::time::Duration::from_secs(3600);

/// Somebody who watches, until this is dropped.
pub(super) struct Watcher<S: Subject> {
    pub(super) feed: Arc<Feed<S>>,
}

impl<S: Subject> Drop for Watcher<S> {
    fn drop(&mut self) {
        self.feed.inner.lock().audience.leave(self.feed.clock.now());
        self.feed.left.notify_one();
    }
}

impl<S: Subject> Watcher<S> {
    /// Returns when something is known of which this is true.
    ///
    /// # Errors
    /// Why the server could not be asked; `Timeout` at `deadline`.
    pub(super) async fn until(
        &self,
        deadline: std::time::Instant,
        late: &'static str,
        is_so: impl Fn(&S) -> bool,
    ) -> Result<()> {
        let mut news = self.feed.news.subscribe();
        let so = async {
            loop {
                news.borrow_and_update();
                match &*self.feed.inner.lock() {
                    Inner { phase: Phase::Ended(error), .. } => return Err(again(error)),
                    Inner { phase: Phase::Open, subject, .. } if is_so(subject) => return Ok(()),
                    _ => {}
                }
                if news.changed().await.is_err() {
                    return Err(Error::new(ErrorKind::Closed, "watch", "the program stops"));
                }
            }
        };
        tokio::select! {
            biased;
            done = so => done,
            () = self.feed.clock.sleep_until(deadline) => Err(Error::new(ErrorKind::Timeout, "watch", late)),
        }
    }

    /// What happens, behind this sequence or from the present state on.
    pub(super) fn updates(self, after: Option<u64>) -> BoxStream<'static, Result<S::Update>> {
        let news = self.feed.news.subscribe();
        let reader = Reader { place: Place::Start(after), news, watcher: self };
        stream::unfold(Some(reader), |reader| async move {
            let mut reader = reader?;
            let update = reader.next().await;
            let goes_on = update.is_ok();
            Some((update, goes_on.then_some(reader)))
        })
        .boxed()
    }
}

/// A watcher's place in the stream.
struct Reader<S: Subject> {
    watcher: Watcher<S>,
    news: watch::Receiver<()>,
    place: Place,
}

#[derive(Clone, Copy)]
enum Place {
    Start(Option<u64>),
    Behind(u64),
}

impl<S: Subject> Reader<S> {
    async fn next(&mut self) -> Result<S::Update> {
        loop {
            self.news.borrow_and_update();
            if let Some(update) = self.at_hand()? {
                return Ok(update);
            }
            if self.news.changed().await.is_err() {
                return Err(Error::new(ErrorKind::Closed, "watch", "the program stops"));
            }
        }
    }

    fn at_hand(&mut self) -> Result<Option<S::Update>> {
        let inner = self.watcher.feed.inner.lock();
        let (sequence, gap) = match self.place {
            Place::Start(None) => (inner.ring.last(), None),
            Place::Start(Some(after)) | Place::Behind(after) => match inner.ring.behind(after) {
                Ok(Some(update)) => {
                    self.place = Place::Behind(after + 1);
                    return Ok(Some(S::Update::clone(&update)));
                }
                Ok(None) => return inner.phase.ended().map_or(Ok(None), Err),
                Err(_) if matches!(self.place, Place::Behind(_)) => {
                    (inner.ring.last(), Some(StreamGap::new(StreamGapReason::ReaderTooSlow)))
                }
                Err(reason) => (inner.ring.last(), Some(StreamGap::new(reason))),
            },
        };
        self.place = Place::Behind(sequence);
        Ok(Some(inner.snapshot(sequence, gap)))
    }
}

impl<S: Subject> Inner<S> {
    fn snapshot(&self, sequence: u64, gap: Option<StreamGap>) -> S::Update {
        let mut update = self.subject.snapshot();
        let common = update.common();
        (*common.sequence, *common.snapshot) = (sequence, true);
        (*common.gap, *common.state) = (gap, self.state.clone());
        update
    }
}

impl Phase {
    fn ended(&self) -> Option<Error> {
        match self {
            Self::Ended(error) => Some(again(error)),
            _ => None,
        }
    }
}

/// The same failure for one more who is told.
fn again(error: &Error) -> Error {
    let copy = Error::new(error.kind(), error.operation().to_owned(), error.message().to_owned());
    let mut copy = copy.with_status(error.status()).retryable(error.is_retryable());
    for (key, value) in error.context() {
        copy = copy.with(key.clone(), value);
    }
    match std::error::Error::source(error) {
        Some(source) => copy.because(source.to_string()),
        None => copy,
    }
}

/// The feeds of one kind.
pub(super) struct Feeds<S: Subject>(Mutex<Vec<Entry<S>>>);

struct Entry<S: Subject> {
    endpoint: String,
    /// What is watched there.
    what: String,
    options: ConnectOptions,
    feed: Arc<Feed<S>>,
}

/// What a feed stands on.
pub(super) struct Ground {
    pub(super) pool: Arc<SessionPool>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) options: ConnectOptions,
}

impl<S: Subject> Default for Feeds<S> {
    fn default() -> Self {
        Self(Mutex::new(Vec::new()))
    }
}

impl<S: Subject> std::fmt::Debug for Feeds<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Feeds({})", self.0.lock().len())
    }
}

impl<S: Subject> Feeds<S> {
    /// Joins those who watch the same of a server, or begins.
    ///
    /// # Errors
    /// `LimitExceeded` if too much is watched.
    pub(super) fn join<O: Source<Subject = S>>(
        &self,
        endpoint: &str,
        what: String,
        ground: Ground,
        begin: impl FnOnce() -> (S, O),
    ) -> Result<Watcher<S>> {
        let mut entries = self.0.lock();
        entries.retain(|entry| !matches!(entry.feed.inner.lock().phase, Phase::Ended(_)));
        let is_it = |entry: &&Entry<S>| {
            entry.endpoint == endpoint && entry.what == what && is_same(&entry.options, &ground.options)
        };
        if let Some(watcher) = entries.iter().find(is_it).and_then(|entry| entry.feed.join()) {
            return Ok(watcher);
        }
        if entries.len() >= MAX_FEEDS {
            let message = "too much is being watched; try again later";
            return Err(Error::new(ErrorKind::LimitExceeded, "watch", message));
        }
        let (subject, source) = begin();
        let feed = Feed::new(subject, Arc::clone(&ground.clock));
        let watcher = feed.join().expect("it has just begun");
        let entry =
            Entry { endpoint: endpoint.to_owned(), what, options: ground.options.clone(), feed: Arc::clone(&feed) };
        entries.push(entry);
        tokio::spawn(task::run(feed, source, ground));
        Ok(watcher)
    }
}

/// Whether they lead to the same server as the same user.
fn is_same(a: &ConnectOptions, b: &ConnectOptions) -> bool {
    let of = |o: &ConnectOptions| (o.endpoint_url.clone(), o.alternative_urls.clone(), o.locales.clone());
    of(a) == of(b) && a.security == b.security && a.identity == b.identity && a.reverse == b.reverse
}

/// Things of one kind that are watched at a time.
const MAX_FEEDS: usize = 256;
