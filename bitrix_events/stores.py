"""Stores: the one that the settings name."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from bitrix_events.errors import SettingsError
from bitrix_events.settings import Role, Settings
from bitrix_events.store.base import Store
from bitrix_events.store.outage import ShelteredStore
from bitrix_events.store.secrets import Sealer
from bitrix_events.store.sqlite.store import SqliteStore

if TYPE_CHECKING:
    from bitrix_events.store.cells import CellStore
    from bitrix_events.store.postgres.cell import Cell
    from bitrix_events.store.postgres.store import PostgresStore

Mode = Literal["own", "share", "look"]
"""``"own"``: works with the deliveries; ``"share"``: reads, and changes what several may change;
``"look"``: only reads."""

OwnStore: TypeAlias = "SqliteStore | PostgresStore | CellStore"
"""A store that comes with the package."""


def open_store(settings: Settings, *, mode: Mode = "own") -> OwnStore:
    """The store that the settings name, not opened yet.

    Raises:
        SettingsError: what it needs is not installed.
    """
    if not settings.is_shared:
        path = settings.store_urls[0].removeprefix("sqlite:///")
        return SqliteStore(Path(path), sealer=_sealer(settings), mode=mode)
    if len(settings.store_urls) == 1:
        return _postgres_store(settings, mode)
    cells: CellStore = _module("cells").CellStore(_cells(settings, mode))
    return cells


def working_store(settings: Settings, role: Role) -> Store:
    """The store for a process that runs an app, not opened yet. Where it is a server that may be
    out of reach, what a door receives meanwhile is kept on this machine.

    Raises:
        SettingsError: the store is for one process, which has to do everything.
    """
    if not settings.is_shared and role != "all":
        raise SettingsError(
            f"a process that is {role} only needs a store for several processes: set"
            " BITRIX_EVENTS_STORE to postgresql://user:password@host/database"
        )
    if not settings.is_shared or role == "worker":
        return open_store(settings)
    mode: Mode = "share" if role == "web" else "own"
    if len(settings.store_urls) == 1:
        return _sheltered(_postgres_store(settings, mode), settings, settings.outage_folder)
    # An outage of one cell is none of the others'.
    cells: CellStore = _module("cells").CellStore(
        _cells(settings, mode),
        wrap=lambda cell: _sheltered(cell, settings, settings.outage_folder / _folder_of(cell)),
    )
    return cells


def outage_folders(settings: Settings) -> list[Path]:
    """Where doors keep what the database of the settings does not take; one for each cell."""
    if len(settings.store_urls) == 1:
        return [settings.outage_folder]
    cells: list[Cell] = _cells(settings, "look")
    return [settings.outage_folder / _folder_of(cell) for cell in cells]


def _sheltered(store: PostgresStore, settings: Settings, folder: Path) -> ShelteredStore:
    return ShelteredStore(store, folder, sealer=_sealer(settings))


def _folder_of(cell: Cell) -> str:
    """The name of a folder that no other cell has."""
    return re.sub(r"[^\w.-]", "_", str(cell.address))


def _postgres_store(settings: Settings, mode: Mode) -> PostgresStore:
    store: PostgresStore = _module("postgres.store").PostgresStore(
        settings.store_urls[0], **_options(settings, mode)
    )
    return store


def _cells(settings: Settings, mode: Mode) -> list[Cell]:
    make, urls = _module("postgres.cell").Cell, settings.store_urls
    options = _options(settings, mode)
    return [make(url, others=[one for one in urls if one != url], **options) for url in urls]


def _options(settings: Settings, mode: Mode) -> dict[str, Any]:
    return {
        "sealer": _sealer(settings),
        "mode": mode,
        "lease_seconds": settings.lease_seconds,
        "name": settings.process_name,
    }


def _sealer(settings: Settings) -> Sealer | None:
    if settings.secret_key is None:
        return None
    return Sealer(settings.secret_key, *settings.old_secret_keys)


def _module(name: str) -> Any:
    """A module that needs the driver of PostgreSQL, an extra that apps on one machine do
    without."""
    try:
        return importlib.import_module(f"bitrix_events.store.{name}")
    except ModuleNotFoundError as error:
        if error.name != "asyncpg":
            raise
        raise SettingsError(
            "BITRIX_EVENTS_STORE is a PostgreSQL database, and its driver is not installed:"
            ' pip install "bitrix-events[postgres]"'
        ) from None
