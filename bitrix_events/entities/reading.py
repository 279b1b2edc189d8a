"""How records are read: which method, where the id goes, where the record lies in the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Together:
    """The documented way to read up to fifty records of a kind by their ids with one call.

    Attributes:
        method: a list method.
        ids_at: the parameters that take the ids: ``("filter", "@id")``.
        records_at: the key under which the result has the records.
        id_field: the field of a record with its id.
        fixed: parameters that are always sent.
    """

    method: str
    ids_at: tuple[str, str]
    records_at: str
    id_field: str
    fixed: Mapping[str, Any] = field(default_factory=dict)

    def parameters(self, entity_ids: Sequence[Any], given: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters of the call.

        Args:
            given: those of the method that reads one record, without the id.
        """
        outer, inner = self.ids_at
        return {**given, outer: {inner: list(entity_ids)}, **self.fixed}

    def records(self, result: Any) -> dict[str, Any]:
        """The records that the result has, by their ids.

        Raises:
            LookupError, TypeError: the result is not as documented.
        """
        return {str(record[self.id_field]): record for record in result[self.records_at]}


@dataclass(frozen=True, slots=True)
class Reading:
    """The documented way to read one record of a kind by its id.

    Attributes:
        method: the REST method.
        id_at: the parameter that takes the id, with the parameters around it:
            ``("FILTER", "ID")`` for ``FILTER[ID]``.
        record_at: the key under which the result has the record, or the list with it; ``""`` if
            the result itself is that.
        is_list: the method answers with a list, of which the record is the only item.
        needs: parameters without which the method cannot be called, in the order in which they
            come before the id.
        fixed: parameters that are always sent.
        is_v3: the method belongs to REST 3.0.
        together: how many are read at once, if there is a way.
    """

    method: str
    id_at: tuple[str, ...] = ("id",)
    record_at: str = ""
    is_list: bool = False
    needs: tuple[str, ...] = ()
    fixed: Mapping[str, Any] = field(default_factory=dict)
    is_v3: bool = False
    together: Together | None = None

    def parameters(self, entity_id: int | str, given: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters of the call.

        Args:
            given: what the caller adds: those that the method needs, and any that it takes.

        Raises:
            TypeError: one that the method needs is missing.
        """
        if missing := [name for name in self.needs if name not in given]:
            raise TypeError(f"{self.method} also needs {' and '.join(missing)}")
        *outer, last = self.id_at
        wanted: dict[str, Any] = {last: entity_id}
        for name in reversed(outer):
            wanted = {name: wanted}
        # Older methods go by the order of their parameters, not by the names.
        needed = {name: given[name] for name in self.needs}
        return {**needed, **wanted, **self.fixed, **given, **wanted}

    def record(self, result: Any) -> Any:
        """What the result has as the record; None if the method found none.

        Raises:
            LookupError, TypeError: the result is not as documented.
        """
        if result == [] or (not self.record_at and result is None):
            return None
        found = result[self.record_at] if self.record_at else result
        if found is None or (self.is_list and not isinstance(found, list)):
            raise TypeError("neither a record nor records")
        if found == []:  # how the portal writes an empty mapping too
            return None
        return found[0] if self.is_list else found
