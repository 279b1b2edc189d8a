"""Every feature of the clients that people come from has a test that shows where it is here."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import Final

import pytest

S1: Final = "@2bad/bitrix"
S2: Final = "b24pysdk"
PEERS: Final = "only others"
NOBODY: Final = "nobody else"

ROWS: Final[dict[str, tuple[str, ...]]] = {
    # What opens a portal.
    "AUTH-1": (S1, S2),
    "AUTH-2": (S1, S2),
    "AUTH-3": (S2,),
    "AUTH-4": (S2,),
    "AUTH-5": (S2,),
    "AUTH-6": (S2,),
    "AUTH-7": (PEERS,),
    "AUTH-8": (S2,),
    "AUTH-9": (S2,),
    "AUTH-10": (S2,),
    "AUTH-11": (S2,),
    "AUTH-12": (S1, S2),
    "AUTH-13": (S1, S2),
    "AUTH-14": (S2,),
    "AUTH-15": (S2,),
    # Calls and batches.
    "CALL-1": (S1, S2),
    "CALL-2": (S2,),
    "CALL-3": (S1, S2),
    "CALL-4": (S1, S2),
    "CALL-5": (S1, S2),
    "CALL-6": (S1, S2),
    "CALL-7": (S1, S2),
    "CALL-8": (S2,),
    "CALL-9": (S1, S2),
    "CALL-10": (PEERS,),
    "CALL-11": (S1, S2),
    "CALL-12": (S2,),
    "CALL-13": (PEERS,),
    "CALL-14": (S1, S2),
    "CALL-15": (S1,),
    "CALL-16": (S1, S2),
    "CALL-17": (S2,),
    "CALL-18": (S1, S2),
    "CALL-19": (S1, S2),
    "CALL-20": (S1, S2),
    # Lists.
    "LIST-1": (S1, S2),
    "LIST-2": (S2,),
    "LIST-3": (S1, S2),
    "LIST-4": (S1, S2),
    "LIST-5": (S2,),
    "LIST-6": (S2,),
    "LIST-7": (S2,),
    "LIST-8": (S2,),
    "LIST-9": (PEERS,),
    "LIST-10": (S2,),
    # Limits, repeats, time.
    "RATE-1": (S1,),
    "RATE-2": (PEERS,),
    "RATE-3": (PEERS,),
    "RATE-4": (S2,),
    "RATE-5": (PEERS,),
    "RATE-6": (PEERS,),
    "RATE-7": (S1,),
    "RATE-8": (S1, S2),
    "RATE-9": (S1, S2),
    "RATE-10": (PEERS,),
    "RATE-11": (S2,),
    # Errors.
    "ERR-1": (S1, S2),
    "ERR-2": (S2,),
    "ERR-3": (S2,),
    "ERR-4": (S1, S2),
    "ERR-5": (S1, S2),
    "ERR-6": (S2,),
    "ERR-7": (S2,),
    # What comes back.
    "TYPE-1": (S1, S2),
    "TYPE-2": (S2,),
    "TYPE-3": (S1, S2),
    "TYPE-4": (S1,),
    "TYPE-5": (S1, S2),
    "TYPE-6": (S2,),
    # Signals, storage, logging, configuration.
    "SIG-1": (S2,),
    "SIG-2": (S2,),
    "SIG-3": (S2,),
    "SIG-4": (S2,),
    "STO-1": (S2,),
    "STO-2": (PEERS,),
    "STO-3": (NOBODY,),
    "LOG-1": (S2,),
    "LOG-2": (S2,),
    "CFG-1": (S1, S2),
    "CFG-2": (S2,),
    # Installing, living, leaving.
    "INS-1": (S2,),
    "INS-2": (PEERS,),
    "INS-3": (PEERS,),
    "INS-4": (NOBODY,),
}
"""Who has a feature, by its row in the comparison of clients."""

_ROW: Final = re.compile(r"test_(auth|call|list|rate|err|type|sig|sto|log|cfg|ins)_(\d+)_")


def names_of_tests() -> list[str]:
    """The names of all tests beside this file."""
    return [
        node.name
        for file in sorted(Path(__file__).parent.glob("test_*.py"))
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
    ]


@cache
def rows_tested() -> frozenset[str]:
    found = (_ROW.match(name) for name in names_of_tests())
    return frozenset(f"{match[1].upper()}-{match[2]}" for match in found if match)


@pytest.mark.parametrize(("row", "seeds"), ROWS.items())
def test_a_row_has_a_test(row: str, seeds: tuple[str, ...]) -> None:
    assert row in rows_tested(), f"nothing shows where users of {' and '.join(seeds)} find {row}"


def test_no_test_names_a_row_that_does_not_exist() -> None:
    assert rows_tested() <= set(ROWS)


def test_no_two_tests_of_one_file_have_the_same_name() -> None:
    for file in Path(__file__).parent.glob("test_*.py"):
        names = re.findall(r"def (test_\w+)\(", file.read_text("utf-8"))
        assert len(names) == len(set(names)), file.name
