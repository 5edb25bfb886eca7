//! Metadata as discovery announcement (OPC 10000-14 §7.2.4.6.7).

use iiot_core::Result;
use iiot_core::json::{ValueType, node_id_to_string};
use iiot_core::ua::{DataSetMetaDataType, FieldMetaData, UAString, read_binary};
use uuid::Uuid;

use super::wire::Wire;
use super::{DataSetMetaData, FieldDescription, data_types, malformed};

impl DataSetMetaData {
    /// Reads what follows the header.
    pub(super) fn from_announcement(wire: &mut Wire<'_>, publisher_id: Option<String>) -> Result<Self> {
        const DATA_SET_META_DATA: u8 = 2;
        if wire.u8()? != DATA_SET_META_DATA {
            return Err(malformed("it announces something else than metadata"));
        }
        wire.u16()?;
        let writer_id = wire.u16()?;
        let told: DataSetMetaDataType = read_binary(&mut wire.0)?;
        wire.u32()?;
        if !wire.0.is_empty() {
            return Err(malformed("there are bytes behind the metadata"));
        }
        let namespaces: Vec<String> = told.namespaces.unwrap_or_default().iter().map(plain).collect();
        let table: Vec<String> = std::iter::once(String::new()).chain(namespaces.iter().cloned()).collect();
        let (structures, enumerations) = data_types::of_binary(told.structure_data_types, told.enum_data_types, &table);
        Ok(Self {
            publisher_id,
            writer_group: None,
            writer_id: Some(writer_id),
            writer: None,
            name: plain(&told.name),
            description: plain(&told.description.text),
            fields: told.fields.unwrap_or_default().iter().map(|field| described(field, &table)).collect(),
            structures,
            enumerations,
            namespaces,
            data_set_class_id: id(told.data_set_class_id.to_bytes()),
            version: (told.configuration_version.major_version, told.configuration_version.minor_version),
        })
    }
}

fn described(field: &FieldMetaData, namespaces: &[String]) -> FieldDescription {
    FieldDescription {
        name: plain(&field.name),
        description: plain(&field.description.text),
        value_type: ValueType { built_in_type: field.built_in_type, value_rank: field.value_rank },
        data_type: node_id_to_string(&field.data_type, namespaces),
        array_dimensions: field.array_dimensions.clone().unwrap_or_default(),
        field_id: id(field.data_set_field_id.to_bytes()),
    }
}

pub(super) fn plain(text: &UAString) -> String {
    text.as_ref().to_owned()
}

fn id(bytes: [u8; 16]) -> Option<Uuid> {
    Some(Uuid::from_bytes_le(bytes)).filter(|id| !id.is_nil())
}
