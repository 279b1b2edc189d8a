"""Failing files under load, with real processes: what was acknowledged is there."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from bitrix_events.failpoints import VARIABLE
from bitrix_events.store.records import Query
from bitrix_events.store.sqlite.spill import Spill
from bitrix_events.store.sqlite.store import SqliteStore
from tests.contract.faults import copied, fill, mounted, recovered, send
from tests.load import Caller, call, post
from tests.processes.record import APP, Record, environment, handlers_of, numbered_event
from tests.processes.serving import Server
from tests.serving import PATIENCE, eventually

pytestmark = pytest.mark.process

IMAGES = int(os.environ.get("BITRIX_EVENTS_TEST_IMAGES", "50"))
"""How many images of a store under load are looked at."""
JOURNAL_BYTES = 2**20


@contextmanager
def running(program: str, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """A Python process that runs for the length of the block."""
    command = [sys.executable, "-c", textwrap.dedent(program), *map(str, arguments)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.communicate()


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


LOAD = """
    import asyncio, os, sqlite3, sys
    from pathlib import Path
    from bitrix_events.store.records import State, Verdict
    from bitrix_events.store.sqlite import writer
    from bitrix_events.store.sqlite.spill import Spill
    from bitrix_events.store.sqlite.store import SqliteStore
    from tests.contract.faults import event, send

    writer._CHANGES_BETWEEN_CHECKPOINTS = 200
    path, size = Path(sys.argv[1]), int(sys.argv[2])
    acknowledged = os.open(path.with_name("acknowledged"), os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    async def sender(store, first):
        for n in range(first, 10**9, 8):
            kept = await send(store, n, entity=f"deal:{n % 40}")
            os.write(acknowledged, b"%d\\n" % n)
            if kept[0].delivery_id is None:
                spilled.set()
            await asyncio.sleep(0.004)

    async def worker(store):
        while True:
            for claim in await store.claim(limit=16, per_portal=16):
                await store.settle(claim, Verdict(State.DONE))
            await asyncio.sleep(0.001)

    spilled = asyncio.Event()

    async def locker():
        while True:
            await asyncio.sleep(0.15)
            other = sqlite3.connect(path, isolation_level=None)
            try:
                other.execute("BEGIN EXCLUSIVE")
                spilled.clear()
                await spilled.wait()
                await asyncio.sleep(0.2)
            except sqlite3.OperationalError:
                pass
            other.close()

    async def main():
        store = SqliteStore(path)
        store._spill = Spill(path.with_name(path.name + ".journal"), size=size)
        await store.open()
        print("ready", flush=True)
        await asyncio.gather(worker(store), locker(), *(sender(store, n) for n in range(8)))

    asyncio.run(main())
"""


def images_under_load(folder: Path) -> list[tuple[Path, set[int]]]:
    """What a crash at many moments would leave behind, and what was acknowledged by then."""
    path = folder / "load" / "store.db"
    path.parent.mkdir()
    acknowledgements, size = path.parent / "acknowledged", 0
    images = []
    with running(LOAD, path, JOURNAL_BYTES) as process:
        assert line_of(process) == "ready"
        for number in range(IMAGES):
            time.sleep(0.02 + 0.001 * (number % 30))
            wait_until_bigger(acknowledgements, size + 30)  # at least five more
            process.send_signal(signal.SIGSTOP)
            os.waitid(os.P_PID, process.pid, os.WSTOPPED)
            text = acknowledgements.read_text()
            size = len(text)
            acknowledged = set(map(int, text.split()))
            images.append((copied(path, folder / f"image{number}"), acknowledged))
            process.send_signal(signal.SIGCONT)
    return images


def wait_until_bigger(file: Path, size: int) -> None:
    until = time.monotonic() + PATIENCE
    while not file.exists() or file.stat().st_size < size:
        assert time.monotonic() < until, "nothing is acknowledged any more"
        time.sleep(0.001)


async def test_every_image_of_a_store_under_load_has_all_that_was_acknowledged(
    tmp_path: Path,
) -> None:
    images = await asyncio.to_thread(images_under_load, tmp_path)

    with_journal = 0
    for image, acknowledged in images:
        store = SqliteStore(image)
        store._spill = Spill(image.with_name("store.db.journal"), size=JOURNAL_BYTES)
        await store.open()
        await store.close()
        with closing(sqlite3.connect(image)) as db:
            rows = db.execute("SELECT json_extract(data, '$.n') FROM delivery")
            found = [row[0] for row in rows]
            (taken_over,) = db.execute("SELECT journalled FROM meta").fetchone()
            with_journal += taken_over > 0
            assert db.execute("PRAGMA quick_check").fetchone() == ("ok",)

        assert acknowledged <= set(found), f"{image}: lost {acknowledged - set(found)}"
        assert len(found) == len(set(found))

    assert len(images[-1][1]) > 200
    assert with_journal > IMAGES / 4, "hardly an image was taken while deliveries were spilled"


SHARER = """
    import asyncio, sys
    from pathlib import Path
    from bitrix_events.store.records import Installation
    from bitrix_events.store.sqlite.store import SqliteStore

    async def main():
        store = SqliteStore(Path(sys.argv[1]), mode="share")
        await store.open()
        saved, portal = 0, sys.argv[2]
        for _ in range(30):
            found = await store.installation(portal)
            version = found.version if found else 0
            one = Installation(portal, portal, f"{portal}.bitrix24.com", scope=("x" * 3000,),
                               version=version)
            saved += await store.save_installation(one)
            if saved % 10 == 0:
                await store.close()
                await store.open()
        await store.close()
        print(saved)

    asyncio.run(main())
"""


async def test_processes_that_share_a_file_do_not_damage_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Commits of several processes and the moving of the log never overlap (the WAL-reset bug)."""
    monkeypatch.setattr("bitrix_events.store.sqlite.writer._CHANGES_BETWEEN_CHECKPOINTS", 1)
    path = tmp_path / "store.db"
    store = SqliteStore(path)
    await store.open()
    portals = ["one", "two", "three"]

    with ExitStack() as exits:
        sharers = [exits.enter_context(running(SHARER, path, portal)) for portal in portals]
        count = 0
        while None in [sharer.poll() for sharer in sharers]:
            await asyncio.gather(*(send(store, n, entity=f"deal:{n}") for n in range(20)))
            count += 20
        saved = [int(line_of(sharer)) for sharer in sharers]

    await recovered(store)
    assert saved == [30, 30, 30]
    assert len(await store.find(Query(), limit=10**6)) == count
    found = {one.portal: one.version for one in await store.installations()}
    assert found == dict.fromkeys(portals, 30)
    await store.close()
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


LOCK = """
    import sqlite3, sys
    db = sqlite3.connect(sys.argv[1], isolation_level=None)
    db.execute("PRAGMA busy_timeout = 60000")
    db.execute("BEGIN EXCLUSIVE")
    print("locked", flush=True)
    sys.stdin.read()
"""


class Load:
    """Numbered events, each on a connection of its own, so many a second however long they take.

    Attributes:
        sent: how many there were.
        acknowledged: numbers of those that were answered 200.
    """

    def __init__(self, port: int, *, rate: int) -> None:
        self.sent = 0
        self.acknowledged: set[int] = set()
        self.refused: list[str] = []
        self.port = port
        self._rate = rate
        self._is_stopped = False

    async def run(self) -> None:
        """Send until `stop`."""
        begun = time.monotonic()
        async with asyncio.TaskGroup() as group:
            while not self._is_stopped:
                while self.sent < (time.monotonic() - begun) * self._rate:
                    # Every fourth one is the making of a deal: nothing takes its place.
                    group.create_task(send_one(self, 4 * self.sent))
                    self.sent += 1
                await asyncio.sleep(1 / self._rate)

    def stop(self) -> None:
        """Send nothing more."""
        self._is_stopped = True

    async def more(self, count: int) -> None:
        """Wait until that many more were sent, and each of them was acknowledged."""
        first, end = self.sent, self.sent + count
        await eventually(lambda: self.acknowledged >= {4 * n for n in range(first, end)})


class _One:
    """One event, and then the end."""

    def __init__(self, load: Load, number: int) -> None:
        self._load = load
        self._number = number
        self._is_sent = False

    def request(self, caller: Caller) -> bytes | None:
        if self._is_sent:
            return None
        self._is_sent = True
        return post("/events", numbered_event(self._number))

    def answered(self, caller: Caller, status: int, body: bytes, seconds: float) -> None:
        if status == 200:
            self._load.acknowledged.add(self._number)
        else:
            self._load.refused.append(f"{status} {body.decode()}")

    def unanswered(self, caller: Caller) -> None:
        self._load.refused.append("not answered")


async def send_one(load: Load, number: int) -> None:
    try:
        await call(load.port, _One(load, number))
    except OSError:
        load.refused.append("not accepted")


async def all_handled(record: Record, load: Load) -> None:
    def is_handled() -> bool:
        record.read_on()
        return all(
            record.completed[number, handler]
            for number in load.acknowledged
            for handler in handlers_of(number)
        )

    await eventually(is_handled)


async def test_while_somebody_has_locked_the_file_every_event_is_acknowledged_at_once(
    tmp_path: Path,
) -> None:
    record = Record(tmp_path / "record")
    async with Server(tmp_path, APP, environment(tmp_path / "record", workers=8)) as server:
        load = Load(server.port, rate=100)
        loading = asyncio.create_task(load.run())
        await load.more(30)
        with running(LOCK, server.store) as process:
            assert await asyncio.to_thread(line_of, process) == "locked"
            await load.more(200)
        load.stop()
        await loading
        await all_handled(record, load)

    assert load.refused == []
    assert record.misordered == []


async def test_while_the_disk_is_full_every_event_is_acknowledged_and_what_waits_is_handled(
    tmp_path: Path,
) -> None:
    record = Record(tmp_path / "record")
    with mounted(tmp_path / "disk", mebibytes=8) as disk:
        async with Server(disk, APP, environment(tmp_path / "record", workers=8)) as server:
            load = Load(server.port, rate=100)
            loading = asyncio.create_task(load.run())
            await load.more(50)
            ballast = fill(disk)
            await load.more(200)
            ballast.unlink()
            load.stop()
            await loading
            await all_handled(record, load)
            alive = not server.ends

    assert load.refused == []
    assert alive
    assert record.misordered == []


@pytest.mark.parametrize(
    ("point", "dies_while_locked"), [("journal_written=kill@20", True), ("draining=kill@1", False)]
)
async def test_a_process_that_is_killed_with_a_journal_loses_nothing(
    tmp_path: Path, point: str, dies_while_locked: bool
) -> None:
    (tmp_path / "plan").write_text(point)
    record = Record(tmp_path / "record")
    variables = environment(tmp_path / "record", workers=8)
    variables[VARIABLE] = f"@{tmp_path / 'plan'}"
    async with Server(tmp_path, APP, variables) as server:
        first = server.pid
        load = Load(server.port, rate=100)
        loading = asyncio.create_task(load.run())
        await load.more(30)
        with running(LOCK, server.store) as process:
            assert await asyncio.to_thread(line_of, process) == "locked"
            if dies_while_locked:
                await eventually(lambda: server.pid != first)
            else:
                await load.more(30)
        await eventually(lambda: server.pid != first)
        load.stop()
        await loading
        await all_handled(record, load)

    assert record.misordered == []
