//! Structures by field name (OPC 10000-6 §5.4.6 to §5.4.8, §5.4.5 for arrays inside them).

use super::{MISFIT, Object, Writer, Written};
use crate::json::binary::{Bytes, Malformed, Read};
use crate::json::node_id::NodeIdBytes;
use crate::json::{Encoding, text};
use crate::ua::types::{Field, Rank, Structure, StructureKind, TypeSet, ValueKind};

/// Text that one value may become. Names repeat for every element of an array, so text can be
/// far longer than the bytes it is made of.
pub(super) const MAX_TEXT: usize = 64 << 20;

/// Fields that a value of so many bytes may have. Most take a byte at least, but structures without
/// fields and absent fields take none, and nested in each other they could go on without end.
pub(super) const fn most_fields(bytes: usize) -> usize {
    bytes.saturating_mul(64).saturating_add(1 << 12)
}

impl<'a> Writer<'a, '_> {
    /// Writes the body of an ExtensionObject by field name; `false`, and nothing written, where its
    /// type is not known or the body does not fit.
    pub(super) fn by_name(&mut self, id: &NodeIdBytes<'_>, body: &'a [u8]) -> bool {
        let Some(types) = self.format.types.filter(|_| !id.is_null()) else { return false };
        let Some((namespace_uri, identifier)) = id.global(self.format.namespaces) else { return false };
        let Some(position) = types.encoded_as(namespace_uri, identifier) else { return false };
        let (start, behind) = (self.out.len(), std::mem::replace(&mut self.input, Bytes::new(body)));
        let written = self.nested(|writer| writer.whole_structure(types, position));
        self.input = behind;
        if let Err(Malformed(cause)) = written {
            self.out.truncate(start);
            types.misfit(namespace_uri, identifier, cause);
        }
        written.is_ok()
    }

    fn whole_structure(&mut self, types: &TypeSet, position: usize) -> Read<Written> {
        let structure = types.at(position);
        match self.format.encoding {
            Encoding::NonReversible => {
                self.structure(types, position)?;
            }
            Encoding::Reversible => self.typed_body(types, position)?,
            Encoding::Compact | Encoding::Verbose => {
                let mut object = self.open();
                self.member(&mut object, ",\"UaTypeId\":");
                self.out.extend_from_slice(&structure.type_id);
                self.structure_members(&mut object, types, structure)?;
                self.close();
            }
        }
        self.input.end()?;
        Ok(Written::Value)
    }

    /// Version 1.04: the type, and the fields in a body of their own.
    fn typed_body(&mut self, types: &TypeSet, position: usize) -> Read<()> {
        let id = &types.at(position).description.data_type;
        let index = self.format.namespaces.iter().position(|uri| **uri == *id.namespace_uri);
        let mut object = self.open();
        self.member(&mut object, ",\"TypeId\":");
        let id = NodeIdBytes::of(&id.identifier, &id.namespace_uri, index.and_then(|index| u16::try_from(index).ok()));
        self.write_node_id(&id);
        if !self.as_specified() {
            self.encoding_member(&mut object, 0);
        }
        self.member(&mut object, ",\"Body\":");
        self.structure(types, position)?;
        self.close();
        Ok(())
    }

    /// A structure whose type the field tells.
    fn structure(&mut self, types: &TypeSet, position: usize) -> Read<Written> {
        let structure = types.at(position);
        if self.is_earlier() && structure.kind == StructureKind::Union {
            return self.earlier_union(types, structure);
        }
        let mut object = self.open();
        self.structure_members(&mut object, types, structure)?;
        self.close();
        Ok(Written::Value)
    }

    /// A union of version 1.04: switch and value, or the value alone.
    fn earlier_union(&mut self, types: &TypeSet, structure: &Structure) -> Read<Written> {
        let switch = self.input.u32()?;
        let Some(field) = selected(structure, switch)? else { return Ok(self.null()) };
        self.fields_left = self.fields_left.checked_sub(1).ok_or(Malformed("the value has too many fields"))?;
        if self.format.encoding == Encoding::NonReversible {
            return self.field_value(types, field);
        }
        let mut object = self.open();
        self.member(&mut object, ",\"SwitchField\":");
        text::integer(self.out, switch);
        self.member(&mut object, ",\"Value\":");
        self.field_value(types, field)?;
        self.close();
        Ok(Written::Value)
    }

    fn structure_members(&mut self, object: &mut Object, types: &TypeSet, structure: &Structure) -> Read<()> {
        match structure.kind {
            StructureKind::Plain => structure.fields.iter().try_for_each(|field| self.field(object, types, field)),
            StructureKind::OptionalFields => self.optional_fields(object, types, &structure.fields),
            StructureKind::Union => self.union_field(object, types, structure),
        }
    }

    /// Structures with optional fields (§5.2.7): the bits count optional fields only.
    fn optional_fields(&mut self, object: &mut Object, types: &TypeSet, fields: &[Field]) -> Read<()> {
        let mask = self.input.u32()?;
        if !self.with_names() {
            self.member(object, ",\"EncodingMask\":");
            text::integer(self.out, mask);
        }
        let mut bits = mask;
        for field in fields {
            let present = !field.optional || bits & 1 != 0;
            if field.optional {
                bits >>= 1;
            }
            if present {
                self.field(object, types, field)?;
            }
        }
        if bits == 0 { Ok(()) } else { Err(Malformed("the encoding mask has bits without a field")) }
    }

    /// Unions (§5.2.8): the switch counts from 1; 0 is no field at all.
    fn union_field(&mut self, object: &mut Object, types: &TypeSet, structure: &Structure) -> Read<()> {
        let switch = self.input.u32()?;
        let Some(field) = selected(structure, switch)? else { return Ok(()) };
        if !self.with_names() {
            self.member(object, ",\"SwitchField\":");
            text::integer(self.out, switch);
        }
        self.field(object, types, field)
    }

    /// Writes a field; left out where it has its default value and the encoding is compact.
    fn field(&mut self, object: &mut Object, types: &TypeSet, field: &Field) -> Read<()> {
        self.fields_left = self.fields_left.checked_sub(1).ok_or(Malformed("the value has too many fields"))?;
        let (start, was_empty, before) = (self.out.len(), object.empty, self.input);
        self.out.extend_from_slice(&field.member[usize::from(object.empty)..]);
        object.empty = false;
        let value_start = self.out.len();
        let written = self.field_value(types, field)?;
        if self.out.len() > self.text_end {
            return Err(Malformed("the text of the value is too long"));
        }
        let is_default = || self.out[value_start..] == *b"{}" || is_zero(field, before, self.input);
        if !self.with_nulls() && (written == Written::Null || is_default()) {
            self.out.truncate(start);
            object.empty = was_empty;
        }
        Ok(())
    }

    fn field_value(&mut self, types: &TypeSet, field: &Field) -> Read<Written> {
        match field.rank {
            Rank::Scalar => self.element(types, field.kind),
            Rank::Array => match self.input.array_length(1)? {
                None => Ok(self.null()),
                Some(count) => {
                    self.elements(count, |writer| writer.array_element(types, field.kind)).map(|()| Written::Value)
                }
            },
            Rank::Matrix => self.matrix(types, field.kind),
        }
    }

    /// Dimensions first, then all elements without a count (§5.2.5).
    fn matrix(&mut self, types: &TypeSet, kind: ValueKind) -> Read<Written> {
        let mut behind = self.input;
        if behind.array_length(4)?.is_none() {
            self.input = behind;
            return Ok(self.null());
        }
        let lengths = self.lengths()?;
        let elements = lengths.iter().try_fold(1_usize, |product, length| product.checked_mul(*length));
        let elements = elements.filter(|elements| *elements <= self.input.len());
        let elements = elements.ok_or(MISFIT)?;
        let (start, mut ends) = (self.out.len(), Vec::with_capacity(elements));
        for _ in 0..elements {
            self.array_element(types, kind)?;
            ends.push(self.out.len() - start);
        }
        let written = self.out.split_off(start);
        self.write_matrix(&written, &ends, &lengths)?;
        Ok(Written::Value)
    }

    fn array_element(&mut self, types: &TypeSet, kind: ValueKind) -> Read<()> {
        self.fields_left = self.fields_left.checked_sub(1).ok_or(Malformed("the value has too many fields"))?;
        if self.out.len() > self.text_end {
            return Err(Malformed("the text of the value is too long"));
        }
        self.element(types, kind).map(|_| ())
    }

    fn element(&mut self, types: &TypeSet, kind: ValueKind) -> Read<Written> {
        match kind {
            ValueKind::BuiltIn(number) => self.value(number),
            ValueKind::Structure(position) => self.nested(|writer| writer.structure(types, position)),
            ValueKind::Enumeration(position) => self.enumeration(types, position),
        }
    }

    /// An enumeration (§5.4.4): a number, or `name_value` where names are asked for.
    fn enumeration(&mut self, types: &TypeSet, position: usize) -> Read<Written> {
        let value = self.input.i32()?;
        if !self.with_names() {
            text::integer(self.out, value);
            return Ok(Written::Value);
        }
        let start = self.out.len();
        if let Some(name) = types.enumeration(position).name_of(value.into()) {
            self.out.extend_from_slice(name.as_bytes());
            self.out.push(b'_');
        }
        text::integer(self.out, value);
        text::quote_from(self.out, start);
        Ok(Written::Value)
    }
}

/// The field that the switch of a union names; it counts from 1, and 0 is none.
fn selected(structure: &Structure, switch: u32) -> Read<Option<&Field>> {
    let Some(position) = (switch as usize).checked_sub(1) else { return Ok(None) };
    let field = structure.fields.get(position);
    field.map(Some).ok_or(Malformed("the switch of a union is beyond its last field"))
}

/// Whether a number, Boolean or enumeration was written from nothing but zeros.
fn is_zero(field: &Field, before: Bytes<'_>, behind: Bytes<'_>) -> bool {
    let is_number = matches!(field.kind, ValueKind::BuiltIn(1..=11) | ValueKind::Enumeration(_));
    is_number && field.rank == Rank::Scalar && before.is_zero_until(behind)
}
