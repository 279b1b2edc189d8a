"""The road of every call to one portal: its turn, its request, its answer, its next try.

Source: protocol.md 4 to 6.
"""

from __future__ import annotations

import asyncio
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

from bitrix_events.catalog.methods import Kind, method_facts
from bitrix_events.errors import (
    AnswerTooLarge,
    OperationTimeLimit,
    PortalMoved,
    PortalUnreachable,
    RateLimited,
    RestError,
    TokenExpired,
    TransportError,
)
from bitrix_events.rest.access import Access, Authorization
from bitrix_events.rest.batch import (
    BATCH_SIZE,
    Outcome,
    encode_command,
    is_batchable,
    read_outcomes,
)
from bitrix_events.rest.codec import dump_json
from bitrix_events.rest.options import Options
from bitrix_events.rest.pace import Bucket, Limits, MethodTimes, shared_bucket
from bitrix_events.rest.parameters import plain
from bitrix_events.rest.responses import Response, read_answer
from bitrix_events.rest.retries import Tries, verdict
from bitrix_events.rest.transport import Answer, Transport
from bitrix_events.rest.turns import Priority, Turns, Waiting

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_SHAREABLE: Final = frozenset({Kind.READ, Kind.UPDATE, Kind.DELETE})

Room = Callable[[], Awaitable[None]]
"""Waits until there is room in memory for what an answer holds."""


@dataclass(frozen=True, slots=True)
class RawCall:
    """One request.

    Attributes:
        content: the JSON body; an object takes the token in, unless that goes in the header.
        token_in_header: for what looks at the order of parameters, and for bodies that are lists.
        room: if given, the answer stays the bytes that came until there is room for it.
    """

    method: str
    content: Any
    options: Options
    is_v3: bool = False
    token_in_header: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    room: Room | None = None


class Dispatcher:
    """Makes the calls to one portal. Belongs to the event loop that uses it first."""

    def __init__(self, access: Access, transport: Transport, limits: Limits | None = None) -> None:
        self._access = access
        self._transport = transport
        self._limits = limits
        self._turns: Turns | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.domain = ""
        self.times = MethodTimes(limits or Limits())

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
                lambda: self._try(raw, shares, priority, tries), harmless=harmless
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
        async with self._turn("batch", options, priority, tries) as end_turn:

            async def answered() -> None:
                end_turn()  # whoever makes room may need a turn for it
                if room is not None:
                    await room()

            return await self._batch(methods, commands, options, halt=halt, room=answered)

    async def request(self, raw: RawCall, priority: Priority, *, harmless: bool) -> Response:
        """Make a call that shares no request, and repeat it where that does no harm.

        Raises:
            RestError: as `Client.call`.
        """
        tries = Tries.of(raw.options, priority)

        async def attempt() -> Response:
            await self._until_allowed((raw.method,), tries)
            async with self._turn(raw.method, raw.options, priority, tries):
                return (await self._exchange(raw))[0]

        with _told_as_verdict(harmless=harmless):
            return await tries.run(attempt, harmless=harmless)

    async def bucket(self) -> Bucket:
        """The portal's bucket of requests."""
        return (await self._line()).bucket

    async def close(self) -> None:
        """End what is under way and what waits; no call can be made any more."""
        if self._turns is not None:
            self._turns.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # A try, and the turn it needs.

    async def _try(
        self, raw: RawCall, may_share: bool, priority: Priority, tries: Tries
    ) -> Response:
        await self._until_allowed((raw.method,), tries)
        turns = self._turns or await self._line()
        shares = may_share and not self.times.pause_of("batch")
        if not turns.may_go(priority, is_full=not shares):
            command = encode_command((raw.method, raw.content)) if shares else None
            outcome = await turns.wait(_waiting(raw.method, command, raw.options, priority, tries))
            if isinstance(outcome, Response):
                return outcome
            if outcome is not None:
                raise outcome
        try:
            return (await self._exchange(raw))[0]
        finally:
            turns.end(is_full=not shares)

    @asynccontextmanager
    async def _turn(
        self, method: str, options: Options, priority: Priority, tries: Tries
    ) -> AsyncIterator[Callable[[], None]]:
        """Wait until a request of one's own may be sent; what is given ends the turn early."""
        turns = await self._line()
        if not turns.may_go(priority, is_full=True):
            refused = await turns.wait(_waiting(method, None, options, priority, tries))
            if isinstance(refused, RestError):
                raise refused
        has_ended = False

        def end() -> None:
            nonlocal has_ended
            if not has_ended:
                has_ended = True
                turns.end(is_full=True)

        try:
            yield end
        finally:
            end()

    async def _line(self) -> Turns:
        if self._turns is None:
            self._meet((await self._access.authorize()).domain)
        assert self._turns is not None
        return self._turns

    def _meet(self, domain: str) -> None:
        """Learn where the portal is: each address has a bucket of its own."""
        self.domain = domain
        bucket = shared_bucket(domain, self._limits)
        if self._turns is None:
            self._turns = Turns(domain, bucket, self._send_shared, self.times.typical_seconds)
        self._turns.portal, self._turns.bucket = domain, bucket

    async def _until_allowed(self, methods: Iterable[str], tries: Tries) -> None:
        """Wait while one of the methods has used up its time.

        Raises:
            OperationTimeLimit: that would take longer than the call is willing to wait.
        """
        while pauses := {m: pause for m in methods if (pause := self.times.pause_of(m.lower()))}:
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
            await asyncio.sleep(pause)

    # Calls that share a request.

    def _send_shared(self, group: list[Waiting]) -> None:
        task = asyncio.get_running_loop().create_task(self._share(group))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _share(self, group: list[Waiting]) -> None:
        assert self._turns is not None
        methods = [waiting.method for waiting in group]
        commands = [waiting.command or "" for waiting in group]
        outcomes: Sequence[Outcome | Exception]
        try:
            outcomes = await self._batch(methods, commands, group[0].options)
        except asyncio.CancelledError:
            outcomes = [_closed_meanwhile(method, self.domain) for method in methods]
        except RestError as error:
            outcomes = [error.told_of(method) for method in methods]
        except Exception as error:  # the store, or a bug: each caller shall see it
            outcomes = [error] * len(group)
        finally:
            self._turns.end(is_full=len(group) == BATCH_SIZE)
        for waiting, outcome in zip(group, outcomes, strict=True):
            if waiting.turn.done():
                continue
            if isinstance(outcome, Response | RestError):
                waiting.turn.set_result(outcome)
            else:
                waiting.turn.set_exception(outcome)

    async def _batch(
        self,
        methods: Sequence[str],
        commands: Sequence[str],
        options: Options,
        *,
        halt: bool = False,
        room: Room | None = None,
    ) -> list[Outcome]:
        cmd = {f"c{index}": command for index, command in enumerate(commands)}
        raw = RawCall("batch", {"cmd": cmd, "halt": int(halt)}, options, room=room)
        bucket = await self.bucket()
        sent_at = bucket.now()
        response, authorization = await self._exchange(raw)
        outcomes = read_outcomes(
            response.result,
            methods,
            portal=authorization.domain,
            secrets=authorization.secrets,
            halt=halt,
        )
        for method, outcome in zip(methods, outcomes, strict=True):
            if isinstance(outcome, Response):
                self.times.learn(method.lower(), outcome.time)
            else:
                self._learn(outcome, bucket, sent_at)
        return outcomes

    # One request.

    async def _exchange(self, raw: RawCall) -> tuple[Response, Authorization]:
        """Send a request; follow a portal that moved and renew a token that expired, once each."""
        turns = await self._line()
        authorization = await self._access.authorize()
        renewed = moved = False
        request_id = uuid4().hex
        while True:
            if authorization.domain != self.domain:
                self._meet(authorization.domain)
            bucket = turns.bucket
            if renewed or moved:
                bucket.charge()
            sent_at = bucket.now()
            answer = await self._post(raw, authorization, request_id)
            if answer.status in _REDIRECTS:
                if moved:
                    raise _moved_again(raw.method, authorization.domain, answer.status)
                with _nothing_run():
                    authorization = await self._access.relocate(
                        authorization, _origin(answer.location)
                    )
                moved = True
                continue
            if raw.room is not None and answer.status == 200:
                await raw.room()
            outcome = self._read(raw, authorization, answer, request_id)
            if isinstance(outcome, Response):
                bucket.answered(sent_at)
                return outcome, authorization
            if renewed or authorization.token is None or not _is_expiry(outcome, raw):
                self._learn(outcome, bucket, sent_at)
                raise outcome
            with _nothing_run():
                authorization = await self._access.renew(authorization)
            renewed = True

    def _learn(self, error: RestError, bucket: Bucket, sent_at: float) -> None:
        """Take what a refusal says about the limits."""
        if isinstance(error, OperationTimeLimit):
            error.retry_after = self.times.refused(error.method.lower())
        elif isinstance(error, RateLimited):
            error.retry_after = bucket.refused(sent_at, is_overrun=True)
        elif isinstance(error, PortalUnreachable) and error.status in (429, 503):
            bucket.refused(sent_at, is_overrun=False)

    async def _post(self, raw: RawCall, authorization: Authorization, request_id: str) -> Answer:
        """Send a request. Whatever goes wrong, no frame of the traceback holds a secret."""
        try:
            return await self._transport.post_json(
                _address(raw, authorization),
                _body(raw, authorization),
                headers=_headers(raw, authorization, request_id),
                timeouts=raw.options.timeouts,
            )
        except asyncio.CancelledError as cancelled:
            raise cancelled.with_traceback(None) from None
        except TransportError as error:
            failure = (AnswerTooLarge if error.too_large else PortalUnreachable)(
                raw.method,
                str(error),
                portal=authorization.domain,
                maybe_executed=error.sent,
                request_id=request_id,
            )
        raise failure

    def _read(
        self, raw: RawCall, authorization: Authorization, answer: Answer, request_id: str
    ) -> Outcome:
        outcome = read_answer(
            raw.method,
            answer.status,
            answer.body,
            portal=authorization.domain,
            secrets=authorization.secrets,
            request_id=request_id,
        )
        if isinstance(outcome, Response):
            if not raw.is_v3:
                self.times.learn(raw.method.lower(), outcome.time)
            elif "idempotent-replayed" in answer.headers:
                return replace(outcome, replayed=True)
        return outcome


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


@contextmanager
def _nothing_run() -> Iterator[None]:
    """The portal has turned the call away; what fails now says nothing about the call."""
    try:
        yield
    except RestError as error:
        error.maybe_executed = False
        raise


def _origin(location: str) -> str:
    """Where a redirect points to, without the path: that of a webhook is a password."""
    parts = urlsplit(location)
    return f"{parts.scheme}://{parts.netloc}/" if parts.netloc else ""


def _address(raw: RawCall, authorization: Authorization) -> str:
    root = authorization.v3_url if raw.is_v3 else authorization.base_url
    return root + raw.method


def _body(raw: RawCall, authorization: Authorization) -> bytes:
    if authorization.token is None or raw.token_in_header:
        return dump_json(raw.content)
    return dump_json({**raw.content, "auth": authorization.token.get_secret_value()})


def _headers(raw: RawCall, authorization: Authorization, request_id: str) -> dict[str, str]:
    headers = {"X-Request-ID": request_id, **raw.headers}
    if authorization.token is not None and raw.token_in_header:
        headers["Authorization"] = f"Bearer {authorization.token.get_secret_value()}"
    return headers


def _waiting(
    method: str, command: str | None, options: Options, priority: Priority, tries: Tries
) -> Waiting:
    loop = asyncio.get_running_loop()
    now = loop.time()
    gives_up_at = now + tries.patience_left
    return Waiting(method, command, options, priority, now, gives_up_at, loop.create_future())


def _is_expiry(error: RestError, raw: RawCall) -> bool:
    """REST 3.0 does not tell an expired token from a bad one (protocol.md 4.6)."""
    return isinstance(error, TokenExpired) or (raw.is_v3 and error.status == 401)


def _moved_again(method: str, portal: str, status: int) -> PortalMoved:
    what = "the portal redirects again from its new address"
    return PortalMoved(method, "", what, portal=portal, status=status)


def _closed_meanwhile(method: str, portal: str) -> PortalUnreachable:
    what = "the client was closed meanwhile"
    return PortalUnreachable(method, what, portal=portal, maybe_executed=True)
