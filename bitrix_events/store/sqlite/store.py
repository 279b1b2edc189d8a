"""The embedded store: one SQLite file, one writing thread, WAL, every commit synced.

Exactly one process may have the file open for writing; a lock that dies with the process sees to
it. So whatever is found running when the file is opened belongs to a dead process.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from importlib.resources import files
from pathlib import Path

from pydantic import SecretStr

from bitrix_events.errors import InstallationChanged, StoreError
from bitrix_events.store.records import (
    Claim,
    DeliveryView,
    Installation,
    InstallationState,
    NewDelivery,
    State,
    Tokens,
    Verdict,
)
from bitrix_events.store.secrets import Sealer
from bitrix_events.store.sqlite.lock import FileLock
from bitrix_events.store.sqlite.rows import delivery_of, execution_of, moment_of
from bitrix_events.store.sqlite.writer import Change, GroupCommitWriter, T

SCHEMA_VERSION = 1

_HERE = files("bitrix_events.store.sqlite")
_QUERIES = {
    name: text.strip()
    for name, text in re.findall(
        r"^-- name: (\w+)\n(.*?)(?=^-- name:|\Z)",
        (_HERE / "queries.sql").read_text("utf-8"),
        flags=re.MULTILINE | re.DOTALL,
    )
}
_NEWEST = 2**63 - 1
_KNOWN_INSTALLATIONS = 10_000


class SqliteStore:
    """A `Store` in one SQLite file.

    Args:
        path: the file; made, with its folder, if it does not exist.
        sealer: seals tokens; None for an app that stores none.
        clock: seconds since 1970.
        read_only: look at a file that another process may be writing; only the methods that
            change nothing may be called.
    """

    def __init__(
        self,
        path: Path,
        *,
        sealer: Sealer | None = None,
        clock: Callable[[], float] = time.time,
        read_only: bool = False,
    ) -> None:
        self._path = path = path.resolve()  # links to one file are one store
        self._sealer = sealer
        self._clock = clock
        self._read_only = read_only
        self._lock = FileLock(path.with_name(path.name + ".lock"))
        self._is_open = False
        self._writer: GroupCommitWriter | None = None
        self._writing: sqlite3.Connection | None = None
        self._readers = threading.local()
        self._opened_readers: list[sqlite3.Connection] = []
        self._last_portal = ""
        self._inode = 0
        # Every delivery asks for its portal's installation. Only this process writes to the file,
        # so what was read stays true until `save_installation`.
        self._known: dict[str, Installation] = {}
        self._changes = 0
        self._knowing = threading.Lock()

    async def open(self) -> None:
        if self._read_only:
            if not self._path.exists():
                raise StoreError(f"there is no store at {self._path}; has the app run here yet?")
            self._is_open = True
            _check_version(self._reader(), self._path)
            return
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
        try:
            self._writing = self._connect()
            self._check_key(self._writing)
            self._inode = os.stat(self._path).st_ino
            self._writer = GroupCommitWriter(self._writing, self._check_file)
            self._is_open = True
            await self._writer.submit(_recover)
        except BaseException:
            await self.close()
            raise

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
        }

        def change(db: sqlite3.Connection) -> int:
            if save is not None and not save(db):
                raise InstallationChanged("the installation was changed meanwhile")
            delivery_id = db.execute(_QUERIES["put_delivery"], row).lastrowid
            assert delivery_id is not None
            entity = delivery.entity or f"#{delivery_id}"
            for handler in handlers:
                execution = {
                    "portal": delivery.portal,
                    "lane": f"{entity} {handler}",
                    "delivery_id": delivery_id,
                    "handler": handler,
                    "now": row["now"],
                }
                db.execute(_QUERIES["put_execution"], execution)
                db.execute(_QUERIES["put_lane"], execution)
            return delivery_id

        forget = partial(self._forget, installation.portal) if installation is not None else None
        return await self._write(change, after=forget)

    async def claim(self, *, limit: int, per_portal: int) -> list[Claim]:
        def change(db: sqlite3.Connection) -> list[Claim]:
            db.execute(_QUERIES["wake_lanes"], {"now": self._clock()})
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
                claims.append(_hold_oldest_lane(db, portal))
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
            if db.execute(_QUERIES["let_go_of_lane"], row).rowcount == 0:
                return False
            db.execute(_QUERIES["settle_execution"], row)
            if not waits:
                db.execute(_QUERIES["drop_empty_lane"], row)
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

    async def installation(self, portal: str) -> Installation | None:
        known = self._known.get(portal)
        if known is not None:
            return known
        changes = self._changes
        found = self._installation("installation", {"portal": portal})
        with self._knowing:
            if found is not None and changes == self._changes:  # nobody wrote since we read
                if len(self._known) >= _KNOWN_INSTALLATIONS:
                    self._known.clear()
                self._known[portal] = found
        return found

    async def installation_at(self, domain: str) -> Installation | None:
        return self._installation("installation_at", {"domain": domain})

    async def save_installation(self, installation: Installation) -> bool:
        forget = partial(self._forget, installation.portal)
        return await self._write(self._saving(installation), after=forget)

    async def begin_refresh(self, portal: str, *, version: int, seconds: float) -> bool:
        now = self._clock()
        row = {"portal": portal, "version": version, "now": now, "until": now + seconds}
        return await self._write(
            lambda db: db.execute(_QUERIES["begin_refresh"], row).rowcount == 1
        )

    async def end_refresh(self, portal: str, *, version: int) -> None:
        row = {"portal": portal, "version": version}
        await self._write(lambda db: db.execute(_QUERIES["end_refresh"], row).rowcount)

    async def _write(self, change: Change[T], *, after: Callable[[], None] | None = None) -> T:
        if self._writer is None:
            raise StoreError("the store is not open for writing")
        return await self._writer.submit(change, after=after)

    def _read(self, query: str, **parameters: object) -> list[sqlite3.Row]:
        try:
            return self._reader().execute(_QUERIES[query], parameters).fetchall()
        except sqlite3.Error as error:
            raise StoreError(f"{self._path} cannot be read: {error}") from error

    def _forget(self, portal: str) -> None:
        """Called on the writing thread when an installation was saved."""
        with self._knowing:
            self._changes += 1
            self._known.pop(portal, None)

    def _check_file(self) -> None:
        """What was written to a file that has no name any more is lost at the next start."""
        try:
            found = os.stat(self._path).st_ino
        except OSError:
            found = 0
        if found != self._inode:
            raise StoreError(f"{self._path} was removed or replaced; restart the app")

    def _check_key(self, db: sqlite3.Connection) -> None:
        """Refuse to start with a key that does not open what is stored."""
        row = db.execute(_QUERIES["any_tokens"]).fetchone()
        if row is not None:
            self._unseal(row["portal"], row["tokens"])

    def _view(self, row: sqlite3.Row) -> DeliveryView:
        executions = self._read("executions", delivery_id=row["id"])
        return DeliveryView(delivery_of(row), [execution_of(found) for found in executions])

    def _connect(self) -> sqlite3.Connection:
        is_new = not self._path.exists()
        try:
            if is_new:
                os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))
            db = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        except (OSError, sqlite3.Error) as error:
            raise StoreError(f"cannot open {self._path}: {error}") from error
        try:
            db.row_factory = sqlite3.Row
            _refuse_foreign(db, self._path)
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = FULL")
            db.execute("PRAGMA busy_timeout = 5000")
            if not _has_schema(db):
                schema = (_HERE / "schema.sql").read_text("utf-8")
                db.executescript(f"BEGIN IMMEDIATE;\n{schema}\nCOMMIT;")
            _check_version(db, self._path)
        except sqlite3.DatabaseError as error:
            db.close()
            raise StoreError(f"{self._path} cannot be used as a store: {error}") from error
        except StoreError:
            db.close()
            raise
        return db

    def _reader(self) -> sqlite3.Connection:
        """A connection of the calling thread that cannot write."""
        reader: sqlite3.Connection | None = getattr(self._readers, "connection", None)
        if reader is None:
            if not self._is_open:
                raise StoreError("the store is not open")
            uri = f"{self._path.absolute().as_uri()}?mode=ro"
            try:
                reader = sqlite3.connect(
                    uri, uri=True, isolation_level=None, check_same_thread=False
                )
                reader.execute("PRAGMA busy_timeout = 5000")
            except sqlite3.Error as error:
                raise StoreError(f"cannot read {self._path}: {error}") from error
            reader.row_factory = sqlite3.Row
            self._readers.connection = reader
            self._opened_readers.append(reader)
        return reader

    def _installation(self, query: str, key: dict[str, str]) -> Installation | None:
        rows = self._read(query, **key)
        if not rows:
            return None
        row = rows[0]
        return Installation(
            portal=row["portal"],
            member_id=row["member_id"],
            domain=row["domain"],
            client_endpoint=row["client_endpoint"],
            state=InstallationState(row["state"]),
            token_digest=row["token_digest"],
            tokens=self._unseal(row["portal"], row["tokens"]),
            user_id=row["user_id"],
            scope=tuple(filter(None, row["scope"].split(","))),
            status=row["status"],
            version=row["version"],
        )

    def _saving(self, installation: Installation) -> Change[bool]:
        """The change that saves an installation, if its version is still the stored one."""
        row = {
            "portal": installation.portal,
            "member_id": installation.member_id,
            "domain": installation.domain,
            "client_endpoint": installation.client_endpoint,
            "state": installation.state.value,
            "token_digest": installation.token_digest,
            "tokens": self._seal(installation),
            "user_id": installation.user_id,
            "scope": ",".join(installation.scope),
            "status": installation.status,
            "version": installation.version,
            "now": self._clock(),
        }
        query = _QUERIES["change_installation" if installation.version else "add_installation"]
        return lambda db: db.execute(query, row).rowcount == 1

    def _seal(self, installation: Installation) -> bytes | None:
        tokens = installation.tokens
        if tokens is None:
            return None
        if self._sealer is None:
            raise StoreError("tokens can be stored only with BITRIX_EVENTS_SECRET_KEY")
        content = [
            tokens.access.get_secret_value(),
            tokens.refresh.get_secret_value(),
            tokens.expires_at.timestamp(),
        ]
        return self._sealer.seal(
            json.dumps(content).encode(), place=_place_of_tokens(installation.portal)
        )

    def _unseal(self, portal: str, sealed: bytes | None) -> Tokens | None:
        if sealed is None or self._sealer is None:
            return None
        opened = self._sealer.open(sealed, place=_place_of_tokens(portal))
        access, refresh, expires_at = json.loads(opened)
        return Tokens(
            SecretStr(access), SecretStr(refresh), datetime.fromtimestamp(expires_at, UTC)
        )


def _place_of_tokens(portal: str) -> str:
    return f"portal {portal}, column tokens"


def _refuse_foreign(db: sqlite3.Connection, path: Path) -> None:
    tables = {row[0] for row in db.execute("SELECT name FROM sqlite_master")}
    if tables and "meta" not in tables:
        raise StoreError(
            f"{path} is not a store of bitrix_events but another program's file;"
            " set BITRIX_EVENTS_STORE to a new one"
        )


def _has_schema(db: sqlite3.Connection) -> bool:
    found = db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'meta'").fetchone()[0]
    return bool(found)


def _check_version(db: sqlite3.Connection, path: Path) -> None:
    try:
        (version,) = db.execute("SELECT schema_version FROM meta").fetchone()
    except (sqlite3.Error, TypeError) as error:
        raise StoreError(f"{path} is not a store of bitrix_events") from error
    if version != SCHEMA_VERSION:
        raise StoreError(
            f"{path} has schema version {version}, this program needs {SCHEMA_VERSION};"
            " use the release of bitrix_events that wrote it"
        )


def _recover(db: sqlite3.Connection) -> None:
    db.execute(_QUERIES["recover_executions"])
    db.execute(_QUERIES["recover_lanes"])


def _next_ready_portal(db: sqlite3.Connection, *, after: str) -> str:
    """The next portal of the ring that has a ready lane; ``""`` if none has."""
    for start in (after, ""):
        row = db.execute(_QUERIES["next_ready_portal"], {"after": start}).fetchone()
        if row:
            return str(row[0])
    return ""


def _hold_oldest_lane(db: sqlite3.Connection, portal: str) -> Claim:
    ready = db.execute(_QUERIES["oldest_ready_lane"], {"portal": portal}).fetchone()
    lane = {"portal": portal, "lane": ready["lane"]}
    db.execute(_QUERIES["hold_lane"], lane)
    row = db.execute(_QUERIES["first_waiting"], lane).fetchone()
    db.execute(_QUERIES["start_execution"], {"execution_id": row["execution_id"]})
    delivery = delivery_of(row, handler=row["handler"], attempt=row["attempt"] + 1)
    return Claim(delivery, row["execution_id"], ready["lane"], ready["token"] + 1, row["note"])


def _scalar(db: sqlite3.Connection, query: str, **parameters: object) -> int:
    return int(db.execute(_QUERIES[query], parameters).fetchone()[0])
