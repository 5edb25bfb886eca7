//! The sinks of one process, by name.

use std::fmt::Debug;
use std::sync::{Arc, Weak};

use iiot_core::Result;
use iiot_core::transport::QualityOfService;
use parking_lot::Mutex;

use super::Sink;
use crate::plan::{SinkChoice, WriterGroupPlan, WriterPlan};

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
    own: Option<Arc<Own>>,
}

/// Opens the sinks of writer groups that bring a connection of their own.
pub trait OpenSink: Debug + Send + Sync + 'static {
    /// The sink at that connection; it need not be there yet.
    ///
    /// # Errors
    /// `InvalidArgument` where there cannot be such a sink. The error must not show the connection, which may
    /// hold a password.
    fn open(&self, choice: &SinkChoice) -> Result<Arc<dyn Sink>>;
}

/// The sinks that groups have brought. Groups with one connection share a sink, for as long as there are any.
#[derive(Debug)]
struct Own {
    opener: Arc<dyn OpenSink>,
    open: Mutex<Vec<(SinkChoice, Weak<dyn Sink>)>>,
}

impl Own {
    fn sink(&self, choice: &SinkChoice) -> Result<Arc<dyn Sink>> {
        let mut open = self.open.lock();
        open.retain(|(_, sink)| sink.strong_count() > 0);
        let known = open.iter().find(|(known, _)| known == choice).and_then(|(_, sink)| sink.upgrade());
        if let Some(sink) = known {
            return Ok(sink);
        }
        let sink = self.opener.open(choice)?;
        open.push((choice.clone(), Arc::downgrade(&sink)));
        Ok(sink)
    }
}

impl Sinks {
    /// One sink, which takes what no group sends elsewhere.
    #[must_use]
    pub fn new(name: impl Into<String>, first: Arc<dyn Sink>) -> Self {
        Self { all: vec![(name.into(), Arc::clone(&first))], first, own: None }
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

    /// Opens sinks for groups that bring a connection of their own.
    #[must_use]
    pub fn with_opener(mut self, opener: Arc<dyn OpenSink>) -> Self {
        self.own = Some(Arc::new(Own { opener, open: Mutex::default() }));
        self
    }

    /// The sink that a group chose; the first one where that cannot be had.
    #[must_use]
    pub fn chosen_or_first(&self, choice: Option<&SinkChoice>) -> Arc<dyn Sink> {
        self.chosen(choice).unwrap_or_else(|_| Arc::clone(&self.first))
    }

    /// The sink that a group chose, or why there is none.
    fn chosen(&self, choice: Option<&SinkChoice>) -> std::result::Result<Arc<dyn Sink>, String> {
        let Some(choice) = choice else { return Ok(Arc::clone(&self.first)) };
        if choice.connection.is_none() {
            let known = self.named(&choice.name).map(Arc::clone);
            return known.ok_or_else(|| format!("no sink is called {}", choice.name));
        }
        let own = self.own.as_ref().ok_or("this process opens no sinks for groups")?;
        own.sink(choice).map_err(|error| error.report())
    }

    /// What a group asks for that its sink does not do, in sentences.
    #[must_use]
    pub fn concerns(&self, group: &WriterGroupPlan) -> Vec<String> {
        let known: Vec<_> = self.iter().map(|(name, _)| name).collect();
        let chosen = self.chosen(group.sink.as_ref());
        let missing = chosen.as_ref().err().map(|cause| format!("{cause}; the first of {} is used", known.join(", ")));
        let sink = chosen.as_ref().unwrap_or(&self.first);
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
        missing.into_iter().chain(lacking).collect()
    }

    /// Names and sinks, the first one first.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Arc<dyn Sink>)> {
        self.all.iter().map(|(name, sink)| (name.as_str(), sink))
    }

    /// Closes all of them at once.
    pub async fn close(&self) {
        let own = self.own.as_ref().map(|own| std::mem::take(&mut *own.open.lock())).unwrap_or_default();
        let own = own.iter().filter_map(|(_, sink)| sink.upgrade());
        let all: Vec<_> = self.all.iter().map(|(_, sink)| Arc::clone(sink)).chain(own).collect();
        futures::future::join_all(all.iter().map(|sink| sink.close())).await;
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

    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use iiot_core::{Error, ErrorKind};

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
        assert_eq!(sinks.concerns(&group), ["no sink is called elsewhere; the first of broker, null is used"]);
    }

    /// Counts what it opens.
    #[derive(Debug, Default)]
    struct Opener(AtomicUsize);

    impl OpenSink for Opener {
        fn open(&self, choice: &SinkChoice) -> Result<Arc<dyn Sink>> {
            self.0.fetch_add(1, Ordering::Relaxed);
            match choice.name.as_str() {
                "memory" => Ok(Arc::new(MemorySink::default())),
                _ => Err(Error::new(ErrorKind::InvalidArgument, "open sink", "there is none of this kind")),
            }
        }
    }

    #[test]
    fn groups_with_one_connection_share_a_sink_that_ends_with_them() {
        let opener = Arc::new(Opener::default());
        let sinks = Sinks::new("null", Arc::new(NullSink)).with_opener(Arc::clone(&opener) as _);
        let choice = |name: &str, connection: &str| SinkChoice { connection: Some(connection.into()), ..name.into() };
        let (a, b) = (choice("memory", "a"), choice("memory", "b"));
        let sink = sinks.chosen_or_first(Some(&a));
        assert!(Arc::ptr_eq(&sink, &sinks.chosen_or_first(Some(&a))));
        assert!(!Arc::ptr_eq(&sink, &sinks.chosen_or_first(Some(&b))));
        assert_eq!(opener.0.load(Ordering::Relaxed), 2);
        drop(sink);
        assert!(sinks.own.as_ref().unwrap().open.lock().iter().all(|(_, sink)| sink.strong_count() == 0));
        assert!(Arc::ptr_eq(&sinks.chosen_or_first(Some(&choice("x", "a"))), sinks.first()), "what else?");
    }

    #[test]
    fn a_connection_that_leads_nowhere_is_told() {
        let node = "ns=2;s=a".parse().unwrap();
        let mut group = Plan::of_nodes("opc.tcp://plc", vec![node], Duration::from_secs(1)).writer_groups.remove(0);
        group.sink = Some(SinkChoice { connection: Some("s3cret".into()), .."x".into() });
        let sinks = Sinks::new("null", Arc::new(NullSink));
        assert_eq!(sinks.concerns(&group), ["this process opens no sinks for groups; the first of null is used"]);
        let sinks = sinks.with_opener(Arc::new(Opener::default()));
        let told = sinks.concerns(&group).join("");
        assert!(told.contains("there is none of this kind") && !told.contains("s3cret"), "{told}");
    }
}
