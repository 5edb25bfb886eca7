//! Where certificates come from.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use iiot::Transport;
use iiot::core::clock::Clock;
use iiot::core::rest::{Fingerprint, RestOptions, Trust};
use iiot::core::rpc::Destination;
use iiot::core::{Error, ErrorKind, Result};
use iiot::enrolment::{over_http, over_hub, token};
use iiot::gds::enrolment::Enrolment;

/// The certificate manager, and what is shown to it.
#[derive(Args)]
pub(crate) struct CertificateFlags {
    /// Obtains certificate and trust lists from the certificate manager there: https://HOST:PORT, or hub:TOPIC#KEY at the hub
    /// of --transport
    #[arg(long, env = "IIOT_CERTIFICATES", value_name = "URL")]
    certificates: Option<String>,
    /// File with the token of an invitation, which else is in the variable IIOT_CERTIFICATES_TOKEN
    #[arg(long, env = "IIOT_CERTIFICATES_TOKEN_FILE", value_name = "FILE", requires = "certificates")]
    certificates_token_file: Option<PathBuf>,
    /// Authorities that vouch for the manager's HTTPS, as PEM [default: those of the system]
    #[arg(long, env = "IIOT_CERTIFICATES_CA", value_name = "FILE", requires = "certificates")]
    certificates_ca: Option<PathBuf>,
    /// SHA-256 of the manager's HTTPS certificate, where nobody vouches for it
    #[arg(
        long,
        env = "IIOT_CERTIFICATES_FINGERPRINT",
        value_name = "HEX",
        requires = "certificates",
        conflicts_with = "certificates_ca"
    )]
    certificates_fingerprint: Option<Fingerprint>,
}

impl CertificateFlags {
    /// The manager, asked with our token; `None` where there is none. `hub` is the one of --transport.
    ///
    /// # Errors
    /// `InvalidArgument` if it cannot be reached that way; `Io` if a file cannot be read.
    pub(crate) fn manager(
        &self,
        hub: Option<Arc<dyn Transport>>,
        clock: Arc<dyn Clock>,
    ) -> Result<Option<Arc<dyn Enrolment>>> {
        let Some(address) = &self.certificates else { return Ok(None) };
        let token = token(self.certificates_token_file.as_deref(), "IIOT_CERTIFICATES_TOKEN")?;
        if let Some(place) = address.strip_prefix("hub:") {
            let hub = hub.ok_or_else(|| wrong("a manager at a hub needs --transport"))?;
            return over_hub(hub, destination(place)?, &token, clock).map(Some);
        }
        let mut options = RestOptions::new(address, token)?;
        options.trust = self.trust()?;
        over_http(options).map(Some)
    }

    fn trust(&self) -> Result<Trust> {
        match (&self.certificates_ca, self.certificates_fingerprint) {
            (_, Some(fingerprint)) => Ok(Trust::Fingerprint(fingerprint)),
            (None, None) => Ok(Trust::System),
            (Some(file), None) => std::fs::read(file).map(Trust::Authorities).map_err(|cause| {
                let error = Error::new(ErrorKind::Io, FIND, "the file cannot be read");
                error.with("file", file.display()).because(cause)
            }),
        }
    }
}

/// `iiot/gds#KEY`
fn destination(place: &str) -> Result<Destination> {
    let (root, key) = place.split_once('#').ok_or_else(|| wrong("write hub:TOPIC#KEY, with the key of the manager"))?;
    Ok(Destination { root: root.to_owned(), key: key.parse()? })
}

fn wrong(message: &'static str) -> Error {
    Error::new(ErrorKind::InvalidArgument, FIND, message)
}

const FIND: &str = "find the certificate manager";
