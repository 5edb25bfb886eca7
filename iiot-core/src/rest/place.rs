//! Where an operation is offered, and what is sent there.

use serde_json::Value;

use crate::error::{Error, ErrorKind, Result};
use crate::operation::{Beside, Operation};
use crate::transport::percent::encoded;

/// The path behind `/v1/`, and the request without what stands in the path.
pub(super) fn of(operation: &Operation, request: &[u8]) -> Result<(String, Vec<u8>)> {
    let Operation { capability, name, of, .. } = operation;
    let Some(of) = of else { return Ok((format!("{capability}/{name}"), request.to_vec())) };
    if of.beside.is_some() {
        let Beside { of: id, request } = Beside::read(of.member, request)?;
        return Ok((format!("{}/{}/{capability}/{name}", of.collection, encoded(&id)), request.to_vec()));
    }
    let mut members: Value = serde_json::from_slice(request).map_err(|cause| unfit(operation).because(cause))?;
    let id = members.as_object_mut().and_then(|members| members.remove(of.member));
    let id = id.as_ref().and_then(Value::as_str).ok_or_else(|| unfit(operation).with("member", of.member))?;
    Ok((format!("{}/{}/{name}", of.collection, encoded(id)), members.to_string().into_bytes()))
}

fn unfit(operation: &Operation) -> Error {
    let message = "the request does not say what it is about";
    Error::new(ErrorKind::InvalidArgument, operation.full_name(), message)
}
