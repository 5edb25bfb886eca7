//! Requests as query parameters: `?intervalMs=1000&node=i=2258&node=i=2259` for
//! `{"intervalMs": 1000, "nodes": [{"node": "i=2258"}, {"node": "i=2259"}]}`; the rules are told in [`http`](crate::http).

use hyper::StatusCode;
use serde_json::{Map, Value, json};
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
    /// The object of the request that the field is in, where it is not the request itself.
    within: Option<String>,
    member: String,
    form: Form,
    plain: Plain,
}

/// What the texts of a parameter are put together to.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Form {
    /// There is one.
    One,
    /// Each is an element.
    List,
    /// Each is this member of an element.
    Objects(String),
}

/// What a text in a query stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plain {
    Text,
    Number,
    Boolean,
}

/// The fields of a request as parameters; `None` if a query cannot say one that must be there.
pub(super) fn parameters(request: &Value) -> Option<Vec<Parameter>> {
    if request.get("type")?.as_str()? != "object" {
        return None;
    }
    let mut all = Vec::new();
    for (name, schema) in members(request) {
        let required = is_required(request, name);
        match parameter(name, schema, request, required) {
            Some(parameter) => all.push(parameter),
            None if required => return None,
            None => all.extend(within(name, schema, request)),
        }
    }
    Some(all)
}

/// The request that a query stands for. Types are as the schema has them; what does not fit stays a text, which the
/// operation then refuses by its place.
pub(super) fn to_request(query: &str, parameters: &[Parameter]) -> Result<Vec<u8>, Refusal> {
    let mut request = Map::new();
    for (name, text) in form_urlencoded::parse(query.as_bytes()) {
        let has_room = match parameters.iter().find(|parameter| parameter.name == name) {
            Some(parameter) => parameter.put(&mut request, &text),
            None => put_once(&mut request, &name, Value::from(text)),
        };
        if !has_room {
            let message = format!("the parameter {name} is there twice, or more than {MAX_ELEMENTS} times");
            return Err(Refusal::new(StatusCode::BAD_REQUEST, ErrorKind::InvalidArgument, message));
        }
    }
    Ok(serde_json::to_vec(&request).expect("a map of plain values can be written"))
}

impl Parameter {
    /// Puts one text into the request, unless something else is there.
    fn put(&self, request: &mut Map<String, Value>, text: &str) -> bool {
        let value = value(text, self.plain);
        let holder = match &self.within {
            Some(name) => request.entry(name).or_insert_with(|| json!({})).as_object_mut(),
            None => Some(request),
        };
        let Some(holder) = holder else { return false };
        match &self.form {
            Form::One => put_once(holder, &self.member, value),
            Form::List => push(holder, &self.member, value),
            Form::Objects(member) => push(holder, &self.member, json!({ member: value })),
        }
    }
}

fn put_once(holder: &mut Map<String, Value>, name: &str, value: Value) -> bool {
    holder.insert(name.to_owned(), value).is_none()
}

fn push(holder: &mut Map<String, Value>, name: &str, value: Value) -> bool {
    let list = holder.entry(name).or_insert_with(|| json!([])).as_array_mut();
    list.filter(|list| list.len() < MAX_ELEMENTS).map(|list| list.push(value)).is_some()
}

fn value(text: &str, plain: Plain) -> Value {
    let parsed = match plain {
        Plain::Number | Plain::Boolean => serde_json::from_str(text).ok(),
        Plain::Text => None,
    };
    let fits = parsed.filter(|value: &Value| value.is_number() || value.is_boolean());
    fits.unwrap_or_else(|| Value::from(text))
}

/// A field as a parameter, if it is plain or a list that can be given element by element.
fn parameter(name: &str, schema: &Value, root: &Value, required: bool) -> Option<Parameter> {
    let mut schema = without_null(schema)?;
    let each = schema.as_object_mut().and_then(|schema| schema.remove("x-iiot-each"));
    let (form, plain) = match schema["type"].as_str() {
        Some("array") => elements(&mut schema, root)?,
        _ => (Form::One, plain(&schema, root)?),
    };
    let own = match &form {
        Form::Objects(member) if root["properties"].get(member).is_none() => member,
        _ => name,
    };
    let named = each.as_ref().and_then(Value::as_str).unwrap_or(own);
    if form != Form::One {
        schema["minItems"] = if required { 1 } else { 0 }.into();
        schema["maxItems"] = schema["maxItems"].as_u64().unwrap_or(u64::MAX).min(MAX_ELEMENTS as u64).into();
    }
    Some(Parameter { name: named.to_owned(), required, within: None, member: name.to_owned(), form, plain, schema })
}

/// What the elements of a list are; its schema becomes that of a list of what stands in the query.
fn elements(list: &mut Value, root: &Value) -> Option<(Form, Plain)> {
    let items = resolved(&list["items"], root)?.clone();
    if let Some(plain) = plain(&items, root) {
        return Some((Form::List, plain));
    }
    let [only] = items["required"].as_array()?.as_slice() else { return None };
    let (member, schema) = (only.as_str()?, without_null(&items["properties"][only.as_str()?])?);
    let plain = plain(&schema, root)?;
    list["items"] = schema;
    Some((Form::Objects(member.to_owned()), plain))
}

/// The fields of an object that may be left out, each behind a dot.
fn within(name: &str, schema: &Value, root: &Value) -> Vec<Parameter> {
    let object = without_null(schema).and_then(|schema| resolved(&schema, root).cloned()).unwrap_or_default();
    let parameter = |(member, schema): (&String, &Value)| {
        let inner = parameter(member, schema, root, false)?;
        Some(Parameter { name: format!("{name}.{}", inner.name), within: Some(name.to_owned()), ..inner })
    };
    match object["required"].as_array() {
        Some(required) if !required.is_empty() => Vec::new(),
        _ => members(&object).filter_map(parameter).collect(),
    }
}

fn members(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema.get("properties").and_then(Value::as_object).into_iter().flatten()
}

fn is_required(schema: &Value, name: &str) -> bool {
    schema["required"].as_array().is_some_and(|all| all.iter().any(|one| one == name))
}

/// The schema behind a reference.
fn resolved<'a>(schema: &'a Value, root: &'a Value) -> Option<&'a Value> {
    match schema.get("$ref").and_then(Value::as_str) {
        Some(reference) => root.pointer(reference.strip_prefix('#')?),
        None => Some(schema),
    }
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
    let schema = resolved(schema, root)?;
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

/// Elements of a list in a query, which has to fit among the headers; more are for POST.
const MAX_ELEMENTS: usize = 50;

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
        #[schemars(extend("x-iiot-each" = "number"))]
        numbers: Vec<u32>,
        nodes: Vec<Node>,
        #[serde(default)]
        roles: Vec<Role>,
        #[serde(default)]
        header: Header,
        #[serde(default)]
        any: Value,
    }

    #[derive(JsonSchema)]
    #[allow(dead_code)]
    struct Node {
        node: String,
        range: Option<String>,
    }

    #[derive(JsonSchema, Default, serde::Serialize)]
    #[allow(dead_code)]
    #[serde(default)]
    struct Header {
        timeout: Option<u32>,
        locales: Vec<String>,
    }

    #[derive(JsonSchema)]
    #[allow(dead_code)]
    struct TooDeep {
        pairs: Vec<(u32, u32)>,
    }

    #[derive(JsonSchema)]
    #[allow(dead_code)]
    struct NoneOfOne {
        one: Header,
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
        assert_eq!(super::parameters(schema_for!(TooDeep).as_value()), None);
        assert_eq!(super::parameters(schema_for!(NoneOfOne).as_value()), None);
    }

    #[test]
    fn lists_are_repeated_and_objects_within_stand_behind_a_dot() {
        let parameters = parameters(schema_for!(Deep).as_value()).unwrap();
        let mut found: Vec<_> = parameters.iter().map(|one| (one.name.as_str(), one.required)).collect();
        found.sort_unstable();
        let expected =
            [("header.locales", false), ("header.timeout", false), ("node", true), ("number", true), ("roles", false)];
        assert_eq!(found, expected);
        let node = parameters.iter().find(|one| one.name == "node").unwrap();
        assert_eq!((&node.schema["items"]["type"], &node.schema["minItems"]), (&json!("string"), &json!(1)));
        let query = "number=1&node=i%3D1&number=2&node=i=2&header.locales=de&header.timeout=5&roles=reader";
        let request: Value = serde_json::from_slice(&to_request(query, &parameters).unwrap()).unwrap();
        let expected = json!({
            "numbers": [1, 2], "nodes": [{ "node": "i=1" }, { "node": "i=2" }], "roles": ["reader"],
            "header": { "locales": ["de"], "timeout": 5 },
        });
        assert_eq!(request, expected);
        for twice in
            ["node=1&nodes=2", "nodes=1&node=2", "header=1&header.timeout=2", "header.timeout=2&header.timeout=3"]
        {
            assert!(to_request(twice, &parameters).is_err(), "{twice}");
        }
        assert!(to_request(&"node=1&".repeat(50), &parameters).is_ok());
        assert!(to_request(&"node=1&".repeat(51), &parameters).is_err());
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
