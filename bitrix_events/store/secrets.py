"""Tokens sealed at rest: AES-256-GCM, bound to the row and column that holds them.

The key is derived from ``BITRIX_EVENTS_SECRET_KEY``. A sealed value names the key that made it, so
that a wrong key is told apart from a damaged file.
"""

from __future__ import annotations

import hashlib
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import SecretStr

from bitrix_events.errors import StoreError

_FORMAT = b"\x01"
_KEY_ID_BYTES = 4
_NONCE_BYTES = 12


class Sealer:
    """Seals and opens small values."""

    def __init__(self, secret_key: SecretStr) -> None:
        key = HKDF(SHA256(), length=32, salt=None, info=b"bitrix_events tokens").derive(
            secret_key.get_secret_value().encode()
        )
        self._cipher = AESGCM(key)
        self._key_id = hashlib.sha256(key).digest()[:_KEY_ID_BYTES]

    def seal(self, value: bytes, *, place: str) -> bytes:
        """Encrypt ``value`` so that it opens only for the same ``place``."""
        nonce = os.urandom(_NONCE_BYTES)
        return _FORMAT + self._key_id + nonce + self._cipher.encrypt(nonce, value, place.encode())

    def open(self, sealed: bytes, *, place: str) -> bytes:
        """Decrypt what `seal` made.

        Raises:
            StoreError: sealed with another key, moved from another place, or damaged.
        """
        head = len(_FORMAT) + _KEY_ID_BYTES
        if sealed[:head] != _FORMAT + self._key_id:
            raise StoreError(
                f"{place} was sealed with another key; set BITRIX_EVENTS_SECRET_KEY to the value"
                " that was used when the portal installed the app"
            )
        nonce, box = sealed[head : head + _NONCE_BYTES], sealed[head + _NONCE_BYTES :]
        try:
            return self._cipher.decrypt(nonce, box, place.encode())
        except InvalidTag as error:
            raise StoreError(f"{place} is damaged or was moved from another row") from error
