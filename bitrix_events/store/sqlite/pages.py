"""Rows out of the pages of an SQLite file, each page read by itself.

SQLite finds a page through the pages above it. When one of those is destroyed, everything below is
out of its reach, though unharmed. Here pages are read one after the other. Which table a row is
of is for the caller to tell.

Source: sqlite.org/fileformat2.html, sections 1.6 and 2.1.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

Value = int | float | str | bytes | None

_LEAF_OF_TABLE: Final = 0x0D
_INNER_OF_INDEX: Final = 0x02
_HEAD_BYTES: Final = {_LEAF_OF_TABLE: 8, 0x0A: 8, _INNER_OF_INDEX: 12}
"""Of the kinds of pages that hold rows. A table without row ids is an index."""
_INTEGER_BYTES: Final = (0, 1, 2, 3, 4, 6, 8)
_UNREADABLE: Final = (IndexError, struct.error, ValueError, OverflowError)


@dataclass(frozen=True, slots=True)
class Row:
    """A row, or an entry of an index.

    Attributes:
        number: the row id; None in a table without row ids, or an index.
        values: an INTEGER PRIMARY KEY is None, and in ``number``.
    """

    number: int | None
    values: list[Value]


def rows_of_pages(path: Path, page_bytes: int) -> Iterator[Row]:
    """Every row that can be read. What is in the write-ahead log is not looked at."""
    with path.open("rb") as file:
        for number in range(2, path.stat().st_size // page_bytes + 1):
            page = _read(file, number, page_bytes)
            if page[0] not in _HEAD_BYTES:
                continue
            (count,) = struct.unpack_from(">H", page, 3)
            for index in range(count):
                try:
                    (start,) = struct.unpack_from(">H", page, _HEAD_BYTES[page[0]] + 2 * index)
                    yield _row(file, page, start)
                except _UNREADABLE:
                    continue


def _read(file: BinaryIO, number: int, page_bytes: int) -> bytes:
    file.seek((number - 1) * page_bytes)
    return file.read(page_bytes).ljust(page_bytes, b"\0")


def _row(file: BinaryIO, page: bytes, at: int) -> Row:
    kind, number = page[0], None
    if kind == _INNER_OF_INDEX:
        at += 4
    length, at = _varint(page, at)
    if kind == _LEAF_OF_TABLE:
        number, at = _varint(page, at)
    return Row(number, _values(_payload(file, page, at, length)))


def _payload(file: BinaryIO, page: bytes, at: int, length: int) -> bytes:
    """The content of a row, what does not fit into its page included."""
    size = len(page)
    most = size - 35 if page[0] == _LEAF_OF_TABLE else (size - 12) * 64 // 255 - 23
    if length <= most:
        return page[at : at + length]
    least = (size - 12) * 32 // 255 - 23
    local = least + (length - least) % (size - 4)
    local = local if local <= most else least
    if length > os.fstat(file.fileno()).st_size:
        raise ValueError("the row is longer than the file")
    payload = bytearray(page[at : at + local])
    (following,) = struct.unpack_from(">I", page, at + local)
    while len(payload) < length:
        if not following:
            raise ValueError("the row ends too early")
        content = _read(file, following, size)
        (following,) = struct.unpack_from(">I", content)
        payload += content[4 : 4 + length - len(payload)]
    return bytes(payload)


def _values(payload: bytes) -> list[Value]:
    end, at = _varint(payload, 0)
    start, values = end, []
    while at < end:
        kind, at = _varint(payload, at)
        value, start = _value(payload, start, kind)
        values.append(value)
    if start != len(payload):
        raise ValueError("the row has another length than its columns")
    return values


def _value(payload: bytes, at: int, kind: int) -> tuple[Value, int]:
    """A column of this kind, and where the next one begins."""
    if kind == 7:
        return struct.unpack_from(">d", payload, at)[0], at + 8
    if kind in (8, 9):
        return kind - 8, at
    if kind >= 12:
        content = payload[at : (at := at + (kind - 12) // 2)]
        return (content.decode() if kind % 2 else content), at
    size = _INTEGER_BYTES[kind]
    content = payload[at : at + size]
    return (int.from_bytes(content, "big", signed=True) if kind else None), at + size


def _varint(content: bytes, at: int) -> tuple[int, int]:
    value = 0
    for index in range(8):
        byte = content[at + index]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + index + 1
    value = value << 8 | content[at + 8]
    return value - 2**64 if value >= 2**63 else value, at + 9
