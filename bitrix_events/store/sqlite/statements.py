"""The named statements of the SQLite store, and how many rows are written by one of them."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Sequence
from functools import lru_cache
from importlib.resources import files
from itertools import chain
from typing import Any, Final

import orjson

QUERIES: Final = {
    name: text.strip().removesuffix(";")
    for name, text in re.findall(
        r"^-- name: (\w+)\n(.*?)(?=^-- name:|\Z)",
        (files("bitrix_events.store.sqlite") / "queries.sql").read_text("utf-8"),
        flags=re.MULTILINE | re.DOTALL,
    )
}

_ROWS_AT_ONCE: Final = (64, 16, 4, 1)
"""SQLite takes 999 parameters everywhere; each size is a statement that is prepared once."""


def run(db: sqlite3.Connection, query: str, **parameters: object) -> sqlite3.Cursor:
    """Run a named statement."""
    return db.execute(QUERIES[query], parameters)


def insert(db: sqlite3.Connection, query: str, rows: Sequence[Sequence[object]]) -> None:
    """Insert rows with as few statements as possible."""
    at = 0
    for size in _ROWS_AT_ONCE:
        while len(rows) - at >= size:
            some = rows[at : at + size]
            db.execute(_of_rows(query, size), list(chain.from_iterable(some)))
            at += size


def listed(values: Iterable[Any]) -> str:
    """Values for ``json_each``."""
    return orjson.dumps(list(values)).decode()


@lru_cache(maxsize=64)
def _of_rows(query: str, size: int) -> str:
    text = QUERIES[query]
    row = text[text.rindex("(") :]
    return ", ".join([text, *[row] * (size - 1)])
