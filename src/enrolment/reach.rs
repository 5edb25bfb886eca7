//! The way to a certificate manager.

use std::path::Path;
#[cfg(any(feature = "http", feature = "rpc"))]
use std::sync::Arc;

#[cfg(feature = "rpc")]
use futures::stream::BoxStream;
#[cfg(feature = "rpc")]
use iiot_core::access::SigningKey;
#[cfg(feature = "rpc")]
use iiot_core::clock::Clock;
#[cfg(feature = "rpc")]
use iiot_core::operation::{Invoke, Operation};
#[cfg(feature = "rpc")]
use iiot_core::rpc::{Caller, Destination};
#[cfg(feature = "rpc")]
use iiot_core::transport::Transport;
use iiot_core::{Error, ErrorKind, Result};
#[cfg(any(feature = "http", feature = "rpc"))]
use iiot_gds::enrolment::{Enrolment, RemoteEnrolment};
#[cfg(feature = "rpc")]
use tokio::sync::OnceCell;
use zeroize::Zeroizing;

/// The token of an invitation, out of a file or, where none is named, an environment variable; never out of the command
/// line, which everybody on the machine can read.
///
/// # Errors
/// `Io` if the file cannot be read, `InvalidArgument` if there is nothing in it or in the variable, or the variable is not
/// set.
pub fn token(file: Option<&Path>, variable: &str) -> Result<Zeroizing<String>> {
    let found = match file {
        Some(file) => std::fs::read_to_string(file).map(Zeroizing::new).map_err(|cause| {
            Error::new(ErrorKind::Io, TOKEN, "the file cannot be read").with("file", file.display()).because(cause)
        })?,
        None => Zeroizing::new(std::env::var(variable).unwrap_or_default()),
    };
    let token = Zeroizing::new(found.trim().to_owned());
    if token.is_empty() {
        let message = "there is none: give a file with the token of an invitation, or the variable";
        return Err(Error::new(ErrorKind::InvalidArgument, TOKEN, message).with("variable", variable));
    }
    Ok(token)
}

const TOKEN: &str = "take the token";

/// A certificate manager at an HTTP server.
///
/// # Errors
/// As of [`RestCaller::new`](iiot_core::rest::RestCaller::new).
#[cfg(feature = "http")]
pub fn over_http(options: iiot_core::rest::RestOptions) -> Result<Arc<dyn Enrolment>> {
    Ok(Arc::new(RemoteEnrolment::new(Arc::new(iiot_core::rest::RestCaller::new(options)?))))
}

/// A certificate manager at a hub, at a place such as `iiot/gds`, asked with a token. The hub need not be there yet.
///
/// # Errors
/// `InvalidArgument` if the token is none.
#[cfg(feature = "rpc")]
pub fn over_hub(
    hub: Arc<dyn Transport>,
    place: Destination,
    token: &str,
    clock: Arc<dyn Clock>,
) -> Result<Arc<dyn Enrolment>> {
    let signer = Arc::new(SigningKey::of(token)?);
    let late = LateCaller { hub, place, signer, clock, caller: OnceCell::new() };
    Ok(Arc::new(RemoteEnrolment::new(Arc::new(late))))
}

/// A caller who makes sure of his answers with the first call.
#[cfg(feature = "rpc")]
#[derive(Debug)]
struct LateCaller {
    hub: Arc<dyn Transport>,
    place: Destination,
    signer: Arc<SigningKey>,
    clock: Arc<dyn Clock>,
    caller: OnceCell<Caller>,
}

#[cfg(feature = "rpc")]
impl LateCaller {
    async fn caller(&self) -> Result<&Caller> {
        let connect = async || {
            let (hub, signer, clock) = (Arc::clone(&self.hub), Arc::clone(&self.signer), Arc::clone(&self.clock));
            Caller::connect(hub, self.place.clone(), signer, clock).await
        };
        let connected = tokio::time::timeout(PATIENCE, self.caller.get_or_try_init(connect)).await;
        connected.unwrap_or_else(|_| {
            Err(Error::new(ErrorKind::Unavailable, "reach the certificate manager", "the hub does not answer"))
        })
    }
}

#[cfg(feature = "rpc")]
#[async_trait::async_trait]
impl Invoke for LateCaller {
    async fn call(&self, operation: &'static Operation, request: Vec<u8>) -> Result<Vec<u8>> {
        self.caller().await?.call(operation, request).await
    }

    async fn open(
        &self,
        operation: &'static Operation,
        request: Vec<u8>,
    ) -> Result<BoxStream<'static, Result<Vec<u8>>>> {
        self.caller().await?.open(operation, request).await
    }
}

#[cfg(feature = "rpc")]
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_token_comes_out_of_a_file_that_must_hold_one() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        assert_eq!(token(None, "IIOT_NO_SUCH_VARIABLE").unwrap_err().kind(), ErrorKind::InvalidArgument);
        assert_eq!(token(Some(&file), "").unwrap_err().kind(), ErrorKind::Io);
        std::fs::write(&file, " \n").unwrap();
        assert_eq!(token(Some(&file), "").unwrap_err().kind(), ErrorKind::InvalidArgument);
        std::fs::write(&file, "iiot_1_2\n").unwrap();
        assert_eq!(*token(Some(&file), "").unwrap(), "iiot_1_2");
    }
}
