"""Which failures are repeated, how often, and after how long."""

from __future__ import annotations

import math
from typing import Any

import pytest

from bitrix_events.errors import (
    AccessDenied,
    AnswerTooLarge,
    ConfirmationPending,
    IncompleteList,
    InstallationGone,
    InvalidRequest,
    MethodNotFound,
    NotExecuted,
    NotFound,
    OperationTimeLimit,
    OutcomeUnknown,
    PortalBlocked,
    PortalFault,
    PortalMoved,
    PortalUnreachable,
    RateLimited,
    RestError,
    TokenExpired,
)
from bitrix_events.rest.dispatch import is_harmless
from bitrix_events.rest.options import Options
from bitrix_events.rest.retries import Tries, is_refusal, verdict
from bitrix_events.rest.turns import Priority

OPTIONS = Options(attempts=3, delay=1, max_delay=8, patience=100)
NEVER = [
    RestError,
    PortalBlocked,
    TokenExpired,
    AccessDenied,
    ConfirmationPending,
    InvalidRequest,
    MethodNotFound,
    NotFound,
    InstallationGone,
    PortalMoved,
    OutcomeUnknown,
    NotExecuted,
    IncompleteList,
]


def error(kind: type[RestError], *, maybe_executed: bool = False) -> RestError:
    if issubclass(kind, PortalUnreachable):
        return kind("x", "?", portal="acme", maybe_executed=maybe_executed)
    return kind("x", "CODE", "?", portal="acme", maybe_executed=maybe_executed)


@pytest.mark.parametrize("harmless", [True, False])
@pytest.mark.parametrize("kind", [*NEVER, AnswerTooLarge])
def test_what_will_not_pass_is_not_repeated(kind: type[RestError], harmless: bool) -> None:
    tries = Tries(OPTIONS, math.inf)

    assert not tries.may_repeat(error(kind), harmless=harmless)


@pytest.mark.parametrize("kind", [PortalFault, PortalUnreachable])
@pytest.mark.parametrize(
    ("maybe_executed", "harmless", "repeats"),
    [(True, True, True), (True, False, False), (False, True, True), (False, False, True)],
)
def test_what_may_pass_is_repeated_if_that_does_no_harm(
    kind: type[RestError], maybe_executed: bool, harmless: bool, repeats: bool
) -> None:
    tries = Tries(OPTIONS, math.inf)
    failure = error(kind, maybe_executed=maybe_executed)

    assert tries.may_repeat(failure, harmless=harmless) is repeats


@pytest.mark.parametrize("harmless", [True, False])
@pytest.mark.parametrize("kind", [RateLimited, OperationTimeLimit])
def test_a_refusal_by_a_limit_is_repeated_however_often(
    kind: type[RestError], harmless: bool
) -> None:
    tries = Tries(OPTIONS, 100)
    for _ in range(50):
        tries.count()

    assert is_refusal(error(kind))
    assert tries.may_repeat(error(kind), harmless=harmless)


@pytest.mark.parametrize("kind", [RateLimited, OperationTimeLimit])
def test_a_refusal_that_outlasts_the_patience_is_final(kind: Any) -> None:
    refusal = kind("x", "CODE", "?", portal="acme")
    refusal.retry_after = 20

    assert Tries(OPTIONS, 30).may_repeat(refusal, harmless=True)
    assert not Tries(OPTIONS, 10).may_repeat(refusal, harmless=True)


def test_a_call_is_tried_so_often_in_all() -> None:
    tries = Tries(OPTIONS, math.inf)
    failure = error(PortalFault)
    made = 1
    tries.count()
    while tries.may_repeat(failure, harmless=True):
        made += 1
        tries.count()

    assert made == OPTIONS.attempts


def test_what_works_in_bulk_waits_as_long_as_it_takes() -> None:
    assert Tries.of(OPTIONS, Priority.BULK).patience_left == math.inf
    assert Tries.of(OPTIONS, Priority.CALL).patience_left == pytest.approx(100, abs=1)


def test_patience_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("bitrix_events.rest.retries.time.monotonic", lambda: now)
    tries = Tries(OPTIONS, 10)
    now += 7
    assert tries.patience_left == pytest.approx(3)
    now += 7

    assert tries.patience_left == 0


def test_the_wait_is_any_part_of_a_time_that_doubles() -> None:
    tries = Tries(OPTIONS, math.inf)
    assert tries.delay() == 0
    for bound in (1, 2, 4, 8, 8, 8):
        tries.count()
        delays = [tries.delay() for _ in range(500)]

        assert min(delays) < bound * 0.1
        assert bound * 0.9 < max(delays) <= bound


def test_a_thousand_failures_do_not_overflow() -> None:
    tries = Tries(OPTIONS, math.inf)
    for _ in range(5000):
        tries.count()

    assert 0 <= tries.delay() <= 8


# What the caller sees.


@pytest.mark.parametrize("kind", [PortalFault, PortalUnreachable, AnswerTooLarge])
def test_a_change_whose_answer_is_lost_has_an_unknown_outcome(kind: type[RestError]) -> None:
    lost = error(kind, maybe_executed=True)
    lost.request_id = "abc"

    final = verdict(lost, harmless=False)

    assert type(final) is OutcomeUnknown
    assert final.__cause__ is lost
    assert (final.method, final.portal, final.maybe_executed) == ("x", "acme", True)
    assert final.request_id == "abc"
    assert "may have been run" in str(final)


@pytest.mark.parametrize("kind", [PortalFault, PortalUnreachable, AnswerTooLarge])
@pytest.mark.parametrize(("maybe_executed", "harmless"), [(True, True), (False, False)])
def test_any_other_failure_stays_what_it_is(
    kind: type[RestError], maybe_executed: bool, harmless: bool
) -> None:
    failure = error(kind, maybe_executed=maybe_executed)

    assert verdict(failure, harmless=harmless) is failure


@pytest.mark.parametrize("kind", [*NEVER, RateLimited, OperationTimeLimit])
def test_a_refusal_is_no_unknown_outcome(kind: type[RestError]) -> None:
    refusal = error(kind)

    assert verdict(refusal, harmless=False) is refusal


# What does no harm.


@pytest.mark.parametrize(
    ("method", "idempotent", "harmless"),
    [
        ("crm.deal.get", None, True),
        ("CRM.DEAL.LIST", None, True),
        ("crm.deal.add", None, False),
        ("crm.deal.update", None, False),
        ("crm.deal.delete", None, False),
        ("my.own.method", None, False),
        ("crm.deal.update", True, True),
        ("crm.deal.get", False, False),
    ],
)
def test_only_what_reads_may_be_run_twice_unless_the_caller_says_so(
    method: str, idempotent: bool | None, harmless: bool
) -> None:
    assert is_harmless(method, Options(idempotent=idempotent)) is harmless


@pytest.mark.parametrize("wrong", [{"attempts": 0}, {"delay": -1}, {"max_delay": -1}])
def test_options_without_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Options(**wrong)
