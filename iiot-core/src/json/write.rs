//! The one writer: from the binary encoding straight to JSON text (OPC 10000-6 §5.4.2).

use crate::json::binary::{Bytes, Malformed, Read};
use crate::json::node_id::{NodeIdBytes, write_qualified_name};
use crate::json::{EncodedDataValue, Encoding, Format, MAX_DEPTH, text};
use crate::time::UtcTime;
use crate::ua::{StatusCode, SubStatusCode};

mod structure;

/// The name of a member as it stands between two: with comma, quotes and colon.
macro_rules! name {
    ($name:literal) => {
        concat!(",\"", $name, "\":")
    };
}

/// Whether something was written, or the `null` that stands for no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Written {
    Value,
    Null,
}

/// Writes a Variant given in its binary encoding; no bytes are no value.
pub(super) fn variant(out: &mut Vec<u8>, bytes: &[u8], format: &Format<'_>) -> Read<()> {
    whole(out, bytes, format, |writer| {
        if bytes.is_empty() {
            writer.out.extend_from_slice(b"null");
            return Ok(());
        }
        writer.variant().map(|_| ())
    })
}

/// Writes a DataValue given in its binary encoding.
pub(super) fn encoded_data_value(out: &mut Vec<u8>, bytes: &[u8], format: &Format<'_>) -> Read<()> {
    whole(out, bytes, format, |writer| writer.data_value().map(|_| ()))
}

/// Writes a DataValue of which only the Variant is in its binary encoding.
pub(super) fn data_value(out: &mut Vec<u8>, data: &EncodedDataValue<'_>, format: &Format<'_>) -> Read<()> {
    let bytes = data.value.bytes();
    whole(out, bytes, format, |writer| {
        let mut object = writer.open();
        if !bytes.is_empty() {
            writer.variant_members(&mut object)?;
        }
        writer.status_member(&mut object, name!("Status"), data.status);
        writer.time_member(&mut object, name!("SourceTimestamp"), data.source_timestamp);
        writer.time_member(&mut object, name!("ServerTimestamp"), data.server_timestamp);
        writer.close();
        Ok(())
    })
}

/// Runs `write` over all of `bytes`; leaves `out` as it was if they are malformed.
fn whole(
    out: &mut Vec<u8>,
    bytes: &[u8],
    format: &Format<'_>,
    write: impl FnOnce(&mut Writer<'_, '_>) -> Read<()>,
) -> Read<()> {
    let start = out.len();
    let fields_left = structure::most_fields(bytes.len());
    let text_end = start.saturating_add(structure::MAX_TEXT);
    let mut writer = Writer { input: Bytes::new(bytes), out, format, depth: 0, fields_left, text_end };
    let result = write(&mut writer).and_then(|()| writer.input.end());
    if result.is_err() {
        out.truncate(start);
    }
    result
}

struct Writer<'a, 'o> {
    input: Bytes<'a>,
    out: &'o mut Vec<u8>,
    format: &'o Format<'o>,
    depth: usize,
    /// What structures may still write.
    fields_left: usize,
    text_end: usize,
}

/// An object that is being written; knows whether its next member needs a comma.
struct Object {
    empty: bool,
}

impl<'a> Writer<'a, '_> {
    fn open(&mut self) -> Object {
        self.out.push(b'{');
        Object { empty: true }
    }

    fn close(&mut self) {
        self.out.push(b'}');
    }

    /// Writes the name of a member, made by [`name!`]; the first has no comma.
    fn member(&mut self, object: &mut Object, name: &'static str) {
        self.out.extend_from_slice(&name.as_bytes()[usize::from(object.empty)..]);
        object.empty = false;
    }

    fn null(&mut self) -> Written {
        self.out.extend_from_slice(b"null");
        Written::Null
    }

    fn verbose(&self) -> bool {
        self.format.encoding == Encoding::Verbose
    }

    /// Runs `write` one level deeper.
    fn nested(&mut self, write: impl FnOnce(&mut Self) -> Read<Written>) -> Read<Written> {
        if self.depth == MAX_DEPTH {
            return Err(Malformed("values are nested too deeply"));
        }
        self.depth += 1;
        let written = write(self);
        self.depth -= 1;
        written
    }

    /// Variant (§5.4.2.17).
    fn variant(&mut self) -> Read<Written> {
        let mut object = self.open();
        self.variant_members(&mut object)?;
        if object.empty {
            self.out.pop();
            return Ok(self.null());
        }
        self.close();
        Ok(Written::Value)
    }

    /// The members of a Variant, which a DataValue has as well.
    fn variant_members(&mut self, object: &mut Object) -> Read<()> {
        let mask = self.input.u8()?;
        let built_in_type = mask & 0x3f;
        if mask == 0 {
            return Ok(());
        }
        self.member(object, name!("UaType"));
        text::integer(self.out, built_in_type);
        match mask & 0xc0 {
            0 => self.scalar_member(object, built_in_type),
            0x40 => Err(Malformed("a scalar has dimensions")),
            flags => self.array_members(object, built_in_type, flags & 0x40 != 0),
        }
    }

    /// `Value` of a scalar, left out where it is null and the encoding compact.
    fn scalar_member(&mut self, object: &mut Object, built_in_type: u8) -> Read<()> {
        let start = self.out.len();
        self.member(object, name!("Value"));
        if self.value(built_in_type)? == Written::Null && !self.verbose() {
            self.out.truncate(start);
        }
        Ok(())
    }

    /// `Value` and `Dimensions` of an array (§5.4.5, §5.2.2.16).
    fn array_members(&mut self, object: &mut Object, built_in_type: u8, has_dimensions: bool) -> Read<()> {
        self.member(object, name!("Value"));
        let count = self.input.array_length(1)?;
        match count {
            None => {
                self.null();
            }
            Some(count) => self.elements(count, |writer| writer.value(built_in_type).map(|_| ()))?,
        }
        if has_dimensions { self.dimensions(object, count.unwrap_or(0)) } else { Ok(()) }
    }

    fn elements(&mut self, count: usize, mut element: impl FnMut(&mut Self) -> Read<()>) -> Read<()> {
        self.out.push(b'[');
        for index in 0..count {
            if index > 0 {
                self.out.push(b',');
            }
            element(self)?;
        }
        self.out.push(b']');
        Ok(())
    }

    /// Dimensions must make up the number of elements; one alone says nothing new.
    fn dimensions(&mut self, object: &mut Object, elements: usize) -> Read<()> {
        let count = self.input.array_length(4)?.unwrap_or(0);
        let mut product = if count == 0 { elements as u64 } else { 1 };
        let start = self.out.len();
        self.member(object, name!("Dimensions"));
        self.elements(count, |writer| {
            let length = u32::try_from(writer.input.i32()?).map_err(|_| Malformed("a dimension is negative"))?;
            product = product.saturating_mul(length.into());
            text::integer(writer.out, length);
            Ok(())
        })?;
        if count < 2 {
            self.out.truncate(start);
        }
        if product == elements as u64 { Ok(()) } else { Err(Malformed("dimensions do not fit the array")) }
    }

    /// A value of a built-in type (OPC 10000-6 Table 1), or `null`.
    fn value(&mut self, built_in_type: u8) -> Read<Written> {
        match built_in_type {
            1 => {
                let text: &[u8] = if self.input.u8()? == 0 { b"false" } else { b"true" };
                self.out.extend_from_slice(text);
            }
            2 => text::integer(self.out, i8::from_le_bytes(self.input.array()?)),
            3 => text::integer(self.out, self.input.u8()?),
            4 => text::integer(self.out, i16::from_le_bytes(self.input.array()?)),
            5 => text::integer(self.out, self.input.u16()?),
            6 => text::integer(self.out, self.input.i32()?),
            7 => text::integer(self.out, self.input.u32()?),
            8 => {
                let value = self.input.i64()?;
                self.quoted_integer(value);
            }
            9 => {
                let value = u64::from_le_bytes(self.input.array()?);
                self.quoted_integer(value);
            }
            10 => text::float(self.out, f32::from_le_bytes(self.input.array()?)),
            11 => text::float(self.out, f64::from_le_bytes(self.input.array()?)),
            _ => return self.nullable_value(built_in_type),
        }
        Ok(Written::Value)
    }

    fn nullable_value(&mut self, built_in_type: u8) -> Read<Written> {
        match built_in_type {
            12 | 16 => self.string(),
            13 => self.date_time(),
            14 => self.guid(),
            15 => self.byte_string(),
            17 => self.node_id(false),
            18 => self.node_id(true),
            19 => self.status_code(),
            20 => self.qualified_name(),
            21 => self.localized_text(),
            22 => self.extension_object(),
            23 => self.nested(Self::data_value),
            24 => self.nested(Self::variant),
            25 => self.nested(Self::diagnostic_info),
            _ => Err(Malformed("a value of an unknown built-in type")),
        }
    }

    /// 64-bit integers are strings, since many readers know doubles alone (§5.4.2.3).
    fn quoted_integer(&mut self, value: impl itoa::Integer) {
        self.out.push(b'"');
        text::integer(self.out, value);
        self.out.push(b'"');
    }

    fn string(&mut self) -> Read<Written> {
        let Some(string) = self.input.string()? else { return Ok(self.null()) };
        text::write_string(self.out, string);
        Ok(Written::Value)
    }

    fn date_time(&mut self) -> Read<Written> {
        let Some(time) = UtcTime::from_wire(self.input.i64()?) else { return Ok(self.null()) };
        text::time(self.out, time);
        Ok(Written::Value)
    }

    fn guid(&mut self) -> Read<Written> {
        let bytes = self.input.array()?;
        if bytes == [0; 16] {
            return Ok(self.null());
        }
        self.out.push(b'"');
        text::guid(self.out, &bytes);
        self.out.push(b'"');
        Ok(Written::Value)
    }

    fn byte_string(&mut self) -> Read<Written> {
        let Some(bytes) = self.input.byte_string()? else { return Ok(self.null()) };
        self.base64(bytes);
        Ok(Written::Value)
    }

    fn base64(&mut self, bytes: &[u8]) {
        self.out.push(b'"');
        text::base64(self.out, bytes);
        self.out.push(b'"');
    }

    fn node_id(&mut self, expanded: bool) -> Read<Written> {
        let id = NodeIdBytes::read(&mut self.input, expanded)?;
        Ok(if id.is_null() { self.null() } else { self.write_node_id(&id) })
    }

    fn write_node_id(&mut self, id: &NodeIdBytes<'_>) -> Written {
        let start = self.out.len();
        id.write(self.out, self.format.namespaces, self.format.servers);
        text::quote_from(self.out, start);
        Written::Value
    }

    /// StatusCode (§5.4.2.12): an object, empty where it is Good.
    fn status_code(&mut self) -> Read<Written> {
        let status = self.input.u32()?;
        self.write_status(status);
        Ok(Written::Value)
    }

    fn write_status(&mut self, status: u32) {
        let mut object = self.open();
        if status != 0 {
            self.member(&mut object, name!("Code"));
            text::integer(self.out, status);
            if let Some(symbol) = symbol(status).filter(|_| self.verbose()) {
                self.member(&mut object, name!("Symbol"));
                text::write_string(self.out, symbol);
            }
        }
        self.close();
    }

    fn qualified_name(&mut self) -> Read<Written> {
        let namespace = self.input.u16()?;
        let Some(name) = self.input.string()? else { return Ok(self.null()) };
        let start = self.out.len();
        write_qualified_name(self.out, namespace, name, self.format.namespaces);
        text::quote_from(self.out, start);
        Ok(Written::Value)
    }

    fn localized_text(&mut self) -> Read<Written> {
        let mask = self.input.u8()?;
        if mask & 0x03 == 0 {
            return Ok(self.null());
        }
        let mut object = self.open();
        for (bit, name) in [(0x01, name!("Locale")), (0x02, name!("Text"))] {
            let text = if mask & bit == 0 { None } else { self.input.string()? };
            self.text_member(&mut object, name, text.filter(|text| !text.is_empty()));
        }
        self.close();
        Ok(Written::Value)
    }

    /// ExtensionObject (§5.4.2.16), by field name where the type is known; else the body stays in the
    /// encoding it came in.
    fn extension_object(&mut self) -> Read<Written> {
        let id = NodeIdBytes::read(&mut self.input, false)?;
        let encoding = self.input.u8()?;
        let body = match encoding {
            0 if id.is_null() => return Ok(self.null()),
            0 => None,
            1 | 2 => self.input.byte_string()?,
            _ => return Err(Malformed("a structure in an unknown encoding")),
        };
        if body.is_some_and(|body| encoding == 1 && self.by_name(&id, body)) {
            return Ok(Written::Value);
        }
        let mut object = self.open();
        self.member(&mut object, name!("UaTypeId"));
        self.write_node_id(&id);
        if let Some(body) = body {
            self.member(&mut object, name!("UaEncoding"));
            text::integer(self.out, encoding);
            self.member(&mut object, name!("UaBody"));
            self.base64(body);
        }
        self.close();
        Ok(Written::Value)
    }

    /// DataValue (§5.4.2.18).
    fn data_value(&mut self) -> Read<Written> {
        let mask = self.input.u8()?;
        if mask & 0x3f == 0 {
            return Ok(self.null());
        }
        let mut object = self.open();
        if mask & 0x01 != 0 {
            self.variant_members(&mut object)?;
        }
        if mask & 0x02 != 0 {
            let status = StatusCode::from(self.input.u32()?);
            self.status_member(&mut object, name!("Status"), status);
        }
        self.timestamp_members(&mut object, mask, [name!("SourceTimestamp"), name!("SourcePicoseconds")])?;
        self.timestamp_members(&mut object, mask >> 1, [name!("ServerTimestamp"), name!("ServerPicoseconds")])?;
        self.close();
        Ok(Written::Value)
    }

    fn timestamp_members(&mut self, object: &mut Object, mask: u8, names: [&'static str; 2]) -> Read<()> {
        if mask & 0x04 != 0 {
            let time = UtcTime::from_wire(self.input.i64()?);
            self.time_member(object, names[0], time);
        }
        let picoseconds = if mask & 0x10 == 0 { 0 } else { self.input.u16()? };
        if picoseconds != 0 {
            self.member(object, names[1]);
            text::integer(self.out, picoseconds);
        }
        Ok(())
    }

    /// DiagnosticInfo (§5.4.2.13).
    fn diagnostic_info(&mut self) -> Read<Written> {
        let mask = self.input.u8()?;
        if mask & 0x7f == 0 {
            return Ok(self.null());
        }
        let mut object = self.open();
        for (bit, name) in [
            (0x01, name!("SymbolicId")),
            (0x02, name!("NamespaceUri")),
            (0x08, name!("Locale")),
            (0x04, name!("LocalizedText")),
        ] {
            if mask & bit != 0 {
                self.member(&mut object, name);
                text::integer(self.out, self.input.i32()?);
            }
        }
        if mask & 0x10 != 0 {
            let text = self.input.string()?;
            self.text_member(&mut object, name!("AdditionalInfo"), text);
        }
        if mask & 0x20 != 0 {
            let status = StatusCode::from(self.input.u32()?);
            self.status_member(&mut object, name!("InnerStatusCode"), status);
        }
        if mask & 0x40 != 0 {
            self.inner_diagnostic_info(&mut object)?;
        }
        self.close();
        Ok(Written::Value)
    }

    /// One that says nothing is left out: an absent member means the same.
    fn inner_diagnostic_info(&mut self, object: &mut Object) -> Read<()> {
        let (start, empty) = (self.out.len(), object.empty);
        self.member(object, name!("InnerDiagnosticInfo"));
        if self.nested(Self::diagnostic_info)? == Written::Null {
            self.out.truncate(start);
            object.empty = empty;
        }
        Ok(())
    }

    fn text_member(&mut self, object: &mut Object, name: &'static str, text: Option<&str>) {
        if let Some(text) = text {
            self.member(object, name);
            text::write_string(self.out, text);
        }
    }

    fn status_member(&mut self, object: &mut Object, name: &'static str, status: StatusCode) {
        if status.bits() != 0 {
            self.member(object, name);
            self.write_status(status.bits());
        }
    }

    fn time_member(&mut self, object: &mut Object, name: &'static str, time: Option<UtcTime>) {
        if let Some(time) = time {
            self.member(object, name);
            text::time(self.out, time);
        }
    }
}

/// The name of a StatusCode without its info bits (OPC 10000-6 §A.2).
fn symbol(status: u32) -> Option<&'static str> {
    SubStatusCode::from_value(status & 0xffff_0000)
        .filter(|code| !matches!(code, SubStatusCode::Invalid))
        .map(|code| code.name())
}
