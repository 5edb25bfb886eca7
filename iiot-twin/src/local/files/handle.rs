//! A file of a server while it is open (OPC 10000-20 §4.2).

use std::collections::HashMap;
use std::time::Duration;

use futures::FutureExt;
use iiot_core::session::{Session, SessionExt};
use iiot_core::ua::{ByteString, CallMethodRequest, CallRequest, NodeId, StatusCode, Variant};

use super::method;
use crate::Status;
use crate::local::visit::Visit;

/// A handle, given back in any case: who fails or goes away early has it closed too.
pub(super) struct OpenFile<'v> {
    visit: &'v Visit,
    file: NodeId,
    methods: HashMap<String, NodeId>,
    handle: u32,
    is_open: bool,
}

/// What a file is opened for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Mode {
    Read = 1,
    Write = 2,
    Replace = 6,
    Append = 10,
}

/// Bytes in one call; a server may give or take fewer.
const PIECE: usize = 64 * 1024;
/// How long closing may take, also if the time of the request is over.
const CLOSING: Duration = Duration::from_secs(5);

impl<'v> OpenFile<'v> {
    pub(super) async fn open(visit: &'v Visit, file: &NodeId, mode: Mode) -> Result<Self, Status> {
        let names = ["Open", "Close", "Read", "Write", "SetPosition"];
        let found = visit.children(std::slice::from_ref(file), &names).await;
        let methods = found.map_err(|error| Status::from(&error))?.pop().unwrap_or_default();
        let outputs = visit.invoke(file, method(&methods, "Open")?, vec![Variant::from(mode as u8)]).await?;
        match outputs.first() {
            Some(Variant::UInt32(handle)) => {
                Ok(Self { visit, file: file.clone(), methods, handle: *handle, is_open: true })
            }
            _ => Err(Status::because(StatusCode::BadUnknownResponse, "the server opened the file and gave no handle")),
        }
    }

    pub(super) async fn seek(&self, offset: u64) -> Result<(), Status> {
        self.call("SetPosition", vec![Variant::from(offset)]).await.map(drop)
    }

    /// Adds at most so many bytes, and says whether nothing follows.
    pub(super) async fn read(&self, length: usize, data: &mut Vec<u8>) -> Result<bool, Status> {
        while data.len() < length {
            let wanted = self.piece().min(length - data.len());
            let outputs = self.call("Read", vec![Variant::from(i32::try_from(wanted).unwrap_or(i32::MAX))]).await?;
            let Some(Variant::ByteString(bytes)) = outputs.into_iter().next() else {
                return Err(Status::because(
                    StatusCode::BadUnknownResponse,
                    "the server read something else than bytes",
                ));
            };
            match bytes.value {
                Some(bytes) if bytes.len() > wanted => {
                    return Err(Status::because(
                        StatusCode::BadUnknownResponse,
                        "the server read more than was asked for",
                    ));
                }
                Some(bytes) if !bytes.is_empty() => data.extend(bytes),
                _ => return Ok(true),
            }
        }
        Ok(false)
    }

    /// Writes everything, and counts what the server has taken.
    pub(super) async fn write(&self, data: &[u8], written: &mut u64) -> Result<(), Status> {
        for piece in data.chunks(self.piece()) {
            self.call("Write", vec![Variant::from(ByteString::from(piece.to_vec()))]).await?;
            *written += piece.len() as u64;
        }
        Ok(())
    }

    pub(super) async fn close(mut self) -> Result<(), Status> {
        let request = self.closing()?;
        let closed = self.visit.session.within(CLOSING).service(request).await;
        // Only now: who goes away meanwhile has it closed once more, which does no harm.
        self.is_open = false;
        let results = closed.map_err(|error| Status::from(&error))?.results.unwrap_or_default();
        let status = results.first().map_or(StatusCode::BadUnknownResponse, |result| result.status_code);
        if status.is_bad() { Err(status.into()) } else { Ok(()) }
    }

    async fn call(&self, name: &str, mut inputs: Vec<Variant>) -> Result<Vec<Variant>, Status> {
        inputs.insert(0, Variant::from(self.handle));
        self.visit.invoke(&self.file, method(&self.methods, name)?, inputs).await
    }

    fn closing(&self) -> Result<CallRequest, Status> {
        let call = CallMethodRequest {
            object_id: self.file.clone(),
            method_id: method(&self.methods, "Close")?.clone(),
            input_arguments: Some(vec![Variant::from(self.handle)]),
        };
        Ok(CallRequest { methods_to_call: Some(vec![call]), ..Default::default() })
    }

    /// What the server takes in one value.
    fn piece(&self) -> usize {
        let told = self.visit.session.limits().max_byte_string_length;
        told.map_or(PIECE, |told| PIECE.min(told as usize)).max(1)
    }
}

impl Drop for OpenFile<'_> {
    fn drop(&mut self) {
        if let (true, Ok(request)) = (self.is_open, self.closing()) {
            // The first poll sends it; nobody needs the answer.
            let _ = self.visit.session.within(CLOSING).call(request.into(), None).now_or_never();
        }
    }
}
