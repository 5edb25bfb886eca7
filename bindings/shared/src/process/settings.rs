//! Options that an edge and a publisher have in common.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use iiot::core::clock::SystemClock;
use iiot::core::session::Secret;
use iiot::gds::enrolment::Enrolment;
use iiot::pki::{KeyPlace, Pki, passphrase};
use iiot::publisher::ledger::Ledger;
use iiot::publisher::log::LogOptions;
use iiot::publisher::service::{Store, StoreOptions, WhenFull};
use iiot::publisher::sink::{Sink, Sinks, TransportSink};
use iiot::{Error, ErrorKind, Result, UaConnector, sink};
use serde::Deserialize;

use super::Ports;
use crate::options::{maybe_secret, wrong};

/// One or several.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl OneOrMore {
    fn all(&self) -> Vec<String> {
        match self {
            Self::One(one) => vec![one.clone()],
            Self::More(more) => more.clone(),
        }
    }
}

/// What happens to values when the log is full.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Full {
    #[default]
    Pause,
    DropOldest,
    DropNewest,
}

impl From<Full> for WhenFull {
    fn from(full: Full) -> Self {
        match full {
            Full::Pause => Self::Pause,
            Full::DropOldest => Self::DropOldest,
            Full::DropNewest => Self::DropNewest,
        }
    }
}

/// Where our key is.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct KeyOptions {
    /// Encrypts keys with what is in this file, or in the variable `IIOT_KEY_PASSPHRASE`.
    passphrase_file: Option<PathBuf>,
    /// Library of a PKCS#11 token that makes and keeps keys.
    module: Option<PathBuf>,
    /// Label of the token.
    token: Option<String>,
    /// File with the PIN of the token, which else is in the variable `IIOT_PKCS11_PIN`.
    pin_file: Option<PathBuf>,
}

impl KeyOptions {
    pub(crate) fn place(&self) -> Result<KeyPlace> {
        match (self.module.clone(), self.token.clone()) {
            (Some(module), Some(token)) => {
                let pin = passphrase(self.pin_file.as_deref(), "IIOT_PKCS11_PIN")?;
                let pin = pin
                    .ok_or_else(|| wrong("key.pinFile", "the token has a PIN; name a file, or set IIOT_PKCS11_PIN"))?;
                Ok(KeyPlace::Token(iiot::core::keys::Pkcs11Options { module, token, pin }))
            }
            (None, None) => {
                let phrase = passphrase(self.passphrase_file.as_deref(), "IIOT_KEY_PASSPHRASE")?;
                Ok(phrase.map_or(KeyPlace::File, KeyPlace::SealedFile))
            }
            _ => Err(wrong("key.token", "a PKCS#11 token takes both module and token")),
        }
    }
}

/// The certificates of this process and the client that shows them.
pub(crate) async fn client(folder: &Path, name: &str, key: &KeyOptions, trust_all: bool) -> Result<(Pki, UaConnector)> {
    let pki = Pki::open_with(folder, name, &key.place()?, &SystemClock).await?;
    let connector = pki.connector(trust_all);
    Ok((pki, connector))
}

/// The sinks at addresses; `host:KEY` are those of the host program.
pub(crate) async fn sinks(publisher_id: Option<&str>, addresses: &OneOrMore, ports: &Ports) -> Result<Sinks> {
    let of_host = |(key, transport): (&String, &Arc<dyn iiot::Transport>)| {
        let sink: Arc<dyn Sink> = Arc::new(TransportSink::shared(Arc::clone(transport)));
        (key.clone(), sink)
    };
    let hosts: HashMap<String, Arc<dyn Sink>> = ports.transports.iter().map(of_host).collect();
    sink::open_all_among(publisher_id, &addresses.all(), &hosts).await.map_err(|error| error.with("member", "sink"))
}

/// Where losses are declared and values wait for the sink, where a folder is given.
pub(crate) fn storage(
    data: Option<&Path>,
    log_mib: Option<u64>,
    when_full: Full,
) -> Result<(Ledger, Option<Arc<Store>>)> {
    let Some(data) = data else { return Ok((Ledger::in_memory(), None)) };
    let mib = log_mib.unwrap_or(1024);
    let max_bytes =
        mib.checked_mul(1 << 20).filter(|bytes| *bytes > 0).ok_or_else(|| wrong("logMib", "it is out of range"))?;
    let log = LogOptions { max_bytes, ..LogOptions::default() };
    let options = StoreOptions { log, when_full: when_full.into(), ..StoreOptions::default() };
    Ok((Ledger::open(data)?, Some(Arc::new(Store::open(data, options)?))))
}

/// How often, unless it is never.
pub(crate) fn interval(seconds: Option<u64>, default: u64) -> Option<Duration> {
    Some(Duration::from_secs(seconds.unwrap_or(default))).filter(|interval| !interval.is_zero())
}

/// Where certificates come from.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CertificateOptions {
    /// The certificate manager: `https://HOST:PORT`.
    url: String,
    /// The token of an invitation.
    #[serde(default, deserialize_with = "maybe_secret")]
    token: Option<Secret>,
    /// File with it.
    token_file: Option<PathBuf>,
    /// Authorities that vouch for the manager's HTTPS, as PEM.
    authorities: Option<PathBuf>,
    /// SHA-256 of the manager's HTTPS certificate, where nobody vouches for it.
    fingerprint: Option<String>,
    /// How often it is asked for other trust lists, in seconds. Default 60.
    interval: Option<u64>,
}

impl CertificateOptions {
    /// The manager, and how often it is asked for other trust lists.
    pub(crate) fn source(&self) -> Result<(Arc<dyn Enrolment>, Duration)> {
        let token = match &self.token {
            Some(token) => token.expose().to_owned().into(),
            None => iiot::enrolment::token(self.token_file.as_deref(), "IIOT_CERTIFICATES_TOKEN")?,
        };
        let mut options = iiot::core::rest::RestOptions::new(&self.url, token)?;
        options.trust = trust(self.authorities.as_deref(), self.fingerprint.as_deref())?;
        let interval = interval(self.interval, 60).unwrap_or(Duration::from_secs(60));
        Ok((iiot::enrolment::over_http(options)?, interval))
    }
}

/// Who vouches for an HTTP server.
pub(crate) fn trust(authorities: Option<&Path>, fingerprint: Option<&str>) -> Result<iiot::core::rest::Trust> {
    use iiot::core::rest::Trust;
    match (authorities, fingerprint) {
        (None, None) => Ok(Trust::System),
        (None, Some(digits)) => digits.parse().map(Trust::Fingerprint),
        (Some(_), Some(_)) => {
            Err(wrong("fingerprint", "either authorities vouch for the server, or the fingerprint does"))
        }
        (Some(file), None) => std::fs::read(file).map(Trust::Authorities).map_err(|cause| {
            Error::new(ErrorKind::Io, "read options", "the file cannot be read")
                .with("member", "authorities")
                .with("file", file.display())
                .because(cause)
        }),
    }
}
