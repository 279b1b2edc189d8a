"""Comparing application tokens: by digest, in constant time, on bytes.

Source: protocol.md 2.1 and 2.2.
"""

from __future__ import annotations

import hashlib
import hmac

from pydantic import SecretStr


def token_digest(token: SecretStr) -> bytes:
    """SHA-256 of an application token: all that is ever stored of it."""
    return hashlib.sha256(token.get_secret_value().encode(errors="surrogatepass")).digest()


def token_matches(token: SecretStr, digest: bytes | None) -> bool:
    """Whether ``token`` has this digest. Without one the same work is done and nothing matches."""
    expected = digest if digest is not None else bytes(hashlib.sha256().digest_size)
    equal = hmac.compare_digest(token_digest(token), expected)
    return equal and digest is not None and bool(token.get_secret_value())
