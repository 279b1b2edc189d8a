"""A decoded form to the callback it carries: an event, or a page opened in the portal.

Nothing is believed here. Everything in an envelope is a claim until `wire.verify` or the OAuth
server has proven the sender.

Source: protocol.md 1.1, 1.3, 1.4 and 1.11.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from pydantic import SecretStr

from bitrix_events.errors import EnvelopeError
from bitrix_events.wire.form import DEFAULT_LIMITS, FormDict, FormLimits, FormValue, decode_form
from bitrix_events.wire.numbers import whole_number

HIDDEN: Final = "***"
"""What stands where a secret stood."""

NO_SECRET: Final = SecretStr("")

_OFFERING_CODE: Final = "ONAPPUSERREADY"
_CODE: Final = re.compile(r"[A-Z][A-Z0-9_.]{0,99}\Z")
_DOMAIN: Final = re.compile(r"([a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)(?::([0-9]{1,5}))?\Z")
_MEMBER_ID: Final = re.compile(r"[0-9A-Za-z_.-]{0,64}\Z")
_KNOWN_TEXTS: Final = 1024
"""Portals send the same scopes and addresses with every event."""
_BEFORE_AUTH: Final = b"&auth%5B"
_ONLY_AUTH: Final = re.compile(
    rb"auth%5B(?:[\w.~*+=-]|%[2-7][0-9A-Fa-f])*(?:&auth%5B(?:[\w.~*+=-]|%[2-7][0-9A-Fa-f])*)*\Z"
)
"""Fields that say who sends, in characters that mean the same whatever stands before them."""
_KNOWN_BODY_BYTES: Final = 4096
_KNOWN_SENDERS: Final = 1024
_SECRET_NAMES: Final = frozenset(
    {
        "access_token",
        "refresh_token",
        "application_token",
        "client_secret",
        "auth_id",
        "refresh_id",
        "code_verifier",
    }
)


@dataclass(slots=True)
class Credentials:
    """What a callback says about its sender. Tokens it lacks are empty.

    Attributes:
        domain: address of the portal, ``host`` or ``host:port``, in lower case; from
            ``client_endpoint`` where there is one, since ``domain`` may name the OAuth server.
        expires_in: seconds for which the access token is good.
    """

    application_token: SecretStr
    member_id: str = ""
    domain: str = ""
    client_endpoint: str = ""
    server_endpoint: str = ""
    access_token: SecretStr = NO_SECRET
    refresh_token: SecretStr = NO_SECRET
    expires_in: int = 3600
    user_id: int | None = None
    scope: tuple[str, ...] = ()
    status: str = ""


@dataclass(slots=True)
class Envelope:
    """An event as it arrived.

    Attributes:
        data: the event's data without any token in it; ``{}`` if it had none.
        offered: the tokens that ONAPPUSERREADY brings in its data.
    """

    code: str
    data: FormValue
    credentials: Credentials
    sent_at: datetime | None
    event_handler_id: int | None
    offered: Credentials | None = None


_known_senders: Final[dict[bytes, tuple[FormLimits, Credentials]]] = {}
"""By the fields of a body that name them, and nothing else in it does."""


def read_event(form: FormDict) -> Envelope:
    """Read an event callback.

    Raises:
        EnvelopeError: something is missing or has the wrong shape; the text names the field.
    """
    code = _code(form)
    auth = form.get("auth")
    if not isinstance(auth, dict):
        raise EnvelopeError("auth is missing" if auth is None else "auth is not a mapping")
    token = _text(auth, "application_token", where="auth")
    if not token:
        raise EnvelopeError("auth[application_token] is missing")
    return _envelope(code, form, _credentials(auth, SecretStr(token), where="auth"))


def read_event_body(body: bytes, limits: FormLimits = DEFAULT_LIMITS) -> Envelope:
    """`decode_form` and `read_event` of a body.

    The last fields say who sends, and a webhook says the same each time, an app the same until its
    token is another: so they are read once.

    Raises:
        FormError: it is no form.
        EnvelopeError: see `read_event`.
    """
    seam = body.find(_BEFORE_AUTH) + 1
    if not seam or len(body) > _KNOWN_BODY_BYTES or body.count(b"&") >= limits.fields:
        return read_event(decode_form(body, limits))
    beginning, ending = body[: seam - 1], body[seam:]
    limits_then, known = _known_senders.get(ending, (None, None))
    if known is not None and limits_then is limits:
        form = decode_form(beginning, limits)
        if "auth" not in form:
            return _envelope(_code(form), form, known)
    envelope = read_event(decode_form(body, limits))
    _learn_sender(beginning, ending, limits, envelope.credentials)
    return envelope


def _learn_sender(
    beginning: bytes, ending: bytes, limits: FormLimits, credentials: Credentials
) -> None:
    """Remember who sends bodies with this ending, if nothing before it has a say in that, and if
    the two together exceed no limit that neither exceeds alone."""
    are_usual = limits == replace(DEFAULT_LIMITS, body_bytes=limits.body_bytes)
    if (
        _ONLY_AUTH.match(ending)
        and are_usual
        and limits.body_bytes >= _KNOWN_BODY_BYTES
        and "auth" not in decode_form(beginning, limits)
    ):
        if len(_known_senders) >= _KNOWN_SENDERS:
            _known_senders.clear()
        _known_senders[ending] = (limits, credentials)


def _code(form: FormDict) -> str:
    if "event" not in form:
        raise EnvelopeError(_what_it_is_instead(form))
    code = _text(form, "event").upper()
    if not _CODE.match(code):
        raise EnvelopeError("event is not an event code such as ONCRMDEALADD")
    return code


def _envelope(code: str, form: FormDict, credentials: Credentials) -> Envelope:
    data = form.get("data") or {}
    offered = None
    if code == _OFFERING_CODE and isinstance(data, dict):
        offered = _credentials(data, credentials.application_token, where="data")
    return Envelope(
        code=code,
        data=without_secrets(data),
        sent_at=_moment(_text(form, "ts")),
        event_handler_id=whole_number(_text(form, "event_handler_id")),
        credentials=credentials,
        offered=offered,
    )


def is_page(form: FormDict) -> bool:
    """Whether the form is a page that a user opened inside the portal."""
    return "AUTH_ID" in form and "event" not in form


def read_page(form: FormDict, query: FormDict) -> Credentials:
    """Read the POST that opens our page in the portal's frame.

    Raises:
        EnvelopeError: something is missing or has the wrong shape; the text names the field.

    Source: protocol.md 1.11.
    """
    for name in ("AUTH_ID", "REFRESH_ID", "member_id"):
        if not _text(form, name):
            raise EnvelopeError(f"{name} is missing")
    return Credentials(
        application_token=SecretStr(_text(form, "APPLICATION_TOKEN")),
        member_id=_member_id(form),
        domain=_domain(_text(query, "DOMAIN")),
        server_endpoint=_text(form, "SERVER_ENDPOINT"),
        access_token=SecretStr(_text(form, "AUTH_ID")),
        refresh_token=SecretStr(_text(form, "REFRESH_ID")),
        expires_in=seconds_of_life(_text(form, "AUTH_EXPIRES")),
        scope=split_scope(_text(form, "APPLICATION_SCOPE")),
        status=_text(form, "status"),
    )


def read_credentials(form: FormDict) -> Credentials:
    """Read what a callback of any kind says about its sender: an event, a page, a robot.

    Raises:
        EnvelopeError: it says nothing, or in the wrong shape; the text names the field.

    Source: protocol.md 1.4, 1.7 and 1.11.
    """
    if is_page(form):
        return read_page(form, {})
    auth = form.get("auth")
    if not isinstance(auth, dict):
        raise EnvelopeError("auth is missing" if auth is None else "auth is not a mapping")
    token = _text(auth, "application_token", where="auth")
    return _credentials(auth, SecretStr(token), where="auth")


def without_secrets(value: Any) -> Any:
    """The same nested value with every token replaced by `HIDDEN`, at any depth.

    Bots carry tokens inside ``data`` (protocol.md 1.8), and ONAPPUSERREADY a whole token set.
    """
    if isinstance(value, dict):
        return {
            name: HIDDEN if name.lower() in _SECRET_NAMES and item else without_secrets(item)
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [without_secrets(item) for item in value]
    return value


@lru_cache(maxsize=_KNOWN_TEXTS)
def split_scope(scope: str) -> tuple[str, ...]:
    """``"crm, task"`` to ``("crm", "task")``. Source: protocol.md 1.4 ("Split scope")."""
    return tuple(filter(None, re.split(r"[,\s]+", scope)))


@lru_cache(maxsize=_KNOWN_TEXTS)
def domain_of(url: str) -> str:
    """``host`` or ``host:port`` of an http(s) address in lower case; ``""`` if it has none."""
    match = re.match(r"(https?)://([^/?#@\\\s]+)(?:[/?#]|\Z)", url, flags=re.IGNORECASE)
    return _domain(match[2], is_http=match[1].lower() == "http") if match else ""


@lru_cache(maxsize=_KNOWN_TEXTS)
def _domain(text: str, *, is_http: bool = False) -> str:
    """The address in lower case, without the port that goes without saying."""
    domain = text.lower()
    match = _DOMAIN.match(domain)
    if match is None or int(match[2] or 0) > 65535:
        return ""
    return match[1] if match[2] == ("80" if is_http else "443") else domain


_CREDENTIALS: Final = (
    "client_endpoint",
    "domain",
    "server_endpoint",
    "access_token",
    "refresh_token",
    "expires_in",
    "user_id",
    "scope",
    "status",
)


def _credentials(
    source: Mapping[str, FormValue], application_token: SecretStr, *, where: str
) -> Credentials:
    endpoint, domain, server, access, refresh, expires, user, scope, status = (
        _text(source, name, where=where) if name in source else "" for name in _CREDENTIALS
    )
    return Credentials(
        application_token=application_token,
        member_id=_member_id(source, where=where),
        domain=domain_of(endpoint) or _domain(domain),
        client_endpoint=endpoint,
        server_endpoint=server,
        access_token=SecretStr(access) if access else NO_SECRET,
        refresh_token=SecretStr(refresh) if refresh else NO_SECRET,
        expires_in=seconds_of_life(expires),
        user_id=whole_number(user),
        scope=split_scope(scope),
        status=status,
    )


def _what_it_is_instead(form: FormDict) -> str:
    if "event_token" in form:
        return "this is a robot or activity callback, not an event: event is missing"
    if "message_id" in form and "message_to" in form:
        return "this is an SMS provider callback, not an event: event is missing"
    if is_page(form):
        return "this is a page opened in the portal, not an event: point it at /install"
    return "event is missing"


def _text(form: Mapping[str, FormValue], name: str, *, where: str = "") -> str:
    """A text field; ``""`` if it is absent. A list or mapping in its place is refused."""
    value = form.get(name, "")
    if not isinstance(value, str):
        field = f"{where}[{name}]" if where else name
        shape = "a list" if isinstance(value, list) else "a mapping"
        raise EnvelopeError(f"{field} is {shape}; it has to be a text")
    return value


def seconds_of_life(text: str) -> int:
    """How long a token is good: an hour if it is not said, a day at the most."""
    return min(whole_number(text) or 3600, 24 * 3600)


def _member_id(form: Mapping[str, FormValue], *, where: str = "") -> str:
    text = _text(form, "member_id", where=where)
    if not _MEMBER_ID.match(text):
        raise EnvelopeError(f"{f'{where}[member_id]' if where else 'member_id'} is no portal's id")
    return text


def _moment(text: str) -> datetime | None:
    seconds = whole_number(text)
    try:
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
