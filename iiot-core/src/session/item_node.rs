//! Node ids as people write them.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, ErrorKind, Result};
use crate::session::ItemNode;
use crate::ua::{Identifier, NodeId};

/// Accepts the forms of OPC 10000-6 §5.1.12 and the older `URI#i=…`:
/// `i=2258`, `ns=2;s=Boiler`, `nsu=http://example.org/;g=…`, `http://example.org/#b=…`.
///
/// # Errors
/// `InvalidArgument`; also for ids that name another server (`svr=1;…`).
impl FromStr for ItemNode {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let text = text.trim();
        let text = match text.strip_prefix("svr=") {
            Some(rest) => local(text, rest)?,
            None => text,
        };
        if let Some(rest) = text.strip_prefix("nsu=") {
            let (uri, id) = rest.split_once(';').ok_or_else(|| invalid(text))?;
            return of_uri(&decode_percent(uri).ok_or_else(|| invalid(text))?, identifier(id, text)?, text);
        }
        if let Some(rest) = text.strip_prefix("ns=") {
            let (index, id) = rest.split_once(';').ok_or_else(|| invalid(text))?;
            let index: u16 = index.parse().map_err(|_| invalid(text))?;
            return Ok(Self::Indexed(NodeId { namespace: index, identifier: identifier(id, text)? }));
        }
        if let Some((uri, id)) = split_hash(text) {
            let id = decode_percent(id).ok_or_else(|| invalid(text))?;
            return of_uri(uri, identifier(&id, text)?, text);
        }
        Ok(Self::Indexed(NodeId { namespace: 0, identifier: identifier(text, text)? }))
    }
}

/// Writes the form that [`FromStr`] reads: `nsu=…;i=1` for a URI, `ns=2;i=1` for an index.
impl fmt::Display for ItemNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Indexed(id) => id.fmt(f),
            Self::Uri(uri, id) => {
                let uri = uri.replace('%', "%25").replace(';', "%3B");
                write!(f, "nsu={uri};{}", NodeId { namespace: 0, identifier: id.identifier.clone() })
            }
        }
    }
}

impl ItemNode {
    /// The same node by the URI of its namespace, so that it is found when the table is reordered.
    ///
    /// Namespace 1 is left alone: it is the server's own, and its URI differs where another server
    /// stands in (OPC 10000-3 §8.2.2). So is what lies outside of the table.
    #[must_use]
    pub fn anchored(self, namespaces: &[String]) -> Self {
        match (self.anchor(namespaces), self) {
            (Some(uri), Self::Indexed(id)) => Self::Uri(uri.into(), id),
            (_, other) => other,
        }
    }

    /// Whether [`anchored`](Self::anchored) makes a difference.
    pub(crate) fn can_be_anchored(&self, namespaces: &[String]) -> bool {
        self.anchor(namespaces).is_some()
    }

    fn anchor<'a>(&self, namespaces: &'a [String]) -> Option<&'a str> {
        match self {
            Self::Indexed(id) if id.namespace > 1 => namespaces.get(usize::from(id.namespace)),
            _ => None,
        }
        .map(String::as_str)
        .filter(|uri| !uri.is_empty())
    }

    /// The node id in a server with this namespace table; `None` if the server lacks the namespace.
    #[must_use]
    pub fn resolve(&self, namespaces: &[String]) -> Option<NodeId> {
        match self {
            Self::Indexed(id) => Some(id.clone()),
            Self::Uri(uri, id) => {
                let index = namespaces.iter().position(|namespace| **namespace == **uri)?;
                let namespace = u16::try_from(index).ok()?;
                Some(NodeId { namespace, identifier: id.identifier.clone() })
            }
        }
    }
}

/// What follows `svr=0;`.
fn local<'a>(text: &str, rest: &'a str) -> Result<&'a str> {
    match rest.split_once(';') {
        Some(("0", rest)) => Ok(rest),
        Some(_) => Err(Error::new(ErrorKind::InvalidArgument, "read node id", "it names a node of another server")
            .with("node", text)),
        None => Err(invalid(text)),
    }
}

fn of_uri(uri: &str, identifier: Identifier, text: &str) -> Result<ItemNode> {
    match uri {
        "" => Err(invalid(text)),
        "http://opcfoundation.org/UA/" => Ok(ItemNode::Indexed(NodeId { namespace: 0, identifier })),
        _ => Ok(ItemNode::Uri(uri.into(), NodeId { namespace: 0, identifier })),
    }
}

fn identifier(id: &str, text: &str) -> Result<Identifier> {
    // The parser of the vocabulary cuts behind two bytes, so these must be ASCII.
    match id.as_bytes() {
        [b'i' | b's' | b'g' | b'b', b'=', _, ..] => id.parse().map_err(|()| invalid(text)),
        _ => Err(invalid(text)),
    }
}

/// Splits `URI#i=1` at the first `#` that an identifier follows.
fn split_hash(text: &str) -> Option<(&str, &str)> {
    text.match_indices('#')
        .map(|(at, _)| (&text[..at], &text[at + 1..]))
        .find(|(_, id)| matches!(id.as_bytes(), [b'i' | b's' | b'g' | b'b', b'=', ..]))
}

/// Replaces `%3B` and the like; `None` if that is not text.
fn decode_percent(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let code = (*first == b'%').then(|| tail.get(..2).and_then(hex)).flatten();
        out.push(code.unwrap_or(*first));
        rest = if code.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8(out).ok()
}

fn hex(digits: &[u8]) -> Option<u8> {
    let digits = std::str::from_utf8(digits).ok()?;
    u8::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+'))
}

fn invalid(text: &str) -> Error {
    let message = "it is not a node id; write ns=2;s=Name, nsu=http://example.org/;i=7 or i=2258";
    Error::new(ErrorKind::InvalidArgument, "read node id", message).with("node", text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn every_spelling_is_read_and_written() {
        let cases = [
            ("i=2258", "i=2258"),
            (" ns=2;s=A;b=c ", "ns=2;s=A;b=c"),
            ("ns=3;g=09087e75-8e5e-499b-954f-f2a9603db28a", "ns=3;g=09087e75-8e5e-499b-954f-f2a9603db28a"),
            ("ns=3;b=AQID", "ns=3;b=AQID"),
            ("nsu=http://example.org/;s=ä", "nsu=http://example.org/;s=ä"),
            ("nsu=urn:a%3Bb;i=4", "nsu=urn:a%3Bb;i=4"),
            ("svr=0;nsu=urn:a;i=4", "nsu=urn:a;i=4"),
            ("http://example.org/#i=1", "nsu=http://example.org/;i=1"),
            ("http://example.org/a#b#s=x%20y#z", "nsu=http://example.org/a#b;s=x y#z"),
            ("http://opcfoundation.org/UA/#i=85", "i=85"),
            ("nsu=http://opcfoundation.org/UA/;i=85", "i=85"),
        ];
        for (text, written) in cases {
            assert_eq!(text.parse::<ItemNode>().unwrap().to_string(), written, "{text}");
        }
    }

    #[test]
    fn an_index_is_followed_through_a_reordered_table() {
        let table = |uris: [&str; 4]| uris.map(String::from);
        let (old, new) = (table(["ua", "own", "a", "b"]), table(["ua", "other", "b", "a"]));
        let cases = [
            ("i=1", "i=1"),
            ("ns=1;i=1", "ns=1;i=1"),
            ("ns=2;i=1", "ns=3;i=1"),
            ("ns=3;s=x", "ns=2;s=x"),
            ("ns=4;i=1", "ns=4;i=1"),
        ];
        for (before, after) in cases {
            let node = before.parse::<ItemNode>().unwrap().anchored(&old);
            assert_eq!(node.resolve(&new).unwrap().to_string(), after, "{before}");
        }
    }

    #[test]
    fn what_is_no_node_id_is_refused_with_its_text() {
        for text in
            ["", "s=", "Boiler", "ns=2", "ns=70000;i=1", "nsu=;i=1", "nsu=urn:a", "i=-1", "i=5000000000", "g=x", "ö=1"]
        {
            let error = text.parse::<ItemNode>().unwrap_err();
            assert!(error.to_string().contains(&format!("(node {text})")), "{error}");
        }
        assert!("svr=1;ns=2;i=1".parse::<ItemNode>().unwrap_err().to_string().contains("another server"));
    }
}
