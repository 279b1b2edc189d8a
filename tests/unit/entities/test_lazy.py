"""Models are imported when somebody asks for them, and built when they are used."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import bitrix_events.entities as entities

PACKAGE = Path(entities.__file__).parent


IN_A_FRESH_INTERPRETER = """
import sys
import bitrix_events.entities
print([name for name in sys.modules if "generated.entities" in name])
from bitrix_events.entities import User
print([name for name in sys.modules if "generated.entities." in name])
print(User.__pydantic_complete__)
User.model_validate({"ID": "1"})
print(User.__pydantic_complete__)
"""


def test_a_model_is_imported_when_asked_for_and_built_when_used() -> None:
    done = subprocess.run(
        [sys.executable, "-c", IN_A_FRESH_INTERPRETER], capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines() == [
        "[]",
        "['bitrix_events.generated.entities.index', 'bitrix_events.generated.entities.users']",
        "False",
        "True",
    ]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("Dael", "; did you mean Deal"),
        ("TimelineComments", "; did you mean TimelineComment"),
        ("deal", "; did you mean Deal"),
        ("Xyzzy", ""),
        ("__wrapped__", ""),
    ],
)
def test_a_name_that_does_not_exist_tells_the_nearest(name: str, hint: str) -> None:
    with pytest.raises(AttributeError) as caught:
        getattr(entities, name)

    head, _, told = str(caught.value).partition(f"bitrix_events.entities has no {name!r}")
    assert head == ""
    assert told.startswith(hint) if hint else told == ""


def test_dir_lists_every_model() -> None:
    assert {*entities.names(), "Entity", "Money", "Multifield"} <= set(dir(entities))


def test_editors_see_what_is_there() -> None:
    stub = ast.parse((PACKAGE / "__init__.pyi").read_text("utf-8"))
    seen = {
        alias.name
        for node in stub.body
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("bitrix_events")
        for alias in node.names
    }

    assert seen == {
        *entities.names(),
        *("CrmItem", "CrmParty", "Day", "Entity", "Moment", "Money", "Multifield", "Reading"),
    }
