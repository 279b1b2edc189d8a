"""All rows of a list method: complete, or an error.

Source: protocol.md 7.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any, Final

from bitrix_events.catalog.methods import ListFacts, Paging, Path, method_facts
from bitrix_events.rest.dispatch import Dispatcher
from bitrix_events.rest.keyset import KeysetBroken, KeysetWalk
from bitrix_events.rest.offset import OffsetWalk
from bitrix_events.rest.options import Options
from bitrix_events.rest.progress import Progress, shown
from bitrix_events.rest.rows import LazyList, Row, incomplete, spelled, value_at
from bitrix_events.wire.numbers import whole_number

_USUAL_NAMES: Final[dict[Paging, tuple[Path, ...]]] = {
    Paging.START: (("start",),),
    Paging.WHOLE: (),
    Paging.LIMIT_OFFSET: (("limit",), ("offset",)),
    Paging.PAGE: (("page",),),
    Paging.NAV: (("NAV_PARAMS", "nPageSize"), ("NAV_PARAMS", "iNumPage")),
    Paging.LAST_ID: (("LIMIT",), ("LAST_ID",)),
    Paging.LIMIT: (("limit",),),
}


@dataclass(frozen=True, slots=True)
class Reading:
    """How a list is to be read; what is None is taken from the catalogue of methods.

    Attributes:
        limit: how many rows are wanted at most.
        after_id: begin after this id: the last one of an earlier reading.
        descending: greatest id first.
        progress: see `Client.list`.
        rows: where the rows are in the result, ``"items"``; ``""`` is the result itself.
        id_field: name of the id in a row.
        keyset: whether to follow ids; False reads by position.
        paging: how the method turns pages, one of `Paging`; where it is not known, the parameters
            for that are taken to have their usual names.
    """

    limit: int | None = None
    after_id: int | None = None
    descending: bool = False
    progress: Progress = None
    rows: str | None = None
    id_field: str | None = None
    keyset: bool | None = None
    paging: str | None = None

    def facts(self, method: str) -> ListFacts:
        """What is known about the method, and what the caller knows better.

        Raises:
            ValueError: classic REST has no such way to turn pages.
        """
        facts = method_facts(method).list or ListFacts()
        if self.rows is not None:
            facts = replace(facts, rows=tuple(p for p in self.rows.split(".") if p))
        if self.id_field is not None:
            facts = replace(facts, id_field=self.id_field, filter_id=self.id_field)
        if self.paging is not None and self.paging != facts.paging:
            paging = Paging(self.paging)
            if paging not in _USUAL_NAMES:
                raise ValueError(f"paging={self.paging!r} is of REST 3.0: use client.v3.list")
            facts = replace(facts, paging=paging, page=_USUAL_NAMES[paging])
        if self.keyset is not None:
            facts = replace(facts, keyset=self.keyset)
        if facts.keyset:
            facts = replace(
                facts,
                id_field=facts.id_field or "ID",
                filter_id=facts.filter_id or facts.id_field or "ID",
                filter=facts.filter or ("filter",),
                order=facts.order or ("order",),
            )
        return facts


class Listing(LazyList):
    """All rows of a list method, on demand; see `LazyList`.

    Attributes:
        total: how many rows there are, once that is known.
    """

    def __init__(
        self,
        dispatcher: Dispatcher,
        options: Options,
        method: str,
        parameters: Mapping[str, Any],
        reading: Reading,
    ) -> None:
        super().__init__()
        if reading.limit is not None and reading.limit < 0:
            raise ValueError(f"limit={reading.limit}: a list has no negative number of rows")
        self._dispatcher = dispatcher
        self._options = options
        self._method = method
        self._parameters = dict(parameters)
        self._reading = reading
        self._facts = reading.facts(method)
        self._follows_ids = False
        self.total: int | None = None

    @property
    def last_id(self) -> int | None:
        """Id of the last row that was handed out, to begin after it another time; None where rows
        are not read by id."""
        if not self._follows_ids or self._last_row is None:
            return self._reading.after_id
        return int(self._last_row[self._facts.id_field])

    async def _pages(self) -> AsyncGenerator[list[Row], None]:
        """Pages within the limit, with their progress."""
        limit, handed_out = self._reading.limit, 0
        if limit == 0:
            return
        with shown(self._reading.progress, self._method) as tell:
            async with aclosing(self._unlimited()) as pages:
                async for page in pages:
                    if limit is not None:
                        page = page[: limit - handed_out]
                    handed_out += len(page)
                    tell(handed_out, self._expected())
                    yield page
                    if handed_out == limit:
                        return

    def _expected(self) -> int | None:
        """How many rows will be handed out, if that is known."""
        if self.total is None or self._reading.limit is None:
            return self.total
        return min(self.total, self._reading.limit)

    async def _unlimited(self) -> AsyncGenerator[list[Row], None]:
        """Pages in the best way that the method allows; a few rows more than wanted may come."""
        reading = self._reading
        wants_ids = reading.after_id is not None or reading.descending
        by_id = self._by_id()
        self._follows_ids = by_id is not None
        handed_out: frozenset[int] = frozenset()
        if by_id is not None:
            try:
                async with aclosing(by_id.pages()) as pages:
                    async for page in pages:
                        self.total = by_id.total
                        yield page
                return
            except KeysetBroken as broken:
                self._follows_ids = False
                handed_out = broken.handed_out
            if wants_ids:
                problem = "the portal does not follow ids, as after_id and descending want it"
                raise incomplete(self._method, problem, portal=self._dispatcher.domain)
        elif wants_ids:
            raise ValueError(
                f"{self._method} is not read by id here, as after_id and descending want it; if it"
                " can be, say keyset=True, and have no order, no LOGIC and no two conditions of the"
                " same kind on the id"
            )
        by_position = OffsetWalk(
            self._dispatcher,
            self._options,
            self._method,
            self._parameters,
            self._facts,
            limit=None if reading.limit is None else reading.limit + len(handed_out),
        )
        async with aclosing(by_position.pages()) as pages:
            async for page in pages:
                self.total = by_position.total
                if handed_out:
                    page = [row for row in page if self._id_of(row) not in handed_out]
                if page:
                    yield page

    def _by_id(self) -> KeysetWalk | None:
        """The way to read it by id, if there is one."""
        parameters, is_turned = self._without_order_by_id()
        if not self._may_follow_ids(parameters):
            return None
        try:
            return KeysetWalk(
                self._dispatcher,
                self._options,
                self._method,
                parameters,
                self._facts,
                after=self._reading.after_id,
                limit=self._reading.limit,
                descending=self._reading.descending or is_turned,
            )
        except KeysetBroken:
            return None

    def _id_of(self, row: Row) -> int | None:
        return whole_number(row.get(self._facts.id_field))

    def _may_follow_ids(self, parameters: Mapping[str, Any]) -> bool:
        """Whether the method can be read by id, and the caller wants no order of its own, nor
        conditions of which only one has to be met."""
        facts = self._facts
        if not (facts.keyset and facts.filter and facts.order):
            return False
        conditions = value_at(parameters, spelled(parameters, facts.filter))
        if conditions and not isinstance(conditions, Mapping):
            return False
        if any(str(key).lower() == "logic" for key in conditions or ()):
            return False
        for path in [facts.order, *([facts.sort] if facts.sort else [])]:
            if value_at(parameters, spelled(parameters, path)):
                return False
        positions = [value_at(parameters, spelled(parameters, path)) for path in facts.page]
        return all(position in (None, "", 0, -1, "0", "-1") for position in positions)

    def _without_order_by_id(self) -> tuple[dict[str, Any], bool]:
        """The parameters without an order by id, in which lists are read anyway, and whether that
        is the descending one."""
        facts = self._facts
        if not facts.keyset or facts.order is None:
            return self._parameters, False
        paths = [spelled(self._parameters, facts.order)]
        order: Any = value_at(self._parameters, paths[0])
        if facts.sort is not None:
            paths.append(spelled(self._parameters, facts.sort))
            order = {value_at(self._parameters, paths[1]): order or "ASC"}
        if (
            not isinstance(order, Mapping)
            or len(order) != 1
            or any(len(path) > 1 for path in paths)
        ):
            return self._parameters, False
        ((name, direction),) = order.items()
        is_by_id = str(name).lower() == str(facts.filter_id).lower()
        if not is_by_id or str(direction).upper() not in ("ASC", "DESC"):
            return self._parameters, False
        taken = {path[0] for path in paths}
        others = {name: value for name, value in self._parameters.items() if name not in taken}
        return others, str(direction).upper() == "DESC"
