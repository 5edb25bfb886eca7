//! Says that an edge is there.

use std::sync::Arc;

use tokio::task::JoinHandle;

use super::announcement::{Announcement, check_id};
use crate::clock::Clock;
use crate::error::Result;
use crate::transport::{QualityOfService, Transport};

/// Announces an edge at a hub until it is dropped, also when the hub was away.
#[derive(Debug)]
pub struct Herald {
    announcing: JoinHandle<()>,
}

impl Herald {
    /// Announces it at `iiot/edges/EDGE`, from now on and after each interval of the announcement. The first announcement that
    /// the hub takes is confirmed by it, the others are not. None is retained: what the hub keeps says nothing about who is
    /// there.
    ///
    /// # Errors
    /// `InvalidArgument` if name or announcement are not what others take.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn start(
        transport: Arc<dyn Transport>,
        edge: &str,
        announcement: Announcement,
        clock: Arc<dyn Clock>,
    ) -> Result<Self> {
        Self::check(edge, &announcement)?;
        let announcing = tokio::spawn(announce(transport, edge.to_owned(), announcement, clock));
        Ok(Self { announcing })
    }

    /// Whether an edge of this name can be announced so.
    ///
    /// # Errors
    /// `InvalidArgument` if name or announcement are not what others take.
    pub fn check(edge: &str, announcement: &Announcement) -> Result<()> {
        check_id(edge)?;
        announcement.check()
    }
}

impl Drop for Herald {
    fn drop(&mut self) {
        self.announcing.abort();
    }
}

async fn announce(transport: Arc<dyn Transport>, edge: String, announcement: Announcement, clock: Arc<dyn Clock>) {
    let mut quality = QualityOfService::AtLeastOnce;
    loop {
        let next = clock.now() + announcement.interval();
        let sent = tokio::select! {
            sent = transport.publish(announcement.message(&edge, quality)) => Some(sent),
            // The hub is away: what waits would be late.
            () = clock.sleep_until(next) => None,
        };
        match sent {
            Some(Ok(())) => quality = QualityOfService::AtMostOnce,
            Some(Err(error)) => tracing::debug!("the edge could not be announced: {}", error.report()),
            None => {}
        }
        clock.sleep_until(next).await;
    }
}
