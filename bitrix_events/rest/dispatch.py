"""The road of every call to one portal: its turn, its request, its answer, its next try.

Source: protocol.md 4 to 6.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from bitrix_events.aside import alone, aside
from bitrix_events.catalog.methods import Kind, method_facts
from bitrix_events.errors import (
    AnswerTooLarge,
    OperationTimeLimit,
    PortalUnreachable,
    RestError,
    TokenExpired,
)
from bitrix_events.rest.access import Access, Authorization
from bitrix_events.rest.batch import (
    BATCH_BYTES,
    BATCH_SIZE,
    Outcome,
    encode_command,
    is_batchable,
    read_outcomes,
)
from bitrix_events.rest.crowd import Crowd
from bitrix_events.rest.exchange import Exchange, RawCall, Room, timed
from bitrix_events.rest.options import Options
from bitrix_events.rest.pace import Bucket, Limits, MethodTimes
from bitrix_events.rest.parameters import plain
from bitrix_events.rest.responses import Response
from bitrix_events.rest.retries import Tries, verdict
from bitrix_events.rest.transport import Transport
from bitrix_events.rest.turns import Priority, Turns, Waiting

_TOLD_AT_ONCE: Final = 8
_SHAREABLE: Final = frozenset({Kind.READ, Kind.UPDATE, Kind.DELETE})


@dataclass(slots=True)
class _Turn:
    """A request that counts as under way, until its end.

    Attributes:
        authorization: what opens the portal, if that was asked for already.
    """

    turns: Turns
    is_full: bool
    authorization: Authorization | None = None
    has_ended: bool = False

    def end(self) -> None:
        if not self.has_ended:
            self.has_ended = True
            self.turns.end(is_full=self.is_full)


class Dispatcher:
    """Makes the calls to one portal. Belongs to the event loop that uses it first."""

    def __init__(
        self,
        access: Access,
        transport: Transport,
        limits: Limits | None = None,
        crowd: Crowd | None = None,
    ) -> None:
        self._exchange = Exchange(access, transport, limits, self._send_shared, crowd)
        self._tasks: set[asyncio.Task[list[Outcome]]] = set()

    @property
    def domain(self) -> str:
        """Host name of the portal; ``""`` before the first call."""
        return self._exchange.domain

    @property
    def times(self) -> MethodTimes:
        """Working time of the portal's methods."""
        return self._exchange.times

    async def call(
        self, method: str, parameters: Mapping[str, Any], options: Options, priority: Priority
    ) -> Response:
        """Make one call, alone or merged with others, and repeat it where that does no harm.

        Raises:
            RestError: as `Client.call`.
        """
        harmless = is_harmless(method, options)
        positional = method_facts(method).positional
        raw = RawCall(method, plain(parameters), options, token_in_header=positional)
        shares = _may_share(method, parameters, options)
        tries = Tries.of(options, priority)
        with _told_as_verdict(harmless=harmless):
            return await tries.run(
                lambda: self._try(raw, shares, priority, tries),
                harmless=harmless,
                sleep=self.sleep,
            )

    async def outcomes(
        self,
        methods: Sequence[str],
        commands: Sequence[str],
        options: Options,
        priority: Priority,
        tries: Tries,
        *,
        halt: bool = False,
        room: Room | None = None,
    ) -> list[Outcome]:
        """Run up to fifty encoded commands in one request, when it is their turn; no second try.

        Args:
            room: see `RawCall`.

        Raises:
            RestError: the request failed as a whole.
        """
        await self._until_allowed({"batch", *methods}, tries)
        async with self._turn("batch", options, priority, tries) as turn:

            async def answered() -> None:
                turn.end()  # whoever makes room may need a turn for it
                if room is not None:
                    await room()

            return await self._batch(
                methods,
                commands,
                options,
                tries,
                authorization=turn.authorization,
                halt=halt,
                room=answered,
            )

    async def request(self, raw: RawCall, priority: Priority, *, harmless: bool) -> Response:
        """Make a call that shares no request, and repeat it where that does no harm.

        Raises:
            RestError: as `Client.call`.
        """
        tries = Tries.of(raw.options, priority)

        async def attempt() -> Response:
            await self._until_allowed((raw.method,), tries, is_v3=raw.is_v3)
            async with self._turn(raw.method, raw.options, priority, tries) as turn:
                return (await self._exchange.send(raw, tries, turn.authorization))[0]

        with _told_as_verdict(harmless=harmless):
            return await tries.run(attempt, harmless=harmless, sleep=self.sleep)

    async def bucket(self) -> Bucket:
        """The portal's bucket of requests."""
        return (await self._exchange.line()).bucket

    async def sleep(self, seconds: float) -> None:
        """Wait, but not for longer than the client is open; see `Exchange.sleep`.

        Raises:
            RuntimeError: the client is closed, or was closed meanwhile.
        """
        await self._exchange.sleep(seconds)

    async def close(self) -> None:
        """End what is under way and what waits; no call can be made any more."""
        self._exchange.lifetime.end()
        if self._exchange.turns is not None:
            self._exchange.turns.close()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # A try, and the turn it needs.

    async def _try(
        self, raw: RawCall, may_share: bool, priority: Priority, tries: Tries
    ) -> Response:
        await self._until_allowed((raw.method,), tries)
        shares = may_share and not self.times.pause_of("batch")
        content = raw.content if shares else None
        turn = await self._next_turn(raw.method, content, raw.options, priority, tries)
        if isinstance(turn, Response):
            return turn
        try:
            return (await self._exchange.send(raw, tries, turn.authorization))[0]
        finally:
            turn.end()

    @asynccontextmanager
    async def _turn(
        self, method: str, options: Options, priority: Priority, tries: Tries
    ) -> AsyncIterator[_Turn]:
        """Wait until a request of one's own may be sent; it may end the turn early."""
        turn = await self._next_turn(method, None, options, priority, tries)
        assert isinstance(turn, _Turn)
        try:
            yield turn
        finally:
            turn.end()

    async def _next_turn(
        self, method: str, shared: Any, options: Options, priority: Priority, tries: Tries
    ) -> _Turn | Response:
        """Wait until a request may be sent, or until the call was made together with others.

        Args:
            shared: the parameters of a call that may share a request, otherwise None.

        Raises:
            RestError: that of the shared request, or there was no turn in time.
        """
        turns = self._exchange.turns or await self._exchange.line()
        is_full = shared is None
        if is_full:
            alone()
        if turns.is_free(is_full=is_full):
            # Before there is room, which could leak away while this takes long.
            authorization = await self._exchange.authorize()
            if turns.may_go(priority, is_full=is_full):
                return _Turn(turns, is_full, authorization)
        command = None if shared is None else encode_command((method, shared))
        if command is not None and len(command) > BATCH_BYTES:
            command = None
        waiting = _waiting(method, command, options, priority, tries)
        with nullcontext() if command is None else aside():
            outcome = await turns.wait(waiting)
        if isinstance(outcome, RestError):
            raise outcome
        return outcome or _Turn(turns, is_full=waiting.command is None)

    async def _until_allowed(
        self, methods: Iterable[str], tries: Tries, *, is_v3: bool = False
    ) -> None:
        """Wait while one of the methods has used up its time.

        Raises:
            OperationTimeLimit: that would take longer than the call is willing to wait.
        """
        while pauses := {
            m: pause for m in methods if (pause := self.times.pause_of(timed(m, is_v3=is_v3)))
        }:
            method, pause = max(pauses.items(), key=lambda item: item[1])
            if pause > tries.patience_left:
                error = OperationTimeLimit(
                    method,
                    "OPERATION_TIME_LIMIT",
                    f"the method has used up its time for the next {pause:.0f} s; nothing was sent",
                    portal=self.domain,
                )
                error.retry_after = pause
                raise error
            await self.sleep(pause)

    # Calls that share a request.

    def _send_shared(self, group: list[Waiting]) -> None:
        loop = asyncio.get_running_loop()
        options = group[0].options
        tries = Tries(options, max(waiting.gives_up_at for waiting in group) - loop.time())
        methods = [waiting.method for waiting in group]
        commands = [waiting.command or "" for waiting in group]
        task = loop.create_task(self._batch(methods, commands, options, tries))
        self._tasks.add(task)
        task.add_done_callback(lambda task: self._settle(group, task))

    def _settle(self, group: list[Waiting], task: asyncio.Task[list[Outcome]]) -> None:
        """Tell each caller what became of the request. For whom it was too much, and who may be
        asked for again, goes again alone."""
        turns = self._exchange.turns
        assert turns is not None
        self._tasks.discard(task)
        turns.end(is_full=len(group) == BATCH_SIZE)
        error = _cancelled(self.domain) if task.cancelled() else task.exception()
        parted, told = [], []
        for index, waiting in enumerate(group):
            if waiting.turn.done():
                continue
            if error is None:
                told.append((waiting, task.result()[index]))
            elif not isinstance(error, RestError):  # the store, or a bug: each caller shall see it
                waiting.turn.set_exception(error)
            elif _is_too_much(error) and _may_repeat(error, waiting):
                parted.append(waiting)
            else:
                told.append((waiting, error.told_of(waiting.method)))
        self._tell(told)
        if parted:
            turns.part(parted)

    def _tell(self, told: Sequence[tuple[Waiting, Outcome]]) -> None:
        """Give callers their outcomes, a few at a time: what they do then takes a while, and the
        event loop has others to serve, too."""
        for waiting, outcome in told[:_TOLD_AT_ONCE]:
            if not waiting.turn.done():
                waiting.turn.set_result(outcome)
        if left := told[_TOLD_AT_ONCE:]:
            asyncio.get_running_loop().call_soon(self._tell, left)

    async def _batch(
        self,
        methods: Sequence[str],
        commands: Sequence[str],
        options: Options,
        tries: Tries,
        *,
        authorization: Authorization | None = None,
        halt: bool = False,
        room: Room | None = None,
    ) -> list[Outcome]:
        """Run encoded commands in one request, and those again whose token expired meanwhile."""
        send = partial(self._send_batch, options=options, tries=tries, halt=halt)
        outcomes, used = await send(methods, commands, authorization=authorization, room=room)
        expired = {i: o for i, o in enumerate(outcomes) if isinstance(o, TokenExpired)}
        if not expired or used.token is None:
            return outcomes
        again: Sequence[Outcome]
        try:
            renewed = await self._exchange.renew(used)
            if halt:  # later commands may refer to earlier ones: the caller knows how to go on
                for refusal in expired.values():
                    refusal.transient = True
                return outcomes
            await self._exchange.until_room("batch", tries)
            again, _ = await send(
                [methods[i] for i in expired],
                [commands[i] for i in expired],
                authorization=renewed,
            )
        except RestError as error:
            again = [error.told_of(methods[i]) for i in expired]
        except Exception as error:  # what became of the others must not be lost
            options.logger.warning("the token of %s was not renewed: %r", used.domain, error)
            return outcomes
        for index, outcome in zip(expired, again, strict=True):
            outcomes[index] = outcome
        return outcomes

    async def _send_batch(
        self,
        methods: Sequence[str],
        commands: Sequence[str],
        *,
        options: Options,
        tries: Tries,
        authorization: Authorization | None,
        halt: bool,
        room: Room | None = None,
    ) -> tuple[list[Outcome], Authorization]:
        cmd = {f"c{index}": command for index, command in enumerate(commands)}
        raw = RawCall("batch", {"cmd": cmd, "halt": int(halt)}, options, room=room)
        bucket = await self.bucket()
        sent_at = bucket.now()
        response, used = await self._exchange.send(raw, tries, authorization)
        outcomes = read_outcomes(
            response.result, methods, portal=used.domain, secrets=used.secrets, halt=halt
        )
        for method, outcome in zip(methods, outcomes, strict=True):
            used.sign(outcome)
            if isinstance(outcome, Response):
                self.times.learn(timed(method), outcome.time)
            else:
                await self._exchange.learn(outcome, bucket, sent_at)
        return outcomes, used


def is_harmless(method: str, options: Options) -> bool:
    """Whether a call may be repeated although it may have been run."""
    if options.idempotent is not None:
        return options.idempotent
    return method_facts(method).kind is Kind.READ


def _may_share(method: str, parameters: Mapping[str, Any], options: Options) -> bool:
    """Whether a call may go into one request with others. What creates or sends something goes by
    itself: an answer that is lost leaves one outcome unknown then, and not fifty."""
    wanted = options.merge
    if wanted is None:
        wanted = method_facts(method).kind in _SHAREABLE
    return wanted and is_batchable((method, parameters))


@contextmanager
def _told_as_verdict(*, harmless: bool) -> Iterator[None]:
    try:
        yield
    except RestError as error:
        final = verdict(error, harmless=harmless)
        raise final from final.__cause__


def _waiting(
    method: str, command: str | None, options: Options, priority: Priority, tries: Tries
) -> Waiting:
    loop = asyncio.get_running_loop()
    now = loop.time()
    gives_up_at = now + tries.patience_left
    return Waiting(method, command, options, priority, now, gives_up_at, loop.create_future())


def _is_too_much(error: RestError) -> bool:
    """Whether a request was too large for the portal, or its answer for us."""
    return isinstance(error, AnswerTooLarge) or error.status == 413


def _may_repeat(error: RestError, waiting: Waiting) -> bool:
    return not error.maybe_executed or is_harmless(waiting.method, waiting.options)


def _cancelled(portal: str) -> RestError:
    what = "the request was cancelled with all others of the event loop"
    return PortalUnreachable("batch", what, portal=portal, maybe_executed=True)
