//! Offers capabilities at a hub.

use std::sync::Arc;

use futures::StreamExt;
use futures::stream::BoxStream;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use super::desk::Desk;
use super::place::Place;
use super::topics::request_topic;
use crate::access::tend;
use crate::error::{Error, ErrorKind, Result};
use crate::operation::Dispatch;
use crate::transport::Message;

/// Carries out the requests that arrive at a place, until it is dropped.
#[derive(Debug)]
pub struct Server {
    serving: JoinHandle<()>,
    tending: JoinHandle<()>,
    stopping: watch::Sender<bool>,
}

impl Server {
    /// Offers capabilities at a place (see [`rpc`](crate::rpc)).
    ///
    /// # Errors
    /// If the hub does not let us receive requests, or two of them have one name.
    pub async fn start(place: Place, capabilities: Vec<Arc<dyn Dispatch>>) -> Result<Self> {
        check(&capabilities)?;
        let requests = place.transport.subscribe(&request_topic(&place.root, "+", "+")).await?;
        let tending = tokio::spawn(tend::keys(Arc::clone(&place.callers), Arc::clone(&place.clock)));
        let (stopping, stopped) = watch::channel(false);
        let serving = tokio::spawn(serve(Desk::new(place, capabilities), requests, stopped));
        Ok(Self { serving, tending, stopping })
    }

    /// Takes no more requests, and returns when the changes that run have ended.
    pub async fn stop(mut self) {
        self.stopping.send_replace(true);
        // It fails only if it has panicked, and then nothing runs any more.
        let _ = (&mut self.serving).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
        self.tending.abort();
    }
}

/// When this is dropped, so is everything that runs.
async fn serve(mut desk: Desk, mut requests: BoxStream<'static, Message>, mut stopping: watch::Receiver<bool>) {
    let (mut reads, mut changes) = (JoinSet::new(), JoinSet::new());
    loop {
        tokio::select! {
            request = requests.next() => match request {
                Some(message) => desk.take(message, &mut reads, &mut changes),
                None => break,
            },
            Some(_) = reads.join_next() => {}
            Some(_) = changes.join_next() => {}
            _ = stopping.changed() => break,
        }
    }
    while changes.join_next().await.is_some() {}
}

fn check(capabilities: &[Arc<dyn Dispatch>]) -> Result<()> {
    let mut names: Vec<_> =
        capabilities.iter().filter_map(|one| one.operations().first()).map(|operation| operation.capability).collect();
    names.sort_unstable();
    if names.len() == capabilities.len() && names.windows(2).all(|pair| pair[0] != pair[1]) {
        return Ok(());
    }
    let message = "one of them has no operations, or two of them have one name";
    Err(Error::new(ErrorKind::InvalidArgument, "offer capabilities", message))
}
