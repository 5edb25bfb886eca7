//! A request of one of many places, whose table knows nothing of places.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::error::{Error, ErrorKind, Result};

/// A request, and beside it what it is about; see [`Addressed::beside`](super::Addressed::beside).
///
/// ```
/// use iiot_core::operation::Beside;
///
/// let beside = Beside::read("edge", br#"{"edge": "hall-2", "request": {"limit": 5}}"#)?;
/// assert_eq!((beside.of.as_str(), beside.request), ("hall-2", &br#"{"limit": 5}"#[..]));
/// assert_eq!(beside.write("edge"), br#"{"edge":"hall-2","request":{"limit": 5}}"#);
/// # Ok::<(), iiot_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beside<'a> {
    /// What it is about.
    pub of: String,
    /// The request as it was sent.
    pub request: &'a [u8],
}

impl<'a> Beside<'a> {
    /// Takes them apart; `member` is what names the thing.
    ///
    /// # Errors
    /// `InvalidArgument` if one of them is missing.
    pub fn read(member: &str, json: &'a [u8]) -> Result<Self> {
        let refused = |message| Error::new(ErrorKind::InvalidArgument, "take the request", message);
        let parsed: Result<BTreeMap<String, &'a RawValue>, _> = serde_json::from_slice(json);
        let members = parsed.map_err(|cause| refused("it does not parse").because(cause))?;
        let of = members.get(member).and_then(|of| serde_json::from_str(of.get()).ok());
        let of: String = of.ok_or_else(|| refused("it does not say what it is about").with("member", member))?;
        let request = members.get("request").ok_or_else(|| refused("the member `request` is missing"))?;
        Ok(Self { of, request: request.get().as_bytes() })
    }

    /// Puts them together. The request must be JSON.
    #[must_use]
    pub fn write(&self, member: &str) -> Vec<u8> {
        let of = serde_json::Value::from(self.of.as_str());
        let head = format!("{{{}:{of},\"request\":", serde_json::Value::from(member));
        [head.as_bytes(), self.request, b"}"].concat()
    }
}
