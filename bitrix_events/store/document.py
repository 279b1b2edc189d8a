"""An installation as a JSON document: what a storage of one's own keeps in one column.

What a later version of this package remembers of a portal is one more entry in the document, and
no new column. Entries that are missing have their defaults, unknown ones are passed over.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, get_type_hints

from pydantic import SecretStr

from bitrix_events.errors import StoreError
from bitrix_events.store.records import Installation, InstallationState, Tokens
from bitrix_events.store.sealed import Vault
from bitrix_events.store.secrets import Sealer


def dump_installation(installation: Installation, sealer: Sealer | None = None) -> dict[str, Any]:
    """Turn an installation into a document, to be read by `load_installation`.

    Args:
        sealer: seals the tokens; without one they stand there for all to read.
    """
    document = {name: dump(getattr(installation, name)) for name, (dump, _) in _FORMS.items()}
    return {**document, "tokens": _dumped_tokens(installation, sealer)}


def load_installation(document: Mapping[str, Any], sealer: Sealer | None = None) -> Installation:
    """Turn a document into an installation again.

    Args:
        sealer: has the key that sealed the tokens.

    Raises:
        StoreError: the document is none, or its tokens were sealed with another key.
    """
    try:
        known = {
            name: load(document[name]) for name, (_, load) in _FORMS.items() if name in document
        }
        tokens = _loaded_tokens(document, sealer)
        return Installation(**known, tokens=tokens)
    except (KeyError, TypeError, ValueError) as error:
        raise StoreError(f"this is no document of an installation: {error!r}") from None


def _dumped_tokens(installation: Installation, sealer: Sealer | None) -> Any:
    tokens = installation.tokens
    if tokens is None:
        return None
    if sealer is not None:
        sealed = Vault(sealer).seal_tokens(installation.portal, tokens)
        return None if sealed is None else b64encode(sealed).decode()
    return {
        "access": tokens.access.get_secret_value(),
        "refresh": tokens.refresh.get_secret_value(),
        "expires_at": tokens.expires_at.timestamp(),
    }


def _loaded_tokens(document: Mapping[str, Any], sealer: Sealer | None) -> Tokens | None:
    found = document.get("tokens")
    if found is None:
        return None
    if isinstance(found, str):
        if sealer is None:
            raise StoreError("the tokens are sealed: they are read with the Sealer that did so")
        return Vault(sealer).open_tokens(document["portal"], b64decode(found))
    return Tokens(
        SecretStr(found["access"]), SecretStr(found["refresh"]), _moment(found["expires_at"])
    )


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _unless_none(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else convert(value)


_Form = tuple[Callable[[Any], Any], Callable[[Any], Any]]
_BY_TYPE: Final[Mapping[Any, _Form]] = {
    str: (str, str),
    int: (int, int),
    bool: (bool, bool),
    bytes | None: (_unless_none(bytes.hex), _unless_none(bytes.fromhex)),
    datetime | None: (_unless_none(datetime.timestamp), _unless_none(_moment)),
    tuple[str, ...]: (list, tuple),
    InstallationState: (str, InstallationState),
}
_FORMS: Final[Mapping[str, _Form]] = {
    name: _BY_TYPE[kind] for name, kind in get_type_hints(Installation).items() if name != "tokens"
}
"""How each attribute is written and read."""
