//! Schemas that are shared: each stands once in the document, under its name.

use std::collections::BTreeMap;

use schemars::Schema;
use serde_json::{Map, Value, json};

/// The schemas of the document, by name.
#[derive(Debug, Default)]
pub(super) struct Components(BTreeMap<String, Value>);

/// What names of a schema's own definitions are called in the document.
type Names = BTreeMap<String, String>;

impl Components {
    /// Takes a schema with all that it refers to, and returns how to refer to it.
    pub(super) fn add(&mut self, capability: &str, schema: Schema) -> Value {
        let mut root = schema.to_value();
        let names = self.define(capability, &mut root);
        let mut root = tidied(root, &names);
        // Those within others have none, and generators would take one twice for two of a name.
        let title = root.as_object_mut().and_then(|members| members.remove("title"));
        match title.as_ref().and_then(Value::as_str).filter(|_| root.get("type").is_some_and(|of| of == "object")) {
            None => root,
            Some(title) => {
                let name = self.name(capability, title, &root);
                self.0.insert(name.clone(), root);
                reference(&name)
            }
        }
    }

    /// A part of a schema that refers to its definitions.
    pub(super) fn adopt(&mut self, capability: &str, whole: Schema, part: Value) -> Value {
        let names = self.define(capability, &mut whole.to_value());
        tidied(part, &names)
    }

    pub(super) fn into_schemas(self) -> BTreeMap<String, Value> {
        self.0
    }

    /// Takes over the definitions of a schema.
    fn define(&mut self, capability: &str, root: &mut Value) -> Names {
        let members = root.as_object_mut();
        let definitions: Map<String, Value> = match members.and_then(|members| members.remove("$defs")) {
            Some(Value::Object(definitions)) => definitions,
            _ => Map::new(),
        };
        let own: Names = definitions.keys().map(|name| (name.clone(), name.clone())).collect();
        let name = |(name, definition): (&String, &Value)| {
            (name.clone(), self.name(capability, name, &tidied(definition.clone(), &own)))
        };
        let names: Names = definitions.iter().map(name).collect();
        for (name, definition) in definitions {
            self.0.insert(names[&name].clone(), tidied(definition, &names));
        }
        names
    }

    /// The name of a schema; where it stands for something else already, with the capability in front.
    fn name(&self, capability: &str, name: &str, schema: &Value) -> String {
        match self.0.get(name) {
            Some(other) if other != schema => format!("{capability}_{name}"),
            _ => name.to_owned(),
        }
    }
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// A schema as it stands in the document: references lead to the document's components, and integers have the bounds of
/// their format, which schemas alone leave out.
fn tidied(mut schema: Value, names: &Names) -> Value {
    match &mut schema {
        Value::Object(members) => {
            members.remove("$schema");
            if let Some(Value::String(target)) = members.get_mut("$ref")
                && let Some(name) = target.strip_prefix("#/$defs/")
            {
                let name = names.get(name).map_or(name, String::as_str);
                *target = format!("#/components/schemas/{name}");
            }
            bound(members);
            open(members);
            for member in members.values_mut() {
                *member = tidied(member.take(), names);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| *item = tidied(item.take(), names)),
        _ => {}
    }
    schema
}

/// Writes the schema that takes everything as `{}`: many generators know no `true`.
fn open(schema: &mut Map<String, Value>) {
    let anything = |schema: &mut Value| {
        if *schema == true {
            *schema = json!({});
        }
    };
    schema.get_mut("items").into_iter().for_each(anything);
    for several in ["anyOf", "oneOf", "allOf"] {
        schema.get_mut(several).and_then(Value::as_array_mut).into_iter().flatten().for_each(anything);
    }
    let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
    properties.into_iter().flat_map(|properties| properties.values_mut()).for_each(anything);
}

fn bound(schema: &mut Map<String, Value>) {
    let (least, most) = match schema.get("format").and_then(Value::as_str) {
        Some("uint64" | "uint") => (json!(0), json!(u64::MAX)),
        Some("uint32") => (json!(0), json!(u32::MAX)),
        Some("int64" | "int") => (json!(i64::MIN), json!(i64::MAX)),
        Some("int32") => (json!(i32::MIN), json!(i32::MAX)),
        _ => return,
    };
    schema.entry("minimum").or_insert(least);
    schema.entry("maximum").or_insert(most);
}

#[cfg(test)]
mod tests {
    use schemars::json_schema;

    use super::*;

    #[test]
    fn equal_schemas_stand_once_and_others_of_the_same_name_apart() {
        let mut components = Components::default();
        let with = |kind: &str| {
            json_schema!({
                "title": "Request", "type": "object", "properties": { "a": { "$ref": "#/$defs/A" } },
                "$defs": { "A": { "type": kind } },
            })
        };
        let first = components.add("one", with("string"));
        assert_eq!(first, json!({ "$ref": "#/components/schemas/Request" }));
        assert_eq!(components.add("two", with("string")), first);
        assert_eq!(components.add("two", with("integer")), json!({ "$ref": "#/components/schemas/two_Request" }));
        let schemas = components.into_schemas();
        assert_eq!(schemas.keys().collect::<Vec<_>>(), ["A", "Request", "two_A", "two_Request"]);
        assert_eq!(schemas["two_Request"]["properties"]["a"]["$ref"], "#/components/schemas/two_A");
    }

    #[test]
    fn a_schema_that_stands_alone_and_within_another_stands_once() {
        let mut components = Components::default();
        let alone = json_schema!({ "title": "A", "type": "object" });
        let within = json_schema!({ "title": "B", "type": "object", "$defs": { "A": { "type": "object" } } });
        components.add("one", within);
        components.add("two", alone);
        assert_eq!(components.into_schemas().into_keys().collect::<Vec<_>>(), ["A", "B"]);
    }

    #[test]
    fn what_takes_everything_is_an_empty_schema() {
        let schema = json!({ "items": true, "anyOf": [true, { "items": true }], "properties": { "items": true } });
        let expected = json!({ "items": {}, "anyOf": [{}, { "items": {} }], "properties": { "items": {} } });
        assert_eq!(tidied(schema, &Names::new()), expected);
    }

    #[test]
    fn integers_have_the_bounds_of_their_format() {
        let schema = tidied(json!({ "type": "integer", "format": "uint64", "minimum": 100 }), &Names::new());
        assert_eq!(schema, json!({ "type": "integer", "format": "uint64", "minimum": 100, "maximum": u64::MAX }));
    }
}
