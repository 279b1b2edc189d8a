"""The whole exception tree.

    BitrixEventsError
      SettingsError             the start is refused; names the variable
      HandlerSignatureError     the registration is refused; names handler and parameter
      FormError                 400: the body is no form, or one that costs too much
      EnvelopeError             400: the form is no Bitrix24 callback; names the field
      VerificationError         403: the sender is not proven; never says which part was wrong
      StoreError                the store cannot take or give what was asked
        InstallationChanged     somebody else was faster; look again
        StoreUnreachable        the database does not answer just now
      TransportError            no usable HTTP answer; says whether the request may have arrived
      OAuthError                the OAuth server refused a request
      RestError                 a call failed; method, code, description, portal, status
        RateLimited             too many requests to this portal
        OperationTimeLimit      one method of this portal used up its time
        PortalBlocked           Bitrix24 blocked the portal's REST by hand, for hours
        TokenExpired            the access token was refused, and so was a renewed one
        AccessDenied            rights, scope or plan
          ConfirmationPending   an administrator has to approve the method first
        InvalidRequest          a parameter is wrong; `validation` says which
        MethodNotFound          no such method on this portal, or not in the app's scope
        NotFound                the record does not exist
        InstallationGone        the portal no longer has us, or does not let us in
        PortalMoved             the portal answers at an address that could not be proven
        PortalFault             the portal broke down while it worked on the call
        PortalUnreachable       no answer that can be used
          AnswerTooLarge        more than 16 MiB
        OutcomeUnknown          the call changes something, and may or may not have been run
        NotExecuted             a command of a batch that was not run, because another one failed
        IncompleteList          a list could not be read completely
        BatchError              commands of a batch failed; carries the good results too

Handlers steer their own fate with `RetryLater`, `Drop` and `GiveUp` (see `routing.retry`), which
are control flow and not in this tree.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self


class BitrixEventsError(Exception):
    """Base of every error that this package raises."""


class SettingsError(BitrixEventsError):
    """A setting is missing or contradicts another one. The text names the variable."""


class HandlerSignatureError(BitrixEventsError):
    """A handler asks for something that nobody can give it. Raised when it is registered."""


class FormError(BitrixEventsError):
    """The body is not a form that ``http_build_query`` can have written, or exceeds a limit."""


class EnvelopeError(BitrixEventsError):
    """The form lacks what every Bitrix24 callback has. The text names the field."""


class VerificationError(BitrixEventsError):
    """The sender could not be proven. ``reason`` is for the log, never for the answer."""

    def __init__(self, reason: str) -> None:
        super().__init__("the sender could not be verified")
        self.reason = reason


class StoreError(BitrixEventsError):
    """The store cannot take or give what was asked; the text says what to do."""


class InstallationChanged(StoreError):
    """Somebody else has changed the installation meanwhile; look again."""


class StoreUnreachable(StoreError):
    """The database does not answer just now. What was asked for is not done, and not done later.

    Attributes:
        ticket: of a delivery whose commit was under way, what the database will know it by if it
            is committed nevertheless; ``""`` if it surely was not.
    """

    def __init__(self, message: str, *, ticket: str = "") -> None:
        super().__init__(message)
        self.ticket = ticket


class TransportError(BitrixEventsError):
    """A request got no usable HTTP answer.

    Attributes:
        sent: whether the request may have reached the other side. False means that it surely did
            not run there.
        too_large: whether there was an answer, of more than 16 MiB.
    """

    def __init__(self, reason: str, *, sent: bool, too_large: bool = False) -> None:
        super().__init__(reason)
        self.sent = sent
        self.too_large = too_large


class OAuthError(BitrixEventsError):
    """The OAuth server refused a request.

    Attributes:
        code: its error code, ``invalid_grant``.

    Source: protocol.md 3.5.
    """

    def __init__(self, code: str, description: str, *, status: int = 0) -> None:
        super().__init__(f"the OAuth server answered {code or 'an error'}: {description}")
        self.code = code
        self.description = description
        self.status = status


class RestError(BitrixEventsError):
    """A REST call failed.

    Attributes:
        method: the REST method, ``crm.deal.get``.
        code: the portal's error code as it was sent, ``""`` where the portal gives none.
        description: the portal's explanation, possibly with HTML in it.
        portal: host name of the portal.
        status: HTTP status of the answer; 0 where there was none, and for a command of a batch.
        maybe_executed: whether the portal may have run the call all the same.
        content: the error as the portal sent it, decoded, with our secrets blanked out.
        request_id: what we sent as ``X-Request-ID``.
        hint: what the documentation says about the failure, such as the names of methods that are
            like an unknown one; ``""`` if nothing.
        transient: whether the same call may succeed a little later.

    Source: protocol.md 4.4 and 4.5.
    """

    transient: bool = False

    def __init__(
        self,
        method: str,
        code: str,
        description: str,
        *,
        portal: str,
        status: int = 0,
        maybe_executed: bool = False,
        content: Mapping[str, Any] | None = None,
        request_id: str = "",
    ) -> None:
        super().__init__(method, code, description)
        self.method = method
        self.code = code
        self.description = description
        self.portal = portal
        self.status = status
        self.maybe_executed = maybe_executed
        self.content = content or {}
        self.request_id = request_id
        self.hint = ""

    def __str__(self) -> str:
        where = f"{self.method} on {self.portal}" if self.portal else self.method
        what = f"{self.code or 'error'}: {self.description or 'no text'}"
        return f"{where}: {what}; {self.hint}" if self.hint else f"{where}: {what}"

    def __reduce__(self) -> Any:
        return _revive, (type(self), self.args, self.__dict__)

    def told_of(self, method: str) -> Self:
        """The same error of another method that shared the request."""
        twin: Self = _revive(type(self), (method, *self.args[1:]), self.__dict__)
        twin.method = method
        return twin


def _revive(kind: type[Any], args: tuple[Any, ...], state: Mapping[str, Any]) -> Any:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class RateLimited(RestError):
    """``QUERY_LIMIT_EXCEEDED``: too many requests to this portal from this machine. The client
    waits and repeats by itself; this is raised when its patience has ended.

    Attributes:
        retry_after: seconds after which a new try makes sense.
    """

    transient = True
    retry_after: float = 2.0


class OperationTimeLimit(RestError):
    """``OPERATION_TIME_LIMIT``: this method used up its time for the next minutes. The client
    waits and repeats by itself; this is raised when its patience has ended.

    Attributes:
        retry_after: seconds after which a new try makes sense.
    """

    transient = True
    retry_after: float = 60.0


class PortalBlocked(RestError):
    """``OVERLOAD_LIMIT``: Bitrix24 blocked REST of this portal by hand. Repeating makes it worse;
    write to the vendor's support."""


class TokenExpired(RestError):
    """The access token was refused and a renewed one, if there was one, too."""


class AccessDenied(RestError):
    """The user, the scope of the app, or the plan of the portal does not allow this call."""


class ConfirmationPending(AccessDenied):
    """``METHOD_CONFIRM_WAITING``: an administrator of the portal has been asked to approve the
    method; call again after the event ONAPPMETHODCONFIRM."""


class InvalidRequest(RestError):
    """A parameter is missing or wrong; nothing was done. With `Options.validate`, the client says
    so before anything is sent; ``code`` is then ``NOT_VALID``."""

    @property
    def validation(self) -> list[dict[str, Any]]:
        """What is wrong with which field, ``[{"field": ..., "message": ...}]``; REST 3.0 only."""
        error = self.content.get("error")
        found = error.get("validation") if isinstance(error, dict) else None
        return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


class MethodNotFound(RestError):
    """There is no such method on this portal: a wrong name, a scope that the app lacks, or an older
    on-premise version; ``hint`` tells which. With `Options.validate`, the client says so before
    anything is sent; ``code`` is then ``NOT_DOCUMENTED``."""


class NotFound(RestError):
    """The record does not exist (any more)."""


class InstallationGone(RestError):
    """The app was removed from the portal, is not paid, or must be authorised anew.

    Attributes:
        token_digest: SHA-256 of the access token that the portal turned away; None if it was not
            the portal that did, or by a webhook.
    """

    token_digest: bytes | None = None


class PortalMoved(RestError):
    """The portal redirects to an address that could not be proven to be the same portal."""


class PortalFault(RestError):
    """The portal broke down: ``INTERNAL_SERVER_ERROR``, or a page of HTML with status 5xx."""

    transient = True


class PortalUnreachable(RestError):
    """No usable answer: no connection, a timeout, an HTML page instead of JSON."""

    transient = True

    def __init__(
        self,
        method: str,
        description: str,
        *,
        portal: str,
        maybe_executed: bool,
        status: int = 0,
        request_id: str = "",
    ) -> None:
        super().__init__(
            method,
            "no usable answer",
            description,
            portal=portal,
            status=status,
            maybe_executed=maybe_executed,
            request_id=request_id,
        )


class AnswerTooLarge(PortalUnreachable):
    """The answer has more than 16 MiB; ask for less."""

    transient = False


class OutcomeUnknown(RestError):
    """A call that changes something got no usable answer: it may have been run, or not.

    It was not repeated, because a repeat may create a second record. Look whether it took effect
    before you call again. ``__cause__`` is what happened.
    """


class NotExecuted(RestError):
    """A command of a batch was not run: an earlier one failed, and the batch was to halt or the
    command refers to its result."""


class IncompleteList(RestError):
    """The list changed while it was read by offset, or the portal skipped rows."""


class BatchError(RestError, ExceptionGroup[RestError]):
    """At least one command of a batch failed; ``except*`` sees each error.

    Attributes:
        results: the `Response` by name, or by position, of the commands that succeeded.
        errors: the `RestError` by name, or by position, of those that did not.
    """

    def __new__(
        cls, *, portal: str, results: Mapping[Any, Any], errors: Mapping[Any, RestError]
    ) -> BatchError:
        return super().__new__(cls, "commands of a batch failed", list(errors.values()))

    def __init__(
        self, *, portal: str, results: Mapping[Any, Any], errors: Mapping[Any, RestError]
    ) -> None:
        first = next(iter(errors))
        text = f"{len(errors)} of {len(errors) + len(results)} commands failed; {first}: "
        RestError.__init__(self, "batch", "BATCH_FAILED", f"{text}{errors[first]}", portal=portal)
        self.results = results
        self.errors = errors

    def __reduce__(self) -> Any:
        return _batch_error, (self.portal, self.results, self.errors)

    def derive(self, excs: Sequence[Any]) -> ExceptionGroup[Any]:
        return ExceptionGroup(str(self), list(excs))


def _batch_error(portal: str, results: Any, errors: Any) -> BatchError:
    return BatchError(portal=portal, results=results, errors=errors)
