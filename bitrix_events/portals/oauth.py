"""The OAuth server: giving and renewing tokens, and telling whose a token is.

The client secret goes to the configured servers and nowhere else; nothing that arrives in a
request can name another one.

Source: protocol.md 2.3, 2.5, 3.2 and 3.5.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from pydantic import SecretStr

from bitrix_events.errors import OAuthError, TransportError
from bitrix_events.wire.envelope import (
    NO_SECRET,
    Credentials,
    domain_of,
    seconds_of_life,
    split_scope,
)
from bitrix_events.wire.numbers import whole_number


class Answer(Protocol):
    """An HTTP answer."""

    @property
    def status(self) -> int: ...
    @property
    def body(self) -> bytes: ...


Fields = Mapping[str, str | SecretStr]


class Http(Protocol):
    """What sends requests."""

    async def post_form(self, url: str, fields: Mapping[str, str]) -> Answer:
        """POST a flat form; raises `TransportError`."""

    async def post_json(self, url: str, content: bytes) -> Answer:
        """POST a JSON text; raises `TransportError`."""


class AppStatus(StrEnum):
    """How a portal has the app, in the letters of `AppInfo.status` and `Installation.status`.

    Those are plain texts, lest a letter that Bitrix24 adds breaks anything; they compare:
    ``installation.status == AppStatus.PAID``. Source: protocol.md 1.4.
    """

    FREE = "F"
    DEMO = "D"
    TRIAL = "T"
    PAID = "P"
    LOCAL = "L"
    SUBSCRIPTION = "S"


@dataclass(frozen=True, slots=True)
class AppInfo:
    """What the OAuth server knows about an access token: whose app, which portal, which user.

    Attributes:
        client_endpoint: root of the portal's REST interface.
        status: see `AppStatus`.
        expires_at: end of the token, by the server's clock; None if it did not say.
        is_installed: whether the installation is complete.
        version: of the app on that portal; 0 if the server did not say.
    """

    client_id: str
    member_id: str
    client_endpoint: str
    user_id: int
    scope: tuple[str, ...]
    status: str
    expires_at: datetime | None = None
    is_installed: bool = True
    version: int = 0


@dataclass(frozen=True, slots=True)
class Grant:
    """A new pair of tokens."""

    access: SecretStr
    refresh: SecretStr
    expires_in: int
    member_id: str
    client_endpoint: str
    user_id: int
    scope: tuple[str, ...]
    status: str

    def claim(self) -> Credentials:
        """The same in the shape of a callback, to be proven as one."""
        return Credentials(
            application_token=NO_SECRET,
            member_id=self.member_id,
            domain=domain_of(self.client_endpoint),
            client_endpoint=self.client_endpoint,
            access_token=self.access,
            refresh_token=self.refresh,
            expires_in=self.expires_in,
            user_id=self.user_id or None,
            scope=self.scope,
            status=self.status,
        )


class OAuthServer:
    """The configured OAuth servers, which share one database.

    Args:
        urls: base addresses, the preferred one first; another is asked if one cannot be reached.
    """

    def __init__(
        self, http: Http, urls: Sequence[str], client_id: str, client_secret: SecretStr
    ) -> None:
        self._http = http
        self._urls = tuple(urls)
        self._client_id = client_id
        self._client_secret = client_secret

    @property
    def client_id(self) -> str:
        """Our app's id."""
        return self._client_id

    async def app_info(self, access_token: SecretStr, *, server_endpoint: str = "") -> AppInfo:
        """Ask whose token this is.

        Args:
            server_endpoint: which server the portal uses; only picks one of the configured.

        Raises:
            OAuthError: the token is good for nothing.
            TransportError: no server could be reached, or none gave a usable answer.
        """
        fields = {"auth": access_token}
        result = (await self._ask("/rest/app.info", fields, server_endpoint)).get("result")
        install = result.get("install") if isinstance(result, dict) else None
        if not isinstance(result, dict) or not isinstance(install, dict):
            raise TransportError("the OAuth server described no installation", sent=True)
        return AppInfo(
            client_id=str(result.get("client_id", "")),
            member_id=str(install.get("member_id", "")),
            client_endpoint=str(install.get("client_endpoint", "")),
            user_id=whole_number(result.get("user_id")) or 0,
            scope=_scope(result.get("scope") or install.get("scope")),
            status=str(install.get("status", "")),
            expires_at=_moment(result.get("expires")),
            is_installed=install.get("installed") is not False,
            version=whole_number(install.get("version")) or 0,
        )

    async def exchange(self, code: SecretStr) -> Grant:
        """Trade the code of an authorisation, which works once and for 30 seconds, for tokens.

        Raises:
            OAuthError: refused; ``invalid_grant`` if the code is wrong, used or too old.
            TransportError: no usable answer; if it was sent, the code may be used up.

        Source: protocol.md 3.1 and 3.2.
        """
        return await self._grant({"grant_type": "authorization_code", "code": code})

    async def refresh(self, refresh_token: SecretStr) -> Grant:
        """Trade a refresh token, which works once, for a new pair.

        Raises:
            OAuthError: refused; ``invalid_grant`` if the token was used or is too old.
            TransportError: no usable answer; if it was sent, the token may be used up.
        """
        return await self._grant({"grant_type": "refresh_token", "refresh_token": refresh_token})

    async def _grant(self, request: Fields) -> Grant:
        """Ask for tokens with what proves that we are the app."""
        proof: Fields = {"client_id": self._client_id, "client_secret": self._client_secret}
        grant = _grant(await self._ask("/oauth/token/", {**request, **proof}, ""))
        if grant is None:
            raise TransportError("the OAuth server's answer has no tokens", sent=True)
        return grant

    async def _ask(self, path: str, fields: Fields, server_endpoint: str) -> dict[str, Any]:
        named = domain_of(server_endpoint)
        urls = sorted(self._urls, key=lambda url: domain_of(url) != named)
        for index, url in enumerate(urls):
            try:
                answer = await self._post(url + path, fields)
            except TransportError as error:
                if error.sent or index == len(urls) - 1:
                    raise
                continue
            return _read(answer)
        raise AssertionError("settings name at least one OAuth server")

    async def _post(self, url: str, fields: Fields) -> Answer:
        """Send a request. Whatever goes wrong, no frame of the traceback holds a secret."""
        try:
            return await self._http.post_form(url, _opened(fields))
        except TransportError as error:
            failure = TransportError(str(error), sent=error.sent, too_large=error.too_large)
        raise failure


def _opened(fields: Fields) -> dict[str, str]:
    return {
        name: value.get_secret_value() if isinstance(value, SecretStr) else value
        for name, value in fields.items()
    }


def _grant(content: Mapping[str, Any]) -> Grant | None:
    """The tokens of an answer, if it has some."""
    access, refresh = content.get("access_token"), content.get("refresh_token")
    if not (isinstance(access, str) and access and isinstance(refresh, str) and refresh):
        return None
    return Grant(
        access=SecretStr(access),
        refresh=SecretStr(refresh),
        expires_in=seconds_of_life(str(content.get("expires_in", ""))),
        member_id=str(content.get("member_id", "")),
        client_endpoint=str(content.get("client_endpoint", "")),
        user_id=whole_number(content.get("user_id")) or 0,
        scope=_scope(content.get("scope")),
        status=str(content.get("status", "")),
    )


def _read(answer: Answer) -> dict[str, Any]:
    try:
        content = json.loads(answer.body)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise TransportError(f"the OAuth server answered {answer.status} without JSON", sent=True)
    is_busy = answer.status == 429 or content.get("error") == "QUERY_LIMIT_EXCEEDED"
    if answer.status >= 500 or is_busy:  # whatever it says: nobody's tokens are bad for it
        raise TransportError(f"the OAuth server answered {answer.status}", sent=True)
    if "error" in content:
        code, text = str(content["error"]), str(content.get("error_description", ""))
        raise OAuthError(code, text, status=answer.status)
    return content


def _moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None


def _scope(value: object) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(map(str, value))
    return split_scope(value) if isinstance(value, str) else ()
