//! What is needed to go on after our own death.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

use crate::time::UtcTime;

/// A session and its subscriptions as a value that can be saved and given to the next process by
/// [`ConnectOptions::resume`](super::ConnectOptions::resume).
///
/// It holds the authentication token of the session. Whoever has that and can reach the server
/// without security, or has our private key, can take the session over: keep it where keys are kept.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ResumeState {
    pub(crate) application_uri: String,
    /// When the server started, in ticks; in another run nothing of this is left.
    pub(crate) started: Option<i64>,
    /// Absent if the session was closed in order.
    pub(crate) session: Option<SavedSession>,
    pub(crate) subscriptions: BTreeMap<String, SavedSubscription>,
}

/// Which [`ResumeState`] one would get now, begun with the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ResumeRevision {
    /// Changes with the session, its subscriptions and their items. What is not saved then is unknown to the next
    /// process, which creates it anew; what the server holds for it is lost.
    pub holdings: u64,
    /// Changes with the messages that are safe. What is not saved then comes twice.
    pub progress: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SavedSession {
    pub(crate) authentication_token: SavedBytes,
    pub(crate) server_nonce: SavedBytes,
    pub(crate) timeout_ms: u64,
}

/// A subscription as it stood.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct SavedSubscription {
    /// Zero if the server had none at that moment.
    pub(crate) subscription_id: u32,
    pub(crate) publishing_interval_us: u64,
    pub(crate) lifetime_count: u32,
    pub(crate) max_keep_alive_count: u32,
    /// The first message that is not safe, those behind it that are, and the first that has not
    /// been heard of.
    pub(crate) first_unsafe: u32,
    pub(crate) safe: Vec<u32>,
    pub(crate) next: u32,
    pub(crate) last_publish: Option<i64>,
    /// Whether values are missing since then, which nobody has been told yet.
    pub(crate) in_gap: bool,
    pub(crate) items: Vec<SavedItem>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SavedItem {
    pub(crate) client_handle: u32,
    pub(crate) id: u32,
    /// Of everything that was asked for; an item that is wanted differently now is created anew.
    pub(crate) fingerprint: u64,
    pub(crate) sampling_interval_us: i64,
    pub(crate) queue_size: u32,
}

impl ResumeState {
    /// Names of the subscriptions in it.
    pub fn subscriptions(&self) -> impl Iterator<Item = &str> {
        self.subscriptions.keys().map(String::as_str)
    }

    /// The messages of a subscription up to this one are safe, as the caller knows from elsewhere. It
    /// changes nothing where the state is of another subscription, or knows more.
    pub fn note_safe(&mut self, name: &str, subscription_id: u32, sequence_number: u32) {
        let saved = self.subscriptions.get_mut(name).filter(|saved| saved.subscription_id == subscription_id);
        let Some(saved) = saved else { return };
        let ahead = sequence_number.wrapping_sub(saved.first_unsafe);
        if ahead < MAX_AHEAD {
            let next = sequence_number.checked_add(1).unwrap_or(1);
            // What had been named further on stays missing.
            if saved.next.wrapping_sub(saved.first_unsafe) <= ahead {
                saved.next = next;
            }
            saved.first_unsafe = next;
        }
    }

    /// Until when the messages of a subscription had been published, if any had.
    #[must_use]
    pub fn last_publish(&self, name: &str) -> Option<UtcTime> {
        self.subscriptions.get(name)?.last_publish.map(UtcTime::from_ticks)
    }
}

/// A number further on than this belongs to another count.
const MAX_AHEAD: u32 = 1 << 30;

/// Bytes that are never printed and do not stay in memory.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct SavedBytes(Zeroizing<Vec<u8>>);

impl SavedBytes {
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SavedBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

impl Serialize for SavedBytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&Zeroizing::new(BASE64_STANDARD.encode(&*self.0)))
    }
}

impl<'de> Deserialize<'de> for SavedBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Zeroizing::new(String::deserialize(deserializer)?);
        BASE64_STANDARD.decode(text.as_bytes()).map(Self::new).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn messages_known_to_be_safe_are_not_asked_for_again() {
        let saved =
            SavedSubscription { subscription_id: 7, first_unsafe: 10, safe: vec![11], next: 13, ..Default::default() };
        let mut state = ResumeState { subscriptions: [("S".to_owned(), saved)].into(), ..Default::default() };
        let mut after = |id, number| {
            state.note_safe("S", id, number);
            let saved = &state.subscriptions["S"];
            (saved.first_unsafe, saved.next)
        };
        assert_eq!(after(8, 11), (10, 13), "another subscription");
        assert_eq!(after(7, 9), (10, 13), "it knows more");
        assert_eq!(after(7, 11), (12, 13));
        assert_eq!(after(7, 20), (21, 21));
    }

    #[test]
    fn a_saved_session_comes_back_and_is_never_printed() {
        let session = SavedSession {
            authentication_token: SavedBytes::new(b"i=4711".to_vec()),
            server_nonce: SavedBytes::new(vec![1, 2, 255]),
            timeout_ms: 5,
        };
        let state = ResumeState { session: Some(session), ..Default::default() };
        let text = serde_json::to_string(&state).unwrap();
        assert_eq!(serde_json::from_str::<ResumeState>(&text).unwrap(), state);
        let printed = format!("{state:?}");
        assert!(printed.contains("(secret)") && !printed.contains("4711") && !printed.contains("255"), "{printed}");
    }
}
