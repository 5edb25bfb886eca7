//! The push methods of a server, called by our client.

mod groups;
mod methods;
mod trust_list;

pub use groups::CertificateGroup;
pub use methods::{CertificateUpdate, SigningRequest};

use std::sync::Arc;

use iiot_core::Result;
use iiot_core::session::{Session, SessionExt};
use iiot_core::ua::{DataValue, NodeId, Variant};

/// Calls the methods of ServerConfiguration and of the trust lists of a server.
///
/// It does one thing at a time and keeps nothing: what belongs together is a transaction of the server, which belongs to
/// the session (OPC 10000-12 §7.10.2).
#[derive(Debug, Clone)]
pub struct PushClient {
    session: Arc<dyn Session>,
}

/// What a server says of its push management.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Configuration {
    /// SupportedPrivateKeyFormats.
    pub private_key_formats: Vec<String>,
    /// MaxTrustListSize in bytes; 0 where it has no limit or tells none.
    pub max_trust_list_size: u32,
}

const SUPPORTED_PRIVATE_KEY_FORMATS: u32 = 12639;
const MAX_TRUST_LIST_SIZE: u32 = 12640;

impl PushClient {
    /// For a session whose user may administrate the server.
    #[must_use]
    pub fn new(session: Arc<dyn Session>) -> Self {
        Self { session }
    }

    /// The session.
    #[must_use]
    pub fn session(&self) -> &Arc<dyn Session> {
        &self.session
    }

    /// What the server says of itself; what it does not say is empty.
    ///
    /// # Errors
    /// If it does not answer.
    pub async fn configuration(&self) -> Result<Configuration> {
        let nodes = [SUPPORTED_PRIVATE_KEY_FORMATS, MAX_TRUST_LIST_SIZE].map(|number| NodeId::new(0, number));
        let mut values = self.session.read_values(&nodes).await?.into_iter();
        Ok(Configuration {
            private_key_formats: texts(values.next()),
            max_trust_list_size: match values.next().and_then(|value| value.value) {
                Some(Variant::UInt32(size)) => size,
                _ => 0,
            },
        })
    }
}

fn texts(value: Option<DataValue>) -> Vec<String> {
    let Some(Variant::Array(array)) = value.and_then(|value| value.value) else { return Vec::new() };
    let text = |value| if let Variant::String(text) = value { Some(text.as_ref().to_owned()) } else { None };
    array.values.into_iter().filter_map(text).collect()
}
