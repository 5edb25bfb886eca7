//! Operations as the OpenAPI documents have them.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::names::Names;
use crate::schema::{Definition, Member, Type, doc_of};

/// Everything that can be called.
#[derive(Debug, Clone, Default)]
pub struct Model {
    /// The capabilities, by name.
    pub capabilities: BTreeMap<String, Capability>,
    /// The types that their operations take and give, by name.
    pub definitions: BTreeMap<String, Definition>,
}

/// A capability.
#[derive(Debug, Clone, Default)]
pub struct Capability {
    /// What each request is about, where it stands in the path: `endpoint`.
    pub of: Option<String>,
    /// Its operations, ordered by name.
    pub operations: BTreeMap<String, Operation>,
}

/// An operation.
#[derive(Debug, Clone)]
pub struct Operation {
    /// What it does, and which role it needs.
    pub doc: String,
    /// What it takes, the necessary ones first.
    pub request: Vec<Member>,
    /// What it gives, or one item of a stream.
    pub response: Type,
    /// Whether it gives one answer after the other.
    pub is_stream: bool,
}

impl Model {
    /// Of documents; a capability that stands in several is taken from the first, and paths of one of many places are left out.
    #[must_use]
    pub fn of(documents: &[Value]) -> Self {
        let (mut model, mut names) = (Self::default(), Names::default());
        for document in documents {
            let document = &names.told_apart(document);
            let schemas = document["components"]["schemas"].as_object();
            for (name, schema) in schemas.into_iter().flatten() {
                model.define(name, schema);
            }
            let paths = document["paths"].as_object();
            for (path, item) in paths.into_iter().flatten() {
                model.add(path, &item["post"], &document["components"]["schemas"]);
            }
        }
        model.keep_what_is_used();
        model
    }

    fn define(&mut self, name: &str, schema: &Value) {
        let mut found = Vec::new();
        let kind = Type::of(schema).parts_lifted(name, &mut found);
        found.push(Definition { name: name.into(), doc: doc_of(schema), kind });
        self.definitions.extend(found.into_iter().map(|one| (one.name.clone(), one)));
    }

    fn add(&mut self, path: &str, call: &Value, schemas: &Value) {
        let id = call["operationId"].as_str().unwrap_or_default();
        let Some((capability, name)) = id.split_once('.').filter(|(_, name)| !name.contains('.')) else { return };
        let segments: Vec<&str> = path.trim_start_matches("/v1/").split('/').collect();
        let of = segments.iter().find_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
        // `edges/{edge}/configuration/…`: the same operations, of one of many places.
        if segments.len() > 3 {
            return;
        }
        let content = &call["responses"]["200"]["content"];
        let stream = &content["text/event-stream"];
        let is_stream = !stream.is_null();
        let response = if is_stream { &stream["schema"] } else { &content["application/json"]["schema"] };
        let mut found = Vec::new();
        let place = format!("{}{}", crate::words::pascal(capability), crate::words::pascal(name));
        let response = Type::of(response).lifted(&format!("{place}Response"), &mut found);
        let request = resolved(&call["requestBody"]["content"]["application/json"]["schema"], schemas);
        let Type::Object(mut request) = Type::of(request).parts_lifted(&format!("{place}Request"), &mut found) else {
            return;
        };
        request.sort_by_key(|member| !member.is_required);
        self.definitions.extend(found.into_iter().map(|one| (one.name.clone(), one)));
        let doc = doc_of(call);
        let entry = self.capabilities.entry(capability.into()).or_default();
        entry.of = of.map(str::to_owned);
        entry.operations.insert(name.into(), Operation { doc, request, response, is_stream });
    }

    /// Definitions that no operation leads to are of no use to anybody.
    fn keep_what_is_used(&mut self) {
        let mut open: Vec<String> = Vec::new();
        for operation in self.capabilities.values().flat_map(|one| one.operations.values()) {
            operation.request.iter().for_each(|member| names(&member.kind, &mut open));
            names(&operation.response, &mut open);
        }
        let mut kept = BTreeMap::new();
        while let Some(name) = open.pop() {
            let Some(definition) = self.definitions.remove(&name) else { continue };
            names(&definition.kind, &mut open);
            kept.insert(name, definition);
        }
        self.definitions = kept;
    }
}

/// The schema itself, where a reference leads to it.
fn resolved<'a>(schema: &'a Value, schemas: &'a Value) -> &'a Value {
    let target = schema["$ref"].as_str().and_then(|target| target.rsplit('/').next());
    target.map_or(schema, |name| &schemas[name])
}

impl Model {
    /// The only member of a list's items that must be there, where that is a text: it may then stand for the item.
    #[must_use]
    pub fn stands_for_item(&self, kind: &Type) -> Option<&str> {
        let Type::List(item) = kind else { return None };
        let Type::Named(name) = item.as_ref() else { return None };
        let Type::Object(members) = &self.definitions.get(name)?.kind else { return None };
        let mut required = members.iter().filter(|member| member.is_required);
        let (only, None) = (required.next()?, required.next()) else { return None };
        (only.kind == Type::Text).then_some(&only.name)
    }
}

fn names(kind: &Type, found: &mut Vec<String>) {
    match kind {
        Type::Named(name) => found.push(name.clone()),
        Type::List(item) | Type::Map(item) => names(item, found),
        Type::Union(kinds) | Type::Both(kinds) => kinds.iter().for_each(|kind| names(kind, found)),
        Type::Object(members) => members.iter().for_each(|member| names(&member.kind, found)),
        _ => {}
    }
}
