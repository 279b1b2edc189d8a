"""Looking at a call before it is made: is it deprecated, and does it fit the documentation?"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from enum import Enum
from functools import cache
from typing import Any, Final

from bitrix_events.catalog.methods import (
    ListFacts,
    MethodFacts,
    Section,
    facts_of,
)
from bitrix_events.catalog.parameters import Parameters, parameters_of
from bitrix_events.errors import InvalidRequest, MethodNotFound
from bitrix_events.nearest import did_you_mean
from bitrix_events.rest.batch import Ref
from bitrix_events.rest.hints import hint_for_unknown
from bitrix_events.rest.options import Options
from bitrix_events.rest.parameters import method_name

log: Final = logging.getLogger(__name__)

_ANYWHERE: Final = frozenset({"auth", "auth_connector", "start", "state"})
"""What every method takes (protocol.md 4.2 and 8.6)."""


def checked(
    method: Any, params: Mapping[str, Any], options: Options, *, section: Section, portal: str
) -> str:
    """The name of a method that may be called so.

    A deprecated one is told once in the life of the process, in the log.

    Args:
        portal: host name of the portal, for the errors; may be ``""``.

    Raises:
        ValueError: what was given is no name of a method.
        MethodNotFound: the documentation does not know the method; with `Options.validate` only.
        InvalidRequest: its parameters do not fit the documentation; likewise.
    """
    name = method_name(method)
    facts = facts_of(section, name)
    if facts.deprecated:
        _tell_deprecated(section, facts.name)
    if options.validate:
        _validate(name, params, facts, section, portal)
    return name


@cache
def _tell_deprecated(section: Section, method: str) -> None:
    replacement = facts_of(section, method).replacement
    log.warning(
        "%s is deprecated; %s",
        method,
        f"use {' or '.join(replacement)}" if replacement else "no replacement is documented",
        extra={"action": "deprecated"},
    )


def _validate(
    name: str, params: Mapping[str, Any], facts: MethodFacts, section: Section, portal: str
) -> None:
    documented = parameters_of(section, name)
    if documented is None:
        hint = hint_for_unknown(section, name)
        what = "is not documented, and this client validates its calls"
        raise MethodNotFound(
            name, "NOT_DOCUMENTED", f"{what}; {hint}" if hint else what, portal=portal
        )
    problems = list(_problems(params, documented, facts.list))
    if problems:
        raise InvalidRequest(name, "NOT_VALID", "; ".join(problems), portal=portal)


def _problems(
    params: Mapping[str, Any], documented: Parameters, facts: ListFacts | None
) -> Iterator[str]:
    """What is wrong with the parameters, one line for each mistake."""
    names = {name.lower(): name for name in (*documented.required, *documented.optional)}
    names |= {alias.lower(): name for alias, name in documented.aliases.items()}
    given: dict[str, Any] = {}
    for written, value in params.items():
        key = str(written.value if isinstance(written, Enum) else written).lower()
        if key in names:
            if value is not None:
                given[names[key]] = value
        elif key not in _ANYWHERE and not documented.open and key not in _of_list(facts):
            hint = did_you_mean(str(written), names.values())
            yield f"{written!r} is no parameter of it" + (f", {hint}" if hint else "")
    yield from (f"{name!r} is missing" for name in documented.required if name not in given)
    for group in documented.one_of:
        if not any(name in given for name in group):
            yield f"one of {', '.join(map(repr, group))} is missing"
    for name, value in given.items():
        yield from _wrong_values(name, value, documented)


def _of_list(facts: ListFacts | None) -> set[str]:
    """Parameters with which any list of the kind is read."""
    if facts is None:
        return set()
    paths = (facts.filter, facts.order, facts.sort, facts.select, *facts.page)
    return {path[0].lower() for path in paths if path}


def _wrong_values(name: str, value: Any, documented: Parameters) -> Iterator[str]:
    if name in documented.values:
        yield from _outside(repr(name), value, documented.values[name])
    elif name in documented.items and isinstance(value, list | tuple):
        for item in value:
            yield from _outside(f"an item of {name!r}", item, documented.items[name])
    elif name in documented.members and isinstance(value, Mapping):
        for key, member in value.items():
            yield from _outside(f"{key!r} of {name!r}", member, documented.members[name])
    elif name in documented.keys and isinstance(value, Mapping):
        for key in value:
            yield from _outside(f"a key of {name!r}", key, documented.keys[name])


def _outside(what: str, value: Any, allowed: tuple[str, ...]) -> Iterator[str]:
    """The complaint about a value that is not among the allowed ones, whatever its type."""
    if isinstance(value, Ref):
        return
    is_direction = {choice.lower() for choice in allowed} <= {"asc", "desc"}
    forms = {_form(choice, any_case=is_direction) for choice in allowed}
    if _form(value, any_case=is_direction) not in forms:
        yield f"{what} is {value!r}, and not one of {', '.join(map(repr, allowed))}"


def _form(value: Any, *, any_case: bool) -> str:
    """What values have in common that a portal takes for the same: ``1``, ``"1"`` and True."""
    text = str(value.value if isinstance(value, Enum) else value)
    text = {"true": "1", "false": "0"}.get(text.lower(), text)
    return text.lower() if any_case else text
