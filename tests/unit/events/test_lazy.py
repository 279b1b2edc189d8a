"""Event classes are imported when somebody asks for them, and not before."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from bitrix_events import events
from bitrix_events.events.registry import table


def modules_after(code: str) -> set[str]:
    """The generated modules that a fresh process has imported after some code."""
    script = f"{code}\nimport sys\nprint(*[m for m in sys.modules if '.generated' in m])"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=180
    )
    return {name.removeprefix("bitrix_events.generated") for name in done.stdout.split()}


@pytest.mark.process
def test_the_package_alone_imports_nothing_that_is_generated() -> None:
    assert modules_after("import bitrix_events") == set()


@pytest.mark.process
def test_an_event_brings_the_module_of_its_scope_and_no_records() -> None:
    asked = "from bitrix_events.events import event_class\nevent_class('ONCRMDEALADD')"

    assert modules_after(asked) == {"", ".events", ".events.crm"}


@pytest.mark.process
def test_what_happens_to_the_app_is_known_without_the_table() -> None:
    asked = "from bitrix_events.events import OnAppInstall, event_class\nevent_class('ONAPPTEST')"

    assert modules_after(asked) == set()


def test_all_names_are_listed_and_there() -> None:
    names = dir(events)

    assert len([name for name in names if "On" in name]) > 209
    assert {"Deal", "OnCrmDealAdd", "CatalogPriceOnAdd", "EntityEvent", "event_class"} <= {*names}
    assert all(getattr(events, name) is not None for name in names)
    assert names == sorted(names)


def test_editors_and_type_checkers_see_the_same_names() -> None:
    stub = Path(events.__file__).with_suffix(".pyi").read_text("utf-8")
    imports = [node for node in ast.parse(stub).body if isinstance(node, ast.ImportFrom)]
    shown = {a.asname for node in imports for a in node.names if node.module != "__future__"}

    assert shown == {*dir(events)}


def test_records_are_those_of_the_entities() -> None:
    import_of = {getattr(events, name).__module__ for name in table().MODELS}

    assert all(module.startswith("bitrix_events.generated.entities.") for module in import_of)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("OnCrmDealAd", "bitrix_events.events has no 'OnCrmDealAd'; did you mean OnCrmDealAdd"),
        ("Dael", "did you mean Deal"),
        ("ONIMBOTMESSAGEADD", "did you mean OnImBotMessageAdd"),
    ],
)
def test_an_unknown_name_says_which_was_meant(name: str, message: str) -> None:
    with pytest.raises(AttributeError) as caught:
        getattr(events, name)

    assert message in str(caught.value)


@pytest.mark.parametrize("name", ["Qqqqqqqqqqq", "_private", "__wrapped__"])
def test_a_name_like_no_other_is_just_not_there(name: str) -> None:
    with pytest.raises(AttributeError, match=rf"^bitrix_events\.events has no '{name}'$"):
        getattr(events, name)
