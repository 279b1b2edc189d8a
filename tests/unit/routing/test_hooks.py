"""Registering what is around handlers, and the mistakes of these decorators."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest

from bitrix_events import (
    App,
    Client,
    Delivery,
    Drop,
    Event,
    GiveUp,
    HandlerSignatureError,
    Portal,
    RetryLater,
    Router,
    SyncClient,
)
from bitrix_events.events import Deal, OnCrmDealAdd


class ErpDown(Exception): ...


class Erp: ...


async def watch(call_next: Callable[[], Awaitable[None]], delivery: Delivery) -> None: ...
async def on_error(error: ErpDown, delivery: Delivery, client: Client) -> None: ...
def on_error_in_a_thread(error: Exception, client: SyncClient, portal: Portal) -> None: ...
async def page(error: Exception, delivery: Delivery, event: Event) -> None: ...


def test_the_decorated_functions_are_returned_unchanged() -> None:
    app, router = App(), Router("deals")

    assert app.middleware(watch) is router.middleware(watch) is watch
    assert app.error(ErpDown)(on_error) is router.error(ErpDown)(on_error) is on_error
    assert app.dead_letter(page) is page


def test_hooks_are_named_after_their_router() -> None:
    router = Router("deals")

    router.error(ErpDown, KeyError)(on_error_in_a_thread)
    router.middleware(watch)

    assert [hook.name for hook in router.hooks] == ["deals.watch", "deals.on_error_in_a_thread"]


@pytest.mark.parametrize("function", [on_error, on_error_in_a_thread])
def test_a_handler_of_errors_is_planned_when_its_router_is_included(
    function: Callable[..., Any],
) -> None:
    app, router = App(), Router("deals")
    router.error(ErpDown)(function)

    app.include(router)

    (planned,) = app._planned_hooks.values()
    assert list(planned.plan.sources) == list(function.__annotations__)[:-1]


def test_the_parameter_that_goes_on_is_found_by_its_type_or_by_its_name() -> None:
    async def by_type(go_on: Callable[[], Awaitable[None]]) -> None: ...
    async def by_name(call_next, delivery: Delivery) -> None: ...  # type: ignore[no-untyped-def]

    router = Router("deals")
    router.middleware(by_type)
    router.middleware(by_name)

    assert [hook.call_next for hook in router.hooks] == ["go_on", "call_next"]


async def wants_erp_around(call_next: Callable[[], Awaitable[None]], erp: Erp) -> None: ...
async def wants_erp(error: Exception, erp: Erp) -> None: ...
async def wants_key_error(error: KeyError) -> None: ...
async def wants_deal(error: Exception, deal: Deal) -> None: ...
async def wants_one_event(error: Exception, event: OnCrmDealAdd) -> None: ...
async def wants_sync_client(error: Exception, client: SyncClient) -> None: ...
def wants_client(error: Exception, client: Client) -> None: ...
def generator() -> Iterator[None]:
    yield


async def async_generator() -> AsyncIterator[None]:
    yield


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (wants_erp, "'erp' wants Erp, which nothing provides"),
        (wants_key_error, "'error' wants KeyError, but it is called for any ErpDown"),
        (wants_deal, "'deal' wants Deal, which only a handler can ask for"),
        (wants_one_event, "it may be called for any event; ask for Event"),
        (wants_sync_client, "SyncClient, which is for `def` handlers"),
        (wants_client, "Client, which is for `async def` handlers"),
        (generator, "a function or a bound method"),
        (async_generator, "it cannot be a generator"),
    ],
)
def test_a_wrong_handler_of_errors_is_refused_where_it_is_registered(
    function: Callable[..., Any], text: str
) -> None:
    app = App()

    with pytest.raises(HandlerSignatureError) as refused:
        app.error(ErpDown)(function)

    assert str(refused.value).startswith(f"app.{function.__name__}: ")
    assert text in str(refused.value)
    assert app.hooks == ()


def test_a_wrong_hook_for_dead_letters_is_refused() -> None:
    with pytest.raises(HandlerSignatureError, match="wants KeyError, but it is called for any"):
        App().dead_letter(wants_key_error)


@pytest.mark.parametrize("error", [5, Erp, BaseException, asyncio.CancelledError])
def test_only_exceptions_have_handlers(error: Any) -> None:
    with pytest.raises(HandlerSignatureError, match="not a kind of Exception"):
        App().error(error)(on_error_in_a_thread)


@pytest.mark.parametrize("decision", [RetryLater, Drop, GiveUp])
def test_decisions_are_no_errors(decision: type[Exception]) -> None:
    with pytest.raises(HandlerSignatureError, match="is a decision, not an error"):
        App().error(decision)(on_error_in_a_thread)


def test_an_error_without_a_name_is_refused() -> None:
    with pytest.raises(HandlerSignatureError, match="name the exception"):
        App().error()(on_error)


def test_one_router_has_one_handler_for_an_exception() -> None:
    app = App()
    app.error(ErpDown)(on_error)

    with pytest.raises(HandlerSignatureError, match=r"app\.on_error handles ErpDown"):
        app.error(ErpDown)(on_error_in_a_thread)


def in_a_thread(call_next: Callable[[], Awaitable[None]]) -> None: ...
async def goes_nowhere(delivery: Delivery) -> None: ...
async def goes_twice(
    call_next: Callable[[], Awaitable[None]], other: Callable[[], Awaitable[None]]
) -> None: ...


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (in_a_thread, "a middleware is an `async def`"),
        (goes_nowhere, "has one parameter that goes on"),
        (goes_twice, "has one parameter that goes on"),
        (wants_erp_around, "'erp' wants Erp, which nothing provides"),
    ],
)
def test_a_wrong_middleware_is_refused(function: Any, text: str) -> None:
    app = App()

    with pytest.raises(HandlerSignatureError, match=f"^app.{function.__name__}: .*{text}"):
        app.middleware(function)

    assert app.hooks == ()


def test_hooks_may_ask_for_what_the_app_provides() -> None:
    app, router = App(), Router("deals")
    router.middleware(wants_erp_around)
    router.error(Exception)(wants_erp)
    app.provide(Erp, Erp)

    app.include(router)

    assert [list(hook.plan.sources) for hook in app._planned_hooks.values()] == [
        ["erp"],
        ["error", "erp"],
    ]
