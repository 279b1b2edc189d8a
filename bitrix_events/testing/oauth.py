"""The fake's OAuth server: issues token pairs, rotates them, and says whose a token is.

Source: protocol.md 2.3 and 3.2 to 3.5.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from bitrix_events.testing.site import Site
from bitrix_events.testing.world import iso_time

ACCESS_SECONDS: Final = 3600
REFRESH_SECONDS: Final = 180 * 24 * 3600
CODE_SECONDS: Final = 30


class OAuthError(Exception):
    """The OAuth server, or the portal's check of a token, refuses.

    Attributes:
        code: the ``error`` of the answer.
        status: the HTTP status.
    """

    def __init__(self, code: str, description: str, *, status: int) -> None:
        super().__init__(code, description)
        self.code = code
        self.description = description
        self.status = status


@dataclass(frozen=True, slots=True)
class TokenPair:
    """An access token with the refresh token issued with it."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    user_id: int
    expires: int
    """Unix seconds; the end of the access token."""
    client_id: str
    """The app that they belong to."""


class OAuthServer:
    """The token chains of one app on one portal, and living access tokens of others.

    A chain never branches: a refresh makes a new pair and ends the old one, both tokens of it, at
    once. Access tokens that were ended, or are past their hour, answer ``expired_token``; after an
    uninstall all that were ever issued answer ``APPLICATION_NOT_FOUND``.
    """

    def __init__(self, site: Site, clock: Callable[[], float]) -> None:
        self.installed = False
        self.paid = True
        self.refreshes = 0
        self.grace_seconds = 0.0
        self._site = site
        self._clock = clock
        self._by_access: dict[str, TokenPair] = {}
        self._by_refresh: dict[str, TokenPair] = {}
        self._used: dict[str, tuple[TokenPair, float]] = {}
        """Refresh tokens that were used once, and when."""
        self._codes: dict[str, tuple[int, float]] = {}
        self._ended: set[str] = set()
        self._revoked: set[str] = set()
        self._serial = 0

    def issue(self, user_id: int, *, client_id: str = "") -> TokenPair:
        """Start a new chain for a user. Other chains of the same user go on.

        Args:
            client_id: another app that they are for.
        """
        expires = int(self._clock()) + ACCESS_SECONDS
        client_id = client_id or self._site.client_id
        access_token, refresh_token = self._token(expires), self._token(expires - 1)
        pair = TokenPair(access_token, refresh_token, user_id, expires, client_id)
        self._by_access[pair.access_token] = pair
        self._by_refresh[pair.refresh_token] = pair
        return pair

    def issue_code(self, user_id: int) -> str:
        """An authorisation code, good for one exchange within 30 seconds."""
        code = self._token(int(self._clock()) + CODE_SECONDS)
        self._codes[code] = (user_id, self._clock() + CODE_SECONDS)
        return code

    def check(self, access_token: str) -> TokenPair:
        """The pair that a living access token belongs to.

        Raises:
            OAuthError: 401 ``expired_token``, ``invalid_token`` (never issued),
                ``APPLICATION_NOT_FOUND`` or ``PAYMENT_REQUIRED``.
        """
        pair = self._living(access_token)
        if not self.paid and pair.client_id == self._site.client_id:
            raise _payment_required()
        return pair

    def _living(self, access_token: str) -> TokenPair:
        if access_token in self._revoked:
            raise OAuthError("APPLICATION_NOT_FOUND", "Application not found", status=401)
        pair = self._by_access.get(access_token)
        if pair is None:
            raise OAuthError("invalid_token", "Unable to get application by token", status=401)
        if access_token in self._ended or pair.expires <= self._clock():
            raise OAuthError("expired_token", "The access token provided has expired.", status=401)
        return pair

    def grant(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Answer a call of the token endpoint.

        Raises:
            OAuthError: 400 ``invalid_request``, ``invalid_client`` or ``invalid_grant``; 401
                ``NOT_INSTALLED`` or ``PAYMENT_REQUIRED``.
        """
        grant_type = params.get("grant_type")
        if grant_type not in ("refresh_token", "authorization_code"):
            raise OAuthError("invalid_request", "Unsupported grant_type", status=400)
        wanted = (self._site.client_id, self._site.client_secret)
        if (params.get("client_id"), params.get("client_secret")) != wanted:
            raise OAuthError("invalid_client", "Client was not found", status=400)
        if not self.installed:
            raise OAuthError("NOT_INSTALLED", "Application is not installed", status=401)
        if not self.paid:
            raise _payment_required()
        if grant_type == "refresh_token":
            user_id = self._take_refresh_token(str(params.get("refresh_token")))
            self.refreshes += 1
        else:
            user_id = self._take_code(str(params.get("code")))
        return self._token_answer(self.issue(user_id))

    def knows(self, params: Mapping[str, Any]) -> bool:
        """Whether a grant is asked for with a token, or a code, of this portal."""
        token = str(params.get("refresh_token"))
        return token in self._by_refresh or token in self._used or params.get("code") in self._codes

    def knows_access(self, token: str) -> bool:
        """Whether an access token is of this portal."""
        return token in self._by_access

    def app_info(self, access_token: str) -> dict[str, Any]:
        """The app, portal and user that a token belongs to, as ``app.info`` on the OAuth host tells
        (protocol.md 2.3).

        Raises:
            OAuthError: see `check`; a removed app is ``NOT_INSTALLED`` here.
        """
        if access_token in self._revoked:
            raise OAuthError("NOT_INSTALLED", "Application is not installed", status=401)
        pair = self._living(access_token)
        site = self._site
        return {
            "client_id": pair.client_id,
            "scope": site.scope,
            "expires": iso_time(pair.expires),
            "install": {
                "installed": self.installed,
                "version": site.version,
                "status": site.status,
                "scope": site.scope,
                "domain": site.domain,
                "uri": site.base_url,
                "client_endpoint": site.rest_url,
                "member_id": site.member_id,
                "member_type": "B24_PORTAL",
            },
            "user_id": pair.user_id,
        }

    def expire_all(self) -> None:
        """End all access tokens; refresh tokens live on."""
        self._ended.update(self._by_access)

    def revoke_all(self) -> None:
        """End all chains: the app was uninstalled."""
        self.installed = False
        ours = self._site.client_id
        self._revoked.update(t for t, pair in self._by_access.items() if pair.client_id == ours)
        self._forget_chains()

    def forget_all(self) -> None:
        """Know none of the tokens any more: the portal has registered anew."""
        self._by_access.clear()
        self._forget_chains()

    def _forget_chains(self) -> None:
        self._by_refresh.clear()
        self._used.clear()
        self._codes.clear()

    def _take_refresh_token(self, refresh_token: str) -> int:
        now = self._clock()
        pair = self._by_refresh.pop(refresh_token, None)
        if pair is not None:
            self._used[refresh_token] = (pair, now)
        else:
            pair, used_at = self._used.pop(refresh_token, (None, 0.0))
            if used_at + self.grace_seconds <= now:
                pair = None
        if (
            pair is None
            or pair.client_id != self._site.client_id
            or pair.expires + REFRESH_SECONDS <= now
        ):
            raise OAuthError("invalid_grant", "Refresh token is wrong, used or expired", status=400)
        self._ended.add(pair.access_token)
        return pair.user_id

    def _take_code(self, code: str) -> int:
        user_id, ends = self._codes.pop(code, (0, 0.0))
        if ends <= self._clock():
            raise OAuthError("invalid_grant", "Code is wrong, used or expired", status=400)
        return user_id

    def _token_answer(self, pair: TokenPair) -> dict[str, Any]:
        site = self._site
        return {
            "access_token": pair.access_token,
            "refresh_token": pair.refresh_token,
            "expires": pair.expires,
            "expires_in": ACCESS_SECONDS,
            "client_endpoint": site.rest_url,
            "server_endpoint": site.server_endpoint,
            "domain": site.oauth_host,
            "member_id": site.member_id,
            "scope": site.scope,
            "status": site.status,
            "user_id": pair.user_id,
        }

    def _token(self, expires: int) -> str:
        """70 hex characters that begin with the expiry, as today's tokens do (protocol.md 3.3)."""
        self._serial += 1
        seed = f"{self._site.member_id}:{self._site.client_id}:{self._serial}"
        return (
            struct.pack("<I", expires % 2**32).hex()
            + hashlib.sha256(seed.encode()).hexdigest()[:62]
        )


def _payment_required() -> OAuthError:
    return OAuthError("PAYMENT_REQUIRED", "Payment required", status=401)
