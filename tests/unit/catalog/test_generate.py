"""Generated files are what the catalogue and the tables of the generator make."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from bitrix_events.catalog.generate import GENERATED, PACKAGE, differences, outputs, stale, write
from bitrix_events.catalog.generate.__main__ import main
from bitrix_events.catalog.generate.source import MADE_BY, Source, read_source

METHODS: Final = PACKAGE / GENERATED / "methods.json"


@pytest.fixture(scope="module")
def source() -> Source:
    return read_source()


@pytest.fixture(scope="module")
def files(source: Source) -> dict[Path, str]:
    return outputs(source)


def test_the_files_are_what_the_generator_makes(files: dict[Path, str]) -> None:
    assert differences(files) == [], "run: python -m bitrix_events.catalog.generate"


def test_another_process_makes_the_same_bytes(files: dict[Path, str]) -> None:
    program = (
        "import hashlib\n"
        "from bitrix_events.catalog.generate import outputs\n"
        "from bitrix_events.catalog.generate.source import read_source\n"
        "for path, text in outputs(read_source()).items():\n"
        "    print(path.as_posix(), hashlib.sha256(text.encode()).hexdigest())\n"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "20261122"}
    command = [sys.executable, "-c", program]
    made = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)

    assert made.stdout.splitlines() == [
        f"{path.as_posix()} {hashlib.sha256(text.encode()).hexdigest()}"
        for path, text in files.items()
    ]


def test_every_file_says_how_it_was_made(files: dict[Path, str]) -> None:
    heads = {path: text[: text.index("\n", 3)] for path, text in files.items()}

    assert [path for path, head in heads.items() if MADE_BY not in head] == []


def test_no_file_is_too_long_for_an_editor(files: dict[Path, str]) -> None:
    sizes = {path: text.count("\n") for path, text in files.items() if path.suffix != ".json"}

    assert {path: size for path, size in sizes.items() if size > 1500} == {}


def test_the_check_tells_what_is_missing_different_and_left_over(tmp_path: Path) -> None:
    wanted = {GENERATED / "a.py": "a\n", GENERATED / "b.py": "b\n", Path("c.pyi"): "c\n"}
    write(wanted, tmp_path)
    assert differences(wanted, tmp_path) == []

    (tmp_path / GENERATED / "a.py").write_text("changed\n")
    (tmp_path / GENERATED / "b.py").unlink()
    (tmp_path / GENERATED / "old.pyi").write_text("old\n")

    assert differences(wanted, tmp_path) == [
        f"{GENERATED / 'old.pyi'} is not generated",
        f"{GENERATED / 'a.py'} differs",
        f"{GENERATED / 'b.py'} is missing",
    ]


def test_writing_removes_what_is_left_over_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / GENERATED).mkdir()
    (tmp_path / GENERATED / "old.pyi").write_text("old\n")
    (tmp_path / "hand.py").write_text("by hand\n")
    wanted = {GENERATED / "deep" / "a.py": "a\n"}

    write(wanted, tmp_path)

    assert stale(wanted, tmp_path) == []
    assert (tmp_path / GENERATED / "deep" / "a.py").read_bytes() == b"a\n"
    assert (tmp_path / "hand.py").exists()


def test_the_command_checks_without_writing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0
    assert "0 differences" in capsys.readouterr().out


def test_the_command_says_how_to_use_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--verify"]) == 2
    assert "bitrix_events.catalog.generate" in capsys.readouterr().err


def test_one_method_is_one_line() -> None:
    lines = METHODS.read_text("utf-8").splitlines()
    sections = json.loads(METHODS.read_bytes())
    names = [name for section in ("classic", "v3") for name in sections[section]]

    assert [line.partition('"')[2].partition('"')[0] for line in lines if ":{" in line] == [
        "classic",
        *names[:1579],
        "v3",
        *names[1579:],
    ]


def without(source: Source, method: str) -> Source:
    """The catalogue without a method."""
    classic: dict[str, Any] = dict(source.methods["classic"])
    del classic[method]
    return replace(source, methods={**source.methods, "classic": classic})


@pytest.mark.parametrize("method", ["event.offline.get", "lists.element.get", "user.add"])
def test_a_table_that_names_no_method_is_refused(source: Source, method: str) -> None:
    with pytest.raises(ValueError, match=rf"not in the catalogue: .*{method}"):
        outputs(without(source, method))


def test_a_type_that_nobody_knows_is_refused(source: Source) -> None:
    parameter = {"name": "id", "type": "telepathy"}
    profile = {**source.methods["classic"]["profile"], "params": [parameter]}
    classic = {**source.methods["classic"], "profile": profile}

    with pytest.raises(ValueError, match="the type telepathy is unknown"):
        outputs(replace(source, methods={**source.methods, "classic": classic}))
