//! Status messages: whether a publisher is there, and whether it works (OPC 10000-14 §7.2.5.5.5).
//!
//! They go to `{PublisherId}/status` and a broker keeps the last one. While all is well one comes in a fixed interval and
//! says when the next is to be expected; each other state is told once, when it begins. What the broker itself says
//! when it loses the publisher is [`last_will`].

use std::time::{Duration, Instant};

use iiot_core::json;
use iiot_core::time::UtcTime;
use iiot_core::transport::Message;
use uuid::Uuid;

use crate::topic;

/// PubSubState (OPC 10000-14 §6.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PublisherState {
    /// It was stopped in order.
    Disabled = 0,
    /// It sends values.
    Operational = 2,
    /// Its servers cannot be reached, or it has died.
    Error = 3,
    /// It has just begun and has reached no server yet.
    PreOperational = 4,
}

/// What the broker is to say when it loses the publisher without having heard why.
#[must_use]
pub fn last_will(publisher_id: &str) -> Message {
    message(publisher_id, PublisherState::Error, None)
}

/// A status message; `cyclic` is the time now and that of the next one, where there is to be one.
#[must_use]
pub fn message(publisher_id: &str, state: PublisherState, cyclic: Option<(UtcTime, UtcTime)>) -> Message {
    let mut text =
        format!(r#"{{"MessageId":"{}","MessageType":"ua-status","PublisherId":"#, Uuid::new_v4()).into_bytes();
    json::write_string(&mut text, publisher_id);
    if let Some((now, _)) = cyclic {
        text.extend_from_slice(format!(r#","Timestamp":"{now}""#).as_bytes());
    }
    text.extend_from_slice(format!(r#","IsCyclic":{},"Status":{}"#, cyclic.is_some(), state as u8).as_bytes());
    if let Some((_, next)) = cyclic {
        text.extend_from_slice(format!(r#","NextReportTime":"{next}""#).as_bytes());
    }
    text.push(b'}');
    let content_type = Some("application/json".into());
    Message { retain: true, content_type, ..Message::new(topic::status(publisher_id), text) }
}

/// When what is told.
#[derive(Debug, Clone)]
pub(crate) struct StatusReports {
    interval: Duration,
    /// What was told last, and when it is to be told again.
    told: Option<(PublisherState, Option<Instant>)>,
}

impl StatusReports {
    pub(crate) const fn new(interval: Duration) -> Self {
        Self { interval, told: None }
    }

    /// The message that is due, if one is.
    pub(crate) fn due(
        &mut self,
        publisher_id: &str,
        state: PublisherState,
        now: Instant,
        utc: UtcTime,
    ) -> Option<Message> {
        let is_known = self.told.is_some_and(|(told, again)| told == state && again.is_none_or(|again| now < again));
        if is_known {
            return None;
        }
        let cyclic = state == PublisherState::Operational;
        self.told = Some((state, cyclic.then(|| now + self.interval)));
        Some(message(publisher_id, state, cyclic.then(|| (utc, utc + self.interval))))
    }

    /// What was told last has not arrived.
    pub(crate) fn failed(&mut self) {
        self.told = None;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::{Value, json};

    use super::*;

    fn parsed(message: &Message) -> Value {
        let mut value: Value = serde_json::from_slice(&message.payload).unwrap();
        let id = value.as_object_mut().unwrap().remove("MessageId").unwrap();
        assert!(id.as_str().unwrap().parse::<Uuid>().is_ok());
        value
    }

    #[test]
    fn a_change_is_told_at_once_and_that_all_is_well_again_and_again() {
        let (mut reports, start) = (StatusReports::new(Duration::from_secs(60)), Instant::now());
        let utc = UtcTime::UNIX_EPOCH;
        let mut at = |second: u64, state| {
            let time = Duration::from_secs(second);
            reports.due("p/1", state, start + time, utc + time).map(|message| parsed(&message))
        };
        let begins = at(0, PublisherState::PreOperational).unwrap();
        assert_eq!(begins, json!({"MessageType": "ua-status", "PublisherId": "p/1", "IsCyclic": false, "Status": 4}));
        assert_eq!(at(1000, PublisherState::PreOperational), None);
        let works = at(1001, PublisherState::Operational).unwrap();
        assert_eq!((&works["Status"], &works["IsCyclic"]), (&json!(2), &json!(true)));
        assert_eq!(
            (&works["Timestamp"], &works["NextReportTime"]),
            (&json!("1970-01-01T00:16:41Z"), &json!("1970-01-01T00:17:41Z"))
        );
        assert_eq!(at(1060, PublisherState::Operational), None);
        assert!(at(1061, PublisherState::Operational).is_some());
        assert_eq!(at(1062, PublisherState::Error).unwrap()["Status"], 3);
        assert_eq!(at(1063, PublisherState::Disabled).unwrap()["Status"], 0);
    }

    #[test]
    fn what_has_not_arrived_is_told_again() {
        let (mut reports, now) = (StatusReports::new(Duration::from_secs(60)), Instant::now());
        let mut due = || reports.due("p", PublisherState::Error, now, UtcTime::UNIX_EPOCH).is_some();
        assert!(due() && !due());
        reports.failed();
        assert!(reports.due("p", PublisherState::Error, now, UtcTime::UNIX_EPOCH).is_some());
    }

    #[test]
    fn brokers_keep_it_and_the_last_will_is_an_error() {
        let will = last_will("p/1");
        assert_eq!((will.topic.as_str(), will.retain), (r"p\x2f1/status", true));
        assert_eq!((&parsed(&will)["Status"], &parsed(&will)["IsCyclic"]), (&json!(3), &json!(false)));
    }
}
