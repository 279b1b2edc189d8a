"""Models of the records of a portal, one per kind: ``from bitrix_events.entities import Deal``.

A model is imported when it is asked for, and built when it is first used. `names` lists them.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final

from bitrix_events.entities.base import (
    CrmItem,
    CrmParty,
    Day,
    Entity,
    Moment,
    Money,
    Multifield,
)
from bitrix_events.entities.reading import Reading
from bitrix_events.nearest import did_you_mean

_MODELS: Final = "bitrix_events.generated.entities"
_BY_HAND: Final = (CrmItem, CrmParty, Day, Entity, Moment, Money, Multifield, Reading)


def names() -> Mapping[str, str]:
    """The names of the generated models, each with the module that it is in."""
    # The table too is imported late: most applications need none of it.
    modules: dict[str, str] = import_module(f"{_MODELS}.index").MODULES
    return modules


def __getattr__(name: str) -> Any:
    """Import the model with this name.

    Raises:
        AttributeError: there is none; the nearest names are told.
    """
    if name.startswith("_"):
        raise AttributeError(f"{__name__} has no {name!r}")
    known = names()
    if name not in known:
        hint = did_you_mean(name, known)
        raise AttributeError(f"{__name__} has no {name!r}{hint and '; '}{hint}")
    model = getattr(import_module(f"{_MODELS}.{known[name]}"), name)
    globals()[name] = model
    return model


def __dir__() -> list[str]:
    return sorted({*globals(), *names()})
