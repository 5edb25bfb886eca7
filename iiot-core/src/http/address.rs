//! What stands in the path and not in the request: `/v1/twins/opc.tcp%3A%2F%2Fplc/read` for `{"endpoint": "opc.tcp://plc"}`.

use bytes::Bytes;
use hyper::StatusCode;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::problem::Refusal;
use crate::error::{Error, ErrorKind};
use crate::operation::POINTER;

/// Takes a member out of the schema of a request, and gives its own.
pub(super) fn taken_out(request: &mut Value, member: &str) -> Value {
    if let Some(required) = request["required"].as_array_mut() {
        required.retain(|name| name != member);
    }
    request["properties"].as_object_mut().and_then(|members| members.remove(member)).unwrap_or_default()
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
pub(super) fn put_in(request: Bytes, member: &str, id: &str) -> Result<Bytes, Error> {
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
    fn paths_are_decoded_once() {
        assert_eq!(decoded("opc.tcp%3A%2F%2Fplc%3a4840%2Fa+b").unwrap(), "opc.tcp://plc:4840/a+b");
        assert_eq!(decoded("%252F").unwrap(), "%2F");
        assert!(decoded("%FF").is_err());
    }
}
