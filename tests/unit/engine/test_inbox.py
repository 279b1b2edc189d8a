"""What is stored of an event, for whom, and what is said about it."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bitrix_events import App
from bitrix_events.engine.inbox import Inbox
from bitrix_events.events import OnCrmDealAdd, OnCrmDealUpdate, OnCrmDynamicItemAdd
from bitrix_events.store.records import Admission, Stored
from bitrix_events.store.sqlite.store import SqliteStore
from bitrix_events.wire.envelope import Envelope, read_event
from tests.unit.engine.parts import INSTALLATION, app_of


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(tmp_path / "app.db")
    await store.open()
    yield store
    await store.close()


def envelope(code: str, record: int | None = 7) -> Envelope:
    return read_event(
        {
            "event": code,
            "data": {} if record is None else {"FIELDS": {"ID": str(record)}},
            "ts": "1790000000",
            "auth": {"domain": "acme.bitrix24.com", "member_id": "acme", "application_token": "t"},
        }
    )


async def accept(store: SqliteStore, app: App, *codes: str, record: int | None = 7) -> list[Stored]:
    inbox = Inbox(store, app.handlers, lambda: None)
    admission = Admission(INSTALLATION)
    return [await inbox.accept(envelope(code, record), admission) for code in codes]


def app_for(*codes: str, debounce: timedelta | None = None) -> App:
    app = app_of()

    @app.on(*codes, name="handler", debounce=debounce)
    async def handler() -> None: ...

    return app


async def test_a_fact_that_is_told_again_is_kept_and_not_run(
    store: SqliteStore, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)

    first, again = await accept(store, app_for(OnCrmDealAdd.CODE), *["ONCRMDEALADD"] * 2)
    (other,) = await accept(store, app_for(OnCrmDealAdd.CODE), "ONCRMDEALADD", record=8)

    assert len(first.executions) == len(other.executions) == 1
    assert again.repeat_of == first.delivery_id
    assert again.executions == ()
    lines = [vars(record) for record in caplog.records if hasattr(record, "action")]
    assert [line["action"] for line in lines] == ["stored", "repeated", "stored"]
    assert f"it repeats #{first.delivery_id}" in lines[1]["message"]


async def test_a_state_takes_the_place_of_the_one_that_waits(
    store: SqliteStore, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)

    first, second = await accept(store, app_for(OnCrmDealUpdate.CODE), *["ONCRMDEALUPDATE"] * 2)

    assert second.merged == (first.delivery_id,)
    assert f"it takes the place of #{first.delivery_id}" in caplog.text
    assert vars(caplog.records[-1])["action"] == "merged"


@pytest.mark.parametrize("code", ["ONAPPINSTALL", "ONAPPUPDATE", "ONAPPUNINSTALL", "ONAPPTEST"])
async def test_what_happens_to_the_app_is_never_taken_for_a_repeat(
    store: SqliteStore, code: str
) -> None:
    stored = await accept(store, app_for(code), code, code, record=None)

    assert [len(one.executions) for one in stored] == [1, 1]


async def test_an_event_that_no_class_is_known_of_always_runs(store: SqliteStore) -> None:
    stored = await accept(store, app_for("ONX"), "ONX", "ONX")

    assert [len(one.executions) for one in stored] == [1, 1]
    assert [one.merged for one in stored] == [(), ()]


async def test_a_fact_without_a_record_always_runs(store: SqliteStore) -> None:
    app = app_for(OnCrmDealAdd.CODE)

    stored = await accept(store, app, "ONCRMDEALADD", "ONCRMDEALADD", record=None)

    assert [len(one.executions) for one in stored] == [1, 1]


@pytest.mark.parametrize("code", ["ONCRMDYNAMICITEMADD_147", "ONCRMDYNAMICITEMADD"])
async def test_an_item_is_for_handlers_of_its_type_and_of_all(
    store: SqliteStore, code: str
) -> None:
    app = app_of()
    codes = (OnCrmDynamicItemAdd.CODE, "ONCRMDYNAMICITEMADD_147", "ONCRMDYNAMICITEMADD_150")
    for number, wanted in enumerate(codes):

        @app.on(wanted, name=f"handler {number}")
        async def handler() -> None: ...

    event = replace(envelope(code), data={"FIELDS": {"ID": "9", "ENTITY_TYPE_ID": "147"}})
    inbox = Inbox(store, app.handlers, lambda: None)
    stored, again = [await inbox.accept(event, Admission(INSTALLATION)) for _ in range(2)]

    claims = await store.claim(limit=10, per_portal=10)
    assert {claim.delivery.handler for claim in claims} == {"handler 0", "handler 1"}
    assert {claim.delivery.entity for claim in claims} == {"item:147:9"}
    assert again.repeat_of == stored.delivery_id


async def test_a_handler_of_one_type_and_of_all_runs_once(store: SqliteStore) -> None:
    app = app_for("ONCRMDYNAMICITEMUPDATE", "ONCRMDYNAMICITEMUPDATE_147")
    event = replace(envelope("ONCRMDYNAMICITEMUPDATE_147"), data={"FIELDS": {"ID": "9"}})

    stored = await Inbox(store, app.handlers, lambda: None).accept(event, Admission(INSTALLATION))

    assert len(stored.executions) == 1


async def test_a_handler_with_debounce_is_not_due_at_once(store: SqliteStore) -> None:
    await accept(
        store, app_for("ONCRMDEALUPDATE", debounce=timedelta(minutes=5)), "ONCRMDEALUPDATE"
    )

    due = await store.due_in()
    assert due is not None
    assert 299 < due <= 300
    assert await store.claim(limit=1, per_portal=1) == []


async def test_an_event_that_no_handler_wants_is_stored_and_said_once(
    store: SqliteStore, caplog: pytest.LogCaptureFixture
) -> None:
    inbox = Inbox(store, (), lambda: None)

    for _ in range(2):
        stored = await inbox.accept(envelope("ONSOMETHING"), Admission(INSTALLATION))

    assert stored.delivery_id is not None
    assert caplog.text.count("no handler wants it") == 1
