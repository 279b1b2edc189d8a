"""Makes everything in ``bitrix_events/generated``, and the stubs of the lazy modules.

``python -m bitrix_events.catalog.generate`` writes the files; with ``--check`` it compares them and
fails if one differs. The same catalogue makes the same files, byte by byte. Nothing of this is
imported by an application.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from bitrix_events.catalog.generate import entities, events, facts, parameters, stubs
from bitrix_events.catalog.generate.source import Source

PACKAGE: Final = Path(__file__).parents[2]
GENERATED: Final = Path("generated")
_MODULES: Final = (facts, parameters, stubs, events, entities)
_SUFFIXES: Final = (".py", ".pyi", ".json")


def outputs(source: Source) -> dict[Path, str]:
    """Every generated file: its path inside the package, and its text.

    Raises:
        ValueError: two modules make the same file.
    """
    files: dict[Path, str] = {}
    for module in _MODULES:
        made = module.outputs(source)
        if twice := files.keys() & made.keys():
            raise ValueError(f"made twice: {', '.join(sorted(map(str, twice)))}")
        files |= made
    return dict(sorted(files.items()))


def stale(files: Mapping[Path, str], package: Path = PACKAGE) -> list[Path]:
    """Files that lie among the generated ones, and are not."""
    found = (path for path in (package / GENERATED).rglob("*") if path.suffix in _SUFFIXES)
    return sorted({path.relative_to(package) for path in found} - files.keys())


def differences(files: Mapping[Path, str], package: Path = PACKAGE) -> list[str]:
    """What writing the files would change, one line for each."""
    lines = [f"{path} is not generated" for path in stale(files, package)]
    for path, text in files.items():
        there = package / path
        if not there.is_file():
            lines.append(f"{path} is missing")
        elif there.read_bytes() != text.encode():
            lines.append(f"{path} differs")
    return lines


def write(files: Mapping[Path, str], package: Path = PACKAGE) -> None:
    """Write what differs, and delete what is not generated any more."""
    for path in stale(files, package):
        (package / path).unlink()
    for path, text in files.items():
        there = package / path
        if not there.is_file() or there.read_bytes() != text.encode():
            there.parent.mkdir(parents=True, exist_ok=True)
            there.write_bytes(text.encode())
