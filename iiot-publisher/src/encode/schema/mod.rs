//! The JSON Schema (2020-12) of what one writer publishes, made of its metadata and of how its messages are encoded.
//!
//! It describes what belongs to the writer alone: a DataSetMessage, a data set without header, or a sample. What stands
//! around it in a NetworkMessage is the same for every writer.

use serde_json::{Map, Value, json};

use super::MetaData;
use crate::profile::MessageProfile;
use value::ValueStyle;

mod value;

/// The schema; `None` for binary messages, which are no JSON.
pub(crate) fn schema(meta_data: &MetaData<'_>, profile: MessageProfile, publisher_id: &str) -> Option<Value> {
    if profile.is_binary() {
        return None;
    }
    let described = Described { meta_data, profile, style: ValueStyle::of(profile) };
    let mut schema = match (profile.is_samples(), profile.has_data_set_header()) {
        (true, _) => described.sample(),
        (_, true) => described.message(),
        _ => described.fields(),
    };
    let version = meta_data.version.major;
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["$id"] = json!(format!("urn:iiot:data-set:{}:{version}", super::hash(scope(meta_data, publisher_id))));
    schema["title"] = json!(meta_data.plan.data_set_name);
    if !meta_data.plan.data_set_description.is_empty() {
        schema["description"] = json!(meta_data.plan.data_set_description);
    }
    Some(schema)
}

/// What tells the data set from every other.
fn scope(meta_data: &MetaData<'_>, publisher_id: &str) -> Vec<u8> {
    [publisher_id, meta_data.group_name, &meta_data.plan.name].join("\u{ff}").into_bytes()
}

struct Described<'a> {
    meta_data: &'a MetaData<'a>,
    profile: MessageProfile,
    style: ValueStyle,
}

impl Described<'_> {
    /// A DataSetMessage (OPC 10000-14 §7.2.5.4).
    fn message(&self) -> Value {
        let MetaData { plan, version, .. } = self.meta_data;
        let strict = self.profile.is_strict();
        let kinds: &[&str] = match plan.event {
            Some(_) => &["ua-event", "ua-condition", "ua-keepalive"],
            None => &["ua-keyframe", "ua-deltaframe", "ua-keepalive"],
        };
        let mut members = json!({
            "DataSetWriterId": if strict { json!({ "const": plan.id }) } else { json!({ "const": plan.name }) },
            "SequenceNumber": { "type": "integer", "minimum": 0, "maximum": u32::MAX },
            "MetaDataVersion": { "const": { "MajorVersion": version.major, "MinorVersion": version.minor } },
            "Timestamp": time(),
            "MessageType": { "enum": kinds },
            "Heartbeat": { "const": true, "description": "The values were sent before and are sent again." },
            "Payload": self.fields(),
        });
        if strict {
            members["DataSetWriterName"] = json!({ "const": plan.name });
        }
        json!({
            "type": "object",
            "properties": members,
            "required": ["DataSetWriterId", "SequenceNumber", "MetaDataVersion", "Timestamp", "MessageType"],
            "additionalProperties": false,
            "if": { "properties": { "MessageType": { "const": "ua-keepalive" } } },
            "then": { "not": { "required": ["Payload"] } },
            "else": { "required": ["Payload"] },
        })
    }

    /// The fields, any of which may be missing.
    fn fields(&self) -> Value {
        let MetaData { fields, .. } = self.meta_data;
        let field = |(name, types): &(&str, &crate::data_set::FieldMetaData)| {
            let mut field = self.style.field(types);
            if !types.description.is_empty() {
                field["description"] = json!(types.description);
            }
            ((*name).to_owned(), field)
        };
        let members: Map<String, Value> = fields.iter().map(field).collect();
        json!({ "type": "object", "properties": members, "additionalProperties": false })
    }

    /// A sample of any of the fields, or of events.
    fn sample(&self) -> Value {
        let MetaData { plan, fields, .. } = self.meta_data;
        let samples: Vec<Value> = match &plan.event {
            Some(_) => {
                let value = json!({
                    "type": "object", "properties": { "Value": self.fields() }, "required": ["Value"],
                    "additionalProperties": false,
                });
                vec![json!({ "properties": { "Value": value } })]
            }
            None => {
                let of_plan = fields.iter().zip(plan.fields.iter());
                let sample = |((name, types), field): (&(&str, &_), &crate::plan::FieldPlan)| {
                    let node = json!({ "const": field.node.to_string() });
                    let value = self.style.field(types);
                    json!({ "properties": { "NodeId": node, "DisplayName": { "const": name }, "Value": value } })
                };
                of_plan.map(sample).collect()
            }
        };
        json!({
            "type": "object",
            "properties": self.around_sample(),
            "required": ["NodeId", "EndpointUrl", "DisplayName", "Value"],
            "additionalProperties": false,
            "anyOf": samples,
        })
    }

    /// What samples of all fields have in common.
    fn around_sample(&self) -> Value {
        let url = &self.meta_data.plan.connection.options.endpoint_url;
        let mut members = json!({
            "NodeId": { "type": "string" },
            "EndpointUrl": { "const": url },
            "DisplayName": { "type": "string" },
            "Heartbeat": { "const": true, "description": "The value was sent before and is sent again." },
            "Value": true,
        });
        if self.profile.is_full() {
            members["ApplicationUri"] = json!({ "type": "string" });
            members["Timestamp"] = time();
            members["Status"] = json!({ "type": "string" });
            members["SequenceNumber"] = json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX });
            members["ExtensionFields"] = json!({ "type": "object", "additionalProperties": { "type": "string" } });
        }
        members
    }
}

fn time() -> Value {
    json!({ "type": "string", "format": "date-time" })
}
