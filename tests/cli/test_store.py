"""`bitrix-events store`: an app moves from one kind of store to another."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from pydantic import SecretStr

from bitrix_events.store.postgres import moving
from bitrix_events.store.postgres.store import PostgresStore
from bitrix_events.store.records import Query
from bitrix_events.store.secrets import Sealer
from bitrix_events.store.sqlite.store import SqliteStore
from tests.cli.conftest import Command
from tests.cli.inbox import ACME, fill
from tests.cli.stores import APP, KEY, in_store
from tests.postgres import server

FILE = "sqlite:///data/bitrix_events.db"


def test_it_explains_itself_with_an_example(command: Command, tmp_path: Path) -> None:
    result = command("store", "copy", "--help", folder=tmp_path)

    assert result.returncode == 0
    assert "bitrix-events store copy sqlite:///data/bitrix_events.db postgresql" in result.stdout


def test_an_app_moves_to_postgresql_and_back(command: Command, tmp_path: Path) -> None:
    fill(tmp_path)
    url = asyncio.run(server().fresh())

    up = command("store", "copy", FILE, url, folder=tmp_path)
    down = command("store", "copy", url, "sqlite:///data/back.db", folder=tmp_path)

    assert (up.returncode, down.returncode) == (0, 0), up.stderr + down.stderr
    assert "delivery           8 rows, digest" in up.stdout
    assert "set BITRIX_EVENTS_STORE to the address of the copy" in up.stdout
    lines = [line for line in up.stdout.splitlines() if "digest" in line]
    assert lines == [line for line in down.stdout.splitlines() if "digest" in line]

    async def tokens_of(store: PostgresStore | SqliteStore) -> str:
        await store.open()
        try:
            assert len(await store.find(Query(), limit=100)) == 8
            acme = await store.installation(ACME)
            assert acme is not None
            assert acme.tokens is not None
            return acme.tokens.refresh.get_secret_value()
        finally:
            await store.close()

    sealer = Sealer(SecretStr(KEY))
    back = SqliteStore(tmp_path / "data" / "back.db", sealer=sealer)
    assert asyncio.run(tokens_of(PostgresStore(url, sealer=sealer))) == "hidden-refresh"
    assert asyncio.run(tokens_of(back)) == "hidden-refresh"


@pytest.mark.parametrize(
    ("source", "target", "why"),
    [
        (FILE, FILE, "FROM and TO are the same store"),
        ("sqlite:///none.db", "sqlite:///b.db", "there is no store at none.db"),
        ("sqlite:///", "sqlite:///b.db", "sqlite:/// names no file"),
        ("data/a.db", "sqlite:///b.db", "an address of a store begins with sqlite:///"),
        (FILE, "postgresql://a/b,postgresql://c/d", "copy one after another"),
        (FILE, "postgresql://app:hidden@127.0.0.1:1/app", "the server cannot be reached"),
    ],
)
def test_what_cannot_be_copied_is_refused_in_one_line(
    command: Command, tmp_path: Path, source: str, target: str, why: str
) -> None:
    fill(tmp_path)

    result = command("store", "copy", source, target, folder=tmp_path)

    assert result.returncode == 1
    assert why in result.stderr
    assert "hidden" not in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_a_running_app_is_not_copied(command: Command, tmp_path: Path) -> None:
    async def copy_beside(store: SqliteStore) -> str:
        result = await asyncio.to_thread(
            command, "store", "copy", FILE, "sqlite:///copy.db", folder=tmp_path
        )
        assert result.returncode == 1
        return str(result.stderr)

    told = in_store(tmp_path, copy_beside)

    assert "stop it (Ctrl+C, or systemctl stop), then copy" in told
    assert not (tmp_path / "copy.db").exists()


# Cells.


def cells(command: Command, folder: Path) -> dict[str, str]:
    """Settings of an app with two cells, in which one portal has installed it, in cell 0."""
    urls = [asyncio.run(server().fresh()) for _ in range(2)]
    alone = {**APP, "BITRIX_EVENTS_STORE": urls[1]}
    fill(folder)
    assert command("store", "copy", FILE, urls[1], folder=folder, **alone).returncode == 0
    return {**APP, "BITRIX_EVENTS_STORE": ",".join(urls)}


def test_a_portal_moves_to_another_cell(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moving, "GRACE_SECONDS", 0.0)
    settings = cells(command, tmp_path)

    # Whoever opens the store first makes the tables of the new cell.
    assert command("portals", "resume", ACME, folder=tmp_path, **settings).returncode == 0
    before = command("portals", "cells", folder=tmp_path, **settings)
    listed = command("events", "list", folder=tmp_path, **settings)
    result = command(
        "portals", "move", "acme.bitrix24.com", "--to", "1", folder=tmp_path, **settings
    )
    after = command("portals", "cells", folder=tmp_path, **settings)

    assert result.returncode == 0, result.stderr
    assert "acme.bitrix24.com lives in cell 1." in result.stdout
    assert [line.split()[-1] for line in before.stdout.splitlines()] == ["PORTALS", "2", "0"]
    assert [line.split()[-1] for line in after.stdout.splitlines()] == ["PORTALS", "1", "1"]
    assert command("events", "list", folder=tmp_path, **settings).stdout == listed.stdout
    doctor = command("doctor", "--offline", folder=tmp_path, **settings)
    assert "ok       store" in doctor.stdout
    assert "error" not in doctor.stdout.partition("errors:")[0]
    again = command("portals", "move", ACME, "--to", "1", folder=tmp_path, **settings)
    assert "lives in cell 1 already" in again.stderr


def test_what_cannot_be_moved_is_refused(command: Command, tmp_path: Path) -> None:
    settings = cells(command, tmp_path)
    alone = {**settings, "BITRIX_EVENTS_STORE": settings["BITRIX_EVENTS_STORE"].partition(",")[2]}

    single = command("portals", "move", ACME, "--to", "1", folder=tmp_path, **alone)
    nowhere = command("portals", "move", ACME, "--to", "7", folder=tmp_path, **settings)
    nobody = command("portals", "move", "nobody", "--to", "1", folder=tmp_path, **settings)

    assert "set BITRIX_EVENTS_STORE to the addresses of all cells" in single.stderr
    assert "there is no cell 7; see bitrix-events portals cells" in nowhere.stderr
    assert "there is no portal nobody" in nobody.stderr
