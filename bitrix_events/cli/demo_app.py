"""The app of the demo: greets a new deal, and congratulates when one is won."""

from __future__ import annotations

import asyncio
import os
from typing import Final

from bitrix_events.app import App
from bitrix_events.events import Deal, OnCrmDealAdd, OnCrmDealUpdate
from bitrix_events.rest.client import Client
from bitrix_events.rest.sync import SyncClient
from bitrix_events.settings import Settings

THINKING_VARIABLE: Final = "BITRIX_EVENTS_DEMO_THINKING_SECONDS"
"""How long a greeting takes, so that a worker can be killed meanwhile."""


def build_app(settings: Settings | None = None) -> App:
    """The app; without settings it takes those of its environment."""
    app = App(settings)
    thinking_seconds = float(os.environ.get(THINKING_VARIABLE, "0"))

    @app.on(OnCrmDealAdd)
    async def greet(deal: Deal, client: Client) -> None:
        if thinking_seconds:
            await asyncio.sleep(thinking_seconds)
        note = {"ENTITY_TYPE": "deal", "ENTITY_ID": deal.id, "COMMENT": f"Hello, {deal.title}"}
        await client.call("crm.timeline.comment.add", fields=note)

    @app.on(OnCrmDealUpdate)
    def congratulate(deal: Deal, client: SyncClient) -> None:
        if deal.stage_id == "WON":
            note = {"ENTITY_TYPE": "deal", "ENTITY_ID": deal.id, "COMMENT": "Well done!"}
            client.call("crm.timeline.comment.add", fields=note)

    return app


app = build_app()
