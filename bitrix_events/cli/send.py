"""``send``: an event as a portal would send it."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from bitrix_events.cli.loading import UsageError, prepare_environment
from bitrix_events.errors import SettingsError, TransportError
from bitrix_events.events import EntityEvent, LifecycleEvent, RecordEvent, event_class
from bitrix_events.rest.transport import Answer, Transport
from bitrix_events.settings import Settings
from bitrix_events.testing.fixtures import read_fixture
from bitrix_events.wire.envelope import domain_of
from bitrix_events.wire.form import FORM_TYPE, encode_form


def send(
    code: Annotated[
        str | None, typer.Argument(metavar="CODE", help="Event code, e.g. `ONCRMDEALADD`.")
    ] = None,
    id: Annotated[
        int | None, typer.Option(help="Id of the record that the event is about.")
    ] = None,
    field: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="More data; repeatable.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option(help="Code and data from here, as `record` has written them.")
    ] = None,
    url: Annotated[
        str, typer.Option(help="Event address of the app.")
    ] = "http://127.0.0.1:8000/events",
    member_id: Annotated[
        str | None, typer.Option(help="Portal that seems to send it; default: the webhook's.")
    ] = None,
) -> None:
    """Send an event to a running app, as a portal would.

    The application token is taken from `BITRIX_EVENTS_APPLICATION_TOKEN`.

    Examples:

        bitrix-events send ONCRMDEALADD --id 7

        bitrix-events send ONCRMDEALMOVETOCATEGORY --id 7 --field CATEGORY_ID=3

        bitrix-events send --file fixtures/12-oncrmdealadd.json
    """
    code, data = _event(code, id, field or [], file)
    prepare_environment()
    settings = Settings.load(complete=False)
    if settings.is_app:
        raise UsageError(
            "the token of an installed app is known to its portals only; to try handlers with"
            " `send`, run the app with the two webhook settings"
        )
    if settings.application_token is None:
        raise SettingsError(
            "BITRIX_EVENTS_APPLICATION_TOKEN is not set; it proves the sender, so the app refuses"
            " an event without it"
        )
    auth = {"application_token": settings.application_token.get_secret_value()}
    if settings.webhook_url is not None:
        auth["domain"] = domain_of(settings.webhook_url.get_secret_value())
    if member_id or settings.member_id:
        auth["member_id"] = member_id or settings.member_id or ""
    form = {
        "event": code,
        "data": data,
        "ts": int(time.time()),
        "auth": auth,
    }
    answer = asyncio.run(_post(url, encode_form(form)))
    content = _read(answer)
    if answer.status != 200:
        why = content.get("message", "is --url the address that ends in /events?")
        raise UsageError(f"the app answered {answer.status}: {why}")
    number = content.get("delivery", "?")
    Console(highlight=False).print(
        f"stored as #{number}; see what became of it: bitrix-events events show {number}"
    )


def _event(
    code: str | None, record_id: int | None, fields: list[str], file: Path | None
) -> tuple[str, Any]:
    """What shall be sent: the code and the data of an event."""
    if file is not None:
        if code is not None or record_id is not None or fields:
            raise UsageError("--file says all; leave out CODE, --id and --field")
        return _read_fixture(file)
    if code is None:
        raise UsageError("name the event, as in send ONCRMDEALADD --id 7, or give a --file")
    return code.upper(), build_data(code, record_id, fields)


def _read_fixture(path: Path) -> tuple[str, Any]:
    try:
        event = read_fixture(path)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:
        raise UsageError(str(error)) from error
    return event.code, event.data


def build_data(code: str, record_id: int | None, fields: list[str]) -> Any:
    """The ``data`` of an event: bare fields, with the id where such events have it."""
    values: dict[str, Any] = {}
    for text in fields:
        name, separator, value = text.partition("=")
        if not separator:
            raise UsageError(f"--field {text!r} is not of the form NAME=VALUE")
        values[name] = value
    kind = event_class(code)
    if record_id is None:
        if issubclass(kind, EntityEvent):
            raise UsageError(f"{code.upper()} is about a record: add --id")
        return values
    path = kind.id_paths[0] if issubclass(kind, RecordEvent) else "FIELDS.ID"
    if issubclass(kind, LifecycleEvent):
        path = "ID"
    *outer, name = path.split(".")
    data: Any = {name: record_id, **values} if name else record_id
    for name in reversed(outer):
        data = {name: data}
    return data


async def _post(url: str, body: bytes) -> Answer:
    transport = Transport()
    try:
        return await transport.post(url, body, FORM_TYPE)
    except TransportError as error:
        raise UsageError(f"{url}: {error}; does `bitrix-events run` run there?") from error
    finally:
        await transport.close()


def _read(answer: Answer) -> dict[str, Any]:
    try:
        content = json.loads(answer.body)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}
