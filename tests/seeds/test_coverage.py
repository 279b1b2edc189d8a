"""Every feature of the clients that people come from has a test that shows where it is here."""

from __future__ import annotations

import ast
import re
from collections.abc import AsyncIterator
from functools import cache
from operator import attrgetter
from pathlib import Path
from typing import Final

import pytest

from bitrix_events import Client
from bitrix_events.catalog.methods import supported_methods, v3_methods
from examples.migrating.play import EXAMPLES, HERE

S1: Final = "@2bad/bitrix"
S2: Final = "b24pysdk"
PEERS: Final = "only others"
NOBODY: Final = "nobody else"

ROWS: Final[dict[str, tuple[str, ...]]] = {
    # What opens a portal.
    "AUTH-1": (S1, S2),
    "AUTH-2": (S1, S2),
    "AUTH-3": (S2,),
    "AUTH-4": (S2,),
    "AUTH-5": (S2,),
    "AUTH-6": (S2,),
    "AUTH-7": (PEERS,),
    "AUTH-8": (S2,),
    "AUTH-9": (S2,),
    "AUTH-10": (S2,),
    "AUTH-11": (S2,),
    "AUTH-12": (S1, S2),
    "AUTH-13": (S1, S2),
    "AUTH-14": (S2,),
    "AUTH-15": (S2,),
    # Calls and batches.
    "CALL-1": (S1, S2),
    "CALL-2": (S2,),
    "CALL-3": (S1, S2),
    "CALL-4": (S1, S2),
    "CALL-5": (S1, S2),
    "CALL-6": (S1, S2),
    "CALL-7": (S1, S2),
    "CALL-8": (S2,),
    "CALL-9": (S1, S2),
    "CALL-10": (PEERS,),
    "CALL-11": (S1, S2),
    "CALL-12": (S2,),
    "CALL-13": (PEERS,),
    "CALL-14": (S1, S2),
    "CALL-15": (S1,),
    "CALL-16": (S1, S2),
    "CALL-17": (S2,),
    "CALL-18": (S1, S2),
    "CALL-19": (S1, S2),
    "CALL-20": (S1, S2),
    # Lists.
    "LIST-1": (S1, S2),
    "LIST-2": (S2,),
    "LIST-3": (S1, S2),
    "LIST-4": (S1, S2),
    "LIST-5": (S2,),
    "LIST-6": (S2,),
    "LIST-7": (S2,),
    "LIST-8": (S2,),
    "LIST-9": (PEERS,),
    "LIST-10": (S2,),
    # Limits, repeats, time.
    "RATE-1": (S1,),
    "RATE-2": (PEERS,),
    "RATE-3": (PEERS,),
    "RATE-4": (S2,),
    "RATE-5": (PEERS,),
    "RATE-6": (PEERS,),
    "RATE-7": (S1,),
    "RATE-8": (S1, S2),
    "RATE-9": (S1, S2),
    "RATE-10": (PEERS,),
    "RATE-11": (S2,),
    # Errors.
    "ERR-1": (S1, S2),
    "ERR-2": (S2,),
    "ERR-3": (S2,),
    "ERR-4": (S1, S2),
    "ERR-5": (S1, S2),
    "ERR-6": (S2,),
    "ERR-7": (S2,),
    # Methods as attributes.
    "SVC-1": (S1, S2),
    "SVC-2": (S1, S2),
    "SVC-3": (S1, S2),
    "SVC-4": (S2,),
    "SVC-5": (S1, S2),
    "SVC-6": (S2,),
    "SVC-7": (S2,),
    "SVC-8": (S1, S2),
    # What comes back.
    "TYPE-1": (S1, S2),
    "TYPE-2": (S2,),
    "TYPE-3": (S1, S2),
    "TYPE-4": (S1,),
    "TYPE-5": (S1, S2),
    "TYPE-6": (S2,),
    # Signals, storage, logging, configuration.
    "SIG-1": (S2,),
    "SIG-2": (S2,),
    "SIG-3": (S2,),
    "SIG-4": (S2,),
    "STO-1": (S2,),
    "STO-2": (PEERS,),
    "STO-3": (NOBODY,),
    "LOG-1": (S2,),
    "LOG-2": (S2,),
    "CFG-1": (S1, S2),
    "CFG-2": (S2,),
    # Installing, living, leaving.
    "INS-1": (S2,),
    "INS-2": (PEERS,),
    "INS-3": (PEERS,),
    "INS-4": (NOBODY,),
}
"""Who has a feature, by its row in the comparison of clients."""

# Paths: what is called over there, and what it is called here.

SERVICES: Final = {
    "companies": "crm.company",
    "contacts": "crm.contact",
    "currencies": "crm.currency",
    "deals": "crm.deal",
    "leads": "crm.lead",
    "statuses": "crm.status",
    "users": "user",
}
"""The services of @2bad/bitrix."""
VERBS: Final = {
    "create": "add",
    "delete": "delete",
    "fields": "fields",
    "get": "get",
    "list": "list",
    "update": "update",
}
OTHERWISE: Final = {
    ("users", "list"): "user.get",
    ("users", "delete"): "user.update",  # with ACTIVE=N: nobody can be deleted
}
PROMISED: Final[dict[str, tuple[str, ...]]] = {
    "crm.company": (
        *("contact.add", "contact.delete", "contact.fields"),
        *("contact.items.delete", "contact.items.get", "contact.items.set"),
    ),
    "crm.contact": (
        *("company.add", "company.delete", "company.fields"),
        *("company.items.delete", "company.items.get", "company.items.set"),
    ),
    "crm.currency": (
        *("base.get", "base.set", "localizations.delete", "localizations.fields"),
        *("localizations.get", "localizations.set"),
    ),
    "crm.deal": (
        *("contact.add", "contact.delete", "contact.fields"),
        *("contact.items.delete", "contact.items.get", "contact.items.set"),
        *("productrows.get", "productrows.set"),
    ),
    "crm.lead": ("productrows.get", "productrows.set"),
    "crm.status": ("entity.items", "entity.types", "extra.fields"),
    "user": ("current", "search", "online", "counters", "history.list", "history.fields.list"),
}
"""Further methods that the README of @2bad/bitrix lists."""
NOT_DOCUMENTED: Final = {
    "crm.status.extra.fields",
    "user.counters",
    "user.history.fields.list",
    "user.history.list",
    "user.online",
}
"""Of those, what the vendor does not document any more. It can be called all the same."""

SCOPES: Final = (
    *("access", "ai", "app", "biconnector", "bizproc", "booking", "calendar", "catalog", "crm"),
    *("department", "disk", "documentgenerator", "entity", "event", "events", "feature", "im"),
    *("imbot", "imconnector", "imopenlines", "landing", "lists", "mailservice", "messageservice"),
    *("method", "placement", "profile", "pull", "rpa", "sale", "salescenter", "scope", "server"),
    *("sign", "socialnetwork", "sonet_group", "task", "tasks", "telephony", "timeman", "user"),
    *("userconsent", "userfieldconfig", "userfieldtype", "vote", "voximplant"),
)
"""Attributes of b24pysdk's client."""
V3_SCOPES: Final = ("documentation", "humanresources", "mail", "main", "rest", "tasks")
"""Attributes of its client for REST 3.0."""

SAMPLES: Final = {
    "Bitrix(restURI, accessToken)": "from_2bad_bitrix.usage",
    "Bitrix(webhook)": "from_2bad_bitrix.usage",
    "bitrix.deals.get": "from_2bad_bitrix.usage",
    "bitrix.deals.list": "from_2bad_bitrix.usage",
    "bitrix.companies": "from_2bad_bitrix.crm_services",
    "bitrix.contacts": "from_2bad_bitrix.crm_services",
    "bitrix.leads": "from_2bad_bitrix.crm_services",
    "bitrix.statuses": "from_2bad_bitrix.directory_services",
    "bitrix.users": "from_2bad_bitrix.directory_services",
    "currencies": "from_2bad_bitrix.directory_services",
    "bitrix.call(Method.GET_DEAL": "from_2bad_bitrix.methods",
    "bitrix.list(Method.LIST_DEALS": "from_2bad_bitrix.methods",
    "bitrix.batch({": "from_2bad_bitrix.methods",
    "bitrix.batch([": "from_2bad_bitrix.methods",
    "bitrix.get<Deal>": "from_2bad_bitrix.methods",
    "bitrix.getList<Deal>": "from_2bad_bitrix.methods",
    "select: ['*', 'UF_*']": "from_2bad_bitrix.user_fields",
    "result.UF_23232323": "from_2bad_bitrix.user_fields",
    "bitrix.call('some.new.get' as any": "from_2bad_bitrix.unsupported",
    "rejected": "from_2bad_bitrix.errors",
    "BitrixWebhook": "from_b24pysdk.calls",
    "client.crm.deal.update(bitrix_id=10": "from_b24pysdk.calls",
    "BitrixApp(": "from_b24pysdk.oauth",
    "BitrixAppLocal": "from_b24pysdk.oauth",
    "BitrixToken(": "from_b24pysdk.oauth",
    "get_client()": "from_b24pysdk.oauth",
    "prefer_version=3": "from_b24pysdk.version3",
    ".as_list()": "from_b24pysdk.lists",
    ".as_list_fast()": "from_b24pysdk.lists",
    ".response.total": "from_b24pysdk.lists",
    "call_batch(": "from_b24pysdk.batches",
    "call_batches(": "from_b24pysdk.batches",
    "Config().configure(": "from_b24pysdk.configuration",
    "BitrixAPIError": "from_b24pysdk.errors",
    "BitrixRequestTimeout": "from_b24pysdk.errors",
    "AbstractBitrixToken": "from_b24pysdk.own_model",
    "OAuthTokenRenewedEvent": "from_b24pysdk.token_events",
    "PortalDomainChangedEvent": "from_b24pysdk.token_events",
    "StreamLogger": "from_b24pysdk.logs",
    "EntityTypeID.DEAL": "from_b24pysdk.constants",
    "OAuthPlacementData.from_dict": "from_b24pysdk.payloads",
}
"""The code samples of both READMEs by what they show, and the example that translates each."""

_ROW: Final = re.compile(r"test_(auth|call|list|rate|err|svc|type|sig|sto|log|cfg|ins)_(\d+)_")


def names_of_tests() -> list[str]:
    """The names of all tests beside this file."""
    return [
        node.name
        for file in sorted(Path(__file__).parent.glob("test_*.py"))
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
    ]


@cache
def rows_tested() -> frozenset[str]:
    found = (_ROW.match(name) for name in names_of_tests())
    return frozenset(f"{match[1].upper()}-{match[2]}" for match in found if match)


@pytest.mark.parametrize(("row", "seeds"), ROWS.items())
def test_a_row_has_a_test(row: str, seeds: tuple[str, ...]) -> None:
    assert row in rows_tested(), f"nothing shows where users of {' and '.join(seeds)} find {row}"


def test_no_test_names_a_row_that_does_not_exist() -> None:
    assert rows_tested() <= set(ROWS)


def test_no_two_tests_of_one_file_have_the_same_name() -> None:
    for file in Path(__file__).parent.glob("test_*.py"):
        names = re.findall(r"def (test_\w+)\(", file.read_text("utf-8"))
        assert len(names) == len(set(names)), file.name


def path_here(service: str, verb: str) -> str:
    """What a function of a service of @2bad/bitrix is called in the REST interface."""
    return OTHERWISE.get((service, verb)) or f"{SERVICES[service]}.{VERBS[verb]}"


@pytest.fixture
async def unconnected() -> AsyncIterator[Client]:
    async with Client("https://acme.bitrix24.test/rest/1/code/") as client:
        yield client


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("service", SERVICES)
async def test_a_function_of_a_service_is_a_path(
    unconnected: Client, service: str, verb: str
) -> None:
    name = path_here(service, verb)

    assert name in supported_methods()
    assert repr(attrgetter(name)(unconnected)) == f"<Client method {name}>"


async def test_what_else_is_promised_over_there_is_a_path(unconnected: Client) -> None:
    names = {f"{prefix}.{rest}" for prefix, all_rest in PROMISED.items() for rest in all_rest}

    assert names - set(supported_methods()) == NOT_DOCUMENTED
    for name in names:
        assert repr(attrgetter(name)(unconnected)) == f"<Client method {name}>"


async def test_the_scopes_of_b24pysdk_are_attributes(unconnected: Client) -> None:
    for known, scopes, client in (
        (supported_methods(), SCOPES, unconnected),
        (v3_methods(), V3_SCOPES, unconnected.v3),
    ):
        assert set(scopes) <= {name.partition(".")[0] for name in known}
        assert all(callable(getattr(client, scope)) for scope in scopes)


@pytest.mark.parametrize(("there", "example"), SAMPLES.items())
def test_a_sample_of_a_readme_is_translated(there: str, example: str) -> None:
    docstring = ast.get_docstring(ast.parse((HERE / f"{example.replace('.', '/')}.py").read_text()))

    assert docstring is not None
    before, here, _ = docstring.partition("\nHere:")
    assert there in before.replace("\n    ", " ")
    assert here


def test_every_example_translates_a_sample() -> None:
    assert set(EXAMPLES) == set(SAMPLES.values())
