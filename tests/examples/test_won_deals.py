"""The example of the design: an invoice for a won deal, made once the ERP is back."""

from __future__ import annotations

from pydantic import Field

from bitrix_events import App, Client, Delivery
from bitrix_events.events import Deal, OnCrmDealUpdate
from bitrix_events.testing import AppTest

app = App()


class RoofingDeal(Deal):
    invoice: str = Field(default="", alias="UF_CRM_INVOICE")


class ErpDown(Exception):
    """It does not answer."""


class Erp:
    async def invoice(self, deal_id: int, amount: float, key: str) -> str:
        raise NotImplementedError


app.provide(Erp, Erp)


def is_to_be_invoiced(deal: Deal) -> bool:
    """What the handler writes raises the same event, so that it has to look."""
    return deal.stage_id == "C3:WON" and not deal["UF_CRM_INVOICE"]


@app.on(OnCrmDealUpdate, where=is_to_be_invoiced)
async def invoice(deal: RoofingDeal, client: Client, erp: Erp, delivery: Delivery) -> None:
    number = await erp.invoice(deal.id, deal.opportunity, delivery.key("invoice"))
    fields = {"UF_CRM_INVOICE": number}
    await client.call("crm.item.update", entityTypeId=2, id=deal.id, fields=fields)


class FakeErp(Erp):
    def __init__(self) -> None:
        self.failures = 1

    async def invoice(self, deal_id: int, amount: float, key: str) -> str:
        if self.failures:
            self.failures -= 1
            raise ErpDown
        return f"INV-{deal_id}-{amount:g}"


async def test_won_deal_is_invoiced_once_the_erp_is_back() -> None:
    async with AppTest(app) as test, app.override(Erp, FakeErp()):
        deal = test.portal.add(RoofingDeal(id=7, category_id=3, opportunity=900))
        test.portal.change(deal, stage_id="C3:WON")
        await test.drain()
        assert test.portal.calls("crm.item.update") == []
        await test.advance(seconds=60)
        (call,) = test.portal.calls("crm.item.update")
        assert call.params["fields"]["UF_CRM_INVOICE"] == "INV-7-900"
        assert test.portal.record(deal)["UF_CRM_INVOICE"] == "INV-7-900"
