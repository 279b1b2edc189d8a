"""Rows SVC of the feature table: methods as attributes, and what is known of their parameters."""

from __future__ import annotations

import ast
import keyword
from collections.abc import Iterator
from functools import cache
from operator import attrgetter
from pathlib import Path
from typing import Any

import pytest

import bitrix_events
from bitrix_events import Client, InvalidRequest, MethodNotFound, SyncClient
from bitrix_events.catalog.methods import supported_methods, v3_methods
from bitrix_events.entities import Company, Contact, Deal, Lead
from bitrix_events.testing import FakePortal

STUBS = Path(bitrix_events.__file__).parent / "generated"


def attribute_path(client: object, name: str) -> str:
    """How a method is written as attributes: a part that is taken gets an underscore."""
    first, *rest = name.split(".")
    taken = keyword.iskeyword(first) or hasattr(type(client), first)
    parts = [f"{first}_" if taken else first]
    return ".".join([*parts, *(f"{p}_" if keyword.iskeyword(p) else p for p in rest)])


@cache
def stub_of(section: str, class_name: str, function: str) -> ast.FunctionDef:
    """A function of a stub of methods."""
    for path in (STUBS / section).rglob("*.pyi"):
        for found in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(found, ast.ClassDef) and found.name == class_name:
                (stub,) = (
                    member
                    for member in found.body
                    if isinstance(member, ast.FunctionDef) and member.name == function
                )
                return stub
    raise LookupError(class_name)


def parameters(stub: ast.FunctionDef) -> Iterator[tuple[str, str, bool]]:
    """Name and type of each parameter, and whether it is required."""
    for argument, default in zip(stub.args.kwonlyargs, stub.args.kw_defaults, strict=True):
        assert argument.annotation is not None
        yield argument.arg, ast.unparse(argument.annotation), default is None


async def test_svc_1_every_documented_method_is_an_attribute(client: Client) -> None:
    for owner, names in ((client, supported_methods()), (client.v3, v3_methods())):
        for name in names:
            path = attrgetter(attribute_path(owner, name))(owner)
            assert repr(path) == f"<{type(owner).__name__} method {name}>"

    assert len(supported_methods()) >= 1578
    assert len(v3_methods()) >= 110


async def test_svc_1_a_path_is_the_call_by_name(portal: FakePortal, client: Client) -> None:
    portal.add("deal", TITLE="Roof")

    by_path = await client.crm.deal.get(id=1)
    by_name = await client.call("crm.deal.get", id=1)

    assert by_path.result == by_name.result
    first, second = portal.calls("crm.deal.get")
    assert first.params == second.params


def test_svc_2_scopes_and_what_is_in_them_can_be_looked_through(sync: SyncClient) -> None:
    deal: Any = sync.crm.deal

    assert {"crm", "department", "disk", "sonet_group", "tasks", "user"} <= set(dir(sync))
    assert {"add", "contact", "fields", "get", "list", "update"} <= set(dir(deal))
    with pytest.raises(AttributeError, match="did you mean department"):
        _ = sync.deparment  # type: ignore[attr-defined]


def test_svc_3_parameters_have_types_and_are_required_or_not() -> None:
    assert list(parameters(stub_of("methods", "CrmItem", "get"))) == [
        ("entityTypeId", "int", True),
        ("id", "int", True),
        ("useOriginalUfNames", "Literal['Y', 'N']", False),
    ]
    assert ("id", "int", True) in parameters(stub_of("v3", "TasksTask", "get"))


async def test_svc_4_arguments_are_checked_at_run_time_on_demand(
    portal: FakePortal, client: Client
) -> None:
    strict = client.with_options(validate=True)

    with pytest.raises(InvalidRequest, match="'id' is missing"):
        await strict.call("crm.deal.get")
    with pytest.raises(InvalidRequest, match="useOriginalUfNames"):
        await strict.call("crm.item.get", entityTypeId=2, id=1, useOriginalUfNames="J")
    with pytest.raises(MethodNotFound, match=r"crm\.deal\.get"):
        await strict.call("crm.deal.gett", id=1)
    assert portal.calls() == []


async def test_svc_5_methods_that_nobody_documents_can_be_called(
    portal: FakePortal, client: Client
) -> None:
    with pytest.raises(MethodNotFound):
        await client.call("some.new.get", ID="77")

    (call,) = portal.calls()
    assert (call.method, call.params) == ("some.new.get", {"ID": "77"})


def test_svc_6_numbers_of_kinds_and_closed_values_have_names() -> None:
    numbers = {model.__name__: model.entity_type_id for model in (Lead, Deal, Contact, Company)}
    closed = dict(
        (name, type_) for name, type_, _ in parameters(stub_of("v3", "CallFollowup", "get"))
    )

    assert numbers == {"Lead": 1, "Deal": 2, "Contact": 3, "Company": 4}
    assert closed["mentionFormat"] == "Literal['bb', 'html', 'none']"


def test_svc_7_bots_of_both_generations_are_there() -> None:
    names = supported_methods()

    assert {"imbot.register", "imbot.message.add", "imbot.v2.Bot.register"} <= set(names)


async def test_svc_8_nothing_is_to_be_added_for_a_method_of_a_known_scope(
    portal: FakePortal, client: Client
) -> None:
    crm: Any = client.crm

    with pytest.raises(MethodNotFound):
        await crm.brandnew.thing.import_(id=7)

    (call,) = portal.calls()
    assert (call.method, call.params) == ("crm.brandnew.thing.import", {"id": 7})
