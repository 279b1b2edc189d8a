"""Every documented event, as bytes, from the portal's POST to the handler of its class."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote_plus

from bitrix_events import App, Event
from bitrix_events.events import (
    BundleEvent,
    Item,
    ItemEvent,
    NamedEvent,
    NumberedEvent,
    OnCrmDynamicItemAdd,
    event_class,
)
from bitrix_events.store.records import State
from bitrix_events.testing import FakePortal
from bitrix_events.wire.envelope import without_secrets
from tests.every_event import ID, Documented, every_event
from tests.serving import Served, eventually, served, settings_for


def http_build_query(value: Any, name: str = "") -> Iterator[str]:
    """A form as PHP writes it: nested names in encoded brackets, ``~`` encoded too."""
    items = enumerate(value) if isinstance(value, list) else value.items()
    for key, inner in items:
        inner_name = f"{name}[{key}]" if name else str(key)
        if isinstance(inner, dict | list):
            yield from http_build_query(inner, inner_name)
        else:
            yield f"{_quoted(inner_name)}={_quoted(str(inner))}"


def _quoted(text: str) -> str:
    return quote_plus(text).replace("~", "%7E")


def body_of(event: Documented, portal: FakePortal) -> bytes:
    form = {
        "event": event.code,
        "event_handler_id": 975,
        "data": event.data,
        "ts": 1790000000,
        "auth": {
            "domain": portal.domain,
            "member_id": portal.member_id,
            "application_token": portal.webhook_token,
        },
    }
    return "&".join(http_build_query(form)).encode()


async def test_each_of_the_209_events_reaches_the_handler_of_its_class(tmp_path: Path) -> None:
    events = every_event()
    got: dict[str, Event] = {}

    async with FakePortal().serve() as portal:
        store = tmp_path / "app.db"
        app = App(settings_for(portal, store, mode="webhook"))
        for documented in events:
            kind = event_class(documented.code)

            async def handler(event: Event) -> None:
                assert event.code not in got
                got[event.code] = event

            app.on(kind, name=kind.__name__)(handler)

        async with served(app, store) as running:
            answers = await asyncio.gather(
                *(running.post("/events", body_of(event, portal)) for event in events)
            )
            await eventually(lambda: len(got) == len(events))
            stored = {view.delivery.code: view for view in await running.deliveries()}

    assert {answer.status_code for answer in answers} == {200}
    for documented in events:
        event, kind = got[documented.code], event_class(documented.code)
        assert type(event) is kind
        assert event.data == without_secrets(documented.data)
        assert event.member_id == portal.member_id
        match event:
            case NumberedEvent() | NamedEvent():
                assert str(event.entity_id) == ID
            case BundleEvent():
                assert event.entity_ids == (int(ID),)
        view = stored[documented.code]
        assert view.delivery.entity == event.entity_key
        assert [execution.handler for execution in view.executions] == [kind.__name__]


class Rental(Item):
    """A type of items that the portal has made of its own."""

    entity_type_id: ClassVar[int] = 147


async def test_an_item_is_read_as_what_it_is(tmp_path: Path) -> None:
    async with FakePortal().serve() as portal:
        store = tmp_path / "app.db"
        app = App(settings_for(portal, store, mode="webhook"))

        @app.on(OnCrmDynamicItemAdd)
        async def handle(rental: Rental) -> None: ...

        async with served(app, store) as running:
            for number in ("147", "150"):
                data = {"FIELDS": {"ID": "7", "ENTITY_TYPE_ID": number}}
                code = f"ONCRMDYNAMICITEMADD_{number}"
                event = Documented(code, code, "crm", "FIELDS.ID", data)
                await running.post("/events", body_of(event, portal))
            await eventually(lambda: all_through(running))
            found = {v.delivery.code: v.executions[0] for v in await running.deliveries()}
        calls = [call.params for call in portal.calls("crm.item.get")]

    assert [call["entityTypeId"] for call in calls] == [147]
    assert found["ONCRMDYNAMICITEMADD_150"].state is State.SKIPPED
    assert found["ONCRMDYNAMICITEMADD_150"].note == "not for this handler: item:150:7 is no Rental"


async def all_through(app: Served) -> bool:
    executions = [e for view in await app.deliveries() for e in view.executions]
    return len(executions) == 2 and all(
        e.state not in (State.WAITING, State.RUNNING) for e in executions
    )


async def test_a_portal_is_not_asked_for_one_type_when_it_tells_of_all(tmp_path: Path) -> None:
    async with FakePortal().serve() as portal:
        app = App(settings_for(portal, tmp_path / "app.db", mode="app", public_url="http://unused"))

        @app.on(OnCrmDynamicItemAdd, "ONCRMDYNAMICITEMADD_147", "ONCRMDYNAMICITEMDELETE_147")
        async def handle(event: ItemEvent) -> None: ...

        assert app.wanted is not None
        items = {code for code in app.wanted.codes if "ITEM" in code}

    assert items == {"ONCRMDYNAMICITEMADD", "ONCRMDYNAMICITEMDELETE_147"}
