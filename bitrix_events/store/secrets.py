"""Tokens sealed at rest: AES-256-GCM, bound to the row and column that holds them.

The key is derived from ``BITRIX_EVENTS_SECRET_KEY``. A sealed value names the key that made it, so
that a wrong key is told apart from a damaged file, and keys can be changed.
"""

from __future__ import annotations

import hashlib
import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import SecretStr

from bitrix_events.errors import StoreError

_FORMAT: Final = b"\x01"
_KEY_ID_BYTES: Final = 4
_NONCE_BYTES: Final = 12
HEAD_BYTES: Final = len(_FORMAT) + _KEY_ID_BYTES
"""How much of a sealed value names its key."""


class Sealer:
    """Seals and opens small values.

    Args:
        secret_key: seals from now on.
        old_keys: open what was sealed before the key was changed.
    """

    def __init__(self, secret_key: SecretStr, *old_keys: SecretStr) -> None:
        keys = [_derived(key) for key in (secret_key, *old_keys)]
        self._ciphers = {_key_id(key): AESGCM(key) for key in keys}
        self._key_id = _key_id(keys[0])

    def seal(self, value: bytes, *, place: str) -> bytes:
        """Encrypt ``value`` so that it opens only for the same ``place``."""
        nonce = os.urandom(_NONCE_BYTES)
        box = self._ciphers[self._key_id].encrypt(nonce, value, place.encode())
        return _FORMAT + self._key_id + nonce + box

    def open(self, sealed: bytes, *, place: str) -> bytes:
        """Decrypt what `seal` made.

        Raises:
            StoreError: sealed with another key, moved from another place, or damaged.
        """
        cipher = self.require_key(sealed, place=place)
        nonce, box = sealed[HEAD_BYTES:][:_NONCE_BYTES], sealed[HEAD_BYTES + _NONCE_BYTES :]
        try:
            return cipher.decrypt(nonce, box, place.encode())
        except InvalidTag as error:
            raise StoreError(f"{place} is damaged or was moved from another row") from error

    def require_key(self, sealed: bytes, *, place: str) -> AESGCM:
        """What opens a value; its first `HEAD_BYTES` suffice to tell.

        Raises:
            StoreError: sealed with another key.
        """
        cipher = self._ciphers.get(sealed[len(_FORMAT) : HEAD_BYTES])
        if cipher is None or not sealed.startswith(_FORMAT):
            raise StoreError(
                f"{place} was sealed with another key; set BITRIX_EVENTS_SECRET_KEY to the value"
                " that was used when the portal installed the app, or name that one in"
                " BITRIX_EVENTS_OLD_SECRET_KEYS"
            )
        return cipher

    def is_current(self, sealed: bytes) -> bool:
        """Whether the present key has sealed this."""
        return sealed.startswith(_FORMAT + self._key_id)


def _derived(secret_key: SecretStr) -> bytes:
    kdf = HKDF(SHA256(), length=32, salt=None, info=b"bitrix_events tokens")
    return kdf.derive(secret_key.get_secret_value().encode())


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()[:_KEY_ID_BYTES]
