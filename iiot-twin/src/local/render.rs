//! Values of a server as JSON.

use iiot_core::json::{self, Encoding, Format};
use iiot_core::session::EncodedValue;
use iiot_core::time::UtcTime;
use iiot_core::ua::types::TypeSet;
use iiot_core::ua::{self, BinaryEncodable, ContextOwned, StatusCode, Variant};
use iiot_core::{Error, ErrorKind, Result};
use serde_json::Value;

use super::visit::Visit;
use crate::read::DataValue;
use crate::{Status, ValueEncoding};

impl Visit {
    /// Writes values, after asking the server for types that they need and that are not known yet.
    pub(super) async fn render(
        &self,
        values: &[Variant],
        encoding: ValueEncoding,
    ) -> Result<Vec<Result<Value, Status>>> {
        let library = self.lease.types().await?;
        let types = library.types();
        let written = self.render_with(values, encoding, &types);
        if !library.has_missing() {
            return Ok(written);
        }
        // What the server does not describe in time stays opaque, and is asked for again the next time.
        match library.load_missing(&self.session).await {
            Ok(()) => Ok(self.render_with(values, encoding, &library.types())),
            Err(_) => Ok(written),
        }
    }

    fn render_with(&self, values: &[Variant], encoding: ValueEncoding, types: &TypeSet) -> Vec<Result<Value, Status>> {
        let write = |value| self.write_one(value, encoding, types).map_err(|error| Status::from(&error));
        values.iter().map(write).collect()
    }

    fn write_one(&self, value: &Variant, encoding: ValueEncoding, types: &TypeSet) -> Result<Value> {
        let format = |encoding| Format { types: Some(types), ..Format::new(encoding, &self.namespaces) };
        let text = match encoding {
            ValueEncoding::Compact => json::variant_to_string(value, &format(Encoding::Compact))?,
            ValueEncoding::Verbose => json::variant_to_string(value, &format(Encoding::Verbose))?,
            ValueEncoding::Raw => raw(value, &format(Encoding::Compact))?,
        };
        let unreadable = |cause| Error::new(ErrorKind::Internal, "write a value", "it is no JSON").because(cause);
        serde_json::from_str(&text).map_err(unreadable)
    }

    /// Writes values with their statuses and times.
    pub(super) async fn render_data(
        &self,
        values: Vec<ua::DataValue>,
        encoding: ValueEncoding,
    ) -> Result<Vec<DataValue>> {
        let bare: Vec<Variant> = values.iter().map(|value| value.value.clone().unwrap_or(Variant::Empty)).collect();
        let written = self.render(&bare, encoding).await?;
        Ok(values.iter().zip(written).map(|(value, written)| data_value(value, written)).collect())
    }
}

fn raw(value: &Variant, format: &Format<'_>) -> Result<String> {
    let context = ContextOwned::default();
    let (bytes, mut out) = (value.encode_to_vec(&context.context()), Vec::new());
    json::write_raw(&mut out, EncodedValue::from_checked(&bytes), format)?;
    String::from_utf8(out).map_err(|cause| Error::new(ErrorKind::Internal, "write a value", "not UTF-8").because(cause))
}

fn data_value(value: &ua::DataValue, written: Result<Value, Status>) -> DataValue {
    let time = |time: Option<ua::DateTime>| time.and_then(|time| UtcTime::from_wire(time.ticks()));
    let status = value.status.unwrap_or(StatusCode::Good).into();
    let (status, value_written) = match written {
        Ok(written) => (status, written),
        Err(unwritable) => (unwritable, Value::Null),
    };
    DataValue {
        status,
        value: value_written,
        source_timestamp: time(value.source_timestamp),
        server_timestamp: time(value.server_timestamp),
        age_ms: None,
    }
}

impl From<Status> for DataValue {
    fn from(status: Status) -> Self {
        Self { status, ..Self::default() }
    }
}
