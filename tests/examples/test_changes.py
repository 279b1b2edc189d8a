"""The examples of `changed=` do what they say, on the test kit."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from bitrix_events.testing import AppTest, FakePortal
from examples import mirror, owner_change, won_deal
from tests.benchmarks.mirror import Count, Counted, rounds


class Billing(won_deal.Billing):
    """Makes invoices, one for each key."""

    def __init__(self) -> None:
        self.keys: list[str] = []

    async def invoice(self, amount: float, *, key: str) -> str:
        self.keys.append(key)
        return f"INV-{amount:g}"


async def test_a_won_deal_is_invoiced_once() -> None:
    billing = Billing()
    async with AppTest(won_deal.app) as test, won_deal.app.override(won_deal.Billing, billing):
        deal = test.portal.add("deal", STAGE_ID="NEW", OPPORTUNITY="900.00")
        for stage in ("PREPARATION", "WON"):
            test.portal.change("deal", deal, STAGE_ID=stage)
            await test.drain()
        for title in ("a", "b"):
            test.portal.change("deal", deal, TITLE=title)
            await test.drain()

        assert billing.keys == [f"deal {deal}"]
        assert test.portal.record("deal", deal)["COMMENTS"] == "Invoice INV-900"


async def test_a_won_deal_without_an_amount_is_invoiced_when_it_has_one() -> None:
    billing = Billing()
    async with AppTest(won_deal.app) as test, won_deal.app.override(won_deal.Billing, billing):
        deal = test.portal.add("deal", STAGE_ID="NEW")
        test.portal.change("deal", deal, STAGE_ID="WON")
        await test.drain()
        (failure,) = test.take_failures()
        assert str(failure.error) == "a won deal without an amount"

        test.portal.change("deal", deal, OPPORTUNITY="5.00")
        await test.drain()

        assert billing.keys == [f"deal {deal}"]


async def test_the_new_owner_of_a_deal_is_told() -> None:
    def portal(**options: Any) -> FakePortal:
        return FakePortal(**options | {"scope": "crm,im,user"})

    async with AppTest(owner_change.app, portal=portal) as test:
        owners = [test.portal.add("user", NAME=name) for name in ("Bob", "Eve")]
        deal = test.portal.add("deal", TITLE="Roof", ASSIGNED_BY_ID=1)
        test.portal.change("deal", deal, TITLE="Roof of Ada")
        await test.advance(seconds=11)
        for owner in owners:
            test.portal.change("deal", deal, ASSIGNED_BY_ID=owner)
            await test.drain()
        await test.advance(seconds=11)

        (call,) = test.portal.calls("im.notify.system.add")
        assert int(call.params["USER_ID"]) == owners[-1]
        assert call.params["MESSAGE"] == "«Roof of Ada» is yours now; until today it was user 1's"


async def test_a_mirror_copies_each_change_once_and_sends_none_back(tmp_path: Path) -> None:
    count = await rounds(40, tmp_path / "projects.db", random.Random(7))

    assert count == Count(rounds=40, to_table=count.to_table, to_portal=40 - count.to_table)
    assert 10 < count.to_table < 30


async def test_what_people_do_on_both_sides_ends_up_equal(tmp_path: Path) -> None:
    table = Counted()
    table.path = str(tmp_path / "projects.db")
    async with AppTest(mirror.app) as test, mirror.app.override(mirror.Table, table):
        deal = test.portal.add("deal", TITLE="Roof", OPPORTUNITY="5.00")
        await test.drain()
        with closing(sqlite3.connect(table.path)) as db, db:
            db.execute("UPDATE project SET name = 'Shed', amount = 7.5")
        test.portal.change("deal", deal, TITLE="Roof of Ada")
        await mirror.to_portal(table)
        await test.drain()

        record = test.portal.record("deal", deal)
        with closing(sqlite3.connect(table.path)) as db:
            assert db.execute("SELECT name, amount FROM project").fetchall() == [
                (record["TITLE"], float(record["OPPORTUNITY"]))
            ]
