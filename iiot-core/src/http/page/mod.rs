//! The documentation page: one document that needs nothing from elsewhere.

use std::fmt::Write;

use aws_lc_rs::digest;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use hyper::header::HeaderValue;
use serde_json::{Value, json};

use super::openapi::{openapi, role_name};
use super::table::Described;
use crate::operation::{Effect, Operation, Shape};

/// The page, and what a browser may do with it.
pub(super) struct Page {
    pub(super) html: Bytes,
    pub(super) policy: HeaderValue,
}

impl Page {
    pub(super) fn new(title: &str, operations: &[Operation]) -> Self {
        let described: Vec<Described> = operations.iter().copied().map(Described::new).collect();
        let title = escaped(title);
        let mut html = format!(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title><style>{STYLE}</style></head>\n\
             <body><h1>{title}</h1>{INTRODUCTION}"
        );
        for (index, one) in described.iter().enumerate() {
            if index == 0 || described[index - 1].operation.capability != one.operation.capability {
                // Writing to a String cannot fail, here and below.
                let _ = write!(html, "<h2>{}</h2>", escaped(one.operation.capability));
            }
            html.push_str(&section(one));
        }
        let _ = writeln!(html, "{}<script>{SCRIPT}</script></body></html>", schemas(&title, operations));
        Self { html: html.into(), policy: policy() }
    }
}

fn section(described: &Described) -> String {
    let Operation { doc, role, effect, shape, .. } = described.operation;
    let request = &described.request;
    let path = format!("/v1/{}", described.path());
    let effect = if effect == Effect::Changes { "changes, recorded" } else { "reads" };
    let kind = if shape == Shape::Stream { "stream" } else { "call" };
    let example = serde_json::to_string_pretty(&example(request, request, 0)).unwrap_or_default();
    format!(
        "<section id=\"{name}\"><h3><code>{methods} {path}</code></h3>\
         <p>{doc}</p><p class=\"facts\">{kind} · {effect} · role {role}</p>\
         <form data-path=\"{path}\" data-kind=\"{kind}\">{address}<textarea rows=\"4\" spellcheck=\"false\" \
         aria-label=\"Request\">{example}</textarea><button>Send</button> <button type=\"button\" class=\"stop\" \
         hidden>Stop</button><pre class=\"answer\" hidden></pre></form>\
         <details><summary>Request</summary><pre>{request}</pre></details>\
         <details><summary>{answer}</summary><pre>{response}</pre></details></section>",
        name = escaped(&described.id()),
        address = described.operation.of.map(|of| address(of.member)).unwrap_or_default(),
        methods = described.methods(),
        doc = escaped(doc),
        role = role_name(role),
        example = escaped(&example),
        request = pretty(request),
        answer = if shape == Shape::Stream { "Each event" } else { "Answer" },
        response = pretty(&(described.operation.response)().to_value()),
    )
}

/// Where what stands in the path is filled in.
fn address(member: &str) -> String {
    format!("<label>{member} <input name=\"{member}\" size=\"50\" spellcheck=\"false\"></label>")
}

fn schemas(title: &str, operations: &[Operation]) -> String {
    let problem = openapi(title, operations)["components"]["schemas"]["Problem"].take();
    format!("<h2>Problems</h2><details><summary>Schema</summary><pre>{}</pre></details>", pretty(&problem))
}

/// A request to begin with: what must be there, with plain values.
fn example(schema: &Value, root: &Value, depth: usize) -> Value {
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        let target = reference.strip_prefix('#').and_then(|pointer| root.pointer(pointer));
        return target.filter(|_| depth < MAX_DEPTH).map_or(Value::Null, |target| example(target, root, depth + 1));
    }
    let first = |name: &str| schema.get(name).and_then(Value::as_array).and_then(|all| all.first());
    if let Some(choice) = first("oneOf").or_else(|| first("anyOf")) {
        return example(choice, root, depth + 1);
    }
    if let Some(constant) = schema.get("const").or_else(|| first("enum")) {
        return constant.clone();
    }
    let kind = schema.get("type");
    match kind.and_then(|kind| kind.as_str().or_else(|| kind.get(0)?.as_str())) {
        Some("object") => required(schema, root, depth),
        Some("array") => json!([]),
        Some("string") => json!(""),
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or_else(|| json!(0)),
        Some("boolean") => json!(false),
        _ => Value::Null,
    }
}

fn required(schema: &Value, root: &Value, depth: usize) -> Value {
    let names = schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let member = |name: &str| (name.to_owned(), example(&schema["properties"][name], root, depth + 1));
    Value::Object(names.filter(|_| depth < MAX_DEPTH).map(member).collect())
}

fn pretty(value: &Value) -> String {
    escaped(&serde_json::to_string_pretty(value).unwrap_or_default())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Nothing but our own script and style runs, and it talks to us only.
fn policy() -> HeaderValue {
    let hash = |text: &str| BASE64_STANDARD.encode(digest::digest(&digest::SHA256, text.as_bytes()));
    let policy = format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; connect-src 'self'; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'",
        hash(SCRIPT),
        hash(STYLE)
    );
    HeaderValue::from_str(&policy).expect("hashes in base64 can stand in a header")
}

const SCRIPT: &str = include_str!("page.js");
const STYLE: &str = include_str!("page.css");
const INTRODUCTION: &str = include_str!("introduction.html");
const MAX_DEPTH: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::ACCESS_OPERATIONS;

    #[test]
    fn the_page_lists_every_operation_and_loads_nothing_from_elsewhere() {
        let page = Page::new("a <b>", ACCESS_OPERATIONS);
        let html = std::str::from_utf8(&page.html).expect("it was made of text");
        for operation in ACCESS_OPERATIONS {
            assert!(html.contains(&format!("/v1/access/{}", operation.name)), "{}", operation.name);
        }
        assert!(html.contains("<h1>a &lt;b&gt;</h1>"));
        for loads in ["=\"http", "=\"//", "src=", "<link", "@import", "url("] {
            assert!(!html.contains(loads), "{loads}");
        }
    }

    #[test]
    fn examples_hold_what_must_be_there() {
        let create = ACCESS_OPERATIONS.iter().find(|operation| operation.name == "create_key");
        let schema = create.map(|operation| (operation.request)().to_value()).unwrap_or_default();
        assert_eq!(example(&schema, &schema, 0), json!({ "name": "", "role": "applicant" }));
    }
}
