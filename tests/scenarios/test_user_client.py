"""REST with the rights of the user whose action raised an event."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bitrix_events import (
    App,
    Client,
    HandlerSignatureError,
    InstallationGone,
    RetryPolicy,
    UserClient,
)
from bitrix_events.events import OnAppUninstall, OnCrmDealAdd
from bitrix_events.store.records import Execution, State
from bitrix_events.testing import FakePortal
from tests.ports import free_port
from tests.serving import Served, eventually, served, settings_for


@dataclass
class Running:
    portal: FakePortal
    served: Served

    async def executions(self) -> list[Execution]:
        return [
            execution
            for view in await self.served.deliveries()
            if view.delivery.code == "ONCRMDEALADD"
            for execution in view.executions
        ]

    async def is_settled(self) -> bool:
        found = await self.executions()
        return bool(found) and all(e.finished_at is not None for e in found)


@asynccontextmanager
async def running(tmp_path: Path, register: Callable[[App], None]) -> AsyncIterator[Running]:
    store, port = tmp_path / "app.db", free_port()
    url = f"http://127.0.0.1:{port}"
    async with FakePortal().serve() as portal:
        app = App(settings_for(portal, store, mode="app", public_url=url))
        register(app)
        async with served(app, store, port=port) as app_served:
            portal.add("user", ID=7, NAME="Grace")
            await portal.install(f"{url}/install")
            await eventually(lambda: any(b.event == "ONCRMDEALADD" for b in portal.bindings))
            yield Running(portal, app_served)


async def test_a_handler_calls_as_the_user_who_acted(tmp_path: Path) -> None:
    seen: list[tuple[str, str]] = []

    def register(app: App) -> None:
        @app.on(OnCrmDealAdd)
        async def who(user: UserClient, client: Client) -> None:
            as_user = await user.call("profile")
            as_app = await client.call("profile")
            seen.append((as_user.result["NAME"], as_app.result["NAME"]))

    async with running(tmp_path, register) as app:
        app.portal.add("deal", user_id=7, TITLE="Roof")
        await eventually(app.is_settled)

    assert seen == [("Grace", "Ada")]


async def test_a_handler_that_needs_a_user_is_skipped_where_nobody_has_acted(
    tmp_path: Path,
) -> None:
    def register(app: App) -> None:
        @app.on(OnCrmDealAdd)
        async def who(user: UserClient) -> None:
            raise AssertionError

    async with running(tmp_path, register) as app:
        app.portal.add("deal", user_id=0, TITLE="Roof")
        await eventually(app.is_settled)
        (execution,) = await app.executions()

    assert execution.state is State.SKIPPED
    assert "UserClient | None" in execution.note


async def test_a_handler_that_can_do_without_a_user_gets_none(tmp_path: Path) -> None:
    seen: list[bool] = []

    def register(app: App) -> None:
        @app.on(OnCrmDealAdd)
        async def who(user: UserClient | None) -> None:
            seen.append(user is None)

    async with running(tmp_path, register) as app:
        app.portal.add("deal", user_id=0, TITLE="Roof")
        await eventually(app.is_settled)
        app.portal.add("deal", user_id=7, TITLE="Roof")
        await eventually(lambda: len(seen) == 2)

    assert seen == [True, False]


async def test_the_users_token_renews_nothing_and_replaces_nothing(tmp_path: Path) -> None:
    told: list[str] = []

    def register(app: App) -> None:
        @app.on(OnCrmDealAdd)
        async def who(user: UserClient, client: Client) -> None:
            running_app.portal.expire_tokens()
            try:
                await user.call("profile")
            except Exception as error:
                told.append(type(error).__name__)
            told.append((await client.call("profile")).result["NAME"])

    async with running(tmp_path, register) as running_app:
        running_app.portal.add("deal", user_id=7, TITLE="Roof")
        await eventually(running_app.is_settled)

    assert told == ["TokenExpired", "Ada"]
    assert running_app.portal.refreshes == 1


async def test_a_user_who_has_left_does_not_stop_the_work_of_his_portal(tmp_path: Path) -> None:
    refused: list[str] = []
    handled: list[str] = []

    def register(app: App) -> None:
        @app.on(OnCrmDealAdd, retry=RetryPolicy(attempts=1))
        async def who(user: UserClient, client: Client) -> None:
            try:
                await user.call("crm.deal.list")
            except InstallationGone as error:
                refused.append(error.code)
                raise
            handled.append((await client.call("profile")).result["NAME"])

    async with running(tmp_path, register) as app:
        app.portal.dismiss(7)
        app.portal.add("deal", user_id=7, TITLE="Roof")
        await eventually(app.is_settled)
        app.portal.add("deal", user_id=1, TITLE="Floor")
        await eventually(lambda: bool(handled))
        await eventually(app.is_settled)
        states = sorted(execution.state for execution in await app.executions())

    assert refused == ["authorization_error"]
    assert states == [State.DEAD, State.DONE]


async def test_the_users_token_is_not_readable_in_the_store(tmp_path: Path) -> None:
    def register(app: App) -> None:
        @app.on(OnCrmDealAdd)
        async def who(user: UserClient) -> None:
            await user.call("profile")

    async with running(tmp_path, register) as app:
        app.portal.add("deal", user_id=7, TITLE="Roof")
        await eventually(app.is_settled)
        bodies = b"".join(sent.body for sent in app.portal.sent if sent.code == "ONCRMDEALADD")
        stored = b"".join(_contents(tmp_path))

    token = bodies.partition(b"auth%5Baccess_token%5D=")[2].partition(b"&")[0]
    assert len(token) == 70
    assert token not in stored


def _contents(folder: Path) -> list[bytes]:
    return [file.read_bytes() for file in folder.iterdir()]


def test_what_a_signature_asks_of_the_user_is_checked_at_registration() -> None:
    app = App()

    with pytest.raises(HandlerSignatureError, match="for `async def` handlers"):

        @app.on(OnCrmDealAdd)
        def in_a_thread(user: UserClient) -> None: ...

    with pytest.raises(HandlerSignatureError, match="refuses every call"):

        @app.on(OnAppUninstall)
        async def too_late(user: UserClient | None) -> None: ...
