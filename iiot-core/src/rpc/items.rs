//! The caller's end of a stream.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::{self, BoxStream};
use tokio::task::AbortHandle;
use tokio::time::{Instant, interval_at};

use super::caller::Outstanding;
use super::talk::Talk;
use crate::error::{Error, ErrorKind, Result};

/// The items of an open stream.
pub(super) struct Items {
    request: Outstanding,
    renewal: AbortHandle,
    last: u64,
    /// Items taken since more were asked for.
    taken: u32,
}

impl Items {
    pub(super) fn new(request: Outstanding) -> Self {
        let renewal = tokio::spawn(renew(Arc::clone(&request.talk)));
        Self { request, renewal: renewal.abort_handle(), last: 0, taken: 0 }
    }

    pub(super) fn into_stream(self) -> BoxStream<'static, Result<Vec<u8>>> {
        stream::unfold(self, async |mut items| items.next().await.map(|item| (item, items))).boxed()
    }

    async fn next(&mut self) -> Option<Result<Vec<u8>>> {
        if !self.request.runs {
            return None;
        }
        let item = self.receive().await.transpose();
        self.request.runs &= matches!(item, Some(Ok(_)));
        item
    }

    async fn receive(&mut self) -> Result<Option<Vec<u8>>> {
        loop {
            let answer = self.request.awaited.next().await?;
            if answer.sequence <= self.last {
                continue; // The hub delivers at least once.
            }
            if answer.sequence != self.last + 1 {
                let message = "the hub lost some; open the stream again";
                return Err(Error::new(ErrorKind::Corrupt, "receive items", message));
            }
            self.last = answer.sequence;
            if !answer.more && answer.error.is_none() {
                return Ok(None);
            }
            self.ask_for_more().await?;
            return answer.into_body(&self.request.talk.link.to.root).map(Some);
        }
    }

    /// Lets the other side send more when half of what it may send has come.
    async fn ask_for_more(&mut self) -> Result<()> {
        self.taken += 1;
        if self.taken < CREDIT / 2 {
            return Ok(());
        }
        let more = std::mem::take(&mut self.taken);
        self.request.talk.grant(more).await
    }
}

impl Drop for Items {
    fn drop(&mut self) {
        self.renewal.abort();
    }
}

/// Tells the other side, again and again, that the stream is still read.
async fn renew(talk: Arc<Talk>) {
    let mut renewals = interval_at(Instant::now() + LEASE / 4, LEASE / 4);
    loop {
        renewals.tick().await;
        if let Err(cause) = talk.control(false).await {
            tracing::debug!(%cause, "could not renew a stream");
        }
    }
}

/// Items that may come ahead of the reader.
pub(super) const CREDIT: u32 = 64;
/// How long a stream lives without a sign of its reader.
pub(super) const LEASE: Duration = Duration::from_secs(60);
