//! The OpenAPI document.

mod components;

use schemars::Schema;
use serde_json::{Map, Value, json};

use self::components::Components;
use super::problem::{PROBLEM_JSON, Problem};
use super::table::Described;
use crate::operation::{Effect, Operation, Role, Shape, schema_of};

/// OpenAPI 3.1 of operations, as [`HttpServer`](super::HttpServer) serves them.
#[must_use]
pub fn openapi(title: &str, operations: &[Operation]) -> Value {
    let mut components = Components::default();
    let problem = components.add("http", schema_of::<Problem>());
    let mut described: Vec<Described> = operations.iter().copied().map(Described::new).collect();
    described.sort_by_key(Described::path);
    let paths: Map<String, Value> =
        described.iter().map(|one| (format!("/v1/{}", one.path()), path(one, &mut components))).collect();
    json!({
        "openapi": "3.1.0",
        "info": { "title": title, "version": env!("CARGO_PKG_VERSION"), "description": ABOUT },
        "servers": [{ "url": "/" }],
        "security": [{ "apiKey": [] }],
        "paths": paths,
        "components": {
            "schemas": components.into_schemas(),
            "responses": { "Problem": problem_response(&problem), "HeadTooLarge": { "description": HEAD_TOO_LARGE } },
            "securitySchemes": { "apiKey": security_scheme() },
        },
    })
}

fn path(described: &Described, components: &mut Components) -> Value {
    let operation = &described.operation;
    let request = components.add(operation.capability, schema(&described.request));
    let response = components.add(operation.capability, (operation.response)());
    let mut common = json!({
        "tags": [operation.capability],
        "summary": summary(operation.doc),
        "description": description(described),
        "x-iiot-role": operation.role,
        "x-iiot-effect": if operation.effect == Effect::Reads { "reads" } else { "changes" },
        "responses": responses(operation.shape, &response),
    });
    let mut parameters: Vec<Value> = described.address.iter().map(|schema| in_path(operation, schema)).collect();
    parameters.extend(described.resumes.then(last_event_id));
    common["parameters"] = Value::from(parameters.clone());
    let mut post = common.clone();
    post["operationId"] = described.id().into();
    post["requestBody"] = json!({ "required": true, "content": { "application/json": { "schema": request } } });
    let mut path = json!({ "post": post });
    if let Some(queried) = &described.parameters {
        parameters.extend(queried.iter().map(|one| {
            let schema = components.adopt(operation.capability, schema(&described.request), one.schema.clone());
            json!({ "name": one.name, "in": "query", "required": one.required, "schema": schema })
        }));
        common["operationId"] = format!("{}.get", described.id()).into();
        common["parameters"] = parameters.into();
        path["get"] = common;
    }
    path
}

fn responses(shape: Shape, response: &Value) -> Value {
    let (content_type, description) = match shape {
        Shape::Call => ("application/json", "Done."),
        Shape::Stream => (
            "text/event-stream",
            "Server-sent events. Each `data` is one item as JSON, by this schema. The event `end` is the last one of a \
             stream that has an end, the event `problem` of one that failed; its `data` is a Problem.",
        ),
    };
    let mut responses = json!({
        "200": { "description": description, "content": { content_type: { "schema": response } } },
        "default": { "$ref": "#/components/responses/Problem" },
    });
    for status in ["400", "401", "403", "404", "413", "429"] {
        responses[status] = json!({ "$ref": "#/components/responses/Problem" });
    }
    responses["431"] = json!({ "$ref": "#/components/responses/HeadTooLarge" });
    responses
}

fn problem_response(problem: &Value) -> Value {
    json!({
        "description": "It was not done, and why (RFC 9457).",
        "content": { PROBLEM_JSON: { "schema": problem } },
    })
}

fn security_scheme() -> Value {
    json!({ "type": "http", "scheme": "bearer", "bearerFormat": "iiot_ID_SECRET",
        "description": "An API key; or a JSON Web Token where an issuer is configured." })
}

fn in_path(operation: &Operation, schema: &Value) -> Value {
    let name = operation.of.map(|of| of.member);
    let mut schema = schema.clone();
    let description = schema.as_object_mut().and_then(|schema| schema.remove("description"));
    json!({ "name": name, "in": "path", "required": true, "schema": schema, "description": description })
}

/// What was taken apart as JSON is a schema still.
fn schema(value: &Value) -> Schema {
    Schema::try_from(value.clone()).unwrap_or_default()
}

fn last_event_id() -> Value {
    json!({
        "name": "Last-Event-ID", "in": "header", "required": false, "schema": { "type": "string" },
        "description": "The id of the last event seen; the stream goes on behind it.",
    })
}

fn description(described: &Described) -> String {
    let Operation { doc, role, effect, .. } = described.operation;
    let recorded = if effect == Effect::Changes { " It is recorded." } else { "" };
    format!("{doc}\n\nNeeds the role {}.{recorded}", role_name(role))
}

pub(super) fn role_name(role: Role) -> String {
    role.name().into()
}

/// The first sentence.
pub(super) fn summary(doc: &str) -> &str {
    doc.split_once(". ").map_or(doc, |(first, _)| first).trim_end_matches('.')
}

const ABOUT: &str = "Every operation is called by POST with JSON; those that only read and whose request fits into a query, by \
    GET too. Failures are problems (RFC 9457).";

const HEAD_TOO_LARGE: &str = "The query and the headers are longer than the server takes; a POST has room for more.";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::ACCESS_OPERATIONS;

    #[test]
    fn every_reference_of_the_document_leads_somewhere() {
        let document = openapi("test", ACCESS_OPERATIONS);
        let mut references = Vec::new();
        collect(&document, &mut references);
        assert!(references.len() > 10, "{references:?}");
        for reference in references {
            let target = reference.strip_prefix('#').and_then(|pointer| document.pointer(pointer));
            assert!(target.is_some(), "{reference}");
        }
        assert!(!document.to_string().contains("$defs"));
    }

    fn collect(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str).map(Into::into));
                members.values().for_each(|member| collect(member, found));
            }
            Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
            _ => {}
        }
    }

    #[test]
    fn reads_have_query_parameters_changes_do_not_and_streams_are_events() {
        let document = openapi("test", ACCESS_OPERATIONS);
        let paths = &document["paths"];
        assert_eq!(paths["/v1/access/read_audit"]["get"]["parameters"][0]["name"], "after");
        assert_eq!(paths["/v1/access/create_key"].get("get"), None);
        let stream = &paths["/v1/access/follow_audit"]["post"];
        assert!(stream["responses"]["200"]["content"].get("text/event-stream").is_some());
        assert_eq!(stream["parameters"][0]["name"], "Last-Event-ID");
        assert_eq!(stream["x-iiot-role"], "administrator");
    }
}
