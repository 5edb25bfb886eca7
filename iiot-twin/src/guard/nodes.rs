//! Nodes in the one form in which they are compared: with the URI of their namespace.

use iiot_core::json::expanded_node_id_from_str;
use iiot_core::ua::StatusCode;
use iiot_core::ua::types::GlobalNodeId;

use crate::Status;

/// Whether the text says its namespace by index, which means nothing without the server's table.
pub(super) fn is_indexed(text: &str) -> bool {
    parsed(text).is_ok_and(|id| id.namespace_uri.is_null() && id.node_id.namespace != 0)
}

/// The node as `nsu=<URI>;…`, without a namespace where it is that of OPC UA.
///
/// # Errors
/// `BadNodeIdInvalid` if it names no node of this server, `BadNodeIdUnknown` if the table lacks the index.
pub(super) fn canonical(text: &str, namespaces: &[String]) -> Result<String, Status> {
    let id = parsed(text)?;
    let identifier = id.node_id.identifier;
    let node = match (id.namespace_uri.value(), usize::from(id.node_id.namespace)) {
        (Some(uri), _) => GlobalNodeId::new(uri.as_str(), identifier),
        (None, 0) => GlobalNodeId::standard(identifier),
        (None, index) => match namespaces.get(index) {
            Some(uri) => GlobalNodeId::new(uri.as_str(), identifier),
            None => return Err(Status::because(StatusCode::BadNodeIdUnknown, "the server has no such namespace")),
        },
    };
    Ok(node.to_string())
}

/// Whether the specification defines the node.
pub(super) fn is_standard(text: &str) -> bool {
    canonical(text, &[]).is_ok_and(|node| !node.starts_with("nsu="))
}

fn parsed(text: &str) -> Result<iiot_core::ua::ExpandedNodeId, Status> {
    let invalid = |reason: String| Status::because(StatusCode::BadNodeIdInvalid, reason);
    let id = expanded_node_id_from_str(text, &[]).map_err(|error| invalid(error.report()))?;
    if id.server_index != 0 { Err(invalid("it names another server".into())) } else { Ok(id) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_node_has_one_form_however_it_is_named() {
        let table = ["http://opcfoundation.org/UA/".to_owned(), "urn:server".to_owned(), "urn:plant;a".to_owned()];
        let form = |text: &str| canonical(text, &table).map_err(|status| status.symbol);
        for text in ["ns=2;s=Boiler", "nsu=urn:plant%3Ba;s=Boiler", "svr=0;ns=2;s=Boiler", "ns=02;s=Boiler"] {
            assert_eq!(form(text).unwrap(), form("nsu=urn:plant%3ba;s=Boiler").unwrap(), "{text}");
        }
        for text in ["i=85", "ns=0;i=85", "nsu=http://opcfoundation.org/UA/;i=85", "i=085"] {
            assert_eq!((form(text).unwrap().as_str(), is_standard(text)), ("i=85", true), "{text}");
        }
        assert_eq!(form("ns=3;s=Boiler"), Err("BadNodeIdUnknown".into()));
        assert_eq!(form("svr=1;i=85"), Err("BadNodeIdInvalid".into()));
        assert_eq!(form("Boiler"), Err("BadNodeIdInvalid".into()));
        assert!(is_indexed("ns=2;s=Boiler") && !is_indexed("i=85") && !is_indexed("nsu=urn:plant;s=a"));
        assert!(!is_standard("ns=1;i=85") && !is_standard("nsu=urn:plant;i=85"));
    }
}
