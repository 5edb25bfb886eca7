//! What a server says it can take.

use crate::ua::VariableId;

/// Declares the limits once: field, variable, meaning.
macro_rules! limits {
    ($($field:ident = $variable:ident, $doc:literal;)*) => {
        /// The limits that a server reports (OPC 10000-5 §6.3.2 and §6.3.11).
        ///
        /// `None` where the server says nothing or 0, which means that it knows no limit. What a
        /// server says need not be true: it is a hint for sizes and nothing is allocated by it.
        #[derive(Debug, Clone, Default, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct ServerLimits { $(#[doc = $doc] pub $field: Option<u32>,)* }

        impl ServerLimits {
            /// The variables of the Server object that hold the limits.
            pub const VARIABLES: &'static [VariableId] = &[$(VariableId::$variable),*];

            /// The limits from the values of [`VARIABLES`](Self::VARIABLES), in that order; what
            /// is missing at the end is not known.
            #[must_use]
            pub fn from_values(values: impl IntoIterator<Item = Option<u32>>) -> Self {
                let mut values = values.into_iter().map(|value| value.filter(|limit| *limit > 0));
                Self { $($field: values.next().flatten(),)* }
            }
        }
    };
}

limits! {
    max_nodes_per_read = Server_ServerCapabilities_OperationLimits_MaxNodesPerRead, "Nodes of a Read.";
    max_nodes_per_write = Server_ServerCapabilities_OperationLimits_MaxNodesPerWrite, "Nodes of a Write.";
    max_nodes_per_browse = Server_ServerCapabilities_OperationLimits_MaxNodesPerBrowse,
        "Nodes of a Browse, continuation points of a BrowseNext.";
    max_nodes_per_translate =
        Server_ServerCapabilities_OperationLimits_MaxNodesPerTranslateBrowsePathsToNodeIds,
        "Paths of a TranslateBrowsePathsToNodeIds.";
    max_nodes_per_method_call = Server_ServerCapabilities_OperationLimits_MaxNodesPerMethodCall, "Methods of a Call.";
    max_nodes_per_register = Server_ServerCapabilities_OperationLimits_MaxNodesPerRegisterNodes,
        "Nodes of a RegisterNodes or UnregisterNodes.";
    max_monitored_items_per_call = Server_ServerCapabilities_OperationLimits_MaxMonitoredItemsPerCall,
        "Items of a service on monitored items.";
    max_nodes_per_history_read_data = Server_ServerCapabilities_OperationLimits_MaxNodesPerHistoryReadData,
        "Nodes of a HistoryRead of values.";
    max_nodes_per_history_read_events = Server_ServerCapabilities_OperationLimits_MaxNodesPerHistoryReadEvents,
        "Nodes of a HistoryRead of events.";
    max_nodes_per_history_update_data = Server_ServerCapabilities_OperationLimits_MaxNodesPerHistoryUpdateData,
        "Nodes of a HistoryUpdate of values.";
    max_nodes_per_history_update_events = Server_ServerCapabilities_OperationLimits_MaxNodesPerHistoryUpdateEvents,
        "Nodes of a HistoryUpdate of events.";
    max_sessions = Server_ServerCapabilities_MaxSessions, "Sessions of the server.";
    max_subscriptions = Server_ServerCapabilities_MaxSubscriptions, "Subscriptions of the server.";
    max_monitored_items = Server_ServerCapabilities_MaxMonitoredItems, "Monitored items of the server.";
    max_subscriptions_per_session = Server_ServerCapabilities_MaxSubscriptionsPerSession,
        "Subscriptions of a session.";
    max_monitored_items_per_subscription = Server_ServerCapabilities_MaxMonitoredItemsPerSubscription,
        "Monitored items of a subscription.";
    max_monitored_items_queue_size = Server_ServerCapabilities_MaxMonitoredItemsQueueSize,
        "Values in the queue of a monitored item.";
    max_browse_continuation_points = Server_ServerCapabilities_MaxBrowseContinuationPoints,
        "Continuation points of Browse at a time.";
    max_history_continuation_points = Server_ServerCapabilities_MaxHistoryContinuationPoints,
        "Continuation points of HistoryRead at a time.";
    max_array_length = Server_ServerCapabilities_MaxArrayLength, "Elements of an array value.";
    max_string_length = Server_ServerCapabilities_MaxStringLength, "Bytes of a String value.";
    max_byte_string_length = Server_ServerCapabilities_MaxByteStringLength, "Bytes of a ByteString value.";
    max_select_clause_parameters = Server_ServerCapabilities_MaxSelectClauseParameters,
        "Fields that an event filter selects.";
    max_where_clause_parameters = Server_ServerCapabilities_MaxWhereClauseParameters,
        "Elements of an event filter's where clause.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_go_to_the_fields_of_their_variables_and_zero_is_no_limit() {
        let limits = ServerLimits::from_values([Some(7), None, Some(0), Some(u32::MAX)]);
        let expected =
            ServerLimits { max_nodes_per_read: Some(7), max_nodes_per_translate: Some(u32::MAX), ..Default::default() };
        assert_eq!(limits, expected);
    }
}
