"""Parameters as a portal takes them."""

from __future__ import annotations

import base64
from collections import OrderedDict
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from typing import Any

import pytest

from bitrix_events.rest.batch import Ref, encode_command
from bitrix_events.rest.parameters import File, plain


class Stage(StrEnum):
    WON = "WON"


class Level(IntEnum):
    HIGH = 3


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        (None, None),
        (True, True),
        (7, 7),
        (2**70, 2**70),
        (1.5, 1.5),
        ("ё", "ё"),
        ("", ""),
        (Stage.WON, "WON"),
        (Level.HIGH, 3),
        (Decimal("10.50"), "10.50"),
        (date(2026, 9, 21), "2026-09-21"),
        (datetime(2026, 9, 21, 13, 0, tzinfo=UTC), "2026-09-21T13:00:00+00:00"),
        (
            datetime(2026, 9, 21, 13, 0, tzinfo=timezone(timedelta(hours=3))),
            "2026-09-21T13:00:00+03:00",
        ),
        (File("a.txt", b"hi"), ["a.txt", "aGk="]),
        ((1, (2, 3)), [1, [2, 3]]),
        (range(3), [0, 1, 2]),
        (OrderedDict(a={"b": Decimal("1")}), {"a": {"b": "1"}}),
        ({1: "x"}, {"1": "x"}),
        ([], []),
        ({}, {}),
    ],
)
def test_values_have_the_form_that_portals_take(value: Any, sent: Any) -> None:
    assert plain(value) == sent
    assert plain({"deep": [value]}) == {"deep": [sent]}


class Word(str, Enum):  # noqa: UP042 (people have such)
    """Its text is ``Word.NEW``."""

    NEW = "NEW"


class Number(int, Enum):
    DEAL = 2


class Day(Enum):
    FIRST = date(2026, 1, 1)


class Loud(str):
    def __str__(self) -> str:
        return self.upper()


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        (Word.NEW, "NEW"),
        (Number.DEAL, 2),
        (Day.FIRST, "2026-01-01"),
        (Loud("a"), "a"),
        (
            {Word.NEW: Number.DEAL, Number.DEAL: Word.NEW, Loud("b"): 1},
            {"NEW": 2, "2": "NEW", "b": 1},
        ),
    ],
)
def test_values_of_own_kinds_are_sent_alike_alone_and_in_a_batch(value: Any, sent: Any) -> None:
    assert repr(plain({"x": value})) == repr({"x": sent})
    assert encode_command(("m", {"x": value})) == encode_command(("m", {"x": sent}))


@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        float("inf"),
        b"bytes",
        bytearray(b"x"),
        memoryview(b"x"),
        {1, 2},
        object(),
        (n for n in range(3)),
        timedelta(1),
        1j,
        Ref("a"),
        {True: 1},
        {None: 1},
        {(1, 2): 1},
        {1.5: 1},
    ],
)
def test_what_has_no_such_form_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="cannot be"):
        plain({"deep": [value]})


def test_the_order_of_parameters_stays() -> None:
    assert list(plain({"z": 1, "a": 2, "m": 3})) == ["z", "a", "m"]


def test_the_callers_own_values_are_not_changed() -> None:
    given = {"fields": {"at": date(2026, 1, 1)}, "list": [1]}

    plain(given)["list"].append(2)

    assert given == {"fields": {"at": date(2026, 1, 1)}, "list": [1]}


def test_a_file_does_not_show_its_content() -> None:
    assert repr(File("a.txt", b"private")) == "File(name='a.txt')"


@pytest.mark.parametrize("content", [b"", b"\x00\xff" * 1000])
def test_a_file_is_sent_whole(content: bytes) -> None:
    name, text = File("a.bin", content).parameter()

    assert (name, base64.b64decode(text)) == ("a.bin", content)
