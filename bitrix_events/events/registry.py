"""Which class is for which code. Documented classes are imported when somebody needs them."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from bitrix_events.events.base import REGISTERED, Event, ItemEvent, split_code
from bitrix_events.nearest import did_you_mean

_GENERATED = "bitrix_events.generated.events"


@cache
def table() -> Any:
    """The module with the names of all documented events; imported here, when it is needed."""
    return importlib.import_module(_GENERATED)


def class_named(name: str) -> type[Event] | None:
    """The documented event class of that name; its module is imported only here."""
    module = table().MODULES.get(name)
    if module is None:
        return None
    found: type[Event] = getattr(importlib.import_module(f"{_GENERATED}.{module}"), name)
    return found


def event_class(code: str) -> type[Event]:
    """The class for a code, compared without regard to case; `Event` itself if there is none.

    A code with the number of a type, ``ONCRMDYNAMICITEMADD_147``, has the class of the plain one.
    """
    code = code.upper()
    if known := _known(code):
        return known
    stem, number = split_code(code)
    typed = _known(stem) if number else None
    return typed if typed is not None and issubclass(typed, ItemEvent) else Event


def _known(code: str) -> type[Event] | None:
    known = REGISTERED.get(code)
    if known is None and (name := _names().get(code)) is not None:
        known = class_named(name)
    return known


@cache
def _names() -> Mapping[str, str]:
    """Class by code."""
    own: dict[str, str] = table().CODES
    others: set[str] = table().MODULES.keys() - own.values()
    return {name.upper(): name for name in others} | own


def needed_codes(codes: Iterable[str]) -> frozenset[str]:
    """The codes without those that say what another of them says already.

    Who is told of all items by ``ONCRMDYNAMICITEMADD`` need not be told of those of one type again.
    """
    wanted = frozenset(code.upper() for code in codes)
    return frozenset(code for code in wanted if not _is_covered(code, wanted))


def _is_covered(code: str, wanted: frozenset[str]) -> bool:
    stem, number = split_code(code)
    return number > 0 and stem in wanted and issubclass(event_class(code), ItemEvent)


def remark_on(code: str) -> str:
    """What somebody who registers for a code should know: that it is outdated, or written wrongly.

    ``""`` if all is well. A code that is not documented may exist all the same.
    """
    known = event_class(code)
    if known is Event:
        meant = did_you_mean(code, {*_names(), *REGISTERED})
        return f"{code} is not a documented event" + (f"; {meant}" if meant else "")
    if not known.is_deprecated:
        return ""
    instead = f"; use {' or '.join(known.replaced_by)}" if known.replaced_by else ""
    return f"{code} is deprecated{instead}"
