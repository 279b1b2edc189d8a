"""Portal: what a handler may know about the portal that an event came from."""

from __future__ import annotations

from dataclasses import dataclass

from bitrix_events.store.records import Installation


@dataclass(frozen=True, slots=True)
class Portal:
    """One Bitrix24 account.

    Attributes:
        member_id: its permanent id; ``""`` for a webhook portal that never sent one.
        domain: its current address, ``acme.bitrix24.com``.
        scope: what our app may use there; empty for webhooks.
    """

    member_id: str
    domain: str
    scope: tuple[str, ...] = ()

    @classmethod
    def of(cls, installation: Installation) -> Portal:
        """The portal of an installation."""
        return cls(installation.member_id, installation.domain, installation.scope)
