//! Versions of metadata that outlast the process: without them each start would be a new version to
//! every subscriber, though nothing has changed.

use serde::{Deserialize, Serialize};

use crate::data_set::FieldMetaData;
use crate::data_types::DataTypes;
use crate::plan::WriterPlan;

/// The version under which the metadata of a writer was last sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownMetaData {
    /// DataSetWriterName.
    pub writer: String,
    /// What was sent, as a hash.
    pub fingerprint: u64,
    /// ConfigurationVersion.MajorVersion.
    pub major_version: u32,
    /// ConfigurationVersion.MinorVersion.
    pub minor_version: u32,
}

/// A hash of everything that metadata tells but its version (FNV-1a, 64 bits).
pub(crate) fn fingerprint(
    plan: &WriterPlan,
    fields: &[(&str, &FieldMetaData)],
    namespaces: &[String],
    types: &DataTypes<'_>,
) -> u64 {
    let mut text =
        format!("{:?}", (&plan.data_set_name, &plan.data_set_description, plan.data_set_class_id, namespaces));
    let class_ids = plan.fields.iter().map(|field| field.class_field_id).chain(std::iter::repeat(None));
    for ((name, field), class_id) in fields.iter().zip(class_ids) {
        let FieldMetaData { built_in_type, data_type, value_rank, array_dimensions, description } = field;
        text += &format!("{:?}", (name, built_in_type, value_rank, array_dimensions, description));
        text += &data_type.to_string();
        text.extend(class_id.map(|id| id.to_string()));
    }
    if !types.structures.is_empty() || !types.enumerations.is_empty() {
        text += &format!("{types:?}");
    }
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    text.bytes().fold(0xcbf2_9ce4_8422_2325, step)
}
