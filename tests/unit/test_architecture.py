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
    *("aside", "decisions", "errors", "failpoints", "metrics", "nearest", "settings", "signals"),
}
_RECORDS: Final = _GROUND | {"events", "messages", "wire"}
_BELOW_WEB: Final = _RECORDS | {"routing", "rest", "store", "portals", "engine"}
MAY_IMPORT: Final[dict[str, set[str]]] = {
    "errors": set(),
    "aside": set(),
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
    "routing": _GROUND | {"entities", "events", "wire"},
    "rest": _GROUND | {"entities", "events", "wire", "catalog", "generated"},
    "store": _GROUND | {"events", "wire"},
    "portals": _GROUND | {"events", "wire", "rest", "store"},
    "engine": _RECORDS | {"routing", "store"},
    "web": _BELOW_WEB,
    "server": {"errors", "metrics"},
    "connections": _BELOW_WEB,
    "occasion": _BELOW_WEB | {"connections"},
    "stage": _BELOW_WEB,
    "catch_up": _BELOW_WEB | {"entities"},
    "chores": _BELOW_WEB | {"catch_up", "connections"},
    "stores": _GROUND | {"store"},
    "app": _BELOW_WEB | {"chores", "connections", "occasion", "stage", "stores", "web"},
    # Its demo plays with the fake portal.
    "cli": _BELOW_WEB | {"app", "catch_up", "server", "stores", "testing", "web"},
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
    "orjson": ("rest/codec.py", "store/", "cli/", "testing/answers.py"),
    "asyncpg": ("store/postgres/",),
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


TESTS: Final = {
    path.relative_to(PACKAGE.parent / "tests").as_posix(): ast.parse(path.read_text("utf-8"))
    for path in (PACKAGE.parent / "tests").rglob("*.py")
}
CANNED: Final = {
    "contract/test_fake_directories.py": "the app that a fake portal posts events to",
    "contract/test_fake_page.py": "the app that a fake portal posts events to",
    "contract/test_fake_portal.py": "the app that a fake portal posts events to",
    "unit/rest/test_nothing_sent.py": "a transport with a bug, which answers nothing",
    "unit/rest/test_transport.py": "single HTTP exchanges, below anything that REST means",
}
"""Where answers come from `httpx.MockTransport`, and what it stands for."""
SERVERS: Final = {
    "cli/test_doctor_addresses.py": "the app behind a proxy, as `doctor` finds it",
    "cli/test_fake_portal.py": "the app that a fake portal posts events to",
    "compat/https.py": "TLS before a fake portal",
    "compat/test_b24pysdk_events.py": "an app on the vendor's SDK",
    "contract/test_fake_kinds.py": "the app that a fake portal posts events to",
    "contract/test_fake_page.py": "the app that a fake portal posts events to",
    "contract/wires.py": "a wire to a database",
    "processes/served.py": "the app behind our server",
    "processes/test_fake_portal_page.py": "the app, and a hostile page in the browser",
    "scenarios/forgery.py": "a listener that must hear nothing",
    "scenarios/test_doors.py": "the app below a path; a listener that must hear nothing",
    "seeds/test_limits_and_retries.py": "a peer that stops in the middle of its answer",
    "unit/rest/test_nothing_sent.py": "a peer that says nothing",
    "unit/rest/test_secrets.py": "a peer that hangs up",
    "unit/rest/test_transport.py": "peers that break HTTP",
    "unit/server/test_desk.py": "the app behind our server",
    "unit/testing_kit/test_inprocess.py": "an app that is reached in process",
    "unit/web/test_health.py": "the app's own routes",
}
"""Who answers requests beside the fake portal, and what it stands for; benchmarks aside."""
_SERVERS: Final = {"start_server", "Starlette"}
_TRANSPORTS: Final = {"AsyncBaseTransport", "BaseTransport"}


def test_canned_answers_stand_for_something_that_is_no_portal() -> None:
    found = {
        path
        for path, tree in TESTS.items()
        if any(name_of(node) == "MockTransport" for node in ast.walk(tree))
    }

    assert found == set(CANNED)


def test_servers_of_tests_stand_for_something_that_is_no_portal() -> None:
    found = {
        path
        for path, tree in TESTS.items()
        if not path.startswith("benchmarks/")
        and path != "unit/test_architecture.py"
        and any(
            (isinstance(node, ast.Call) and name_of(node.func) in _SERVERS)
            or (isinstance(node, ast.Attribute) and node.attr == "BaseHTTPRequestHandler")
            or (isinstance(node, ast.Constant) and node.value == "http.response.start")
            for node in ast.walk(tree)
        )
    }

    assert found == set(SERVERS)


def test_transports_of_tests_lead_to_a_fake_portal() -> None:
    wrong = [
        f"{path}:{found.lineno}: {found.name} hands nothing on; ask a FakePortal"
        for path, tree in TESTS.items()
        for found in ast.walk(tree)
        if isinstance(found, ast.ClassDef)
        and any(name_of(base) in _TRANSPORTS for base in found.bases)
        and ".handle_async_request(" not in ast.unparse(found)
    ]

    assert wrong == []


def test_no_test_makes_a_result_of_its_own() -> None:
    """Results come from the fake portal, which may be told them by `FakePortal.answer`."""
    wrong = [
        f"{path}:{call.lineno}: an HTTP answer with a result; use FakePortal.answer"
        for path, tree in TESTS.items()
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and name_of(call.func).endswith(("Response", "Reply"))
        and any(has_result(node) for node in ast.walk(call))
    ]

    assert wrong == []


def name_of(node: ast.AST) -> str:
    """The last part of a dotted name; empty if it is none."""
    return str(getattr(node, "attr", getattr(node, "id", "")))


def has_result(node: ast.AST) -> bool:
    """Whether it is a mapping with the key that REST answers have, or begins as its JSON does."""
    if isinstance(node, ast.Constant):
        text = node.value.decode(errors="replace") if isinstance(node.value, bytes) else node.value
        return isinstance(text, str) and text.startswith('{"result"')
    keys = node.keys if isinstance(node, ast.Dict) else []
    return any(isinstance(key, ast.Constant) and key.value == "result" for key in keys)
