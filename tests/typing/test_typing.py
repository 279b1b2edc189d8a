"""What users write as mypy and pyright see it, both in their strictest settings.

Files in `good` have to pass. In `bad`, each line that ends with ``# expect: CODE RULE`` has to be
refused by mypy with that code and by pyright with that rule, and no other line.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeAlias

import pytest

from tests.typing.checkers import (
    CHECKERS,
    Finding,
    by_line,
    expected_in,
    run_mypy,
    run_pyright,
)

HERE: Final = Path(__file__).parent
GOOD: Final = sorted((HERE / "good").glob("[!_]*.py"))
BAD: Final = sorted((HERE / "bad").glob("[!_]*.py"))

Findings: TypeAlias = dict[str, list[Finding]]


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> Findings:
    """What each checker finds in all the files."""
    with ThreadPoolExecutor() as pool:
        mypy = pool.submit(run_mypy, GOOD + BAD, HERE)
        pyright = pool.submit(run_pyright, GOOD + BAD, tmp_path_factory.mktemp("pyright"))
        return {"mypy": mypy.result(), "pyright": pyright.result()}


@pytest.mark.parametrize("file", GOOD, ids=lambda file: file.stem)
@pytest.mark.parametrize("checker", CHECKERS)
def test_what_users_write_passes(findings: Findings, checker: str, file: Path) -> None:
    assert [finding for finding in findings[checker] if finding.file == file] == []


@pytest.mark.parametrize("file", BAD, ids=lambda file: file.stem)
@pytest.mark.parametrize("checker", CHECKERS)
def test_mistakes_are_found_where_they_are_made(
    findings: Findings, checker: str, file: Path
) -> None:
    expected = expected_in(file.read_text("utf-8"), checker)
    found = by_line((f for f in findings[checker] if f.file == file), expected)

    assert found == expected
    assert expected


def test_nothing_else_is_found(findings: Findings) -> None:
    files = {finding.file for found in findings.values() for finding in found}

    assert files <= set(BAD)


@pytest.mark.parametrize("checker", CHECKERS)
def test_a_deprecated_method_names_its_replacement(findings: Findings, checker: str) -> None:
    rules = ("deprecated", "reportDeprecated")
    told = [finding.message for finding in findings[checker] if finding.rule in rules]

    assert any("crm.item.get" in message for message in told)
