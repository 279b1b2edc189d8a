"""The smallest app: a comment on every new deal.

Run it:  bitrix-events run hello:app
Settings: BITRIX_EVENTS_WEBHOOK_URL and BITRIX_EVENTS_APPLICATION_TOKEN, see the README.
"""

from bitrix_events import App, Client
from bitrix_events.events import Deal, OnCrmDealAdd

app = App()


@app.on(OnCrmDealAdd)
async def welcome(deal: Deal, client: Client) -> None:
    note = {"ENTITY_TYPE": "deal", "ENTITY_ID": deal.id, "COMMENT": f"Hello, {deal.title}"}
    await client.crm.timeline.comment.add(fields=note)
