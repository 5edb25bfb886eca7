//! The operations that a server offers, by path.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::address;
use super::query::{Parameter, parameters};
use crate::error::{Error, ErrorKind, Result};
use crate::operation::{Dispatch, Effect, Operation, Shape};

/// How an operation looks over HTTP.
pub(super) struct Described {
    pub(super) operation: Operation,
    /// JSON Schema of the request, without what stands in the path.
    pub(super) request: Value,
    /// JSON Schema of what stands in the path.
    pub(super) address: Option<Value>,
    /// The request's fields as query parameters, where the operation only reads and a query can say what it must have.
    pub(super) parameters: Option<Vec<Parameter>>,
    /// Whether the stream can go on behind an item: its request has the field `after`, and its items the field
    /// `sequence`, which goes there.
    pub(super) resumes: bool,
}

/// What stands behind a path.
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
                let place = described.place();
                let capability = Arc::clone(capability);
                if offered.insert(place.clone(), Offered { described, capability }).is_some() {
                    let error = Error::new(ErrorKind::InvalidArgument, "offer operations", "two have the same name");
                    return Err(error.with("operation", place));
                }
            }
        }
        Ok(Self(offered))
    }

    /// The operation at `CAPABILITY/OPERATION`, or that at `COLLECTION/ID/OPERATION` or `COLLECTION/ID/CAPABILITY/OPERATION`
    /// and the id as it stands there.
    pub(super) fn find<'a>(&self, path: &'a str) -> Option<(&Offered, Option<&'a str>)> {
        match path.split('/').collect::<Vec<_>>().as_slice() {
            [_, _] => self.0.get(path).map(|offered| (offered, None)),
            [collection, id, name] => {
                self.0.get(&format!("{collection}/{{}}/{name}")).map(|offered| (offered, Some(*id)))
            }
            [collection, id, capability, name] => {
                let place = format!("{collection}/{{}}/{capability}/{name}");
                self.0.get(&place).map(|offered| (offered, Some(*id)))
            }
            _ => None,
        }
    }

    pub(super) fn operations(&self) -> Vec<Operation> {
        self.0.values().map(|offered| offered.described.operation).collect()
    }
}

impl Described {
    pub(super) fn new(operation: Operation) -> Self {
        let (mut request, response) = ((operation.request)().to_value(), (operation.response)().to_value());
        let address = operation.of.map(|of| match of.beside {
            None => address::taken_out(&mut request, of.member),
            Some(about) => address::beside(about),
        });
        let parameters = match operation.effect {
            Effect::Reads => parameters(&request),
            Effect::Changes => None,
        };
        let resumes = operation.shape == Shape::Stream
            && request.pointer("/properties/after").is_some()
            && response.pointer("/properties/sequence").is_some();
        Self { operation, request, address, parameters, resumes }
    }

    /// `capability/operation`, `twins/{endpoint}/operation` or `edges/{edge}/capability/operation`.
    pub(super) fn path(&self) -> String {
        self.path_with(&self.operation.of.map(|of| format!("{{{}}}", of.member)).unwrap_or_default())
    }

    /// The path without the name of what stands in it, which tells no paths apart.
    fn place(&self) -> String {
        self.path_with("{}")
    }

    fn path_with(&self, id: &str) -> String {
        let Operation { capability, name, of, .. } = self.operation;
        match of {
            None => format!("{capability}/{name}"),
            Some(of) if of.beside.is_none() => format!("{}/{id}/{name}", of.collection),
            Some(of) => format!("{}/{id}/{capability}/{name}", of.collection),
        }
    }

    /// Unique in the document: what is said beside the requests of a capability makes other operations of its own.
    pub(super) fn id(&self) -> String {
        let name = self.operation.full_name();
        match self.operation.of {
            Some(of) if of.beside.is_some() => format!("{}.{name}", of.collection),
            _ => name,
        }
    }

    /// The methods it is called by, for the header `Allow`.
    pub(super) fn methods(&self) -> &'static str {
        if self.parameters.is_some() { "GET, POST" } else { "POST" }
    }
}
