//! Metadata messages (OPC 10000-14 §7.2.5.5.2) with a DataSetMetaDataType (§6.2.3.2.3).

use iiot_core::json;
use iiot_core::time::UtcTime;
use uuid::Uuid;

use super::data_types::data_types;
use super::{NetworkHeader, string_member};
use crate::data_set::FieldMetaData;
use crate::data_types::DataTypes;
use crate::encode::{MetaDataVersion, hash};
use crate::plan::WriterPlan;

/// What a metadata message tells.
#[derive(Debug)]
pub(crate) struct MetaData<'a> {
    pub(crate) plan: &'a WriterPlan,
    pub(crate) group_name: &'a str,
    /// Names and types, extension fields behind the others.
    pub(crate) fields: &'a [(&'a str, &'a FieldMetaData)],
    /// The table that the DataTypes refer to.
    pub(crate) namespaces: &'a [String],
    /// What the DataTypes are.
    pub(crate) data_types: DataTypes<'a>,
    pub(crate) version: MetaDataVersion,
}

impl MetaData<'_> {
    /// Writes the whole NetworkMessage.
    pub(crate) fn write(&self, out: &mut Vec<u8>, header: &NetworkHeader, number: u64, utc: UtcTime) {
        header.message_id(out, number, 0);
        string_member(out, r#","MessageType":"ua-metadata","PublisherId":"#, header.publisher_id());
        out.extend_from_slice(format!(r#","DataSetWriterId":{}"#, self.plan.id).as_bytes());
        out.extend_from_slice(header.group());
        string_member(out, r#","DataSetWriterName":"#, &self.plan.name);
        out.extend_from_slice(format!(r#","Timestamp":"{utc}","MetaData":{{"#).as_bytes());
        self.body(out, header);
        out.extend_from_slice(b"}}");
    }

    fn body(&self, out: &mut Vec<u8>, header: &NetworkHeader) {
        data_types(out, &self.data_types);
        string_member(out, r#""Name":"#, &self.plan.data_set_name);
        localized_text(out, r#","Description":"#, &self.plan.data_set_description);
        out.extend_from_slice(br#","Fields":["#);
        for (index, (name, types)) in self.fields.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            self.field(out, name, types, self.field_id(header.publisher_id(), index));
        }
        out.push(b']');
        if let Some(class_id) = self.plan.data_set_class_id {
            out.extend_from_slice(format!(r#","DataSetClassId":"{class_id}""#).as_bytes());
        }
        let MetaDataVersion { major, minor } = self.version;
        let version = format!(r#","ConfigurationVersion":{{"MajorVersion":{major},"MinorVersion":{minor}}}"#);
        out.extend_from_slice(version.as_bytes());
    }

    /// The DataSetFieldId of a field: that of the configuration, or a made one.
    pub(in crate::encode) fn field_id(&self, publisher_id: &str, index: usize) -> Uuid {
        if let Some(id) = self.plan.fields.get(index).and_then(|field| field.class_field_id) {
            return id;
        }
        let (field, _) = self.fields[index];
        field_id(&[publisher_id, self.group_name, &self.plan.name, field])
    }

    /// FieldMetaData (§6.2.3.2.4); what has its default value is left out.
    fn field(&self, out: &mut Vec<u8>, name: &str, types: &FieldMetaData, id: Uuid) {
        string_member(out, r#"{"Name":"#, name);
        localized_text(out, r#","Description":"#, &types.description);
        out.extend_from_slice(format!(r#","BuiltInType":{}"#, types.built_in_type).as_bytes());
        let data_type = json::node_id_to_string(&types.data_type, self.namespaces);
        string_member(out, r#","DataType":"#, &data_type);
        if types.value_rank != 0 {
            out.extend_from_slice(format!(r#","ValueRank":{}"#, types.value_rank).as_bytes());
        }
        if !types.array_dimensions.is_empty() {
            out.extend_from_slice(br#","ArrayDimensions":"#);
            out.extend_from_slice(format!("{:?}", types.array_dimensions).replace(' ', "").as_bytes());
        }
        out.extend_from_slice(format!(r#","DataSetFieldId":"{id}"}}"#).as_bytes());
    }
}

fn localized_text(out: &mut Vec<u8>, name: &str, text: &str) {
    if !text.is_empty() {
        string_member(out, &format!(r#"{name}{{"Text":"#), text);
        out.push(b'}');
    }
}

/// The id of a field: the same whenever publisher, group, writer and name are.
fn field_id(scope: &[&str]) -> Uuid {
    let hash = hash(scope.iter().flat_map(|part| part.bytes().chain([0xff])));
    uuid::Builder::from_custom_bytes(hash.to_be_bytes()).into_uuid()
}
