//! The thread that a connection lives on.

use std::future::Future;
use std::sync::Arc;

use futures::future::join3;
use tokio::sync::{oneshot, watch};

use super::inbox;
use super::link::{self, Link};
use crate::error::{Error, ErrorKind, Result};

/// Runs the tasks of one transport on a thread of their own until it is dropped.
///
/// There they take turns. Beside each other, the client lets a message overtake the one before it where an answer of
/// the broker comes between the two.
pub(super) struct Host {
    stop: watch::Sender<bool>,
    ended: watch::Receiver<bool>,
}

impl Host {
    /// Starts the thread, which connects and goes on trying.
    pub(super) fn start(link: Arc<Link>, sender: impl Future<Output = ()> + Send + 'static) -> Result<Self> {
        Self::spawn(move |stop, ended| run(link, None, sender, stop, ended))
    }

    /// Starts the thread and waits for its first attempt to connect.
    pub(super) async fn connect(link: Arc<Link>, sender: impl Future<Output = ()> + Send + 'static) -> Result<Self> {
        let (told, first) = oneshot::channel();
        let host = Self::spawn(async move |stop, ended| {
            link.prepare().await;
            match link.connect().await {
                Ok(session_present) => {
                    let _ = told.send(Ok(()));
                    run(link, Some(session_present), sender, stop, ended).await;
                }
                Err(cause) => drop(told.send(Err(cause))),
            }
        })?;
        first.await.map_err(|_| failed("its thread has ended"))??;
        Ok(host)
    }

    fn spawn<T: Future<Output = ()>>(
        tasks: impl FnOnce(watch::Receiver<bool>, watch::Sender<bool>) -> T + Send + 'static,
    ) -> Result<Self> {
        let (stop, stopped) = watch::channel(false);
        let (ending, ended) = watch::channel(false);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let thread = std::thread::Builder::new().name("iiot-mqtt".to_owned());
        thread.spawn(move || runtime.block_on(tasks(stopped, ending))).map_err(failed)?;
        Ok(Self { stop, ended })
    }

    /// Leaves the broker and ends everything.
    pub(super) async fn stop(&self) {
        self.stop.send_replace(true);
        // An error says that it has ended before.
        let _ = self.ended.clone().wait_for(|ended| *ended).await;
    }
}

async fn run(
    link: Arc<Link>,
    connected: Option<bool>,
    sender: impl Future<Output = ()>,
    mut stop: watch::Receiver<bool>,
    ended: watch::Sender<bool>,
) {
    let tasks =
        join3(link::keep_connected(Arc::clone(&link), connected), sender, inbox::forget_unread(Arc::clone(&link)));
    tokio::select! {
        _ = tasks => {}
        // An error says that the transport was dropped.
        _ = stop.wait_for(|stop| *stop) => {}
    }
    link.close().await;
    ended.send_replace(true);
}

fn failed(cause: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Internal, super::convert::CONNECT, format!("the MQTT client cannot run: {cause}"))
}
