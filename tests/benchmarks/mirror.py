"""How often a two-way mirror sends back what it has received: never, if all is well.

`examples/mirror.py` with the fake portal: in each round somebody changes a deal, or a row of the
table. One write to the other side is the copy of that; whatever else is written is an echo.

Run it with ``python -m tests.benchmarks.mirror [ROUNDS]``; 1,000 rounds take less than a minute.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bitrix_events.testing import AppTest
from examples import mirror

_DEALS = 20


@dataclass(slots=True)
class Count:
    """What happened.

    Attributes:
        to_table: deals that were copied; of as many it was to be expected.
        to_portal: rows that were copied.
        echoes: writes that nobody needed.
    """

    rounds: int
    to_table: int = 0
    to_portal: int = 0
    echoes: int = 0


class Counted(mirror.Table):
    """Counts how often the mirror has written to the table."""

    writes = 0

    def write(self, deal: int, name: str, amount: float) -> bool:
        has_written = super().write(deal, name, amount)
        self.writes += has_written
        return has_written


async def rounds(number: int, path: Path, dice: random.Random) -> Count:
    """Play so many rounds.

    Raises:
        AssertionError: a change has not arrived on the other side.
    """
    table, count = Counted(), Count(number)
    table.path = str(path)
    async with AppTest(mirror.app) as test, mirror.app.override(mirror.Table, table):
        deals = [test.portal.add("deal", TITLE=f"{n}") for n in range(_DEALS)]
        await test.drain()
        for number in range(count.rounds):
            deal, title, amount = dice.choice(deals), f"title {number}", dice.randrange(10**6) / 100
            table.writes = 0
            updates = len(test.portal.calls("crm.item.update"))
            in_portal = dice.random() < 0.5
            if in_portal:
                test.portal.change("deal", deal, TITLE=title, OPPORTUNITY=amount)
            else:
                with closing(sqlite3.connect(path)) as db, db:
                    row = (title, amount, deal)
                    db.execute("UPDATE project SET name = ?, amount = ? WHERE deal = ?", row)
            for _ in range(2):
                await test.drain()
                await mirror.to_portal(table)
            await test.drain()
            updates = len(test.portal.calls("crm.item.update")) - updates
            record = test.portal.record("deal", deal)
            assert (record["TITLE"], float(record["OPPORTUNITY"])) == (title, amount)
            assert not table.write(deal, title, amount), "the table has another value"
            count.to_table += in_portal
            count.to_portal += not in_portal
            count.echoes += table.writes + updates - 1
    return count


def main() -> None:
    """Play, and print the figures."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    began = time.perf_counter()
    with TemporaryDirectory() as folder:
        count = asyncio.run(rounds(number, Path(folder) / "projects.db", random.Random()))
    print(f"rounds: {count.rounds}, in {time.perf_counter() - began:.0f} s")
    print(f"changes of deals that were copied to the table: {count.to_table}")
    print(f"changes of rows that were copied to the portal: {count.to_portal}")
    print(f"echoes: {count.echoes} (goal: 0)")
    sys.exit(1 if count.echoes else 0)


if __name__ == "__main__":
    main()
