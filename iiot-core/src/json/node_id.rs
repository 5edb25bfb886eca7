//! NodeIds and names as self-contained text (OPC 10000-6 §5.1.12).

use crate::error::{Error, ErrorKind, Result};
use crate::json::binary::{Bytes, Malformed, Read};
use crate::json::text;
use crate::ua::types::namespace_uri;
use crate::ua::{ByteString, ExpandedNodeId, Guid, Identifier, NodeId, QualifiedName, UAString};

/// A NodeId or ExpandedNodeId in its binary encoding.
#[derive(Debug, Clone, Copy)]
pub(super) struct NodeIdBytes<'a> {
    namespace: u16,
    identifier: IdentifierBytes<'a>,
    namespace_uri: Option<&'a str>,
    server_index: u32,
}

/// An identifier whose text and bytes are borrowed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum IdentifierBytes<'a> {
    Numeric(u32),
    String(&'a str),
    Guid([u8; 16]),
    Opaque(&'a [u8]),
}

impl<'a> NodeIdBytes<'a> {
    /// Reads either kind: a NodeId has no flags in its first byte (§5.2.2.9, §5.2.2.10).
    pub(super) fn read(bytes: &mut Bytes<'a>, expanded: bool) -> Read<Self> {
        let kind = bytes.u8()?;
        let flags = if expanded { kind & 0xc0 } else { 0 };
        let (namespace, identifier) = match kind & !flags {
            0 => (0, IdentifierBytes::Numeric(bytes.u8()?.into())),
            1 => (bytes.u8()?.into(), IdentifierBytes::Numeric(bytes.u16()?.into())),
            2 => (bytes.u16()?, IdentifierBytes::Numeric(bytes.u32()?)),
            3 => (bytes.u16()?, IdentifierBytes::String(bytes.string()?.unwrap_or_default())),
            4 => (bytes.u16()?, IdentifierBytes::Guid(bytes.array()?)),
            5 => (bytes.u16()?, IdentifierBytes::Opaque(bytes.byte_string()?.unwrap_or_default())),
            _ => return Err(Malformed("a NodeId of an unknown kind")),
        };
        let namespace_uri = if flags & 0x80 == 0 { None } else { bytes.string()? };
        let server_index = if flags & 0x40 == 0 { 0 } else { bytes.u32()? };
        Ok(Self { namespace, identifier, namespace_uri, server_index })
    }

    /// The namespace as its URI, if the table has it, and the identifier.
    pub(super) fn global<'t>(&self, namespaces: &'t [String]) -> Option<(&'t str, IdentifierBytes<'a>)> {
        Some((namespace_uri(self.namespace, namespaces)?, self.identifier))
    }

    pub(super) const fn is_null(&self) -> bool {
        self.namespace == 0
            && self.server_index == 0
            && self.namespace_uri.is_none()
            && matches!(self.identifier, IdentifierBytes::Numeric(0))
    }

    /// The id of a node in the namespace at an index, or by its URI where the table lacks it.
    pub(super) fn of(identifier: &'a Identifier, uri: &'a str, index: Option<u16>) -> Self {
        let is_standard = namespace_uri(0, &[]) == Some(uri);
        Self {
            namespace: if is_standard { 0 } else { index.unwrap_or(0) },
            identifier: IdentifierBytes::of(identifier),
            namespace_uri: if is_standard || index.is_some() { None } else { Some(uri) },
            server_index: 0,
        }
    }

    /// Appends the JSON object of version 1.04; by indexes where it is to be read back.
    pub(super) fn write_object(&self, out: &mut Vec<u8>, namespaces: &[String], servers: &[String], reversible: bool) {
        let (kind, id) = match self.identifier {
            IdentifierBytes::Numeric(_) => ("", "\"Id\":"),
            IdentifierBytes::String(_) => ("\"IdType\":1,", "\"Id\":\""),
            IdentifierBytes::Guid(_) => ("\"IdType\":2,", "\"Id\":\""),
            IdentifierBytes::Opaque(_) => ("\"IdType\":3,", "\"Id\":\""),
        };
        out.push(b'{');
        out.extend_from_slice(kind.as_bytes());
        out.extend_from_slice(id.as_bytes());
        self.identifier.write_json(out);
        let uri = namespaces.get(usize::from(self.namespace)).filter(|_| self.namespace > 1 && !reversible);
        match self.namespace_uri.or_else(|| uri.map(String::as_str)) {
            Some(uri) => string_member(out, b",\"Namespace\":", uri),
            None if self.namespace == 0 => {}
            None => number_member(out, b",\"Namespace\":", self.namespace.into()),
        }
        match servers.get(self.server_index as usize).filter(|_| !reversible) {
            _ if self.server_index == 0 => {}
            Some(uri) => string_member(out, b",\"ServerUri\":", uri),
            None => number_member(out, b",\"ServerUri\":", self.server_index),
        }
        out.push(b'}');
    }

    /// Appends `uri#i=1`, the text that OPC Publisher uses, without quotes or escapes.
    pub(super) fn write_fragment(&self, out: &mut Vec<u8>, namespaces: &[String]) {
        match self.namespace_uri.or_else(|| fragment_uri(self.namespace, namespaces)) {
            Some(uri) => write_fragment_uri(out, uri),
            None if self.namespace == 0 => {}
            None => write_index(out, b"ns=", self.namespace.into()),
        }
        self.identifier.write(out);
        if self.server_index != 0 {
            out.extend_from_slice(b"&srv=");
            text::integer(out, self.server_index);
        }
    }

    /// Appends the text without quotes or escapes.
    pub(super) fn write(&self, out: &mut Vec<u8>, namespaces: &[String], servers: &[String]) {
        if self.server_index != 0 {
            write_server(out, self.server_index, servers);
        }
        match self.namespace_uri {
            Some(uri) => write_uri(out, b"nsu=", uri),
            None => write_namespace(out, self.namespace, namespaces),
        }
        self.identifier.write(out);
    }
}

impl<'a> IdentifierBytes<'a> {
    pub(crate) fn of(identifier: &'a Identifier) -> Self {
        match identifier {
            Identifier::Numeric(number) => Self::Numeric(*number),
            Identifier::String(string) => Self::String(string.as_ref()),
            // The types crate gives the bytes in wire order.
            Identifier::Guid(guid) => Self::Guid(guid.to_bytes()),
            Identifier::ByteString(bytes) => Self::Opaque(bytes.as_ref()),
        }
    }

    /// Appends a number, or what stands in a JSON string and its closing quote.
    fn write_json(&self, out: &mut Vec<u8>) {
        match self {
            Self::Numeric(number) => return text::integer(out, *number),
            Self::String(string) => text::escape(out, string.as_bytes()),
            Self::Guid(guid) => text::guid(out, guid),
            Self::Opaque(bytes) => text::base64(out, bytes),
        }
        out.push(b'"');
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Numeric(number) => {
                out.extend_from_slice(b"i=");
                text::integer(out, *number);
            }
            Self::String(string) => {
                out.extend_from_slice(b"s=");
                out.extend_from_slice(string.as_bytes());
            }
            Self::Guid(guid) => {
                out.extend_from_slice(b"g=");
                text::guid(out, guid);
            }
            Self::Opaque(bytes) => {
                out.extend_from_slice(b"b=");
                text::base64(out, bytes);
            }
        }
    }
}

impl From<IdentifierBytes<'_>> for Identifier {
    fn from(identifier: IdentifierBytes<'_>) -> Self {
        match identifier {
            IdentifierBytes::Numeric(number) => Self::Numeric(number),
            IdentifierBytes::String(text) => Self::String(text.into()),
            IdentifierBytes::Guid(guid) => Self::Guid(Guid::from_bytes(guid)),
            IdentifierBytes::Opaque(bytes) => Self::ByteString(ByteString::from(bytes)),
        }
    }
}

/// Appends the text of a QualifiedName without quotes or escapes.
pub(super) fn write_qualified_name(out: &mut Vec<u8>, namespace: u16, name: &str, namespaces: &[String]) {
    match (namespace, namespaces.get(usize::from(namespace))) {
        // A name that itself looks like one of the longer forms says its namespace.
        (0, _) if short_index(name).is_none() && !name.starts_with("nsu=") => {}
        (0, _) | (_, None) => {
            text::integer(out, namespace);
            out.push(b':');
        }
        (_, Some(uri)) => write_uri(out, b"nsu=", uri),
    }
    out.extend_from_slice(name.as_bytes());
}

/// Appends a QualifiedName as `uri#name`, as OPC Publisher writes it, without quotes or escapes.
pub(super) fn write_fragment(out: &mut Vec<u8>, namespace: u16, name: &str, namespaces: &[String]) {
    match fragment_uri(namespace, namespaces) {
        Some(uri) => write_fragment_uri(out, uri),
        None if namespace == 0 => {}
        None => {
            text::integer(out, namespace);
            out.push(b':');
        }
    }
    out.extend_from_slice(name.as_bytes());
}

fn fragment_uri(namespace: u16, namespaces: &[String]) -> Option<&str> {
    namespaces.get(usize::from(namespace)).filter(|_| namespace > 0).map(String::as_str)
}

/// Appends a URI and `#`; a `#` in it is percent-encoded, so that the first one ends it.
fn write_fragment_uri(out: &mut Vec<u8>, uri: &str) {
    write_encoded(out, uri, |byte| byte == b'#' || byte == b'%');
    out.push(b'#');
}

fn string_member(out: &mut Vec<u8>, name: &[u8], value: &str) {
    out.extend_from_slice(name);
    text::write_string(out, value);
}

fn number_member(out: &mut Vec<u8>, name: &[u8], value: u32) {
    out.extend_from_slice(name);
    text::integer(out, value);
}

fn write_namespace(out: &mut Vec<u8>, index: u16, namespaces: &[String]) {
    match namespaces.get(usize::from(index)) {
        _ if index == 0 => {}
        Some(uri) => write_uri(out, b"nsu=", uri),
        None => write_index(out, b"ns=", u32::from(index)),
    }
}

fn write_server(out: &mut Vec<u8>, index: u32, servers: &[String]) {
    match servers.get(index as usize) {
        Some(uri) => write_uri(out, b"svu=", uri),
        None => write_index(out, b"svr=", index),
    }
}

fn write_index(out: &mut Vec<u8>, prefix: &[u8], index: u32) {
    out.extend_from_slice(prefix);
    text::integer(out, index);
    out.push(b';');
}

/// Appends a URI; `;`, `%` and control characters are percent-encoded, so that it ends at the
/// next semicolon.
fn write_uri(out: &mut Vec<u8>, prefix: &[u8], uri: &str) {
    out.extend_from_slice(prefix);
    write_encoded(out, uri, |byte| byte == b';' || byte == b'%' || byte.is_ascii_control());
    out.push(b';');
}

fn write_encoded(out: &mut Vec<u8>, uri: &str, special: impl Fn(u8) -> bool) {
    for byte in uri.bytes() {
        if special(byte) {
            out.extend_from_slice(format!("%{byte:02X}").as_bytes());
        } else {
            out.push(byte);
        }
    }
}

/// The text of a NodeId, with the namespace's URI where the table has it.
#[must_use]
pub fn node_id_to_string(id: &NodeId, namespaces: &[String]) -> String {
    let mut out = Vec::new();
    write_namespace(&mut out, id.namespace, namespaces);
    IdentifierBytes::of(&id.identifier).write(&mut out);
    String::from_utf8_lossy(&out).into_owned()
}

/// Reads the text of a NodeId; a namespace URI is looked up in the table.
///
/// # Errors
/// `InvalidArgument` if it is no NodeId, `NotFound` if the table lacks its namespace.
pub fn node_id_from_str(text: &str, namespaces: &[String]) -> Result<NodeId> {
    let id = expanded_node_id_from_str(text, namespaces)?;
    if id.server_index != 0 {
        return Err(invalid(text, "it names another server"));
    }
    match id.namespace_uri.value() {
        None => Ok(id.node_id),
        Some(uri) => Err(Error::new(ErrorKind::NotFound, "read a NodeId", "the server has no such namespace")
            .with("node", text)
            .with("namespace", uri)),
    }
}

/// Reads the text of an ExpandedNodeId. A namespace URI becomes an index where the table has it;
/// a server is accepted by index alone.
///
/// # Errors
/// `InvalidArgument` if it is none.
pub fn expanded_node_id_from_str(text: &str, namespaces: &[String]) -> Result<ExpandedNodeId> {
    let (server_index, rest) = match text.strip_prefix("svr=") {
        Some(rest) => number_before_semicolon(rest).ok_or_else(|| invalid(text, "svr= lacks a number"))?,
        None => (0, text),
    };
    let (namespace, uri, rest) = namespace_of(rest, namespaces).ok_or_else(|| invalid(text, "bad namespace"))?;
    let identifier = identifier_from_str(rest).ok_or_else(|| invalid(text, "expected i=, s=, g= or b="))?;
    Ok(ExpandedNodeId { node_id: NodeId { namespace, identifier }, namespace_uri: UAString::from(uri), server_index })
}

/// Reads `uri#i=1` as OPC Publisher writes it, or the standard text.
pub(super) fn node_id_from_fragment(text: &str, namespaces: &[String]) -> Result<ExpandedNodeId> {
    let is_standard = ["i=", "s=", "g=", "b=", "ns=", "nsu=", "svr="].iter().any(|prefix| text.starts_with(prefix));
    let (text_alone, server_index) = server_behind(text);
    let mut id = match text_alone.split_once('#').filter(|_| !is_standard) {
        None => expanded_node_id_from_str(text_alone, namespaces)?,
        Some((uri, identifier)) => {
            let uri = percent_decoded(uri).ok_or_else(|| invalid(text, "bad namespace"))?;
            let identifier =
                identifier_from_str(identifier).ok_or_else(|| invalid(text, "expected i=, s=, g= or b="))?;
            in_namespace(identifier, uri, namespaces)
        }
    };
    id.server_index = id.server_index.max(server_index);
    Ok(id)
}

/// `&srv=1` at the end.
fn server_behind(text: &str) -> (&str, u32) {
    let split = text.rsplit_once("&srv=").and_then(|(before, index)| Some((before, index.parse().ok()?)));
    split.unwrap_or((text, 0))
}

/// By index where the table has the namespace.
pub(super) fn in_namespace(identifier: Identifier, uri: String, namespaces: &[String]) -> ExpandedNodeId {
    let index = namespaces.iter().position(|known| *known == uri).and_then(|index| u16::try_from(index).ok());
    let node_id = NodeId { namespace: index.unwrap_or(0), identifier };
    let namespace_uri = if index.is_some() { UAString::null() } else { UAString::from(uri) };
    ExpandedNodeId { node_id, namespace_uri, server_index: 0 }
}

/// Reads `uri#name` as OPC Publisher writes it, or `1:name`.
pub(super) fn qualified_name_from_fragment(text: &str, namespaces: &[String]) -> Result<QualifiedName> {
    if let Some((uri, name)) = text.split_once('#') {
        let index = percent_decoded(uri).and_then(|uri| namespaces.iter().position(|known| *known == uri));
        if let Some(index) = index.and_then(|index| u16::try_from(index).ok()) {
            return Ok(QualifiedName::new(index, name));
        }
        return Ok(QualifiedName::new(0, text));
    }
    let (index, name) = short_index(text).unwrap_or((0, text));
    Ok(QualifiedName::new(index, name))
}

/// The text of a QualifiedName, with the namespace's URI where the table has it.
#[must_use]
pub fn qualified_name_to_string(name: &QualifiedName, namespaces: &[String]) -> String {
    let mut out = Vec::new();
    write_qualified_name(&mut out, name.namespace_index, name.name.as_ref(), namespaces);
    String::from_utf8_lossy(&out).into_owned()
}

/// Reads the text of a QualifiedName; a namespace URI is looked up in the table.
///
/// # Errors
/// `NotFound` if the table lacks its namespace.
pub fn qualified_name_from_str(text: &str, namespaces: &[String]) -> Result<QualifiedName> {
    if let Some((index, name)) = short_index(text) {
        return Ok(QualifiedName::new(index, name));
    }
    if !text.starts_with("nsu=") {
        return Ok(QualifiedName::new(0, text));
    }
    match namespace_of(text, namespaces) {
        Some((index, None, name)) => Ok(QualifiedName::new(index, name)),
        _ => Err(Error::new(ErrorKind::NotFound, "read a QualifiedName", "the server has no such namespace")
            .with("name", text)),
    }
}

/// `12:rest`
fn short_index(text: &str) -> Option<(u16, &str)> {
    let (index, name) = text.split_once(':')?;
    let plain = !index.is_empty() && index.bytes().all(|byte| byte.is_ascii_digit());
    if plain { Some((index.parse().ok()?, name)) } else { None }
}

/// Namespace index, URI if the table lacks it, and what follows.
fn namespace_of<'t>(text: &'t str, namespaces: &[String]) -> Option<(u16, Option<String>, &'t str)> {
    if let Some(rest) = text.strip_prefix("nsu=") {
        let (uri, rest) = rest.split_once(';')?;
        let uri = percent_decoded(uri)?;
        let index = namespaces.iter().position(|known| *known == uri).and_then(|index| u16::try_from(index).ok());
        return Some((index.unwrap_or(0), if index.is_some() { None } else { Some(uri) }, rest));
    }
    let Some(rest) = text.strip_prefix("ns=") else { return Some((0, None, text)) };
    let (index, rest) = number_before_semicolon(rest)?;
    Some((index, None, rest))
}

fn number_before_semicolon<T: std::str::FromStr>(text: &str) -> Option<(T, &str)> {
    let (number, rest) = text.split_once(';')?;
    Some((number.parse().ok()?, rest))
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, behind)) = rest.split_first() {
        rest = behind;
        if byte == b'%' {
            let (digits, behind) = rest.split_at_checked(2)?;
            bytes.push(u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()?);
            rest = behind;
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

fn identifier_from_str(text: &str) -> Option<Identifier> {
    let (kind, value) = text.split_at_checked(2)?;
    Some(match kind {
        "i=" => Identifier::Numeric(value.parse().ok()?),
        "s=" => Identifier::String(UAString::from(value)),
        "g=" => Identifier::Guid(value.parse::<Guid>().ok()?),
        "b=" => Identifier::ByteString(ByteString::from_base64(value)?),
        _ => return None,
    })
}

pub(super) fn invalid(text: &str, cause: &'static str) -> Error {
    Error::new(ErrorKind::InvalidArgument, "read a NodeId", cause).with("node", text)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn node_ids_read_back() {
        let namespaces = ["http://opcfoundation.org/UA/".to_owned(), "urn:a;b%c".to_owned()];
        let cases = [
            (NodeId::new(0, 84_u32), "i=84"),
            (NodeId::new(1, "grün;x=1"), "nsu=urn:a%3Bb%25c;s=grün;x=1"),
            (NodeId::new(7, "x"), "ns=7;s=x"),
            (NodeId::new(7, ByteString::from(vec![1, 2, 255])), "ns=7;b=AQL/"),
            (
                NodeId::new(0, "72962b91-fa75-4ae6-8d28-b404dc7daf63".parse::<Guid>().unwrap()),
                "g=72962b91-fa75-4ae6-8d28-b404dc7daf63",
            ),
        ];
        for (id, text) in cases {
            assert_eq!(node_id_to_string(&id, &namespaces), text);
            assert_eq!(node_id_from_str(text, &namespaces).unwrap(), id);
        }
    }

    #[test]
    fn what_is_no_node_id_is_refused() {
        for text in ["", "i=", "i=-1", "i=4294967296", "x=1", "ns=1", "ns=70000;i=1", "nsu=u%;i=1", "b=!", "g=1", "sé"]
        {
            assert!(node_id_from_str(text, &[]).is_err(), "{text}");
        }
        assert_eq!(node_id_from_str("nsu=urn:x;i=1", &[]).unwrap_err().kind(), ErrorKind::NotFound);
    }

    #[test]
    fn names_read_back_even_if_they_look_like_another_form() {
        let namespaces = ["http://opcfoundation.org/UA/".to_owned(), "urn:a".to_owned()];
        for (index, name, text) in [
            (0, "Server", "Server"),
            (0, "3:x", "0:3:x"),
            (0, "nsu=", "0:nsu="),
            (1, "Boiler", "nsu=urn:a;Boiler"),
            (9, "x:y", "9:x:y"),
        ] {
            let mut out = Vec::new();
            write_qualified_name(&mut out, index, name, &namespaces);
            assert_eq!(String::from_utf8(out).unwrap(), text);
            assert_eq!(qualified_name_from_str(text, &namespaces).unwrap(), QualifiedName::new(index, name));
        }
    }
}
