//! Whether a value lies within limits.

use iiot_core::json::{ReadOptions, read_variant};
use iiot_core::ua::{StatusCode, Variant};
use serde_json::Value;

use crate::Status;

/// The least and the greatest number, both allowed.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Limits {
    pub(super) min: Option<f64>,
    pub(super) max: Option<f64>,
}

impl Limits {
    /// Checks a value as a request has it, arrays element by element. With a limit, only finite numbers pass; text that
    /// would be read as a number because of the variable's type does not, unless it says its type itself.
    ///
    /// # Errors
    /// `BadOutOfRange` if it is outside, `BadTypeMismatch` if it is no number.
    pub(super) fn check(&self, value: &Value) -> Result<(), Status> {
        if *self == Self::default() {
            return Ok(());
        }
        if value.as_object().is_some_and(|members| members.contains_key("UaType")) {
            let variant = read_variant(value, &ReadOptions::default());
            return self.check_variant(&variant.map_err(|error| no_number(&error.report()))?);
        }
        self.check_plain(value)
    }

    fn check_plain(&self, value: &Value) -> Result<(), Status> {
        match value {
            Value::Array(elements) => elements.iter().try_for_each(|element| self.check_plain(element)),
            Value::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
                (Some(number), _, _) => self.check_integer(number.into()),
                (_, Some(number), _) => self.check_integer(number.into()),
                (_, _, Some(number)) => self.check_float(number),
                _ => Err(no_number("it is too long")),
            },
            _ => Err(no_number("say its type, as {\"UaType\": 9, \"Value\": \"5\"}, if it is one")),
        }
    }

    fn check_variant(&self, value: &Variant) -> Result<(), Status> {
        match value {
            Variant::SByte(number) => self.check_integer((*number).into()),
            Variant::Byte(number) => self.check_integer((*number).into()),
            Variant::Int16(number) => self.check_integer((*number).into()),
            Variant::UInt16(number) => self.check_integer((*number).into()),
            Variant::Int32(number) => self.check_integer((*number).into()),
            Variant::UInt32(number) => self.check_integer((*number).into()),
            Variant::Int64(number) => self.check_integer((*number).into()),
            Variant::UInt64(number) => self.check_integer((*number).into()),
            Variant::Float(number) => self.as_of_float().check_float((*number).into()),
            Variant::Double(number) => self.check_float(*number),
            Variant::Variant(value) => self.check_variant(value),
            Variant::Array(array) => array.values.iter().try_for_each(|element| self.check_variant(element)),
            _ => Err(no_number("it is of another type")),
        }
    }

    /// A limit that a Float cannot hold exactly is the nearest Float.
    #[allow(clippy::cast_possible_truncation)]
    fn as_of_float(self) -> Self {
        let nearest = |limit: f64| f64::from(limit as f32);
        Self { min: self.min.map(nearest), max: self.max.map(nearest) }
    }

    /// Without rounding: of a limit beyond 2^53, too.
    #[allow(clippy::cast_possible_truncation)]
    fn check_integer(&self, number: i128) -> Result<(), Status> {
        let below = self.min.is_some_and(|min| number < min.ceil() as i128);
        let above = self.max.is_some_and(|max| number > max.floor() as i128);
        if below || above { Err(self.outside(&number.to_string())) } else { Ok(()) }
    }

    fn check_float(&self, number: f64) -> Result<(), Status> {
        let inside = self.min.is_none_or(|min| number >= min) && self.max.is_none_or(|max| number <= max);
        if inside && number.is_finite() { Ok(()) } else { Err(self.outside(&number.to_string())) }
    }

    fn outside(&self, number: &str) -> Status {
        let limit = |limit: Option<f64>| limit.map_or_else(String::new, |limit| limit.to_string());
        let reason = format!("{number} is not within {}..{}, which the guard allows", limit(self.min), limit(self.max));
        Status::because(StatusCode::BadOutOfRange, reason)
    }
}

fn no_number(reason: &str) -> Status {
    Status::because(StatusCode::BadTypeMismatch, format!("the guard has limits here, and it is no number: {reason}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(min: Option<f64>, max: Option<f64>, value: &Value) -> String {
        Limits { min, max }.check(value).map_or_else(|status| status.symbol, |()| "Good".into())
    }

    #[test]
    fn numbers_pass_within_their_limits() {
        let cases = [
            (json!(0), "Good"),
            (json!(100), "Good"),
            (json!(100.5), "Good"),
            (json!(101), "BadOutOfRange"),
            (json!(-0.1), "BadOutOfRange"),
            (json!([1, 2, [3, 101]]), "BadOutOfRange"),
            (json!([1, 2, 3.5]), "Good"),
            (json!(18_446_744_073_709_551_615_u64), "BadOutOfRange"),
            (json!({ "UaType": 11, "Value": 21.5 }), "Good"),
            (json!({ "UaType": 11, "Value": 100.6 }), "BadOutOfRange"),
            (json!({ "UaType": 11, "Value": "NaN" }), "BadOutOfRange"),
            (json!({ "UaType": 11, "Value": "-Infinity" }), "BadOutOfRange"),
            (json!({ "UaType": 9, "Value": "101" }), "BadOutOfRange"),
            (json!({ "UaType": 9, "Value": "100" }), "Good"),
            (json!({ "UaType": 6, "Value": [1, 2, 101] }), "BadOutOfRange"),
            (json!({ "UaType": 6, "Value": [1, 2, 3, 101], "Dimensions": [2, 2] }), "BadOutOfRange"),
            (json!({ "UaType": 24, "Value": [{ "UaType": 6, "Value": 101 }] }), "BadOutOfRange"),
            (json!({ "UaType": 12, "Value": "5" }), "BadTypeMismatch"),
            (json!({ "UaType": 1, "Value": true }), "BadTypeMismatch"),
            (json!({ "UaType": 11, "Value": {} }), "BadTypeMismatch"),
            (json!({ "Type": 11, "Body": 5 }), "BadTypeMismatch"),
            (json!({ "Array": [1], "Dimensions": [1] }), "BadTypeMismatch"),
            (json!("5"), "BadTypeMismatch"),
            (json!(true), "BadTypeMismatch"),
            (json!(null), "BadTypeMismatch"),
        ];
        for (value, expected) in cases {
            assert_eq!(check(Some(0.0), Some(100.5), &value), expected, "{value}");
        }
        assert_eq!(check(None, None, &json!("anything")), "Good");
    }

    #[test]
    fn one_limit_does_not_let_what_has_no_end_pass() {
        for text in ["Infinity", "NaN"] {
            assert_eq!(check(Some(0.0), None, &json!({ "UaType": 11, "Value": text })), "BadOutOfRange");
        }
        assert_eq!(check(None, Some(0.1), &json!({ "UaType": 10, "Value": 0.1 })), "Good");
        assert_eq!(check(None, Some(9_007_199_254_740_992.0), &json!(9_007_199_254_740_993_i64)), "BadOutOfRange");
    }
}
