//! Topics of data and metadata.
//!
//! | what | template |
//! |---|---|
//! | data | `{PublisherId}/messages/{WriterGroup}`, or the group's own |
//! | metadata of a writer, retained | the data topic, then `/metadata/{DataSetWriter}` |
//!
//! Variables are written in any case. A value that stands for a variable has each of its
//! characters `/ + # \` and each control character replaced by `\x` and its hexadecimal code, so
//! that it stays one level.

/// What variables stand for.
#[derive(Debug, Clone, Copy)]
pub struct Names<'a> {
    /// `{PublisherId}` and `{RootTopic}`.
    pub publisher_id: &'a str,
    /// `{WriterGroup}`.
    pub writer_group: &'a str,
}

/// The topic of a group's data; `template` is the group's own, where it has one.
#[must_use]
pub fn data(template: Option<&str>, names: Names<'_>) -> String {
    expand(template.unwrap_or(DEFAULT), names)
}

/// The topic of a writer's metadata below the topic of its group's data.
#[must_use]
pub fn metadata(data_topic: &str, writer: &str) -> String {
    format!("{data_topic}/metadata/{}", escape(writer))
}

/// Whether a template can be used as a group's topic; why not otherwise.
pub(crate) fn check(template: &str) -> Result<(), String> {
    if template.contains(['+', '#', '\0']) {
        return Err("a topic must not hold + or #".into());
    }
    let mut rest = template;
    while let Some((name, behind)) = next_variable(rest).map(|(_, name, behind)| (name, behind)) {
        if variable(name, Names { publisher_id: "", writer_group: "" }).is_none() {
            return Err(format!("{{{name}}} is none of {{PublisherId}}, {{RootTopic}}, {{WriterGroup}}, {{Encoding}}"));
        }
        rest = behind;
    }
    Ok(())
}

fn expand(template: &str, names: Names<'_>) -> String {
    let (mut topic, mut rest) = (String::new(), template);
    while let Some((before, name, behind)) = next_variable(rest) {
        topic.push_str(before);
        topic.push_str(&variable(name, names).map_or_else(|| name.into(), escape));
        rest = behind;
    }
    topic + rest
}

/// What stands before the first variable, its name, and what stands behind it.
fn next_variable(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('{')?;
    let (name, behind) = rest.split_once('}')?;
    Some((before, name, behind))
}

fn variable<'a>(name: &str, names: Names<'a>) -> Option<&'a str> {
    match name.to_ascii_lowercase().as_str() {
        "publisherid" | "roottopic" => Some(names.publisher_id),
        "writergroup" | "datasetwritergroup" => Some(names.writer_group),
        "encoding" => Some("Json"),
        _ => None,
    }
}

fn escape(value: &str) -> String {
    let special = |c: char| matches!(c, '/' | '+' | '#' | '\\') || c.is_control();
    value.chars().map(|c| if special(c) { format!("\\x{:x}", c as u32) } else { c.into() }).collect()
}

const DEFAULT: &str = "{PublisherId}/messages/{WriterGroup}";

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: Names<'_> = Names { publisher_id: "edge/1", writer_group: "Line A+B" };

    #[test]
    fn topics_are_expanded_and_values_stay_one_level() {
        assert_eq!(data(None, NAMES), r"edge\x2f1/messages/Line A\x2bB");
        assert_eq!(data(Some("a/{writergroup}/{ENCODING}/{"), NAMES), r"a/Line A\x2bB/Json/{");
        assert_eq!(metadata("a/b", "w/1"), r"a/b/metadata/w\x2f1");
    }

    #[test]
    fn templates_that_cannot_be_a_topic_are_refused() {
        assert_eq!(check("plant/{RootTopic}/x"), Ok(()));
        assert!(check("plant/#").is_err());
        assert!(check("{DataSetWriter}/x").is_err());
    }
}
