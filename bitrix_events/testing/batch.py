"""The ``batch`` method: many calls in one request, later ones referring to earlier results.

Source: protocol.md 6.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from bitrix_events.errors import FormError
from bitrix_events.testing.methods import Params, RestError
from bitrix_events.wire.form import FormLimits, decode_form

MAX_COMMANDS: Final = 50
FORM_LIMITS: Final = FormLimits(body_bytes=16 * 1024 * 1024, fields=10_000, containers=20_000)
"""Of a request, and of each command of a batch."""
Run = Callable[[str, Params], Mapping[str, Any]]
"""Calls one method and returns its envelope, or raises `RestError`."""

_SECTIONS: Final = ("result", "error", "total", "next", "time")
_REFERENCE: Final = re.compile(rf"\$({'|'.join(_SECTIONS)})((?:\[[^\]]*\])+)")


def run_batch(params: Params, run: Run) -> dict[str, Any]:
    """Run the commands in order and collect what they answer, as the ``result`` of ``batch``."""
    commands = params.get("cmd")
    if isinstance(commands, list):
        commands = {str(index): command for index, command in enumerate(commands)}
    if not isinstance(commands, dict):
        commands = {}
    halt = params.get("halt") not in (None, "", "0", 0, False)
    seen: dict[str, dict[str, Any]] = {section: {} for section in _SECTIONS}
    for position, (key, command) in enumerate(commands.items()):
        if not isinstance(command, str):
            continue
        try:
            if position >= MAX_COMMANDS:
                raise RestError("ERROR_BATCH_LENGTH_EXCEEDED", "Max batch length exceeded")
            envelope = _run_command(command, seen, run)
        except RestError as error:
            seen["error"][key] = error.envelope()
            if halt:
                break
        else:
            for section in ("result", "total", "next", "time"):
                if envelope.get(section) is not None:
                    seen[section][key] = envelope[section]
    return {
        "result": php_array(seen["result"]),
        **{f"result_{section}": php_array(seen[section]) for section in _SECTIONS[1:]},
    }


def resolve_references(value: Any, seen: Mapping[str, Any]) -> Any:
    """Replace ``$result[key][path]`` and its like in the values of nested parameters; keys are left
    alone.

    A value that is one reference becomes what it names, type and all. Inside longer text only text
    and numbers are put in. A path that leads nowhere stops at the deepest value on its way.
    """
    if isinstance(value, dict):
        return {key: resolve_references(item, seen) for key, item in value.items()}
    if isinstance(value, list):
        return [resolve_references(item, seen) for item in value]
    whole = _REFERENCE.fullmatch(value)
    if whole:
        return _follow(whole, seen)

    def put_in(match: re.Match[str]) -> str:
        found = _follow(match, seen)
        is_text = isinstance(found, str | int | float) and not isinstance(found, bool)
        return str(found) if is_text else match[0]

    return _REFERENCE.sub(put_in, value)


def php_array(values: Mapping[str, Any]) -> dict[str, Any] | list[Any]:
    """A mapping as PHP's JSON has it: a list if it is empty or its keys are 0..n-1 in order."""
    if all(key == str(index) for index, key in enumerate(values)):
        return list(values.values())
    return dict(values)


def _run_command(command: str, seen: Mapping[str, Any], run: Run) -> Mapping[str, Any]:
    """``method?query``; what follows a ``#`` is a fragment, as in any URL, and lost."""
    name, _, query = command.partition("#")[0].partition("?")
    if name.lower() == "batch":
        raise RestError("ERROR_BATCH_METHOD_NOT_ALLOWED", "Method is not allowed for batch usage")
    try:
        params = decode_form(query.encode(), FORM_LIMITS)
    except FormError as error:
        raise RestError("ERROR_ARGUMENT", str(error)) from error
    return run(name.strip("/"), resolve_references(params, seen))


def _follow(match: re.Match[str], seen: Mapping[str, Any]) -> Any:
    value: Any = seen[match[1]]
    for key in match[2][1:-1].split("]["):
        if isinstance(value, list) and key.isdecimal() and int(key) < len(value):
            deeper = value[int(key)]
        elif isinstance(value, dict):
            deeper = value.get(key)
        else:
            deeper = None
        if deeper is None:
            break
        value = deeper
    return value
