"""Entity models as the fake portal keeps them: under the classic names of their fields.

Nothing of the package is imported for that: a model is known by what pydantic gives it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar, Final, Protocol, TypeVar, cast

from pydantic import BaseModel
from pydantic.alias_generators import to_camel

from bitrix_events.testing.fields import Kind
from bitrix_events.testing.kinds import kind_named

_ITEM: Final = "item"
_SAME: Final = {"catalog.product": "product"}
_PLAIN: Final = (str, int, float, dict, date)


class Model(Protocol):
    """An entity of `bitrix_events.events`, or of a subclass: ``Deal(id=7, title="Roof")``."""

    kind: ClassVar[str]

    @property
    def model_fields_set(self) -> set[str]: ...

    def __getitem__(self, name: str) -> Any: ...


M = TypeVar("M", bound=Model)


def kind_of(record: Model) -> Kind:
    """The kind of record that a model stands for.

    Raises:
        LookupError: the fake portal has no such records.
    """
    if record.kind != _ITEM:
        return kind_named(_SAME.get(record.kind, record.kind.replace(".", "_")))
    number = getattr(record, "entity_type_id", 0)
    if not number:
        name = type(record).__name__
        raise LookupError(f"of which type is a {name}? let a subclass say entity_type_id")
    return kind_named(f"dynamic_{number}")


def fields_of(record: Model) -> dict[str, Any]:
    """What was given when the record was made, by classic names."""
    kind, known = kind_of(record), cast(Any, type(record)).model_fields
    names = {name: found.alias or to_camel(name) for name, found in known.items()}
    given = {names.get(name, name): getattr(record, name) for name in record.model_fields_set}
    return {kind.classic_name(name): _plain(value) for name, value in given.items()}


def renamed(kind: Kind, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields by classic names, which may be given as models and ``crm.item.*`` call them:
    ``stage_id``, ``stageId``. Of phones and their like the texts are enough."""
    named = {_classic(kind, name): value for name, value in fields.items()}
    return {
        name: _several(value) if kind.type_of(name) == "crm_multifield" else value
        for name, value in named.items()
    }


def plain(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of a model in values that a portal has."""
    return {name: _plain(value) for name, value in fields.items()}


def with_id(record: M, record_id: int) -> M:
    """The record, if need be a copy of it, with the id that it has in the portal."""
    if record["ID"] == record_id:
        return record
    copy: M = cast(Any, record).model_copy(update={"id": record_id})
    return copy


def _classic(kind: Kind, name: str) -> str:
    if name.isupper():
        return name
    return kind.classic_name(to_camel(name) if name.islower() else name)


def _several(value: Any) -> Any:
    """Phones, each as a mapping: ``"+49 30 1"`` is ``[{"VALUE": "+49 30 1"}]``."""
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list):
        return values
    return [{"VALUE": one} if isinstance(one, str) else one for one in values]


def _plain(value: Any) -> Any:
    if isinstance(value, bool):
        return "Y" if value else "N"
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, BaseModel):  # one of several phones
        return {name.upper(): getattr(value, name) for name in value.model_fields_set}
    return value if value is None or isinstance(value, _PLAIN) else str(value)
