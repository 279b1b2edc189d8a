"""The OAuth server: renewing tokens, and telling whose a token is.

The client secret goes to the configured servers and nowhere else; nothing that arrives in a
request can name another one.

Source: protocol.md 2.3, 2.5, 3.2 and 3.5.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import SecretStr

from bitrix_events.errors import OAuthError, TransportError
from bitrix_events.wire.envelope import domain_of, seconds_of_life, split_scope
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


@dataclass(frozen=True, slots=True)
class AppInfo:
    """What the OAuth server knows about an access token: whose app, which portal, which user."""

    client_id: str
    member_id: str
    client_endpoint: str
    user_id: int
    scope: tuple[str, ...]
    status: str


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
        )

    async def refresh(self, refresh_token: SecretStr) -> Grant:
        """Trade a refresh token, which works once, for a new pair.

        Raises:
            OAuthError: refused; ``invalid_grant`` if the token was used or is too old.
            TransportError: no usable answer; if it was sent, the token may be used up.
        """
        fields: Fields = {
            "grant_type": "refresh_token",
            "client_id": self._client_id,
            "client_secret": self._client_secret,
            "refresh_token": refresh_token,
        }
        grant = _grant(await self._ask("/oauth/token/", fields, ""))
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
    if answer.status >= 500:  # an outage, whatever it says: nobody's tokens are bad for it
        raise TransportError(f"the OAuth server answered {answer.status}", sent=True)
    if "error" in content:
        code, text = str(content["error"]), str(content.get("error_description", ""))
        raise OAuthError(code, text, status=answer.status)
    return content


def _scope(value: object) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(map(str, value))
    return split_scope(value) if isinstance(value, str) else ()
