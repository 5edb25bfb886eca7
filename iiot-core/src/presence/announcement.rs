//! What an edge says of itself.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::rpc::PlaceKey;
use crate::transport::{Message, QualityOfService};

/// What an edge says of itself. It is not signed: a hint, and nothing more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Announcement {
    /// The topic below which it takes requests: `iiot/hall-2`.
    pub root: String,
    /// The key that requests to it are sealed for.
    pub place_key: String,
    /// Where it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// Its version.
    #[serde(default)]
    pub version: String,
    /// What it can do: the names of capabilities.
    #[serde(default)]
    pub capabilities: Vec<String>,
    /// How often it says so, in milliseconds: 100 to 60,000.
    pub interval_ms: u32,
}

impl Announcement {
    /// Of an edge that takes requests below a topic, at no site.
    #[must_use]
    pub fn new(root: impl Into<String>, place_key: PlaceKey, interval: Duration) -> Self {
        let interval_ms = u32::try_from(interval.as_millis()).unwrap_or(u32::MAX);
        let version = env!("CARGO_PKG_VERSION").to_owned();
        let place_key = place_key.to_string();
        Self { root: root.into(), place_key, site: None, version, capabilities: Vec::new(), interval_ms }
    }

    /// How often it says so.
    #[must_use]
    pub fn interval(&self) -> Duration {
        Duration::from_millis(self.interval_ms.into())
    }

    /// Whether it is within the bounds that whoever listens takes.
    ///
    /// # Errors
    /// `InvalidArgument` if not.
    pub fn check(&self) -> Result<()> {
        let texts = [&self.root, &self.version].into_iter().chain(&self.site).chain(&self.capabilities);
        let wrong = match self {
            _ if !texts.clone().all(|text| is_plain(text)) => {
                "a text is longer than 128 bytes or has control characters"
            }
            _ if self.root.is_empty() || self.root.contains(['+', '#']) => "its root is no topic",
            _ if self.site.as_ref().is_some_and(String::is_empty) => "its site has no name",
            _ if self.place_key.parse::<PlaceKey>().is_err() => "its place key is none",
            _ if self.capabilities.len() > MAX_CAPABILITIES => "it has too many capabilities",
            _ if !(100..=60_000).contains(&self.interval_ms) => "its interval is not 100 ms to 60 s",
            _ => return Ok(()),
        };
        Err(Error::new(ErrorKind::InvalidArgument, ANNOUNCE, wrong))
    }

    /// The announcement in a message; whatever is wrong with it, nothing of it is taken.
    pub(super) fn read(payload: &[u8]) -> Result<Self> {
        if payload.len() > MAX_BYTES {
            return Err(Error::new(ErrorKind::InvalidArgument, ANNOUNCE, "it is too long"));
        }
        let parsed: Result<Self, _> = serde_json::from_slice(payload);
        let announcement = parsed
            .map_err(|cause| Error::new(ErrorKind::InvalidArgument, ANNOUNCE, "it does not parse").because(cause))?;
        announcement.check()?;
        Ok(announcement)
    }

    pub(super) fn message(&self, edge: &str, quality: QualityOfService) -> Message {
        let json = serde_json::to_vec(self).expect("texts and numbers can be written");
        Message {
            content_type: Some("application/json".to_owned()),
            expiry: Some(self.interval()),
            quality,
            ..Message::new(topic(edge), json)
        }
    }
}

/// Whether an edge can be called so: 1 to 128 bytes without control characters, wildcards and `/`, and no `!` in front.
pub(super) fn check_id(edge: &str) -> Result<()> {
    if !edge.is_empty() && is_plain(edge) && !edge.contains(['/', '+', '#']) && !edge.starts_with(ECHO) {
        return Ok(());
    }
    let message = "an edge's name has 1 to 128 bytes without control characters, `/`, `+` and `#`, and no `!` in front";
    Err(Error::new(ErrorKind::InvalidArgument, ANNOUNCE, message))
}

pub(super) fn topic(edge: &str) -> String {
    format!("{ROOT}{edge}")
}

/// The edge that a topic names.
pub(super) fn edge_of(topic: &str) -> &str {
    topic.strip_prefix(ROOT).unwrap_or_default()
}

fn is_plain(text: &str) -> bool {
    text.len() <= MAX_TEXT && !text.chars().any(char::is_control)
}

/// Begins what is no edge's name, but a watch that hears itself.
pub(super) const ECHO: char = '!';
const ROOT: &str = "iiot/edges/";
const ANNOUNCE: &str = "announce an edge";
const MAX_BYTES: usize = 16 << 10;
const MAX_TEXT: usize = 128;
const MAX_CAPABILITIES: usize = 64;

#[cfg(test)]
mod unit_tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn good() -> Announcement {
        Announcement {
            root: "iiot/a".into(),
            place_key: "A".repeat(43),
            site: Some("Berlin, hall 2".into()),
            version: "1".into(),
            capabilities: vec!["twin".into()],
            interval_ms: 2000,
        }
    }

    #[test]
    fn what_is_announced_is_read_and_nothing_else() {
        let message = good().message("a", QualityOfService::AtMostOnce);
        assert_eq!((Announcement::read(&message.payload).unwrap(), edge_of(&message.topic)), (good(), "a"));
        let json = |wrong: Announcement| serde_json::to_vec(&wrong).unwrap();
        for (wrong, why) in [
            (b"".to_vec(), "parse"),
            (b"{}".to_vec(), "parse"),
            (vec![b'['; 20 << 10], "too long"),
            (vec![b'['; 10 << 10], "parse"),
            (json(Announcement { root: String::new(), ..good() }), "topic"),
            (json(Announcement { root: "iiot/+".into(), ..good() }), "topic"),
            (json(Announcement { root: "r".repeat(129), ..good() }), "longer"),
            (json(Announcement { site: Some("\u{1b}[2J".into()), ..good() }), "control"),
            (json(Announcement { version: "\u{85}".into(), ..good() }), "control"),
            (json(Announcement { place_key: "short".into(), ..good() }), "key"),
            (json(Announcement { capabilities: vec![String::new(); 65], ..good() }), "capabilities"),
            (json(Announcement { interval_ms: 1, ..good() }), "interval"),
        ] {
            assert!(Announcement::read(&wrong).unwrap_err().message().contains(why), "{why}");
        }
    }

    #[test]
    fn an_edge_has_a_name_that_is_one_level_of_a_topic() {
        for (name, good) in
            [("a", true), ("Halle 2 – ß", true), ("", false), ("a/b", false), ("+", false), ("!a", false)]
        {
            assert_eq!(check_id(name).is_ok(), good, "{name}");
        }
        assert!(check_id("a\n").is_err() && check_id(&"a".repeat(129)).is_err());
    }
}
