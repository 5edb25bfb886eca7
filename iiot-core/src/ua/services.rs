//! Every service as one enum of requests and one of responses (OPC 10000-4 §5).

use opcua::{
    BinaryDecodable, BinaryEncodable, Context, EncodingResult, Error, MessageInfo, NodeId, RequestHeader,
    ResponseHeader, ServiceFault,
};

use super::guarded::Guarded;

/// Declares the services once: the variant and its two structures.
macro_rules! services {
    ($($name:ident($request:ident) -> $response:ident;)*) => {
        /// A service request.
        #[derive(Debug, Clone)]
        #[non_exhaustive]
        pub enum Request {
            $(#[doc = concat!("Calls the ", stringify!($name), " service.")] $name(Box<opcua::$request>),)*
        }

        /// A service response.
        #[derive(Debug, Clone)]
        #[non_exhaustive]
        pub enum Response {
            $(#[doc = concat!("What the ", stringify!($name), " service answered.")] $name(Box<opcua::$response>),)*
            /// The service failed as a whole.
            Fault(Box<ServiceFault>),
        }

        impl Request {
            /// The service's name, as the specification spells it.
            #[must_use]
            pub const fn service(&self) -> &'static str {
                match self { $(Self::$name(_) => stringify!($name),)* }
            }

            /// The header.
            #[must_use]
            pub const fn header(&self) -> &RequestHeader {
                match self { $(Self::$name(request) => &request.request_header,)* }
            }

            /// The header, for the channel to fill.
            pub const fn header_mut(&mut self) -> &mut RequestHeader {
                match self { $(Self::$name(request) => &mut request.request_header,)* }
            }

            /// Appends the body of a message: the encoding id, then the fields.
            pub fn encode(&self, out: &mut Vec<u8>, context: &Context<'_>) -> EncodingResult<()> {
                match self { $(Self::$name(request) => encode(request.as_ref(), out, context),)* }
            }

            /// Reads the body of a message.
            pub fn decode(body: &[u8], context: &Context<'_>) -> EncodingResult<Self> {
                let (id, fields) = encoding_id(body, context)?;
                let mut fields = Guarded::new(fields);
                $(if id == encoding_id_of::<opcua::$request>() {
                    return Ok(opcua::$request::decode(&mut fields, context)?.into());
                })*
                Err(Error::decoding(format!("no service request has the encoding id i={id}")))
            }
        }

        impl Response {
            /// The service's name, as the specification spells it.
            #[must_use]
            pub const fn service(&self) -> &'static str {
                match self { $(Self::$name(_) => stringify!($name),)* Self::Fault(_) => "ServiceFault" }
            }

            /// The header.
            #[must_use]
            pub const fn header(&self) -> &ResponseHeader {
                match self {
                    $(Self::$name(response) => &response.response_header,)*
                    Self::Fault(fault) => &fault.response_header,
                }
            }

            /// Appends the body of a message: the encoding id, then the fields.
            pub fn encode(&self, out: &mut Vec<u8>, context: &Context<'_>) -> EncodingResult<()> {
                match self {
                    $(Self::$name(response) => encode(response.as_ref(), out, context),)*
                    Self::Fault(fault) => encode(fault.as_ref(), out, context),
                }
            }

            /// Reads the body of a message.
            pub fn decode(body: &[u8], context: &Context<'_>) -> EncodingResult<Self> {
                let (id, fields) = encoding_id(body, context)?;
                let mut fields = Guarded::new(fields);
                $(if id == encoding_id_of::<opcua::$response>() {
                    return Ok(Self::$name(Box::new(opcua::$response::decode(&mut fields, context)?)));
                })*
                if id == encoding_id_of::<ServiceFault>() {
                    return Ok(Self::Fault(Box::new(ServiceFault::decode(&mut fields, context)?)));
                }
                Err(Error::decoding(format!("no service response has the encoding id i={id}")))
            }
        }

        $(impl From<opcua::$request> for Request {
            fn from(request: opcua::$request) -> Self {
                Self::$name(Box::new(request))
            }
        }

        impl From<opcua::$response> for Response {
            fn from(response: opcua::$response) -> Self {
                Self::$name(Box::new(response))
            }
        }

        impl Service for opcua::$request {
            type Response = opcua::$response;
            const NAME: &'static str = stringify!($name);

            fn response(response: Response) -> Result<Self::Response, Response> {
                match response {
                    Response::$name(response) => Ok(*response),
                    other => Err(other),
                }
            }
        })*
    };
}

/// Ties a request structure to the structure that answers it.
pub trait Service: Into<Request> + Send + 'static {
    /// What answers it.
    type Response: Send + 'static;

    /// The service's name, as the specification spells it.
    const NAME: &'static str;

    /// Takes the answer out of a response, or gives the response back.
    fn response(response: Response) -> Result<Self::Response, Response>;
}

services! {
    FindServers(FindServersRequest) -> FindServersResponse;
    FindServersOnNetwork(FindServersOnNetworkRequest) -> FindServersOnNetworkResponse;
    GetEndpoints(GetEndpointsRequest) -> GetEndpointsResponse;
    CreateSession(CreateSessionRequest) -> CreateSessionResponse;
    ActivateSession(ActivateSessionRequest) -> ActivateSessionResponse;
    CloseSession(CloseSessionRequest) -> CloseSessionResponse;
    Cancel(CancelRequest) -> CancelResponse;
    Browse(BrowseRequest) -> BrowseResponse;
    BrowseNext(BrowseNextRequest) -> BrowseNextResponse;
    TranslateBrowsePathsToNodeIds(TranslateBrowsePathsToNodeIdsRequest) -> TranslateBrowsePathsToNodeIdsResponse;
    RegisterNodes(RegisterNodesRequest) -> RegisterNodesResponse;
    UnregisterNodes(UnregisterNodesRequest) -> UnregisterNodesResponse;
    Read(ReadRequest) -> ReadResponse;
    HistoryRead(HistoryReadRequest) -> HistoryReadResponse;
    Write(WriteRequest) -> WriteResponse;
    HistoryUpdate(HistoryUpdateRequest) -> HistoryUpdateResponse;
    Call(CallRequest) -> CallResponse;
    CreateMonitoredItems(CreateMonitoredItemsRequest) -> CreateMonitoredItemsResponse;
    ModifyMonitoredItems(ModifyMonitoredItemsRequest) -> ModifyMonitoredItemsResponse;
    SetMonitoringMode(SetMonitoringModeRequest) -> SetMonitoringModeResponse;
    SetTriggering(SetTriggeringRequest) -> SetTriggeringResponse;
    DeleteMonitoredItems(DeleteMonitoredItemsRequest) -> DeleteMonitoredItemsResponse;
    CreateSubscription(CreateSubscriptionRequest) -> CreateSubscriptionResponse;
    ModifySubscription(ModifySubscriptionRequest) -> ModifySubscriptionResponse;
    SetPublishingMode(SetPublishingModeRequest) -> SetPublishingModeResponse;
    Publish(PublishRequest) -> PublishResponse;
    Republish(RepublishRequest) -> RepublishResponse;
    TransferSubscriptions(TransferSubscriptionsRequest) -> TransferSubscriptionsResponse;
    DeleteSubscriptions(DeleteSubscriptionsRequest) -> DeleteSubscriptionsResponse;
}

/// Appends a structure as the body of a message.
pub(crate) fn encode<T: MessageInfo + BinaryEncodable>(
    body: &T,
    out: &mut Vec<u8>,
    context: &Context<'_>,
) -> EncodingResult<()> {
    NodeId::from(body.type_id()).encode(out, context)?;
    body.encode(out, context)
}

/// Splits a message body into the encoding id (always in namespace 0) and the fields.
pub(crate) fn encoding_id<'a>(body: &'a [u8], context: &Context<'_>) -> EncodingResult<(u32, &'a [u8])> {
    let mut fields = body;
    let id = NodeId::decode(&mut fields, context)?;
    match id.as_u32() {
        Some(number) if id.namespace == 0 => Ok((number, fields)),
        _ => Err(Error::decoding(format!("the message has the type {id}, which is no service"))),
    }
}

/// The encoding id of a message structure.
pub(crate) fn encoding_id_of<T: MessageInfo + Default>() -> u32 {
    T::default().type_id() as u32
}

#[cfg(test)]
mod tests {
    use opcua::ContextOwned;

    use super::*;

    #[test]
    fn a_request_survives_the_wire_and_finds_its_variant() {
        let context = ContextOwned::default();
        let request: Request = opcua::ReadRequest { max_age: 5.0, ..Default::default() }.into();
        let mut body = Vec::new();
        request.encode(&mut body, &context.context()).expect("encodes");
        match Request::decode(&body, &context.context()).expect("decodes") {
            Request::Read(read) => assert_eq!(read.max_age, 5.0),
            other => panic!("decoded as {}", other.service()),
        }
    }

    #[test]
    fn a_body_that_is_no_service_is_refused() {
        let context = ContextOwned::default();
        let mut body = Vec::new();
        NodeId::new(1, 631).encode(&mut body, &context.context()).expect("encodes");
        assert!(Request::decode(&body, &context.context()).is_err());
        assert!(Response::decode(&[0, 84], &context.context()).is_err());
    }
}
