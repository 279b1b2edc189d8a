"""What a handler writes to the record that it is called for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bitrix_events.entities.base import CrmItem
from bitrix_events.events import Entity

Wrote = Callable[[str, Mapping[str, Any]], None]
"""Told of a call that has changed something: its method and its parameters."""


class OwnWrites:
    """Gathers the fields that calls have written to one record.

    Known are the methods that change a record by its id: ``crm.item.update``, ``crm.deal.update``,
    and what else bears the name of the one that reads it, such as ``tasks.task.update``.

    Args:
        record: the class of the record.
        entity: its key, ``deal:7``, or ``item:147:7``.

    Attributes:
        fields: those of each call, in order.
    """

    __slots__ = ("_id", "_methods", "_type", "fields")

    def __init__(self, record: type[Entity], entity: str) -> None:
        *kind, self._id = entity.split(":")
        self._type = kind[1] if len(kind) > 1 else ""
        self._methods: set[str] = set()
        if issubclass(record, CrmItem):
            self._type = str(record.entity_type_id or self._type)
            self._methods = {"crm.item.update", f"crm.{kind[0]}.update"}
        elif record.reading is not None:
            self._methods = {f"{record.reading.method.rpartition('.')[0]}.update"}
        self.fields: list[Mapping[str, Any]] = []

    def __call__(self, method: str, params: Mapping[str, Any]) -> None:
        """Note a call that has changed something."""
        method = method.lower().removesuffix(".json")
        if method not in self._methods:
            return
        given = {name.lower(): value for name, value in params.items()}
        if self._id not in (_text(given.get("id")), _text(given.get("taskid"))):
            return
        if method == "crm.item.update" and self._type != _text(given.get("entitytypeid")):
            return
        fields = given.get("fields", params)
        if isinstance(fields, Mapping):
            self.fields.append(dict(fields))


def _text(number: Any) -> str:
    return str(number).strip()
