//! Certificates, revocation lists and requests as records hold them.

use std::fmt;

use iiot_core::ua::ByteString;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

/// A certificate, revocation list or request for a certificate (DER); Base64 in JSON.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Der(pub Vec<u8>);

impl Der {
    /// SHA-256, hexadecimal.
    #[must_use]
    pub fn sha256(&self) -> String {
        Sha256::digest(&self.0).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// As text (RFC 7468), with this label: `CERTIFICATE`, `X509 CRL`.
    #[must_use]
    pub fn to_pem(&self, label: &str) -> String {
        let base64 = ByteString::from(self.0.clone()).as_base64();
        let lines = base64.as_bytes().chunks(64).map(|line| format!("{}\n", String::from_utf8_lossy(line)));
        format!("-----BEGIN {label}-----\n{}-----END {label}-----\n", lines.collect::<String>())
    }
}

impl fmt::Debug for Der {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Der({} bytes, sha256 {})", self.0.len(), &self.sha256()[..16])
    }
}

impl From<Vec<u8>> for Der {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl Serialize for Der {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&ByteString::from(self.0.clone()).as_base64())
    }
}

impl<'de> Deserialize<'de> for Der {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = ByteString::from_base64(&text).and_then(|bytes| bytes.value);
        bytes.map(Self).ok_or_else(|| serde::de::Error::custom("it is not Base64"))
    }
}

impl JsonSchema for Der {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Der".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "contentEncoding": "base64" })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn text_has_lines_of_64_characters() {
        let text = Der(vec![0; 50]).to_pem("X509 CRL");
        let zeros = "A".repeat(64);
        assert_eq!(text, format!("-----BEGIN X509 CRL-----\n{zeros}\nAAA=\n-----END X509 CRL-----\n"));
    }

    #[test]
    fn json_brings_back_the_bytes() {
        for bytes in [vec![], vec![0], (0..=255).collect()] {
            let text = serde_json::to_string(&Der(bytes.clone())).unwrap();
            assert_eq!(serde_json::from_str::<Der>(&text).unwrap(), Der(bytes));
        }
        assert!(serde_json::from_str::<Der>("\"*\"").is_err());
    }
}
