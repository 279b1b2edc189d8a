"""Answers that no portal should give, and that must cost nothing all the same."""

from __future__ import annotations

import pytest

from bitrix_events.errors import PortalUnreachable, RateLimited, RestError
from bitrix_events.rest.responses import Response, read_answer

PORTAL = "acme.bitrix24.com"


@pytest.mark.parametrize("status", [408, 425])
@pytest.mark.parametrize("body", [b"<html>", b"", b'{"odd": 1}'])
def test_an_answer_of_somebody_in_front_may_come_after_the_call_was_run(
    status: int, body: bytes
) -> None:
    error = read_answer("crm.deal.add", status, body, portal=PORTAL)

    assert isinstance(error, PortalUnreachable)
    assert (error.maybe_executed, error.transient) == (True, True)


@pytest.mark.parametrize("body", [b"<html>", b"", b'{"odd": 1}'])
def test_429_is_a_limit_whatever_comes_with_it(body: bytes) -> None:
    error = read_answer("crm.deal.add", 429, body, portal=PORTAL)

    assert isinstance(error, RateLimited)
    assert not error.maybe_executed


@pytest.mark.parametrize("odd", ["1" + "0" * 400, "-1" + "0" * 400, "NaN", "Infinity", "1e999"])
@pytest.mark.parametrize("name", ["start", "duration", "operating", "operating_reset_at"])
def test_an_odd_time_costs_no_result(name: str, odd: str) -> None:
    body = f'{{"result": 5, "time": {{"{name}": {odd}}}}}'.encode()
    response = read_answer("crm.deal.add", 200, body, portal=PORTAL)

    assert response == Response(5)


@pytest.mark.parametrize("depth", [200, 300, 1000, 100_000])
def test_an_error_may_be_nested_however_deeply(depth: int) -> None:
    nested = "[" * depth + "]" * depth
    body = f'{{"error": "ERROR_CORE", "error_description": "key-abcdef", "x": {nested}}}'.encode()
    error = read_answer("m", 400, body, portal=PORTAL, secrets=("key-abcdef",))

    assert isinstance(error, RestError)
    assert "key-abcdef" not in str(error)
