//! Type dictionaries of older servers: OPC Binary (OPC 10000-5 Annex C) in its usual shapes.
//!
//! Understood are what stacks generate for structures, structures with optional fields and unions:
//! arrays behind their own length, 32 bits that say which fields are there, a switch that says
//! which one is. Other bit fields and lengths are refused with the name of the field.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use roxmltree::{Document, Node, ParsingOptions};

use crate::json::BUILT_IN_TYPES;
use crate::ua::types::{
    EnumerationDescription, FieldDescription, FieldType, GlobalNodeId, MAX_FIELDS, Rank, StructureDescription,
    StructureKind,
};

/// The types of one dictionary, by name.
#[derive(Debug, Default)]
pub(super) struct Dictionary {
    namespace: String,
    structures: HashMap<String, Vec<Entry>>,
    enumerations: HashMap<String, Vec<(i64, String)>>,
}

/// One field as it stands in the dictionary.
#[derive(Debug, Clone)]
struct Entry {
    name: String,
    /// Namespace and name.
    data_type: (String, String),
    /// Of bit fields: how many bits.
    length: Option<usize>,
    length_field: Option<String>,
    in_bytes: bool,
    switch_field: Option<String>,
    switch_value: Option<u32>,
    has_operand: bool,
}

const OPC_BINARY: &str = "http://opcfoundation.org/BinarySchema/";
const UA: &str = "http://opcfoundation.org/UA/";
/// Far above the dictionary of OPC UA itself.
const MAX_BYTES: usize = 4 << 20;
const MAX_NODES: u32 = 200_000;
const MAX_ATTRIBUTES: usize = 100;
const MASK_BITS: usize = 32;

/// Each attribute of an element is compared with every other one while it is read, so that the time for
/// an element of half a million would be days.
fn has_crowded_element(text: &str) -> bool {
    let elements = text.split('<').filter(|rest| !rest.starts_with(['!', '?']));
    let mut tags = elements.map(|rest| rest.split('>').next().unwrap_or_default());
    tags.any(|tag| tag.bytes().filter(|byte| *byte == b'=').count() > MAX_ATTRIBUTES)
}

impl Dictionary {
    /// Reads a dictionary; document type declarations are refused.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, String> {
        if bytes.len() > MAX_BYTES {
            return Err(format!("the dictionary has {} bytes, the limit is {MAX_BYTES}", bytes.len()));
        }
        let text = str::from_utf8(bytes).map_err(|_| "the dictionary is not UTF-8".to_owned())?;
        let text = text.trim_end_matches('\0');
        if has_crowded_element(text) {
            return Err(format!("an element of the dictionary has more than {MAX_ATTRIBUTES} attributes"));
        }
        let options = ParsingOptions { nodes_limit: MAX_NODES, ..ParsingOptions::default() };
        let document = Document::parse_with_options(text, options)
            .map_err(|error| format!("the dictionary is not XML: {error}"))?;
        let root = document.root_element();
        let mut dictionary =
            Self { namespace: root.attribute("TargetNamespace").unwrap_or_default().to_owned(), ..Self::default() };
        for node in root.children().filter(Node::is_element) {
            let name = node.attribute("Name").unwrap_or_default().to_owned();
            match node.tag_name().name() {
                "StructuredType" => {
                    dictionary.structures.insert(name, entries(node));
                }
                "EnumeratedType" if node.attribute("LengthInBits") == Some("32") => {
                    dictionary.enumerations.insert(name, values(node));
                }
                _ => {}
            }
        }
        Ok(dictionary)
    }

    /// The structure with this name as the description of a DataType, and what it is made of.
    pub(super) fn describe(
        &self,
        name: &str,
        data_type: &GlobalNodeId,
        encoding: GlobalNodeId,
    ) -> Result<(Vec<Arc<StructureDescription>>, Vec<EnumerationDescription>), String> {
        let mut structures = vec![Arc::new(StructureDescription {
            binary_encoding: Some(encoding),
            data_type: data_type.clone(),
            ..self.structure(name)?
        })];
        let (mut enumerations, mut seen, mut at) = (Vec::new(), HashSet::new(), 0);
        while let Some(structure) = structures.get(at).map(Arc::clone) {
            at += 1;
            for field in &structure.fields {
                let (FieldType::Structure(id) | FieldType::Enumeration(id)) = &field.data_type else { continue };
                let name = id.identifier.to_string();
                let name = name.strip_prefix("s=").unwrap_or(&name);
                if !seen.insert(name.to_owned()) {
                    continue;
                }
                match &field.data_type {
                    FieldType::Structure(_) => structures.push(Arc::new(self.structure(name)?)),
                    _ => enumerations.push(self.enumeration(name)),
                }
            }
        }
        Ok((structures, enumerations))
    }

    fn enumeration(&self, name: &str) -> EnumerationDescription {
        EnumerationDescription {
            name: name.to_owned(),
            data_type: self.id(name),
            built_in_type: 6,
            values: self.enumerations.get(name).cloned().unwrap_or_default(),
        }
    }

    fn structure(&self, name: &str) -> Result<StructureDescription, String> {
        let entries = self.structures.get(name).ok_or_else(|| format!("the dictionary has no type {name}"))?;
        if entries.len() > 2 * MAX_FIELDS {
            return Err(format!("{name} has {} fields", entries.len()));
        }
        let (kind, rest) = shape(entries).map_err(|field| format!("the layout of {name}.{field} is not understood"))?;
        let fields = self.fields(rest).map_err(|field| format!("the layout of {name}.{field} is not understood"))?;
        Ok(StructureDescription {
            name: name.to_owned(),
            data_type: self.id(name),
            binary_encoding: None,
            kind,
            fields,
        })
    }

    /// Fields without the lengths in front of arrays.
    fn fields(&self, entries: &[Entry]) -> Result<Vec<FieldDescription>, String> {
        let lengths: HashSet<&str> = entries.iter().filter_map(|entry| entry.length_field.as_deref()).collect();
        let mut fields = Vec::with_capacity(entries.len());
        for (at, entry) in entries.iter().enumerate() {
            if lengths.contains(entry.name.as_str()) {
                continue;
            }
            let behind_its_length = |length: &str| {
                let before = at.checked_sub(1).map(|at| &entries[at]);
                before.is_some_and(|before| {
                    before.name == length && before.data_type.1 == "Int32" && before.switch_field == entry.switch_field
                })
            };
            let is_plain = entry.length.is_none() && !entry.in_bytes && entry.data_type.1 != "Bit";
            if !is_plain || entry.length_field.as_deref().is_some_and(|length| !behind_its_length(length)) {
                return Err(entry.name.clone());
            }
            let (data_type, rank) = self.field_type(entry).ok_or_else(|| entry.name.clone())?;
            fields.push(FieldDescription {
                name: entry.name.clone(),
                data_type,
                rank,
                optional: entry.switch_field.is_some() && entry.switch_value.is_none(),
            });
        }
        Ok(fields)
    }

    fn field_type(&self, entry: &Entry) -> Option<(FieldType, Rank)> {
        let rank = if entry.length_field.is_some() { Rank::Array } else { Rank::Scalar };
        let (namespace, name) = &entry.data_type;
        let data_type = match (namespace.as_str(), name.as_str()) {
            // Characters behind their number are a String.
            (OPC_BINARY, "Char") => return (rank == Rank::Array).then_some((FieldType::BuiltIn(12), Rank::Scalar)),
            (OPC_BINARY | UA, name) => FieldType::BuiltIn(built_in(name)?),
            (_, name) if self.structures.contains_key(name) => FieldType::Structure(self.id(name)),
            (_, name) if self.enumerations.contains_key(name) => FieldType::Enumeration(self.id(name)),
            _ => return None,
        };
        Some((data_type, rank))
    }

    /// Types inside a dictionary have names, not nodes.
    fn id(&self, name: &str) -> GlobalNodeId {
        GlobalNodeId::new(format!("{}#dictionary", self.namespace), crate::ua::UAString::from(name))
    }
}

/// What kind of structure the fields make, and those behind mask or switch; the name of the field
/// that fits no kind.
fn shape(entries: &[Entry]) -> Result<(StructureKind, &[Entry]), String> {
    if entries.first().is_some_and(|first| first.data_type.1 == "Bit") {
        return optional_fields(entries).map(|rest| (StructureKind::OptionalFields, rest));
    }
    match entries.iter().find(|entry| entry.switch_field.is_some()) {
        None => Ok((StructureKind::Plain, entries)),
        Some(_) => union_fields(entries).map(|rest| (StructureKind::Union, rest)),
    }
}

/// 32 bits in front, one for each optional field in order, the rest reserved.
fn optional_fields(entries: &[Entry]) -> Result<&[Entry], String> {
    let mask = entries.iter().take_while(|entry| entry.data_type.1 == "Bit").count();
    let (bits, rest) = entries.split_at(mask);
    if bits.iter().map(|entry| entry.length.unwrap_or(1)).sum::<usize>() != MASK_BITS {
        return Err(bits[0].name.clone());
    }
    let mut switches = bits.iter().map(|entry| entry.name.as_str());
    let mut last = None;
    for entry in rest {
        let Some(switch) = entry.switch_field.as_deref() else { continue };
        if entry.has_operand || entry.switch_value.is_some_and(|value| value != 1) {
            return Err(entry.name.clone());
        }
        // The length of an array hangs on the same bit as the array.
        if last != Some(switch) && switches.next() != Some(switch) {
            return Err(entry.name.clone());
        }
        last = Some(switch);
    }
    Ok(rest)
}

/// A UInt32 in front, and fields for its values from 1 on.
fn union_fields(entries: &[Entry]) -> Result<&[Entry], String> {
    let Some((switch, rest)) = entries.split_first() else { return Ok(entries) };
    if switch.data_type.1 != "UInt32" || switch.switch_field.is_some() {
        return Err(switch.name.clone());
    }
    let mut expected = 1;
    for (at, entry) in rest.iter().enumerate() {
        let is_length = rest.get(at + 1).is_some_and(|next| next.length_field.as_ref() == Some(&entry.name));
        let fits = entry.switch_field.as_ref() == Some(&switch.name) && entry.switch_value == Some(expected);
        if !fits || entry.has_operand {
            return Err(entry.name.clone());
        }
        expected += u32::from(!is_length);
    }
    Ok(rest)
}

fn entries(node: Node<'_, '_>) -> Vec<Entry> {
    let fields = node.children().filter(|child| child.tag_name().name() == "Field");
    fields.map(|field| entry(field)).collect()
}

fn entry(field: Node<'_, '_>) -> Entry {
    let text = |name| field.attribute(name).map(str::to_owned);
    let data_type = field.attribute("TypeName").unwrap_or_default();
    let (prefix, local) = data_type.split_once(':').map_or((None, data_type), |(prefix, local)| (Some(prefix), local));
    let namespace = field.lookup_namespace_uri(prefix).unwrap_or_default().to_owned();
    Entry {
        name: text("Name").unwrap_or_default(),
        data_type: (namespace, local.to_owned()),
        length: field.attribute("Length").map(|length| length.parse().unwrap_or(usize::MAX >> 1)),
        length_field: text("LengthField"),
        in_bytes: field.attribute("IsLengthInBytes") == Some("true"),
        switch_field: text("SwitchField"),
        switch_value: field.attribute("SwitchValue").map(|value| value.parse().unwrap_or(u32::MAX)),
        has_operand: field.attribute("SwitchOperand").is_some_and(|operand| operand != "Equals"),
    }
}

fn values(node: Node<'_, '_>) -> Vec<(i64, String)> {
    let values = node.children().filter(|child| child.tag_name().name() == "EnumeratedValue");
    let value = |value: Node<'_, '_>| {
        Some((value.attribute("Value")?.parse().ok()?, value.attribute("Name").unwrap_or_default().to_owned()))
    };
    values.filter_map(value).collect()
}

fn built_in(name: &str) -> Option<u8> {
    match name {
        "CharArray" => Some(12),
        // No field is of the type Null.
        _ => BUILT_IN_TYPES.iter().position(|known| *known == name).filter(|at| *at > 0).map(|at| at as u8),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn dictionary(types: &str) -> Dictionary {
        let text = format!(
            r#"<?xml version="1.0" encoding="utf-8"?>
            <opc:TypeDictionary xmlns:opc="http://opcfoundation.org/BinarySchema/" xmlns:tns="urn:x"
              xmlns:ua="http://opcfoundation.org/UA/" DefaultByteOrder="LittleEndian" TargetNamespace="urn:x">
              <opc:Import Namespace="http://opcfoundation.org/UA/"/>{types}</opc:TypeDictionary>"#
        );
        Dictionary::parse(text.as_bytes()).unwrap()
    }

    fn root(types: &str) -> Result<StructureDescription, String> {
        let (structures, _) = dictionary(types).describe(
            "Root",
            &GlobalNodeId::new("urn:x", 1_u32),
            GlobalNodeId::new("urn:x", 2_u32),
        )?;
        Ok((*structures[0]).clone())
    }

    fn fields(structure: &StructureDescription) -> Vec<(&str, &FieldType, Rank, bool)> {
        structure
            .fields
            .iter()
            .map(|field| (field.name.as_str(), &field.data_type, field.rank, field.optional))
            .collect()
    }

    #[test]
    fn plain_structures_with_arrays_and_nested_types() {
        let types = dictionary(
            r#"<opc:EnumeratedType Name="Mode" LengthInBits="32"><opc:EnumeratedValue Name="On" Value="1"/></opc:EnumeratedType>
            <opc:StructuredType Name="Inner" BaseType="ua:ExtensionObject"><opc:Field Name="A" TypeName="opc:Double"/></opc:StructuredType>
            <opc:StructuredType Name="Root" BaseType="ua:ExtensionObject">
              <opc:Field Name="Name" TypeName="opc:CharArray"/>
              <opc:Field Name="NoOfInner" TypeName="opc:Int32"/>
              <opc:Field Name="Inner" TypeName="tns:Inner" LengthField="NoOfInner"/>
              <opc:Field Name="Mode" TypeName="tns:Mode"/>
              <opc:Field Name="Any" TypeName="ua:Variant"/>
            </opc:StructuredType>"#,
        );
        let id = GlobalNodeId::new("urn:x", 1_u32);
        let (structures, enumerations) = types.describe("Root", &id, GlobalNodeId::new("urn:x", 2_u32)).unwrap();
        assert_eq!((structures.len(), enumerations[0].name_of(1)), (2, Some("On")));
        let (inner, mode) = (FieldType::Structure(types.id("Inner")), FieldType::Enumeration(types.id("Mode")));
        assert_eq!(
            fields(&structures[0]),
            [
                ("Name", &FieldType::BuiltIn(12), Rank::Scalar, false),
                ("Inner", &inner, Rank::Array, false),
                ("Mode", &mode, Rank::Scalar, false),
                ("Any", &FieldType::BuiltIn(24), Rank::Scalar, false),
            ]
        );
        assert_eq!(structures[1].data_type, types.id("Inner"));
    }

    #[test]
    fn optional_fields_and_unions() {
        let optional = root(
            r#"<opc:StructuredType Name="Root">
              <opc:Field Name="ASpecified" TypeName="opc:Bit"/>
              <opc:Field Name="BSpecified" TypeName="opc:Bit"/>
              <opc:Field Name="Reserved1" TypeName="opc:Bit" Length="30"/>
              <opc:Field Name="X" TypeName="opc:Byte"/>
              <opc:Field Name="A" TypeName="opc:Int32" SwitchField="ASpecified"/>
              <opc:Field Name="NoOfB" TypeName="opc:Int32" SwitchField="BSpecified"/>
              <opc:Field Name="B" TypeName="opc:Int32" LengthField="NoOfB" SwitchField="BSpecified"/>
            </opc:StructuredType>"#,
        )
        .unwrap();
        let int = FieldType::BuiltIn(6);
        assert_eq!(optional.kind, StructureKind::OptionalFields);
        assert_eq!(
            fields(&optional),
            [
                ("X", &FieldType::BuiltIn(3), Rank::Scalar, false),
                ("A", &int, Rank::Scalar, true),
                ("B", &int, Rank::Array, true),
            ]
        );
        let union = root(
            r#"<opc:StructuredType Name="Root" BaseType="ua:Union">
              <opc:Field Name="SwitchField" TypeName="opc:UInt32"/>
              <opc:Field Name="A" TypeName="opc:Int32" SwitchField="SwitchField" SwitchValue="1"/>
              <opc:Field Name="NoOfB" TypeName="opc:Int32" SwitchField="SwitchField" SwitchValue="2"/>
              <opc:Field Name="B" TypeName="opc:Int32" LengthField="NoOfB" SwitchField="SwitchField" SwitchValue="2"/>
            </opc:StructuredType>"#,
        )
        .unwrap();
        assert_eq!(union.kind, StructureKind::Union);
        assert_eq!(fields(&union), [("A", &int, Rank::Scalar, false), ("B", &int, Rank::Array, false)]);
        union.check().unwrap();
        optional.check().unwrap();
    }

    #[test]
    fn other_layouts_are_refused_by_name() {
        let cases = [
            (r#"<opc:Field Name="F" TypeName="opc:Bit" Length="3"/>"#, "F"),
            (r#"<opc:Field Name="F" TypeName="opc:Byte" Length="3"/>"#, "F"),
            (
                r#"<opc:Field Name="N" TypeName="opc:Byte"/><opc:Field Name="F" TypeName="opc:Byte" LengthField="N"/>"#,
                "F",
            ),
            (r#"<opc:Field Name="F" TypeName="tns:Nothing"/>"#, "F"),
            (
                r#"<opc:Field Name="S" TypeName="opc:Byte"/><opc:Field Name="F" TypeName="opc:Byte" SwitchField="S"/>"#,
                "S",
            ),
            (
                r#"<opc:Field Name="S" TypeName="opc:UInt32"/><opc:Field Name="F" TypeName="opc:Byte" SwitchField="S" SwitchValue="2"/>"#,
                "F",
            ),
        ];
        for (text, field) in cases {
            let error = root(&format!(r#"<opc:StructuredType Name="Root">{text}</opc:StructuredType>"#)).unwrap_err();
            assert!(error.contains(&format!("Root.{field} is not understood")), "{text}: {error}");
        }
        assert!(root("").unwrap_err().contains("no type Root"));
    }

    #[test]
    fn hostile_documents_are_refused() {
        let laughs = r#"<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>"#;
        for bytes in [laughs.as_bytes(), b"<x", &[0xff; 4], &[b' '; MAX_BYTES + 1]] {
            Dictionary::parse(bytes).unwrap_err();
        }
    }

    #[test]
    fn dictionaries_that_cost_without_end_are_refused() {
        let refused = |text: String| Dictionary::parse(text.as_bytes()).unwrap_err();
        let attributes: String = (0..200_000).map(|number| format!(" a{number}=''")).collect();
        assert!(refused(format!("<d><e{attributes}/></d>")).contains("more than 100 attributes"));
        assert!(refused(format!("<d{attributes}/>")).contains("more than 100 attributes"));
        assert!(refused(format!("<d>{}</d>", "<e/>".repeat(300_000))).contains("is not XML"));
        assert!(refused("<d>".repeat(300_000)).contains("is not XML"));
        let entities = "<!DOCTYPE d [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;\">]><d>&b;</d>";
        assert!(refused(entities.into()).contains("is not XML"));
    }
}
