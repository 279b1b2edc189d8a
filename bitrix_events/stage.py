"""Stage: what an app works with in place of its own while it is tested."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bitrix_events.engine.worker import Crew
from bitrix_events.rest.transport import HttpTransport
from bitrix_events.settings import Settings
from bitrix_events.store.base import Store


@dataclass(frozen=True, slots=True)
class Stage:
    """What `App.staged` takes.

    Attributes:
        clock: seconds since 1970, by which portals rest that want to be left alone.
        crew: is given who runs attempts, and says who does instead.
    """

    settings: Settings
    store: Store
    transport: HttpTransport
    clock: Callable[[], float]
    crew: Callable[[Crew], Crew]
