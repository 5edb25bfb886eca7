//! Structures by field name (OPC 10000-6 §5.4.6 to §5.4.8, §5.4.5 for arrays inside them).

use super::{Object, Writer, Written};
use crate::json::binary::{Bytes, Malformed, Read};
use crate::json::node_id::NodeIdBytes;
use crate::json::text;
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
        let mut object = self.open();
        self.member(&mut object, ",\"UaTypeId\":");
        self.out.extend_from_slice(&structure.type_id);
        self.structure_members(&mut object, types, structure)?;
        self.close();
        self.input.end()?;
        Ok(Written::Value)
    }

    /// A structure whose type the field tells.
    fn structure(&mut self, types: &TypeSet, position: usize) -> Read<Written> {
        let mut object = self.open();
        self.structure_members(&mut object, types, types.at(position))?;
        self.close();
        Ok(Written::Value)
    }

    fn structure_members(&mut self, object: &mut Object, types: &TypeSet, structure: &Structure) -> Read<()> {
        match structure.kind {
            StructureKind::Plain => structure.fields.iter().try_for_each(|field| self.field(object, types, field)),
            StructureKind::OptionalFields => self.optional_fields(object, types, &structure.fields),
            StructureKind::Union => self.union_field(object, types, &structure.fields),
        }
    }

    /// Structures with optional fields (§5.2.7): the bits count optional fields only.
    fn optional_fields(&mut self, object: &mut Object, types: &TypeSet, fields: &[Field]) -> Read<()> {
        let mask = self.input.u32()?;
        if !self.verbose() {
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
    fn union_field(&mut self, object: &mut Object, types: &TypeSet, fields: &[Field]) -> Read<()> {
        let switch = self.input.u32()?;
        let Some(position) = (switch as usize).checked_sub(1) else { return Ok(()) };
        let field = fields.get(position).ok_or(Malformed("the switch of a union is beyond its last field"))?;
        if !self.verbose() {
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
        if !self.verbose() && (written == Written::Null || is_default()) {
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
        let Some(count) = self.input.array_length(4)? else { return Ok(self.null()) };
        let mut lengths = Vec::with_capacity(count);
        for _ in 0..count {
            lengths.push(usize::try_from(self.input.i32()?).map_err(|_| Malformed("a dimension is negative"))?);
        }
        let elements = lengths.iter().try_fold(1_usize, |product, length| product.checked_mul(*length));
        let elements = elements.filter(|elements| *elements <= self.input.len());
        let elements = elements.ok_or(Malformed("dimensions do not fit the array"))?;
        self.out.extend_from_slice(b"{\"Array\":");
        self.elements(elements, |writer| writer.array_element(types, kind))?;
        self.out.extend_from_slice(b",\"Dimensions\":");
        let mut lengths = lengths.into_iter();
        self.elements(count, |writer| {
            text::integer(writer.out, lengths.next().unwrap_or_default());
            Ok(())
        })?;
        self.close();
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
        if !self.verbose() {
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

/// Whether a number, Boolean or enumeration was written from nothing but zeros.
fn is_zero(field: &Field, before: Bytes<'_>, behind: Bytes<'_>) -> bool {
    let is_number = matches!(field.kind, ValueKind::BuiltIn(1..=11) | ValueKind::Enumeration(_));
    is_number && field.rank == Rank::Scalar && before.is_zero_until(behind)
}
