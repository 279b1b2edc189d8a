"""Queues of offline events: which one is ours, and what a portal's plan allows.

A portal keeps offline events until the app fetches them. An app has one queue without a name, and
one for each name (``auth_connector``) that it subscribes with; what a call with that name causes
does not come into its queue. Which queues hold something for us is remembered in
`Installation.bound_codes`: ``ONCRMDEALUPDATE@bitrix_events``, or ``ONCRMDEALUPDATE@`` for the queue
without a name.

Source: protocol.md 8.1, 8.3 and 8.6.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from bitrix_events.errors import RestError
from bitrix_events.rest.client import Client
from bitrix_events.rest.responses import Response
from bitrix_events.store.records import Installation

QUEUE: Final = "bitrix_events"
"""Name of the queue of an app that serves."""
DEVELOPMENT_QUEUE: Final = "bitrix_events_dev"
"""Name of the queue of ``dev --offline``, so that it takes nothing from the app that serves."""
DOORBELL: Final = "ONOFFLINEEVENT"
"""The event that tells that there are offline events."""
EXTENDED: Final = "rest_offline_extended"
"""What a plan must have so that events can be fetched without losing them in a crash."""
NAMED: Final = "rest_auth_connector"
"""What a plan must have so that queues have names."""

_SEPARATOR: Final = "@"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a portal's plan allows.

    Attributes:
        keeps: events can be kept and fetched safely.
        names: queues have names.
    """

    keeps: bool = True
    names: bool = False


async def plan_of(client: Client) -> Plan:
    """Ask a portal for its plan. One that does not answer that may allow what it says nothing of,
    and is found out by trying; names it has none then."""
    answers: dict[str, Response | RestError] = await client.outcomes(
        {name: ("feature.get", {"CODE": name}) for name in (EXTENDED, NAMED)}
    )
    keeps, names = (_allows(answers[name]) for name in (EXTENDED, NAMED))
    return Plan(keeps=keeps is not False, names=names is True)


def _allows(answer: Response | RestError) -> bool | None:
    """What ``feature.get`` has said; None if it has not."""
    return None if isinstance(answer, RestError) else is_allowed(answer.result)


def is_allowed(result: Any) -> bool:
    """What a result of ``feature.get`` says: ``Y``, ``N``, or a text such as ``ru_selfhosted``.

    Source: protocol.md 9.2.
    """
    value = result.get("value") if isinstance(result, dict) else result
    return value not in ("N", "", None, False)


def entry(code: str, queue: str) -> str:
    """What is remembered of an offline event."""
    return f"{code}{_SEPARATOR}{queue}"


def is_entry(text: str) -> bool:
    """Whether what is remembered is of an offline event."""
    return _SEPARATOR in text


def queues_of(bound: Collection[str]) -> tuple[str, ...]:
    """Names of the queues that hold something for us, by `Installation.bound_codes`."""
    return tuple(sorted({text.partition(_SEPARATOR)[2] for text in bound if is_entry(text)}))


def codes_in(queue: str, bound: Collection[str]) -> frozenset[str]:
    """Codes of the offline events that a queue holds for us."""
    found = (text.partition(_SEPARATOR) for text in bound if is_entry(text))
    return frozenset(code for code, _, name in found if name == queue)


def spoken(text: str) -> str:
    """What is remembered of an event, for people."""
    return f"{text.partition(_SEPARATOR)[0]} offline" if is_entry(text) else text


def entries_besides(queue: str, bound: Collection[str]) -> frozenset[str]:
    """What is remembered of offline events in other queues."""
    return frozenset(
        text for text in bound if is_entry(text) and text.partition(_SEPARATOR)[2] != queue
    )


def own_name(installation: Installation) -> str:
    """What our calls have to carry so that they do not come back as offline events; ``""`` for
    nothing."""
    return next((queue for queue in queues_of(installation.bound_codes) if queue), "")


def chosen_queue(name: str, bound: Collection[str], plan: Plan) -> str:
    """Which queue to subscribe with. One that holds something stays, whatever becomes of the plan:
    its events must not be left behind.

    Args:
        name: what it is called where the plan has names.
    """
    known = queues_of(bound)
    if name in known:
        return name
    if "" in known:
        return ""
    return name if plan.names else ""
