"""The stubs say what the catalogue says: no method, parameter, flag or value is left out."""

from __future__ import annotations

import ast
import inspect
import keyword
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from bitrix_events.catalog.generate import GENERATED, PACKAGE
from bitrix_events.catalog.generate.parameters import NOT_CLOSED
from bitrix_events.catalog.generate.source import read_source
from bitrix_events.catalog.methods import first_parts
from bitrix_events.rest.client import Client
from bitrix_events.rest.paths import FirstPart
from bitrix_events.rest.sync import SyncClient, SyncV3Client
from bitrix_events.rest.v3 import V3Client

SOURCE: Final = read_source()
ROOTS: Final = {"classic": ("methods", "Methods"), "v3": ("v3", "V3Methods")}
SECTIONS: Final = tuple(ROOTS)


@dataclass
class Stub:
    """What a stub says of a method."""

    required: set[str] = field(default_factory=set)
    optional: set[str] = field(default_factory=set)
    annotations: dict[str, str] = field(default_factory=dict)
    gives: str = ""
    is_open: bool = False
    deprecated: str | None = None
    docstring: str = ""


@cache
def stubs(section: str) -> dict[str, Stub]:
    """The methods that can be reached from the root class, by name."""
    folder, root = ROOTS[section]
    classes: dict[str, ast.ClassDef] = {}
    for path in sorted((PACKAGE / GENERATED / folder).rglob("*.pyi")):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef):
                assert node.name not in classes, f"{node.name} is in two files"
                classes[node.name] = node
    return dict(reachable(classes, classes[root], ""))


def reachable(
    classes: dict[str, ast.ClassDef], scope: ast.ClassDef, above: str
) -> Iterator[tuple[str, Stub]]:
    for node in scope.body:
        if isinstance(node, ast.FunctionDef):
            if node.name == "__call__":
                yield above, read(node)
            else:
                yield f"{above}.{sent(node.name)}".lstrip("."), read(node)
        elif isinstance(node, ast.AnnAssign):
            below = classes[ast.unparse(node.annotation).partition("[")[0]]
            part = sent(ast.unparse(node.target))
            yield from reachable(classes, below, f"{above}.{part}".lstrip("."))


def sent(name: str) -> str:
    """A part or a parameter as the portal knows it."""
    bare = name.removesuffix("_")
    return bare if keyword.iskeyword(bare) or bare in ("batch", "call") else name


def read(node: ast.FunctionDef) -> Stub:
    assert [argument.arg for argument in node.args.args] == ["self"]
    assert node.returns is not None
    stub = Stub(gives=ast.unparse(node.returns), docstring=ast.get_docstring(node) or "")
    stub.is_open = node.args.kwarg is not None
    for argument, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True):
        assert argument.annotation is not None
        name = sent(argument.arg)
        (stub.required if default is None else stub.optional).add(name)
        stub.annotations[name] = ast.unparse(argument.annotation)
    for decorator in node.decorator_list:
        assert isinstance(decorator, ast.Call)
        assert ast.unparse(decorator.func) == "deprecated"
        stub.deprecated = ast.literal_eval(decorator.args[0])
    return stub


def documented(section: str) -> dict[str, Any]:
    methods: dict[str, Any] = {}
    for name, record in SOURCE.methods[section].items():
        methods |= dict.fromkeys((name, *record.get("aliases", ())), record)
    return methods


def pairs(section: str) -> list[tuple[str, Any, Stub]]:
    return [(name, record, stubs(section)[name]) for name, record in documented(section).items()]


def is_pattern(name: str) -> bool:
    return not name.isidentifier() or name.endswith("_")


@pytest.mark.parametrize(("section", "count"), [("classic", 1579), ("v3", 110)])
def test_every_method_has_a_stub_and_every_stub_a_method(section: str, count: int) -> None:
    assert stubs(section).keys() == documented(section).keys()
    assert len(stubs(section)) == count


@pytest.mark.parametrize("section", SECTIONS)
def test_every_parameter_is_there_and_required_as_documented(section: str) -> None:
    for name, record, stub in pairs(section):
        plain = [item for item in record["params"] if not is_pattern(item["name"])]
        required = {item["name"] for item in plain if item.get("required") is True}
        others = {item["name"] for item in plain} - required
        own = {"idempotency_key"} if section == "v3" and record["kind"] != "read" else set()

        assert stub.required == required, name
        assert stub.optional == others | own, name


@pytest.mark.parametrize("section", SECTIONS)
def test_names_that_stand_for_many_open_a_method(section: str) -> None:
    for name, record, stub in pairs(section):
        patterns = [item["name"] for item in record["params"] if is_pattern(item["name"])]
        is_open = bool(patterns) or bool(record.get("mention_only"))

        assert stub.is_open == (is_open or name in ("user.add", "user.update")), name
        assert all(pattern in stub.docstring for pattern in patterns), name


@pytest.mark.parametrize("section", SECTIONS)
def test_every_closed_value_is_in_the_type(section: str) -> None:
    for name, record, stub in pairs(section):
        for parameter in record["params"]:
            values = set(parameter.get("values", ()))
            if not values or is_pattern(parameter["name"]):
                continue
            if (name, parameter["name"]) in NOT_CLOSED:
                assert all(value in stub.docstring for value in values), name
                continue
            annotation = stub.annotations[parameter["name"]]
            if annotation.startswith("Order"):
                assert {value.lower() for value in values} <= {"asc", "desc"}, name
                continue
            if annotation == "bool":
                assert values == {"true", "false"}, name
                continue
            found = {
                str(literal).lower() if isinstance(literal, bool) else str(literal)
                for literal in literals(annotation)
            }
            if {value.lower() for value in values} <= {"asc", "desc"}:
                values |= {form for value in values for form in (value.upper(), value.lower())}
            assert found == values, f"{name} {parameter['name']}"


def literals(annotation: str) -> list[Any]:
    return [
        ast.literal_eval(element)
        for node in ast.walk(ast.parse(annotation))
        if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "Literal"
        for element in (node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice])
    ]


@pytest.mark.parametrize("section", SECTIONS)
def test_a_parameter_without_a_type_is_one_without_documented_type(section: str) -> None:
    for name, record, stub in pairs(section):
        for parameter in record["params"]:
            if is_pattern(parameter["name"]) or parameter.get("values"):
                continue
            is_any = stub.annotations[parameter["name"]] == "Any"
            assert is_any == ("type" not in parameter), f"{name} {parameter['name']}"


@pytest.mark.parametrize("section", SECTIONS)
def test_what_is_documented_inside_of_a_parameter_is_in_the_docstring(section: str) -> None:
    for name, record, stub in pairs(section):
        text = " ".join(stub.docstring.split())
        for parameter in record["params"]:
            for inner in parameter.get("fields", ()):
                assert inner["name"] in text, f"{name} {parameter['name']} {inner['name']}"
        for group in record.get("one_of", ()):
            assert f"Needs {' or '.join(group)}." in text, name
        if record["scope"]:
            assert f"Scope: {record['scope'].replace('|', ' or ')}." in text, name


@pytest.mark.parametrize("section", SECTIONS)
def test_lists_give_rows_and_nothing_else_does(section: str) -> None:
    for name, record, stub in pairs(section):
        gives = (
            "C"
            if not record["list"]
            else "R"
            if record.get("rows_shape", "records") == "records"
            else "V"
        )
        assert stub.gives == gives, name


@pytest.mark.parametrize("section", SECTIONS)
def test_deprecated_methods_say_what_to_use(section: str) -> None:
    for name, record, stub in pairs(section):
        deprecated = record.get("deprecated")
        assert (stub.deprecated is not None) == bool(deprecated), name
        for replacement in deprecated.get("by", ()) if isinstance(deprecated, dict) else ():
            assert replacement in (stub.deprecated or ""), name


@pytest.mark.parametrize(
    ("section", "clients"), [("classic", (Client, SyncClient)), ("v3", (V3Client, SyncV3Client))]
)
def test_a_first_part_that_a_client_takes_has_an_underscore(
    section: Any, clients: tuple[type, ...]
) -> None:
    folder, root = ROOTS[section]
    tree = ast.parse((PACKAGE / GENERATED / folder / "__init__.pyi").read_text("utf-8"))
    (scope,) = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    assert scope.name == root
    names = {
        node.name if isinstance(node, ast.FunctionDef) else ast.unparse(node.target)
        for node in scope.body
        if isinstance(node, ast.FunctionDef | ast.AnnAssign)
    }
    taken = {
        name
        for client in clients
        for name in dir(client)
        if not isinstance(inspect.getattr_static(client, name), FirstPart)
    }

    assert names & taken == set()
    assert names == {f"{part}_" if part in taken else part for part in first_parts(section)}


def test_the_wide_spread_methods_are_written_as_they_are_called() -> None:
    text = Path(PACKAGE / GENERATED / "methods" / "crm" / "item.pyi").read_text("utf-8")
    import_ = stubs("classic")["crm.item.import"]

    assert "def import_(" in text
    assert import_.required == {"entityTypeId", "fields"}
    assert stubs("classic")["crm.deal.get"].annotations == {"id": "int"}
    assert stubs("classic")["calendar.event.add"].annotations["from"] == "datetime | date | str"
