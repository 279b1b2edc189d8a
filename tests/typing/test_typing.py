"""The public surface as mypy sees it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def mypy(file: str) -> set[tuple[int, str]]:
    """Line and code of every error that mypy finds in a file of this folder."""
    result = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", str(HERE / file)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert result.stderr == ""
    found = re.findall(r"^\S+?:(\d+): error: .*\[([\w-]+)\]$", result.stdout, re.MULTILINE)
    assert len(found) == result.stdout.count("error:"), result.stdout
    return {(int(line), code) for line, code in found}


def test_what_users_write_passes() -> None:
    assert mypy("good.py") == set()


def test_mistakes_are_found_where_they_are_made() -> None:
    lines = (HERE / "bad.py").read_text("utf-8").splitlines()
    expected = {
        (number, match[1])
        for number, line in enumerate(lines, start=1)
        if (match := re.search(r"# expect: ([\w-]+)", line))
    }

    assert mypy("bad.py") == expected
    assert expected
