"""Who may import whom, which library lives where, and what the package shows."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import bitrix_events

PACKAGE: Final = Path(bitrix_events.__file__).parent
MODULES: Final = {path: ast.parse(path.read_text("utf-8")) for path in PACKAGE.rglob("*.py")}

_GROUND: Final = {
    *("decisions", "errors", "failpoints", "metrics", "nearest", "settings", "signals"),
}
_RECORDS: Final = _GROUND | {"events", "messages", "wire"}
_BELOW_WEB: Final = _RECORDS | {"routing", "rest", "store", "portals", "engine"}
MAY_IMPORT: Final[dict[str, set[str]]] = {
    "errors": set(),
    "decisions": set(),
    "failpoints": set(),
    "metrics": set(),
    "settings": {"errors"},
    "signals": {"errors"},
    "nearest": set(),
    "entities": {"nearest"},
    "events": _GROUND | {"entities", "generated", "wire"},
    "generated": {"entities", "events"},
    "messages": {"events"},
    "catalog": {"entities", "events", "nearest"},  # its generator looks at what is written by hand
    "wire": _GROUND,
    "routing": _GROUND | {"events", "wire"},
    "rest": _GROUND | {"entities", "events", "wire", "catalog", "generated"},
    "store": _GROUND | {"events", "wire"},
    "portals": _GROUND | {"events", "wire", "rest", "store"},
    "engine": _RECORDS | {"routing", "store"},
    "web": _BELOW_WEB,
    "server": {"errors", "metrics"},
    "connections": _BELOW_WEB,
    "occasion": _BELOW_WEB | {"connections"},
    "stage": _BELOW_WEB,
    "app": _BELOW_WEB | {"connections", "occasion", "stage", "web"},
    "cli": _BELOW_WEB | {"web", "app", "server", "testing"},  # its demo plays with the fake portal
    "testing": _BELOW_WEB | {"app", "entities", "stage", "web"},
    "pytest_plugin": {"app", "testing"},
    "__main__": {"cli"},
    "__init__": _BELOW_WEB | {"app"},
}
_OF_APPS: Final = {
    f"{name}.py" for name in ("__init__", "apptest", "factory", "fixtures", "staging")
}
"""Modules of `testing` that run or know an app; the fake portal itself knows the wire only."""
HOMES: Final = {
    "httpx": ("rest/transport.py", "rest/carrier.py", "testing/"),
    "aiohttp": ("rest/carrier.py", "rest/resolver.py"),
    "orjson": ("rest/codec.py", "store/sqlite/", "cli/", "testing/answers.py"),
    "sqlite3": ("store/sqlite/",),
    "starlette": ("web/", "app.py", "testing/"),
    "uvicorn": ("server/", "cli/", "testing/"),
    "httptools": ("server/",),
    "typer": ("cli/",),
    "rich": ("cli/", "rest/progress.py"),
    "blinker": ("signals.py",),
    "cryptography": ("store/secrets.py",),
    "prometheus_client": ("metrics.py",),
    "pytest": ("pytest_plugin.py",),
}


def imports_of(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and full name of everything that is imported, at whatever place."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            outer = "." * node.level + (node.module or "")
            yield from ((node.lineno, f"{outer}.{alias.name}") for alias in node.names)


def layer_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def test_imports_point_down() -> None:
    wrong = []
    for path, tree in MODULES.items():
        own = layer_of(path)
        for line, name in imports_of(tree):
            first, _, rest = name.partition(".")
            layer = rest.partition(".")[0]
            if not first or (
                first == "bitrix_events" and layer != own and layer not in MAY_IMPORT[own]
            ):
                wrong.append(f"{path}:{line}: {own} must not import {name}")

    assert wrong == []


def test_the_fake_portal_has_nothing_in_common_with_what_it_tests() -> None:
    wrong = [
        f"{path}:{line}: the fake portal must not import {name}"
        for path, tree in MODULES.items()
        if layer_of(path) == "testing" and path.name not in _OF_APPS
        for line, name in imports_of(tree)
        if name.startswith("bitrix_events.")
        and name.split(".")[1] not in ("errors", "testing", "wire")
    ]

    assert wrong == []


def test_each_library_has_one_home() -> None:
    wrong = [
        f"{path}:{line}: {name} belongs into {' or '.join(homes)}"
        for path, tree in MODULES.items()
        for line, name in imports_of(tree)
        if (homes := HOMES.get(name.partition(".")[0]))
        and not path.relative_to(PACKAGE).as_posix().startswith(homes)
    ]

    assert wrong == []


def test_nothing_is_imported_inside_a_function() -> None:
    wrong = [
        f"{path}:{line}: {name} is imported inside of {function.name}"
        for path, tree in MODULES.items()
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for line, name in imports_of(function)
    ]

    assert wrong == []


def test_the_public_names_exist_and_are_sorted() -> None:
    names = bitrix_events.__all__

    assert [name for name in names if not hasattr(bitrix_events, name)] == []
    assert names == sorted(set(names), key=lambda name: (not name.isupper(), name))


_WITH_A_PORTAL_OF_THEIR_OWN: Final = {
    "unit/rest/test_closing.py",  # one that does not answer
    "unit/rest/test_renewal.py",  # one that takes a single token, which expires within a batch
}
_WAYS_TO_ANSWER: Final = {"handle_async_request", "handle_request", "__call__", "do_POST"}


def test_there_is_no_second_fake_portal() -> None:
    """A canned answer is none, nor what passes on to a fake portal; an object that has results of
    its own for what it is asked is one."""
    tests = Path(__file__).parent.parent
    wrong = [
        f"{path}:{found.lineno}: {found.name} answers as a portal does; ask a FakePortal instead"
        for path in tests.rglob("*.py")
        if path.relative_to(tests).as_posix() not in _WITH_A_PORTAL_OF_THEIR_OWN
        for found in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(found, ast.ClassDef)
        and _WAYS_TO_ANSWER & {getattr(part, "name", "") for part in found.body}
        and any(has_result(node) for node in ast.walk(found))
        and ".handle_async_request(" not in ast.unparse(found)
    ]

    assert wrong == []


def has_result(node: ast.AST) -> bool:
    """Whether it is a mapping with the key that REST answers have."""
    keys = node.keys if isinstance(node, ast.Dict) else []
    return any(isinstance(key, ast.Constant) and key.value == "result" for key in keys)
