//! The types known of a server at one moment, ready for look-ups on the way of every value.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;

use crate::json::IdentifierBytes;
use crate::json::write_string;
use crate::ua::Identifier;
use crate::ua::types::{EnumerationDescription, FieldType, GlobalNodeId, Rank, StructureDescription, StructureKind};

/// Structures and enumerations of one server. Immutable but for the count of what it lacks.
///
/// ```
/// use iiot_core::json::{self, Format};
/// use iiot_core::ua::type_loader::ByteStringBody;
/// use iiot_core::ua::types::{
///     FieldDescription, FieldType, GlobalNodeId, Rank, StructureDescription, StructureKind, TypeSet,
/// };
/// use iiot_core::ua::{ExtensionObject, NodeId, Variant};
///
/// let field = |name: &str| FieldDescription {
///     name: name.into(),
///     data_type: FieldType::BuiltIn(3), // Byte
///     rank: Rank::Scalar,
///     optional: false,
/// };
/// let point = StructureDescription {
///     name: "Point".into(),
///     data_type: GlobalNodeId::new("urn:plant", 1_u32),
///     binary_encoding: Some(GlobalNodeId::new("urn:plant", 2_u32)),
///     kind: StructureKind::Plain,
///     fields: vec![field("X"), field("Y")],
/// };
/// let types = TypeSet::of([point], []);
///
/// let namespaces = ["http://opcfoundation.org/UA/".into(), "urn:plant".into()];
/// let format = Format { types: Some(&types), ..Format::compact(&namespaces) };
/// let body = ByteStringBody::new(vec![7, 9].into(), NodeId::new(1, 2_u32));
/// let text = json::variant_to_string(&Variant::from(ExtensionObject::new(body)), &format)?;
/// assert_eq!(text, r#"{"UaType":22,"Value":{"UaTypeId":"nsu=urn:plant;i=1","X":7,"Y":9}}"#);
/// # Ok::<(), iiot_core::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct TypeSet {
    structures: Vec<Structure>,
    enumerations: Vec<EnumerationDescription>,
    by_encoding: Index,
    by_data_type: Index,
    refused: BTreeMap<String, String>,
    unknown: Arc<Unknown>,
}

/// A structure, its fields rendered.
#[derive(Debug)]
pub(crate) struct Structure {
    pub(crate) description: Arc<StructureDescription>,
    /// The NodeId of the DataType as JSON string.
    pub(crate) type_id: Box<[u8]>,
    pub(crate) kind: StructureKind,
    pub(crate) fields: Box<[Field]>,
}

/// A field, its name rendered.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: Box<str>,
    /// `,"name":`
    pub(crate) member: Box<[u8]>,
    pub(crate) kind: ValueKind,
    pub(crate) rank: Rank,
    pub(crate) optional: bool,
}

/// The type of a field's elements; positions are those of the set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ValueKind {
    BuiltIn(u8),
    Structure(usize),
    Enumeration(usize),
}

/// A type whose values had to stay opaque.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownType {
    /// The encoding that the values carried.
    pub encoding: GlobalNodeId,
    /// How many values of it were seen.
    pub values: u64,
    /// Why it is not known, once it was asked for, or why its values did not fit.
    pub reason: Option<String>,
}

impl TypeSet {
    /// A set of these types. Those whose description is refused, or that need a type which is
    /// missing, are left out; [`refused`](Self::refused) says why.
    #[must_use]
    pub fn of(
        structures: impl IntoIterator<Item = StructureDescription>,
        enumerations: impl IntoIterator<Item = EnumerationDescription>,
    ) -> Self {
        let structures: Vec<_> = structures.into_iter().map(Arc::new).collect();
        Self::build(&structures, enumerations.into_iter().collect(), BTreeMap::new(), Arc::default())
    }

    /// As [`of`](Self::of), with the list of unknown types that it goes on with.
    pub(crate) fn build(
        structures: &[Arc<StructureDescription>],
        enumerations: Vec<EnumerationDescription>,
        mut refused: BTreeMap<String, String>,
        unknown: Arc<Unknown>,
    ) -> Self {
        let enumerations: Vec<_> = enumerations.into_iter().filter(|known| known.check().is_ok()).collect();
        let usable = usable(structures, &enumerations, &mut refused);
        let mut set = Self { enumerations, refused, unknown, ..Self::default() };
        for (position, enumeration) in set.enumerations.iter().enumerate() {
            set.by_data_type.insert(&enumeration.data_type, Place::Enumeration(position));
        }
        for (position, structure) in usable.iter().enumerate() {
            set.by_data_type.insert(&structure.data_type, Place::Structure(position));
            if let Some(encoding) = &structure.binary_encoding {
                set.by_encoding.insert(encoding, Place::Structure(position));
            }
        }
        set.structures = usable.into_iter().map(|structure| Structure::new(structure, &set.by_data_type)).collect();
        set
    }

    /// The descriptions of the structures.
    pub fn structures(&self) -> impl Iterator<Item = &StructureDescription> {
        self.structures.iter().map(|structure| &*structure.description)
    }

    /// The descriptions of enumerations and option sets.
    pub fn enumerations(&self) -> impl Iterator<Item = &EnumerationDescription> {
        self.enumerations.iter()
    }

    /// Types that were left out, with the reason.
    pub fn refused(&self) -> impl Iterator<Item = (&str, &str)> {
        self.refused.iter().map(|(data_type, reason)| (data_type.as_str(), reason.as_str()))
    }

    /// Types whose values had to stay opaque, the most frequent first.
    #[must_use]
    pub fn unknown(&self) -> Vec<UnknownType> {
        self.unknown.list()
    }

    /// The description of a structure by its DataType or binary encoding.
    #[must_use]
    pub fn structure(&self, id: &GlobalNodeId) -> Option<&StructureDescription> {
        let position = self.position_of(id)?;
        Some(&self.structures[position].description)
    }

    /// The description of an enumeration or option set by its DataType.
    #[must_use]
    pub fn enumeration_of(&self, id: &GlobalNodeId) -> Option<&EnumerationDescription> {
        match self.by_data_type.find(&id.namespace_uri, IdentifierBytes::of(&id.identifier))? {
            Place::Enumeration(position) => Some(&self.enumerations[position]),
            Place::Structure(_) => None,
        }
    }

    pub(crate) fn position_of(&self, id: &GlobalNodeId) -> Option<usize> {
        let found = self.by_data_type.find(&id.namespace_uri, IdentifierBytes::of(&id.identifier));
        let found = found.or_else(|| self.by_encoding.find(&id.namespace_uri, IdentifierBytes::of(&id.identifier)));
        found.and_then(Place::structure)
    }

    pub(crate) fn at(&self, position: usize) -> &Structure {
        &self.structures[position]
    }

    pub(crate) fn enumeration(&self, position: usize) -> &EnumerationDescription {
        &self.enumerations[position]
    }

    /// The structure that has this binary encoding; counts it where it is not known. Some stacks
    /// put the DataType in its place.
    pub(crate) fn encoded_as(&self, namespace_uri: &str, identifier: IdentifierBytes<'_>) -> Option<usize> {
        let found = self.by_encoding.find(namespace_uri, identifier);
        let found = found.or_else(|| self.by_data_type.find(namespace_uri, identifier)).and_then(Place::structure);
        if found.is_none() {
            self.unknown.note(namespace_uri, identifier);
        }
        found
    }

    /// A body did not fit the description.
    pub(crate) fn misfit(&self, namespace_uri: &str, identifier: IdentifierBytes<'_>, cause: &'static str) {
        self.unknown.misfit(namespace_uri, identifier, cause);
    }
}

/// Structures that pass their check and whose fields all have a known type. Types may refer to
/// each other in circles, so what is unusable spreads until nothing changes.
fn usable(
    structures: &[Arc<StructureDescription>],
    enumerations: &[EnumerationDescription],
    refused: &mut BTreeMap<String, String>,
) -> Vec<Arc<StructureDescription>> {
    let enumerations: HashSet<_> = enumerations.iter().map(|known| &known.data_type).collect();
    let mut refuse = |structure: &StructureDescription, cause: String| {
        refused.insert(structure.data_type.to_string(), cause);
    };
    let mut left: Vec<_> = structures.iter().map(Arc::clone).collect();
    left.retain(|structure| structure.check().map_err(|error| refuse(structure, error.report())).is_ok());
    loop {
        let known: HashSet<_> = left.iter().map(|structure| structure.data_type.clone()).collect();
        let missing = |structure: &StructureDescription| {
            let is_missing = |field: &FieldType| match field {
                FieldType::BuiltIn(_) => false,
                FieldType::Structure(id) => !known.contains(id),
                FieldType::Enumeration(id) => !enumerations.contains(id),
            };
            structure.fields.iter().find(|field| is_missing(&field.data_type)).map(|field| field.name.clone())
        };
        let before = left.len();
        left.retain(|structure| match missing(structure) {
            None => true,
            Some(field) => {
                refuse(structure, format!("the type of its field {field} is not known"));
                false
            }
        });
        if left.len() == before {
            return left;
        }
    }
}

impl Structure {
    fn new(description: Arc<StructureDescription>, types: &Index) -> Self {
        let mut type_id = Vec::new();
        write_string(&mut type_id, &description.data_type.to_string());
        let place = |id: &GlobalNodeId| types.find(&id.namespace_uri, IdentifierBytes::of(&id.identifier));
        let kind = |data_type: &FieldType| match data_type {
            FieldType::BuiltIn(number) => ValueKind::BuiltIn(*number),
            FieldType::Structure(id) | FieldType::Enumeration(id) => match place(id) {
                Some(Place::Structure(position)) => ValueKind::Structure(position),
                Some(Place::Enumeration(position)) => ValueKind::Enumeration(position),
                None => unreachable!("types with unknown fields were left out"),
            },
        };
        let field = |field: &super::FieldDescription| {
            let mut member = vec![b','];
            write_string(&mut member, &field.name);
            member.push(b':');
            Field {
                name: field.name.as_str().into(),
                member: member.into(),
                kind: kind(&field.data_type),
                rank: field.rank,
                optional: field.optional,
            }
        };
        let fields = description.fields.iter().map(field).collect();
        Self { type_id: type_id.into(), kind: description.kind, fields, description }
    }
}

/// Where a type lies in the set.
#[derive(Debug, Clone, Copy)]
enum Place {
    Structure(usize),
    Enumeration(usize),
}

impl Place {
    const fn structure(self) -> Option<usize> {
        match self {
            Self::Structure(position) => Some(position),
            Self::Enumeration(_) => None,
        }
    }
}

/// Places by NodeId; a look-up with borrowed text allocates nothing.
#[derive(Debug, Default)]
struct Index(HashMap<Arc<str>, Identifiers>);

#[derive(Debug, Default)]
struct Identifiers {
    numeric: HashMap<u32, Place>,
    text: HashMap<Box<str>, Place>,
    other: HashMap<Box<[u8]>, Place>,
}

impl Index {
    fn insert(&mut self, id: &GlobalNodeId, place: Place) {
        let identifiers = self.0.entry(Arc::clone(&id.namespace_uri)).or_default();
        match IdentifierBytes::of(&id.identifier) {
            IdentifierBytes::Numeric(number) => identifiers.numeric.insert(number, place),
            IdentifierBytes::String(text) => identifiers.text.insert(text.into(), place),
            IdentifierBytes::Guid(guid) => identifiers.other.insert(guid.into(), place),
            IdentifierBytes::Opaque(bytes) => identifiers.other.insert(bytes.into(), place),
        };
    }

    fn find(&self, namespace_uri: &str, identifier: IdentifierBytes<'_>) -> Option<Place> {
        let identifiers = self.0.get(namespace_uri)?;
        match identifier {
            IdentifierBytes::Numeric(number) => identifiers.numeric.get(&number),
            IdentifierBytes::String(text) => identifiers.text.get(text),
            IdentifierBytes::Guid(guid) => identifiers.other.get(&guid[..]),
            IdentifierBytes::Opaque(bytes) => identifiers.other.get(bytes),
        }
        .copied()
    }
}

/// What the sets of one library lack; bounded, since ids come from the network.
#[derive(Debug, Default)]
pub(crate) struct Unknown {
    types: Mutex<HashMap<GlobalNodeId, Note>>,
    wanted: AtomicBool,
}

#[derive(Debug, Default)]
struct Note {
    values: u64,
    reason: Option<String>,
    asked: bool,
}

const MAX_UNKNOWN: usize = 1000;

impl Unknown {
    fn note(&self, namespace_uri: &str, identifier: IdentifierBytes<'_>) {
        self.change(namespace_uri, identifier, |note| {
            note.values += 1;
            !note.asked
        });
    }

    /// A description that does not fit is asked for again, once.
    fn misfit(&self, namespace_uri: &str, identifier: IdentifierBytes<'_>, cause: &'static str) {
        self.change(namespace_uri, identifier, |note| {
            note.values += 1;
            note.reason = Some(format!("a value does not fit the description: {cause}"));
            !note.asked
        });
    }

    fn change(&self, uri: &str, identifier: IdentifierBytes<'_>, change: impl FnOnce(&mut Note) -> bool) {
        let id = GlobalNodeId::new(uri, Identifier::from(identifier));
        let mut types = self.types.lock();
        if types.len() >= MAX_UNKNOWN && !types.contains_key(&id) {
            return;
        }
        if change(types.entry(id).or_default()) {
            self.wanted.store(true, Ordering::Release);
        }
    }

    /// Whether there is something that nobody has asked the server for.
    pub(crate) fn is_wanted(&self) -> bool {
        self.wanted.load(Ordering::Acquire)
    }

    /// What nobody has asked the server for; it counts as asked from now on.
    pub(crate) fn take_wanted(&self) -> Vec<GlobalNodeId> {
        let mut types = self.types.lock();
        self.wanted.store(false, Ordering::Release);
        let unasked = types.iter_mut().filter(|(_, note)| !note.asked);
        unasked
            .map(|(id, note)| {
                note.asked = true;
                id.clone()
            })
            .collect()
    }

    /// Why a type could not be had; without a reason it is known now.
    pub(crate) fn answered(&self, id: &GlobalNodeId, reason: Option<String>) {
        let mut types = self.types.lock();
        match (types.get_mut(id), reason) {
            (Some(note), Some(reason)) => note.reason = Some(reason),
            (Some(note), None) if note.reason.is_none() => drop(types.remove(id)),
            _ => {}
        }
    }

    /// Everything may be asked for again.
    pub(crate) fn ask_again(&self) {
        let mut types = self.types.lock();
        types.values_mut().for_each(|note| note.asked = false);
        self.wanted.store(!types.is_empty(), Ordering::Release);
    }

    fn list(&self) -> Vec<UnknownType> {
        let types = self.types.lock();
        let mut list: Vec<_> = types
            .iter()
            .map(|(id, note)| UnknownType { encoding: id.clone(), values: note.values, reason: note.reason.clone() })
            .collect();
        list.sort_by(|a, b| b.values.cmp(&a.values).then_with(|| a.encoding.to_string().cmp(&b.encoding.to_string())));
        list
    }
}
