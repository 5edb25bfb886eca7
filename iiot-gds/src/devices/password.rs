//! Passwords in requests.

use std::borrow::Cow;

use iiot_core::session::Secret;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A password on its way to the manager. It is never printed and never answered; 1,024 bytes at most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Password(pub Secret);

const MAX_BYTES: usize = 1024;

impl Serialize for Password {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.expose())
    }
}

impl<'de> Deserialize<'de> for Password {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let secret = Secret::from(String::deserialize(deserializer)?);
        let too_long = || serde::de::Error::custom("a password has 1,024 bytes at most");
        if secret.expose().len() > MAX_BYTES { Err(too_long()) } else { Ok(Self(secret)) }
    }
}

impl JsonSchema for Password {
    fn schema_name() -> Cow<'static, str> {
        "Password".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "password", "writeOnly": true, "maxLength": MAX_BYTES })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn it_is_read_and_never_printed() {
        let password: Password = serde_json::from_str("\"s3cret\"").unwrap();
        assert_eq!((password.0.expose(), format!("{password:?}").contains("s3cret")), ("s3cret", false));
        assert!(serde_json::from_str::<Password>(&format!("\"{}\"", "x".repeat(1025))).is_err());
    }
}
