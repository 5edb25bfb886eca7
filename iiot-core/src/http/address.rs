//! What stands in the path and not in the request: `/v1/twins/opc.tcp%3A%2F%2Fplc/read` for `{"endpoint": "opc.tcp://plc"}`.

use bytes::Bytes;
use hyper::StatusCode;
use percent_encoding::percent_decode_str;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::problem::Refusal;
use crate::error::{Error, ErrorKind};
use crate::operation::{Addressed, Beside, POINTER};

/// Takes a member out of the schema of a request, and gives its own.
pub(super) fn taken_out(request: &mut Value, member: &str) -> Value {
    if let Some(required) = request["required"].as_array_mut() {
        required.retain(|name| name != member);
    }
    request["properties"].as_object_mut().and_then(|members| members.remove(member)).unwrap_or_default()
}

/// The schema of what stands beside the request.
pub(super) fn beside(about: &'static str) -> Value {
    json!({ "type": "string", "minLength": 1, "maxLength": 256, "description": about })
}

/// The request with what stands in the path, in it or beside it.
pub(super) fn addressed(request: Bytes, of: Addressed, id: &str) -> Result<Bytes, Error> {
    match of.beside {
        None => put_in(request, of.member, id),
        Some(_) => put_beside(&request, of.member, id),
    }
}

/// What is no JSON could say something of its own beside it, so it is refused here.
fn put_beside(request: &[u8], member: &str, id: &str) -> Result<Bytes, Error> {
    let request: &RawValue = serde_json::from_slice(request).map_err(|cause| {
        let message = format!("the request does not parse: {cause}");
        Error::new(ErrorKind::InvalidArgument, "take the request", message).with(POINTER, "#")
    })?;
    Ok(Beside { of: id.to_owned(), request: request.get().as_bytes() }.write(member).into())
}

/// The text that a segment of a path stands for.
pub(super) fn decoded(segment: &str) -> Result<String, Refusal> {
    let decoded = percent_decode_str(segment).decode_utf8();
    decoded.map(Into::into).map_err(|_| {
        let message = "the path is no text: write each byte of its UTF-8 as %XX";
        Refusal::new(StatusCode::BAD_REQUEST, ErrorKind::InvalidArgument, message)
    })
}

/// The request with the member that stands in the path, behind the others, so that places which a failure tells are those
/// of the body as it was sent. What is no object is left to the operation, which says so.
fn put_in(request: Bytes, member: &str, id: &str) -> Result<Bytes, Error> {
    let Ok(Value::Object(members)) = serde_json::from_slice(&request) else { return Ok(request) };
    if members.contains_key(member) {
        let message = format!("{member} stands in the path, and not in the request too");
        let error = Error::new(ErrorKind::InvalidArgument, "take the request", message);
        return Err(error.with(POINTER, format!("#/{member}")));
    }
    let open = request.trim_ascii_end().strip_suffix(b"}").unwrap_or_default();
    let comma = if members.is_empty() { "" } else { "," };
    let more = format!("{comma}{}:{}}}", Value::from(member), Value::from(id));
    Ok([open, more.as_bytes()].concat().into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;

    #[test]
    fn a_member_moves_from_the_request_to_the_path() {
        let mut schema = json!({ "properties": { "id": { "type": "string" }, "a": {} }, "required": ["id", "a"] });
        assert_eq!(taken_out(&mut schema, "id"), json!({ "type": "string" }));
        assert_eq!(schema, json!({ "properties": { "a": {} }, "required": ["a"] }));
    }

    #[test]
    fn it_is_put_back_behind_the_others() {
        let put = |body: &'static str| put_in(Bytes::from(body), "id", "a\"b");
        for (body, whole) in [
            ("{}", r#"{"id":"a\"b"}"#),
            ("{ }\n", r#"{ "id":"a\"b"}"#),
            (r#"{"x":{}} "#, r#"{"x":{},"id":"a\"b"}"#),
            (r#"{"x":18446744073709551616}"#, r#"{"x":18446744073709551616,"id":"a\"b"}"#),
            ("{", "{"),
            ("[]", "[]"),
            ("{}}", "{}}"),
            ("", ""),
        ] {
            assert_eq!(put(body).unwrap(), whole, "{body}");
        }
        assert_eq!(put(r#"{"id":"other"}"#).unwrap_err().context(), [(POINTER.into(), "#/id".to_owned())]);
        assert_eq!(put(r#"{"\u0069d":"other"}"#).unwrap_err().kind(), ErrorKind::InvalidArgument);
    }

    #[test]
    fn what_stands_beside_a_request_cannot_be_said_by_it() {
        let of = Addressed { member: "edge", collection: "edges", beside: Some("The edge.") };
        let put = |body: &'static str| addressed(Bytes::from(body), of, "hall \"2\"");
        let whole = put(" {\"edge\": 1}\n").unwrap();
        assert_eq!(whole, "{\"edge\":\"hall \\\"2\\\"\",\"request\":{\"edge\": 1}}");
        assert_eq!(Beside::read("edge", &whole).unwrap().request, b"{\"edge\": 1}");
        for body in ["", "{", r#"{},"edge":"other""#, r#"1}, {"edge":"other""#] {
            assert_eq!(put(body).unwrap_err().kind(), ErrorKind::InvalidArgument, "{body}");
        }
    }

    #[test]
    fn paths_are_decoded_once() {
        assert_eq!(decoded("opc.tcp%3A%2F%2Fplc%3a4840%2Fa+b").unwrap(), "opc.tcp://plc:4840/a+b");
        assert_eq!(decoded("%252F").unwrap(), "%2F");
        assert!(decoded("%FF").is_err());
    }
}
