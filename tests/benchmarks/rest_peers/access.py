"""Opens the fake portal with OAuth tokens that expire and an address that changes."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import SecretStr

from bitrix_events.portals.oauth import OAuthServer
from bitrix_events.portals.tokens import OAuthAccess, Renewals
from bitrix_events.rest.access import Access
from bitrix_events.rest.transport import Transport
from bitrix_events.store.records import Installation, Tokens
from bitrix_events.store.secrets import Sealer
from bitrix_events.store.sqlite.store import SqliteStore
from bitrix_events.wire.envelope import domain_of


@asynccontextmanager
async def installed_access(facts: Mapping[str, str]) -> AsyncIterator[Access]:
    """The access of an app that is installed on the portal with these facts."""
    domain, member_id = domain_of(facts["rest_url"]), facts["member_id"]
    tokens = Tokens(
        SecretStr(facts["access_token"]),
        SecretStr(facts["refresh_token"]),
        datetime.now(UTC) + timedelta(hours=1),
    )
    http = Transport()
    with tempfile.TemporaryDirectory() as folder:
        sealer = Sealer(SecretStr("a-secret-key-of-thirty-two-bytes"))
        store = SqliteStore(Path(folder) / "store.db", sealer=sealer)
        await store.open()
        installation = Installation(
            portal=member_id,
            member_id=member_id,
            domain=domain,
            client_endpoint=facts["rest_url"],
            tokens=tokens,
            user_id=1,
        )
        await store.save_installation(installation)
        secret = SecretStr(facts["client_secret"])
        oauth = OAuthServer(http, [facts["oauth_url"]], facts["client_id"], secret)
        hosts = {domain, facts["next_domain"]}
        try:
            yield OAuthAccess(
                member_id,
                store=store,
                oauth=oauth,
                allowed_hosts=hosts,
                renewals=Renewals(),
                sender=None,
            )
        finally:
            await store.close()
            await http.close()
