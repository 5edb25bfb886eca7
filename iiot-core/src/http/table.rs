//! The operations that a server offers, by path.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::query::{Parameter, parameters};
use crate::error::{Error, ErrorKind, Result};
use crate::operation::{Dispatch, Effect, Operation, Shape};

/// How an operation looks over HTTP.
pub(super) struct Described {
    pub(super) operation: Operation,
    /// JSON Schema of the request.
    pub(super) request: Value,
    /// The request's fields as query parameters, where the operation only reads and all of them are plain.
    pub(super) parameters: Option<Vec<Parameter>>,
    /// Whether the stream can go on behind an item: its request has the field `after`, and its items the field
    /// `sequence`, which goes there.
    pub(super) resumes: bool,
}

/// What stands behind `/v1/CAPABILITY/OPERATION`.
pub(super) struct Offered {
    pub(super) described: Described,
    pub(super) capability: Arc<dyn Dispatch>,
}

/// All of them, sorted by capability and operation.
pub(super) struct Table(BTreeMap<String, Offered>);

impl Table {
    /// Fails with `InvalidArgument` if two operations share a name.
    pub(super) fn new(capabilities: &[Arc<dyn Dispatch>]) -> Result<Self> {
        let mut offered = BTreeMap::new();
        for capability in capabilities {
            for operation in capability.operations() {
                let described = Described::new(*operation);
                let path = described.path();
                let capability = Arc::clone(capability);
                if offered.insert(path.clone(), Offered { described, capability }).is_some() {
                    let error = Error::new(ErrorKind::InvalidArgument, "offer operations", "two have the same name");
                    return Err(error.with("operation", path));
                }
            }
        }
        Ok(Self(offered))
    }

    /// The operation at `CAPABILITY/OPERATION`.
    pub(super) fn find(&self, path: &str) -> Option<&Offered> {
        self.0.get(path)
    }

    pub(super) fn operations(&self) -> Vec<Operation> {
        self.0.values().map(|offered| offered.described.operation).collect()
    }
}

impl Described {
    pub(super) fn new(operation: Operation) -> Self {
        let (request, response) = ((operation.request)().to_value(), (operation.response)().to_value());
        let parameters = match operation.effect {
            Effect::Reads => parameters(&request),
            Effect::Changes => None,
        };
        let resumes = operation.shape == Shape::Stream
            && request.pointer("/properties/after").is_some()
            && response.pointer("/properties/sequence").is_some();
        Self { operation, request, parameters, resumes }
    }

    /// `capability/operation`
    pub(super) fn path(&self) -> String {
        format!("{}/{}", self.operation.capability, self.operation.name)
    }

    /// `capability.operation`
    pub(super) fn name(&self) -> String {
        format!("{}.{}", self.operation.capability, self.operation.name)
    }

    /// The methods it is called by, for the header `Allow`.
    pub(super) fn methods(&self) -> &'static str {
        if self.parameters.is_some() { "GET, POST" } else { "POST" }
    }
}
