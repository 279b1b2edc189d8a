"""What an editor offers while somebody types: asked of jedi, the engine of many of them."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from typing import Final

import jedi
import pytest

ROOT: Final = Path(__file__).parents[2]

IN_A_HANDLER: Final = """
from bitrix_events import App, Client
from bitrix_events.events import Deal, OnCrmDealAdd

app = App()

@app.on(OnCrmDealAdd)
async def welcome(deal: Deal, client: Client) -> None:
    """
ON_ITS_OWN: Final = """
from bitrix_events import Client

client = Client("https://acme.bitrix24.com/rest/1/code/")
"""
IN_A_BLOCK: Final = """
from bitrix_events import SyncClient

with SyncClient("https://acme.bitrix24.com/rest/1/code/") as client:
    """
IN_A_THREAD: Final = """
from bitrix_events import SyncClient

def handler(client: SyncClient) -> None:
    """
CONTEXTS: Final = {
    "handler": IN_A_HANDLER,
    "constructor": ON_ITS_OWN,
    "with": IN_A_BLOCK,
    "thread": IN_A_THREAD,
}


@pytest.fixture(autouse=True)
def jedi_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """What jedi remembers of files stays in the repository."""
    monkeypatch.setattr(jedi.settings, "cache_directory", ROOT / ".pytest_cache" / "jedi")


@cache
def environment() -> jedi.api.environment.Environment:
    """A process of its own, as an editor has it: in this one pytest imports the package, by a
    loader that jedi does not know."""
    return jedi.create_environment(sys.executable, safe=False)


def script(code: str) -> jedi.Script:
    return jedi.Script(code, environment=environment())


def offered(code: str) -> set[str]:
    """The names that are offered at the end of the code."""
    return {completion.name for completion in script(code).complete()}


@pytest.mark.parametrize("context", CONTEXTS.values(), ids=CONTEXTS)
def test_the_methods_of_deals_are_offered(context: str) -> None:
    names = offered(f"{context}client.crm.deal.")

    assert {"add", "delete", "fields", "get", "list", "update"} <= names
    assert {"contact", "productrows", "userfield"} <= names


@pytest.mark.parametrize("context", CONTEXTS.values(), ids=CONTEXTS)
def test_the_scopes_are_offered_beside_the_verbs(context: str) -> None:
    names = offered(f"{context}client.")

    assert {"batch", "call", "list", "v3"} <= names
    assert {"calendar", "crm", "disk", "tasks", "user"} <= names


def test_what_begins_as_it_was_typed_is_offered() -> None:
    names = offered(f"{IN_A_HANDLER}client.crm.timeline.comm")

    assert names == {"comment"}


@pytest.mark.parametrize("context", [IN_A_HANDLER, IN_A_THREAD], ids=["handler", "thread"])
def test_the_third_version_of_rest_has_methods_of_its_own(context: str) -> None:
    assert {"get", "list", "update"} <= offered(f"{context}client.v3.tasks.task.")
    assert "crm" not in offered(f"{context}client.v3.")


@pytest.mark.parametrize(
    ("call", "parameters"),
    [
        ("client.crm.deal.get(", ["id: int"]),
        ("client.crm.item.get(", ["entityTypeId: int", "id: int"]),
        ("client.v3.tasks.task.get(", ["id: int"]),
    ],
)
@pytest.mark.parametrize("context", CONTEXTS.values(), ids=CONTEXTS)
def test_the_parameters_of_a_method_are_shown(
    context: str, call: str, parameters: list[str]
) -> None:
    (signature,) = script(context + call).get_signatures()
    shown = [parameter.to_string() for parameter in signature.params]

    assert signature.name == "get"
    assert shown[: len(parameters)] == parameters


def test_a_method_shows_its_scope() -> None:
    (found,) = script(f"{IN_A_HANDLER}client.crm.item.get").help()

    assert "Scope: crm" in found.docstring()


def test_event_classes_are_offered() -> None:
    names = offered("from bitrix_events.events import OnCrm")

    assert {"OnCrmDealAdd", "OnCrmDealUpdate", "OnCrmCompanyDelete", "OnCrmActivityAdd"} <= names
    assert "OnTaskAdd" not in names
    assert "OnTaskAdd" in offered("from bitrix_events.events import OnT")


def test_models_and_their_fields_are_offered() -> None:
    assert "CalendarEvent" in offered("from bitrix_events.entities import Cal")
    assert {"stage_id", "opportunity"} <= offered(f"{IN_A_HANDLER}deal.")
