"""A deal that is won gets an invoice: once, however often it is saved afterwards.

Run it:  bitrix-events run won_deal:app
Look at `changed=`: without it, the handler would run whenever anything about a deal is saved.
"""

from bitrix_events import App, Client, GiveUp
from bitrix_events.events import Deal, OnCrmDealUpdate

app = App()


class Billing:
    """The system that makes invoices."""

    async def invoice(self, amount: float, *, key: str) -> str:
        """Make an invoice and return its number; a second call with the same key makes none."""
        raise NotImplementedError("call yours here")


app.provide(Billing, Billing)


@app.on(OnCrmDealUpdate, changed={"stage_id": "WON"})
async def invoice(deal: Deal, billing: Billing, client: Client) -> None:
    if deal.opportunity <= 0:
        raise GiveUp("a won deal without an amount")
    number = await billing.invoice(deal.opportunity, key=f"deal {deal.id}")
    await client.update(deal, comments=f"Invoice {number}")
