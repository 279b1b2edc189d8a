"""Records of a portal as pydantic models: the vendor's strings cast, unknown fields kept."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic.alias_generators import to_camel


def _empty_to_none(value: object) -> object:
    return None if value in ("", "0000-00-00", False) else value


def _empty_to_zero(value: object) -> object:
    return 0 if value in ("", None, False) else value


def _empty_to_text(value: object) -> object:
    return "" if value in (None, False) else value


def _day_only(value: object) -> object:
    """``2024-08-30T03:00:00+03:00``, which is how ``crm.item.*`` writes a day, to its date."""
    return value[:10] if isinstance(value, str) and "T" in value else _empty_to_none(value)


def _yes_no(value: object) -> object:
    return (
        {"Y": True, "N": False, "": False, None: False}.get(value, value)
        if isinstance(value, str | None)
        else value
    )


Id = Annotated[int, BeforeValidator(_empty_to_zero)]
"""Id of another record; 0 means none."""
Amount = Annotated[float, BeforeValidator(_empty_to_zero)]
Text = Annotated[str, BeforeValidator(_empty_to_text)]
Flag = Annotated[bool, BeforeValidator(_yes_no)]
Day = Annotated[date | None, BeforeValidator(_day_only)]
Moment = Annotated[datetime | None, BeforeValidator(_empty_to_none)]


class Entity(BaseModel):
    """A CRM record, read with ``crm.item.get``.

    Standard fields have Python names (``stage_id``) and types. User fields keep the vendor's
    names; give them a type in a subclass: ``area: float = Field(0, alias="UF_CRM_1712")``. Fields
    that the model does not name are kept as they came, in ``model_extra``.

    Source: protocol.md 7.4; catalogue entities ``crm.item:deal`` and so on.
    """

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="allow", coerce_numbers_to_str=True
    )

    kind: ClassVar[str] = ""
    entity_type_id: ClassVar[int] = 0

    id: int
    created_by: Id = 0
    updated_by: Id = 0
    created_time: Moment = None
    updated_time: Moment = None
    assigned_by_id: Id = 0
    opened: Flag = False
    comments: Text = ""
    source_id: Text = ""

    def __getitem__(self, name: str) -> Any:
        """A field by the vendor's name, for fields that the model does not name."""
        return (self.model_extra or {})[name]
