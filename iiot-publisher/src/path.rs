//! Browse paths as people write them (OPC 10000-4 Annex A.2).

use std::fmt;
use std::str::FromStr;

use iiot_core::session::ItemNode;
use iiot_core::ua::{QualifiedName, ReferenceTypeId, RelativePath, RelativePathElement};
use iiot_core::{Error, ErrorKind, Result};

/// A way from one node to another.
///
/// Each element is a kind of references and a name: `/` follows hierarchical references, `.` aggregates,
/// `<0:HasComponent>` or `<nsu=http://example.org/;i=7>` those of a type and its subtypes, `<#…>` of the type alone,
/// `<!…>` the other way round. A name begins with its namespace, as an index and a colon or as
/// `nsu=http://example.org/;`; without one it is namespace 0. `&` goes before each of `/ . < > : # ! &` that
/// belongs to a name. The first element may begin with its name and is then hierarchical.
///
/// ```
/// use iiot_publisher::plan::NodePath;
///
/// let path: NodePath = "/2:Boiler.2:Drum&.1<0:HasComponent>nsu=http://example.org/;Level".parse()?;
/// assert_eq!(path.elements().len(), 3);
/// # Ok::<(), iiot_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NodePath {
    elements: Vec<PathElement>,
    text: String,
}

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PathElement {
    /// Type of the references.
    pub reference: ItemNode,
    /// Whether they are followed from target to source.
    pub inverse: bool,
    /// Whether references of subtypes count too.
    pub subtypes: bool,
    /// Namespace URI, or index in the server's table.
    pub namespace: PathNamespace,
    /// BrowseName of the target in that namespace.
    pub name: String,
}

/// The namespace of a name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PathNamespace {
    /// In the server's namespace table.
    Index(u16),
    /// By its URI.
    Uri(String),
}

impl NodePath {
    /// The steps in order.
    #[must_use]
    pub fn elements(&self) -> &[PathElement] {
        &self.elements
    }

    /// The path in a server's own namespaces; `None` if it lacks one of them.
    #[must_use]
    pub fn resolve(&self, namespaces: &[String]) -> Option<RelativePath> {
        let elements: Option<Vec<_>> = self.elements.iter().map(|element| element.resolve(namespaces)).collect();
        Some(RelativePath { elements: Some(elements?) })
    }

    /// This path and then another.
    #[must_use]
    pub fn then(mut self, other: Self) -> Self {
        if !other.text.starts_with(['/', '.', '<']) {
            self.text.push('/');
        }
        self.text.push_str(&other.text);
        self.elements.extend(other.elements);
        self
    }
}

impl PathElement {
    fn resolve(&self, namespaces: &[String]) -> Option<RelativePathElement> {
        let namespace = match &self.namespace {
            PathNamespace::Index(index) => *index,
            PathNamespace::Uri(uri) => u16::try_from(namespaces.iter().position(|namespace| namespace == uri)?).ok()?,
        };
        Some(RelativePathElement {
            reference_type_id: self.reference.resolve(namespaces)?,
            is_inverse: self.inverse,
            include_subtypes: self.subtypes,
            target_name: QualifiedName::new(namespace, self.name.as_str()),
        })
    }
}

/// As it was written.
impl fmt::Display for NodePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// # Errors
/// `InvalidArgument`, also for paths of more than 32 elements.
impl FromStr for NodePath {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let text = text.trim();
        let (mut elements, mut rest) = (Vec::new(), text);
        while !rest.is_empty() {
            let (element, behind) = element(rest, elements.is_empty()).map_err(|cause| invalid(text, cause))?;
            elements.push(element);
            rest = behind;
        }
        match elements.len() {
            0 => Err(invalid(text, "it is empty")),
            1..=MAX_ELEMENTS => Ok(Self { elements, text: text.into() }),
            _ => Err(invalid(text, "it has more than 32 elements")),
        }
    }
}

fn invalid(text: &str, cause: &str) -> Error {
    let message = format!("{cause}; write elements like /2:Boiler or .2:Level");
    Error::new(ErrorKind::InvalidArgument, "read browse path", message).with("path", text)
}

type Cause = &'static str;

/// The first element and what stands behind it.
fn element(text: &str, first: bool) -> Result<(PathElement, &str), Cause> {
    let hierarchical = node_of(ReferenceTypeId::HierarchicalReferences);
    let (reference, inverse, subtypes, rest) = match text.as_bytes()[0] {
        b'/' => (hierarchical, false, true, &text[1..]),
        b'.' => (node_of(ReferenceTypeId::Aggregates), false, true, &text[1..]),
        b'<' => {
            let end = text.find('>').ok_or("a type of references does not end")?;
            let (name, inverse, subtypes) = flags(&text[1..end]);
            (reference_type(name)?, inverse, subtypes, &text[end + 1..])
        }
        _ if first => (hierarchical, false, true, text),
        _ => return Err("an element begins with neither / nor . nor <"),
    };
    let (namespace, rest) = namespace(rest)?;
    let (name, rest) = name(rest)?;
    Ok((PathElement { reference, inverse, subtypes, namespace, name }, rest))
}

fn node_of(reference: ReferenceTypeId) -> ItemNode {
    ItemNode::Indexed(reference.into())
}

/// The rest, whether it is inverse, and whether subtypes count.
fn flags(mut text: &str) -> (&str, bool, bool) {
    let (mut inverse, mut subtypes) = (false, true);
    while let Some(rest) = text.strip_prefix(['#', '!']) {
        if text.starts_with('#') {
            subtypes = false
        } else {
            inverse = true
        }
        text = rest;
    }
    (text, inverse, subtypes)
}

/// By node id, or by the name of a type that the specification defines.
fn reference_type(text: &str) -> Result<ItemNode, Cause> {
    if let Ok(node) = text.parse() {
        return Ok(node);
    }
    let name = text.strip_prefix("0:").unwrap_or(text);
    let found = REFERENCE_TYPES.iter().find(|id| format!("{id:?}") == name);
    found.map(|id| node_of(*id)).ok_or("a type of references is unknown, name it by its node id")
}

fn namespace(text: &str) -> Result<(PathNamespace, &str), Cause> {
    if let Some(rest) = text.strip_prefix("nsu=") {
        let (uri, rest) = rest.split_once(';').ok_or("a namespace does not end, put a ; behind it")?;
        return Ok((PathNamespace::Uri(uri.into()), rest));
    }
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    match text[digits..].strip_prefix(':') {
        Some(rest) if digits > 0 => {
            let index = text[..digits].parse().map_err(|_| "there is no such namespace")?;
            Ok((PathNamespace::Index(index), rest))
        }
        _ => Ok((PathNamespace::Index(0), text)),
    }
}

/// A name to the next element, without its escapes.
fn name(text: &str) -> Result<(String, &str), Cause> {
    let (mut name, mut characters) = (String::new(), text.char_indices());
    let mut end = text.len();
    while let Some((at, character)) = characters.next() {
        match character {
            '/' | '.' | '<' => {
                end = at;
                break;
            }
            '&' => name.push(characters.next().ok_or("nothing stands behind the last &")?.1),
            _ => name.push(character),
        }
    }
    if name.is_empty() { Err("an element has no name") } else { Ok((name, &text[end..])) }
}

/// OPC 10000-3 §7.
const REFERENCE_TYPES: &[ReferenceTypeId] = &[
    ReferenceTypeId::References,
    ReferenceTypeId::HierarchicalReferences,
    ReferenceTypeId::NonHierarchicalReferences,
    ReferenceTypeId::HasChild,
    ReferenceTypeId::Organizes,
    ReferenceTypeId::Aggregates,
    ReferenceTypeId::HasComponent,
    ReferenceTypeId::HasOrderedComponent,
    ReferenceTypeId::HasProperty,
    ReferenceTypeId::HasSubtype,
    ReferenceTypeId::HasEventSource,
    ReferenceTypeId::HasNotifier,
    ReferenceTypeId::HasTypeDefinition,
    ReferenceTypeId::HasModellingRule,
    ReferenceTypeId::HasEncoding,
    ReferenceTypeId::HasDescription,
    ReferenceTypeId::HasCondition,
    ReferenceTypeId::HasTrueSubState,
    ReferenceTypeId::HasFalseSubState,
    ReferenceTypeId::HasInterface,
    ReferenceTypeId::HasAddIn,
];

/// Far above any path of a real server.
const MAX_ELEMENTS: usize = 32;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn short(element: &PathElement) -> String {
        let PathElement { reference, inverse, subtypes, namespace, name } = element;
        let namespace = match namespace {
            PathNamespace::Index(index) => index.to_string(),
            PathNamespace::Uri(uri) => uri.clone(),
        };
        format!("{reference} {inverse} {subtypes} {namespace} {name}")
    }

    #[test]
    fn every_form_of_element_is_read() {
        let cases: &[(&str, &[&str])] = &[
            ("/2:Boiler", &["i=33 false true 2 Boiler"]),
            ("2:Boiler.Level", &["i=33 false true 2 Boiler", "i=44 false true 0 Level"]),
            ("<!Organizes>4:A&.B", &["i=35 true true 4 A.B"]),
            ("<#0:HasComponent>C", &["i=47 false false 0 C"]),
            ("<#!nsu=urn:a;i=7>C", &["nsu=urn:a;i=7 true false 0 C"]),
            (
                "/nsu=http://example.org/a.b;Flow&/1/x",
                &["i=33 false true http://example.org/a.b Flow/1", "i=33 false true 0 x"],
            ),
            ("/12 bottles", &["i=33 false true 0 12 bottles"]),
        ];
        for (text, expected) in cases {
            let path: NodePath = text.parse().unwrap();
            assert_eq!(path.elements().iter().map(short).collect::<Vec<_>>(), *expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_path_says_why() {
        let cases = [
            ("", "it is empty"),
            ("/", "an element has no name"),
            ("/a//b", "an element has no name"),
            ("<Organizes", "does not end"),
            ("<Contains>a", "is unknown"),
            ("/a&", "nothing stands behind the last &"),
            ("/70000:a", "no such namespace"),
            ("/nsu=urn:a", "put a ; behind it"),
        ];
        for (text, cause) in cases {
            let error = text.parse::<NodePath>().unwrap_err().to_string();
            assert!(error.contains(cause), "{text}: {error}");
        }
        assert!("/a".repeat(33).parse::<NodePath>().is_err());
    }

    #[test]
    fn a_path_follows_the_namespaces_of_the_server() {
        let path: NodePath = "/nsu=urn:a;A/2:B".parse().unwrap();
        let table = |uris: &[&str]| uris.iter().map(ToString::to_string).collect::<Vec<_>>();
        let names = |path: RelativePath| {
            path.elements.unwrap().into_iter().map(|element| element.target_name.namespace_index).collect::<Vec<_>>()
        };
        assert_eq!(path.resolve(&table(&["ua", "urn:a", "urn:b"])).map(names), Some(vec![1, 2]));
        assert_eq!(path.resolve(&table(&["ua", "urn:b", "urn:x", "urn:a"])).map(names), Some(vec![3, 2]));
        assert_eq!(path.resolve(&table(&["ua"])).map(names), None);
    }
}
