"""Parameters of methods: what the stubs say of them, and ``generated/parameters.json``, which tells
the same to a client that validates.

What the catalogue says wrongly, or too narrowly to be held against a caller, stands in the tables.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from bitrix_events.catalog.generate.source import MADE_BY, Source

TARGET: Final = Path("generated/parameters.json")

TYPE_REPAIRS: Final = {
    ("user.add", "UF_DEPARTMENT"): "array",  # a list in every answer and event (protocol.md 1.6)
    ("user.update", "UF_DEPARTMENT"): "array",
    ("crm.lead.list", "order"): "object",  # documented as "order|asc|desc"
}
"""Types that the portal does not mean."""

OPEN: Final = {"user.add", "user.update"}
"""Methods that take fields which the portal defines, beside the documented ones."""

NOT_CLOSED: Final = {
    ("calendar.event.add", "crm_fields"),  # prefixes of ids
    ("calendar.event.update", "crm_fields"),
    ("lists.element.get", "SELECT"),  # beside the properties of the list
    ("lists.section.get", "SELECT"),
}
"""Values that are examples: others are taken, too."""


class Within(StrEnum):
    """Where in a parameter its closed values stand."""

    VALUE = "values"
    """It is one of them."""

    ITEMS = "items"
    """It is a list of them."""

    MEMBERS = "members"
    """It is an object whose members have them as values."""

    KEYS = "keys"
    """It is an object whose members are called so."""


PLACES: Final = {
    ("lists.add", "MESSAGES"): Within.KEYS,
    ("lists.update", "MESSAGES"): Within.KEYS,
    ("lists.add", "RIGHTS"): Within.MEMBERS,
    ("lists.update", "RIGHTS"): Within.MEMBERS,
}
"""Where the type alone does not tell."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A documented parameter of a method.

    Attributes:
        name: as it is sent.
        types: documented alternatives; empty if none is documented.
        required: whether it must be there in every call.
        values: the only ones it takes, as text; empty if it takes any.
        within: where those stand.
        examples: some of the values it takes.
        fields: names of what the documentation shows inside of it; required ones marked with
            ``*``.
        aliases: other names of it.
    """

    name: str
    types: tuple[str, ...]
    required: bool
    values: tuple[str, ...]
    within: Within
    examples: tuple[str, ...]
    fields: tuple[str, ...]
    aliases: tuple[str, ...]

    @property
    def is_pattern(self) -> bool:
        """Whether the name stands for many, such as ``UF_*``, or for none, such as ``[]``."""
        return not self.name.isidentifier() or self.name.endswith("_")

    @property
    def is_direction(self) -> bool:
        """Whether its values are those of an order, whose case does not matter."""
        return are_directions(self.values)


def parameters_of(name: str, method: Mapping[str, Any]) -> list[Parameter]:
    """The parameters of a method of the catalogue, in its order."""
    return [_parameter(name, record) for record in method["params"]]


def is_open(name: str, method: Mapping[str, Any]) -> bool:
    """Whether a method takes parameters that the documentation does not name."""
    return (
        name in OPEN
        or bool(method.get("mention_only"))
        or any(parameter.is_pattern for parameter in parameters_of(name, method))
    )


def _parameter(method: str, record: Mapping[str, Any]) -> Parameter:
    key = (method, record["name"])
    types = TYPE_REPAIRS.get(key, record.get("type") or "")
    values = tuple(record.get("values", ()))
    is_closed = key not in NOT_CLOSED
    return Parameter(
        name=record["name"],
        types=tuple(types.split("|")) if types else (),
        required=record.get("required") is True,
        values=values if is_closed else (),
        within=PLACES.get(key) or _place(types.split("|"), values),
        examples=() if is_closed else values,
        fields=tuple(
            f"{field['name']}*" if field.get("required") is True else field["name"]
            for field in record.get("fields", ())
        ),
        aliases=tuple(record.get("aliases", ())),
    )


def are_directions(values: Collection[str]) -> bool:
    """Whether values are those of an order: it is an object, also where it is called an array."""
    return bool(values) and {value.lower() for value in values} <= {"asc", "desc"}


def _place(types: Sequence[str], values: Collection[str]) -> Within:
    if "object" in types or ("array" in types and are_directions(values)):
        return Within.MEMBERS
    if types == ["array"] or any(name.endswith("[]") for name in types):
        return Within.ITEMS
    return Within.VALUE


def outputs(source: Source) -> dict[Path, str]:
    """The file, with one method on a line, sorted.

    Raises:
        ValueError: a table here names a parameter that the catalogue does not have.
    """
    check_tables(source)
    lines = [f'"_":{_compact(MADE_BY)}']
    for section in ("classic", "v3"):
        records = {}
        for name, method in source.methods[section].items():
            for spelling in (name, *method.get("aliases", ())):
                records[spelling] = _record(name, method)
        methods = (f"{_compact(name)}:{_compact(records[name])}" for name in sorted(records))
        lines.append(f"{_compact(section)}:{{\n" + ",\n".join(methods) + "\n}")
    return {TARGET: "{\n" + ",\n".join(lines) + "\n}\n"}


def check_tables(source: Source) -> None:
    """Raise ValueError if a table names what is not in the catalogue."""
    known = {
        (name, parameter["name"])
        for section in ("classic", "v3")
        for name, method in source.methods[section].items()
        for parameter in method["params"]
    }
    named = TYPE_REPAIRS.keys() | NOT_CLOSED | PLACES.keys()
    unknown = sorted(" ".join(key) for key in named - known)
    unknown += sorted(OPEN - source.methods["classic"].keys())
    if unknown:
        raise ValueError(f"not in the catalogue: {', '.join(unknown)}")


def _record(name: str, method: Mapping[str, Any]) -> dict[str, Any]:
    parameters = parameters_of(name, method)
    plain = [parameter for parameter in parameters if not parameter.is_pattern]
    record: dict[str, Any] = {
        "required": [parameter.name for parameter in plain if parameter.required],
        "optional": [parameter.name for parameter in plain if not parameter.required],
        "one_of": method.get("one_of"),
        "open": is_open(name, method),
        "aliases": {alias: item.name for item in plain for alias in item.aliases},
    }
    for within in Within:
        record[within] = {
            item.name: list(item.values) for item in plain if item.values and item.within is within
        }
    return {key: value for key, value in record.items() if value}


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True)
