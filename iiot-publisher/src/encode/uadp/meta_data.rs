//! Metadata as discovery announcement (OPC 10000-14 §7.2.4.6.7).

use iiot_core::ua::{
    BinaryEncodable, ConfigurationVersionDataType, ContextOwned, DataSetMetaDataType, FieldMetaData, Guid,
    LocalizedText, UAString,
};

use super::{NetworkHeader, data_types};
use crate::encode::MetaData;

impl NetworkHeader {
    /// Writes the whole NetworkMessage.
    pub(in crate::encode) fn write_meta_data(&self, out: &mut Vec<u8>, meta_data: &MetaData<'_>, number: u64) {
        self.announcement(out, DATA_SET_META_DATA, number);
        out.extend_from_slice(&meta_data.plan.id.to_le_bytes());
        let encoded = described(meta_data, self.publisher_id()).encode(out, &ContextOwned::default().context());
        encoded.expect("strings and numbers have a binary encoding");
        out.extend_from_slice(&0_u32.to_le_bytes());
    }
}

const DATA_SET_META_DATA: u8 = 2;

/// DataSetMetaDataType (§6.2.3.2.3).
fn described(meta_data: &MetaData<'_>, publisher_id: &str) -> DataSetMetaDataType {
    let fields = meta_data.fields.iter().enumerate().map(|(index, (name, types))| FieldMetaData {
        name: (*name).into(),
        description: text(&types.description),
        built_in_type: types.built_in_type,
        data_type: types.data_type.clone(),
        value_rank: types.value_rank,
        array_dimensions: Some(types.array_dimensions.clone()).filter(|lengths| !lengths.is_empty()),
        data_set_field_id: guid(meta_data.field_id(publisher_id, index)),
        ..FieldMetaData::default()
    });
    // Index 0 is not in the table: it is always that of OPC UA (OPC 10000-5 §12.31).
    let namespaces = meta_data.namespaces.iter().skip(1).map(|uri| uri.as_str().into()).collect();
    let types = &meta_data.data_types;
    let structures = types.structures.iter().map(|known| data_types::structure(known, meta_data.namespaces));
    let enumerations = types.enumerations.iter().map(|known| data_types::enumeration(known, meta_data.namespaces));
    DataSetMetaDataType {
        namespaces: Some(namespaces),
        structure_data_types: Some(structures.collect::<Vec<_>>()).filter(|known| !known.is_empty()),
        enum_data_types: Some(enumerations.collect::<Vec<_>>()).filter(|known| !known.is_empty()),
        name: meta_data.plan.data_set_name.as_str().into(),
        description: text(&meta_data.plan.data_set_description),
        fields: Some(fields.collect()),
        data_set_class_id: meta_data.plan.data_set_class_id.map(guid).unwrap_or_default(),
        configuration_version: ConfigurationVersionDataType {
            major_version: meta_data.version.major,
            minor_version: meta_data.version.minor,
        },
        ..DataSetMetaDataType::default()
    }
}

fn text(text: &str) -> LocalizedText {
    if text.is_empty() { LocalizedText::null() } else { LocalizedText { locale: UAString::null(), text: text.into() } }
}

fn guid(id: uuid::Uuid) -> Guid {
    Guid::from_bytes(id.to_bytes_le())
}
