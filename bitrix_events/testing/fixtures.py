"""Deliveries that ``bitrix-events record`` has saved, as events."""

from __future__ import annotations

import json
from pathlib import Path

from bitrix_events.events import Event, event_class


def read_fixtures(path: Path) -> list[Event]:
    """The event of a file, or those of all ``.json`` files of a folder by the number in front.

    Raises:
        OSError: there is no such file.
        ValueError: a file is no fixture, or the folder has none.
    """
    if not path.is_dir():
        return [read_fixture(path)]
    files = sorted(path.glob("*.json"), key=_number_first)
    if not files:
        raise ValueError(f"there are no fixtures in {path}; bitrix-events record writes them")
    return [read_fixture(file) for file in files]


def read_fixture(path: Path) -> Event:
    """The event of a file.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no fixture.
    """
    try:
        content = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is not JSON: {error}") from error
    code = content.get("event") if isinstance(content, dict) else None
    if not isinstance(code, str):
        raise ValueError(f"{path} has no event; bitrix-events record writes such files")
    code = code.upper()
    return event_class(code)(code, content.get("data") or {})


def _number_first(path: Path) -> tuple[int, str]:
    number = path.name.partition("-")[0]
    return (int(number) if number.isdecimal() else 0), path.name
