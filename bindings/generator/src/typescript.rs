//! The operations in TypeScript and JavaScript.

use std::fmt::Write;

use crate::model::{Capability, Model, Operation};
use crate::schema::{Definition, Member, Type};
use crate::words::{camel, pascal};

/// `operations.d.ts` and `operations.js`.
#[must_use]
pub fn typescript(model: &Model) -> (String, String) {
    (declarations(model), script(model))
}

fn declarations(model: &Model) -> String {
    let mut out = format!("{HEAD}\nimport {{ Face, Stream }} from './face.js'\n");
    for Definition { name, doc, kind } in model.definitions.values() {
        comment(doc, "", &mut out);
        match kind {
            Type::Object(members) => {
                let _ = writeln!(out, "export interface {name} {{\n{}}}", members_of(members, "  "));
            }
            other => {
                let _ = writeln!(out, "export type {name} = {}", annotation(other));
            }
        }
    }
    for (name, capability) in &model.capabilities {
        declare(model, name, capability, &mut out);
    }
    out
}

fn declare(model: &Model, name: &str, capability: &Capability, out: &mut String) {
    let about = match &capability.of {
        Some(of) => format!("The operations of `{name}`, each of one {of}."),
        None => format!("The operations of `{name}`."),
    };
    comment(&about, "", out);
    let _ = writeln!(out, "export class {}Operations extends Face {{", pascal(name));
    for (name, operation) in &capability.operations {
        let (request, given) = (request(model, operation), annotation(&operation.response));
        let given = if operation.is_stream { format!("Stream<{given}>") } else { format!("Promise<{given}>") };
        comment(&operation.doc, "  ", out);
        let _ = writeln!(out, "  {}({request}): {given}", camel(name));
    }
    out.push_str("}\n");
}

/// An object with the members; it may be left out where none must be there.
fn request(model: &Model, operation: &Operation) -> String {
    let members: Vec<Member> = operation
        .request
        .iter()
        .map(|member| match (model.stands_for_item(&member.kind), &member.kind) {
            (Some(_), Type::List(item)) => {
                let either = Type::Union(vec![item.as_ref().clone(), Type::Text]);
                Member { kind: Type::List(Box::new(either)), ..member.clone() }
            }
            _ => member.clone(),
        })
        .collect();
    if members.is_empty() {
        return String::new();
    }
    let question = if members.iter().any(|member| member.is_required) { "" } else { "?" };
    format!("request{question}: {{\n{}  }}", members_of(&members, "    "))
}

fn script(model: &Model) -> String {
    let mut out = format!("{HEAD}'use strict'\n\nconst {{ Face, each }} = require('./face.js')\n");
    for (name, capability) in &model.capabilities {
        let _ = write!(out, "\nclass {}Operations extends Face {{\n", pascal(name));
        let _ = writeln!(out, "  static capability = '{name}'\n");
        for (name, operation) in &capability.operations {
            let act = if operation.is_stream { "_open" } else { "_call" };
            let items = operation.request.iter().filter_map(|member| {
                let item = model.stands_for_item(&member.kind)?;
                Some(format!("{0}: each('{item}', request.{0})", member.name))
            });
            let items = items.collect::<Vec<_>>().join(", ");
            let given = if items.is_empty() { "request".to_owned() } else { format!("{{ ...request, {items} }}") };
            let _ =
                writeln!(out, "  {}(request = {{}}) {{\n    return this.{act}('{name}', {given})\n  }}\n", camel(name));
        }
        out.truncate(out.trim_end().len());
        out.push_str("\n}\n");
    }
    let classes = model.capabilities.keys().map(|name| format!("{}Operations", pascal(name)));
    let _ = write!(out, "\nmodule.exports = {{ {} }}\n", classes.collect::<Vec<_>>().join(", "));
    out
}

fn members_of(members: &[Member], indent: &str) -> String {
    let mut out = String::new();
    for Member { name, doc, kind, is_required } in members {
        comment(doc, indent, &mut out);
        let question = if *is_required { "" } else { "?" };
        let plain = name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
        let name = if plain { name.clone() } else { format!("'{name}'") };
        let _ = writeln!(out, "{indent}{name}{question}: {}", annotation(kind));
    }
    out
}

fn annotation(kind: &Type) -> String {
    match kind {
        Type::Any => "any".into(),
        Type::Text => "string".into(),
        Type::Integer | Type::Number => "number".into(),
        Type::Boolean => "boolean".into(),
        Type::Null => "null".into(),
        Type::Literal(text) => format!("'{text}'"),
        Type::Named(name) => name.clone(),
        Type::List(item) if matches!(**item, Type::Union(_) | Type::Both(_)) => format!("({})[]", annotation(item)),
        Type::List(item) => format!("{}[]", annotation(item)),
        // Not `Record<…>`, which is the name of one of our types.
        Type::Map(item) => format!("{{ [name: string]: {} }}", annotation(item)),
        Type::Object(members) => format!("{{\n{}}}", members_of(members, "    ")),
        Type::Union(kinds) => kinds.iter().map(annotation).collect::<Vec<_>>().join(" | "),
        Type::Both(kinds) => kinds.iter().map(annotation).collect::<Vec<_>>().join(" & "),
    }
}

fn comment(doc: &str, indent: &str, out: &mut String) {
    let doc = doc.trim().replace("*/", "* /");
    if doc.is_empty() {
        return;
    }
    if !doc.contains('\n') {
        let _ = writeln!(out, "{indent}/** {doc} */");
        return;
    }
    let lines: String = doc.lines().map(|line| format!("{indent} * {line}").trim_end().to_owned() + "\n").collect();
    let _ = write!(out, "{indent}/**\n{lines}{indent} */\n");
}

const HEAD: &str =
    "// The operations, and what they take and give. Made from the operations themselves: do not change this file.\n";
