"""bitrix-events db recover."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from bitrix_events.cli.recover import recover
from bitrix_events.errors import StoreError
from bitrix_events.store.sqlite.store import SqliteStore
from tests.contract.faults import PAGE, overwrite, send, stored

commands = typer.Typer()
commands.command()(recover)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store that lost its head, named by the environment."""
    path = tmp_path / "store.db"

    async def fill() -> None:
        store = SqliteStore(path)
        await store.open()
        await send(store, *range(20))
        await store.close()

    asyncio.run(fill())
    overwrite(path, bytes(PAGE), page=0)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BITRIX_EVENTS_STORE", f"sqlite:///{path}")
    return path


def run(*arguments: str) -> str:
    result = CliRunner().invoke(commands, arguments)
    if result.exception:
        raise result.exception
    return result.output


def content_of(path: Path) -> list[int]:
    async def read() -> list[int]:
        store = SqliteStore(path, mode="look")
        await store.open()
        try:
            return await stored(store)
        finally:
            await store.close()

    return asyncio.run(read())


def test_what_can_be_read_is_carried_over(path: Path) -> None:
    output = run()

    assert "20 delivery, 20 execution" in output
    assert "the damaged file is kept as" in output
    assert content_of(path) == list(range(20))


def test_a_dry_run_only_tells(path: Path) -> None:
    before = path.read_bytes()

    output = run("--dry-run")

    assert "20 delivery, 20 execution" in output
    assert "kept as" not in output
    assert path.read_bytes() == before


def test_a_store_that_is_in_use_is_left_alone(path: Path) -> None:
    run()
    store = SqliteStore(path)
    asyncio.run(store.open())

    with pytest.raises(StoreError, match="in use by another process"):
        run()

    asyncio.run(store.close())


def test_a_store_that_does_not_exist_is_not_made(path: Path) -> None:
    path.unlink()

    with pytest.raises(StoreError, match="there is no store at"):
        run()

    assert not os.path.exists(path)
