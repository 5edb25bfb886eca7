//! StructureDescription and EnumDescription (OPC 10000-5 §12.32 and §12.33); what has its default value is left out.

use iiot_core::ua::types::{
    EnumerationDescription, FieldDescription, GlobalNodeId, Rank, StructureDescription, StructureKind,
};

use super::string_member;
use crate::data_types::{DataTypes, base_of, node_of};

/// Appends `"StructureDataTypes":[…],` and `"EnumDataTypes":[…],` where there are any.
pub(super) fn data_types(out: &mut Vec<u8>, types: &DataTypes<'_>) {
    list(out, r#""StructureDataTypes":["#, &types.structures, |out, known| structure(out, known));
    list(out, r#""EnumDataTypes":["#, &types.enumerations, |out, known| enumeration(out, known));
}

fn list<T>(out: &mut Vec<u8>, name: &str, all: &[T], write: impl Fn(&mut Vec<u8>, &T)) {
    if !all.is_empty() {
        out.extend_from_slice(name.as_bytes());
        separated(out, all, write);
        out.extend_from_slice(b"],");
    }
}

fn separated<T>(out: &mut Vec<u8>, all: &[T], write: impl Fn(&mut Vec<u8>, &T)) {
    for (position, one) in all.iter().enumerate() {
        if position > 0 {
            out.push(b',');
        }
        write(out, one);
    }
}

fn structure(out: &mut Vec<u8>, known: &StructureDescription) {
    named(out, &known.data_type, &known.name);
    out.extend_from_slice(br#","StructureDefinition":{"#);
    if let Some(encoding) = &known.binary_encoding {
        string_member(out, r#""DefaultEncodingId":"#, &encoding.to_string());
        out.push(b',');
    }
    string_member(out, r#""BaseDataType":"#, &base_of(known.kind).to_string());
    out.extend_from_slice(match known.kind {
        StructureKind::Plain => b"",
        StructureKind::OptionalFields => br#","StructureType":1"#,
        StructureKind::Union => br#","StructureType":2"#,
    });
    out.extend_from_slice(br#","Fields":["#);
    separated(out, &known.fields, field);
    out.extend_from_slice(b"]}}");
}

fn field(out: &mut Vec<u8>, field: &FieldDescription) {
    string_member(out, r#"{"Name":"#, &field.name);
    string_member(out, r#","DataType":"#, &node_of(&field.data_type).to_string());
    out.extend_from_slice(match field.rank {
        Rank::Scalar => br#","ValueRank":-1"#,
        Rank::Array => br#","ValueRank":1"#,
        // OneOrMoreDimensions, 0.
        Rank::Matrix => b"",
    });
    out.extend_from_slice(if field.optional { br#","IsOptional":true}"# } else { b"}" });
}

fn enumeration(out: &mut Vec<u8>, known: &EnumerationDescription) {
    named(out, &known.data_type, &known.name);
    out.extend_from_slice(br#","EnumDefinition":{"Fields":["#);
    separated(out, &known.values, |out, (value, name)| {
        out.push(b'{');
        if *value != 0 {
            // An Int64 is a string (OPC 10000-6 §5.4.2.3).
            string_member(out, r#""Value":"#, &value.to_string());
            out.push(b',');
        }
        string_member(out, r#""Name":"#, name);
        out.push(b'}');
    });
    out.extend_from_slice(format!(r#"]}},"BuiltInType":{}}}"#, known.built_in_type).as_bytes());
}

/// DataTypeDescription (§12.31): the node, and its BrowseName in the same namespace.
fn named(out: &mut Vec<u8>, id: &GlobalNodeId, name: &str) {
    let text = id.to_string();
    string_member(out, r#"{"DataTypeId":"#, &text);
    let namespace = text.split_once(';').filter(|_| !id.is_standard()).map(|(namespace, _)| format!("{namespace};"));
    string_member(out, r#","Name":"#, &format!("{}{name}", namespace.unwrap_or_default()));
}
