"""Many calls in one request: encoding commands, referring to earlier results, reading the outcomes.

Source: protocol.md 6.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final
from urllib.parse import quote

from bitrix_events.catalog.methods import Kind, method_facts
from bitrix_events.errors import (
    BitrixEventsError,
    FormError,
    NotExecuted,
    OutcomeUnknown,
    PortalFault,
    RestError,
)
from bitrix_events.rest.lifetime import Closed
from bitrix_events.rest.parameters import File, parameter_name, plain
from bitrix_events.rest.responses import Response, error_from, read_time
from bitrix_events.wire.form import decode_form, flatten
from bitrix_events.wire.numbers import whole_number

Command = tuple[str, Mapping[str, Any]]
"""A method and its parameters."""

Outcome = Response | RestError
"""What became of a command."""

BATCH_SIZE: Final = 50

BATCH_SECONDS: Final = 25.0
"""Working time to ask for in one request: the portal ends each one after 60 s."""
BATCH_BYTES: Final = 1024 * 1024
"""Encoded commands to put into one request; a larger one goes by itself."""
MOST_VALUES: Final = 1000
"""PHP's default ``max_input_vars``: of a command it drops what is more, and says nothing."""
_LEVELS: Final = 66
"""PHP drops names with more than 64 brackets; two levels of values have none."""
_ALTERED_TEXT: Final = re.compile(r"\$(?:result|next|total|time|error)\[|[\ud800-\udfff]")
_ALTERED_NAME: Final = re.compile(r"\Z|.*[\[\]\0\ud800-\udfff]", re.S)
_ALTERED_OUTER_NAME: Final = re.compile(r".*[. ]", re.S)
_PATH_PART: Final = re.compile(r"[A-Za-z0-9_]+\Z")


@dataclass(frozen=True, slots=True)
class Ref:
    """A value that an earlier command of the same batch returns.

    ``{"deal": ("crm.deal.get", {"id": 7}), "contact": ("crm.contact.get", {"id":
    Ref("deal")["CONTACT_ID"]})}``. Commands of a sequence are referred to by their position.
    """

    command: str | int
    path: tuple[str | int, ...] = ()

    def __getitem__(self, part: str | int) -> Any:
        if not _PATH_PART.match(str(part)):
            raise ValueError(f"{part!r} cannot be part of a reference")
        return Ref(self.command, (*self.path, part))

    def written(self, key: str) -> str:
        """The reference as the portal reads it, to the command with this key."""
        return f"$result[{key}]" + "".join(f"[{part}]" for part in self.path)

    def value_in(self, result: Any) -> Any:
        """What the reference names in a result.

        Raises:
            LookupError: there is no such thing, or it is null. The portal would take the last value
                on the way.
            ValueError: a position in a list is no number.
        """
        for part in self.path:
            if isinstance(result, list):
                result = result[int(part)]
            elif isinstance(result, dict):
                result = result[part] if part in result else result[str(part)]
            else:
                raise LookupError(part)
        if result is None:
            raise LookupError(self.path)
        return result


def references(parameters: Any) -> Iterable[Ref]:
    """All references in nested parameters."""
    if isinstance(parameters, Ref):
        yield parameters
    elif isinstance(parameters, Mapping):
        for value in parameters.values():
            yield from references(value)
    elif isinstance(parameters, Sequence) and not isinstance(parameters, str | bytes):
        for value in parameters:
            yield from references(value)


def with_references(parameters: Any, replacement: Mapping[Ref, Any]) -> Any:
    """Nested parameters with their references replaced."""
    if isinstance(parameters, Ref):
        return replacement[parameters]
    if isinstance(parameters, Mapping):
        return {name: with_references(value, replacement) for name, value in parameters.items()}
    if isinstance(parameters, Sequence) and not isinstance(parameters, str | bytes):
        return [with_references(value, replacement) for value in parameters]
    return parameters


def is_batchable(command: Command, *, by_caller: bool = False) -> bool:
    """Whether a call may be a command of a batch, and do the same there.

    Args:
        by_caller: whether the caller wrote the batch: then in what changes something None is meant
            to become the empty text, which clears a field, and False ``0``.
    """
    method, parameters = command
    facts = method_facts(method)
    if not facts.batchable or facts.positional:
        return False
    blanks = by_caller and facts.kind is not Kind.READ
    return fits_batch(parameters, variables=MOST_VALUES, blanks=blanks)


def fits_batch(
    parameters: Mapping[str, Any], *, variables: float = math.inf, blanks: bool = False
) -> bool:
    """Whether parameters mean the same inside a batch as in a call of their own.

    The portal replaces text such as ``$result[x]`` in the values of a batch and offers no escape
    for it; a query string cannot express an empty list, nor brackets that are part of a name. None
    and False become plain values there, ``""`` and ``"0"``: in a filter they select other rows.
    True becomes ``"1"``, which portals take for the same.

    Args:
        variables: how many single values there may be at most.
        blanks: whether None and False are welcome as such values.
    """
    level: list[Any] = [parameters]
    for _ in range(_LEVELS):
        values, level = level, []
        for value in values:
            if isinstance(value, Enum):
                value = value.value
            if isinstance(value, Mapping):
                if any(_is_altered(name, is_outer=value is parameters) for name in value):
                    return False
                if not value and value is not parameters:
                    return False
                level.extend(value.values())
                continue
            variables -= 1
            if value is None or value is False:
                if not blanks:
                    return False
            elif isinstance(value, str):
                if ("$" in value or not value.isascii()) and _ALTERED_TEXT.search(value):
                    return False
            elif isinstance(value, File):
                return False
            elif isinstance(value, Sequence):
                if not value:
                    return False
                level.extend(value)
                variables += 1
        if not level:
            return variables >= 0
    return False


def _is_altered(key: object, *, is_outer: bool) -> bool:
    name = parameter_name(key)
    if name.isidentifier() and name.isascii():
        return False
    return bool(_ALTERED_NAME.match(name) or (is_outer and _ALTERED_OUTER_NAME.match(name)))


def encode_command(command: Command) -> str:
    """``crm.deal.list?filter[%3EID]=5``; None becomes an empty text, which clears a field.

    Raises:
        ValueError: a value that no call takes either.
    """
    method, parameters = command
    query = encode_query(parameters)
    return f"{method}?{query}" if query else method


def encode_query(parameters: Mapping[str, Any]) -> str:
    """Nested parameters as the query of a command; see `encode_command`."""
    pairs = flatten(_none_to_text(plain(parameters)))
    return "&".join(f"{quote(name, safe='[]')}={quote(text, safe='')}" for name, text in pairs)


def encode_references(parameters: Mapping[str, Any], keys: Mapping[str | int, str]) -> Any:
    """Parameters with each `Ref` as the text that the portal replaces."""
    written = {ref: ref.written(keys[ref.command]) for ref in references(parameters)}
    return with_references(parameters, written) if written else parameters


def read_outcomes(
    result: Any,
    methods: Sequence[str],
    *,
    portal: str,
    secrets: Collection[str] = (),
    halt: bool = False,
) -> list[Outcome]:
    """The outcome of each command of one ``batch`` answer, sent under the keys ``c0``, ``c1``, …

    Args:
        secrets: as for `read_answer`.
        halt: whether the portal was to stop at the first failure.
    """
    parts = result if isinstance(result, dict) else {}
    results = _by_key(parts.get("result"))
    errors = _by_key(parts.get("result_error"))
    totals = _by_key(parts.get("result_total"))
    nexts = _by_key(parts.get("result_next"))
    times = _by_key(parts.get("result_time"))
    outcomes: list[Outcome] = []
    has_halted = False
    for index, method in enumerate(methods):
        key = f"c{index}"
        if key in errors:
            content = errors[key]
            if not isinstance(content, Mapping) or "error" not in content:
                content = {"error": "", "error_description": str(content)}
            outcomes.append(error_from(method, content, portal=portal, secrets=secrets))
            has_halted = halt
        elif key in results or key in times:
            outcomes.append(
                Response(
                    results.get(key),
                    whole_number(totals.get(key)),
                    whole_number(nexts.get(key)),
                    read_time(times.get(key)),
                )
            )
        else:
            outcomes.append(_silence(method, portal=portal, has_halted=has_halted))
    return outcomes


def commands_run(params: Mapping[str, Any], result: Any) -> list[Command]:
    """The commands that a ``batch`` call has run, which its caller has encoded himself.

    Args:
        result: of the call. What it has no result of has failed, or was not run.
    """
    given = next((value for name, value in params.items() if name.lower() == "cmd"), None)
    texts = {str(key): text for key, text in given.items()} if isinstance(given, Mapping) else {}
    if isinstance(given, list | tuple):
        texts = _by_key(list(given))
    results = _by_key(result.get("result") if isinstance(result, dict) else None)
    found: list[Command] = []
    for key, text in texts.items():
        if key not in results:
            continue
        method, _, query = str(text).partition("?")
        with suppress(FormError):
            found.append((method, decode_form(query.encode("utf-8", "replace"))))
    return found


def ended_by(error: Exception, method: str, *, portal: str) -> RestError:
    """The outcome of a command whose request was ended by no answer: by the store that keeps the
    token or a closed client, before it was sent; or by a bug."""
    if isinstance(error, BitrixEventsError | Closed) or type(error) is RuntimeError:
        what = f"nothing was sent: {error}"
        outcome: RestError = NotExecuted(method, "NOT_EXECUTED", what, portal=portal)
    else:
        what = f"the request ended in {type(error).__name__}"
        outcome = OutcomeUnknown(
            method, "OUTCOME_UNKNOWN", what, portal=portal, maybe_executed=True
        )
    outcome.__cause__ = error
    return outcome


def _silence(method: str, *, portal: str, has_halted: bool) -> RestError:
    """The outcome of a command about which the answer says nothing."""
    if has_halted:
        return NotExecuted(method, "HALTED", "an earlier command failed", portal=portal)
    what = "the batch says nothing about this command"
    return PortalFault(method, "NO_OUTCOME", what, portal=portal, maybe_executed=True)


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
