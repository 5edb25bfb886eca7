//! What the independent subscriber has seen.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use iiot_core::testing::{Peers, Process};
use iiot_stories::ticks;
use parking_lot::{Mutex, MutexGuard};
use serde_json::Value;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

/// Every value that came, by line and counter. It has messages of `line-<n>` and knows no line but those.
#[derive(Debug)]
pub(super) struct Witness {
    seen: Arc<Mutex<Seen>>,
    news: watch::Receiver<u64>,
    process: u32,
}

impl Drop for Witness {
    fn drop(&mut self) {
        // Whoever reads what it prints takes leave of it then.
        let _ = Command::new("kill").arg(self.process.to_string()).status();
    }
}

/// The values of every line, and messages by what their ids hash to.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) lines: Vec<SeenLine>,
    /// How often the broker had kept our session.
    resumed: u64,
    /// What each message said, by id.
    messages: HashMap<u64, u64>,
}

/// What came of one edge.
#[derive(Debug, Default)]
pub(super) struct SeenLine {
    pub(super) counters: Vec<BTreeMap<i64, Arrival>>,
    /// NetworkMessages with values.
    pub(super) messages: u64,
    pub(super) values: u64,
    pub(super) twice: Twice,
    /// What must not come, in words.
    pub(super) wrong: Vec<String>,
}

/// A value when it came first.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrival {
    pub(super) value: i64,
    message: u64,
}

/// Values that came again, by how they were marked.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Twice {
    /// By the MessageId: it is the same message.
    pub(super) same_message: u64,
    /// By `Redelivered` in the properties of the message.
    pub(super) redelivered: u64,
}

impl Witness {
    pub(super) fn start(peers: &Peers, port: u16, file: &Path, lines: usize, counters: usize) -> Self {
        let reader = peers.witness("127.0.0.1", port, "#", file).expect("a subscriber");
        let process = reader.id();
        let line = || SeenLine { counters: vec![BTreeMap::new(); counters], ..SeenLine::default() };
        let seen = Seen { lines: std::iter::repeat_with(line).take(lines).collect(), ..Seen::default() };
        let (seen, (told, news)) = (Arc::new(Mutex::new(seen)), watch::channel(0));
        let ours = Arc::clone(&seen);
        std::thread::spawn(move || read(&reader, &ours, &told));
        Self { seen, news, process }
    }

    pub(super) fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock()
    }

    /// Whether `look` has become true within `patience`.
    pub(super) async fn wait_until(&self, patience: Duration, mut look: impl FnMut(&Seen) -> bool) -> bool {
        let (deadline, mut news) = (Instant::now() + patience, self.news.clone());
        loop {
            news.mark_unchanged();
            if look(&self.seen()) {
                return true;
            }
            if !matches!(timeout_at(deadline, news.changed()).await, Ok(Ok(()))) {
                return look(&self.seen());
            }
        }
    }

    /// How often the broker has had our session when we came back.
    pub(super) fn resumed(&self) -> u64 {
        self.seen().resumed
    }

    /// Waits until we have come back more often than that.
    pub(super) async fn wait_for_return(&self, before: u64, patience: Duration) {
        let returned = self.wait_until(patience, |seen| seen.resumed > before).await;
        assert!(returned, "the subscriber did not come back to the broker");
    }
}

impl Seen {
    fn line(&mut self, line: &str) {
        match line {
            "SUBSCRIBED" => {}
            "RESUMED" => self.resumed += 1,
            _ => self.message(&serde_json::from_str(line).expect("the subscriber prints JSON")),
        }
    }

    fn message(&mut self, told: &Value) {
        let topic = told["topic"].as_str().unwrap_or_default();
        let line = topic.strip_prefix("line-").and_then(|rest| rest.split('/').next()?.parse::<usize>().ok());
        let Some(line) = line.and_then(|line| self.lines.get_mut(line)) else { panic!("nobody publishes {topic}") };
        let payload = told["payload"].as_str().unwrap_or_default();
        let body: Value = serde_json::from_str(payload).expect("a message is JSON");
        let Some(id) = body["MessageId"].as_str() else { panic!("a message without MessageId: {payload}") };
        let (id, values) = (hash(id), hash(&values(&body)));
        if *self.messages.entry(id).or_insert(values) != values {
            line.wrong.push(format!("two messages with one id: {payload}"));
        }
        if body["MessageType"] == "ua-data" {
            line.data(id, &body, told["properties"]["Redelivered"] == "true");
        }
    }
}

impl SeenLine {
    fn data(&mut self, message: u64, body: &Value, redelivered: bool) {
        self.messages += 1;
        for part in body["Messages"].as_array().into_iter().flatten() {
            for (name, value) in part["Payload"].as_object().into_iter().flatten() {
                if let Err(wrong) = self.value(name, value, message, redelivered) {
                    self.wrong.push(format!("{name} {value}: {wrong}; of {}", part["MessageType"]));
                }
            }
        }
    }

    fn value(&mut self, name: &str, shown: &Value, message: u64, redelivered: bool) -> Result<(), String> {
        let index = name.strip_prefix("Counter.").and_then(|index| index.parse::<usize>().ok());
        let counter = index.and_then(|index| self.counters.get_mut(index)).ok_or("there is no such field")?;
        let at = shown["SourceTimestamp"].as_str().and_then(ticks).ok_or("it has no source timestamp")?;
        let value = plain(shown).ok_or("it is no good Int64")?;
        self.values += 1;
        let Some(first) = counter.get(&at) else {
            let newest = counter.last_key_value().map_or(i64::MIN, |(at, _)| *at);
            counter.insert(at, Arrival { value, message });
            return if newest < at { Ok(()) } else { Err("it came behind a newer one".into()) };
        };
        if first.value != value {
            return Err(format!("it was {} before", first.value));
        }
        match () {
            () if first.message == message => self.twice.same_message += 1,
            () if redelivered => self.twice.redelivered += 1,
            () => return Err("it came twice and nothing marks it".into()),
        }
        Ok(())
    }
}

/// What a message says: another process may write it at another time.
fn values(body: &Value) -> String {
    let parts = body["Messages"].as_array().into_iter().flatten();
    parts.map(|part| part["Payload"].to_string()).collect()
}

/// A good Int64 (OPC 10000-6 §5.4.2); the Overflow bit tells of others.
fn plain(shown: &Value) -> Option<i64> {
    const OVERFLOW: u64 = 0x480;
    let good = shown.get("Status").is_none_or(|status| status["Code"] == OVERFLOW);
    shown["Value"].as_str().filter(|_| good && shown["UaType"] == 8)?.parse().ok()
}

fn read(process: &Process, seen: &Mutex<Seen>, told: &watch::Sender<u64>) {
    while let Some(lines) = process.take_lines() {
        let mut seen = seen.lock();
        lines.iter().for_each(|line| seen.line(line));
        told.send_modify(|news| *news += 1);
    }
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}
