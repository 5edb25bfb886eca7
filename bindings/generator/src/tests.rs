#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::*;

#[test]
fn the_files_in_the_repository_say_what_the_operations_say() {
    let model = Model::of(&documents());
    assert!(model.capabilities.len() >= 9, "{:?}", model.capabilities.keys());
    let (declarations, script) = typescript(&model);
    is_kept("python/python/iiot/operations.py", &python(&model));
    is_kept("node/operations.d.ts", &declarations);
    is_kept("node/operations.js", &script);
}

#[test]
fn what_means_something_else_in_another_document_has_another_name() {
    let document = |id: &str, item: Value| {
        json!({
            "components": { "schemas": {
                "Item": item,
                "Box": { "type": "object", "properties": { "item": { "$ref": "#/components/schemas/Item" } } },
                "Plain": { "type": "string" },
                "Request": { "type": "object", "properties": {} },
            } },
            "paths": { format!("/v1/{id}"): { "post": {
                "operationId": id.replace('/', "."), "description": "Does it.",
                "requestBody": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Request" } } } },
                "responses": { "200": { "content": { "application/json": { "schema": { "type": "array", "items": {
                    "anyOf": [{ "$ref": "#/components/schemas/Box" }, { "$ref": "#/components/schemas/Plain" }]
                } } } } } },
            } } },
        })
    };
    let documents = [
        document("first/go", json!({ "type": "string" })),
        document("second/go", json!({ "type": "integer" })),
        document("first/go", json!({ "type": "boolean" })),
    ];
    let model = Model::of(&documents);
    let names: Vec<&str> = model.definitions.keys().map(String::as_str).collect();
    assert_eq!(names, ["Box", "Item", "Plain", "second_Box", "second_Item"]);
    assert_eq!(model.definitions["Item"].kind, Type::Text);
    assert_eq!(model.definitions["second_Item"].kind, Type::Integer);
    assert!(format!("{:?}", model.capabilities["second"].operations["go"].response).contains("second_Box"));
    assert!(format!("{:?}", model.definitions["second_Box"]).contains("second_Item"));
}

#[test]
fn variants_have_names_and_items_may_be_texts() {
    let document = json!({
        "components": { "schemas": {
            "Item": { "type": "object", "properties": { "node": { "type": "string" }, "index": { "type": "integer" } },
                "required": ["node"] },
            "Way": { "oneOf": [
                { "const": "none", "type": "string" },
                { "type": "object", "properties": { "kind": { "const": "far", "type": "string" } }, "required": ["kind"] },
            ] },
            "Request": { "type": "object", "required": ["nodes"], "properties": {
                "nodes": { "type": "array", "items": { "$ref": "#/components/schemas/Item" } },
                "way": { "$ref": "#/components/schemas/Way" },
            } },
        } },
        "paths": { "/v1/twins/{endpoint}/go": { "post": {
            "operationId": "twin.go", "description": "Goes.",
            "requestBody": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Request" } } } },
            "responses": { "200": { "content": { "application/json": { "schema": { "type": ["integer", "null"] } } } } },
        } } },
    });
    let model = Model::of(&[document]);
    assert_eq!(model.capabilities["twin"].of.as_deref(), Some("endpoint"));
    let text = python(&model);
    assert!(text.contains("class WayFar(TypedDict):"), "{text}");
    let (class, alias) = (text.find("class WayFar"), text.find("Way: TypeAlias = Literal['none'] | WayFar\n"));
    assert!(class.is_some() && class < alias, "{text}");
    assert!(
        text.contains("async def go(self, nodes: Sequence[Item | str], *, way: Way = UNSET) -> int | None:"),
        "{text}"
    );
    assert!(text.contains("self._call(\"go\", {\"nodes\": each(\"node\", nodes), \"way\": way})"), "{text}");
    let (declarations, script) = typescript(&model);
    assert!(declarations.contains("nodes: (Item | string)[]"), "{declarations}");
    assert!(declarations.contains("}): Promise<number | null>"), "{declarations}");
    assert!(script.contains("this._call('go', { ...request, nodes: each('node', request.nodes) })"), "{script}");
}

fn bindings() -> PathBuf {
    // As cargo says now: the test may have been built in another clone that shares the target folder.
    Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("..")
}

fn documents() -> Vec<Value> {
    let docs = bindings().join("../docs");
    let mut files: Vec<PathBuf> = std::fs::read_dir(docs).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.file_name().unwrap().to_string_lossy().starts_with("openapi"));
    files.sort();
    files.iter().map(|file| serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()).collect()
}

fn is_kept(file: &str, text: &str) {
    let file = bindings().join(file);
    if std::env::var_os("IIOT_UPDATE").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, text).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(kept == text, "{} is out of date: run the tests with IIOT_UPDATE=1", file.display());
}
