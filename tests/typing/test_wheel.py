"""The package as it is delivered: a wheel in an empty environment, and a user's file beside it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.typing.checkers import CACHE, by_line, expected_in, run_mypy, run_pyright

ROOT: Final = Path(__file__).parents[2]
_PURELIB: Final = "import sysconfig; print(sysconfig.get_path('purelib'))"

USERS_FILE: Final = """\
from typing import Any, assert_type

from bitrix_events import App, Client, Response, SyncClient
from bitrix_events.events import Deal, OnCrmDealAdd
from bitrix_events.only_here import MARK

app = App()
assert_type(MARK, bytes)


@app.on(OnCrmDealAdd)
async def welcome(event: OnCrmDealAdd, deal: Deal, client: Client) -> None:
    assert_type(event.data["FIELDS"]["ID"], str)
    assert_type(await client.crm.item.get(entityTypeId=2, id=deal.id), Response)
    async for row in client.crm.item.list(entityTypeId=2, filter={">opportunity": 1000}):
        assert_type(row, dict[str, Any])
    client.crm.item.get(entityTypeId=2)  # expect: call-arg reportCallIssue


def count(client: SyncClient) -> int:
    return len(client.v3.tasks.task.lst())  # expect: attr-defined reportAttributeAccessIssue
"""


@dataclass(frozen=True)
class Installed:
    """Where the wheel was installed."""

    wheel: Path
    python: Path
    packages: Path


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel in a new environment. Nothing is downloaded.

    What it depends on is taken from the environment of the tests: a path in a .pth file is searched
    last, and .pth files there, such as one that leads to the sources of this package, do not count.
    """
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    _run([*build, str(ROOT)])
    (wheel,) = folder.glob("*.whl")
    builder = venv.EnvBuilder(symlinks=os.name == "posix")
    builder.create(folder / "environment")
    python = Path(builder.ensure_directories(folder / "environment").env_exe)
    packages = Path(_run([str(python), "-c", _PURELIB]).strip())
    dependencies = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (packages / "dependencies.pth").write_text("\n".join(sorted(dependencies)), "utf-8")
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
    options = ["--no-deps", "--no-index", "--disable-pip-version-check", "--ignore-installed"]
    _run([*pip, *options, str(wheel)])
    return Installed(wheel, python, packages)


def _run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_wheel_holds_types_and_no_sources_of_the_catalogue(installed: Installed) -> None:
    names = zipfile.ZipFile(installed.wheel).namelist()

    assert "bitrix_events/py.typed" in names
    assert {
        "bitrix_events/generated/methods.json",
        "bitrix_events/generated/methods/crm/deal.pyi",
        "bitrix_events/generated/v3/tasks.pyi",
        "bitrix_events/events/__init__.pyi",
        "bitrix_events/entities/__init__.pyi",
    } <= set(names)
    assert [name for name in names if "/catalog/source" in name or "/generate/" in name] == []
    assert {name.partition("/")[0] for name in names} == {
        "bitrix_events",
        f"bitrix_events-{installed.wheel.name.split('-')[1]}.dist-info",
    }


def test_every_stub_of_the_package_is_in_the_wheel(installed: Installed) -> None:
    names = zipfile.ZipFile(installed.wheel).namelist()
    stubs = {path.relative_to(ROOT).as_posix() for path in ROOT.glob("bitrix_events/**/*.pyi")}

    assert {name for name in names if name.endswith(".pyi")} == stubs


def test_the_installed_package_works_without_its_sources(installed: Installed) -> None:
    program = (
        "import bitrix_events as b; from bitrix_events.events import OnCrmDealAdd; "
        "c = b.Client('https://acme.bitrix24.test/rest/1/code/'); "
        "print(b.__file__, c.crm.deal.get, len(c.documented_methods()))"
    )
    where, *rest = _run([str(installed.python), "-I", "-c", program]).split()

    assert Path(where).is_relative_to(installed.packages)
    assert int(rest[-1]) > 1500


def test_a_users_file_is_checked_against_it(installed: Installed, tmp_path: Path) -> None:
    file = tmp_path / "users_app.py"
    file.write_text(USERS_FILE, "utf-8")
    # What the sources do not have shows that it is not they that are looked at.
    mark = installed.packages / "bitrix_events" / "only_here.py"
    mark.write_text('MARK: bytes = b""\n', "utf-8")
    cache = tmp_path / "cache"
    if CACHE.exists():
        shutil.copytree(CACHE, cache)  # the dependencies are where they were; the package is not

    with ThreadPoolExecutor() as pool:
        mypy = pool.submit(run_mypy, [file], tmp_path, cache=cache, python=installed.python)
        pyright = pool.submit(run_pyright, [file], tmp_path, python=installed.python)
        findings = {"mypy": mypy.result(), "pyright": pyright.result()}

    for checker, found in findings.items():
        expected = expected_in(USERS_FILE, checker)
        assert by_line(found, expected) == expected
