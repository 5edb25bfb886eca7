//! The honest server under every attack: one session's worth of services, and numbers that count.

use std::collections::{BTreeMap, VecDeque};

use iiot_core::ua::{
    ActivateSessionResponse, ApplicationDescription, Array, BrowseNextResponse, BrowseResponse, BrowseResult,
    ByteString, CloseSessionResponse, CreateMonitoredItemsRequest, CreateMonitoredItemsResponse, CreateSessionResponse,
    CreateSubscriptionRequest, CreateSubscriptionResponse, DataChangeNotification, DataValue, DateTime,
    DeleteMonitoredItemsResponse, DeleteSubscriptionsRequest, DeleteSubscriptionsResponse, EndpointDescription,
    ExtensionObject, GetEndpointsResponse, MessageSecurityMode, MonitoredItemCreateResult, MonitoredItemNotification,
    NodeClass, NodeId, NotificationMessage, ObjectId, PublishRequest, PublishResponse, ReadRequest, ReadResponse,
    ReferenceDescription, ReferenceTypeId, RepublishRequest, RepublishResponse, Request, Response, ResponseHeader,
    ServiceFault, SetPublishingModeResponse, StatusCode, TransferResult, TransferSubscriptionsResponse, UAString,
    UserTokenPolicy, UserTokenType, VariableId, Variant, VariantScalarTypeId, WriteResponse,
};

/// What the server knows, whichever connection asks.
#[derive(Debug)]
pub(crate) struct Honest {
    sessions: Vec<NodeId>,
    subscriptions: BTreeMap<u32, Subscription>,
    next: u32,
}

#[derive(Debug, Default)]
struct Subscription {
    /// Client handles by item id.
    items: BTreeMap<u32, u32>,
    sequence: u32,
    sent: VecDeque<NotificationMessage>,
    idle: u32,
}

/// The server's namespace table.
pub const NAMESPACES: [&str; 2] = ["http://opcfoundation.org/UA/", "urn:rogue"];

const PROFILE: &str = "http://opcfoundation.org/UA-Profile/Transport/uatcp-uasc-uabinary";
const POLICY: &str = "http://opcfoundation.org/UA/SecurityPolicy#None";
const KEPT: usize = 64;
/// Cycles after which a keep-alive is due.
const KEEP_ALIVE: u32 = 20;

impl Default for Honest {
    fn default() -> Self {
        Self { sessions: Vec::new(), subscriptions: BTreeMap::new(), next: 1 }
    }
}

impl Honest {
    /// The answer to anything but Publish.
    pub(crate) fn answer(&mut self, request: &Request) -> Response {
        let header = request.header();
        let response_header = ResponseHeader { request_handle: header.request_handle, ..Default::default() };
        match self.respond(request, response_header.clone()) {
            Ok(response) => response,
            Err(service_result) => {
                let response_header = ResponseHeader { service_result, ..response_header };
                Response::Fault(Box::new(ServiceFault { response_header }))
            }
        }
    }

    fn respond(&mut self, request: &Request, response_header: ResponseHeader) -> Result<Response, StatusCode> {
        self.check_session(request)?;
        Ok(match request {
            Request::GetEndpoints(request) => {
                GetEndpointsResponse { response_header, endpoints: Some(vec![endpoint(&request.endpoint_url)]) }.into()
            }
            Request::CreateSession(request) => CreateSessionResponse {
                response_header,
                session_id: NodeId::new(1, self.take_next()),
                authentication_token: self.new_session(),
                revised_session_timeout: request.requested_session_timeout,
                server_nonce: ByteString::from(vec![7; 32]),
                server_endpoints: Some(vec![endpoint(&request.endpoint_url)]),
                ..Default::default()
            }
            .into(),
            Request::ActivateSession(_) => ActivateSessionResponse {
                response_header,
                server_nonce: ByteString::from(vec![8; 32]),
                ..Default::default()
            }
            .into(),
            Request::CloseSession(_) => CloseSessionResponse { response_header }.into(),
            Request::Read(request) => {
                ReadResponse { response_header, results: Some(self.read(request)), diagnostic_infos: None }.into()
            }
            Request::Write(request) => WriteResponse {
                response_header,
                results: Some(vec![StatusCode::Good; request.nodes_to_write.iter().flatten().count()]),
                ..Default::default()
            }
            .into(),
            Request::Browse(request) => BrowseResponse {
                response_header,
                results: Some(request.nodes_to_browse.iter().flatten().map(|node| references(&node.node_id)).collect()),
                ..Default::default()
            }
            .into(),
            Request::BrowseNext(request) => BrowseNextResponse {
                response_header,
                results: Some(vec![BrowseResult::default(); request.continuation_points.iter().flatten().count()]),
                ..Default::default()
            }
            .into(),
            other => return self.respond_subscription(other, response_header),
        })
    }

    fn respond_subscription(
        &mut self,
        request: &Request,
        response_header: ResponseHeader,
    ) -> Result<Response, StatusCode> {
        Ok(match request {
            Request::CreateSubscription(request) => self.create_subscription(request, response_header).into(),
            Request::CreateMonitoredItems(request) => self.create_items(request, response_header)?.into(),
            Request::DeleteMonitoredItems(request) => {
                DeleteMonitoredItemsResponse {
                    response_header,
                    results: Some(self.delete_items(
                        request.subscription_id,
                        request.monitored_item_ids.as_deref().unwrap_or_default(),
                    )),
                    ..Default::default()
                }
                .into()
            }
            Request::SetPublishingMode(request) => SetPublishingModeResponse {
                response_header,
                results: Some(self.known(request.subscription_ids.as_deref().unwrap_or_default())),
                ..Default::default()
            }
            .into(),
            Request::DeleteSubscriptions(request) => self.delete_subscriptions(request, response_header).into(),
            Request::TransferSubscriptions(request) => TransferSubscriptionsResponse {
                response_header,
                results: Some(vec![
                    TransferResult {
                        status_code: StatusCode::BadSubscriptionIdInvalid,
                        ..Default::default()
                    };
                    request.subscription_ids.iter().flatten().count()
                ]),
                ..Default::default()
            }
            .into(),
            Request::Republish(request) => {
                RepublishResponse { response_header, notification_message: self.republished(request)? }.into()
            }
            _ => return Err(StatusCode::BadServiceUnsupported),
        })
    }

    /// The answer to a Publish request, if something is due.
    pub(crate) fn publish(&mut self, request: &PublishRequest) -> Option<Response> {
        let response_header =
            ResponseHeader { request_handle: request.request_header.request_handle, ..Default::default() };
        if self.subscriptions.is_empty() {
            let response_header = ResponseHeader { service_result: StatusCode::BadNoSubscription, ..response_header };
            return Some(Response::Fault(Box::new(ServiceFault { response_header })));
        }
        for acknowledged in request.subscription_acknowledgements.iter().flatten() {
            if let Some(subscription) = self.subscriptions.get_mut(&acknowledged.subscription_id) {
                subscription.sent.retain(|message| message.sequence_number != acknowledged.sequence_number);
            }
        }
        let counter = self.take_next();
        let (id, subscription) = self.subscriptions.iter_mut().next()?;
        let notification_message = subscription.due(counter)?;
        Some(
            PublishResponse {
                response_header,
                subscription_id: *id,
                available_sequence_numbers: Some(
                    subscription.sent.iter().map(|message| message.sequence_number).collect(),
                ),
                notification_message,
                ..Default::default()
            }
            .into(),
        )
    }

    fn check_session(&self, request: &Request) -> Result<(), StatusCode> {
        let sessionless =
            matches!(request, Request::GetEndpoints(_) | Request::FindServers(_) | Request::CreateSession(_));
        if sessionless || self.sessions.contains(&request.header().authentication_token) {
            return Ok(());
        }
        Err(StatusCode::BadSessionIdInvalid)
    }

    fn take_next(&mut self) -> u32 {
        self.next += 1;
        self.next
    }

    fn new_session(&mut self) -> NodeId {
        let token = NodeId::new(0, 1_000_000 + self.take_next());
        self.sessions.push(token.clone());
        token
    }

    fn read(&mut self, request: &ReadRequest) -> Vec<DataValue> {
        let counter = f64::from(self.take_next());
        request.nodes_to_read.iter().flatten().map(|node| value_of(&node.node_id, counter)).collect()
    }

    fn create_subscription(
        &mut self,
        request: &CreateSubscriptionRequest,
        response_header: ResponseHeader,
    ) -> CreateSubscriptionResponse {
        let subscription_id = self.take_next();
        self.subscriptions.insert(subscription_id, Subscription::default());
        CreateSubscriptionResponse {
            response_header,
            subscription_id,
            revised_publishing_interval: request.requested_publishing_interval,
            revised_lifetime_count: request.requested_lifetime_count,
            revised_max_keep_alive_count: request.requested_max_keep_alive_count,
        }
    }

    fn create_items(
        &mut self,
        request: &CreateMonitoredItemsRequest,
        response_header: ResponseHeader,
    ) -> Result<CreateMonitoredItemsResponse, StatusCode> {
        let mut results = Vec::new();
        for item in request.items_to_create.iter().flatten() {
            let monitored_item_id = self.take_next();
            let subscription =
                self.subscriptions.get_mut(&request.subscription_id).ok_or(StatusCode::BadSubscriptionIdInvalid)?;
            subscription.items.insert(monitored_item_id, item.requested_parameters.client_handle);
            results.push(MonitoredItemCreateResult {
                monitored_item_id,
                revised_sampling_interval: 10.0,
                revised_queue_size: item.requested_parameters.queue_size,
                ..Default::default()
            });
        }
        Ok(CreateMonitoredItemsResponse { response_header, results: Some(results), diagnostic_infos: None })
    }

    fn delete_items(&mut self, subscription_id: u32, ids: &[u32]) -> Vec<StatusCode> {
        if let Some(subscription) = self.subscriptions.get_mut(&subscription_id) {
            subscription.items.retain(|id, _| !ids.contains(id));
        }
        vec![StatusCode::Good; ids.len()]
    }

    fn delete_subscriptions(
        &mut self,
        request: &DeleteSubscriptionsRequest,
        response_header: ResponseHeader,
    ) -> DeleteSubscriptionsResponse {
        let ids = request.subscription_ids.as_deref().unwrap_or_default();
        let results = Some(self.known(ids));
        self.subscriptions.retain(|id, _| !ids.contains(id));
        DeleteSubscriptionsResponse { response_header, results, diagnostic_infos: None }
    }

    fn known(&self, ids: &[u32]) -> Vec<StatusCode> {
        let status = |id| match self.subscriptions.contains_key(id) {
            true => StatusCode::Good,
            false => StatusCode::BadSubscriptionIdInvalid,
        };
        ids.iter().map(status).collect()
    }

    fn republished(&self, request: &RepublishRequest) -> Result<NotificationMessage, StatusCode> {
        let subscription =
            self.subscriptions.get(&request.subscription_id).ok_or(StatusCode::BadSubscriptionIdInvalid)?;
        let wanted = request.retransmit_sequence_number;
        let found = subscription.sent.iter().find(|message| message.sequence_number == wanted);
        found.cloned().ok_or(StatusCode::BadMessageNotAvailable)
    }
}

impl Subscription {
    fn due(&mut self, counter: u32) -> Option<NotificationMessage> {
        if self.items.is_empty() {
            self.idle += 1;
            if !self.idle.is_multiple_of(KEEP_ALIVE) {
                return None;
            }
            return Some(message(self.sequence + 1, None));
        }
        self.sequence += 1;
        let sent = message(self.sequence, Some(data(self.items.values().copied(), f64::from(counter))));
        self.sent.push_back(sent.clone());
        while self.sent.len() > KEPT {
            self.sent.pop_front();
        }
        Some(sent)
    }
}

/// A NotificationMessage with this data; without any it is a keep-alive.
#[must_use]
pub fn message(sequence_number: u32, data: Option<DataChangeNotification>) -> NotificationMessage {
    NotificationMessage {
        sequence_number,
        publish_time: DateTime::now(),
        notification_data: data.map(|data| vec![ExtensionObject::from_message(data)]),
    }
}

/// The same value for each of these handles.
#[must_use]
pub fn data(handles: impl Iterator<Item = u32>, value: impl Into<Variant>) -> DataChangeNotification {
    let value = DataValue::new_now(value);
    let item = |client_handle| MonitoredItemNotification { client_handle, value: value.clone() };
    DataChangeNotification { monitored_items: Some(handles.map(item).collect()), diagnostic_infos: None }
}

/// The one endpoint: no security, nobody in particular.
#[must_use]
pub fn endpoint(url: &UAString) -> EndpointDescription {
    EndpointDescription {
        endpoint_url: url.clone(),
        server: ApplicationDescription { application_uri: "urn:rogue:server".into(), ..Default::default() },
        security_mode: MessageSecurityMode::None,
        security_policy_uri: POLICY.into(),
        user_identity_tokens: Some(vec![UserTokenPolicy {
            policy_id: "anonymous".into(),
            token_type: UserTokenType::Anonymous,
            ..Default::default()
        }]),
        transport_profile_uri: PROFILE.into(),
        ..Default::default()
    }
}

/// A reference to an object or variable below another.
#[must_use]
pub fn reference(node: NodeId, name: &str, class: NodeClass) -> ReferenceDescription {
    ReferenceDescription {
        reference_type_id: ReferenceTypeId::Organizes.into(),
        is_forward: true,
        node_id: node.into(),
        browse_name: name.into(),
        display_name: name.into(),
        node_class: class,
        ..Default::default()
    }
}

/// An array of strings.
#[must_use]
pub fn texts(texts: &[&str]) -> Variant {
    let values: Vec<Variant> = texts.iter().copied().map(Variant::from).collect();
    Array::new(VariantScalarTypeId::String, values).expect("they are all strings").into()
}

fn references(node: &NodeId) -> BrowseResult {
    let objects = NodeId::from(ObjectId::ObjectsFolder);
    let value = reference(NodeId::new(1, "Value"), "Value", NodeClass::Variable);
    BrowseResult { references: (*node == objects).then(|| vec![value]), ..Default::default() }
}

/// What an honest server answers to a read of the Value attribute.
#[must_use]
pub fn value_of(node: &NodeId, counter: f64) -> DataValue {
    let is = |id: VariableId| *node == id;
    if node.namespace > 0 {
        DataValue::new_now(counter)
    } else if is(VariableId::Server_NamespaceArray) {
        DataValue::new_now(texts(&NAMESPACES))
    } else if is(VariableId::Server_ServerArray) {
        DataValue::new_now(texts(&["urn:rogue:server"]))
    } else if is(VariableId::Server_ServiceLevel) {
        DataValue::new_now(255_u8)
    } else if is(VariableId::Server_ServerStatus_State) {
        DataValue::new_now(0_i32)
    } else {
        DataValue { status: Some(StatusCode::BadNodeIdUnknown), ..DataValue::null() }
    }
}
