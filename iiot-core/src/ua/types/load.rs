//! Asks a server for its types, and for those that they are made of.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::ask;
use super::definition::{Base, Draft, enumeration, structure_in, text};
use super::library::{DataType, Known};
use super::{legacy, standard};
use crate::error::Result;
use crate::session::Session;
use crate::ua::types::GlobalNodeId;
use crate::ua::{
    AttributeId, BrowseDirection, DataValue, EnumDefinition, NodeId, ReferenceDescription, ReferenceTypeId,
    StructureDefinition, Variant,
};

/// Types that one server may make us keep.
const MAX_TYPES: usize = 10_000;
/// Types whose definitions are held at a time before they are looked at.
const AT_ONCE: usize = 100;
/// Fields of all types that are loaded at a time.
const MAX_FIELDS_IN_ALL: usize = 200_000;
/// Values are not followed deeper, so their types need not be.
const MAX_DEPTH: usize = crate::json::MAX_DEPTH;
/// Supertypes above a type.
const MAX_SUPERTYPES: usize = 30;

const ATTRIBUTES: [AttributeId; 3] =
    [AttributeId::DataTypeDefinition, AttributeId::BrowseName, AttributeId::IsAbstract];

/// One go at a server.
#[derive(Debug)]
pub(super) struct Loading<'s> {
    session: &'s dyn Session,
    namespaces: Arc<Vec<String>>,
    known: Known,
    drafts: HashMap<GlobalNodeId, Draft>,
    queue: Vec<NodeId>,
    fields: usize,
}

impl<'s> Loading<'s> {
    pub(super) fn new(session: &'s dyn Session, known: Known) -> Self {
        Self { session, namespaces: session.namespaces(), known, drafts: HashMap::new(), queue: Vec::new(), fields: 0 }
    }

    /// Loads the DataTypes that have these encodings.
    pub(super) async fn encodings(self, encodings: &[GlobalNodeId]) -> Result<Known> {
        let nodes: Vec<NodeId> = encodings.iter().filter_map(|id| id.in_table(&self.namespaces)).collect();
        let owners =
            ask::references(self.session, &nodes, ReferenceTypeId::HasEncoding, BrowseDirection::Inverse).await?;
        let data_types: Vec<NodeId> = owners
            .into_iter()
            .zip(nodes)
            // A value may carry its DataType in place of an encoding.
            .map(|(owners, node)| owners.into_iter().next().map_or(node, |owner| owner.node_id.node_id))
            .collect();
        self.data_types(&data_types).await
    }

    /// Loads these DataTypes and those of their fields.
    pub(super) async fn data_types(mut self, data_types: &[NodeId]) -> Result<Known> {
        self.queue.extend_from_slice(data_types);
        for _ in 0..MAX_DEPTH {
            let Some(nodes) = self.next() else { break };
            for nodes in nodes.chunks(AT_ONCE) {
                self.ask_for(nodes).await?;
            }
        }
        self.find_encodings().await?;
        self.look_into_dictionaries().await?;
        Ok(self.finish())
    }

    /// Learns what the server says of these; of nothing more once there are too many fields.
    async fn ask_for(&mut self, nodes: &[NodeId]) -> Result<()> {
        if self.fields >= MAX_FIELDS_IN_ALL {
            return Ok(());
        }
        let attributes = ask::attributes(self.session, nodes, ATTRIBUTES).await?;
        let bases = self.bases(nodes).await?;
        for ((node, base), attributes) in nodes.iter().zip(bases).zip(&attributes) {
            self.learn(node, base, attributes);
        }
        Ok(())
    }

    /// What is in the queue and not known yet.
    fn next(&mut self) -> Option<Vec<NodeId>> {
        let mut seen = HashSet::new();
        let queue = std::mem::take(&mut self.queue);
        let nodes: Vec<NodeId> =
            queue.into_iter().filter(|node| self.is_news(node) && seen.insert(node.clone())).collect();
        let room = MAX_TYPES.saturating_sub(self.known.0.len() + self.drafts.len());
        let nodes: Vec<_> = nodes.into_iter().take(room).collect();
        if nodes.is_empty() { None } else { Some(nodes) }
    }

    fn is_news(&self, node: &NodeId) -> bool {
        let id = || GlobalNodeId::of(node, &self.namespaces);
        Base::of(node).is_none()
            && id().is_some_and(|id| !self.known.0.contains_key(&id) && !self.drafts.contains_key(&id))
    }

    /// What each type is derived from; `None` where the server does not say.
    async fn bases(&self, nodes: &[NodeId]) -> Result<Vec<Option<Base>>> {
        let mut bases: Vec<Option<Base>> = vec![None; nodes.len()];
        let mut climbing: Vec<(usize, NodeId)> = nodes.iter().cloned().enumerate().collect();
        for _ in 0..MAX_SUPERTYPES {
            if climbing.is_empty() {
                break;
            }
            let reached: Vec<NodeId> = climbing.iter().map(|(_, node)| node.clone()).collect();
            let above =
                ask::references(self.session, &reached, ReferenceTypeId::HasSubtype, BrowseDirection::Inverse).await?;
            let supertypes = climbing.into_iter().zip(above).filter_map(|((place, _), above)| {
                above.into_iter().next().map(|supertype| (place, supertype.node_id.node_id))
            });
            climbing = supertypes
                .filter(|(place, supertype)| {
                    bases[*place] = Base::of(supertype);
                    bases[*place].is_none()
                })
                .collect();
        }
        Ok(bases)
    }

    fn learn(&mut self, node: &NodeId, base: Option<Base>, [definition, name, is_abstract]: &[DataValue; 3]) {
        let Some(id) = GlobalNodeId::of(node, &self.namespaces) else { return };
        let name = browse_name(name);
        let is_abstract = matches!(is_abstract.value, Some(Variant::Boolean(true)));
        let names = || structure_in::<EnumDefinition>(definition).cloned().unwrap_or_default();
        let learnt = match base {
            Some(Base::Enumeration) => DataType::Enumeration(enumeration(name, id.clone(), 6, &names())),
            Some(Base::BuiltIn(number)) => match structure_in::<EnumDefinition>(definition) {
                Some(bits) => DataType::Enumeration(enumeration(name, id.clone(), number, bits)),
                None => DataType::BuiltIn(number),
            },
            Some(Base::OptionSet) => return self.draft(id, Ok(Draft::option_set(name))),
            Some(Base::Structure) | None => match structure_in::<StructureDefinition>(definition) {
                Some(_) if is_abstract => DataType::AbstractStructure,
                Some(definition) => return self.draft(id, Draft::of(name, definition)),
                // Some servers say so of types that have values, so a dictionary is looked into.
                None => DataType::Undefined { is_abstract },
            },
        };
        self.known.0.insert(id, learnt);
    }

    fn draft(&mut self, id: GlobalNodeId, draft: Result<Draft, String>) {
        match draft {
            Ok(draft) if self.fields + draft.needs().count() > MAX_FIELDS_IN_ALL => {
                self.fields = MAX_FIELDS_IN_ALL;
                let cause = format!("the types loaded with it have more than {MAX_FIELDS_IN_ALL} fields");
                self.known.0.insert(id, DataType::Missing(cause));
            }
            Ok(draft) => {
                self.fields += draft.needs().count();
                self.queue.extend(draft.needs().cloned());
                self.drafts.insert(id, draft);
            }
            Err(cause) => {
                self.known.0.insert(id, DataType::Missing(cause));
            }
        }
    }

    /// Asks for the encodings of structures whose definitions do not name them.
    async fn find_encodings(&mut self) -> Result<()> {
        let without: Vec<GlobalNodeId> =
            self.drafts.iter().filter(|(_, draft)| draft.encoding.is_none()).map(|(id, _)| id.clone()).collect();
        let nodes: Vec<NodeId> = without.iter().filter_map(|id| id.in_table(&self.namespaces)).collect();
        let encodings =
            ask::references(self.session, &nodes, ReferenceTypeId::HasEncoding, BrowseDirection::Forward).await?;
        for (id, encodings) in without.iter().zip(encodings) {
            if let Some(draft) = self.drafts.get_mut(id) {
                draft.encoding = default_binary(encodings);
            }
        }
        Ok(())
    }

    /// Older servers describe types in dictionaries alone.
    async fn look_into_dictionaries(&mut self) -> Result<()> {
        let undefined: HashMap<GlobalNodeId, bool> = self.known.0.iter().filter_map(undefined).collect();
        if undefined.is_empty() {
            return Ok(());
        }
        let found = legacy::describe(self.session, undefined.keys().cloned().collect()).await?;
        for (id, found) in found {
            let is_abstract = undefined.get(&id) == Some(&true);
            self.settle(id, found, is_abstract);
        }
        Ok(())
    }

    /// Takes what a dictionary says; else what everybody knows of the type.
    fn settle(&mut self, id: GlobalNodeId, found: DataType, is_abstract: bool) {
        match found {
            DataType::Missing(_) if is_abstract => drop(self.known.0.insert(id, DataType::AbstractStructure)),
            DataType::Missing(cause) => {
                self.known.0.insert(id.clone(), DataType::Missing(cause));
                let standard = standard::describe(&id).into_iter();
                let standard = standard.map(|known| (known.data_type.clone(), DataType::Structure(Arc::new(known))));
                self.known.0.extend(standard);
            }
            found => drop(self.known.0.insert(id, found)),
        }
    }

    fn finish(self) -> Known {
        let Self { namespaces, mut known, drafts, .. } = self;
        let finish = |(id, draft): (&GlobalNodeId, &Draft)| {
            let description = draft.clone().finish(id.clone(), &known.0, &drafts, &namespaces);
            (id.clone(), DataType::Structure(description))
        };
        let structures: Vec<_> = drafts.iter().map(finish).collect();
        known.0.extend(structures);
        known
    }
}

fn undefined((id, known): (&GlobalNodeId, &DataType)) -> Option<(GlobalNodeId, bool)> {
    match known {
        DataType::Undefined { is_abstract } => Some((id.clone(), *is_abstract)),
        _ => None,
    }
}

/// The encoding that we can follow.
pub(super) fn default_binary(encodings: Vec<ReferenceDescription>) -> Option<NodeId> {
    let is_binary = |encoding: &ReferenceDescription| encoding.browse_name.name.as_ref() == "Default Binary";
    encodings.into_iter().find(is_binary).map(|encoding| encoding.node_id.node_id)
}

fn browse_name(value: &DataValue) -> String {
    match &value.value {
        Some(Variant::QualifiedName(name)) => text(&name.name),
        _ => String::new(),
    }
}
