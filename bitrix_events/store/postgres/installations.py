"""Installations in the PostgreSQL store. Run in its transactions."""

from __future__ import annotations

from typing import Final

from bitrix_events.store.postgres.connections import Connection
from bitrix_events.store.postgres.statements import QUERIES
from bitrix_events.store.records import Installation, InstallationState
from bitrix_events.store.rows import row_of
from bitrix_events.store.sealed import Vault

_FORGOTTEN_AT_ONCE: Final = 2_000
_COLUMNS: Final = (
    *("portal", "member_id", "domain", "client_endpoint", "state", "reason", "since", "paused"),
    *("purge_at", "token_digest", "old_digest", "old_until", "tokens", "user_id", "scope"),
    *("status", "bound_url", "bound_codes"),
)


async def save_installation(
    db: Connection, installation: Installation, vault: Vault, now: float
) -> bool:
    """Save an installation, if its version is still the stored one."""
    row = row_of(installation, vault)
    values = [row[column] for column in _COLUMNS]
    if installation.version:
        # Who could not read the tokens does not lose them.
        keeps_tokens = installation.tokens is None and await _has_unread(db, installation, vault)
        change = QUERIES["change_installation"]
        status = await db.execute(change, *values, installation.version, keeps_tokens)
    else:
        status = await db.execute(QUERIES["add_installation"], *values, now)
    if count_of(status) == 0:
        return False
    is_active = installation.state is InstallationState.ACTIVE
    portal = installation.portal
    if not installation.paused:
        await db.execute(QUERIES["unpark_lanes"], portal, is_active)
    if installation.paused or not is_active:
        await db.execute(QUERIES["park_lanes"], portal, installation.paused)
    await db.execute(QUERIES["tell_portal"], portal)
    return True


async def forget_some(portal: str, version: int | None, db: Connection) -> int:
    """Delete deliveries of a portal, a few at a time; how many those were.

    Args:
        version: that the installation has to have; nothing is deleted otherwise.
    """
    return await _forget_deliveries(db, portal) if await _is_of(db, portal, version) else 0


async def forget_rest(portal: str, version: int | None, db: Connection) -> tuple[bool, bool]:
    """Delete an installation with the last deliveries of its portal; whether it was there, and
    whether any delivery was."""
    if not await _is_of(db, portal, version):
        return False, False
    found = False
    known = await _version(db, portal)
    await db.execute(QUERIES["drop_lanes"], portal)
    while await _forget_deliveries(db, portal):
        found = True
    if known:
        await db.execute(QUERIES["keep_last_version"], known)
    for query in ("drop_facts", "drop_snapshots", "drop_marks"):
        await db.execute(QUERIES[query], portal)
    dropped = await db.execute(QUERIES["drop_installation"], portal)
    await db.execute(QUERIES["tell_portal"], portal)
    return count_of(dropped) == 1, found


async def reseal(db: Connection, vault: Vault) -> int:
    """Seal with the present key what another one has sealed; how many values that were."""
    count = 0
    for row in await db.fetch(QUERIES["sealed_tokens"]):
        if not vault.is_current(row["tokens"]):
            tokens = vault.open_tokens(row["portal"], row["tokens"])
            sealed = vault.seal_tokens(row["portal"], tokens)
            await db.execute(QUERIES["reseal_tokens"], row["portal"], sealed)
            await db.execute(QUERIES["tell_portal"], row["portal"])
            count += 1
    for row in await db.fetch(QUERIES["sealed_user_tokens"]):
        if not vault.is_current(row["user_token"]):
            token = vault.open_user_token(row["portal"], row["user_token"])
            sealed = vault.seal_user_token(row["portal"], token)
            await db.execute(QUERIES["reseal_user_token"], row["portal"], row["id"], sealed)
            count += 1
    return count


def count_of(status: str) -> int:
    """How many rows a statement has changed, by what it answered."""
    return int(status.rpartition(" ")[2])


async def _version(db: Connection, portal: str) -> int:
    return await db.fetchval(QUERIES["version"], portal) or 0


async def _has_unread(db: Connection, installation: Installation, vault: Vault) -> bool:
    """Whether there are tokens that cannot be opened."""
    sealed = await db.fetchval(QUERIES["tokens"], installation.portal)
    return sealed is not None and vault.opened_tokens(installation.portal, sealed) is None


async def _is_of(db: Connection, portal: str, version: int | None) -> bool:
    """Whether an installation has this version; None stands for any. It stays so until the
    transaction ends."""
    return version is None or await _version(db, portal) == version


async def _forget_deliveries(db: Connection, portal: str) -> int:
    rows = await db.fetch(QUERIES["some_deliveries"], portal, _FORGOTTEN_AT_ONCE)
    ids = [row["id"] for row in rows]
    await db.execute(QUERIES["drop_deliveries"], [portal] * len(ids), ids)
    return len(ids)
