//! One error type for the whole platform.
//!
//! An [`Error`] says what was being done ([`operation`](Error::operation)), to what
//! ([`context`](Error::context)), which kind of failure it was ([`ErrorKind`]) and whether trying
//! again can help. Its text never repeats its source: print the chain with [`Error::report`].

use std::borrow::Cow;
use std::fmt;

use crate::ua::StatusCode;

/// The result of nearly everything here.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Declares the kinds once: variant, stable code, HTTP status, OPC UA StatusCode, retryable.
macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $code:literal, $http:literal, $status:ident, $retryable:literal;)*) => {
        /// What went wrong, in terms a caller can branch on.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorKind { $($(#[$doc])* $kind,)* }

        impl ErrorKind {
            /// Every kind, for tests that must not forget one.
            pub const ALL: &'static [Self] = &[$(Self::$kind),*];

            /// The stable name that bindings, RPC and REST carry.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$kind => $code,)* }
            }

            /// The HTTP status a REST face answers with.
            #[must_use]
            pub const fn http_status(self) -> u16 {
                match self { $(Self::$kind => $http,)* }
            }

            /// The StatusCode an OPC UA face answers with.
            #[must_use]
            pub const fn status_code(self) -> StatusCode {
                match self { $(Self::$kind => StatusCode::$status,)* }
            }

            /// Whether the same request can succeed later without being changed.
            #[must_use]
            pub const fn is_retryable(self) -> bool {
                match self { $(Self::$kind => $retryable,)* }
            }

            /// The kind with this code.
            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|kind| kind.code() == code)
            }
        }
    };
}

kinds! {
    /// The request or the configuration is wrong; it must be changed.
    InvalidArgument = "invalid_argument", 400, BadInvalidArgument, false;
    /// No such node, record, file or name.
    NotFound = "not_found", 404, BadNotFound, false;
    /// It exists already.
    AlreadyExists = "already_exists", 409, BadEntryExists, false;
    /// The record was changed by somebody else meanwhile; read it again.
    Conflict = "conflict", 412, BadInvalidState, true;
    /// Who is asking is not known: wrong user name, password, key or token.
    Unauthenticated = "unauthenticated", 401, BadIdentityTokenRejected, false;
    /// Who is asking is known and may not.
    Forbidden = "forbidden", 403, BadUserAccessDenied, false;
    /// A certificate was refused; the message names the failing check.
    Untrusted = "untrusted", 502, BadCertificateUntrusted, false;
    /// The other side refused our security: policy, mode, certificate, signature.
    Security = "security", 502, BadSecurityChecksFailed, false;
    /// The other side cannot be reached or has gone.
    Unavailable = "unavailable", 503, BadCommunicationError, true;
    /// No answer within the time allowed.
    Timeout = "timeout", 504, BadTimeout, true;
    /// The caller gave up.
    Cancelled = "cancelled", 499, BadRequestCancelledByClient, false;
    /// The object was closed before or during the call.
    Closed = "closed", 409, BadConnectionClosed, false;
    /// A limit was met: size, count, rate, memory.
    LimitExceeded = "limit_exceeded", 429, BadTooManyOperations, true;
    /// The other side, or this build, cannot do this.
    Unsupported = "unsupported", 501, BadNotSupported, false;
    /// The other side broke the protocol.
    Protocol = "protocol", 502, BadTcpInternalError, true;
    /// Data at rest or in flight does not decode.
    Corrupt = "corrupt", 500, BadDecodingError, false;
    /// The OPC UA server answered with a bad StatusCode; see [`Error::status`].
    Rejected = "rejected", 502, BadUnexpectedError, false;
    /// It is not known whether the change took place; nobody here will try again.
    Indeterminate = "indeterminate", 500, BadUnexpectedError, false;
    /// Reading or writing a file failed.
    Io = "io", 500, BadResourceUnavailable, true;
    /// A defect of this program.
    Internal = "internal", 500, BadInternalError, false;
}

type Source = Box<dyn std::error::Error + Send + Sync>;

/// What failed, where, why, and whether trying again can help.
pub struct Error(Box<Parts>);

struct Parts {
    kind: ErrorKind,
    operation: Cow<'static, str>,
    message: Cow<'static, str>,
    context: Vec<(Cow<'static, str>, String)>,
    status: Option<StatusCode>,
    retryable: bool,
    source: Option<Source>,
}

impl Error {
    /// An error of `kind` while doing `operation` (a short verb phrase: "open secure channel").
    /// The message is a lower-case fragment that says the cause and, where known, what to do.
    #[must_use]
    pub fn new(
        kind: ErrorKind,
        operation: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self(Box::new(Parts {
            kind,
            operation: operation.into(),
            message: message.into(),
            context: Vec::new(),
            status: None,
            retryable: kind.is_retryable(),
            source: None,
        }))
    }

    /// An error for a bad StatusCode that a server answered with.
    #[must_use]
    pub fn from_status(operation: &'static str, status: StatusCode) -> Self {
        let kind = kind_of(status);
        Self::new(kind, operation, format!("the server answered {status}")).with_status(status)
    }

    /// Adds what it was about: `("node", "ns=2;s=Boiler")`, `("endpoint", url)`. Said twice, it is
    /// there once.
    #[must_use]
    pub fn with(mut self, key: impl Into<Cow<'static, str>>, value: impl fmt::Display) -> Self {
        let entry = (key.into(), value.to_string());
        if !self.0.context.contains(&entry) {
            self.0.context.push(entry);
        }
        self
    }

    /// Sets the StatusCode that an OPC UA face should answer with.
    #[must_use]
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.0.status = Some(status);
        self
    }

    /// Sets the cause.
    #[must_use]
    pub fn because(mut self, source: impl Into<Source>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Overrides whether trying again can help.
    #[must_use]
    pub fn retryable(mut self, retryable: bool) -> Self {
        self.0.retryable = retryable;
        self
    }

    /// What kind of failure it was.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What was being done.
    #[must_use]
    pub fn operation(&self) -> &str {
        &self.0.operation
    }

    /// The message alone, without operation, context and source.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What it was about.
    #[must_use]
    pub fn context(&self) -> &[(Cow<'static, str>, String)] {
        &self.0.context
    }

    /// The StatusCode the server gave, else the one of the kind.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.status.unwrap_or_else(|| self.0.kind.status_code())
    }

    /// Whether the same request can succeed later without being changed.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.0.retryable
    }

    /// The whole chain in one sentence, each cause once.
    #[must_use]
    pub fn report(&self) -> String {
        let mut text = self.to_string();
        let mut next = std::error::Error::source(self);
        while let Some(cause) = next {
            text.push_str(": ");
            text.push_str(&cause.to_string());
            next = cause.source();
        }
        text
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.operation)?;
        for (index, (key, value)) in self.0.context.iter().enumerate() {
            let open = if index == 0 { " (" } else { ", " };
            write!(f, "{open}{key} {value}")?;
        }
        if !self.0.context.is_empty() {
            write!(f, ")")?;
        }
        write!(f, ": {}", self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[{}", self.0.kind.code(), self.0.operation)?;
        if let Some(status) = self.0.status {
            write!(f, ", {status}")?;
        }
        write!(f, "] {}", self.report())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

/// The kind for a StatusCode of a server: the inverse of [`ErrorKind::status_code`], widened.
fn kind_of(status: StatusCode) -> ErrorKind {
    use StatusCode as S;
    match StatusCode::from(status.bits() & 0xffff_0000) {
        S::BadIdentityTokenInvalid | S::BadIdentityTokenRejected | S::BadUserSignatureInvalid => {
            ErrorKind::Unauthenticated
        }
        S::BadUserAccessDenied | S::BadNotReadable | S::BadNotWritable => ErrorKind::Forbidden,
        S::BadCertificateUntrusted
        | S::BadCertificateInvalid
        | S::BadCertificateTimeInvalid
        | S::BadCertificateRevoked => ErrorKind::Untrusted,
        S::BadSecurityChecksFailed | S::BadSecurityPolicyRejected | S::BadSecurityModeRejected => ErrorKind::Security,
        S::BadNodeIdUnknown | S::BadNotFound | S::BadNoMatch => ErrorKind::NotFound,
        S::BadTimeout | S::BadRequestTimeout => ErrorKind::Timeout,
        S::BadCommunicationError
        | S::BadServerNotConnected
        | S::BadServerHalted
        | S::BadShutdown
        | S::BadNotConnected => ErrorKind::Unavailable,
        S::BadConnectionClosed
        | S::BadSecureChannelClosed
        | S::BadSecureChannelIdInvalid
        | S::BadSessionClosed
        | S::BadSessionIdInvalid => ErrorKind::Unavailable,
        S::BadTooManyOperations
        | S::BadTooManySessions
        | S::BadTooManySubscriptions
        | S::BadTooManyMonitoredItems
        | S::BadTooManyPublishRequests => ErrorKind::LimitExceeded,
        S::BadServiceUnsupported | S::BadNotSupported | S::BadNotImplemented => ErrorKind::Unsupported,
        S::BadInvalidArgument | S::BadNodeIdInvalid | S::BadTypeMismatch | S::BadOutOfRange => {
            ErrorKind::InvalidArgument
        }
        _ => ErrorKind::Rejected,
    }
}
