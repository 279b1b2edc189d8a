"""What a store keeps sealed: token pairs of installations, access tokens of events."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

from pydantic import SecretStr

from bitrix_events.errors import StoreError
from bitrix_events.store.records import Tokens, UserToken
from bitrix_events.store.secrets import Sealer

log = logging.getLogger(__name__)


class Vault:
    """Seals tokens for one store.

    Args:
        sealer: None for an app that stores none.
    """

    def __init__(self, sealer: Sealer | None) -> None:
        self._sealer = sealer

    def seal_tokens(self, portal: str, tokens: Tokens | None) -> bytes | None:
        """A pair of tokens, bound to its portal.

        Raises:
            StoreError: there is no key to seal with.
        """
        if tokens is None:
            return None
        expires_at = tokens.expires_at.timestamp()
        return self._seal(_place_of_tokens(portal), tokens.access, tokens.refresh, expires_at)

    def open_tokens(self, portal: str, sealed: bytes | None) -> Tokens | None:
        """What `seal_tokens` made; None without a key.

        Raises:
            StoreError: see `Sealer.open`.
        """
        if sealed is None or self._sealer is None:
            return None
        access, refresh, expires_at = json.loads(
            self._sealer.open(sealed, place=_place_of_tokens(portal))
        )
        return Tokens(SecretStr(access), SecretStr(refresh), _moment(expires_at))

    def opened_tokens(self, portal: str, sealed: bytes | None) -> Tokens | None:
        """Like `open_tokens`, but None and a warning if they cannot be opened."""
        try:
            return self.open_tokens(portal, sealed)
        except StoreError as error:
            log.warning("%s", error)
            return None

    def require_key_of_tokens(self, portal: str, sealed: bytes) -> None:
        """Raise `StoreError` if there is a key, but not that of these tokens."""
        if self._sealer is not None:
            self._sealer.require_key(sealed, place=_place_of_tokens(portal))

    def seal_user_token(self, portal: str, token: UserToken | None) -> bytes | None:
        """The access token of an event, bound to its portal; None without a key."""
        if token is None or self._sealer is None:
            return None
        return self._seal(_place_of_user_token(portal), token.access, token.expires_at.timestamp())

    def open_user_token(self, portal: str, sealed: bytes | None) -> UserToken | None:
        """What `seal_user_token` made; None without a key.

        Raises:
            StoreError: see `Sealer.open`.
        """
        if sealed is None or self._sealer is None:
            return None
        access, expires_at = json.loads(
            self._sealer.open(sealed, place=_place_of_user_token(portal))
        )
        return UserToken(SecretStr(access), _moment(expires_at))

    def opened_user_token(self, portal: str, sealed: bytes | None) -> UserToken | None:
        """Like `open_user_token`, but None and a warning if it cannot be opened."""
        try:
            return self.open_user_token(portal, sealed)
        except StoreError as error:
            log.warning("%s", error)
            return None

    def is_current(self, sealed: bytes) -> bool:
        """Whether the present key has sealed this."""
        return self._sealer is None or self._sealer.is_current(sealed)

    def _seal(self, place: str, *content: SecretStr | float) -> bytes:
        if self._sealer is None:
            raise StoreError("tokens can be stored only with BITRIX_EVENTS_SECRET_KEY")
        opened = [c.get_secret_value() if isinstance(c, SecretStr) else c for c in content]
        return self._sealer.seal(json.dumps(opened).encode(), place=place)


def _place_of_tokens(portal: str) -> str:
    return f"portal {portal}, column tokens"


def _place_of_user_token(portal: str) -> str:
    return f"portal {portal}, column user_token"


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
