"""A database that goes away at the worst moment: what was acknowledged is there, once; what was
not, is not, or a ticket tells."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Sized
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from pydantic import SecretStr

from bitrix_events.errors import StoreError, StoreUnreachable
from bitrix_events.store.kept import Kept
from bitrix_events.store.outage import ShelteredStore
from bitrix_events.store.postgres.store import PostgresStore
from bitrix_events.store.records import NewDelivery, Query, State, Stored, Target, Verdict
from tests.contract.records import installed
from tests.contract.wires import Break, Wire, wired
from tests.postgres import Server, server
from tests.serving import PATIENCE, eventually

DONE = Verdict(State.DONE)
HANDLER = [Target("app.handle")]


def event(number: int, **changes: str) -> NewDelivery:
    return NewDelivery("acme", "ONCUSTOM", {"n": number}, changes.get("entity", f"deal:{number}"))


async def numbers(store: PostgresStore) -> list[int]:
    """What is stored, in the order of arrival."""
    return [view.delivery.data["n"] for view in await store.find(Query(), limit=10_000)][::-1]


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    async with wired(await server().prepared()) as wire:
        yield wire


@pytest.fixture
async def store(wire: Wire) -> AsyncIterator[PostgresStore]:
    store = PostgresStore(wire.url, put_seconds=PATIENCE)
    await store.open()
    yield store
    wire.mend()
    await store.close()


@pytest.mark.parametrize("how", [Break.ANSWER_LOST, Break.NOT_SENT])
async def test_a_delivery_whose_commit_had_no_answer_is_stored_once(
    store: PostgresStore, wire: Wire, how: Break
) -> None:
    wire.breaks(how)

    stored = await asyncio.gather(*(store.put(event(n), HANDLER) for n in range(5)))

    assert wire.broken == 1
    assert await numbers(store) == [0, 1, 2, 3, 4]
    ids = [view.delivery.id for view in await store.find(Query(), limit=10)]
    assert ids[::-1] == [one.delivery_id for one in stored]


@pytest.mark.parametrize("how", [Break.ANSWER_LOST, Break.NOT_SENT])
async def test_a_verdict_whose_commit_had_no_answer_counts_once(
    store: PostgresStore, wire: Wire, how: Break
) -> None:
    await store.put(event(1), HANDLER)
    (claim,) = await store.claim(limit=1, per_portal=1)
    wire.breaks(how)

    assert await store.settle(claim, DONE)

    assert wire.broken == 1
    assert not await store.settle(claim, DONE)
    (view,) = await store.find(Query(), limit=1)
    assert [(e.state, e.attempt) for e in view.executions] == [(State.DONE, 1)]


@pytest.mark.parametrize("how", [Break.ANSWER_LOST, Break.NOT_SENT])
async def test_an_installation_whose_commit_had_no_answer_is_saved_once(
    store: PostgresStore, wire: Wire, how: Break
) -> None:
    wire.breaks(how)

    assert await store.save_installation(installed(tokens=None))

    assert wire.broken == 1
    found = await store.installation_at("acme.bitrix24.com")
    assert found is not None
    assert found.version == 1


@pytest.mark.parametrize("how", [Break.ANSWER_LOST, Break.NOT_SENT])
async def test_what_nobody_can_say_just_now_a_ticket_tells_later(
    store: PostgresStore, wire: Wire, how: Break
) -> None:
    wire.breaks(how, then_cut=True)
    with pytest.raises(StoreUnreachable) as unclear:
        await store.put(event(1), HANDLER)
    with pytest.raises(StoreUnreachable) as known:
        await store.put(event(2), HANDLER)
    wire.mend()
    await eventually(lambda: not store.trouble)

    now = datetime.now(UTC)
    kept = [
        Kept("here", number, event(number), HANDLER, now, error.value.ticket)
        for number, error in ((1, unclear), (2, known))
    ]
    taken = await store.take_over(kept)

    assert unclear.value.ticket
    assert not known.value.ticket
    assert (taken[0] is None) == (how is Break.ANSWER_LOST)
    assert await numbers(store) == [1, 2]
    assert await store.take_over(kept) == [None, None]
    assert await numbers(store) == [1, 2]


async def test_a_verdict_that_nobody_could_confirm_is_confirmed_when_it_is_repeated(
    store: PostgresStore, wire: Wire
) -> None:
    await store.put(event(1), HANDLER)
    (claim,) = await store.claim(limit=1, per_portal=1)
    wire.breaks(Break.ANSWER_LOST, then_cut=True)
    with pytest.raises(StoreUnreachable):
        await store.settle(claim, DONE)
    wire.mend()
    await eventually(lambda: not store.trouble)

    assert await store.settle(claim, DONE), "it was this worker's own"


async def test_a_server_that_says_nothing_is_not_waited_for(wire: Wire) -> None:
    store = PostgresStore(wire.url, put_seconds=5)
    await store.open()
    wire.breaks(Break.HANGS)

    async with asyncio.timeout(PATIENCE):
        stored = await asyncio.gather(store.put(event(1), HANDLER), return_exceptions=True)

    await eventually(lambda: not store.trouble)
    is_stored = isinstance(stored[0], Stored)
    assert is_stored or isinstance(stored[0], StoreUnreachable)
    await store.put(event(2), HANDLER)
    assert await numbers(store) == ([1, 2] if is_stored else [2])
    await store.close()


async def test_while_it_is_away_everything_says_so_at_once(
    store: PostgresStore, wire: Wire
) -> None:
    assert await store.save_installation(installed(tokens=None))

    async def is_known() -> bool:
        await store.installation("acme")
        return store.known_installation("acme") is not None

    await eventually(is_known)  # once its own change is told to it, too
    known = store.known_installation("acme")
    wire.cut()
    with pytest.raises(StoreUnreachable):
        await store.put(event(1), HANDLER)
    assert "127.0.0.1" in store.trouble

    began = time.monotonic()
    for asked in (
        store.put(event(1), HANDLER),
        store.claim(limit=1, per_portal=1),
        store.find(Query(), limit=1),
        store.end_refresh("acme"),
        store.extend(),
        store.due_in(),
        store.sweep(()),
    ):
        with pytest.raises(StoreUnreachable):
            await asked
    answers: list[object] = []
    with pytest.raises(StoreUnreachable):
        store.put_soon(event(1), HANDLER, answers.append)

    assert time.monotonic() - began < 20  # of five seconds for each
    assert store.known_installation("acme") == known
    wire.mend()
    await eventually(lambda: not store.trouble)
    await store.put(event(3), HANDLER)
    assert await numbers(store) == [3]


async def test_who_waits_for_work_is_woken_when_it_is_back(wire: Wire) -> None:
    woken: list[bool] = []
    store = PostgresStore(wire.url)
    store.listen(lambda: woken.append(True))
    await store.open()
    wire.cut()
    with pytest.raises(StoreUnreachable):
        await store.due_in()
    woken.clear()

    wire.mend()

    await eventually(lambda: bool(woken))
    await store.close()


async def test_a_store_that_could_not_be_opened_can_be_later(wire: Wire) -> None:
    store = PostgresStore(wire.url)
    assert store.known_installation("acme") is None
    wire.cut()
    with pytest.raises(StoreUnreachable):
        await store.open()
    await store.close()
    wire.mend()

    await store.open()

    await eventually(partial(_is_reached, store))
    await store.close()


async def _is_reached(store: PostgresStore) -> bool:
    try:
        await store.reach()
    except StoreUnreachable:
        return False
    return True


def _reaches(found: Sized, count: int) -> bool:
    return len(found) >= count


@pytest.fixture
def own_server() -> Iterator[Server]:
    server()  # is skipped where there is none
    own = Server()
    try:
        own.start()
        yield own
    finally:
        own.remove()


async def test_restarts_of_the_server_in_the_middle_lose_nothing_and_double_nothing(
    own_server: Server,
) -> None:
    store = PostgresStore(own_server.url())
    await store.open()
    acknowledged: list[int] = []
    refused: list[int] = []
    unclear: list[Kept] = []
    is_over = False

    async def send(sender: int) -> None:
        number = sender * 1_000_000
        while not is_over:
            number += 1
            try:
                await store.put(event(number, entity=f"deal:{sender}"), HANDLER)
                acknowledged.append(number)
            except StoreUnreachable as error:
                kept = Kept("here", number, event(number), HANDLER, datetime.now(UTC), error.ticket)
                if error.ticket:
                    unclear.append(kept)
                else:
                    refused.append(number)
                await asyncio.sleep(0.02)

    sending = [asyncio.create_task(send(sender)) for sender in range(8)]
    for kill in (own_server.stop, own_server.kill, own_server.stop):
        enough = len(acknowledged) + 50
        await eventually(partial(_reaches, acknowledged, enough))
        await asyncio.to_thread(kill)
        await eventually(lambda: bool(store.trouble))
        await asyncio.to_thread(own_server.start)
        await eventually(lambda: not store.trouble)
    is_over = True
    await asyncio.gather(*sending)

    stored = await numbers(store)
    assert len(stored) == len(set(stored)), "something is stored twice"
    assert set(acknowledged) <= set(stored), "something is lost"
    assert not set(refused) & set(stored), "something was withdrawn, and is stored"
    await store.take_over(unclear)
    again = await numbers(store)
    assert sorted(again) == sorted({*acknowledged, *(one.delivery.data["n"] for one in unclear)})
    await store.close()


# A database that answers, and cannot do what it is asked to.


SICK = """
CREATE FUNCTION fails() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'the disk fails' USING ERRCODE = '{code}'; END
$$;
CREATE TRIGGER sick BEFORE INSERT ON delivery EXECUTE FUNCTION fails()
"""


@pytest.mark.parametrize(
    ("hurt", "heal", "word"),
    [
        ("ALTER TABLE delivery RENAME TO d", "ALTER TABLE d RENAME TO delivery", "does not exist"),
        (SICK.format(code="58030"), "DROP TRIGGER sick ON delivery", "the disk fails"),
        (SICK.format(code="53100"), "DROP TRIGGER sick ON delivery", "space or memory"),
        (SICK.format(code="42501"), "DROP TRIGGER sick ON delivery", "may not do that"),
    ],
)
async def test_what_a_sick_database_does_not_take_is_kept_until_it_is_well(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, hurt: str, heal: str, word: str
) -> None:
    url = await server().prepared()
    database = url.rpartition("/")[2]
    remote = PostgresStore(url, mode="share", put_seconds=30.0)
    store = ShelteredStore(remote, tmp_path)
    await store.open()
    await store.put(event(1), HANDLER)
    await server().sql(hurt, database=database)

    await asyncio.gather(*(store.put(event(n), HANDLER) for n in (2, 3)))

    assert word in store.trouble
    await asyncio.gather(*(store.put(event(n), HANDLER) for n in (4, 5)))
    await eventually(lambda: "2 deliveries" in store.trouble or "4 deliveries" in store.trouble)
    await server().sql(heal, database=database)
    await eventually(lambda: not store.trouble)
    await eventually(partial(_has, store, 5))
    assert await numbers(remote) == [1, 2, 3, 4, 5]
    assert caplog.text.count("the database answers again") == 1
    await store.close()


async def test_a_server_that_takes_no_more_connections_is_worked_with_by_those_there_are() -> None:
    url = await server().prepared()
    await server().sql("CREATE ROLE narrow LOGIN CONNECTION LIMIT 3")
    everything = "ALL TABLES", "ALL SEQUENCES"
    grants = (f"GRANT ALL ON {what} IN SCHEMA public TO narrow" for what in everything)
    await server().sql("; ".join(grants), database=url.rpartition("/")[2])
    store = PostgresStore(url.replace("postgres@", "narrow@"), put_seconds=30.0)
    await store.open()

    for first in range(0, 100, 20):
        puts = (store.put(event(n), HANDLER) for n in range(first, first + 20))
        await asyncio.gather(*puts, *(store.find(Query(), limit=1) for _ in range(8)))

    assert not store.trouble
    await store.reach()
    assert sorted(await numbers(store)) == list(range(100))
    await store.close()


async def test_a_door_knows_its_portals_when_the_tables_are_gone(tmp_path: Path) -> None:
    url = await server().prepared()
    store = ShelteredStore(PostgresStore(url, mode="share"), tmp_path)
    await store.open()
    await store.save_installation(replace(installed("acme"), tokens=None))
    await server().sql("ALTER TABLE portal RENAME TO p", database=url.rpartition("/")[2])

    found = await store.installation_at("acme.bitrix24.com")

    assert found is not None
    await store.put(event(1), HANDLER)
    assert "1 deliveries are kept" in store.trouble
    await store.close()


async def _has(store: ShelteredStore, count: int) -> bool:
    stats = await store.stats()
    return stats.waiting == count and not stats.journal


# What the operator is told.


async def test_a_missing_database_is_named_with_what_to_do() -> None:
    with pytest.raises(StoreError, match="createdb nowhere"):
        await PostgresStore(server().url("nowhere")).open()


async def test_a_wrong_password_is_said_and_never_shown() -> None:
    await server().sql(
        "DROP ROLE IF EXISTS guarded; CREATE ROLE guarded LOGIN PASSWORD 'right-one'"
    )
    url = server().url(user="guarded:s3cret-p%40ss")
    store = PostgresStore(SecretStr(url))

    with pytest.raises(StoreError, match="password is refused") as refusal:
        await store.open()

    for text in (str(refusal.value), repr(refusal.value), repr(store), str(store.address)):
        assert "s3cret" not in text
    assert str(store.address) == f"postgresql://127.0.0.1:{server().port}/postgres"


async def test_a_user_without_rights_is_told_so() -> None:
    await server().sql("DROP ROLE IF EXISTS guest; CREATE ROLE guest LOGIN")
    url = (await server().prepared()).replace("postgres@", "guest@")

    with pytest.raises(StoreError, match="may not do that"):
        await PostgresStore(url).open()


async def test_an_encoding_that_cannot_keep_every_text_is_refused() -> None:
    await server().sql("DROP DATABASE IF EXISTS latin")
    await server().sql("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0")

    with pytest.raises(StoreError, match="createdb -E UTF8"):
        await PostgresStore(server().url("latin")).open()


async def test_a_server_that_takes_no_changes_is_told_from_one_that_is_away() -> None:
    url = await server().prepared()
    await server().sql(
        "ALTER DATABASE {} SET default_transaction_read_only = on".format(url.rpartition("/")[2])
    )

    with pytest.raises(StoreUnreachable, match="replica that takes no changes"):
        await PostgresStore(url).open()


async def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(StoreError, match="begin with postgresql://"):
        PostgresStore("mysql://somewhere/else")


async def test_a_certificate_that_is_not_there_is_named() -> None:
    url = f"{await server().prepared()}?sslmode=verify-full&sslrootcert=/no/such/root.crt"

    with pytest.raises(StoreError, match="sslrootcert names /no/such/root") as refusal:
        await PostgresStore(url).open()

    assert not isinstance(refusal.value, StoreUnreachable), "waiting does not help"


async def test_data_that_the_database_cannot_keep_harm_no_neighbour() -> None:
    store = PostgresStore(await server().prepared())
    await store.open()
    zero = NewDelivery("acme", "ON\0X", {"n": "\0"}, "deal:\0", identity="x" * 5_000)

    await asyncio.gather(
        store.put(zero, HANDLER), *(store.put(event(n), HANDLER) for n in range(3))
    )

    found = {view.delivery.entity: view for view in await store.find(Query(), limit=10)}
    assert found["deal:\ufffd"].delivery.data == {"n": "\0"}
    assert len(found) == 4
    assert (await store.put(zero, HANDLER)).repeat_of == found["deal:\ufffd"].delivery.id
    await store.close()


async def test_behind_a_pooler_nothing_is_kept_in_a_session() -> None:
    url = await server().prepared() + "?pgbouncer=true"
    store = PostgresStore(url)
    await store.open()

    await asyncio.gather(*(store.put(event(n), HANDLER) for n in range(10)))
    claims = await store.claim(limit=10, per_portal=10)
    assert all(await asyncio.gather(*(store.settle(claim, DONE) for claim in claims)))

    assert (await store.stats()).waiting == 0
    assert len(await numbers(store)) == 10
    assert await store.extend()
    await store.close()
