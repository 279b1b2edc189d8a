"""Where a PostgreSQL database is, without its password wherever it is shown."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from pydantic import SecretStr

from bitrix_events.errors import StoreError

_SCHEMES: Final = ("postgresql", "postgres")
_OURS: Final = "pgbouncer"
_CREDENTIALS: Final = re.compile(r"//[^/@]*@")


class Address:
    """A URL like ``postgresql://user:password@host:5432/database``.

    ``?pgbouncer=true`` says that a pooler in transaction mode stands before the server: nothing is
    kept in a session then. Other options are those of libpq.

    Raises:
        StoreError: it is no such URL.
    """

    def __init__(self, url: str | SecretStr) -> None:
        text = url.get_secret_value() if isinstance(url, SecretStr) else url
        parts = urlsplit(text)
        if parts.scheme not in _SCHEMES:
            raise StoreError("the URL of the store has to begin with postgresql://")
        options = parse_qsl(parts.query, keep_blank_values=True)
        self.is_pooled = dict(options).get(_OURS, "").lower() in ("true", "1", "yes")
        query = urlencode([(name, value) for name, value in options if name != _OURS])
        self._dsn = urlunsplit(parts._replace(query=query))
        self._secrets = [
            secret
            for secret in (parts.password, dict(options).get("password"))
            if secret is not None
        ]
        self.database = unquote(parts.path.lstrip("/")) or unquote(parts.username or "")
        self._shown = _CREDENTIALS.sub("//", urlunsplit(parts._replace(query="", fragment="")))

    @property
    def dsn(self) -> str:
        """What a driver takes, the password included."""
        return self._dsn

    def without_secrets(self, text: str) -> str:
        """A text of somebody else's in which the password must not stand."""
        for secret in self._secrets:
            for form in {secret, unquote(secret)} - {""}:
                text = text.replace(form, "***")
        return text

    def __str__(self) -> str:
        return self._shown

    def __repr__(self) -> str:
        return f"Address({self._shown})"
