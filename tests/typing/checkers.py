"""What mypy and pyright say about files, as values.

Both are run as users run them, in their strictest settings, with the errors about deprecated names
that pyright has there by itself.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

CHECKERS: Final = ("mypy", "pyright")
CACHE: Final = Path(__file__).parents[2] / ".mypy_cache" / "typing"
"""What mypy knows of modules from one run to the next."""
_TIMEOUT: Final = 300
_MARK: Final = re.compile(r"# expect: (\S+) (\S+)$")


@dataclass(frozen=True)
class Finding:
    """One error."""

    file: Path
    """As an absolute path."""
    line: int
    rule: str
    """mypy's error code, or the name of pyright's rule."""
    message: str


def expected_in(text: str, checker: str) -> dict[int, str]:
    """Line and rule of everything that a checker should find, from the marks in the text."""
    lines = enumerate(text.splitlines(), start=1)
    found = ((number, _MARK.search(line)) for number, line in lines)
    return {number: match[1 + CHECKERS.index(checker)] for number, match in found if match}


def by_line(findings: Iterable[Finding], expected: dict[int, str]) -> dict[int, str]:
    """Line and rule of what was found. Of several rules of a line it is the expected one, if that
    is among them: one mistake often breaks more than one."""
    found: dict[int, str] = {}
    for finding in findings:
        if found.get(finding.line) != expected.get(finding.line, ""):
            found[finding.line] = finding.rule
    return found


def run_mypy(
    paths: Sequence[Path],
    folder: Path,
    *,
    cache: Path = CACHE,
    python: Path = Path(sys.executable),
) -> list[Finding]:
    """Everything that ``mypy --strict`` finds in these files.

    Args:
        folder: where it is started; nothing there is configuration.
        cache: where it keeps what it knows of modules.
        python: the interpreter whose packages are seen.
    """
    command = [sys.executable, "-m", "mypy", "--strict", "--output", "json"]
    command += ["--config-file=", "--python-version", "3.11"]
    command += ["--follow-imports", "silent", "--enable-error-code", "deprecated"]
    command += ["--cache-dir", str(cache), "--python-executable", str(python)]
    output = _output([*command, *map(str, paths)], folder)
    reports = [json.loads(line) for line in output.splitlines()]
    return [
        Finding((folder / r["file"]).resolve(), r["line"], r["code"], r["message"])
        for r in reports
        if r["severity"] == "error"
    ]


def run_pyright(
    paths: Sequence[Path], folder: Path, *, python: Path = Path(sys.executable)
) -> list[Finding]:
    """Everything that pyright finds in these files in its mode "strict".

    Args:
        folder: an empty one, which gets the configuration.
        python: the interpreter whose packages are seen.
    """
    project = folder / "pyrightconfig.json"
    settings = {
        "include": [str(path) for path in paths],
        "pythonVersion": "3.11",
        "typeCheckingMode": "strict",
    }
    project.write_text(json.dumps(settings), "utf-8")
    command = [sys.executable, "-m", "basedpyright", "--outputjson", "--project", str(project)]
    answer: dict[str, Any] = json.loads(_output([*command, "--pythonpath", str(python)], folder))
    found = answer["generalDiagnostics"]
    assert answer["summary"]["filesAnalyzed"] >= len(paths), answer
    return [
        Finding(Path(d["file"]), d["range"]["start"]["line"] + 1, d["rule"], d["message"])
        for d in found
        if d["severity"] == "error"
    ]


def _output(command: Sequence[str], folder: Path) -> str:
    """What a checker prints. 0 is nothing found, 1 is something found."""
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=_TIMEOUT, check=False
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    assert done.stderr == "", done.stderr
    return done.stdout
