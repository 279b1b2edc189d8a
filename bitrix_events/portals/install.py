"""Trust in portals that install our app: events by their token, installations by the OAuth server.

The first contact of a portal brings its own tokens along, so nothing in it proves anything. The
OAuth server is the only party that knows which app and which portal a token belongs to; it is
asked before anything is stored, and the portal's address is taken from its answer.

Source: protocol.md 2.2 and 2.3.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bitrix_events.errors import OAuthError, VerificationError
from bitrix_events.events import OnAppInstall, OnAppUninstall, OnAppUpdate
from bitrix_events.portals.address import usable_endpoint
from bitrix_events.portals.oauth import AppInfo, Http, OAuthServer
from bitrix_events.rest.codec import dump_json
from bitrix_events.store.base import Store
from bitrix_events.store.records import (
    WEBHOOK_PORTAL,
    Admission,
    Installation,
    InstallationState,
    Tokens,
)
from bitrix_events.wire.envelope import Credentials, domain_of
from bitrix_events.wire.verify import token_digest, token_matches

log = logging.getLogger(__name__)

_INSTALLING = frozenset({OnAppInstall.CODE, OnAppUpdate.CODE})


class AppPortals:
    """All portals that have installed the app, and those that are about to."""

    def __init__(
        self, *, store: Store, oauth: OAuthServer, http: Http, allowed_hosts: Collection[str]
    ) -> None:
        self._store = store
        self._oauth = oauth
        self._http = http
        self._allowed_hosts = allowed_hosts

    async def admit(self, code: str, credentials: Credentials) -> Admission:
        """Prove that a portal sent this event, and say what it changes about the installation.

        Raises:
            VerificationError: unknown portal, wrong token, or an installation that is not proven.
            TransportError: an installation could not be proven now.
        """
        if code in _INSTALLING:
            return await self.install(credentials)
        installation = await self._verify(credentials)
        if code == OnAppUninstall.CODE:
            log.info("%s has removed the app", installation.domain)
            # The tokens are kept, sealed: the portal has revoked them.
            return Admission(replace(installation, state=InstallationState.DELETED), changed=True)
        return Admission(installation)

    async def _verify(self, credentials: Credentials) -> Installation:
        """Prove by the stored application token that a portal sent this.

        Raises:
            VerificationError: unknown portal or wrong token.

        Source: protocol.md 2.2.
        """
        if credentials.member_id and credentials.member_id != WEBHOOK_PORTAL:
            installation = await self._store.installation(credentials.member_id)
        else:  # a bot's minimal auth; the token decides (protocol.md 1.8)
            installation = await self._store.installation_at(credentials.domain)
        digest = installation.token_digest if installation else None
        if not token_matches(credentials.application_token, digest) or installation is None:
            who = credentials.member_id or credentials.domain or "?"
            raise VerificationError(
                f"the application token is wrong for portal {who}"
                if installation
                else f"portal {who} has not installed the app"
            )
        return installation

    async def install(self, claim: Credentials) -> Admission:
        """Prove an installation; whoever asks stores it.

        Raises:
            VerificationError: the claim is not proven.
            TransportError: the OAuth server or the portal could not be asked.

        Source: protocol.md 2.3.
        """
        if not claim.access_token.get_secret_value() or not claim.refresh_token.get_secret_value():
            raise VerificationError("an installation came without tokens")
        try:
            info = await self._oauth.app_info(
                claim.access_token, server_endpoint=claim.server_endpoint
            )
        except OAuthError as error:
            raise VerificationError(f"the OAuth server refused its token: {error}") from error
        endpoint = self._proven_endpoint(claim, info)
        stored = await self._store.installation(info.member_id)
        if (
            stored is not None
            and stored.state is not InstallationState.DELETED
            and stored.user_id != info.user_id
        ):
            await self._require_admin(claim, endpoint)
        log.info("%s installs the app", domain_of(endpoint))
        return Admission(_installation(claim, info, endpoint, stored), changed=True)

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

    async def _require_admin(self, claim: Credentials, endpoint: str) -> None:
        """Another user's tokens may replace the stored ones only if he is an administrator.

        Any user who can open a page of the app holds a valid token of it; without this, he could
        exchange the installer's rights for his own.
        """
        content = dump_json({"auth": claim.access_token.get_secret_value()})
        answer = await self._http.post_json(f"{endpoint}profile", content)
        try:
            result = json.loads(answer.body).get("result")
        except (ValueError, AttributeError) as error:
            raise VerificationError("the portal did not say who its user is") from error
        if not isinstance(result, dict) or result.get("ADMIN") is not True:
            raise VerificationError("its user is no administrator of the portal")


def _installation(
    claim: Credentials, info: AppInfo, endpoint: str, stored: Installation | None
) -> Installation:
    sent_token = claim.application_token.get_secret_value()
    kept_digest = stored.token_digest if stored else None
    digest = token_digest(claim.application_token) if sent_token else kept_digest
    if stored and kept_digest and digest != kept_digest:
        log.warning("%s has a new application token", domain_of(endpoint))
    return Installation(
        portal=info.member_id,
        member_id=info.member_id,
        domain=domain_of(endpoint),
        client_endpoint=endpoint,
        state=InstallationState.ACTIVE,
        token_digest=digest,
        tokens=Tokens(
            claim.access_token,
            claim.refresh_token,
            datetime.now(UTC) + timedelta(seconds=claim.expires_in),
        ),
        user_id=info.user_id,
        scope=info.scope or claim.scope,
        status=info.status or claim.status,
        version=stored.version if stored else 0,
    )
