//! Errors on their way to JavaScript.

use std::collections::BTreeMap;

use iiot::{Error, ErrorKind};
use napi::Env;
use napi::bindgen_prelude::{AsyncBlock, AsyncBlockBuilder, ToNapiValue};
use napi_derive::napi;
use serde_json::json;

/// An error whose text is JSON; `face.js` makes an `IiotError` of it.
#[derive(Debug)]
pub struct ToNode(Error);

impl From<Error> for ToNode {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl From<ToNode> for napi::Error {
    fn from(ToNode(error): ToNode) -> Self {
        let context: BTreeMap<&str, &str> =
            error.context().iter().map(|(name, value)| (name.as_ref(), value.as_str())).collect();
        let told = json!({
            "code": error.kind().code(),
            "message": error.report(),
            "retryable": error.is_retryable(),
            "operation": error.operation(),
            "status": error.status().to_string(),
            "context": context,
        });
        Self::from_reason(told.to_string())
    }
}

/// A promise of what comes of `work`. The methods of objects give one, because an `async fn` would borrow the object: when a
/// worker thread ends, objects are freed while what they have begun still runs.
pub(crate) fn promised<T: ToNapiValue + Send + 'static>(
    env: &Env,
    work: impl Future<Output = iiot::Result<T>> + Send + 'static,
) -> napi::Result<AsyncBlock<T>> {
    AsyncBlockBuilder::new(async move { work.await.map_err(|error| ToNode(error).into()) }).build(env)
}

/// The code of every kind of error.
#[napi]
pub fn kinds() -> Vec<String> {
    ErrorKind::ALL.iter().map(|kind| kind.code().to_owned()).collect()
}

/// Fails with an error of this kind, so that tests see what becomes of each.
#[napi]
pub async fn fail(code: String) -> Result<(), ToNode> {
    let kind = ErrorKind::from_code(&code);
    let kind =
        kind.ok_or_else(|| Error::new(ErrorKind::NotFound, "fail", "there is no such kind").with("code", &code))?;
    Err(Error::new(kind, "fail", "as it was asked to").with("code", code).into())
}
