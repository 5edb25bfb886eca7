//! What version 1.04 of OPC 10000-6 wrote in another way, in both spellings.

use serde_json::{Map, Value};

use super::{Path, Reader, base64, integer, object, string, unknown_structure};
use crate::error::{Error, ErrorKind, Result};
use crate::json::node_id::{in_namespace, node_id_from_fragment, qualified_name_from_fragment};
use crate::json::{BUILT_IN_TYPES, Encoding};
use crate::ua::type_loader::{ByteStringBody, XmlBody};
use crate::ua::types::GlobalNodeId;
use crate::ua::{ByteString, ExpandedNodeId, ExtensionObject, Identifier, NodeId, QualifiedName, UAString};

impl Reader<'_> {
    pub(super) fn is_earlier(&self) -> bool {
        matches!(self.encoding, Encoding::Reversible | Encoding::NonReversible)
    }

    /// Of the members with type and value of a Variant.
    pub(super) fn variant_names(&self) -> [&'static str; 2] {
        if self.is_earlier() { ["Type", "Body"] } else { ["UaType", "Value"] }
    }

    pub(super) fn earlier_node_id(&self, value: &Value, at: &Path<'_>) -> Result<NodeId> {
        let id = self.earlier_expanded_node_id(value, at)?;
        match id.namespace_uri.value() {
            _ if id.server_index != 0 => Err(at.error("it names another server")),
            None => Ok(id.node_id),
            Some(uri) => {
                let cause = "the server has no such namespace";
                Err(Error::new(ErrorKind::NotFound, "read a NodeId", cause).with("namespace", uri))
            }
        }
    }

    pub(super) fn earlier_expanded_node_id(&self, value: &Value, at: &Path<'_>) -> Result<ExpandedNodeId> {
        if let Value::String(text) = value {
            return node_id_from_fragment(text, self.namespaces);
        }
        let members = object(value, at)?;
        let identifier = identifier(members, at)?;
        let mut id = match members.get("Namespace") {
            Some(Value::String(uri)) => in_namespace(identifier, uri.clone(), self.namespaces),
            index => {
                let at_namespace = Path::Member(at, "Namespace");
                let namespace = index.map(|index| integer(index, &at_namespace)).transpose()?.unwrap_or(0);
                ExpandedNodeId {
                    node_id: NodeId { namespace, identifier },
                    namespace_uri: UAString::null(),
                    server_index: 0,
                }
            }
        };
        let at_server = Path::Member(at, "ServerUri");
        let server = members.get("ServerUri");
        id.server_index = server.map(|server| integer(server, &at_server)).transpose()?.unwrap_or(0);
        Ok(id)
    }

    pub(super) fn earlier_qualified_name(&self, value: &Value, at: &Path<'_>) -> Result<QualifiedName> {
        if let Value::String(text) = value {
            return qualified_name_from_fragment(text, self.namespaces);
        }
        let members = object(value, at)?;
        let name = string(members.get("Name").unwrap_or(&Value::Null), &Path::Member(at, "Name"))?;
        let at_uri = Path::Member(at, "Uri");
        let index = match members.get("Uri") {
            None => 0,
            Some(Value::String(uri)) => {
                let index = self.namespaces.iter().position(|known| known == uri);
                let index = index.and_then(|index| u16::try_from(index).ok());
                index.ok_or_else(|| at_uri.error("the server has no such namespace"))?
            }
            Some(index) => integer(index, &at_uri)?,
        };
        Ok(QualifiedName::new(index, name))
    }

    pub(super) fn earlier_extension_object(&self, value: &Value, at: &Path<'_>) -> Result<ExtensionObject> {
        let Value::Object(members) = value else {
            // Without its type a body is what it is.
            let body = ByteString::from(base64(value, at)?);
            return Ok(ExtensionObject::new(ByteStringBody::new(body, NodeId::null())));
        };
        let at_type = Path::Member(at, "TypeId");
        let type_id = members.get("TypeId").ok_or_else(|| unknown_structure(at))?;
        let type_id = self.node_id(type_id, &at_type)?;
        let (at_body, body) = (Path::Member(at, "Body"), members.get("Body").unwrap_or(&Value::Null));
        match body_encoding(members, &Path::Member(at, "Encoding"))? {
            0 => {
                let known = self.types.zip(GlobalNodeId::of(&type_id, self.namespaces));
                let known = known.and_then(|(types, id)| Some((types, types.position_of(&id)?)));
                let (types, position) = known.ok_or_else(|| unknown_structure(at).with("type", type_id))?;
                self.structure(types, position, object(body, &at_body)?, &at_body)
            }
            1 => {
                let body = ByteString::from(base64(body, &at_body)?);
                Ok(ExtensionObject::new(ByteStringBody::new(body, type_id)))
            }
            _ => Ok(ExtensionObject::new(XmlBody::new(base64(body, &at_body)?, type_id, "XmlElement".to_owned()))),
        }
    }
}

/// The number of a built-in type.
pub(super) fn built_in_type(name: &str, at: &Path<'_>) -> Result<u8> {
    let number = BUILT_IN_TYPES.iter().position(|known| *known == name);
    number.and_then(|number| u8::try_from(number).ok()).ok_or_else(|| at.error("is no built-in type"))
}

fn identifier(members: &Map<String, Value>, at: &Path<'_>) -> Result<Identifier> {
    let (id, at_id) = (members.get("Id").unwrap_or(&Value::Null), Path::Member(at, "Id"));
    let at_kind = Path::Member(at, "IdType");
    let kind = members.get("IdType").map(|kind| integer::<u8>(kind, &at_kind)).transpose()?.unwrap_or(0);
    Ok(match kind {
        0 => Identifier::Numeric(integer(id, &at_id)?),
        1 => Identifier::String(UAString::from(string(id, &at_id)?)),
        2 => Identifier::Guid(string(id, &at_id)?.parse().map_err(|_| at_id.error("expected a Guid"))?),
        3 => Identifier::ByteString(ByteString::from(base64(id, &at_id)?)),
        _ => return Err(at_kind.error("is none of 0 to 3")),
    })
}

fn body_encoding(members: &Map<String, Value>, at: &Path<'_>) -> Result<u8> {
    match members.get("Encoding") {
        None => Ok(0),
        Some(Value::String(name)) => match name.as_str() {
            "Json" => Ok(0),
            "Binary" => Ok(1),
            "Xml" => Ok(2),
            _ => Err(at.error("is none of Json, Binary, Xml")),
        },
        Some(number) => integer(number, at)
            .and_then(|number| if number <= 2 { Ok(number) } else { Err(at.error("is none of 0, 1, 2")) }),
    }
}
