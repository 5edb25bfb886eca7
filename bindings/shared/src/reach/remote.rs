//! Capabilities somewhere else.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use iiot::core::access::SigningKey;
use iiot::core::operation::Invoke;
use iiot::core::rest::{RestCaller, RestOptions};
use iiot::core::rpc::{Caller, Destination, PlaceKey};
use iiot::core::session::Secret;
use iiot::{Error, ErrorKind, Result, Transport};
use serde::Deserialize;

use super::clock;
use crate::options::{secret, wrong};
use crate::process::{Ports, trust};

/// An edge, a cloud or a certificate manager at a hub.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Hub {
    /// `mqtt://HOST:PORT`, or `host:KEY` of the host program.
    transport: String,
    /// Its topic: `iiot/edge`.
    place: String,
    /// Its public key, as `edge place` prints it.
    place_key: String,
    /// An API key of its.
    #[serde(deserialize_with = "secret")]
    api_key: Secret,
    /// For so long an answer is waited for, in seconds. Default 30.
    timeout: Option<f64>,
}

/// An edge, a cloud or a certificate manager at an HTTP server.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Http {
    /// `https://HOST:PORT`; `http://` on this machine alone.
    url: String,
    /// An API key of its, or a token of the identity provider that it trusts.
    #[serde(deserialize_with = "secret")]
    api_key: Secret,
    /// File with the authorities that vouch for it (PEM). Default those of the system.
    authorities: Option<PathBuf>,
    /// SHA-256 of its certificate, in hexadecimal digits, where nobody vouches for it.
    fingerprint: Option<String>,
    /// For so long an answer is waited for, in seconds, and the next sign of life of a stream. Default 60.
    timeout: Option<f64>,
}

impl Hub {
    /// Whoever asks there, and the hub, to be closed afterwards.
    pub(crate) async fn invoke(self, ports: &Ports) -> Result<(Arc<dyn Invoke>, Arc<dyn Transport>)> {
        let patience = patience(self.timeout)?.unwrap_or(PATIENCE);
        let key: PlaceKey = self.place_key.parse()?;
        let signer = SigningKey::of(self.api_key.expose())?;
        let hub = ports.hub(&self.transport)?;
        let to = Destination { root: self.place, key };
        let connected = tokio::time::timeout(patience, Caller::connect(Arc::clone(&hub), to, signer, clock())).await;
        let caller = match connected {
            Ok(caller) => caller,
            Err(_) => Err(Error::new(ErrorKind::Timeout, "reach the hub", "the hub does not answer")),
        };
        match caller {
            Ok(caller) => Ok((Arc::new(caller.with_timeout(patience)), hub)),
            Err(error) => {
                hub.close().await;
                Err(error.with("hub", hub.address()))
            }
        }
    }
}

impl Http {
    /// Whoever asks there; he connects with the first call.
    pub(crate) fn invoke(self) -> Result<Arc<dyn Invoke>> {
        let mut options = RestOptions::new(&self.url, self.api_key.expose().to_owned())?;
        options.trust = trust(self.authorities.as_deref(), self.fingerprint.as_deref())?;
        options.timeout = patience(self.timeout)?.unwrap_or(options.timeout);
        Ok(Arc::new(RestCaller::new(options)?))
    }
}

/// Seconds that can be waited.
pub(crate) fn patience(seconds: Option<f64>) -> Result<Option<Duration>> {
    let Some(seconds) = seconds else { return Ok(None) };
    let duration = Duration::try_from_secs_f64(seconds).ok().filter(|duration| !duration.is_zero());
    duration.map(Some).ok_or_else(|| wrong("timeout", "it is a number of seconds above zero"))
}

const PATIENCE: Duration = Duration::from_secs(30);
