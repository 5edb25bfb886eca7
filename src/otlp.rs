//! Figures of the process for an OpenTelemetry collector.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use iiot_core::clock::Clock;
use iiot_core::metrics::{Exposition, Resource};
use iiot_core::time::UtcTime;
use iiot_core::transport::{Message, Transport, WebhookOptions, WebhookTransport};
use iiot_core::{Error, Result};
use iiot_publisher::service::Publisher;
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::app::Running;

/// Where figures go, and how often.
#[derive(Debug)]
pub struct OtlpSettings {
    /// How the collector is reached.
    pub collector: WebhookOptions,
    /// `service.instance.id` of the figures.
    pub instance: String,
    /// Default 60 s.
    pub interval: Duration,
}

impl OtlpSettings {
    /// A collector that takes OTLP over HTTP in JSON: `http[s]://HOST:4318`, with `/v1/metrics` where the URL has no path.
    /// Behind a `#` stand keys and certificates, as [`WebhookOptions::from_url`] takes them.
    ///
    /// # Errors
    /// `InvalidArgument` if it is no such URL.
    pub fn new(collector: &str, instance: impl Into<String>) -> Result<Self> {
        let mut collector = WebhookOptions::from_url(collector)?;
        if collector.url.path() == "/" {
            collector.url.set_path("/v1/metrics");
        }
        Ok(Self { collector, instance: instance.into(), interval: Duration::from_secs(60) })
    }
}

/// What figures are taken from.
pub type Measure = Box<dyn Fn(&mut Exposition) + Send + Sync>;

/// The figures of a publisher.
#[must_use]
pub fn of_publisher(publisher: &Arc<Publisher>) -> Measure {
    let publisher = Arc::clone(publisher);
    Box::new(move |out| iiot_publisher::metrics::measure(&publisher.diagnostics(), out))
}

/// Sends figures to a collector now and then, and once more at the end. Figures that it does not take are not sent later:
/// the next ones say all that they said.
#[derive(Debug)]
pub struct Otlp {
    stopping: watch::Sender<bool>,
    sending: Mutex<Option<JoinHandle<()>>>,
}

impl Otlp {
    /// Begins with it. The collector need not be there yet.
    ///
    /// # Errors
    /// `InvalidArgument` if certificates of the settings cannot be used.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn start(settings: OtlpSettings, measures: Vec<Measure>, clock: Arc<dyn Clock>) -> Result<Self> {
        let OtlpSettings { mut collector, instance, interval } = settings;
        collector.timeout = interval.min(collector.timeout);
        let collector = WebhookTransport::new(collector)?;
        let (stopping, stop) = watch::channel(false);
        let started = clock.utc();
        let exporter = Exporter { collector, instance, interval, measures, clock, started, failing: false };
        Ok(Self { stopping, sending: Mutex::new(Some(tokio::spawn(exporter.run(stop)))) })
    }
}

struct Exporter {
    collector: WebhookTransport,
    instance: String,
    interval: Duration,
    measures: Vec<Measure>,
    clock: Arc<dyn Clock>,
    started: UtcTime,
    failing: bool,
}

impl fmt::Debug for Exporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exporter").field("collector", &self.collector).finish_non_exhaustive()
    }
}

impl Exporter {
    async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut stopped = false;
        while !stopped {
            let next = self.clock.now() + self.interval;
            tokio::select! {
                () = self.clock.sleep_until(next) => {}
                _ = stop.wait_for(|stop| *stop) => stopped = true,
            }
            let sent = self.collector.publish(self.figures()).await;
            self.tell(sent);
        }
    }

    fn figures(&self) -> Message {
        let mut exposition = Exposition::default();
        self.measures.iter().for_each(|measure| measure(&mut exposition));
        let resource = Resource { service: "iiot", instance: &self.instance, started: self.started };
        let payload = exposition.otlp(resource, self.clock.utc()).into();
        Message { payload, content_type: Some("application/json".into()), ..Message::default() }
    }

    /// Tells of the first failure in a row, and that it is over.
    fn tell(&mut self, sent: Result<()>) {
        match sent {
            Ok(()) if self.failing => tracing::info!("the collector takes figures again"),
            Err(error) if !self.failing => tracing::warn!("figures are not exported: {}", error.report()),
            _ => return,
        }
        self.failing = !self.failing;
    }
}

#[async_trait]
impl Running for Otlp {
    fn name(&self) -> &'static str {
        "export of figures"
    }

    async fn failed(&self) -> Error {
        std::future::pending().await
    }

    async fn stop(&self, patience: Duration) {
        self.stopping.send_replace(true);
        let Some(mut sending) = self.sending.lock().take() else { return };
        if tokio::time::timeout(patience, &mut sending).await.is_err() {
            sending.abort();
        }
    }
}
