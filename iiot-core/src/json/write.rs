//! The one writer: from the binary encoding straight to JSON text (OPC 10000-6 §5.4.2).

use crate::json::binary::{Bytes, Malformed, Read};
use crate::json::{EncodedDataValue, Encoding, Format, MAX_DEPTH, Spelling, text};

mod bare;
mod earlier;
mod record;
mod scalar;
mod structure;
mod value;

/// The name of a member as it stands between two: with comma, quotes and colon.
macro_rules! name {
    ($name:literal) => {
        concat!(",\"", $name, "\":")
    };
}
use name;

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

/// Writes the value of a Variant without its type; no bytes are no value.
pub(super) fn bare(out: &mut Vec<u8>, bytes: &[u8], format: &Format<'_>) -> Read<()> {
    whole(out, bytes, format, |writer| {
        let mask = if bytes.is_empty() { 0 } else { writer.input.u8()? };
        writer.bare_value(mask).map(|_| ())
    })
}

/// Writes a DataValue given in its binary encoding.
pub(super) fn encoded_data_value(out: &mut Vec<u8>, bytes: &[u8], format: &Format<'_>) -> Read<()> {
    whole(out, bytes, format, |writer| writer.data_value().map(|_| ()))
}

/// Writes a DataValue of which only the Variant is in its binary encoding.
pub(super) fn data_value(out: &mut Vec<u8>, data: &EncodedDataValue<'_>, format: &Format<'_>) -> Read<()> {
    if format.encoding == Encoding::Compact && scalar::write(out, data) {
        return Ok(());
    }
    any_data_value(out, data, format)
}

fn any_data_value(out: &mut Vec<u8>, data: &EncodedDataValue<'_>, format: &Format<'_>) -> Read<()> {
    let bytes = data.value.bytes();
    whole(out, bytes, format, |writer| {
        let mut object = writer.open();
        if !bytes.is_empty() {
            writer.value_members(&mut object)?;
        }
        let name = writer.status_name();
        writer.status_member(&mut object, name, data.status);
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

    /// Whether names stand beside numbers.
    fn with_names(&self) -> bool {
        matches!(self.format.encoding, Encoding::Verbose | Encoding::NonReversible)
    }

    /// Whether members without a value are written.
    fn with_nulls(&self) -> bool {
        self.with_names() && self.as_specified()
    }

    /// Whether the encoding is one of version 1.04.
    fn is_earlier(&self) -> bool {
        matches!(self.format.encoding, Encoding::Reversible | Encoding::NonReversible)
    }

    fn as_specified(&self) -> bool {
        self.format.spelling == Spelling::Specification
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
        if self.is_earlier() {
            return self.earlier_variant();
        }
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
            0 => self.scalar_member(object, name!("Value"), built_in_type),
            0x40 => Err(SCALAR_WITH_DIMENSIONS),
            flags => self.array_members(object, name!("Value"), built_in_type, flags & 0x40 != 0),
        }
    }

    /// The member with the value of a scalar, left out where it is null and the encoding compact.
    fn scalar_member(&mut self, object: &mut Object, name: &'static str, built_in_type: u8) -> Read<()> {
        let start = self.out.len();
        self.member(object, name);
        if self.value(built_in_type)? == Written::Null && !self.with_nulls() {
            self.out.truncate(start);
        }
        Ok(())
    }

    /// The elements and `Dimensions` of an array (§5.4.5, §5.2.2.16).
    fn array_members(
        &mut self,
        object: &mut Object,
        name: &'static str,
        built_in_type: u8,
        has_dimensions: bool,
    ) -> Read<()> {
        self.member(object, name);
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
        let mut product = if count == 0 { elements as u64 } else { 1_u64 };
        let start = self.out.len();
        self.member(object, name!("Dimensions"));
        self.elements(count, |writer| {
            let length = u32::try_from(writer.input.i32()?).map_err(|_| Malformed("a dimension is negative"))?;
            product = product.checked_mul(length.into()).ok_or(MISFIT)?;
            text::integer(writer.out, length);
            Ok(())
        })?;
        if count < 2 {
            self.out.truncate(start);
        }
        if product == elements as u64 { Ok(()) } else { Err(MISFIT) }
    }
}

const SCALAR_WITH_DIMENSIONS: Malformed = Malformed("a scalar has dimensions");
const MISFIT: Malformed = Malformed("dimensions do not fit the array");
