"""An app with handlers that have a test: see test_invoices.py beside it.

Run it:  bitrix-events run invoices:app
"""

from bitrix_events import App, Client
from bitrix_events.events import Deal, OnCrmDealAdd

app = App()


class Erp:
    """Another system that the app works with."""

    async def invoice(self, deal_id: int) -> str:
        """Make an invoice; returns its number."""
        raise NotImplementedError("call yours here")


app.provide(Erp, Erp)


@app.on(OnCrmDealAdd)
async def invoice(deal: Deal, client: Client, erp: Erp) -> None:
    number = await erp.invoice(deal.id)
    note = {"ENTITY_TYPE": "deal", "ENTITY_ID": deal.id, "COMMENT": f"Invoice {number}"}
    await client.crm.timeline.comment.add(fields=note)
