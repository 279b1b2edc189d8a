"""The journal beside a store: where deliveries lie that the database could not take.

A file of fixed size whose space is taken when it is made, so that writing into it needs none. Each
record carries its length, a number that only grows, and a checksum of all that; reading ends at the
first record that is torn, damaged or older than the one before it. What is in the records, and when
the database has them, is not known here.
"""

from __future__ import annotations

import logging
import os
import shutil
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zlib import crc32

from bitrix_events.errors import StoreError

log = logging.getLogger(__name__)

JOURNAL_BYTES: Final = 16 * 2**20

_READ_AT_ONCE: Final = 2**20
_SMALLEST_BYTES: Final = 64 * 2**10
_SHARE_OF_FREE_SPACE: Final = 4
_ZEROS: Final = bytes(2**20)
_MAGIC: Final = b"bxevents"
_HEAD: Final = struct.Struct("<8sQI")
"""What it is, the number of the last record that was dropped, the checksum of both."""
_FRAME: Final = struct.Struct("<IQI")
"""Of a record: the length of its payload, its number, the checksum of both and the payload."""
_FIRST: Final = 64
"""Where the first record begins."""

_FLAGS: Final = os.O_RDWR | getattr(os, "O_BINARY", 0)
_sync = getattr(os, "fdatasync", os.fsync)


@dataclass(frozen=True, slots=True)
class Record:
    """What was written at once.

    Attributes:
        end: where in the file the next one begins.
    """

    number: int
    payload: bytes
    end: int


class Journal:
    """A queue of records that outlives the process.

    Used by one thread of the one process that owns the store.

    Args:
        path: the file; made by `open`.
        size: bytes that it shall have, if not `JOURNAL_BYTES`. Where the disk has little space it
            is smaller.
    """

    def __init__(self, path: Path, *, size: int | None = None) -> None:
        self.path = path
        self._wanted_size = size or JOURNAL_BYTES
        self._size = 0
        self._fd: int | None = None
        self._number = 0
        self._begin = self._end = _FIRST
        self._waiting = 0

    @property
    def waiting(self) -> int:
        """How many records there are."""
        return self._waiting

    def open(self, *, dropped: int = 0) -> None:
        """Find what an earlier process has left.

        Args:
            dropped: the number of the last record that need not be kept, by what the caller knows.

        Raises:
            OSError: the file cannot be read or made.
            StoreError: there is no space for it.
        """
        self._fd = os.open(self.path, _FLAGS | os.O_CREAT, 0o600)
        self._size = _extended(self._fd, self.path, self._wanted_size)
        sync_folder(self.path)
        content = _read(self._fd, self._size, 0)
        dropped = max(dropped, _dropped(content))
        records = read_records(content)
        self._waiting = sum(record.number > dropped for record in records)
        self._number = max([dropped, *(record.number for record in records)])
        self._end = records[-1].end if records else _FIRST
        self._begin = _FIRST
        if not self._waiting:
            self._reset()
        else:
            self._begin = max((r.end for r in records if r.number <= dropped), default=_FIRST)

    def append(self, payloads: Sequence[bytes]) -> int:
        """Write records and sync them to the disk; how many found room.

        Raises:
            OSError: nothing of it is sure to be on the disk. What was there before is.
        """
        if self._fd is None or os.fstat(self._fd).st_nlink == 0:
            self._replace_file()
        assert self._fd is not None
        frames, end, number = [], self._end, self._number
        for payload in payloads:
            if end + _FRAME.size + len(payload) > self._size:
                break
            number += 1
            frames.append(_framed(number, payload))
            end += len(frames[-1])
        if not frames:
            return 0
        # Whatever becomes of this, these numbers are used up: what a failed write leaves behind
        # is older than what is written over it.
        self._number = number
        try:
            _write(self._fd, b"".join(frames), self._end)
        except OSError:
            self._forget_fd()  # the kernel may say of a second sync that all is well
            raise
        self._end = end
        self._waiting += len(frames)
        return len(frames)

    def first(self, limit: int) -> list[Record]:
        """The oldest records. They stay until they are dropped."""
        if self._fd is None:
            self._reopen()
        assert self._fd is not None
        length = self._end - self._begin
        for count in (min(length, _READ_AT_ONCE), length):
            content = _read(self._fd, count, self._begin)
            records = read_records(content, limit=limit, offset=self._begin)
            if records:
                break
        return records

    def drop(self, records: Sequence[Record]) -> None:
        """Forget the oldest records, those that `first` told.

        Until all are dropped nothing is written about it: it is for the caller to know, at the next
        `open`, which was the last.
        """
        self._waiting -= len(records)
        self._begin = records[-1].end
        if self._begin >= self._end:
            self._waiting = 0
            self._reset()

    def give_up_rest(self) -> int:
        """Forget records that cannot be read any more; how many there were."""
        count, self._waiting = self._waiting, 0
        self._reset()
        return count

    def close(self) -> None:
        """Let go of the file."""
        self._forget_fd()

    def _rest(self) -> list[Record]:
        """Whatever has not been dropped."""
        assert self._fd is not None
        content = _read(self._fd, self._end - self._begin, self._begin)
        return read_records(content, offset=self._begin)

    def _reset(self) -> None:
        """Begin anew at the front. What lies behind is older than whatever will be written."""
        if self._fd is None:
            self._reopen()
        assert self._fd is not None
        self._begin = self._end = _FIRST
        head = _MAGIC + self._number.to_bytes(8, "little")
        head = _HEAD.pack(_MAGIC, self._number, crc32(head))
        try:
            _write(self._fd, head.ljust(_FIRST + _FRAME.size, b"\0"), 0)
        except OSError:
            self._forget_fd()
            raise

    def _reopen(self) -> None:
        self._fd = os.open(self.path, _FLAGS)

    def _forget_fd(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def _replace_file(self) -> None:
        """Open the file again after an error; make another one if it was removed."""
        if self._fd is None and self.path.exists():
            self._reopen()
            return
        log.warning("%s was removed; it is made anew", self.path)
        kept = self._rest() if self._fd is not None else []
        if len(kept) < self._waiting:
            log.critical("%d deliveries were lost with it", self._waiting - len(kept))
        fresh = Journal(self.path, size=self._wanted_size)
        fresh.open(dropped=self._number)
        fresh.append([record.payload for record in kept])
        self._forget_fd()
        self.__dict__.update(fresh.__dict__)


def read_records(content: bytes, *, limit: int = 2**31, offset: int = 0) -> list[Record]:
    """Records up to the first that is torn, damaged, or older than the one before it.

    Args:
        content: a whole file; or what of it lies behind ``offset``.
    """
    records: list[Record] = []
    at, number = (0, 0) if offset else (_FIRST, _dropped(content))
    while len(records) < limit and at + _FRAME.size <= len(content):
        length, next_number, checksum = _FRAME.unpack_from(content, at)
        payload = content[at + _FRAME.size : at + _FRAME.size + length]
        is_whole = 0 < length == len(payload) and next_number > number
        if not is_whole or checksum != _checksum(next_number, payload):
            break
        number, at = next_number, at + _FRAME.size + length
        records.append(Record(number, payload, offset + at))
    return records


def sync_folder(path: Path) -> None:
    """Let the name of a file survive a loss of power."""
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _framed(number: int, payload: bytes) -> bytes:
    return _FRAME.pack(len(payload), number, _checksum(number, payload)) + payload


def _checksum(number: int, payload: bytes) -> int:
    return crc32(payload, crc32(struct.pack("<IQ", len(payload), number)))


def _dropped(content: bytes) -> int:
    """What the head of a file says; 0 if it is damaged, so that nothing is taken for dropped."""
    if len(content) < _HEAD.size:
        return 0
    magic, dropped, checksum = _HEAD.unpack_from(content)
    is_whole = magic == _MAGIC and checksum == crc32(content[: _HEAD.size - 4])
    return dropped if is_whole else 0


def _extended(fd: int, path: Path, wanted: int) -> int:
    """Fill a file with zeros up to its size, so that its space is taken; what size it has."""
    size = os.fstat(fd).st_size
    free = shutil.disk_usage(path.parent).free
    wanted = min(wanted, size + free // _SHARE_OF_FREE_SPACE)
    if size < wanted:
        try:
            os.lseek(fd, size, os.SEEK_SET)
            while size < wanted:
                size += os.write(fd, _ZEROS[: wanted - size])
            _sync(fd)
        except OSError as error:
            log.warning("%s could not be given its full size: %s", path, error)
            size = os.fstat(fd).st_size
    if size < min(_SMALLEST_BYTES, wanted) or size < _FIRST + _FRAME.size:
        raise StoreError(f"no space is left for {path}; make room on its disk")
    return size


def _read(fd: int, count: int, offset: int) -> bytes:
    os.lseek(fd, offset, os.SEEK_SET)
    return os.read(fd, count)


def _write(fd: int, content: bytes, offset: int) -> None:
    os.lseek(fd, offset, os.SEEK_SET)
    written = 0
    while written < len(content):
        written += os.write(fd, content[written:])
    _sync(fd)
