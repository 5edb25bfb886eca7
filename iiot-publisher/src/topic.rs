//! Topics of data and metadata.
//!
//! | what | template |
//! |---|---|
//! | data | `{PublisherId}/messages/{WriterGroup}`, or that of the group or writer |
//! | status of the publisher | `{PublisherId}/status` |
//! | JSON Schema of a writer's data set | the topic of its data, then `/schema/{DataSetWriter}` |
//! | metadata of a writer | the topic of its data, then `/metadata/{DataSetWriter}`, or its own |
//!
//! | variable | value |
//! |---|---|
//! | `PublisherId`, `RootTopic` | the PublisherId |
//! | `TelemetryTopic` | the topic of the data, in templates of metadata |
//! | `WriterGroup`, `DataSetWriterGroup`, `WriterGroupId` | the name of the group |
//! | `DataSetWriter`, `DataSetWriterName` | the name of the writer |
//! | `DataSetWriterId` | its number |
//! | `DataSetName` | the name of its data set |
//! | `DataSetTopicPath` | that name, each `.` a new level |
//! | `DataSetClassId` | the class of its data set |
//! | `DataSetFieldId` | the name of its field, where it has just one |
//! | `EventName` | the name of its data set, where it publishes events |
//! | `Encoding` | the name of the message encoding |
//! | `SiteId`, `EventsTopic`, `EventSource`, `EventContext`, `ClusterNamespace`, `ClusterHost` | of OPC Publisher's surroundings, so none here |
//!
//! With `DataSetRouting` the browse path of the node stands behind the topic of the data, a level for each name.
//!
//! Variables are written in any case; one that has no value is its bare name. A value that stands for
//! a variable has each of its characters `/ + # \` and each control character replaced by `\x` and its
//! hexadecimal code, so that it stays one level.

use crate::plan::{WriterGroupPlan, WriterPlan};

/// What variables stand for.
#[derive(Debug, Clone, Copy)]
pub struct Names<'a> {
    /// PublisherId of the group.
    pub publisher_id: &'a str,
    /// The group.
    pub group: &'a WriterGroupPlan,
    /// The writer; without one its variables have no value.
    pub writer: Option<&'a WriterPlan>,
}

/// The topic of data.
#[must_use]
pub fn data(names: Names<'_>) -> String {
    let own = names.writer.and_then(|writer| writer.route.topic.as_deref());
    let template = own.or(names.group.topic.as_deref()).unwrap_or(DEFAULT);
    expand(template, |name| variable(name, names))
}

/// The topic of a writer's metadata.
#[must_use]
pub fn metadata(names: Names<'_>) -> String {
    let of_writer = names.writer.filter(|writer| writer.has_own_route(names.group));
    let data_topic = data(Names { writer: of_writer, ..names });
    match names.writer.and_then(|writer| writer.meta_data_topic.as_deref()) {
        None => format!("{data_topic}/metadata/{}", escape(names.writer.map_or("", |writer| &writer.name))),
        Some(template) => expand(template, |name| {
            if name.eq_ignore_ascii_case("TelemetryTopic") { Some(data_topic.clone()) } else { variable(name, names) }
        }),
    }
}

/// The topic of the JSON Schema of what a writer publishes.
#[must_use]
pub fn schema(names: Names<'_>) -> String {
    let of_writer = names.writer.filter(|writer| writer.has_own_route(names.group));
    let data_topic = data(Names { writer: of_writer, ..names });
    format!("{data_topic}/schema/{}", escape(names.writer.map_or("", |writer| &writer.name)))
}

/// The topic of the status of a publisher.
#[must_use]
pub fn status(publisher_id: &str) -> String {
    format!("{}/status", escape(publisher_id))
}

/// Whether a template can be used as a topic; why not otherwise.
pub(crate) fn check(template: &str) -> Result<(), String> {
    if template.contains(['+', '#', '\0']) {
        return Err("a topic must not hold + or #".into());
    }
    match variables(template).find(|name| !VARIABLES.iter().any(|known| name.eq_ignore_ascii_case(known))) {
        Some(name) => Err(format!("{{{name}}} is none of {}", VARIABLES.join(", "))),
        None => Ok(()),
    }
}

/// Whether a template gives each writer a topic of its own.
pub(crate) fn names_writer(template: &str) -> bool {
    variables(template).any(|name| VARIABLES[OF_GROUP..].iter().any(|known| name.eq_ignore_ascii_case(known)))
}

fn expand(template: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let (mut topic, mut rest) = (String::new(), template);
    while let Some((before, name, behind)) = next_variable(rest) {
        topic.push_str(before);
        topic.push_str(&value(name).unwrap_or_else(|| name.into()));
        rest = behind;
    }
    topic + rest
}

fn variables(template: &str) -> impl Iterator<Item = &str> {
    let mut rest = template;
    std::iter::from_fn(move || {
        let (_, name, behind) = next_variable(rest)?;
        rest = behind;
        Some(name)
    })
}

/// What stands before the first variable, its name, and what stands behind it.
fn next_variable(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('{')?;
    let (name, behind) = rest.split_once('}')?;
    Some((before, name, behind))
}

/// The value of a variable, escaped.
fn variable(name: &str, names: Names<'_>) -> Option<String> {
    let writer = names.writer;
    let of_writer = |value: fn(&WriterPlan) -> &str| writer.map(|writer| escape(value(writer)));
    match name.to_ascii_lowercase().as_str() {
        "publisherid" | "roottopic" => Some(escape(names.publisher_id)),
        "writergroup" | "datasetwritergroup" | "writergroupid" => Some(escape(&names.group.name)),
        "encoding" => Some(names.group.profile.encoding().name().to_owned()),
        "datasetwriter" | "datasetwritername" => of_writer(|writer| &writer.name),
        "datasetwriterid" => writer.map(|writer| writer.id.to_string()),
        "datasetname" => of_writer(|writer| &writer.data_set_name),
        "eventname" => writer.filter(|writer| writer.event.is_some()).map(|writer| escape(&writer.data_set_name)),
        "datasettopicpath" => writer.map(|writer| path(&writer.data_set_name)),
        "datasetclassid" => writer.and_then(|writer| writer.data_set_class_id).map(|id| id.to_string()),
        "datasetfieldid" => match writer?.fields.as_slice() {
            [field] => Some(escape(&field.name)),
            _ => None,
        },
        _ => None,
    }
}

/// A text as one level of a topic, whatever is in it.
pub(crate) fn level(text: &str) -> String {
    if text.is_empty() { "_".into() } else { escape(text) }
}

fn path(name: &str) -> String {
    name.split('.').map(escape).collect::<Vec<_>>().join("/")
}

fn escape(value: &str) -> String {
    let special = |c: char| matches!(c, '/' | '+' | '#' | '\\') || c.is_control();
    value.chars().map(|c| if special(c) { format!("\\x{:x}", c as u32) } else { c.into() }).collect()
}

const DEFAULT: &str = "{PublisherId}/messages/{WriterGroup}";

/// Those of the group first.
const VARIABLES: &[&str] = &[
    "PublisherId",
    "RootTopic",
    "WriterGroup",
    "DataSetWriterGroup",
    "WriterGroupId",
    "Encoding",
    "TelemetryTopic",
    "SiteId",
    "EventsTopic",
    "EventSource",
    "EventContext",
    "ClusterNamespace",
    "ClusterHost",
    "DataSetWriter",
    "DataSetWriterName",
    "DataSetWriterId",
    "DataSetName",
    "DataSetTopicPath",
    "DataSetClassId",
    "DataSetFieldId",
    "EventName",
];
const OF_GROUP: usize = 13;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::time::Duration;

    use super::*;
    use crate::plan::Plan;

    fn group() -> WriterGroupPlan {
        let node = "ns=2;s=a/b".parse().unwrap();
        let mut group = Plan::of_nodes("opc.tcp://plc", vec![node], Duration::from_secs(1)).writer_groups.remove(0);
        group.name = "Line A+B".into();
        group.writers[0].name = "w/1".into();
        group.writers[0].data_set_name = "hall.oven/1".into();
        group
    }

    fn expanded(topic: Option<&str>) -> String {
        let mut group = group();
        group.topic = topic.map(Into::into);
        data(Names { publisher_id: "edge/1", group: &group, writer: group.writers.first() })
    }

    #[test]
    fn topics_are_expanded_and_values_stay_one_level() {
        assert_eq!(expanded(None), r"edge\x2f1/messages/Line A\x2bB");
        assert_eq!(expanded(Some("a/{writergroup}/{ENCODING}/{")), r"a/Line A\x2bB/Json/{");
        assert_eq!(
            expanded(Some("{DataSetWriterId}/{DataSetTopicPath}/{DataSetFieldId}")),
            r"1/hall/oven\x2f1/ns=2;s=a\x2fb"
        );
        assert_eq!(expanded(Some("{EventName}/{DataSetClassId}/{siteid}")), "EventName/DataSetClassId/siteid");
    }

    #[test]
    fn metadata_lies_below_the_data_of_its_writer_unless_it_has_its_own_topic() {
        let mut group = group();
        let topic =
            |group: &WriterGroupPlan| metadata(Names { publisher_id: "p", group, writer: group.writers.first() });
        assert_eq!(topic(&group), r"p/messages/Line A\x2bB/metadata/w\x2f1");
        group.writers[0].route.topic = Some("own/{DataSetWriterId}".into());
        assert_eq!(topic(&group), r"own/1/metadata/w\x2f1");
        group.writers[0].meta_data_topic = Some("{TelemetryTopic}/meta/{DataSetName}".into());
        assert_eq!(topic(&group), r"own/1/meta/hall.oven\x2f1");
    }

    #[test]
    fn templates_that_cannot_be_a_topic_are_refused() {
        assert_eq!(check("plant/{RootTopic}/{DataSetWriter}"), Ok(()));
        assert!(check("plant/#").is_err());
        assert!(check("{Colour}/x").is_err());
        assert!(names_writer("a/{datasetwriter}") && !names_writer("a/{WriterGroup}{ClusterHost}"));
    }
}
