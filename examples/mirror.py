"""Deals and a table of another system, each the mirror of the other.

Run it:  bitrix-events run mirror:app
and, as often as you like, in the same folder:  python mirror.py

A change on one side is made on the other and does not come back: `changed=` lets the handler run
only if a field that is mirrored is different, and the table is only written to if that changes it.
What people edit in the table is marked by a trigger; what the mirror inserts there is not.
"""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from bitrix_events import App
from bitrix_events.events import Deal, OnCrmDealAdd, OnCrmDealUpdate

SCHEMA = """
CREATE TABLE IF NOT EXISTS project (
    deal INTEGER PRIMARY KEY, name TEXT, amount REAL, is_edited INTEGER
);
CREATE TRIGGER IF NOT EXISTS edited AFTER UPDATE OF name, amount ON project
BEGIN UPDATE project SET is_edited = 1 WHERE deal = new.deal; END;
"""


class Table:
    """The table of the other system, here in a file of SQLite."""

    path = "projects.db"

    @contextmanager
    def open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.path)) as db, db:
            db.executescript(SCHEMA)
            yield db

    def write(self, deal: int, name: str, amount: float) -> bool:
        """Make a row what a deal is; False if it is already."""
        with self.open() as db:
            query = "SELECT name, amount FROM project WHERE deal = ?"
            if db.execute(query, [deal]).fetchone() == (name, amount):
                return False
            row = [deal, name, amount]
            db.execute("INSERT OR REPLACE INTO project VALUES (?, ?, ?, 0)", row)
            return True

    def take_edited(self) -> list[tuple[int, str, float]]:
        """The rows that people have changed, each once."""
        with self.open() as db:
            return db.execute(
                "UPDATE project SET is_edited = 0 WHERE is_edited RETURNING deal, name, amount"
            ).fetchall()


app = App()
app.provide(Table, Table)


@app.on(OnCrmDealAdd, OnCrmDealUpdate, changed=("title", "opportunity"))
def to_table(deal: Deal, table: Table) -> None:
    table.write(deal.id, deal.title, deal.opportunity)


async def to_portal(table: Table) -> None:
    """Make the deals what people have made of their rows."""
    async with app.portal() as client:
        for deal, name, amount in table.take_edited():
            await client.update(Deal(id=deal), title=name, opportunity=amount)


if __name__ == "__main__":
    asyncio.run(to_portal(Table()))
