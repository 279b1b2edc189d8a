"""UserClient: REST as the user whose action raised the event."""

from __future__ import annotations

from bitrix_events.rest.client import Client


class UserClient(Client):
    """REST with the rights of the user who acted, for handlers that ask for it.

    Robots, workflows and imports act without a user: such a delivery is skipped, unless the
    handler asks for ``UserClient | None`` and gets None. The token of the event lasts for an hour,
    cannot be renewed, and is never mixed with those of the installation.

    Source: protocol.md 1.4 and 1.5.
    """
