//! Structures from their fields (OPC 10000-6 §5.4.6 to §5.4.8) to their binary encoding.

use serde_json::{Map, Value};

use super::{Path, Reader, integer, object, scalar_type};
use crate::error::{Error, ErrorKind, Result};
use crate::json::{MAX_DEPTH, MissingField};
use crate::ua::type_loader::ByteStringBody;
use crate::ua::types::{EnumerationDescription, Field, Rank, Structure, StructureKind, TypeSet, ValueKind};
use crate::ua::{ByteString, ContextOwned, ExtensionObject, VariantScalarTypeId};

impl Reader<'_> {
    /// A structure of this type with its fields written out.
    pub(super) fn structure(
        &self,
        types: &TypeSet,
        position: usize,
        members: &Map<String, Value>,
        at: &Path<'_>,
    ) -> Result<ExtensionObject> {
        let structure = types.at(position);
        let description = &structure.description;
        let encoding = description.binary_encoding.as_ref().and_then(|id| id.in_table(self.namespaces));
        let encoding = encoding.ok_or_else(|| {
            let cause = "the server names no binary encoding of this type";
            Error::new(ErrorKind::Unsupported, super::OPERATION, cause)
                .with("path", at)
                .with("type", &description.data_type)
        })?;
        let mut body = Body { reader: self, types, out: Vec::new(), depth: 0, context: ContextOwned::default() };
        body.structure(structure, Some(members), at)?;
        Ok(ExtensionObject::new(ByteStringBody::new(ByteString::from(body.out), encoding)))
    }
}

/// The binary encoding as it grows.
struct Body<'r> {
    reader: &'r Reader<'r>,
    types: &'r TypeSet,
    out: Vec<u8>,
    depth: usize,
    context: ContextOwned,
}

impl Body<'_> {
    /// Writes a structure; without members all fields have their defaults.
    fn structure(&mut self, structure: &Structure, members: Option<&Map<String, Value>>, at: &Path<'_>) -> Result<()> {
        if self.depth == MAX_DEPTH {
            return Err(at.error("structures are nested too deeply"));
        }
        self.depth += 1;
        if let Some(members) = members {
            refuse_unknown(structure, members, at)?;
        }
        match structure.kind {
            StructureKind::Plain => self.all_fields(structure, members, at)?,
            StructureKind::OptionalFields => self.optional_fields(structure, members, at)?,
            StructureKind::Union => self.union_field(structure, members, at)?,
        }
        self.depth -= 1;
        Ok(())
    }

    fn all_fields(&mut self, structure: &Structure, members: Option<&Map<String, Value>>, at: &Path<'_>) -> Result<()> {
        structure.fields.iter().try_for_each(|field| {
            let value = members.and_then(|members| members.get(&*field.name));
            self.field(field, value, members.is_some(), &Path::Member(at, &field.name))
        })
    }

    fn optional_fields(
        &mut self,
        structure: &Structure,
        members: Option<&Map<String, Value>>,
        at: &Path<'_>,
    ) -> Result<()> {
        let optional: Vec<&Field> = structure.fields.iter().filter(|field| field.optional).collect();
        let given = |field: &Field| members.and_then(|members| members.get(&*field.name));
        let mask = match members.and_then(|members| members.get("EncodingMask")) {
            Some(mask) => integer::<u32>(mask, &Path::Member(at, "EncodingMask"))?,
            None => (0..)
                .zip(&optional)
                .filter(|(_, field)| given(field).is_some())
                .fold(0, |mask, (bit, _)| mask | 1 << bit),
        };
        if u64::from(mask) >> optional.len() != 0 {
            return Err(Path::Member(at, "EncodingMask").error("it has bits without a field"));
        }
        self.out.extend_from_slice(&mask.to_le_bytes());
        let mut bits = mask;
        for field in &structure.fields {
            let path = Path::Member(at, &field.name);
            let present = !field.optional || bits & 1 != 0;
            bits >>= u32::from(field.optional);
            match given(field) {
                Some(_) if !present => return Err(path.error("the encoding mask says that it is absent")),
                // The mask alone says that it is there, with its default value.
                value if present => self.field(field, value, members.is_some() && !field.optional, &path)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn union_field(
        &mut self,
        structure: &Structure,
        members: Option<&Map<String, Value>>,
        at: &Path<'_>,
    ) -> Result<()> {
        let given = |field: &Field| members.and_then(|members| members.get(&*field.name));
        let mut present = (1_u32..).zip(&structure.fields).filter(|(_, field)| given(field).is_some());
        let first = present.next().map(|(switch, _)| switch);
        if let Some((_, second)) = present.next() {
            return Err(Path::Member(at, &second.name).error("a union has one field, this is the second"));
        }
        let at_switch = Path::Member(at, "SwitchField");
        let named = members.and_then(|members| members.get("SwitchField"));
        let switch = match named.map(|switch| integer::<u32>(switch, &at_switch)).transpose()? {
            Some(switch) if first.is_some_and(|first| first != switch) => {
                return Err(at_switch.error("it names another field than the one that is there"));
            }
            named => named.or(first).unwrap_or(0),
        };
        self.out.extend_from_slice(&switch.to_le_bytes());
        if switch == 0 {
            return Ok(());
        }
        let field = structure.fields.get(switch as usize - 1);
        let field = field.ok_or_else(|| at_switch.error("it is beyond the last field of the union"))?;
        self.field(field, given(field), false, &Path::Member(at, &field.name))
    }

    /// Writes a field, or its default where there is no value and that is allowed.
    fn field(&mut self, field: &Field, value: Option<&Value>, required: bool, at: &Path<'_>) -> Result<()> {
        let Some(value) = value else {
            if required && self.reader.missing == MissingField::Refuse {
                return Err(at.error("is missing"));
            }
            return self.default(field, at);
        };
        match (field.rank, value) {
            (Rank::Scalar, value) => self.element(field.kind, value, at),
            (_, Value::Null) => self.default(field, at),
            (Rank::Array, Value::Array(elements)) => {
                self.count(elements.len(), at)?;
                self.elements(field.kind, elements, at)
            }
            (Rank::Array, _) => Err(at.error("expected an array")),
            (Rank::Matrix, value) => self.matrix(field.kind, value, at),
        }
    }

    fn elements(&mut self, kind: ValueKind, elements: &[Value], at: &Path<'_>) -> Result<()> {
        let mut elements = elements.iter().enumerate();
        elements.try_for_each(|(index, element)| self.element(kind, element, &Path::Element(at, index)))
    }

    /// An inline matrix (§5.2.5): dimensions, then the elements without a count.
    fn matrix(&mut self, kind: ValueKind, value: &Value, at: &Path<'_>) -> Result<()> {
        let members = object(value, at)?;
        let list = |name| members.get(name).and_then(Value::as_array);
        let (Some(elements), Some(dimensions)) = (list("Array"), list("Dimensions")) else {
            return Err(at.error("expected an object with Array and Dimensions"));
        };
        self.count(dimensions.len(), at)?;
        let mut product = 1_usize;
        for (index, length) in dimensions.iter().enumerate() {
            let length = integer::<u32>(length, &Path::Element(&Path::Member(at, "Dimensions"), index))?;
            product = product.saturating_mul(length as usize);
            self.count(length as usize, at)?;
        }
        if product != elements.len() {
            return Err(at.error("dimensions do not fit the array"));
        }
        self.elements(kind, elements, &Path::Member(at, "Array"))
    }

    fn count(&mut self, count: usize, at: &Path<'_>) -> Result<()> {
        let count = i32::try_from(count).map_err(|_| at.error("the array is too long"))?;
        self.out.extend_from_slice(&count.to_le_bytes());
        Ok(())
    }

    fn element(&mut self, kind: ValueKind, value: &Value, at: &Path<'_>) -> Result<()> {
        match kind {
            ValueKind::BuiltIn(number) => self.built_in(number, value, at),
            ValueKind::Structure(position) => {
                let members = if value.is_null() { None } else { Some(object(value, at)?) };
                self.structure(self.types.at(position), members, at)
            }
            ValueKind::Enumeration(position) => {
                let number = enumeration(self.types.enumeration(position), value, at)?;
                self.out.extend_from_slice(&number.to_le_bytes());
                Ok(())
            }
        }
    }

    fn built_in(&mut self, number: u8, value: &Value, at: &Path<'_>) -> Result<()> {
        let type_id = scalar_type(number).ok_or_else(|| at.error("is no built-in type"))?;
        let value = self.reader.scalar(type_id, value, at)?;
        self.encode(&value, at)
    }

    fn encode(&mut self, value: &crate::ua::Variant, at: &Path<'_>) -> Result<()> {
        let encoded = value.encode_value(&mut self.out, &self.context.context());
        encoded.map_err(|cause| at.error("it has no binary encoding").because(cause))
    }

    /// Zero, null, or a structure of them.
    fn default(&mut self, field: &Field, at: &Path<'_>) -> Result<()> {
        match (field.rank, field.kind) {
            (Rank::Array | Rank::Matrix, _) => self.out.extend_from_slice(&(-1_i32).to_le_bytes()),
            (_, ValueKind::Structure(position)) => return self.structure(self.types.at(position), None, at),
            (_, ValueKind::Enumeration(_)) => self.out.extend_from_slice(&[0; 4]),
            (_, ValueKind::BuiltIn(number)) => {
                let type_id = scalar_type(number).ok_or_else(|| at.error("is no built-in type"))?;
                return self.encode(&default_of(type_id), at);
            }
        }
        Ok(())
    }
}

/// A name that is neither a field nor part of the encoding is a mistake worth telling.
fn refuse_unknown(structure: &Structure, members: &Map<String, Value>, at: &Path<'_>) -> Result<()> {
    let is_known = |name: &str| match name {
        "UaTypeId" => true,
        "EncodingMask" => structure.kind == StructureKind::OptionalFields,
        "SwitchField" => structure.kind == StructureKind::Union,
        _ => structure.fields.iter().any(|field| &*field.name == name),
    };
    match members.keys().find(|name| !is_known(name)) {
        None => Ok(()),
        Some(name) => {
            let fields: Vec<&str> = structure.fields.iter().map(|field| &*field.name).collect();
            let cause = format!("{} has no such field; it has {}", structure.description.name, fields.join(", "));
            Err(Path::Member(at, name).error(cause))
        }
    }
}

/// A number, `name_number`, or the name alone.
fn enumeration(names: &EnumerationDescription, value: &Value, at: &Path<'_>) -> Result<i32> {
    let Value::String(text) = value else { return integer(value, at) };
    let named = names.values.iter().find(|(_, name)| name == text).and_then(|(value, _)| i32::try_from(*value).ok());
    let number = text.rsplit_once('_').map_or(text.as_str(), |(_, number)| number);
    named.or_else(|| number.parse().ok()).ok_or_else(|| {
        let known: Vec<&str> = names.values.iter().map(|(_, name)| name.as_str()).collect();
        at.error(format!("no value of {}; it has {}", names.name, known.join(", ")))
    })
}

fn default_of(type_id: VariantScalarTypeId) -> crate::ua::Variant {
    use crate::ua::{StatusCode, Variant};
    use VariantScalarTypeId as Type;
    match type_id {
        Type::Boolean => Variant::Boolean(false),
        Type::SByte => Variant::SByte(0),
        Type::Byte => Variant::Byte(0),
        Type::Int16 => Variant::Int16(0),
        Type::UInt16 => Variant::UInt16(0),
        Type::Int32 => Variant::Int32(0),
        Type::UInt32 => Variant::UInt32(0),
        Type::Int64 => Variant::Int64(0),
        Type::UInt64 => Variant::UInt64(0),
        Type::Float => Variant::Float(0.0),
        Type::Double => Variant::Double(0.0),
        Type::StatusCode => Variant::StatusCode(StatusCode::Good),
        _ => super::null_of(type_id),
    }
}
