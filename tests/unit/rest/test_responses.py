"""Every envelope that a portal may answer, read to a response or to the error that fits."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitrix_events.errors import (
    AccessDenied,
    InstallationGone,
    NotFound,
    OperationTimeLimit,
    PortalUnreachable,
    RateLimited,
    RestError,
    TokenExpired,
)
from bitrix_events.rest.responses import Response, Time, read_response, read_time

PORTAL = "acme.bitrix24.com"


def read(content: object, status: int = 200) -> Response:
    return read_response("crm.deal.get", status, json.dumps(content).encode(), portal=PORTAL)


def failure(content: object, status: int = 400) -> RestError:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    with pytest.raises(RestError) as caught:
        read_response("crm.deal.get", status, body, portal=PORTAL)
    return caught.value


@pytest.mark.parametrize("result", [{"ID": "7"}, [], [1, 2], "text", 7, 1.5, True, False, None, ""])
def test_any_result_is_a_result(result: Any) -> None:
    assert read({"result": result}).result == result


def test_a_page_of_a_list_has_a_total_and_a_next_offset() -> None:
    response = read({"result": [], "total": 120, "next": 50})

    assert (response.total, response.next) == (120, 50)


def test_numbers_that_come_as_text_are_numbers() -> None:
    response = read({"result": [], "total": "120", "next": "50"})

    assert (response.total, response.next) == (120, 50)


def test_the_last_page_has_no_next_offset() -> None:
    assert read({"result": [], "total": 120}).next is None


@pytest.mark.parametrize("odd", [None, "", "many", True, False, [], {}, "-1", "1.5", "١٢"])
def test_an_odd_total_or_next_counts_as_missing(odd: Any) -> None:
    response = read({"result": [], "total": odd, "next": odd})

    assert (response.total, response.next) == (None, None)


def test_zero_is_a_total() -> None:
    assert read({"result": [], "total": 0}).total == 0


def test_unknown_keys_of_an_envelope_are_ignored() -> None:
    assert read({"result": 1, "signature": "s", "warnings": []}).result == 1


# Time.


def test_time_is_read_with_its_operating_seconds() -> None:
    time = read_time(
        {
            "start": 1790000000.25,
            "finish": 1790000001,
            "duration": 0.75,
            "processing": 0.5,
            "date_start": "2026-09-21T13:33:20+03:00",
            "operating_reset_at": 1790000600,
            "operating": 1.25,
        }
    )

    assert time == Time(1790000000.25, 1790000001.0, 0.75, 0.5, 1.25, 1790000600.0)


def test_a_portal_that_does_not_count_has_no_operating_seconds() -> None:
    time = read_time({"start": 1, "finish": 2})

    assert (time.operating, time.operating_reset_at) == (None, None)


@pytest.mark.parametrize("content", [None, [], "now", 7, {"start": "soon", "duration": None}])
def test_an_odd_time_does_not_spoil_the_answer(content: Any) -> None:
    assert read({"result": 1, "time": content}) == Response(1)


# Errors by their code.

CODES = [
    ("QUERY_LIMIT_EXCEEDED", RateLimited),
    ("OPERATION_TIME_LIMIT", OperationTimeLimit),
    ("expired_token", TokenExpired),
    ("invalid_token", TokenExpired),
    ("NO_AUTH_FOUND", AccessDenied),
    ("INVALID_CREDENTIALS", AccessDenied),
    ("insufficient_scope", AccessDenied),
    ("user_access_error", AccessDenied),
    ("ACCESS_DENIED", AccessDenied),
    ("WRONG_LICENSE", AccessDenied),
    ("WRONG_AUTH_TYPE", AccessDenied),
    ("ALLOWED_ONLY_INTRANET_USER", AccessDenied),
    ("NOT_FOUND", NotFound),
    ("ERROR_NOT_FOUND", NotFound),
    ("authorization_error", InstallationGone),
    ("APPLICATION_NOT_FOUND", InstallationGone),
    ("PAYMENT_REQUIRED", InstallationGone),
    ("PORTAL_DELETED", InstallationGone),
    ("ERROR_METHOD_NOT_FOUND", RestError),
    ("ERROR_CORE", RestError),
]


@pytest.mark.parametrize("spell", [str, str.upper, str.lower, str.title])
@pytest.mark.parametrize(("code", "kind"), CODES)
def test_the_code_decides_whatever_its_case(code: str, kind: type[RestError], spell: Any) -> None:
    error = failure({"error": spell(code), "error_description": "text"})

    assert type(error) is kind
    assert error.code == spell(code)


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 429, 500, 503])
def test_the_code_decides_whatever_the_status(status: int) -> None:
    error = failure({"error": "expired_token"}, status)

    assert type(error) is TokenExpired
    assert error.status == status


def test_an_error_names_method_portal_code_and_description() -> None:
    error = failure({"error": "ERROR_CORE", "error_description": "Bad <br> field"}, 400)

    assert (error.method, error.portal, error.status) == ("crm.deal.get", PORTAL, 400)
    assert (error.code, error.description) == ("ERROR_CORE", "Bad <br> field")
    assert str(error) == f"crm.deal.get on {PORTAL}: ERROR_CORE: Bad <br> field"


def test_an_error_beside_a_result_is_an_error() -> None:
    error = failure({"error": "ERROR_CORE", "result": [1]}, 200)

    assert error.code == "ERROR_CORE"


@pytest.mark.parametrize(("sent", "code"), [("", ""), (None, ""), (0, "0"), (403, "403")])
def test_any_error_key_is_an_error(sent: Any, code: str) -> None:
    error = failure({"error": sent, "error_description": "Title is empty"}, 200)

    assert type(error) is RestError
    assert (error.code, error.description) == (code, "Title is empty")


@pytest.mark.parametrize("text", ["Not found", "not found.", "  Not Found "])
def test_an_empty_code_with_the_text_not_found_is_a_missing_record(text: str) -> None:
    assert type(failure({"error": "", "error_description": text})) is NotFound


def test_a_text_that_only_speaks_of_not_found_is_no_missing_record() -> None:
    error = failure({"error": "", "error_description": "Stage not found in this pipeline"})

    assert type(error) is RestError


def test_an_error_without_a_description_still_says_something() -> None:
    error = failure({"error": ""})

    assert str(error) == f"crm.deal.get on {PORTAL}: error: no text"


def test_the_error_object_of_rest_3_is_read() -> None:
    error = failure(
        {"error": {"code": "ACCESS_DENIED", "message": "No rights", "validation": []}}, 403
    )

    assert type(error) is AccessDenied
    assert (error.code, error.description) == ("ACCESS_DENIED", "No rights")


def test_an_empty_error_object_is_an_error() -> None:
    assert failure({"error": {}}).code == ""


# Answers that are no envelope.


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b"", "nothing"),
        (b" \r\n ", "nothing"),
        (b"<!DOCTYPE html><html>", "an HTML page"),
        (b"\n <html>", "an HTML page"),
        (b"Fatal error: out of memory", "something else"),
        (b"\xff\xfe", "something else"),
        (b'{"result": tru', "something else"),
        (b"[]", "something else"),
        (b"null", "something else"),
        (b"[" * 100_000, "something else"),
        (b'{"result": ' + b"9" * 5000 + b"}", "something else"),
    ],
)
def test_an_answer_that_is_no_json_object_is_described(body: bytes, what: str) -> None:
    error = failure(body, 200)

    assert isinstance(error, PortalUnreachable)
    assert error.description == f"HTTP 200 with {what} instead of JSON"
    assert error.maybe_executed is True


@pytest.mark.parametrize(
    ("status", "maybe_executed"),
    [(200, True), (404, False), (403, False), (500, True), (502, True)],
)
def test_html_says_by_its_status_whether_the_call_may_have_run(
    status: int, maybe_executed: bool
) -> None:
    error = failure(b"<html></html>", status)

    assert isinstance(error, PortalUnreachable)
    assert (error.maybe_executed, error.status) == (maybe_executed, status)


@pytest.mark.parametrize("body", [b"", b"<html>Service Unavailable</html>", b"Too many"])
def test_a_503_without_json_is_too_many_requests(body: bytes) -> None:
    error = failure(body, 503)

    assert isinstance(error, RateLimited)
    assert error.retry_after > 0


@pytest.mark.parametrize("content", [{}, {"total": 5}, {"message": "hello"}])
def test_json_without_result_and_error_is_no_answer(content: Any) -> None:
    error = failure(content, 200)

    assert isinstance(error, PortalUnreachable)
    assert error.maybe_executed is True


@given(st.binary(), st.integers(200, 599))
def test_bytes_of_any_kind_are_no_answer(body: bytes, status: int) -> None:
    error = failure(body, status)

    assert isinstance(error, PortalUnreachable | RateLimited)
