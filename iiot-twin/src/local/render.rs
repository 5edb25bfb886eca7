//! Values of a server as JSON.

use iiot_core::json::{self, Encoding, Format};
use iiot_core::session::EncodedValue;
use iiot_core::time::UtcTime;
use iiot_core::ua::types::TypeSet;
use iiot_core::ua::{self, StatusCode, Variant};
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
        let write = |value, types: &_| self.parsed(value, encoding, types).map_err(|error| Status::from(&error));
        self.with_types(|types| values.iter().map(|value| write(value, types)).collect()).await
    }

    /// Does what needs types; once more where some were missing and the server describes them. What it does not describe in
    /// time stays opaque, and is asked for again the next time.
    pub(super) async fn with_types<T>(&self, mut work: impl FnMut(&TypeSet) -> T) -> Result<T> {
        let library = self.lease.types().await?;
        let done = work(&library.types());
        if !library.has_missing() {
            return Ok(done);
        }
        match library.load_missing(&self.session).await {
            Ok(()) => Ok(work(&library.types())),
            Err(_) => Ok(done),
        }
    }

    /// Appends a value; nothing where it cannot be written.
    pub(super) fn write(
        &self,
        out: &mut Vec<u8>,
        value: EncodedValue<'_>,
        encoding: ValueEncoding,
        types: &TypeSet,
    ) -> Result<()> {
        let format = |encoding| Format { types: Some(types), ..Format::new(encoding, &self.namespaces) };
        match encoding {
            ValueEncoding::Compact => json::write_variant(out, value, &format(Encoding::Compact)),
            ValueEncoding::Verbose => json::write_variant(out, value, &format(Encoding::Verbose)),
            ValueEncoding::Raw => json::write_raw(out, value, &format(Encoding::Compact)),
        }
    }

    fn parsed(&self, value: &Variant, encoding: ValueEncoding, types: &TypeSet) -> Result<Value> {
        let mut text = Vec::new();
        self.write(&mut text, EncodedValue::from_checked(&json::to_binary(value)?), encoding, types)?;
        let unreadable = |cause| Error::new(ErrorKind::Internal, "write a value", "it is no JSON").because(cause);
        serde_json::from_slice(&text).map_err(unreadable)
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
