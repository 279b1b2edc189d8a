"""The store of the settings, as commands use it: the app may be running meanwhile."""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from bitrix_events.app import App
from bitrix_events.cli.loading import UsageError, prepare_environment
from bitrix_events.settings import Settings
from bitrix_events.store.base import Installations
from bitrix_events.store.records import WEBHOOK_PORTAL, Installation, InstallationState
from bitrix_events.store.sqlite.lock import FileLock
from bitrix_events.store.sqlite.store import SqliteStore
from bitrix_events.stores import Mode, OwnStore, open_store

T = TypeVar("T")


def settings_here() -> Settings:
    """What is set in the environment and in the ``.env`` of this folder, complete or not."""
    prepare_environment()
    return Settings.load(complete=False)


def with_store(settings: Settings, mode: Mode, use: Callable[[OwnStore], Awaitable[T]]) -> T:
    """Open the store, use it, close it."""

    async def with_open_store() -> T:
        store = open_store(settings, mode=mode)
        await store.open()
        try:
            return await use(store)
        finally:
            await store.close()

    return asyncio.run(with_open_store())


def file_of(settings: Settings, *, instead: str) -> Path:
    """The file of the store.

    Args:
        instead: what does for a PostgreSQL database what is wanted here.

    Raises:
        UsageError: there is none, as it is a database on a server.
    """
    store = open_store(settings, mode="look")
    if isinstance(store, SqliteStore):
        return store.path
    raise UsageError(f"the store is a PostgreSQL database, {settings.store_name}: {instead}")


def installations_beside(app: App | None, store: OwnStore) -> Installations:
    """Where installations are: in a storage of the app's own, or in the store."""
    return store if app is None or app.own_installations is None else app.own_installations


def portal_named(name: str, known: Sequence[Installation], *, trouble: str = "") -> Installation:
    """The installation that a member_id or an address means.

    Args:
        trouble: why there may be others, that are not known just now.

    Raises:
        UsageError: none or several; says which there are.
    """
    wanted = name.strip().lower().removeprefix("https://").rstrip("/")
    found = [i for i in known if wanted in {i.portal.lower(), i.member_id.lower()}]
    found = found or [i for i in known if i.domain == wanted]
    if len(found) == 1:
        return found[0]
    if found:
        keys = ", ".join(installation.portal for installation in found)
        raise UsageError(f"several portals have the address {name}; name one by its id: {keys}")
    if trouble:
        raise UsageError(f"there is no portal {name} where it could be looked for: {trouble}")
    if not known:
        raise UsageError(f"there is no portal {name}: no portal has installed the app yet")
    names = [n for i in known for n in (i.portal, i.domain)]
    near = difflib.get_close_matches(wanted, names, n=3, cutoff=0.5)
    near = near or [n for n in names if wanted and wanted in n][:3]
    hint = f"did you mean {' or '.join(near)}?" if near else "see bitrix-events portals list"
    raise UsageError(f"there is no portal {name}; {hint}")


def name_of(installation: Installation) -> str:
    """What people call a portal: its address, or its key as long as there is none."""
    return installation.domain or installation.portal


def when(moment: datetime) -> str:
    """A moment by the clock on the wall."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def span(seconds: float) -> str:
    """A length of time in its largest unit: ``42 min``, ``3 days``."""
    for unit, length in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{int(seconds // length)} {unit}"
    return f"{int(max(seconds, 0))} s"


def may_change(settings: Settings, installation: Installation) -> None:
    """Raise `UsageError` if saving the installation without a key would lose its tokens."""
    if settings.secret_key is None and installation.portal != WEBHOOK_PORTAL:
        raise UsageError(
            f"{name_of(installation)} has sealed tokens: set BITRIX_EVENTS_SECRET_KEY to the key"
            " that the app uses"
        )


def advice_for(installation: Installation) -> str:
    """What has to happen before the portal is worked for again."""
    match installation.state:
        case InstallationState.BLOCKED:
            return (
                "the portal, or the app there, has to be paid; the app asks once a day, and an"
                " administrator who opens it sets it going at once"
            )
        case InstallationState.NEEDS_REAUTH:
            return "an administrator of the portal has to open or install the app again"
        case InstallationState.DELETED:
            return "the app was removed from the portal; an administrator has to install it again"
    return ""


async def is_running(store: OwnStore) -> bool:
    """Whether a process works with the deliveries of the store."""
    if not isinstance(store, SqliteStore):
        return bool(await store.workers())
    path = store.path.with_name(f"{store.path.name}.lock")
    if not path.exists():
        return False
    lock = FileLock(path)
    try:
        is_free = lock.acquire()
    except OSError:  # the file is somebody else's, or there are no locks here
        return True
    lock.release()
    return not is_free


def when_they_run(*, works: bool) -> str:
    """When executions run that were made beside the app.

    Args:
        works: whether the app is running.
    """
    if works:
        return "the app runs them within seconds"
    return "the app is not running: they run after its next start"
