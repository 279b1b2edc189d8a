"""A fake portal with a few records, and an example that calls it.

Each example has a function `main`. What it asks for is given by name: the address of an incoming
webhook, the address of the REST interface with a token, or an app with what a portal brings it.
"""

import asyncio
import importlib
import inspect
from pathlib import Path
from typing import Any

from bitrix_events import OAuthApp
from bitrix_events.testing import FakePortal

HERE = Path(__file__).parent
EXAMPLES = tuple(f"{file.parent.name}.{file.stem}" for file in sorted(HERE.glob("from_*/[!_]*.py")))


async def play(name: str) -> FakePortal:
    """Run one example, named as in `EXAMPLES`, and return the portal as it is afterwards."""
    main = importlib.import_module(f"examples.migrating.{name}").main
    async with FakePortal(scope="crm,user,task,tasks,department").serve() as portal:
        furnish(portal)
        async with OAuthApp(
            portal.client_id,
            portal.client_secret,
            oauth_urls=[portal.oauth_url],
            allowed_hosts=[portal.domain],
        ) as oauth_app:
            offered: dict[str, Any] = {
                "webhook": portal.webhook_url,
                "rest_url": portal.rest_url,
                "token": portal.issue_tokens().access_token,
                "oauth_app": oauth_app,
                "code": portal.issue_code(),
                "callback": callback(portal),
            }
            asked = {name: offered[name] for name in inspect.signature(main).parameters}
            if inspect.iscoroutinefunction(main):
                await main(**asked)
            else:
                await asyncio.to_thread(main, **asked)
    return portal


def furnish(portal: FakePortal) -> None:
    """Records for the examples to find."""
    portal.fill("deal", 120, TITLE="Roof", UF_CRM_AREA="40.5", OPPORTUNITY=1000)
    portal.fill("lead", 77, TITLE="Somebody called")
    portal.fill("contact", 3, NAME="Ada", LAST_NAME="Lovelace")
    portal.fill("company", 2, TITLE="Acme")
    portal.fill("task", 2, TITLE="Measure the roof")
    portal.add("status", ENTITY_ID="SOURCE", STATUS_ID="CALL", NAME="Call")
    portal.add("currency", CURRENCY="EUR", BASE="Y")


def callback(portal: FakePortal) -> dict[str, Any]:
    """What a robot brings the app: among other things, a pair of tokens."""
    pair = portal.issue_tokens()
    auth = {
        "access_token": pair.access_token,
        "refresh_token": pair.refresh_token,
        "expires_in": "3600",
        "client_endpoint": portal.rest_url,
        "server_endpoint": f"{portal.oauth_url}/rest/",
        "member_id": portal.member_id,
        "application_token": portal.application_token,
    }
    return {"workflow_id": "w1", "code": "score", "event_token": "e1", "auth": auth}
