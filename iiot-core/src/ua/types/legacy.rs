//! Finds the descriptions of types that have no DataTypeDefinition (OPC 10000-5 Annex C): from the
//! encoding to its description, which names the type, and to the dictionary that holds it.

use std::collections::HashMap;

use super::ask;
use super::dictionary::Dictionary;
use super::library::DataType;
use super::load::default_binary;
use crate::error::Result;
use crate::session::Session;
use crate::ua::types::GlobalNodeId;
use crate::ua::{AttributeId, BrowseDirection, DataValue, NodeId, ReferenceDescription, ReferenceTypeId, Variant};

/// Where a type is described.
struct Place {
    data_type: GlobalNodeId,
    encoding: NodeId,
    description: NodeId,
    dictionary: NodeId,
    name: String,
}

/// What dictionaries say of these types and of those that they are made of.
pub(super) async fn describe(
    session: &dyn Session,
    data_types: Vec<GlobalNodeId>,
) -> Result<Vec<(GlobalNodeId, DataType)>> {
    let namespaces = session.namespaces();
    let (places, mut described) = places(session, data_types, &namespaces).await?;
    let dictionaries = dictionaries(session, &places).await?;
    for place in places {
        let encoding = GlobalNodeId::of(&place.encoding, &namespaces);
        let described_by = |dictionary: &Result<Dictionary, String>| {
            let encoding = encoding.ok_or_else(|| "its encoding is in no namespace".to_owned())?;
            dictionary.as_ref().map_err(Clone::clone)?.describe(&place.name, &place.data_type, encoding)
        };
        match described_by(&dictionaries[&place.dictionary]) {
            Ok((structures, enumerations)) => {
                let enumerations = enumerations.into_iter();
                described.extend(enumerations.map(|known| (known.data_type.clone(), DataType::Enumeration(known))));
                let structures = structures.into_iter();
                described.extend(structures.map(|known| (known.data_type.clone(), DataType::Structure(known))));
            }
            Err(cause) => described.push((place.data_type, DataType::Missing(cause))),
        }
    }
    Ok(described)
}

/// The places of those that have one; the others are missing.
async fn places(
    session: &dyn Session,
    data_types: Vec<GlobalNodeId>,
    namespaces: &[String],
) -> Result<(Vec<Place>, Vec<(GlobalNodeId, DataType)>)> {
    const NOWHERE: &str = "the server has neither a definition of it nor a dictionary";
    let (mut places, mut missing) = (Vec::new(), Vec::new());
    let nodes: Vec<NodeId> = data_types.iter().filter_map(|id| id.in_table(namespaces)).collect();
    let encodings = ask::references(session, &nodes, ReferenceTypeId::HasEncoding, BrowseDirection::Forward).await?;
    for (data_type, encodings) in data_types.into_iter().zip(encodings) {
        match default_binary(encodings) {
            Some(encoding) => places.push((data_type, encoding)),
            None => missing.push((data_type, DataType::Missing(NOWHERE.into()))),
        }
    }
    let encodings: Vec<NodeId> = places.iter().map(|(_, encoding)| encoding.clone()).collect();
    let descriptions =
        ask::references(session, &encodings, ReferenceTypeId::HasDescription, BrowseDirection::Forward).await?;
    let descriptions: Vec<NodeId> = descriptions.into_iter().map(first).collect();
    let dictionaries =
        ask::references(session, &descriptions, ReferenceTypeId::HasComponent, BrowseDirection::Inverse).await?;
    let names = ask::attributes(session, &descriptions, [AttributeId::Value]).await?;
    let mut found = Vec::new();
    for ((((data_type, encoding), description), dictionary), [name]) in
        places.into_iter().zip(descriptions).zip(dictionaries).zip(names)
    {
        match (first(dictionary), name.value) {
            (dictionary, Some(Variant::String(name))) if !dictionary.is_null() => {
                let name = name.as_ref().to_owned();
                found.push(Place { data_type, encoding, description, dictionary, name });
            }
            _ => missing.push((data_type, DataType::Missing(NOWHERE.into()))),
        }
    }
    Ok((found, missing))
}

async fn dictionaries(session: &dyn Session, places: &[Place]) -> Result<HashMap<NodeId, Result<Dictionary, String>>> {
    let mut dictionaries = HashMap::new();
    for place in places {
        if dictionaries.contains_key(&place.dictionary) {
            continue;
        }
        let node = std::slice::from_ref(&place.dictionary);
        let read = ask::attributes(session, node, [AttributeId::Value]).await?;
        let read = read.into_iter().next().map(|[value]| parsed(value));
        let read = read.unwrap_or_else(|| Err(format!("the dictionary of {} was not read", place.description)));
        dictionaries.insert(place.dictionary.clone(), read);
    }
    Ok(dictionaries)
}

fn parsed(value: DataValue) -> Result<Dictionary, String> {
    match value.value {
        Some(Variant::ByteString(bytes)) => Dictionary::parse(bytes.as_ref()),
        _ => Err("the dictionary cannot be read".to_owned()),
    }
}

fn first(references: Vec<ReferenceDescription>) -> NodeId {
    references.into_iter().next().map_or_else(NodeId::null, |reference| reference.node_id.node_id)
}
