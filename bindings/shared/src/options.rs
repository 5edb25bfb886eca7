//! Options as the host language gives them: JSON.

use iiot::core::session::Secret;
use iiot::{Error, ErrorKind, Result};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// The member `kind` of options, and the others.
pub(crate) fn kind(options: &[u8]) -> Result<(String, Value)> {
    let mut members: Map<String, Value> = serde_json::from_slice(options)
        .map_err(|cause| Error::new(ErrorKind::InvalidArgument, READ, "they are no JSON object").because(cause))?;
    match members.remove("kind") {
        Some(Value::String(kind)) => Ok((kind, members.into())),
        _ => Err(wrong("kind", "it says what the options are of, and is missing")),
    }
}

/// What options say.
///
/// # Errors
/// `InvalidArgument` with the member that is wrong.
pub(crate) fn of<T: DeserializeOwned>(options: Value) -> Result<T> {
    serde_path_to_error::deserialize(options).map_err(|cause| {
        let member = cause.path().to_string();
        Error::new(ErrorKind::InvalidArgument, READ, cause.into_inner().to_string()).with("member", member)
    })
}

/// A text that is never shown.
pub(crate) fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
    String::deserialize(deserializer).map(Secret::from)
}

/// A text that is never shown, or none.
pub(crate) fn maybe_secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Secret>, D::Error> {
    Option::<String>::deserialize(deserializer).map(|text| text.map(Secret::from))
}

/// A member that is wrong although it can be read.
pub(crate) fn wrong(member: &'static str, message: &'static str) -> Error {
    Error::new(ErrorKind::InvalidArgument, READ, message).with("member", member)
}

const READ: &str = "read options";
