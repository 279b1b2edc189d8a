"""Where in the data of an event an id lies.

``FIELDS.ID`` names keys from the outside in. ``MESSAGES[].im.message_id`` goes through all items of
a list, ``BOT{}`` takes the keys of a mapping, and the empty path is the data itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any, Final

_STEP: Final = re.compile(r"\[\]|\{\}|[^.\[\]{}]+")
_LONGEST_ID: Final = 128
_UNDEFINED: Final = "undefined"
"""What events of tasks carry in place of a value. Source: protocol.md 1.8."""


@cache
def _steps(path: str) -> tuple[str, ...]:
    return tuple(_STEP.findall(path))


def values_at(data: Any, path: str) -> list[Any]:
    """Everything that lies at a path; None for what is missing there."""
    found = [data]
    for step in _steps(path):
        if step == "[]":
            found = [item for value in found for item in _items(value)]
        elif step == "{}":
            found = [name for value in found for name in (value if isinstance(value, dict) else ())]
        else:
            found = [value.get(step) if isinstance(value, dict) else None for value in found]
    return found


def _items(value: Any) -> Sequence[Any]:
    if isinstance(value, dict):  # a list whose numbers have gaps arrives as a mapping
        return list(value.values())
    return value if isinstance(value, list) else [None]


def ids_at(data: Any, path: str) -> tuple[str, ...]:
    """All ids at a path; none at all if one of them is missing, or is no id."""
    ids = tuple(map(id_text, values_at(data, path)))
    return ids if all(ids) else ()


def id_text(value: Any) -> str:
    """An id as text; ``""`` if the value is none: empty, ``0``, too long, or with blanks in it."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not 0 < len(text) <= _LONGEST_ID:
        return ""
    is_odd = " " in text or not text.isprintable() or text in ("0", _UNDEFINED)
    return "" if is_odd else text


def value_at(data: Any, paths: Sequence[str]) -> Any:
    """What lies at the first of several paths whose first key leads to a mapping; at the last of
    them, if none does. None for what is missing there."""
    steps: tuple[str, ...] = ()
    for path in paths:
        steps = _steps(path)
        if len(steps) > 1 and isinstance(data, dict) and isinstance(data.get(steps[0]), dict):
            break
    for step in steps:
        data = data.get(step) if isinstance(data, dict) else None
    return data
