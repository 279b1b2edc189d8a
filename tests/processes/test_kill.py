"""A real server is killed while it handles the corpus: what it had answered with 200 has run."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
import pytest

from bitrix_events.store.records import State
from bitrix_events.testing import FakePortal
from tests.corpus import APP_TOKEN, MEMBER_ID, WEBHOOK_TOKEN, Case, corpus
from tests.processes.serving import Server, all_ended, kill
from tests.serving import PATIENCE, eventually

pytestmark = pytest.mark.process

APP = """
import asyncio, os, time
from pathlib import Path

from bitrix_events import App, Delivery, Event, RetryPolicy

app = App(retry=RetryPolicy(attempts=50, base=0.01))
record = os.open(os.environ["RECORD"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
killed = Path(os.environ["KILLED"])
codes = os.environ["CODES"].split()


def note(delivery, handler):
    os.write(record, f"{delivery.id} {handler}\\n".encode())


@app.on(*codes)
async def slow(event: Event, delivery: Delivery) -> None:
    await asyncio.sleep(0.03)
    while delivery.id % 4 == 0 and not killed.exists():
        await asyncio.sleep(0.01)
    note(delivery, "slow")


@app.on(*codes)
def threaded(event: Event, delivery: Delivery) -> None:
    time.sleep(0.01)
    note(delivery, "threaded")
"""


@asynccontextmanager
async def portal_of_the_corpus() -> AsyncIterator[FakePortal]:
    async with FakePortal(member_id=MEMBER_ID, application_token=APP_TOKEN).serve() as portal:
        portal.webhook_token = WEBHOOK_TOKEN
        yield portal


def lines_of(record: Path) -> set[str]:
    return set(record.read_text().splitlines()) if record.exists() else set()


def codes_of(cases: list[Case]) -> set[str]:
    return {str(case.expected["event"]).upper() for case in cases if "event" in case.expected}


@pytest.mark.parametrize("mode", ["app", "webhook"])
async def test_every_payload_of_the_corpus_that_got_its_200_has_run_after_a_kill(
    mode: str, tmp_path: Path
) -> None:
    cases, record = corpus(), tmp_path / "record"
    async with AsyncExitStack() as stack:
        portal = await stack.enter_async_context(portal_of_the_corpus())
        http = await stack.enter_async_context(httpx.AsyncClient(timeout=PATIENCE))
        variables = {
            **portal.environment(mode="app" if mode == "app" else "webhook"),
            "RECORD": str(record),
            "KILLED": str(tmp_path / "killed"),
            "CODES": " ".join(sorted(codes_of(cases))),
        }
        server = await stack.enter_async_context(Server(tmp_path, APP, variables))
        if mode == "app":
            assert (await portal.install(f"{server.url}/install")).status_code == 200

        answers = {
            case.id: await http.post(
                f"{server.url}/events",
                content=case.body,
                headers={"Content-Type": case.content_type},
            )
            for case in cases
        }
        acknowledged = {a.json()["delivery"] for a in answers.values() if a.status_code == 200}
        await eventually(lambda: bool(lines_of(record)))
        before = lines_of(record)
        kill(server.pid)
        (tmp_path / "killed").touch()
        await server.answers()
        if mode == "app":
            # The portal has removed the app among the payloads, and what was unfinished waits.
            assert (await portal.install(f"{server.url}/install")).status_code == 200
        found = {view.delivery.id: view for view in await all_ended(server.store)}
        await server.stop()

    after = lines_of(record)
    for number in acknowledged:
        view = found[number]
        for execution in view.executions:
            has_run = f"{number} {execution.handler.removeprefix('app.')}" in after
            assert has_run == (execution.state is State.DONE), execution
            assert has_run or execution.state is State.MERGED, execution
        assert len(view.executions) == (0 if view.repeat_of else 2)
    statuses = Counter(answer.status_code for answer in answers.values())
    token = APP_TOKEN if mode == "app" else WEBHOOK_TOKEN
    expected_good = {
        case.id
        for case in cases
        if "event" in case.expected
        and isinstance(case.expected.get("auth"), dict)
        and case.expected["auth"].get("application_token") == token
        # Claims that the OAuth server does not confirm; and two that a portal is known by its
        # address in, which is another one here.
        and case.expected["event"] not in ("ONAPPINSTALL", "ONAPPUPDATE", "ONAPPUSERREADY")
        and "member_id" in case.expected["auth"]
    }
    assert {name for name, answer in answers.items() if answer.status_code == 200} == expected_good
    assert len(expected_good) >= (40 if mode == "app" else 8)
    assert set(statuses) == {200, 400, 403}
    assert before < after
