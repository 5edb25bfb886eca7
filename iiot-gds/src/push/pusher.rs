//! Does what a push asks for, one device at a time.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use iiot_core::clock::Clock;
use iiot_core::session::Identity;
use iiot_core::{Error, ErrorKind, Result};
use parking_lot::Mutex;

use super::work::{Work, failure};
use super::{Action, Claim, Dial, Event, Issuing, Order, Push, PushBook, Step};

/// Pushes certificates and trust lists to devices.
#[derive(Debug)]
pub struct Pusher {
    parts: PusherParts,
    /// The devices that this process works on.
    busy: Arc<Mutex<HashSet<String>>>,
}

/// The parts of a [`Pusher`].
#[derive(Debug, Clone)]
pub struct PusherParts {
    /// Tells it from others on the same book; the same after a restart.
    pub name: String,
    /// How devices are reached.
    pub dial: Arc<dyn Dial>,
    /// Where certificates come from.
    pub issuing: Arc<dyn Issuing>,
    /// Where pushes are kept.
    pub book: Arc<dyn PushBook>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// How to reach a device.
#[derive(Debug, Clone)]
pub struct Access {
    /// The device, as pushes name it.
    pub device: String,
    /// Where it listens: `opc.tcp://press:4840`.
    pub endpoint_url: String,
    /// Who may administrate it.
    pub identity: Identity,
}

/// How long a claim holds without a word from its holder; longer than any single step takes.
const CLAIM: Duration = Duration::from_secs(120);

impl Pusher {
    /// Made of these parts.
    #[must_use]
    pub fn new(parts: PusherParts) -> Self {
        Self { parts, busy: Arc::default() }
    }

    /// Keeps an order as the next push of a device. [`run`](Self::run) carries it out.
    ///
    /// # Errors
    /// `Conflict` while the last push of the device is not over.
    pub async fn begin(&self, device: &str, order: Order) -> Result<Push> {
        let last = self.parts.book.load(device).await?;
        if last.as_ref().is_some_and(|last| !last.push.step.is_over()) {
            return Err(conflict("the last push of the device is not over", device));
        }
        let number = last.as_ref().map_or(0, |last| last.push.number) + 1;
        let push = Push::new(device, number, order, self.parts.clock.utc());
        self.parts.book.save(&push, last.map(|last| last.revision)).await?;
        Ok(push)
    }

    /// Takes the push of a device on, from wherever it stands, until it is over or somebody has to approve its certificate
    /// first; pauses between attempts are waited for. Dropped at any moment, it can be run again.
    ///
    /// # Errors
    /// `NotFound` if the device has no push, `Conflict` if somebody else is at it, and those of the book. What goes wrong
    /// with the device is no error but stands in the push.
    pub async fn run(&self, access: &Access) -> Result<Push> {
        let _busy = self.occupy(&access.device)?;
        let mut run = Run::begin(&self.parts, access).await?;
        loop {
            match run.push.next(self.parts.clock.utc()) {
                Action::Rest => return run.end().await,
                Action::Wait { keep_session: false, .. } if run.push.step == Step::Issue => return run.end().await,
                Action::Wait { until, keep_session } => run.wait(until, keep_session).await?,
                action => run.go(action).await?,
            }
        }
    }

    /// The push of a device as it stands.
    ///
    /// # Errors
    /// `NotFound` if it has none; those of the book.
    pub async fn push(&self, device: &str) -> Result<Push> {
        self.parts.book.load(device).await?.map(|entry| entry.push).ok_or_else(|| no_push(device))
    }

    fn occupy(&self, device: &str) -> Result<Busy> {
        if !self.busy.lock().insert(device.to_owned()) {
            return Err(conflict("this process is at it already", device));
        }
        Ok(Busy { device: device.to_owned(), all: Arc::clone(&self.busy) })
    }
}

/// Frees the device when it goes.
struct Busy {
    device: String,
    all: Arc<Mutex<HashSet<String>>>,
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.all.lock().remove(&self.device);
    }
}

/// One push under way.
struct Run<'a> {
    parts: &'a PusherParts,
    push: Push,
    revision: u64,
    work: Work<'a>,
}

impl<'a> Run<'a> {
    async fn begin(parts: &'a PusherParts, access: &'a Access) -> Result<Self> {
        let entry = parts.book.load(&access.device).await?.ok_or_else(|| no_push(&access.device))?;
        let foreign = |claim: &Claim| claim.by != parts.name && claim.until > parts.clock.utc();
        if let Some(claim) = entry.push.claim.as_ref().filter(|claim| foreign(claim)) {
            return Err(conflict("somebody else is at it", &access.device).with("holder", &claim.by));
        }
        let work = Work::new(parts, access);
        let mut run = Self { parts, push: entry.push, revision: entry.revision, work };
        if !run.push.step.is_over() {
            run.take(Event::SessionLost).await?;
        }
        Ok(run)
    }

    async fn go(&mut self, action: Action) -> Result<()> {
        let event = match self.work.perform(&self.push, action).await {
            Ok(event) => event,
            Err(error) => failure(&error),
        };
        self.take(event).await?;
        // What was written in a session ends with it.
        if !self.push.has_session() {
            self.work.leave().await;
        }
        Ok(())
    }

    async fn wait(&mut self, until: iiot_core::time::UtcTime, keep_session: bool) -> Result<()> {
        if !keep_session {
            self.work.leave().await;
        }
        let clock = &self.parts.clock;
        clock.sleep_until(clock.now() + until.since(clock.utc())).await;
        // A wait may be longer than a claim holds.
        self.save().await
    }

    async fn take(&mut self, event: Event) -> Result<()> {
        let now = self.parts.clock.utc();
        let before = self.push.step;
        self.push = self.push.clone().step(event, now).0;
        if self.push.step != before {
            tracing::info!(device = self.push.device, from = ?before, to = ?self.push.step, "a push goes on");
        }
        self.save().await
    }

    /// Every step is on record before the next one begins.
    async fn save(&mut self) -> Result<()> {
        let until = self.parts.clock.utc() + CLAIM;
        let is_over = self.push.step.is_over();
        self.push.claim = (!is_over).then(|| Claim { by: self.parts.name.clone(), until });
        self.revision = self.parts.book.save(&self.push, Some(self.revision)).await?;
        Ok(())
    }

    /// Leaves the device, and the push to whoever runs it next.
    async fn end(mut self) -> Result<Push> {
        self.work.leave().await;
        if !self.push.step.is_over() {
            self.push = self.push.step(Event::SessionLost, self.parts.clock.utc()).0;
            self.push.claim = None;
            self.parts.book.save(&self.push, Some(self.revision)).await?;
        }
        Ok(self.push)
    }
}

fn conflict(message: &'static str, device: &str) -> Error {
    Error::new(ErrorKind::Conflict, "push to a device", message).with("device", device)
}

fn no_push(device: &str) -> Error {
    Error::new(ErrorKind::NotFound, "push to a device", "nothing was ordered for it").with("device", device)
}
