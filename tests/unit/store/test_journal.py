"""The journal: whatever becomes of its file, what is read is a prefix of what was written."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitrix_events.errors import StoreError
from bitrix_events.store.sqlite.journal import Journal, read_records

SMALL = 4096

payloads = st.lists(st.binary(min_size=1, max_size=200), min_size=1, max_size=15)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db.journal"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    journal = Journal(path, size=SMALL)
    journal.open()
    yield journal
    journal.close()


def content_of(journal: Journal, limit: int = 1_000) -> list[bytes]:
    return [record.payload for record in journal.first(limit)]


def reopened(path: Path, *, dropped: int = 0) -> Journal:
    journal = Journal(path, size=SMALL)
    journal.open(dropped=dropped)
    return journal


@pytest.fixture(scope="module")
def quick() -> Iterator[None]:
    """What is tried out often need not survive a loss of power."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bitrix_events.store.sqlite.journal._sync", lambda _: None)
        patch.setattr("bitrix_events.store.sqlite.journal.sync_folder", lambda _: None)
        yield


def written(path: Path, *groups: list[bytes]) -> bytes:
    """The content of a journal after these groups, each but the last of which was dropped."""
    path.unlink(missing_ok=True)
    journal = Journal(path, size=SMALL)
    journal.open()
    for number, group in enumerate(groups):
        assert journal.append(group) == len(group)
        if number < len(groups) - 1:
            journal.drop(journal.first(100))
    journal.close()
    return path.read_bytes()


def test_records_come_back_in_their_order(journal: Journal) -> None:
    journal.append([b"one", b"two"])
    journal.append([b"three"])

    assert content_of(journal) == [b"one", b"two", b"three"]
    assert journal.waiting == 3


def test_the_oldest_records_come_first(journal: Journal) -> None:
    journal.append([b"one", b"two", b"three"])

    journal.drop(journal.first(2))

    assert content_of(journal) == [b"three"]
    assert journal.waiting == 1


def test_a_journal_survives_its_process(journal: Journal, path: Path) -> None:
    journal.append([b"one", b"two"])

    assert content_of(reopened(path)) == [b"one", b"two"]


def test_what_was_dropped_is_gone(journal: Journal, path: Path) -> None:
    journal.append([b"one", b"two"])
    journal.drop(journal.first(2))

    found = reopened(path)

    assert (found.waiting, content_of(found)) == (0, [])


def test_the_front_is_used_again(journal: Journal, path: Path) -> None:
    for _ in range(100):
        assert journal.append([b"x" * 500]) == 1
        journal.drop(journal.first(1))
    journal.append([b"last"])

    assert content_of(reopened(path)) == [b"last"]


def test_what_the_caller_has_need_not_be_kept(journal: Journal, path: Path) -> None:
    journal.append([b"one", b"two", b"three"])
    number = journal.first(2)[-1].number

    found = reopened(path, dropped=number)

    assert (found.waiting, content_of(found)) == (1, [b"three"])


def test_numbers_go_on_where_the_caller_knows_of_higher_ones(path: Path) -> None:
    journal = reopened(path, dropped=500)
    journal.append([b"one"])

    assert content_of(reopened(path, dropped=500)) == [b"one"]


def test_a_record_that_finds_no_room_is_not_written(journal: Journal, path: Path) -> None:
    assert journal.append([b"x" * 1500, b"y" * 1500, b"z" * 1500]) == 2
    assert journal.append([b"z" * 1500]) == 0

    assert [len(payload) for payload in content_of(reopened(path))] == [1500, 1500]


def test_its_space_is_taken_from_the_beginning(journal: Journal, path: Path) -> None:
    before = os.stat(path)
    journal.append([b"x" * 3000])

    assert before.st_size == SMALL
    assert before.st_blocks * 512 >= SMALL
    assert os.stat(path).st_size == SMALL


def test_only_its_owner_can_read_it(journal: Journal, path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_journal_that_was_removed_is_made_anew(journal: Journal, path: Path) -> None:
    journal.append([b"one"])
    path.unlink()

    journal.append([b"two"])

    assert content_of(reopened(path)) == [b"one", b"two"]


def test_an_error_of_the_disk_spoils_nothing_that_was_there(
    journal: Journal, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal.append([b"one"])

    def fail(_: int) -> None:
        raise OSError(errno.EIO, "no disk")

    with monkeypatch.context() as patch:
        patch.setattr("bitrix_events.store.sqlite.journal._sync", fail)
        with pytest.raises(OSError, match="no disk"):
            journal.append([b"refused, and longer", b"refused, too"])
    journal.append([b"two"])

    assert content_of(journal) == [b"one", b"two"]
    assert content_of(reopened(path)) == [b"one", b"two"]


def test_after_an_error_the_file_is_opened_anew(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    opened: list[int] = []
    open_file = os.open

    def fail(fd: int) -> None:
        synced.append(fd)
        raise OSError(errno.EIO, "no disk")

    def watch(*args: object) -> int:
        opened.append(open_file(*args))  # type: ignore[arg-type]
        return opened[-1]

    with monkeypatch.context() as patch:
        patch.setattr("bitrix_events.store.sqlite.journal._sync", fail)
        with pytest.raises(OSError, match="no disk"):
            journal.append([b"refused"])
        patch.setattr(os, "open", watch)
        with pytest.raises(OSError, match="no disk"):
            journal.append([b"refused"])

    assert len(synced) == 2
    assert opened == synced[1:], "the kernel tells of a failed write only once"


def test_no_space_at_all_is_said(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_space(*_: object) -> int:
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(os, "write", no_space)

    with pytest.raises(StoreError, match=r"no space is left for .*journal; make room"):
        Journal(path).open()


@pytest.mark.usefixtures("quick")
@given(payloads, st.data())
def test_a_truncated_file_yields_a_prefix(
    tmp_path_factory: pytest.TempPathFactory, group: list[bytes], data: st.DataObject
) -> None:
    content = written(tmp_path_factory.getbasetemp() / "truncated", [b"old"], group)
    length = data.draw(st.integers(0, len(content)))

    found = read_records(content[:length])

    payloads = [record.payload for record in found]
    whole = [record for record in read_records(content) if record.end <= length]
    assert payloads == group[: len(whole)], "all that lies before the damage, and no more"


@pytest.mark.usefixtures("quick")
@given(payloads, payloads, st.data())
def test_a_flipped_bit_yields_a_prefix(
    tmp_path_factory: pytest.TempPathFactory,
    old: list[bytes],
    group: list[bytes],
    data: st.DataObject,
) -> None:
    content = bytearray(written(tmp_path_factory.getbasetemp() / "flipped", old, group))
    end = read_records(bytes(content))[-1].end
    bit = data.draw(st.integers(0, end * 8 - 1) | st.integers(0, len(content) * 8 - 1))
    before = [record for record in read_records(bytes(content)) if record.end * 8 <= bit]
    content[bit // 8] ^= 1 << bit % 8

    found = [record.payload for record in read_records(bytes(content))]

    assert found == group[: len(found)]
    assert len(found) >= len(before)
    if bit >= end * 8:
        assert found == group


@pytest.mark.usefixtures("quick")
@given(payloads, st.integers(0, SMALL), st.binary(max_size=64))
def test_garbage_over_the_file_yields_a_prefix(
    tmp_path_factory: pytest.TempPathFactory, group: list[bytes], at: int, garbage: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "garbage"
    content = bytearray(written(path, [b"old"], group))
    content[at : at + len(garbage)] = garbage
    path.write_bytes(content)

    journal = reopened(path)
    found = content_of(journal)
    journal.append([b"new"])
    after = content_of(reopened(path))
    journal.close()

    assert found == group[: len(found)]
    assert after[: len(found) + 1] == [*found, b"new"]
