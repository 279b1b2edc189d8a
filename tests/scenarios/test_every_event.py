"""Every documented event, as bytes, from the portal's POST to the handler of its class."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

from bitrix_events import App, Event
from bitrix_events.events import BundleEvent, NamedEvent, NumberedEvent, event_class
from bitrix_events.testing import FakePortal
from bitrix_events.wire.envelope import without_secrets
from tests.every_event import ID, Documented, every_event
from tests.serving import eventually, served, settings_for


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
