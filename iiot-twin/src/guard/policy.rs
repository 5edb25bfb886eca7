//! What may be changed.

use std::collections::BTreeMap;
use std::path::Path;

use iiot_core::operation::{Principal, Role};
use iiot_core::ua::StatusCode;
use iiot_core::{Error, ErrorKind, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::limits::Limits;
use super::nodes::{canonical, is_indexed};
use crate::Status;
use crate::attribute::Attribute;
use crate::call::MethodCall;
use crate::write::WriteItem;

/// What may be changed on which server, beyond what the role of the caller allows. What no part of it allows is refused.
///
/// ```
/// use iiot_twin::guard::GuardPolicy;
///
/// let policy = GuardPolicy::from_json(r#"{
///     "endpoints": {
///         "opc.tcp://plc:4840": {
///             "write": [{ "nodes": ["nsu=urn:plant;s=Setpoint"], "min": 0, "max": 80 }],
///             "call": [{ "object": "nsu=urn:plant;s=Boiler", "method": "nsu=urn:plant;s=Reset", "role": "approver" }],
///             "conditions": true,
///             "perMinute": 60
///         }
///     }
/// }"#)?;
/// assert_eq!(policy.of("opc.tcp://plc:4840").write[0].max, Some(80.0));
/// assert!(policy.of("opc.tcp://other:4840").write.is_empty());
/// # Ok::<(), iiot_core::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GuardPolicy {
    /// By the id of the endpoint; `*` for those that are not named.
    pub endpoints: BTreeMap<String, EndpointGuard>,
}

/// What may be changed on a server. What is left out is not allowed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EndpointGuard {
    /// What may be written. The first rule that names node, attribute and caller decides.
    #[serde(default)]
    pub write: Vec<WriteRule>,
    /// What may be called.
    #[serde(default)]
    pub call: Vec<CallRule>,
    /// Whether conditions may be acknowledged, confirmed, commented on, shelved, enabled and answered. Their methods can also
    /// be called; that is for `call` to allow.
    #[serde(default)]
    pub conditions: bool,
    /// Whether history may be changed.
    #[serde(default)]
    pub history: bool,
    /// Whether files may be written, made, moved, copied and deleted.
    #[serde(default)]
    pub files: bool,
    /// Whether the connections with the server may be closed.
    #[serde(default)]
    pub disconnect: bool,
    /// So many changes a minute and caller, each item of a request one. No limit where absent.
    #[serde(default)]
    pub per_minute: Option<u32>,
    /// Nothing is sent: what is allowed is answered with `BadOperationAbandoned`.
    #[serde(default)]
    pub dry_run: bool,
}

/// What may be written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WriteRule {
    /// The nodes, with the URI of their namespace: `nsu=urn:plant;s=Setpoint`; `*` for all.
    pub nodes: Vec<String>,
    /// Which attributes. Default `Value` alone.
    #[serde(default = "value_alone")]
    pub attributes: Vec<Attribute>,
    /// The least number. With a limit nothing else than finite numbers is written; of arrays each element is checked.
    #[serde(default)]
    pub min: Option<f64>,
    /// The greatest number.
    #[serde(default)]
    pub max: Option<f64>,
    /// The least role; operators where absent.
    #[serde(default)]
    pub role: Option<Role>,
    /// Who, by the names in the audit record. Everybody where empty.
    #[serde(default)]
    pub names: Vec<String>,
}

/// What may be called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CallRule {
    /// The object, with the URI of its namespace; `*` for all.
    pub object: String,
    /// The method, with the URI of its namespace; `*` for all.
    pub method: String,
    /// The least role; operators where absent.
    #[serde(default)]
    pub role: Option<Role>,
    /// Who, by the names in the audit record. Everybody where empty.
    #[serde(default)]
    pub names: Vec<String>,
}

impl GuardPolicy {
    /// Reads a policy.
    ///
    /// # Errors
    /// `InvalidArgument` if it is none.
    pub fn from_json(text: &str) -> Result<Self> {
        let mut policy: Self =
            serde_json::from_str(text).map_err(|cause| wrong(format!("it does not parse: {cause}")))?;
        for (id, endpoint) in &mut policy.endpoints {
            endpoint.normalize().map_err(|error| error.with("endpoint", id))?;
        }
        Ok(policy)
    }

    /// Reads the policy in a file.
    ///
    /// # Errors
    /// `InvalidArgument` if it is none or cannot be read.
    pub fn open(path: &Path) -> Result<Self> {
        let text =
            std::fs::read_to_string(path).map_err(|cause| wrong("the file cannot be read".into()).because(cause));
        text.and_then(|text| Self::from_json(&text)).map_err(|error| error.with("file", path.display()))
    }

    /// What holds for an endpoint: nothing is allowed where it is not named and there is no `*`.
    #[must_use]
    pub fn of(&self, endpoint: &str) -> &EndpointGuard {
        self.endpoints.get(endpoint).or_else(|| self.endpoints.get(ALL)).unwrap_or(&NOTHING)
    }
}

impl EndpointGuard {
    fn normalize(&mut self) -> Result<()> {
        self.write.iter().try_for_each(WriteRule::check)?;
        let nodes = self.write.iter_mut().flat_map(|rule| &mut rule.nodes);
        let called = self.call.iter_mut().flat_map(|rule| [&mut rule.object, &mut rule.method]);
        for node in nodes.chain(called).filter(|node| *node != ALL) {
            *node = in_one_form(node).map_err(|error| error.with("node", &*node))?;
        }
        Ok(())
    }

    /// Whether this may be written; its node is in canonical form.
    pub(super) fn may_write(&self, item: &WriteItem, principal: &Principal) -> Result<(), Status> {
        let fits = |rule: &&WriteRule| {
            rule.nodes.iter().any(|node| node == ALL || *node == item.node)
                && rule.attributes.contains(&item.attribute)
                && includes(rule.role, &rule.names, principal)
        };
        let rule = self.write.iter().find(fits).ok_or_else(|| denied("this node to be written by this caller"))?;
        Limits { min: rule.min, max: rule.max }.check(&item.value)
    }

    /// Whether this may be called; its nodes are in canonical form.
    pub(super) fn may_call(&self, call: &MethodCall, principal: &Principal) -> Result<(), Status> {
        let names = |rule: &str, node: &str| rule == ALL || rule == node;
        let fits = |rule: &CallRule| {
            names(&rule.object, &call.object)
                && names(&rule.method, &call.method)
                && includes(rule.role, &rule.names, principal)
        };
        if self.call.iter().any(fits) { Ok(()) } else { Err(denied("this method to be called by this caller")) }
    }
}

impl WriteRule {
    fn check(&self) -> Result<()> {
        let (min, max) = (self.min.unwrap_or(f64::MIN), self.max.unwrap_or(f64::MAX));
        if min <= max { Ok(()) } else { Err(wrong(format!("min {min} is above max {max}"))) }
    }
}

/// The refusal of what the policy does not allow.
pub(super) fn denied(what: &str) -> Status {
    Status::because(StatusCode::BadUserAccessDenied, format!("the guard does not allow {what}"))
}

fn includes(role: Option<Role>, names: &[String], principal: &Principal) -> bool {
    role.is_none_or(|role| principal.role >= role) && (names.is_empty() || names.contains(&principal.name))
}

fn in_one_form(node: &str) -> Result<String> {
    if is_indexed(node) {
        return Err(wrong("an index can mean another namespace tomorrow: write nsu= with the URI".into()));
    }
    canonical(node, &[]).map_err(|status| wrong(status.reason.unwrap_or(status.symbol)))
}

fn wrong(message: String) -> Error {
    Error::new(ErrorKind::InvalidArgument, "read the policy of the guard", message)
}

fn value_alone() -> Vec<Attribute> {
    vec![Attribute::Value]
}

static NOTHING: EndpointGuard = EndpointGuard {
    write: Vec::new(),
    call: Vec::new(),
    conditions: false,
    history: false,
    files: false,
    disconnect: false,
    per_minute: None,
    dry_run: false,
};

const ALL: &str = "*";

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    fn guard(endpoint: serde_json::Value) -> EndpointGuard {
        let policy = GuardPolicy::from_json(&json!({ "endpoints": { "*": endpoint } }).to_string()).unwrap();
        policy.of("plc").clone()
    }

    fn principal(name: &str, role: Role) -> Principal {
        Principal::new(name, role)
    }

    #[test]
    fn the_first_rule_that_fits_decides() {
        let guard = guard(json!({ "write": [
            { "nodes": ["nsu=urn:plant;s=A"], "max": 5 },
            { "nodes": ["*"], "role": "administrator" },
            { "nodes": ["nsu=urn:plant;s=B"], "names": ["alice"], "attributes": ["Value", "Description"] },
        ] }));
        let write = |node: &str, attribute, who: &Principal| {
            let item =
                WriteItem { node: format!("nsu=urn:plant;s={node}"), attribute, value: 6.into(), ..Default::default() };
            guard.may_write(&item, who).map_or_else(|status| status.symbol, |()| "Good".into())
        };
        let (alice, root) = (principal("alice", Role::Operator), principal("root", Role::Administrator));
        assert_eq!(write("A", Attribute::Value, &root), "BadOutOfRange", "a later rule does not lift the limit");
        assert_eq!(write("B", Attribute::Value, &root), "Good");
        assert_eq!(write("B", Attribute::Value, &alice), "Good");
        assert_eq!(write("B", Attribute::Description, &alice), "Good");
        assert_eq!(write("B", Attribute::DisplayName, &alice), "BadUserAccessDenied");
        assert_eq!(write("B", Attribute::Value, &principal("bob", Role::Operator)), "BadUserAccessDenied");
        assert_eq!(write("C", Attribute::Value, &alice), "BadUserAccessDenied");
    }

    #[test]
    fn methods_are_allowed_by_object_and_method() {
        let guard = guard(json!({ "call": [{ "object": "nsu=urn:plant;s=A", "method": "nsu=urn:plant;s=Go" }] }));
        let call = |object: &str, method: &str| {
            let of = |name: &str| format!("nsu=urn:plant;s={name}");
            let call = MethodCall { object: of(object), method: of(method), ..Default::default() };
            guard.may_call(&call, &principal("alice", Role::Operator)).is_ok()
        };
        assert!(call("A", "Go") && !call("B", "Go") && !call("A", "Stop"));
    }

    #[test]
    fn a_policy_that_cannot_be_meant_is_refused_with_the_place() {
        let read = |endpoint: serde_json::Value| {
            GuardPolicy::from_json(&json!({ "endpoints": { "plc": endpoint } }).to_string()).unwrap_err().report()
        };
        assert!(read(json!({ "write": [{ "nodes": ["ns=2;s=A"] }] })).contains("write nsu= with the URI"));
        assert!(read(json!({ "write": [{ "nodes": ["A"] }] })).contains("expected i="));
        assert!(read(json!({ "write": [{ "nodes": ["*"], "min": 2, "max": 1 }] })).contains("min 2 is above max 1"));
        assert!(read(json!({ "writes": [] })).contains("unknown field"));
    }
}
