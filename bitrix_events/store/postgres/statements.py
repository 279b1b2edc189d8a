"""The named statements of the PostgreSQL store, and rows as the columns that ``unnest`` takes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import orjson

from bitrix_events.store.statements import load_statements

QUERIES: Final = load_statements("bitrix_events.store.postgres")


def columns(rows: Iterable[Sequence[Any]], width: int) -> list[list[Any]]:
    """Rows of so many values turned into as many lists."""
    found = [list(column) for column in zip(*rows, strict=True)]
    return found or [[] for _ in range(width)]


def listed(rows: Iterable[Sequence[Any]]) -> str:
    """Rows for ``jsonb_array_elements``: where there are many columns both sides read that several
    times as fast as arrays. Bytes are written in hexadecimal."""
    return orjson.dumps(list(rows), default=_as_hex).decode()


def _as_hex(value: Any) -> str:
    if isinstance(value, bytes):
        return value.hex()
    raise TypeError(f"{type(value)} is not written as JSON")
