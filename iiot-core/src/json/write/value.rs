//! Values of the built-in types (OPC 10000-6 §5.4.2).

use super::{Writer, Written, name};
use crate::json::binary::{Malformed, Read};
use crate::json::node_id::{NodeIdBytes, write_qualified_name};
use crate::json::{Encoding, text};
use crate::time::UtcTime;

impl Writer<'_, '_> {
    /// A value of a built-in type (OPC 10000-6 Table 1), or `null`.
    pub(super) fn value(&mut self, built_in_type: u8) -> Read<Written> {
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
        let Some(time) = UtcTime::from_wire(self.input.i64()?) else { return Ok(self.no_time()) };
        text::time(self.out, time);
        Ok(Written::Value)
    }

    fn guid(&mut self) -> Read<Written> {
        let bytes = self.input.array()?;
        if bytes == [0; 16] && !self.is_earlier() {
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

    pub(super) fn base64(&mut self, bytes: &[u8]) {
        self.out.push(b'"');
        text::base64(self.out, bytes);
        self.out.push(b'"');
    }

    fn node_id(&mut self, expanded: bool) -> Read<Written> {
        let id = NodeIdBytes::read(&mut self.input, expanded)?;
        Ok(if id.is_null() { self.null() } else { self.write_node_id(&id) })
    }

    pub(super) fn write_node_id(&mut self, id: &NodeIdBytes<'_>) -> Written {
        if self.is_earlier() {
            return self.earlier_node_id(id);
        }
        let start = self.out.len();
        id.write(self.out, self.format.namespaces, self.format.servers);
        text::quote_from(self.out, start);
        Written::Value
    }

    fn qualified_name(&mut self) -> Read<Written> {
        let namespace = self.input.u16()?;
        let Some(name) = self.input.string()? else { return Ok(self.null()) };
        if self.is_earlier() {
            return Ok(self.earlier_name(namespace, name));
        }
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
        if self.format.encoding == Encoding::NonReversible {
            return self.text_alone(mask);
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
        if self.is_earlier() {
            return Ok(self.earlier_body(&id, encoding, body));
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
}
