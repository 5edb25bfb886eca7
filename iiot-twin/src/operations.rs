//! What can be done with a server.

use crate::browse::{BrowseNextRequest, BrowseRequest, BrowseResponse};
use crate::call::{CallRequest, CallResponse, MethodRequest, MethodResponse};
use crate::capabilities::{CapabilitiesRequest, CapabilitiesResponse};
use crate::connection::{TestConnectionRequest, TestConnectionResponse};
use crate::history::{HistoryReadRequest, HistoryReadResponse};
use crate::node::{NodeRequest, NodeResponse};
use crate::read::{ReadRequest, ReadResponse};
use crate::translate::{TranslateRequest, TranslateResponse};
use crate::write::{WriteRequest, WriteResponse};

iiot_core::operations! {
    /// Servers in your hands: browse, read, write, call and history.
    pub trait Twin / RemoteTwin = "twin" of endpoint as "twins" {
        calls {
            /// Whether the server can be reached, and why not.
            test_connection(TestConnectionRequest) -> TestConnectionResponse, Reader, Reads;
            /// What the server is and what it can take.
            capabilities(CapabilitiesRequest) -> CapabilitiesResponse, Reader, Reads;
            /// The references of nodes, to the end or page by page.
            browse(BrowseRequest) -> BrowseResponse, Reader, Reads;
            /// The next pages of a browse, or the end of it.
            browse_next(BrowseNextRequest) -> BrowseResponse, Reader, Reads;
            /// Where browse paths lead.
            translate(TranslateRequest) -> TranslateResponse, Reader, Reads;
            /// All that is known of nodes: attributes, type definition, data type.
            node(NodeRequest) -> NodeResponse, Reader, Reads;
            /// Values and other attributes.
            read(ReadRequest) -> ReadResponse, Reader, Reads;
            /// Writes values and other attributes.
            write(WriteRequest) -> WriteResponse, Operator, Changes;
            /// What methods take and return.
            method(MethodRequest) -> MethodResponse, Reader, Reads;
            /// Calls methods.
            call(CallRequest) -> CallResponse, Operator, Changes;
            /// Stored values: raw, processed, or at given times.
            history_read(HistoryReadRequest) -> HistoryReadResponse, Reader, Reads;
        }
    }
}
