"""What the documentation says of the parameters of methods.

The table lies in ``generated/parameters.json``. It is read when the first call is validated.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from bitrix_events.catalog.methods import Section, facts_of

Values = Mapping[str, tuple[str, ...]]
"""Parameter to the only values it takes, as text."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """The parameters of a method.

    Attributes:
        required: those that each call has to have.
        optional: the others, and those that some calls have to have.
        aliases: other names that are taken for one of these.
        one_of: groups of which one has to be there.
        open: whether there are more than these, such as fields that the portal defines.
        values: what a parameter may be.
        items: what the items of a list may be.
        members: what the members of an object may be.
        keys: how the members of an object may be called.
    """

    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)
    one_of: tuple[tuple[str, ...], ...] = ()
    open: bool = False
    values: Values = field(default_factory=dict)
    items: Values = field(default_factory=dict)
    members: Values = field(default_factory=dict)
    keys: Values = field(default_factory=dict)


@lru_cache(maxsize=512)
def parameters_of(section: Section, method: str) -> Parameters | None:
    """The parameters of a method; case does not matter. None if it is not documented."""
    facts = facts_of(section, method)
    if not facts.documented:
        return None
    record = _catalog()[section][facts.name]
    closed = {
        place: {name: tuple(values) for name, values in record.get(place, {}).items()}
        for place in ("values", "items", "members", "keys")
    }
    return Parameters(
        required=tuple(record.get("required", ())),
        optional=tuple(record.get("optional", ())),
        aliases=record.get("aliases", {}),
        one_of=tuple(tuple(group) for group in record.get("one_of", ())),
        open=record.get("open", False),
        **closed,
    )


@cache
def _catalog() -> dict[str, dict[str, dict[str, Any]]]:
    text = files("bitrix_events.generated").joinpath("parameters.json").read_text("utf-8")
    catalog: dict[str, dict[str, dict[str, Any]]] = json.loads(text)
    return catalog
