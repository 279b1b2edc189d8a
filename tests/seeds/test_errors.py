"""Rows ERR and TYPE of the feature table: what goes wrong, told in types, and what comes back."""

from __future__ import annotations

import dataclasses
import logging
import pickle
import traceback
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest
from pydantic import Field, SecretStr

from bitrix_events import (
    AccessDenied,
    AnswerTooLarge,
    BatchError,
    BitrixEventsError,
    Client,
    ConfirmationPending,
    InstallationGone,
    InvalidRequest,
    MethodNotFound,
    NotFound,
    OperationTimeLimit,
    Options,
    OutcomeUnknown,
    PortalBlocked,
    PortalFault,
    PortalMoved,
    PortalUnreachable,
    RateLimited,
    Response,
    RestError,
    SyncClient,
    TokenExpired,
)
from bitrix_events.errors import OAuthError, TransportError
from bitrix_events.events import Contact, Deal
from bitrix_events.portals.oauth import OAuthServer
from bitrix_events.rest.responses import Time
from bitrix_events.rest.transport import Transport
from bitrix_events.testing import FakePortal, Obstacle
from tests.wires import WEBHOOK_CODE, Wire, always

ONCE = Options(attempts=1, patience=0.0)
SECRET = WEBHOOK_CODE
REFRESH_TOKEN = SecretStr("planted-refresh-token")


def shown(error: BaseException) -> str:
    """What a log tells of an error."""
    return "".join(traceback.format_exception(error)) + repr(error)


def variables(error: BaseException) -> list[str]:
    """Our own variables, which a service that collects errors shows beside the traceback."""
    lines = []
    seen: BaseException | None = error
    while seen is not None:
        report = traceback.TracebackException.from_exception(seen, capture_locals=True)
        for frame in report.stack:
            if "/bitrix_events/" in frame.filename and "/testing/" not in frame.filename:
                lines += [f"{frame.name}: {n} = {v}" for n, v in (frame.locals or {}).items()]
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return lines


async def error_of(wire: Wire, method: str = "profile", **params: Any) -> RestError:
    """What a call raises on this portal."""
    async with Client(wire.webhook, wire, options=ONCE) as client:
        with pytest.raises(RestError) as caught:
            await client.call(method, params)
    return caught.value


async def told(status: int, code: str, method: str = "profile") -> RestError:
    return await error_of(always(status, {"error": code, "error_description": "no"}), method)


# The tree.


@pytest.mark.parametrize(
    "kind",
    [AccessDenied, BatchError, InvalidRequest, NotFound, OutcomeUnknown, PortalFault, RateLimited],
)
def test_err_1_every_error_of_a_call_is_of_one_tree(kind: type[Exception]) -> None:
    assert issubclass(kind, RestError)
    assert issubclass(RestError, BitrixEventsError)


async def test_err_1_an_answer_with_an_error_is_never_a_result_whatever_its_status() -> None:
    assert isinstance(await told(200, "ACCESS_DENIED"), AccessDenied)
    assert type(await told(200, "ODD_CODE")) is RestError
    assert type(await told(200, "")) is RestError


async def test_err_1_the_text_names_method_portal_code_and_reason() -> None:
    error = await told(400, "ODD_CODE", "crm.deal.get")

    assert str(error) == f"crm.deal.get on {error.portal}: ODD_CODE: no"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, AccessDenied),
        (403, AccessDenied),
        (410, InstallationGone),
        (429, RateLimited),
        (500, PortalFault),
        (503, PortalFault),
    ],
)
async def test_err_2_without_a_code_the_status_decides(status: int, kind: type[RestError]) -> None:
    error = await told(status, "")

    assert type(error) is kind
    assert error.status == status


@pytest.mark.parametrize("status", [400, 404, 405])
async def test_err_2_any_other_status_is_an_error_too(status: int) -> None:
    error = await told(status, "")

    assert type(error) is RestError
    assert error.status == status


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("ERROR_ARGUMENT", InvalidRequest),
        ("INVALID_ARG_VALUE", InvalidRequest),
        ("INVALID_REQUEST", InvalidRequest),
        ("ERROR_BATCH_LENGTH_EXCEEDED", InvalidRequest),
        ("ERROR_BATCH_METHOD_NOT_ALLOWED", InvalidRequest),
        ("AUTHORIZATION_ERROR", InstallationGone),
        ("APPLICATION_NOT_FOUND", InstallationGone),
        ("PAYMENT_REQUIRED", InstallationGone),
        ("PORTAL_DELETED", InstallationGone),
        ("EXPIRED_TOKEN", TokenExpired),
        ("INVALID_TOKEN", TokenExpired),
        ("INSUFFICIENT_SCOPE", AccessDenied),
        ("INVALID_CREDENTIALS", AccessDenied),
        ("NO_AUTH_FOUND", AccessDenied),
        ("ACCESS_DENIED", AccessDenied),
        ("ALLOWED_ONLY_INTRANET_USER", AccessDenied),
        ("METHOD_CONFIRM_DENIED", AccessDenied),
        ("USER_ACCESS_ERROR", AccessDenied),
        ("WRONG_AUTH_TYPE", AccessDenied),
        ("METHOD_CONFIRM_WAITING", ConfirmationPending),
        ("ERROR_METHOD_NOT_FOUND", MethodNotFound),
        ("ERROR_MANIFEST_IS_NOT_AVAILABLE", MethodNotFound),
        ("NOT_FOUND", NotFound),
        ("OPERATION_TIME_LIMIT", OperationTimeLimit),
        ("QUERY_LIMIT_EXCEEDED", RateLimited),
        ("OVERLOAD_LIMIT", PortalBlocked),
        ("INTERNAL_SERVER_ERROR", PortalFault),
        ("ERROR_UNEXPECTED_ANSWER", PortalFault),
    ],
)
@pytest.mark.parametrize("status", [400, 401, 403, 500])
async def test_err_3_the_code_decides_whatever_its_case_and_status(
    code: str, kind: type[RestError], status: int
) -> None:
    assert type(await told(status, code)) is kind
    error = await told(status, code.lower())
    assert type(error) is kind
    assert error.code == code.lower()


@pytest.mark.parametrize(
    ("code", "kind"),
    [("ACCESS_DENIED", AccessDenied), ("INTERNAL_SERVER_ERROR", PortalFault), ("", NotFound)],
)
async def test_err_3_a_command_of_a_batch_fails_with_the_same_types(
    portal: FakePortal, code: str, kind: type[RestError]
) -> None:
    portal.fail_next("profile", code, description="Not found" if not code else "no")

    async with Client(portal.webhook_url, portal.transport, options=ONCE) as client:
        outcomes = await client.outcomes([("profile", {}), ("profile", {})])

    assert [type(outcome) for outcome in outcomes] == [kind, Response]


# Answers that are none.


PAGES = [
    (200, b"<!DOCTYPE html><html>Please log in.</html>", "HTML page"),
    (500, b"<html>500</html>", "HTML page"),
    (403, b"<html>403</html>", "HTML page"),
    (502, b"", "nothing"),
    (200, b"", "nothing"),
    (200, b"[1, 2]", "something else"),
    (200, b'{"odd": 1}', "neither a result nor an error"),
    (200, b'{"result": [1, 2', "something else"),
    (200, b"[" * 100_000, "something else"),
]


@pytest.mark.parametrize(("status", "body", "told_as"), PAGES)
async def test_err_4_what_is_no_answer_is_an_error_of_its_own_and_is_told_in_words(
    status: int, body: bytes, told_as: str
) -> None:
    error = await error_of(always(status, body))

    assert type(error) is PortalUnreachable
    assert error.status == status
    assert told_as in str(error)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_err_4_a_redirect_to_an_unproven_address_is_refused_and_sends_nothing_there(
    status: int,
) -> None:
    wire = always(status, Location="https://evil.example.org/rest/profile")

    error = await error_of(wire)

    assert isinstance(error, PortalMoved)
    assert "evil.example.org" in str(error)
    assert {request.url.host for request in wire.requests} == {error.portal}


async def test_err_4_an_answer_without_end_is_cut_off() -> None:
    wire = Wire()
    wire.portal.fail_request(1, Obstacle.HUGE)

    error = await error_of(wire)

    assert type(error) is AnswerTooLarge


# What an error keeps.


async def test_err_5_an_error_keeps_what_the_portal_said() -> None:
    content = {"error": "ODD", "error_description": "<b>no</b>", "more": [1, {"x": 2}]}

    error = await error_of(always(418, content), "crm.deal.get")

    assert (error.status, error.code, error.description) == (418, "ODD", "<b>no</b>")
    assert error.content == content
    assert error.method == "crm.deal.get"
    assert error.request_id
    assert not error.maybe_executed


async def test_err_5_an_error_survives_a_process_border() -> None:
    error = await told(400, "ODD")
    group = BatchError(portal="acme", results={0: 1}, errors={1: error})

    twin, twins = pickle.loads(pickle.dumps(error)), pickle.loads(pickle.dumps(group))

    assert (type(twin), str(twin), twin.content) == (RestError, str(error), error.content)
    assert (twins.results, str(twins.errors[1])) == ({0: 1}, str(error))


def lost(request: httpx.Request) -> None:
    raise httpx.ReadError(f"lost {request.url}")


@pytest.mark.parametrize(
    "wire",
    [
        lambda: always(400, {"error": "ODD", "error_description": SECRET, SECRET: [SECRET]}),
        lambda: always(200, f"<html>{SECRET}".encode()),
        lambda: always(302, Location=f"https://evil.test/rest/1/{SECRET}/profile"),
        lambda: Wire(before=lost),
    ],
    ids=["error", "page", "redirect", "lost"],
)
async def test_err_5_no_error_and_no_log_holds_a_secret(
    wire: Callable[[], Wire], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    error = await error_of(wire())

    text = f"{shown(error)} {error.content} {error.__dict__} {caplog.text}"
    assert SECRET not in text
    assert error.portal in text


@pytest.mark.parametrize(
    "wire",
    [
        lambda: always(400, {"error": "ODD"}),
        lambda: always(200, b"<html>"),
        lambda: always(200, b"odd", Content_Encoding="gzip"),
        lambda: Wire(before=lost),
    ],
    ids=["error", "page", "badly packed", "lost"],
)
@pytest.mark.parametrize("token", [None, SECRET])
async def test_err_5_no_variable_of_ours_holds_a_secret(
    wire: Callable[[], Wire], token: str | None
) -> None:
    way = wire()
    url = way.portal.rest_url if token else way.webhook

    async with Client(url, way, token=token, options=ONCE) as client:
        with pytest.raises(RestError) as caught:
            await client.call("profile")

    found = variables(caught.value)
    assert found
    assert [line for line in found if SECRET in line] == []


async def test_err_5_no_error_of_a_token_holds_the_token(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    wire = always(401, {"error": "expired_token", "error_description": f"{SECRET} has expired"})
    url = "https://token.bitrix24.test/rest/"

    async with Client(url, wire, token=SECRET, options=ONCE) as client:
        with pytest.raises(TokenExpired) as caught:
            await client.call("profile")

    text = shown(caught.value) + caplog.text + repr(client)
    assert SECRET not in text
    assert SECRET.encode() in wire.requests[0].content


# OAuth.


OAUTH = [
    (400, "invalid_client"),
    (400, "invalid_grant"),
    (400, "invalid_request"),
    (401, "NO_AUTH_FOUND"),
    (401, "NOT_INSTALLED"),
    (403, "insufficient_scope"),
    (403, "invalid_scope"),
    (200, "wrong_client"),
]


def oauth_server(wire: Wire, transport: Transport) -> OAuthServer:
    url = wire.portal.oauth_url
    return OAuthServer(transport, [url], "local.app", SecretStr("planted-client-secret"))


@pytest.mark.parametrize(("status", "code"), OAUTH)
async def test_err_6_refusals_of_the_oauth_server_are_errors_apart_with_their_code(
    status: int, code: str
) -> None:
    wire = always(status, {"error": code, "error_description": "no"})
    transport = Transport(wire)

    with pytest.raises(OAuthError) as caught:
        await oauth_server(wire, transport).refresh(REFRESH_TOKEN)
    await transport.close()

    assert (caught.value.code, caught.value.status) == (code, status)
    assert isinstance(caught.value, BitrixEventsError)
    assert not isinstance(caught.value, RestError)


def late(request: httpx.Request) -> None:
    raise httpx.ReadTimeout(f"late: {request.content!r}")


async def failed_renewal(wire: Wire) -> TransportError:
    transport = Transport(wire)
    with pytest.raises(TransportError) as caught:
        await oauth_server(wire, transport).refresh(REFRESH_TOKEN)
    await transport.close()
    return caught.value


async def test_err_6_a_failing_renewal_shows_no_secret_and_has_none_in_its_address(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    wire = Wire(before=late)

    error = await failed_renewal(wire)

    assert error.sent
    assert "planted" not in shown(error) + caplog.text + str(wire.requests[0].url)


async def test_err_6_no_variable_of_a_failing_renewal_holds_a_secret() -> None:
    error = await failed_renewal(Wire(before=late))

    assert [line for line in variables(error) if "planted" in line] == []


# REST 3.0.


async def test_err_7_rest_3_says_which_field_is_wrong(portal: FakePortal, client: Client) -> None:
    with pytest.raises(InvalidRequest) as caught:
        await client.v3.call("tasks.task.add", fields={"title": "Sweep", "creatorId": 1})

    assert [item["field"] for item in caught.value.validation] == ["responsibleId"]
    assert "responsibleId" in caught.value.validation[0]["message"]


async def test_err_7_a_classic_error_has_no_validation() -> None:
    error = await told(400, "ERROR_ARGUMENT")

    assert isinstance(error, InvalidRequest)
    assert error.validation == []


@pytest.mark.parametrize(
    ("name", "status", "kind"),
    [
        ("ENTITYNOTFOUNDEXCEPTION", 400, NotFound),
        ("ACCESSDENIEDEXCEPTION", 403, AccessDenied),
        ("INVALIDFILTEREXCEPTION", 400, InvalidRequest),
        ("INVALIDPAGINATIONEXCEPTION", 400, InvalidRequest),
        ("UNKNOWNDTOPROPERTYEXCEPTION", 400, InvalidRequest),
        ("VALIDATION_DTOVALIDATIONEXCEPTION", 400, InvalidRequest),
        ("VALIDATION_REQUESTVALIDATIONEXCEPTION", 400, InvalidRequest),
        ("METHODNOTFOUNDEXCEPTION", 404, MethodNotFound),
        ("INTERNALEXCEPTION", 500, PortalFault),
    ],
)
async def test_err_7_the_codes_of_rest_3_have_the_same_types(
    name: str, status: int, kind: type[RestError]
) -> None:
    content = {"error": {"code": f"BITRIX_REST_V3_EXCEPTION_{name}", "message": "no"}}

    wire = always(status, content)

    async with Client(wire.webhook, wire, options=ONCE) as client:
        with pytest.raises(RestError) as caught:
            await client.v3.call("tasks.task.get", id=7)

    assert type(caught.value) is kind
    assert caught.value.description == "no"


# What comes back, typed.


class Building(Deal):
    area: float = Field(0, alias="UF_CRM_1712")


async def test_type_1_records_are_read_into_models(portal: FakePortal, client: Client) -> None:
    deal_id = portal.add("deal", TITLE="Roof", OPPORTUNITY="10.50")

    deal = await client.get(Deal, deal_id)

    assert (deal.id, deal.title, deal.opportunity, deal.closed) == (deal_id, "Roof", 10.5, False)


def test_type_1_threads_read_records_into_models(portal: FakePortal, sync: SyncClient) -> None:
    contact_id = portal.add("contact", NAME="Eve")

    assert sync.get(Contact, contact_id).name == "Eve"


async def test_type_2_the_result_is_kept_as_it_came(portal: FakePortal, client: Client) -> None:
    deal_id = portal.add("deal", TITLE="Roof", OPPORTUNITY="10.50")

    raw = (await client.call("crm.deal.get", id=deal_id)).result

    assert (raw["ID"], raw["TITLE"]) == (str(deal_id), "Roof")
    assert float(raw["OPPORTUNITY"]) == 10.5
    assert isinstance(raw["OPPORTUNITY"], str)


async def test_type_3_the_vendors_texts_become_python_values(
    portal: FakePortal, client: Client
) -> None:
    deal_id = portal.add(
        "deal", OPPORTUNITY="10.50", STAGE_ID="WON", CLOSEDATE="2026-09-21", COMMENTS=None
    )

    deal = await client.get(Deal, deal_id)

    assert deal.closed is True
    assert deal.closedate is not None
    assert deal.closedate.isoformat() == "2026-09-21"
    assert isinstance(deal.created_time, datetime)
    assert (deal.opportunity, deal.comments, deal.company_id) == (10.5, "", 0)


async def test_type_3_python_values_become_the_vendors_texts() -> None:
    wire = Wire()
    wire.portal.fill("deal", ids=[7])

    async with Client(wire.webhook, wire) as client:
        await client.call("crm.deal.update", id=7, fields={"OPPORTUNITY": Decimal("10.50")})

    assert b'"OPPORTUNITY":"10.50"' in wire.requests[0].content


async def test_type_4_user_fields_are_kept_and_can_be_given_a_type(
    portal: FakePortal, client: Client
) -> None:
    deal_id = portal.add("deal", UF_CRM_1712="81.5", UF_CRM_1713="odd")

    plain, building = await client.get(Deal, deal_id), await client.get(Building, deal_id)

    assert plain["UF_CRM_1713"] == building["UF_CRM_1713"] == "odd"
    assert building.area == 81.5


def test_type_5_the_answer_to_a_call_is_a_typed_value_that_does_not_change() -> None:
    names = {field.name: field.type for field in dataclasses.fields(Response)}

    assert names == {
        "result": "Any",
        "total": "int | None",
        "next": "int | None",
        "time": "Time",
        "replayed": "bool",
    }
    with pytest.raises(dataclasses.FrozenInstanceError):
        Response(1).result = 2  # type: ignore[misc]


async def test_type_6_answers_and_records_become_dictionaries(
    portal: FakePortal, client: Client
) -> None:
    deal_id = portal.add("deal", TITLE="Roof")

    response = await client.call("profile")
    deal = await client.get(Deal, deal_id)

    as_dict = dataclasses.asdict(response)
    assert as_dict["result"] == response.result
    assert Time(**as_dict["time"]) == response.time
    assert deal.model_dump()["title"] == deal.model_dump(by_alias=True, mode="json")["title"]
