//! The text of a configuration, and how operations change it. What nobody asked to change stays as it
//! was written.

use std::collections::{HashMap, HashSet};

use iiot_core::{Error, ErrorKind, Result};
use serde_json::{Map, Value};

use super::tree::Tree;
use crate::config;
use crate::profile::Dialect;

/// Which entries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Which<'a> {
    pub(super) endpoint_url: Option<&'a str>,
    pub(super) writer_group: Option<&'a str>,
    pub(super) writer: Option<&'a str>,
}

/// The entries of a configuration.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Document {
    entries: Vec<Tree>,
}

/// An entry or node as it comes and goes over operations.
pub(super) type Object = Map<String, Value>;

/// Whether one thing could be done; of a failure, why.
pub(super) type Done = std::result::Result<usize, String>;

impl Document {
    pub(super) fn parse(text: &str) -> Result<Self> {
        let broken = |cause| {
            Error::new(ErrorKind::InvalidArgument, "read configuration", "it is not an array of entries").because(cause)
        };
        let entries = serde_json::from_str(text.strip_prefix('\u{feff}').unwrap_or(text)).map_err(broken)?;
        Ok(Self { entries })
    }

    pub(super) fn text(&self) -> String {
        serde_json::to_string_pretty(&self.entries).expect("JSON is JSON") + "\n"
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Some entries, without what is secret in them.
    pub(super) fn shown(&self, from: usize, count: usize) -> Vec<Object> {
        self.entries.iter().skip(from).take(count).map(|entry| object(masked(entry.clone()))).collect()
    }

    /// All entries are these from now on, unless one of them cannot be used.
    pub(super) fn replace(&mut self, entries: Vec<Object>, dialect: Dialect) -> Vec<Done> {
        let mut entries: Vec<Tree> = entries.into_iter().map(tree).collect();
        let mut usable = |entry: &mut Tree| -> Done {
            unmask(entry, &self.entries)?;
            check(entry, dialect).map(|()| 1)
        };
        let done: Vec<Done> = entries.iter_mut().map(&mut usable).collect();
        if done.iter().all(Result::is_ok) {
            self.entries = entries;
        }
        done
    }

    pub(super) fn add(&mut self, entry: Object, dialect: Dialect) -> Done {
        let mut entry = tree(entry);
        unmask(&mut entry, &self.entries)?;
        check(&entry, dialect)?;
        self.entries.push(entry);
        Ok(1)
    }

    /// Puts an entry where the first one of the same server, group and writer was; others like that go.
    pub(super) fn update(&mut self, entry: Object, dialect: Dialect) -> Done {
        let mut entry = tree(entry);
        unmask(&mut entry, &self.entries)?;
        check(&entry, dialect)?;
        let same: Vec<bool> = self.entries.iter().map(|known| key(known) == key(&entry)).collect();
        let first = same.iter().position(|same| *same).ok_or("no entry has this server, group and writer")?;
        let mut position = 0..;
        self.entries.retain(|_| position.next().is_some_and(|at: usize| at == first || !same[at]));
        self.entries[first] = entry;
        Ok(1)
    }

    pub(super) fn remove(&mut self, which: &Which<'_>) -> Done {
        if *which == Which::default() {
            return Err("say which: by server, group or writer".into());
        }
        let before = self.entries.len();
        self.entries.retain(|entry| !which.is(entry));
        match before - self.entries.len() {
            0 => Err("there is no such entry".into()),
            count => Ok(count),
        }
    }

    /// Adds nodes to the first entry of a writer.
    pub(super) fn add_nodes(&mut self, writer: &Which<'_>, new: Vec<Object>, dialect: Dialect) -> Vec<Done> {
        let entries = || self.entries.iter().filter(|entry| writer.is(entry));
        let mut there: HashSet<NodeKey> = entries().flat_map(nodes).map(node_key).collect();
        let Some(entry) = self.entries.iter_mut().find(|entry| writer.is(entry)) else {
            return new.iter().map(|_| Err("there is no such writer".into())).collect();
        };
        let bare = bare(entry);
        let mut add = |node: Object| {
            let node = tree(node);
            let key = node_key(&node);
            let id = key.0.clone().ok_or("the node has no Id")?;
            if there.contains(&key) {
                return Err(format!("the writer has {id} already"));
            }
            check(&with_node(&bare, &node), dialect)?;
            there.insert(key);
            match entry.get_mut(NODES) {
                Some(Tree::Array(nodes)) => nodes.push(node),
                _ => entry.set(NODES, Tree::Array(vec![node])),
            }
            Ok(1)
        };
        new.into_iter().map(&mut add).collect()
    }

    /// Puts nodes where those of the same id are.
    pub(super) fn update_nodes(&mut self, writer: &Which<'_>, new: Vec<Object>, dialect: Dialect) -> Vec<Done> {
        let mut places: HashMap<String, Vec<(usize, usize)>> = HashMap::new();
        for (at, entry) in self.entries.iter().enumerate().filter(|(_, entry)| writer.is(entry)) {
            for (position, id) in
                nodes(entry).iter().enumerate().filter_map(|(position, node)| Some((position, node_key(node).0?)))
            {
                places.entry(id).or_default().push((at, position));
            }
        }
        let bare: HashMap<usize, Tree> = places
            .values()
            .flatten()
            .map(|(at, _)| *at)
            .collect::<HashSet<_>>()
            .into_iter()
            .map(|at| (at, bare(&self.entries[at])))
            .collect();
        let mut update = |node: Object| {
            let node = tree(node);
            let id = node_key(&node).0.ok_or("the node has no Id")?;
            let places = places.get(&id).ok_or_else(|| format!("the writer has no node {id}"))?;
            check(&with_node(&bare[&places[0].0], &node), dialect)?;
            for (at, position) in places {
                if let Some(Tree::Array(nodes)) = self.entries[*at].get_mut(NODES) {
                    nodes[*position] = node.clone();
                }
            }
            Ok(places.len())
        };
        new.into_iter().map(&mut update).collect()
    }

    /// Removes the nodes of some ids; entries without any node left go too.
    pub(super) fn remove_nodes(&mut self, writer: &Which<'_>, ids: &[String]) -> Vec<Done> {
        let mut removed: HashMap<&str, usize> = ids.iter().map(|id| (id.trim(), 0)).collect();
        self.entries.retain_mut(|entry| {
            if !writer.is(entry) {
                return true;
            }
            let Some(Tree::Array(nodes)) = entry.get_mut(NODES) else { return true };
            let before = nodes.len();
            nodes.retain(|node| {
                match node_key(node).0.and_then(|id| removed.get_mut(id.as_str()).map(|count| *count += 1)) {
                    Some(()) => false,
                    None => true,
                }
            });
            before == nodes.len() || !nodes.is_empty()
        });
        let done = |id: &String| match removed[id.trim()] {
            0 => Err(format!("the writer has no node {id}")),
            count => Ok(count),
        };
        ids.iter().map(done).collect()
    }
}

impl Which<'_> {
    fn is(&self, entry: &Tree) -> bool {
        let (url, group, writer) = key(entry);
        self.endpoint_url.is_none_or(|wanted| wanted.trim() == url)
            && self.writer_group.is_none_or(|wanted| wanted.trim() == group)
            && self.writer.is_none_or(|wanted| wanted.trim() == writer)
    }
}

/// Server, group and writer of an entry.
fn key(entry: &Tree) -> (String, String, String) {
    let text = |name: &str, default: &str| {
        entry.get(name).and_then(Tree::text).filter(|text| !text.is_empty()).unwrap_or_else(|| default.into())
    };
    (
        text("EndpointUrl", ""),
        text("DataSetWriterGroup", config::DEFAULT_GROUP),
        text("DataSetWriterId", config::DEFAULT_WRITER),
    )
}

fn nodes(entry: &Tree) -> &[Tree] {
    entry.get(NODES).map(Tree::items).unwrap_or_default()
}

/// Id and names of a node: one may be there several times under different names.
type NodeKey = (Option<String>, [Option<String>; 2]);

fn node_key(node: &Tree) -> NodeKey {
    let text = |name: &str| node.get(name).and_then(Tree::text);
    (text("Id").or_else(|| text("ExpandedNodeId")), [text("DataSetFieldId"), text("DisplayName")])
}

/// The entry but for its nodes.
fn bare(entry: &Tree) -> Tree {
    let Tree::Object(members) = entry else { return entry.clone() };
    let others =
        members.iter().filter(|(name, _)| ![NODES, "NodeId"].iter().any(|nodes| name.eq_ignore_ascii_case(nodes)));
    Tree::Object(others.map(|(name, value)| (name.clone(), value.clone())).collect())
}

fn with_node(bare: &Tree, node: &Tree) -> Tree {
    let mut entry = bare.clone();
    entry.set(NODES, Tree::Array(vec![node.clone()]));
    entry
}

/// Whether something of an entry can be published.
fn check(entry: &Tree, dialect: Dialect) -> std::result::Result<(), String> {
    let text = serde_json::to_string(&[entry]).expect("JSON is JSON");
    let loaded = config::load_as(&text, dialect).map_err(|error| error.report())?;
    if loaded.plan.writer_groups.is_empty() {
        let reasons: Vec<String> = loaded.findings.iter().map(ToString::to_string).collect();
        return Err(format!("nothing of it can be published: {}", reasons.join("; ")));
    }
    Ok(())
}

/// What stands for a secret that is not shown.
const MASK: &str = "***";
const NODES: &str = "OpcNodes";

/// A text is shown as a mask; a reference to a file or variable says nothing and stays.
fn masked(mut entry: Tree) -> Tree {
    entry.each_member(&mut |name, value| {
        if is_secret(name) && matches!(value, Tree::Leaf(Value::String(text)) if !text.is_empty()) {
            *value = Tree::Leaf(MASK.into());
        }
    });
    entry
}

/// Puts the secrets of the entry with the same server, group and writer where only their masks came back.
fn unmask(entry: &mut Tree, known: &[Tree]) -> std::result::Result<(), String> {
    let before = known.iter().find(|known| key(known) == key(entry));
    let mut missing = None;
    entry.each_member(&mut |name, value| {
        if is_secret(name) && *value == Tree::Leaf(MASK.into()) {
            match before.and_then(|before| before.get(name)) {
                Some(secret) => *value = secret.clone(),
                None => missing = Some(format!("{name} is masked, and there is none to keep; say what it is")),
            }
        }
    });
    missing.map_or(Ok(()), Err)
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["password", "secret", "connectionstring", "sharedaccesskey"].iter().any(|part| name.contains(part))
        || name == "encryptedauthusername"
}

fn tree(object: Object) -> Tree {
    Value::Object(object).into()
}

fn object(tree: Tree) -> Object {
    match tree.into() {
        Value::Object(members) => members,
        other => Map::from_iter([("value".to_owned(), other)]),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;

    const TEXT: &str = r#"[
      {"EndpointUrl": "opc.tcp://plc", "datasetwriterid": "W", "OpcAuthenticationMode": "UsernamePassword",
       "OpcAuthenticationUsername": "u", "OpcAuthenticationPassword": "hush", "Zebra": 1,
       "OpcNodes": [{"Id": "ns=1;s=b", "Apple": 1}, {"Id": "ns=1;s=a"}]},
      {"EndpointUrl": "opc.tcp://plc", "DataSetWriterId": 7, "OpcNodes": [{"Id": "i=2258"}]}
    ]"#;

    fn document() -> Document {
        Document::parse(TEXT).unwrap()
    }

    fn map(value: Value) -> Object {
        value.as_object().unwrap().clone()
    }

    fn writer(writer: &str) -> Which<'_> {
        Which { writer: Some(writer), ..Which::default() }
    }

    #[test]
    fn what_was_not_changed_keeps_its_order() {
        let text = document().text();
        let order = ["EndpointUrl", "datasetwriterid", "Zebra", "OpcNodes", "ns=1;s=b", "Apple", "ns=1;s=a"];
        let places: Vec<usize> = order.iter().map(|name| text.find(name).unwrap()).collect();
        assert!(places.is_sorted(), "{text}");
    }

    #[test]
    fn secrets_are_masked_and_a_mask_keeps_them() {
        let mut document = document();
        let shown = document.shown(0, 10);
        assert!(!serde_json::to_string(&shown).unwrap().contains("hush"));
        assert_eq!(shown[0]["OpcAuthenticationPassword"], MASK);
        assert!(document.replace(shown, Dialect::Strict).iter().all(Result::is_ok));
        assert!(document.text().contains("hush"));
        let mut other = document.shown(0, 1).remove(0);
        other.insert("EndpointUrl".into(), json!("opc.tcp://attacker"));
        assert!(document.add(other, Dialect::Strict).unwrap_err().contains("masked"), "secrets go to no other server");
        let by_reference = json!({"OpcAuthenticationPassword": {"$file": "/run/secrets/plc"}});
        assert_eq!(Value::from(masked(by_reference.clone().into())), by_reference);
    }

    #[test]
    fn entries_are_added_updated_and_removed() {
        let mut document = document();
        let entry = |writer: &str, node: &str| {
            map(json!({"EndpointUrl": "opc.tcp://plc", "DataSetWriterId": writer, "OpcNodes": [{"Id": node}]}))
        };
        assert_eq!(document.add(entry("X", "i=1"), Dialect::Strict), Ok(1));
        assert_eq!(document.update(entry("7", "i=2"), Dialect::Strict), Ok(1));
        assert!(document.update(entry("Y", "i=2"), Dialect::Strict).is_err());
        assert!(document.add(entry("Y", "nonsense=2"), Dialect::Strict).unwrap_err().contains("OpcNodes[0]"));
        assert_eq!((document.remove(&writer("W")), document.len()), (Ok(1), 2));
        assert!(document.remove(&writer("W")).is_err() && document.remove(&Which::default()).is_err());
        assert!(document.text().contains("i=2") && !document.text().contains("i=2258"));
    }

    #[test]
    fn nodes_are_added_updated_and_removed() {
        let (mut document, strict) = (document(), Dialect::Strict);
        let (c, named) = (json!({"Id": "ns=1;s=c"}), json!({"Id": "ns=1;s=c", "DisplayName": "other"}));
        let nodes =
            [c.clone(), c.clone(), named, json!({"Name": "i=1"}), json!({"Id": "nonsense=1"})].map(map).to_vec();
        let done = document.add_nodes(&writer("W"), nodes, strict);
        assert_eq!(done.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true, false, false], "{done:?}");
        assert!(document.add_nodes(&writer("nobody"), vec![map(c)], strict)[0].is_err());
        let slower = map(json!({"Id": "ns=1;s=a", "OpcSamplingInterval": 7}));
        assert_eq!(document.update_nodes(&writer("W"), vec![slower], strict), [Ok(1)]);
        assert!(document.text().contains("OpcSamplingInterval"));
        let ids = ["ns=1;s=c".to_owned(), "ns=1;s=x".to_owned()];
        let done = document.remove_nodes(&writer("W"), &ids);
        assert!(done[0] == Ok(2) && done[1].is_err(), "{done:?}");
        assert_eq!((document.remove_nodes(&writer("7"), &["i=2258".into()]), document.len()), (vec![Ok(1)], 1));
    }
}
