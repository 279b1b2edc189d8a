"""Many calls in one request: encoding commands, cutting them into fifties, reading the outcomes.

Source: protocol.md 6.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from bitrix_events.errors import RestError
from bitrix_events.rest.parameters import plain
from bitrix_events.rest.responses import Response, error_from, read_time
from bitrix_events.wire.form import flatten
from bitrix_events.wire.numbers import whole_number

Command = tuple[str, Mapping[str, Any]]
"""A method and its parameters."""

BATCH_SIZE: Final = 50

_REFERENCE: Final = re.compile(r"\$(?:result|next|total|time|error)\[")


def fits_batch(command: Command) -> bool:
    """Whether a command means the same inside a batch as by itself.

    The portal replaces text such as ``$result[x]`` in the values of a batch and offers no escape
    for it, and a query string cannot express an empty list. Such a command is sent by itself.
    """
    pending: list[Any] = [command[1]]
    while pending:
        value = pending.pop()
        if isinstance(value, Mapping):
            pending.extend(value.values())
        elif isinstance(value, str):
            if _REFERENCE.search(value):
                return False
        elif isinstance(value, Sequence):
            if not value:
                return False
            pending.extend(value)
    return True


def encode_command(command: Command) -> str:
    """``crm.deal.list?filter[%3EID]=5``; None becomes an empty text, which clears a field.

    Raises:
        ValueError: a value that no call takes either.
    """
    method, parameters = command
    pairs = flatten(_none_to_text(plain(parameters)))
    query = "&".join(f"{quote(name, safe='[]')}={quote(text, safe='')}" for name, text in pairs)
    return f"{method}?{query}" if query else method


def read_outcomes(
    result: Any, commands: Mapping[str, Command], *, portal: str
) -> dict[str, Response | RestError]:
    """The outcome of each command of one ``batch`` answer, by the keys used in ``cmd``."""
    parts = result if isinstance(result, dict) else {}
    results = _by_key(parts.get("result"))
    errors = _by_key(parts.get("result_error"))
    totals = _by_key(parts.get("result_total"))
    nexts = _by_key(parts.get("result_next"))
    times = _by_key(parts.get("result_time"))
    outcomes: dict[str, Response | RestError] = {}
    for key, (method, _) in commands.items():
        if key in errors:
            content = errors[key]
            if not isinstance(content, Mapping) or "error" not in content:
                content = {"error": "", "error_description": str(content)}
            outcomes[key] = error_from(method, content, portal=portal)
        elif key in results:
            outcomes[key] = Response(
                result=results[key],
                total=whole_number(totals.get(key)),
                next=whole_number(nexts.get(key)),
                time=read_time(times.get(key)),
            )
        else:
            outcomes[key] = RestError(
                method, "NO_OUTCOME", "the batch says nothing about this command", portal=portal
            )
    return outcomes


def _by_key(part: Any) -> dict[str, Any]:
    """PHP writes an empty map as ``[]``, and one with keys 0..n-1 as a list."""
    if isinstance(part, list):
        return {str(index): value for index, value in enumerate(part)}
    return part if isinstance(part, dict) else {}


def _none_to_text(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return {key: _none_to_text(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_none_to_text(item) for item in value]
    return value
