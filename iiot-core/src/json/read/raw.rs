//! Values without their type, by what is known of them from elsewhere.

use serde_json::Value;

use super::{Path, Reader, dimension_list, is_nullable, null_of, scalar_type};
use crate::error::{Error, ErrorKind, Result};
use crate::json::ValueType;
use crate::ua::{Array, Variant, VariantScalarTypeId};

impl Reader<'_> {
    /// Reads a value of a known type; of an unknown one what its text suggests.
    pub(super) fn raw(&self, value: &Value, value_type: ValueType, at: &Path<'_>) -> Result<Variant> {
        let ValueType { built_in_type, value_rank } = value_type;
        let type_id = scalar_type(built_in_type).ok_or_else(|| at.error("is of no built-in type"))?;
        match value {
            Value::Null if value_rank == -1 && is_nullable(type_id) => Ok(null_of(type_id)),
            Value::Null => Ok(Variant::Empty),
            value if type_id == VariantScalarTypeId::Variant && (value_rank < 1 || !self.is_earlier()) => {
                self.of_any_type(value, at)
            }
            Value::Array(_) => self.nested(type_id, value, value_rank, at),
            Value::Object(members) if members.contains_key("Array") && members.contains_key("Dimensions") => {
                let elements = members["Array"].as_array().ok_or_else(|| at.error("expected an array"))?;
                let values = self.elements(type_id, elements, at)?;
                matrix(type_id, values, dimension_list(&members["Dimensions"], at)?, at)
            }
            _ if value_rank >= 1 => Err(at.error("expected an array")),
            value => self.scalar(type_id, value, at),
        }
    }

    fn elements(&self, type_id: VariantScalarTypeId, elements: &[Value], at: &Path<'_>) -> Result<Vec<Variant>> {
        let mut path = elements.iter().enumerate();
        path.by_ref().map(|(index, element)| self.scalar(type_id, element, &Path::Element(at, index))).collect()
    }

    /// Arrays in arrays, as deep as the rank says, else as deep as they go.
    fn nested(&self, type_id: VariantScalarTypeId, value: &Value, rank: i32, at: &Path<'_>) -> Result<Variant> {
        let depth = usize::try_from(rank).unwrap_or(usize::MAX).max(1);
        let (mut lengths, mut elements) = (Vec::new(), vec![value]);
        while lengths.len() < depth && elements.first().is_some_and(|element| element.is_array()) {
            let length = elements[0].as_array().map_or(0, Vec::len);
            let mut next = Vec::new();
            for element in elements {
                let inner = element.as_array().filter(|inner| inner.len() == length);
                next.extend(inner.ok_or_else(|| at.error("arrays in an array are of different lengths"))?);
            }
            lengths.push(u32::try_from(length).map_err(|_| at.error("the array is too long"))?);
            elements = next;
        }
        let scalar = |(index, element)| self.scalar(type_id, element, &Path::Element(at, index));
        let values = elements.into_iter().enumerate().map(scalar).collect::<Result<Vec<_>>>()?;
        matrix(type_id, values, lengths, at)
    }

    /// What the text suggests: a Boolean, a number, a text, or an array of these.
    fn of_any_type(&self, value: &Value, at: &Path<'_>) -> Result<Variant> {
        if !self.is_earlier() {
            return self.variant(value, at);
        }
        Ok(match value {
            Value::Null => Variant::Empty,
            Value::Bool(value) => Variant::from(*value),
            Value::Number(number) => match (number.as_i64(), number.as_u64()) {
                (Some(number), _) => Variant::from(number),
                (None, Some(number)) => Variant::from(number),
                _ => Variant::from(number.as_f64().unwrap_or(f64::NAN)),
            },
            Value::String(text) => Variant::from(text.as_str()),
            Value::Array(elements) => {
                let element = |(index, element)| self.of_any_type(element, &Path::Element(at, index));
                let values = elements.iter().enumerate().map(element).collect::<Result<Vec<_>>>()?;
                let values = values.into_iter().map(|value| Variant::Variant(Box::new(value))).collect();
                matrix(VariantScalarTypeId::Variant, values, Vec::new(), at)?
            }
            Value::Object(_) => {
                let cause = "the type of this value is not known; metadata would tell it";
                return Err(Error::new(ErrorKind::Unsupported, super::OPERATION, cause).with("path", at));
            }
        })
    }
}

fn matrix(type_id: VariantScalarTypeId, values: Vec<Variant>, lengths: Vec<u32>, at: &Path<'_>) -> Result<Variant> {
    let array =
        if lengths.len() < 2 { Array::new(type_id, values) } else { Array::new_multi(type_id, values, lengths) };
    array.map(Variant::from).map_err(|error| at.error("dimensions do not fit the array").because(error))
}
