"""Asking about strangers: whose a token is, and whether its user is an administrator.

Anybody can send us tokens, so the questions are bounded: a few at a time, those about unknown
portals apart from the others, and none about a token that was refused a moment ago. Portals do not
repeat what we refuse, so a question that fails is asked again at once.

Source: protocol.md 2.3.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final, TypeVar

from pydantic import SecretStr

from bitrix_events.errors import (
    AccessDenied,
    InstallationGone,
    OAuthError,
    RestError,
    TokenExpired,
    TransportError,
    VerificationError,
)
from bitrix_events.portals.oauth import AppInfo, Http, OAuthServer
from bitrix_events.rest.codec import dump_json
from bitrix_events.rest.responses import read_answer
from bitrix_events.wire.envelope import Credentials, domain_of
from bitrix_events.wire.verify import token_digest

_AT_A_TIME: Final = 8
_WAIT_SECONDS: Final = 10.0
_PAUSES: Final = (0.2, 0.6, 1.8)
_NO_NEW_TRY_AFTER: Final = 5.0
_FINAL: Final = frozenset({"expired_token", "invalid_token"})
"""Refusals of a token that no later question changes."""
_REFUSED_TOKENS: Final = 4096
_REFUSED_SECONDS: Final = 600.0
_REFUSALS: Final = (AccessDenied, TokenExpired, InstallationGone)

T = TypeVar("T")


class Questions:
    """Asks the OAuth server, and portals that it has named, about those who claim something."""

    def __init__(self, oauth: OAuthServer, http: Http) -> None:
        self._oauth = oauth
        self._http = http
        self._known = asyncio.Semaphore(_AT_A_TIME)
        self._unknown = asyncio.Semaphore(_AT_A_TIME)
        self._refused: dict[bytes, float] = {}
        """When tokens were refused, by their digest; the first one at the beginning."""

    async def whose(self, claim: Credentials, *, is_known: bool) -> AppInfo:
        """Whose the access token of a claim is.

        Args:
            is_known: whether it names a portal that has installed the app.

        Raises:
            VerificationError: nobody's.
            TransportError: the OAuth server could not be asked, or too many want to know.
        """
        token = claim.access_token
        self._check(token)
        async with _place(self._known if is_known else self._unknown):
            self._check(token)
            try:
                return await _patiently(
                    lambda: self._oauth.app_info(token, server_endpoint=claim.server_endpoint)
                )
            except OAuthError as error:
                if error.code.lower() in _FINAL:
                    self._remember(token)
                raise VerificationError(f"the OAuth server refused its token: {error}") from error

    async def is_admin(self, token: SecretStr, endpoint: str) -> bool:
        """Whether the user of a proven token is an administrator of the portal.

        Raises:
            VerificationError: the portal refuses the token.
            TransportError: the portal cannot say so now.
        """
        result = await _patiently(lambda: self._profile(token, endpoint))
        return isinstance(result, dict) and result.get("ADMIN") is True

    async def _profile(self, token: SecretStr, endpoint: str) -> object:
        secret = token.get_secret_value()
        answer = await self._http.post_json(f"{endpoint}profile", dump_json({"auth": secret}))
        outcome = read_answer(
            "profile", answer.status, answer.body, portal=domain_of(endpoint), secrets=(secret,)
        )
        if isinstance(outcome, _REFUSALS):
            raise VerificationError(f"the portal refused its token: {outcome}")
        if isinstance(outcome, RestError):
            raise TransportError(f"the portal did not say who its user is: {outcome}", sent=True)
        return outcome.result

    def _check(self, token: SecretStr) -> None:
        at = self._refused.get(token_digest(token))
        if at is not None and time.monotonic() < at + _REFUSED_SECONDS:
            raise VerificationError("the OAuth server has refused its token before")

    def _remember(self, token: SecretStr) -> None:
        digest = token_digest(token)
        self._refused.pop(digest, None)
        self._refused[digest] = time.monotonic()
        if len(self._refused) > _REFUSED_TOKENS:
            del self._refused[next(iter(self._refused))]


@asynccontextmanager
async def _place(places: asyncio.Semaphore) -> AsyncIterator[None]:
    """One of a few places, unless too many wait for one."""
    try:
        async with asyncio.timeout(_WAIT_SECONDS):
            await places.acquire()
    except TimeoutError:
        raise TransportError("too many claims are to be proven at once", sent=False) from None
    try:
        yield
    finally:
        places.release()


async def _patiently(ask: Callable[[], Awaitable[T]]) -> T:
    """Ask, and a few times more if there is no usable answer."""
    began = time.monotonic()
    for pause in _PAUSES:
        try:
            return await ask()
        except TransportError:
            if time.monotonic() + pause > began + _NO_NEW_TRY_AFTER:
                raise
        await asyncio.sleep(pause)
    return await ask()
