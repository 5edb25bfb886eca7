//! What version 1.04 of OPC 10000-6 wrote in another way (§5.4.2 there), reversible and not, and
//! how OPC Publisher spells it.

use super::{Object, SCALAR_WITH_DIMENSIONS, Writer, Written, name};
use crate::json::binary::Read;
use crate::json::node_id::{NodeIdBytes, write_fragment};
use crate::json::{BUILT_IN_TYPES, Encoding, text};

impl Writer<'_, '_> {
    fn reversible(&self) -> bool {
        self.format.encoding == Encoding::Reversible
    }

    /// A Variant: type and body, or the value alone.
    pub(super) fn earlier_variant(&mut self) -> Read<Written> {
        let mask = self.input.u8()?;
        if mask == 0 || !self.reversible() {
            return self.bare_value(mask);
        }
        let built_in_type = mask & 0x3f;
        let mut object = self.open();
        self.member(&mut object, name!("Type"));
        self.type_name(built_in_type);
        match mask & 0xc0 {
            0 => self.scalar_member(&mut object, name!("Body"), built_in_type)?,
            0x40 => return Err(SCALAR_WITH_DIMENSIONS),
            flags => self.array_members(&mut object, name!("Body"), built_in_type, flags & 0x40 != 0)?,
        }
        self.close();
        Ok(Written::Value)
    }

    fn type_name(&mut self, built_in_type: u8) {
        match BUILT_IN_TYPES.get(usize::from(built_in_type)) {
            Some(known) if !self.as_specified() => text::write_string(self.out, known),
            _ => text::integer(self.out, built_in_type),
        }
    }

    /// The smallest DateTime stands for none.
    pub(super) fn no_time(&mut self) -> Written {
        if !self.is_earlier() {
            return self.null();
        }
        self.out.extend_from_slice(b"\"0001-01-01T00:00:00Z\"");
        Written::Value
    }

    /// A number, or an object; Good, like null, is nothing then.
    pub(super) fn earlier_status(&mut self, status: u32) -> Written {
        if self.reversible() {
            text::integer(self.out, status);
            return Written::Value;
        }
        if status == 0 {
            return self.null();
        }
        let mut object = self.open();
        if !self.as_specified() {
            self.symbol_member(&mut object, status);
        }
        self.member(&mut object, name!("Code"));
        text::integer(self.out, status);
        if self.as_specified() {
            self.symbol_member(&mut object, status);
        }
        self.close();
        Written::Value
    }

    /// An object of IdType, Id, Namespace and ServerUri, or a URI with a fragment.
    pub(super) fn earlier_node_id(&mut self, id: &NodeIdBytes<'_>) -> Written {
        let start = self.out.len();
        if self.as_specified() {
            id.write_object(self.out, self.format.namespaces, self.format.servers, self.reversible());
        } else {
            id.write_fragment(self.out, self.format.namespaces);
            text::quote_from(self.out, start);
        }
        Written::Value
    }

    /// A QualifiedName: an object of Name and Uri, or a URI with a fragment.
    pub(super) fn earlier_name(&mut self, namespace: u16, name: &str) -> Written {
        if !self.as_specified() {
            let start = self.out.len();
            write_fragment(self.out, namespace, name, self.format.namespaces);
            text::quote_from(self.out, start);
            return Written::Value;
        }
        let mut object = self.open();
        self.text_member(&mut object, name!("Name"), Some(name));
        if namespace != 0 {
            self.member(&mut object, name!("Uri"));
            self.namespace(namespace);
        }
        self.close();
        Written::Value
    }

    /// By index where it can be read back, and where only we know what it means.
    fn namespace(&mut self, index: u16) {
        match self.format.namespaces.get(usize::from(index)) {
            Some(uri) if index > 1 && !self.reversible() => text::write_string(self.out, uri),
            _ => text::integer(self.out, index),
        }
    }

    /// A LocalizedText without its locale.
    pub(super) fn text_alone(&mut self, mask: u8) -> Read<Written> {
        if mask & 0x01 != 0 {
            self.input.string()?;
        }
        let text = if mask & 0x02 == 0 { None } else { self.input.string()? };
        let Some(text) = text else { return Ok(self.null()) };
        text::write_string(self.out, text);
        Ok(Written::Value)
    }

    /// The body of a structure of unknown type, with its type where it can be read back.
    pub(super) fn earlier_body(&mut self, id: &NodeIdBytes<'_>, encoding: u8, body: Option<&[u8]>) -> Written {
        if !self.reversible() {
            let Some(body) = body else { return self.null() };
            self.base64(body);
            return Written::Value;
        }
        let mut object = self.open();
        self.member(&mut object, name!("TypeId"));
        self.write_node_id(id);
        if let Some(body) = body {
            self.encoding_member(&mut object, encoding);
            self.member(&mut object, name!("Body"));
            self.base64(body);
        }
        self.close();
        Written::Value
    }

    /// How a body is encoded: 0 JSON, 1 binary, 2 XML.
    pub(super) fn encoding_member(&mut self, object: &mut Object, encoding: u8) {
        if !self.as_specified() {
            self.member(object, name!("Encoding"));
            text::write_string(self.out, ["Json", "Binary", "Xml"][usize::from(encoding.min(2))]);
        } else if encoding != 0 {
            self.member(object, name!("Encoding"));
            text::integer(self.out, encoding);
        }
    }
}
