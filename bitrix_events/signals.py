"""blinker signals for observers; never for dispatch.

Receivers are called as ``receiver(app, event=...)`` after the fact has been stored. They may be
plain or ``async`` functions. One that raises is logged and disturbs nobody.
"""

from __future__ import annotations

import inspect
import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from blinker import NamedSignal, Namespace
from pydantic import SecretStr

log = logging.getLogger(__name__)

_signals = Namespace()

oauth_token_renewed: Final = _signals.signal("oauth-token-renewed")
"""A portal's tokens were renewed and stored. ``event`` is an `OAuthTokenRenewed`."""

portal_domain_changed: Final = _signals.signal("portal-domain-changed")
"""A portal answers at a new, proven and stored address. ``event`` is a `PortalDomainChanged`."""

execution_failed: Final = _signals.signal("execution-failed")
"""An attempt has failed. ``event`` is an `ExecutionFailed`."""

dead_lettered: Final = _signals.signal("dead-lettered")
"""An execution is dead: nobody will try it again. ``event`` is a `DeadLettered`."""


@dataclass(frozen=True, slots=True)
class OAuthTokenRenewed:
    """New tokens of one portal.

    The tokens are wrapped: ``event.access_token.get_secret_value()`` unwraps one, while logs and
    ``repr`` show asterisks.
    """

    member_id: str
    domain: str
    client_endpoint: str
    user_id: int
    scope: tuple[str, ...]
    access_token: SecretStr
    refresh_token: SecretStr
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class PortalDomainChanged:
    """A portal was renamed or moved.

    Attributes:
        confirmed: the OAuth server named the new address (always so for apps). False for an
            incoming webhook, where only the zone of the new host could be checked.
    """

    member_id: str
    old_domain: str
    new_domain: str
    confirmed: bool


@dataclass(frozen=True, slots=True)
class ExecutionFailed:
    """An attempt of a handler has failed. Receivers run on the event loop of the handlers.

    Attributes:
        portal: key of the portal: its member_id, or ``"webhook"``.
        entity: what the delivery is about, ``deal:7``; None if it is not about one record.
        attempt: the number of the attempt, from 1.
        note: what is stored about it.
        error: what was raised.
        next_seconds: when the next attempt begins; None if there will be none.
    """

    portal: str
    delivery: int
    execution: int
    handler: str
    code: str
    entity: str | None
    attempt: int
    note: str
    error: BaseException
    next_seconds: float | None


@dataclass(frozen=True, slots=True)
class DeadLettered:
    """An execution is dead. Attributes as of `ExecutionFailed`."""

    portal: str
    delivery: int
    execution: int
    handler: str
    code: str
    entity: str | None
    attempt: int
    note: str
    error: BaseException


async def emit(signal: NamedSignal, sender: object, event: object) -> None:
    """Call every receiver of ``signal``; log those that raise and go on."""
    for receiver in list(signal.receivers_for(sender)):
        try:
            result = receiver(sender, event=event)
            if inspect.isawaitable(result):
                await result
        except Exception:
            log.exception("a receiver of the signal %s raised", signal.name)
