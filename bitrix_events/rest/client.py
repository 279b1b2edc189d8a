"""Client: authenticated REST calls to one portal.

The client knows how to ask. Where the portal is and which token opens it is told by an `Access`;
when a call may go, and whether it may be repeated, is decided by the `Dispatcher`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self, TypeVar, overload

from pydantic import SecretStr

from bitrix_events.catalog.methods import method_facts, supported_methods
from bitrix_events.entities.base import Entity
from bitrix_events.entities.fields import item_update
from bitrix_events.errors import BatchError, RestError
from bitrix_events.rest.access import Access, DirectAccess
from bitrix_events.rest.batch import Command, Outcome, references
from bitrix_events.rest.crowd import Crowd
from bitrix_events.rest.dispatch import Dispatcher
from bitrix_events.rest.listing import Listing, Reading
from bitrix_events.rest.many import Many
from bitrix_events.rest.options import DEFAULT_OPTIONS, Options
from bitrix_events.rest.pace import Limits
from bitrix_events.rest.progress import Progress, shown
from bitrix_events.rest.records import Source
from bitrix_events.rest.request import Call, Request, Told, tell_changes
from bitrix_events.rest.responses import Response
from bitrix_events.rest.rows import Row
from bitrix_events.rest.transport import HttpTransport, Transport
from bitrix_events.rest.turns import Priority
from bitrix_events.rest.v3 import V3Client
from bitrix_events.rest.validate import checked

if TYPE_CHECKING:
    from bitrix_events.generated.methods import Methods

    Paths = Methods[Call, Request[dict[str, Any]], Request[Row]]
else:
    from bitrix_events.rest.paths import Methods as Paths

E = TypeVar("E", bound=Entity)
K = TypeVar("K", bound=str | int)

AnyCommand = Call | tuple[str, Mapping[str, Any]] | tuple[str] | str
"""What a batch takes as a command."""
Responses = list[Response]
Outcomes = list[Outcome]


class Client(Paths):
    """REST of one portal, for ``async`` code.

    In handlers ask for it by annotation. On its own::

        async with Client("https://acme.bitrix24.com/rest/1/<code>/") as client:
            response = await client.call("crm.deal.get", id=7)

    Documented methods are attributes, too: ``await client.crm.deal.get(id=7)``.

    It belongs to the event loop that uses it first. Clients of one portal share what the portal
    counts together: its limit of requests.

    Args:
        portal: address of an incoming webhook; or the REST root, with a token; or an `Access`.
        token: access token, if the address is the REST root. Nobody renews it.
        options: timeouts, retries, patience.
        limits: what the portal's plan allows: `STANDARD`, `ENTERPRISE` or `UNLIMITED`.
        transport: how portals are reached: a `Transport` to share, or what sends the bytes.
        crowd: other processes that send to the portal, and share its limits.

    Raises:
        SettingsError: the address is neither of the two.
    """

    def __init__(
        self,
        portal: str | Access,
        transport: Transport | HttpTransport | None = None,
        *,
        token: str | SecretStr | None = None,
        options: Options = DEFAULT_OPTIONS,
        limits: Limits | None = None,
        crowd: Crowd | None = None,
    ) -> None:
        self._owned = None if isinstance(transport, Transport) else Transport(transport)
        access = DirectAccess(portal, token) if isinstance(portal, str) else portal
        used = transport if isinstance(transport, Transport) else self._owned
        assert used is not None
        self._dispatcher = Dispatcher(access, used, limits, crowd)
        self.options = options
        self._told: Told | None = None
        self.v3 = V3Client(self._dispatcher, options)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """End what is under way, and close the connections unless they are somebody else's."""
        await self._dispatcher.close()
        if self._owned is not None:
            await self._owned.close()

    @property
    def domain(self) -> str:
        """Host name of the portal; ``""`` before the first call."""
        return self._dispatcher.domain

    def with_options(self, **changes: Any) -> Self:
        """A client of the same portal with other `Options`:
        ``client.with_options(attempts=1).call(...)``. It shares connections and limits."""
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other.options = replace(self.options, **changes)
        other.v3 = V3Client(self._dispatcher, other.options, told=self._told)
        return other

    def observed(self, told: Told) -> Self:
        """A client of the same portal that tells of what it has changed: of calls that were
        answered and do more than read."""
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other._told = told
        other.v3 = V3Client(self._dispatcher, self.options, told=told)
        return other

    def is_twin_of(self, other: object) -> bool:
        """Whether both make their calls on the same portal with the same rights: one is the other
        `with_options`."""
        return isinstance(other, Client) and self._dispatcher is other._dispatcher

    # Calls.

    def call(
        self, method: str, params: Mapping[str, Any] | None = None, /, **fields: Any
    ) -> Request[Row]:
        """Call a REST method: ``response = await client.call("crm.deal.get", id=7)``.

        What is returned is lazy: nothing is sent before it is awaited, iterated, or run by `batch`.

        Args:
            method: in the documented spelling.
            params: its parameters; keyword arguments are added to them.

        Raises:
            ValueError: the name is no method name, or a parameter has no form that can be sent.
            MethodNotFound, InvalidRequest: the call does not fit the documentation; with
                `Options.validate` only. Nothing was sent.
            RestError: when awaited, the subclass that fits the portal's answer. What reads is tried
                again on anything that may pass; what changes something only if the failure proves
                that it was not run, otherwise it ends as `OutcomeUnknown`.
        """
        given = {**(params or {}), **fields}
        return Request(self, self._checked(method, given), given)

    async def make_call(self, method: str, params: Mapping[str, Any]) -> Response:
        """Make a call at once; what awaiting a `Request` does."""
        response = await self._dispatcher.call(method, params, self.options, Priority.CALL)
        self._tell([(method, params)], [response])
        return response

    def list(
        self,
        method: str,
        params: Mapping[str, Any] | None = None,
        /,
        *,
        limit: int | None = None,
        after_id: int | None = None,
        descending: bool = False,
        progress: Progress = None,
        rows: str | None = None,
        id_field: str | None = None,
        keyset: bool | None = None,
        paging: str | None = None,
        **fields: Any,
    ) -> Listing:
        """All rows of a list method: ``async for row in client.list("crm.deal.list")``.

        Complete, or an exception. ``await client.list(...)`` collects all rows.

        Args:
            params: filter, select and what else the method takes, as for `call`.
            limit: how many rows are wanted at most.
            after_id: begin after this id; `Listing.last_id` is where an earlier reading stopped.
            descending: greatest id first.
            progress: True for a bar on the terminal, or a function of the number of rows handed
                out and of their total (None if unknown).
            rows: where the rows are in the result, ``"items"``, for methods that the catalogue
                does not know; ``id_field``, ``keyset`` and ``paging`` likewise, see `Reading`.

        Raises:
            IncompleteList: rows came and went in a way that may have hidden others.
            RestError: a page could not be read.
        """
        reading = Reading(
            limit=limit,
            after_id=after_id,
            descending=descending,
            progress=progress,
            rows=rows,
            id_field=id_field,
            keyset=keyset,
            paging=paging,
        )
        parameters = {**(params or {}), **fields}
        name = self._checked(method, parameters)
        return Listing(self._dispatcher, self.options, name, parameters, reading)

    @overload
    async def batch(
        self, commands: Mapping[K, AnyCommand], *, halt: bool = False
    ) -> dict[K, Response]: ...

    @overload
    async def batch(self, commands: Sequence[AnyCommand], *, halt: bool = False) -> Responses: ...

    async def batch(
        self, commands: Mapping[Any, AnyCommand] | Sequence[AnyCommand], *, halt: bool = False
    ) -> Any:
        """Make many calls in few requests, fifty in each, and return their responses in the same
        shape: by name, or in order.

        ``await client.batch({"deal": client.call("crm.deal.get", id=7), "me": ("profile", {})})``.
        A parameter may be `Ref` to an earlier command: ``Ref("deal")["CONTACT_ID"]``.

        In commands that change something None is sent as the empty text, which clears a field, and
        False as ``0``. Commands that read and have such a parameter go by themselves: in a filter
        it would select other rows.

        Args:
            halt: stop at the first failure. What was done before is not undone.

        Raises:
            BatchError: at least one command failed; it carries the good results as well. What
                was not sent, because the store failed or the client was closed, is `NotExecuted`.
            ValueError: a name is no method name, a parameter has no form that can be sent, a
                reference names no earlier command, or a call belongs to another client. Nothing was
                sent.
        """
        outcomes = await self.outcomes(commands, halt=halt)
        self._raise_failures(outcomes)
        return outcomes

    @overload
    async def outcomes(
        self, commands: Mapping[K, AnyCommand], *, halt: bool = False
    ) -> dict[K, Outcome]: ...

    @overload
    async def outcomes(self, commands: Sequence[AnyCommand], *, halt: bool = False) -> Outcomes: ...

    async def outcomes(
        self, commands: Mapping[Any, AnyCommand] | Sequence[AnyCommand], *, halt: bool = False
    ) -> Any:
        """The same as `batch`, with failed commands as `RestError` values in their places instead
        of an exception."""
        named = self._named(commands)
        many = Many(self._dispatcher, self.options, Priority.CALL)
        if halt or any(any(references(params)) for _, params in named.values()):
            outcomes = await many.in_order(named, halt=halt)
        else:
            outcomes = await many.side_by_side(list(named.values()))
        self._tell(named.values(), outcomes)
        if isinstance(commands, Mapping):
            return dict(zip(named, outcomes, strict=True))
        return outcomes

    async def apply(
        self, method: str, items: Iterable[Mapping[str, Any]], *, progress: Progress = None
    ) -> Responses:
        """Call one method for each of many items: ``await client.apply("crm.deal.update", [{"id":
        1, "fields": {...}}, ...])``.

        Args:
            items: the parameters of each call.
            progress: as for `list`.

        Returns:
            The responses, in the order of the items.

        Raises:
            BatchError: some calls failed; ``results`` and ``errors`` are by position.
            ValueError: a parameter has no form that can be sent. Nothing was sent.
        """
        commands = [(self._checked(method, item), dict(item)) for item in items]
        done = 0
        with shown(progress, method) as tell:

            def told(count: int) -> None:
                nonlocal done
                done += count
                try:
                    tell(done, len(commands))
                except Exception:  # the outcomes weigh more
                    self.options.logger.exception("the progress of %s could not be told", method)

            many = Many(self._dispatcher, self.options, Priority.BULK, told)
            outcomes = await many.side_by_side(commands)
        self._tell(commands, outcomes)
        self._raise_failures(outcomes)
        return [outcome for outcome in outcomes if isinstance(outcome, Response)]

    async def get(self, entity: type[E], entity_id: int | str, /, **more: Any) -> E:
        """Read one record: ``deal = await client.get(Deal, 7)``.

        Args:
            more: further parameters of the method that reads it; some need one, such as
                ``client.get(Item, 7, entityTypeId=147)``.

        Raises:
            NotFound: there is no such record.
            RestError: it could not be read, or does not fit the model.
            TypeError: no documented method reads such a record by its id, or it needs more.
        """
        reading, parameters = entity.how_to_read(entity_id, more)
        client = self.v3 if reading.is_v3 else self
        response = await client.call(reading.method, parameters)
        source = Source(reading.method, entity.__name__, entity_id, self.domain)
        return source.model(entity, source.record(reading, response.result))

    async def update(self, record: Entity, /, **fields: Any) -> None:
        """Change a record that ``crm.item.*`` knows: ``await client.update(deal, stage_id="WON")``.

        Args:
            fields: in snake case, as the models name them; user fields by the portal's name.

        Raises:
            TypeError: the record is of another kind: call the method that changes it.
            ValueError: it has no such field.
            RestError: it could not be changed; see `call`.
        """
        await self.call("crm.item.update", item_update(record, fields))

    def _tell(self, commands: Iterable[Command], outcomes: Iterable[Outcome]) -> None:
        tell_changes(self._told, commands, outcomes, method_facts)

    def _raise_failures(self, outcomes: Mapping[Any, Outcome] | Sequence[Outcome]) -> None:
        """Raise `BatchError` if there is a failure among the outcomes, by name or by position."""
        items = list(outcomes.items() if isinstance(outcomes, Mapping) else enumerate(outcomes))
        errors = {name: o for name, o in items if isinstance(o, RestError)}
        if errors:
            results = {name: o for name, o in items if not isinstance(o, RestError)}
            raise BatchError(portal=self.domain, results=results, errors=errors)

    def _named(self, commands: Any) -> dict[Any, Command]:
        """Commands by name or position, checked where the caller can see which one is meant."""
        if isinstance(commands, Mapping):
            items: Iterable[tuple[Any, Any]] = commands.items()
        elif isinstance(commands, Sequence) and not isinstance(commands, str | bytes):
            items = enumerate(commands)
        else:
            raise TypeError(
                'a batch is {"name": client.call("crm.deal.get", id=7), ...} or a list of such'
                " calls"
            )
        return {name: self._command(name, value) for name, value in items}

    def _command(self, name: Any, value: Any) -> Command:
        match value:
            case Call():
                return value.command_for(self)
            case str(method) | (str(method),):
                return (self._checked(method, {}), {})
            case (str(method), Mapping() as params):
                return (self._checked(method, params), params)
        raise TypeError(
            f"command {name!r} is {type(value).__name__} {str(value)[:60]!r}; write"
            ' client.call("crm.deal.get", id=7) or ("crm.deal.get", {"id": 7})'
        )

    def _checked(self, method: Any, params: Mapping[str, Any]) -> str:
        return checked(method, params, self.options, section="classic", portal=self.domain)

    def _call_path(self, method: str, fields: Mapping[str, Any]) -> Request[Row]:
        return self.call(method, fields)

    # The pace.

    @asynccontextmanager
    async def slow(self, requests_per_second: float) -> AsyncIterator[None]:
        """Send at most so many requests a second to this portal, without a burst, for the length
        of the block: ``async with client.slow(0.5): ...``. It holds for all clients of the portal
        in this process."""
        bucket = await self._dispatcher.bucket()
        with bucket.slow(requests_per_second):
            yield

    @staticmethod
    def documented_methods() -> tuple[str, ...]:
        """Names of the methods that the vendor documents. What a portal offers is told by
        ``client.call("methods")``."""
        return supported_methods()
