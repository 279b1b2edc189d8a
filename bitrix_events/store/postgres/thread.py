"""The thread on whose event loop all connections of a PostgreSQL store live.

The store is called from several event loops. Calls of one turn of a loop are handed over together,
and so are the answers: waking a loop costs more than most of what it is woken for.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, Final, Generic, TypeVar

from bitrix_events.errors import StoreError
from bitrix_events.store.outcome import outcome

try:
    import uvloop
except ImportError:  # there is none for this platform
    _new_event_loop: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop
else:
    _new_event_loop = uvloop.new_event_loop

log = logging.getLogger(__name__)

T = TypeVar("T")

_CLOSING_SECONDS: Final = 10.0


class Answer(Generic[T]):
    """Where the result of a call goes: to ``done``, on the event loop of the caller.

    Belongs to the loop of the thread.
    """

    __slots__ = ("_done", "_loop", "_thread")

    def __init__(
        self,
        thread: LoopThread,
        loop: asyncio.AbstractEventLoop,
        done: Callable[[T | Exception], None],
    ) -> None:
        self._thread = thread
        self._loop = loop
        self._done = done

    def give(self, result: T | Exception) -> None:
        """Tell the caller."""
        self._thread.answer(self._loop, partial(self._done, result))


class LoopThread:
    """A thread with an event loop that others hand calls in to."""

    def __init__(self, name: str) -> None:
        self._loop = _new_event_loop()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._handing = threading.Lock()
        self._incoming: dict[asyncio.AbstractEventLoop, list[Callable[[], None]]] = {}
        self._outgoing: dict[asyncio.AbstractEventLoop, list[Callable[[], None]]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._is_closed = False

    def start(self) -> None:
        """Let it run."""
        self._thread.start()

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """Its event loop."""
        return self._loop

    def hand_in(
        self, begin: Callable[[Answer[T]], None], done: Callable[[T | Exception], None]
    ) -> None:
        """Have ``begin`` called on the thread's loop; what it answers goes to ``done``, on the loop
        that this is called on.

        Raises:
            StoreError: the thread has ended.
        """
        loop = asyncio.get_running_loop()
        answer: Answer[T] = Answer(self, loop, done)
        with self._handing:
            if self._is_closed:
                raise StoreError("the store is closed")
            incoming = self._incoming.setdefault(loop, [])
            if not incoming:
                loop.call_soon(self._pass_on, loop)
            incoming.append(partial(begin, answer))

    async def ask(self, make: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Await a coroutine on the thread's loop. It goes on if the caller is gone."""

        def begin(answer: Answer[T]) -> None:
            self.spawn(_answered(make(), answer))

        return await self.awaited(begin)

    async def awaited(self, begin: Callable[[Answer[T]], None]) -> T:
        """`hand_in` for one who awaits the answer."""
        return await outcome(lambda done: self.hand_in(begin, done))

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run something on the thread's loop; called there."""
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def answer(self, loop: asyncio.AbstractEventLoop, tell: Callable[[], None]) -> None:
        """Have something called on a loop; called on the thread's."""
        outgoing = self._outgoing.setdefault(loop, [])
        if not outgoing:
            self._loop.call_soon(self._send, loop)
        outgoing.append(tell)

    async def join(self, last: Callable[[], Coroutine[Any, Any, None]] | None = None) -> None:
        """Take no more calls, finish those that were handed in, do one last thing, and end."""
        with self._handing:
            if self._is_closed:
                return
            for loop in list(self._incoming):
                self._hand_over(loop)
            self._is_closed = True
        if self._thread.is_alive():
            ended = asyncio.run_coroutine_threadsafe(self._finish(last), self._loop)
            await asyncio.wrap_future(ended)
            self._loop.call_soon_threadsafe(self._loop.stop)
            await asyncio.to_thread(self._thread.join)
        self._loop.close()

    async def _finish(self, last: Callable[[], Coroutine[Any, Any, None]] | None) -> None:
        end = self._loop.time() + _CLOSING_SECONDS
        while self._tasks and self._loop.time() < end:  # what ends may begin something
            await asyncio.wait(
                self._tasks,
                timeout=end - self._loop.time(),
                return_when=asyncio.FIRST_COMPLETED,
            )
        if last is not None:
            await last()
        late = asyncio.all_tasks() - {asyncio.current_task()}
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=_CLOSING_SECONDS)
        for loop in list(self._outgoing):
            self._send(loop)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def _pass_on(self, loop: asyncio.AbstractEventLoop) -> None:
        with self._handing:
            self._hand_over(loop)

    def _hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        if incoming := self._incoming.pop(loop, None):
            self._loop.call_soon_threadsafe(_call_all, incoming)

    def _send(self, loop: asyncio.AbstractEventLoop) -> None:
        if outgoing := self._outgoing.pop(loop, None):
            try:
                loop.call_soon_threadsafe(_call_all, outgoing)
            except RuntimeError:  # that loop is closed, and nobody waits any more
                log.debug("%d answers are for callers that are gone", len(outgoing))


async def _answered(work: Coroutine[Any, Any, T], answer: Answer[T]) -> None:
    try:
        answer.give(await work)
    except asyncio.CancelledError:
        answer.give(StoreError("the store was closed meanwhile"))
        raise
    except Exception as error:
        answer.give(error)


def _call_all(calls: list[Callable[[], None]]) -> None:
    for call in calls:
        try:
            call()
        except Exception:
            log.exception("somebody could not be told what became of a call")
