"""What a process of each role answers, and what it runs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from bitrix_events import App, Delivery, Settings
from bitrix_events.settings import PREFIX
from bitrix_events.testing import FakePortal
from bitrix_events.testing.serving import serve_on_socket
from tests import postgres
from tests.corpus import MEMBER_ID
from tests.serving import FORM, eventually

BODY = (
    "event=ONCRMDEALADD&data[FIELDS][ID]={number}&ts=1790000000&auth[application_token]={token}"
    f"&auth[member_id]={MEMBER_ID}"
)


class Site:
    """An app in several roles, on one database."""

    def __init__(self, folder: Path, url: str, portal: FakePortal) -> None:
        self._folder = folder
        self._url = url
        self._portal = portal
        self.handled: list[tuple[str, int]] = []
        self._number = 0

    @asynccontextmanager
    async def running(self, role: str, **options: Any) -> AsyncIterator[httpx.AsyncClient]:
        """A process, as far as the app knows."""
        variables = self._portal.environment(mode="webhook")
        known: dict[str, Any] = {
            name.removeprefix(PREFIX).lower(): value for name, value in variables.items()
        }
        known |= {"store": self._url, "outage_folder": self._folder / "outage", "role": role}
        app = App(Settings.load(**{**known, **options}))

        @app.on("ONCRMDEALADD", name="handler")
        async def handler(delivery: Delivery) -> None:
            self.handled.append((role, delivery.id))

        async with AsyncExitStack() as exits:
            address = await exits.enter_async_context(serve_on_socket(app, lifespan=True))
            http = httpx.AsyncClient(base_url=f"http://{address}", timeout=20)
            yield await exits.enter_async_context(http)

    async def post(self, http: httpx.AsyncClient) -> httpx.Response:
        """An event about another deal."""
        self._number += 1
        body = BODY.format(number=self._number, token=self._portal.webhook_token)
        return await http.post("/events", content=body, headers=FORM)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    url = await postgres.server().prepared()
    async with FakePortal(member_id=MEMBER_ID).serve() as portal:
        yield Site(tmp_path, url, portal)


async def test_a_door_stores_and_a_worker_runs(site: Site) -> None:
    async with site.running("web") as web:
        answers = [await site.post(web) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200] * 3
        assert (await web.get("/readyz")).json() == {"status": "ready"}
        assert site.handled == []
        async with site.running("worker") as worker:
            assert (await worker.get("/healthz")).json() == {"status": "ok"}
            assert (await worker.get("/readyz")).json() == {"status": "ready"}
            assert (await worker.get("/metrics")).status_code == 200
            assert (await site.post(worker)).status_code == 404
            await eventually(lambda: len(site.handled) == 3)
            number = (await site.post(web)).json()["delivery"]
            await eventually(lambda: ("worker", number) in site.handled)


async def test_one_process_that_does_everything_works_with_a_database_as_well(site: Site) -> None:
    async with site.running("all") as http:
        number = (await site.post(http)).json()["delivery"]
        await eventually(lambda: site.handled == [("all", number)])
