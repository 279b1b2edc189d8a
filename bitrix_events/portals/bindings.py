"""Subscriptions on the portal: what handlers need against what is there.

Source: protocol.md 8.1 and 8.2.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from bitrix_events.errors import BatchError, RestError
from bitrix_events.rest.client import Client

NOT_BOUND = frozenset({"ONAPPINSTALL", "ONAPPUPDATE", "ONAPPUSERREADY"})
"""Sent to the install address without a subscription, and proven there."""


async def bind_events(client: Client, codes: Collection[str], url: str) -> list[str]:
    """Subscribe ``url`` to those events that it does not receive yet.

    Returns:
        The codes that were bound.

    Raises:
        RestError: the portal refused one, for example because the app lacks its scope.
    """
    response = await client.call("event.get")
    present = {
        str(binding.get("event", "")).upper()
        for binding in _mappings(response.result)
        if binding.get("handler") == url
    }
    missing = sorted(set(codes) - present - NOT_BOUND)
    commands = {code: ("event.bind", {"event": code, "handler": url}) for code in missing}
    try:
        await client.batch(commands)
    except BatchError as failure:
        refused = {c: e for c, e in failure.errors.items() if not _is_already_bound(e)}
        if refused:
            raise BatchError(
                portal=failure.portal, results=failure.results, errors=refused
            ) from failure
    return missing


def _is_already_bound(error: RestError) -> bool:
    text = error.description.lower()
    return "already binded" in text or "already bound" in text


def _mappings(result: Any) -> list[dict[str, Any]]:
    return [item for item in result if isinstance(item, dict)] if isinstance(result, list) else []
