"""The generated file is what the catalogue and the tables of the generator make."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest

from bitrix_events.catalog.generate import TARGET, catalog_text, main, summary

REPOSITORY: Final = Path(__file__).parents[3]
SOURCE: Final = REPOSITORY.parent / "shared" / "bitrix24"


@pytest.fixture
def source() -> Path:
    if not (SOURCE / "methods.json").is_file():
        pytest.skip(f"NOT CHECKED: methods.json cannot be made again, {SOURCE} is missing")
    return SOURCE


def test_the_file_is_what_the_generator_makes(source: Path) -> None:
    assert TARGET.read_bytes() == catalog_text(source).encode(), (
        f"run: python -m bitrix_events.catalog.generate {source}"
    )


def test_one_method_is_one_line() -> None:
    lines = TARGET.read_text("utf-8").splitlines()
    names = [name for section in json.loads(TARGET.read_bytes()).values() for name in section]

    assert [line.partition('"')[2].partition('"')[0] for line in lines if ":{" in line] == [
        "classic",
        *names[:1579],
        "v3",
        *names[1579:],
    ]


def test_a_table_that_names_no_method_is_refused(source: Path, tmp_path: Path) -> None:
    catalogue: dict[str, Any] = json.loads((source / "methods.json").read_text("utf-8"))
    del catalogue["classic"]["event.offline.get"]
    (tmp_path / "methods.json").write_text(json.dumps(catalogue), "utf-8")

    with pytest.raises(ValueError, match=r"not in the catalogue: event\.offline\.get"):
        catalog_text(tmp_path)


def test_the_summary_counts() -> None:
    lines = summary(TARGET.read_text("utf-8")).splitlines()

    assert "classic: 1579 methods" in lines
    assert "v3: 110 methods" in lines


def test_without_a_folder_it_says_how_to_use_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "PATH_TO_BITRIX24_FOLDER" in capsys.readouterr().err
