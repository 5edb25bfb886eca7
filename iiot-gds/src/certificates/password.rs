//! The password of a private key on its way.

use std::fmt;

use iiot_core::operation::POINTER;
use iiot_core::session::Secret;
use iiot_core::{Error, ErrorKind, Result};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The password that protects a private key on its way to its application: 12 to 128 printable ASCII characters, since
/// formats and systems disagree on the bytes of others.
///
/// It is never printed, and left out of what records of requests are made from.
///
/// ```
/// use iiot_gds::certificates::Password;
///
/// let password = Password::from("correct horse battery");
/// password.check()?;
/// assert_eq!(format!("{password:?}"), "Password");
/// assert!(Password::from("too short").check().is_err());
/// # Ok::<(), iiot_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Password(Secret);

impl Password {
    /// Whether it is long enough, and means the same everywhere.
    ///
    /// # Errors
    /// `InvalidArgument`, which never tells the password.
    pub fn check(&self) -> Result<()> {
        let text = self.0.expose();
        let printable = text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        if printable && (LEAST..=MOST).contains(&text.len()) {
            return Ok(());
        }
        let message = "the password of a key has 12 to 128 printable ASCII characters";
        Err(Error::new(ErrorKind::InvalidArgument, "finish request", message).with(POINTER, "#/password"))
    }

    /// The text itself, for whoever encrypts with it.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

impl From<&str> for Password {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password")
    }
}

impl Serialize for Password {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.expose())
    }
}

impl<'de> Deserialize<'de> for Password {
    /// What is no text is refused without being repeated, as serde would: it may be a password all the same.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match serde_json::Value::deserialize(deserializer)? {
            serde_json::Value::String(text) => Ok(Self(text.into())),
            _ => Err(serde::de::Error::custom("a password is a text")),
        }
    }
}

impl JsonSchema for Password {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Password".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "password", "writeOnly": true, "minLength": LEAST, "maxLength": MOST,
            "pattern": "^[ -~]*$" })
    }
}

const LEAST: usize = 12;
const MOST: usize = 128;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_is_refused_is_not_repeated() {
        for json in ["123456789012", "true", "[\"123456789012\"]", "{\"is\": \"123456789012\"}"] {
            let error = serde_json::from_str::<Password>(json).unwrap_err().to_string();
            assert!(error.contains("a password is a text") && !error.contains("1234"), "{error}");
        }
        for text in ["short", &"x".repeat(129), "with\nline feed", "pässwörd pässwörd"] {
            let error = format!("{:?}", Password::from(text).check().unwrap_err());
            assert!(!error.contains(text), "{error}");
        }
    }
}
