"""Failpoints: what can be planned, and that the code passes every one that can be named."""

from __future__ import annotations

import ast
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import bitrix_events
from bitrix_events.failpoints import NAMES, VARIABLE, failpoint, plan


@pytest.fixture(autouse=True)
def _unplanned() -> Iterator[None]:
    yield
    plan("")


def errors_of(name: str, passages: int) -> list[int]:
    """At which passages it raised."""
    raised = []
    for passage in range(1, passages + 1):
        try:
            failpoint(name)
        except OSError:
            raised.append(passage)
    return raised


def test_nothing_happens_unless_it_is_planned() -> None:
    plan("claimed=error")

    failpoint("settled")
    plan("")
    failpoint("claimed")


def test_an_action_happens_at_every_passage_or_at_the_one_that_is_named() -> None:
    plan("claimed=error; settled=error@3")

    assert errors_of("claimed", 3) == [1, 2, 3]
    assert errors_of("settled", 5) == [3]


def test_an_action_may_happen_by_chance() -> None:
    plan("claimed=error%0.5;settled=error%0")

    assert 300 < len(errors_of("claimed", 1000)) < 700
    assert errors_of("settled", 1000) == []


def test_time_is_lost_at_a_point(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    plan("checkpoint=sleep:0.05@2")

    failpoint("checkpoint")
    assert slept == []
    failpoint("checkpoint")

    assert slept == [0.05]


def child_passes(claimed: int, *, planned: str) -> subprocess.CompletedProcess[bytes]:
    """A process of its own passes one point so many times, and counts aloud."""
    return subprocess.run(
        [
            *(sys.executable, "-c"),
            "from bitrix_events.failpoints import failpoint\n"
            f"for passage in range({claimed}): failpoint('claimed'); print(passage, flush=True)",
        ],
        env={VARIABLE: planned},
        cwd=Path(bitrix_events.__file__).parents[1],
        stdout=subprocess.PIPE,
        check=False,
    )


def test_a_process_is_killed_by_what_its_environment_plans() -> None:
    child = child_passes(5, planned="claimed=kill@3")

    assert child.returncode == -signal.SIGKILL
    assert child.stdout.split() == [b"0", b"1"]


def test_what_a_file_plans_is_for_one_process(tmp_path: Path) -> None:
    (tmp_path / "plan").write_text("claimed=kill@2")

    codes = [child_passes(3, planned=f"@{tmp_path}/plan").returncode for _ in range(2)]

    assert codes == [-signal.SIGKILL, 0]


@pytest.mark.parametrize(
    "text", ["claimed", "claimed=", "claimed=explode", "claimed=kill@0", "claimed=sleep", "=kill"]
)
def test_a_misshapen_plan_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=VARIABLE):
        plan(text)


def test_a_plan_for_an_unknown_point_is_refused_and_the_known_ones_are_named() -> None:
    with pytest.raises(ValueError, match=r"no failpoint 'clamed'.*claimed.*settled"):
        plan("clamed=kill")


def test_the_code_passes_every_point_that_can_be_named_and_no_other() -> None:
    passed = set()
    for path in Path(bitrix_events.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "failpoint":
                passed.add(ast.literal_eval(node.args[0]))

    assert passed == NAMES
