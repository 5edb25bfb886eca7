//! Requests as JSON Schema sees them, where serde sees them otherwise: numbers, bounds and members that nobody knows.

use bytes::Bytes;
use serde_json::{Map, Number, Value};

use crate::error::{Error, ErrorKind, Result};
use crate::operation::POINTER;

/// The request with integers that were written as `7.0` as `7`, which is the same in JSON Schema and not for serde. Fails
/// with `InvalidArgument` where a list stands for an object, which serde would take as its fields in their order, and where
/// a value is out of the bounds of its schema or a member has no place in it. What is no JSON is left to the operation,
/// which says so.
pub(super) fn fitted(request: Bytes, schema: &Value) -> Result<Bytes> {
    let Ok(mut value) = serde_json::from_slice(&request) else { return Ok(request) };
    if !fit(&mut value, schema, schema, "#")? {
        return Ok(request);
    }
    Ok(value.to_string().into())
}

/// Whether something was changed.
fn fit(value: &mut Value, schema: &Value, root: &Value, pointer: &str) -> Result<bool> {
    let Some(schema) = schema_for(value, schema, root) else { return Ok(false) };
    check_bounds(value, schema, pointer)?;
    match value {
        Value::Array(_) if !allows(schema, "array") => Err(no_list(pointer)),
        Value::Array(items) => {
            let items = items.iter_mut().enumerate();
            changed(items.map(|(index, item)| fit(item, &schema["items"], root, &format!("{pointer}/{index}"))))
        }
        Value::Object(members) => changed(members.iter_mut().map(|(name, member)| {
            let schema = schema["properties"].get(name).unwrap_or_else(|| &schema["additionalProperties"]);
            fit(member, schema, root, &below(pointer, name))
        })),
        Value::Number(number) if allows(schema, "integer") && !allows(schema, "number") => Ok(whole(number)),
        _ => Ok(false),
    }
}

/// What schemars writes from the attributes of a request.
fn check_bounds(value: &Value, schema: &Value, pointer: &str) -> Result<()> {
    let (size, least, most, what) = match value {
        Value::String(text) => (text.chars().count() as f64, "minLength", "maxLength", "characters"),
        Value::Array(items) => (items.len() as f64, "minItems", "maxItems", "items"),
        Value::Number(number) => (number.as_f64().unwrap_or_default(), "minimum", "maximum", ""),
        Value::Object(members) => return check_members(members, schema, pointer),
        Value::Null | Value::Bool(_) => return Ok(()),
    };
    let bound = |name: &str| schema.get(name).and_then(Value::as_f64);
    let wrong = match (bound(least), bound(most)) {
        (Some(least), _) if size < least => format!("it has {size} {what} and needs {least} at least"),
        (_, Some(most)) if size > most => format!("it has {size} {what} and may have {most} at most"),
        _ => return Ok(()),
    };
    Err(out_of_place(wrong.replace("  ", " "), pointer))
}

/// Of tagged choices serde takes what it does not know.
fn check_members(members: &Map<String, Value>, schema: &Value, pointer: &str) -> Result<()> {
    if schema.get("additionalProperties") != Some(&Value::Bool(false)) {
        return Ok(());
    }
    let known = |name: &String| schema["properties"].get(name).is_some();
    match members.keys().find(|name| !known(name)) {
        Some(name) => Err(out_of_place(format!("there is no member {name}"), &below(pointer, name))),
        None => Ok(()),
    }
}

/// All of them, so that each is looked at.
fn changed(outcomes: impl Iterator<Item = Result<bool>>) -> Result<bool> {
    outcomes.collect::<Result<Vec<bool>>>().map(|changed| changed.contains(&true))
}

/// What a schema says of this value: behind references, and of several the only one that allows its type.
fn schema_for<'a>(value: &Value, schema: &'a Value, root: &'a Value) -> Option<&'a Value> {
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        return schema_for(value, root.pointer(reference.strip_prefix('#')?)?, root);
    }
    let Some(choices) = schema.get("anyOf").or_else(|| schema.get("oneOf")).and_then(Value::as_array) else {
        return Some(schema);
    };
    let choices: Vec<&Value> = choices.iter().filter_map(|choice| schema_for(value, choice, root)).collect();
    let fitting: Vec<&Value> =
        choices.iter().copied().filter(|choice| takes(choice, value) && has_tag(choice, value)).collect();
    match fitting.as_slice() {
        // None takes it; the first one is as good as another to say so.
        [] => choices.first().copied(),
        [only] => Some(only),
        _ => None,
    }
}

fn takes(schema: &Value, value: &Value) -> bool {
    match value {
        Value::Array(_) => allows(schema, "array"),
        Value::Object(_) => allows(schema, "object"),
        Value::Number(_) => allows(schema, "integer") || allows(schema, "number"),
        _ => false,
    }
}

/// Whether the members of an object that a schema fixes are so: the tag of a choice.
fn has_tag(schema: &Value, value: &Value) -> bool {
    let properties = schema.get("properties").and_then(Value::as_object);
    let mut fixed = properties.into_iter().flatten().filter_map(|(name, member)| Some((name, member.get("const")?)));
    fixed.all(|(name, tag)| value.get(name) == Some(tag))
}

/// Whether values of this type can fit; a schema that names no type takes any.
fn allows(schema: &Value, kind: &str) -> bool {
    match schema.get("type") {
        Some(Value::String(only)) => only == kind,
        Some(Value::Array(several)) => several.iter().any(|one| one == kind),
        _ => true,
    }
}

fn whole(number: &mut Number) -> bool {
    let Some(float) = number.as_f64().filter(|float| number.is_f64() && float.fract() == 0.0) else { return false };
    // Up to there every integer has a float of its own.
    if float.abs() > 9_007_199_254_740_992.0 {
        return false;
    }
    *number = Number::from(float as i64);
    true
}

/// The place of a member.
fn below(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}

fn no_list(pointer: &str) -> Error {
    out_of_place("a list stands where there should be none".to_owned(), pointer)
}

fn out_of_place(wrong: String, pointer: &str) -> Error {
    let message = format!("the request does not parse: {wrong}");
    Error::new(ErrorKind::InvalidArgument, "take the request", message).with(POINTER, pointer)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::BTreeMap;

    use schemars::{JsonSchema, schema_for};

    use super::*;

    #[derive(JsonSchema)]
    #[allow(dead_code)]
    struct Request {
        whole: Option<u64>,
        real: f64,
        inner: Option<Inner>,
        list: Vec<Inner>,
        map: BTreeMap<String, Inner>,
        any: Value,
    }

    #[derive(JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Bounded {
        #[schemars(length(max = 3))]
        text: String,
        #[schemars(length(min = 1, max = 2))]
        list: Vec<u32>,
        #[schemars(range(min = 1, max = 10))]
        number: Option<u32>,
        choice: Choice,
    }

    #[derive(JsonSchema)]
    #[serde(tag = "kind", deny_unknown_fields, rename_all = "camelCase")]
    #[allow(dead_code)]
    enum Choice {
        Nothing,
        Some { part: u8 },
    }

    #[test]
    fn what_the_schema_does_not_allow_is_told_by_its_place() {
        let told = |request: &'static str| {
            let fitted = super::fitted(Bytes::from(request), schema_for!(Bounded).as_value());
            fitted.err().map(|error| (error.context()[0].1.clone(), error.message().to_owned()))
        };
        let good = r#"{"text":"äöü","list":[1],"number":10,"choice":{"kind":"some","part":1}}"#;
        assert_eq!(told(good), None);
        assert_eq!(told(r#"{"number":null,"choice":{"kind":"nothing"}}"#), None);
        for (request, pointer, said) in [
            (r#"{"text":"long"}"#, "#/text", "it has 4 characters and may have 3 at most"),
            (r#"{"list":[]}"#, "#/list", "it has 0 items and needs 1 at least"),
            (r#"{"number":11}"#, "#/number", "it has 11 and may have 10 at most"),
            (r#"{"choice":{"kind":"nothing","part":1}}"#, "#/choice/part", "there is no member part"),
            (r#"{"more":1}"#, "#/more", "there is no member more"),
        ] {
            let (place, message) = told(request).unwrap();
            assert_eq!((place.as_str(), message.contains(said)), (pointer, true), "{message}");
        }
    }

    #[derive(JsonSchema)]
    #[allow(dead_code)]
    struct Inner {
        whole: i32,
    }

    fn fitted(request: &'static str) -> Result<String> {
        let fitted = super::fitted(Bytes::from(request), schema_for!(Request).as_value())?;
        Ok(String::from_utf8(fitted.to_vec()).unwrap())
    }

    #[test]
    fn integers_may_be_written_as_floats_wherever_they_stand() {
        let fits = r#"{"inner":{"whole":3},"list":[{"whole":-4}],"map":{"a":{"whole":5}},"whole":2}"#;
        let written = r#"{"inner":{"whole":3.0},"list":[{"whole":-4.0}],"map":{"a":{"whole":5e0}},"whole":2.0}"#;
        assert_eq!(fitted(written).unwrap(), fits);
        for as_it_is in
            [fits, r#"{"real":2.0}"#, r#"{"whole":2.5}"#, r#"{"whole":1e300}"#, r#"{"any":[2.0]}"#, "{", "[1"]
        {
            assert_eq!(fitted(as_it_is).unwrap(), as_it_is);
        }
    }

    #[test]
    fn a_list_is_no_object() {
        for (request, pointer) in [
            ("[1,2]", "#"),
            (r#"{"inner":[1]}"#, "#/inner"),
            (r#"{"list":[[1]]}"#, "#/list/0"),
            (r#"{"map":{"a/b":[1]}}"#, "#/map/a~1b"),
        ] {
            let error = fitted(request).unwrap_err();
            assert_eq!(error.context(), [(POINTER.into(), pointer.to_owned())], "{request}");
        }
    }
}
