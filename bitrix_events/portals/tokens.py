"""OAuthAccess: opens a portal with the installation's tokens, and renews them one at a time.

Only one task of one process renews a pair of tokens; all others wait for the pair it stores. The
new pair is stored before anybody uses it, because the old one is used up by then.

Source: protocol.md 3.4 and 9.6.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Coroutine
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from pydantic import SecretStr

from bitrix_events import signals
from bitrix_events.errors import (
    InstallationGone,
    OAuthError,
    PortalMoved,
    PortalUnreachable,
    TransportError,
)
from bitrix_events.portals.address import usable_endpoint
from bitrix_events.portals.life import entered
from bitrix_events.portals.life import refused as turned_away
from bitrix_events.portals.oauth import Grant, OAuthServer
from bitrix_events.rest.access import Authorization
from bitrix_events.store.base import Installations
from bitrix_events.store.records import Installation, InstallationState, Tokens
from bitrix_events.wire.envelope import domain_of
from bitrix_events.wire.verify import token_digest

log = logging.getLogger(__name__)

_TOKEN: Final = "oauth/token"
_ANSWER_SECONDS: Final = 20.0
_SAVE_SECONDS: Final = 20.0
_FIRST_SAVE_PAUSE: Final = 0.1
_LONGEST_SAVE_PAUSE: Final = 3.0
_REFRESH_SECONDS: Final = 2 * _ANSWER_SECONDS + _SAVE_SECONDS + 5.0
_LOOK_AGAIN_SECONDS: Final = 0.05
_ENDS: Final = frozenset({"invalid_grant", "not_installed"})
"""Refusals that prove that an installation exists no longer."""

_unsaved: Final[dict[bytes, Grant]] = {}
"""What was given for a refresh token and could not be saved, by the digest of that token: it is
used up, and nobody but this process knows the next one."""


class Renewals:
    """Renewals under way. They go on when whoever asked is cancelled: the server rotates the token
    in any case, and nobody else would ever learn the new one. Belongs to one event loop."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Authorization]] = set()

    async def run(self, renewal: Coroutine[Any, Any, Authorization]) -> Authorization:
        """Run a renewal to its end."""
        task = asyncio.get_running_loop().create_task(renewal)
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return await asyncio.shield(task)

    async def finish(self) -> None:
        """Wait for what is under way; called before the event loop ends."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_REFRESH_SECONDS)

    def _finished(self, task: asyncio.Task[Authorization]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # whoever asked may be gone; it has been logged


class OAuthAccess:
    """`rest.client.Access` to a portal that installed our app.

    Args:
        sender: whom signals come from.
    """

    def __init__(
        self,
        portal: str,
        *,
        store: Installations,
        oauth: OAuthServer,
        allowed_hosts: Collection[str],
        renewals: Renewals,
        sender: object,
    ) -> None:
        self._portal = portal
        self._store = store
        self._oauth = oauth
        self._allowed_hosts = allowed_hosts
        self._renewals = renewals
        self._sender = sender

    async def authorize(self) -> Authorization:
        return _authorization(await self._installation())

    async def renew(self, refused: Authorization) -> Authorization:
        return await self._renewals.run(self._renew(refused))

    async def is_alive(self) -> bool:
        """Renew the tokens; False only if the OAuth server has said that they have come to their
        end. What it says of our own secret, or of a payment, proves nothing."""
        with suppress(InstallationGone, PortalUnreachable):
            await self.renew(await self.authorize())
        installation = await self._store.installation(self._portal)
        if installation is None or installation.tokens is None:
            return False
        return installation.reason.lower() not in _ENDS

    async def revive(self) -> bool:
        """Ask for tokens although the portal is blocked; whether we can work for it again."""
        installation = await self._store.installation(self._portal)
        if (
            installation is None
            or installation.tokens is None
            or installation.state is not InstallationState.BLOCKED
            or not await self._begin_refresh(installation)
        ):
            return False
        try:
            await self._renewals.run(self._refresh(installation))
        except (InstallationGone, PortalUnreachable):
            return False
        log.info("%s works for us again", installation.domain)
        return True

    async def relocate(self, refused: Authorization, location: str) -> Authorization:
        installation = await self._installation()
        authorization = _authorization(installation)
        if authorization.base_url != refused.base_url:
            return authorization  # somebody else has followed the portal already
        if refused.token is None:
            raise PortalMoved(
                "app.info", "", "there is no token to ask with", portal=refused.domain
            )
        try:
            info = await self._oauth.app_info(refused.token)
        except OAuthError as error:
            if error.code.lower() not in ("expired_token", "invalid_token"):
                raise self._unproven(refused, location, str(error)) from error
            return await self.renew(refused)  # the answer to a refresh names the address, too
        except TransportError as error:
            raise PortalUnreachable(
                "app.info", str(error), portal=refused.domain, maybe_executed=False
            ) from error
        if info.member_id != installation.member_id or info.client_id != self._oauth.client_id:
            raise self._unproven(refused, location, "the token belongs to another app or portal")
        moved = self._at_endpoint(installation, info.client_endpoint)
        if moved.client_endpoint == installation.client_endpoint:
            raise self._unproven(refused, location, "the OAuth server knows of no new address")
        if not await self._store.save_installation(moved):
            return await self.authorize()
        await self._tell_if_moved(installation, moved)
        return _authorization(moved)

    async def _renew(self, refused: Authorization) -> Authorization:
        while True:
            installation = await self._installation()
            present = _authorization(installation)
            if present.token != refused.token:
                return present
            if await self._begin_refresh(installation):
                return await self._refresh(installation)
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)

    async def _begin_refresh(self, installation: Installation) -> bool:
        return await self._store.begin_refresh(
            self._portal, version=installation.version, seconds=_REFRESH_SECONDS
        )

    async def _refresh(self, installation: Installation) -> Authorization:
        """Renew the tokens in a refresh that was begun, and end it whatever happens."""
        try:
            renewed = await self._renewed(installation)
        finally:
            await self._end_refresh()
        if renewed is None:
            return await self.authorize()
        log.info("renewed the tokens of %s", renewed.domain)
        await self._tell_renewed(renewed)
        await self._tell_if_moved(installation, renewed)
        return _authorization(renewed)

    async def _end_refresh(self) -> None:
        try:
            await self._store.end_refresh(self._portal)
        except Exception as error:  # whatever a storage of somebody's own may raise
            log.warning("a renewal ends only in %.0f s: %s", _REFRESH_SECONDS, error)

    async def _renewed(self, installation: Installation) -> Installation | None:
        """The installation with new tokens, as stored; None if others were stored meanwhile."""
        assert installation.tokens is not None
        used = token_digest(installation.tokens.refresh)
        try:
            grant = _unsaved.get(used) or await self._ask_for_grant(installation.tokens.refresh)
        except TransportError as error:
            raise PortalUnreachable(
                _TOKEN, str(error), portal=installation.domain, maybe_executed=error.sent
            ) from error
        except OAuthError as error:
            await self._after_refusal(installation, error)
            return None
        if grant.member_id and grant.member_id != installation.member_id:
            raise InstallationGone(
                _TOKEN,
                "WRONG_MEMBER_ID",
                "the OAuth server answered for another portal",
                portal=installation.domain,
            )
        _unsaved[used] = grant
        renewed = await self._change(installation, lambda present: self._with_grant(present, grant))
        _unsaved.pop(used, None)
        return renewed

    async def _ask_for_grant(self, refresh: SecretStr) -> Grant:
        """A new pair of tokens. If the answer is lost it is asked for once more: perhaps the server
        has not used up the token (protocol.md 3.4)."""
        for is_last in (False, True):
            try:
                async with asyncio.timeout(_ANSWER_SECONDS):
                    return await self._oauth.refresh(refresh)
            except TimeoutError:
                failure = TransportError("no answer in time", sent=True)
            except TransportError as error:
                failure = error
            if is_last or not failure.sent:
                raise failure
            log.warning("the answer to a renewal for %s was lost", self._portal)
        raise AssertionError("the last one returns or raises")

    async def _change(
        self, refreshed: Installation, change: Callable[[Installation], Installation]
    ) -> Installation | None:
        """Write down what came of a refresh, whatever else was written meanwhile. A storage that
        fails is asked again for a while: what it does not take may be lost for ever.

        Returns:
            What was written; None if the portal has installed the app anew, with other tokens.
        """
        pause = _FIRST_SAVE_PAUSE
        gives_up_at = asyncio.get_running_loop().time() + _SAVE_SECONDS
        while True:
            try:
                return await self._write(refreshed, change)
            except Exception as error:  # whatever a storage of somebody's own may raise
                if asyncio.get_running_loop().time() + pause > gives_up_at:
                    log.error("what came of a renewal for %s was not saved", refreshed.domain)
                    raise
                log.warning("cannot save the tokens of %s yet: %s", refreshed.domain, error)
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_SAVE_PAUSE)

    async def _write(
        self, refreshed: Installation, change: Callable[[Installation], Installation]
    ) -> Installation | None:
        present: Installation | None = refreshed
        while present is not None and _refresh_token(present) == _refresh_token(refreshed):
            changed = change(present)
            if changed == present or await self._store.save_installation(changed):
                return changed
            present = await self._store.installation(self._portal)
        return None

    async def _after_refusal(self, installation: Installation, error: OAuthError) -> None:
        """Look again before believing that the tokens are lost; keep them in any case."""
        changed = await self._change(installation, lambda present: turned_away(present, error.code))
        if changed is None:
            return
        log.error("the tokens of %s cannot be renewed: %s", installation.domain, error)
        advice = "an administrator must install or open the app again"
        if error.code.lower() == "invalid_client":
            advice = "check BITRIX_EVENTS_CLIENT_ID and BITRIX_EVENTS_CLIENT_SECRET"
        elif changed.state is InstallationState.BLOCKED:
            advice = "its work waits until the portal has paid"
        raise InstallationGone(
            _TOKEN,
            error.code,
            f"{error.description}; {advice}",
            portal=installation.domain,
            status=error.status,
        ) from error

    def _with_grant(self, installation: Installation, grant: Grant) -> Installation:
        tokens = Tokens(
            grant.access,
            grant.refresh,
            datetime.now(UTC) + timedelta(seconds=grant.expires_in),
        )
        if installation.state is not InstallationState.DELETED:
            installation = entered(installation, InstallationState.ACTIVE)
        renewed = replace(
            installation,
            tokens=tokens,
            scope=grant.scope or installation.scope,
            status=grant.status or installation.status,
        )
        return self._at_endpoint(renewed, grant.client_endpoint)

    def _at_endpoint(self, installation: Installation, endpoint: str) -> Installation:
        """The installation at an address that the OAuth server named; as it was, if unusable."""
        usable = usable_endpoint(endpoint, self._allowed_hosts)
        if not usable:
            return installation
        return replace(installation, client_endpoint=usable, domain=domain_of(usable))

    async def _installation(self) -> Installation:
        installation = await self._store.installation(self._portal)
        if installation is None or installation.tokens is None:
            raise InstallationGone(
                "authorize", "NOT_INSTALLED", "the app is not installed there", portal=self._portal
            )
        if installation.state is not InstallationState.ACTIVE:
            raise InstallationGone(
                "authorize",
                installation.state.value,
                f"{installation.reason}; its work waits until the portal can be reached again",
                portal=installation.domain,
            )
        return installation

    async def _tell_renewed(self, renewed: Installation) -> None:
        assert renewed.tokens is not None
        event = signals.OAuthTokenRenewed(
            member_id=renewed.member_id,
            domain=renewed.domain,
            client_endpoint=renewed.client_endpoint,
            user_id=renewed.user_id,
            scope=renewed.scope,
            access_token=renewed.tokens.access,
            refresh_token=renewed.tokens.refresh,
            expires_at=renewed.tokens.expires_at,
        )
        await signals.emit(signals.oauth_token_renewed, self._sender, event)

    async def _tell_if_moved(self, before: Installation, after: Installation) -> None:
        if before.domain == after.domain:
            return
        log.info("%s is now %s", before.domain, after.domain)
        event = signals.PortalDomainChanged(
            after.member_id, before.domain, after.domain, confirmed=True
        )
        await signals.emit(signals.portal_domain_changed, self._sender, event)

    def _unproven(self, refused: Authorization, location: str, why: str) -> PortalMoved:
        to = domain_of(location) or "nowhere"
        return PortalMoved("app.info", "", f"it redirects to {to}; {why}", portal=refused.domain)


def _refresh_token(installation: Installation) -> SecretStr | None:
    return None if installation.tokens is None else installation.tokens.refresh


def _authorization(installation: Installation) -> Authorization:
    assert installation.tokens is not None
    return Authorization(
        installation.client_endpoint, installation.tokens.access, installation.domain
    )
