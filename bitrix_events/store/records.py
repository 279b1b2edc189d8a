"""Rows of the store as frozen values, in the words of the domain."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from pydantic import SecretStr

FACT_WINDOW = timedelta(hours=24)
"""For how long a fact that is told again is known to have been told."""

DEATHS = 3
"""How many processes an execution may take with it before it is dead."""

WEBHOOK_PORTAL = "webhook"
"""Key of the one portal of an app that uses webhooks; other portals are keyed by member_id."""


class InstallationState(StrEnum):
    """Whether the portal can be worked for; why not is the `Installation.reason`."""

    ACTIVE = "active"
    BLOCKED = "blocked"
    """The portal is closed to us for now: its payment has lapsed, for example."""
    NEEDS_REAUTH = "needs_reauth"
    """The refresh token was refused; somebody must install or open the app again."""
    DELETED = "deleted"
    """The app was removed from the portal."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """A pair of OAuth tokens. Both are wrapped, so that no log line shows them."""

    access: SecretStr
    refresh: SecretStr
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Installation:
    """Our app on one portal.

    Attributes:
        portal: key of the portal in every table: its member_id, or `WEBHOOK_PORTAL`.
        member_id: permanent id of the portal; ``""`` until a webhook portal has sent one.
        domain: its current address, ``host`` or ``host:port``.
        client_endpoint: root of its REST interface, ending in a slash; ``""`` for webhooks, whose
            address is a secret of the settings.
        reason: why the state is not active: a code of Bitrix24's, or a few words.
        since: when the state was entered.
        paused: an operator wants nothing to run for the portal.
        purge_at: when all that is stored about the portal is to be deleted.
        token_digest: SHA-256 of the application token; None until the portal has sent one.
        old_digest: that of the application token before, which counts until ``old_until``.
        bound_url: the address that events were last subscribed to.
        bound_codes: which events those were; those that the portal keeps until they are fetched
            have the name of their queue behind an ``@``.
        version: counts the changes of the row; the basis of compare-and-swap.
    """

    portal: str
    member_id: str
    domain: str
    client_endpoint: str = ""
    state: InstallationState = InstallationState.ACTIVE
    reason: str = ""
    since: datetime | None = None
    paused: bool = False
    purge_at: datetime | None = None
    token_digest: bytes | None = None
    old_digest: bytes | None = None
    old_until: datetime | None = None
    tokens: Tokens | None = None
    user_id: int = 0
    scope: tuple[str, ...] = ()
    status: str = ""
    bound_url: str = ""
    bound_codes: tuple[str, ...] = ()
    version: int = 0


def present_of(found: Sequence[Installation]) -> Installation | None:
    """Which of the installations at one address counts.

    Args:
        found: the one that was installed last at the end.
    """
    present = [one for one in found if one.state is not InstallationState.DELETED] or found
    return present[-1] if present else None


@dataclass(frozen=True, slots=True)
class UserToken:
    """The access token of the user whose action raised an event; nobody can renew it."""

    access: SecretStr
    expires_at: datetime


@dataclass(slots=True)
class NewDelivery:
    """A verified callback that is about to be stored. ``data`` holds no tokens any more.

    Attributes:
        lifecycle: it is about our app on the portal, and handled while other work is parked.
        user_token: kept sealed, and apart from the data.
        identity: what a fact is told apart by: no handler runs twice for one within `FACT_WINDOW`.
            None for what is no fact.
        merges: it says "look again", and replaces what waits for the same handler and entity with
            the same code.
    """

    portal: str
    code: str
    data: Any
    entity: str | None
    sent_at: datetime | None = None
    event_handler_id: int | None = None
    user_id: int | None = None
    lifecycle: bool = False
    user_token: UserToken | None = None
    identity: str | None = None
    merges: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """A handler that a delivery is for.

    Attributes:
        debounce: seconds of quiet about the entity before the handler runs; deliveries that come
            meanwhile are merged. At most ten times as long after the first of them.
    """

    handler: str
    debounce: float = 0.0


@dataclass(slots=True)
class Stored:
    """What became of a delivery that was put.

    Attributes:
        delivery_id: None while it lies in the journal, because the store could not take it.
        executions: ids of the executions that were made.
        repeat_of: the delivery that told the same fact; no execution was made for it.
        merged: deliveries whose waiting executions this one has replaced.
    """

    delivery_id: int | None
    executions: tuple[int, ...] = ()
    repeat_of: int | None = None
    merged: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Delivery:
    """One received callback, as a handler sees it.

    Attributes:
        id: our own number for it; the portal gives none.
        handler: name of the handler that is running.
        attempt: 1 for the first start, counted over restarts of the process.
        replayed: somebody has asked for it to be handled once more.
        user_id: the user whose action raised the event; None if the portal did not say.
    """

    id: int
    portal: str
    code: str
    data: Any = field(repr=False)
    entity: str | None
    received_at: datetime
    sent_at: datetime | None
    event_handler_id: int | None
    user_id: int | None
    handler: str = ""
    attempt: int = 0
    replayed: bool = False

    def key(self, purpose: str) -> str:
        """A string that is the same in every attempt of this handler at this delivery, and in
        every replay.

        Pass it to systems that accept an idempotency key: 32 hex characters.
        """
        parts = (self.portal, str(self.id), self.handler, purpose)
        return hashlib.sha256("\x00".join(parts).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Admission:
    """A proven sender.

    Attributes:
        changed: the installation has to be stored together with the delivery that changes it.
        old_domain: where the portal was until then, if anywhere.
    """

    installation: Installation
    changed: bool = False
    old_domain: str = ""


class State(StrEnum):
    """Where an execution stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    SKIPPED = "skipped"
    MERGED = "merged"
    """A newer delivery about the same took its place while it waited."""
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Execution:
    """One handler applied to one delivery.

    Attributes:
        attempt: how often it was started and the start counted.
        deaths: how many processes have died while it ran.
        due: when it runs again, while its lane rests.
        started_at: when its first attempt began.
        parked: it waits for its portal.
        note: how the last attempt ended, or what has become of it.
    """

    id: int
    delivery_id: int
    handler: str
    state: State
    attempt: int
    due: datetime | None
    finished_at: datetime | None
    note: str
    deaths: int = 0
    started_at: datetime | None = None
    parked: bool = False
    replayed: bool = False


@dataclass(slots=True)
class Claim:
    """A worker's hold on one execution and on its lane: the executions of one handler and entity.

    Attributes:
        token: proves at `Store.settle` that the hold was not given to somebody else meanwhile.
        note: how the attempt before this one ended.
        user_token: that of the delivery, if it came with one.
        age_seconds: since when there are attempts at it; 0.0 if this is the first.
        deaths: how many processes have died while it ran. From `DEATHS` on it is not to be run, but
            to be settled as dead.
        snapshot: the last one of this handler and entity; None if there is none.
    """

    delivery: Delivery
    execution_id: int
    lane: int
    token: int
    age_seconds: float = 0.0
    note: str = ""
    deaths: int = 0
    user_token: UserToken | None = None
    snapshot: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """How an attempt ended.

    Attributes:
        state: done, skipped, dead, or waiting for another attempt.
        note: the reason or the error, without secrets.
        delay_seconds: for `State.WAITING`, how long the lane rests.
        counted: whether the attempt counts towards the handler's limit.
        parks: for `State.WAITING`, whether the lane waits until the portal is active again; if the
            portal is, it rests as long as any other.
        snapshot: the values of the fields that the handler watches, by name, as JSON has them: what
            `Claim.snapshot` is next time. None leaves the last one as it is.
    """

    state: State
    note: str = ""
    delay_seconds: float = 0.0
    counted: bool = True
    parks: bool = False
    snapshot: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """A delivery with what became of it, for people.

    Attributes:
        repeat_of: the delivery that told the same fact before.
        repeats: how often this fact was told again.
    """

    delivery: Delivery
    executions: Sequence[Execution]
    repeat_of: int | None = None
    repeats: int = 0


@dataclass(frozen=True, slots=True)
class Query:
    """Which deliveries somebody wants to see. What is None does not matter.

    Attributes:
        entity: as in ``deal:7``.
        handler: it was for this handler.
        state: an execution of it (of ``handler``, if given) is in this state.
        since: received then or later.
    """

    portal: str | None = None
    code: str | None = None
    entity: str | None = None
    handler: str | None = None
    state: State | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Stats:
    """How a store is doing.

    Attributes:
        waiting: executions that wait, those of parked portals included.
        parked: how many of them wait for their portal.
        oldest_seconds: age of the oldest delivery with an execution that waits and is due; 0.0 if
            none is.
        journal: deliveries that wait in the journal until the store can take them.
    """

    waiting: int
    running: int
    dead: int
    parked: int
    oldest_seconds: float
    journal: int = 0


@dataclass(frozen=True, slots=True)
class Peer:
    """A process that works with a store for several.

    Attributes:
        name: what its settings call it; may be ``""``.
        seen_seconds: since when nothing was heard of it.
        held: how many executions it runs.
    """

    name: str
    host: str
    pid: int
    started_at: datetime
    seen_seconds: float
    held: int
