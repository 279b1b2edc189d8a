# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.
"""Events of the scope ``user``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NotRequired, TypedDict

from bitrix_events.events.base import EntityEvent, Kind

if TYPE_CHECKING:
    from bitrix_events.entities import User  # noqa: F401, the classes below name them in strings


class UserAddData(TypedDict):
    ID: str
    ACTIVE: str
    EMAIL: str
    NAME: str
    LAST_NAME: str
    PERSONAL_GENDER: str
    PERSONAL_BIRTHDAY: str
    UF_DEPARTMENT: NotRequired[list[Any]]
    DATE_REGISTER: str
    WORK_POSITION: str
    UF_EMPLOYMENT_DATE: str


class OnUserAdd(EntityEvent["User"]):
    """Id in ``ID``."""

    scope = "user"
    kind = Kind.FACT
    entity_name = "user"
    in_webhooks = False

    data: UserAddData
