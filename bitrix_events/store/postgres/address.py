"""Where a PostgreSQL database is, without its password wherever it is shown."""

from __future__ import annotations

from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, unquote, urlencode, urlunsplit

from pydantic import SecretStr

from bitrix_events.errors import StoreError
from bitrix_events.settings import database_parts

_OURS: Final = "pgbouncer"
_SECRET: Final = ("password", "sslpassword")
_PLACE: Final = ("host", "port", "search_path", "options")
"""Options that say where the tables are."""
_FILES: Final = ("sslrootcert", "sslcert", "sslkey", "sslcrl")


class Address:
    """A URL like ``postgresql://user:password@host:5432/database``.

    ``?pgbouncer=true`` says that a pooler in transaction mode stands before the server: nothing is
    kept in a session then. Other options are those of libpq. What is shown of it is no secret, and
    tells it apart from other databases.

    Raises:
        StoreError: it is no such URL.
    """

    def __init__(self, url: str | SecretStr) -> None:
        text = url.get_secret_value() if isinstance(url, SecretStr) else url
        parts = database_parts(text)
        if parts is None:
            raise StoreError(
                "the URL of the store has to begin with postgresql://, and to be like"
                " postgresql://user:password@host/database; in a password, signs such as @ / , and"
                " # are written as %40 %2F %2C and %23"
            )
        options = parse_qsl(parts.query, keep_blank_values=True)
        self.is_pooled = dict(options).get(_OURS, "").lower() in ("true", "1", "yes")
        query = urlencode([(name, value) for name, value in options if name != _OURS])
        self._dsn = urlunsplit(parts._replace(query=query))
        self._files = {name: value for name, value in options if name in _FILES}
        secrets = [value for name, value in options if name in _SECRET]
        self._secrets = [secret for secret in (parts.password, *secrets) if secret is not None]
        self.database = unquote(parts.path.removeprefix("/"))
        place = urlencode([one for one in options if one[0] in _PLACE], safe="/")
        where = f"{parts.netloc.rpartition('@')[2]}{parts.path}"
        self._shown = f"{parts.scheme}://{where}{'?' if place else ''}{place}"

    @property
    def dsn(self) -> str:
        """What a driver takes, the password included."""
        return self._dsn

    def missing_file(self) -> str:
        """An option that names a file which is not there, in a few words; ``""`` if there is
        none."""
        for name, path in self._files.items():
            if path != "system" and not Path(path).is_file():
                return f"{name} names {path}, and there is no such file"
        return ""

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
