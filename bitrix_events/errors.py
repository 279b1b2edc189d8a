"""The whole exception tree.

    BitrixEventsError
      SettingsError             the start is refused; names the variable
      HandlerSignatureError     the registration is refused; names handler and parameter
      FormError                 400: the body is no form, or one that costs too much
      EnvelopeError             400: the form is no Bitrix24 callback; names the field
      VerificationError         403: the sender is not proven; never says which part was wrong
      StoreError                the store cannot take or give what was asked
        InstallationChanged     somebody else was faster; look again
      TransportError            no usable HTTP answer; says whether the request may have arrived
      OAuthError                the OAuth server refused a request
      RestError                 the portal answered with an error; method, code, description, portal
        RateLimited             too many requests to this portal
        OperationTimeLimit      one method of this portal used up its time
        TokenExpired            the access token was refused, and so was a renewed one
        AccessDenied            rights, scope or plan
        NotFound                the record does not exist
        InstallationGone        the portal no longer has us, or does not let us in
        PortalMoved             the portal answers at an address that could not be proven
        PortalUnreachable       no answer that can be used; says whether the call may have been run
        IncompleteList          a list could not be read completely
        BatchError              commands of a batch failed; carries the good results too

Handlers steer their own fate with `RetryLater`, `Drop` and `GiveUp` (see `routing.retry`), which
are control flow and not in this tree.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


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


class TransportError(BitrixEventsError):
    """A request got no usable HTTP answer.

    Attributes:
        sent: whether the request may have reached the other side. False means that it surely did
            not run there.
    """

    def __init__(self, reason: str, *, sent: bool) -> None:
        super().__init__(reason)
        self.sent = sent


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
        status: HTTP status of the answer; 0 where there was none.

    Source: protocol.md 4.4 and 4.5.
    """

    def __init__(
        self, method: str, code: str, description: str, *, portal: str, status: int = 0
    ) -> None:
        super().__init__(f"{method} on {portal}: {code or 'error'}: {description or 'no text'}")
        self.method = method
        self.code = code
        self.description = description
        self.portal = portal
        self.status = status


class RateLimited(RestError):
    """``QUERY_LIMIT_EXCEEDED``: too many requests to this portal from this machine.

    Attributes:
        retry_after: seconds after which a new try makes sense.
    """

    retry_after: float = 2.0


class OperationTimeLimit(RestError):
    """``OPERATION_TIME_LIMIT``: this one method used up its time for the next minutes."""


class TokenExpired(RestError):
    """The access token was refused and a renewed one, if there was one, too."""


class AccessDenied(RestError):
    """The user, the scope of the app, or the plan of the portal does not allow this call."""


class NotFound(RestError):
    """The record does not exist (any more)."""


class InstallationGone(RestError):
    """The app was removed from the portal, is not paid, or must be authorised anew."""


class PortalMoved(RestError):
    """The portal redirects to an address that could not be proven to be the same portal."""


class PortalUnreachable(RestError):
    """No usable answer: no connection, a timeout, an HTML page instead of JSON.

    Attributes:
        maybe_executed: whether the portal may have run the call before the answer was lost. A
            repeat of a call that creates something is safe only if this is False.
    """

    def __init__(
        self, method: str, description: str, *, portal: str, maybe_executed: bool, status: int = 0
    ) -> None:
        super().__init__(method, "no usable answer", description, portal=portal, status=status)
        self.maybe_executed = maybe_executed


class IncompleteList(RestError):
    """The list changed while it was read by offset, or the portal skipped rows."""


class BatchError(RestError):
    """At least one command of a batch failed.

    Attributes:
        results: response by command name, for the commands that succeeded.
        errors: `RestError` by command name, for those that did not.
    """

    def __init__(
        self, *, portal: str, results: Mapping[str, Any], errors: Mapping[str, RestError]
    ) -> None:
        first = next(iter(errors))
        text = f"{len(errors)} of {len(errors) + len(results)} commands failed; {first}: "
        super().__init__("batch", "BATCH_FAILED", f"{text}{errors[first]}", portal=portal)
        self.results = results
        self.errors = errors
