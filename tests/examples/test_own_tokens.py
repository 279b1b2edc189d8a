"""examples/own_tokens.py, inside of an app and without one."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import create_async_engine

from bitrix_events import App, Client
from bitrix_events.events import Deal, OnAppInstall, OnCrmDealAdd
from bitrix_events.store.records import Installation
from bitrix_events.store.secrets import Sealer
from bitrix_events.testing import FakePortal
from examples.own_tokens import Account, Accounts, Base
from tests.serving import eventually, served, settings_for


async def test_an_app_keeps_its_tokens_in_the_users_table(tmp_path: Path) -> None:
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'business.db'}")
    async with engine.begin() as db:
        await db.run_sync(Base.metadata.create_all)
    accounts = Accounts(engine, Sealer(SecretStr("a-secret-key-of-thirty-two-bytes")))
    seen: list[str] = []
    async with FakePortal().serve() as portal:
        settings = settings_for(portal, tmp_path / "app.db", mode="app")
        app = App(settings, installations=accounts)

        @app.on(OnAppInstall)
        async def subscribe(client: Client) -> None:
            await client.call("event.bind", event="ONCRMDEALADD", handler=f"{running.url}/events")
            seen.append("installed")

        @app.on(OnCrmDealAdd)
        async def read(deal: Deal) -> None:
            seen.append(deal.title)

        async with served(app, tmp_path / "app.db") as running:
            await portal.install(f"{running.url}/install")
            await eventually(lambda: "installed" in seen)
            portal.expire_tokens()
            portal.add("deal", TITLE="Roof")
            await eventually(lambda: "Roof" in seen)

        async with engine.connect() as db:
            row = (await db.execute(select(Account.portal, Account.domain, Account.version))).one()
        assert row.portal == portal.member_id
        assert row.domain == portal.domain
        assert row.version >= 2
    await engine.dispose()


async def test_a_table_that_refuses_a_portal_says_why(tmp_path: Path) -> None:
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'business.db'}")
    async with engine.begin() as db:
        await db.run_sync(Base.metadata.create_all)
        await db.execute(text("CREATE UNIQUE INDEX one_a_company ON account (company)"))
        await db.execute(insert(Account).values(company="", portal="first"))

    with pytest.raises(IntegrityError, match="company"):
        await Accounts(engine).save_installation(Installation("acme", "acme", "acme.test"))
    await engine.dispose()
