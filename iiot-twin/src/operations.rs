//! What can be done with a server.

use crate::alarm::{AlarmUpdate, AlarmsRequest, AlarmsResponse, WatchAlarmsRequest};
use crate::browse::{BrowseNextRequest, BrowseRequest, BrowseResponse};
use crate::call::{CallRequest, CallResponse, MethodRequest, MethodResponse};
use crate::capabilities::{CapabilitiesRequest, CapabilitiesResponse};
use crate::condition::{ConditionEventsRequest, ConditionResponse, ConditionsRequest, RespondRequest, ShelveRequest};
use crate::connection::{TestConnectionRequest, TestConnectionResponse};
use crate::event::{EventUpdate, WatchEventsRequest};
use crate::history::{HistoryReadRequest, HistoryReadResponse};
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
            /// The alarms of the server, and what happens to them.
            watch_alarms(WatchAlarmsRequest) -> AlarmUpdate, Reader;
            /// Events as they happen.
            watch_events(WatchEventsRequest) -> EventUpdate, Reader;
            /// Values as they change.
            watch_values(WatchValuesRequest) -> ValueUpdate, Reader;
        }
    }
}
