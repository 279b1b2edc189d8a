"""What a client that validates refuses to send, and what all say of deprecated methods."""

from __future__ import annotations

import enum
import logging
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from bitrix_events.catalog.methods import (
    method_facts,
    supported_methods,
    v3_method_facts,
    v3_methods,
)
from bitrix_events.catalog.parameters import Parameters, parameters_of
from bitrix_events.errors import InvalidRequest, MethodNotFound
from bitrix_events.rest import validate
from bitrix_events.rest.batch import Ref
from bitrix_events.rest.client import Client
from bitrix_events.rest.options import Options
from bitrix_events.rest.sync import SyncClient
from bitrix_events.testing import FakePortal


@pytest.fixture
def portal() -> FakePortal:
    portal = FakePortal()
    portal.fill("deal", 2)
    return portal


@pytest.fixture
async def client(portal: FakePortal) -> AsyncIterator[Client]:
    options = Options(validate=True)
    async with Client(portal.webhook_url, portal.transport, options=options) as client:
        yield client


@pytest.fixture
async def careless(portal: FakePortal) -> AsyncIterator[Client]:
    async with Client(portal.webhook_url, portal.transport) as client:
        yield client


def refused(client: Client, method: str, **fields: Any) -> str:
    """What the client says of a call that does not fit."""
    with pytest.raises(InvalidRequest) as caught:
        client.call(method, **fields)
    assert caught.value.code == "NOT_VALID"
    assert not caught.value.maybe_executed
    return caught.value.description


def accepted(client: Client, method: str, **fields: Any) -> None:
    assert client.call(method, **fields).command == (method, fields)


# Methods.


async def test_an_unknown_method_is_refused_with_the_nearest_names(client: Client) -> None:
    with pytest.raises(MethodNotFound) as caught:
        client.call("crm.deal.gett", id=1)

    assert caught.value.code == "NOT_DOCUMENTED"
    assert "did you mean crm.deal.get" in str(caught.value)


async def test_case_does_not_matter(client: Client) -> None:
    accepted(client, "CRM.Deal.Get", ID=1)


async def test_a_method_of_the_other_interface_is_told(client: Client) -> None:
    with pytest.raises(MethodNotFound, match=r"belongs to REST 3\.0: client\.v3"):
        client.call("main.eventlog.list")
    with pytest.raises(MethodNotFound, match=r"REST 3\.0 does not have it"):
        client.v3.call("crm.deal.get", id=1)


# Parameters.


async def test_a_missing_parameter_is_named(client: Client) -> None:
    assert refused(client, "crm.deal.get") == "'id' is missing"
    assert refused(client, "crm.deal.get", id=None) == "'id' is missing"


async def test_an_unknown_parameter_is_named_with_the_nearest(client: Client) -> None:
    text = refused(client, "crm.item.list", entityTypeID=2, fitler={})

    assert text == "'fitler' is no parameter of it, did you mean filter?"


async def test_all_mistakes_are_told_at_once(client: Client) -> None:
    text = refused(client, "crm.item.get", entityTypeId=2, useOriginalUfNames="yes", zzz=1)

    assert text == (
        "'zzz' is no parameter of it; 'id' is missing;"
        " 'useOriginalUfNames' is 'yes', and not one of 'Y', 'N'"
    )


async def test_one_of_a_group_has_to_be_there(client: Client) -> None:
    accepted(client, "im.chat.mute", DIALOG_ID="chat1", MUTE="Y")
    accepted(client, "im.chat.mute", CHAT_ID=1, MUTE="Y")

    assert "one of 'CHAT_ID', 'DIALOG_ID' is missing" in refused(client, "im.chat.mute", MUTE="Y")


async def test_an_alias_stands_for_the_parameter(client: Client) -> None:
    given = {"REPORT_ID", "ID"}
    for name in given:
        fields: dict[str, Any] = {name: 1}
        text = refused(client, "timeman.timecontrol.report.add", **fields)
        assert "REPORT_ID" not in text


async def test_what_every_method_takes_is_accepted(client: Client) -> None:
    accepted(client, "crm.deal.get", id=1, auth_connector="mine", START=0)


async def test_a_list_takes_what_lists_are_read_with(client: Client) -> None:
    accepted(client, "crm.deal.list", filter={">ID": 0}, order={"ID": "asc"}, start=-1)


async def test_fields_that_the_portal_defines_are_accepted(client: Client) -> None:
    accepted(client, "user.add", EMAIL="a@b.test", UF_USR_1712="x", UF_DEPARTMENT=[1])
    accepted(client, "log.blogpost.add", POST_MESSAGE="x", UF_BLOG_POST_FILE=[])


async def test_a_method_without_a_page_of_its_own_takes_anything(client: Client) -> None:
    accepted(client, "event.test", anything="goes")


# Values.


@pytest.mark.parametrize(
    ("method", "fields"),
    [
        ("crm.stagehistory.list", {"entityTypeId": 2}),
        ("crm.stagehistory.list", {"entityTypeId": "2"}),
        ("batch", {"cmd": {}, "halt": True}),
        ("batch", {"cmd": {}, "halt": 0}),
        ("landing.block.removecard", {"lid": 1, "block": 1, "selector": ".a", "preventHistory": 1}),
        ("user.search", {"order": "desc"}),
        ("crm.deal.list", {"order": {"ID": "DESC", "TITLE": "asc"}}),
        ("user.userfield.list", {"order": "asc"}),
        ("user.userfield.list", {"order": {"ID": "asc"}}),
        ("disk.storage.getList", {"order": {"ID": "DESC"}}),
    ],
)
async def test_closed_values_may_have_any_fitting_type(
    client: Client, method: str, fields: dict[str, Any]
) -> None:
    accepted(client, method, **fields)


async def test_values_of_rest_3_are_checked(client: Client) -> None:
    assert client.v3.call("call.followup.get", callId=1, select=["callId"]).command
    with pytest.raises(InvalidRequest, match="an item of 'select' is 'zzz', and not one of"):
        client.v3.call("call.followup.get", callId=1, select=["zzz"])


@pytest.mark.parametrize(
    ("method", "fields", "text"),
    [
        ("crm.stagehistory.list", {"entityTypeId": 3}, "is 3, and not one of '1', '2', '5', '31'"),
        ("batch", {"cmd": {}, "halt": "maybe"}, "'halt' is 'maybe'"),
        ("crm.deal.list", {"order": {"ID": "down"}}, "'ID' of 'order' is 'down', and not one of"),
        (
            "sale.businessValuePersonDomain.list",
            {"select": ["domain", "zzz"]},
            "an item of 'select' is 'zzz'",
        ),
        ("lists.add", {"MESSAGES": {"ZZZ": "x"}}, "a key of 'MESSAGES' is 'ZZZ'"),
        ("lists.add", {"RIGHTS": {"G1": "ZZZ"}}, "'G1' of 'RIGHTS' is 'ZZZ'"),
    ],
)
async def test_a_value_that_is_not_allowed_is_told(
    client: Client, method: str, fields: dict[str, Any], text: str
) -> None:
    assert text in refused(client, method, **fields)


class Answer(enum.Enum):
    YES = "Y"
    MAYBE = "maybe"


async def test_members_of_enumerations_and_references_are_looked_through(client: Client) -> None:
    given = {"entityTypeId": 2, "id": Ref("other")["ID"]}
    accepted(client, "crm.item.get", **given, useOriginalUfNames=Answer.YES)
    accepted(client, "crm.item.get", **given, useOriginalUfNames=Ref("other")["OPEN"])

    assert "MAYBE" in refused(client, "crm.item.get", **given, useOriginalUfNames=Answer.MAYBE)


# Everywhere, and nothing is sent.


async def test_every_verb_refuses_and_sends_nothing(portal: FakePortal, client: Client) -> None:
    with pytest.raises(InvalidRequest):
        client.list("crm.deal.list", zzz=1)
    with pytest.raises(InvalidRequest):
        await client.batch([("crm.deal.get", {"id": 1}), ("crm.deal.get", {})])
    with pytest.raises(InvalidRequest):
        await client.batch({"me": "profile", "deal": "crm.deal.get"})
    with pytest.raises(InvalidRequest):
        await client.outcomes([("crm.deal.get",)])
    with pytest.raises(InvalidRequest):
        await client.apply("crm.deal.get", [{"id": 1}, {"ident": 2}])
    with pytest.raises(InvalidRequest):
        client.v3.call("tasks.task.get")
    with pytest.raises(InvalidRequest):
        client.v3.list("tasks.task.list", zzz=1)
    with pytest.raises(InvalidRequest):
        await client.v3.batch([("tasks.task.get", {"id": 1}), ("tasks.task.get", {})])

    assert portal.requests == 0


async def test_a_path_refuses_like_the_call(client: Client) -> None:
    path: Any = client.crm.deal.get

    with pytest.raises(InvalidRequest, match="'id' is missing"):
        path()


def test_threads_are_refused_the_same(portal: FakePortal) -> None:
    options = Options(validate=True)
    with SyncClient(portal.webhook_url, portal.transport, options=options) as client:
        with pytest.raises(InvalidRequest):
            client.call("crm.deal.get")
        with pytest.raises(InvalidRequest):
            client.v3.call("tasks.task.get")

        assert client.call("crm.deal.get", id=1).result["ID"] == "1"
    assert portal.requests == 1


async def test_good_calls_of_every_verb_are_made(portal: FakePortal, client: Client) -> None:
    portal.fill("task", 1)
    rows = [row["ID"] async for row in client.list("crm.deal.list", select=["ID"])]
    iterated = [row["ID"] async for row in client.call("crm.deal.list", select=["ID"])]
    batch = await client.batch([client.call("crm.deal.get", id=1), "profile"])
    applied = await client.apply("crm.deal.get", [{"id": 1}, {"id": 2}])
    tasks = await client.v3.list("tasks.task.list", select=["id"])

    assert rows == iterated == ["1", "2"]
    assert (len(batch), len(applied), len(tasks)) == (2, 2, 1)


async def test_a_client_that_does_not_validate_sends_anything(careless: Client) -> None:
    with pytest.raises(MethodNotFound, match="ERROR_METHOD_NOT_FOUND"):
        await careless.call("crm.telepathy.read", zzz=1)


async def test_validation_is_switched_on_for_a_while(careless: Client) -> None:
    with pytest.raises(InvalidRequest):
        careless.with_options(validate=True).call("crm.deal.get")
    with pytest.raises(InvalidRequest):
        careless.with_options(validate=True).v3.call("tasks.task.get")


# Deprecated methods.


@pytest.fixture(autouse=True)
def a_new_process() -> Iterator[None]:
    """Nothing has been told yet."""
    validate._tell_deprecated.cache_clear()
    yield
    validate._tell_deprecated.cache_clear()


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [
        record.getMessage()
        for record in caplog.records
        if getattr(record, "action", "") == "deprecated"
    ]


async def test_a_deprecated_method_is_told_once_with_its_replacement(
    careless: Client, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        await careless.call("crm.deal.get", id=1)
        await careless.crm.deal.get(id=1)
        await careless.batch([("CRM.DEAL.GET", {"id": 1})])
        await careless.apply("crm.deal.get", [{"id": 1}])

    assert told(caplog) == ["crm.deal.get is deprecated; use crm.item.get"]
    assert [record.levelno for record in caplog.records if "deprecated" in record.msg] == [
        logging.WARNING
    ]


@pytest.mark.parametrize("verb", ["path", "batch", "apply", "list"])
async def test_each_verb_tells(
    careless: Client, caplog: pytest.LogCaptureFixture, verb: str
) -> None:
    match verb:
        case "path":
            await careless.crm.deal.list()
        case "batch":
            await careless.batch([("crm.deal.list", {})])
        case "apply":
            await careless.apply("crm.deal.list", [{}])
        case "list":
            await careless.list("crm.deal.list")

    assert told(caplog) == ["crm.deal.list is deprecated; use crm.item.list"]


async def test_a_method_without_a_replacement_is_told_as_well(
    careless: Client, caplog: pytest.LogCaptureFixture
) -> None:
    assert careless.call("im.search.last.add", DIALOG_ID=1).command

    assert told(caplog) == ["im.search.last.add is deprecated; no replacement is documented"]


async def test_others_are_not_told(careless: Client, caplog: pytest.LogCaptureFixture) -> None:
    await careless.call("profile")
    await careless.call("crm.item.list", entityTypeId=2)

    assert told(caplog) == []


def test_the_facts_name_the_replacement() -> None:
    assert method_facts("crm.deal.get").deprecated
    assert method_facts("crm.deal.get").replacement == ("crm.item.get",)
    assert method_facts("im.search.last.add").deprecated
    assert method_facts("im.search.last.add").replacement == ()
    assert not method_facts("crm.item.get").deprecated
    assert not v3_method_facts("tasks.task.get").deprecated


# All methods.


def example(name: str, documented: Parameters) -> Any:
    """A value that the documentation allows for a parameter."""
    if name in documented.values:
        return documented.values[name][-1]
    if name in documented.items:
        return list(documented.items[name])
    if name in documented.members:
        return {"ANY": documented.members[name][-1]}
    if name in documented.keys:
        return dict.fromkeys(documented.keys[name], "any")
    return 1


@pytest.mark.parametrize(
    ("section", "names"), [("classic", supported_methods()), ("v3", v3_methods())]
)
async def test_what_is_documented_is_accepted_and_nothing_less(
    client: Client, section: Any, names: tuple[str, ...]
) -> None:
    call = client.call if section == "classic" else client.v3.call
    for name in names:
        documented = parameters_of(section, name)
        assert documented is not None
        everything = [*documented.required, *documented.optional]
        assert call(name, {item: example(item, documented) for item in everything}).command
        if not documented.required:
            continue
        with pytest.raises(InvalidRequest) as caught:
            call(name, {})
        for item in documented.required:
            assert f"{item!r} is missing" in caught.value.description, name
