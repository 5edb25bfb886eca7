//! The structures and enumerations that metadata describes.

use iiot_core::json::expanded_node_id_from_str;
use iiot_core::ua;
use iiot_core::ua::types::{
    EnumerationDescription, FieldDescription, FieldType, GlobalNodeId, Rank, StructureDescription, StructureKind,
};
use iiot_core::ua::{EnumDescription, NodeId};
use serde_json::{Map, Value};

use super::DataSetMetaData;
use super::json::{number, text};
use super::uadp_meta_data::plain;

/// What can be understood; the rest is left out.
pub(super) type Told = (Vec<StructureDescription>, Vec<EnumerationDescription>);

/// From a binary announcement whose ids refer to this table.
pub(super) fn of_binary(
    structures: Option<Vec<ua::StructureDescription>>,
    enumerations: Option<Vec<EnumDescription>>,
    namespaces: &[String],
) -> Told {
    let enumerations: Vec<_> =
        enumerations.into_iter().flatten().filter_map(|told| enumeration(&told, namespaces)).collect();
    let structure = |told: ua::StructureDescription| {
        let definition = told.structure_definition;
        let field = |field: &ua::StructureField| {
            Some(FieldDescription {
                name: plain(&field.name),
                data_type: field_type(&GlobalNodeId::of(&field.data_type, namespaces)?, &enumerations),
                rank: Rank::of(field.value_rank),
                optional: field.is_optional,
            })
        };
        Some(StructureDescription {
            name: plain(&told.name.name),
            data_type: GlobalNodeId::of(&told.data_type_id, namespaces)?,
            binary_encoding: some(&definition.default_encoding_id, namespaces),
            kind: kind(definition.structure_type as i32)?,
            fields: definition.fields.unwrap_or_default().iter().map(field).collect::<Option<_>>()?,
        })
    };
    (structures.into_iter().flatten().filter_map(structure).collect(), enumerations)
}

fn enumeration(told: &EnumDescription, namespaces: &[String]) -> Option<EnumerationDescription> {
    let fields = told.enum_definition.fields.iter().flatten();
    Some(EnumerationDescription {
        name: plain(&told.name.name),
        data_type: GlobalNodeId::of(&told.data_type_id, namespaces)?,
        built_in_type: told.built_in_type,
        values: fields.map(|field| (field.value, plain(&field.name))).collect(),
    })
}

/// From the members of MetaData in JSON.
pub(super) fn of_json(members: &Map<String, Value>) -> Told {
    let list = |name| members.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let enumerations: Vec<_> = list("EnumDataTypes").iter().filter_map(enumeration_of_json).collect();
    let structure = |told: &Value| structure_of_json(told, &enumerations);
    (list("StructureDataTypes").iter().filter_map(structure).collect(), enumerations)
}

fn structure_of_json(told: &Value, enumerations: &[EnumerationDescription]) -> Option<StructureDescription> {
    let told = told.as_object()?;
    let definition = told.get("StructureDefinition")?.as_object()?;
    let field = |field: &Value| {
        let field = field.as_object()?;
        Some(FieldDescription {
            name: text(field, "Name")?,
            data_type: field_type(&global(&text(field, "DataType")?)?, enumerations),
            rank: Rank::of(number(field, "ValueRank").ok()?.unwrap_or(0)),
            optional: field.get("IsOptional").and_then(Value::as_bool).unwrap_or(false),
        })
    };
    Some(StructureDescription {
        name: unqualified(&text(told, "Name")?),
        data_type: global(&text(told, "DataTypeId")?)?,
        binary_encoding: text(definition, "DefaultEncodingId").and_then(|id| global(&id)),
        kind: kind(number(definition, "StructureType").ok()?.unwrap_or(0))?,
        fields: definition.get("Fields")?.as_array()?.iter().map(field).collect::<Option<_>>()?,
    })
}

fn enumeration_of_json(told: &Value) -> Option<EnumerationDescription> {
    let told = told.as_object()?;
    let value = |field: &Value| {
        let value = field.get("Value").map_or(Some(0), |value| value.as_str()?.parse().ok());
        Some((value?, field.get("Name")?.as_str()?.to_owned()))
    };
    Some(EnumerationDescription {
        name: unqualified(&text(told, "Name")?),
        data_type: global(&text(told, "DataTypeId")?)?,
        built_in_type: number(told, "BuiltInType").ok()??,
        values: told.get("EnumDefinition")?.get("Fields")?.as_array()?.iter().map(value).collect::<Option<_>>()?,
    })
}

impl DataSetMetaData {
    /// Whether it describes types.
    pub(super) fn describes_types(&self) -> bool {
        !self.structures.is_empty() || !self.enumerations.is_empty()
    }
}

const fn kind(structure_type: i32) -> Option<StructureKind> {
    match structure_type {
        0 => Some(StructureKind::Plain),
        1 => Some(StructureKind::OptionalFields),
        2 => Some(StructureKind::Union),
        _ => None,
    }
}

fn field_type(id: &GlobalNodeId, enumerations: &[EnumerationDescription]) -> FieldType {
    let number = match &id.identifier {
        ua::Identifier::Numeric(number) if id.is_standard() => u8::try_from(*number).ok(),
        _ => None,
    };
    match number {
        Some(number @ 1..=25) => FieldType::BuiltIn(number),
        _ if enumerations.iter().any(|known| known.data_type == *id) => FieldType::Enumeration(id.clone()),
        _ => FieldType::Structure(id.clone()),
    }
}

/// An id with its namespace by URI.
fn global(text: &str) -> Option<GlobalNodeId> {
    let id = expanded_node_id_from_str(text, &[]).ok()?;
    match id.namespace_uri.value() {
        Some(uri) => Some(GlobalNodeId::new(uri.as_str(), id.node_id.identifier)),
        None => GlobalNodeId::of(&id.node_id, &[]),
    }
}

fn some(id: &NodeId, namespaces: &[String]) -> Option<GlobalNodeId> {
    if id.is_null() { None } else { GlobalNodeId::of(id, namespaces) }
}

/// The name of a qualified name.
fn unqualified(text: &str) -> String {
    let behind = text.strip_prefix("nsu=").and_then(|rest| rest.split_once(';'));
    behind.map_or(text, |(_, name)| name).to_owned()
}
