//! Metadata messages in JSON (OPC 10000-14 §7.2.5.5.2).

use iiot_core::Result;
use iiot_core::json::ValueType;
use serde_json::{Map, Value};

use super::json::{number, text, version};
use super::{DataSetMetaData, FieldDescription, data_types, malformed};

impl DataSetMetaData {
    pub(super) fn from_json(members: &Map<String, Value>) -> Result<Self> {
        let body = members.get("MetaData").and_then(Value::as_object);
        let body = body.ok_or_else(|| malformed("MetaData is not an object"))?;
        let fields = body.get("Fields").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let (structures, enumerations) = data_types::of_json(body);
        Ok(Self {
            publisher_id: text(members, "PublisherId"),
            writer_group: text(members, "WriterGroupName").or_else(|| text(members, "DataSetWriterGroup")),
            writer_id: number(members, "DataSetWriterId")?,
            writer: text(members, "DataSetWriterName"),
            name: text(body, "Name").unwrap_or_default(),
            description: localized(body),
            namespaces: Vec::new(),
            structures,
            enumerations,
            fields: fields.iter().map(field).collect::<Result<_>>()?,
            data_set_class_id: text(body, "DataSetClassId").and_then(|id| id.parse().ok()),
            version: version(body.get("ConfigurationVersion"))?.unwrap_or_default(),
        })
    }
}

fn field(value: &Value) -> Result<FieldDescription> {
    let members = value.as_object().ok_or_else(|| malformed("a field of the metadata is not an object"))?;
    let dimensions = members.get("ArrayDimensions").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let dimension = |value: &Value| value.as_u64().and_then(|length| u32::try_from(length).ok());
    let value_type = ValueType {
        built_in_type: number(members, "BuiltInType")?.unwrap_or(ValueType::ANY.built_in_type),
        value_rank: number(members, "ValueRank")?.unwrap_or(0),
    };
    Ok(FieldDescription {
        name: text(members, "Name").ok_or_else(|| malformed("a field of the metadata has no name"))?,
        description: localized(members),
        value_type,
        data_type: text(members, "DataType").unwrap_or_default(),
        array_dimensions: dimensions.iter().filter_map(dimension).collect(),
        field_id: text(members, "DataSetFieldId").and_then(|id| id.parse().ok()),
    })
}

fn localized(members: &Map<String, Value>) -> String {
    let description = members.get("Description").and_then(Value::as_object);
    description.and_then(|description| text(description, "Text")).unwrap_or_default()
}
