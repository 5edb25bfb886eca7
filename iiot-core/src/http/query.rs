//! Requests as query parameters: `?intervalMs=1000` for `{"intervalMs": 1000}`.

use hyper::StatusCode;
use serde_json::{Map, Value};
use url::form_urlencoded;

use super::problem::Refusal;
use crate::error::ErrorKind;

/// A field of a request that stands in a query.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) required: bool,
    /// Of the value alone; that it may be null is left out, as it may be absent.
    pub(super) schema: Value,
    plain: Plain,
}

/// What a text in a query stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plain {
    Text,
    Number,
    Boolean,
}

/// The fields of a request as parameters; `None` if one of them is a list or an object.
pub(super) fn parameters(request: &Value) -> Option<Vec<Parameter>> {
    if request.get("type")?.as_str()? != "object" {
        return None;
    }
    let required = |name: &str| request["required"].as_array().is_some_and(|all| all.iter().any(|one| one == name));
    let Some(properties) = request.get("properties") else { return Some(Vec::new()) };
    let parameter = |(name, schema): (&String, &Value)| {
        let schema = without_null(schema)?;
        let plain = plain(&schema, request)?;
        Some(Parameter { name: name.clone(), required: required(name), schema, plain })
    };
    properties.as_object()?.iter().map(parameter).collect()
}

/// The request that a query stands for. Types are as the schema has them; what does not fit stays a text, which the
/// operation then refuses by its place.
pub(super) fn to_request(query: &str, parameters: &[Parameter]) -> Result<Vec<u8>, Refusal> {
    let mut request = Map::new();
    for (name, text) in form_urlencoded::parse(query.as_bytes()) {
        let plain = parameters.iter().find(|parameter| parameter.name == name).map(|parameter| parameter.plain);
        if request.insert(name.to_string(), value(&text, plain)).is_some() {
            let message = format!("the parameter {name} is there twice");
            return Err(Refusal::new(StatusCode::BAD_REQUEST, ErrorKind::InvalidArgument, message));
        }
    }
    Ok(serde_json::to_vec(&request).expect("a map of plain values can be written"))
}

fn value(text: &str, plain: Option<Plain>) -> Value {
    let parsed = match plain {
        Some(Plain::Number | Plain::Boolean) => serde_json::from_str(text).ok(),
        _ => None,
    };
    let fits = parsed.filter(|value: &Value| value.is_number() || value.is_boolean());
    fits.unwrap_or_else(|| Value::from(text))
}

/// The schema of the value where it is there: of `["integer", "null"]` the integer, of "a reference or null" the reference.
fn without_null(schema: &Value) -> Option<Value> {
    let mut schema = schema.clone();
    if let Some(types) = schema.get("type").and_then(Value::as_array) {
        let types: Vec<&Value> = types.iter().filter(|one| *one != "null").collect();
        let [only] = types.as_slice() else { return None };
        schema["type"] = (*only).clone();
    }
    if let Some(choices) = schema.get("anyOf").and_then(Value::as_array) {
        let choices: Vec<&Value> = choices.iter().filter(|one| one["type"] != "null").collect();
        let [only] = choices.as_slice() else { return None };
        return without_null(only);
    }
    if let Some(object) = schema.as_object_mut() {
        object.remove("default");
    }
    Some(schema)
}

fn plain(schema: &Value, root: &Value) -> Option<Plain> {
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        return plain(root.pointer(reference.strip_prefix('#')?)?, root);
    }
    if let Some(choices) = schema.get("oneOf").and_then(Value::as_array) {
        let texts = choices.iter().all(|choice| plain(choice, root) == Some(Plain::Text));
        return texts.then_some(Plain::Text);
    }
    match schema.get("type")?.as_str()? {
        "string" => Some(Plain::Text),
        "integer" | "number" => Some(Plain::Number),
        "boolean" => Some(Plain::Boolean),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use schemars::{JsonSchema, schema_for};
    use serde_json::json;

    use super::*;
    use crate::operation::Role;
    use crate::time::UtcTime;

    #[derive(JsonSchema)]
    #[allow(dead_code)]
    struct Flat {
        number: u32,
        maybe: Option<f64>,
        text: String,
        role: Role,
        since: Option<UtcTime>,
        yes: bool,
    }

    #[derive(JsonSchema)]
    #[allow(dead_code)]
    struct Deep {
        list: Vec<u32>,
    }

    #[test]
    fn plain_fields_are_parameters_and_others_are_not() {
        let parameters = parameters(schema_for!(Flat).as_value()).unwrap();
        let mut found: Vec<_> = parameters.iter().map(|one| (one.name.as_str(), one.required, one.plain)).collect();
        found.sort_by_key(|(name, ..)| *name);
        let expected = [
            ("maybe", false, Plain::Number),
            ("number", true, Plain::Number),
            ("role", true, Plain::Text),
            ("since", false, Plain::Text),
            ("text", true, Plain::Text),
            ("yes", true, Plain::Boolean),
        ];
        assert_eq!(found, expected);
        assert_eq!(super::parameters(schema_for!(Deep).as_value()), None);
    }

    #[test]
    fn a_query_becomes_a_request_of_the_right_types() {
        let parameters = parameters(schema_for!(Flat).as_value()).unwrap();
        let request = to_request("number=7&text=7&yes=true&maybe=1.5&more=x%20y", &parameters).unwrap();
        let request: Value = serde_json::from_slice(&request).unwrap();
        assert_eq!(request, json!({ "number": 7, "text": "7", "yes": true, "maybe": 1.5, "more": "x y" }));
        assert_eq!(to_request("number=x", &parameters).unwrap(), br#"{"number":"x"}"#);
        assert_eq!(to_request("number=[1]", &parameters).unwrap(), br#"{"number":"[1]"}"#);
        assert!(to_request("number=1&number=2", &parameters).is_err());
    }
}
