//! Ways to a capability.

mod local;
mod remote;

use std::sync::Arc;

use iiot::core::clock::{Clock, SystemClock};
use iiot::core::operation::Operation;
use iiot::{Error, ErrorKind, Result};

use crate::face::Face;
use crate::options;
use crate::process::Ports;

pub use local::{Local, Security};
pub use remote::{Http, Hub};

/// Where a capability is.
#[derive(Debug)]
pub enum Reach {
    /// A server, which this process reaches itself.
    Local(Box<Local>),
    /// An edge, a cloud or a certificate manager at a hub.
    Hub(Hub),
    /// An edge, a cloud or a certificate manager at an HTTP server.
    Http(Http),
}

impl Reach {
    /// What options say, which are JSON: `kind` is `local`, `hub` or `http`, the other members are those of [`Local`], [`Hub`] or
    /// [`Http`].
    ///
    /// # Errors
    /// `InvalidArgument` with the member that is wrong.
    pub fn read(options: &[u8]) -> Result<Self> {
        let (kind, rest) = options::kind(options)?;
        match kind.as_str() {
            "local" => options::of(rest).map(Self::Local),
            "hub" => options::of(rest).map(Self::Hub),
            "http" => options::of(rest).map(Self::Http),
            _ => Err(options::wrong("kind", "it is none of local, hub, http")),
        }
    }

    /// A capability there.
    ///
    /// # Errors
    /// `NotFound` if there is none of this name, `Unsupported` if it cannot be had this way; those of the way.
    pub async fn face(self, capability: &str) -> Result<Face> {
        self.face_among(capability, &Ports::default()).await
    }

    /// As [`face`](Self::face), where a hub may be one of the host program.
    ///
    /// # Errors
    /// As of [`face`](Self::face).
    pub async fn face_among(self, capability: &str, ports: &Ports) -> Result<Face> {
        let operations = table(capability)?;
        match self {
            Self::Local(local) if capability == "twin" => local.twin().await,
            Self::Local(_) => {
                Err(Error::new(ErrorKind::Unsupported, "reach capability", "only a twin is reached this way")
                    .with("capability", capability))
            }
            Self::Hub(hub) => {
                let (invoke, hub) = hub.invoke(ports).await?;
                Ok(Face::new(invoke, operations, async move { hub.close().await }))
            }
            Self::Http(http) => Ok(Face::new(http.invoke()?, operations, async {})),
        }
    }
}

/// The operations of a capability.
pub(crate) fn table(capability: &str) -> Result<&'static [Operation]> {
    let of_it = |table: &&&[Operation]| table.first().is_some_and(|one| one.capability == capability);
    TABLES.iter().find(of_it).copied().ok_or_else(|| {
        Error::new(ErrorKind::NotFound, "reach capability", "there is none of this name").with("capability", capability)
    })
}

/// Everything that can be called.
pub const TABLES: &[&[Operation]] = &[
    iiot::twin::OPERATIONS,
    iiot::discovery::OPERATIONS,
    iiot::discovery::registrar::OPERATIONS,
    iiot::publisher::operations::OPERATIONS,
    iiot::publisher::configuration::operations::OPERATIONS,
    iiot::gds::certificates::OPERATIONS,
    iiot::gds::devices::OPERATIONS,
    iiot::gds::enrolment::OPERATIONS,
    iiot::core::http::ACCESS_OPERATIONS,
];

pub(crate) fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::{Value, json};

    use super::*;

    fn wrong(options: &Value) -> String {
        let error = Reach::read(options.to_string().as_bytes()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        error.report()
    }

    #[test]
    fn what_is_wrong_with_options_is_named() {
        for (options, member) in [
            (json!({ "url": "opc.tcp://x" }), "kind"),
            (json!({ "kind": "ship", "url": "opc.tcp://x" }), "kind"),
            (json!({ "kind": "local" }), "url"),
            (json!({ "kind": "local", "url": 7 }), "url"),
            (json!({ "kind": "local", "url": "x", "security": "strong" }), "security"),
            (json!({ "kind": "local", "url": "x", "passwort": "y" }), "passwort"),
            (json!({ "kind": "http", "url": "https://x" }), "apiKey"),
        ] {
            let told = wrong(&options);
            assert!(told.contains(member), "{told}");
        }
        assert!(Reach::read(b"{").is_err() && Reach::read(b"[]").is_err());
    }

    #[test]
    fn secrets_are_not_shown() {
        let local = json!({ "kind": "local", "url": "x", "user": "u", "password": "s3cret" });
        let hub = json!({ "kind": "hub", "transport": "x", "place": "y", "placeKey": "z", "apiKey": "s3cret" });
        let http = json!({ "kind": "http", "url": "x", "apiKey": "s3cret" });
        for options in [local, hub, http] {
            let shown = format!("{:?}", Reach::read(options.to_string().as_bytes()).unwrap());
            assert!(!shown.contains("s3cret"), "{shown}");
        }
    }

    #[tokio::test]
    async fn each_capability_has_operations_and_a_way() {
        let key = format!("iiot_{}_{}", "a".repeat(8), "b".repeat(43));
        for table in TABLES {
            let capability = table.first().unwrap().capability;
            let options = json!({ "kind": "http", "url": "http://127.0.0.1:1", "apiKey": key });
            let face = Reach::read(options.to_string().as_bytes()).unwrap().face(capability).await.unwrap();
            assert_eq!(face.call("sing", b"{}".to_vec()).await.unwrap_err().kind(), ErrorKind::NotFound);
        }
        let fingerprint = json!({ "kind": "http", "url": "https://x", "apiKey": key, "fingerprint": "12" });
        let face = Reach::read(fingerprint.to_string().as_bytes()).unwrap().face("twin").await;
        assert_eq!(face.unwrap_err().kind(), ErrorKind::InvalidArgument);
    }
}
