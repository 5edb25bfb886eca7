//! StructureDescription and EnumDescription (OPC 10000-5 §12.32 and §12.33).

use iiot_core::ua;
use iiot_core::ua::types::{EnumerationDescription, GlobalNodeId, Rank, StructureDescription, StructureKind};
use iiot_core::ua::{
    EnumDefinition, EnumDescription, EnumField, NodeId, QualifiedName, StructureDefinition, StructureField,
    StructureType,
};

use crate::data_types::{base_of, node_of};

/// Node ids refer to the table, as all else in the metadata.
pub(super) fn structure(known: &StructureDescription, namespaces: &[String]) -> ua::StructureDescription {
    let field = |field: &ua::types::FieldDescription| StructureField {
        name: field.name.as_str().into(),
        data_type: node(&node_of(&field.data_type), namespaces),
        value_rank: match field.rank {
            Rank::Scalar => -1,
            Rank::Array => 1,
            Rank::Matrix => 0,
        },
        is_optional: field.optional,
        ..StructureField::default()
    };
    ua::StructureDescription {
        data_type_id: node(&known.data_type, namespaces),
        name: named(&known.data_type, &known.name, namespaces),
        structure_definition: StructureDefinition {
            default_encoding_id: known.binary_encoding.as_ref().map(|id| node(id, namespaces)).unwrap_or_default(),
            base_data_type: node(&base_of(known.kind), namespaces),
            structure_type: match known.kind {
                StructureKind::Plain => StructureType::Structure,
                StructureKind::OptionalFields => StructureType::StructureWithOptionalFields,
                StructureKind::Union => StructureType::Union,
            },
            fields: Some(known.fields.iter().map(field).collect()),
        },
    }
}

pub(super) fn enumeration(known: &EnumerationDescription, namespaces: &[String]) -> EnumDescription {
    let field =
        |(value, name): &(i64, String)| EnumField { value: *value, name: name.as_str().into(), ..EnumField::default() };
    EnumDescription {
        data_type_id: node(&known.data_type, namespaces),
        name: named(&known.data_type, &known.name, namespaces),
        enum_definition: EnumDefinition { fields: Some(known.values.iter().map(field).collect()) },
        built_in_type: known.built_in_type,
    }
}

fn node(id: &GlobalNodeId, namespaces: &[String]) -> NodeId {
    id.in_table(namespaces).unwrap_or_default()
}

fn named(id: &GlobalNodeId, name: &str, namespaces: &[String]) -> QualifiedName {
    QualifiedName::new(node(id, namespaces).namespace, name)
}
