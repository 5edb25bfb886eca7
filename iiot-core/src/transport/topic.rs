//! Topics and topic filters, as MQTT defines them (MQTT 5.0 §4.7).

use crate::error::{Error, ErrorKind, Result};

/// The longest topic or filter in bytes: MQTT strings carry a 16-bit length.
const MAX_LENGTH: usize = u16::MAX as usize;

/// Fails unless one can publish to `topic`.
pub(crate) fn check_topic(operation: &'static str, topic: &str) -> Result<()> {
    if topic.contains(['+', '#']) {
        return Err(refused(operation, topic, "a topic to publish to has no wildcards (+ or #)"));
    }
    check_text(operation, topic)
}

/// Fails unless one can subscribe to `filter`.
pub(crate) fn check_filter(operation: &'static str, filter: &str) -> Result<()> {
    let mut levels = filter.split('/').peekable();
    while let Some(level) = levels.next() {
        let stands_alone = level.len() == 1 || !level.contains(['+', '#']);
        let is_last = levels.peek().is_none();
        if !stands_alone || (level == "#" && !is_last) {
            return Err(refused(operation, filter, "+ stands for a whole level, # for all levels that follow"));
        }
    }
    check_text(operation, filter)
}

/// Whether a message with `topic` reaches a subscriber of `filter`.
pub(crate) fn matches(filter: &str, topic: &str) -> bool {
    let hidden = topic.starts_with('$') && filter.starts_with(['+', '#']);
    !hidden && levels_match(filter, topic)
}

fn levels_match(filter: &str, topic: &str) -> bool {
    let mut topic = topic.split('/');
    for level in filter.split('/') {
        match (level, topic.next()) {
            ("#", _) => return true,
            ("+", Some(_)) => {}
            (level, Some(actual)) if level == actual => {}
            _ => return false,
        }
    }
    topic.next().is_none()
}

fn check_text(operation: &'static str, text: &str) -> Result<()> {
    if text.is_empty() {
        return Err(refused(operation, text, "a topic must not be empty"));
    }
    if text.len() > MAX_LENGTH {
        return Err(Error::new(ErrorKind::InvalidArgument, operation, "a topic must not exceed 65,535 bytes"));
    }
    if text.contains('\0') {
        return Err(refused(operation, text, "a topic must not hold the character U+0000"));
    }
    Ok(())
}

fn refused(operation: &'static str, topic: &str, message: &'static str) -> Error {
    Error::new(ErrorKind::InvalidArgument, operation, message).with("topic", topic.escape_debug())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_match_level_by_level() {
        let cases = [
            ("a/b", "a/b", true),
            ("a/b", "a/b/c", false),
            ("a/b/c", "a/b", false),
            ("a/+", "a/b", true),
            ("a/+", "a", false),
            ("a/+", "a/", true),
            ("+/b", "/b", true),
            ("a/#", "a", true),
            ("a/#", "a/b/c", true),
            ("#", "a/b", true),
            ("#", "$SYS/load", false),
            ("+/load", "$SYS/load", false),
            ("$SYS/#", "$SYS/load", true),
        ];
        for (filter, topic, expected) in cases {
            assert_eq!(matches(filter, topic), expected, "{filter} against {topic}");
        }
    }

    #[test]
    fn malformed_topics_and_filters_are_refused() {
        for filter in ["", "a/#/b", "a#", "+b/c", "a/b+", "a\0"] {
            assert!(check_filter("subscribe", filter).is_err(), "{filter:?}");
        }
        for filter in ["#", "+", "a/+/b/#", "/", "a b/ü"] {
            assert!(check_filter("subscribe", filter).is_ok(), "{filter:?}");
        }
        for topic in ["", "a/+", "#", "a\0", &"x".repeat(65_536)] {
            assert!(check_topic("publish", topic).is_err(), "{:?}", &topic[..topic.len().min(9)]);
        }
    }
}
