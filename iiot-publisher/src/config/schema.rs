//! The JSON Schema of the file, made from the table of properties.

use serde_json::{Map, Value, json};

use super::property::{ENTRY, Kind, Property};

/// The JSON Schema (draft 2020-12) of the file, for editors and tools. Names and choices are spelled there as
/// documents spell them; a file may use any case, which no schema can say.
#[must_use]
pub fn schema() -> Value {
    let mut definitions = Map::new();
    definitions.insert("Secret".into(), secret());
    let entry = object(ENTRY, &mut definitions);
    definitions.insert("Entry".into(), entry);
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "published_nodes.json",
        "description": "What an edge publishes. Names of properties and of choices are read in any case; this schema has \
            the spelling of the documents.",
        "type": "array",
        "items": { "$ref": "#/$defs/Entry" },
        "$defs": definitions,
    })
}

/// An object with these properties and no others; the definitions it refers to are added.
fn object(table: &'static [Property], definitions: &mut Map<String, Value>) -> Value {
    let mut properties = Map::new();
    for property in table {
        let mut schema = property.kind.schema();
        schema.insert("description".into(), property.description().into());
        properties.insert(property.name.into(), schema.into());
        if let Kind::ObjectOf(name, table) | Kind::ListOf(name, table) = property.kind {
            define(name, table(), definitions);
        }
    }
    let required: Vec<&str> = table.iter().filter(|property| property.required).map(|property| property.name).collect();
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

fn define(name: &str, table: &'static [Property], definitions: &mut Map<String, Value>) {
    if definitions.contains_key(name) {
        return;
    }
    // A node has nodes: the name is taken before they are described.
    definitions.insert(name.into(), Value::Null);
    let mut schema = object(table, definitions);
    if name == "Node" {
        schema["anyOf"] = ["Id", "ExpandedNodeId", "BrowsePath", "ModelChangeHandling"]
            .map(|name| json!({ "required": [name] }))
            .as_slice()
            .into();
    }
    definitions.insert(name.into(), schema);
}

fn secret() -> Value {
    json!({
        "description": "A text, or where it is found when the file is read: a file, without a line end at its end, or a \
            variable of the environment.",
        "type": ["string", "object", "null"],
        "properties": {
            "$file": { "type": "string", "minLength": 1 },
            "$env": { "type": "string", "minLength": 1 },
        },
        "minProperties": 1,
        "maxProperties": 1,
        "propertyNames": { "enum": ["$file", "$env"] },
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use iiot_core::testing::repository;

    use super::*;

    #[test]
    fn the_published_schema_is_that_of_the_table() {
        let file = repository().join("docs/publishednodes.schema.json");
        let document = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
        if std::env::var_os("IIOT_UPDATE").is_some() {
            std::fs::write(&file, &document).unwrap();
        }
        let kept = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(kept == document, "{} is out of date: run the tests with IIOT_UPDATE=1", file.display());
        jsonschema::meta::validate(&schema()).unwrap();
    }
}
