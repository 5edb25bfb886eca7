//! What is known of the types of a server.

use std::collections::{BTreeSet, HashMap};

use iiot_core::session::{SessionExt, attribute};
use iiot_core::ua::types::{FieldType, GlobalNodeId, Rank, StructureKind, TypeLibrary, TypeSet};
use iiot_core::ua::{AttributeId, NodeId, Variant};
use iiot_core::{Result, json};
use serde_json::Value;

use super::visit::Visit;
use crate::data_type::{DataTypeDescription, EnumerationValue, FieldDescription, FieldRank};

impl Visit {
    /// Loads these types and those that the values name.
    pub(super) async fn load_types(&self, data_types: &[NodeId], values: &[&Value]) -> Result<&TypeLibrary> {
        let library = self.lease.types().await?;
        let mut named = BTreeSet::new();
        values.iter().for_each(|value| collect_types(value, &mut named));
        let named = named.into_iter().filter_map(|id| json::node_id_from_str(id, &self.namespaces).ok());
        let wanted: Vec<NodeId> = data_types.iter().cloned().chain(named).collect();
        if !wanted.is_empty() {
            library.load(&self.session, &wanted).await?;
        }
        Ok(library)
    }

    /// Describes data types, each once.
    pub(super) async fn describe_types(&self, mut ids: Vec<NodeId>) -> Result<HashMap<NodeId, DataTypeDescription>> {
        let mut seen = std::collections::HashSet::new();
        ids.retain(|id| !id.is_null() && seen.insert(id.clone()));
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let library = self.load_types(&ids, &[]).await?;
        let types = library.types();
        let names = ids.iter().map(|id| attribute(id, AttributeId::BrowseName)).collect();
        let names = self.session.read(names).await?.into_iter().map(|name| match name.value {
            Some(Variant::QualifiedName(name)) => Some(name.name.as_ref().to_owned()),
            _ => None,
        });
        let described = ids.iter().zip(names).map(|(id, name)| (id.clone(), self.describe(id, name, library, &types)));
        Ok(described.collect())
    }

    fn describe(
        &self,
        id: &NodeId,
        name: Option<String>,
        library: &TypeLibrary,
        types: &TypeSet,
    ) -> DataTypeDescription {
        let described = DataTypeDescription { data_type: self.text_of(id), name, ..Default::default() };
        match library.kind_of(id, &self.namespaces) {
            None => described,
            Some(FieldType::BuiltIn(number)) => DataTypeDescription { built_in_type: Some(number), ..described },
            Some(FieldType::Enumeration(id)) => of_enumeration(described, &id, types),
            Some(FieldType::Structure(id)) => of_structure(described, &id, types),
        }
    }
}

fn of_enumeration(described: DataTypeDescription, id: &GlobalNodeId, types: &TypeSet) -> DataTypeDescription {
    let Some(known) = types.enumeration_of(id) else { return described };
    let value = |(value, name): &(i64, String)| EnumerationValue { value: *value, name: name.clone() };
    DataTypeDescription {
        built_in_type: Some(known.built_in_type),
        values: known.values.iter().map(value).collect(),
        ..described
    }
}

fn of_structure(described: DataTypeDescription, id: &GlobalNodeId, types: &TypeSet) -> DataTypeDescription {
    let Some(known) = types.structure(id) else { return described };
    let field = |field: &iiot_core::ua::types::FieldDescription| FieldDescription {
        name: field.name.clone(),
        data_type: text_of(&field.data_type),
        rank: match field.rank {
            Rank::Scalar => FieldRank::Scalar,
            Rank::Array => FieldRank::Array,
            Rank::Matrix => FieldRank::Matrix,
        },
        optional: field.optional,
    };
    DataTypeDescription {
        built_in_type: Some(STRUCTURE),
        union: known.kind == StructureKind::Union,
        fields: known.fields.iter().map(field).collect(),
        ..described
    }
}

/// The built-in type ExtensionObject.
pub(super) const STRUCTURE: u8 = 22;

fn text_of(data_type: &FieldType) -> String {
    match data_type {
        FieldType::BuiltIn(number) => format!("i={number}"),
        FieldType::Structure(id) | FieldType::Enumeration(id) => id.to_string(),
    }
}

/// The types of all structures in a value.
fn collect_types<'v>(value: &'v Value, found: &mut BTreeSet<&'v str>) {
    match value {
        Value::Array(elements) => elements.iter().for_each(|element| collect_types(element, found)),
        Value::Object(members) => {
            found.extend(members.get("UaTypeId").and_then(Value::as_str));
            members.values().for_each(|member| collect_types(member, found));
        }
        _ => {}
    }
}
