"""What every Store promises about repeats, merging, quiet times, limits, replay and retention."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bitrix_events.store.base import Store
from bitrix_events.store.records import (
    DEATHS,
    Claim,
    Execution,
    InstallationState,
    NewDelivery,
    Query,
    State,
    Stored,
    Target,
    Verdict,
)
from bitrix_events.store.sqlite.clock import SteadyClock
from bitrix_events.store.sqlite.store import SqliteStore
from tests.contract.records import Clock, installed, put
from tests.contract.test_store import Engine, claim_all, claim_one, clock, engine, execution, store

__all__ = ["clock", "engine", "store"]

DONE = Verdict(State.DONE)
DEAD = Verdict(State.DEAD, "no more")
RETRY = Verdict(State.WAITING, "failed", delay_seconds=60)


def other(entity: str | None = "deal:7", *, portal: str = "acme") -> NewDelivery:
    """Neither a fact nor a state: always run."""
    return NewDelivery(portal, "ONCUSTOM", {}, entity)


def added(number: int = 7, *, portal: str = "acme") -> NewDelivery:
    entity = f"deal:{number}"
    return NewDelivery(portal, "ONCRMDEALADD", {}, entity, identity=f"ONCRMDEALADD {entity}")


def updated(number: int = 7, *, portal: str = "acme") -> NewDelivery:
    return NewDelivery(portal, "ONCRMDEALUPDATE", {}, f"deal:{number}", merges=True)


async def put_quietly(store: Store, delivery: NewDelivery, seconds: float) -> Stored:
    return await store.put(delivery, [Target("handler", debounce=seconds)])


async def states(store: Store) -> list[State]:
    views = await store.find(Query(), limit=1000)
    return [e.state for view in reversed(views) for e in view.executions]


async def finish(store: Store, claims: Sequence[Claim], verdict: Verdict = DONE) -> None:
    for claim in claims:
        assert await store.settle(claim, verdict)


# Facts.


async def test_a_fact_that_is_told_again_is_kept_and_counted_and_not_run(store: Store) -> None:
    first = await put(store, added(), "handler")

    again = await store.put(added(), [Target("handler")])

    view, repeat = await store.delivery(first), await store.delivery(again.delivery_id or 0)
    assert view is not None
    assert repeat is not None
    assert (again.repeat_of, again.executions) == (first, ())
    assert (view.repeats, repeat.repeat_of, list(repeat.executions)) == (1, first, [])
    assert [claim.delivery.id for claim in await claim_all(store)] == [first]


async def test_a_fact_that_was_handled_already_is_not_run_again(store: Store) -> None:
    await put(store, added(), "handler")
    await finish(store, await claim_all(store))

    await put(store, added(), "handler")

    assert await claim_all(store) == []


async def test_a_fact_runs_again_a_day_later(store: Store, clock: Clock) -> None:
    await put(store, added(), "handler")
    await finish(store, await claim_all(store))
    clock.advance(24 * 3600 + 1)

    again = await put(store, added(), "handler")

    assert [claim.delivery.id for claim in await claim_all(store)] == [again]


async def test_a_handler_that_is_there_for_the_repeat_only_runs_for_it(store: Store) -> None:
    await put(store, added(), "old")

    again = await store.put(added(), [Target("old"), Target("new")])

    assert again.repeat_of is None
    assert sorted(c.delivery.handler for c in await claim_all(store)) == ["new", "old"]
    assert (await store.put(added(), [Target("new")])).repeat_of is not None


async def test_a_fact_that_nobody_wanted_is_not_told_yet(store: Store) -> None:
    await put(store, added())

    again = await put(store, added(), "handler")

    assert [claim.delivery.id for claim in await claim_all(store)] == [again]


async def test_the_same_fact_of_another_portal_is_another_one(store: Store) -> None:
    await put(store, added(portal="acme"), "handler")
    await put(store, added(portal="globex"), "handler")

    assert len(await claim_all(store)) == 2


async def test_repeats_that_arrive_together_run_once(store: Store) -> None:
    await asyncio.gather(*(put(store, added(), "handler") for _ in range(50)))

    assert len(await claim_all(store)) == 1


async def test_repeats_that_arrive_together_run_once_for_each_handler(store: Store) -> None:
    targets = [Target("one"), Target("two")]
    told_one = await put(store, added(0), "one")

    stored = await asyncio.gather(
        *(store.put(added(number), targets) for _ in range(3) for number in range(50))
    )

    runs = [claim.delivery.handler for claim in await claim_all(store)]
    assert (runs.count("one"), runs.count("two")) == (50, 50)
    first, repeats = stored[:50], stored[50:]
    assert [len(one.executions) for one in first] == [1] + [2] * 49
    assert [one.repeat_of for one in first] == [None] * 50
    assert [one.executions for one in repeats] == [()] * 100
    # Of several tellers the one is named that told the first handler.
    tellers = [told_one, *(one.delivery_id for one in first[1:])]
    assert [one.repeat_of for one in repeats] == tellers * 2


async def test_facts_of_yesterday_that_arrive_together_run_once_more(
    store: Store, clock: Clock
) -> None:
    for number in range(100):
        await put(store, added(number), "handler")
    await finish(store, await claim_all(store))
    clock.advance(24 * 3600)

    stored = await asyncio.gather(
        *(store.put(added(number), [Target("handler")]) for _ in range(2) for number in range(100))
    )

    first, repeats = stored[:100], stored[100:]
    assert [len(one.executions) for one in first] == [1] * 100
    assert [one.repeat_of for one in repeats] == [one.delivery_id for one in first]
    assert len(await claim_all(store)) == 100


async def test_a_fact_is_known_until_a_day_has_passed(store: Store, clock: Clock) -> None:
    first = await put(store, added(), "handler")
    clock.advance(24 * 3600 - 1)

    again = await store.put(added(), [Target("handler")])
    clock.advance(1)
    later = await store.put(added(), [Target("handler")])
    at_once = await store.put(added(), [Target("handler")])

    assert again.repeat_of == first  # which does not begin the day anew
    assert len(later.executions) == 1
    assert at_once.repeat_of == later.delivery_id


async def test_a_repeat_after_a_day_is_new_only_for_who_was_told_a_day_ago(
    store: Store, clock: Clock
) -> None:
    await put(store, added(), "early")
    clock.advance(24 * 3600 - 60)
    late = await put(store, added(), "late")
    clock.advance(60)

    again = await store.put(added(), [Target("early"), Target("late")])

    assert [claim.delivery.handler for claim in await claim_all(store)].count("late") == 1
    assert len(again.executions) == 1
    assert (await store.put(added(), [Target("late")])).repeat_of == late


async def test_a_fact_is_still_known_after_a_crash(engine: Engine, store: Store) -> None:
    await put(store, added(), "handler")
    after_crash = await engine.crash()

    assert (await after_crash.put(added(), [Target("handler")])).repeat_of is not None


async def test_what_is_neither_fact_nor_state_runs_each_time(store: Store) -> None:
    for _ in range(3):
        await put(store, other(None), "handler")

    assert len(await claim_all(store)) == 3


# States.


async def test_a_newer_state_replaces_one_that_waits(store: Store) -> None:
    older = await put(store, updated(), "handler")

    newer = await store.put(updated(), [Target("handler")])

    replaced = await execution(store, older)
    assert newer.merged == (older,)
    assert (replaced.state, replaced.note) == (State.MERGED, f"#{newer.delivery_id} took its place")
    assert [claim.delivery.id for claim in await claim_all(store)] == [newer.delivery_id]


async def test_a_thousand_states_that_arrive_together_run_once_with_the_last(store: Store) -> None:
    stored = await asyncio.gather(*(put(store, updated(), "handler") for _ in range(1000)))

    assert [claim.delivery.id for claim in await claim_all(store)] == [max(stored)]


async def test_a_state_does_not_merge_into_one_that_has_started(store: Store) -> None:
    await put(store, updated(), "handler")
    started = await claim_one(store)

    newer = await store.put(updated(), [Target("handler")])

    assert newer.merged == ()
    assert await claim_all(store) == [], "the entity is still being handled"
    await store.settle(started, DONE)
    assert (await claim_one(store)).delivery.id == newer.delivery_id


async def test_a_newer_state_makes_a_waiting_retry_due_now(store: Store) -> None:
    await put(store, updated(), "handler")
    await store.settle(await claim_one(store), RETRY)
    assert await claim_all(store) == []

    newer = await put(store, updated(), "handler")

    claim = await claim_one(store)
    assert (claim.delivery.id, claim.delivery.attempt) == (newer, 1)


async def test_a_newer_state_does_not_hurry_what_waits_before_it(store: Store) -> None:
    await put(store, added(), "handler")
    await store.settle(await claim_one(store), RETRY)
    await put(store, updated(), "handler")

    await put(store, updated(), "handler")

    assert await claim_all(store) == []


async def test_a_state_merges_with_nothing_but_the_last_that_waits(store: Store) -> None:
    await put(store, updated(), "handler")
    between = await put(store, other(), "handler")
    last = await store.put(updated(), [Target("handler")])

    assert last.merged == ()
    handled = []
    while claims := await claim_all(store):
        handled += [claim.delivery.id for claim in claims]
        await finish(store, claims)
    assert handled == [between - 1, between, last.delivery_id]


@pytest.mark.parametrize(
    "newer",
    [
        updated(8),
        updated(portal="globex"),
        replace(updated(), code="ONCRMDEALMOVETOCATEGORY"),
    ],
)
async def test_states_of_another_entity_portal_or_code_do_not_merge(
    store: Store, newer: NewDelivery
) -> None:
    await put(store, updated(), "handler")

    assert (await store.put(newer, [Target("handler")])).merged == ()


async def test_a_state_merges_for_the_handler_that_still_waits_only(store: Store) -> None:
    first = await store.put(updated(), [Target("slow"), Target("fast")])
    fast = next(c for c in await claim_all(store) if c.delivery.handler == "fast")
    assert first.delivery_id is not None
    await store.settle(fast, DONE)
    slow = await handled_by(store, first.delivery_id, "slow")
    assert [e.state for e in slow] == [State.RUNNING]

    newer = await store.put(updated(), [Target("slow"), Target("fast")])

    assert newer.merged == ()
    assert [c.delivery.handler for c in await claim_all(store)] == ["fast"]


async def handled_by(store: Store, delivery_id: int, handler: str) -> list[Execution]:
    view = await store.delivery(delivery_id)
    assert view is not None
    return [e for e in view.executions if e.handler == handler]


async def test_what_waits_for_its_portal_merges_too(store: Store) -> None:
    await store.save_installation(installed(state=InstallationState.BLOCKED))
    older = await put(store, updated(), "handler")

    newer = await store.put(updated(), [Target("handler")])

    assert newer.merged == (older,)
    assert await claim_all(store) == []


async def test_the_deaths_of_what_was_replaced_are_not_forgotten(
    engine: Engine, store: Store
) -> None:
    await put(store, updated(), "handler")
    await claim_one(store)
    after_crash = await engine.crash()

    await put(after_crash, updated(), "handler")

    assert (await claim_one(after_crash)).deaths == 1


# Quiet times.


async def test_a_debounced_event_waits_until_its_entity_is_quiet(
    store: Store, clock: Clock
) -> None:
    await put_quietly(store, updated(), 10)
    clock.advance(6)
    last = await put_quietly(store, updated(), 10)

    clock.advance(9)
    early = await claim_all(store)
    clock.advance(1)
    in_time = await claim_all(store)

    assert (early, [claim.delivery.id for claim in in_time]) == ([], [last.delivery_id])


async def test_an_entity_that_is_never_quiet_is_handled_all_the_same(
    store: Store, clock: Clock
) -> None:
    await put_quietly(store, updated(), 10)
    claims: list[Claim] = []
    seconds = 0
    while not claims:
        clock.advance(5)
        seconds += 5
        await put_quietly(store, updated(), 10)
        claims = await claim_all(store)

    assert seconds == 100


async def test_events_of_no_kind_merge_if_they_are_debounced(store: Store, clock: Clock) -> None:
    await put_quietly(store, other(), 10)
    await put_quietly(store, other(), 10)
    clock.advance(10)

    assert len(await claim_all(store)) == 1


async def test_events_about_no_record_merge_by_their_code_if_they_are_debounced(
    store: Store, clock: Clock
) -> None:
    await put_quietly(store, other(None), 10)
    last = await put_quietly(store, other(None), 10)
    await put_quietly(store, replace(other(None), code="ONANOTHER"), 10)
    clock.advance(10)

    claims = await claim_all(store)

    assert len(claims) == 2
    assert last.delivery_id in [claim.delivery.id for claim in claims]


async def test_what_came_while_the_handler_ran_has_its_quiet_time(
    store: Store, clock: Clock
) -> None:
    await put_quietly(store, updated(), 10)
    clock.advance(10)
    running = await claim_one(store)
    await put_quietly(store, updated(), 10)
    clock.advance(4)

    await store.settle(running, DONE)

    assert await claim_all(store) == []
    assert await store.due_in() == 6
    clock.advance(6)
    assert len(await claim_all(store)) == 1


# Limits.


async def test_a_handler_runs_no_more_often_than_its_limit(store: Store) -> None:
    for portal in ("acme", "globex"):
        for number in range(3):
            await put(store, other(f"deal:{number}", portal=portal), "narrow", "wide")

    claims = await store.claim(limit=100, per_portal=100, per_handler={"narrow": 2})
    more = await store.claim(limit=100, per_portal=100, per_handler={"narrow": 2})

    assert sorted(c.delivery.handler for c in claims) == ["narrow"] * 2 + ["wide"] * 6
    assert more == []


async def test_a_resting_portal_is_left_alone(store: Store) -> None:
    await put(store, other(portal="acme"), "handler")
    await put(store, other(portal="globex"), "handler")

    claims = await store.claim(limit=10, per_portal=10, resting={"acme"})

    assert [claim.delivery.portal for claim in claims] == ["globex"]
    assert [claim.delivery.portal for claim in await claim_all(store)] == ["acme"]


async def test_executions_that_only_wait_make_room_for_others_of_their_portal(store: Store) -> None:
    for portal in ("acme", "globex"):
        for number in range(9):
            await put(store, other(f"deal:{number}", portal=portal), "handler")
    await store.claim(limit=10, per_portal=3)

    claims = await store.claim(limit=10, per_portal=3, idle={"acme": 2})
    more = await store.claim(limit=10, per_portal=3, idle={"acme": 2})

    assert [claim.delivery.portal for claim in claims] == ["acme", "acme"]
    assert more == []


async def test_claims_are_shared_out_over_the_portals(store: Store) -> None:
    for portal in ("a", "b", "c"):
        for number in range(10):
            await put(store, other(f"deal:{number}", portal=portal), "one", "two")

    claims = await store.claim(limit=6, per_portal=10)

    assert sorted(claim.delivery.portal for claim in claims) == ["a", "a", "b", "b", "c", "c"]


async def test_hundreds_of_portals_and_handlers_all_have_their_turn(store: Store) -> None:
    for number in range(150):
        await put(store, other(portal=f"portal{number}"), "one", "two", "three")

    seen = set()
    for _ in range(50):
        for claim in await store.claim(limit=9, per_portal=1000):
            seen.add((claim.delivery.portal, claim.delivery.handler))

    assert len(seen) == 450


async def test_the_oldest_of_a_portal_come_first_whatever_their_handlers(
    engine: Engine, store: Store
) -> None:
    await put(store, other("deal:1", portal="quiet"), "early")
    for number in range(4):
        await put(store, other(f"deal:{number}", portal="busy"), "early")
        engine.clock.advance(1)
    for number in range(4):
        await put(store, other(f"deal:{number}", portal="busy"), "late")

    claims = await store.claim(limit=5, per_portal=10)

    assert sorted((c.delivery.portal, c.delivery.handler) for c in claims) == [
        *[("busy", "early")] * 4,
        ("quiet", "early"),
    ]


async def test_a_handler_without_room_keeps_no_place_from_others(store: Store) -> None:
    for number in range(6):
        await put(store, other(f"deal:{number}"), "limited")
    for number in range(6):
        await put(store, other(f"deal:{number}"), "free")
    await put(store, other("deal:1", portal="another"), "free")

    claims = await store.claim(limit=6, per_portal=10, per_handler={"limited": 1})

    assert Counter(claim.delivery.handler for claim in claims) == {"limited": 1, "free": 5}


# Death and what is lost from sight.


async def test_what_several_processes_died_of_runs_alone(engine: Engine, store: Store) -> None:
    for number in range(3):
        await put(store, other(f"deal:{number}"), "handler")
    for _ in range(2):
        assert len(await claim_all(store)) == 3, "after one death all run again at once"
        store = await engine.crash()

    together = await claim_all(store)

    assert [claim.deaths for claim in together] == [2]
    assert await claim_all(store) == []
    await finish(store, together)
    engine.clock.advance(1)
    assert len(await claim_all(store)) == 1


async def test_what_has_to_wait_for_a_suspect_keeps_its_place(engine: Engine, store: Store) -> None:
    suspects = [await put(store, other(f"deal:{number}"), "handler") for number in range(3)]
    for _ in range(2):
        await claim_all(store)
        store = await engine.crash()
    first = await claim_all(store)
    innocent = await put(store, other("deal:9"), "handler")
    await finish(store, await claim_all(store))

    await finish(store, first)
    next_one = await claim_one(store)

    assert [claim.delivery.id for claim in first] == suspects[:1]
    assert next_one.delivery.id == suspects[1] < innocent


async def test_what_no_process_died_of_does_not_wait_for_it(engine: Engine, store: Store) -> None:
    await put(store, other("deal:1"), "handler")
    for _ in range(2):
        await claim_all(store)
        store = await engine.crash()
    await claim_all(store)
    innocent = await put(store, other("deal:2"), "handler")

    assert [claim.delivery.id for claim in await claim_all(store)] == [innocent]


async def test_the_last_claim_of_a_killer_says_so(engine: Engine, store: Store) -> None:
    await put(store, other(), "handler")
    for _ in range(DEATHS):
        assert (await claim_one(store)).deaths < DEATHS
        store = await engine.crash()

    assert (await claim_one(store)).deaths == DEATHS


async def test_a_sweep_gives_back_what_nobody_holds(store: Store) -> None:
    lost = await put(store, other("deal:1"), "handler")
    await put(store, other("deal:2"), "handler")
    claims = await claim_all(store)
    held = [claim.execution_id for claim in claims if claim.delivery.id != lost]

    swept = await store.sweep(held)

    assert swept == 1
    again = await claim_one(store)
    assert (again.delivery.id, again.deaths) == (lost, 0)
    assert await store.sweep([*held, again.execution_id]) == 0


async def test_the_first_start_of_an_execution_is_remembered(store: Store, clock: Clock) -> None:
    await put(store, other(), "handler")
    first = await claim_one(store)
    await store.settle(first, RETRY)
    clock.advance(60)

    again = await claim_one(store)

    assert (first.age_seconds, again.age_seconds) == (0, 60)


# Dead executions, and doing it again.


async def test_the_dead_are_listed_newest_first(store: Store) -> None:
    for number in range(3):
        await put(store, other(f"deal:{number}"), "handler")
    await finish(store, await claim_all(store), DEAD)

    first = await store.dead(limit=2)
    rest = await store.dead(limit=2, before=first[-1][1].id)

    assert [d.entity for d, _ in (*first, *rest)] == ["deal:2", "deal:1", "deal:0"]
    assert {e.note for _, e in (*first, *rest)} == {"no more"}


async def test_the_dead_of_one_handler_or_portal_can_be_asked_for(store: Store) -> None:
    await put(store, other(portal="acme"), "one", "two")
    await put(store, other(portal="globex"), "one")
    await finish(store, await claim_all(store), DEAD)

    ones = await store.dead(limit=9, handler="one")
    globex = await store.dead(limit=9, portal="globex")

    assert [(d.portal, e.handler) for d, e in ones] == [("globex", "one"), ("acme", "one")]
    assert [d.portal for d, _ in globex] == ["globex"]


async def test_a_dead_execution_that_is_tried_again_begins_anew(store: Store) -> None:
    await put(store, other(), "handler")
    claim = await claim_one(store)
    await store.settle(claim, DEAD)

    retried = await store.retry_dead([claim.execution_id, 12345])

    again = await claim_one(store)
    assert (retried, again.execution_id, again.delivery.attempt) == (1, claim.execution_id, 1)
    assert await store.dead(limit=9) == []
    assert await store.retry_dead([claim.execution_id]) == 0


async def test_a_retried_dead_one_keeps_out_of_the_way_of_what_runs(store: Store) -> None:
    await put(store, other(), "handler")
    dead = await claim_one(store)
    await store.settle(dead, DEAD)
    await put(store, other(), "handler")
    running = await claim_one(store)

    await store.retry_dead([dead.execution_id])

    assert await claim_all(store) == []
    await store.settle(running, DONE)
    assert (await claim_one(store)).execution_id == dead.execution_id


async def test_dead_ones_that_are_dropped_are_only_noted(store: Store) -> None:
    delivery_id = await put(store, other(), "handler")
    claim = await claim_one(store)
    await store.settle(claim, DEAD)

    dropped = await store.drop_dead([claim.execution_id])

    found = await execution(store, delivery_id)
    assert (dropped, found.state, found.note) == (1, State.SKIPPED, "dropped by hand: no more")
    assert await store.dead(limit=9) == []


async def test_a_replay_runs_once_more_under_the_same_key(store: Store) -> None:
    delivery_id = await put(store, added(), "handler")
    before = await claim_one(store)
    await store.settle(before, DONE)

    made = await store.replay(delivery_id, ["handler"])

    again = await claim_one(store)
    assert made == [again.execution_id]
    assert again.delivery.key("invoice") == before.delivery.key("invoice")
    assert (before.delivery.replayed, again.delivery.replayed) == (False, True)


async def test_a_replay_waits_behind_what_is_there(store: Store) -> None:
    first = await put(store, other(), "handler")
    await store.settle(await claim_one(store), DONE)
    second = await put(store, other(), "handler")

    await store.replay(first, ["handler"])

    handled = []
    while claims := await claim_all(store):
        handled += [claim.delivery.id for claim in claims]
        await finish(store, claims)
    assert handled == [second, first]


async def test_a_replay_of_nothing_makes_nothing(store: Store) -> None:
    assert await store.replay(12345, ["handler"]) == []


async def test_a_replay_of_a_portal_that_is_gone_waits_for_it(store: Store) -> None:
    delivery_id = await put(store, other(), "handler")
    await store.settle(await claim_one(store), DONE)
    await store.save_installation(installed(state=InstallationState.BLOCKED))

    await store.replay(delivery_id, ["handler"])

    assert await claim_all(store) == []
    assert [e.parked for e in await handled_by(store, delivery_id, "handler")] == [False, True]


# Looking.


async def test_deliveries_are_found_by_what_is_known_of_them(store: Store, clock: Clock) -> None:
    early = await put(store, added(1), "one")
    clock.advance(100)
    late = await put(store, updated(2, portal="globex"), "one", "two")
    two = next(c for c in await claim_all(store) if c.delivery.handler == "two")
    await store.settle(two, DEAD)

    async def found(query: Query) -> list[int]:
        return [view.delivery.id for view in await store.find(query, limit=10)]

    assert await found(Query()) == [late, early]
    assert await found(Query(portal="acme")) == [early]
    assert await found(Query(code="ONCRMDEALUPDATE")) == [late]
    assert await found(Query(entity="deal:1")) == [early]
    assert await found(Query(handler="one")) == [late, early]
    assert await found(Query(state=State.DEAD)) == [late]
    assert await found(Query(handler="one", state=State.DEAD)) == []
    assert await found(Query(since=clock.moment - timedelta(seconds=50))) == [late]


async def test_the_account_says_how_much_waits_and_for_how_long(store: Store, clock: Clock) -> None:
    empty = await store.stats()
    await store.save_installation(installed("parked", state=InstallationState.BLOCKED))
    await put(store, other("deal:1"), "handler")
    await put(store, other("deal:2"), "handler")
    await put(store, other(portal="parked"), "handler")
    clock.advance(5)
    await store.settle(await claim_one(store), DEAD)

    stats = await store.stats()

    assert (empty.waiting, empty.oldest_seconds) == (0, 0.0)
    assert (stats.waiting, stats.running, stats.dead, stats.parked) == (2, 0, 1, 1)
    assert stats.oldest_seconds == 5


# Retention.


async def test_old_deliveries_go_and_what_is_unfinished_or_dead_stays(
    store: Store, clock: Clock
) -> None:
    await put(store, other("deal:done"), "handler")
    await finish(store, await claim_all(store))
    await put(store, other("deal:nobody"))
    dead = await put(store, other("deal:dead"), "handler")
    await finish(store, await claim_all(store), DEAD)
    running = await put(store, other("deal:running"), "handler")
    claim = await claim_one(store)
    waiting = await put(store, other("deal:waiting"), "handler")
    clock.advance(10)
    young = await put(store, other("deal:young"))

    pruned = await store.prune(clock.moment, limit=100)

    left = [view.delivery.id for view in await store.find(Query(), limit=10)]
    assert (pruned, left) == (2, [young, waiting, running, dead])
    assert await store.settle(claim, DONE)


async def test_pruning_goes_step_by_step(store: Store, clock: Clock) -> None:
    for _ in range(5):
        await put(store, other(None))
    clock.advance(1)

    counts = [await store.prune(clock.moment, limit=2) for _ in range(3)]

    assert counts == [2, 2, 1]
    assert await store.find(Query(), limit=10) == []


async def test_tidying_forgets_old_facts_only(store: Store, clock: Clock) -> None:
    await put(store, added(1), "handler")
    clock.advance(23 * 3600)
    await put(store, added(2), "handler")
    clock.advance(2 * 3600)

    await store.tidy()

    assert (await store.put(added(1), [Target("handler")])).repeat_of is None
    assert (await store.put(added(2), [Target("handler")])).repeat_of is not None


# Clocks.


class Wall:
    """A clock that somebody sets, and one that just goes."""

    def __init__(self) -> None:
        self.wall = 1_790_000_000.0
        self.steady = 1_000.0

    def go(self, seconds: float) -> None:
        self.wall += seconds
        self.steady += seconds

    def clock(self) -> SteadyClock:
        return SteadyClock(lambda: self.wall, lambda: self.steady)


@pytest.mark.parametrize("jump", [3600, -3600, 365 * 86400, -365 * 86400])
async def test_a_clock_that_is_set_changes_nothing_about_what_is_due(
    tmp_path: Path, jump: float
) -> None:
    wall = Wall()
    store = SqliteStore(tmp_path / "store.db", clock=wall.clock())
    await store.open()
    await put(store, other("deal:1"), "handler")
    await store.settle(await claim_one(store), RETRY)
    await put(store, added(2), "handler")
    await finish(store, await claim_all(store))

    wall.wall += jump
    await store.sweep([])
    wall.go(59)
    early = await claim_all(store)
    again = await store.put(added(2), [Target("handler")])
    wall.go(1)
    in_time = await claim_all(store)
    late = await store.delivery(await put(store, other("deal:3")))

    assert (early, len(in_time), again.repeat_of) == ([], 1, 2)
    assert in_time[0].age_seconds == pytest.approx(60)
    assert late is not None
    assert late.delivery.received_at.timestamp() == pytest.approx(wall.wall)
    await store.close()


async def test_a_clock_that_was_set_back_between_two_runs_holds_nothing_up(tmp_path: Path) -> None:
    wall = Wall()
    store = SqliteStore(tmp_path / "store.db", clock=wall.clock())
    await store.open()
    await put(store, other(), "handler")
    await store.settle(await claim_one(store), RETRY)
    await store.sweep([])
    await store.close()
    wall.wall -= 365 * 86400

    store = SqliteStore(tmp_path / "store.db", clock=wall.clock())
    await store.open()
    due = await store.due_in()
    await store.close()

    assert due == pytest.approx(60)
