"""The embedded store: one SQLite file, one writing thread, WAL, every commit synced.

Exactly one process works with the deliveries in a file; a lock that dies with the process sees to
it. So whatever is found running when the file is opened belongs to a dead process. Others may read
it meanwhile, and change installations: renew tokens, pause a portal.
"""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final, Literal

from bitrix_events.errors import InstallationChanged, StoreError
from bitrix_events.store.records import (
    Claim,
    DeliveryView,
    Installation,
    InstallationState,
    NewDelivery,
    State,
    Verdict,
)
from bitrix_events.store.sealed import Vault
from bitrix_events.store.secrets import HEAD_BYTES, Sealer
from bitrix_events.store.sqlite.file import QUERIES, check_version, connect, connect_to_read
from bitrix_events.store.sqlite.lock import FileLock
from bitrix_events.store.sqlite.maintenance import (
    forget_installation,
    forget_some_deliveries,
    is_of,
    pragma,
    reseal,
)
from bitrix_events.store.sqlite.rows import (
    delivery_of,
    execution_of,
    installation_of,
    moment_of,
    row_of,
)
from bitrix_events.store.sqlite.writer import Change, GroupCommitWriter, T

Mode = Literal["own", "share", "look"]

_NEWEST: Final = 2**63 - 1
_KNOWN_INSTALLATIONS: Final = 10_000
_USER_TOKEN_SECONDS: Final = 24 * 3600.0
_OWNER_ONLY: Final = "the store is not open for writing deliveries: another process owns it"


class SqliteStore:
    """A `Store` in one SQLite file.

    Args:
        path: the file; made, with its folder, if it does not exist.
        sealer: seals tokens; None for an app that stores none.
        clock: seconds since 1970.
        mode: ``"own"`` for the process that runs the app; ``"share"`` to read, and to change
            installations, in a file that another process may own; ``"look"`` to read only.
    """

    def __init__(
        self,
        path: Path,
        *,
        sealer: Sealer | None = None,
        clock: Callable[[], float] = time.time,
        mode: Mode = "own",
    ) -> None:
        self._path = path = path.resolve()  # links to one file are one store
        self._vault = Vault(sealer)
        self._clock = clock
        self._mode = mode
        self._lock = FileLock(path.with_name(path.name + ".lock"))
        self._is_open = False
        self._writer: GroupCommitWriter | None = None
        self._writing: sqlite3.Connection | None = None
        self._readers = threading.local()
        self._opened_readers: list[sqlite3.Connection] = []
        self._last_portal = ""
        self._inode = 0
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

    async def open(self) -> None:
        if self._mode == "own":
            self._take()
        elif not self._path.exists():
            raise StoreError(f"there is no store at {self._path}; has the app run here yet?")
        try:
            self._is_open = True
            if self._mode == "look":
                check_version(self._reader(), self._path)
                self._check_key()
                return
            # SQLite before 3.51.3 wants one process to do the checkpoints.
            self._writing = connect(self._path, checkpoints=self._mode == "own")
            self._check_key()
            self._inode = os.stat(self._path).st_ino
            self._writer = GroupCommitWriter(
                self._writing, begun=self._notice_others, check=self._check_file
            )
            if self._mode == "own":
                await self._writer.submit(_recover)
        except BaseException:
            await self.close()
            raise

    def _take(self) -> None:
        """Become the owner of the file."""
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            locked = self._lock.acquire()
        except OSError as error:
            raise StoreError(f"cannot write to {self._path}: {error.strerror}") from error
        if not locked:
            raise StoreError(
                f"{self._path} is in use by another process; one SQLite file serves one process:"
                " stop the other one, or set BITRIX_EVENTS_STORE to another file"
            )

    async def close(self) -> None:
        self._is_open = False
        if self._writer is not None:
            await asyncio.to_thread(self._writer.close)
            self._writer = None
        for reader in self._opened_readers:
            reader.close()
        self._opened_readers.clear()
        self._readers = threading.local()
        if self._writing is not None:
            self._writing.close()
            self._writing = None
        self._lock.release()

    async def put(
        self,
        delivery: NewDelivery,
        handlers: Sequence[str],
        *,
        installation: Installation | None = None,
    ) -> int:
        self._require_owner()
        save = self._saving(installation) if installation is not None else None
        row = {
            "portal": delivery.portal,
            "code": delivery.code,
            "entity": delivery.entity,
            "data": json.dumps(delivery.data, ensure_ascii=False, separators=(",", ":")),
            "now": self._clock(),
            "sent_at": delivery.sent_at.timestamp() if delivery.sent_at else None,
            "event_handler_id": delivery.event_handler_id,
            "user_id": delivery.user_id,
            "user_token": self._vault.seal_user_token(delivery.portal, delivery.user_token),
        }

        def change(db: sqlite3.Connection) -> int:
            if save is not None and not save(db):
                raise InstallationChanged("the installation was changed meanwhile")
            delivery_id = db.execute(QUERIES["put_delivery"], row).lastrowid
            assert delivery_id is not None
            entity = delivery.entity or f"#{delivery_id}"
            is_parked = _is_parked(db, delivery.portal, lifecycle=delivery.lifecycle)
            for handler in handlers:
                execution = {
                    "portal": delivery.portal,
                    "lane": f"{entity} {handler}",
                    "delivery_id": delivery_id,
                    "handler": handler,
                    "now": row["now"],
                    "lane_state": "parked" if is_parked else "ready",
                    "lifecycle": delivery.lifecycle,
                }
                db.execute(QUERIES["put_execution"], execution)
                db.execute(QUERIES["put_lane"], execution)
            return delivery_id

        forget = partial(self._forget, installation.portal) if installation is not None else None
        return await self._write(change, after=forget)

    async def claim(self, *, limit: int, per_portal: int) -> list[Claim]:
        self._require_owner()

        def change(db: sqlite3.Connection) -> list[Claim]:
            db.execute(QUERIES["wake_lanes"], {"now": self._clock()})
            claims: list[Claim] = []
            running: dict[str, int] = {}
            portal = self._last_portal
            passed_over = 0
            while len(claims) < limit:
                portal = _next_ready_portal(db, after=portal)
                if not portal or passed_over > len(running):
                    break
                if portal not in running:
                    running[portal] = _scalar(db, "running_lanes", portal=portal)
                if running[portal] >= per_portal:
                    passed_over += 1
                    continue
                passed_over = 0
                running[portal] += 1
                claims.append(self._hold_oldest_lane(db, portal))
            self._last_portal = portal
            return claims

        return await self._write(change)

    async def settle(self, claim: Claim, verdict: Verdict) -> bool:
        now = self._clock()
        waits = verdict.state is State.WAITING
        rests = waits and verdict.delay_seconds > 0
        row = {
            "portal": claim.delivery.portal,
            "lane": claim.lane,
            "token": claim.token,
            "lane_state": "delayed" if rests else "ready",
            "due": now + verdict.delay_seconds,
            "finished": 0 if waits else 1,
            "execution_id": claim.execution_id,
            "state": verdict.state.value,
            "note": verdict.note,
            "finished_at": None if waits else now,
            "uncounted": 0 if verdict.counted else 1,
        }

        def change(db: sqlite3.Connection) -> bool:
            lane = db.execute(QUERIES["lane"], row).fetchone()
            if lane is None:
                return False
            lifecycle = lane["lifecycle"] and not verdict.parks
            is_parked = _is_parked(db, claim.delivery.portal, lifecycle=lifecycle)
            held = {**row, "lane_state": "parked"} if is_parked else row
            if db.execute(QUERIES["let_go_of_lane"], held).rowcount == 0:
                return False
            db.execute(QUERIES["settle_execution"], row)
            if not waits:
                db.execute(QUERIES["drop_empty_lane"], row)
            return True

        return await self._write(change)

    async def next_due(self) -> datetime | None:
        return moment_of(self._read("next_due")[0][0])

    async def deliveries(self, *, limit: int, before: int | None = None) -> list[DeliveryView]:
        rows = self._read("deliveries", limit=limit, before=before or _NEWEST)
        return [self._view(row) for row in rows]

    async def delivery(self, delivery_id: int) -> DeliveryView | None:
        rows = self._read("delivery", id=delivery_id)
        return self._view(rows[0]) if rows else None

    async def handler_names(self) -> dict[str, int]:
        return {row["handler"]: row["waiting"] for row in self._read("handler_names")}

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
        return await self._write(self._saving(installation), after=forget)

    async def begin_refresh(self, portal: str, *, version: int, seconds: float) -> bool:
        now = self._clock()
        row = {"portal": portal, "version": version, "now": now, "until": now + seconds}
        return await self._write(lambda db: db.execute(QUERIES["begin_refresh"], row).rowcount == 1)

    async def end_refresh(self, portal: str) -> None:
        row = {"portal": portal}
        await self._write(lambda db: db.execute(QUERIES["end_refresh"], row).rowcount)

    async def forget(self, portal: str, *, version: int | None = None) -> bool:
        found = False
        # Every transaction looks anew: the portal may be installing the app again.
        while await self._write(
            lambda db: is_of(db, portal, version) and forget_some_deliveries(db, portal)
        ):
            found = True
        dropped = await self._write(
            lambda db: is_of(db, portal, version) and self._drop_installation(db, portal),
            after=partial(self._forget, portal),
        )
        return dropped or (found and not version)

    async def drop_old_user_tokens(self) -> None:
        row = {"before": self._clock() - _USER_TOKEN_SECONDS}
        await self._write(lambda db: db.execute(QUERIES["drop_old_user_tokens"], row).rowcount)

    async def reseal(self) -> int:
        """Seal with the present key whatever an old one has sealed; how many values that were."""
        return await self._write(lambda db: reseal(db, self._vault), after=self._forget_all)

    async def _write(self, change: Change[T], *, after: Callable[[], None] | None = None) -> T:
        if self._writer is None:
            raise StoreError("the store is not open for writing")
        return await self._writer.submit(change, after=after)

    def _require_owner(self) -> None:
        if self._mode != "own":
            raise StoreError(_OWNER_ONLY)

    def _read(self, query: str, **parameters: object) -> list[sqlite3.Row]:
        try:
            return self._reader().execute(QUERIES[query], parameters).fetchall()
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
        assert self._writing is not None
        changes = pragma(self._writing, "data_version")
        if changes != self._foreign_changes:
            self._foreign_changes = changes
            self._forget_all()

    def _check_file(self) -> None:
        """What was written to a file that has no name any more is lost at the next start."""
        try:
            found = os.stat(self._path).st_ino
        except OSError:
            found = 0
        if found != self._inode:
            raise StoreError(f"{self._path} was removed or replaced; restart the app")

    def _check_key(self) -> None:
        """Refuse to start with a key that does not open what is stored."""
        for row in self._read("tokens_of_every_key", head_bytes=HEAD_BYTES):
            self._vault.require_key_of_tokens(row["portal"], row["tokens"])

    def _view(self, row: sqlite3.Row) -> DeliveryView:
        executions = self._read("executions", delivery_id=row["id"])
        return DeliveryView(delivery_of(row), [execution_of(found) for found in executions])

    def _all_installations(self) -> list[Installation]:
        """Runs on any thread, with a connection of its own."""
        if not self._is_open:
            raise StoreError("the store is not open")
        with closing(connect_to_read(self._path)) as db:
            try:
                rows = db.execute(QUERIES["installations"]).fetchall()
            except sqlite3.Error as error:
                raise StoreError(f"{self._path} cannot be read: {error}") from error
        return [
            installation_of(row, self._vault.opened_tokens(row["portal"], row["tokens"]))
            for row in rows
        ]

    def _reader(self) -> sqlite3.Connection:
        """A connection of the calling thread that cannot write."""
        reader: sqlite3.Connection | None = getattr(self._readers, "connection", None)
        if reader is None:
            if not self._is_open:
                raise StoreError("the store is not open")
            reader = connect_to_read(self._path)
            self._readers.connection = reader
            self._opened_readers.append(reader)
        return reader

    def _installation(self, query: str, **key: str) -> Installation | None:
        rows = self._read(query, **key)
        if not rows:
            return None
        row = rows[0]
        return installation_of(row, self._vault.open_tokens(row["portal"], row["tokens"]))

    def _saving(self, installation: Installation) -> Change[bool]:
        """The change that saves an installation, if its version is still the stored one."""
        row = {**row_of(installation, self._vault), "now": self._clock()}
        query = QUERIES["change_installation" if installation.version else "add_installation"]
        active = installation.state is InstallationState.ACTIVE

        def change(db: sqlite3.Connection) -> bool:
            # Who could not read the tokens does not lose them.
            keeps_tokens = installation.tokens is None and self._has_unread(db, installation.portal)
            if db.execute(query, {**row, "keeps_tokens": keeps_tokens}).rowcount == 0:
                return False
            lanes = {"portal": installation.portal, "paused": row["paused"], "active": active}
            if not installation.paused:
                db.execute(QUERIES["unpark_lanes"], lanes)
            if installation.paused or not active:
                db.execute(QUERIES["park_lanes"], lanes)
            return True

        return change

    def _has_unread(self, db: sqlite3.Connection, portal: str) -> bool:
        """Whether there are tokens that cannot be opened."""
        row = db.execute(QUERIES["tokens"], {"portal": portal}).fetchone()
        if row is None or row["tokens"] is None:
            return False
        return self._vault.opened_tokens(portal, row["tokens"]) is None

    def _hold_oldest_lane(self, db: sqlite3.Connection, portal: str) -> Claim:
        ready = db.execute(QUERIES["oldest_ready_lane"], {"portal": portal}).fetchone()
        lane = {"portal": portal, "lane": ready["lane"]}
        db.execute(QUERIES["hold_lane"], lane)
        row = db.execute(QUERIES["first_waiting"], lane).fetchone()
        db.execute(QUERIES["start_execution"], {"execution_id": row["execution_id"]})
        return Claim(
            delivery_of(row, handler=row["handler"], attempt=row["attempt"] + 1),
            row["execution_id"],
            ready["lane"],
            ready["token"] + 1,
            row["note"],
            self._vault.opened_user_token(portal, row["user_token"]),
        )

    def _drop_installation(self, db: sqlite3.Connection, portal: str) -> bool:
        assert self._writer is not None
        if self._mode == "own":
            self._writer.truncate_log()
        return forget_installation(db, portal)


def _recover(db: sqlite3.Connection) -> None:
    db.execute(QUERIES["recover_executions"])
    db.execute(QUERIES["recover_lanes"])


def _next_ready_portal(db: sqlite3.Connection, *, after: str) -> str:
    """The next portal of the ring that has a ready lane; ``""`` if none has."""
    for start in (after, ""):
        row = db.execute(QUERIES["next_ready_portal"], {"after": start}).fetchone()
        if row:
            return str(row[0])
    return ""


def _is_parked(db: sqlite3.Connection, portal: str, *, lifecycle: bool) -> bool:
    """Whether a lane of this kind has to wait for its portal."""
    row = db.execute(QUERIES["standing"], {"portal": portal}).fetchone()
    if row is None:
        return False
    is_active: bool = row["state"] == InstallationState.ACTIVE
    return bool(row["paused"]) or (not is_active and not lifecycle)


def _scalar(db: sqlite3.Connection, query: str, **parameters: object) -> int:
    return int(db.execute(QUERIES[query], parameters).fetchone()[0])
