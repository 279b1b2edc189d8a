"""What the documentation adds to an error that a portal sends."""

from __future__ import annotations

import pickle
from collections.abc import AsyncIterator

import pytest

from bitrix_events.errors import AccessDenied, BatchError, MethodNotFound, RestError
from bitrix_events.rest.client import Client
from bitrix_events.rest.hints import scope_of
from bitrix_events.rest.options import Options
from bitrix_events.rest.responses import error_from
from bitrix_events.testing import FakePortal

V3 = "BITRIX_REST_V3_EXCEPTION_"


@pytest.fixture
def portal() -> FakePortal:
    return FakePortal()


@pytest.fixture
async def client(portal: FakePortal) -> AsyncIterator[Client]:
    options = Options(attempts=1)
    async with Client(portal.webhook_url, portal.transport, options=options) as client:
        yield client


def classic(method: str, code: str) -> RestError:
    return error_from(method, {"error": code}, status=404, portal="acme.test")


def rest_3(method: str, code: str) -> RestError:
    content = {"error": {"code": f"{V3}{code}", "message": "no"}}
    return error_from(method, content, status=404, portal="acme.test")


async def test_an_unknown_method_names_the_nearest(client: Client) -> None:
    with pytest.raises(MethodNotFound) as caught:
        await client.call("crm.deal.gett", id=1)

    assert caught.value.hint.startswith("did you mean crm.deal.get")
    assert str(caught.value).endswith(f"; {caught.value.hint}")


async def test_it_does_so_in_a_batch(client: Client) -> None:
    with pytest.raises(BatchError) as caught:
        await client.batch([("profile", {}), ("crm.lead.gte", {"id": 1})])

    assert "crm.lead.get" in caught.value.errors[1].hint


def test_a_documented_method_may_need_a_scope() -> None:
    error = classic("telephony.externalLine.get", "ERROR_METHOD_NOT_FOUND")

    assert error.hint == "it needs the scope telephony, and a portal that has the method"


def test_a_documented_method_in_another_case_is_told() -> None:
    error = classic("tasks.flow.flow.get", "ERROR_METHOD_NOT_FOUND")

    assert error.hint.endswith("Its name is written tasks.flow.Flow.get")


def test_a_method_of_every_scope_needs_none() -> None:
    error = classic("server.time", "ERROR_METHOD_NOT_FOUND")

    assert error.hint == "it needs a portal that has the method"


def test_a_method_of_the_other_interface_is_told() -> None:
    assert "client.v3" in classic("main.eventlog.list", "ERROR_METHOD_NOT_FOUND").hint
    assert "does not have it" in rest_3("crm.deal.list", "METHODNOTFOUNDEXCEPTION").hint


@pytest.mark.parametrize("code", ["insufficient_scope", "INSUFFICIENT_SCOPE"])
def test_a_missing_scope_is_named(code: str) -> None:
    error = classic("crm.item.list", code)

    assert isinstance(error, AccessDenied)
    assert error.hint == "it needs the scope crm"
    assert classic("userfieldconfig.add", code).hint == "it needs the scope userfieldconfig or crm"


def test_a_missing_scope_is_named_in_rest_3() -> None:
    error = rest_3("tasks.task.get", "INSUFFICIENTSCOPEEXCEPTION")

    assert error.hint == f"it needs the scope {scope_of('v3', 'tasks.task.get')}"


def test_a_method_that_nobody_documents_has_no_hint() -> None:
    assert classic("zzz.zzz", "insufficient_scope").hint == ""
    assert classic("zzz.zzz", "ERROR_METHOD_NOT_FOUND").hint == ""


def test_other_refusals_and_requests_of_many_methods_have_no_hint() -> None:
    assert classic("crm.deal.get", "ACCESS_DENIED").hint == ""
    assert classic("crm.deal.get", "ERROR_CORE").hint == ""
    assert classic("batch", "ERROR_METHOD_NOT_FOUND").hint == ""


def test_an_error_keeps_its_hint() -> None:
    error = classic("crm.deal.gett", "ERROR_METHOD_NOT_FOUND")

    assert pickle.loads(pickle.dumps(error)).hint == error.hint != ""
