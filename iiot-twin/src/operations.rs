//! What can be done with a server.

use crate::alarm::{AlarmUpdate, AlarmsRequest, AlarmsResponse, WatchAlarmsRequest};
use crate::browse::{BrowseNextRequest, BrowseRequest, BrowseResponse};
use crate::call::{CallRequest, CallResponse, MethodRequest, MethodResponse};
use crate::capabilities::{CapabilitiesRequest, CapabilitiesResponse};
use crate::condition::{ConditionEventsRequest, ConditionResponse, ConditionsRequest, RespondRequest, ShelveRequest};
use crate::connection::{
    ConnectionRequest, ConnectionResponse, DisconnectResponse, TestConnectionRequest, TestConnectionResponse,
};
use crate::crawl::{CrawlBatch, CrawlRequest};
use crate::diagnostics::{DiagnosticsRequest, DiagnosticsResponse};
use crate::event::{EventUpdate, WatchEventsRequest};
use crate::files::{
    FileChangeRequest, FileChangeResponse, FileListRequest, FileListResponse, FileReadRequest, FileReadResponse,
    FileWriteRequest, FileWriteResponse,
};
use crate::history::{HistoryReadRequest, HistoryReadResponse};
use crate::history_update::{HistoryUpdateRequest, HistoryUpdateResponse};
use crate::node::{NodeRequest, NodeResponse};
use crate::read::{ReadRequest, ReadResponse};
use crate::translate::{TranslateRequest, TranslateResponse};
use crate::value::{ValueUpdate, WatchValuesRequest};
use crate::write::{WriteRequest, WriteResponse};

iiot_core::operations! {
    /// Servers in your hands: browse, read, write, call, history, alarms, events and live values.
    pub trait Twin / RemoteTwin = "twin" of endpoint as "twins" {
        calls {
            /// Whether the server can be reached, and why not.
            test_connection(TestConnectionRequest) -> TestConnectionResponse, Reader, Reads;
            /// The connections that there are with the server.
            connection(ConnectionRequest) -> ConnectionResponse, Reader, Reads;
            /// Closes the connections with the server; calls that are under way there fail.
            disconnect(ConnectionRequest) -> DisconnectResponse, Operator, Changes;
            /// What the server counts: sessions, subscriptions, requests.
            diagnostics(DiagnosticsRequest) -> DiagnosticsResponse, Reader, Reads;
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
            /// Stored values and events: raw, modified, processed, or at given times.
            history_read(HistoryReadRequest) -> HistoryReadResponse, Reader, Reads;
            /// Changes stored values and events.
            history_update(HistoryUpdateRequest) -> HistoryUpdateResponse, Operator, Changes;
            /// What lies in directories.
            file_list(FileListRequest) -> FileListResponse, Reader, Reads;
            /// Reads a file, or a part of it.
            file_read(FileReadRequest) -> FileReadResponse, Reader, Reads;
            /// Writes a file, or a part of it.
            file_write(FileWriteRequest) -> FileWriteResponse, Operator, Changes;
            /// Makes, deletes, moves and copies files and directories.
            file_change(FileChangeRequest) -> FileChangeResponse, Operator, Changes;
            /// The alarms of the server as they are now.
            alarms(AlarmsRequest) -> AlarmsResponse, Reader, Reads;
            /// Says of events of alarms that somebody has seen them.
            acknowledge(ConditionEventsRequest) -> ConditionResponse, Operator, Changes;
            /// Says of events of alarms that what was to be done is done.
            confirm(ConditionEventsRequest) -> ConditionResponse, Operator, Changes;
            /// Comments on events of conditions.
            add_comment(ConditionEventsRequest) -> ConditionResponse, Operator, Changes;
            /// Lets conditions report again.
            enable(ConditionsRequest) -> ConditionResponse, Operator, Changes;
            /// Lets conditions no longer report.
            disable(ConditionsRequest) -> ConditionResponse, Operator, Changes;
            /// Puts alarms aside, for a time or until they end.
            shelve(ShelveRequest) -> ConditionResponse, Operator, Changes;
            /// Takes alarms back that were put aside.
            unshelve(ConditionsRequest) -> ConditionResponse, Operator, Changes;
            /// Answers dialogs of the server.
            respond(RespondRequest) -> ConditionResponse, Operator, Changes;
        }
        streams {
            /// All nodes below others, as they are found.
            crawl(CrawlRequest) -> CrawlBatch, Reader;
            /// The alarms of the server, and what happens to them.
            watch_alarms(WatchAlarmsRequest) -> AlarmUpdate, Reader;
            /// Events as they happen.
            watch_events(WatchEventsRequest) -> EventUpdate, Reader;
            /// Values as they change.
            watch_values(WatchValuesRequest) -> ValueUpdate, Reader;
        }
    }
}
