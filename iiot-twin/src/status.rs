//! How an item went.

use iiot_core::Error;
use iiot_core::ua::{StatusCode, SubStatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An OPC UA StatusCode with its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// The number, info bits included (OPC 10000-4 §7.39).
    pub code: u32,
    /// The name: `Good`, `BadNodeIdUnknown`; hexadecimal for those without one.
    pub symbol: String,
    /// Why, where more is known than the code says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Status {
    /// All is well.
    #[must_use]
    pub fn good() -> Self {
        StatusCode::Good.into()
    }

    /// A code with a reason.
    #[must_use]
    pub fn because(code: StatusCode, reason: impl Into<String>) -> Self {
        Self { reason: Some(reason.into()), ..code.into() }
    }

    /// The code.
    #[must_use]
    pub fn code(&self) -> StatusCode {
        StatusCode::from(self.code)
    }

    /// Whether the code says so.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.code().is_good()
    }

    /// Whether the code says so.
    #[must_use]
    pub fn is_bad(&self) -> bool {
        self.code().is_bad()
    }
}

impl Default for Status {
    fn default() -> Self {
        Self::good()
    }
}

impl From<StatusCode> for Status {
    fn from(code: StatusCode) -> Self {
        let bits = code.bits();
        let known = SubStatusCode::from_value(bits & 0xffff_0000);
        let name = known.filter(|known| !matches!(known, SubStatusCode::Invalid)).map(|known| known.name().to_owned());
        Self { code: bits, symbol: name.unwrap_or_else(|| format!("0x{bits:08X}")), reason: None }
    }
}

impl From<&Error> for Status {
    fn from(error: &Error) -> Self {
        Self::because(error.status(), error.report())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_their_names() {
        assert_eq!(Status::good().symbol, "Good");
        let bad = Status::from(StatusCode::BadNodeIdUnknown);
        assert_eq!((bad.code, bad.symbol.as_str(), bad.is_bad()), (0x8034_0000, "BadNodeIdUnknown", true));
        assert_eq!(Status::from(StatusCode::from(0x8034_0480)).symbol, "BadNodeIdUnknown");
        assert_eq!(Status::from(StatusCode::from(0x9fff_0000)).symbol, "0x9FFF0000");
    }
}
