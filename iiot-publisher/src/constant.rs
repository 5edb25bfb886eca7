//! Extension fields: the same value in each message.

use iiot_core::json::{self, EncodedDataValue, ValueType};
use iiot_core::session::EncodedValue;
use iiot_core::ua::{BinaryEncodable, ContextOwned, NodeId, StatusCode, Variant};

use crate::data_set::FieldMetaData;
use crate::field::Current;

/// An extension field.
#[derive(Debug)]
pub(crate) struct Constant {
    pub(crate) name: String,
    pub(crate) prefix: Box<[u8]>,
    pub(crate) value_type: ValueType,
    pub(crate) meta_data: FieldMetaData,
    /// The Variant in binary.
    value: Box<[u8]>,
}

impl Constant {
    /// `None` for a value without binary encoding, as an array in an array.
    pub(crate) fn new(name: &str, value: &Variant) -> Option<Self> {
        let mut bytes = Vec::new();
        value.encode(&mut bytes, &ContextOwned::default().context()).ok()?;
        let mut prefix = Vec::new();
        json::write_string(&mut prefix, name);
        prefix.push(b':');
        let value_type = value_type(value);
        let meta_data = FieldMetaData {
            built_in_type: value_type.built_in_type,
            data_type: NodeId::new(0, u32::from(value_type.built_in_type)),
            value_rank: value_type.value_rank,
            ..FieldMetaData::default()
        };
        Some(Self { name: name.into(), prefix: prefix.into(), value_type, meta_data, value: bytes.into() })
    }

    pub(crate) fn current(&self) -> Current<'_> {
        let value = EncodedDataValue {
            value: EncodedValue::from_checked(&self.value),
            status: StatusCode::Good,
            source_timestamp: None,
            server_timestamp: None,
        };
        (value, &[])
    }
}

fn value_type(value: &Variant) -> ValueType {
    match value {
        Variant::Array(array) => {
            let rank = array.dimensions.as_ref().map_or(1, Vec::len).max(1);
            ValueType { built_in_type: array.value_type as u8, value_rank: i32::try_from(rank).unwrap_or(1) }
        }
        scalar => scalar
            .scalar_type_id()
            .map_or(ValueType::ANY, |type_id| ValueType { built_in_type: type_id as u8, value_rank: -1 }),
    }
}
