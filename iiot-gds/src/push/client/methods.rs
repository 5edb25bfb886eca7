//! The methods of ServerConfiguration (OPC 10000-12 §7.10.3).

use iiot_core::session::MethodExt;
use iiot_core::ua::{Array, ByteString, NodeId, ObjectId, StatusCode, UAString, Variant, VariantScalarTypeId};
use iiot_core::{Error, ErrorKind, Result};

use super::{CertificateGroup, PushClient};
use crate::model::CertificateType;

/// Asks a server for a signing request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningRequest {
    /// The type of the certificate.
    pub certificate_type: CertificateType,
    /// The subject (`CN=press/O=works`); empty for that of the certificate that the server has.
    pub subject: String,
    /// Random bytes, at least 32, with which the server makes a new key; `None` for the key that it has.
    pub nonce: Option<Vec<u8>>,
}

/// A certificate for a key that the server has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateUpdate {
    /// The type of the certificate.
    pub certificate_type: CertificateType,
    /// The certificate (DER).
    pub certificate: Vec<u8>,
    /// Its issuers (DER); servers of today take them from their trust list instead.
    pub issuers: Vec<Vec<u8>>,
}

const CREATE_SIGNING_REQUEST: u32 = 12737;
const UPDATE_CERTIFICATE: u32 = 13737;
const APPLY_CHANGES: u32 = 12740;
const CANCEL_CHANGES: u32 = 25708;
const GET_REJECTED_LIST: u32 = 12777;

/// More certificates than any server keeps of those that it has refused.
const MAX_REJECTED: usize = 10_000;

impl PushClient {
    /// CreateSigningRequest: PKCS #10 (DER), signed with the key that the certificate will be for.
    ///
    /// # Errors
    /// What the server answers; `Protocol` if that is no request.
    pub async fn create_signing_request(&self, group: &CertificateGroup, request: &SigningRequest) -> Result<Vec<u8>> {
        let inputs = vec![
            Variant::from(group.id.clone()),
            type_id(request.certificate_type),
            Variant::from(text(&request.subject)),
            Variant::from(request.nonce.is_some()),
            Variant::from(request.nonce.clone().map_or_else(ByteString::null, ByteString::from)),
        ];
        let output = self.configure(CREATE_SIGNING_REQUEST, inputs).await?.into_iter().next();
        match output {
            Some(Variant::ByteString(ByteString { value: Some(bytes) })) => Ok(bytes.to_vec()),
            _ => Err(unexpected("CreateSigningRequest", "no signing request")),
        }
    }

    /// UpdateCertificate: whether ApplyChanges is needed; `None` if the server does not say, though it must.
    ///
    /// # Errors
    /// What the server answers.
    pub async fn update_certificate(
        &self,
        group: &CertificateGroup,
        update: &CertificateUpdate,
    ) -> Result<Option<bool>> {
        let inputs = vec![
            Variant::from(group.id.clone()),
            type_id(update.certificate_type),
            Variant::from(ByteString::from(update.certificate.clone())),
            byte_strings(&update.issuers),
            Variant::from(UAString::null()),
            Variant::from(ByteString::null()),
        ];
        Ok(flag(self.configure(UPDATE_CERTIFICATE, inputs).await?))
    }

    /// ApplyChanges: false if there was nothing to apply (`BadNothingToDo`).
    ///
    /// # Errors
    /// What the server answers. Many cut the connection instead of answering.
    pub async fn apply_changes(&self) -> Result<bool> {
        match self.configure(APPLY_CHANGES, Vec::new()).await {
            Err(error) if error.status() == StatusCode::BadNothingToDo => Ok(false),
            answer => answer.map(|_| true),
        }
    }

    /// CancelChanges: forgets what was written since the last ApplyChanges.
    ///
    /// # Errors
    /// What the server answers. Older ones do not have it; closing the session does the same.
    pub async fn cancel_changes(&self) -> Result<()> {
        self.configure(CANCEL_CHANGES, Vec::new()).await.map(drop)
    }

    /// GetRejectedList: the certificates that the server has refused.
    ///
    /// # Errors
    /// What the server answers.
    pub async fn rejected_list(&self) -> Result<Vec<Vec<u8>>> {
        let output = self.configure(GET_REJECTED_LIST, Vec::new()).await?.into_iter().next();
        let Some(Variant::Array(array)) = output else { return Ok(Vec::new()) };
        let bytes = |value| if let Variant::ByteString(bytes) = value { bytes.value } else { None };
        Ok(array.values.into_iter().filter_map(bytes).take(MAX_REJECTED).map(|bytes| bytes.to_vec()).collect())
    }

    async fn configure(&self, method: u32, inputs: Vec<Variant>) -> Result<Vec<Variant>> {
        let object: NodeId = ObjectId::ServerConfiguration.into();
        self.session.call_method(&object, &NodeId::new(0, method), inputs).await
    }
}

pub(super) fn unexpected(operation: &'static str, found: &'static str) -> Error {
    Error::new(ErrorKind::Protocol, operation, format!("the server answered Good and gave {found}"))
        .with_status(StatusCode::BadUnknownResponse)
        .retryable(false)
}

/// ApplyChangesRequired, the only output.
pub(super) fn flag(outputs: Vec<Variant>) -> Option<bool> {
    match outputs.first() {
        Some(Variant::Boolean(required)) => Some(*required),
        _ => None,
    }
}

fn type_id(kind: CertificateType) -> Variant {
    Variant::from(NodeId::new(0, kind.node_id()))
}

fn text(text: &str) -> UAString {
    if text.is_empty() { UAString::null() } else { text.into() }
}

/// Typed also where it is empty: servers refuse an array of nothing.
fn byte_strings(entries: &[Vec<u8>]) -> Variant {
    let values = entries.iter().map(|entry| Variant::from(ByteString::from(entry.clone()))).collect();
    Variant::Array(Box::new(Array { value_type: VariantScalarTypeId::ByteString, values, dimensions: None }))
}
