"""How long a stored event takes from its claim to the verdict of its handler, without the store.

The handler is one of a hundred. It does nothing, and asks for the event, the delivery, a client,
the portal and a logger. The figure is processor time, and includes the task in which the handler
runs, its timeout and what is counted for the metrics; once without log lines, and once with one
line of text for each event, formatted and thrown away.

The peers of the same run do by hand what cannot be left out: find the function in a dict, make the
event, call with a timeout, in a task for each event; with `asyncio.wait_for`, which everybody
writes, and with `asyncio.timeout`, which is the lower limit.

Run it with ``python -m tests.benchmarks.dispatch``. The goal is 30 microseconds.
"""

from __future__ import annotations

import asyncio
import io
import logging
import statistics
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from typing import Any

from bitrix_events import App, Client, Delivery, Event, Portal, Settings
from bitrix_events.engine.attempt import Attempts
from bitrix_events.engine.verdicts import Outcome
from bitrix_events.engine.weather import Weather
from bitrix_events.errors import InstallationGone
from bitrix_events.events import event_class
from bitrix_events.occasion import Occasions
from bitrix_events.store.memory import MemoryInstallations
from bitrix_events.store.records import Claim, Installation

HANDLERS = 100
EVENTS = 4_800
AT_ONCE = 16
"""Executions that one claim starts."""
ROUNDS = 15
GOAL = 30.0
CODES = [f"ONBENCHMARK{number}" for number in range(HANDLERS)]
INSTALLATION = Installation("webhook", "0f1e2d3c", "acme.bitrix24.com")

Dispatch = Callable[[Claim], Coroutine[Any, Any, object]]


class Known(MemoryInstallations):
    """Stands for a store that knows the installation, as it does after the first event."""

    async def installation(self, portal: str) -> Installation | None:
        return INSTALLATION


class NobodyWaits:
    """Holds attempts that nobody stops."""

    is_stopping = False

    def leave(self, outcome: Outcome) -> None:
        raise AssertionError("no handler hangs here")


def main() -> None:
    rows = asyncio.run(measure())
    best = rows["asyncio.timeout by hand"]
    for name, micros in rows.items():
        print(f"{name:32} {micros:7.1f} microseconds an event   {micros / best:5.2f}")
    ours = rows["bitrix_events"]
    print(f"goal: {GOAL:g} microseconds; {'met' if ours < GOAL else 'MISSED'}")


async def measure() -> dict[str, float]:
    """Microseconds for an event, by who dispatches it."""
    settings = Settings.load(
        webhook_url="https://acme.bitrix24.com/rest/1/code/", application_token="token"
    )
    app = App(settings)
    functions: dict[str, Callable[..., Awaitable[None]]] = {}
    for code in CODES:
        functions[code] = app.on(code, name=code)(handler_of())
    claims = [claim_of(number) for number in range(EVENTS)]
    store = Known()
    async with app._connections(store) as connections:
        occasions = Occasions(store, connections)
        attempts = Attempts(
            {handler.name: handler for handler in app.handlers},
            app._providers,
            sync_threads=1,
            occasion_of=occasions.of,
            gone=never_gone,
            weather=Weather(),
        )
        client, portal = occasions.client_of("webhook"), Portal.of(INSTALLATION)
        log = logging.getLogger("benchmark")
        hold = NobodyWaits()

        async def ours(claim: Claim) -> object:
            return await attempts.run(claim, hold)

        def call_by_hand(claim: Claim) -> Awaitable[None]:
            d = claim.delivery
            event = event_class(d.code)(d.code, d.data, "0f1e2d3c", d.sent_at, d.event_handler_id)
            function = functions[d.code]
            return function(event=event, delivery=d, client=client, portal=portal, log=log)

        async def by_wait_for(claim: Claim) -> None:
            await asyncio.wait_for(call_by_hand(claim), 300)

        async def by_timeout(claim: Claim) -> None:
            async with asyncio.timeout(300):
                await call_by_hand(claim)

        return await compared(
            claims,
            {
                "bitrix_events": ours,
                "bitrix_events, with log lines": ours,
                "asyncio.wait_for by hand": by_wait_for,
                "asyncio.timeout by hand": by_timeout,
            },
        )


async def compared(claims: list[Claim], dispatchers: dict[str, Dispatch]) -> dict[str, float]:
    """The median over the rounds, in which everyone has his turn."""
    found: dict[str, list[float]] = {name: [] for name in dispatchers}
    for _ in range(ROUNDS):
        for name, dispatch in dispatchers.items():
            with log_lines() if name.endswith("log lines") else nullcontext():
                began = time.process_time()
                for start in range(0, len(claims), AT_ONCE):
                    group = claims[start : start + AT_ONCE]
                    for task in [asyncio.create_task(dispatch(claim)) for claim in group]:
                        await task
                found[name].append((time.process_time() - began) / len(claims) * 1e6)
    return {name: statistics.median(values) for name, values in found.items()}


@contextmanager
def log_lines() -> Iterator[None]:
    """Log lines are written for the length of the block, to nowhere."""
    target, nowhere = logging.getLogger("bitrix_events"), logging.StreamHandler(io.StringIO())
    target.addHandler(nowhere)
    target.setLevel(logging.INFO)
    try:
        yield
    finally:
        target.setLevel(logging.NOTSET)
        target.removeHandler(nowhere)


def handler_of() -> Callable[..., Awaitable[None]]:
    async def handler(
        event: Event, delivery: Delivery, client: Client, portal: Portal, log: logging.Logger
    ) -> None: ...

    return handler


def claim_of(number: int) -> Claim:
    code = CODES[number % HANDLERS]
    now = datetime.now(UTC)
    delivery = Delivery(
        number, "webhook", code, {"FIELDS": {"ID": "7"}}, None, now, now, 1, 1, code, attempt=1
    )
    return Claim(delivery, number, number, 1)


async def never_gone(portal: str, error: InstallationGone) -> bool:
    raise AssertionError("no portal turns anybody away here")


if __name__ == "__main__":
    main()
