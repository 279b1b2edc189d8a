"""An app whose store is two databases goes on while its portal moves from one to the other."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bitrix_events import Settings
from bitrix_events.store import homes
from bitrix_events.store.cells import CellStore
from bitrix_events.store.postgres.moving import move
from bitrix_events.stores import open_store
from bitrix_events.testing import FakePortal
from tests.corpus import MEMBER_ID
from tests.postgres import server
from tests.scenarios.test_roles import Site
from tests.serving import eventually


async def test_a_portal_moves_while_its_events_arrive_and_all_are_handled_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(homes, "HOME_SECONDS", 0.2)
    urls = ",".join([await server().fresh(), await server().fresh()])
    async with FakePortal(member_id=MEMBER_ID).serve() as portal:
        site = Site(tmp_path, urls, portal)
        answers = []
        is_over = asyncio.Event()
        async with site.running("web") as web, site.running("worker"):

            async def send() -> None:
                while not is_over.is_set():
                    answers.append((await site.post(web)).status_code)
                    await asyncio.sleep(0.02)

            sending = asyncio.create_task(send())
            await eventually(lambda: len(site.handled) > 5)
            beside = open_store(Settings.load(complete=False, store=urls), mode="share")
            assert isinstance(beside, CellStore)
            await beside.open()
            try:
                (installation,) = await beside.installations()
                old = await beside.home_of(installation.portal)
                (new,) = (cell for cell in beside.cells if cell is not old)
                await move(old, new, installation.portal, cells=beside.cells, grace_seconds=0.5)
                moved_after = len(answers)
                await eventually(lambda: len(answers) > moved_after + 5)
                is_over.set()
                await sending
                await eventually(lambda: len(site.handled) >= len(answers))
                assert [one.portal for one in await new.installations()] == [installation.portal]
                assert await old.installations() == []
            finally:
                await beside.close()

    assert set(answers) == {200}
    numbers = [number for _, number in site.handled]
    assert len(numbers) == len(set(numbers)) == len(answers)
