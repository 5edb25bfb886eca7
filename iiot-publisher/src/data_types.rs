//! The structures and enumerations that the fields of a data set are of (DataTypeSchemaHeader, OPC 10000-5 §12.31).

use std::collections::HashSet;

use iiot_core::ua::types::{
    EnumerationDescription, FieldType, GlobalNodeId, StructureDescription, StructureKind, TypeSet,
};

use crate::data_set::FieldMetaData;

/// Those that are used, also inside others, as far as the server has described them.
#[derive(Debug, Default)]
pub(crate) struct DataTypes<'a> {
    /// In the order of their use.
    pub(crate) structures: Vec<&'a StructureDescription>,
    pub(crate) enumerations: Vec<&'a EnumerationDescription>,
}

impl<'a> DataTypes<'a> {
    pub(crate) fn of<'f>(
        fields: impl IntoIterator<Item = &'f FieldMetaData>,
        namespaces: &[String],
        known: &'a TypeSet,
    ) -> Self {
        let (mut used, mut seen) = (Self::default(), HashSet::new());
        if known.structures().next().is_none() && known.enumerations().next().is_none() {
            return used;
        }
        let of_field = |field: &FieldMetaData| GlobalNodeId::of(&field.data_type, namespaces);
        let mut open: Vec<GlobalNodeId> = fields.into_iter().filter_map(of_field).collect();
        open.reverse();
        while let Some(id) = open.pop() {
            if !seen.insert(id.clone()) {
                continue;
            }
            if let Some(enumeration) = known.enumeration_of(&id) {
                used.enumerations.push(enumeration);
            } else if let Some(structure) = known.structure(&id) {
                open.extend(structure.fields.iter().rev().filter_map(|field| match &field.data_type {
                    FieldType::BuiltIn(_) => None,
                    FieldType::Structure(id) | FieldType::Enumeration(id) => Some(id.clone()),
                }));
                used.structures.push(structure);
            }
        }
        used
    }
}

/// The DataType of a field as a node.
pub(crate) fn node_of(field: &FieldType) -> GlobalNodeId {
    match field {
        FieldType::BuiltIn(number) => GlobalNodeId::standard(u32::from(*number)),
        FieldType::Structure(id) | FieldType::Enumeration(id) => id.clone(),
    }
}

/// What a structure is a subtype of, as far as its layout tells: Structure or Union.
pub(crate) fn base_of(kind: StructureKind) -> GlobalNodeId {
    GlobalNodeId::standard(if kind == StructureKind::Union { UNION } else { STRUCTURE })
}

const STRUCTURE: u32 = 22;
const UNION: u32 = 12756;
