"""@2bad/bitrix, which runs on Node: with a webhook, and with an access token."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, TypeAlias

import pytest

from bitrix_events.testing import FakePortal
from tests.compat.conftest import DEALS

Access: TypeAlias = dict[str, str]
"""The ``url`` of a REST root, and the ``token`` that it wants."""

FOLDER: Final = Path(__file__).with_name("node")
SECONDS: Final = 60
UNREACHED: Final = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ETIMEDOUT")
"""What npm says without a network."""


class Node:
    """A process of Node that takes steps."""

    def __init__(self, script: Path) -> None:
        self._process = subprocess.Popen(
            ["node", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    async def take(self, step: str, access: Access) -> dict[str, Any]:
        """What a step came to: its ``answer``, or the ``error`` and the HTTP ``status``."""
        order = json.dumps({"step": step, **access})
        async with asyncio.timeout(SECONDS):
            line = await asyncio.to_thread(self._exchange, order)
        outcome: dict[str, Any] = json.loads(line)
        return outcome

    def end(self) -> None:
        self._process.communicate(timeout=SECONDS)

    def _exchange(self, line: str) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline()


@pytest.fixture(scope="session")
def node(request: pytest.FixtureRequest) -> Iterator[Node]:
    """Has its packages as they are locked; each process of pytest keeps them in the cache for the
    next time."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("@2bad/bitrix is not tested: there is no Node")
    cache = request.config.cache
    assert cache is not None
    lock = (FOLDER / "package-lock.json").read_bytes()
    process = os.environ.get("PYTEST_XDIST_WORKER", "main")
    folder = Path(cache.mkdir(f"npm-{hashlib.sha256(lock).hexdigest()[:16]}-{process}"))
    for file in FOLDER.iterdir():
        shutil.copy(file, folder)
    if not (folder / "node_modules" / ".package-lock.json").exists():  # what npm writes last
        _install(folder)
    node = Node(folder / "steps.cjs")
    yield node
    node.end()


def _install(folder: Path) -> None:
    quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
    patience = ["--fetch-retries=1", "--fetch-retry-mintimeout=1000"]
    run = subprocess.run(
        ["npm", "ci", *quiet, *patience],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=2 * SECONDS,
        check=False,
    )
    if any(code in run.stderr for code in UNREACHED):
        pytest.skip("@2bad/bitrix is not tested: npm does not reach its registry")
    assert run.returncode == 0, run.stderr


@pytest.fixture(params=["webhook", "token"])
def access(portal: FakePortal, request: pytest.FixtureRequest) -> Access:
    if request.param == "webhook":
        return {"url": portal.webhook_url}
    return with_token(portal)


def with_token(portal: FakePortal) -> Access:
    return {"url": portal.rest_url, "token": portal.issue_tokens().access_token}


async def test_gets_a_deal(node: Node, access: Access) -> None:
    deal = (await node.take("get", access))["answer"]
    assert (deal["ID"], deal["TITLE"]) == ("7", "Roof")


async def test_lists_all_pages(portal: FakePortal, node: Node, access: Access) -> None:
    rows = (await node.take("list", access))["answer"]
    assert [int(row["ID"]) for row in rows] == list(range(1, DEALS + 1))
    assert len(portal.calls("crm.deal.list")) == 5  # it counts, and begins again in a batch


async def test_lists_only_what_the_filter_lets_through(node: Node, access: Access) -> None:
    rows = (await node.take("filter", access))["answer"]
    assert [int(row["ID"]) for row in rows] == list(range(61, DEALS + 1))


async def test_updates_in_batches(portal: FakePortal, node: Node, access: Access) -> None:
    assert (await node.take("batch", access))["answer"] == [True] * 120
    assert len(portal.calls("batch")) == 3
    titles = [deal["TITLE"] for deal in portal.records("deal")]
    assert titles == [f"Roof & {n}" for n in range(1, 121)] + ["Roof"] * 50


async def test_reads_a_batch_by_its_names(node: Node, access: Access) -> None:
    result = (await node.take("named", access))["answer"]
    assert result["result"]["one"]["ID"] == "1"
    assert result["result_total"] == {"list": DEALS}
    assert result["result_next"] == {"list": 50}


async def test_adds_changes_and_deletes(portal: FakePortal, node: Node, access: Access) -> None:
    answer = (await node.take("write", access))["answer"]
    assert answer["changed"] is True
    assert portal.record("deal", answer["made"])["TITLE"] == "Door"
    assert [call.params["fields"]["TITLE"] for call in portal.calls("crm.deal.add")] == ["Дом"]
    assert (await node.take("remove", access))["answer"] is True
    assert "1" not in [deal["ID"] for deal in portal.records("deal")]


async def test_understands_errors(node: Node, access: Access) -> None:
    assert (await node.take("missing", access))["status"] == 400
    error = (await node.take("failing", access))["error"]
    assert error.startswith("[batch] failed to process. Received errors in 1 commands")


async def test_is_told_that_a_token_has_expired(portal: FakePortal, node: Node) -> None:
    access = with_token(portal)
    portal.expire_tokens()
    assert (await node.take("get", access))["status"] == 401


async def test_calls_again_when_there_were_too_many_requests(
    portal: FakePortal, node: Node, access: Access
) -> None:
    portal.fail_next("crm.deal.get", "QUERY_LIMIT_EXCEEDED")
    assert (await node.take("get", access))["answer"]["ID"] == "7"
    assert len(portal.calls("crm.deal.get")) == 2
