"""Tests of invoices.py without a portal. Run them:  pytest

The fixture `bitrix` comes with bitrix_events and needs nothing else. The second test is a
coroutine, as pytest-asyncio runs them.
"""

from collections.abc import Callable

import pytest

from bitrix_events.testing import AppTest, SyncAppTest
from examples.testing.invoices import Erp, app


class FakeErp(Erp):
    """An ERP that is down at first.

    Args:
        failures: how often it fails before it works.
    """

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures

    async def invoice(self, deal_id: int) -> str:
        if self.failures:
            self.failures -= 1
            raise ConnectionError("the ERP is down")
        return f"INV-{deal_id}"


def test_a_new_deal_gets_an_invoice(bitrix: Callable[..., SyncAppTest]) -> None:
    test = bitrix(app)
    with app.override(Erp, FakeErp()):
        test.portal.add("deal", ID=7, TITLE="Roof")
        test.drain()
    (comment,) = test.portal.records("timeline_comment")
    assert comment["COMMENT"] == "Invoice INV-7"


@pytest.mark.asyncio
async def test_the_invoice_is_made_once_the_erp_is_back() -> None:
    async with AppTest(app) as test, app.override(Erp, FakeErp(failures=1)):
        test.portal.add("deal", ID=7, TITLE="Roof")
        await test.drain()
        assert test.portal.calls("crm.timeline.comment.add") == []
        await test.advance(seconds=60)
        (call,) = test.portal.calls("crm.timeline.comment.add")
        assert call.params["fields"]["COMMENT"] == "Invoice INV-7"
