//! The task that sees to it all.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use iiot_core::time::UtcTime;
use iiot_core::{ErrorKind, Result};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use super::local::LocalDevices;
use super::survey::Survey;
use super::upkeep::{Need, Verdict};
use super::work::Job;
use crate::policy::Due;

/// Sees to it that devices have what they should have, until it is stopped. All that it must not forget is on record: another
/// one goes on where it stood. Several may work on one store.
#[derive(Debug)]
pub struct Keeper {
    devices: Arc<LocalDevices>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Keeper {
    /// Starts it, on the runtime of the caller.
    #[must_use]
    pub fn start(devices: Arc<LocalDevices>) -> Self {
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(Rounds::new(Arc::clone(&devices)).run(stopped));
        Self { devices, stop, task }
    }

    /// Has it look at once, as after a revocation.
    pub fn notify(&self) {
        self.devices.notify();
    }

    /// Stops it. Pushes under way have 5 s to come to an end; then they are left, to be carried on by the next one.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        if let Err(cause) = (&mut self.task).await {
            tracing::error!("the keeper of devices has ended: {cause}");
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Round after round.
pub(super) struct Rounds {
    pub(super) devices: Arc<LocalDevices>,
    running: JoinSet<(String, Result<()>)>,
    /// The devices that are worked on.
    pub(super) busy: BTreeSet<String>,
    /// Devices that somebody else works on, or that cannot be worked on: not before these times.
    resting: BTreeMap<String, UtcTime>,
    publish_at: UtcTime,
}

/// Revocation lists are looked at so often at least.
const PUBLISH: Duration = Duration::from_secs(3600);
/// And so long after one could not be made.
const PUBLISH_AGAIN: Duration = Duration::from_secs(60);
/// How long pushes under way have when the keeper stops.
const LEAVING: Duration = Duration::from_secs(5);

impl Rounds {
    fn new(devices: Arc<LocalDevices>) -> Self {
        let (running, busy, resting) = (JoinSet::new(), BTreeSet::new(), BTreeMap::new());
        Self { devices, running, busy, resting, publish_at: UtcTime::from_ticks(0) }
    }

    async fn run(mut self, mut stopped: watch::Receiver<bool>) {
        while !*stopped.borrow_and_update() {
            let next = match self.round().await {
                Ok(next) => next,
                Err(cause) => {
                    tracing::error!("devices cannot be looked after: {}", cause.report());
                    None
                }
            };
            tokio::select! {
                _ = stopped.changed() => {}
                () = self.wait(next) => {}
            }
        }
        let ends = async { while self.running.join_next().await.is_some() {} };
        if tokio::time::timeout(LEAVING, ends).await.is_err() {
            self.running.shutdown().await;
        }
    }

    /// Until something has changed or is due.
    async fn wait(&mut self, next: Option<UtcTime>) {
        let devices = Arc::clone(&self.devices);
        let clock = &devices.office.clock;
        let poll = devices.parts.rules.poll;
        let pause = next.map_or(poll, |next| next.since(clock.utc()).min(poll)).max(LEAST);
        let ended = async {
            match self.running.join_next().await {
                Some(ended) => Some(ended),
                None => std::future::pending().await,
            }
        };
        let ended = tokio::select! {
            ended = ended => ended,
            () = devices.wake.notified() => None,
            () = clock.sleep_until(clock.now() + pause) => None,
        };
        if let Some(ended) = ended {
            self.take_in(ended);
            while let Some(ended) = self.running.try_join_next() {
                self.take_in(ended);
            }
        }
    }

    fn take_in(&mut self, ended: Result<(String, Result<()>), tokio::task::JoinError>) {
        let (device, outcome) = match ended {
            Ok(ended) => ended,
            // Which one it was is not known: all may be worked on again. Nobody works on a device twice at a time anyhow.
            Err(cause) => {
                tracing::error!("the work on a device has ended: {cause}");
                self.busy.clear();
                return;
            }
        };
        self.busy.remove(&device);
        if let Err(cause) = outcome {
            let now = self.devices.office.clock.utc();
            self.resting.insert(device.clone(), now + self.devices.parts.rules.poll);
            match cause.kind() {
                ErrorKind::Conflict => tracing::debug!(device, "somebody else is at it: {}", cause.report()),
                _ => tracing::warn!(device, "a device cannot be worked on: {}", cause.report()),
            }
        }
    }

    /// Everything that is due; when to look again.
    async fn round(&mut self) -> Result<Option<UtcTime>> {
        self.publish().await;
        let devices = Arc::clone(&self.devices);
        let mut survey = devices.survey().await?;
        if devices.settle_all(&survey).await? {
            survey = devices.survey().await?;
        }
        if self.roll_on(&survey).await? {
            survey = devices.survey().await?;
        }
        let next = self.begin(&survey).await?;
        devices.revoke_superseded(&survey, self.busy.is_empty()).await?;
        Ok([next, Some(self.publish_at)].into_iter().flatten().min())
    }

    /// Finishes what was interrupted, and makes the revocation lists that are due.
    async fn publish(&mut self) {
        let (authorities, now) = (&self.devices.office.authorities, self.devices.office.clock.utc());
        // A time far away was set by a clock that has been set back since.
        if self.publish_at > now && self.publish_at <= now + PUBLISH {
            return;
        }
        let outcome = async {
            let recovered = authorities.recover().await?;
            for (name, cause) in &recovered.failed {
                tracing::error!(%name, "what was interrupted cannot be signed: {}", cause.report());
            }
            authorities.publish_due().await
        };
        let mut next = now + PUBLISH;
        match outcome.await {
            Ok(published) => {
                for one in published {
                    if let Some(cause) = one.failure {
                        tracing::error!(authority = one.authority, "no new revocation list: {}", cause.report());
                        next = next.min(now + PUBLISH_AGAIN);
                    }
                    if let Due::At(at) = one.next {
                        next = next.min(at.max(now + LEAST));
                    }
                }
            }
            Err(cause) => {
                tracing::error!("revocation lists cannot be looked after: {}", cause.report());
                next = now + PUBLISH_AGAIN;
            }
        }
        self.publish_at = next;
    }

    /// Begins the pushes that are due, the most urgent first.
    async fn begin(&mut self, survey: &Survey) -> Result<Option<UtcTime>> {
        let now = self.devices.office.clock.utc();
        self.resting.retain(|_, until| *until > now && *until <= now + PUBLISH);
        let (mut next, mut due) = (self.resting.values().min().copied(), Vec::new());
        let waiting =
            survey.devices.iter().filter(|(id, _)| !self.busy.contains(*id) && !self.resting.contains_key(*id));
        for (id, one) in waiting {
            match self.devices.upkeep.verdict(&one.situation, now) {
                Verdict::Rest { until } => next = [next, until].into_iter().flatten().min(),
                Verdict::CarryOn => due.push((Need::Asked, id, Job::CarryOn)),
                Verdict::SetAside => self.devices.set_aside(&one.known).await.or_else(unless_changed)?,
                Verdict::Begin(push) => {
                    due.push((push.need, id, Job::Begin(Box::new(self.devices.order(one, push)))));
                }
            }
        }
        due.sort_by_key(|(need, ..)| *need);
        let free = self.devices.parts.rules.parallel.max(1).saturating_sub(self.busy.len());
        for (_, id, job) in due.into_iter().take(free) {
            self.start(id, job);
        }
        Ok(next)
    }

    pub(super) fn start(&mut self, device: &str, job: Job) {
        let (devices, id) = (Arc::clone(&self.devices), device.to_owned());
        self.busy.insert(id.clone());
        self.running.spawn(async move {
            let outcome = devices.work(&id, job).await;
            (id, outcome)
        });
    }
}

/// Rounds follow each other no faster.
const LEAST: Duration = Duration::from_millis(50);

/// Somebody else was quicker; the next round sees it.
pub(super) fn unless_changed(cause: iiot_core::Error) -> Result<()> {
    if cause.kind() == ErrorKind::Conflict { Ok(()) } else { Err(cause) }
}
