"""Parameter values as a portal takes them: one rule for single calls and for batches."""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any, Final

_METHOD: Final = re.compile(r"[A-Za-z0-9_.]{1,100}\Z")
_PLAIN: Final = frozenset({str, int, bool})


@dataclass(frozen=True, slots=True)
class File:
    """A file as a parameter: methods take it as ``[name, content in base64]``.

    ``client.call("disk.folder.uploadfile", id=7, data={"NAME": "a.pdf"},
    fileContent=File("a.pdf", content))``
    """

    name: str
    content: bytes = field(repr=False)

    def parameter(self) -> list[str]:
        """The form in which the portal takes it."""
        return [self.name, base64.b64encode(self.content).decode("ascii")]


def method_name(method: Any) -> str:
    """What a caller gave as the name of a method.

    Raises:
        ValueError: it is none; it would become part of the address.
    """
    if not isinstance(method, str) or not _METHOD.match(method):
        raise ValueError(f"{method!r} is not the name of a REST method")
    return method


def plain(value: Any) -> Any:
    """Nested parameters as JSON values: dates as ISO 8601 text, decimals as text, files as name
    and base64, members of enumerations as their values.

    Raises:
        ValueError: something in it has no such form.
    """
    if value is None or type(value) in _PLAIN:
        return value
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int.__int__(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{value} cannot be sent to a portal")
        return float.__float__(value)
    if isinstance(value, date):  # a datetime, too
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, File):
        return value.parameter()
    if isinstance(value, Mapping):
        return {parameter_name(key): plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray | memoryview):
        return [plain(item) for item in value]
    raise ValueError(f"a {type(value).__name__} cannot be sent to a portal; convert it to text")


def parameter_name(key: object) -> str:
    """A key of nested parameters as it is sent.

    Raises:
        ValueError: it can be none.
    """
    if type(key) is str:
        return key
    if isinstance(key, Enum):
        return parameter_name(key.value)
    if isinstance(key, str | int) and not isinstance(key, bool):
        return str(plain(key))
    raise ValueError(f"{key!r} cannot be the name of a parameter")
