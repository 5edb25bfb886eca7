//! The answers that carry values (Read, Call), decoded value by value.
//!
//! The general decoder of a Variant stops behind the length of an array without elements, although its
//! dimensions may follow (OPC 10000-6 §5.2.2.16): a server that sends an empty matrix would have the rest
//! of its answer misread. So it is given each Variant by itself, cut out by our own walk; and one
//! that it cannot read costs that value alone.

use std::io::Read;

use super::guarded::Guarded;
use super::services::encoding_id;
use super::subscribe::wire::{Cursor, Malformed, Walk};
use super::{
    Array, BinaryDecodable, CallMethodResult, CallResponse, Context, DataValue, EncodingResult, Error, ObjectId,
    ReadResponse, Response, ResponseHeader, StatusCode, Variant, VariantScalarTypeId,
};

/// Reads the body of a response.
pub(crate) fn decode(body: &[u8], context: &Context<'_>) -> EncodingResult<Response> {
    const READ: u32 = ObjectId::ReadResponse_Encoding_DefaultBinary as u32;
    const CALL: u32 = ObjectId::CallResponse_Encoding_DefaultBinary as u32;
    match encoding_id(body, context)? {
        (READ, fields) => read(&mut Guarded::new(fields), context).map(Response::from),
        (CALL, fields) => call(&mut Guarded::new(fields), context).map(Response::from),
        _ => Response::decode(body, context),
    }
}

fn read(input: &mut Guarded<'_>, context: &Context<'_>) -> EncodingResult<ReadResponse> {
    Ok(ReadResponse {
        response_header: ResponseHeader::decode(input, context)?,
        results: list(input, context, data_value)?,
        diagnostic_infos: Option::decode(input, context)?,
    })
}

fn call(input: &mut Guarded<'_>, context: &Context<'_>) -> EncodingResult<CallResponse> {
    Ok(CallResponse {
        response_header: ResponseHeader::decode(input, context)?,
        results: list(input, context, call_result)?,
        diagnostic_infos: Option::decode(input, context)?,
    })
}

fn call_result(input: &mut Guarded<'_>, context: &Context<'_>) -> EncodingResult<CallMethodResult> {
    Ok(CallMethodResult {
        status_code: StatusCode::decode(input, context)?,
        input_argument_results: Option::decode(input, context)?,
        input_argument_diagnostic_infos: Option::decode(input, context)?,
        output_arguments: list(input, context, |input, context| variant(input, context)?)?,
    })
}

/// DataValue (§5.2.2.17): the value by itself, what follows it by the general decoder.
fn data_value(input: &mut Guarded<'_>, context: &Context<'_>) -> EncodingResult<DataValue> {
    let mask = u8::decode(input, context)?;
    let value = if mask & HAS_VALUE != 0 { Some(variant(input, context)?) } else { None };
    let rest = [mask & !HAS_VALUE];
    let rest = DataValue::decode(&mut rest.as_slice().chain(input), context)?;
    Ok(match value.transpose() {
        Ok(value) => DataValue { value, ..rest },
        Err(error) => {
            tracing::warn!("a value cannot be read: {error}");
            DataValue { value: None, status: Some(StatusCode::BadDecodingError), ..rest }
        }
    })
}

/// The next Variant; the error within concerns this value and no other.
fn variant(input: &mut Guarded<'_>, context: &Context<'_>) -> EncodingResult<EncodingResult<Variant>> {
    let mut cursor = Cursor::new(input.rest());
    cursor.skip_variant().map_err(error)?;
    let bytes = input.take(cursor.position());
    match empty_array(bytes) {
        Ok(Some(array)) => Ok(Ok(array.into())),
        Ok(None) if matches!(bytes[0] & KIND, DATA_VALUE | VARIANT) => Ok(nested(bytes, context)),
        Ok(None) => Ok(whole(bytes, context)),
        Err(malformed) => Ok(Err(error(malformed))),
    }
}

fn whole(bytes: &[u8], context: &Context<'_>) -> EncodingResult<Variant> {
    let mut input = Guarded::new(bytes);
    let value = Variant::decode(&mut input, context)?;
    match input.rest() {
        [] => Ok(value),
        _ => Err(Error::decoding("the value is shorter than its encoding")),
    }
}

/// A Variant of DataValues or Variants, which may hold empty arrays as well.
fn nested(bytes: &[u8], context: &Context<'_>) -> EncodingResult<Variant> {
    let mut input = Guarded::new(bytes);
    let mask = u8::decode(&mut input, context)?;
    let element: fn(&mut Guarded<'_>, &Context<'_>) -> EncodingResult<Variant> = match mask & KIND {
        VARIANT => |input, context| variant(input, context)?.map(|value| Variant::Variant(Box::new(value))),
        _ => |input, context| data_value(input, context).map(|value| Variant::DataValue(Box::new(value))),
    };
    if mask & ARRAY == 0 {
        return element(&mut input, context);
    }
    let values = list(&mut input, context, element)?.unwrap_or_default();
    let dimensions: Option<Vec<u32>> = if mask & DIMENSIONS == 0 { None } else { Option::decode(&mut input, context)? };
    let value_type = VariantScalarTypeId::from_encoding_mask(mask).expect("both kinds have a type");
    Ok(Array { value_type, values, dimensions }.into())
}

/// The array, if it is one without elements.
fn empty_array(bytes: &[u8]) -> Walk<Option<Array>> {
    let mut cursor = Cursor::new(bytes);
    let mask = cursor.u8()?;
    if mask & ARRAY == 0 || cursor.count(0)? > 0 {
        return Ok(None);
    }
    let dimensions = if mask & DIMENSIONS == 0 { None } else { Some(dimensions(&mut cursor)?) };
    let value_type = VariantScalarTypeId::from_encoding_mask(mask).ok_or(Malformed("an array has an unknown type"))?;
    Ok(Some(Array { value_type, values: Vec::new(), dimensions }))
}

fn dimensions(cursor: &mut Cursor<'_>) -> Walk<Vec<u32>> {
    let count = cursor.count(4)?;
    let dimensions: Vec<u32> = (0..count).map(|_| cursor.u32()).collect::<Walk<_>>()?;
    // Whoever multiplies them must not overflow, wherever the zero stands.
    let elements = dimensions.iter().try_fold(1_usize, |product, dimension| product.checked_mul(*dimension as usize));
    elements.map(|_| dimensions).ok_or(Malformed("the dimensions of an array overflow"))
}

fn list<T>(
    input: &mut Guarded<'_>,
    context: &Context<'_>,
    element: impl Fn(&mut Guarded<'_>, &Context<'_>) -> EncodingResult<T>,
) -> EncodingResult<Option<Vec<T>>> {
    let count = i32::decode(input, context)?;
    let Ok(count) = usize::try_from(count) else { return Ok(None) };
    // Each has a byte at least, so the list is no longer than what came.
    if count > input.rest().len().min(context.options().max_array_length) {
        return Err(Error::new(StatusCode::BadEncodingLimitsExceeded, "a list is longer than the message"));
    }
    let elements: EncodingResult<Vec<T>> = (0..count).map(|_| element(input, context)).collect();
    elements.map(Some)
}

fn error(malformed: Malformed) -> Error {
    Error::decoding(malformed.0)
}

const HAS_VALUE: u8 = 0x01;
const KIND: u8 = 0x3f;
const DATA_VALUE: u8 = 23;
const VARIANT: u8 = 24;
const ARRAY: u8 = 0x80;
const DIMENSIONS: u8 = 0x40;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::ua::ContextOwned;

    /// The body of a ReadResponse with these DataValues, in hexadecimal digits.
    fn answer(values: &[&str]) -> Vec<u8> {
        // Type, time, handle, status, no diagnostics, no strings, no additional header.
        let mut body = hex("01 00 7a 02 0000000000000000 00000000 00000000 00 ffffffff 00 00 00");
        body.extend((values.len() as u32).to_le_bytes());
        values.iter().for_each(|value| body.extend(hex(value)));
        body.extend(hex("ffffffff"));
        body
    }

    fn hex(digits: &str) -> Vec<u8> {
        let digits: Vec<char> = digits.chars().filter(|digit| !digit.is_whitespace()).collect();
        digits.chunks(2).map(|pair| u8::from_str_radix(&String::from_iter(pair), 16).unwrap()).collect()
    }

    fn results(body: &[u8]) -> EncodingResult<Vec<DataValue>> {
        match decode(body, &ContextOwned::default().context())? {
            Response::Read(response) => Ok(response.results.unwrap_or_default()),
            other => panic!("decoded as {}", other.service()),
        }
    }

    /// A Double with the value 2.
    const TWO: &str = "01 0b 0000000000000040";

    #[test]
    fn what_follows_an_empty_matrix_is_read_right() {
        let empty = "03 cb 00000000 02000000 00000000 03000000 00000a80";
        let values = results(&answer(&[empty, TWO])).unwrap();
        let Some(Variant::Array(array)) = &values[0].value else { panic!("no array but {:?}", values[0]) };
        assert_eq!(array.dimensions, Some(vec![0, 3]));
        assert_eq!(values[0].status, Some(StatusCode::BadTimeout));
        assert_eq!(values[1].value, Some(Variant::from(2.0)));
    }

    #[test]
    fn an_empty_array_without_dimensions_has_none() {
        for length in ["00000000", "ffffffff"] {
            let values = results(&answer(&[&format!("01 8b {length}"), TWO])).unwrap();
            let Some(Variant::Array(array)) = &values[0].value else { panic!("no array but {:?}", values[0]) };
            assert_eq!((array.dimensions.as_ref(), array.values.len()), (None, 0));
            assert_eq!(values[1].value, Some(Variant::from(2.0)));
        }
    }

    #[test]
    fn empty_matrices_inside_values_are_read_right_too() {
        let inside = "01 98 02000000 c6 00000000 01000000 00000000 0b 0000000000000040";
        let boxed = "01 17 03 c6 00000000 01000000 00000000 00000a80";
        let values = results(&answer(&[inside, boxed, TWO])).unwrap();
        let Some(Variant::Array(array)) = &values[0].value else { panic!("no array but {:?}", values[0]) };
        assert_eq!(array.values[1], Variant::Variant(Box::new(2.0.into())));
        let Some(Variant::DataValue(value)) = &values[1].value else { panic!("no value but {:?}", values[1]) };
        assert_eq!(value.status, Some(StatusCode::BadTimeout));
        assert_eq!(values[2].value, Some(Variant::from(2.0)));
    }

    #[test]
    fn a_value_that_cannot_be_read_costs_itself_alone() {
        // A string that is not UTF-8, with a status of its own.
        let broken = "03 0c 02000000 c328 00000000";
        let values = results(&answer(&[broken, TWO])).unwrap();
        assert_eq!((values[0].value.as_ref(), values[0].status), (None, Some(StatusCode::BadDecodingError)));
        assert_eq!(values[1].value, Some(Variant::from(2.0)));
    }

    #[test]
    fn dimensions_that_overflow_are_refused() {
        let huge = "01 cb 00000000 04000000 ffffff7f ffffff7f ffffff7f 00000000";
        let values = results(&answer(&[huge, TWO])).unwrap();
        assert_eq!(values[0].status, Some(StatusCode::BadDecodingError));
        assert_eq!(values[1].value, Some(Variant::from(2.0)));
    }

    #[test]
    fn a_list_longer_than_the_message_is_refused() {
        let mut body = answer(&[]);
        let count = body.len() - 8;
        body[count..count + 4].copy_from_slice(&u32::MAX.wrapping_shr(1).to_le_bytes());
        assert!(results(&body).is_err());
    }

    #[test]
    fn output_arguments_may_be_empty_matrices_too() {
        let mut body = hex("01 00 cb 02 0000000000000000 00000000 00000000 00 ffffffff 00 00 00 01000000");
        body.extend(hex(
            "00000000 ffffffff ffffffff 02000000 c6 00000000 01000000 00000000 0b 0000000000000040 ffffffff",
        ));
        let response = decode(&body, &ContextOwned::default().context()).unwrap();
        let Response::Call(call) = response else { panic!("decoded as {}", response.service()) };
        let outputs = call.results.unwrap().remove(0).output_arguments.unwrap();
        assert_eq!(outputs[1], Variant::from(2.0));
    }
}
