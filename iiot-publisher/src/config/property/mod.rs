//! The properties of the file: what their values are, what they mean, and what becomes of them.
//!
//! There is one table for entries and one for nodes. The reader takes from it which names there are, the
//! JSON Schema all it says.

use std::fmt::Write;

mod entry;
mod kind;
mod node;

pub(super) use entry::ENTRY;
pub(super) use kind::Kind;
pub(super) use node::{
    CONDITION_HANDLING, EVENT_FILTER, EXPANSION, FILTER_ELEMENT, FILTER_OPERAND, MODEL_CHANGE_HANDLING, NODE,
    SELECT_CLAUSE, SINGLE_NODE, WHERE_CLAUSE,
};

/// A property, what it means, and what we do with it.
#[derive(Debug)]
pub(super) struct Property {
    /// As it is spelled in documents; files may use any case.
    pub(super) name: &'static str,
    /// What its values are.
    pub(super) kind: Kind,
    /// What it does, as sentences.
    doc: &'static str,
    /// What counts where it is not there.
    default: &'static str,
    pub(super) required: bool,
}

impl Property {
    const fn new(name: &'static str, kind: Kind, doc: &'static str) -> Self {
        Self { name, kind, doc, default: "", required: false }
    }

    const fn or(self, default: &'static str) -> Self {
        Self { default, ..self }
    }

    const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    /// All there is to say of it.
    pub(super) fn description(&self) -> String {
        let mut text = self.doc.to_owned();
        let unit = self.kind.unit();
        if !unit.is_empty() {
            let _ = write!(text, " {unit}");
        }
        if !self.default.is_empty() {
            let _ = write!(text, " Default: {}.", self.default);
        }
        text
    }
}

/// The names of a table of choices.
fn names<T>(choices: &[(&'static str, T)]) -> Vec<&'static str> {
    choices.iter().map(|(name, _)| *name).collect()
}

/// The known name that was probably meant.
pub(super) fn nearest(name: &str, known: &[Property]) -> Option<&'static str> {
    let name = name.to_ascii_lowercase();
    let (near, distance) = known
        .iter()
        .map(|property| (property.name, distance(&name, &property.name.to_ascii_lowercase())))
        .min_by_key(|(_, distance)| *distance)?;
    (distance <= 1 + name.len() / 5).then_some(near)
}

/// Insertions, deletions and replacements that turn one text into the other.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, b) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_name_finds_its_property() {
        assert_eq!(nearest("OpcSamplingIntervall", NODE), Some("OpcSamplingInterval"));
        assert_eq!(nearest("endpointurls", ENTRY), Some("EndpointUrl"));
        assert_eq!(nearest("Colour", NODE), None);
        assert_eq!(distance("kitten", "sitting"), 3);
    }

    #[test]
    fn no_property_stands_in_a_table_twice() {
        for table in [ENTRY, NODE] {
            let mut names: Vec<&str> = table.iter().map(|property| property.name).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), table.len());
        }
    }

    #[test]
    fn what_a_property_means_is_said_with_unit_and_default() {
        let described = |name| NODE.iter().find(|property| property.name == name).map(Property::description);
        let expected = "How old a value that is read so may be; 0 lets the server read it from its source. Not more \
                        than the sampling interval. In milliseconds. Default: 0.";
        assert_eq!(described("CyclicReadMaxAge").as_deref(), Some(expected));
        for property in ENTRY.iter().chain(NODE) {
            assert!(property.doc.ends_with('.'), "{}", property.name);
        }
    }
}
