"""Observers are told after the fact, and none of them can disturb anybody."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from blinker import NamedSignal, Signal
from pydantic import SecretStr

from bitrix_events.signals import (
    OAuthTokenRenewed,
    PortalDomainChanged,
    emit,
    oauth_token_renewed,
    portal_domain_changed,
)

Calls = list[tuple[str, object, object]]
MOVED = PortalDomainChanged("m1", "old.bitrix24.com", "new.bitrix24.com", confirmed=True)


def recorder(name: str, calls: Calls) -> Callable[..., None]:
    def receive(sender: object, *, event: object) -> None:
        calls.append((name, sender, event))

    return receive


async def test_a_receiver_gets_the_app_and_the_event() -> None:
    calls: Calls = []
    app = object()
    receiver = recorder("sync", calls)

    with portal_domain_changed.connected_to(receiver, app):
        await emit(portal_domain_changed, app, MOVED)

    assert calls == [("sync", app, MOVED)]


async def test_an_async_receiver_is_awaited() -> None:
    calls: Calls = []
    app = object()

    async def receive(sender: object, *, event: object) -> None:
        calls.append(("async", sender, event))

    with portal_domain_changed.connected_to(receive, app):
        await emit(portal_domain_changed, app, MOVED)

    assert calls == [("async", app, MOVED)]


async def test_a_receiver_of_every_sender_is_called_and_one_of_another_app_is_not() -> None:
    calls: Calls = []
    app, other = object(), object()
    of_all, of_other = recorder("all", calls), recorder("other", calls)

    with (
        portal_domain_changed.connected_to(of_all),
        portal_domain_changed.connected_to(of_other, other),
    ):
        await emit(portal_domain_changed, app, MOVED)

    assert [name for name, _, _ in calls] == ["all"]


async def test_a_signal_reaches_only_its_own_receivers() -> None:
    calls: Calls = []
    app = object()
    receiver = recorder("tokens", calls)

    with oauth_token_renewed.connected_to(receiver, app):
        await emit(portal_domain_changed, app, MOVED)

    assert calls == []


@pytest.mark.parametrize("is_async", [False, True])
async def test_a_raising_receiver_disturbs_nobody_and_is_logged(
    is_async: bool, caplog: pytest.LogCaptureFixture
) -> None:
    calls: Calls = []
    app = object()

    def broken(sender: object, *, event: object) -> None:
        raise ValueError("broken observer")

    async def broken_later(sender: object, *, event: object) -> None:
        raise ValueError("broken observer")

    signal = NamedSignal("portal-domain-changed")
    first, last = recorder("first", calls), recorder("last", calls)
    receivers: list[Callable[..., Any]] = [first, broken_later if is_async else broken, last]
    for receiver in receivers:
        signal.connect(receiver, app)

    with caplog.at_level(logging.ERROR, "bitrix_events.signals"):
        await emit(signal, app, MOVED)

    assert sorted(name for name, _, _ in calls) == ["first", "last"]
    (record,) = caplog.records
    assert "portal-domain-changed" in record.getMessage()
    assert record.exc_info is not None
    assert str(record.exc_info[1]) == "broken observer"


async def test_a_receiver_may_disconnect_itself_while_it_runs() -> None:
    calls: Calls = []
    app = object()
    signal = NamedSignal("once")

    def once(sender: object, *, event: object) -> None:
        signal.disconnect(once, sender)
        calls.append(("once", sender, event))

    signal.connect(once, app)
    await emit(signal, app, 1)
    await emit(signal, app, 2)

    assert calls == [("once", app, 1)]


def test_renewed_tokens_are_not_shown() -> None:
    event = OAuthTokenRenewed(
        member_id="m1",
        domain="acme.bitrix24.com",
        client_endpoint="https://acme.bitrix24.com/rest/",
        user_id=1,
        scope=("crm",),
        access_token=SecretStr("access-word"),
        refresh_token=SecretStr("refresh-word"),
        expires_at=datetime(2026, 1, 1, tzinfo=UTC),
    )

    assert "word" not in repr(event)
    assert event.access_token.get_secret_value() == "access-word"


def test_the_signals_have_names_for_logs() -> None:
    assert isinstance(oauth_token_renewed, Signal)
    assert oauth_token_renewed.name == "oauth-token-renewed"
    assert portal_domain_changed.name == "portal-domain-changed"
