//! JSON as somebody wrote it: members stay in their order.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A JSON value whose objects keep the order of their members.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Tree {
    Object(IndexMap<String, Self>),
    Array(Vec<Self>),
    Leaf(Value),
}

impl Tree {
    /// A member, whatever the case of its name.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        let Self::Object(members) = self else { return None };
        members.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    pub(super) fn get_mut(&mut self, name: &str) -> Option<&mut Self> {
        let Self::Object(members) = self else { return None };
        members.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    pub(super) fn set(&mut self, name: &str, value: Self) {
        match (self.get_mut(name), value) {
            (Some(known), value) => *known = value,
            (None, value) => {
                if let Self::Object(members) = self {
                    members.insert(name.into(), value);
                }
            }
        }
    }

    /// A text, or a number as one.
    pub(super) fn text(&self) -> Option<String> {
        match self {
            Self::Leaf(Value::String(text)) => Some(text.trim().to_owned()),
            Self::Leaf(Value::Number(number)) => Some(number.to_string()),
            _ => None,
        }
    }

    pub(super) fn items(&self) -> &[Self] {
        match self {
            Self::Array(items) => items,
            _ => &[],
        }
    }

    /// Calls something for each member of it and of whatever is in it.
    pub(super) fn each_member(&mut self, visit: &mut impl FnMut(&str, &mut Self)) {
        match self {
            Self::Object(members) => members.iter_mut().for_each(|(name, value)| {
                visit(name, value);
                value.each_member(visit);
            }),
            Self::Array(items) => items.iter_mut().for_each(|item| item.each_member(visit)),
            Self::Leaf(_) => {}
        }
    }
}

impl From<Value> for Tree {
    fn from(value: Value) -> Self {
        match value {
            Value::Object(members) => {
                Self::Object(members.into_iter().map(|(name, value)| (name, value.into())).collect())
            }
            Value::Array(items) => Self::Array(items.into_iter().map(Into::into).collect()),
            leaf => Self::Leaf(leaf),
        }
    }
}

impl From<Tree> for Value {
    fn from(tree: Tree) -> Self {
        match tree {
            Tree::Object(members) => {
                Self::Object(members.into_iter().map(|(name, value)| (name, value.into())).collect())
            }
            Tree::Array(items) => Self::Array(items.into_iter().map(Into::into).collect()),
            Tree::Leaf(leaf) => leaf,
        }
    }
}
