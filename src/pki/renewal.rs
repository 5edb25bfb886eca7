//! Keeps our certificate fresh while a process runs.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use iiot_core::clock::Clock;
use iiot_core::{Error, Result};
use tokio::task::JoinHandle;

use crate::app::Running;
use crate::pki::Pki;

/// Renews our certificate when it is due, and takes one into use that a person or a certificate
/// manager has put into its file. Sessions go on; they change over when they must.
#[derive(Debug)]
pub struct Renewal {
    task: JoinHandle<()>,
}

impl Renewal {
    /// Looks after the certificate until it is stopped or dropped.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[must_use]
    pub fn start(pki: Pki, clock: Arc<dyn Clock>) -> Self {
        Self { task: tokio::spawn(keep(pki, clock)) }
    }
}

impl Drop for Renewal {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[async_trait]
impl Running for Renewal {
    fn name(&self) -> &'static str {
        "certificate renewal"
    }

    /// A certificate that cannot be renewed is reported and tried again.
    async fn failed(&self) -> Error {
        std::future::pending().await
    }

    async fn stop(&self, _patience: Duration) {
        self.task.abort();
    }
}

/// So soon a replaced file is noticed.
const PAUSE: Duration = Duration::from_secs(60);

async fn keep(pki: Pki, clock: Arc<dyn Clock>) {
    let mut told = String::new();
    loop {
        clock.sleep_until(clock.now() + PAUSE).await;
        let report = look_after(&pki, clock.as_ref()).await.map_or_else(|error| error.report(), |()| String::new());
        if report != told && !report.is_empty() {
            tracing::error!("our certificate: {report}");
        }
        told = report;
    }
}

async fn look_after(pki: &Pki, clock: &dyn Clock) -> Result<()> {
    pki.take_replaced(clock.utc())?;
    pki.renew_if_due(clock.utc()).await
}
