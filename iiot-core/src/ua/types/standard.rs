//! Structures of OPC UA itself that values often are (OPC 10000-3 §8, OPC 10000-5 §12, OPC
//! 10000-8 §5.6), for servers that describe their own types alone.

use crate::ua::types::{FieldDescription, FieldType, GlobalNodeId, Rank, StructureDescription, StructureKind};
use crate::ua::{DataTypeId, NodeId, ObjectId};

/// A structure: DataType, binary encoding, fields.
type Row = (DataTypeId, ObjectId, &'static [(&'static str, Type)]);

#[derive(Debug, Clone, Copy)]
enum Type {
    One(u8),
    Many(u8),
    Inner(DataTypeId),
}

use Type::{Inner, Many, One};

const BOOLEAN: Type = One(1);
const INT16: Type = One(4);
const INT32: Type = One(6);
const UINT32: Type = One(7);
const INT64: Type = One(8);
const FLOAT: Type = One(10);
const DOUBLE: Type = One(11);
const STRING: Type = One(12);
const DATE_TIME: Type = One(13);
const NODE_ID: Type = One(17);
const LOCALIZED_TEXT: Type = One(21);

const STRUCTURES: [Row; 11] = [
    (DataTypeId::Range, ObjectId::Range_Encoding_DefaultBinary, &[("Low", DOUBLE), ("High", DOUBLE)]),
    (
        DataTypeId::EUInformation,
        ObjectId::EUInformation_Encoding_DefaultBinary,
        &[
            ("NamespaceUri", STRING),
            ("UnitId", INT32),
            ("DisplayName", LOCALIZED_TEXT),
            ("Description", LOCALIZED_TEXT),
        ],
    ),
    (
        DataTypeId::Argument,
        ObjectId::Argument_Encoding_DefaultBinary,
        &[
            ("Name", STRING),
            ("DataType", NODE_ID),
            ("ValueRank", INT32),
            ("ArrayDimensions", Many(7)),
            ("Description", LOCALIZED_TEXT),
        ],
    ),
    (
        DataTypeId::EnumValueType,
        ObjectId::EnumValueType_Encoding_DefaultBinary,
        &[("Value", INT64), ("DisplayName", LOCALIZED_TEXT), ("Description", LOCALIZED_TEXT)],
    ),
    (
        DataTypeId::TimeZoneDataType,
        ObjectId::TimeZoneDataType_Encoding_DefaultBinary,
        &[("Offset", INT16), ("DaylightSavingInOffset", BOOLEAN)],
    ),
    (
        DataTypeId::AxisInformation,
        ObjectId::AxisInformation_Encoding_DefaultBinary,
        &[
            ("EngineeringUnits", Inner(DataTypeId::EUInformation)),
            ("EURange", Inner(DataTypeId::Range)),
            ("Title", LOCALIZED_TEXT),
            ("AxisScaleType", INT32),
            ("AxisSteps", Many(11)),
        ],
    ),
    (DataTypeId::XVType, ObjectId::XVType_Encoding_DefaultBinary, &[("X", DOUBLE), ("Value", FLOAT)]),
    (
        DataTypeId::ComplexNumberType,
        ObjectId::ComplexNumberType_Encoding_DefaultBinary,
        &[("Real", FLOAT), ("Imaginary", FLOAT)],
    ),
    (
        DataTypeId::DoubleComplexNumberType,
        ObjectId::DoubleComplexNumberType_Encoding_DefaultBinary,
        &[("Real", DOUBLE), ("Imaginary", DOUBLE)],
    ),
    (
        DataTypeId::BuildInfo,
        ObjectId::BuildInfo_Encoding_DefaultBinary,
        &[
            ("ProductUri", STRING),
            ("ManufacturerName", STRING),
            ("ProductName", STRING),
            ("SoftwareVersion", STRING),
            ("BuildNumber", STRING),
            ("BuildDate", DATE_TIME),
        ],
    ),
    (
        DataTypeId::ServerStatusDataType,
        ObjectId::ServerStatusDataType_Encoding_DefaultBinary,
        &[
            ("StartTime", DATE_TIME),
            ("CurrentTime", DATE_TIME),
            ("State", INT32),
            ("BuildInfo", Inner(DataTypeId::BuildInfo)),
            ("SecondsTillShutdown", UINT32),
            ("ShutdownReason", LOCALIZED_TEXT),
        ],
    ),
];

/// The description of a standard structure, by its DataType or encoding, behind those that it is
/// made of; nothing for one that is not here.
pub(super) fn describe(id: &GlobalNodeId) -> Vec<StructureDescription> {
    let row = STRUCTURES.iter().find(|(data_type, ..)| global(&(*data_type).into()) == *id);
    row.map_or_else(Vec::new, description)
}

fn description((data_type, encoding, fields): &Row) -> Vec<StructureDescription> {
    let inner = |(_, kind): &(&str, Type)| match kind {
        Inner(id) => describe(&global(&(*id).into())),
        One(_) | Many(_) => Vec::new(),
    };
    let mut all: Vec<_> = fields.iter().flat_map(inner).collect();
    all.push(StructureDescription {
        name: format!("{data_type:?}"),
        data_type: global(&(*data_type).into()),
        binary_encoding: Some(global(&(*encoding).into())),
        kind: StructureKind::Plain,
        fields: fields.iter().map(field).collect(),
    });
    all
}

fn field((name, kind): &(&str, Type)) -> FieldDescription {
    let (data_type, rank) = match kind {
        One(number) => (FieldType::BuiltIn(*number), Rank::Scalar),
        Many(number) => (FieldType::BuiltIn(*number), Rank::Array),
        Inner(id) => (FieldType::Structure(global(&(*id).into())), Rank::Scalar),
    };
    FieldDescription { name: (*name).to_owned(), data_type, rank, optional: false }
}

fn global(node: &NodeId) -> GlobalNodeId {
    GlobalNodeId::of(node, &[]).expect("namespace 0 needs no table")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{self, Format};
    use crate::ua::types::TypeSet;
    use crate::ua::{EUInformation, ExtensionObject, LocalizedText, Range, Variant};

    fn text(value: ExtensionObject) -> String {
        let types = STRUCTURES.iter().flat_map(|row| describe(&global(&row.0.into())));
        let mut types: Vec<_> = types.collect();
        types.sort_by(|a, b| a.name.cmp(&b.name));
        types.dedup();
        assert_eq!(types.len(), STRUCTURES.len());
        let types = TypeSet::of(types, []);
        assert_eq!(types.refused().count(), 0);
        let format = Format { types: Some(&types), ..Format::default() };
        json::variant_to_string(&Variant::from(value), &format).expect("it has an encoding")
    }

    #[test]
    fn descriptions_fit_what_the_types_crate_encodes() {
        let range = text(ExtensionObject::from_message(Range { low: -1.5, high: 2.0 }));
        assert_eq!(range, r#"{"UaType":22,"Value":{"UaTypeId":"i=884","Low":-1.5,"High":2.0}}"#);
        let unit = text(ExtensionObject::from_message(EUInformation {
            namespace_uri: "urn:u".into(),
            unit_id: 7,
            display_name: LocalizedText::new("en", "°C"),
            description: LocalizedText::null(),
        }));
        let expected =
            r#"{"UaTypeId":"i=887","NamespaceUri":"urn:u","UnitId":7,"DisplayName":{"Locale":"en","Text":"°C"}}"#;
        assert_eq!(unit, format!(r#"{{"UaType":22,"Value":{expected}}}"#));
    }
}
