"""What every Store promises about snapshots of watched fields, and about marks of portals."""

from __future__ import annotations

from bitrix_events.store.base import Store
from bitrix_events.store.records import NewDelivery, State, Verdict
from tests.contract.records import installed, put
from tests.contract.test_store import Engine, claim_all, claim_one, clock, engine, store

__all__ = ["clock", "engine", "store"]

WON = Verdict(State.DONE, snapshot={"stage_id": "WON", "tags": ["a", None], "sum": 1.5})


def updated(number: int = 7, *, portal: str = "acme") -> NewDelivery:
    return NewDelivery(portal, "ONCRMDEALUPDATE", {}, f"deal:{number}", merges=True)


async def test_a_claim_brings_the_snapshot_that_was_settled_before(store: Store) -> None:
    await put(store, updated(), "handler")
    first = await claim_one(store)
    assert first.snapshot is None
    assert await store.settle(first, WON)

    await put(store, updated(), "handler")

    assert (await claim_one(store)).snapshot == WON.snapshot


async def test_snapshots_are_those_of_one_handler_entity_and_portal(store: Store) -> None:
    await put(store, updated(), "handler")
    await store.settle(await claim_one(store), WON)

    await put(store, updated(), "other")
    await put(store, updated(8), "handler")
    await put(store, updated(portal="umbrella"), "handler")

    assert [claim.snapshot for claim in await claim_all(store)] == [None, None, None]


async def test_a_verdict_without_a_snapshot_leaves_the_last_one(store: Store) -> None:
    for verdict in (WON, Verdict(State.WAITING, "failed"), Verdict(State.DONE)):
        await put(store, updated(), "handler")
        assert await store.settle(await claim_one(store), verdict)

    await put(store, updated(), "handler")

    assert (await claim_one(store)).snapshot == WON.snapshot


async def test_a_skipped_execution_moves_the_snapshot_too(store: Store) -> None:
    for stage in ("NEW", "LOST"):
        await put(store, updated(), "handler")
        verdict = Verdict(State.SKIPPED, "not WON", snapshot={"stage_id": stage})
        assert await store.settle(await claim_one(store), verdict)

    found = await store.snapshots("acme", "handler", ["deal:7", "deal:8"])

    assert found == {"deal:7": {"stage_id": "LOST"}}


async def test_a_verdict_on_a_lost_claim_writes_no_snapshot(store: Store) -> None:
    await put(store, updated(), "handler")
    lost = await claim_one(store)
    await store.sweep([])
    taken = await claim_one(store)

    assert not await store.settle(lost, WON)

    assert await store.snapshots("acme", "handler", ["deal:7"]) == {}
    assert await store.settle(taken, Verdict(State.DONE))


async def test_snapshots_outlive_a_crash(engine: Engine) -> None:
    store = await engine.open()
    await put(store, updated(), "handler")
    await store.settle(await claim_one(store), WON)
    await store.set_mark("acme", "process_id", "abc")

    store = await engine.crash()

    assert await store.snapshots("acme", "handler", ["deal:7"]) == {"deal:7": WON.snapshot}
    assert await store.mark("acme", "process_id") == "abc"


async def test_snapshots_are_written_many_at_once_and_not_over_others(store: Store) -> None:
    fields = {f"deal:{number}": {"stage_id": "NEW", "n": number} for number in range(1000)}
    await put(store, updated(3), "handler")
    won = Verdict(State.DONE, snapshot={"stage_id": "WON"})
    assert await store.settle(await claim_one(store), won)

    assert await store.save_snapshots("acme", "handler", fields) == 999
    assert await store.save_snapshots("acme", "handler", fields) == 0

    found = await store.snapshots("acme", "handler", ["deal:3", "deal:999"])
    assert found == {"deal:3": {"stage_id": "WON"}, "deal:999": {"stage_id": "NEW", "n": 999}}


async def test_no_snapshot_is_written_for_what_is_not_finished(store: Store) -> None:
    for number in (1, 2, 3):
        await put(store, updated(number), "handler", "other")
    verdicts = {"deal:1": Verdict(State.DONE), "deal:2": Verdict(State.WAITING, "failed", 60)}
    for claim in await store.claim(limit=10, per_portal=10):
        if claim.delivery.handler == "handler" and claim.delivery.entity in verdicts:
            assert await store.settle(claim, verdicts[claim.delivery.entity])

    fields = {f"deal:{number}": {"stage_id": "WON"} for number in (1, 2, 3, 4)}
    assert await store.save_snapshots("acme", "handler", fields) == 2
    assert await store.save_snapshots("umbrella", "handler", fields) == 4

    assert (await store.snapshots("acme", "handler", fields)).keys() == {"deal:1", "deal:4"}


async def test_a_mark_is_remembered_changed_and_forgotten(store: Store) -> None:
    assert await store.mark("acme", "seen") is None

    await store.set_mark("acme", "seen", "one")
    await store.set_mark("umbrella", "seen", "other")
    await store.set_mark("acme", "seen", "two")
    assert await store.mark("acme", "seen") == "two"

    await store.set_mark("acme", "seen", None)
    assert await store.mark("acme", "seen") is None
    assert await store.mark("umbrella", "seen") == "other"


async def test_snapshots_and_marks_go_with_their_portal(store: Store) -> None:
    for portal in ("acme", "umbrella"):
        assert await store.save_installation(installed(portal))
        await store.save_snapshots(portal, "handler", {"deal:7": {"a": 1}})
        await store.set_mark(portal, "seen", "then")

    assert await store.forget("acme")

    assert await store.snapshots("acme", "handler", ["deal:7"]) == {}
    assert await store.mark("acme", "seen") is None
    assert await store.snapshots("umbrella", "handler", ["deal:7"]) == {"deal:7": {"a": 1}}
    assert await store.mark("umbrella", "seen") == "then"
