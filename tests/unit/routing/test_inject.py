"""What handlers get: made once, in order, and cleaned up when its time is over."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Annotated, Any

import pytest

from bitrix_events import App, Depends, Entity, Event
from bitrix_events.events import Deal, OnCrmDealAdd, OnCrmDealUpdate
from bitrix_events.routing.inject import NO_PLAN, BuiltIn, Lifetime, Provider, Providers, Scope
from bitrix_events.routing.signature import (
    Asker,
    plan_injection,
    plan_provider,
    read_annotations,
)

made: list[str] = []
"""What the factories of this module did, in order."""


@pytest.fixture(autouse=True)
def _forget_what_was_made() -> None:
    made.clear()


class Erp:
    pass


class Session:
    pass


class BigDeal(Deal):
    pass


class Records:
    """An occasion whose portal hands out records, and counts how often it was asked."""

    def __init__(self, event: Event | None = None) -> None:
        self.event = event
        self.read_types: list[type[Entity]] = []

    async def read(self, wanted: type[Entity]) -> Entity:
        self.read_types.append(wanted)
        return wanted.model_validate({"id": 7})

    def observe(self, wrote: object) -> None: ...


def any_providers() -> Providers:
    return Providers({Event: BuiltIn(lambda occasion: occasion.event)})


def scope_of(providers: Providers, records: Records | None = None) -> Scope:
    return Scope(providers, records or Records())


async def arguments_of(
    function: Callable[..., Any],
    providers: Providers,
    scope: Scope,
    *events: type[Event],
) -> dict[str, Any]:
    """What the function would be called with in this scope."""
    annotations = read_annotations(function, "handler", {})
    asker = Asker("handler", events or (OnCrmDealAdd,))
    plan = plan_injection(function, annotations, asker, providers)
    return await plan.arguments(scope)


def providing(wanted: Any, factory: Callable[..., Any], lifetime: Lifetime) -> Providers:
    providers = any_providers()
    providers.add(wanted, plan_provider(factory, lifetime, Asker("the factory"), providers))
    return providers


async def wants_two(deal: Deal, event: OnCrmDealAdd, again: Deal) -> None: ...


async def test_arguments_come_in_the_order_of_the_signature() -> None:
    event = OnCrmDealAdd("ONCRMDEALADD", {"FIELDS": {"ID": "7"}})
    records = Records(event)
    providers = any_providers()

    async with scope_of(providers, records) as scope:
        arguments = await arguments_of(wants_two, providers, scope)

    assert list(arguments) == ["deal", "event", "again"]
    assert arguments["event"] is event
    assert arguments["deal"] is arguments["again"]
    assert records.read_types == [Deal]


async def wants_own_deal(deal: BigDeal) -> None: ...


async def test_a_record_has_the_type_that_the_handler_named() -> None:
    providers = any_providers()

    async with scope_of(providers) as scope:
        arguments = await arguments_of(wants_own_deal, providers, scope)

    assert type(arguments["deal"]) is BigDeal


async def wants_union(event: OnCrmDealAdd | OnCrmDealUpdate) -> None: ...


async def test_a_union_of_events_gets_the_one_that_arrived() -> None:
    event = OnCrmDealUpdate("ONCRMDEALUPDATE", {})
    providers = any_providers()

    async with scope_of(providers, Records(event)) as scope:
        arguments = await arguments_of(wants_union, providers, scope, OnCrmDealAdd, OnCrmDealUpdate)

    assert arguments == {"event": event}


async def wants_erp(erp: Erp) -> None: ...


async def test_a_value_of_a_delivery_is_made_once_for_each() -> None:
    providers = providing(Erp, Erp, Lifetime.DELIVERY)

    async with scope_of(providers) as one, scope_of(providers) as other:
        first, again = await one.provided(Erp), await one.provided(Erp)
        arguments = await arguments_of(wants_erp, providers, other)

    assert first is again
    assert isinstance(arguments["erp"], Erp)
    assert arguments["erp"] is not first


async def test_a_value_of_the_app_is_made_once_for_all() -> None:
    providers = providing(Erp, Erp, Lifetime.APP)

    async with scope_of(providers) as scope:
        first = await scope.provided(Erp)
    async with scope_of(providers) as scope:
        second = await scope.provided(Erp)

    assert first is second


async def test_a_value_of_the_app_is_made_once_even_if_many_ask_at_once() -> None:
    calls = 0
    may_go_on = asyncio.Event()

    async def connect() -> Erp:
        nonlocal calls
        calls += 1
        await may_go_on.wait()
        return Erp()

    providers = providing(Erp, connect, Lifetime.APP)

    async def let_go_on() -> None:
        may_go_on.set()

    async with asyncio.TaskGroup() as tasks:
        asked = [tasks.create_task(scope_of(providers).provided(Erp)) for _ in range(20)]
        tasks.create_task(let_go_on())  # tasks start in order: all have asked by then

    assert calls == 1
    assert len({id(task.result()) for task in asked}) == 1


async def test_a_value_that_could_not_be_made_is_tried_again() -> None:
    attempts = iter([ConnectionError("down"), None])

    async def connect() -> Erp:
        if problem := next(attempts):
            raise problem
        return Erp()

    providers = providing(Erp, connect, Lifetime.APP)

    with pytest.raises(ConnectionError):
        await scope_of(providers).provided(Erp)
    assert isinstance(await scope_of(providers).provided(Erp), Erp)


async def test_a_generator_of_the_app_is_finished_when_the_app_closes() -> None:
    def connect() -> Iterator[Erp]:
        made.append("open")
        yield Erp()
        made.append("closed")

    providers = providing(Erp, connect, Lifetime.APP)

    async with scope_of(providers) as scope:
        first = await scope.provided(Erp)
    made.append("delivery over")
    await providers.close()

    assert made == ["open", "delivery over", "closed"]
    async with scope_of(providers) as scope:
        assert await scope.provided(Erp) is not first


async def test_generators_of_the_app_are_finished_last_made_first() -> None:
    def factory(name: str) -> Callable[[], AsyncIterator[str]]:
        async def make() -> AsyncIterator[str]:
            yield name
            made.append(name)

        return make

    providers = any_providers()
    for wanted, name in ((Erp, "first"), (Session, "second")):
        providers.add(wanted, Provider(factory(name), NO_PLAN, Lifetime.APP))

    async with scope_of(providers) as scope:
        await scope.provided(Erp)
        await scope.provided(Session)
    await providers.close()

    assert made == ["second", "first"]


def plain() -> str:
    made.append("plain")
    return "plain"


async def later() -> str:
    made.append("later")
    return "later"


def generator() -> Iterator[str]:
    made.append("generator")
    try:
        yield "generator"
    finally:
        made.append("generator closed")


async def async_generator() -> AsyncIterator[str]:
    made.append("async generator")
    yield "async generator"
    made.append("async generator closed")


def outer(
    inner: Annotated[str, Depends(async_generator)], other: Annotated[str, Depends(plain)]
) -> Iterator[str]:
    made.append("outer")
    yield f"outer of {inner} and {other}"
    made.append("outer closed")


async def wants_each(
    a: Annotated[str, Depends(plain)],
    b: Annotated[str, Depends(later)],
    c: Annotated[str, Depends(generator)],
    d: Annotated[str, Depends(async_generator)],
) -> None: ...


async def test_a_dependency_may_be_any_kind_of_function() -> None:
    providers = any_providers()

    async with scope_of(providers) as scope:
        arguments = await arguments_of(wants_each, providers, scope)
        assert made == ["plain", "later", "generator", "async generator"]

    assert list(arguments.values()) == ["plain", "later", "generator", "async generator"]
    assert made[4:] == ["async generator closed", "generator closed"]


async def wants_nested(
    a: Annotated[str, Depends(outer)],
    b: Annotated[str, Depends(plain)],
    c: Annotated[str, Depends(outer)],
) -> None: ...


async def test_a_dependency_is_made_once_however_often_it_is_wanted() -> None:
    providers = any_providers()

    async with scope_of(providers) as scope:
        arguments = await arguments_of(wants_nested, providers, scope)

    assert arguments["a"] == "outer of async generator and plain"
    assert arguments["c"] is arguments["a"]
    assert made == ["async generator", "plain", "outer", "outer closed", "async generator closed"]


async def test_each_attempt_has_its_own_dependencies() -> None:
    providers = any_providers()

    for _ in range(2):
        async with scope_of(providers) as scope:
            await arguments_of(wants_nested, providers, scope)

    assert made.count("outer") == made.count("outer closed") == 2


def title_of(deal: Deal, event: OnCrmDealAdd) -> str:
    return f"{deal.id} {event.code}"


async def wants_title(title: Annotated[str, Depends(title_of)], deal: Deal) -> None: ...


async def test_a_dependency_shares_the_values_of_its_handler() -> None:
    providers = any_providers()
    records = Records(OnCrmDealAdd("ONCRMDEALADD", {}))

    async with scope_of(providers, records) as scope:
        arguments = await arguments_of(wants_title, providers, scope)

    assert arguments["title"] == "7 ONCRMDEALADD"
    assert records.read_types == [Deal]


async def test_a_generator_sees_the_failure_of_the_handler() -> None:
    async def session() -> AsyncIterator[Session]:
        try:
            yield Session()
        except ValueError as error:
            made.append(f"rolled back: {error}")
            raise

    providers = providing(Session, session, Lifetime.DELIVERY)

    async def fail() -> None:
        async with scope_of(providers) as scope:
            await scope.provided(Session)
            raise ValueError("no stock")

    with pytest.raises(ValueError, match="no stock"):
        await fail()
    assert made == ["rolled back: no stock"]


async def test_what_was_made_is_cleaned_up_if_the_next_value_fails() -> None:
    def broken(_: Annotated[str, Depends(generator)]) -> str:
        raise ValueError("broken")

    providers = any_providers()
    provider = plan_provider(broken, Lifetime.DELIVERY, Asker("broken"), providers)

    async def fail() -> None:
        async with scope_of(providers) as scope:
            await scope.depends(provider)

    with pytest.raises(ValueError, match="broken"):
        await fail()
    assert made == ["generator", "generator closed"]


async def test_what_a_value_of_the_app_depends_on_lives_as_long_as_it() -> None:
    def connect(connection: Annotated[str, Depends(generator)]) -> Erp:
        return Erp()

    providers = providing(Erp, connect, Lifetime.APP)

    async with scope_of(providers) as scope:
        await scope.provided(Erp)
    assert made == ["generator"]  # the value is kept, so its connection has to stay open

    await providers.close()
    assert made == ["generator", "generator closed"]


async def test_an_app_plans_what_it_provides() -> None:
    app = App()
    app.provide(Erp, Erp)

    def open_session(erp: Erp) -> Iterator[Session]:
        made.append("session")
        yield Session()
        made.append("session closed")

    app.provide(Session, open_session, scope="delivery")

    @app.on(OnCrmDealAdd)
    async def handler(session: Session, erp: Erp) -> None: ...

    (registered,) = app.handlers
    async with scope_of(app._providers) as scope:
        arguments = await registered.plan.arguments(scope)
        made.append("handler")

    assert isinstance(arguments["session"], Session)
    assert isinstance(arguments["erp"], Erp)
    assert made == ["session", "handler", "session closed"]


async def test_a_dependency_that_swallows_the_failure_does_not_make_the_attempt_good() -> None:
    def forgiving() -> Iterator[str]:
        with contextlib.suppress(ZeroDivisionError):
            yield "forgiving"

    provider = plan_provider(forgiving, Lifetime.DELIVERY, Asker("forgiving"), Providers())

    async def fail() -> None:
        async with scope_of(Providers()) as scope:
            await scope.depends(provider)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()


async def test_a_class_is_a_factory_whose_parameters_are_injected() -> None:
    class Shop:
        def __init__(self, erp: Erp) -> None:
            self.erp = erp

    providers = providing(Erp, Erp, Lifetime.APP)
    providers.add(Shop, plan_provider(Shop, Lifetime.APP, Asker("Shop"), providers.kept_only()))
    scope = scope_of(providers)

    shop = await scope.provided(Shop)

    assert shop.erp is await scope.provided(Erp)
