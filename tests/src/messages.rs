//! NetworkMessages as an independent subscriber got them.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use iiot_core::testing::Process;
use serde_json::Value;

/// Everything that a subscriber (`subscribe.py`) has printed.
#[derive(Debug)]
pub struct Messages {
    subscriber: Process,
    read: Mutex<Read>,
}

/// What was read so far.
#[derive(Debug, Default)]
struct Read {
    lines: usize,
    messages: Vec<Message>,
    published: Vec<Published>,
}

/// One message.
#[derive(Debug, Clone)]
pub struct Message {
    /// Its topic.
    pub topic: String,
    /// Its payload as JSON.
    pub body: Value,
}

/// One field of one DataSetMessage.
#[derive(Debug, Clone)]
pub struct Published {
    /// Name of the field.
    pub field: String,
    /// Its DataValue.
    pub value: Value,
}

impl Messages {
    /// What this subscriber gets.
    #[must_use]
    pub fn new(subscriber: Process) -> Self {
        Self { subscriber, read: Mutex::default() }
    }

    /// Every message so far.
    ///
    /// # Panics
    /// If a payload is no JSON.
    #[must_use]
    pub fn all(&self) -> Vec<Message> {
        self.read(Duration::ZERO).messages.clone()
    }

    /// Every field of every data message so far, in order.
    ///
    /// # Panics
    /// If a payload is no JSON.
    #[must_use]
    pub fn published(&self) -> Vec<Published> {
        self.read(Duration::ZERO).published.clone()
    }

    /// Whether `look` has become true of the published fields within `patience`.
    ///
    /// # Panics
    /// If a payload is no JSON.
    #[must_use]
    pub fn wait_until(&self, patience: Duration, mut look: impl FnMut(&[Published]) -> bool) -> bool {
        let deadline = Instant::now() + patience;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if look(&self.read(left.min(Duration::from_secs(1))).published) {
                return true;
            }
            if left.is_zero() {
                return false;
            }
        }
    }

    /// Waits for a new line and reads it and what came with it.
    fn read(&self, patience: Duration) -> MutexGuard<'_, Read> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let new = self
            .subscriber
            .wait_for(patience, |lines| lines.get(read.lines..).filter(|new| !new.is_empty()).map(<[_]>::to_vec));
        for line in new.unwrap_or_default() {
            read.lines += 1;
            if let Some(message) = Message::read(&line) {
                read.published.extend(message.published());
                read.messages.push(message);
            }
        }
        read
    }

    /// Waits until the subscriber has subscribed `times` times, reconnects included.
    ///
    /// # Panics
    /// If that takes longer than `patience`.
    pub fn wait_for_subscription(&self, times: usize, patience: Duration) {
        let count = |lines: &[String]| lines.iter().filter(|line| *line == "SUBSCRIBED").count();
        let subscribed = self.subscriber.wait_for(patience, |lines| (count(lines) >= times).then_some(()));
        assert!(subscribed.is_some(), "the subscriber did not come back\n{}", self.subscriber.said());
    }
}

impl Message {
    fn read(line: &str) -> Option<Self> {
        let told: Value = serde_json::from_str(line).ok()?;
        let topic = told["topic"].as_str()?.to_owned();
        let payload = told["payload"].as_str().unwrap_or_else(|| panic!("a payload is no UTF-8: {line}"));
        let body =
            serde_json::from_str(payload).unwrap_or_else(|error| panic!("a payload is no JSON: {error}: {payload}"));
        Some(Self { topic, body })
    }

    /// The fields of its DataSetMessages; none for metadata and keep-alives.
    #[must_use]
    pub fn published(&self) -> Vec<Published> {
        let data_set_messages = self.body["Messages"].as_array().into_iter().flatten();
        let payloads = data_set_messages.filter_map(|message| message["Payload"].as_object());
        payloads.flatten().map(|(field, value)| Published { field: field.clone(), value: value.clone() }).collect()
    }
}

impl Published {
    /// Its source timestamp in ticks.
    #[must_use]
    pub fn source_ticks(&self) -> Option<i64> {
        crate::ticks(self.value["SourceTimestamp"].as_str()?)
    }
}
