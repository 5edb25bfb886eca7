//! The sinks of one process, by name.

use std::sync::Arc;

use iiot_core::transport::QualityOfService;

use super::Sink;
use crate::plan::{WriterGroupPlan, WriterPlan};

/// Where the messages of a process go: writer groups name a sink, and those that name none use the first.
///
/// ```
/// use std::sync::Arc;
/// use iiot_publisher::sink::{MemorySink, Sinks};
///
/// let sinks = Sinks::new("cloud", Arc::new(MemorySink::default())).with("plant", Arc::new(MemorySink::default()));
/// assert!(sinks.named("Plant").is_some() && sinks.named("elsewhere").is_none());
/// ```
#[derive(Debug, Clone)]
pub struct Sinks {
    first: Arc<dyn Sink>,
    /// With the first one, in the order in which they were added.
    all: Vec<(String, Arc<dyn Sink>)>,
}

impl Sinks {
    /// One sink, which takes what no group sends elsewhere.
    #[must_use]
    pub fn new(name: impl Into<String>, first: Arc<dyn Sink>) -> Self {
        Self { all: vec![(name.into(), Arc::clone(&first))], first }
    }

    /// One more. The first of a name counts.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, sink: Arc<dyn Sink>) -> Self {
        self.all.push((name.into(), sink));
        self
    }

    /// The sink of groups that name none.
    #[must_use]
    pub fn first(&self) -> &Arc<dyn Sink> {
        &self.first
    }

    /// The sink of that name, upper or lower case.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Arc<dyn Sink>> {
        self.all.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, sink)| sink)
    }

    /// The sink of a group. A name that is not known leads to the first one.
    #[must_use]
    pub fn named_or_first(&self, name: Option<&str>) -> &Arc<dyn Sink> {
        name.and_then(|name| self.named(name)).unwrap_or(&self.first)
    }

    /// What a group asks for that its sink does not do, in sentences.
    #[must_use]
    pub fn concerns(&self, group: &WriterGroupPlan) -> Vec<String> {
        let unknown = group.sink.as_deref().filter(|name| self.named(name).is_none());
        let known: Vec<_> = self.iter().map(|(name, _)| name).collect();
        let unknown =
            unknown.map(|name| format!("no sink is called {name}, the first of {} is used", known.join(", ")));
        let sink = self.named_or_first(group.sink.as_deref());
        let (carries, address) = (sink.carries(), sink.address());
        let routes = || group.writers.iter().map(|writer: &WriterPlan| &writer.route);
        let exactly_once = [Some(group.quality)].into_iter().chain(routes().map(|route| route.quality));
        let exactly_once = exactly_once.flatten().any(|quality| quality == QualityOfService::ExactlyOnce);
        let retain = group.retain || routes().any(|route| route.retain == Some(true));
        let expiry = group.expiry.is_some() || routes().any(|route| route.expiry.is_some());
        let asked = [
            (exactly_once && !carries.exactly_once, "does not deliver exactly once; messages are sent at least once"),
            (retain && !carries.retain, "retains no messages"),
            (expiry && !carries.expiry, "knows no time to live of messages"),
        ];
        let lacking = asked.into_iter().filter(|(lacks, _)| *lacks).map(|(_, what)| format!("{address} {what}"));
        unknown.into_iter().chain(lacking).collect()
    }

    /// Names and sinks, the first one first.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Arc<dyn Sink>)> {
        self.all.iter().map(|(name, sink)| (name.as_str(), sink))
    }

    /// Closes all of them at once.
    pub async fn close(&self) {
        futures::future::join_all(self.all.iter().map(|(_, sink)| sink.close())).await;
    }
}

impl From<Arc<dyn Sink>> for Sinks {
    fn from(sink: Arc<dyn Sink>) -> Self {
        Self::new("default", sink)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::time::Duration;

    use super::*;
    use crate::plan::Plan;
    use crate::sink::{MemorySink, NullSink};

    #[test]
    fn what_a_sink_does_not_do_is_told_for_each_group() {
        let sinks = Sinks::new("broker", Arc::new(MemorySink::default())).with("null", Arc::new(NullSink));
        let node = "ns=2;s=a".parse().unwrap();
        let mut group = Plan::of_nodes("opc.tcp://plc", vec![node], Duration::from_secs(1)).writer_groups.remove(0);
        group.quality = QualityOfService::ExactlyOnce;
        group.writers[0].route.retain = Some(true);
        group.expiry = Some(Duration::from_secs(1));
        assert_eq!(sinks.concerns(&group), Vec::<String>::new(), "this one does all of it");
        group.sink = Some("NULL".into());
        let concerns = sinks.concerns(&group);
        assert_eq!(concerns.len(), 3, "{concerns:?}");
        assert!(concerns.iter().all(|concern| concern.starts_with("null ")), "{concerns:?}");
        group.sink = Some("elsewhere".into());
        assert_eq!(sinks.concerns(&group), ["no sink is called elsewhere, the first of broker, null is used"]);
    }
}
