//! The trust list of a group, which is a file (OPC 10000-12 §7.8.2).

use iiot_core::session::MethodExt;
use iiot_core::trust::TrustLists;
use iiot_core::ua::{
    BinaryEncodable, ByteString, ContextOwned, NodeId, StatusCode, TrustListDataType, Variant, read_binary,
};
use iiot_core::{Error, ErrorKind, Result};

use super::methods::{flag, unexpected};
use super::{CertificateGroup, PushClient};

/// A trust list larger than this is not read.
const LARGEST: usize = 16 << 20;
/// Bytes in one call; a server may give or take fewer.
const PIECE: usize = 32 << 10;
const READ: u8 = 1;
const WRITE_AND_ERASE: u8 = 6;
const ALL_LISTS: u32 = 15;

impl PushClient {
    /// Reads all four lists of a group.
    ///
    /// # Errors
    /// What the server answers; `Corrupt` if it is no TrustListDataType, `LimitExceeded` beyond 16 MiB.
    pub async fn trust_list(&self, group: &CertificateGroup) -> Result<TrustLists> {
        let inputs = vec![Variant::from(READ)];
        self.read_with(group, "Open", inputs).await
    }

    /// Reads those of the lists whose bits of TrustListMasks are set. Some servers give all of them.
    ///
    /// # Errors
    /// As [`trust_list`](Self::trust_list).
    pub async fn trust_list_with_masks(&self, group: &CertificateGroup, masks: u32) -> Result<TrustLists> {
        let inputs = vec![Variant::from(masks)];
        self.read_with(group, "OpenWithMasks", inputs).await
    }

    /// Replaces all four lists: whether ApplyChanges is needed for that; `None` if the server does not say, though it must.
    /// A server tells its limit as MaxTrustListSize; 0 is none.
    ///
    /// # Errors
    /// What the server answers; `LimitExceeded` if the lists are larger than `limit`, and nothing is written then.
    pub async fn write_trust_list(
        &self,
        group: &CertificateGroup,
        lists: &TrustLists,
        limit: u32,
    ) -> Result<Option<bool>> {
        let content = encoded(lists)?;
        if limit > 0 && content.len() > limit as usize {
            return Err(too_large(content.len(), limit));
        }
        let handle = self.open(group, "Open", vec![Variant::from(WRITE_AND_ERASE)]).await?;
        let written = self.write_pieces(group, handle, &content).await;
        if written.is_err() {
            self.close(group, handle).await;
        }
        written
    }

    async fn read_with(
        &self,
        group: &CertificateGroup,
        open: &'static str,
        inputs: Vec<Variant>,
    ) -> Result<TrustLists> {
        let handle = self.open(group, open, inputs).await?;
        let content = self.read_pieces(group, handle).await;
        self.close(group, handle).await;
        decoded(&content?)
    }

    async fn open(&self, group: &CertificateGroup, method: &'static str, inputs: Vec<Variant>) -> Result<u32> {
        match self.file(group, method, inputs).await?.first() {
            Some(Variant::UInt32(handle)) => Ok(*handle),
            _ => Err(unexpected("open the trust list", "no handle")),
        }
    }

    async fn read_pieces(&self, group: &CertificateGroup, handle: u32) -> Result<Vec<u8>> {
        let mut content = Vec::new();
        loop {
            let length = i32::try_from(self.piece()).unwrap_or(i32::MAX);
            let inputs = vec![Variant::from(handle), Variant::from(length)];
            match self.file(group, "Read", inputs).await?.into_iter().next() {
                Some(Variant::ByteString(ByteString { value: Some(bytes) })) if !bytes.is_empty() => {
                    content.extend(bytes)
                }
                Some(Variant::ByteString(_)) => return Ok(content),
                _ => return Err(unexpected("read the trust list", "something else than bytes")),
            }
            if content.len() > LARGEST {
                return Err(too_large(content.len(), LARGEST as u32));
            }
        }
    }

    async fn write_pieces(&self, group: &CertificateGroup, handle: u32, content: &[u8]) -> Result<Option<bool>> {
        for piece in content.chunks(self.piece()) {
            let inputs = vec![Variant::from(handle), Variant::from(ByteString::from(piece.to_vec()))];
            self.file(group, "Write", inputs).await?;
        }
        self.file(group, "CloseAndUpdate", vec![Variant::from(handle)]).await.map(flag)
    }

    /// As well as it goes: the session ends it otherwise.
    async fn close(&self, group: &CertificateGroup, handle: u32) {
        if let Err(error) = self.file(group, "Close", vec![Variant::from(handle)]).await {
            tracing::debug!("the trust list stays open: {}", error.report());
        }
    }

    async fn file(&self, group: &CertificateGroup, method: &'static str, inputs: Vec<Variant>) -> Result<Vec<Variant>> {
        let node: &NodeId = group.methods.get(method).ok_or_else(|| missing(group, method))?;
        let answer = self.session.call_method(&group.trust_list, node, inputs).await;
        answer.map_err(|error| error.with("trust list method", method))
    }

    /// What the server takes in one value.
    fn piece(&self) -> usize {
        let told = self.session.limits().max_byte_string_length;
        told.map_or(PIECE, |told| PIECE.min(told as usize)).max(1)
    }
}

fn encoded(lists: &TrustLists) -> Result<Vec<u8>> {
    let entries = |list: &[Vec<u8>]| Some(list.iter().map(|entry| ByteString::from(entry.clone())).collect());
    let lists = TrustListDataType {
        specified_lists: ALL_LISTS,
        trusted_certificates: entries(&lists.trusted_certificates),
        trusted_crls: entries(&lists.trusted_crls),
        issuer_certificates: entries(&lists.issuer_certificates),
        issuer_crls: entries(&lists.issuer_crls),
    };
    let (context, mut content) = (ContextOwned::default(), Vec::new());
    lists.encode(&mut content, &context.context()).map_err(|cause| {
        Error::new(ErrorKind::InvalidArgument, "write the trust list", "it does not encode").because(cause)
    })?;
    Ok(content)
}

fn decoded(mut content: &[u8]) -> Result<TrustLists> {
    // A server without any entry may have no file yet.
    if content.is_empty() {
        return Ok(TrustLists::default());
    }
    let lists: TrustListDataType = read_binary(&mut content)?;
    let entries = |list: Option<Vec<ByteString>>| {
        list.unwrap_or_default().into_iter().filter_map(|entry| Some(entry.value?.to_vec())).collect()
    };
    Ok(TrustLists {
        trusted_certificates: entries(lists.trusted_certificates),
        trusted_crls: entries(lists.trusted_crls),
        issuer_certificates: entries(lists.issuer_certificates),
        issuer_crls: entries(lists.issuer_crls),
    })
}

fn too_large(size: usize, limit: u32) -> Error {
    let message = format!("it has {size} bytes and {limit} are the limit; leave out what the device does not need");
    Error::new(ErrorKind::LimitExceeded, "transfer the trust list", message)
        .with_status(StatusCode::BadEncodingLimitsExceeded)
        .retryable(false)
}

fn missing(group: &CertificateGroup, method: &str) -> Error {
    let message = format!("the trust list has no method {method}");
    Error::new(ErrorKind::Unsupported, "use the trust list", message).with("group", &group.name)
}
