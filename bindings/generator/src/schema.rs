//! JSON Schemas as types.

use serde_json::Value;

use crate::words::pascal;

/// What a value may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    /// Anything.
    Any,
    /// A text.
    Text,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// Yes or no.
    Boolean,
    /// Nothing.
    Null,
    /// This text.
    Literal(String),
    /// What has a definition.
    Named(String),
    /// A list of such values.
    List(Box<Self>),
    /// Such values by their names.
    Map(Box<Self>),
    /// One of these.
    Union(Vec<Self>),
    /// All of these at once.
    Both(Vec<Self>),
    /// An object with these members.
    Object(Vec<Member>),
}

/// A member of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// As JSON spells it.
    pub name: String,
    /// What it is for.
    pub doc: String,
    /// What it may be.
    pub kind: Type,
    /// Whether it must be there.
    pub is_required: bool,
}

/// A type with a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// Its name.
    pub name: String,
    /// What it is.
    pub doc: String,
    /// What it may be.
    pub kind: Type,
}

impl Type {
    /// What a schema allows.
    #[must_use]
    pub fn of(schema: &Value) -> Self {
        let own = Self::without_reference(schema);
        match (schema["$ref"].as_str(), own) {
            (Some(target), Self::Object(members)) if !members.is_empty() => {
                Self::Both(vec![named(target), Self::Object(members)])
            }
            (Some(target), _) => named(target),
            (None, own) => own,
        }
    }

    fn without_reference(schema: &Value) -> Self {
        let variants = schema["oneOf"].as_array().or_else(|| schema["anyOf"].as_array());
        if let Some(variants) = variants {
            return Self::either(variants.iter().map(Self::of));
        }
        if let Some(text) = schema["const"].as_str() {
            return Self::Literal(text.into());
        }
        if let Some(texts) = schema["enum"].as_array() {
            return Self::either(texts.iter().filter_map(Value::as_str).map(|text| Self::Literal(text.into())));
        }
        match &schema["type"] {
            Value::String(kind) => Self::primitive(kind, schema),
            Value::Array(kinds) => {
                Self::either(kinds.iter().filter_map(Value::as_str).map(|kind| Self::primitive(kind, schema)))
            }
            _ if schema["properties"].is_object() => Self::object(schema),
            _ => Self::Any,
        }
    }

    fn primitive(kind: &str, schema: &Value) -> Self {
        match kind {
            "string" => Self::Text,
            "integer" => Self::Integer,
            "number" => Self::Number,
            "boolean" => Self::Boolean,
            "null" => Self::Null,
            "array" => Self::List(Box::new(Self::of(&schema["items"]))),
            "object" => Self::object(schema),
            _ => Self::Any,
        }
    }

    fn object(schema: &Value) -> Self {
        let others = &schema["additionalProperties"];
        let Some(properties) = schema["properties"].as_object() else {
            return match others {
                Value::Bool(false) => Self::Object(Vec::new()),
                Value::Object(_) => Self::Map(Box::new(Self::of(others))),
                _ => Self::Map(Box::new(Self::Any)),
            };
        };
        let required: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let member = |(name, schema): (&String, &Value)| Member {
            name: name.clone(),
            doc: doc_of(schema),
            kind: Self::of(schema),
            is_required: required.contains(&name.as_str()),
        };
        Self::Object(properties.iter().map(member).collect())
    }

    /// One of several, each once; of one only, that.
    fn either(kinds: impl Iterator<Item = Self>) -> Self {
        let mut all = Vec::new();
        for kind in kinds {
            let more = if let Self::Union(inner) = kind { inner } else { vec![kind] };
            for kind in more {
                if !all.contains(&kind) {
                    all.push(kind);
                }
            }
        }
        if all.len() == 1 { all.remove(0) } else { Self::Union(all) }
    }

    /// Whether it may be nothing.
    #[must_use]
    pub fn is_optional(&self) -> bool {
        matches!(self, Self::Union(kinds) if kinds.contains(&Self::Null))
    }

    /// The same without objects that have no name: each becomes a definition of its own, named after where it stands.
    pub(crate) fn lifted(self, place: &str, found: &mut Vec<Definition>) -> Self {
        match self {
            Self::Object(members) => {
                let name = place.to_owned();
                let kind = Self::Object(members_lifted(members, &name, found));
                found.push(Definition { name: name.clone(), doc: String::new(), kind });
                Self::Named(name)
            }
            other => other.parts_lifted(place, found),
        }
    }

    /// As [`lifted`](Self::lifted) for what is inside; the outermost object stays where it is, for it has a name.
    pub(crate) fn parts_lifted(self, place: &str, found: &mut Vec<Definition>) -> Self {
        let each = |kinds: Vec<Self>, found: &mut Vec<Definition>| {
            let numbered = kinds.into_iter().enumerate();
            numbered
                .map(|(index, kind)| {
                    let name = format!("{place}{}", kind.tag().unwrap_or_else(|| (index + 1).to_string()));
                    kind.lifted(&name, found)
                })
                .collect()
        };
        match self {
            Self::Object(members) => Self::Object(members_lifted(members, place, found)),
            Self::List(item) => Self::List(Box::new(item.lifted(&format!("{place}Item"), found))),
            Self::Map(item) => Self::Map(Box::new(item.lifted(&format!("{place}Item"), found))),
            Self::Union(kinds) => Self::Union(each(kinds, found)),
            Self::Both(kinds) => Self::Both(each(kinds, found)),
            other => other,
        }
    }

    /// What tells a variant from the others.
    fn tag(&self) -> Option<String> {
        match self {
            Self::Object(members) => {
                let of = |member: &Member| match &member.kind {
                    Self::Literal(text) => Some(pascal(text)),
                    _ => None,
                };
                members.iter().find_map(of).or_else(|| match members.as_slice() {
                    [only] => Some(pascal(&only.name)),
                    _ => None,
                })
            }
            Self::Both(kinds) => kinds.iter().find_map(Self::tag),
            _ => None,
        }
    }
}

fn members_lifted(members: Vec<Member>, place: &str, found: &mut Vec<Definition>) -> Vec<Member> {
    let one = |member: Member| {
        let place = format!("{place}{}", pascal(&member.name));
        Member { kind: member.kind.clone().lifted(&place, found), ..member }
    };
    members.into_iter().map(one).collect()
}

fn named(target: &str) -> Type {
    Type::Named(target.rsplit('/').next().unwrap_or(target).to_owned())
}

pub(crate) fn doc_of(schema: &Value) -> String {
    schema["description"].as_str().unwrap_or_default().to_owned()
}
