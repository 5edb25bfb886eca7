//! The operations in Python.

use std::fmt::Write;

use crate::model::{Capability, Model, Operation};
use crate::schema::{Definition, Member, Type};
use crate::words::{pascal, snake};

/// The module `iiot.operations`.
#[must_use]
pub fn python(model: &Model) -> String {
    let mut out = String::from(HEAD);
    let names: Vec<&String> = model.definitions.keys().collect();
    let mut aliases = Vec::new();
    for definition in model.definitions.values() {
        match &definition.kind {
            Type::Object(members) => object(&definition.name, &definition.doc, members, &mut out),
            other => aliases.push((definition, annotation(other))),
        }
    }
    define(aliases, &mut out);
    for (name, capability) in &model.capabilities {
        face(model, name, capability, &Way::ASYNC, &mut out);
        face(model, name, capability, &Way::SYNC, &mut out);
    }
    let classes = model.capabilities.keys().flat_map(|name| [class(name, &Way::ASYNC), class(name, &Way::SYNC)]);
    let all = classes.chain(names.into_iter().cloned()).map(|name| format!("    \"{name}\",\n")).collect::<String>();
    let _ = write!(out, "\n\n__all__ = [\n{all}]\n");
    out
}

/// With or without `async`.
struct Way {
    suffix: &'static str,
    def: &'static str,
    call: &'static str,
    open: &'static str,
    stream: &'static str,
    base: &'static str,
}

impl Way {
    const ASYNC: Self = Self {
        suffix: "Operations",
        def: "async def",
        call: "return await self._call",
        open: "return self._open",
        stream: "Stream",
        base: "Face",
    };
    const SYNC: Self = Self {
        suffix: "SyncOperations",
        def: "def",
        call: "return self._call",
        open: "return self._open",
        stream: "SyncStream",
        base: "SyncFace",
    };
}

fn class(capability: &str, way: &Way) -> String {
    format!("{}{}", pascal(capability), way.suffix)
}

/// Names of types, each behind those that it is made of, so that they can be evaluated; texts where they are made of each other.
fn define(mut aliases: Vec<(&Definition, String)>, out: &mut String) {
    while !aliases.is_empty() {
        let open: Vec<&str> = aliases.iter().map(|(definition, _)| definition.name.as_str()).collect();
        let (ready, rest): (Vec<_>, Vec<_>) = aliases.iter().cloned().partition(|(_, kind)| !mentions(kind, &open));
        let quote = if ready.is_empty() { "\"" } else { "" };
        let (now, later) = if ready.is_empty() { (rest, Vec::new()) } else { (ready, rest) };
        for (Definition { name, doc, .. }, kind) in now {
            let _ = write!(out, "\n\n{name}: TypeAlias = {quote}{kind}{quote}\n");
            docstring(doc, "", out);
        }
        aliases = later;
    }
}

/// Whether an annotation has one of the names, outside its literals.
fn mentions(annotation: &str, names: &[&str]) -> bool {
    let code = annotation.split('\'').step_by(2);
    code.flat_map(|part| part.split(|c: char| !c.is_alphanumeric() && c != '_')).any(|word| names.contains(&word))
}

fn object(name: &str, doc: &str, members: &[Member], out: &mut String) {
    let is_plain = |member: &&Member| is_identifier(&member.name);
    if !members.iter().all(|member| is_plain(&member)) {
        let entries: String =
            members.iter().map(|member| format!("\"{}\": \"{}\", ", member.name, annotation(&member.kind))).collect();
        let _ =
            write!(out, "\n\n{name} = TypedDict(\"{name}\", {{{}}}, total=False)\n", entries.trim_end_matches(", "));
        return docstring(doc, "", out);
    }
    let (required, optional): (Vec<&Member>, Vec<&Member>) = members.iter().partition(|member| member.is_required);
    let (base, needs_base) = (format!("_{name}"), !required.is_empty() && !optional.is_empty());
    if needs_base {
        let _ = write!(out, "\n\nclass {base}(TypedDict):\n");
        fields(&required, out);
    }
    let (parent, total, own) = match (needs_base, optional.is_empty()) {
        (true, _) => (base.as_str(), ", total=False", optional),
        (false, true) => ("TypedDict", "", required),
        (false, false) => ("TypedDict", ", total=False", optional),
    };
    let _ = write!(out, "\n\nclass {name}({parent}{total}):\n");
    docstring(if doc.is_empty() { "One of several kinds." } else { doc }, INDENT, out);
    if !own.is_empty() {
        out.push('\n');
    }
    fields(&own, out);
}

fn fields(members: &[&Member], out: &mut String) {
    for member in members {
        let _ = writeln!(out, "{INDENT}{}: {}", member.name, annotation(&member.kind));
        docstring(&member.doc, INDENT, out);
    }
}

fn face(model: &Model, name: &str, capability: &Capability, way: &Way, out: &mut String) {
    let _ = write!(out, "\n\nclass {}({}):\n", class(name, way), way.base);
    let about = match &capability.of {
        Some(of) => format!("The operations of `{name}`, each of one {of}."),
        None => format!("The operations of `{name}`."),
    };
    docstring(&about, INDENT, out);
    let _ = writeln!(out, "\n{INDENT}_capability = \"{name}\"");
    if let Some(of) = &capability.of {
        let _ = writeln!(out, "{INDENT}_of = \"{of}\"");
    }
    for (name, operation) in &capability.operations {
        method(model, name, operation, way, out);
    }
}

fn method(model: &Model, name: &str, operation: &Operation, way: &Way, out: &mut String) {
    let (def, act) = if operation.is_stream { ("def", way.open) } else { (way.def, way.call) };
    let given = annotation(&operation.response);
    let given = if operation.is_stream { format!("{}[{given}]", way.stream) } else { given };
    let _ = writeln!(out, "\n{INDENT}{def} {name}({}) -> {given}:", parameters(model, &operation.request));
    docstring(&explained(operation), "        ", out);
    let members = operation.request.iter().map(|member| {
        let argument = argument(&member.name);
        let value = match model.stands_for_item(&member.kind) {
            Some(item) => format!("each(\"{item}\", {argument})"),
            None => argument,
        };
        format!("\"{}\": {value}", member.name)
    });
    let _ = writeln!(out, "        {act}(\"{name}\", {{{}}})", members.collect::<Vec<_>>().join(", "));
}

/// What must be there first; only a single such argument may stand without its name.
fn parameters(model: &Model, members: &[Member]) -> String {
    let required = members.iter().filter(|member| member.is_required).count();
    let mut all = vec!["self".to_owned()];
    for (index, member) in members.iter().enumerate() {
        if index == usize::from(required == 1) {
            all.push("*".into());
        }
        let kind = match model.stands_for_item(&member.kind) {
            Some(_) => format!("Sequence[{} | str]", item_annotation(&member.kind)),
            None => annotation(&member.kind),
        };
        let default = if member.is_required { "" } else { " = UNSET" };
        all.push(format!("{}: {kind}{default}", argument(&member.name)));
    }
    all.join(", ")
}

fn explained(operation: &Operation) -> String {
    let mut doc = operation.doc.clone();
    if !operation.request.is_empty() {
        doc.push_str("\n\nArgs:");
    }
    for member in &operation.request {
        let text = member.doc.split_whitespace().collect::<Vec<_>>().join(" ");
        let _ = write!(doc, "\n    {}: {text}", argument(&member.name));
    }
    doc
}

fn annotation(kind: &Type) -> String {
    match kind {
        Type::Any | Type::Both(_) => "Any".into(),
        Type::Text => "str".into(),
        Type::Integer => "int".into(),
        Type::Number => "float".into(),
        Type::Boolean => "bool".into(),
        Type::Null => "None".into(),
        Type::Literal(text) => format!("Literal['{text}']"),
        Type::Named(name) => name.clone(),
        Type::List(item) => format!("list[{}]", annotation(item)),
        Type::Map(item) => format!("dict[str, {}]", annotation(item)),
        Type::Object(_) => "dict[str, Any]".into(),
        Type::Union(kinds) => union(kinds),
    }
}

fn item_annotation(kind: &Type) -> String {
    match kind {
        Type::List(item) => annotation(item),
        other => annotation(other),
    }
}

/// Literals together, as people write them.
fn union(kinds: &[Type]) -> String {
    let literals: Vec<String> = kinds
        .iter()
        .filter_map(|kind| match kind {
            Type::Literal(text) => Some(format!("'{text}'")),
            _ => None,
        })
        .collect();
    let literal = (!literals.is_empty()).then(|| format!("Literal[{}]", literals.join(", ")));
    let others = kinds.iter().filter(|kind| !matches!(kind, Type::Literal(_))).map(annotation);
    literal.into_iter().chain(others).collect::<Vec<_>>().join(" | ")
}

/// `cacheMs` is the argument `cache_ms`; what Python keeps for itself has a line behind it.
fn argument(name: &str) -> String {
    let name = snake(name);
    if KEYWORDS.contains(&name.as_str()) { name + "_" } else { name }
}

fn is_identifier(name: &str) -> bool {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    !name.starts_with(|letter: char| letter.is_ascii_digit()) && name.chars().all(plain) && !KEYWORDS.contains(&name)
}

fn docstring(doc: &str, indent: &str, out: &mut String) {
    if doc.is_empty() {
        return;
    }
    let doc = doc.replace('\\', "\\\\").replace("\"\"\"", "'''");
    let lines: Vec<String> = doc
        .trim()
        .lines()
        .map(|line| if line.is_empty() { String::new() } else { format!("{indent}{line}") })
        .collect();
    let text = lines.join("\n");
    let (text, end) = (text.trim_start(), if lines.len() > 1 { format!("\n{indent}") } else { String::new() });
    let end = if text.ends_with('"') && end.is_empty() { " ".into() } else { end };
    let _ = writeln!(out, "{indent}\"\"\"{text}{end}\"\"\"");
}

const INDENT: &str = "    ";
const KEYWORDS: &[&str] = &[
    "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else", "except",
    "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise",
    "return", "self", "try", "while", "with", "yield",
];
const HEAD: &str = "\
\"\"\"The operations, and what they take and give.

Objects are dictionaries whose members are spelled as in JSON; arguments are spelled as Python does. What is left out has
the default that its description names. Made from the operations themselves: do not change this file.
\"\"\"

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias, TypedDict

from ._face import UNSET, Face, Stream, SyncFace, SyncStream, each
";
