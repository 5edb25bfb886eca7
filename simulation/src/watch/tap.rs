//! A sink that lets everything through and remembers what it saw last.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use iiot::core::Result;
use iiot::core::transport::Message;
use iiot::publisher::sink::Sink;
use serde_json::Value;

/// Passes messages on to another sink, or drops them, and keeps the newest of each topic.
#[derive(Debug)]
pub struct Tap {
    behind: Option<Arc<dyn Sink>>,
    newest: Mutex<BTreeMap<String, Message>>,
}

/// Topics that are remembered.
const MAX_TOPICS: usize = 64;

impl Tap {
    /// A tap in front of `behind`; without, it is where messages end.
    #[must_use]
    pub fn new(behind: Option<Arc<dyn Sink>>) -> Self {
        Self { behind, newest: Mutex::default() }
    }

    /// Fields and values of the newest data message of each topic, as `Station01.Sine` and `0.5`.
    #[must_use]
    pub fn last_values(&self) -> Vec<(String, String)> {
        let newest: Vec<_> = self.newest.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect();
        newest.iter().flat_map(|message| fields(&message.payload)).collect()
    }

    fn remember(&self, message: &Message) {
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        if newest.len() < MAX_TOPICS || newest.contains_key(&message.topic) {
            newest.insert(message.topic.clone(), message.clone());
        }
    }
}

#[async_trait]
impl Sink for Tap {
    async fn send(&self, message: Message) -> Result<()> {
        self.remember(&message);
        match &self.behind {
            Some(sink) => sink.send(message).await,
            None => Ok(()),
        }
    }

    fn max_message_size(&self) -> Option<usize> {
        self.behind.as_ref().and_then(|sink| sink.max_message_size())
    }

    fn address(&self) -> String {
        self.behind.as_ref().map_or_else(|| "nobody: --mqtt-broker opens a broker".into(), |sink| sink.address())
    }

    async fn close(&self) {
        if let Some(sink) = &self.behind {
            sink.close().await;
        }
    }
}

/// Fields of the DataSetMessages of a NetworkMessage; none where it is something else.
fn fields(payload: &[u8]) -> Vec<(String, String)> {
    let message: Value = serde_json::from_slice(payload).unwrap_or_default();
    let messages = message["Messages"].as_array().into_iter().flatten();
    let payloads = messages.filter_map(|message| message["Payload"].as_object());
    payloads.flatten().map(|(field, data_value)| (field.clone(), shown(data_value))).collect()
}

fn shown(data_value: &Value) -> String {
    let status =
        data_value["Status"]["Code"].as_u64().map_or_else(String::new, |code| format!("  (status 0x{code:08X})"));
    let value = match &data_value["Value"] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    format!("{value}{status}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use iiot::publisher::sink::MemorySink;

    fn message(value: u32) -> Message {
        let text = format!(r#"{{"MessageType":"ua-data","Messages":[{{"Payload":{{"Sine":{{"Value":{value}}}}}}}]}}"#);
        Message::new("data", text)
    }

    #[tokio::test]
    async fn messages_pass_and_the_newest_values_stay() {
        let memory = Arc::new(MemorySink::default());
        let tap = Tap::new(Some(Arc::clone(&memory) as Arc<dyn Sink>));
        tap.send(message(1)).await.unwrap();
        tap.send(message(2)).await.unwrap();
        assert_eq!(memory.messages().len(), 2);
        assert_eq!(tap.last_values(), [("Sine".to_owned(), "2".to_owned())]);
    }

    #[tokio::test]
    async fn what_is_no_network_message_has_no_values() {
        let tap = Tap::new(None);
        tap.send(Message::new("other", "not json")).await.unwrap();
        assert!(tap.last_values().is_empty());
    }
}
