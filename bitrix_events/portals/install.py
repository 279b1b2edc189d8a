"""Trust in portals that install our app: events by their token, installations by the OAuth server.

The first contact of a portal brings its own tokens along, so nothing in it proves anything. The
OAuth server is the only party that knows which app and which portal a token belongs to; it is
asked before anything is stored, and the portal's address is taken from its answer.

Source: protocol.md 2.2 and 2.3.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from bitrix_events import signals
from bitrix_events.errors import InstallationGone, VerificationError
from bitrix_events.events import (
    LifecycleEvent,
    OnAppInstall,
    OnAppPayment,
    OnAppUninstall,
    OnAppUpdate,
    OnAppUserReady,
    OnSubscriptionRenew,
    event_class,
)
from bitrix_events.portals.address import usable_endpoint
from bitrix_events.portals.life import entered, knows_token, refused, removed, with_token
from bitrix_events.portals.oauth import AppInfo, Http, OAuthServer
from bitrix_events.portals.questions import Questions
from bitrix_events.store.base import Installations
from bitrix_events.store.records import (
    WEBHOOK_PORTAL,
    Admission,
    Installation,
    InstallationState,
    Tokens,
)
from bitrix_events.wire.envelope import Credentials, Envelope, domain_of
from bitrix_events.wire.verify import token_matches

log = logging.getLogger(__name__)

_KEEP: Final = timedelta(days=30)
_PAYMENT_SECONDS: Final = 8.0


class AppPortals:
    """All portals that have installed the app, and those that are about to.

    Args:
        is_alive: renews the tokens of a portal, by its key, and stores what came of it; False if
            the OAuth server has said that they have come to their end.
        known: tells what is known of an installation without asking anybody.
        keep: how long the removal of the app can be undone; then the data is deleted, if the user
            wanted that, and the tokens in any case.
        sender: whom signals come from.
    """

    def __init__(
        self,
        *,
        store: Installations,
        oauth: OAuthServer,
        http: Http,
        allowed_hosts: Collection[str],
        is_alive: Callable[[str], Awaitable[bool]],
        known: Callable[[str], Installation | None] = lambda _: None,
        keep: timedelta = _KEEP,
        sender: object = None,
    ) -> None:
        self._store = store
        self._known = known
        self._oauth = oauth
        self._questions = Questions(oauth, http)
        self._allowed_hosts = allowed_hosts
        self._is_alive = is_alive
        self._keep = keep
        self._sender = sender

    async def admit(self, envelope: Envelope) -> Admission:
        """Prove that a portal sent this event, and say what it changes about the installation.

        Raises:
            VerificationError: unknown portal, wrong token, or an installation that is not proven.
            TransportError: an installation could not be proven now.
        """
        code, claim = envelope.code, envelope.credentials
        if code in (OnAppInstall.CODE, OnAppUpdate.CODE):
            return await self.install(claim)
        if code == OnAppUserReady.CODE:
            return await self._take_system_user(claim, envelope.offered)
        installation = await self._find(claim)
        is_known = knows_token(installation, claim.application_token)
        if installation is None:
            raise _unverified(claim, None)
        proven = installation if is_known else await self._learn_token(installation, claim)
        changed = await self._after(envelope, proven)
        return Admission(changed, changed=changed != installation)

    def recognise(self, envelope: Envelope) -> Installation | None:
        """The installation that sent this event, if that is plain without asking anybody, and if
        the event is not about the installation itself."""
        claim = envelope.credentials
        is_lifecycle = issubclass(event_class(envelope.code), LifecycleEvent)
        if is_lifecycle or claim.member_id in ("", WEBHOOK_PORTAL):
            return None
        installation = self._known(claim.member_id)
        return installation if knows_token(installation, claim.application_token) else None

    async def stored(self, admission: Admission) -> None:
        """Tell observers what has changed; called once an admission is stored."""
        installation, old = admission.installation, admission.old_domain
        if old and old != installation.domain:
            event = signals.PortalDomainChanged(
                installation.member_id, old, installation.domain, confirmed=True
            )
            await signals.emit(signals.portal_domain_changed, self._sender, event)

    async def gone(self, portal: str, error: InstallationGone) -> bool:
        """Note that a call was turned away; whether the portal's work has to wait now."""
        while True:
            installation = await self._store.installation(portal)
            if installation is None or error.portal not in (installation.domain, portal):
                return False
            is_ours = _is_of(installation, error)
            changed = refused(installation, error.code) if is_ours else installation
            if changed == installation:
                return installation.state is not InstallationState.ACTIVE
            if await self._store.save_installation(changed):
                log.error("%s is %s: %s", changed.domain, changed.state.value, error)
                return True

    async def _find(self, claim: Credentials) -> Installation | None:
        if claim.member_id and claim.member_id != WEBHOOK_PORTAL:
            return await self._store.installation(claim.member_id)
        # A bot's minimal auth; the token decides (protocol.md 1.8).
        return await self._store.installation_at(claim.domain)

    async def _learn_token(self, installation: Installation, claim: Credentials) -> Installation:
        """Learn the application token of a portal that never sent one, because it was authorised by
        hand, or whose update we have missed: from an event of the user we work for."""
        if (
            not claim.access_token.get_secret_value()
            or installation.state is InstallationState.DELETED
            or (claim.user_id is not None and not _is_same_user(claim.user_id, installation))
        ):
            raise _unverified(claim, installation)
        info = await self._questions.whose(claim, is_known=True)
        if not _is_same_user(info.user_id, installation):
            raise _unverified(claim, installation)
        self._proven_endpoint(claim, info)
        log.info("learned the application token of %s", installation.domain)
        return with_token(installation, claim.application_token)

    async def _take_system_user(self, claim: Credentials, offered: Credentials | None) -> Admission:
        """Work with the app's own user from now on, if an administrator stands behind it. The
        application token alone is known to every user who opens a page of the app.

        Source: protocol.md 1.6.
        """
        if offered is None or offered.member_id != claim.member_id:
            raise VerificationError("it brings no tokens of the portal that it comes from")
        stored = await self._store.installation(claim.member_id)
        is_known = knows_token(stored, claim.application_token)
        if stored is not None and stored.state is not InstallationState.DELETED and not is_known:
            raise _unverified(claim, stored)
        admission = await self.install(offered, voucher=claim)
        is_his = _is_same_user(offered.user_id, admission.installation)
        if offered.user_id is not None and not is_his:
            raise VerificationError("its tokens belong to another user than it says")
        return admission

    async def _after(self, envelope: Envelope, installation: Installation) -> Installation:
        """What an event changes about the installation that it comes from."""
        match envelope.code:
            case OnAppUninstall.CODE:
                log.info("%s has removed the app", installation.domain)
                event = OnAppUninstall(envelope.code, envelope.data)
                return removed(installation, keep=self._keep, clean=event.clean)
            case OnAppPayment.CODE if OnAppPayment(envelope.code, envelope.data).is_expired:
                return await self._after_lapse(installation)
            case OnAppPayment.CODE | OnSubscriptionRenew.CODE:
                return _after_payment(installation)
        return installation

    async def _after_lapse(self, installation: Installation) -> Installation:
        """Every user who opens a page of the app could say that it is not paid. So the OAuth server
        is asked; where it cannot be, the portal is believed."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_PAYMENT_SECONDS):
                await self._is_alive(installation.portal)
        asked = await self._store.installation(installation.portal) or installation
        if asked.tokens != installation.tokens:
            log.warning("%s says that it has not paid, but its tokens are renewed", asked.domain)
            return asked
        was_refused = asked.state is not installation.state
        return asked if was_refused else refused(asked, "PAYMENT_REQUIRED")

    async def install(self, claim: Credentials, *, voucher: Credentials | None = None) -> Admission:
        """Prove an installation; whoever asks stores it.

        Args:
            voucher: brings the token of an administrator, if the claim itself does not.

        Raises:
            VerificationError: the claim is not proven.
            TransportError: the OAuth server or the portal could not be asked.

        Source: protocol.md 2.3.
        """
        if not claim.access_token.get_secret_value() or not claim.refresh_token.get_secret_value():
            raise VerificationError("an installation came without tokens")
        is_known = await self._store.installation(claim.member_id) is not None
        info = await self._questions.whose(claim, is_known=is_known)
        endpoint = self._proven_endpoint(claim, info)
        stored = await self._store.installation(info.member_id)
        if (
            stored is None
            or stored.state is InstallationState.DELETED
            or not _is_same_user(info.user_id, stored)
        ):
            await self._require_admin(claim, voucher, endpoint)
        if stored is None:
            await self._retire_namesake(domain_of(endpoint), info.member_id)
        log.info("%s installs the app", domain_of(endpoint))
        installation = _installation(claim, info, endpoint, stored)
        return Admission(installation, True, stored.domain if stored else "")

    async def _retire_namesake(self, domain: str, member_id: str) -> None:
        """A portal that was registered anew has another id at the same address (protocol.md 2.6).
        But a portal says itself where it is: only the OAuth server can tell that what was there
        before exists no longer."""
        while True:
            former = await self._store.installation_at(domain)
            if former is None or former.state is InstallationState.DELETED:
                return
            if await self._is_alive(former.portal):
                return
            former = await self._store.installation(former.portal) or former
            gone = removed(former, keep=self._keep, clean=False)
            if await self._store.save_installation(gone):
                log.warning("%s is registered anew, as %s", domain, member_id)
                return

    def _proven_endpoint(self, claim: Credentials, info: AppInfo) -> str:
        """Compare the claim with what the OAuth server says."""
        if info.client_id != self._oauth.client_id:
            raise VerificationError("its token belongs to another app")
        if not info.member_id or info.member_id != claim.member_id:
            raise VerificationError(f"its token does not belong to portal {claim.member_id}")
        claimed, proven = domain_of(claim.client_endpoint), domain_of(info.client_endpoint)
        if claimed and claimed != proven:
            raise VerificationError(f"it names {claimed}, the OAuth server {proven}")
        endpoint = usable_endpoint(info.client_endpoint, self._allowed_hosts)
        if not endpoint:
            raise VerificationError(
                f"the OAuth server names {proven or 'no host'}, which is not reached by https; to"
                f" call it all the same, add it to BITRIX_EVENTS_ALLOWED_HOSTS"
            )
        return endpoint

    async def _require_admin(
        self, claim: Credentials, voucher: Credentials | None, endpoint: str
    ) -> None:
        """The app works with the rights of an administrator, or of the user it worked for before.

        Any user who can open a page of the app holds a valid token of it; without this, he could
        exchange the installer's rights for his own. A voucher has to be a token of this app and of
        this portal, too: others may hold one of an administrator for another app.
        """
        witness = claim
        if voucher is not None and voucher.access_token.get_secret_value():
            witness = voucher
            info = await self._questions.whose(voucher, is_known=True)
            self._proven_endpoint(replace(voucher, member_id=claim.member_id), info)
        if not await self._questions.is_admin(witness.access_token, endpoint):
            raise VerificationError("its user is no administrator of the portal")


def _is_same_user(user_id: int | None, installation: Installation) -> bool:
    """Whether that is the user we work for; 0 stands for a user of whom nothing is known."""
    return bool(user_id) and user_id == installation.user_id


def _is_of(installation: Installation, error: InstallationGone) -> bool:
    """Whether the installation's own token was turned away: handlers call with those of users,
    too, and a user who has left says nothing about the app."""
    tokens = installation.tokens
    return tokens is None or token_matches(tokens.access, error.token_digest)


def _unverified(claim: Credentials, installation: Installation | None) -> VerificationError:
    who = claim.member_id or claim.domain or "?"
    if installation is None:
        return VerificationError(f"portal {who} has not installed the app")
    return VerificationError(f"the application token is wrong for portal {who}")


def _after_payment(installation: Installation) -> Installation:
    """Paid again: what waited goes on."""
    if installation.state is not InstallationState.BLOCKED:
        return installation
    return entered(installation, InstallationState.ACTIVE)


def _installation(
    claim: Credentials, info: AppInfo, endpoint: str, stored: Installation | None
) -> Installation:
    """The installation that a proven claim makes of what was stored."""
    tokens = Tokens(
        claim.access_token,
        claim.refresh_token,
        datetime.now(UTC) + timedelta(seconds=claim.expires_in),
    )
    if stored is not None and stored.tokens and stored.tokens.refresh == tokens.refresh:
        tokens = stored.tokens  # the same claim once more; they may be under renewal
    renewed = replace(
        stored or Installation(info.member_id, info.member_id, ""),
        domain=domain_of(endpoint),
        client_endpoint=endpoint,
        tokens=tokens,
        user_id=info.user_id,
        scope=info.scope or claim.scope,
        status=info.status or claim.status,
    )
    if renewed.state is InstallationState.DELETED:  # nothing of before counts any more
        sent_one = bool(claim.application_token.get_secret_value())
        digest = None if sent_one else renewed.token_digest
        renewed = replace(
            renewed, token_digest=digest, old_digest=None, bound_url="", bound_codes=()
        )
    return with_token(entered(renewed, InstallationState.ACTIVE), claim.application_token)
