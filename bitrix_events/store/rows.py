"""Rows of a store to the values of `store.records`, and installations back to rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

import orjson

from bitrix_events.store.planning import Row
from bitrix_events.store.records import (
    Claim,
    Delivery,
    DeliveryView,
    Execution,
    Installation,
    InstallationState,
    State,
    Tokens,
)
from bitrix_events.store.sealed import Vault


def delivery_of(
    row: Row, *, handler: str = "", attempt: int = 0, replayed: bool = False
) -> Delivery:
    """A row of ``delivery``."""
    return Delivery(
        row["id"],
        row["portal"],
        row["code"],
        orjson.loads(row["data"]),
        row["entity"],
        datetime.fromtimestamp(row["received_at"], UTC),
        moment_of(row["sent_at"]),
        row["event_handler_id"],
        row["user_id"],
        handler,
        attempt,
        replayed,
    )


def execution_of(row: Row) -> Execution:
    """A row of ``execution``, with the state and the ``due`` of its lane while it waits."""
    lane_state = row["lane_state"]
    return Execution(
        id=row["execution_id"],
        delivery_id=row["delivery_id"],
        handler=row["handler"],
        state=State(row["state"]),
        attempt=row["attempt"],
        due=moment_of(row["due"]) if lane_state == "delayed" else None,
        finished_at=moment_of(row["finished_at"]),
        note=row["note"],
        deaths=row["deaths"],
        started_at=moment_of(row["started_at"]),
        parked=lane_state == "parked",
        replayed=bool(row["replayed"]),
    )


def claim_of(head: Row, token: int, vault: Vault, now: float) -> Claim:
    """A row of ``execution``, its delivery and what its handler has kept of the record, as they
    were before it was started just now.

    Args:
        token: of the lane since then.
    """
    started = now if head["started_at"] is None else head["started_at"]
    return Claim(
        delivery_of(
            head,
            handler=head["handler"],
            attempt=head["attempt"] + 1,
            replayed=bool(head["replayed"]),
        ),
        head["execution_id"],
        head["lane_id"],
        token,
        now - started,
        head["note"],
        head["deaths"],
        vault.opened_user_token(head["portal"], head["user_token"]),
        None if head["snapshot"] is None else orjson.loads(head["snapshot"]),
    )


def moment_of(seconds: float | None) -> datetime | None:
    """Seconds since 1970 as an aware time."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def views_of(rows: Sequence[Row], executions: Iterable[Row]) -> list[DeliveryView]:
    """Stored deliveries, each with its executions."""
    of_delivery: dict[int, list[Execution]] = {row["id"]: [] for row in rows}
    for found in executions:
        of_delivery[found["delivery_id"]].append(execution_of(found))
    return [
        DeliveryView(delivery_of(r), of_delivery[r["id"]], r["repeat_of"], r["repeats"])
        for r in rows
    ]


def installation_of(row: Row, tokens: Tokens | None) -> Installation:
    """A row of ``portal``, with its tokens opened."""
    return Installation(
        portal=row["portal"],
        member_id=row["member_id"],
        domain=row["domain"],
        client_endpoint=row["client_endpoint"],
        state=InstallationState(row["state"]),
        reason=row["reason"],
        since=moment_of(row["since"]),
        paused=bool(row["paused"]),
        purge_at=moment_of(row["purge_at"]),
        token_digest=row["token_digest"],
        old_digest=row["old_digest"],
        old_until=moment_of(row["old_until"]),
        tokens=tokens,
        user_id=row["user_id"],
        scope=_names(row["scope"]),
        status=row["status"],
        bound_url=row["bound_url"],
        bound_codes=_names(row["bound_codes"]),
        version=row["version"],
    )


def row_of(installation: Installation, vault: Vault) -> Mapping[str, object]:
    """The columns of ``portal``."""
    return {
        "portal": installation.portal,
        "member_id": installation.member_id,
        "domain": installation.domain,
        "client_endpoint": installation.client_endpoint,
        "state": installation.state.value,
        "reason": installation.reason,
        "since": seconds_of(installation.since),
        "paused": installation.paused,
        "purge_at": seconds_of(installation.purge_at),
        "token_digest": installation.token_digest,
        "old_digest": installation.old_digest,
        "old_until": seconds_of(installation.old_until),
        "tokens": vault.seal_tokens(installation.portal, installation.tokens),
        "user_id": installation.user_id,
        "scope": ",".join(installation.scope),
        "status": installation.status,
        "bound_url": installation.bound_url,
        "bound_codes": ",".join(installation.bound_codes),
        "version": installation.version,
    }


def seconds_of(moment: datetime | None) -> float | None:
    """An aware time as seconds since 1970."""
    return None if moment is None else moment.timestamp()


def _names(text: str) -> tuple[str, ...]:
    return tuple(filter(None, text.split(",")))
