"""`AppTest` with a portal that is at its limits: nobody waits for these in real time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Literal

import pytest

from bitrix_events import App, Client, OperationTimeLimit, RateLimited, RestError
from bitrix_events.events import OnCrmDealAdd
from bitrix_events.rest.pace import shared_bucket
from bitrix_events.testing import AppTest, FakePortal, Fault, Limits, Operating

FAST = 6.0
"""Real seconds, most of which a busy machine may take. A portal's limits take seven and more."""


def reader(
    seen: list[int], *, patience: float = 60.0, refusals: list[RestError] | None = None
) -> App:
    """An app that looks up each deal, as fast as the portal lets it.

    Args:
        refusals: here it notes the errors that end its attempts.
    """
    app = App()

    @app.on(OnCrmDealAdd)
    async def look_up(event: OnCrmDealAdd, client: Client) -> None:
        alone = client.with_options(merge=False, patience=patience)
        try:
            await alone.call("crm.deal.get", id=event.entity_id)
        except RestError as error:
            if refusals is not None:
                refusals.append(error)
            raise
        seen.append(int(event.entity_id))

    return app


@contextmanager
def fast() -> Iterator[None]:
    """The block has to end in time."""
    began = time.monotonic()
    yield
    took = time.monotonic() - began
    assert took < FAST


@pytest.mark.parametrize("times", [3, 10])
async def test_a_call_that_is_too_much_is_made_again_soon(times: int) -> None:
    seen: list[int] = []
    async with AppTest(reader(seen)) as test:
        test.portal.fail_next("crm.deal.get", "QUERY_LIMIT_EXCEEDED", times=times)
        deal = test.portal.add("deal", TITLE="Roof")
        with fast():
            await test.drain()

        assert seen == [deal]
        assert len(test.portal.calls("crm.deal.get")) == times + 1


@pytest.mark.parametrize("fault", [Fault.BUSY_BEFORE, Fault.ERROR_AFTER])
async def test_a_call_that_the_portal_has_no_time_for_is_made_again_soon(fault: Fault) -> None:
    seen: list[int] = []
    async with AppTest(reader(seen)) as test:
        test.portal.fail_request(1, fault, times=4)
        deal = test.portal.add("deal", TITLE="Roof")
        with fast():
            await test.drain()

        assert seen == [deal]


@pytest.mark.parametrize("mode", ["webhook", "app"])
async def test_a_portal_with_a_small_bucket_serves_many_handlers(
    mode: Literal["webhook", "app"],
) -> None:
    seen: list[int] = []
    portal = partial(FakePortal, limits=Limits(burst=5, per_second=2.0))
    async with AppTest(reader(seen), mode=mode, portal=portal) as test:
        deals = [test.portal.add("deal", TITLE=f"Roof {number}") for number in range(60)]
        with fast():
            await test.drain()

        assert sorted(seen) == deals
        assert test.portal.refusals > 0


def test_a_test_that_is_no_coroutine_does_not_wait_either() -> None:
    seen: list[int] = []
    with AppTest(reader(seen)) as test:
        test.portal.fail_next("crm.deal.get", "QUERY_LIMIT_EXCEEDED", times=10)
        deal = test.portal.add("deal", TITLE="Roof")
        with fast():
            test.drain()

        assert seen == [deal]


async def test_every_portal_of_a_test_recovers_fast_wherever_it_moves() -> None:
    seen: list[int] = []
    async with AppTest(reader(seen), mode="app") as test:
        other = await test.add_portal("beta.bitrix24.de")
        other.move("gamma.bitrix24.de")
        other.fail_next("crm.deal.get", "QUERY_LIMIT_EXCEEDED", times=10)
        deal = other.add("deal", TITLE="Roof")
        with fast():
            await test.drain()

        assert seen == [deal]


async def test_a_call_without_patience_ends_its_attempt_and_time_goes_on_as_at_a_portal() -> None:
    seen: list[int] = []
    refusals: list[RestError] = []
    async with AppTest(reader(seen, patience=0.0, refusals=refusals)) as test:
        test.portal.fail_next("crm.deal.get", "QUERY_LIMIT_EXCEEDED")
        deal = test.portal.add("deal", TITLE="Roof")
        await test.drain()
        [refusal] = refusals
        assert isinstance(refusal, RateLimited)
        assert 0.5 <= refusal.retry_after <= 1
        assert seen == []

        await test.advance(seconds=30)
        assert seen == [deal]


async def test_a_method_without_time_left_is_called_again_when_time_has_passed() -> None:
    seen: list[int] = []
    refusals: list[RestError] = []
    async with AppTest(reader(seen, refusals=refusals)) as test:
        test.portal.fail_next("crm.deal.get", "OPERATION_TIME_LIMIT")
        deal = test.portal.add("deal", TITLE="Roof")
        with fast():
            await test.drain()
            [refusal] = refusals
            assert isinstance(refusal, OperationTimeLimit)
            assert refusal.retry_after == pytest.approx(60, abs=1)
            assert seen == []

            await test.advance(minutes=2)
        assert seen == [deal]
        assert len(test.portal.calls("crm.deal.get")) == 2


async def test_a_patient_call_of_a_method_without_time_left_is_made_again_soon() -> None:
    seen: list[int] = []
    async with AppTest(reader(seen, patience=120.0)) as test:
        test.portal.fail_next("crm.deal.get", "OPERATION_TIME_LIMIT")
        deal = test.portal.add("deal", TITLE="Roof")
        with fast():
            await test.drain()

        assert seen == [deal]
        assert len(test.portal.calls("crm.deal.get")) == 2


async def test_a_method_has_time_again_after_its_ten_minutes() -> None:
    seen: list[int] = []
    operating = Operating(limit=430.0, seconds={"crm.deal.get": 215.0})
    async with AppTest(reader(seen), portal=partial(FakePortal, operating=operating)) as test:
        deals = [test.portal.add("deal", TITLE=f"Roof {number}") for number in range(4)]
        with fast():
            await test.drain()
            assert len(seen) < 4

            await test.advance(minutes=11)
        assert sorted(seen) == deals


async def test_limits_pass_at_their_true_speed_again_after_the_test() -> None:
    async with AppTest(reader([]), mode="app") as test:
        portal = test.portal
        first = portal.domain
        assert shared_bucket(first).speed > 1
        portal.move("gamma.bitrix24.de")
        portal.add("deal", TITLE="Roof")
        await test.drain()

    assert [shared_bucket(host).speed for host in (first, "gamma.bitrix24.de")] == [1.0, 1.0]
