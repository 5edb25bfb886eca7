"""What can go wrong, by its kind.

All are an :class:`Error`, so ``except iiot.Error`` catches everything. What to branch on is the class, or ``code``, which is
the same in Rust, REST and Node.
"""

from __future__ import annotations

from typing import ClassVar


class Error(Exception):
    """Something went wrong; the text says what, with what, why, and what to do."""

    code: ClassVar[str] = "internal"
    """The kind, as REST and Node name it."""

    retryable: bool
    """Whether the same can succeed later without being changed."""
    operation: str
    """What was being done."""
    status: str
    """The StatusCode of the server, else that of the kind."""
    context: dict[str, str]
    """With what: the node, the endpoint, the file."""

    def __init__(
        self,
        message: str,
        *,
        retryable: bool = False,
        operation: str = "",
        status: str = "",
        context: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.retryable = retryable
        self.operation = operation
        self.status = status
        self.context = context or {}

    def __reduce__(self) -> tuple[object, ...]:
        return (_again, (type(self), str(self), self.retryable, self.operation, self.status, self.context))


def _again(
    kind: type[Error], message: str, retryable: bool, operation: str, status: str, context: dict[str, str]
) -> Error:
    return kind(message, retryable=retryable, operation=operation, status=status, context=context)


class InvalidArgument(Error):
    """The request or the configuration is wrong; it must be changed."""

    code: ClassVar[str] = "invalid_argument"


class NotFound(Error):
    """There is no such node, record, file or name."""

    code: ClassVar[str] = "not_found"


class AlreadyExists(Error):
    """It exists already."""

    code: ClassVar[str] = "already_exists"


class Conflict(Error):
    """Somebody else has changed the record meanwhile; read it again."""

    code: ClassVar[str] = "conflict"


class Unauthenticated(Error):
    """Who asks is not known: wrong user name, password, key or token."""

    code: ClassVar[str] = "unauthenticated"


class Forbidden(Error):
    """Who asks is known and may not."""

    code: ClassVar[str] = "forbidden"


class Untrusted(Error):
    """A certificate was refused; the text names the check."""

    code: ClassVar[str] = "untrusted"


class Security(Error):
    """The other side refused our security: policy, mode, certificate, signature."""

    code: ClassVar[str] = "security"


class Unavailable(Error):
    """The other side cannot be reached or has gone."""

    code: ClassVar[str] = "unavailable"


class TimedOut(Error):
    """There was no answer within the time allowed."""

    code: ClassVar[str] = "timeout"


class Cancelled(Error):
    """The caller gave up."""

    code: ClassVar[str] = "cancelled"


class Closed(Error):
    """It was closed before or during the call."""

    code: ClassVar[str] = "closed"


class LimitExceeded(Error):
    """A limit was met: size, count, rate, memory."""

    code: ClassVar[str] = "limit_exceeded"


class Unsupported(Error):
    """The other side, or this build, cannot do this."""

    code: ClassVar[str] = "unsupported"


class Protocol(Error):
    """The other side broke the protocol."""

    code: ClassVar[str] = "protocol"


class Corrupt(Error):
    """Data does not decode."""

    code: ClassVar[str] = "corrupt"


class Rejected(Error):
    """The server answered with a bad StatusCode; see ``status``."""

    code: ClassVar[str] = "rejected"


class Indeterminate(Error):
    """It is not known whether the change took place; nobody tries again."""

    code: ClassVar[str] = "indeterminate"


class Io(Error):
    """Reading or writing a file failed."""

    code: ClassVar[str] = "io"


class Internal(Error):
    """A defect of iiot."""

    code: ClassVar[str] = "internal"


KINDS: dict[str, type[Error]] = {kind.code: kind for kind in Error.__subclasses__()}
"""The class of each code."""


def error_of(
    code: str, message: str, retryable: bool, operation: str, status: str, context: dict[str, str]
) -> Error:
    """The exception for what Rust tells."""
    kind = KINDS.get(code, Error)
    return kind(message, retryable=retryable, operation=operation, status=status, context=context)
