//! Runs parts side by side until a signal, and stops them in order.

use std::fmt::Debug;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::FutureExt;
use iiot_core::clock::{Clock, SystemClock};
use iiot_core::{Error, ErrorKind, Result};
use iiot_publisher::configuration::Configuration;
use iiot_publisher::service::Publisher;

/// Something that runs on its own once it is started.
#[async_trait]
pub trait Running: Debug + Send + Sync + 'static {
    /// Its name, for messages to people.
    fn name(&self) -> &'static str;

    /// Returns when it cannot go on, with the reason.
    async fn failed(&self) -> Error;

    /// Stops it in order, giving up what is not done after `patience`.
    async fn stop(&self, patience: Duration);
}

#[async_trait]
impl Running for Publisher {
    fn name(&self) -> &'static str {
        "publisher"
    }

    async fn failed(&self) -> Error {
        Self::failed(self).await
    }

    async fn stop(&self, patience: Duration) {
        Self::stop(self, patience).await;
    }
}

#[async_trait]
impl Running for Configuration {
    fn name(&self) -> &'static str {
        "publisher"
    }

    async fn failed(&self) -> Error {
        self.publisher().failed().await
    }

    async fn stop(&self, patience: Duration) {
        Self::stop(self, patience).await;
    }
}

/// The parts of one process.
///
/// ```no_run
/// # async fn run(publisher: iiot::publisher::service::Publisher) -> iiot::core::Result<()> {
/// use iiot::app::{App, stop_signal};
///
/// App::new().with(publisher).run_until(stop_signal()).await
/// # }
/// ```
#[derive(Debug, Default)]
pub struct App {
    parts: Vec<Arc<dyn Running>>,
}

impl App {
    /// A process without parts.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a part that runs already. Parts are stopped in the opposite order.
    #[must_use]
    pub fn with(self, part: impl Running) -> Self {
        self.with_shared(Arc::new(part))
    }

    /// Adds a part that others hold too.
    #[must_use]
    pub fn with_shared(mut self, part: Arc<dyn Running>) -> Self {
        self.parts.push(part);
        self
    }

    /// Runs until `signal`, or until a part cannot go on; then stops all of them, each within
    /// twice 2 s.
    ///
    /// # Errors
    /// The reason of the part that could not go on.
    pub async fn run_until(self, signal: impl Future<Output = ()>) -> Result<()> {
        let result = tokio::select! {
            () = signal => Ok(()),
            error = self.first_failure() => Err(error),
        };
        for part in self.parts.iter().rev() {
            tracing::info!("stopping the {}", part.name());
            part.stop(PATIENCE).await;
        }
        result
    }

    async fn first_failure(&self) -> Error {
        if self.parts.is_empty() {
            return std::future::pending().await;
        }
        futures::future::select_all(self.parts.iter().map(|part| part.failed().boxed())).await.0
    }
}

/// Returns on SIGTERM or Ctrl-C. They are caught from this call on, not only once it is awaited, so
/// that a process which calls it first also ends well while it still starts.
///
/// # Panics
/// Outside of a tokio runtime.
pub fn stop_signal() -> impl Future<Output = ()> + Send {
    let caught = caught();
    async move {
        // Without a way to be told, only the end of the process ends it.
        if caught.await.is_err() {
            std::future::pending().await
        }
    }
}

/// Returns on [`stop_signal`], or after `limit` where there is one.
///
/// # Panics
/// Outside of a tokio runtime.
pub fn stop_signal_or_after(limit: Option<Duration>) -> impl Future<Output = ()> + Send {
    let (signal, started) = (stop_signal(), SystemClock.now());
    async move {
        match limit {
            Some(limit) => tokio::select! {
                () = signal => {}
                () = SystemClock.sleep_until(started + limit) => {}
            },
            None => signal.await,
        }
    }
}

#[cfg(unix)]
fn caught() -> impl Future<Output = std::io::Result<()>> + Send {
    use tokio::signal::unix::{SignalKind, signal};
    let signals = [SignalKind::terminate(), SignalKind::interrupt()].map(signal);
    async move {
        let [terminate, interrupt] = signals;
        let (mut terminate, mut interrupt) = (terminate?, interrupt?);
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        Ok(())
    }
}

#[cfg(not(unix))]
fn caught() -> impl Future<Output = std::io::Result<()>> + Send {
    tokio::signal::ctrl_c()
}

/// The exit code of a process that ends with this error:
///
/// | code | meaning |
/// |---|---|
/// | 0 | stopped in order |
/// | 1 | a part could not go on |
/// | 2 | the command line or the configuration cannot be used |
/// | 3 | a file or folder of ours cannot be used |
#[must_use]
pub fn exit_code(error: &Error) -> u8 {
    match error.kind() {
        ErrorKind::InvalidArgument | ErrorKind::NotFound | ErrorKind::Unsupported => 2,
        ErrorKind::Io | ErrorKind::Corrupt | ErrorKind::Forbidden => 3,
        _ => 1,
    }
}

/// Time for what is on its way, twice: for messages, then for sessions.
const PATIENCE: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    type Stops = Arc<Mutex<Vec<&'static str>>>;

    #[derive(Debug)]
    struct Part(&'static str, Stops, bool);

    #[async_trait]
    impl Running for Part {
        fn name(&self) -> &'static str {
            self.0
        }

        async fn failed(&self) -> Error {
            if self.2 { Error::new(ErrorKind::Closed, "run", "it is over") } else { std::future::pending().await }
        }

        async fn stop(&self, _: Duration) {
            self.1.lock().expect("no test panics with it").push(self.0);
        }
    }

    #[tokio::test]
    async fn a_signal_stops_the_parts_in_the_opposite_order() {
        let stops = Stops::default();
        let part = |name| Part(name, Arc::clone(&stops), false);
        let result = App::new().with(part("first")).with(part("second")).run_until(std::future::ready(())).await;
        assert!(result.is_ok());
        assert_eq!(*stops.lock().expect("no test panics with it"), ["second", "first"]);
    }

    #[tokio::test]
    async fn a_part_that_cannot_go_on_ends_the_process_with_its_reason() {
        let stops = Stops::default();
        let app = App::new().with(Part("well", Arc::clone(&stops), false)).with(Part("ill", Arc::clone(&stops), true));
        let error = app.run_until(std::future::pending()).await.expect_err("a part has failed");
        assert_eq!((error.kind(), exit_code(&error)), (ErrorKind::Closed, 1));
        assert_eq!(*stops.lock().expect("no test panics with it"), ["ill", "well"]);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_signal_is_caught_before_anybody_waits_for_it() {
        let stop = stop_signal_or_after(Some(Duration::from_secs(60)));
        let started = SystemClock.now();
        let ours = std::process::id().to_string();
        let sent = std::process::Command::new("kill").args(["-TERM", &ours]).status();
        assert!(sent.is_ok_and(|status| status.success()));
        stop.await;
        assert!(SystemClock.now() - started < Duration::from_secs(30), "it was the limit that ended it");
    }
}
