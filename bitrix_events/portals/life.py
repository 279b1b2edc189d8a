"""The life of an installation: which state follows from what happens. No I/O.

Source: protocol.md 1.6, 2.6 and 3.5.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from pydantic import SecretStr

from bitrix_events.store.records import Installation, InstallationState
from bitrix_events.wire.verify import token_digest, token_matches

OLD_TOKEN_LIFE: Final = timedelta(days=1)
"""How long the application token before the present one still counts: events that the portal has
queued before an update carry it."""

_STATE_AFTER: Final = {
    "payment_required": InstallationState.BLOCKED,
    "portal_deleted": InstallationState.BLOCKED,
    "invalid_grant": InstallationState.NEEDS_REAUTH,
    "application_not_found": InstallationState.NEEDS_REAUTH,
    "not_installed": InstallationState.NEEDS_REAUTH,
    "authorization_error": InstallationState.NEEDS_REAUTH,
}


def entered(installation: Installation, state: InstallationState, reason: str = "") -> Installation:
    """The installation in another state, from now on. It stays as it is if it is in that state."""
    if installation.state is state:
        return installation
    return replace(installation, state=state, reason=reason, since=datetime.now(UTC), purge_at=None)


def refused(installation: Installation, code: str) -> Installation:
    """The installation after the portal, or the OAuth server, has turned us away with this code."""
    state = _STATE_AFTER.get(code.lower())
    if state is None or installation.state is InstallationState.DELETED:
        return installation
    return entered(installation, state, code)


def removed(installation: Installation, *, keep: timedelta, clean: bool) -> Installation:
    """The installation after the app was removed from the portal. Nothing is lost for now.

    Args:
        keep: how long it can be undone.
        clean: whether everything is to be deleted then, and not only the tokens.
    """
    deleted = entered(installation, InstallationState.DELETED, "removed from the portal")
    if not clean or deleted.purge_at is not None:
        return deleted
    return replace(deleted, reason="removed with its data", purge_at=datetime.now(UTC) + keep)


def with_token(installation: Installation, token: SecretStr) -> Installation:
    """The installation with a proven application token. The one before counts for a while, and
    what is still underway with it does not bring it back."""
    digest = token_digest(token)
    if not token.get_secret_value() or knows_token(installation, token):
        return installation
    return replace(
        installation,
        token_digest=digest,
        old_digest=installation.token_digest,
        old_until=datetime.now(UTC) + OLD_TOKEN_LIFE,
    )


def knows_token(installation: Installation | None, token: SecretStr) -> bool:
    """Whether an event with this application token comes from the portal. It takes the same time
    whether there is such an installation or not."""
    present = installation.token_digest if installation else None
    old = installation.old_digest if installation else None
    ends = installation.old_until if installation else None
    is_present = token_matches(token, present)
    is_old = token_matches(token, old)
    return is_present or (is_old and ends is not None and datetime.now(UTC) < ends)
