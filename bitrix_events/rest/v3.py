"""REST 3.0: the portal's newer interface, for the modules that have it.

Source: protocol.md 4.6.
"""

from __future__ import annotations

import re
from collections.abc import (
    AsyncGenerator,
    Callable,
    Mapping,
    Sequence,
)
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeVar, overload

from bitrix_events.catalog.methods import Kind, ListFacts, Paging, Section, v3_method_facts
from bitrix_events.errors import BatchError, NotExecuted, PortalFault, RestError
from bitrix_events.rest.batch import BATCH_SIZE, Command, ended_by
from bitrix_events.rest.dispatch import Dispatcher
from bitrix_events.rest.exchange import RawCall
from bitrix_events.rest.options import Options
from bitrix_events.rest.parameters import plain
from bitrix_events.rest.request import Call, Request, Told, tell_changes
from bitrix_events.rest.responses import Response
from bitrix_events.rest.retries import verdict
from bitrix_events.rest.rows import LazyList, Row, incomplete, rows_of, with_value
from bitrix_events.rest.turns import Priority
from bitrix_events.rest.validate import checked
from bitrix_events.wire.numbers import whole_number

if TYPE_CHECKING:
    from bitrix_events.generated.v3 import V3Methods

    Paths = V3Methods[Call, Request[dict[str, Any]], Request[Row]]
else:
    from bitrix_events.rest.paths import Methods as Paths

K = TypeVar("K", bound=str)

V3Command = Call | Command
"""What a batch takes as a command."""
Results = list[Any]
Rows = list[Row]
AsyncPages = AsyncGenerator[Rows, None]

_KEY: Final = re.compile(r"[\x20-\x7e]{1,255}\Z")
_PAGE: Final = 500
"""Items on a page; most methods give up to 1,000."""
_TAIL: Final = ListFacts(
    rows=("items",), id_field="id", paging=Paging.CURSOR, page=(("cursor",),), select=("select",)
)
"""What an undocumented method is taken for that is no ``.list``."""


class V3Client(Paths):
    """The verbs of `Client` for REST 3.0: ``await client.v3.call("tasks.task.get", id=7)``.

    Documented methods are attributes, too: ``await client.v3.tasks.task.get(id=7)``.

    Args:
        key: idempotency key of its calls.
        told: told of what its calls have changed.
    """

    _section: ClassVar[Section] = "v3"

    def __init__(
        self,
        dispatcher: Dispatcher,
        options: Options,
        key: str | None = None,
        *,
        told: Told | None = None,
    ) -> None:
        self._dispatcher = dispatcher
        self._options = options
        self._key = key
        self._told = told

    def call(
        self,
        method: str,
        params: Mapping[str, Any] | None = None,
        /,
        *,
        idempotency_key: str | None = None,
        **fields: Any,
    ) -> Request[Row]:
        """Call a REST 3.0 method. What is returned is lazy, as with `Client.call`.

        Args:
            params: its parameters; keyword arguments are added to them.
            idempotency_key: 1 to 255 printable ASCII characters. For 24 hours the portal answers a
                repeat with the same key from memory (``response.replayed``), so such a call is
                repeated after a lost answer. In a handler: ``delivery.key("task")``.

        Raises:
            RestError: as for `Client.call`.
            ValueError: the name is no method name, or the key is not usable.
        """
        caller = self
        if idempotency_key is not None:
            if not _KEY.match(idempotency_key):
                raise ValueError("an idempotency key has 1 to 255 printable ASCII characters")
            caller = V3Client(self._dispatcher, self._options, idempotency_key, told=self._told)
        given = {**(params or {}), **fields}
        return Request(caller, self._checked(method, given), given)

    async def make_call(self, method: str, params: Mapping[str, Any]) -> Response:
        """Make a call at once; what awaiting a `Request` does."""
        response = await self._call(method, plain(params), Priority.CALL)
        tell_changes(self._told, [(method, params)], [response], v3_method_facts)
        return response

    def is_twin_of(self, other: object) -> bool:
        """Whether a call of the other one may go into a batch of this one: it has no idempotency
        key, which a batch could not carry."""
        return (
            isinstance(other, V3Client)
            and self._dispatcher is other._dispatcher
            and other._key is None
        )

    def list(
        self,
        method: str,
        params: Mapping[str, Any] | None = None,
        /,
        *,
        limit: int | None = None,
        **fields: Any,
    ) -> V3Listing:
        """All items of a ``.list`` or ``.tail`` method: ``async for`` streams, ``await`` collects.

        They are read by ascending id; a ``.list`` with an order of your own by position.

        Args:
            limit: how many items are wanted at most.
        """
        given = {**(params or {}), **fields}
        return V3Listing(self, self._checked(method, given), given, limit)

    @overload
    async def batch(self, commands: Mapping[K, V3Command]) -> dict[K, Any]: ...

    @overload
    async def batch(self, commands: Sequence[V3Command]) -> Results: ...

    async def batch(self, commands: Mapping[Any, V3Command] | Sequence[V3Command]) -> Any:
        """Run commands in order, fifty in a request, and return their results in the same shape.

        A value may be ``{"$ref": "name.item.id"}`` or ``{"$refArray": "name.items.id"}`` to use the
        result of an earlier command in the same request.

        Raises:
            BatchError: a command failed, and with it the whole request it was in. ``results`` has
                what the requests before it brought; ``errors`` tells each command of this one that
                it failed, and those of later ones that they were not sent. Which one it was the
                portal does not tell: if one of them changes something, all are `OutcomeUnknown`.
            ValueError: a name is no method name, two keys are the same text, or a parameter has no
                form that can be sent. Nothing was sent.
        """
        if isinstance(commands, Mapping):
            written = _by_alias(commands)
        else:
            written = {f"c{index}": command for index, command in enumerate(commands)}
        named = {
            alias: command.command_for(self) if isinstance(command, Call) else command
            for alias, command in written.items()
        }
        keys = list(commands) if isinstance(commands, Mapping) else range(len(named))
        body = [
            {"method": self._checked(method, query), "query": plain(query), "as": alias}
            for alias, (method, query) in named.items()
        ]
        results: list[Any] = []
        while len(results) < len(body):
            group = body[len(results) : len(results) + BATCH_SIZE]
            try:
                results += await self._run(group)
                told = [(item["method"], item["query"]) for item in group]
                tell_changes(self._told, told, told, v3_method_facts)
            except Exception as error:
                later = body[len(results) + len(group) :]
                failed = [self._outcome(error, item["method"]) for item in group]
                failed += [self._not_run(item["method"]) for item in later]
                raise BatchError(
                    portal=self._dispatcher.domain,
                    results=dict(zip(keys, results, strict=False)),
                    errors=dict(zip(keys[len(results) :], failed, strict=True)),
                ) from error
        return dict(zip(keys, results, strict=True)) if isinstance(commands, Mapping) else results

    async def page(self, method: str, content: Mapping[str, Any], facts: ListFacts) -> Rows:
        """The items of one page of a list."""
        response = await self._call(method, plain(content), Priority.BULK)
        return rows_of(response.result, method, facts, portal=self._dispatcher.domain)

    def incomplete(self, method: str, problem: str) -> RestError:
        """The error of a list that cannot be read completely."""
        return incomplete(method, problem, portal=self._dispatcher.domain)

    async def _run(self, body: Sequence[Mapping[str, Any]]) -> Results:
        """The results of the commands of one request, in their order."""
        harmless = all(self._is_harmless(item["method"]) for item in body)
        raw = RawCall(
            "batch",
            body,
            self._options,
            is_v3=True,
            token_in_header=True,
            half_done=not harmless,
        )
        response = await self._dispatcher.request(raw, Priority.CALL, harmless=harmless)
        result, aliases = response.result, [item["as"] for item in body]
        if isinstance(result, list) and len(result) == len(body):
            return result
        if isinstance(result, Mapping) and all(alias in result for alias in aliases):
            return [result[alias] for alias in aliases]
        raise PortalFault(
            "batch",
            "NO_OUTCOME",
            "the batch does not say what became of each command",
            portal=self._dispatcher.domain,
            maybe_executed=True,
        )

    def _outcome(self, error: Exception, method: str) -> RestError:
        """What became of a command whose request failed."""
        if not isinstance(error, RestError):
            return ended_by(error, method, portal=self._dispatcher.domain)
        outcome = verdict(error.told_of(method), harmless=self._is_harmless(method))
        outcome.__cause__ = error
        return outcome

    def _not_run(self, method: str) -> NotExecuted:
        what = "an earlier request of the batch failed"
        return NotExecuted(method, "NOT_EXECUTED", what, portal=self._dispatcher.domain)

    def _checked(self, method: Any, params: Mapping[str, Any]) -> str:
        portal = self._dispatcher.domain
        return checked(method, params, self._options, section="v3", portal=portal)

    def _call_path(self, method: str, fields: Mapping[str, Any]) -> Request[Row]:
        return self.call(method, **fields)

    async def _call(self, method: str, content: Any, priority: Priority) -> Response:
        headers = {} if self._key is None else {"Idempotency-Key": self._key}
        harmless = self._is_harmless(method)
        if self._options.idempotent is None:
            harmless = harmless or self._key is not None
        raw = RawCall(method, content, self._options, is_v3=True, headers=headers)
        return await self._dispatcher.request(raw, priority, harmless=harmless)

    def _is_harmless(self, method: str) -> bool:
        """Whether a call may be repeated although it may have been run."""
        if self._options.idempotent is not None:
            return self._options.idempotent
        return v3_method_facts(method).kind is Kind.READ


def _by_alias(commands: Mapping[Any, V3Command]) -> dict[str, V3Command]:
    named = {str(name): command for name, command in commands.items()}
    if len(named) < len(commands):
        raise ValueError("two names of the batch are the same text, such as 1 and '1'")
    return named


class V3Listing(LazyList):
    """A lazy list of REST 3.0."""

    def __init__(
        self, client: V3Client, method: str, params: Mapping[str, Any], limit: int | None
    ) -> None:
        super().__init__()
        if limit is not None and limit < 0:
            raise ValueError(f"limit={limit}: a list has no negative number of items")
        self._client = client
        self._method = method
        self._params = dict(params)
        self._limit = limit
        self._facts = v3_method_facts(method).list or _TAIL
        self._id_field = self._facts.id_field or "id"
        self._size = min(_PAGE, self._facts.page_max or _PAGE)

    @property
    def last_id(self) -> int | None:
        """Id of the last item that was handed out; None if it is no whole number."""
        return self._id_of(self._last_row)

    async def _pages(self) -> AsyncGenerator[Rows, None]:
        left = self._limit
        if left == 0:
            return
        async with aclosing(self._unlimited()) as pages:
            async for page in pages:
                kept = page if left is None else page[:left]
                yield kept
                if left is not None:
                    left -= len(kept)
                    if not left:
                        return

    def _unlimited(self) -> AsyncGenerator[Rows, None]:
        match self._facts.paging:
            case Paging.CURSOR:
                return self._by_id(self._tail)
            case Paging.PAGINATION if self._may_follow_ids():
                return self._by_id(self._after)
            case Paging.PAGINATION:
                return self._by_offset()
            case _:
                return self._at_once()

    def _may_follow_ids(self) -> bool:
        """Whether the method takes conditions on the id, and the caller wants no other order."""
        facts = self._facts
        order, conditions = self._params.get("order"), self._params.get("filter")
        own_order = order and order != {self._id_field: "ASC"}
        takes_both = facts.filter is not None and facts.order is not None
        return takes_both and not own_order and isinstance(conditions or [], list | tuple)

    async def _by_id(self, asked: Callable[[int | None], dict[str, Any]]) -> AsyncPages:
        last: int | None = None
        while True:
            page = await self._page(asked(last))
            has_no_ids = last is None and any(self._id_of(row) is None for row in page)
            if has_no_ids and self._facts.paging is Paging.PAGINATION:
                async with aclosing(self._by_offset()) as pages:
                    async for page in pages:
                        yield page
                return
            for row in page:
                row_id = self._id_of(row)
                if row_id is None or (last is not None and row_id <= last):
                    what = f"the {self._id_field} of its items does not grow"
                    raise self._client.incomplete(self._method, what)
                last = row_id
            if (
                not page
            ):  # a shorter one proves nothing: the portal may give less than it is asked for
                return
            yield page

    def _tail(self, last: int | None) -> dict[str, Any]:
        cursor = dict(self._params.get("cursor") or {})
        if cursor.get("field", self._id_field) != self._id_field or cursor.get("order") == "DESC":
            raise ValueError("a tail is read by ascending id; call the method for other cursors")
        begin = cursor.get("value") or 0
        value = begin if last is None else last
        cursor = {"field": self._id_field, "value": value, "order": "ASC", "limit": self._size}
        return {**self._with_id(), "cursor": cursor}

    def _after(self, last: int | None) -> dict[str, Any]:
        conditions = list(self._params.get("filter") or [])
        if last is not None:
            conditions.append([self._id_field, ">", last])
        return {
            **self._with_id(),
            "filter": conditions,
            "order": {self._id_field: "ASC"},
            "pagination": {"limit": self._size},
        }

    async def _by_offset(self) -> AsyncPages:
        offset, seen, previous = 0, set(), 0
        while True:
            pagination = {"limit": self._size, "offset": offset}
            page = await self._page({**self._with_id(), "pagination": pagination})
            for row in page:
                row_id = row.get(self._id_field) if isinstance(row, Mapping) else None
                if isinstance(row_id, int | str):
                    if row_id in seen:
                        raise self._client.incomplete(self._method, f"item {row_id} came twice")
                    seen.add(row_id)
            if page:
                yield page
            if not page or len(page) < previous:
                return
            previous = len(page)
            offset += len(page)

    async def _at_once(self) -> AsyncPages:
        asked = dict(self._params)
        if self._facts.paging is Paging.LIMIT:
            asked = with_value(asked, self._facts.page[0], self._facts.page_size)
        page = await self._page(asked)
        if page:
            yield page
        if self._facts.paging is Paging.LIMIT and len(page) >= self._facts.page_size:
            what = f"the method gives no more than {len(page)} items, and no next page"
            raise self._client.incomplete(self._method, what)

    async def _page(self, asked: Mapping[str, Any]) -> Rows:
        return await self._client.page(self._method, asked, self._facts)

    def _id_of(self, row: Row) -> int | None:
        return whole_number(row.get(self._id_field)) if isinstance(row, Mapping) else None

    def _with_id(self) -> dict[str, Any]:
        select = self._params.get("select")
        if isinstance(select, list) and select and self._id_field not in select:
            return {**self._params, "select": [*select, self._id_field]}
        return dict(self._params)
