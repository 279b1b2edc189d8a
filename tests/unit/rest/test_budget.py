"""What reading a list learns from failures."""

from __future__ import annotations

import pytest

from bitrix_events.errors import AnswerTooLarge, PortalUnreachable, RestError
from bitrix_events.rest.budget import Budget
from bitrix_events.rest.pace import UNLIMITED, MethodTimes


def budget() -> Budget:
    return Budget(MethodTimes(UNLIMITED), "crm.deal.list", batches=True)


LOST = PortalUnreachable("crm.deal.list", "lost", portal="b.test", maybe_executed=True)
TOO_LARGE = AnswerTooLarge("crm.deal.list", "large", portal="b.test", maybe_executed=False)


@pytest.mark.parametrize("error", [LOST, TOO_LARGE], ids=["lost", "too large"])
def test_requests_that_fail_together_are_halved_once(error: RestError) -> None:
    learned = budget()
    for _ in range(3):
        learned.failed(error, 50)

    assert learned.request_pages == 25


@pytest.mark.parametrize("error", [LOST, TOO_LARGE], ids=["lost", "too large"])
def test_a_smaller_request_that_fails_is_halved_again(error: RestError) -> None:
    learned = budget()
    for pages in (50, 25, 12, 6, 3, 1):
        learned.failed(error, pages)

    assert learned.request_pages == 1


def test_after_lost_answers_requests_grow_again() -> None:
    learned = budget()
    learned.failed(LOST, 50)
    learned.succeeded(25)

    assert learned.request_pages == 50
