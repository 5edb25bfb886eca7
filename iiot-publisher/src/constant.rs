//! Fields with the same value in each message: extension fields, and where the others come from.

use iiot_core::json::{self, EncodedDataValue, ValueType};
use iiot_core::session::EncodedValue;
use iiot_core::ua::{BinaryEncodable, ContextOwned, NodeId, StatusCode, Variant};

use crate::data_set::FieldMetaData;
use crate::field::Current;
use crate::plan::WriterPlan;
use crate::profile::MessageProfile;

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

    /// Another value of the same type from now on.
    pub(crate) fn set(&mut self, text: &str) {
        let mut bytes = Vec::new();
        let encoded = Variant::from(text).encode(&mut bytes, &ContextOwned::default().context());
        encoded.expect("a text has a binary encoding");
        self.value = bytes.into();
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

/// The extension fields of a writer; with where its values come from, as far as that is known so far, where the profile
/// has that in each message. A field of the data set goes before one of these with the same name.
pub(crate) fn constants(plan: &WriterPlan, profile: MessageProfile) -> Vec<Constant> {
    let origin = [(ENDPOINT_URL, plan.connection.options.endpoint_url.as_str()), (APPLICATION_URI, "")];
    let origin = origin.into_iter().filter(|_| profile.is_full() && !profile.is_samples());
    let is_free = |name: &str| !plan.fields.iter().any(|field| field.name == name);
    let origin = origin.filter(|(name, _)| is_free(name) && !plan.extension_fields.iter().any(|(own, _)| own == name));
    let own = plan.extension_fields.iter().filter_map(|(name, value)| Constant::new(name, value));
    own.chain(origin.filter_map(|(name, value)| Constant::new(name, &Variant::from(value)))).collect()
}

/// Tells the constants what the server is called.
pub(crate) fn set_application_uri(constants: &mut [Constant], plan: &WriterPlan, uri: &str) {
    let is_own = plan.extension_fields.iter().any(|(own, _)| own == APPLICATION_URI);
    if let Some(constant) = constants.iter_mut().find(|constant| !is_own && constant.name == APPLICATION_URI) {
        constant.set(uri);
    }
}

/// A value as text, as samples have their extension fields.
pub(crate) fn as_text(value: &Variant) -> String {
    match value {
        Variant::String(text) => text.as_ref().to_owned(),
        other => other.to_string(),
    }
}

const ENDPOINT_URL: &str = "EndpointUrl";
const APPLICATION_URI: &str = "ApplicationUri";

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
