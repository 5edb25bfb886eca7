//! The types of one server, loaded as they are needed.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;

use super::definition::Base;
use super::load::Loading;
use super::set::Unknown;
use crate::error::Result;
use crate::session::Session;
use crate::ua::NodeId;
use crate::ua::types::{EnumerationDescription, FieldType, GlobalNodeId, StructureDescription, TypeSet};

/// The types of one server; clones are the same library.
///
/// Everything is kept by namespace URI, so it stays right when a reconnect brings another namespace
/// order. A server that was restarted may have other types: [`refresh`](Self::refresh) then.
#[derive(Debug, Clone, Default)]
pub struct TypeLibrary {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    known: Mutex<Known>,
    types: Mutex<Arc<TypeSet>>,
    unknown: Arc<Unknown>,
}

impl Default for Shared {
    fn default() -> Self {
        let unknown = Arc::default();
        let types = Mutex::new(Arc::new(Known::default().set(&unknown)));
        Self { known: Mutex::default(), types, unknown }
    }
}

/// What the server was asked for, by DataType.
#[derive(Debug, Clone, Default)]
pub(super) struct Known(pub(super) HashMap<GlobalNodeId, DataType>);

/// A DataType of the server, as far as encodings care.
#[derive(Debug, Clone)]
pub(super) enum DataType {
    /// It is encoded as this built-in type.
    BuiltIn(u8),
    /// It has no fields of its own and cannot stand in a value.
    AbstractStructure,
    Structure(Arc<StructureDescription>),
    Enumeration(EnumerationDescription),
    /// The server has no definition of it; perhaps a dictionary does.
    Undefined {
        is_abstract: bool,
    },
    /// It cannot be had, and why.
    Missing(String),
}

impl TypeLibrary {
    /// A library that knows nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What is known now.
    #[must_use]
    pub fn types(&self) -> Arc<TypeSet> {
        Arc::clone(&self.shared.types.lock())
    }

    /// What the values of a DataType are in the end, if it is built-in or was loaded: `Number` and the other abstract
    /// ones are any value (24), as an abstract structure is any structure (22).
    #[must_use]
    pub fn kind_of(&self, data_type: &NodeId, namespaces: &[String]) -> Option<FieldType> {
        let id = GlobalNodeId::of(data_type, namespaces)?;
        match Base::of(data_type) {
            Some(Base::BuiltIn(number)) => return Some(FieldType::BuiltIn(number)),
            Some(Base::Structure | Base::OptionSet) => return Some(FieldType::BuiltIn(22)),
            Some(Base::Enumeration) => return Some(FieldType::BuiltIn(6)),
            None => {}
        }
        match self.shared.known.lock().0.get(&id)? {
            DataType::BuiltIn(number) => Some(FieldType::BuiltIn(*number)),
            DataType::AbstractStructure => Some(FieldType::BuiltIn(22)),
            DataType::Structure(_) => Some(FieldType::Structure(id)),
            DataType::Enumeration(_) => Some(FieldType::Enumeration(id)),
            DataType::Undefined { .. } | DataType::Missing(_) => None,
        }
    }

    /// Loads these DataTypes and whatever their fields need, unless they are known.
    ///
    /// # Errors
    /// Those of the session. What the server does not describe is no error: see
    /// [`TypeSet::refused`].
    pub async fn load(&self, session: &dyn Session, data_types: &[NodeId]) -> Result<()> {
        let known = self.shared.known.lock().clone();
        let loaded = Loading::new(session, known).data_types(data_types).await?;
        self.take(loaded);
        Ok(())
    }

    /// Whether values came whose types were not known and not asked for yet.
    #[must_use]
    pub fn has_missing(&self) -> bool {
        self.shared.unknown.is_wanted()
    }

    /// Loads the types of values that had to stay opaque, so that those that follow do not.
    /// Each is asked for once until the next [`refresh`](Self::refresh).
    ///
    /// # Errors
    /// Those of the session; the types are then asked for again the next time.
    pub async fn load_missing(&self, session: &dyn Session) -> Result<()> {
        let encodings = self.shared.unknown.take_wanted();
        if encodings.is_empty() {
            return Ok(());
        }
        // Types that are known but did not fit are loaded anew.
        let known = self.shared.known.lock().without(&encodings);
        match Loading::new(session, known).encodings(&encodings).await {
            Ok(loaded) => self.take(loaded),
            Err(error) => {
                self.shared.unknown.ask_again();
                return Err(error);
            }
        }
        let types = self.types();
        for encoding in &encodings {
            let reason = match types.position_of(encoding) {
                Some(_) => None,
                None => Some("the server does not describe it, or its description was refused".to_owned()),
            };
            self.shared.unknown.answered(encoding, reason);
        }
        Ok(())
    }

    /// Reads everything anew that is known, as after a reconnect to a server that was restarted.
    /// Until it is done the old descriptions stand.
    ///
    /// # Errors
    /// Those of the session; the old descriptions then stay.
    pub async fn refresh(&self, session: &dyn Session) -> Result<()> {
        let namespaces = session.namespaces();
        let known: Vec<NodeId> = self.shared.known.lock().0.keys().filter_map(|id| id.in_table(&namespaces)).collect();
        let loaded = Loading::new(session, Known::default()).data_types(&known).await?;
        self.shared.unknown.ask_again();
        self.take(loaded);
        Ok(())
    }

    fn take(&self, known: Known) {
        let mut current = self.shared.known.lock();
        *self.shared.types.lock() = Arc::new(known.set(&self.shared.unknown));
        *current = known;
    }
}

impl Known {
    /// Without structures of these encodings.
    fn without(&self, encodings: &[GlobalNodeId]) -> Self {
        let is_one = |data_type: &DataType| match data_type {
            DataType::Structure(structure) => {
                let encoding = structure.binary_encoding.as_ref();
                encodings.contains(&structure.data_type) || encoding.is_some_and(|id| encodings.contains(id))
            }
            DataType::Missing(_) => true,
            _ => false,
        };
        Self(self.0.iter().filter(|(_, known)| !is_one(known)).map(|(id, known)| (id.clone(), known.clone())).collect())
    }

    fn set(&self, unknown: &Arc<Unknown>) -> TypeSet {
        let mut structures: Vec<_> = self.0.values().filter_map(DataType::structure).map(Arc::clone).collect();
        structures.sort_by(|a, b| a.name.cmp(&b.name));
        let mut enumerations: Vec<_> = self.0.values().filter_map(DataType::enumeration).cloned().collect();
        enumerations.sort_by(|a, b| a.name.cmp(&b.name));
        let refused = self.0.iter().filter_map(|(id, known)| match known {
            DataType::Missing(cause) => Some((id.to_string(), cause.clone())),
            _ => None,
        });
        TypeSet::build(&structures, enumerations, refused.collect(), Arc::clone(unknown))
    }
}

impl DataType {
    const fn structure(&self) -> Option<&Arc<StructureDescription>> {
        match self {
            Self::Structure(structure) => Some(structure),
            _ => None,
        }
    }

    const fn enumeration(&self) -> Option<&EnumerationDescription> {
        match self {
            Self::Enumeration(enumeration) => Some(enumeration),
            _ => None,
        }
    }
}
