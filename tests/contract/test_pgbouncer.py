"""The PostgreSQL store through pgbouncer in transaction mode: no session is its own."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bitrix_events.store.postgres.store import PostgresStore
from bitrix_events.store.records import NewDelivery, State, Target, Verdict
from tests import postgres
from tests.ports import free_port
from tests.serving import PATIENCE, eventually

EVENTS = 300
CONFIGURATION = """
[databases]
* = host=127.0.0.1 port={server}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {folder}/users
pool_mode = transaction
default_pool_size = 2
logfile = {folder}/log
"""


def configured(port: int) -> Path:
    """A folder with its settings, which its account may write into."""
    folder = Path(tempfile.mkdtemp(prefix="bitrix-events-pgbouncer-"))
    folder.chmod(0o777)
    (folder / "users").write_text('"postgres" ""\n')
    server = postgres.server().port
    settings = CONFIGURATION.format(server=server, port=port, folder=folder)
    (folder / "pgbouncer.ini").write_text(settings)
    return folder


@pytest.fixture
async def pooler() -> AsyncIterator[int]:
    """Its port."""
    program = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        how = "NOT TESTED: the store through pgbouncer; apt-get install pgbouncer"
        if os.environ.get("CI"):
            pytest.fail(how)
        pytest.skip(how)
    port = free_port()
    folder = configured(port)
    account: dict[str, Any] = {"user": "nobody"} if os.geteuid() == 0 else {}  # it refuses root
    process = await asyncio.create_subprocess_exec(
        program, "-q", folder / "pgbouncer.ini", **account
    )

    def answers() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    try:
        await eventually(answers)
        yield port
    finally:
        process.terminate()
        await process.wait()
        shutil.rmtree(folder)


async def test_two_workers_and_a_door_share_two_connections_of_a_pooler(pooler: int) -> None:
    direct = await postgres.server().prepared()
    url = f"postgresql://postgres@127.0.0.1:{pooler}/{direct.rpartition('/')[2]}?pgbouncer=true"
    door, *workers = (
        PostgresStore(url, mode=mode, put_seconds=PATIENCE) for mode in ("share", "own", "own")
    )
    for store in (door, *workers):
        await store.open()

    await asyncio.gather(
        *(
            door.put(
                NewDelivery(f"portal{n % 5}", "ONCRMDEALADD", {}, f"deal:{n}", identity=str(n)),
                [Target("app.handle")],
            )
            for n in range(EVENTS)
        )
    )
    handled: list[int] = []

    async def work(store: PostgresStore) -> None:
        while claims := await store.claim(limit=20, per_portal=10):
            assert await store.extend()
            done = [store.settle(claim, Verdict(State.DONE)) for claim in claims]
            assert all(await asyncio.gather(*done))
            handled.extend(claim.delivery.id for claim in claims)

    while len(handled) < EVENTS:
        await asyncio.gather(*map(work, workers))

    assert len(set(handled)) == len(handled) == EVENTS
    assert (await door.stats()).waiting == 0
    for store in (door, *workers):
        await store.close()
