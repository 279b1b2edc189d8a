"""Rows of the store as frozen values, in the words of the domain."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import SecretStr

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
        bound_codes: which events those were.
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


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """A verified callback that is about to be stored. ``data`` holds no tokens any more.

    Attributes:
        lifecycle: it is about our app on the portal, and handled while other work is parked.
        user_token: kept sealed, and apart from the data.
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


@dataclass(frozen=True, slots=True)
class Delivery:
    """One received callback, as a handler sees it.

    Attributes:
        id: our own number for it; the portal gives none.
        handler: name of the handler that is running.
        attempt: 1 for the first start, counted over restarts of the process.
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

    def key(self, purpose: str) -> str:
        """A string that is the same in every attempt of this handler at this delivery.

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
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Execution:
    """One handler applied to one delivery."""

    id: int
    handler: str
    state: State
    attempt: int
    due: datetime | None
    finished_at: datetime | None
    note: str


@dataclass(frozen=True, slots=True)
class Claim:
    """A worker's hold on one execution and on its lane: the executions of one handler and entity.

    Attributes:
        token: proves at `Store.settle` that the hold was not given to somebody else meanwhile.
        note: how the attempt before this one ended.
        user_token: that of the delivery, if it came with one.
    """

    delivery: Delivery
    execution_id: int
    lane: str
    token: int
    note: str = ""
    user_token: UserToken | None = None


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
    """

    state: State
    note: str = ""
    delay_seconds: float = 0.0
    counted: bool = True
    parks: bool = False


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """A delivery with what became of it, for people."""

    delivery: Delivery
    executions: Sequence[Execution]
