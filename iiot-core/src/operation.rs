//! An operation is declared once, in a table; everything that offers or calls it comes from there.
//!
//! [`operations!`](crate::operations) turns a table into the trait of a capability, its remote
//! implementation, its dispatcher and the list [`Operation`]s that REST routes, the OpenAPI
//! document, role checks, command line and bindings are made from.
//!
//! ```
//! use iiot_core::operation::{Dispatch, Principal, Reply, Role};
//! use schemars::JsonSchema;
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Debug, Serialize, Deserialize, JsonSchema)]
//! pub struct Sum {
//!     pub terms: Vec<f64>,
//! }
//!
//! iiot_core::operations! {
//!     /// Adds for others.
//!     pub trait Adder / RemoteAdder = "adder" {
//!         calls {
//!             /// The sum of the terms.
//!             add(Sum) -> f64, Reader, Reads;
//!         }
//!     }
//! }
//!
//! #[derive(Debug)]
//! struct LocalAdder;
//!
//! #[iiot_core::operation::async_trait]
//! impl Adder for LocalAdder {
//!     async fn add(&self, request: Sum) -> iiot_core::Result<f64> {
//!         Ok(request.terms.iter().sum())
//!     }
//! }
//!
//! # futures::executor::block_on(async {
//! let adder: &dyn Adder = &LocalAdder;
//! let principal = Principal::new("example", Role::Reader);
//! let reply = adder.dispatch("add", &principal, br#"{"terms": [1, 2]}"#).await?;
//! assert!(matches!(reply, Reply::One(json) if json == b"3.0"));
//! assert_eq!(OPERATIONS[0].doc, "The sum of the terms.");
//! # Ok::<(), iiot_core::Error>(()) }).unwrap();
//! ```

mod acting;
mod beside;
mod details;
mod principal;
mod recordable;

use std::fmt::{self, Debug};
use std::sync::Arc;

use futures::StreamExt;
use futures::stream::BoxStream;
use schemars::{JsonSchema, Schema};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, ErrorKind, Result};

pub use acting::{Acting, PerPrincipal};
pub use beside::Beside;
pub use details::Details;
pub use principal::{Principal, Role};
pub use recordable::recordable;

#[doc(no_inline)]
pub use async_trait::async_trait;
#[doc(no_inline)]
pub use futures::stream;

/// The key of [`Error::context`] under which an operation says which part of its request is wrong, as JSON pointer:
/// `#/intervalMs`.
pub const POINTER: &str = "pointer";

/// One operation of a capability, as its table declares it.
#[derive(Clone, Copy)]
pub struct Operation {
    /// The capability, the first part of its full name: `twin`.
    pub capability: &'static str,
    /// The operation, the second part: `browse`.
    pub name: &'static str,
    /// What it does, as documented in the table.
    pub doc: &'static str,
    /// The member of each request that says what the operation is done with, where the capability has one.
    pub of: Option<Addressed>,
    /// The least role that may call it.
    pub role: Role,
    /// Whether it changes anything.
    pub effect: Effect,
    /// One response or many.
    pub shape: Shape,
    /// JSON Schema of the request.
    pub request: fn() -> Schema,
    /// JSON Schema of the response, or of one item of the stream.
    pub response: fn() -> Schema,
}

impl Operation {
    /// As it stands in records and errors: `twin.browse`.
    #[must_use]
    pub fn full_name(&self) -> String {
        format!("{}.{}", self.capability, self.name)
    }

    /// The same operation of one of many places, named beside its request.
    #[must_use]
    pub const fn beside(self, member: &'static str, collection: &'static str, about: &'static str) -> Self {
        Self { of: Some(Addressed { member, collection, beside: Some(about) }), ..self }
    }
}

impl Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({:?}, {:?}, {:?})", self.full_name(), self.role, self.effect, self.shape)
    }
}

/// What names one of many things: `endpoint`, a server of several. It is a member of each request of the capability, or stands
/// beside it. Over HTTP it stands in the path and no longer in the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Addressed {
    /// The member, as JSON spells it: `endpoint`.
    pub member: &'static str,
    /// What the things together are called in a path: `twins`.
    pub collection: &'static str,
    /// What it is, for people, where the requests of the capability know nothing of it: it stands beside them,
    /// `{"edge": "hall-2", "request": {}}`, which [`Beside`] reads. Paths then hold the capability too:
    /// `edges/hall-2/configuration/add_nodes`.
    pub beside: Option<&'static str>,
}

/// Whether an operation changes anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// It can be repeated.
    Reads,
    /// It is recorded, and never repeated by itself.
    Changes,
}

/// How many responses an operation has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shape {
    /// One.
    Call,
    /// Any number, one after the other.
    Stream,
}

/// The answer to a request, as JSON.
pub enum Reply {
    /// Of a call.
    One(Vec<u8>),
    /// Of a stream, which ends after the first error.
    Many(BoxStream<'static, Result<Vec<u8>>>),
}

impl Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::One(_) => "Reply::One",
            Self::Many(_) => "Reply::Many",
        })
    }
}

/// Carries out operations by name: what a face (broker, REST, command line) calls. Implemented by
/// [`operations!`](crate::operations) for the trait object of a capability.
#[async_trait]
pub trait Dispatch: Send + Sync + 'static {
    /// Everything it can do.
    fn operations(&self) -> &'static [Operation];

    /// Carries out one operation for `principal`; `request` is JSON. Fails with `Unsupported` if
    /// there is no such operation, with `Forbidden` if the role does not suffice and with
    /// `InvalidArgument` if the request does not parse.
    async fn dispatch(&self, operation: &str, principal: &Principal, request: &[u8]) -> Result<Reply>;

    /// As [`dispatch`](Self::dispatch), for a face that keeps an audit record: what a change did is left in `details`, by
    /// those who know.
    async fn dispatch_recorded(
        &self,
        operation: &str,
        principal: &Principal,
        request: &[u8],
        details: &Details,
    ) -> Result<Reply> {
        let _ = details;
        self.dispatch(operation, principal, request).await
    }
}

/// So that a shared `dyn Capability` is a shared `dyn Dispatch`, beside others of other capabilities.
#[async_trait]
impl<D: Dispatch + ?Sized> Dispatch for Arc<D> {
    fn operations(&self) -> &'static [Operation] {
        (**self).operations()
    }

    async fn dispatch(&self, operation: &str, principal: &Principal, request: &[u8]) -> Result<Reply> {
        (**self).dispatch(operation, principal, request).await
    }

    async fn dispatch_recorded(
        &self,
        operation: &str,
        principal: &Principal,
        request: &[u8],
        details: &Details,
    ) -> Result<Reply> {
        (**self).dispatch_recorded(operation, principal, request, details).await
    }
}

/// Calls operations somewhere else: what the remote implementation of a capability uses.
#[async_trait]
pub trait Invoke: Debug + Send + Sync + 'static {
    /// The response to a call.
    async fn call(&self, operation: &'static Operation, request: Vec<u8>) -> Result<Vec<u8>>;

    /// The items of a stream. Dropping it cancels the operation.
    async fn open(
        &self,
        operation: &'static Operation,
        request: Vec<u8>,
    ) -> Result<BoxStream<'static, Result<Vec<u8>>>>;
}

/// Declares the operations of a capability: one line each.
///
/// See [`operation`](crate::operation) for an example. From
/// `pub trait Twin / RemoteTwin = "twin" { calls { … } streams { … } }` come the trait `Twin`, the
/// struct `RemoteTwin` which implements it over an [`Invoke`], [`Dispatch`] for `dyn Twin`, and
/// the constant `OPERATIONS`. Requests, responses and items implement serde's traits and
/// `JsonSchema`. One table a module.
///
/// Where each request says in the same required member, a text, what it is about, the table names that member and what those
/// things are called: `pub trait Twin / RemoteTwin = "twin" of endpoint as "twins" { … }`; see [`Addressed`](crate::operation::Addressed).
#[macro_export]
macro_rules! operations {
    (
        $(#[doc = $about:literal])+
        $visibility:vis trait $Capability:ident / $Remote:ident = $capability:literal $(of $member:ident as $collection:literal)? {
            $(calls { $(
                $(#[doc = $call_doc:literal])+
                $call:ident($CallRequest:ty) -> $Response:ty, $call_role:ident, $call_effect:ident;
            )* })?
            $(streams { $(
                $(#[doc = $stream_doc:literal])+
                $stream:ident($StreamRequest:ty) -> $Item:ty, $stream_role:ident;
            )* })?
        }
    ) => {
        $(#[doc = $about])+
        #[$crate::operation::async_trait]
        $visibility trait $Capability: ::std::fmt::Debug + Send + Sync + 'static {
            $($(
                $(#[doc = $call_doc])+
                async fn $call(&self, request: $CallRequest) -> $crate::Result<$Response>;
            )*)?
            $($(
                $(#[doc = $stream_doc])+
                async fn $stream(
                    &self,
                    request: $StreamRequest,
                ) -> $crate::Result<$crate::operation::stream::BoxStream<'static, $crate::Result<$Item>>>;
            )*)?
        }

        const ADDRESSED: Option<$crate::operation::Addressed> =
            $crate::operation::addressed(&[$((stringify!($member), $collection))?]);

        /// Every operation of the capability, calls first.
        $visibility const OPERATIONS: &[$crate::operation::Operation] = &[
            $($($crate::operation::Operation {
                capability: $capability,
                name: stringify!($call),
                doc: concat!($($call_doc),+).trim_ascii(),
                of: ADDRESSED,
                role: $crate::operation::Role::$call_role,
                effect: $crate::operation::Effect::$call_effect,
                shape: $crate::operation::Shape::Call,
                request: $crate::operation::schema_of::<$CallRequest>,
                response: $crate::operation::schema_of::<$Response>,
            },)*)?
            $($($crate::operation::Operation {
                capability: $capability,
                name: stringify!($stream),
                doc: concat!($($stream_doc),+).trim_ascii(),
                of: ADDRESSED,
                role: $crate::operation::Role::$stream_role,
                effect: $crate::operation::Effect::Reads,
                shape: $crate::operation::Shape::Stream,
                request: $crate::operation::schema_of::<$StreamRequest>,
                response: $crate::operation::schema_of::<$Item>,
            },)*)?
        ];

        #[doc = concat!("The capability [`", stringify!($Capability), "`] somewhere else.")]
        #[derive(Debug, Clone)]
        $visibility struct $Remote(::std::sync::Arc<dyn $crate::operation::Invoke>);

        impl $Remote {
            /// The capability behind `invoke`.
            #[must_use]
            $visibility fn new(invoke: ::std::sync::Arc<dyn $crate::operation::Invoke>) -> Self {
                Self(invoke)
            }
        }

        #[$crate::operation::async_trait]
        impl $Capability for $Remote {
            $($(
                async fn $call(&self, request: $CallRequest) -> $crate::Result<$Response> {
                    $crate::operation::call(&*self.0, OPERATIONS, stringify!($call), &request).await
                }
            )*)?
            $($(
                async fn $stream(
                    &self,
                    request: $StreamRequest,
                ) -> $crate::Result<$crate::operation::stream::BoxStream<'static, $crate::Result<$Item>>> {
                    $crate::operation::open(&*self.0, OPERATIONS, stringify!($stream), &request).await
                }
            )*)?
        }

        #[$crate::operation::async_trait]
        impl $crate::operation::Dispatch for dyn $Capability {
            fn operations(&self) -> &'static [$crate::operation::Operation] {
                OPERATIONS
            }

            async fn dispatch(
                &self,
                operation: &str,
                principal: &$crate::operation::Principal,
                request: &[u8],
            ) -> $crate::Result<$crate::operation::Reply> {
                $crate::operation::admit(OPERATIONS, $capability, operation, principal)?;
                match operation {
                    $($(stringify!($call) => {
                        let request = $crate::operation::parse_request(operation, request)?;
                        let response = self.$call(request).await?;
                        $crate::operation::one(operation, &response)
                    })*)?
                    $($(stringify!($stream) => {
                        let request = $crate::operation::parse_request(operation, request)?;
                        let items = self.$stream(request).await?;
                        Ok($crate::operation::many(stringify!($stream), items))
                    })*)?
                    _ => Err($crate::operation::unknown($capability, operation)),
                }
            }
        }
    };
}

#[doc(hidden)]
#[must_use]
pub const fn addressed(declared: &[(&'static str, &'static str)]) -> Option<Addressed> {
    match declared {
        [(member, collection)] => Some(Addressed { member, collection, beside: None }),
        _ => None,
    }
}

#[doc(hidden)]
#[must_use]
pub fn schema_of<T: JsonSchema>() -> Schema {
    schemars::schema_for!(T)
}

#[doc(hidden)]
pub fn admit(operations: &[Operation], capability: &str, name: &str, principal: &Principal) -> Result<()> {
    let operation = operations.iter().find(|operation| operation.name == name);
    let operation = operation.ok_or_else(|| unknown(capability, name))?;
    if principal.role < operation.role {
        let message = format!("needs the role {:?}, and {} has {:?}", operation.role, principal.name, principal.role);
        return Err(Error::new(ErrorKind::Forbidden, operation.full_name(), message));
    }
    Ok(())
}

#[doc(hidden)]
#[must_use]
pub fn unknown(capability: &str, name: &str) -> Error {
    let message = "there is no such operation here; the other side may be of another version";
    Error::new(ErrorKind::Unsupported, "dispatch", message).with("operation", format!("{capability}.{name}"))
}

#[doc(hidden)]
pub fn parse_request<T: DeserializeOwned>(operation: &str, request: &[u8]) -> Result<T> {
    let mut json = serde_json::Deserializer::from_slice(request);
    let parsed = serde_path_to_error::deserialize(&mut json)
        .map_err(|cause| unparsable(operation, pointer(cause.path()), cause.inner()))?;
    json.end().map_err(|cause| unparsable(operation, "#".into(), &cause))?;
    Ok(parsed)
}

fn unparsable(operation: &str, pointer: String, cause: &serde_json::Error) -> Error {
    let message = format!("the request does not parse: {cause}");
    Error::new(ErrorKind::InvalidArgument, operation.to_owned(), message).with(POINTER, pointer)
}

/// Where in the request: a JSON pointer as URI fragment (RFC 6901 §6).
fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter().fold("#".to_owned(), |pointer, segment| match segment {
        Segment::Seq { index } => format!("{pointer}/{index}"),
        Segment::Map { key } => format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1")),
        Segment::Enum { .. } | Segment::Unknown => pointer,
    })
}

#[doc(hidden)]
pub fn one<T: Serialize>(operation: &str, response: &T) -> Result<Reply> {
    serde_json::to_vec(response).map(Reply::One).map_err(|cause| unwritable(operation, cause))
}

#[doc(hidden)]
#[must_use]
pub fn many<T: Serialize + Send + 'static>(operation: &'static str, items: BoxStream<'static, Result<T>>) -> Reply {
    let write = move |item: Result<T>| serde_json::to_vec(&item?).map_err(|cause| unwritable(operation, cause));
    Reply::Many(items.map(write).boxed())
}

#[doc(hidden)]
pub async fn call<Q: Serialize + Sync, A: DeserializeOwned>(
    invoke: &dyn Invoke,
    operations: &'static [Operation],
    name: &'static str,
    request: &Q,
) -> Result<A> {
    let operation = declared(operations, name);
    let request = serde_json::to_vec(request).map_err(|cause| unwritable(name, cause))?;
    let response = invoke.call(operation, request).await?;
    parse_response(operation, &response)
}

#[doc(hidden)]
pub async fn open<Q: Serialize + Sync, A: DeserializeOwned + 'static>(
    invoke: &dyn Invoke,
    operations: &'static [Operation],
    name: &'static str,
    request: &Q,
) -> Result<BoxStream<'static, Result<A>>> {
    let operation = declared(operations, name);
    let request = serde_json::to_vec(request).map_err(|cause| unwritable(name, cause))?;
    let items = invoke.open(operation, request).await?;
    Ok(items.map(move |item| parse_response(operation, &item?)).boxed())
}

fn declared(operations: &'static [Operation], name: &str) -> &'static Operation {
    operations.iter().find(|operation| operation.name == name).expect("the table that made the method lists it")
}

fn parse_response<T: DeserializeOwned>(operation: &Operation, response: &[u8]) -> Result<T> {
    serde_json::from_slice(response).map_err(|cause| {
        let message = "the response does not parse; the other side may be of another version";
        Error::new(ErrorKind::Corrupt, operation.full_name(), message).because(cause)
    })
}

fn unwritable(operation: &str, cause: serde_json::Error) -> Error {
    Error::new(ErrorKind::Internal, operation.to_owned(), "cannot be written as JSON").because(cause)
}
