"""A store against a model, in any order of events: whatever happens, nothing acknowledged is lost.

hypothesis looks for the shortest sequence that breaks a promise, and prints it. A longer search:
``MODEL_EXAMPLES=20000 MODEL_STEPS=100 pytest tests/contract/test_model.py``, with
``--hypothesis-seed=N`` in a place of its own.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bitrix_events.errors import InstallationChanged
from bitrix_events.store.base import Store
from bitrix_events.store.postgres.store import PostgresStore
from bitrix_events.store.records import (
    DEATHS,
    Claim,
    Execution,
    Installation,
    InstallationState,
    NewDelivery,
    Query,
    State,
    Stored,
    Target,
    Verdict,
)
from bitrix_events.store.sqlite.store import SqliteStore
from tests.contract.model import Model, Standing
from tests.contract.records import Clock, installed
from tests.postgres import server
from tests.serving import PATIENCE

T = TypeVar("T")

_HANGS_SECONDS: Final = 60.0
_FAST_DISK: Final = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
"""What the file is like after a loss of power is not the question here."""

PORTALS: Final = ("acme", "beta", "city")
ENTITIES: Final = ("deal:1", "deal:2")
HANDLERS: Final = {"plain": 0.0, "other": 0.0, "quiet": 5.0}
"""Handlers, and how long they wait for quiet."""

Arrival = tuple[NewDelivery, list[Target]]
Demand = dict[str, Any]


def _arrival(portal: str, entity: str, kind: str, handlers: list[str]) -> Arrival:
    is_about_the_app = kind == "app"
    delivery = NewDelivery(
        portal,
        f"ON{kind.upper()}",
        {"FIELDS": {"ID": entity}},
        None if is_about_the_app else entity,
        lifecycle=is_about_the_app,
        identity=entity if kind == "fact" else None,
        merges=kind == "state",
    )
    return delivery, [Target(handler, HANDLERS[handler]) for handler in handlers]


portals = st.sampled_from(PORTALS)
handler_lists = st.lists(st.sampled_from(sorted(HANDLERS)), min_size=1, max_size=3, unique=True)
kinds = st.sampled_from(["fact", "state", "state", "other", "other", "app"])
arrivals = st.builds(_arrival, portals, st.sampled_from(ENTITIES), kinds, handler_lists)
retries = st.builds(
    Verdict,
    st.just(State.WAITING),
    st.just("later"),
    st.sampled_from([0.0, 1.0, 60.0]),
    st.booleans(),
    st.booleans(),
)
ends = st.sampled_from([Verdict(State.DONE), Verdict(State.SKIPPED, "no"), Verdict(State.DEAD)])
verdicts = st.one_of(ends, retries)
demands = st.fixed_dictionaries(
    {
        "limit": st.sampled_from([1, 2, 8]),
        "per_portal": st.sampled_from([1, 3, 8]),
        "per_handler": st.sampled_from([{}, {"plain": 1}, {"plain": 1, "quiet": 2}]),
        "resting": st.sets(portals, max_size=1),
        "idle": st.dictionaries(portals, st.integers(1, 3), max_size=1),
    }
)
states = st.sampled_from([InstallationState.ACTIVE] * 3 + list(InstallationState))
limits = st.sampled_from([1, 3, 1000])
choices = st.integers(0, 2**16)
"""One of whatever there is."""


class StoreMachine(RuleBasedStateMachine):
    """Does to a store what apps, workers, people and power cuts do."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.model = Model(self.clock.now)
        self.claims: dict[int, Claim] = {}
        self.lost_claims: list[Claim] = []
        self._loop = asyncio.new_event_loop()
        self.store = self._new_store()

    def _new_store(self) -> Store:
        """A store on what is there, not open."""
        raise NotImplementedError

    @initialize()
    def begin(self) -> None:
        self._run(self.store.open())

    def teardown(self) -> None:
        self._run(self.store.close())
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

    # What arrives.

    @rule(arrivals=st.lists(arrivals, min_size=1, max_size=4))
    def put(self, arrivals: list[Arrival]) -> None:
        """Several at once, which the store may write together."""

        async def put_all() -> list[Stored]:
            return await asyncio.gather(*(self.store.put(*arrival) for arrival in arrivals))

        for arrival, stored in zip(arrivals, self._run(put_all()), strict=True):
            self.model.put(*arrival, stored)

    # What runs.

    @rule(demand=demands)
    def claim(self, demand: Demand) -> None:
        claims = self._run(self.store.claim(**demand))
        self.model.claim(claims, **demand)
        self.claims.update((claim.execution_id, claim) for claim in claims)

    @rule(arrivals=st.lists(arrivals, min_size=3, max_size=8), demand=demands)
    def claim_one_after_the_other(self, arrivals: list[Arrival], demand: Demand) -> None:
        """Portals take turns."""
        self.put(arrivals)
        for _ in range(5):
            self.claim(demand | {"limit": 1, "per_portal": 8})

    @rule(arrivals=st.lists(arrivals, min_size=1, max_size=4), demand=demands)
    def put_and_claim(self, arrivals: list[Arrival], demand: Demand) -> None:
        self.put(arrivals)
        self.claim(demand)

    @precondition(lambda self: self.claims)
    @rule(ends=st.lists(st.tuples(choices, verdicts), min_size=1, max_size=4), demand=demands)
    def settle_and_claim(self, ends: list[tuple[int, Verdict]], demand: Demand) -> None:
        self.settle(ends)
        self.claim(demand)

    @precondition(lambda self: self.claims)
    @rule(ends=st.lists(st.tuples(choices, verdicts), min_size=1, max_size=4))
    def settle(self, ends: list[tuple[int, Verdict]]) -> None:
        for choice, verdict in ends[: len(self.claims)]:
            claim = self._pick(self.claims, choice)
            run = self.model.runs.get(claim.execution_id)
            if claim.deaths >= DEATHS:
                verdict = Verdict(State.DEAD, "it kills")
            elif run is not None and run.lifecycle:
                verdict = replace(verdict, parks=False)
            self._settle(claim, verdict)

    def _settle(self, claim: Claim, verdict: Verdict) -> None:
        held = self._run(self.store.settle(claim, verdict))
        del self.claims[claim.execution_id]
        self.lost_claims.append(claim)
        run = self.model.runs.get(claim.execution_id)
        assert held == (run is not None), "what was deleted is settled, or a claim was lost"
        if run is not None:
            self.model.settle(run, verdict)

    @rule(choice=choices, is_claiming=st.booleans())
    def sweep(self, choice: int, is_claiming: bool) -> None:
        """Who has claimed may be gone, though its process lives; another one may have stopped to
        hold what it has claimed, and come back later."""
        if is_claiming:
            self._abandon(self.store.claim(limit=3, per_portal=5), is_begun=True)
            self._adopt_starts()
        if self.claims and choice % 2:
            self.lost_claims.append(self.claims.pop(self._pick(self.claims, choice).execution_id))
        held = set(self.claims)
        assert self._run(self.store.sweep(held)) == self.model.sweep(held)

    @precondition(lambda self: self.lost_claims)
    @rule(choice=choices)
    def settle_what_was_lost(self, choice: int) -> None:
        """It may run again meanwhile, for somebody else."""
        claim = self.lost_claims[choice % len(self.lost_claims)]
        assert not self._run(self.store.settle(claim, Verdict(State.DONE)))

    @rule(seconds=st.sampled_from([0.01, 0.1, 1.0, 6.0, 60.0, 3600.0, 13 * 3600.0]))
    def tick(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.model.now = self.clock.now

    # How it ends.

    @rule(arrival=arrivals, survives=st.booleans())
    def crash_while_putting(self, arrival: Arrival, survives: bool) -> None:
        """The caller never hears of it: it may be stored, then as a whole."""
        waiting = self.model.in_state(State.WAITING)

        def adopt() -> None:
            (newest,) = self._run(self.store.find(Query(), limit=1))
            states = self._executions()
            stored = Stored(
                newest.delivery.id,
                tuple(one.id for one in newest.executions),
                newest.repeat_of,
                tuple(r.delivery_id for r in waiting if states[r.id].state is State.MERGED),
            )
            self.model.put(*arrival, stored)

        self._abandon(self.store.put(*arrival), is_begun=survives)
        self._crash(adopt if survives else None)

    @rule(choice=choices, what=st.sampled_from(["nothing", "claiming", "settling", "stopping"]))
    def crash_while(self, choice: int, what: str) -> None:
        """What is done counts, though nobody was told so."""
        if what == "stopping":
            self._run(self.store.close())
            self._open(self._stopped)
            return
        if what == "claiming":
            self._abandon(self.store.claim(limit=3, per_portal=3), is_begun=True)
        if what == "settling" and self.claims:
            claim = self._pick(self.claims, choice)
            self._abandon(self.store.settle(claim, Verdict(State.DONE)), is_begun=True)
            run = self.model.runs.get(claim.execution_id)
            if run is not None:
                self.model.settle(run, Verdict(State.DONE))
        self._crash(self._adopt_starts if what == "claiming" else None)

    # What people and portals do.

    @rule(portal=portals, state=states, paused=st.sampled_from([False, False, True]))
    def save_installation(self, portal: str, state: InstallationState, paused: bool) -> None:
        known = self._run(self.store.installation(portal))
        installation = known or Installation(portal, portal, f"{portal}.bitrix24.com")
        changed = replace(installation, state=state, paused=paused)
        assert self._run(self.store.save_installation(changed))
        active = state is InstallationState.ACTIVE
        self.model.standings[portal] = Standing(active, paused)
        assert not self._run(self.store.save_installation(changed)), "an old version was saved"

    @precondition(lambda self: self.model.deliveries)
    @rule(choice=choices, handlers=handler_lists)
    def replay(self, choice: int, handlers: list[str]) -> None:
        number = self._pick(self.model.deliveries, choice).id
        ids = self._run(self.store.replay(number, handlers))
        self.model.replay(number, handlers, ids)

    @precondition(lambda self: self.model.in_state(State.DEAD))
    @rule(choice=choices, is_retried=st.booleans())
    def decide_about_the_dead(self, choice: int, is_retried: bool) -> None:
        dead = self.model.in_state(State.DEAD)
        found = self._run(self.store.dead(limit=len(dead) + 1))
        assert [execution.id for _, execution in reversed(found)] == [run.id for run in dead]
        ids = [run.id for run in dead[: choice % len(dead) + 1]]
        if is_retried:
            assert self._run(self.store.retry_dead(ids)) == self.model.retry_dead(ids)
        else:
            assert self._run(self.store.drop_dead(ids)) == self.model.drop_dead(ids)

    @rule(portal=portals, what=st.sampled_from(["prune", "prune", "tidy", "forget"]), limit=limits)
    def clean_up(self, portal: str, what: str, limit: int) -> None:
        if what == "tidy":
            self._run(self.store.tidy())
        elif what == "prune":
            self._prune(limit)
        else:
            is_there = portal in self.model.standings or any(
                told.portal == portal for told in self.model.deliveries.values()
            )
            assert self._run(self.store.forget(portal)) == is_there
            self.model.forget(portal)

    def _prune(self, limit: int) -> None:
        before = self.clock.now - 60.0
        allowed = self.model.prunable(before)
        count = self._run(self.store.prune(datetime.fromtimestamp(before, UTC), limit=limit))
        assert count == min(limit, len(allowed))
        gone = {n for n in self.model.deliveries if self._run(self.store.delivery(n)) is None}
        assert gone <= allowed, "something was deleted that is needed"
        assert len(gone) == count
        self.model.delete(gone)

    # What has to be there.

    @invariant()
    def everything_is_where_it_should_be(self) -> None:
        views = self._run(self.store.find(Query(), limit=10_000))
        assert {view.delivery.id: view.repeat_of for view in views} == {
            told.id: told.repeat_of for told in self.model.deliveries.values()
        }
        assert {
            one.id: (
                view.delivery.id,
                one.handler,
                one.state,
                one.attempt,
                one.deaths,
                one.replayed,
            )
            for view in views
            for one in view.executions
        } == {
            run.id: (run.delivery_id, run.handler, run.state, run.attempt, run.deaths, run.replayed)
            for run in self.model.runs.values()
        }

    @invariant()
    def the_figures_are_right(self) -> None:
        stats = self._run(self.store.stats())
        waiting = self.model.in_state(State.WAITING)
        assert (stats.waiting, stats.running, stats.dead) == (
            len(waiting),
            len(self.model.in_state(State.RUNNING)),
            len(self.model.in_state(State.DEAD)),
        )

    # Details.

    def _run(self, what: Coroutine[Any, Any, T]) -> T:
        return self._loop.run_until_complete(asyncio.wait_for(what, _HANGS_SECONDS))

    def _pick(self, found: dict[int, T], choice: int) -> T:
        return list(found.values())[choice % len(found)]

    def _executions(self) -> dict[int, Execution]:
        """All that the store has."""
        views = self._run(self.store.find(Query(), limit=10_000))
        return {one.id: one for view in views for one in view.executions}

    def _abandon(self, what: Coroutine[Any, Any, object], *, is_begun: bool) -> None:
        """Begin something, and be gone before it answers."""

        async def abandon() -> None:
            task = asyncio.create_task(what)
            if is_begun:
                await asyncio.sleep(0)
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            await self._flush()

        self._run(abandon())

    async def _flush(self) -> None:
        """Return when whatever was submitted before is written."""
        raise NotImplementedError

    def _crash(self, adopt: Callable[[], None] | None) -> None:
        """Go on with what a dead process leaves behind."""
        raise NotImplementedError

    def _stopped(self) -> None:
        """Let the model know of a stop in good order, while something ran."""
        raise NotImplementedError

    def _open(self, *happened: Callable[[], None]) -> None:
        self.store = self._new_store()
        self._run(self.store.open())
        self.lost_claims += self.claims.values()
        self.claims.clear()
        self.model.bypassed.clear()
        for adopt in happened:
            adopt()

    def _adopt_starts(self) -> None:
        """Let the model know of executions that were started without anybody being told."""
        found = self._executions()
        for run in self.model.in_state(State.WAITING):
            if found[run.id].attempt > run.attempt:
                self.model.start(run)


class SqliteMachine(StoreMachine):
    """A file. What ran at a stop in good order counts as if the process had died."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(dir=_FAST_DISK)
        self._lives = 0
        self._path = Path(self._folder.name) / "life0" / "store.db"
        super().__init__()

    def _new_store(self) -> Store:
        return SqliteStore(self._path, clock=self.clock)

    def teardown(self) -> None:
        super().teardown()
        self._folder.cleanup()

    async def _flush(self) -> None:
        await self.store.end_refresh("nobody")  # one thread writes one after the other

    def _crash(self, adopt: Callable[[], None] | None) -> None:
        """Go on with a copy of the file and its log, as they lie on the disk."""
        self._lives += 1
        folder = self._path.parent.with_name(f"life{self._lives}")
        folder.mkdir()
        for source in (self._path, self._path.with_name("store.db-wal")):
            shutil.copy(source, folder)
        self._run(self.store.close())
        shutil.rmtree(self._path.parent)
        self._path = folder / "store.db"
        self._open(*([adopt] if adopt else []), self.model.crash)

    def _stopped(self) -> None:
        self.model.crash()


class PostgresMachine(StoreMachine):
    """A database. Who stops in good order gives back what runs."""

    def __init__(self) -> None:
        self._url = asyncio.run(server().prepared())
        super().__init__()

    def _new_store(self) -> Store:
        return PostgresStore(self._url, clock=self.clock, put_seconds=PATIENCE)

    async def _flush(self) -> None:
        refused = installed(version=99, tokens=None)  # each kind of change is done in order
        with suppress(InstallationChanged):
            await self.store.put(NewDelivery("acme", "ONX", {}, None), [], installation=refused)
        await self.store.claim(limit=0, per_portal=1)
        for claim in self.lost_claims[:1]:
            await self.store.settle(claim, Verdict(State.DONE))

    def _crash(self, adopt: Callable[[], None] | None) -> None:
        """The lease of the old one is over, though it is there."""
        old = self.store
        self._run(server().sql("UPDATE worker SET lease_until = 0", database=self._database))
        self._open(*([adopt] if adopt else []), self.model.crash)
        self._run(old.close())

    def _stopped(self) -> None:
        self.model.sweep(())

    @property
    def _database(self) -> str:
        return self._url.rpartition("/")[2]


TestSqlite = SqliteMachine.TestCase
TestSqlite.settings = settings(
    max_examples=int(os.environ.get("MODEL_EXAMPLES", "40")),
    derandomize="MODEL_EXAMPLES" not in os.environ,
    stateful_step_count=int(os.environ.get("MODEL_STEPS", "40")),
    deadline=None,
    print_blob=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
TestPostgres = PostgresMachine.TestCase
TestPostgres.settings = settings(
    TestSqlite.settings,
    max_examples=int(os.environ.get("MODEL_EXAMPLES", "6")),
    phases=[Phase.generate],  # to shrink takes minutes; MODEL_EXAMPLES finds shorter ones
)
