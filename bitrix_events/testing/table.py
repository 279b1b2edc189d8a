"""The records of one kind in order of their ids, and the pages that list methods read of them.

A quarter of a million records that a test fills in at once share one mapping of fields; a record
gets a mapping of its own when it is changed.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, overload

from bitrix_events.testing.fields import Record
from bitrix_events.testing.listing import meets, operands, order_rows, split_condition

_KEPT_SELECTIONS: Final = 16


class Table:
    """Records by id. Ids count from 1 and are never used again."""

    def __init__(self) -> None:
        self.last_id = 0
        self._ids: list[int] = []
        self._records: dict[int, Record] = {}
        self._selections: dict[str, list[int]] = {}

    def __contains__(self, record_id: int) -> bool:
        return record_id in self._records

    def __iter__(self) -> Iterator[Record]:
        return map(self.get, self._ids)

    def get(self, record_id: int) -> Record:
        """The record, only to be read. An unknown id is a KeyError."""
        record = self._records[record_id]
        return {**record, "ID": record_id} if record["ID"] is None else record

    def writable(self, record_id: int) -> Record:
        """The record, to be changed at once. An unknown id is a KeyError."""
        self._selections.clear()
        record = self._records[record_id] = self.get(record_id)
        return record

    def insert(self, record: Record) -> None:
        """Take a record in. An id that exists is a ValueError."""
        self.fill([record["ID"]], record)

    def fill(self, ids: Sequence[int], record: Record) -> None:
        """Take in one record per id, in ascending order. They share the fields of ``record``, whose
        own ``ID`` is None. An id that exists is a ValueError."""
        if not ids:
            return
        in_front = bool(self._ids) and ids[0] <= self._ids[-1]
        twice = next((i for i in ids if i in self._records), None) if in_front else None
        if twice is not None:
            raise ValueError(f"a record with id {twice} exists already")
        ids = list(ids)
        self._records.update(dict.fromkeys(ids, record))
        self._ids.extend(ids)
        if in_front:
            self._ids.sort()
        self.last_id = max(self.last_id, ids[-1])
        self._selections.clear()

    def remove(self, record_id: int) -> None:
        """Take a record out. An unknown id is a KeyError."""
        del self._records[record_id]
        del self._ids[bisect_left(self._ids, record_id)]
        self._selections.clear()

    def spread(self, name: str, value: Any) -> None:
        """Give each record a field, unless it has it."""
        for record in {id(record): record for record in self._records.values()}.values():
            record.setdefault(name, value)
        self._selections.clear()

    def withdraw(self, name: str) -> None:
        """Take a field from each record."""
        for record in self._records.values():
            record.pop(name, None)
        self._selections.clear()

    def select(self, conditions: Mapping[str, Any], order: Mapping[str, Any]) -> Sequence[int]:
        """The ids of the records that meet all conditions, in order; read it before the next
        change."""
        by_id = not order or next(iter(order)) == "ID"
        if not by_id:
            key = repr((conditions, order))
            if key not in self._selections:
                rows = [self.get(record_id) for record_id in self._matching(conditions)]
                self._keep(key, [row["ID"] for row in order_rows(rows, order)])
            return self._selections[key]
        found = self._matching(conditions)
        return found.reversed() if str((order or {}).get("ID")).upper() == "DESC" else found

    def _matching(self, conditions: Mapping[str, Any]) -> _Span:
        bounds: list[tuple[str, float]] = []
        wanted: set[int] | None = None
        rest: dict[str, Any] = {}
        for key, operand in conditions.items():
            operator, name = split_condition(key)
            if name == "ID" and operator in (">", ">=", "<", "<=") and _is_number(operand):
                bounds.append((operator, _number(operand)))
            elif name == "ID" and operator in ("=", "@"):
                named = map(_number, operands(operator, operand))
                these = {int(n) for n in named if n.is_integer()}
                wanted = these if wanted is None else wanted & these
            else:
                rest[key] = operand
        if wanted is not None:
            known = sorted(record_id for record_id in wanted if record_id in self._records)
            ids = self._filter(known, rest)
        elif rest:
            key = repr(rest)
            if key not in self._selections:
                self._keep(key, self._filter(self._ids, rest))
            ids = self._selections[key]
        else:
            ids = self._ids
        low, high = 0, len(ids)
        for operator, bound in bounds:
            side = bisect_right if operator in (">", "<=") else bisect_left
            if operator in (">", ">="):
                low = max(low, side(ids, bound))
            else:
                high = min(high, side(ids, bound))
        return _Span(ids, low, max(low, high))

    def _filter(self, ids: list[int], conditions: Mapping[str, Any]) -> list[int]:
        split = [(*split_condition(key), operand) for key, operand in conditions.items()]
        if any(name == "ID" for _, name, _ in split):
            return [i for i in ids if meets(self.get(i), split)]
        # Records that share their fields are judged once.
        verdicts: dict[int, bool] = {}
        found = []
        for record_id in ids:
            record = self._records[record_id]
            verdict = verdicts.get(id(record))
            if verdict is None:
                verdict = verdicts[id(record)] = meets(record, split)
            if verdict:
                found.append(record_id)
        return found

    def _keep(self, key: str, ids: list[int]) -> None:
        if len(self._selections) >= _KEPT_SELECTIONS:
            self._selections.clear()
        self._selections[key] = ids


class _Span(Sequence[int]):
    """A part of a list of ids, forwards or backwards, that is copied only where it is read."""

    def __init__(self, ids: list[int], low: int, high: int, *, backwards: bool = False) -> None:
        self._ids, self._low, self._high, self._backwards = ids, low, high, backwards

    def reversed(self) -> _Span:
        return _Span(self._ids, self._low, self._high, backwards=not self._backwards)

    def __len__(self) -> int:
        return self._high - self._low

    @overload
    def __getitem__(self, index: int) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> list[int]: ...
    def __getitem__(self, index: int | slice) -> int | list[int]:
        positions = range(self._low, self._high)
        if self._backwards:
            positions = positions[::-1]
        chosen = positions[index]
        return self._ids[chosen] if isinstance(chosen, int) else [self._ids[i] for i in chosen]


def as_ids(ids: Iterable[int]) -> Sequence[int]:
    """Ids in ascending order. One that comes twice is a ValueError."""
    ordered = ids if isinstance(ids, range) and ids.step > 0 else sorted(ids)
    if not isinstance(ordered, range) and len(set(ordered)) < len(ordered):
        raise ValueError("an id comes twice")
    if ordered and ordered[0] < 1:
        raise ValueError("ids begin at 1")
    return ordered


def _number(operand: Any) -> float:
    """An operand as a number, NaN if it is none. PHP casts an array to 1; a collapsed batch
    reference ends here (protocol.md 6.5)."""
    if isinstance(operand, list | dict):
        return 1.0
    try:
        return float(operand)
    except (TypeError, ValueError):
        return math.nan


def _is_number(operand: Any) -> bool:
    return not math.isnan(_number(operand))
