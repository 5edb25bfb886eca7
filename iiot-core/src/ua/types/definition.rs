//! From the DataTypeDefinition attribute to descriptions (OPC 10000-3 §8.47 to §8.52).

use std::collections::HashMap;
use std::sync::Arc;

use super::library::DataType;
use crate::ua::types::{
    EnumerationDescription, FieldDescription, FieldType, GlobalNodeId, MAX_FIELDS, Rank, StructureDescription,
    StructureKind,
};
use crate::ua::{DataValue, EnumDefinition, NodeId, StructureDefinition, StructureType, UAString, Variant};

/// What every DataType is derived from and what decides its encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Base {
    BuiltIn(u8),
    Structure,
    Enumeration,
    /// A structure of Value and ValidBits (OPC 10000-3 §8.40).
    OptionSet,
}

impl Base {
    /// The base that a node is by itself.
    pub(super) fn of(data_type: &NodeId) -> Option<Self> {
        const ENUMERATION: u32 = 29;
        const OPTION_SET: u32 = 12755;
        const UNION: u32 = 12756;
        match data_type.as_u32().filter(|_| data_type.namespace == 0)? {
            22 | UNION => Some(Self::Structure),
            id @ 1..=25 => Some(Self::BuiltIn(id as u8)),
            // Abstract numbers stand as Variants.
            26..=28 => Some(Self::BuiltIn(24)),
            ENUMERATION => Some(Self::Enumeration),
            OPTION_SET => Some(Self::OptionSet),
            _ => None,
        }
    }
}

/// A structure whose fields still name their types as the server does.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) name: String,
    pub(super) encoding: Option<NodeId>,
    kind: StructureKind,
    fields: Vec<DraftField>,
}

#[derive(Debug, Clone)]
struct DraftField {
    name: String,
    data_type: NodeId,
    rank: Rank,
    optional: bool,
    with_subtypes: bool,
}

impl Draft {
    /// A draft of what the attribute holds; the cause if that cannot be followed.
    pub(super) fn of(name: String, definition: &StructureDefinition) -> Result<Self, String> {
        let fields = definition.fields.as_deref().unwrap_or_default();
        if fields.len() > MAX_FIELDS {
            return Err(format!("it has {} fields, the limit is {MAX_FIELDS}", fields.len()));
        }
        let (kind, with_subtypes) = match definition.structure_type {
            StructureType::Structure => (StructureKind::Plain, false),
            StructureType::StructureWithOptionalFields => (StructureKind::OptionalFields, false),
            StructureType::Union => (StructureKind::Union, false),
            StructureType::StructureWithSubtypedValues => (StructureKind::Plain, true),
            StructureType::UnionWithSubtypedValues => (StructureKind::Union, true),
        };
        let field = |field: &crate::ua::StructureField| DraftField {
            name: text(&field.name),
            data_type: field.data_type.clone(),
            rank: Rank::of(field.value_rank),
            optional: field.is_optional && kind == StructureKind::OptionalFields,
            with_subtypes: field.is_optional && with_subtypes,
        };
        let fields = fields.iter().map(field).collect();
        let encoding = Some(definition.default_encoding_id.clone()).filter(|id| !id.is_null());
        Ok(Self { name, encoding, kind, fields })
    }

    /// An option set that is a structure; its names belong to the bits of its first field.
    pub(super) fn option_set(name: String) -> Self {
        let field = |name: &str| DraftField {
            name: name.into(),
            data_type: NodeId::new(0, 15_u32),
            rank: Rank::Scalar,
            optional: false,
            with_subtypes: false,
        };
        Self { name, encoding: None, kind: StructureKind::Plain, fields: vec![field("Value"), field("ValidBits")] }
    }

    /// The types of its fields.
    pub(super) fn needs(&self) -> impl Iterator<Item = &NodeId> {
        self.fields.iter().map(|field| &field.data_type)
    }

    /// The description, once it is known what the types of the fields are.
    pub(super) fn finish(
        self,
        data_type: GlobalNodeId,
        known: &HashMap<GlobalNodeId, DataType>,
        drafts: &HashMap<GlobalNodeId, Self>,
        namespaces: &[String],
    ) -> Arc<StructureDescription> {
        let field = |field: DraftField| FieldDescription {
            data_type: field.field_type(known, drafts, namespaces),
            name: field.name,
            rank: field.rank,
            optional: field.optional,
        };
        Arc::new(StructureDescription {
            name: self.name,
            data_type,
            binary_encoding: self.encoding.and_then(|id| GlobalNodeId::of(&id, namespaces)),
            kind: self.kind,
            fields: self.fields.into_iter().map(field).collect(),
        })
    }
}

impl DraftField {
    fn field_type(
        &self,
        known: &HashMap<GlobalNodeId, DataType>,
        drafts: &HashMap<GlobalNodeId, Draft>,
        namespaces: &[String],
    ) -> FieldType {
        const STRUCTURE: FieldType = FieldType::BuiltIn(22);
        match Base::of(&self.data_type) {
            Some(Base::BuiltIn(number)) => return FieldType::BuiltIn(number),
            Some(Base::Enumeration) => return FieldType::BuiltIn(6),
            Some(Base::Structure | Base::OptionSet) => return STRUCTURE,
            None => {}
        }
        let Some(id) = GlobalNodeId::of(&self.data_type, namespaces) else {
            return FieldType::Structure(GlobalNodeId::new("", self.data_type.identifier.clone()));
        };
        match known.get(&id) {
            Some(DataType::BuiltIn(number)) => FieldType::BuiltIn(*number),
            Some(DataType::AbstractStructure) => STRUCTURE,
            Some(DataType::Enumeration(enumeration)) if enumeration.built_in_type == 6 => FieldType::Enumeration(id),
            Some(DataType::Enumeration(option_set)) => FieldType::BuiltIn(option_set.built_in_type),
            Some(DataType::Structure(_)) if self.with_subtypes => STRUCTURE,
            None if self.with_subtypes && drafts.contains_key(&id) => STRUCTURE,
            _ => FieldType::Structure(id),
        }
    }
}

/// An enumeration or option set with the names of its values or bits.
pub(super) fn enumeration(
    name: String,
    data_type: GlobalNodeId,
    built_in_type: u8,
    definition: &EnumDefinition,
) -> EnumerationDescription {
    let fields = definition.fields.as_deref().unwrap_or_default();
    let values = fields.iter().take(MAX_FIELDS + 1).map(|field| (field.value, text(&field.name))).collect();
    EnumerationDescription { name, data_type, built_in_type, values }
}

/// The structure in an attribute, if it is one of this type.
pub(super) fn structure_in<T: Send + Sync + 'static>(value: &DataValue) -> Option<&T> {
    match &value.value {
        Some(Variant::ExtensionObject(object)) if value.status.is_none_or(|status| status.is_good()) => {
            object.inner_as()
        }
        _ => None,
    }
}

pub(super) fn text(text: &UAString) -> String {
    text.as_ref().to_owned()
}
