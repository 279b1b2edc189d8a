"""The embedded store: one SQLite file, one writing thread, WAL, every commit synced.

Exactly one process works with the deliveries in a file; a lock that dies with the process sees to
it. So whatever is found running when the file is opened belongs to a dead process. Others may read
it meanwhile, and change installations: renew tokens, pause a portal.

While the file takes nothing, deliveries are kept in a journal beside it (`writer`, `spill`). A file
that is damaged is read into a new one at the start (`salvage`).
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

import orjson

from bitrix_events.errors import StoreError
from bitrix_events.failpoints import failpoint
from bitrix_events.store import upkeep
from bitrix_events.store.base import PortalPace
from bitrix_events.store.choosing import Demand
from bitrix_events.store.records import (
    FACT_WINDOW,
    Claim,
    Delivery,
    DeliveryView,
    Execution,
    Installation,
    NewDelivery,
    Query,
    Stats,
    Stored,
    Target,
    Verdict,
)
from bitrix_events.store.rows import (
    delivery_of,
    execution_of,
    installation_of,
    seconds_of,
)
from bitrix_events.store.sealed import Vault
from bitrix_events.store.secrets import HEAD_BYTES, Sealer
from bitrix_events.store.sqlite.clock import JUMP_SECONDS, SteadyClock
from bitrix_events.store.sqlite.database import Database, Mode
from bitrix_events.store.sqlite.file import check_version, connect_to_read
from bitrix_events.store.sqlite.installations import (
    forget_installation,
    forget_some_deliveries,
    is_of,
    reseal,
    saving,
)
from bitrix_events.store.sqlite.intake import Arrival, put_many, replay, retry_dead
from bitrix_events.store.sqlite.maintenance import (
    drop_old_facts,
    pragma,
    prune_some,
    shift_times,
)
from bitrix_events.store.sqlite.queue import Claims, recover, settle_many, sweep
from bitrix_events.store.sqlite.reserve import Reserve
from bitrix_events.store.sqlite.salvage import mend
from bitrix_events.store.sqlite.spill import Spill
from bitrix_events.store.sqlite.statements import QUERIES, listed, run
from bitrix_events.store.sqlite.writer import Change, GroupCommitWriter, T, run_changes

log = logging.getLogger(__name__)

_NEWEST: Final = 2**63 - 1
_KNOWN_INSTALLATIONS: Final = 10_000
_OWNER_ONLY: Final = "the store is not open for writing deliveries: another process owns it"


class SqliteStore:
    """A `Store` in one SQLite file.

    Args:
        path: the file; made, with its folder, if it does not exist.
        sealer: seals tokens; None for an app that stores none.
        clock: seconds since 1970.
        mode: ``"own"`` for the process that runs the app; ``"share"`` to read, to change
            installations, to put deliveries and snapshots, in a file that another process may
            own; ``"look"`` to read only.
    """

    def __init__(
        self,
        path: Path,
        *,
        sealer: Sealer | None = None,
        clock: Callable[[], float] | None = None,
        mode: Mode = "own",
    ) -> None:
        self._path = path = path.resolve()  # links to one file are one store
        self._vault = Vault(sealer)
        self._clock = clock or SteadyClock()
        self._claims = Claims(self._vault)
        self._mode = mode
        self._database = Database(path, mode=mode)
        self._spill = Spill(path.with_name(path.name + ".journal"))
        self._reserve = Reserve(path.with_name(path.name + ".reserve"))
        self._writer: GroupCommitWriter | None = None
        self._seen_changes = 0
        # Every delivery asks for its portal's installation. What was read stays true until somebody
        # saves one; that another process did is seen in the next transaction.
        self._known: dict[str, Installation] = {}
        self._changes = 0
        self._foreign_changes = 0
        self._knowing = threading.Lock()

    @property
    def path(self) -> Path:
        """The file."""
        return self._path

    @property
    def trouble(self) -> str:
        """Why the file takes nothing at present, and what to do; ``""`` if it does.

        Deliveries are kept in the journal meanwhile.
        """
        return self._writer.trouble if self._writer is not None else ""

    @property
    def lease_seconds(self) -> float | None:
        return None

    @property
    def pace(self) -> PortalPace | None:
        return None

    async def open(self) -> None:
        if self._mode == "own":
            self._database.take()
        try:
            if self._mode == "own":
                await asyncio.to_thread(mend, self._path)
            self._database.open()
            if self._mode == "look":
                check_version(self._database.reader(), self._path)
            self._check_key()
            if self._mode == "own":
                self._spill.open(self._database.writing)
                if not self._reserve.make():
                    log.warning("the disk of %s has little space left", self._path)
            if self._mode != "look":
                is_owner = self._mode == "own"
                self._writer = GroupCommitWriter(
                    self._database,
                    begun=self._notice_others,
                    spill=self._spill if is_owner else None,
                    reserve=self._reserve if is_owner else None,
                )
            if self._mode == "own":
                await self._write(self._recover)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        if self._writer is not None:
            await asyncio.to_thread(self._writer.close)
            self._writer = None
        self._spill.close()
        self._database.close()

    async def put(
        self,
        delivery: NewDelivery,
        targets: Sequence[Target],
        *,
        installation: Installation | None = None,
    ) -> Stored:
        arrival = self._arrival(delivery, targets)
        writer = self._open_writer()
        if installation is None:
            # The journal belongs to the owner of the file.
            return await writer.submit(put_many, arrival, spills=self._mode == "own")
        arrival.save = saving(installation, self._vault, self._clock())
        return await writer.submit(
            put_many, arrival, after=partial(self._forget, installation.portal)
        )

    def put_soon(
        self,
        delivery: NewDelivery,
        targets: Sequence[Target],
        done: Callable[[Stored | Exception], None],
    ) -> None:
        self._require_owner()
        arrival = self._arrival(delivery, targets)
        self._open_writer().hand_in(put_many, arrival, done, spills=True)

    async def claim(
        self,
        *,
        limit: int,
        per_portal: int,
        per_handler: Mapping[str, int] | None = None,
        resting: Collection[str] = (),
        idle: Mapping[str, int] | None = None,
    ) -> list[Claim]:
        self._require_owner()
        demand = Demand(limit, per_portal, per_handler or {}, resting, idle or {})
        return await self._write(lambda db: self._claims.claim(db, demand, self._clock()))

    async def settle(self, claim: Claim, verdict: Verdict) -> bool:
        return await self._open_writer().submit(self._settle, (claim, verdict))

    def _settle(
        self, db: sqlite3.Connection, settled: Sequence[tuple[Claim, Verdict]]
    ) -> list[bool]:
        return settle_many(db, settled, self._clock())

    async def due_in(self) -> float | None:
        due = self._read("due")[0][0]
        return None if due is None else max(0.0, due - self._clock())

    async def extend(self) -> bool:
        return True

    def listen(self, wake: Callable[[], None]) -> None:
        """Nobody else adds work."""

    async def on_duty(self, duty: str, *, seconds: float) -> bool:
        return True

    async def sweep(self, held: Collection[int]) -> int:
        self._require_owner()

        def change(db: sqlite3.Connection) -> int:
            self._look_at_clock(db)
            return sweep(db, held)

        return await self._write(change)

    async def find(
        self, query: Query, *, limit: int, before: int | None = None
    ) -> list[DeliveryView]:
        rows = self._read(
            "find",
            before=before or _NEWEST,
            limit=limit,
            portal=query.portal,
            code=query.code,
            entity=query.entity,
            handler=query.handler,
            state=query.state,
            since=seconds_of(query.since),
        )
        return [self._view(row) for row in rows]

    async def delivery(self, delivery_id: int) -> DeliveryView | None:
        rows = self._read("delivery", id=delivery_id)
        return self._view(rows[0]) if rows else None

    async def replay(self, delivery_id: int, handlers: Sequence[str]) -> list[int]:
        return await self._write(lambda db: replay(db, delivery_id, handlers, self._clock()))

    async def dead(
        self,
        *,
        limit: int,
        before: int | None = None,
        handler: str | None = None,
        portal: str | None = None,
    ) -> list[tuple[Delivery, Execution]]:
        rows = self._read(
            "dead", limit=limit, before=before or _NEWEST, handler=handler, portal=portal
        )
        return [(delivery_of(row, handler=row["handler"]), execution_of(row)) for row in rows]

    async def retry_dead(self, execution_ids: Sequence[int]) -> int:
        return await self._write(lambda db: retry_dead(db, execution_ids, self._clock()))

    async def drop_dead(self, execution_ids: Sequence[int]) -> int:
        ids = listed(execution_ids)
        return await self._write(lambda db: run(db, "drop_dead", ids=ids).rowcount)

    async def prune(self, before: datetime, *, limit: int) -> int:
        old = partial(prune_some, before=before.timestamp())
        return await upkeep.prune(
            lambda after, most: self._write(partial(old, after=after, limit=most)), limit
        )

    async def tidy(self) -> None:
        now = self._clock()
        old = partial(drop_old_facts, before=now - FACT_WINDOW.total_seconds())
        await upkeep.drop_facts(lambda after: self._write(partial(old, after=after)))
        tokens = {"before": now - upkeep.USER_TOKEN_SECONDS}
        await self._write(lambda db: run(db, "drop_old_user_tokens", **tokens).rowcount)

    async def stats(self) -> Stats:
        row = (await asyncio.to_thread(self._read, "stats"))[0]
        oldest = 0.0 if row["oldest"] is None else max(0.0, self._clock() - row["oldest"])
        counts = (row["waiting"], row["running"], row["dead"], row["parked"])
        return Stats(*counts, oldest, self._spill.waiting)

    async def handler_names(self) -> dict[str, int]:
        return {row["handler"]: row["waiting"] for row in self._read("handler_names")}

    async def save_snapshots(
        self, portal: str, handler: str, fields: Mapping[str, Mapping[str, Any]]
    ) -> int:
        rows = {"portal": portal, "handler": handler, "fields": orjson.dumps({**fields}).decode()}
        return await self._write(lambda db: run(db, "put_snapshots", **rows).rowcount)

    async def snapshots(
        self, portal: str, handler: str, entities: Collection[str]
    ) -> dict[str, Mapping[str, Any]]:
        key = {"portal": portal, "handler": handler}
        rows = self._read("snapshots", **key, entities=listed(entities))
        return {row["entity"]: orjson.loads(row["fields"]) for row in rows}

    async def mark(self, portal: str, name: str) -> str | None:
        return next((row[0] for row in self._read("mark", portal=portal, name=name)), None)

    async def set_mark(self, portal: str, name: str, value: str | None) -> None:
        row = {"portal": portal, "name": name, "value": value}
        query = "drop_mark" if value is None else "set_mark"
        await self._write(lambda db: db.execute(QUERIES[query], row).rowcount)

    def known_installation(self, portal: str) -> Installation | None:
        return self._known.get(portal)

    async def installation(self, portal: str) -> Installation | None:
        known = self._known.get(portal)
        if known is not None:
            return known
        changes = self._changes
        found = self._installation("installation", portal=portal)
        if self._mode != "own":
            return found
        with self._knowing:
            if found is not None and changes == self._changes:  # nobody wrote since we read
                if len(self._known) >= _KNOWN_INSTALLATIONS:
                    self._known.clear()
                self._known[portal] = found
        return found

    async def installation_at(self, domain: str) -> Installation | None:
        return self._installation("installation_at", domain=domain)

    async def installations(self) -> list[Installation]:
        return await asyncio.to_thread(self._all_installations)

    async def save_installation(self, installation: Installation) -> bool:
        forget = partial(self._forget, installation.portal)
        change = saving(installation, self._vault, self._clock())
        return await self._write(change, after=forget)

    async def begin_refresh(self, portal: str, *, version: int, seconds: float) -> bool:
        now = self._clock()
        row = {"portal": portal, "version": version, "now": now, "until": now + seconds}
        return await self._write(lambda db: db.execute(QUERIES["begin_refresh"], row).rowcount == 1)

    async def end_refresh(self, portal: str) -> None:
        row = {"portal": portal}
        await self._write(lambda db: db.execute(QUERIES["end_refresh"], row).rowcount)

    async def forget(self, portal: str, *, version: int | None = None) -> bool:
        found, after = False, 0
        at: int | None = 0
        while at is not None:
            after = at
            # Every transaction looks anew: the portal may be installing the app again.
            some = partial(forget_some_deliveries, portal=portal, version=version, after=after)
            count, at = await self._write(some)
            found = found or count > 0
        dropped = await self._write(
            lambda db: is_of(db, portal, version) and self._drop_installation(db, portal, after),
            after=partial(self._forget, portal),
        )
        return dropped or (found and not version)

    async def reseal(self) -> int:
        """Seal with the present key whatever an old one has sealed; how many values that were."""
        return await self._write(lambda db: reseal(db, self._vault), after=self._forget_all)

    async def _write(self, change: Change[T], *, after: Callable[[], None] | None = None) -> T:
        return await self._open_writer().submit(run_changes, change, after=after)

    def _arrival(self, delivery: NewDelivery, targets: Sequence[Target]) -> Arrival:
        return Arrival(
            delivery,
            targets,
            data=orjson.dumps(delivery.data).decode(),
            user_token=self._vault.seal_user_token(delivery.portal, delivery.user_token),
            now=self._clock(),
        )

    def _open_writer(self) -> GroupCommitWriter:
        if self._writer is None:
            raise StoreError("the store is not open for writing")
        return self._writer

    def _recover(self, db: sqlite3.Connection) -> None:
        failpoint("recovering")
        behind = self._clock() - run(db, "seen_at").fetchone()["seen_at"]
        if behind < -JUMP_SECONDS:  # it was set back while the app did not run
            shift_times(db, behind)
        run(db, "see", now=self._clock())
        recover(db)

    def _look_at_clock(self, db: sqlite3.Connection) -> None:
        if isinstance(self._clock, SteadyClock):
            jump = self._clock.jump()
            if abs(jump) > JUMP_SECONDS:
                log.warning("the clock was set by %+.0f s; what is due moves along", jump)
                shift_times(db, jump)
        if db.total_changes != self._seen_changes:
            run(db, "see", now=self._clock())
            self._seen_changes = db.total_changes

    def _require_owner(self) -> None:
        if self._mode != "own":
            raise StoreError(_OWNER_ONLY)

    def _read(self, query: str, **parameters: object) -> list[sqlite3.Row]:
        try:
            return self._database.reader().execute(QUERIES[query], parameters).fetchall()
        except sqlite3.Error as error:
            raise StoreError(f"{self._path} cannot be read: {error}") from error

    def _forget(self, portal: str) -> None:
        """Called on the writing thread when an installation was saved."""
        with self._knowing:
            self._changes += 1
            self._known.pop(portal, None)

    def _forget_all(self) -> None:
        with self._knowing:
            self._changes += 1
            self._known.clear()

    def _notice_others(self) -> None:
        """Forget what is known of installations if another process wrote to the file."""
        changes = pragma(self._database.writing, "data_version")
        if changes != self._foreign_changes:
            self._foreign_changes = changes
            self._forget_all()

    def _check_key(self) -> None:
        """Refuse to start with a key that does not open what is stored."""
        for row in self._read("tokens_of_every_key", head_bytes=HEAD_BYTES):
            self._vault.require_key_of_tokens(row["portal"], row["tokens"])

    def _view(self, row: sqlite3.Row) -> DeliveryView:
        executions = self._read("executions", delivery_id=row["id"])
        views = [execution_of(found) for found in executions]
        return DeliveryView(delivery_of(row), views, row["repeat_of"], row["repeats"])

    def _all_installations(self) -> list[Installation]:
        """Runs on any thread, with a connection of its own."""
        self._database.require_open()
        with closing(connect_to_read(self._path)) as db:
            try:
                rows = db.execute(QUERIES["installations"]).fetchall()
            except sqlite3.Error as error:
                raise StoreError(f"{self._path} cannot be read: {error}") from error
        return [
            installation_of(row, self._vault.opened_tokens(row["portal"], row["tokens"]))
            for row in rows
        ]

    def _installation(self, query: str, **key: str) -> Installation | None:
        rows = self._read(query, **key)
        if not rows:
            return None
        row = rows[0]
        return installation_of(row, self._vault.open_tokens(row["portal"], row["tokens"]))

    def _drop_installation(self, db: sqlite3.Connection, portal: str, after: int) -> bool:
        assert self._writer is not None
        if self._mode == "own":
            self._writer.truncate_log()
        return forget_installation(db, portal, after=after)
