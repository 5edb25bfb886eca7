//! Keeps endpoints in use when edges come and go.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt;
use iiot_core::clock::Clock;
use iiot_core::registry::{Change, RecordKind, Registry};
use iiot_core::{Error, Result};
use iiot_discovery::registrar::{Activator, rebalance};
use tokio::task::JoinHandle;

use super::rounds::Rounds;
use crate::app::Running;

/// Has endpoints of edges that went used by others of their site.
#[derive(Debug)]
pub struct Balance {
    balancing: JoinHandle<()>,
}

impl Balance {
    /// Does so for edges that have been away for `patience`.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[must_use]
    pub fn start(
        registry: Arc<dyn Registry>,
        activator: Arc<dyn Activator>,
        patience: Duration,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { balancing: tokio::spawn(balance(registry, activator, patience, clock)) }
    }
}

impl Drop for Balance {
    fn drop(&mut self) {
        self.balancing.abort();
    }
}

#[async_trait]
impl Running for Balance {
    fn name(&self) -> &'static str {
        "failover between edges"
    }

    async fn failed(&self) -> Error {
        std::future::pending().await
    }

    async fn stop(&self, _: Duration) {
        self.balancing.abort();
    }
}

async fn balance(
    registry: Arc<dyn Registry>,
    activator: Arc<dyn Activator>,
    patience: Duration,
    clock: Arc<dyn Clock>,
) {
    let mut rounds = Rounds::new(patience, clock.now());
    loop {
        if let Err(error) = follow(&registry, &*activator, patience, &*clock, &mut rounds).await {
            tracing::warn!("what edges use could not be looked at, it is tried again: {}", error.report());
        }
        clock.sleep_until(clock.now() + PAUSE).await;
    }
}

async fn follow(
    registry: &Arc<dyn Registry>,
    activator: &dyn Activator,
    patience: Duration,
    clock: &dyn Clock,
    rounds: &mut Rounds,
) -> Result<()> {
    let mut changes = registry.watch(None).await?;
    rounds.changed(clock.now());
    loop {
        tokio::select! {
            change = changes.next() => match change {
                Some(change) if is_of_edge(&change) => rounds.changed(clock.now()),
                Some(_) => {}
                None => return Ok(()),
            },
            () = clock.sleep_until(rounds.next()) => {
                let now = clock.now();
                let done = rebalance(&**registry, activator, clock.utc(), patience).await?;
                rounds.looked(now);
                if done.moved > 0 {
                    tracing::info!("{} endpoints are used by other edges now", done.moved);
                }
            }
        }
    }
}

fn is_of_edge(change: &Change) -> bool {
    match change {
        Change::Put(one) => one.key.kind == RecordKind::Edge,
        Change::Deleted(key, _) => key.kind == RecordKind::Edge,
        Change::Missed => true,
    }
}

const PAUSE: Duration = Duration::from_secs(5);
