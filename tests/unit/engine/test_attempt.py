"""How attempts end: every row of the table of errors and retries."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from contextvars import ContextVar
from datetime import timedelta
from typing import Any

import pytest

from bitrix_events import (
    App,
    BatchError,
    Delivery,
    Drop,
    Event,
    GiveUp,
    InstallationGone,
    NotExecuted,
    OperationTimeLimit,
    PortalBlocked,
    PortalFault,
    PortalUnreachable,
    RateLimited,
    RestError,
    RetryLater,
    RetryPolicy,
    Router,
    StoreError,
)
from bitrix_events.engine.attempt import LeftBehind
from bitrix_events.engine.verdicts import Outcome
from bitrix_events.events import OnCrmDealAdd
from bitrix_events.store.records import DEATHS, State, Verdict
from tests.serving import PATIENCE, eventually
from tests.unit.engine.parts import Runner, app_of, claim_of, running


class ErpDown(Exception):
    pass


class ErpGone(ErpDown):
    pass


async def outcome_of(
    raised: BaseException | None, *, retry: RetryPolicy | None = None, **claim: Any
) -> Outcome:
    """How an attempt ends whose handler raises this."""
    app = app_of(retry=retry)

    @app.on(OnCrmDealAdd, name="handler")
    async def handler() -> None:
        if raised is not None:
            raise raised

    async with running(app) as runner:
        return await runner.run(claim_of("handler", **claim))


def rest_error(kind: type[RestError], status: int = 0) -> RestError:
    return kind("crm.deal.get", "CODE", "text", portal="acme", status=status)


async def test_a_handler_that_returns_is_done() -> None:
    outcome = await outcome_of(None)

    assert outcome == Outcome(Verdict(State.DONE))


async def test_drop_skips_and_is_no_error() -> None:
    outcome = await outcome_of(Drop("not ours"))

    assert outcome == Outcome(Verdict(State.SKIPPED, "not ours"))


async def test_give_up_is_dead_at_once() -> None:
    outcome = await outcome_of(GiveUp("no amount"))

    assert outcome.verdict == Verdict(State.DEAD, "no amount")
    assert isinstance(outcome.error, GiveUp)


async def test_retry_later_waits_as_long_as_it_says_and_costs_no_attempt() -> None:
    outcome = await outcome_of(RetryLater(seconds=90), retry=RetryPolicy(attempts=1))

    assert outcome.verdict == Verdict(State.WAITING, "try again in 90 s", 90, counted=False)
    assert outcome.error is None


async def test_retry_later_ends_at_the_max_age_of_the_policy_and_says_so() -> None:
    policy = RetryPolicy(attempts=1, max_age=timedelta(days=3))
    an_hour_less, an_hour_more = timedelta(days=2, hours=23), timedelta(days=3, hours=1)

    before = await outcome_of(RetryLater(seconds=60), retry=policy, age=an_hour_less)
    after = await outcome_of(RetryLater(seconds=60), retry=policy, age=an_hour_more)
    beyond = await outcome_of(RetryLater(seconds=7200), retry=policy, age=an_hour_less)

    assert before.verdict.state is State.WAITING
    assert after.verdict.state is beyond.verdict.state is State.DEAD
    assert "later than 3 days, 0:00:00 after its first start" in after.verdict.note


async def test_a_failure_waits_with_backoff_until_the_last_attempt() -> None:
    policy = RetryPolicy(attempts=3, base=8, cap=10)

    delays = [
        (await outcome_of(ValueError("x"), retry=policy, attempt=2)).verdict.delay_seconds
        for _ in range(60)
    ]
    last = await outcome_of(ValueError("x"), retry=policy, attempt=3)

    assert max(delays) > 5
    assert min(delays) < 5
    assert all(0 <= delay <= 10 for delay in delays)
    assert last.verdict == Verdict(State.DEAD, "ValueError: x")
    assert isinstance(last.error, ValueError)


async def test_what_has_no_attempt_left_is_not_run() -> None:
    outcome = await outcome_of(
        None, retry=RetryPolicy(attempts=2), attempt=3, note="the process died while this ran"
    )

    expected = "no attempts are left after 2: the process died while this ran"
    assert outcome.verdict == Verdict(State.DEAD, expected, counted=False)
    assert str(outcome.error) == expected


async def test_what_has_killed_three_processes_is_not_run() -> None:
    outcome = await outcome_of(None, deaths=DEATHS)
    once_more = await outcome_of(None, deaths=DEATHS - 1)

    assert outcome.verdict.state is State.DEAD
    assert outcome.verdict.note == "3 processes died while this ran"
    assert once_more.verdict.state is State.DONE


async def test_a_handler_that_nobody_knows_waits_for_the_next_release() -> None:
    async with running(app_of()) as runner:
        outcome = await runner.run(claim_of("gone"))

    assert outcome.verdict.state is State.WAITING
    assert outcome.verdict.delay_seconds == 900
    assert not outcome.verdict.counted
    assert "no handler is named gone" in outcome.verdict.note


async def test_a_portal_that_is_unknown_by_now_is_given_up() -> None:
    outcome = await outcome_of(None, portal="other")

    assert outcome.verdict == Verdict(State.DEAD, "the portal is unknown by now")


async def test_a_store_that_cannot_be_asked_costs_no_attempt() -> None:
    app = app_of(retry=RetryPolicy(attempts=1))
    app.on(OnCrmDealAdd, name="handler")(async_nothing)

    async with running(app) as runner:
        runner.store.error = StoreError("disk full")
        outcome = await runner.run(claim_of("handler"))

    assert outcome.verdict == Verdict(State.WAITING, "disk full", 1.0, counted=False)


async def async_nothing() -> None: ...


# Portal weather.


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (rest_error(RateLimited), 2.0),
        (rest_error(OperationTimeLimit), 60.0),
        (rest_error(PortalBlocked), 60.0),
        (rest_error(PortalFault, 503), 2.0),
        (
            PortalUnreachable("m", "HTTP 503", portal="acme", maybe_executed=False, status=503),
            2.0,
        ),
        (ExceptionGroup("tasks", [rest_error(RateLimited), rest_error(RateLimited)]), 2.0),
        (
            BatchError(
                portal="acme",
                results={},
                errors={"a": rest_error(RateLimited), "b": rest_error(NotExecuted)},
            ),
            2.0,
        ),
    ],
)
async def test_portal_weather_costs_no_attempt(error: Exception, seconds: float) -> None:
    outcome = await outcome_of(error, retry=RetryPolicy(attempts=1), age=timedelta(days=300))

    assert outcome.verdict.state is State.WAITING
    assert outcome.verdict.delay_seconds == pytest.approx(seconds, abs=0.1)
    assert not outcome.verdict.counted
    assert outcome.error is None


@pytest.mark.parametrize(
    "error",
    [
        rest_error(PortalFault, 500),
        PortalUnreachable("m", "no connection", portal="acme", maybe_executed=False),
        rest_error(InstallationGone),
        BatchError(
            portal="acme",
            results={},
            errors={"a": rest_error(RateLimited), "b": rest_error(RestError)},
        ),
        ExceptionGroup("tasks", [rest_error(RateLimited), ValueError("mine")]),
    ],
)
async def test_what_is_more_than_weather_counts(error: Exception) -> None:
    outcome = await outcome_of(error)

    assert outcome.verdict.state is State.WAITING
    assert outcome.verdict.counted
    assert outcome.error is error


@pytest.mark.parametrize("grouped", [False, True])
async def test_work_of_a_portal_that_turned_the_app_away_is_parked(grouped: bool) -> None:
    app = app_of()
    gone = rest_error(InstallationGone)

    @app.on(OnCrmDealAdd, name="handler")
    async def handler() -> None:
        raise ExceptionGroup("tasks", [gone]) if grouped else gone

    async with running(app) as runner:
        runner.has_gone = True
        outcome = await runner.run(claim_of("handler"))

    assert outcome.verdict == Verdict(State.WAITING, str(gone), counted=False, parks=True)


# Timeouts and threads.


async def test_a_handler_past_its_timeout_is_cancelled_and_has_failed() -> None:
    app = app_of()
    ends: list[str] = []

    @app.on(OnCrmDealAdd, name="handler", timeout=0.02)
    async def handler() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ends.append("cleaned up")

    async with running(app) as runner:
        outcome = await runner.run(claim_of("handler"))
        await asyncio.sleep(0)  # the task is not cancelled any more

    assert outcome.verdict.state is State.WAITING
    assert outcome.verdict.counted
    assert outcome.verdict.note == "took longer than its timeout of 0.02 s"
    assert ends == ["cleaned up"]


async def test_a_handler_that_ignores_its_timeout_is_left_behind() -> None:
    app = app_of()
    may_end = asyncio.Event()

    @app.on(OnCrmDealAdd, name="handler", timeout=0.01)
    async def handler() -> None:
        while not may_end.is_set():
            with suppress(asyncio.CancelledError):
                await may_end.wait()

    async with running(app) as runner:
        task = asyncio.create_task(runner.run(claim_of("handler")))
        await eventually(lambda: bool(runner.left))
        assert not task.done()
        may_end.set()
        with pytest.raises(LeftBehind):
            await task

    assert [outcome.verdict.note for outcome in runner.left] == [
        "took longer than its timeout of 0.01 s"
    ]


async def test_deadlines_of_one_length_end_in_order() -> None:
    app = app_of(timeout=0.05)
    ends: list[int] = []

    @app.on("ONX", name="handler")
    async def handler(event: Event) -> None:
        try:
            if event.data % 2 == 0:
                await asyncio.sleep(3600)
        finally:
            ends.append(event.data)

    async with running(app) as runner:
        began = time.monotonic()
        claims = [claim_of("handler", code="ONX", data=number) for number in range(1, 7)]
        outcomes = await asyncio.gather(*map(runner.run, claims))
        seconds = time.monotonic() - began

    assert [outcome.verdict.state for outcome in outcomes] == [State.DONE, State.WAITING] * 3
    assert ends == [1, 3, 5, 2, 4, 6]
    assert 0.05 <= seconds < 20


@pytest.mark.parametrize("error", [SystemExit(7), KeyboardInterrupt(), asyncio.CancelledError()])
async def test_nothing_that_a_handler_raises_leaves_the_attempt(error: BaseException) -> None:
    outcome = await outcome_of(error)

    assert outcome.verdict.state is State.WAITING
    assert outcome.error is error


async def test_a_handler_that_cancels_its_own_task_disturbs_nothing_that_follows() -> None:
    app = app_of()

    @app.on(OnCrmDealAdd, name="handler")
    async def handler() -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()  # and no await, at which it could arrive

    async with running(app) as runner:
        outcome = await runner.run(claim_of("handler"))
        await asyncio.sleep(0)

    assert outcome.verdict.state is State.DONE


async def test_a_stop_interrupts_an_attempt_without_a_verdict() -> None:
    app = app_of()
    started = asyncio.Event()

    @app.on(OnCrmDealAdd, name="handler")
    async def handler() -> None:
        started.set()
        await asyncio.sleep(60)

    async with running(app) as runner:
        task = asyncio.create_task(runner.run(claim_of("handler")))
        await started.wait()
        runner.is_stopping = True
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_a_def_handler_runs_in_a_thread_with_the_context_of_its_attempt() -> None:
    app = app_of()
    context: ContextVar[str] = ContextVar("context", default="none")
    seen: list[tuple[bool, str]] = []
    main = threading.get_ident()

    @app.middleware
    async def sets_context(call_next: Callable[[], Awaitable[None]]) -> None:
        context.set("set")
        await call_next()

    @app.on(OnCrmDealAdd, name="handler")
    def handler() -> None:
        seen.append((threading.get_ident() == main, context.get()))

    async with running(app) as runner:
        outcome = await runner.run(claim_of("handler"))

    assert outcome.verdict.state is State.DONE
    assert seen == [(False, "set")]
    assert context.get() == "set"  # as run() was called in this task


async def test_waiting_for_a_thread_is_no_time_of_the_handler(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bitrix_events.engine.attempt._THREAD_SECONDS", PATIENCE)
    app = app_of()
    begun, may_end = threading.Event(), threading.Event()

    @app.on(OnCrmDealAdd, name="occupies", timeout=PATIENCE)
    def occupies() -> None:
        begun.set()
        may_end.wait(PATIENCE)

    @app.on(OnCrmDealAdd, name="handler", timeout=3)
    def handler() -> None: ...

    async with running(app, sync_threads=1) as runner:
        first = asyncio.create_task(runner.run(claim_of("occupies")))
        await eventually(begun.is_set)
        second = asyncio.create_task(runner.run(claim_of("handler")))
        await asyncio.sleep(3.5)
        may_end.set()
        outcomes = await asyncio.gather(first, second)

    assert {outcome.verdict.state for outcome in outcomes} == {State.DONE}


async def test_without_a_free_thread_an_execution_goes_back_and_costs_no_attempt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bitrix_events.engine.attempt._THREAD_SECONDS", 0.02)
    app = app_of(timeout=0.02)
    may_end = threading.Event()

    @app.on(OnCrmDealAdd, name="hangs")
    def hangs() -> None:
        may_end.wait(30)

    async with running(app, sync_threads=1) as runner:
        first = await runner.run(claim_of("hangs"))
        second = await runner.run(claim_of("hangs"))
        may_end.set()
        await eventually(lambda: not runner.attempts._threads._free.locked())

    assert first.verdict.note == "took longer than its timeout of 0.02 s"
    assert second.verdict == Verdict(
        State.WAITING, "all 1 threads for `def` handlers are taken", 1.0, counted=False
    )


# Handlers of errors.


def with_error_handlers() -> tuple[App, list[str]]:
    """An app whose handler raises what its claim brings as data, by name."""
    app = app_of(retry=RetryPolicy(attempts=5, base=1000))
    told: list[str] = []

    @app.on("ONX", name="handler")
    async def handler(event: Event) -> None:
        raise event.data

    return app, told


async def fail_with(runner: Runner, error: Exception) -> Outcome:
    return await runner.run(claim_of("handler", code="ONX", data=error))


async def test_a_handler_of_errors_is_injected_and_its_decision_counts() -> None:
    app, told = with_error_handlers()

    @app.error(ErpDown)
    async def wait_for_erp(error: ErpDown, delivery: Delivery, event: Event) -> None:
        told.append(f"{error} in #{delivery.id} {event.code}")
        raise RetryLater(seconds=60 * delivery.attempt) from error

    async with running(app) as runner:
        outcome = await fail_with(runner, ErpDown("no answer"))

    assert told == ["no answer in #7 ONX"]
    assert outcome.verdict == Verdict(
        State.WAITING, "try again in 60 s: ErpDown: no answer", 60, counted=False
    )
    assert isinstance(outcome.error, ErpDown)


@pytest.mark.parametrize(
    ("decision", "state"), [(Drop("never mind"), State.SKIPPED), (GiveUp("stop"), State.DEAD)]
)
async def test_a_handler_of_errors_may_drop_and_give_up(decision: Exception, state: State) -> None:
    app, _ = with_error_handlers()

    @app.error(ErpDown)
    def decide() -> None:
        raise decision

    async with running(app) as runner:
        outcome = await fail_with(runner, ErpDown("no answer"))

    assert outcome.verdict == Verdict(state, f"{decision}: ErpDown: no answer")


async def test_a_handler_of_errors_that_returns_has_dealt_with_the_error() -> None:
    app, _ = with_error_handlers()
    app.error(ErpDown)(async_nothing)

    async with running(app) as runner:
        outcome = await fail_with(runner, ErpDown("no answer"))

    assert outcome.verdict == Verdict(
        State.DONE, "app.async_nothing has dealt with ErpDown: no answer"
    )
    assert outcome.error is None


async def test_a_handler_of_errors_that_raises_leaves_it_to_the_policy() -> None:
    app, _ = with_error_handlers()

    @app.error(ErpDown)
    async def same(error: ErpDown) -> None:
        raise error

    @app.error(ValueError)
    async def another(error: ValueError) -> None:
        raise KeyError("mine")

    async with running(app) as runner:
        raised_again = await fail_with(runner, ErpDown("no answer"))
        raised_another = await fail_with(runner, ValueError("bad"))

    assert raised_again.verdict.state is raised_another.verdict.state is State.WAITING
    assert raised_again.verdict.counted
    assert raised_again.verdict.note == "ErpDown: no answer"
    assert (
        raised_another.verdict.note == "ValueError: bad; then app.another raised KeyError: 'mine'"
    )


async def test_the_nearest_handler_of_the_most_particular_error_is_called() -> None:
    app = app_of()
    router = Router("deals")
    told: list[str] = []

    @router.on("ONX", name="handler")
    async def handler(event: Event) -> None:
        raise event.data

    @router.error(Exception)
    async def any_of_router() -> None:
        told.append("router: any")

    @router.error(ErpDown)
    async def down_of_router() -> None:
        told.append("router: down")

    @app.error(ErpGone, KeyError)
    async def gone_of_app() -> None:
        told.append("app: gone")

    app.include(router)
    async with running(app) as runner:
        for error in (ErpGone(), ErpDown(), ValueError(), KeyError()):
            await fail_with(runner, error)

    assert told == ["router: down", "router: down", "router: any", "router: any"]


async def test_the_apps_handler_of_errors_is_for_what_the_router_does_not_handle() -> None:
    app = app_of()
    router = Router("deals")
    told: list[str] = []

    @router.on("ONX", name="handler")
    async def handler(event: Event) -> None:
        raise event.data

    router.error(KeyError)(async_nothing)

    @app.error(ErpDown)
    async def down_of_app() -> None:
        told.append("app: down")

    app.include(router)
    async with running(app) as runner:
        await fail_with(runner, ErpGone())

    assert told == ["app: down"]


async def test_no_handler_of_errors_is_asked_about_decisions_weather_and_timeouts() -> None:
    app = app_of(timeout=0.02)
    told: list[Exception] = []

    @app.on("ONX", name="handler")
    async def handler(event: Event) -> None:
        if event.data == "slow":
            await asyncio.sleep(60)
        raise event.data

    @app.error(Exception)
    async def any_error(error: Exception) -> None:
        told.append(error)

    async with running(app) as runner:
        for raised in (
            Drop(""),
            GiveUp(""),
            RetryLater(seconds=1),
            rest_error(RateLimited),
            rest_error(OperationTimeLimit),
            "slow",
        ):
            await runner.run(claim_of("handler", code="ONX", data=raised))
        runner.has_gone = True
        await fail_with(runner, rest_error(InstallationGone))

    assert told == []


async def test_a_handler_of_errors_has_a_timeout_as_well() -> None:
    app = app_of(timeout=0.02)

    @app.on(OnCrmDealAdd, name="handler")
    async def handler() -> None:
        raise ErpDown

    @app.error(ErpDown)
    async def slow() -> None:
        await asyncio.sleep(60)

    async with running(app) as runner:
        outcome = await runner.run(claim_of("handler"))

    assert outcome.verdict.state is State.WAITING
    assert "app.slow raised TookTooLong" in outcome.verdict.note


# Middleware.


async def test_middleware_is_an_onion_with_the_app_outside() -> None:
    app, router = app_of(), Router("deals")
    order: list[str] = []

    def layer(name: str) -> Callable[..., Awaitable[None]]:
        async def around(call_next: Callable[[], Awaitable[None]], delivery: Delivery) -> None:
            order.append(f"{name} {delivery.handler}")
            await call_next()
            order.append(f"{name} ends")

        around.__name__ = name
        return around

    router.middleware(layer("router 1"))
    router.middleware(layer("router 2"))
    app.middleware(layer("app"))

    @router.on(OnCrmDealAdd, name="handler")
    async def handler() -> None:
        order.append("handler")

    app.include(router)
    async with running(app) as runner:
        await runner.run(claim_of("handler"))

    assert order == [
        "app handler",
        "router 1 handler",
        "router 2 handler",
        "handler",
        "router 2 ends",
        "router 1 ends",
        "app ends",
    ]


async def test_errors_and_timeouts_pass_through_middleware() -> None:
    app = app_of()
    seen: list[str] = []

    @app.middleware
    async def watch(go_on: Callable[[], Awaitable[None]]) -> None:
        try:
            await go_on()
        except Exception as error:
            seen.append(type(error).__name__)
            raise

    @app.on(OnCrmDealAdd, name="fails")
    async def fails() -> None:
        raise ErpDown

    @app.on(OnCrmDealAdd, name="hangs", timeout=0.02)
    async def hangs() -> None:
        await asyncio.sleep(60)

    async with running(app) as runner:
        failed = await runner.run(claim_of("fails"))
        timed_out = await runner.run(claim_of("hangs"))

    assert seen == ["ErpDown", "TookTooLong"]
    assert failed.verdict.note == "ErpDown: "
    assert timed_out.verdict.note == "took longer than its timeout of 0.02 s"


async def test_middleware_may_decide_without_the_handler() -> None:
    app = app_of()
    ran: list[str] = []

    @app.middleware
    async def refuse(call_next) -> None:  # type: ignore[no-untyped-def]  # by its name
        raise Drop("not today")

    @app.on(OnCrmDealAdd, name="handler")
    async def handler() -> None:
        ran.append("handler")

    async with running(app) as runner:
        outcome = await runner.run(claim_of("handler"))

    assert outcome.verdict == Verdict(State.SKIPPED, "not today")
    assert ran == []


async def test_middleware_may_go_on_twice_with_a_def_handler() -> None:
    app = app_of()
    ran: list[str] = []

    @app.middleware
    async def twice(call_next: Callable[[], Awaitable[None]]) -> None:
        await call_next()
        await call_next()

    @app.on(OnCrmDealAdd, name="handler")
    def handler() -> None:
        ran.append("handler")

    async with running(app, sync_threads=1) as runner:
        outcome = await runner.run(claim_of("handler"))

    assert outcome.verdict.state is State.DONE
    assert ran == ["handler", "handler"]


# What is logged.


async def test_each_attempt_is_one_log_line_with_its_ids(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    app, _ = with_error_handlers()

    @app.on("ONX", name="fine")
    async def fine(log: logging.Logger) -> None:
        log.info("from the handler")

    async with running(app) as runner:
        await runner.run(claim_of("fine", code="ONX"))
        await fail_with(runner, ErpDown("no answer"))
        await fail_with(runner, RateLimited("m", "c", "d", portal="acme"))

    from_handler, *lines = [vars(record) for record in caplog.records if hasattr(record, "handler")]
    assert [line["action"] for line in lines] == ["done", "waiting", "waiting"]
    for line in (from_handler, *lines):
        assert (line["delivery"], line["execution"], line["portal"]) == (7, 70, "acme")
    assert [bool(line["exc_info"]) for line in lines] == [False, True, False]
    assert from_handler["name"] == "fine"
    assert lines[1]["message"].startswith("#7 handler: waiting after ")
    assert "attempt 1 of 5" in lines[1]["message"]
    assert lines[1]["message"].endswith(": ErpDown: no answer")
