//! One name, one meaning: what a document calls like something else of one before gets the name of its capability in front.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

const PLACE: &str = "#/components/schemas/";

/// The schemas of the documents so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    known: Map<String, Value>,
    capabilities: BTreeSet<String>,
}

impl Names {
    /// The document, without the operations that another one has had, and with other names for what means something else there.
    pub(crate) fn told_apart(&mut self, document: &Value) -> Value {
        let mut document = document.clone();
        self.leave_out_known(&mut document);
        let mut schemas = document["components"]["schemas"].as_object().cloned().unwrap_or_default();
        let used = reached(&document["paths"], &schemas);
        schemas.retain(|name, _| used.contains(name));
        let names = self.other_names(&document, &schemas);
        let renamed: Map<String, Value> = schemas
            .into_iter()
            .map(|(name, schema)| (names.get(&name).cloned().unwrap_or(name), with_references(schema, &names)))
            .collect();
        document = with_references(document, &names);
        for (name, schema) in &renamed {
            self.known.entry(name).or_insert_with(|| schema.clone());
        }
        document["components"]["schemas"] = Value::Object(renamed);
        document
    }

    fn leave_out_known(&mut self, document: &mut Value) {
        let Some(paths) = document["paths"].as_object_mut() else { return };
        paths.retain(|_, item| capability(item).is_none_or(|capability| !self.capabilities.contains(capability)));
        let found: Vec<String> = paths.values().filter_map(capability).map(str::to_owned).collect();
        self.capabilities.extend(found);
    }

    /// New names for what would be taken for something else, also where only something inside of it would be.
    fn other_names(&self, document: &Value, schemas: &Map<String, Value>) -> BTreeMap<String, String> {
        let clashes = self.clashes(schemas);
        let mut names = BTreeMap::new();
        for item in document["paths"].as_object().into_iter().flat_map(Map::values) {
            let Some(capability) = capability(item) else { continue };
            for name in reached(item, schemas).intersection(&clashes) {
                names.entry(name.clone()).or_insert_with(|| format!("{capability}_{name}"));
            }
        }
        names
    }

    fn clashes(&self, schemas: &Map<String, Value>) -> BTreeSet<String> {
        let shared = || schemas.iter().filter(|(name, _)| self.known.contains_key(*name));
        let mut clashes: BTreeSet<String> =
            shared().filter(|(name, schema)| self.known[*name] != **schema).map(|(name, _)| name.clone()).collect();
        loop {
            let more = shared().filter(|(name, _)| !clashes.contains(*name));
            let more: Vec<String> = more
                .filter(|(_, schema)| references(schema).iter().any(|one| clashes.contains(one)))
                .map(|(name, _)| name.clone())
                .collect();
            if more.is_empty() {
                return clashes;
            }
            clashes.extend(more);
        }
    }
}

/// Of the operation at a path.
fn capability(item: &Value) -> Option<&str> {
    item["post"]["operationId"].as_str()?.split_once('.').map(|(capability, _)| capability)
}

/// The names of all that something is made of.
fn reached(part: &Value, schemas: &Map<String, Value>) -> BTreeSet<String> {
    let (mut reached, mut open) = (BTreeSet::new(), references(part));
    while let Some(name) = open.pop() {
        if let Some(schema) = schemas.get(&name).filter(|_| reached.insert(name)) {
            open.extend(references(schema));
        }
    }
    reached
}

fn references(part: &Value) -> Vec<String> {
    match part {
        Value::Object(members) => members
            .iter()
            .flat_map(|(name, value)| match value.as_str().and_then(|target| target.strip_prefix(PLACE)) {
                Some(target) if name == "$ref" => vec![target.to_owned()],
                _ => references(value),
            })
            .collect(),
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

fn with_references(part: Value, names: &BTreeMap<String, String>) -> Value {
    match part {
        Value::Object(members) => {
            members.into_iter().map(|(name, value)| (name, with_references(value, names))).collect()
        }
        Value::Array(items) => items.into_iter().map(|item| with_references(item, names)).collect(),
        Value::String(text) => {
            let new = text.strip_prefix(PLACE).and_then(|name| names.get(name)).map(|name| format!("{PLACE}{name}"));
            Value::String(new.unwrap_or(text))
        }
        other => other,
    }
}
