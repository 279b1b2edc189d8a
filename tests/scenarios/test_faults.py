"""What is left of reads and writes when the portal and the way to it fail: over real sockets."""

from __future__ import annotations

import asyncio
import gzip
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bitrix_events import (
    UNLIMITED,
    AnswerTooLarge,
    App,
    BatchError,
    Client,
    Options,
    OutcomeUnknown,
    PortalMoved,
    PortalUnreachable,
    Response,
    RestError,
    Timeouts,
    signals,
)
from bitrix_events.testing import Call, FakePortal, Fault, Obstacle, Reply
from tests.serving import PATIENCE, served, settings_for

MEASURED: Mapping[Fault, float] = {
    Fault.BUSY_AFTER: 0.03,
    Fault.RESET_AFTER: 0.01,
    Fault.RESET_BEFORE: 0.01,
}
"""How often requests fail on a bad day: bare 503s, and connections that break."""
WORSE: Mapping[Fault, float] = {
    Fault.BUSY_AFTER: 0.05,
    Fault.RESET_AFTER: 0.1,
    Fault.RESET_BEFORE: 0.1,
}
COMMANDS = {"INTERNAL_SERVER_ERROR": 0.002}
PATIENT = {"attempts": 12, "delay": 0.02}


@dataclass
class Renewals:
    """How often the app got new tokens, and followed its portal to the new address."""

    tokens: int = 0
    moves: int = 0


@asynccontextmanager
async def installed(portal: FakePortal, folder: Path) -> AsyncIterator[tuple[Client, Renewals]]:
    """A client of an app with OAuth tokens, which may follow the portal to ``localhost``."""
    seen = Renewals()

    def on_renewed(sender: object, event: signals.OAuthTokenRenewed) -> None:
        seen.tokens += 1

    def on_moved(sender: object, event: signals.PortalDomainChanged) -> None:
        seen.moves += event.new_domain == hosts[1]

    settings = settings_for(portal, folder / "app.db", mode="app", portal_limits="unlimited")
    hosts = (portal.domain, new_address(portal))
    app = App(settings.model_copy(update={"allowed_hosts": hosts}))
    with (
        signals.oauth_token_renewed.connected_to(on_renewed),
        signals.portal_domain_changed.connected_to(on_moved),
    ):
        async with served(app, folder / "app.db") as running:
            await portal.install(f"{running.url}/install")
            async with app.portal(portal.member_id) as client:
                yield client.with_options(**PATIENT), seen


def new_address(portal: FakePortal) -> str:
    return portal.domain.replace("127.0.0.1", "localhost")


def expire_and_move(portal: FakePortal, *, expire_at: int, move_at: int) -> None:
    """Let the tokens expire and the portal move while it executes its nth calls."""
    calls = 0

    def count(call: Call) -> None:
        nonlocal calls
        calls += 1
        if calls == expire_at:
            portal.expire_tokens()
        if calls == move_at:
            portal.move(new_address(portal))

    portal.on_call = count


def executions(portal: FakePortal, method: str) -> Counter[str]:
    """How often each write was let in, by its marker; what came without a token was not."""
    calls = [call for call in portal.calls(method) if call.user_id]
    return Counter(call.params["fields"]["TITLE"] for call in calls)


@dataclass
class Written:
    """What the caller knows of its writes, by marker."""

    done: dict[str, Response]
    failed: dict[str, RestError]

    @classmethod
    async def by_call(cls, client: Client, method: str, items: Items) -> Written:
        outcomes = await asyncio.gather(
            *(client.call(method, item).send() for item in items.values()), return_exceptions=True
        )
        return cls.of(items, dict(enumerate(outcomes)))

    @classmethod
    async def by_batch(cls, client: Client, method: str, items: Items) -> Written:
        outcomes = await client.outcomes([(method, item) for item in items.values()])
        return cls.of(items, dict(enumerate(outcomes)))

    @classmethod
    async def by_apply(cls, client: Client, method: str, items: Items) -> Written:
        try:
            return cls.of(items, dict(enumerate(await client.apply(method, items.values()))))
        except BatchError as error:
            return cls.of(items, {**error.results, **error.errors})

    @classmethod
    def of(cls, items: Items, outcomes: Mapping[int, object]) -> Written:
        written = cls({}, {})
        for index, marker in enumerate(items):
            outcome = outcomes[index]  # each has one
            if isinstance(outcome, Response):
                written.done[marker] = outcome
            else:
                assert isinstance(outcome, RestError), repr(outcome)
                written.failed[marker] = outcome
        assert len(outcomes) == len(items)
        return written

    @property
    def unknown(self) -> set[str]:
        return {m for m, error in self.failed.items() if isinstance(error, OutcomeUnknown)}

    def check(self, run: Mapping[str, int]) -> None:
        """Compare with how often the portal ran each."""
        assert {m: run[m] for m in self.done if run[m] != 1} == {}
        assert {m: n for m, n in run.items() if n > 1} == {}
        refused = set(self.failed) - self.unknown
        assert {m: self.failed[m] for m in refused if run[m]} == {}
        assert all(self.failed[m].maybe_executed for m in self.unknown)


Items = dict[str, dict[str, Any]]


def creates(name: str, count: int) -> Items:
    markers = [f"{name} {n}" for n in range(count)]
    return {marker: {"fields": {"TITLE": marker}} for marker in markers}


def updates(name: str, ids: Iterable[int]) -> Items:
    return {f"{name} {i}": {"id": i, "fields": {"TITLE": f"{name} {i}"}} for i in ids}


# Reading.


@pytest.mark.parametrize(("chances", "seed"), [(MEASURED, 1), (WORSE, 2)], ids=["bad", "worse"])
async def test_a_long_list_is_complete_whatever_fails_on_the_way(
    tmp_path: Path, chances: Mapping[Fault, float], seed: int
) -> None:
    async with FakePortal().serve() as portal:
        ids = portal.fill("deal", 20_000, TITLE="Roof")
        async with installed(portal, tmp_path) as (client, seen):
            expire_and_move(portal, expire_at=60, move_at=130)
            portal.disturb(chances, commands=COMMANDS, seed=seed)
            rows = [int(row["ID"]) async for row in client.list("crm.deal.list", select=["ID"])]
            asked = len(portal.calls("crm.deal.list"))

    assert rows == list(ids)
    assert asked > 401  # something was asked for again
    assert (seen.tokens, seen.moves) == (1, 1)


async def test_rows_that_go_and_come_while_everything_fails_hide_no_other(tmp_path: Path) -> None:
    async with FakePortal().serve() as portal:
        ids = list(portal.fill("deal", 20_000, TITLE="Roof"))
        gone: list[int] = []

        def delete_some(call: Call) -> None:
            victim = 61 * len(gone) + 7
            if call.method == "crm.deal.list" and victim < 20_000:
                portal.delete("deal", victim)
                gone.append(victim)

        async with installed(portal, tmp_path) as (client, _):
            portal.on_call = delete_some
            portal.disturb(WORSE, commands=COMMANDS, seed=4)
            rows = [int(row["ID"]) async for row in client.list("crm.deal.list", select=["ID"])]

    assert len(gone) > 300
    assert rows == sorted(set(rows))
    assert set(ids) - set(gone) <= set(rows) <= set(ids)


async def test_a_list_by_position_is_complete_or_raises(tmp_path: Path) -> None:
    async with FakePortal().serve() as portal:
        ids = portal.fill("deal", 5_000, TITLE="Roof")
        async with installed(portal, tmp_path) as (client, _):
            portal.disturb(WORSE, commands=COMMANDS, seed=5)
            rows = await client.list("crm.deal.list", order={"TITLE": "ASC"}, select=["ID"])

    assert sorted(int(row["ID"]) for row in rows) == list(ids)


# Writing.


async def test_no_create_and_no_update_is_run_twice_and_every_unknown_outcome_is_told(
    tmp_path: Path,
) -> None:
    async with FakePortal().serve() as portal:
        ids = portal.fill("deal", 1_000, TITLE="old")
        async with installed(portal, tmp_path) as (client, seen):
            expire_and_move(portal, expire_at=90, move_at=190)
            portal.disturb(MEASURED, commands=COMMANDS, seed=6)
            created = [
                await Written.by_call(client, "crm.deal.add", creates("call", 100)),
                await Written.by_batch(client, "crm.deal.add", creates("batch", 100)),
                await Written.by_apply(client, "crm.deal.add", creates("apply", 100)),
            ]
            updated = [
                await Written.by_call(client, "crm.deal.update", updates("call", ids[:100])),
                await Written.by_batch(client, "crm.deal.update", updates("batch", ids[100:200])),
                await Written.by_apply(client, "crm.deal.update", updates("apply", ids[200:])),
            ]

    records = portal.records("deal")
    titles = Counter(record["TITLE"] for record in records[1000:])
    for written in created:
        written.check(executions(portal, "crm.deal.add"))
        assert all(titles[marker] == 1 for marker in written.done)
    assert max(titles.values()) == 1
    for written in updated:
        written.check(executions(portal, "crm.deal.update"))
    now = {record["TITLE"] for record in records}
    assert all(marker in now for written in updated for marker in written.done)
    assert sum(len(written.done) for written in (*created, *updated)) > 1_000
    assert any(written.unknown for written in (*created, *updated))
    assert (seen.tokens, seen.moves) == (1, 1)


@pytest.mark.parametrize("fault", [Fault.RESET_AFTER, Fault.CUT, Fault.ERROR_AFTER])
@pytest.mark.parametrize("way", [Written.by_call, Written.by_batch, Written.by_apply])
async def test_after_a_lost_answer_no_write_is_run_again(fault: Fault, way: Any) -> None:
    async with FakePortal().serve() as portal:
        async with Client(
            portal.webhook_url, options=Options(delay=0.01), limits=UNLIMITED
        ) as client:
            portal.fail_request(2, fault)
            written = await way(client, "crm.deal.add", creates("deal", 130))
        titles = Counter(record["TITLE"] for record in portal.records("deal"))

    written.check(titles)
    assert len(titles) == 130
    assert written.unknown
    assert not set(written.failed) - written.unknown


@pytest.mark.parametrize("fault", [fault for fault in Fault if not fault.executed])
async def test_a_write_that_may_not_have_arrived_is_not_said_to_have_failed(fault: Fault) -> None:
    async with FakePortal().serve() as portal:
        async with Client(
            portal.webhook_url, options=Options(delay=0.01), limits=UNLIMITED
        ) as client:
            portal.fail_request(1, fault)
            written = await Written.by_call(client, "crm.deal.add", creates("deal", 1))
        titles = Counter(record["TITLE"] for record in portal.records("deal"))

    written.check(titles)
    assert written.unknown == {"deal 0"}  # on a socket nobody can know better


async def test_many_calls_with_an_expired_token_renew_it_once(tmp_path: Path) -> None:
    async with FakePortal().serve() as portal:
        ids = portal.fill("deal", 200, TITLE="Roof")
        async with installed(portal, tmp_path) as (client, seen):
            portal.expire_tokens()
            single = client.with_options(merge=False)
            found = await asyncio.gather(*(single.call("crm.deal.get", id=i).send() for i in ids))

    assert [int(response.result["ID"]) for response in found] == list(ids)
    assert seen.tokens == 1


# Answers that are none.


MIB = 1024 * 1024
TROUBLES: list[tuple[Fault | Obstacle | Reply, type[RestError], int]] = [
    (Fault.STALLED, PortalUnreachable, 2),
    (Reply(200, b"<html>Please log in.</html>"), PortalUnreachable, 2),
    (Reply(502, b"<html>busy</html>"), PortalUnreachable, 2),
    (Fault.TRUNCATED, PortalUnreachable, 2),
    (Obstacle.HUGE, AnswerTooLarge, 1),
    (
        Reply(200, gzip.compress(bytes(64 * MIB), 1), {"content-encoding": "gzip"}),
        AnswerTooLarge,
        1,
    ),
    (Reply(200, b"odd", {"content-encoding": "br"}), PortalUnreachable, 2),
    (Reply(302, headers={"location": "/rest/1/code/profile"}), PortalMoved, 1),
    (Reply(302, headers={"location": "https://evil.example.org/"}), PortalMoved, 1),
    (Reply(302), PortalMoved, 1),
]
NAMES = ["hangs", "page", "busy", "cut", "large", "bomb", "brotli", "loop", "elsewhere", "nowhere"]


@pytest.mark.parametrize(("trouble", "kind", "requests"), TROUBLES, ids=NAMES)
async def test_what_is_no_answer_is_an_error_of_a_known_type(
    trouble: Fault | Obstacle | Reply, kind: type[RestError], requests: int
) -> None:
    timeouts = Timeouts(read=0.2) if trouble is Fault.STALLED else Timeouts(connect=PATIENCE)
    options = Options(attempts=2, delay=0.01, timeouts=timeouts)

    async with (
        asyncio.timeout(PATIENCE),
        FakePortal().serve() as portal,
        Client(portal.webhook_url, options=options, limits=UNLIMITED) as client,
    ):
        portal.fail_request(1, trouble, times=9)
        with pytest.raises(kind) as read:
            await client.call("profile")
        reads = portal.requests
        with pytest.raises(RestError) as written:
            await client.call("crm.deal.add", fields={"TITLE": "Roof"})

    is_refused = kind is PortalMoved
    assert type(read.value) is kind
    assert type(written.value) is (PortalMoved if is_refused else OutcomeUnknown)
    assert is_refused or type(written.value.__cause__) is kind
    assert (reads, portal.requests) == (requests, requests + 1)


async def test_a_portal_that_redirects_in_a_circle_is_left_alone(tmp_path: Path) -> None:
    async with FakePortal().serve() as portal, installed(portal, tmp_path) as (client, seen):
        before = portal.requests
        portal.move("elsewhere.invalid")
        with pytest.raises(RestError) as caught:
            await client.with_options(attempts=2).call("crm.deal.add", fields={"TITLE": "Roof"})

        assert isinstance(caught.value, PortalMoved | PortalUnreachable)
        assert portal.requests - before <= 2
        assert portal.records("deal") == []
    assert seen.tokens == 0


async def test_answers_too_large_together_are_asked_for_in_smaller_parts() -> None:
    async with FakePortal().serve() as portal:
        large = portal.fill("deal", 40, COMMENTS="x" * 600_000)
        async with Client(portal.webhook_url, limits=UNLIMITED) as client:
            found = await client.batch([("crm.deal.get", {"id": i}) for i in large])

    assert [int(response.result["ID"]) for response in found] == list(large)


async def test_a_list_whose_rows_get_larger_and_larger_is_complete() -> None:
    async with FakePortal().serve() as portal:
        for size in (10, 10, 100_000, 100_000, 100_000, 100_000, 200_000):
            portal.fill("deal", 50, COMMENTS="x" * size)
        async with Client(portal.webhook_url, limits=UNLIMITED) as client:
            found = [int(row["ID"]) async for row in client.list("crm.deal.list")]
        asked = portal.requests

    assert found == list(range(1, 351))
    assert asked > 3  # some answers were too large
