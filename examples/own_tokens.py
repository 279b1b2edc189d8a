"""Tokens in a table of your own, with SQLAlchemy.

`Accounts` is all that bitrix_events needs; the table has the columns of your business besides.
It works without any server, as `titles` shows, and inside of an app:

    app = App(installations=Accounts(engine))

Needs: pip install "sqlalchemy[asyncio]" aiosqlite
"""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlalchemy import JSON, ColumnElement, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from bitrix_events.portals.oauth_app import OAuthApp
from bitrix_events.store.document import dump_installation, load_installation
from bitrix_events.store.records import Installation, present_of
from bitrix_events.store.secrets import Sealer


class Base(DeclarativeBase):
    pass


class Account(Base):
    """A customer of yours, and what bitrix_events keeps of his portal."""

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(primary_key=True)
    company: Mapped[str] = mapped_column(default="")
    plan: Mapped[str] = mapped_column(default="trial")

    portal: Mapped[str | None] = mapped_column(unique=True)  # the member_id, which stays for ever
    domain: Mapped[str] = mapped_column(default="", index=True)  # the address, which may change
    # Tokens and all the rest are one document: an update of bitrix_events adds entries to it, and
    # no columns to your table.
    installation: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    version: Mapped[int] = mapped_column(default=0)
    refresh_until: Mapped[float] = mapped_column(default=0)
    installed_at: Mapped[float] = mapped_column(default=0)


class Accounts:
    """The protocol `Installations` over that table.

    Args:
        engine: best made with ``hide_parameters=True``; otherwise the errors of SQLAlchemy show
            what was being written.
        sealer: seals the tokens, so that a copy of the database opens no portal; or None, if the
            database does that for you.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        sealer: Sealer | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._engine = engine
        self._sealer = sealer
        self._clock = clock

    async def installation(self, portal: str) -> Installation | None:
        found = await self._load(Account.portal == portal)
        return found[0] if found else None

    async def installation_at(self, domain: str) -> Installation | None:
        return present_of(await self._load(Account.domain == domain))

    async def installations(self) -> list[Installation]:
        return sorted(await self._load(), key=lambda found: found.portal)

    async def save_installation(self, installation: Installation) -> bool:
        values: dict[str, Any] = {
            "domain": installation.domain,
            "installation": dump_installation(installation, self._sealer),
        }
        if installation.version == 0:
            values["installed_at"] = self._clock()
        # The condition on the version is in the statement itself: of two who save, one wins.
        counted = {"version": Account.version + 1, **values}
        if await self._change(installation.portal, installation.version, **counted):
            return True
        if installation.version:
            return False
        try:
            async with self._engine.begin() as db:
                new = {"portal": installation.portal, "version": 1, **values}
                await db.execute(insert(Account).values(new))
        except IntegrityError:
            if not await self._is_known(installation.portal):
                raise  # the table wants something else: another column of yours, for example
            return False  # somebody else was faster
        return True

    async def begin_refresh(self, portal: str, *, version: int, seconds: float) -> bool:
        # A lease and no lock: if the process dies, another one may go on after so many seconds.
        now = self._clock()
        is_free = Account.refresh_until <= now
        return await self._change(portal, version, is_free, refresh_until=now + seconds)

    async def end_refresh(self, portal: str) -> None:
        statement = update(Account).where(Account.portal == portal)
        async with self._engine.begin() as db:
            await db.execute(statement.values(refresh_until=0))

    async def forget(self, portal: str, *, version: int | None = None) -> bool:
        # The customer stays; what belongs to his portal goes. The version stays, too: whoever read
        # the installation before must not be able to save it over one that comes again.
        nothing = {"installation": None, "domain": "", "refresh_until": 0}
        if version is not None:
            return bool(version) and await self._change(portal, version, **nothing)
        is_installed = Account.installation.is_not(None)
        statement = update(Account).where(Account.portal == portal, is_installed)
        async with self._engine.begin() as db:
            done = await db.execute(statement.values(nothing))
        return done.rowcount == 1

    async def _is_known(self, portal: str) -> bool:
        async with self._engine.connect() as db:
            found = await db.scalar(select(Account.id).where(Account.portal == portal))
        return found is not None

    async def _load(self, *conditions: ColumnElement[bool]) -> list[Installation]:
        is_installed = Account.installation.is_not(None)
        statement = select(Account).where(is_installed, *conditions)
        async with self._engine.connect() as db:
            rows = (await db.execute(statement.order_by(Account.installed_at))).all()
        return [
            replace(load_installation(row.installation, self._sealer), version=row.version)
            for row in rows
        ]

    async def _change(
        self, portal: str, version: int, /, *conditions: ColumnElement[bool], **values: Any
    ) -> bool:
        is_installed = Account.installation.is_not(None)
        is_version = is_installed & (Account.version == version) if version else ~is_installed
        is_that = (Account.portal == portal, is_version)
        async with self._engine.begin() as db:
            done = await db.execute(update(Account).where(*is_that, *conditions).values(**values))
        return done.rowcount == 1


async def titles(oauth_app: OAuthApp, code: str) -> list[str]:
    """What a user who has just authorised the app sees of his deals."""
    installation = await oauth_app.exchange(code)  # in the table by now
    client = oauth_app.client(installation.member_id)
    deals = client.crm.item.list(entityTypeId=2, select=["title"])
    return [deal["title"] async for deal in deals]
