"""Every envelope that a portal may answer, read to a response or to the error that fits."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitrix_events.errors import (
    AccessDenied,
    BatchError,
    ConfirmationPending,
    InstallationGone,
    InvalidRequest,
    MethodNotFound,
    NotFound,
    OperationTimeLimit,
    OutcomeUnknown,
    PortalBlocked,
    PortalFault,
    PortalUnreachable,
    RateLimited,
    RestError,
    TokenExpired,
)
from bitrix_events.rest.responses import Response, Time, read_answer, read_time

PORTAL = "acme.bitrix24.com"


def read(content: object, status: int = 200) -> Response:
    answer = read_answer("crm.deal.get", status, json.dumps(content).encode(), portal=PORTAL)
    assert isinstance(answer, Response)
    return answer


def failure(content: object, status: int = 400) -> RestError:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    answer = read_answer("crm.deal.get", status, body, portal=PORTAL)
    assert isinstance(answer, RestError)
    return answer


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

CODES: dict[type[RestError], list[str]] = {
    RateLimited: ["QUERY_LIMIT_EXCEEDED"],
    OperationTimeLimit: ["OPERATION_TIME_LIMIT"],
    PortalBlocked: ["OVERLOAD_LIMIT"],
    TokenExpired: ["expired_token", "invalid_token"],
    AccessDenied: [
        "ACCESS_DENIED",
        "ALLOWED_ONLY_INTRANET_USER",
        "INVALID_CREDENTIALS",
        "METHOD_CONFIRM_DENIED",
        "NO_AUTH_FOUND",
        "WRONG_AUTH_TYPE",
        "WRONG_LICENSE",
        "insufficient_scope",
        "session_failed",
        "user_access_error",
    ],
    ConfirmationPending: ["METHOD_CONFIRM_WAITING"],
    MethodNotFound: ["ERROR_METHOD_NOT_FOUND", "ERROR_MANIFEST_IS_NOT_AVAILABLE"],
    NotFound: ["NOT_FOUND", "ERROR_NOT_FOUND", "ERROR_ENTITY_NOT_FOUND"],
    InvalidRequest: [
        "ERROR_ARGUMENT",
        "ERROR_BATCH_LENGTH_EXCEEDED",
        "ERROR_BATCH_METHOD_NOT_ALLOWED",
        "INVALID_ARG_VALUE",
        "INVALID_REQUEST",
        "WRONG_ENCODING",
    ],
    InstallationGone: [
        "APPLICATION_NOT_FOUND",
        "NOT_INSTALLED",
        "PAYMENT_REQUIRED",
        "PORTAL_DELETED",
        "authorization_error",
        "invalid_client",
        "invalid_grant",
        "invalid_scope",
    ],
    PortalFault: ["INTERNAL_SERVER_ERROR", "ERROR_UNEXPECTED_ANSWER"],
    PortalUnreachable: ["CONNECTION_ERROR"],
    RestError: ["ERROR_CORE", "100", "SOME_BUSINESS_RULE"],
}
SPELLED = [(code, kind) for kind, codes in CODES.items() for code in codes]


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize("spell", [str.upper, str.lower, str.title])
@pytest.mark.parametrize(("code", "kind"), SPELLED)
def test_the_code_decides_whatever_its_case(
    code: str, kind: type[RestError], spell: Any, status: int
) -> None:
    error = failure({"error": spell(code), "error_description": "text"}, status)

    assert type(error) is kind
    assert kind is PortalUnreachable or (error.code, error.description) == (spell(code), "text")


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("ACCESSDENIEDEXCEPTION", AccessDenied),
        ("INSUFFICIENTSCOPEEXCEPTION", AccessDenied),
        ("ENTITYNOTFOUNDEXCEPTION", NotFound),
        ("METHODNOTFOUNDEXCEPTION", MethodNotFound),
        ("RATELIMITEXCEPTION", OperationTimeLimit),
        ("INTERNALEXCEPTION", PortalFault),
        ("IDEMPOTENCYKEYREUSEDEXCEPTION", InvalidRequest),
        ("INVALIDIDEMPOTENCYKEYEXCEPTION", InvalidRequest),
        ("INVALIDJSONEXCEPTION", InvalidRequest),
        ("INVALIDSELECTEXCEPTION", InvalidRequest),
        ("UNKNOWNDTOPROPERTYEXCEPTION", InvalidRequest),
        ("UNKNOWNFILTEROPERATOREXCEPTION", InvalidRequest),
        ("VALIDATION_REQUESTVALIDATIONEXCEPTION", InvalidRequest),
    ],
)
def test_the_codes_of_rest_3_are_read(code: str, kind: type[RestError]) -> None:
    full = f"BITRIX_REST_V3_EXCEPTION_{code}"

    assert type(failure({"error": {"code": full, "message": "?"}}, 400)) is kind
    assert type(failure({"error": {"code": full.lower(), "message": "?"}}, 400)) is kind


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, AccessDenied),
        (403, AccessDenied),
        (410, InstallationGone),
        (429, RateLimited),
        (500, PortalFault),
        (503, PortalFault),
        (400, RestError),
        (404, RestError),
    ],
)
@pytest.mark.parametrize("code", ["", "SOMETHING_NEW"])
def test_the_status_decides_where_the_code_says_nothing(
    code: str, status: int, kind: type[RestError]
) -> None:
    assert type(failure({"error": code, "error_description": "?"}, status)) is kind


def test_a_portal_that_cannot_check_the_token_has_not_run_the_call() -> None:
    error = failure({"error": "CONNECTION_ERROR", "error_description": "timeout"}, 401)

    assert (error.transient, error.maybe_executed, error.status) == (True, False, 401)
    assert "CONNECTION_ERROR: timeout" in str(error)


@pytest.mark.parametrize("code", ["INTERNAL_SERVER_ERROR", "SOMETHING_NEW"])
def test_a_portal_that_broke_down_may_have_run_the_call(code: str) -> None:
    assert failure({"error": code}, 500).maybe_executed is True


def test_a_wrong_parameter_of_rest_3_is_named() -> None:
    wrong = [{"field": "title", "message": "required"}]
    error = failure({"error": {"code": "X", "message": "?", "validation": wrong}}, 400)
    named = failure(
        {"error": {"code": "BITRIX_REST_V3_EXCEPTION_X", "validation": [*wrong, "odd"]}}, 400
    )

    assert type(error) is RestError
    assert isinstance(named, InvalidRequest)
    assert named.validation == wrong


@pytest.mark.parametrize("odd", [None, "text", {"a": 1}, 7])
def test_an_odd_validation_is_no_validation(odd: Any) -> None:
    error = failure({"error": {"code": "BITRIX_REST_V3_EXCEPTION_X", "validation": odd}}, 400)

    assert isinstance(error, InvalidRequest)
    assert error.validation == []


def test_a_wrong_parameter_of_the_older_interface_has_no_validation() -> None:
    error = failure({"error": "ERROR_ARGUMENT", "argument": "id"}, 400)

    assert isinstance(error, InvalidRequest)
    assert error.validation == []
    assert error.content["argument"] == "id"


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
def test_a_503_without_json_does_not_tell_whether_the_call_has_run(body: bytes) -> None:
    error = failure(body, 503)

    assert isinstance(error, PortalUnreachable)
    assert (error.maybe_executed, error.transient) == (True, True)


@pytest.mark.parametrize("content", [{}, {"total": 5}, {"message": "hello"}])
def test_json_without_result_and_error_is_no_answer(content: Any) -> None:
    error = failure(content, 200)

    assert isinstance(error, PortalUnreachable)
    assert error.maybe_executed is True


@given(st.binary(), st.integers(200, 599))
@settings(deadline=None, max_examples=50)
def test_bytes_of_any_kind_are_no_answer(body: bytes, status: int) -> None:
    error = failure(body, status)

    assert type(error) is (RateLimited if status == 429 else PortalUnreachable)


# What an error holds, and what not.

SECRET = "s3cr3t-t0ken/with=odd&signs"


@pytest.mark.parametrize(
    "content",
    [
        {"error": "X", "error_description": f"auth={SECRET} is wrong"},
        {"error": f"X{SECRET}", "error_description": ""},
        {"error": "X", "error_description": "", "extra": [{"deep": {SECRET: SECRET}}]},
        {"error": {"code": "X", "message": f"https://acme/rest/1/{SECRET}/profile"}},
        {"error": "X", "error_description": f"big {SECRET}", "number": 10**30},
    ],
)
def test_a_secret_that_the_portal_repeats_is_blanked(content: dict[str, Any]) -> None:
    body = json.dumps(content).encode()
    for sent in (body, body.replace(b"/", b"\\/")):
        error = read_answer("x", 403, sent, portal=PORTAL, secrets=[SECRET])

        assert isinstance(error, RestError)
        assert "***" in str(error.content)
        for text in (str(error), repr(error), repr(error.content)):
            assert SECRET not in text


def test_a_text_too_short_to_be_a_secret_is_left_alone() -> None:
    error = read_answer("x", 403, b'{"error": "a"}', portal=PORTAL, secrets=["", "a"])

    assert isinstance(error, RestError)
    assert error.code == "a"


def test_a_result_is_not_touched() -> None:
    body = json.dumps({"result": SECRET}).encode()

    assert read_answer("x", 200, body, portal=PORTAL, secrets=[SECRET]) == Response(SECRET)


@pytest.mark.parametrize(("code", "kind"), SPELLED)
def test_an_error_survives_a_journey_between_processes(code: str, kind: type[RestError]) -> None:
    error = failure({"error": code, "error_description": "text"}, 403)
    error.add_note("seen on Monday")

    copy = pickle.loads(pickle.dumps(error))

    assert type(copy) is type(error)
    assert str(copy) == str(error)
    assert vars(copy) == vars(error)


def test_the_error_of_a_batch_survives_it_too() -> None:
    error = BatchError(
        portal=PORTAL,
        results={"good": Response(1)},
        errors={"bad": failure({"error": "NOT_FOUND"}), 7: failure({"error": ""})},
    )

    copy = pickle.loads(pickle.dumps(error))

    assert (str(copy), copy.results) == (str(error), error.results)
    assert [type(e) for e in copy.errors.values()] == [NotFound, RestError]
    assert list(copy.errors) == ["bad", 7]


def test_each_error_of_a_batch_can_be_caught_by_its_kind() -> None:
    caught: list[type[Any]] = []
    error = BatchError(
        portal=PORTAL,
        results={},
        errors={"a": failure({"error": "NOT_FOUND"}), "b": failure({"error": "ACCESS_DENIED"})},
    )
    try:
        try:
            raise error
        except* NotFound as group:
            caught += map(type, group.exceptions)
    except* AccessDenied as group:
        caught += map(type, group.exceptions)

    assert caught == [NotFound, AccessDenied]


def test_the_error_of_a_batch_is_caught_as_one_too() -> None:
    with pytest.raises(RestError) as caught:
        raise BatchError(portal=PORTAL, results={}, errors={"a": failure({"error": "NOT_FOUND"})})

    assert caught.value.code == "BATCH_FAILED"


def test_an_error_can_be_told_of_another_method() -> None:
    error = failure({"error": "QUERY_LIMIT_EXCEEDED", "error_description": "text"}, 503)
    assert isinstance(error, RateLimited)
    error.retry_after = 7.5

    twin = error.told_of("crm.deal.list")

    assert type(twin) is RateLimited
    assert (twin.method, twin.code, twin.status) == ("crm.deal.list", error.code, 503)
    assert twin.retry_after == 7.5
    assert "crm.deal.get" not in f"{twin} {twin!r}"
    assert error.method == "crm.deal.get"


def test_an_unknown_outcome_is_not_taken_for_a_passing_failure() -> None:
    assert not OutcomeUnknown.transient
