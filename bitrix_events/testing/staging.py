"""What an app works with under `AppTest`: a clock that stands still, and means that are watched."""

from __future__ import annotations

import asyncio
import time
import traceback
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import httpx
from starlette.types import ASGIApp, Message

from bitrix_events.engine.notices import Notices
from bitrix_events.engine.verdicts import Outcome
from bitrix_events.engine.weather import Weather
from bitrix_events.engine.worker import Crew
from bitrix_events.store.records import Claim, State, Verdict
from bitrix_events.store.secrets import Sealer
from bitrix_events.store.sqlite.spill import Spill
from bitrix_events.store.sqlite.store import SqliteStore

_QUEUES: Final = 10_000
_JOURNAL_BYTES: Final = 2**18
"""Of a store that serves one test; 16 MiB would be written for each."""


class FakeClock:
    """Seconds since 1970, which pass only when somebody says so."""

    def __init__(self) -> None:
        self._now = time.time()

    def __call__(self) -> float:
        return self._now

    def move(self, seconds: float) -> None:
        """Let so many seconds pass."""
        self._now += seconds


@dataclass(frozen=True, slots=True)
class Failure:
    """An attempt of a handler that raised.

    Attributes:
        entity: what the delivery is about, ``deal:7``; None if it is not about one record.
        attempt: the number of the attempt, from 1.
        error: what was raised, with its traceback.
        next_seconds: when the next attempt begins; None if the execution is dead.
    """

    handler: str
    code: str
    entity: str | None
    attempt: int
    execution: int
    error: BaseException
    next_seconds: float | None

    @property
    def is_dead(self) -> bool:
        """Nobody will try it again."""
        return self.next_seconds is None

    @property
    def report(self) -> str:
        """What happened, with the traceback."""
        became = "it is dead" if self.next_seconds is None else "it would be tried again"
        about = f"{self.code} {self.entity}" if self.entity else self.code
        trace = "".join(traceback.format_exception(self.error)).rstrip()
        return f"{self.handler} failed at {about}, attempt {self.attempt}; {became}:\n{trace}"


class Watch:
    """Knows what the worker holds and how attempts have ended.

    Attributes:
        failures: every failed attempt, in the order in which they ended.
        unresolved: by execution, the last failure of those that have not succeeded since.
        held: what is claimed, and whose end is not yet told to everybody.
        claims: how often work was asked for.
    """

    def __init__(self) -> None:
        self.failures: list[Failure] = []
        self.unresolved: dict[int, Failure] = {}
        self.held: dict[int, Claim] = {}
        self.claims = 0
        self.is_claiming = False
        self.weather: Weather | None = None

    @property
    def is_busy(self) -> bool:
        return self.is_claiming or bool(self.held)

    @property
    def resting(self) -> Collection[str]:
        """Portals that are left alone for now."""
        return self.weather.resting() if self.weather is not None else ()

    def crew(self, crew: Crew) -> Crew:
        """The same crew, watched."""
        self.weather = crew.weather
        return replace(crew, notices=_WatchedNotices(crew.notices, self))

    def ended(self, claim: Claim, outcome: Outcome) -> None:
        """Note how an attempt has ended."""
        verdict, delivery = outcome.verdict, claim.delivery
        self.unresolved.pop(claim.execution_id, None)
        if outcome.error is None:
            return
        failure = Failure(
            delivery.handler,
            delivery.code,
            delivery.entity,
            delivery.attempt,
            claim.execution_id,
            outcome.error,
            verdict.delay_seconds if verdict.state is State.WAITING else None,
        )
        self.failures.append(failure)
        if verdict.state in (State.WAITING, State.DEAD):
            self.unresolved[claim.execution_id] = failure


class _WatchedNotices(Notices):
    """Tells whom the app tells, and the watch."""

    def __init__(self, notices: Notices, watch: Watch) -> None:
        self._notices = notices
        self._watch = watch

    async def tell(self, claim: Claim, outcome: Outcome) -> None:
        self._watch.ended(claim, outcome)
        try:
            await self._notices.tell(claim, outcome)
        finally:
            self._watch.held.pop(claim.execution_id, None)


class WatchedStore(SqliteStore):
    """The SQLite store, which also tells whether there is something to do."""

    def __init__(
        self, path: Path, *, clock: Callable[[], float], watch: Watch, sealer: Sealer | None
    ) -> None:
        super().__init__(path, clock=clock, sealer=sealer)
        self._spill = Spill(path.with_name(path.name + ".journal"), size=_JOURNAL_BYTES)
        self._watch = watch

    async def claim(
        self,
        *,
        limit: int,
        per_portal: int,
        per_handler: Mapping[str, int] | None = None,
        resting: Collection[str] = (),
    ) -> list[Claim]:
        watch = self._watch
        watch.claims += 1
        watch.is_claiming = True
        try:
            claims = await super().claim(
                limit=limit, per_portal=per_portal, per_handler=per_handler, resting=resting
            )
            watch.held |= {claim.execution_id: claim for claim in claims}
        finally:
            watch.is_claiming = False
        return claims

    async def settle(self, claim: Claim, verdict: Verdict) -> bool:
        is_settled = await super().settle(claim, verdict)
        if not is_settled:
            self._watch.held.pop(claim.execution_id, None)
        return is_settled

    def is_idle(self) -> bool:
        """Whether nothing runs, and nothing is due but the work of portals that rest."""
        watch = self._watch
        claims = watch.claims
        if watch.is_busy or self.seconds_to_due() == 0.0:
            return False
        queues = self._read("ready_queues", after="", limit=_QUEUES)
        resting = watch.resting
        if any(row["queue"].partition(" ")[0] not in resting for row in queues):
            return False
        return claims == watch.claims and not watch.is_busy

    def seconds_to_due(self) -> float | None:
        """Seconds until the next execution that was put off is due; None if there is none."""
        due = self._read("due")[0][0]
        return None if due is None else max(0.0, due - self._clock())


class InProcess(httpx.AsyncBaseTransport):
    """Reaches an ASGI application in process, on the event loop that this was made on.

    httpx's own transport looks for a module that nobody has at every request, which takes as long
    as the request.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._home = asyncio.get_running_loop()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        answer = self._answer(request, body)
        if asyncio.get_running_loop() is self._home:
            return await answer
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(answer, self._home))

    async def _answer(self, request: httpx.Request, body: bytes) -> httpx.Response:
        url = request.url
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": request.method,
            "headers": [(name.lower(), value) for name, value in request.headers.raw],
            "scheme": url.scheme,
            "path": url.path,
            "raw_path": url.raw_path.partition(b"?")[0],
            "query_string": url.query,
            "server": (url.host, url.port),
            "client": ("127.0.0.1", 123),
            "root_path": "",
        }
        received = iter([{"type": "http.request", "body": body, "more_body": False}])
        started: dict[str, Any] = {}
        parts: list[bytes] = []

        async def receive() -> Message:
            return next(received, None) or {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                started.update(message)
            else:
                parts.append(message.get("body", b""))

        await self._app(scope, receive, send)
        return httpx.Response(
            started["status"], headers=started.get("headers", []), content=b"".join(parts)
        )
