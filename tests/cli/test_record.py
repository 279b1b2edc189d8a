"""`bitrix-events record`: fixtures that say nothing about anybody, and that `send` can post."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from bitrix_events import App, Settings
from bitrix_events.cli.record import Redaction
from bitrix_events.store.sqlite.store import SqliteStore
from bitrix_events.testing import FakePortal
from tests.cli.conftest import Command
from tests.cli.inbox import ACME, BETA, put
from tests.cli.stores import APP, in_store
from tests.cli.test_cli import error_of
from tests.corpus import corpus
from tests.serving import served, settings_for

MESSAGE = {
    "CONNECTOR": "olchat_wa_connector",
    "LINE": "107",
    "MESSAGES": [
        {
            "im": {"chat_id": "2", "message_id": "100500"},
            "message": {"text": "Call me: +49 170 1234567", "user_id": "ada@corp.example"},
            "chat": {"id": "491701234567"},
        },
        {"message": {"text": "Ada", "link": "https://corp.example/ada"}, "user": {"name": "Ada"}},
    ],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    in_store(tmp_path, fill)
    return tmp_path


async def fill(store: SqliteStore) -> None:
    await put(store, ACME, "ONIMCONNECTORMESSAGEADD", None, data=MESSAGE)
    await put(store, ACME, "ONCRMDEALADD", "deal:7")
    await put(store, BETA, "ONCRMDEALADD", "deal:8")


def recorded(folder: Path) -> dict[str, Any]:
    return {path.name: json.loads(path.read_text()) for path in sorted(folder.iterdir())}


def test_the_command_explains_itself_with_an_example(command: Command, tmp_path: Path) -> None:
    result = command("record", "--help", folder=tmp_path)

    assert "bitrix-events record --out fixtures" in result.stdout
    assert "Example" in result.stdout


def test_deliveries_become_files_without_personal_data(command: Command, folder: Path) -> None:
    result = command("record", "--out", "fixtures", folder=folder, **APP)

    assert "written to fixtures: 3 deliveries, without personal data" in result.stdout
    files = recorded(folder / "fixtures")
    assert list(files) == [
        "1-onimconnectormessageadd.json",
        "2-oncrmdealadd.json",
        "3-oncrmdealadd.json",
    ]
    assert files["2-oncrmdealadd.json"] == {
        "event": "ONCRMDEALADD",
        "entity": "deal:7",
        "portal": "portal-1",
        "data": {"FIELDS": {"ID": "7"}},
    }
    assert files["3-oncrmdealadd.json"]["portal"] == "portal-2"
    first, second = files["1-onimconnectormessageadd.json"]["data"]["MESSAGES"]
    assert first["im"] == {"chat_id": "2", "message_id": "100500"}
    assert first["message"]["user_id"] == "person-1@example.com"
    assert second["message"]["link"] == "https://example.com/1"
    assert second["message"]["text"] == second["user"]["name"]
    everything = json.dumps(files)
    for secret in ("Ada", "Call me", "1234567", "corp.example", ACME, BETA):
        assert secret not in everything


def test_raw_keeps_everything(command: Command, folder: Path) -> None:
    command("record", "--out", "raw", "--raw", "1", folder=folder, **APP)

    (content,) = recorded(folder / "raw").values()
    assert content["data"] == MESSAGE
    assert content["portal"] == ACME


def test_deliveries_are_chosen_and_nothing_is_overwritten(command: Command, folder: Path) -> None:
    command("record", "--out", "a", "--event", "oncrmdealadd", "--limit", "1", folder=folder, **APP)
    again = command("record", "--out", "a", "3", folder=folder, **APP)
    both = command("record", "--out", "b", "3", "--since", "1h", folder=folder, **APP)
    unknown = command("record", "--out", "b", "99", folder=folder, **APP)
    nothing = command("record", "--out", "b", "--event", "ONNOTHING", folder=folder, **APP)

    assert list(recorded(folder / "a")) == ["3-oncrmdealadd.json"]
    assert "a/3-oncrmdealadd.json exists already" in error_of(again)
    assert "not both" in error_of(both)
    assert "there is no delivery #99" in error_of(unknown)
    assert nothing.stdout == "No delivery is like that.\n"
    assert not (folder / "b").exists()


def test_equal_values_stay_equal_and_different_ones_different() -> None:
    redaction = Redaction()

    first = redaction.data({"NAME": "Ada", "LAST_NAME": "Lovelace", "OTHER": "Ada"})
    second = redaction.data(["Ada", "Grace"])

    assert first["NAME"] == first["OTHER"] == second[0]
    assert len({first["NAME"], first["LAST_NAME"], second[1]}) == 3


@pytest.mark.parametrize(
    "value",
    [
        "7",
        "-1",
        "100.50",
        "Y",
        "N",
        "",
        "2026-11-22",
        "2026-11-22T10:00:00+03:00",
        "C1:WON",
        "UC_X1",
    ],
)
def test_what_says_nothing_about_anybody_stays(value: str) -> None:
    assert Redaction().data({"FIELD": value}) == {"FIELD": value}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("PHONE_NUMBER", "112"),
        ("TITLE", "7"),
        ("PERSONAL_BIRTHDAY", "1990-01-01"),
        ("FIELD", "Ada"),
        ("FIELD", "ADA"),
        ("FIELD", "4917012345678"),
        ("FIELD", "a@b.example"),
        ("FIELD", "Привет"),
        ("FIELD", "0123456789abcdef0123456789abcdef"),
    ],
)
def test_what_may_be_about_somebody_goes(field: str, value: str) -> None:
    assert Redaction().data({field: value})[field] != value


def test_names_of_fields_that_are_values_go_too() -> None:
    assert list(Redaction().data({"a@b.example": "1", "+49 170 1234567": "1", "ID": "1"})) == [
        "key-1",
        "key-2",
        "ID",
    ]


def test_the_structure_of_real_events_stays() -> None:
    def shape(value: Any) -> Any:
        if isinstance(value, dict):
            return [shape(one) for one in value.values()]
        return [shape(one) for one in value] if isinstance(value, list) else type(value)

    for case in corpus():
        if isinstance(data := case.expected.get("data"), dict | list):
            assert shape(Redaction().data(data)) == shape(data), case


@pytest.mark.process
async def test_send_posts_what_was_recorded(command: Command, folder: Path) -> None:
    await asyncio.to_thread(command, "record", "--out", "fixtures", "1", "2", folder=folder, **APP)
    async with FakePortal().serve() as portal:
        settings: Settings = settings_for(portal, folder / "other.db", mode="webhook")
        async with served(App(settings), folder / "other.db") as app:
            for name in ("1-onimconnectormessageadd", "2-oncrmdealadd"):
                sent = await asyncio.to_thread(
                    command,
                    *("send", "--file", f"fixtures/{name}.json", "--url", f"{app.url}/events"),
                    folder=folder,
                    **portal.environment(mode="webhook"),
                )
                assert sent.returncode == 0, sent.stderr
            message, deal = [view.delivery for view in await app.deliveries()]

    assert message.code == "ONIMCONNECTORMESSAGEADD"
    assert message.data["MESSAGES"][0]["im"] == {"chat_id": "2", "message_id": "100500"}
    assert (deal.code, deal.entity) == ("ONCRMDEALADD", "deal:7")


def test_a_file_that_is_no_fixture_is_one_line(command: Command, tmp_path: Path) -> None:
    (tmp_path / "text.json").write_text("{")
    (tmp_path / "list.json").write_text("[]")
    settings = {"BITRIX_EVENTS_APPLICATION_TOKEN": "x" * 32}

    def error(*arguments: str) -> str:
        return error_of(command("send", *arguments, folder=tmp_path, **settings))

    assert "cannot read none.json" in error("--file", "none.json")
    assert "text.json is not JSON" in error("--file", "text.json")
    assert "list.json has no event" in error("--file", "list.json")
    assert "--file says all" in error("ONCRMDEALADD", "--file", "list.json")
    assert "name the event" in error()
