"""Entity models as the fake portal keeps them: under the classic names of their fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic.alias_generators import to_camel

from bitrix_events.entities import CrmItem, Entity, Money
from bitrix_events.testing.fields import Kind
from bitrix_events.testing.kinds import kind_named

_ITEM: Final = "item"


def kind_of(record: Entity) -> Kind:
    """The kind of record that a model stands for.

    Raises:
        LookupError: the fake portal has no such records.
    """
    if isinstance(record, CrmItem) and record.kind == _ITEM:
        if not record.entity_type_id:
            raise LookupError(
                f"of which type is a {type(record).__name__}? let a subclass say entity_type_id"
            )
        return kind_named(f"dynamic_{record.entity_type_id}")
    return kind_named(record.kind.replace(".", "_"))


def fields_of(record: Entity) -> dict[str, Any]:
    """What was given when the record was made, by classic names."""
    kind, model = kind_of(record), type(record)
    names = {name: found.alias or to_camel(name) for name, found in model.model_fields.items()}
    given = {names.get(name, name): getattr(record, name) for name in record.model_fields_set}
    return {kind.classic_name(name): _plain(value) for name, value in given.items()}


def renamed(kind: Kind, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields by classic names, which may be given in snake case: ``stage_id``."""
    return {
        kind.classic_name(to_camel(name)) if name.islower() else name: _plain(value)
        for name, value in fields.items()
    }


def _plain(value: Any) -> Any:
    if isinstance(value, bool):
        return "Y" if value else "N"
    return str(value) if isinstance(value, Money) else value
