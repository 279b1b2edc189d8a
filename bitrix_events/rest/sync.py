"""SyncClient: the same verbs for threads.

A thin facade: each call is handed to the event loop that the async client lives on. In handlers
that is the app's; a client of its own runs one in a thread of its own.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections.abc import Coroutine, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, Protocol, Self, TypeVar

from pydantic import SecretStr

from bitrix_events.catalog.methods import Section
from bitrix_events.entities.base import Entity
from bitrix_events.rest.access import Access
from bitrix_events.rest.batch import BATCH_SIZE, Command
from bitrix_events.rest.client import AnyCommand, Client
from bitrix_events.rest.options import DEFAULT_OPTIONS, Options
from bitrix_events.rest.pace import Limits
from bitrix_events.rest.request import Call, Caller
from bitrix_events.rest.responses import Response, Time
from bitrix_events.rest.rows import LazyList, Row
from bitrix_events.rest.transport import HttpTransport, Transport

if TYPE_CHECKING:
    from bitrix_events.generated.methods import Methods
    from bitrix_events.generated.v3 import V3Methods

    Paths = Methods["SyncCall", "SyncRequest[dict[str, Any]]", "SyncRequest[Row]"]
    V3Paths = V3Methods["SyncCall", "SyncRequest[dict[str, Any]]", "SyncRequest[Row]"]
else:
    from bitrix_events.rest.paths import Methods as Paths

    V3Paths = Paths

E = TypeVar("E", bound=Entity)
R = TypeVar("R")
T = TypeVar("T")
Responses = list[Response]
Rows = list[Row]

_LOOK_AGAIN: Final = 1.0
"""Seconds after which a thread that waits looks whether the event loop still runs."""
_FAREWELL: Final = 1.0
"""Seconds that calls get to say what became of them when the connections are closed."""


class SyncClient(Paths):
    """REST of one portal, for threads. Never call it on the event loop's thread.

    In handlers ask for it by annotation. On its own::

        with SyncClient("https://acme.bitrix24.com/rest/1/<code>/") as client:
            deal = client.call("crm.deal.get", id=7).result

    Documented methods are attributes, too, and give what `request` gives:
    ``client.crm.deal.get(id=7).result``. Arguments as for `Client`.
    """

    def __init__(
        self,
        portal: str | Access,
        transport: Transport | HttpTransport | None = None,
        *,
        token: str | SecretStr | None = None,
        options: Options = DEFAULT_OPTIONS,
        limits: Limits | None = None,
    ) -> None:
        self._client = Client(portal, transport, token=token, options=options, limits=limits)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._is_closed = False

    @classmethod
    def over(cls, client: Client, loop: asyncio.AbstractEventLoop) -> Self:
        """The facade of a client that lives on a loop which somebody else runs."""
        facade = object.__new__(cls)
        facade._client, facade._loop, facade._thread = client, loop, None
        facade._lock, facade._is_closed = threading.Lock(), False
        return facade

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End what is under way, and close what this client opened. A thread whose call was sent
        gets its outcome, as from `Client.close`."""
        with self._lock:
            loop, thread = self._loop, self._thread
            if self._is_closed or (loop is not None and thread is None):
                return
            self._is_closed = True
        if loop is not None and thread is not None:
            asyncio.run_coroutine_threadsafe(_end(self._client), loop).result()
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()

    @property
    def domain(self) -> str:
        """See `Client.domain`."""
        return self._client.domain

    def with_options(self, **changes: Any) -> SyncClient:
        """See `Client.with_options`. Close the client that this one was made from, not this one."""
        with self._lock:
            return SyncClient.over(self._client.with_options(**changes), self._running_loop())

    def call(
        self, method: str, params: Mapping[str, Any] | None = None, /, **fields: Any
    ) -> Response:
        """Call a REST method, at once. See `Client.call`."""
        return self._wait(self._client.call(method, params, **fields).send())

    def request(
        self, method: str, params: Mapping[str, Any] | None = None, /, **fields: Any
    ) -> SyncRequest[Row]:
        """A call that is made when its result is asked for, or by a batch."""
        return SyncRequest(self, self._client.call(method, params, **fields))

    def list(
        self, method: str, params: Mapping[str, Any] | None = None, /, **given: Any
    ) -> SyncListing:
        """All rows of a list method; they are fetched while you iterate. See `Client.list`."""
        return SyncListing(self, self._client.list(method, params, **given))

    def update(self, record: Entity, /, **fields: Any) -> None:
        """See `Client.update`."""
        self._wait(self._client.update(record, **fields))

    def batch(self, commands: Any, *, halt: bool = False) -> Any:
        """See `Client.batch`."""
        return self._wait(self._client.batch(self._commands(commands), halt=halt))

    def outcomes(self, commands: Any, *, halt: bool = False) -> Any:
        """See `Client.outcomes`."""
        return self._wait(self._client.outcomes(self._commands(commands), halt=halt))

    def call_batch(self, commands: Any, *, halt: bool = False) -> Any:
        """`batch` for what fits one request.

        Raises:
            ValueError: there are more than 50 commands; nothing was sent.
        """
        if len(commands) > BATCH_SIZE:
            raise ValueError(f"{len(commands)} commands are more than {BATCH_SIZE}: call_batches")
        return self.batch(commands, halt=halt)

    call_batches = batch
    """`batch` under the name that b24pysdk gives it."""

    def apply(self, method: str, items: Iterable[Mapping[str, Any]], **given: Any) -> Responses:
        """See `Client.apply`."""
        return self._wait(self._client.apply(method, items, **given))

    def get(self, entity: type[E], entity_id: int | str, /, **more: Any) -> E:
        """See `Client.get`."""
        return self._wait(self._client.get(entity, entity_id, **more))

    @contextmanager
    def slow(self, requests_per_second: float) -> Iterator[None]:
        """See `Client.slow`."""
        context = self._client.slow(requests_per_second)
        self._wait(context.__aenter__())
        try:
            yield
        finally:
            self._wait(context.__aexit__(None, None, None))

    documented_methods = staticmethod(Client.documented_methods)
    """See `Client.documented_methods`."""

    @property
    def v3(self) -> SyncV3Client:
        """See `Client.v3`."""
        return SyncV3Client(self)

    def _wait(self, coroutine: Coroutine[Any, Any, T]) -> T:
        # It exists before anything is started: an interrupt at any moment can cancel it.
        answer: concurrent.futures.Future[T] = concurrent.futures.Future()
        is_started = False
        try:
            with self._lock:
                loop = self._running_loop()
                if asyncio._get_running_loop() is loop:
                    raise RuntimeError(
                        "SyncClient was called on the event loop, where it would wait for itself;"
                        " call it in the handler, not in a factory"
                    )
                is_started = True
                loop.call_soon_threadsafe(_start, coroutine, answer)
            while not concurrent.futures.wait([answer], _LOOK_AGAIN).done:
                if not loop.is_running():
                    raise RuntimeError("the event loop of this SyncClient does not run")
            return answer.result()
        except concurrent.futures.CancelledError:
            raise RuntimeError("the SyncClient was closed, or its event loop ended") from None
        except BaseException as error:
            answer.cancel()  # the thread may have been interrupted: nobody waits any more
            if not is_started or (isinstance(error, RuntimeError) and loop.is_closed()):
                coroutine.close()
            raise

    def _commands(self, commands: Any) -> Any:
        """Commands with sync requests unwrapped."""
        if isinstance(commands, Mapping):
            return {name: self._unwrapped(command) for name, command in commands.items()}
        if isinstance(commands, Sequence) and not isinstance(commands, str | bytes):
            return [self._unwrapped(command) for command in commands]
        return commands

    def _unwrapped(self, command: Any) -> AnyCommand:
        return command.lazy if isinstance(command, SyncCall) else command

    def _call_path(self, method: str, fields: Mapping[str, Any]) -> SyncRequest[Row]:
        return self.request(method, fields)

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        if self._is_closed:
            raise RuntimeError("this SyncClient is closed")
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(
                target=self._loop.run_forever, name="bitrix_events.SyncClient", daemon=True
            )
            self._thread.start()
        return self._loop


def _start(coroutine: Coroutine[Any, Any, T], answer: concurrent.futures.Future[T]) -> None:
    """Run a coroutine on this event loop for a thread that waits for the answer."""
    if answer.cancelled():
        coroutine.close()
        return
    loop = asyncio.get_running_loop()
    task = loop.create_task(coroutine)

    def settle(task: asyncio.Task[T]) -> None:
        error = None if task.cancelled() else task.exception()
        with suppress(concurrent.futures.InvalidStateError):  # nobody waits any more
            if task.cancelled():
                answer.cancel()
            elif error is not None:
                answer.set_exception(error)
            else:
                answer.set_result(task.result())

    def stop(answer: concurrent.futures.Future[T]) -> None:
        if answer.cancelled():
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(task.cancel)

    task.add_done_callback(settle)
    answer.add_done_callback(stop)


async def _end(client: Client) -> None:
    """Close a client, and end whatever else goes on in its event loop."""
    await client.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    if others:
        _, others = await asyncio.wait(others, timeout=_FAREWELL)
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.get_running_loop().shutdown_asyncgens()


class _Waiting(Protocol):
    """What a lazy call needs of its client."""

    def _wait(self, coroutine: Coroutine[Any, Any, T]) -> T: ...

    def list(self, method: str, params: Mapping[str, Any], /, **given: Any) -> SyncListing: ...


class SyncCall:
    """A call that is made once, when its result is asked for."""

    def __init__(self, client: _Waiting, lazy: Call) -> None:
        self._client = client
        self._response: Response | None = None
        self.lazy = lazy
        """The same for the event loop."""
        self.command = lazy.command

    def command_for(self, client: Caller) -> Command:
        """See `Call.command_for`."""
        return self.lazy.command_for(client)

    def call(self) -> Response:
        """Make the call, again if it was made before."""
        self._response = self._client._wait(self.lazy.send())
        return self._response

    @property
    def response(self) -> Response:
        """The answer, from the first call on."""
        return self.call() if self._response is None else self._response

    @property
    def result(self) -> Any:
        """What the method returns."""
        return self.response.result

    @property
    def time(self) -> Time:
        """How long the portal worked."""
        return self.response.time


class SyncRequest(SyncCall, Generic[R]):
    """A call that may give rows. See `Request`."""

    def as_list(self, limit: int | None = None) -> list[R]:
        """All rows, complete or an exception."""
        return self._client.list(*self.command, limit=limit).as_list()

    def as_list_fast(self, descending: bool = False, limit: int | None = None) -> Iterator[R]:
        """All rows, one after the other, while they are fetched. REST 3.0 gives them by ascending
        id only."""
        order = {"descending": True} if descending else {}
        return iter(self._client.list(*self.command, limit=limit, **order))


class SyncListing:
    """A lazy list: iterate over it, or collect it with `as_list`."""

    def __init__(self, client: SyncClient, listing: LazyList) -> None:
        self._client = client
        self._listing = listing

    def __iter__(self) -> Generator[Row, None, None]:
        pages = self._listing.pages()

        async def next_page() -> Rows | None:
            return await anext(pages, None)

        try:
            while (page := self._client._wait(next_page())) is not None:
                yield from page
        finally:
            with suppress(RuntimeError):  # closed, or interrupted: then the pages end by themselves
                self._client._wait(pages.aclose())

    def as_list(self) -> Rows:
        """Every row. Raises as `Listing.all`."""
        return self._client._wait(self._listing.all())

    @property
    def last_id(self) -> int | None:
        """See `Listing.last_id`."""
        return self._listing.last_id


class SyncV3Client(V3Paths):
    """REST 3.0 for threads. See `rest.v3.V3Client`."""

    _section: ClassVar[Section] = "v3"

    def __init__(self, client: SyncClient) -> None:
        self._client = client

    def call(
        self, method: str, params: Mapping[str, Any] | None = None, /, **given: Any
    ) -> Response:
        """Call a REST 3.0 method, at once. See `V3Client.call`."""
        return self.request(method, params, **given).call()

    def request(
        self, method: str, params: Mapping[str, Any] | None = None, /, **given: Any
    ) -> SyncRequest[Row]:
        """A call that is made when its result is asked for, or by a batch."""
        return SyncRequest(self, self._client._client.v3.call(method, params, **given))

    def list(
        self, method: str, params: Mapping[str, Any] | None = None, /, **given: Any
    ) -> SyncListing:
        """See `V3Client.list`."""
        return SyncListing(self._client, self._client._client.v3.list(method, params, **given))

    def batch(self, commands: Any) -> Any:
        """See `V3Client.batch`."""
        return self._wait(self._client._client.v3.batch(self._client._commands(commands)))

    def _wait(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self._client._wait(coroutine)

    def _call_path(self, method: str, fields: Mapping[str, Any]) -> SyncRequest[Row]:
        return self.request(method, **fields)
