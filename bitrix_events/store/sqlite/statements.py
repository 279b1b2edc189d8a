"""The named statements of the SQLite store, and how many rows are written by one of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, Final

import orjson

from bitrix_events.store.statements import load_statements

QUERIES: Final = load_statements("bitrix_events.store.sqlite")

_MOST_ROWS: Final = 64
"""SQLite takes 999 parameters everywhere."""
_FEW_ROWS: Final = 16
"""For up to so many there is a statement of just that size; each is prepared once."""


def run(db: sqlite3.Connection, query: str, **parameters: object) -> sqlite3.Cursor:
    """Run a named statement."""
    return db.execute(QUERIES[query], parameters)


def insert(db: sqlite3.Connection, query: str, rows: Sequence[Sequence[object]]) -> int:
    """Insert rows with few statements; how many were inserted, or changed instead."""
    at = count = 0
    while left := len(rows) - at:
        size = left if left <= _FEW_ROWS else min(left // _FEW_ROWS * _FEW_ROWS, _MOST_ROWS)
        some = rows[at : at + size]
        count += db.execute(_of_rows(query, size), list(chain.from_iterable(some))).rowcount
        at += size
    return count


def listed(values: Iterable[Any]) -> str:
    """Values for ``json_each``."""
    return orjson.dumps(list(values)).decode()


@lru_cache(maxsize=128)
def _of_rows(query: str, size: int) -> str:
    before, values, after = QUERIES[query].partition("VALUES ")
    row, end, after = after.partition(")")
    return f"{before}{values}{', '.join([row + end] * size)}{after}"
