"""Rows are read out of the pages of a file as SQLite would read them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bitrix_events.store.sqlite.pages import Row, rows_of_pages

PAGE = 4096
VALUES = [
    *(sign * (2**bits + offset) for bits in range(63) for offset in (-1, 0) for sign in (1, -1)),
    *(0.0, -1.5, 1e300, None, "", "Привет", "x" * 4_000, "y" * 100_000, b"", b"\x00\xff" * 3_000),
]
MAKE = {
    "a table": "CREATE TABLE t (id INTEGER PRIMARY KEY, value, text TEXT)",
    "a table without row ids": "CREATE TABLE t (id PRIMARY KEY, value, text TEXT) WITHOUT ROWID",
}


@pytest.fixture(params=MAKE)
def rows(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[list[tuple[object, ...]], Path]:
    """What was written, and where."""
    path = tmp_path / "file.db"
    written: list[tuple[object, ...]] = [
        (n - 100, value, f"row {n}" * 20) for n, value in enumerate(VALUES * 3)
    ]
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(MAKE[request.param])
        db.executemany("INSERT INTO t VALUES (?, ?, ?)", written)
    return written, path


def plain(row: Row) -> tuple[object, ...]:
    return tuple(row.values) if row.number is None else (row.number, *row.values[1:])


def test_every_row_is_read(rows: tuple[list[tuple[object, ...]], Path]) -> None:
    written, path = rows

    found = sorted(map(plain, rows_of_pages(path, PAGE)), key=lambda row: row[0])  # type: ignore[arg-type,return-value]

    assert found == written
    assert [type(row[1]) for row in found] == [type(row[1]) for row in written]


def test_destroyed_pages_cost_their_own_rows_only(
    rows: tuple[list[tuple[object, ...]], Path],
) -> None:
    written, path = rows
    content = bytearray(path.read_bytes())
    for page in range(0, len(content), 10 * PAGE):
        content[page : page + PAGE] = bytes(PAGE)
    path.write_bytes(content)

    found = list(map(plain, rows_of_pages(path, PAGE)))

    short = {row for row in found if len(str(row[1])) < 1_000}  # in one page
    assert short <= set(written)
    assert len(short) > len(written) * 0.7


def test_garbage_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "garbage"
    for kind in (0x02, 0x0A, 0x0D):
        pages = [bytes([kind, *(n * step % 256 for n in range(PAGE - 1))]) for step in range(1, 20)]
        path.write_bytes(b"".join(pages))

        list(rows_of_pages(path, PAGE))
