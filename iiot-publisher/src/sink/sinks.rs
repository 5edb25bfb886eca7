//! The sinks of one process, by name.

use std::sync::Arc;

use super::Sink;

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
