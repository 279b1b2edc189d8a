"""Who is told how the app is doing, and what."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
import pytest
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.routing import Route

from bitrix_events.errors import StoreError
from bitrix_events.store.records import Stats
from bitrix_events.web.health import Health, Vitals

STATS = Stats(waiting=3, running=2, dead=1, parked=1, oldest_seconds=4.5)
TOKEN = "an-admin-token-of-some-length"
LOCAL = "http://127.0.0.1:8000"


class Parts:
    """The parts of an app, with troubles on demand."""

    def __init__(self) -> None:
        self.stats = STATS
        self.stats_error: Exception | None = None
        self.reads = 0
        self.may_read = asyncio.Event()
        self.may_read.set()
        self.worker = ""
        self.now = 100.0
        self.seconds = 0.0

    async def read(self) -> Stats:
        self.reads += 1
        self.now += self.seconds
        await self.may_read.wait()
        if self.stats_error is not None:
            raise self.stats_error
        return self.stats

    def health(self, token: str | None = None) -> Health:
        vitals = Vitals(self.read, {"worker": lambda: self.worker, "store": lambda: ""})
        return Health(vitals, SecretStr(token) if token else None, clock=lambda: self.now)


Ask = Callable[..., Awaitable[httpx.Response]]


@asynccontextmanager
async def asking(
    health: Health, *, client: tuple[str, int] = ("127.0.0.1", 5000), url: str = LOCAL
) -> AsyncIterator[Ask]:
    """``await ask("/readyz", header="value")``, from an address."""
    routes = [
        Route("/healthz", health.alive),
        Route("/readyz", health.ready),
        Route("/metrics", health.metrics),
    ]
    transport = httpx.ASGITransport(Starlette(routes=routes), client=client)
    async with httpx.AsyncClient(transport=transport, base_url=url) as http:

        async def ask(path: str, **headers: str | bytes) -> httpx.Response:
            given = [(name.replace("_", "-").encode(), value) for name, value in headers.items()]
            raw = [(name, v if isinstance(v, bytes) else v.encode()) for name, v in given]
            return await http.get(path, headers=raw)

        yield ask


async def test_an_app_that_works_is_ready() -> None:
    async with asking(Parts().health()) as ask:
        answer = await ask("/readyz")

    assert (answer.status_code, answer.json()) == (200, {"status": "ready"})


async def test_what_is_wrong_is_named_and_explained_to_who_may_know() -> None:
    parts = Parts()
    parts.worker = "deals.invoice blocks the event loop for 12.0 s"
    parts.stats = replace(STATS, journal=7)
    expected = {
        "worker": "deals.invoice blocks the event loop for 12.0 s",
        "journal": "deliveries that the store could not take yet: 7",
    }
    async with asking(parts.health()) as ask:
        here = await ask("/readyz")
    async with asking(parts.health(), client=("203.0.113.9", 5000)) as ask:
        from_outside = await ask("/readyz")

    assert here.status_code == from_outside.status_code == 503
    assert here.json() == {"status": "not ready", "troubles": expected}
    assert from_outside.json() == {"status": "not ready", "troubles": ["journal", "worker"]}


async def test_a_store_that_cannot_be_read_is_a_trouble() -> None:
    parts = Parts()
    parts.stats_error = StoreError("data/bitrix_events.db cannot be read: disk I/O error")
    async with asking(parts.health()) as ask:
        ready, alive, metrics = [await ask(f"/{name}") for name in ("readyz", "healthz", "metrics")]

    assert ready.status_code == 503
    assert "disk I/O error" in ready.json()["troubles"]["store"]
    assert alive.status_code == 200
    assert "bitrix_events_ready 0.0\n" in metrics.text
    assert "bitrix_events_waiting" not in metrics.text


async def test_a_store_that_never_answers_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bitrix_events.web.health._PATIENCE_SECONDS", 0.05)
    parts = Parts()
    parts.may_read.clear()
    async with asking(parts.health()) as ask:
        stuck = await asyncio.gather(ask("/readyz"), ask("/readyz"))
        parts.may_read.set()
        later = await ask("/readyz")

    assert [answer.status_code for answer in stuck] == [503, 503]
    assert "does not answer within" in stuck[0].json()["troubles"]["store"]
    assert later.status_code == 200
    assert parts.reads == 1


async def test_metrics_tell_what_is_stored() -> None:
    parts = Parts()
    async with asking(parts.health()) as ask:
        answer = await ask("/metrics")

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    for line in (
        "bitrix_events_ready 1.0",
        "bitrix_events_waiting 3.0",
        "bitrix_events_running 2.0",
        "bitrix_events_dead 1.0",
        "bitrix_events_parked 1.0",
        "bitrix_events_oldest_seconds 4.5",
        "bitrix_events_journal 0.0",
        "# TYPE bitrix_events_received_total counter",
    ):
        assert f"{line}\n" in answer.text


async def test_the_store_is_asked_every_few_seconds_at_most() -> None:
    parts = Parts()
    async with asking(parts.health()) as ask:
        await asyncio.gather(*(ask("/metrics") for _ in range(5)))
        await ask("/readyz")
        read_once = parts.reads
        parts.now += 5.1
        await ask("/metrics")

    assert read_once == 1
    assert parts.reads == 2


async def test_a_store_that_takes_long_is_asked_less_often() -> None:
    parts = Parts()
    parts.seconds = 0.5
    async with asking(parts.health()) as ask:
        await ask("/metrics")
        parts.now += 20
        await ask("/metrics")
        read_once = parts.reads
        parts.now += 6
        await ask("/metrics")

    assert read_once == 1
    assert parts.reads == 2


@pytest.mark.parametrize(
    ("client", "url", "headers"),
    [
        ("203.0.113.9", LOCAL, {}),
        ("127.0.0.1", LOCAL, {"x_forwarded_for": "203.0.113.9"}),
        ("127.0.0.1", LOCAL, {"forwarded": "for=203.0.113.9"}),
        ("127.0.0.1", LOCAL, {"x_real_ip": "203.0.113.9"}),
        ("127.0.0.1", LOCAL, {"via": "1.1 proxy"}),
        ("127.0.0.1", "http://app.example.com", {}),
        ("unix:", LOCAL, {}),
        ("203.0.113.9", LOCAL, {"authorization": f"Bearer {TOKEN}"}),
    ],
)
async def test_without_a_token_metrics_exist_for_this_machine_only(
    client: str, url: str, headers: dict[str, str]
) -> None:
    async with asking(Parts().health(), client=(client, 5000), url=url) as ask:
        answer = await ask("/metrics", **headers)

    assert (answer.status_code, answer.text) == (404, "Not Found")


@pytest.mark.parametrize("client", ["::1", "127.0.0.2"])
@pytest.mark.parametrize("url", [LOCAL, "http://localhost:8000", "http://[::1]:8000"])
async def test_this_machine_has_several_names(client: str, url: str) -> None:
    async with asking(Parts().health(), client=(client, 5000), url=url) as ask:
        assert (await ask("/metrics")).status_code == 200


async def test_with_a_token_metrics_are_for_who_has_it() -> None:
    async with asking(Parts().health(TOKEN), client=("203.0.113.9", 5000)) as ask:
        given = await ask("/metrics", authorization=f"Bearer {TOKEN}")
        small = await ask("/metrics", authorization=f"bearer {TOKEN}")
    async with asking(Parts().health(TOKEN)) as ask:
        refused = [
            await ask("/metrics"),
            await ask("/metrics", authorization=f"Bearer {TOKEN}x"),
            await ask("/metrics", authorization=f"Basic {TOKEN}"),
            await ask("/metrics", authorization="Bearer"),
            await ask("/metrics", authorization=b"Bearer \xe9"),
        ]

    assert given.status_code == small.status_code == 200
    assert {answer.status_code for answer in refused} == {401}
    assert {answer.headers["www-authenticate"] for answer in refused} == {"Bearer"}


async def test_who_asks_whether_it_lives_is_told_which_parts_are_in_trouble_and_no_more() -> None:
    parts = Parts()
    async with asking(parts.health(), client=("203.0.113.7", 5000)) as ask:
        well = await ask("/healthz")
        parts.worker = "app.slow blocks the event loop"
        ill = await ask("/healthz")

    assert (well.status_code, well.json()) == (200, {"status": "ok"})
    assert (ill.status_code, ill.json()) == (200, {"status": "ok", "troubles": ["worker"]})
