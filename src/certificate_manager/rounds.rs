//! What is looked at and done again and again.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use iiot_core::clock::Clock;
use iiot_core::keys::{KeyStore, PrivateKey, SignatureAlgorithm};
use iiot_core::{Error, Result};
use iiot_gds::audit::{CheckpointSchedule, MarkedStore, checkpoint};
use iiot_gds::authority::Authorities;
use iiot_gds::store::Store;
use parking_lot::Mutex;
use tokio::task::JoinHandle;

use super::survey::{Survey, keys_gone};
use super::{Foundation, Manager, Standing};
use crate::app::Running;

/// Keeps a [`Standing`] up to date, and has the audit record signed: every thousand entries, every hour if there are new ones,
/// and at the end.
#[derive(Debug)]
pub struct Rounds {
    work: Arc<Work>,
    task: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug)]
struct Work {
    authorities: Arc<Authorities>,
    store: Arc<dyn Store>,
    marked: MarkedStore,
    keys: Arc<dyn KeyStore>,
    checkpoints: Arc<dyn PrivateKey>,
    standing: Arc<Standing>,
    clock: Arc<dyn Clock>,
}

impl Rounds {
    /// Goes the first round, then one after the other.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub async fn start(foundation: &Foundation, manager: &Manager, standing: Arc<Standing>) -> Self {
        let office = manager.office();
        let work = Arc::new(Work {
            authorities: Arc::clone(&office.authorities),
            store: Arc::clone(&office.store),
            marked: foundation.marked().clone(),
            keys: Arc::clone(foundation.keys()),
            checkpoints: Arc::clone(foundation.checkpoints()),
            standing,
            clock: Arc::clone(&office.clock),
        });
        let mut pace = Pace::default();
        work.round(&mut pace).await;
        let task = tokio::spawn(go_on(Arc::clone(&work), pace));
        Self { work, task: Mutex::new(Some(task)) }
    }
}

impl Drop for Rounds {
    fn drop(&mut self) {
        if let Some(task) = self.task.lock().take() {
            task.abort();
        }
    }
}

#[async_trait]
impl Running for Rounds {
    fn name(&self) -> &'static str {
        "rounds"
    }

    /// What goes wrong is told by `/readyz` and the log, and tried again.
    async fn failed(&self) -> Error {
        std::future::pending().await
    }

    /// Signs the audit record as it is, and writes the high-water marks.
    async fn stop(&self, patience: Duration) {
        if let Some(task) = self.task.lock().take() {
            task.abort();
        }
        let end = async {
            self.work.sign(&CheckpointSchedule { entries: 1, every: Duration::ZERO }).await?;
            self.work.marked.flush().await
        };
        match tokio::time::timeout(patience, end).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!("the end of the audit record is not signed: {}", error.report()),
            Err(_) => tracing::error!("the end of the audit record could not be signed in time"),
        }
    }
}

/// When the next round is, and when keys are looked at: a plain struct.
#[derive(Debug, Default)]
struct Pace {
    took: Duration,
    keys: Option<Instant>,
}

impl Pace {
    /// A survey takes a twentieth of the time at most, however many certificates there are.
    fn pause(&self) -> Duration {
        (self.took * 20).max(PAUSE)
    }

    /// Whether to open the keys: that takes a tenth of a second each. At once where something is not signed.
    fn keys_due(&mut self, unfinished: u64, now: Instant) -> bool {
        let due = unfinished > 0 || self.keys.is_none_or(|last| now.duration_since(last) >= KEYS);
        if due {
            self.keys = Some(now);
        }
        due
    }
}

async fn go_on(work: Arc<Work>, mut pace: Pace) {
    loop {
        work.clock.sleep_until(work.clock.now() + pace.pause()).await;
        work.round(&mut pace).await;
    }
}

impl Work {
    async fn round(&self, pace: &mut Pace) {
        let begun = self.clock.now();
        let mut troubles = Vec::new();
        let mut tell = |what: &str, outcome: Result<()>| {
            troubles.extend(outcome.err().map(|error| format!("{what}: {}", error.report())));
        };
        let clock = self.authorities.now().map(drop);
        self.standing.judged_clock(clock.is_ok());
        tell("nothing is signed", clock);
        tell("how it stands is not known", self.survey().await);
        pace.took = self.clock.now().duration_since(begun);
        if pace.keys_due(self.standing.unfinished(), begun) {
            tell("keys cannot be looked at", self.look_at_keys().await);
        }
        tell("the audit record is not signed", self.sign(&CheckpointSchedule::default()).await);
        self.standing.met(troubles);
    }

    async fn survey(&self) -> Result<()> {
        let now = self.clock.utc();
        self.standing.surveyed(Survey::take(&self.authorities, &*self.store, now).await?, now);
        Ok(())
    }

    async fn look_at_keys(&self) -> Result<()> {
        self.standing.found_keys_gone(keys_gone(&self.authorities, &*self.keys).await?);
        Ok(())
    }

    /// Signs the audit record if that is due. The entry of a checkpoint itself calls for no other one.
    async fn sign(&self, schedule: &CheckpointSchedule) -> Result<()> {
        let now = self.clock.utc();
        let (head, _) = self.store.audit_head().await?;
        let last = self.marked.marks().checkpoint.map(|last| (last.number + 1, last.at));
        if schedule.is_due(last, head, now) {
            checkpoint(&*self.store, &*self.checkpoints, SignatureAlgorithm::EcdsaSha256, now).await?;
        }
        Ok(())
    }
}

const PAUSE: Duration = Duration::from_secs(15);
const KEYS: Duration = Duration::from_secs(600);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn surveys_take_little_of_the_time_and_keys_are_opened_when_it_matters() {
        let (mut pace, start) = (Pace::default(), Instant::now());
        assert_eq!(pace.pause(), PAUSE);
        pace.took = Duration::from_secs(10);
        assert_eq!(pace.pause(), Duration::from_secs(200));
        assert!(pace.keys_due(0, start));
        assert!(!pace.keys_due(0, start + KEYS / 2));
        assert!(pace.keys_due(1, start + KEYS / 2), "something is not signed");
        assert!(!pace.keys_due(0, start + KEYS));
        assert!(pace.keys_due(0, start + KEYS + KEYS / 2));
    }
}
