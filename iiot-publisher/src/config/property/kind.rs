//! What the values of a property are.

use iiot_core::session::ItemNode;
use iiot_core::ua::NumericRange;
use serde_json::{Map, Value, json};

use super::Property;
use crate::config::json::Json;
use crate::config::node::ATTRIBUTES;
use crate::config::timespan;
use crate::topic;

/// What the values of a property are. Every one may also be null, which is as if it were not there.
#[derive(Debug, Clone, Copy)]
pub(in crate::config) enum Kind {
    Text,
    /// A text, or a number that stands for one.
    Name,
    /// A text, or where it is to be found.
    Secret,
    Flag,
    /// A whole number from 0.
    Count {
        max: u32,
    },
    Decimal,
    Milliseconds,
    Seconds,
    TimeSpan,
    Time,
    Guid,
    NodeId,
    Url,
    /// A topic template.
    Topic,
    IndexRange,
    /// The name of an attribute, or its number.
    Attribute,
    /// One of these names.
    Choice(fn() -> Vec<&'static str>),
    /// Elements of a browse path.
    Path,
    /// Names of a path, or one of them.
    Names,
    /// Anything.
    Any,
    /// Any object or array.
    Free,
    /// An object with these properties, under this name in the schema.
    ObjectOf(&'static str, fn() -> &'static [Property]),
    /// An array of such objects.
    ListOf(&'static str, fn() -> &'static [Property]),
}

impl Kind {
    /// What is to be said of the unit.
    pub(super) fn unit(self) -> &'static str {
        match self {
            Self::Milliseconds => "In milliseconds.",
            Self::Seconds => "In seconds.",
            Self::TimeSpan => "As [d.]hh:mm:ss[.fffffff].",
            Self::Secret => r#"Or {"$file": "path"} or {"$env": "NAME"}."#,
            _ => "",
        }
    }

    /// Whether it is a value of this kind; what it is instead otherwise, without showing it.
    pub(in crate::config) fn check(self, value: &Json) -> Result<(), String> {
        let text = match value {
            Json::Text(text) => text.trim(),
            _ => "",
        };
        let (fits, expected) = match self {
            _ if *value == Json::Null => return Ok(()),
            Self::Text => (is_text(value), "a text"),
            Self::Secret => (is_text(value) || matches!(value, Json::Object(_)), "a text"),
            Self::Name => (is_text(value) || matches!(value, Json::Number(_)), "a text"),
            Self::Flag => (matches!(value, Json::Bool(_)) || is_flag(text), "true or false"),
            Self::Count { max } => return is_count(value, text, max),
            Self::Decimal => (number(value, text).is_some(), "a number"),
            Self::Milliseconds | Self::Seconds => {
                (number(value, text).is_some_and(|number| number >= 0.0), "a number from 0")
            }
            Self::TimeSpan => (timespan::parse(text).is_some(), "a time span like 00:00:01.5"),
            Self::Time => (is_text(value), "a time like 2026-05-01T10:00:00Z"),
            Self::Guid => (text.parse::<uuid::Uuid>().is_ok(), "a GUID"),
            Self::NodeId => (text.parse::<ItemNode>().is_ok(), "a node id"),
            Self::Url => (is_text(value), "a text"),
            Self::Topic => (is_text(value) && topic::check(text).is_ok(), "a topic template"),
            Self::IndexRange => (text.parse::<NumericRange>().is_ok(), "a range like 1:3"),
            Self::Attribute => (is_text(value) || matches!(value, Json::Number(_)), "the name of an attribute"),
            Self::Choice(names) => {
                let names = names();
                let known = names.iter().any(|name| name.eq_ignore_ascii_case(text));
                return if known { Ok(()) } else { Err(format!("it is none of {}", names.join(", "))) };
            }
            Self::Any => (true, "a value"),
            Self::Names => (is_text(value) || matches!(value, Json::Array(_)), "an array of texts"),
            Self::Path | Self::ListOf(..) => (matches!(value, Json::Array(_)), "an array"),
            Self::Free => (matches!(value, Json::Object(_) | Json::Array(_)), "an object"),
            Self::ObjectOf(..) => (matches!(value, Json::Object(_)), "an object"),
        };
        if fits { Ok(()) } else { Err(format!("it is not {expected}")) }
    }

    /// What the JSON Schema says of its values, without description.
    pub(in crate::config) fn schema(self) -> Map<String, Value> {
        let schema = match self {
            Self::Url => pattern(URL),
            Self::Text => json!({ "type": ["string", "null"] }),
            Self::Name => json!({ "type": ["string", "number", "null"] }),
            Self::Secret => json!({ "$ref": "#/$defs/Secret" }),
            Self::Flag => json!({ "type": ["boolean", "string", "null"], "pattern": "^([Tt]rue|[Ff]alse)$" }),
            Self::Count { max } => whole(max),
            Self::Decimal => json!({ "type": ["number", "string", "null"], "pattern": DECIMAL }),
            Self::Milliseconds | Self::Seconds => {
                json!({ "type": ["number", "string", "null"], "minimum": 0, "pattern": NOT_NEGATIVE })
            }
            Self::TimeSpan => pattern(TIME_SPAN),
            Self::Time => json!({ "type": ["string", "null"], "format": "date-time" }),
            Self::Guid => pattern(GUID),
            Self::NodeId => pattern(NODE_ID),
            Self::Topic => pattern("^[^+#]*$"),
            Self::IndexRange => pattern(INDEX_RANGE),
            Self::Attribute => attribute(),
            Self::Choice(names) => choice(names()),
            Self::Path => json!({ "type": ["array", "null"], "items": { "type": "string", "pattern": PATH_ELEMENT } }),
            Self::Any => json!({}),
            Self::Names => json!({ "type": ["array", "string", "null"], "items": { "type": "string" } }),
            Self::Free => json!({ "type": ["object", "array", "null"] }),
            Self::ObjectOf(name, _) => json!({ "$ref": format!("#/$defs/{name}") }),
            Self::ListOf(name, _) => {
                json!({ "type": ["array", "null"], "items": { "$ref": format!("#/$defs/{name}") } })
            }
        };
        match schema {
            Value::Object(schema) => schema,
            _ => Map::new(),
        }
    }
}

fn is_text(value: &Json) -> bool {
    matches!(value, Json::Text(_))
}

fn is_flag(text: &str) -> bool {
    text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false")
}

fn number(value: &Json, text: &str) -> Option<f64> {
    let number = match value {
        Json::Number(number) => Some(*number),
        _ => text.parse().ok(),
    };
    number.filter(|number: &f64| number.is_finite())
}

fn is_count(value: &Json, text: &str, max: u32) -> Result<(), String> {
    let whole = |number: &f64| number.fract() == 0.0 && (0.0..=f64::from(max)).contains(number);
    match number(value, text).filter(whole) {
        Some(_) => Ok(()),
        None => Err(format!("it is not a whole number from 0 to {max}")),
    }
}

fn pattern(pattern: &str) -> Value {
    json!({ "type": ["string", "null"], "pattern": pattern })
}

fn whole(max: u32) -> Value {
    json!({ "type": ["integer", "string", "null"], "minimum": 0, "maximum": max, "pattern": "^[0-9]+$" })
}

fn choice(names: Vec<&str>) -> Value {
    let names = names.into_iter().map(Value::from);
    json!({ "enum": names.chain([Value::Null]).collect::<Vec<_>>() })
}

fn attribute() -> Value {
    let names = ATTRIBUTES.iter().map(|(name, _)| Value::from(*name));
    let numbers = ATTRIBUTES.iter().map(|(_, number)| Value::from(*number));
    json!({ "enum": names.chain(numbers).chain([Value::Null]).collect::<Vec<_>>() })
}

const URL: &str = "^[Oo][Pp][Cc]\\.[Tt][Cc][Pp]://[^/@:][^/@]*(/.*)?$";
const DECIMAL: &str = "^[+-]?[0-9]*\\.?[0-9]+([eE][+-]?[0-9]+)?$";
const NOT_NEGATIVE: &str = "^\\+?[0-9]*\\.?[0-9]+([eE][+-]?[0-9]+)?$";
const TIME_SPAN: &str = "^([0-9]{1,8}|([0-9]{1,8}\\.)?([01]?[0-9]|2[0-3]):[0-5]?[0-9](:[0-5]?[0-9](\\.[0-9]{1,7})?)?)$";
const GUID: &str = "^\\{?[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}\\}?$";
const NODE_ID: &str = "^(svr=0;)?((ns=[0-9]+;|nsu=[^;]+;)?[isgb]=.+|[^#=;]+#.*[isgb]=.+)$";
const INDEX_RANGE: &str = "^[0-9]+(:[0-9]+)?(,[0-9]+(:[0-9]+)?)*$";
/// A way and a name.
const PATH_ELEMENT: &str = "^[/.<!#].+|^[^/.<!#].*$";
