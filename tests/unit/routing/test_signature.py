"""Whatever is wrong with a handler is said at registration, with handler and parameter."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING, Annotated, Any

import pytest

from bitrix_events import (
    App,
    Client,
    Delivery,
    Depends,
    Entity,
    Event,
    HandlerSignatureError,
    Portal,
    Router,
    SyncClient,
)
from bitrix_events.events import (
    Contact,
    Deal,
    LifecycleEvent,
    OnAppInstall,
    OnAppUninstall,
    OnCrmContactAdd,
    OnCrmDealAdd,
    OnCrmDealDelete,
    OnCrmDealUpdate,
)

if TYPE_CHECKING:
    from decimal import Decimal


class Erp:
    """Something that an app provides."""


class BigDeal(Deal):
    """The developer's own kind of deal."""


def refusal(app: App, function: Callable[..., Any], *events: type[Event] | str) -> str:
    """The text with which a handler is refused."""
    with pytest.raises(HandlerSignatureError) as refused:
        app.on(*events)(function)
    assert app.handlers == ()
    assert "\n" not in str(refused.value)
    return str(refused.value)


async def unannotated(deal) -> None: ...  # type: ignore[no-untyped-def]  # that is the point
async def unknown_type(erp: Erp) -> None: ...
async def collects_positional(*deals: Deal) -> None: ...
async def collects_keywords(**things: Deal) -> None: ...
async def positional_only(deal: Deal, /) -> None: ...
async def async_with_sync_client(api: SyncClient) -> None: ...
def sync_with_async_client(api: Client) -> None: ...
async def another_record(contact: Contact) -> None: ...
async def any_record(record: Entity) -> None: ...
async def another_event(event: OnCrmDealUpdate) -> None: ...
async def union_of_others(event: OnCrmDealUpdate | OnCrmContactAdd) -> None: ...
async def type_checking_only(amount: Decimal) -> None: ...
async def misspelled(amount: Decimall) -> None: ...  # type: ignore[name-defined]  # noqa: F821
async def optional_record(deal: Deal | None) -> None: ...
async def wants_client(api: Client) -> None: ...
def wants_sync_client(api: SyncClient) -> None: ...
async def wants_deal(deal: Deal) -> None: ...
async def wants_own_deal(deal: BigDeal) -> None: ...
async def wants_install(event: OnAppInstall) -> None: ...


@pytest.mark.parametrize(
    ("function", "parameter", "reason"),
    [
        (unannotated, "deal", "no annotation"),
        (unknown_type, "erp", "wants Erp, which nothing provides; call app.provide(Erp, …)"),
        (collects_positional, "deals", "collects arguments"),
        (collects_keywords, "things", "collects arguments"),
        (positional_only, "deal", "positional only"),
        (async_with_sync_client, "api", "SyncClient, which is for `def` handlers"),
        (sync_with_async_client, "api", "Client, which is for `async def` handlers"),
        (another_record, "contact", "wants Contact, but OnCrmDealAdd is about a Deal"),
        (any_record, "record", "name the kind of record"),
        (another_event, "event", "wants OnCrmDealUpdate, but the handler runs for OnCrmDealAdd"),
        (union_of_others, "event", "wants OnCrmDealUpdate | OnCrmContactAdd, but"),
        (type_checking_only, "amount", "Decimal outside of `if TYPE_CHECKING:`"),
        (misspelled, "amount", "Decimall, which does not exist"),
        (optional_record, "deal", "wants Deal | None; it is always given one: write Deal"),
    ],
)
def test_a_wrong_parameter_is_refused_by_name(
    function: Callable[..., Any], parameter: str, reason: str
) -> None:
    message = refusal(App(), function, OnCrmDealAdd)

    assert message.startswith(f"app.{function.__name__}: parameter '{parameter}' ")
    assert reason in message


def test_the_handler_is_named_as_it_was_registered() -> None:
    app = App()

    with pytest.raises(HandlerSignatureError, match=r"^shop\.invoice: parameter 'erp'"):
        app.on(OnCrmDealAdd, name="shop.invoice")(unknown_type)


@pytest.mark.parametrize(
    ("function", "events", "reason"),
    [
        (wants_deal, (OnCrmDealDelete,), "no longer exists when OnCrmDealDelete arrives"),
        (wants_deal, (OnCrmDealAdd, OnCrmDealDelete), "no longer exists"),
        (wants_deal, (OnCrmDealAdd, OnCrmContactAdd), "OnCrmContactAdd is about a Contact"),
        (wants_deal, ("ONX",), "no class says what"),
        (wants_deal, ("ONIMCONNECTORMESSAGEADD",), "OnImConnectorMessageAdd is about no record"),
        (wants_deal, (OnAppInstall,), "OnAppInstall is about no record"),
        (wants_client, (OnAppUninstall,), "once OnAppUninstall was sent"),
        (wants_client, ("OnAppInstall", "OnAppUninstall"), "once OnAppUninstall was sent"),
        (wants_sync_client, (OnAppUninstall,), "once OnAppUninstall was sent"),
        (another_event, (OnCrmDealUpdate, OnCrmDealAdd), "also runs for OnCrmDealAdd"),
        (wants_install, ("ONX",), "runs for Event"),
    ],
)
def test_a_parameter_must_fit_every_event(
    function: Callable[..., Any], events: tuple[type[Event] | str, ...], reason: str
) -> None:
    message = refusal(App(), function, *events)

    assert reason in message


async def the_event(event: OnCrmDealAdd) -> None: ...
async def any_event(event: Event) -> None: ...
async def both_events(event: OnCrmDealAdd | OnCrmDealUpdate) -> None: ...
async def more_events(event: OnCrmDealAdd | OnCrmDealUpdate | OnCrmContactAdd) -> None: ...
async def install(event: LifecycleEvent, portal: Portal, delivery: Delivery) -> None: ...
def sync_handler(api: SyncClient, log: logging.Logger, portal: Portal) -> None: ...
async def annotated(deal: Annotated[Deal, "the one that was added"]) -> None: ...


@pytest.mark.parametrize(
    ("function", "events"),
    [
        (the_event, (OnCrmDealAdd,)),
        (the_event, ("oncrmdealadd",)),
        (any_event, (OnCrmDealAdd, "ONIMCONNECTORMESSAGEADD")),
        (both_events, (OnCrmDealAdd, OnCrmDealUpdate)),
        (more_events, (OnCrmDealAdd, OnCrmContactAdd)),
        (install, (OnAppInstall, OnAppUninstall)),
        (sync_handler, (OnCrmDealAdd,)),
        (annotated, (OnCrmDealAdd,)),
        (wants_deal, (OnCrmDealAdd, OnCrmDealUpdate)),
        (wants_deal, ("ONCRMDEALADD",)),
        (wants_own_deal, (OnCrmDealAdd,)),
        (wants_client, (OnCrmDealAdd, OnCrmDealDelete, "ONUSERADD")),
    ],
)
def test_a_right_signature_is_planned_completely(
    function: Callable[..., Any], events: tuple[type[Event] | str, ...]
) -> None:
    app = App()

    app.on(*events)(function)

    (handler,) = app.handlers
    assert set(handler.plan.sources) == set(function.__annotations__) - {"return"}


def test_parameters_with_a_default_of_unknown_type_are_left_alone() -> None:
    app = App()

    @app.on(OnCrmDealAdd)
    async def handler(deal: Deal, erp: Erp | None = None, limit: int = 5, *, dry=False) -> None:  # type: ignore[no-untyped-def]  # a default without annotation
        ...

    (registered,) = app.handlers
    assert set(registered.plan.sources) == {"deal"}


def test_a_parameter_with_a_default_is_filled_if_it_can_be() -> None:
    app = App()
    app.provide(Erp, Erp)

    @app.on(OnCrmDealAdd)
    async def handler(other: Erp = Erp()) -> None:  # noqa: B008
        ...

    (registered,) = app.handlers
    assert set(registered.plan.sources) == {"other"}


def test_an_optional_parameter_that_would_always_be_filled_is_refused() -> None:
    app = App()
    app.provide(Erp, Erp)

    async def handler(erp: Erp | None = None) -> None: ...

    with pytest.raises(HandlerSignatureError, match=r"'erp' wants .* write Erp"):
        app.on(OnCrmDealAdd)(handler)


def test_depends_as_a_default_is_refused() -> None:
    async def handler(value: int = Depends(int)) -> None: ...  # type: ignore[assignment]

    with pytest.raises(HandlerSignatureError, match=r"write Annotated\[T, Depends\(f\)\]"):
        App().on(OnCrmDealAdd)(handler)


def test_only_functions_are_handlers() -> None:
    class Callable_:
        async def __call__(self) -> None: ...

    static: Any = staticmethod(lambda: None)

    odd: Any
    for odd in (Callable_, Callable_(), static, 5):
        with pytest.raises(HandlerSignatureError, match="a handler is a function"):
            App().on(OnCrmDealAdd, name="odd")(odd)


@pytest.mark.parametrize("options", [{"retry": 3}, {"timeout": "5"}, {"timeout": -1}])
def test_an_option_of_the_wrong_kind_is_refused(options: dict[str, Any]) -> None:
    async def handler() -> None: ...

    with pytest.raises(HandlerSignatureError, match=r"app\.handler: (retry|timeout)= takes"):
        App().on(OnCrmDealAdd, **options)(handler)


def test_a_router_may_serve_two_apps() -> None:
    router = Router("shared")
    first, second = App(), App()
    first.include(router)
    second.include(router)

    @router.on(OnCrmDealAdd)
    async def handler() -> None: ...

    assert (
        [h.name for h in first.handlers] == [h.name for h in second.handlers] == ["shared.handler"]
    )


def test_types_of_the_surrounding_function_count() -> None:
    app = App()

    class Local:
        pass

    app.provide(Local, Local)

    @app.on(OnCrmDealAdd)
    async def handler(local: Local) -> None: ...

    assert set(app.handlers[0].plan.sources) == {"local"}


def make_from_unknown(erp: Erp) -> str:
    return "never"


async def wants_made(text: Annotated[str, Depends(make_from_unknown)]) -> None: ...


def make_from_deal(deal: Deal) -> str:
    return deal.title


async def wants_title(title: Annotated[str, Depends(make_from_deal)]) -> None: ...


async def make_with_client(api: Client) -> str:
    return "never"


async def wants_remote(text: Annotated[str, Depends(make_with_client)]) -> None: ...
async def depends_on_a_text(text: Annotated[str, Depends("text")]) -> None: ...


@pytest.mark.parametrize(
    ("function", "event", "reason"),
    [
        (wants_made, OnCrmDealAdd, "make_from_unknown: parameter 'erp' wants Erp"),
        (wants_title, OnCrmContactAdd, "make_from_deal: parameter 'deal' wants Deal"),
        (wants_title, OnCrmDealDelete, "make_from_deal: parameter 'deal' wants Deal"),
        (wants_remote, OnAppUninstall, "make_with_client: parameter 'api' wants Client"),
        (depends_on_a_text, OnCrmDealAdd, "'text' is not a function"),
    ],
)
def test_what_a_dependency_wants_is_checked_too(
    function: Callable[..., Any], event: type[Event], reason: str
) -> None:
    message = refusal(App(), function, event)

    assert message.startswith(f"app.{function.__name__} > ")
    assert reason in message


def test_what_a_provided_factory_wants_is_checked_when_it_is_provided() -> None:
    app = App()

    with pytest.raises(HandlerSignatureError, match=r"factory of Erp: parameter 'deal'"):
        app.provide(Erp, make_from_deal, scope="delivery")


def test_a_value_of_the_app_cannot_want_a_value_of_one_delivery() -> None:
    app = App()

    async def connect(api: Client) -> Erp:
        return Erp()

    with pytest.raises(HandlerSignatureError, match=r"factory of Erp: parameter 'api'"):
        app.provide(Erp, connect)


def test_a_value_of_the_app_may_want_another_one() -> None:
    app = App()
    app.provide(Erp, Erp)

    def make_text(erp: Erp) -> str:
        return "text"

    app.provide(str, make_text)


def test_a_return_type_is_not_needed_at_run_time() -> None:
    app = App()

    @app.on(OnCrmDealAdd)
    async def price(deal: Deal) -> Decimal:
        raise NotImplementedError

    assert set(app.handlers[0].plan.sources) == {"deal"}


async def async_generator(event: OnCrmDealAdd) -> AsyncIterator[int]:
    yield 1


def generator(event: OnCrmDealAdd) -> Iterator[int]:
    yield 1


@pytest.mark.parametrize("function", [generator, async_generator])
def test_a_generator_is_no_handler_because_calling_it_runs_nothing(
    function: Callable[..., Any],
) -> None:
    assert f"app.{function.__name__}" in refusal(App(), function, OnCrmDealAdd)


def test_an_unknown_life_of_a_provided_value_is_refused() -> None:
    with pytest.raises(ValueError, match="'app' or 'delivery', not 'request'"):
        App().provide(Erp, Erp, scope="request")


def chicken(egg: Annotated[str, Depends(lambda: "")]) -> str:
    return egg


def egg(chicken: Annotated[str, Depends(chicken)]) -> str:
    return chicken


def test_functions_that_depend_on_each_other_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(chicken.__annotations__, "egg", Annotated[str, Depends(egg)])

    async def handler(value: Annotated[str, Depends(chicken)]) -> None: ...

    with pytest.raises(HandlerSignatureError, match="in the end depends on itself"):
        App().on(OnCrmDealAdd)(handler)


def test_an_annotation_that_is_no_type_is_refused() -> None:
    async def handler(value: Any) -> None: ...

    handler.__annotations__["value"] = [1]

    with pytest.raises(HandlerSignatureError, match=r"parameter 'value' is annotated with \[1\]"):
        App().on(OnCrmDealAdd)(handler)


def test_a_factory_may_wrap_the_client_of_its_handler() -> None:
    def shop(client: Client) -> str:
        return "shop"

    def sync_shop(client: SyncClient) -> str:
        return "shop"

    app = App()

    @app.on(OnCrmDealAdd)
    async def handler(value: Annotated[str, Depends(shop)]) -> None: ...

    @app.on(OnCrmDealAdd)
    def sync_handler(value: Annotated[str, Depends(sync_shop)]) -> None: ...

    with pytest.raises(HandlerSignatureError, match="a `def` handler asks for SyncClient"):

        @app.on(OnCrmDealAdd)
        def wrong(value: Annotated[str, Depends(shop)]) -> None: ...


def test_a_type_is_provided_once() -> None:
    app = App()
    app.provide(int, lambda: 1)

    with pytest.raises(ValueError, match="int is provided already"):
        app.provide(int, lambda: 2)
