"""What many callers want written is committed together, with one sync to the disk.

While one group is being committed the next one gathers, so that the disk and not the number of
callers sets the pace; there is no timer. The statements of a group are run while the group before
it is synced. Answers come in the order of the calls.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

from bitrix_events.errors import StoreError, StoreUnreachable
from bitrix_events.failpoints import failpoint
from bitrix_events.store.postgres.address import Address
from bitrix_events.store.postgres.connections import (
    PAUSE_SECONDS,
    Connection,
    Connections,
    Health,
)
from bitrix_events.store.postgres.numbers import Note, Number, Numbers, is_committed
from bitrix_events.store.postgres.thread import Answer, LoopThread
from bitrix_events.store.postgres.trouble import (
    Lost,
    is_in_vain,
    may_work_again,
    not_taken,
    refused,
    unreachable,
)

log = logging.getLogger(__name__)

I = TypeVar("I")  # noqa: E741 - an item
T = TypeVar("T")
Batch = Callable[[Connection, Sequence[I], Note], Awaitable[Sequence[T | Exception]]]
"""Does for many items at once what is to be done for each; a result or a refusal for each. If it
writes anything, it writes the note with it."""

_LARGEST_GROUP: Final = 512
_RUSH: Final = 32
_SIDE_BY_SIDE: Final = 2


@dataclass(slots=True)
class _Waiting(Generic[I, T]):
    item: I
    answer: Answer[T]
    until: float
    result: T | Exception | None = None


@dataclass(slots=True)
class _Group(Generic[I, T]):
    members: list[_Waiting[I, T]]
    before: asyncio.Event | None
    tried: asyncio.Event = field(default_factory=asyncio.Event)
    has_turn: bool = True


class Groups(Generic[I, T]):
    """Commits items of one kind in groups, on the loop of the store's thread.

    A group that fails for what is in it is rolled back, and each item is committed by itself, so
    that nobody suffers from a neighbour's mistake. A group whose connection was lost is repeated
    while there is time, but only if it is certain not to be committed.

    Args:
        seconds: how long an item waits for its answer.
        unclear: told of items of which nobody can say whether they are committed, with what the
            database knows that by.
    """

    def __init__(
        self,
        thread: LoopThread,
        connections: Connections,
        health: Health,
        address: Address,
        numbers: Numbers,
        batch: Batch[I, T],
        *,
        seconds: float,
        clock: Callable[[], float],
        committed: Callable[[], None] = lambda: None,
        unclear: Callable[[I, Any, Number], None] = lambda item, result, number: None,
    ) -> None:
        self._thread = thread
        self._connections = connections
        self._health = health
        self._address = address
        self._numbers = numbers
        self._batch = batch
        self._seconds = seconds
        self._clock = clock
        self._committed = committed
        self._unclear = unclear
        self._waiting: list[_Waiting[I, T]] = []
        self._places = asyncio.Semaphore(_SIDE_BY_SIDE)
        self._turn = asyncio.Lock()
        self._last: asyncio.Event | None = None
        self._is_running = False

    def add(self, item: I, answer: Answer[T]) -> None:
        """Have an item committed. Called on the thread's loop."""
        if self._health.trouble:
            answer.give(StoreUnreachable(self._health.trouble))
            return
        self._waiting.append(_Waiting(item, answer, time.monotonic() + self._seconds))
        if not self._is_running:
            self._is_running = True
            self._thread.spawn(self._run())

    async def _run(self) -> None:
        try:
            while self._waiting:
                await self._places.acquire()
                await self._turn.acquire()
                group = _Group(self._next(), self._last)
                self._last = group.tried
                self._thread.spawn(self._serve(group))
        finally:
            self._is_running = False

    def _next(self) -> list[_Waiting[I, T]]:
        """Those who wait. Of a rush that begins only the first half, so that one half is worked on
        while the other one is synced."""
        count = min(len(self._waiting), _LARGEST_GROUP)
        if count >= _RUSH and not self._places.locked():
            count //= 2
        members = self._waiting[:count]
        del self._waiting[:count]
        return members

    async def _serve(self, group: _Group[I, T]) -> None:
        try:
            await self._commit(group)
        except asyncio.CancelledError:
            _answer(group.members, StoreError("the store was closed meanwhile"))
            raise
        except Exception as error:  # a mistake of ours; nobody is left without an answer
            log.critical("a group of changes has failed", exc_info=error)
            _answer(group.members, refused(error, self._address))
        finally:
            self._pass_turn(group)
            group.tried.set()
            self._places.release()
            for member in group.members:
                assert member.result is not None
                member.answer.give(member.result)

    async def _commit(self, group: _Group[I, T]) -> None:
        until = min(member.until for member in group.members)
        if until <= time.monotonic():
            late = TimeoutError()
            _answer(group.members, unreachable(late, self._address))
            return
        number = self._numbers.take()
        while True:
            try:
                await self._transact(group, number, until - time.monotonic())
            except Lost as lost:
                if lost.is_unclear and await is_committed(
                    number, self._connections, self._health, self._address, self._clock(), until
                ):
                    break
                if lost.is_unclear and self._health.trouble:
                    self._give_up(group, number, lost)
                    return
                self._pass_turn(group)
                group.tried.set()
                self._connections.forget_free()
                is_late = time.monotonic() + 2 * PAUSE_SECONDS >= until
                if self._health.trouble or is_late or is_in_vain(lost.cause):
                    _answer(group.members, unreachable(lost.cause, self._address))
                    return
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            except Exception as error:
                self._pass_turn(group)
                group.tried.set()
                self._numbers.done(number)
                await self._serve_each(group, error, until)
                return
            break
        self._numbers.done(number)
        self._committed()

    def _give_up(self, group: _Group[I, T], number: Number, lost: Lost) -> None:
        for member in group.members:
            self._unclear(member.item, member.result, number)
        _answer(group.members, unreachable(lost.cause, self._address, ticket=str(number)))

    async def _serve_each(self, group: _Group[I, T], error: Exception, until: float) -> None:
        """After an error that may be about one of them only."""
        if may_work_again(error) and time.monotonic() < until:
            await self._commit(group)
        elif len(group.members) == 1:
            _answer(group.members, not_taken(error, self._address))
        else:
            for member in group.members:
                single = _Group([member], None, has_turn=False)
                await self._commit(single)

    async def _transact(self, group: _Group[I, T], number: Number, seconds: float) -> None:
        async def work(db: Connection) -> None:
            items = [member.item for member in group.members]
            results = await self._batch(db, items, number.note(self._clock()))
            for member, result in zip(group.members, results, strict=True):
                member.result = result
            self._pass_turn(group)
            if group.before is not None:
                await group.before.wait()
                group.before = None
            failpoint("before_commit")

        await self._connections.transact(work, seconds=max(seconds, 0.001))
        failpoint("after_commit")

    def _pass_turn(self, group: _Group[I, T]) -> None:
        if group.has_turn:
            group.has_turn = False
            self._turn.release()


def _answer(members: Sequence[_Waiting[Any, Any]], result: Exception) -> None:
    for member in members:
        member.result = result
